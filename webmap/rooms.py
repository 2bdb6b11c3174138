"""The page of public rooms: what plans say against what stands, and who has what to give back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from flask import Blueprint
from flask_babel import gettext

from geodata.errors import NotAllowed
from geodata.exchange.wishes import may_import
from geodata.places.choosing import choices
from geodata.places.featuring import extent
from geodata.reach.rooms.room import FAULTS, RESULTS, STEP_NAMES
from webmap import elements
from webmap.pages import actor, joined, language, show
from webmap.planner import ground

blueprint = Blueprint("room_pages", __name__)


@blueprint.get("/rooms")
def rooms() -> str:
    """The page.

    Raises:
        NotAllowed: nobody is signed in.
    """
    here, person = joined(), actor()
    if person is None:
        raise NotAllowed("Sign in first.")
    profile = here.profile
    page_map = elements.PageMap(
        bounds=extent(here.database, person, "areas"), approval=here.settings.map_approval
    )
    for layer in ground():
        page_map.add_child(layer)
    levels = profile.names("levels", language())
    return show(
        "rooms.html",
        page="rooms",
        module="wangge/modes/rooms.js",
        page_map=page_map,
        areas=choices(here.database, person),
        levels=levels,
        smallest=profile.smallest_level.key,
        keeps=person.may("keep_rooms"),
        takes=may_import(person, "rooms"),
        data={
            "areas": [asdict(one) for one in choices(here.database, person)],
            "uses": profile.names("facility_kinds", language()),
            "departments": {one.key: one.name.read(language()) for one in profile.departments},
            "steps": {key: gettext(name) for key, name in STEP_NAMES.items()},
            "results": {key: gettext(name) for key, name in RESULTS.items()},
            "faults": {key: gettext(name) for key, name in FAULTS.items()},
            "today": datetime.now(profile.zone).date().isoformat(),
            "may": {
                "keep": person.may("keep_rooms"),
                "report": person.may("report_rooms"),
                "import": may_import(person, "rooms"),
            },
        },
    )
