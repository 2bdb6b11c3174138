"""SQL of what stands round one case: the names of its places, who is in charge, what is near."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from geodata.accounts.tables import users
from geodata.cases.tables import case_reporters, cases

Row = dict[str, Any]

NEAR_METRES: Final = 150.0
NEAR_DAYS: Final = 7
MOST_NEAR: Final = 8
MOST_PEOPLE: Final = 40
DEGREE_METRES: Final = 111_000.0
"""Metres of a degree of latitude, rounded down, so that no near case is lost in the first look."""

_ONE = sa.text(
    """
    select c.id, c.external_id, c.source, c.category, c.state, c.reported_at, c.due_at, c.warn_at,
           c.stage_due_at, c.stage_warn_at, c.paused_since, c.asked,
           c.updated_at, c.closed_at, c.area_code, c.grid_code, c.compound_code, c.revision,
           c.stage_since, c.assignee_id, c.first_owner_id, c.department, c.level, c.urgent,
           c.joined_to, c.reports, c.place_state, c.place_score,
           st_x(c.geom) as lon, st_y(c.geom) as lat,
           c.title, c.description, c.address, c.reporter_name, c.reporter_telephone, c.extra,
           (select name from areas where code = c.area_code order by held desc limit 1)
             as area_name,
           (select name from grids where code = c.grid_code order by held desc limit 1)
             as grid_name,
           (select name from compounds where code = c.compound_code order by held desc limit 1)
             as compound_name
    from cases c where c.id = :number
    """
)

_NEAR = sa.text(
    """
    select n.id, n.category, n.state, n.reported_at,
           st_distancesphere(n.geom, st_setsrid(st_point(:lon, :lat), 4326)) as metres
    from cases n
    where n.geom && st_makeenvelope(:west, :south, :east, :north, 4326)
      and n.reported_at between :first and :last and n.id <> :number
      and n.joined_to is null
      and st_distancesphere(n.geom, st_setsrid(st_point(:lon, :lat), 4326)) <= :most
    order by metres, n.id limit :limit
    """
)

_ABOVE = sa.text(
    """
    with recursive above(code, parent, depth) as (
        select a.code, a.parent_code, 1 from areas a
        where a.code = :area and upper_inf(a.held)
        union all
        select a.code, a.parent_code, above.depth + 1 from areas a
        join above on a.code = above.parent where upper_inf(a.held) and above.depth < 20
    ) select code from above order by depth
    """
)


def one(connection: sa.Connection, number: int) -> Row | None:
    """One case with everything that it holds, and the names of its places."""
    row = connection.execute(_ONE, {"number": number}).mappings().one_or_none()
    return None if row is None else dict(row)


def near(connection: sa.Connection, case: Row) -> list[Row]:
    """Cases of about that place and those days, the nearest first, with ``metres``."""
    if case["lon"] is None:
        return []
    lat_span = NEAR_METRES / DEGREE_METRES
    lon_span = lat_span / max(0.01, math.cos(math.radians(case["lat"])))
    bound = {
        "number": case["id"], "lon": case["lon"], "lat": case["lat"],
        "west": case["lon"] - lon_span, "east": case["lon"] + lon_span,
        "south": case["lat"] - lat_span, "north": case["lat"] + lat_span,
        "first": case["reported_at"] - timedelta(days=NEAR_DAYS),
        "last": case["reported_at"] + timedelta(days=NEAR_DAYS),
        "most": NEAR_METRES, "limit": MOST_NEAR,
    }  # fmt: skip
    return [dict(row) for row in connection.execute(_NEAR, bound).mappings()]


def above(connection: sa.Connection, area: str | None) -> list[str]:
    """The area itself and those it lies in, the smallest first."""
    if area is None:
        return []
    return list(connection.execute(_ABOVE, {"area": area}).scalars())


def people_of(connection: sa.Connection, codes: Sequence[str]) -> list[Row]:
    """Workers to whom a case in these places may go: those with the smallest duty there first.

    ``duty`` is the first of ``codes`` that is theirs; None for those without a bound, who come
    after them, and for those on duty elsewhere (``elsewhere``), who come last.
    """
    query = (
        sa.select(users.c.id, users.c.name, users.c.display_name, users.c.telephone, users.c.areas)
        .where(users.c.role == "worker", users.c.active)
        .order_by(users.c.name)
    )
    found = []
    for row in connection.execute(query).mappings():
        person = dict(row)
        duty = set(person.pop("areas"))
        person["duty"] = next((code for code in codes if code in duty), None)
        person["elsewhere"] = bool(duty) and person["duty"] is None
        found.append(person)
    place = {code: k for k, code in enumerate(codes)}
    found.sort(key=lambda one: (one["elsewhere"], place.get(one["duty"], len(codes))))
    return found[:MOST_PEOPLE]


def names_of(connection: sa.Connection, numbers: Iterable[int | None]) -> dict[int, str]:
    """What the users of these numbers are called."""
    wanted = sorted({number for number in numbers if number is not None})
    if not wanted:
        return {}
    query = sa.select(users.c.id, users.c.name, users.c.display_name).where(users.c.id.in_(wanted))
    return {row.id: row.display_name or row.name for row in connection.execute(query)}


def reporters(connection: sa.Connection, number: int) -> list[Row]:
    """Who reported a case or one that is joined to it, the first first."""
    table = case_reporters.c
    own = sa.select(cases.c.id).where((cases.c.id == number) | (cases.c.joined_to == number))
    query = (
        sa.select(table.at, table.source, table.name, table.telephone, table.email)
        .where(table.case_id.in_(own))
        .order_by(table.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
