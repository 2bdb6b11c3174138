"""When this city works: its profile, the State Council's notices, and the operator's own days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from geodata.accounts import record, require
from geodata.cases.duty.tables import own_days
from geodata.database.jobs import submit_within
from geodata.errors import InvalidInput, NotFound
from geodata.feasts import name_of
from geodata.workdays import FIRST_YEAR, LAST_YEAR, Workdays, statutory_days

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.profiles.working import Working

LONGEST_NAME: Final = 60
RECKON: Final = "reckon_clocks"
"""The job that brings open cases in line with a calendar that changed."""


def workdays(connection: sa.Connection, profile: Profile) -> Workdays:
    """The city's working time as it is set now."""
    query = sa.select(own_days.c.day, own_days.c.works).order_by(own_days.c.day)
    own = tuple((row.day, row.works) for row in connection.execute(query))
    return _workdays(profile.working, profile.zone, own)


@lru_cache(maxsize=8)
def _workdays(working: Working, zone: ZoneInfo, own: tuple[tuple[date, bool], ...]) -> Workdays:
    return working.workdays(zone, own=dict(own))


def year_of(database: Database, actor: Actor, profile: Profile, year: int) -> dict[str, Any]:
    """The days of a year: is each worked, who says so, and whether that is sure.

    Only days that differ from the plain week are listed: ``days`` with ``works``, ``name``,
    ``feast`` (a name of ``feasts.NAMES``) and ``own``. ``announced``: whether the year's days off
    are known; else they are those of the law and may still change.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: a year beyond the calendar.
    """
    require(actor, "see_map")
    _check_year(year)
    with database.read() as connection:
        office = workdays(connection, profile)
        first, last = date(year, 1, 1), date(year, 12, 31)
        query = sa.select(own_days).where(own_days.c.day.between(first, last))
        own = {row["day"]: dict(row) for row in connection.execute(query).mappings()}
    zone = profile.zone
    begin = datetime(year, 1, 1, 12, tzinfo=zone)
    unsure = office.unsure_years(begin, begin)
    days = []
    worked = 0
    day = first
    while day <= last:
        works = office.is_worked(day)
        worked += works
        if day in own or works != (day.weekday() < 5):
            said: Mapping[str, Any] = own.get(day, {})
            feast = ""
            if office.holidays == "china" and (not unsure or day in statutory_days(year)):
                feast = name_of(day, announced=not unsure)
            days.append(
                {
                    "day": day.isoformat(),
                    "works": works,
                    "name": said.get("name", ""),
                    "feast": feast,
                    "own": day in own,
                    "set_by": said.get("set_by"),
                    "set_at": said.get("set_at"),
                }
            )
        day += timedelta(days=1)
    return {"year": year, "announced": not unsure, "worked_days": worked, "days": days}


def set_day(
    database: Database, actor: Actor, day: date, *, works: bool, name: str = ""
) -> dict[str, Any]:
    """Say whether a day is worked; open cases are reckoned anew soon after (``job``).

    Raises:
        NotAllowed: only an administrator sets the calendar.
        InvalidInput: a day beyond the calendar, or too long a name.
    """
    require(actor, "manage_users")
    _check_year(day.year)
    if len(name) > LONGEST_NAME:
        raise InvalidInput(
            "The %(field)s has more than %(most)s characters.", field="name", most=LONGEST_NAME
        )
    values = {"works": works, "name": name.strip(), "set_by": actor.name}
    query = insert(own_days).values(day=day, **values)
    query = query.on_conflict_do_update(
        index_elements=["day"], set_={**values, "set_at": datetime.now(UTC)}
    )
    with database.begin() as tx:
        tx.connection.execute(query)
        record(tx, actor, "day_set", f"calendar/{day}", works=works, name=name.strip())
        job = submit_within(tx, RECKON, {})
    return {"day": day.isoformat(), "works": works, "name": name.strip(), "own": True, "job": job}


def remove_day(database: Database, actor: Actor, day: date) -> int:
    """Let a day be again what it is without the operator's word; gives the job's number.

    Raises:
        NotAllowed: only an administrator sets the calendar.
        NotFound: nothing was said of that day.
    """
    require(actor, "manage_users")
    with database.begin() as tx:
        gone = tx.connection.execute(sa.delete(own_days).where(own_days.c.day == day)).rowcount
        if not gone:
            raise NotFound("Nothing of your own is set for %(day)s.", day=day.isoformat())
        record(tx, actor, "day_removed", f"calendar/{day}")
        return submit_within(tx, RECKON, {})


def day_of(text: str) -> date:
    """The day that is written like 2026-05-01; raises InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("%(day)s is no day: write it like 2026-05-01.", day=text) from None


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(
            "The calendar of workdays goes from %(first)s to %(last)s: take a time within.",
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
