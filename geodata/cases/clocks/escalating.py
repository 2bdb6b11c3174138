"""Late cases told to the level above: 小区→社区→街道→县, each level once.

Which levels are due follows from a case's entries, which are read while the case is locked: two
workers, or one that died halfway and is begun again, tell each level only once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import Actor, record
from geodata.cases.clocks import calendar, reckoning
from geodata.cases.steps import store as steps
from geodata.cases.tables import cases
from geodata.cases.whistles.whistling import CLOCK

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile

AT_ONCE: Final = 500
"""So many cases are raised in one minute at most; the rest follow in the next."""


def raise_late(database: Database, profile: Profile, *, now: datetime | None = None) -> int:
    """Tell the next level of each case whose time for it has come; gives how many were told."""
    moment = now or datetime.now(UTC)
    due = sa.select(cases.c.id).where(cases.c.raise_at <= moment)
    with database.read() as connection:
        query = due.order_by(cases.c.raise_at, cases.c.id).limit(AT_ONCE)
        numbers = list(connection.execute(query).scalars())
    return sum(_raise(database, profile, number, moment) for number in numbers)


def _raise(database: Database, profile: Profile, number: int, now: datetime) -> int:
    with database.begin() as tx:
        case = steps.locked(tx.connection, number)
        if case is None:
            return 0
        row = steps.columns(tx.connection, number, reckoning.READ)
        levels: list[str] = []
        if case["joined_to"] is None and reckoning.is_open(profile, case["state"]):
            levels = reckoning.levels_due(
                row,
                steps.entries(tx.connection, number),
                now,
                profile=profile,
                workdays=calendar.workdays(tx.connection, profile),
            )
        for level in levels:
            steps.enter(
                tx.connection,
                case_id=number,
                actor=CLOCK,
                at=now,
                kind="escalate",
                from_state=case["state"],
                to_state=case["state"],
                details={"level": level, "why": "late", **_due(row)},
            )
        changed = reckoning.keep(tx.connection, profile, number, {})
        if levels:
            told = {name: changed[name] for name in ("state", "category", "source", "revision")}
            tx.changed("cases", str(number), "changed", level=levels[-1], **told)
            record(tx, Actor.terminal(), "case_raised", f"cases/{number}", levels=levels)
    return len(levels)


def _due(row: dict[str, Any]) -> dict[str, str]:
    """What it was late against."""
    names = ("due_at", "stage_due_at")
    return {name: row[name].isoformat() for name in names if row[name] is not None}
