"""The planner's page: the district as layers, its service circles and who is outside of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from branca.element import MacroElement
from flask import Blueprint

from geodata.places.choosing import choices
from geodata.places.featuring import extent
from geodata.places.querying import levels_present
from geodata.plans.permitting import reads_any
from geodata.reach.warming import prepare
from webmap import elements
from webmap.basemaps import basemaps
from webmap.pages import actor, joined, language, show

blueprint = Blueprint("planner", __name__)

TILES = "/ogc/collections/{layer}/tiles/WebMercatorQuad/{{z}}/{{row}}/{{col}}"

PANELS = (344, 16, 344, 84)
"""Pixels at the left, top, right and bottom that the page's panels cover."""


def tiles_of(layer: str) -> str:
    """The address of a layer's vector tiles."""
    return TILES.format(layer=layer)


def ground(*, names: bool = True) -> list[MacroElement]:
    """The layers of a district by their tiles, for any page's map, the lowest first."""
    profile = joined().profile
    levels = levels_present(joined().database, profile)
    layers: list[MacroElement] = [
        elements.AreaLayer(tiles_of("areas"), levels=levels),
        elements.CompoundLayer(tiles_of("compounds"), colours=profile.colors("compound_types")),
        elements.BuildingLayer(tiles_of("buildings")),
        elements.StreetLayer(tiles_of("streets")),
        elements.GridLayer(tiles_of("grids")),
        elements.FacilityLayer(tiles_of("facilities"), circles=profile.circle_kinds),
    ]
    if names:
        layers.append(elements.Labels(levels=levels))
    return layers


def profile_words() -> dict[str, Any]:
    """What the browser needs of the profile to name things."""
    profile = joined().profile
    return {
        "name": profile.name.read(language()),
        "levels": profile.names("levels", language()),
        "compound_types": profile.names("compound_types", language()),
        "compound_colours": profile.colors("compound_types"),
        "facility_kinds": profile.names("facility_kinds", language()),
        "equipment": profile.names("equipment", language()),
        "circle_kinds": list(profile.circle_kinds),
        "walkers": {one.key: one.name.read(language()) for one in profile.walkers},
        "minutes": sorted((circle.minutes for circle in profile.service_circles), reverse=True),
        "band": {"low": profile.grid_band.low, "high": profile.grid_band.high},
        "approval": profile.plans.second_person,
        "timezone": profile.timezone,
        "smallest_level": profile.smallest_level.key,
    }


@blueprint.get("/planner")
def planner() -> str:
    """The page."""
    profile, settings = joined().profile, joined().settings
    person = actor()
    if person is not None:
        # who asks for service areas in a moment shall not wait for it
        prepare(joined().database, profile)
    bounds = extent(joined().database, person, "areas") if person is not None else None
    page_map = elements.PageMap(
        bounds=bounds, approval=settings.map_approval, remember=True, inset=PANELS
    )
    offered = basemaps(settings)
    for basemap in offered:
        page_map.add_child(elements.Basemap(basemap["key"], basemap["parts"]))
    for layer in ground():
        page_map.add_child(layer)
    page_map.add_child(elements.GateLayer(tiles_of("gates")))
    page_map.add_child(
        elements.CoverageChoropleth(
            tiles_of("areas"), key="coverage", level=profile.smallest_level.key, visible=False
        )
    )
    minutes = profile_words()["minutes"]
    for place, number in enumerate(minutes):
        page_map.add_child(
            elements.ServiceCircles(key=f"circles-{number:g}", strong=place > 0, visible=False)
        )
    sees_drafts = person is not None and reads_any(joined().database, person)
    sites = person is not None and person.may("draw_plan")
    areas = choices(joined().database, person) if person is not None and sites else []
    data = {
        "placed": bounds is not None,
        "profile": profile_words(),
        "areas": [asdict(one) for one in areas],
        "basemaps": [{"key": one["key"], "name": one["name"]} for one in offered],
        "may": {
            "import": person is not None and person.may("import"),
            "draw": person is not None and person.may("draw_plan"),
            "site": sites,
            "see_drafts": sees_drafts,
            "export": person is not None and person.may("export"),
            "demo": person is not None and person.may("manage_users"),
        },
    }
    return show(
        "planner.html",
        page="planner",
        module="wangge/modes/planner.js",
        page_map=page_map,
        data=data,
        sees_drafts=sees_drafts,
    )
