"""Calls whose clocks ran out: told of once each, and the case goes up a level for them.

A case goes up by one level for each clock of a whistle that runs out, however many of its
departments overrun it: three that do not answer are one trouble. Running calls follow a calendar
or limits that changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import Actor, record
from geodata.cases.clocks import calendar, reckoning
from geodata.cases.steps import store as steps
from geodata.cases.whistles import calls
from geodata.cases.whistles import store as whistles
from geodata.cases.whistles.whistling import CLOCK, leave, tell

if TYPE_CHECKING:
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

LATE_AT_ONCE: Final = 200
WHY: Final = "call"
"""Why a case went up, among the details of its entry."""


def raise_late(database: Database, profile: Profile, *, now: datetime | None = None) -> int:
    """Tell of calls whose clock has run out, each clock once; gives how many.

    Several workers may do it at once: a case is locked while its calls are told of.
    """
    moment = now or datetime.now(UTC)
    with database.read() as connection:
        numbers = whistles.late_cases(connection, moment, limit=LATE_AT_ONCE)
    return sum(_raise(database, profile, number, moment) for number in numbers)


def reckon_again(tx: Transaction, profile: Profile, numbers: Sequence[int]) -> int:
    """Bring the running calls of these cases, which are locked, in line with calendar and limits.

    Gives how many moved.
    """
    now = datetime.now(UTC)
    workdays = calendar.workdays(tx.connection, profile)
    moved = 0
    for call in whistles.running_of(tx.connection, numbers):
        values = calls.reckoned(call, now, profile=profile, workdays=workdays)
        if values:
            whistles.change(tx.connection, call["id"], values)
            moved += 1
    return moved


def _raise(database: Database, profile: Profile, number: int, now: datetime) -> int:
    late = []
    with database.begin() as tx:
        case = steps.locked(tx.connection, number)
        if case is None:
            return 0
        if not reckoning.is_open(profile, case["state"]):  # closed by a file
            leave(tx, case, by=None, reason="")
            tell(tx, case)
            return 0
        for call in whistles.running(tx.connection, number):
            if call["due_at"] is None or call["due_at"] >= now or call["raised_at"] is not None:
                continue
            values = {"raised_at": now, "raised": call["raised"] + 1}
            whistles.change(tx.connection, call["id"], values)
            details = {"department": call["department"], "call": call["id"]}
            details |= {"clock": calls.running_clock(call), "due_at": call["due_at"].isoformat()}
            _enter(tx, case, "call_late", details, now)
            late.append(call)
        if late:
            level = _go_up(tx, profile, case, late, now)
            changed = reckoning.keep(tx.connection, profile, number, {})
            tell(tx, changed)
            more = {} if level is None else {"level": level}
            record(tx, Actor.terminal(), "call_late", f"cases/{number}", count=len(late), **more)
    return len(late)


def _go_up(
    tx: Transaction,
    profile: Profile,
    case: dict[str, Any],
    late: Sequence[calls.Call],
    now: datetime,
) -> str | None:
    """Tell the level above, unless it was for these clocks already; gives that level."""
    entries = steps.entries(tx.connection, case["id"])
    known = [
        clock
        for one in entries
        if one["kind"] == "escalate" and one["details"].get("why") == WHY
        for clock in one["details"]["clocks"]
    ]
    ran_out = [[call["whistle_no"], calls.running_clock(call)] for call in late]
    fresh = [clock for k, clock in enumerate(ran_out) if clock not in known + ran_out[:k]]
    row = steps.columns(tx.connection, case["id"], reckoning.READ)
    level = reckoning.course_of(row, entries, profile=profile).level
    above = reckoning.level_above(profile, level)
    if not fresh or above is None:
        return None
    departments = [
        call["department"] for call, clock in zip(late, ran_out, strict=True) if clock in fresh
    ]
    details = {"level": above, "why": WHY, "clocks": fresh, "departments": departments}
    _enter(tx, case, "escalate", details, now)
    return above


def _enter(
    tx: Transaction, case: dict[str, Any], kind: str, details: dict[str, Any], now: datetime
) -> None:
    steps.enter(
        tx.connection,
        case_id=case["id"],
        actor=CLOCK,
        at=now,
        kind=kind,
        from_state=case["state"],
        to_state=case["state"],
        details=details,
    )
