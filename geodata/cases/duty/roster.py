"""The duty calendar as it is read: a row for each area, its shifts, and when nobody is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.cases.clocks import calendar
from geodata.cases.duty import duties, staff
from geodata.errors import NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.workdays import Workdays

Span = tuple[datetime, datetime]
Row = dict[str, Any]
LOOK_BACK: Final = timedelta(days=28)
"""An area that had a shift so lately keeps a calendar: a time without one is a gap."""

_KEPT = sa.text(
    "select distinct area_code from duty where until > :since and since < :until"
    " and area_code is not null"
)
_PLACES = sa.text(
    "select code, name, level, parent_code as within from areas where upper_inf(held)"
    " union all select code, name, 'grid', area_code from grids"
    " where upper_inf(held) and code = any(:codes)"
)


def roster(
    database: Database,
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    profile: Profile,
    area: str | None = None,
    grids: bool = False,
) -> dict[str, Any]:
    """The calendar of a period: ``places`` in order, ``shifts``, ``gaps`` and hidden ``grids``.

    Of ``area`` and all in it, or of all. A gap is when none of a place's own people is on duty and
    the offices of ``profile`` are closed, for while they are open everybody is there;
    ``above`` says whether somebody is on duty for an area above, or everywhere. Places are those
    that had a shift within four weeks, and everywhere (code None). Grids stand apart: without
    ``grids`` they are counted only.

    Raises:
        NotAllowed: the role handles no cases.
        InvalidInput: a period that ends before it begins, or is longer than three months.
        NotFound: there is no such area.
    """
    shifts = duties.shifts_of(database, actor, since, until)
    with database.read() as connection:
        bound = {"since": since - LOOK_BACK, "until": until}
        kept = set(connection.execute(_KEPT, bound).scalars())
        rows = connection.execute(_PLACES, {"codes": sorted(kept)}).mappings()
        known = {row["code"]: dict(row) for row in rows}
        office = list(_office(calendar.workdays(connection, profile), since, until))
    if area is not None and area not in known:
        raise NotFound("There is no area with the code %(codes)s.", codes=area)
    paths = {code: _path(known, code) for code in kept}
    mine = {code for code in kept if area is None or area in paths[code]}
    hidden = {code for code in mine if not grids and known.get(code, {}).get("level") == "grid"}
    shown: list[str | None] = [*([None] if area is None else [])]
    shown += sorted(mine - hidden, key=lambda code: (paths[code][::-1], code))
    return {
        "places": [_place(known, code) for code in shown],
        "shifts": [one for one in shifts if one["area_code"] in set(shown)],
        "gaps": [
            gap
            for code in shown
            for gap in _gaps(shifts, code, paths.get(code or "", []), (since, until), office)
        ],
        "grids": len(hidden),
    }


def people(database: Database, actor: Actor) -> list[Row]:
    """Whom the calendar can name: everybody who takes cases, with telephone and areas of duty.

    Raises:
        NotAllowed: the role handles no cases.
    """
    require(actor, "handle_case")
    with database.read() as connection:
        return staff.takers(connection)


def left_open(whole: Span, spans: Iterable[Span]) -> list[Span]:
    """The parts of a span that none of the others covers, the earliest first."""
    found = []
    at, end = whole
    for begin, over in sorted(spans):
        if begin >= end:
            break
        if begin > at:
            found.append((at, begin))
        at = max(at, over)
    if at < end:
        found.append((at, end))
    return found


def _office(workdays: Workdays, since: datetime, until: datetime) -> Iterator[Span]:
    """When the offices are open: from a worked day's first hour to its last, noon with it."""
    day, last = workdays.day_of(since), workdays.day_of(until)
    while day <= last:
        if hours := workdays.hours_of(day):
            midnight = datetime.combine(day, time(), workdays.zone)
            yield (
                midnight + timedelta(minutes=hours[0][0]),
                midnight + timedelta(minutes=hours[-1][1]),
            )
        day += timedelta(days=1)


def _gaps(
    shifts: list[Row], code: str | None, path: list[str], whole: Span, office: list[Span]
) -> list[Row]:
    there = [one for one in shifts if one["counts"]]
    own = [(one["since"], one["until"]) for one in there if one["area_code"] == code]
    if code is None and not own:
        return []  # nobody need be on duty everywhere
    wider: set[str | None] = {None, *path} - {code}
    above = [(one["since"], one["until"]) for one in there if one["area_code"] in wider]
    found = []
    for gap in left_open(whole, own + office):
        alone = left_open(gap, above)
        found += [(*span, False) for span in alone]
        found += [(*span, True) for span in left_open(gap, alone)]
    return [
        {"area_code": code, "since": since, "until": until, "above": by}
        for since, until, by in sorted(found)
    ]


def _path(known: Mapping[str, Row], code: str) -> list[str]:
    """A place and all that it lies in, the smallest first; a circle of parents ends."""
    path: list[str] = []
    at: str | None = code
    while at is not None and at not in path:
        path.append(at)
        at = known.get(at, {}).get("within")
    return path


def _place(known: Mapping[str, Row], code: str | None) -> Row:
    row = known.get(code or "", {})
    return {"code": code, "name": row.get("name") or "", "level": row.get("level")}
