"""The planner's page: the district as layers, its service circles and who is outside of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from webmap import elements
from webmap.pages import joined, show

blueprint = Blueprint("planner", __name__)

TILES = "/ogc/collections/{layer}/tiles/WebMercatorQuad/{{z}}/{{row}}/{{col}}"


def tiles_of(layer: str) -> str:
    """The address of a layer's vector tiles."""
    return TILES.format(layer=layer)


def _layers() -> list[elements.PlaceLayer]:
    profile = joined().profile
    levels = profile.keys("levels")
    return [
        elements.AreaLayer(tiles_of("areas"), levels=levels),
        elements.CompoundLayer(tiles_of("compounds"), colours=profile.colors("compound_types")),
        elements.BuildingLayer(tiles_of("buildings")),
        elements.StreetLayer(tiles_of("streets")),
        elements.GridLayer(tiles_of("grids")),
        elements.FacilityLayer(tiles_of("facilities"), circles=profile.circle_kinds),
    ]


@blueprint.get("/planner")
def planner() -> str:
    """The page."""
    page_map = elements.PageMap(approval=joined().settings.map_approval)
    for layer in _layers():
        page_map.add_child(layer)
    data: dict[str, Any] = {}
    return show(
        "planner.html",
        page="planner",
        module="wangge/modes/planner.js",
        page_map=page_map,
        data=data,
    )
