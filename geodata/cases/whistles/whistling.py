"""The whistle (吹哨报到): several departments called to one case, each with its own clocks.

Each verb is one permission check, one transaction, one entry among the steps of the case, one in
the audit trail and one in the feed. A case is locked before its calls are, always in this order,
so that closing a case and acting on its calls cannot pass each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import Actor, record, require
from geodata.cases import store
from geodata.cases.clocks import calendar
from geodata.cases.steps import store as steps
from geodata.cases.twins.joined import refuse_joined
from geodata.cases.whistles import calls
from geodata.cases.whistles import store as whistles
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

LONGEST_REASON: Final = 2_000
MOST_WAITING: Final = 500


@dataclass(frozen=True)
class Act:
    """Something done with a call.

    Attributes:
        kind: answer, arrive, finish, decline, withdraw or rate.
        reason: Why, or the remark of a rating; needed to decline and to withdraw.
        rating: 1 to 5, with ``rate``.
    """

    kind: str
    reason: str = ""
    rating: int | None = None


def whistle(
    database: Database,
    actor: Actor,
    profile: Profile,
    number: int,
    departments: Sequence[str],
    *,
    reason: str,
) -> dict[str, Any]:
    """Call departments to an open case; gives what ``calls_of`` gives.

    Raises:
        NotFound: no such case or department.
        NotAllowed: the role, or the area of duty.
        Conflict: the case is closed or joined to another, or one of them is already called and
            has not ended.
        InvalidInput: no department, no reason, or too long a one.
    """
    require(actor, "handle_case")
    wanted = list(dict.fromkeys(departments))
    for key in wanted:
        profile.department(key)
    _check_reason(reason)
    if not wanted:
        raise InvalidInput("Say which departments are called.")
    if not reason.strip():
        raise InvalidInput("Say why: this step is kept with its reason.")
    if not _may_whistle(actor, profile):
        raise NotAllowed("The whistle is blown by others.")
    with database.begin() as tx:
        case = case_locked(tx.connection, actor, number)
        if case["state"] not in profile.open_states:
            raise Conflict("The case is closed: reopen it before departments are called.")
        under_way = {call["department"] for call in whistles.running(tx.connection, number)}
        twice = [profile.department(key).name for key in wanted if key in under_way]
        if twice:
            raise Conflict(
                "%(department)s is already called to this case.", department=twice[0].model_dump()
            )
        last = max(
            (one["whistle_no"] for one in whistles.of_case(tx.connection, number)), default=0
        )
        workdays = calendar.workdays(tx.connection, profile)
        first = calls.begun(datetime.now(UTC), profile=profile, workdays=workdays)
        first |= {"case_id": number, "whistle_no": last + 1, "reason": reason.strip()}
        first |= {"called_by": actor.user_id, "caller": actor.name}
        whistles.add(tx.connection, [first | {"department": key} for key in wanted])
        details = {"departments": wanted, "whistle_no": last + 1}
        enter(tx, actor, case, "whistled", reason, details)
        record(tx, actor, "whistled", f"cases/{number}", departments=wanted)
    return calls_of(database, actor, profile, number)


def act(
    database: Database, actor: Actor, profile: Profile, number: int, call_id: int, done: Act
) -> dict[str, Any]:
    """Do something with one call; gives what ``calls_of`` gives.

    Raises:
        NotFound: no such case or call.
        NotAllowed: neither of the department nor a commander; who did not call and rates.
        Conflict: the call has moved on, or the case is joined to another.
        InvalidInput: no reason or rating where one is needed.
    """
    require(actor, "handle_case")
    _check_reason(done.reason)
    with database.begin() as tx:
        case = case_locked(tx.connection, actor, number)
        call = whistles.locked(tx.connection, number, call_id) if call_id < 2**63 else None
        if call is None:
            raise NotFound("There is no call %(number)s of this case.", number=str(call_id))
        mine = _department(tx.connection, actor)
        if done.kind in calls.DEPARTMENT_ACTS + calls.WHISTLER_ACTS and not _may(
            actor, call, done.kind, mine
        ):
            raise NotAllowed("This is for the department that was called, or who called it.")
        values = calls.after(
            call,
            done.kind,
            datetime.now(UTC),
            by=actor.name,
            reason=done.reason,
            rating=done.rating,
            profile=profile,
            workdays=calendar.workdays(tx.connection, profile),
        )
        whistles.change(tx.connection, call_id, values)
        details = {"department": call["department"], "call": call_id}
        details |= {"rating": done.rating} if done.kind == "rate" else {}
        kind = ENTRIES[done.kind]
        enter(tx, actor, case, kind, done.reason, details)
        record(tx, actor, kind, f"cases/{number}", department=call["department"])
    return calls_of(database, actor, profile, number)


ENTRIES: Final = {
    "answer": "call_answered",
    "arrive": "call_arrived",
    "finish": "call_finished",
    "decline": "call_declined",
    "withdraw": "call_withdrawn",
    "rate": "call_rated",
}
"""What an act is called among the steps of a case."""


def calls_of(database: Database, actor: Actor, profile: Profile, number: int) -> dict[str, Any]:
    """The ``calls`` of a case with their clocks and what this actor may do with each.

    Reasons and remarks are None outside the actor's areas of duty. ``may_whistle`` says whether
    this actor may call departments now; ``suited`` are those of the case's category.

    Raises:
        NotFound: no such case.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        case = steps.seen(connection, number) if 0 < number < 2**63 else None
        if case is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        rows = whistles.of_case(connection, number)
        in_duty = not actor.areas or case["area_code"] in store.areas_below(
            connection, sorted(actor.areas)
        )
        mine = _department(connection, actor)
        workdays = calendar.workdays(connection, profile)
    handles = actor.may("handle_case") and in_duty and case["joined_to"] is None
    texts = actor.may("see_personal") and in_duty
    now = datetime.now(UTC)
    is_open = case["state"] in profile.open_states
    return {
        "now": now,
        "revision": case["revision"],
        "calls": [
            _shown(
                row,
                calls.clocks(row, now, profile=profile, workdays=workdays),
                texts=texts,
                may=_acts(actor, row, mine) if handles else [],
            )
            for row in rows
        ],
        "may_whistle": bool(
            profile.departments and handles and is_open and _may_whistle(actor, profile)
        ),
        "suited": [one.key for one in profile.departments if case["category"] in one.categories],
    }


def waiting_calls(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    department: str | None = None,
    areas: Sequence[str] = (),
) -> dict[str, Any]:
    """Running calls, what is due first first: of one's own department, or of all.

    Somebody who acts for a department sees its calls alone. ``areas`` narrow it further.
    """
    require(actor, "handle_case")
    if department is not None:
        profile.department(department)
    with database.read() as connection:
        mine = _department(connection, actor)
        asked = mine if mine is not None and not _commands(actor) else department
        within = areas_of(connection, actor, areas)
        rows = whistles.waiting(connection, department=asked, areas=within, limit=MOST_WAITING)
        workdays = calendar.workdays(connection, profile)
    now = datetime.now(UTC)
    about = ("category", "area_code", "compound_code", "case_state")
    shown = [
        _shown(
            row,
            calls.clocks(row, now, profile=profile, workdays=workdays),
            texts=actor.may("see_personal"),
            may=_acts(actor, row, mine),
        )
        | {name: row[name] for name in about}
        for row in rows
    ]
    return {"now": now, "calls": shown, "department": asked, "most": MOST_WAITING}


def leave(tx: Transaction, case: dict[str, Any], *, by: Actor | None, reason: str) -> None:
    """End the calls of a case that is being closed, in the transaction that closes it.

    Raises:
        InvalidInput: some are under way and no reason is given.
    """
    under_way = whistles.running(tx.connection, case["id"])
    if not under_way:
        return
    if by is not None and not reason.strip():
        raise InvalidInput(
            "%(count)s departments that were called have not finished: say why the case is closed"
            " without them.",
            count=len(under_way),
        )
    now = datetime.now(UTC)
    for call in under_way:
        whistles.change(tx.connection, call["id"], calls.ended("left", now))
    steps.enter(
        tx.connection,
        case_id=case["id"],
        user_id=None if by is None else by.user_id,
        actor=CLOCK if by is None else by.name,
        kind="calls_left",
        from_state=case["state"],
        to_state=case["state"],
        reason=reason.strip(),
        details={"departments": [call["department"] for call in under_way]},
    )


CLOCK: Final = "clock"
"""Who is named where nobody acted."""


def areas_of(connection: Connection, actor: Actor, wanted: Sequence[str] = ()) -> list[str] | None:
    """The areas, with all inside them, that are wanted and lie in the actor's duty; None: all."""
    found: frozenset[str] | None = None
    for codes in (sorted(actor.areas), list(wanted)):
        if codes:
            inside = store.areas_below(connection, codes)
            found = inside if found is None else found & inside
    return None if found is None else sorted(found)


def case_locked(connection: Connection, actor: Actor, number: int) -> dict[str, Any]:
    """The case, locked; raises NotFound, NotAllowed, and Conflict if it is joined to another."""
    case = steps.locked(connection, number) if 0 < number < 2**63 else None
    if case is None:
        raise NotFound("There is no case %(number)s.", number=str(number))
    require(actor, "handle_case", area_codes=[case["area_code"]], connection=connection)
    refuse_joined(case)
    return case


def enter(
    tx: Transaction,
    actor: Actor,
    case: dict[str, Any],
    kind: str,
    reason: str,
    details: dict[str, Any],
) -> None:
    """The entry of a person's step, and the word of it to all who look on."""
    changed = steps.change(tx.connection, case["id"], {"revision": case["revision"] + 1})
    steps.enter(
        tx.connection,
        case_id=case["id"],
        user_id=actor.user_id,
        actor=actor.name,
        kind=kind,
        from_state=case["state"],
        to_state=case["state"],
        reason=reason.strip(),
        details=details,
    )
    tell(tx, changed)


def tell(tx: Transaction, case: dict[str, Any]) -> None:
    """Enter a case that changed in the feed: no text, nothing personal."""
    told = {name: case[name] for name in ("state", "category", "source", "revision")}
    tx.changed("cases", str(case["id"]), "changed", **told)


def _commands(actor: Actor) -> bool:
    return actor.role in {"admin", "commander"}


def _may_whistle(actor: Actor, profile: Profile) -> bool:
    return actor.role == "admin" or actor.role in profile.whistle.roles


def _department(connection: Connection, actor: Actor) -> str | None:
    return None if actor.user_id is None else whistles.department_of(connection, actor.user_id)


def _may(actor: Actor, call: calls.Call, kind: str, mine: str | None) -> bool:
    """Whether this actor may do that; in which state the call is does not matter here."""
    if _commands(actor):
        return True
    if kind in calls.DEPARTMENT_ACTS:
        return mine is not None and bool(mine == call["department"])
    return actor.user_id is not None and bool(actor.user_id == call["called_by"])


def _acts(actor: Actor, call: calls.Call, mine: str | None) -> list[str]:
    return [one for one in calls.permitted(call) if _may(actor, call, one, mine)]


def _check_reason(reason: str) -> None:
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            "The %(field)s has more than %(most)s characters.", field="reason", most=LONGEST_REASON
        )


def _shown(
    row: dict[str, Any], clocks: list[dict[str, Any]], *, texts: bool, may: list[str]
) -> dict[str, Any]:
    names = ("id", "case_id", "whistle_no", "department", "state", "called_at", "caller")
    shown = {name: row[name] for name in (*names, "ended_at", "rating", "rated_by", "rated_at")}
    shown |= {name: row[name] if texts else None for name in ("reason", "remark")}
    return shown | {"clocks": clocks, "raised": row["raised"], "may": may}
