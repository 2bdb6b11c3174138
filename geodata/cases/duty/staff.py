"""SQL of the people who handle cases: who works, where, with how much on their hands, who left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from geodata.accounts.tables import users
from geodata.cases.tables import cases
from geodata.errors import InvalidInput

Row = dict[str, Any]
TAKERS: Final = ("worker", "commander", "admin")
"""Roles whose people take cases."""
MOST_LEFT: Final = 1_000

_ON_DUTY = sa.text(
    """
    select d.id, d.user_id, d.area_code, d.post, d.since, d.until,
           u.name, u.display_name, u.telephone, u.role, u.department,
           coalesce(array_position(cast(:codes as text[]), d.area_code), :last) as distance
    from duty d join users u on u.id = d.user_id
    where d.since <= :at and d.until > :at and u.active and u.role = any(:takers)
      and (d.area_code is null or d.area_code = any(:codes))
    order by distance, u.role <> 'worker', d.post, u.id
    """
)
_LEFT = sa.text(
    """
    select c.id, c.category, c.state, c.reported_at, c.due_at, c.area_code, c.grid_code,
           c.revision, c.assignee_id, u.name, u.display_name,
           case when u.id is null then 'gone' when u.active then 'role' else 'inactive' end as why
    from cases c left join users u on u.id = c.assignee_id
    where c.assignee_id is not null and c.state = any(:open) and c.joined_to is null
      and (u.id is null or not u.active or u.role <> all(:takers))
      and (cast(:areas as text[]) is null or c.area_code = any(:areas))
    order by c.due_at nulls last, c.id limit :most
    """
)
_NOW = sa.text(
    "select code from grids where upper_inf(held) and st_intersects(geom, (select geom from cases"
    " where id = :number)) order by code limit 1"
)
_STANDS = sa.text("select 1 from grids where code = :code and upper_inf(held) limit 1")


def taker(connection: sa.Connection, number: int | None) -> Row:
    """Somebody who may get cases.

    Raises:
        InvalidInput: nobody is named, or somebody who is gone, switched off or does no such work.
    """
    if number is None:
        raise InvalidInput("Say whom it goes to.")
    row = None
    if 0 < number < 2**63:
        query = sa.select(users).where(users.c.id == number, users.c.active)
        row = connection.execute(query.where(users.c.role.in_(TAKERS))).mappings().one_or_none()
    if row is None:
        raise InvalidInput(
            "User %(number)s no longer handles cases: choose somebody else.", number=str(number)
        )
    return {name: row[name] for name in ("id", "name", "display_name", "role", "department")}


def takers(connection: sa.Connection) -> list[Row]:
    """Everybody who may get cases, by name."""
    names = ("id", "name", "display_name", "role", "areas", "telephone", "department")
    query = sa.select(*(users.c[name] for name in names)).where(
        users.c.active, users.c.role.in_(TAKERS)
    )
    rows = connection.execute(query.order_by(users.c.display_name, users.c.name)).mappings()
    return [dict(row) for row in rows]


def on_duty(connection: sa.Connection, codes: Sequence[str], at: datetime) -> list[Row]:
    """Who is on duty at that moment for the first of ``codes``, then the next, then everywhere.

    ``codes`` are a grid and the areas that it lies in, the smallest first.
    """
    bound = {"codes": list(codes), "at": at, "takers": list(TAKERS), "last": len(codes) + 1}
    return [dict(row) for row in connection.execute(_ON_DUTY, bound).mappings()]


def workers(
    connection: sa.Connection, codes: Sequence[str], *, open_states: Sequence[str]
) -> list[Row]:
    """Active workers whose duty is one of ``codes``, with how many open cases each has.

    ``duty`` is the first of ``codes`` that is theirs; the smallest duty comes first, then who has
    the fewest cases.
    """
    query = sa.select(
        users.c.id, users.c.name, users.c.display_name, users.c.telephone, users.c.areas
    ).where(users.c.role == "worker", users.c.active, users.c.areas.overlap(list(codes)))
    found = [dict(row) for row in connection.execute(query).mappings()]
    hands = _open_cases(connection, [one["id"] for one in found], open_states)
    for one in found:
        theirs = set(one.pop("areas"))
        one["duty"] = next(code for code in codes if code in theirs)
        one["open_cases"] = hands.get(one["id"], 0)
    place = {code: k for k, code in enumerate(codes)}
    return sorted(found, key=lambda one: (place[one["duty"]], one["open_cases"], one["id"]))


def of_department(
    connection: sa.Connection, department: str, *, open_states: Sequence[str]
) -> list[Row]:
    """Who acts for a department, with how many open cases each has; the fewest first."""
    query = sa.select(users.c.id, users.c.name, users.c.display_name, users.c.telephone).where(
        users.c.department == department, users.c.active, users.c.role.in_(TAKERS)
    )
    found = [dict(row) for row in connection.execute(query).mappings()]
    hands = _open_cases(connection, [one["id"] for one in found], open_states)
    for one in found:
        one |= {"duty": None, "open_cases": hands.get(one["id"], 0)}
    return sorted(found, key=lambda one: (one["open_cases"], one["id"]))


def left_behind(
    connection: sa.Connection, *, open_states: Sequence[str], areas: Sequence[str] | None
) -> list[Row]:
    """Open cases of people who are gone, switched off or do other work now."""
    bound = {"open": list(open_states), "takers": list(TAKERS), "areas": areas, "most": MOST_LEFT}
    return [dict(row) for row in connection.execute(_LEFT, bound).mappings()]


def grid_today(connection: sa.Connection, number: int, code: str | None) -> str | None:
    """The grid of a case: its own, or where that was redrawn, the one of today at its place."""
    if code is not None and connection.execute(_STANDS, {"code": code}).scalar() is not None:
        return code
    found: str | None = connection.execute(_NOW, {"number": number}).scalar_one_or_none()
    return found


def _open_cases(
    connection: sa.Connection, people: Sequence[int], open_states: Sequence[str]
) -> dict[int, int]:
    query = (
        sa.select(cases.c.assignee_id, sa.func.count())
        .where(cases.c.assignee_id.in_(people), cases.c.state.in_(open_states))
        .group_by(cases.c.assignee_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
