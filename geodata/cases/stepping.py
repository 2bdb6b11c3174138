"""What is done with a case: each step is checked, entered and told, or refused as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from geodata.accounts import record, require
from geodata.cases import stages, steps, whistling
from geodata.cases.joined import follow, locked_family, refuse_joined
from geodata.cases.photos import adding
from geodata.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.profiles.profile import Step

LARGEST: Final = 2**63 - 1
LONGEST_REASON: Final = 2_000


@dataclass(frozen=True)
class Wanted:
    """A step that somebody wants to take.

    Attributes:
        kind: A step key of the profile.
        revision: The one of the case that was looked at.
        reason: Why; kept with the step.
        assignee: users.id of whom it goes to, where the step assigns.
    """

    kind: str
    revision: int
    reason: str = ""
    assignee: int | None = None


@dataclass(frozen=True)
class Stepped:
    """The case as it is after a step, and what may be done with it next by the same user.

    ``wants_photo``: the step was taken without the photo that it should have.
    """

    case: dict[str, Any]
    next: tuple[str, ...] = field(default=())
    wants_photo: Literal["before", "after"] | None = None


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
    if len(wanted.reason) > LONGEST_REASON:
        raise InvalidInput(
            "The %(field)s has more than %(most)s characters.", field="reason", most=LONGEST_REASON
        )
    with database.begin() as tx:
        family = locked_family(tx.connection, [number]) if 0 < number <= LARGEST else {}
        case = family.get(number)
        if case is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        require(actor, "handle_case", area_codes=[case["area_code"]], connection=tx.connection)
        refuse_joined(case)
        done = _permitted(profile, actor, case, wanted)
        if done.assigns and wanted.assignee is None:
            raise InvalidInput("Say whom it goes to.")
        lacks = done.photos and not adding.has(tx.connection, number, done.photos)
        if lacks and done.photos_needed:
            raise InvalidInput("Add a photo first: this step is kept with one.")
        now = datetime.now(UTC)
        values: dict[str, Any] = {"state": done.to_state, "revision": case["revision"] + 1}
        if done.to_state != case["state"]:
            values["stage_since"] = now
        if done.assigns:
            values["assignee_id"] = wanted.assignee
        is_open = profile.state(done.to_state).open
        values["closed_at"] = None if is_open else now
        if not is_open:
            whistling.leave(tx, case, by=actor, reason=wanted.reason)
        changed = steps.change(tx.connection, number, values)
        steps.enter(
            tx.connection,
            case_id=number,
            user_id=actor.user_id,
            actor=actor.name,
            kind=wanted.kind,
            from_state=case["state"],
            to_state=done.to_state,
            reason=wanted.reason.strip(),
            details={"assignee": wanted.assignee} if done.assigns else {},
        )
        told = {name: changed[name] for name in ("state", "category", "source", "revision")}
        tx.changed("cases", str(number), "changed", **told)
        follow(tx, actor, changed)
        record(tx, actor, "stepped_case", f"cases/{number}", kind=wanted.kind)
    onward = stages.permitted(profile, changed["state"], actor.role)
    return Stepped(changed, tuple(one.key for one in onward), done.photos if lacks else None)


def _permitted(profile: Profile, actor: Actor, case: dict[str, Any], wanted: Wanted) -> Step:
    """The step, or a refusal that tells how the case is now."""
    problem: Conflict | None = None
    if case["revision"] != wanted.revision:
        problem = Conflict("Somebody else has just taken a step with this case; look again.")
    else:
        try:
            return stages.taken(
                profile, wanted.kind, state=case["state"], role=actor.role, reason=wanted.reason
            )
        except Conflict as error:
            problem = error
    problem.members["case"] = case
    raise problem
