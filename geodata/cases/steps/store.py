"""SQL of the steps of cases: one case locked, brought to its next state, and the entry of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from geodata.cases.tables import case_reporters, case_steps, cases

Row = dict[str, Any]

SEEN = (
    *("id", "external_id", "source", "category", "state", "reported_at", "due_at", "updated_at"),
    *("closed_at", "area_code", "grid_code", "compound_code", "revision", "stage_since"),
    *("warn_at", "stage_due_at", "stage_warn_at", "paused_since", "asked", "first_owner_id"),
    *("assignee_id", "department", "level", "urgent", "joined_to", "reports"),
    *("place_state", "place_score"),
)
"""What everybody signed in may see of a case."""


def locked(connection: sa.Connection, number: int) -> Row | None:
    """The row of a case, locked until the transaction ends."""
    query = sa.select(*(cases.c[name] for name in SEEN)).where(cases.c.id == number)
    row = connection.execute(query.with_for_update()).mappings().one_or_none()
    return None if row is None else dict(row)


def seen(connection: sa.Connection, number: int) -> Row | None:
    """The row of a case as it is now."""
    query = sa.select(*(cases.c[name] for name in SEEN)).where(cases.c.id == number)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def columns(connection: sa.Connection, number: int, names: Sequence[str]) -> Row:
    """These columns of a case that is there."""
    query = sa.select(*(cases.c[name] for name in names)).where(cases.c.id == number)
    return dict(connection.execute(query).mappings().one())


def known(connection: sa.Connection, source: str, external_id: str) -> int | None:
    """The case that a source gave this number to."""
    query = sa.select(cases.c.id).where(
        cases.c.source == source, cases.c.external_id == external_id
    )
    number: int | None = connection.execute(query).scalar_one_or_none()
    return number


def looks_for(connection: sa.Connection, number: int, values: Mapping[str, Any]) -> bool:
    """Whether news of a case with an address of ``values`` should look for its place anew.

    Not where its place was given or chosen, nor where the address is the one that it has.
    """
    query = sa.select(cases.c.geom.is_not(None), cases.c.place_state, cases.c.address)
    placed, state, address = connection.execute(query.where(cases.c.id == number)).one()
    if placed and state in {None, "given", "chosen"}:
        return False
    return not placed or address != values["address"]


def places_of(
    connection: sa.Connection, lon: float, lat: float, at: Any, *, level: str
) -> dict[str, str | None]:
    """``area_code``, ``grid_code`` and ``compound_code`` of a place in WGS 84 on that day."""
    values = {"at": at, "lon": lon, "lat": lat, "level": level}
    return dict(connection.execute(_PLACES, values).mappings().one())


def _first_of(layer: str, more: str = "") -> str:
    return (
        f"(select code from {layer} where held @> asked.at and st_intersects(geom, asked.point)"  # noqa: S608 - names of our own
        f" {more} order by code limit 1)"
    )


_PLACES = sa.text(
    f"select {_first_of('areas', 'and level = :level')} as area_code,"  # noqa: S608 - as above
    f" {_first_of('grids')} as grid_code, {_first_of('compounds')} as compound_code"
    " from (select cast(:at as timestamptz) as at,"
    " st_setsrid(st_point(:lon, :lat), 4326) as point) as asked"
)


def add(connection: sa.Connection, values: Mapping[str, Any]) -> int:
    """A new case; gives its number."""
    query = sa.insert(cases).values(**values).returning(cases.c.id)
    return int(connection.execute(query).scalar_one())


def change(connection: sa.Connection, number: int, values: Mapping[str, Any]) -> Row:
    """Change a case that is locked."""
    query = (
        sa.update(cases)
        .where(cases.c.id == number)
        .values(updated_at=sa.func.clock_timestamp(), **values)
        .returning(*(cases.c[name] for name in SEEN))
    )
    return dict(connection.execute(query).mappings().one())


def enter(
    connection: sa.Connection, *, case_id: int, at: datetime | None = None, **values: Any
) -> int:
    """An entry of what was done; nobody can edit it.

    ``at`` is when, else now; never before the entry that comes before it, also where a machine's
    clock was set back in between.
    """
    moment: Any = sa.func.clock_timestamp() if at is None else at
    moment = sa.func.greatest(moment, _last_at(case_id).scalar_subquery())
    query = sa.insert(case_steps).values(case_id=case_id, at=moment, **values)
    return int(connection.execute(query.returning(case_steps.c.id)).scalar_one())


def now_of(connection: sa.Connection, number: int) -> datetime:
    """Now, for a case: never before its last entry."""
    last: datetime | None = connection.scalar(_last_at(number))
    now = datetime.now(UTC)
    return now if last is None or last < now else last


def _last_at(number: int) -> sa.Select[datetime]:
    mine = sa.select(case_steps.c.at).where(case_steps.c.case_id == number)
    return mine.order_by(case_steps.c.id.desc()).limit(1)


def add_reporter(connection: sa.Connection, **values: Any) -> None:
    """Who reported a case."""
    connection.execute(sa.insert(case_reporters).values(**values))


def entries(connection: sa.Connection, number: int) -> Sequence[Row]:
    """What was done with a case, the first first."""
    query = sa.select(case_steps).where(case_steps.c.case_id == number).order_by(case_steps.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def entries_of(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, list[Row]]:
    """What was done with these cases, the first first."""
    query = sa.select(case_steps).where(case_steps.c.case_id.in_(numbers)).order_by(case_steps.c.id)
    found: dict[int, list[Row]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["case_id"], []).append(dict(row))
    return found
