"""What can be done with a room, and what that must say; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from geodata.errors import InvalidInput
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.profiles import Profile

LARGEST_M2: Final = 100_000.0
LONGEST: Final = {"name": 80, "address": 200, "developer": 80, "plan_document": 120, "note": 1_000}

LONGEST_CODE: Final = 40
ENTERED: Final = (
    "name", "compound_code", "address", "developer", "planned_use", "planned_m2", "planned_on",
    "plan_document", "lon", "lat",
)  # fmt: skip
"""What is said of a room when it is entered."""
STEPS: Final[dict[str, tuple[str, ...]]] = {
    "amend": ("name", "address", "developer", "compound_code", "lon", "lat"),
    "plan": ("planned_use", "planned_m2", "planned_on", "plan_document"),
    "accept": ("accepted_m2", "accepted_on"),
    "hand_over": ("handed_m2", "handed_on"),
    "use": ("used_as", "used_since"),
    "leave": (),
    "check": ("department", "result", "measured_m2"),
}
"""What each step says of a room."""
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "plan": ("planned_m2",),
    "accept": ("accepted_m2", "accepted_on"),
    "hand_over": ("handed_m2", "handed_on"),
    "use": ("used_as",),
    "check": ("department", "result"),
}
STEP_NAMES: Final = {
    "enter": _("entered"),
    "amend": _("amended"),
    "plan": _("planned"),
    "accept": _("accepted"),
    "hand_over": _("handed over"),
    "use": _("put to use"),
    "leave": _("left empty"),
    "check": _("checked"),
    "find": _("found wrong"),
    "order": _("ordered back"),
    "recover": _("recovered"),
    "withdraw": _("withdrawn"),
}
RESULTS: Final = {
    "as_planned": _("as planned"),
    "smaller": _("smaller than planned"),
    "missing": _("not there"),
    "other_use": _("used for something else"),
}
"""What a check of a room against its plan can find."""
FAULTS: Final = {
    "let": _("let out"),
    "sold": _("sold"),
    "occupied": _("occupied"),
    "other_use": _("used for something else"),
    "missing": _("not there"),
    "smaller": _("smaller than planned"),
}
"""What can be wrong with a room."""
MISUSES: Final = frozenset({"let", "sold", "occupied", "other_use"})


@dataclass(frozen=True)
class Step:
    """Something done with a room: its name, what it says, and why."""

    name: str
    values: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Fault:
    """Something wrong with a room, who sees to it and until when."""

    kind: str
    m2: float | None = None
    owner: str | None = None
    due_on: date | None = None
    found_on: date | None = None
    note: str = ""


def check_code(code: str) -> str:
    """A room's code without blanks around it.

    Raises:
        InvalidInput: There is none, or a long one.
    """
    code = code.strip()
    if not code or len(code) > LONGEST_CODE:
        raise InvalidInput("A room needs a code of at most %(most)s characters.", most=LONGEST_CODE)
    return code


def check_values(values: Mapping[str, Any], profile: Profile, *, today: date) -> None:
    """Refuse what no room can be.

    Raises:
        InvalidInput: Areas below 0 or beyond all rooms, dates to come, unknown kinds, long texts.
    """
    for name, value in values.items():
        if value is None:
            continue
        if name.endswith("_m2") or name == "m2":
            if not (math.isfinite(value) and 0 <= value <= LARGEST_M2):
                raise InvalidInput(
                    "%(m2)s m² is no area of a room: it is 0 to %(most)s m².",
                    m2=value,
                    most=f"{LARGEST_M2:,.0f}",
                )
        elif name in {"planned_on", "accepted_on", "handed_on", "used_since", "found_on"}:
            if value > today:
                raise InvalidInput("%(day)s is yet to come.", day=value.isoformat())
        elif name in {"planned_use", "used_as"}:
            profile.facility_kind(value)
        elif name in LONGEST and len(value) > LONGEST[name]:
            raise InvalidInput("That is too long: at most %(most)s characters.", most=LONGEST[name])
    if (values.get("lon") is None) != (values.get("lat") is None):
        raise InvalidInput("A place needs longitude and latitude in degrees, WGS 84.")


def check_step(step: Step, room: Mapping[str, Any]) -> None:
    """Refuse a step that does not fit what the room is.

    Raises:
        InvalidInput: An unknown step, values that it does not take or lacks, or a wrong order.
    """
    if step.name not in STEPS:
        raise InvalidInput(
            "There is no step %(step)s; there are %(known)s.",
            step=step.name,
            known=", ".join(STEPS),
        )
    for name in step.values:
        if name not in STEPS[step.name]:
            raise InvalidInput("The step %(step)s takes no %(field)s.", step=step.name, field=name)
    for name in NEEDED.get(step.name, ()):
        if step.values.get(name) is None:
            raise InvalidInput("The step %(step)s needs %(field)s.", step=step.name, field=name)
    if step.name == "leave" and room["used_as"] is None:
        raise InvalidInput("The room is not in use.")
    if step.name == "check" and step.values["result"] not in RESULTS:
        raise InvalidInput("A check finds one of %(known)s.", known=", ".join(RESULTS))
    _check_order(step.name, {**room, **step.values})


def _check_order(step: str, after: Mapping[str, Any]) -> None:
    """A room is planned, accepted, handed over and used, one after the other."""
    if step == "hand_over" and after["accepted_on"] is None:
        raise InvalidInput("A room is accepted before it is handed over.")
    if step == "use" and after["handed_on"] is None:
        raise InvalidInput("A room is handed over before it is put to use.")
    order = [after[name] for name in ("planned_on", "accepted_on", "handed_on", "used_since")]
    days = [day for day in order if day is not None]
    if days != sorted(days):
        raise InvalidInput(
            "The days are out of order: a room is planned, accepted, handed over, put to use."
        )


def steps_of(said: Mapping[str, Any], room: Mapping[str, Any]) -> list[Step]:
    """The steps that bring a room to what is said of it, in their order; what is so needs none.

    A step that is needed says also what it must and what is known already. That it is used as
    nothing (``used_as`` None) means that it is left empty.
    """
    is_left = "used_as" in said and said["used_as"] is None
    steps = []
    for name, fields in STEPS.items():
        if name == "leave" and is_left and room["used_as"] is not None:
            steps.append(Step(name, {}))
        if name == "check" or (name == "use" and is_left):
            continue
        values = {one: said[one] for one in fields if one in said and said[one] != room[one]}
        if {"lon", "lat"} & set(values):
            values |= {"lon": said["lon"], "lat": said["lat"]}
        if values:
            known = {one: room[one] for one in NEEDED.get(name, ()) if room[one] is not None}
            steps.append(Step(name, known | values))
    return steps


def values_of(step: Step) -> dict[str, Any]:
    """What a room is after a step: its values; a room that is left is used as nothing."""
    return {"used_as": None, "used_since": None} if step.name == "leave" else dict(step.values)


def check_fault(fault: Fault, room: Mapping[str, Any], owners: frozenset[str]) -> None:
    """Refuse a finding that cannot be.

    Raises:
        InvalidInput: An unknown kind or department, more metres than the room has, or a due day
            before the day on which it was found.
    """
    if fault.kind not in FAULTS:
        raise InvalidInput("A finding is one of %(known)s.", known=", ".join(FAULTS))
    if fault.owner is not None and owners and fault.owner not in owners:
        raise InvalidInput("There is no department %(name)s.", name=fault.owner)
    whole = largest(room)
    if fault.m2 is not None and whole is not None and fault.m2 > whole:
        raise InvalidInput(
            "The room has %(whole)s m²; %(m2)s m² cannot be wrong.", whole=whole, m2=fault.m2
        )
    if fault.due_on and fault.found_on and fault.due_on < fault.found_on:
        raise InvalidInput("A finding is due after it was found.")


def largest(room: Mapping[str, Any]) -> float | None:
    """The largest of what is said of a room's size; None: nothing is."""
    sizes = [room[name] for name in ("planned_m2", "accepted_m2", "handed_m2")]
    known = [size for size in sizes if size is not None]
    return max(known) if known else None


def stage(room: Mapping[str, Any]) -> str:
    """How far a room has come: ``planned``, ``accepted``, ``handed_over`` or ``used``."""
    if room["used_as"] is not None:
        return "used"
    if room["handed_on"] is not None:
        return "handed_over"
    return "accepted" if room["accepted_on"] is not None else "planned"
