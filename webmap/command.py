"""The command centre: cases on a map that is read from five metres, and the list beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from geodata.cases.counting import MIN_HOUSEHOLDS
from geodata.cases.hotspots.stored.warming import warm
from geodata.places.featuring import extent
from geodata.places.querying import attributions, levels_present
from webmap import elements
from webmap.basemaps import basemaps
from webmap.pages import actor, joined, show
from webmap.planner import tiles_of

if TYPE_CHECKING:
    from geodata.accounts import Actor

blueprint = Blueprint("command", __name__)


def _ground(levels: list[str]) -> list[elements.PlaceLayer]:
    """Quiet streets and water, borders of areas; nothing of it takes clicks."""
    return [
        elements.AreaLayer(tiles_of("areas"), levels=levels, pickable=False),
        elements.CompoundLayer(tiles_of("compounds"), pickable=False, minZoom=15),
        elements.StreetLayer(tiles_of("streets")),
        elements.BuildingLayer(tiles_of("buildings"), pickable=False),
    ]


def _profile_words() -> dict[str, Any]:
    """What the browser needs of the profile; names in both languages."""
    profile = joined().profile
    return {
        "timezone": profile.timezone,
        "categories": [_term(term, "color") for term in profile.categories],
        "sources": [_term(term) for term in profile.sources],
        "states": [_term(term, "open") for term in profile.states],
        "levels": [_term(term) for term in profile.levels],
        "steps": [
            _term(term, "reason", "assigns", "from_states", "to_state") for term in profile.steps
        ],
        "departments": [_term(term) for term in profile.departments],
    }


def _steps_of(person: Actor) -> list[str]:
    """Keys of the steps that the person's role may take at all."""
    if not person.may("handle_case"):
        return []
    steps = joined().profile.steps
    return [step.key for step in steps if person.role == "admin" or person.role in step.roles]


def _term(term: Any, *more: str) -> dict[str, Any]:
    words = {"key": term.key, "name": {"zh": term.name.zh, "en": term.name.en}}
    return words | {name: getattr(term, name) for name in more}


@blueprint.get("/command")
def command() -> str:
    """The page."""
    here = joined()
    person = actor()
    if person is not None:
        warm()  # who asks for hotspots in a moment shall not wait for it
    page_map = elements.PageMap(
        approval=here.settings.map_approval,
        attribution=() if person is None else attributions(here.database, person),
    )
    page_map.patient = True
    offered = basemaps(here.settings)
    for basemap in offered:
        page_map.add_child(elements.Basemap(basemap["key"], basemap["parts"]))
    levels = levels_present(here.database, here.profile)
    for layer in _ground(levels):
        page_map.add_child(layer)
    page_map.add_child(elements.Labels(layers=("areas", "compounds"), levels=levels))
    data = {
        "profile": _profile_words(),
        "minHouseholds": MIN_HOUSEHOLDS,
        "bounds": None if person is None else extent(here.database, person, "areas"),
        "tiles": {by: tiles_of(f"{by}s") for by in ("area", "grid", "compound")},
        "totals": tiles_of("cases"),
        "basemaps": [{"key": one["key"], "name": one["name"]} for one in offered],
        "may": {
            "steps": [] if person is None else _steps_of(person),
            "export": person is not None and person.may("export"),
            "import": person is not None and person.may("import"),
            "demo": person is not None and person.may("manage_users"),
        },
    }
    return show(
        "command.html",
        page="command",
        module="wangge/modes/command.js",
        page_map=page_map,
        data=data,
        theme="dark",
    )
