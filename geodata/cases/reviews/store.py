"""SQL of the daily report and the weekly review: counts of periods, each in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from geodata.cases.tables import case_decisions, cases

Row = dict[str, Any]
KINDS = "c.source, c.category, c.area_code"


def _inside(areas: Sequence[str] | None) -> tuple[str, dict[str, Any]]:
    if areas is None:
        return "", {}
    return " and c.area_code = any(cast(:areas as text[]))", {"areas": list(areas)}


def _within(areas: Sequence[str] | None) -> tuple[str, dict[str, Any]]:
    """The leading cases of these areas: several that were made one are one trouble."""
    inside, values = _inside(areas)
    return f" and c.joined_to is null{inside}", values


def _rows(connection: sa.Connection, query: str, values: dict[str, Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(sa.text(query), values).mappings()]


def came(
    connection: sa.Connection, since: datetime, until: datetime, areas: Sequence[str] | None
) -> list[Row]:
    """Cases reported in a period, by source, category and area; and each report by itself.

    Of cases that are one only that which leads has ``came``, all of them are ``reports``.
    """
    within, values = _inside(areas)
    query = (
        f"select {KINDS}, count(*) filter (where c.joined_to is null) as came,"  # noqa: S608
        " count(*) as reports from cases c"
        f" where c.reported_at >= :since and c.reported_at < :until{within} group by 1, 2, 3"
    )
    return _rows(connection, query, {"since": since, "until": until, **values})


def closed(
    connection: sa.Connection, since: datetime, until: datetime, areas: Sequence[str] | None
) -> list[Row]:
    """Cases closed in a period: all, those with a limit, and those of them within it."""
    within, values = _within(areas)
    query = (
        f"select {KINDS}, count(*) as closed, count(c.due_at) as limited,"  # noqa: S608
        " count(*) filter (where c.closed_at <= c.due_at) as on_time from cases c"
        f" where c.closed_at >= :since and c.closed_at < :until{within} group by 1, 2, 3"
    )
    return _rows(connection, query, {"since": since, "until": until, **values})


_WAITS = "c.state = any(cast(:open_states as text[]))"


def _open(at: str) -> str:
    """That a case was open at the moment of this name."""
    return f"c.reported_at < :{at} and (c.closed_at >= :{at} or (c.closed_at is null and {_WAITS}))"


def open_at(
    connection: sa.Connection,
    moments: Sequence[datetime],
    areas: Sequence[str] | None,
    *,
    open_states: Sequence[str],
) -> list[list[Row]]:
    """Cases open at each moment, and those of them late then, by source, category and area.

    All moments are counted in one pass: most cases are looked at for a moment long ago.
    """
    within, values = _within(areas)
    counts = "".join(
        f", count(*) filter (where {_open(f'at_{k}')}) as open_{k},"
        f" count(*) filter (where {_open(f'at_{k}')} and c.due_at < :at_{k}) as late_{k}"
        for k in range(len(moments))
    )
    query = (
        f"select {KINDS}{counts} from cases c"  # noqa: S608 - our own words only
        " where c.reported_at < :latest and (c.closed_at >= :earliest"
        f" or (c.closed_at is null and {_WAITS})){within} group by 1, 2, 3"
    )
    values |= {f"at_{k}": moment for k, moment in enumerate(moments)}
    values |= {"earliest": min(moments), "latest": max(moments), "open_states": list(open_states)}
    rows = _rows(connection, query, values)
    kinds = ("source", "category", "area_code")
    return [
        [
            {name: row[name] for name in kinds}
            | {"open": row[f"open_{k}"], "late": row[f"late_{k}"]}
            for row in rows
            if row[f"open_{k}"]
        ]
        for k in range(len(moments))
    ]


def late_list(
    connection: sa.Connection,
    moment: datetime,
    areas: Sequence[str] | None,
    *,
    open_states: Sequence[str],
    limit: int,
) -> list[Row]:
    """Cases open and late at a moment, what is over for longest first; nobody's name is in it."""
    within, values = _within(areas)
    query = (
        "select c.id, c.external_id, c.category, c.source, c.state, c.reported_at, c.due_at,"  # noqa: S608
        " c.area_code, c.compound_code, c.title, u.display_name as in_hand_of"
        " from cases c left join users u on u.id = c.assignee_id"
        f" where {_open('moment')} and c.due_at < :moment{within}"
        " order by c.due_at, c.id limit :limit"
    )
    values |= {"moment": moment, "open_states": list(open_states), "limit": limit}
    return _rows(connection, query, values)


def by_time(
    connection: sa.Connection,
    since: datetime,
    until: datetime,
    areas: Sequence[str] | None,
    *,
    part: str,
    timezone: str,
) -> dict[int, int]:
    """Cases reported in a period by local ``hour`` (0 to 23) or ``isodow`` (1 to 7)."""
    if part not in {"hour", "isodow"}:
        raise ValueError(part)
    within, values = _within(areas)
    query = sa.text(
        f"select extract({part} from c.reported_at at time zone :timezone)::int, count(*)"  # noqa: S608
        f" from cases c where c.reported_at >= :since and c.reported_at < :until{within} group by 1"
    )
    values |= {"since": since, "until": until, "timezone": timezone}
    return {int(row[0]): int(row[1]) for row in connection.execute(query, values)}


def by_compound(
    connection: sa.Connection, since: datetime, until: datetime, areas: Sequence[str] | None
) -> list[Row]:
    """Compounds that stood at the end of a period: their cases in it and their households."""
    within, values = _within(areas)
    inside = "" if areas is None else " and k.area_code = any(cast(:areas as text[]))"
    query = (
        "with n as (select c.compound_code as code, count(*) as cases from cases c"  # noqa: S608
        " where c.reported_at >= :since and c.reported_at < :until and c.compound_code is not null"
        f"{within} group by 1)"
        " select k.code, k.name, k.area_code, k.households, coalesce(n.cases, 0) as cases"
        " from compounds k left join n on n.code = k.code"
        f" where k.held @> cast(:until as timestamptz){inside}"
    )
    return _rows(connection, query, {"since": since, "until": until, **values})


def areas_known(connection: sa.Connection) -> dict[str, Row]:
    """Each area that ever was, as it was last: its name, level and the area above it."""
    query = (
        "select distinct on (code) code, name, level, parent_code from areas"
        " order by code, held desc"
    )
    return {row["code"]: row for row in _rows(connection, query, {})}


def names_of_compounds(connection: sa.Connection, codes: Sequence[str]) -> dict[str, str]:
    """What compounds are called, by their codes."""
    query = (
        "select distinct on (code) code, name from compounds"
        " where code = any(cast(:codes as text[])) order by code, held desc"
    )
    return {row["code"]: row["name"] for row in _rows(connection, query, {"codes": list(codes)})}


def decisions(
    connection: sa.Connection,
    week: date,
    areas: Sequence[str] | None,
    *,
    open_states: Sequence[str],
) -> list[Row]:
    """What this week's review decided, and of earlier ones what is still open; newest last."""
    query = (
        sa.select(
            case_decisions,
            *(cases.c[name] for name in ("category", "state", "area_code", "compound_code")),
            cases.c.external_id,
            cases.c.closed_at,
        )
        .join(cases, cases.c.id == case_decisions.c.case_id)
        .where(
            case_decisions.c.withdrawn_at.is_(None),
            sa.or_(
                case_decisions.c.week == week,
                sa.and_(case_decisions.c.week < week, cases.c.state.in_(open_states)),
            ),
        )
        .order_by(case_decisions.c.week.desc(), case_decisions.c.id)
    )
    if areas is not None:
        query = query.where(cases.c.area_code.in_(areas))
    return [dict(row) for row in connection.execute(query).mappings()]


def add_decision(connection: sa.Connection, **values: Any) -> int:
    """A new one; gives its number."""
    query = sa.insert(case_decisions).values(**values).returning(case_decisions.c.id)
    return int(connection.execute(query).scalar_one())


def withdraw_decision(connection: sa.Connection, number: int, case: int, now: datetime) -> bool:
    """Whether there was such a one that held."""
    query = (
        sa.update(case_decisions)
        .where(
            case_decisions.c.id == number,
            case_decisions.c.case_id == case,
            case_decisions.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    return connection.execute(query).rowcount > 0


def case_of_decision(connection: sa.Connection, number: int) -> int | None:
    """Of which case a decision is."""
    query = sa.select(case_decisions.c.case_id).where(case_decisions.c.id == number)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found
