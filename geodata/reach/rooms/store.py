"""Reading and writing public rooms; no rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.reach.rooms.tables import public_rooms, room_entries, room_findings

if TYPE_CHECKING:
    from geodata.accounts import Actor

Row = dict[str, Any]
_OWN = tuple(column for column in public_rooms.c if column.name not in {"geom", "extra"})
_FINDING = tuple(room_findings.c)

_PLACES = sa.text("select code, name, level, parent_code from areas where upper_inf(held)")
_AREA_OF = sa.text("select area_code from compounds where code = :code and upper_inf(held)")
_AREA_AT = sa.text(
    "select code from areas where upper_inf(held) and level = :level"
    " and st_covers(geom, st_setsrid(st_makepoint(:lon, :lat), 4326)) order by code limit 1"
)
_COMPOUNDS = sa.text("select code, name, area_code from compounds where upper_inf(held)")
_AREAS_AT = sa.text(
    "select distinct on (k) k, areas.code"
    " from unnest(cast(:lon as double precision[]), cast(:lat as double precision[]))"
    " with ordinality as spot (lon, lat, k)"
    " join areas on upper_inf(held) and level = :level"
    " and st_covers(geom, st_setsrid(st_makepoint(lon, lat), 4326)) order by k, areas.code"
)
_ALONE = sa.text("lock table public_rooms in share row exclusive mode")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done with the room of a number."""

    room: int
    step: str
    changes: Mapping[str, Any]
    note: str = ""
    finding: int | None = None


def rooms(connection: sa.Connection, codes: Sequence[str] | None = None) -> list[Row]:
    """Rooms by code with ``lon`` and ``lat``; all, or those of some codes."""
    query = sa.select(
        *_OWN,
        sa.func.st_x(public_rooms.c.geom).label("lon"),
        sa.func.st_y(public_rooms.c.geom).label("lat"),
    ).order_by(public_rooms.c.code)
    if codes is not None:
        query = query.where(public_rooms.c.code.in_(codes))
    return [dict(row) for row in connection.execute(query).mappings()]


def asides(connection: sa.Connection) -> dict[int, Row]:
    """What ledgers said of rooms beside their columns, by the rooms' numbers; empty left out."""
    query = sa.select(public_rooms.c.id, public_rooms.c.extra).where(public_rooms.c.extra != {})
    return {row.id: row.extra for row in connection.execute(query)}


def locked(connection: sa.Connection, code: str) -> Row | None:
    """One room, held until the transaction ends."""
    query = sa.select(public_rooms.c.id).where(public_rooms.c.code == code).with_for_update()
    if connection.execute(query).one_or_none() is None:
        return None
    return rooms(connection, [code])[0]


def add(connection: sa.Connection, values: Mapping[str, Any]) -> int:
    """A new room; gives its number."""
    query = sa.insert(public_rooms).values(_with_place(values)).returning(public_rooms.c.id)
    return int(connection.execute(query).scalar_one())


def alone(connection: sa.Connection) -> None:
    """Let nobody else write rooms until the transaction ends; all may read."""
    connection.execute(_ALONE)


def add_all(connection: sa.Connection, some: Sequence[Mapping[str, Any]]) -> list[int]:
    """New rooms at once; gives their numbers in the same order."""
    names = [column.name for column in _OWN if column.name not in {"id", "revision"}]
    rows = [
        {name: values.get(name) for name in names}
        | {"name": values.get("name") or "", "geom": _as_text(values)}
        | {"extra": values.get("extra") or {}}
        for values in some
    ]
    if not rows:
        return []
    query = sa.insert(public_rooms).returning(public_rooms.c.id, sort_by_parameter_order=True)
    return [int(number) for number in connection.execute(query, rows).scalars()]


def _as_text(values: Mapping[str, Any]) -> str | None:
    if values.get("lon") is None:
        return None
    return f"SRID=4326;POINT({values['lon']!r} {values['lat']!r})"


def change(connection: sa.Connection, number: int, values: Mapping[str, Any]) -> None:
    """Change a room; its revision rises."""
    connection.execute(
        sa.update(public_rooms)
        .where(public_rooms.c.id == number)
        .values({**_with_place(values), "revision": public_rooms.c.revision + 1})
    )


def _with_place(values: Mapping[str, Any]) -> Row:
    plain = {name: value for name, value in values.items() if name not in {"lon", "lat"}}
    if "lon" in values:
        there = values["lon"] is not None
        spot = sa.func.st_setsrid(sa.func.st_makepoint(values["lon"], values["lat"]), 4326)
        plain["geom"] = spot if there else None
    return plain


def enter(
    connection: sa.Connection,
    actor: Actor,
    number: int,
    step: str,
    *,
    changes: Mapping[str, Any],
    note: str = "",
    finding: int | None = None,
) -> None:
    """An entry of what was done."""
    enter_all(connection, actor, [Entry(number, step, changes, note, finding)])


def enter_all(connection: sa.Connection, actor: Actor, some: Sequence[Entry]) -> None:
    """Entries at once, in their order."""
    rows = [
        {
            "room_id": one.room,
            "finding_id": one.finding,
            "user_id": actor.user_id,
            "by_name": actor.name,
            "step": one.step,
            "changes": {name: _plain(value) for name, value in one.changes.items()},
            "note": one.note,
        }
        for one in some
    ]
    if rows:
        connection.execute(sa.insert(room_entries), rows)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def entries(connection: sa.Connection, number: int) -> list[Row]:
    """All that was done with a room, the newest first."""
    table = room_entries
    query = (
        sa.select(
            table.c.id, table.c.at, table.c.by_name, table.c.step, table.c.changes, table.c.note,
            table.c.finding_id,
        )
        .where(table.c.room_id == number)
        .order_by(table.c.id.desc())
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


def findings(connection: sa.Connection, number: int | None = None) -> list[Row]:
    """Findings of one room or of all, the newest first."""
    query = sa.select(*_FINDING).order_by(room_findings.c.id.desc())
    if number is not None:
        query = query.where(room_findings.c.room_id == number)
    return [dict(row) for row in connection.execute(query).mappings()]


def add_finding(connection: sa.Connection, values: Mapping[str, Any]) -> int:
    """A new finding; gives its number."""
    query = sa.insert(room_findings).values(**values).returning(room_findings.c.id)
    return int(connection.execute(query).scalar_one())


def change_finding(connection: sa.Connection, number: int, values: Mapping[str, Any]) -> None:
    """Change a finding."""
    connection.execute(
        sa.update(room_findings).where(room_findings.c.id == number).values(**values)
    )


def area_of(
    connection: sa.Connection, compound: str | None, spot: tuple[float, float] | None, level: str
) -> str | None:
    """The community of a compound, else the one in which a point lies."""
    if compound is not None:
        found = connection.execute(_AREA_OF, {"code": compound}).scalar()
        if found is not None:
            return str(found)
    if spot is None:
        return None
    values = {"level": level, "lon": spot[0], "lat": spot[1]}
    found = connection.execute(_AREA_AT, values).scalar()
    return None if found is None else str(found)


def is_compound(connection: sa.Connection, code: str) -> bool:
    """Whether there is such a compound now."""
    return connection.execute(_AREA_OF, {"code": code}).one_or_none() is not None


def areas(connection: sa.Connection) -> dict[str, Row]:
    """Areas in force by code: name, level and the code of the area above."""
    return {row["code"]: dict(row) for row in connection.execute(_PLACES).mappings()}


def areas_at(
    connection: sa.Connection, spots: Sequence[tuple[float, float] | None], level: str
) -> list[str | None]:
    """The area of a level in which each spot (longitude, latitude) lies."""
    values = {
        "lon": [None if spot is None else spot[0] for spot in spots],
        "lat": [None if spot is None else spot[1] for spot in spots],
        "level": level,
    }
    found = {row.k: row.code for row in connection.execute(_AREAS_AT, values)}
    return [found.get(k) for k in range(1, len(spots) + 1)]


def compounds(connection: sa.Connection) -> dict[str, Row]:
    """Compounds in force by code: ``name`` and ``area_code``."""
    return {row["code"]: dict(row) for row in connection.execute(_COMPOUNDS).mappings()}


def compound_names(connection: sa.Connection) -> dict[str, str]:
    """Names of the compounds in force by code."""
    return {code: one["name"] for code, one in compounds(connection).items()}
