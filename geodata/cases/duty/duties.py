"""The duty calendar (值班表): who is on duty, when and for which area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.accounts.tables import users
from geodata.cases import around
from geodata.cases.duty import staff
from geodata.cases.duty.tables import duty
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

LONGEST_POST: Final = 40
LONGEST: Final = timedelta(days=366)
LONGEST_LIST: Final = timedelta(days=93)
MOST: Final = 5_000

_PLACE = sa.text(
    "select 1 from areas where code = :code and upper_inf(held)"
    " union all select 1 from grids where code = :code and upper_inf(held) limit 1"
)


@dataclass(frozen=True)
class Shift:
    """Somebody's duty from ``since`` until ``until``, for an area or grid or everywhere."""

    user_id: int
    since: datetime
    until: datetime
    area_code: str | None = None
    post: str = ""


def add(database: Database, actor: Actor, shifts: Sequence[Shift]) -> list[int]:
    """Enter shifts, all or none; gives their numbers.

    Raises:
        NotAllowed: only administrators and commanders keep the calendar, in their areas.
        InvalidInput: times that cannot be, an area that is not there, somebody who does no such
            work.
        Conflict: that person is entered there from that moment on already.
    """
    _may_keep(actor)
    if not shifts or len(shifts) > MOST:
        raise InvalidInput("Enter 1 to %(most)s shifts.", most=MOST)
    for one in shifts:
        _check(one)
    with database.begin() as tx:
        if actor.areas:
            codes = {one.area_code for one in shifts}
            require(actor, "handle_case", area_codes=codes, connection=tx.connection)
        for code in {one.area_code for one in shifts} - {None}:
            if tx.connection.execute(_PLACE, {"code": code}).scalar() is None:
                raise InvalidInput("There is no area with the code %(codes)s.", codes=code)
        for number in {one.user_id for one in shifts}:
            staff.taker(tx.connection, number)
        rows = [
            {
                "user_id": one.user_id,
                "since": one.since,
                "until": one.until,
                "area_code": one.area_code,
                "post": one.post.strip(),
                "set_by": actor.name,
            }
            for one in shifts
        ]
        try:
            query = sa.insert(duty).returning(duty.c.id, sort_by_parameter_order=True)
            numbers = list(tx.connection.execute(query, rows).scalars())
        except sa.exc.IntegrityError as error:
            raise Conflict("Somebody is entered twice for the same area and begin.") from error
        record(tx, actor, "duty_added", "duty", numbers=numbers[:100], count=len(numbers))
    return numbers


def remove(database: Database, actor: Actor, number: int) -> None:
    """Take a shift out of the calendar.

    Raises:
        NotAllowed: as for ``add``.
        NotFound: there is none of this number.
    """
    _may_keep(actor)
    with database.begin() as tx:
        query = sa.delete(duty).where(duty.c.id == number).returning(duty.c.area_code)
        gone = tx.connection.execute(query).one_or_none() if number < 2**63 else None
        if gone is None:
            raise NotFound("There is no shift %(number)s.", number=str(number))
        if actor.areas:
            require(actor, "handle_case", area_codes=[gone.area_code], connection=tx.connection)
        record(tx, actor, "duty_removed", f"duty/{number}")


def shifts_of(
    database: Database, actor: Actor, since: datetime, until: datetime, *, area: str | None = None
) -> list[dict[str, Any]]:
    """The shifts of a period, the earliest first; ``area`` alone, or all.

    Raises:
        NotAllowed: the role handles no cases.
        InvalidInput: a period that ends before it begins, or is longer than three months.
    """
    require(actor, "handle_case")
    _zoned(since, until)
    if not since < until <= since + LONGEST_LIST:
        raise InvalidInput("Choose a period of at most three months that ends after it begins.")
    query = (
        sa.select(
            *(duty.c[name] for name in ("id", "user_id", "area_code", "post", "since", "until")),
            *(users.c[name] for name in ("name", "display_name", "telephone", "active")),
        )
        .join(users, users.c.id == duty.c.user_id)
        .where(duty.c.until > since, duty.c.since < until)
        .order_by(duty.c.since, duty.c.area_code, duty.c.id)
        .limit(MOST)
    )
    if area is not None:
        query = query.where(duty.c.area_code == area)
    with database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def on_duty(
    database: Database, actor: Actor, area: str | None, *, at: datetime | None = None
) -> list[dict[str, Any]]:
    """Who is on duty at a moment for an area: its own people, those of the areas above, all others.

    ``area`` may be a grid. People who are switched off are left out.

    Raises:
        NotAllowed: the role handles no cases.
    """
    require(actor, "handle_case")
    moment = at or datetime.now(UTC)
    _zoned(moment)
    with database.read() as connection:
        codes = [] if area is None else _upwards(connection, area)
        return staff.on_duty(connection, codes, moment)


def _upwards(connection: sa.Connection, code: str) -> list[str]:
    """A grid or an area, and the areas that it lies in, the smallest first."""
    query = sa.text("select area_code from grids where code = :code and upper_inf(held) limit 1")
    community = connection.execute(query, {"code": code}).scalar_one_or_none()
    if community is not None:
        return [code, *around.above(connection, community)]
    return around.above(connection, code) or [code]


def _zoned(*moments: datetime) -> None:
    if any(one.tzinfo is None for one in moments):
        raise InvalidInput("Write the time with its zone, such as 2026-06-01T08:30:00+08:00.")


def _check(one: Shift) -> None:
    _zoned(one.since, one.until)
    if not one.since < one.until <= one.since + LONGEST:
        raise InvalidInput("A shift ends after it begins, within a year.")
    if len(one.post) > LONGEST_POST:
        raise InvalidInput(
            "The %(field)s has more than %(most)s characters.", field="post", most=LONGEST_POST
        )


def _may_keep(actor: Actor) -> None:
    require(actor, "handle_case")
    if actor.role not in {"admin", "commander"}:
        raise NotAllowed("The duty calendar is kept by commanders.")
