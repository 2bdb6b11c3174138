"""What may be done with a case in every state: notes, urging, pauses, extensions, handing over.

Each is an entry. A pause or an extension that somebody asks for who may not grant it waits for an
approver of the profile; that answer is an entry, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geodata.cases.clocks import reckoning
from geodata.cases.clocks.limits import Limit
from geodata.cases.duty import staff
from geodata.errors import Conflict, InvalidInput, NotAllowed
from geodata.profiles.handling import ACTS
from geodata.words import sentence as _

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.cases.steps.stepping import Wanted
    from geodata.profiles import Profile

Row = Mapping[str, Any]
NAMES: Final = {
    "note": _("Note"),
    "urge": _("Urge"),
    "pause": _("Pause the clock"),
    "resume": _("Let the clock run again"),
    "extend": _("Extend the limit"),
    "approve": _("Grant what is asked for"),
    "turn_down": _("Do not grant it"),
    "hand_over": _("Hand the case over"),
    "ask": _("Ask somebody for an opinion"),
    "answer": _("Give an opinion"),
    "raise": _("Report to the level above"),
}
"""What people call them."""
ASKS_FOR: Final = {
    "extend": ("amount", "reason"),
    "hand_over": ("assignee", "reason"),
    "ask": ("assignee", "reason"),
    "resume": (),
    "approve": (),
}
"""What is needed for each; a reason for the others."""


@dataclass(frozen=True)
class Done:
    """The entry of something that was done, and what it changes in the case."""

    kind: str
    details: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """Who does something with which case, and what was done with it before."""

    connection: Connection
    actor: Actor
    profile: Profile
    case: Row
    entries: Sequence[Row]
    wanted: Wanted

    @property
    def approves(self) -> bool:
        """Whether who acts decides on pauses and extensions."""
        return approves(self.profile, self.actor)


def approves(profile: Profile, actor: Actor) -> bool:
    """Whether this actor decides on pauses and extensions, and urges."""
    return actor.role == "admin" or actor.role in profile.handling.approvers


def offered(profile: Profile, actor: Actor, case: Row, entries: Sequence[Row]) -> tuple[str, ...]:
    """What this actor may do now with a case that is theirs to handle."""
    if not reckoning.is_open(profile, case["state"]):
        return ("note",)
    may = approves(profile, actor)
    course = reckoning.course_of(_dated(case), entries, profile=profile)
    paused, asked = course.paused_since is not None, course.asked is not None
    known = {
        "note": True,
        "urge": may,
        "pause": not paused and (may or not asked),
        "resume": paused,
        "extend": (may or not asked) and _extended(course) < _most(profile),
        "approve": may and asked,
        "turn_down": may and asked,
        "hand_over": case["assignee_id"] is not None
        and (may or case["assignee_id"] == actor.user_id),
        "ask": True,
        "answer": bool(_questions(entries, actor, may=may)),
        "raise": reckoning.level_above(profile, course.level) is not None,
    }
    return tuple(key for key in ACTS if known[key])


def act(scene: Scene) -> Done:
    """Do what is wanted, or raise; changes nothing but for what it gives back.

    Raises:
        NotAllowed: it is for others.
        Conflict: not now.
        InvalidInput: a reason, a person or a time is missing.
    """
    key = scene.wanted.kind
    if key != "note" and not reckoning.is_open(scene.profile, scene.case["state"]):
        raise Conflict("The case is closed: reopen it first.")
    if "reason" in ASKS_FOR.get(key, ("reason",)) and not scene.wanted.reason.strip():
        raise InvalidInput("Say why: this step is kept with its reason.")
    return _ACTS[key](scene)


# --- each of them ----------------------------------------------------------------------------


def _note(scene: Scene) -> Done:
    return Done("note", {"public": True} if scene.wanted.public else {})


def _urge(scene: Scene) -> Done:
    _need(scene)
    return Done("urged", {"assignee": scene.case["assignee_id"]})


def _pause(scene: Scene) -> Done:
    course = _course(scene)
    if course.paused_since is not None:
        raise Conflict("The clock of this case stands already.")
    if scene.approves:
        return Done("paused")
    _refuse_second(course)
    return Done("pause_asked")


def _resume(scene: Scene) -> Done:
    if _course(scene).paused_since is None:
        raise Conflict("The clock of this case runs.")
    return Done("resumed")


def _extend(scene: Scene) -> Done:
    wanted = scene.wanted
    course = _course(scene)
    if wanted.amount is None or wanted.unit not in {"hours", "days"}:
        raise InvalidInput("Say by how many hours or days.")
    Limit(amount=wanted.amount, unit="days" if wanted.unit == "days" else "hours")
    if _extended(course) >= _most(scene.profile):
        raise Conflict(
            "This case has been extended %(most)s times, which is the most.",
            most=_most(scene.profile),
        )
    details = {"amount": wanted.amount, "unit": wanted.unit, "worked": True}
    if scene.approves:
        return Done("extended", details)
    _refuse_second(course)
    return Done("extension_asked", details)


def _approve(scene: Scene) -> Done:
    _need(scene)
    course = _course(scene)
    if course.asked is None:
        raise Conflict("Nothing is asked for: somebody has answered it already.")
    details = {"asked": course.asked["id"], "by": course.asked["actor"]}
    if course.asked["kind"] == "pause_asked":
        return Done("paused", details)
    if _extended(course) >= _most(scene.profile):
        raise Conflict(
            "This case has been extended %(most)s times, which is the most.",
            most=_most(scene.profile),
        )
    said = course.asked["details"]
    return Done(
        "extended", {**{name: said[name] for name in ("amount", "unit", "worked")}, **details}
    )


def _turn_down(scene: Scene) -> Done:
    _need(scene)
    asked = _course(scene).asked
    if asked is None:
        raise Conflict("Nothing is asked for: somebody has answered it already.")
    what = reckoning.ASKED[asked["kind"]]
    return Done("not_granted", {"asked": asked["id"], "by": asked["actor"], "what": what})


def _hand_over(scene: Scene) -> Done:
    case, wanted = scene.case, scene.wanted
    if case["assignee_id"] is None:
        raise Conflict("This case is with nobody: dispatch it.")
    if not scene.approves and case["assignee_id"] != scene.actor.user_id:
        raise NotAllowed("A case is handed over by who has it, or by who dispatches.")
    to = staff.taker(scene.connection, wanted.assignee)
    if to["id"] == case["assignee_id"]:
        raise Conflict("This person has the case already.")
    details = {"assignee": to["id"], "from": case["assignee_id"]}
    return Done("handed_over", details, {"assignee_id": to["id"]})


def _ask(scene: Scene) -> Done:
    to = staff.taker(scene.connection, scene.wanted.assignee)
    if to["id"] == scene.actor.user_id:
        raise InvalidInput("Ask somebody else.")
    return Done("opinion_asked", {"assignee": to["id"]})


def _answer(scene: Scene) -> Done:
    open_ones = _questions(scene.entries, scene.actor, may=scene.approves)
    if not open_ones:
        raise Conflict("Nobody waits for your opinion on this case.")
    return Done("opinion_given", {"asked": open_ones[0]["id"], "by": open_ones[0]["actor"]})


def _raise(scene: Scene) -> Done:
    level = reckoning.level_above(scene.profile, _course(scene).level)
    if level is None:
        raise Conflict("The highest level has been told of this case.")
    return Done("escalate", {"level": level, "why": "person"})


_ACTS: Final[Mapping[str, Callable[[Scene], Done]]] = {
    "note": _note,
    "urge": _urge,
    "pause": _pause,
    "resume": _resume,
    "extend": _extend,
    "approve": _approve,
    "turn_down": _turn_down,
    "hand_over": _hand_over,
    "ask": _ask,
    "answer": _answer,
    "raise": _raise,
}


# --- inside ----------------------------------------------------------------------------------


def _dated(case: Row) -> Row:
    return {"stage_since": None, **case}


def _course(scene: Scene) -> reckoning.Course:
    return reckoning.course_of(scene.case, scene.entries, profile=scene.profile)


def _need(scene: Scene) -> None:
    if not scene.approves:
        raise NotAllowed("This is decided by others.")


def _refuse_second(course: reckoning.Course) -> None:
    if course.asked is not None:
        raise Conflict("Something is asked for already and waits for its answer.")


def _most(profile: Profile) -> int:
    return profile.handling.most_extensions


def _extended(course: reckoning.Course) -> int:
    return len(course.extensions)


def _questions(entries: Sequence[Row], actor: Actor, *, may: bool) -> list[Row]:
    """Questions without an answer that this actor may answer, the oldest first."""
    answered = {one["details"].get("asked") for one in entries if one["kind"] == "opinion_given"}
    return [
        one
        for one in entries
        if one["kind"] == "opinion_asked"
        and one["id"] not in answered
        and (may or one["details"].get("assignee") == actor.user_id)
    ]
