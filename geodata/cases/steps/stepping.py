"""What is done with a case: each step is checked, entered and told, or refused as a whole.

A step of the profile brings a case to another state; what is there in every state (``acting``)
leaves it in its own. The clocks go with both (``reckoning``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from geodata.accounts import record, require
from geodata.cases.clocks import reckoning
from geodata.cases.duty import staff
from geodata.cases.photos import adding
from geodata.cases.steps import acting, stages
from geodata.cases.steps import store as steps
from geodata.cases.twins.joined import follow, locked_family, refuse_joined
from geodata.cases.whistles import whistling
from geodata.errors import Conflict, InvalidInput, NotFound, WanggeError
from geodata.profiles.handling import ACTS
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile
    from geodata.profiles.profile import Step

LARGEST: Final = 2**63 - 1
LONGEST_REASON: Final = 2_000
AT_ONCE: Final = 500
"""So many cases take a step in one call."""


@dataclass(frozen=True)
class Wanted:
    """A step that somebody wants to take.

    Attributes:
        kind: A step key of the profile, or one of ``handling.ACTS``.
        revision: The one of the case that was looked at.
        reason: Why; kept with the step.
        assignee: users.id of whom it goes to, where the step assigns, or who is asked.
        amount: By how much a limit is extended, in ``unit``.
        unit: ``hours`` or ``days``, worked ones.
        public: Whether a note is for the public.
    """

    kind: str
    revision: int
    reason: str = ""
    assignee: int | None = None
    amount: float | None = None
    unit: str | None = None
    public: bool = False


@dataclass(frozen=True)
class Stepped:
    """The case as it is after a step, and what may be done with it next by the same user.

    ``next`` are steps of the profile, ``acts`` what is there in every state. ``wants_photo``: the
    step was taken without the photo that it should have.
    """

    case: dict[str, Any]
    next: tuple[str, ...] = field(default=())
    wants_photo: Literal["before", "after"] | None = None
    acts: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Outcome:
    """What became of one of several cases: its revision now, or why it was refused."""

    number: int
    case: dict[str, Any] | None = None
    error: WanggeError | None = None


def step(
    database: Database, actor: Actor, profile: Profile, number: int, wanted: Wanted
) -> Stepped:
    """Take one step with a case.

    Raises:
        NotFound: no such case or step.
        NotAllowed: the role, or the area of duty.
        Conflict: somebody else was faster, or its state does not permit it; ``case`` among the
            error's members is the case as it is now.
        InvalidInput: no reason, no photo or nobody to send it to, where that is needed.
    """
    require(actor, "handle_case")
    with database.begin() as tx:
        return step_within(tx, actor, profile, number, wanted)


def step_within(
    tx: Transaction, actor: Actor, profile: Profile, number: int, wanted: Wanted
) -> Stepped:
    """``step`` as a part of a transaction."""
    if len(wanted.reason) > LONGEST_REASON:
        raise InvalidInput(
            "The %(field)s has more than %(most)s characters.", field="reason", most=LONGEST_REASON
        )
    family = locked_family(tx.connection, [number]) if 0 < number <= LARGEST else {}
    case = family.get(number)
    if case is None:
        raise NotFound("There is no case %(number)s.", number=str(number))
    require(actor, "handle_case", area_codes=[case["area_code"]], connection=tx.connection)
    refuse_joined(case)
    entries = steps.entries(tx.connection, number)
    now = max([datetime.now(UTC), *(one["at"] for one in entries[-1:])])
    lacks: Literal["before", "after"] | None = None
    try:
        _same(case, wanted)
        if wanted.kind in ACTS:
            did = acting.act(acting.Scene(tx.connection, actor, profile, case, entries, wanted))
        else:
            did, lacks = _moved(tx, actor, profile, case, entries, wanted, now)
    except Conflict as problem:
        problem.members.setdefault("case", case)
        raise
    steps.enter(
        tx.connection,
        case_id=number,
        user_id=actor.user_id,
        actor=actor.name,
        at=now,
        kind=did.kind,
        from_state=case["state"],
        to_state=did.values.get("state", case["state"]),
        reason=wanted.reason.strip(),
        details=did.details,
    )
    values = {**did.values, "revision": case["revision"] + 1}
    changed = reckoning.keep(tx.connection, profile, number, values)
    told = {name: changed[name] for name in ("state", "category", "source", "revision")}
    tx.changed("cases", str(number), "changed", **told)
    follow(tx, actor, profile, changed)
    record(tx, actor, "stepped_case", f"cases/{number}", kind=did.kind)
    onward = stages.permitted(profile, changed["state"], actor.role)
    return Stepped(
        changed,
        tuple(one.key for one in onward),
        lacks,
        acting.offered(profile, actor, changed, steps.entries(tx.connection, number)),
    )


def step_all(
    database: Database, actor: Actor, profile: Profile, wanted: Sequence[tuple[int, Wanted]]
) -> list[Outcome]:
    """Take one step with each of several cases; each is done or refused on its own.

    Raises:
        NotAllowed: the role handles no cases.
        InvalidInput: none, or more than ``AT_ONCE``, or one of them twice.
    """
    require(actor, "handle_case")
    numbers = [number for number, _ in wanted]
    if not wanted or len(wanted) > AT_ONCE or len(set(numbers)) < len(numbers):
        raise InvalidInput("Choose 1 to %(most)s cases, each once.", most=AT_ONCE)
    found = []
    for number, one in wanted:
        try:
            done = step(database, actor, profile, number, one)
            found.append(Outcome(number, case=done.case))
        except WanggeError as error:
            found.append(Outcome(number, error=error))
    return found


def permitted_now(
    profile: Profile, actor: Actor, case: dict[str, Any], entries: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """All that this actor may do now with a case that is theirs to handle, as forms show it.

    Each has ``key``, ``name`` in both languages, ``to_state`` (None: it stays in its own) and what
    it needs: ``needs`` of reason, assignee, amount. A joined case permits nothing.
    """
    if case["joined_to"] is not None or not actor.may("handle_case"):
        return []
    onward = stages.permitted(profile, case["state"], actor.role)
    found: list[dict[str, Any]] = [
        {
            "key": one.key,
            "name": one.name.model_dump(),
            "to_state": one.to_state,
            "needs": [
                *(["assignee"] if one.assigns else []),
                *(["reason"] if one.reason else []),
            ],
            "photos": one.photos,
        }
        for one in onward
    ]
    for key in acting.offered(profile, actor, case, entries):
        words = acting.NAMES[key]
        found.append(
            {
                "key": key,
                "name": {"zh": translate(words, "zh"), "en": words},
                "to_state": None,
                "needs": list(acting.ASKS_FOR.get(key, ("reason",))),
                "photos": None,
            }
        )
    return found


def _same(case: dict[str, Any], wanted: Wanted) -> None:
    if case["revision"] != wanted.revision:
        raise Conflict("Somebody else has just taken a step with this case; look again.")


def _moved(
    tx: Transaction,
    actor: Actor,
    profile: Profile,
    case: dict[str, Any],
    entries: Sequence[dict[str, Any]],
    wanted: Wanted,
    now: datetime,
) -> tuple[acting.Done, Literal["before", "after"] | None]:
    """A step of the profile, if it may be taken; and of which time it lacks a photo."""
    done = stages.taken(
        profile, wanted.kind, state=case["state"], role=actor.role, reason=wanted.reason
    )
    details: dict[str, Any] = {}
    values: dict[str, Any] = {"state": done.to_state}
    if done.assigns:
        to = staff.taker(tx.connection, wanted.assignee)
        details["assignee"] = values["assignee_id"] = to["id"]
        values["department"] = to["department"]
    lacks = done.photos and not adding.has(tx.connection, case["id"], done.photos)
    if lacks and done.photos_needed:
        raise InvalidInput("Add a photo first: this step is kept with one.")
    if done.to_state != case["state"]:
        values["stage_since"] = now
    details |= _owned(actor, profile, case, entries, done)
    running = profile.state(done.to_state).open
    values["closed_at"] = None if running else now
    if not running:
        whistling.leave(tx, case, by=actor, reason=wanted.reason)
    return acting.Done(wanted.kind, details, values), done.photos if lacks else None


def _owned(
    actor: Actor,
    profile: Profile,
    case: dict[str, Any],
    entries: Sequence[dict[str, Any]],
    done: Step,
) -> dict[str, Any]:
    """Who is responsible from now on (首问负责), where the step changes that."""
    if done.first_owner is None:
        return {}
    course = reckoning.course_of(case, entries, profile=profile)
    if done.first_owner == "ends":
        return {} if course.first_owner is None else {"first_owner": None}
    first = course.earlier_owner or actor.user_id
    return {} if first is None or course.first_owner is not None else {"first_owner": first}
