"""The duty calendar (值班表): who is on duty, when and for which area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from geodata.accounts import record, require
from geodata.accounts.tables import users
from geodata.cases import around, store
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
        _allow(tx.connection, actor, {one.area_code for one in shifts})
        _exist(tx.connection, shifts)
        rows = [_row(one, actor) for one in shifts]
        try:
            query = sa.insert(duty).returning(duty.c.id, sort_by_parameter_order=True)
            numbers = list(tx.connection.execute(query, rows).scalars())
        except sa.exc.IntegrityError as error:
            raise Conflict("Somebody is entered twice for the same area and begin.") from error
        record(tx, actor, "duty_added", "duty", numbers=numbers[:100], count=len(numbers))
    return numbers


def change(database: Database, actor: Actor, number: int, shift: Shift) -> None:
    """Put another shift in the place of one.

    Raises:
        NotAllowed, InvalidInput, Conflict: as for ``add``; both areas must be the actor's.
        NotFound: there is none of this number.
    """
    _may_keep(actor)
    _check(shift)
    with database.begin() as tx:
        query = sa.select(duty.c.area_code).where(duty.c.id == number).with_for_update()
        old = tx.connection.execute(query).one_or_none() if number < 2**63 else None
        if old is None:
            raise NotFound("There is no shift %(number)s.", number=str(number))
        _allow(tx.connection, actor, {old.area_code, shift.area_code})
        _exist(tx.connection, [shift])
        values = {**_row(shift, actor), "set_at": sa.func.now()}
        try:
            tx.connection.execute(sa.update(duty).where(duty.c.id == number).values(values))
        except sa.exc.IntegrityError as error:
            raise Conflict("Somebody is entered twice for the same area and begin.") from error
        record(tx, actor, "duty_changed", f"duty/{number}", area=shift.area_code)


def copy(
    database: Database,
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    days: int,
    zone: tzinfo,
) -> dict[str, Any]:
    """Enter the shifts that begin in a period once more, so many days later by the wall clock.

    Those that last longer than that go on by themselves and are left; so are those of people who
    are gone, those outside the actor's areas, and those that stand there already.

    Returns:
        ``ids`` of the new shifts, and how many were ``left``.

    Raises:
        NotAllowed: only administrators and commanders keep the calendar.
        InvalidInput: a period that ends before it begins or is longer than three months, or days
            beyond a year.
    """
    _may_keep(actor)
    _check_period(since, until)
    if not 0 < days <= LONGEST.days:
        raise InvalidInput("Copy by 1 to %(most)s days.", most=LONGEST.days)
    step = timedelta(days=days)
    with database.begin() as tx:
        query = (
            sa.select(duty)
            .join(users, users.c.id == duty.c.user_id)
            .where(duty.c.since >= since, duty.c.since < until)
            .where(duty.c.until - duty.c.since <= step)
            .where(users.c.active, users.c.role.in_(staff.TAKERS))
            .order_by(duty.c.since, duty.c.id)
            .limit(MOST)
        )
        began = sa.select(sa.func.count()).where(duty.c.since >= since, duty.c.since < until)
        whole = tx.connection.execute(began).scalar_one()
        found = tx.connection.execute(query).all()
        allowed = _allowed(tx.connection, actor, {row.area_code for row in found})
        rows = [
            {
                "user_id": row.user_id,
                "area_code": row.area_code,
                "post": row.post,
                "since": row.since.astimezone(zone) + step,
                "until": row.until.astimezone(zone) + step,
                "set_by": actor.name,
            }
            for row in found
            if row.area_code in allowed
        ]
        numbers: list[int] = []
        if rows:
            new = insert(duty).on_conflict_do_nothing().returning(duty.c.id)
            numbers = list(tx.connection.execute(new, rows).scalars())
        record(tx, actor, "duty_copied", "duty", numbers=numbers[:100], count=len(numbers))
    return {"ids": numbers, "left": whole - len(numbers)}


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
        _allow(tx.connection, actor, {gone.area_code})
        record(tx, actor, "duty_removed", f"duty/{number}")


def shifts_of(
    database: Database, actor: Actor, since: datetime, until: datetime, *, area: str | None = None
) -> list[dict[str, Any]]:
    """The shifts of a period, the earliest first; ``area`` alone, or all.

    One whose person is switched off or does other work now does not count (``counts``).

    Raises:
        NotAllowed: the role handles no cases.
        InvalidInput: a period that ends before it begins, or is longer than three months.
    """
    require(actor, "handle_case")
    _check_period(since, until)
    query = (
        sa.select(
            *(duty.c[name] for name in ("id", "user_id", "area_code", "post", "since", "until")),
            *(users.c[name] for name in ("name", "display_name", "telephone", "active")),
            sa.and_(users.c.active, users.c.role.in_(staff.TAKERS)).label("counts"),
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


def _row(one: Shift, actor: Actor) -> dict[str, Any]:
    return {**asdict(one), "post": one.post.strip(), "set_by": actor.name}


def _exist(connection: sa.Connection, shifts: Sequence[Shift]) -> None:
    """Refuse an area that is not there, and somebody who does no such work."""
    for code in {one.area_code for one in shifts} - {None}:
        if connection.execute(_PLACE, {"code": code}).scalar() is None:
            raise InvalidInput("There is no area with the code %(codes)s.", codes=code)
    for number in {one.user_id for one in shifts}:
        staff.taker(connection, number)


def _communities(connection: sa.Connection, codes: set[str | None]) -> dict[str | None, str | None]:
    """Each code with the area by which one's duty is asked: of a grid, its community."""
    query = sa.text(
        "select code, area_code from grids where code = any(:codes) and upper_inf(held)"
    )
    rows = connection.execute(query, {"codes": sorted(codes - {None}, key=str)})
    return {code: code for code in codes} | {row.code: row.area_code for row in rows}


def _allow(connection: sa.Connection, actor: Actor, codes: set[str | None]) -> None:
    """Refuse places outside the actor's areas of duty."""
    if actor.areas:
        areas = set(_communities(connection, codes).values())
        require(actor, "handle_case", area_codes=areas, connection=connection)


def _allowed(connection: sa.Connection, actor: Actor, codes: set[str | None]) -> set[str | None]:
    """Those of the places that lie in the actor's areas of duty."""
    if not actor.areas:
        return codes
    areas = _communities(connection, codes)
    below = set(store.areas_below(connection, sorted(actor.areas)))
    return {code for code in codes if areas[code] in below}


def _check_period(since: datetime, until: datetime) -> None:
    _zoned(since, until)
    if not since < until <= since + LONGEST_LIST:
        raise InvalidInput("Choose a period of at most three months that ends after it begins.")


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
