"""The reach of one area as a sheet of paper, and the list of all areas that leads to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, Final

from flask import Blueprint, request

from geodata.cases.clocks.calendar import workdays
from geodata.cases.filters import instant
from geodata.errors import InvalidInput, SignInNeeded
from geodata.places.choosing import choices
from geodata.places.featuring import extent
from geodata.reach import covering
from geodata.reach.coverage.asking import KINDS_OF_DAY
from geodata.reach.coverage.reporting import report
from geodata.reach.covering import Wish
from geodata.reach.warming import warm
from geodata.sheets import shown
from webmap import elements
from webmap.pages import actor, joined, language, show
from webmap.planner import ground

blueprint = Blueprint("reach_sheets", __name__)
LISTED: Final = 60
"""Rows of a table on paper; the Excel file has them all."""
HOURS: Final = tuple(f"{hour:02}:00" for hour in range(6, 24))
_ASKED: Final = ("walker", "hour", "day", "at")


@blueprint.get("/reach")
def reach() -> str:
    """All areas of a level, those with most households out of reach first.

    Raises:
        SignInNeeded: nobody is signed in.
        InvalidInput: a level, walker, hour or day that makes no sense.
    """
    here, person = joined(), actor()
    if person is None:
        raise SignInNeeded("Sign in first.")
    asked, wish, at = _asked()
    levels = here.profile.names("levels", language())
    by = request.args.get("by", "") or here.profile.smallest_level.key
    if by not in levels:
        raise InvalidInput(
            "Nothing is counted by %(by)s: take one of %(known)s.", by=by, known=", ".join(levels)
        )
    longest = max((one.minutes for one in here.profile.service_circles), default=wish.minutes)
    found = covering.cover(
        here.database,
        person,
        here.profile,
        replace(wish, minutes=longest, by=by),
        at=at,
        calendar=workdays,
    )
    rows = found.rows.assign(without=found.rows["total"] - found.rows["covered"])
    rows = rows.sort_values(["without", "code"], ascending=[False, True])
    return show(
        "reach_list.html",
        page="reach",
        module="wangge/modes/reach_list.js",
        asked={**asked, "by": by},
        levels=levels,
        minutes=longest,
        rows=[
            {**row, "share": row["covered"] / row["total"] if row["total"] else None}
            for row in rows.to_dict("records")
        ],
        total=found.total,
        cell=partial(shown, zone=here.profile.zone),
        **_choosing(),
    )


@blueprint.get("/reach/<code>")
def sheet(code: str) -> str:
    """The sheet of one area, ready to be printed.

    Raises:
        SignInNeeded: nobody is signed in.
        NotFound: no area of this code.
        InvalidInput: a walker, hour or day that makes no sense.
    """
    here, person = joined(), actor()
    if person is None:
        raise SignInNeeded("Sign in first.")
    warm()
    asked, wish, at = _asked()
    found = covering.sheet_of(
        here.database, person, here.profile, code, wish, at=at, calendar=workdays
    )
    page_map = elements.PageMap(
        bounds=extent(here.database, person, "areas"), approval=here.settings.map_approval
    )
    for layer in ground():
        page_map.add_child(layer)
    minutes = sorted((one.minutes for one in here.profile.service_circles), reverse=True)
    return show(
        "reach.html",
        page="reach",
        module="wangge/modes/reach.js",
        page_map=page_map,
        told=report(found, here.profile, as_of=at or datetime.now(UTC), language=language()),
        asked=asked,
        code=code,
        areas=choices(here.database, person),
        listed=LISTED,
        cell=partial(shown, zone=here.profile.zone),
        may_export=person.may("export"),
        made_at=datetime.now(here.profile.zone),
        data={**asked, "code": code, "minutes": minutes, "way": found.way},
        **_choosing(),
    )


def _choosing() -> dict[str, Any]:
    """What the questions above the sheet offer."""
    walkers = {one.key: one.name.read(language()) for one in joined().profile.walkers}
    today = datetime.now(joined().profile.zone).date().isoformat()
    return {"walkers": walkers, "hours": HOURS, "days": KINDS_OF_DAY, "today": today}


def _asked() -> tuple[dict[str, str], Wish, datetime | None]:
    """What the address says, the question as it is asked, and the moment of the district."""
    said = {key: request.args.get(key, "").strip()[:60] for key in _ASKED}
    wish = Wish(walker=said["walker"])
    if said["hour"]:
        said["day"] = said["day"] or "workday"
        try:
            wish = replace(wish, hour=time.fromisoformat(said["hour"]), day=said["day"])
        except ValueError:
            raise InvalidInput(
                "%(hour)s is no hour: write one like 19:00.", hour=said["hour"]
            ) from None
    at = instant(said["at"], joined().profile.timezone) if said["at"] else None
    return said, wish, at
