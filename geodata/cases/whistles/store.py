"""SQL of the whistle: departments called to cases, and what their clocks say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from geodata.cases.tables import case_calls, cases

Row = dict[str, Any]


def of_case(connection: sa.Connection, number: int) -> list[Row]:
    """All calls of a case, the first first."""
    query = sa.select(case_calls).where(case_calls.c.case_id == number).order_by(case_calls.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def locked(connection: sa.Connection, number: int, call: int) -> Row | None:
    """One call of a case, locked until the transaction ends."""
    query = sa.select(case_calls).where(case_calls.c.id == call, case_calls.c.case_id == number)
    row = connection.execute(query.with_for_update()).mappings().one_or_none()
    return None if row is None else dict(row)


def add(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New calls."""
    connection.execute(sa.insert(case_calls), [dict(row) for row in rows])


def change(connection: sa.Connection, call: int, values: Mapping[str, Any]) -> None:
    """Change a call that is locked."""
    connection.execute(sa.update(case_calls).where(case_calls.c.id == call).values(**values))


def running(connection: sa.Connection, number: int) -> list[Row]:
    """The calls of a case that have not ended, locked until the transaction ends."""
    query = (
        sa.select(case_calls)
        .where(case_calls.c.case_id == number, case_calls.c.ended_at.is_(None))
        .order_by(case_calls.c.id)
        .with_for_update()
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def running_of(connection: sa.Connection, numbers: Sequence[int]) -> list[Row]:
    """The calls of these cases that have not ended, locked until the transaction ends."""
    query = (
        sa.select(case_calls)
        .where(case_calls.c.case_id.in_(numbers), case_calls.c.ended_at.is_(None))
        .order_by(case_calls.c.id)
        .with_for_update()
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def number_running(connection: sa.Connection, number: int) -> int:
    """How many calls of a case have not ended."""
    query = sa.select(sa.func.count()).where(
        case_calls.c.case_id == number, case_calls.c.ended_at.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def late_cases(connection: sa.Connection, now: datetime, *, limit: int) -> list[int]:
    """Cases with a call whose clock has run out and of which nobody was told."""
    query = (
        sa.select(case_calls.c.case_id)
        .where(case_calls.c.due_at < now, case_calls.c.raised_at.is_(None))
        .distinct()
        .order_by(case_calls.c.case_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def waiting(
    connection: sa.Connection, *, department: str | None, areas: Sequence[str] | None, limit: int
) -> list[Row]:
    """Running calls, what is due first first, with what everybody may see of their cases.

    ``areas`` are codes with all inside them; None: everywhere.
    """
    query = (
        sa.select(
            case_calls,
            *(cases.c[name] for name in ("category", "area_code", "compound_code", "revision")),
            cases.c.state.label("case_state"),
        )
        .join(cases, cases.c.id == case_calls.c.case_id)
        .where(case_calls.c.ended_at.is_(None))
        .order_by(case_calls.c.due_at, case_calls.c.id)
        .limit(limit)
    )
    if department is not None:
        query = query.where(case_calls.c.department == department)
    if areas is not None:
        query = query.where(cases.c.area_code.in_(areas))
    return [dict(row) for row in connection.execute(query).mappings()]


def department_of(connection: sa.Connection, user_id: int) -> str | None:
    """The department for which a user acts."""
    # The table belongs to the room below; only this column of it is asked for.
    query = sa.text("select department from users where id = :id")
    found: str | None = connection.execute(query, {"id": user_id}).scalar_one_or_none()
    return found


_PER_DEPARTMENT = """
    select w.department,
        count(*) as calls,
        count(distinct w.case_id) as cases,
        count(w.answered_at) as answered,
        percentile_cont(array[0.5, 0.9]) within group (
            order by extract(epoch from w.answered_at - w.called_at)::float8
        ) filter (where w.answered_at is not null) as answer_s,
        count(*) filter (where w.awaited) as awaited,
        count(*) filter (where w.awaited and w.arrived_at is not null) as arrived,
        count(w.finished_at) as finished,
        count(*) filter (where w.state = 'declined') as declined,
        count(*) filter (where w.state = 'withdrawn') as withdrawn,
        count(*) filter (where w.ended_at is null) as running,
        count(*) filter (where w.judged) as judged,
        count(*) filter (where w.judged and not w.late) as on_time,
        count(w.rating) as ratings,
        coalesce(sum(w.rating), 0) as rating_sum
    from (
        select w.*, late,
            state <> 'withdrawn' and (state in ('finished', 'declined') or late) as judged,
            state not in ('withdrawn', 'declined') and (
                arrived_at is not null or finished_at is not null or
                coalesce(arrive_due, answer_due + make_interval(mins => :arrive_minutes)) < until
            ) as awaited
        from (
            select w.*, c.area_code, coalesce(w.ended_at, :now) as until
            from case_calls w join cases c on c.id = w.case_id
            where w.called_at >= :since and w.called_at < :until {area}
        ) w, lateral (
            select coalesce(answered_at, until) > answer_due
                or coalesce(coalesce(arrived_at, until) > arrive_due, false)
                or coalesce(coalesce(finished_at, until) > finish_due, false) as late
        ) l
    ) w
    group by 1
"""


def per_department(
    connection: sa.Connection,
    *,
    since: datetime,
    until: datetime,
    areas: Sequence[str] | None,
    now: datetime,
    arrive_minutes: int,
) -> list[Row]:
    """What the calls of a period come to; ``areas`` as in ``waiting``."""
    area = "" if areas is None else "and c.area_code = any(cast(:areas as text[]))"
    values: dict[str, Any] = {"since": since, "until": until, "now": now}
    values["arrive_minutes"] = arrive_minutes
    if areas is not None:
        values["areas"] = list(areas)
    query = sa.text(_PER_DEPARTMENT.format(area=area))
    return [dict(row) for row in connection.execute(query, values).mappings()]
