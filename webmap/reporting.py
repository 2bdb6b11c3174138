"""Reporting from a phone, and following what was reported: pages that need no account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from geodata.accounts import Actor
from geodata.cases.photos.adding import MOST_AT_ONCE
from geodata.cases.photos.reading import LONGEST_SIDE
from geodata.cases.public.following import follow
from geodata.places.featuring import extent
from geodata.places.querying import attributions, levels_present
from webmap import assets, elements
from webmap.pages import actor, joined, language, show

blueprint = Blueprint("reporting", __name__)

TILES = "/api/v1/reports/ground/{layer}/{{z}}/{{row}}/{{col}}"


def _map() -> elements.PageMap:
    """Streets, compounds and their names; what strangers see in any street, too."""
    here = joined()
    page_map = elements.PageMap(
        approval=here.settings.map_approval,
        attribution=attributions(here.database, Actor.terminal()),
        bounds=extent(here.database, Actor.terminal(), "areas"),
    )
    levels = levels_present(here.database, here.profile)
    for layer in (
        elements.AreaLayer(TILES.format(layer="areas"), levels=levels, pickable=False),
        elements.CompoundLayer(TILES.format(layer="compounds"), pickable=False),
        elements.StreetLayer(TILES.format(layer="streets"), pickable=False),
        elements.BuildingLayer(TILES.format(layer="buildings"), pickable=False),
        elements.Labels(layers=("areas", "compounds", "streets"), levels=levels),
    ):
        page_map.add_child(layer)
    return page_map


def _words(terms: Any, *more: str) -> list[dict[str, Any]]:
    return [
        {"key": term.key, "name": term.name.read(language())}
        | {name: getattr(term, name) for name in more}
        for term in terms
    ]


@blueprint.get("/report")
def report() -> str:
    """The form, or why there is none."""
    profile = joined().profile
    person = actor()
    may = profile.cases.anonymous_reports if person is None else person.may("report_case")
    if not may:
        return show("report_closed.html", page="report", signed_in=person is not None)
    on_spot = person is not None and any(
        step.key == "on_spot" and (person.role == "admin" or person.role in step.roles)
        for step in profile.steps
    )
    return show(
        "report.html",
        page="report",
        module="wangge/modes/report.js",
        page_map=_map(),
        signed_in=person is not None,
        keep_days=profile.cases.keep_reporters_days,
        data={
            "categories": _words(profile.categories, "color"),
            "sources": _words(profile.sources) if person is not None else [],
            "source": "patrol" if "patrol" in profile.keys("sources") else "",
            "onSpot": on_spot,
            "signedIn": person is not None,
            "mostPhotos": MOST_AT_ONCE,
            "longestSide": LONGEST_SIDE,
        },
    )


@blueprint.get("/report/worker.js")
def worker() -> Response:
    """What keeps the page in the browser, so that it opens without a line.

    Its text changes with any of our files: then the browser takes the new one and its cache.
    """
    told = f'const VERSION = "{assets.version()}", BASE = "{assets.base_address()}";\n'
    answer = Response(told + assets.read("js/report/offline.js"), mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = "/report"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/report/<code>")
def followed(code: str) -> str:
    """How far a case has come, in large words; raises NotFound."""
    profile = joined().profile
    found = follow(joined().database, profile, code)
    names = profile.names("states", language())
    return show(
        "report_state.html",
        page="report",
        found=found,
        state=names.get(found.state, found.state),
        category=profile.names("categories", language()).get(found.category, found.category),
        stations=[
            (names.get(one.state, one.state), one.at.astimezone(profile.zone))
            for one in found.stations
        ],
        reported_at=found.reported_at.astimezone(profile.zone),
        due_at=None if found.due_at is None else found.due_at.astimezone(profile.zone),
        zone=profile.timezone,
    )
