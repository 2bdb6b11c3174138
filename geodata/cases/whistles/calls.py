"""One department called to a case by whistle (吹哨报到): what it may do next, and its clocks.

A call is answered, somebody arrives, and it is finished; each of the three has its own clock. The
clock of the answer begins with the whistle, that of the arrival with the answer, that of the end
with the arrival, or with the answer where nobody needs to come. A department may decline with a
reason until somebody is there; who called may withdraw the call until it has ended. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.cases.clocks.limits import ClockState, Limit, clock_of, state_of_clock
from geodata.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from geodata.profiles import Profile
    from geodata.workdays import Workdays

Call = Mapping[str, Any]
"""A row of ``case_calls``."""

DEPARTMENT_ACTS: Final = ("answer", "arrive", "finish", "decline")
"""What the department does."""
WHISTLER_ACTS: Final = ("withdraw", "rate")
"""What who called does."""
RUNNING: Final = ("called", "answered", "arrived")
_NEXT: Final[dict[str, tuple[str, ...]]] = {
    "called": ("answer", "arrive", "decline", "withdraw"),
    "answered": ("arrive", "finish", "decline", "withdraw"),
    "arrived": ("finish", "withdraw"),
    "finished": ("rate",),
    "left": ("rate",),
    "declined": (),
    "withdrawn": (),
}
_CLOCKS: Final = {"called": "answer", "answered": "arrive", "arrived": "finish"}
_REASONS: Final = ("decline", "withdraw")


def permitted(call: Call) -> tuple[str, ...]:
    """What may be done with a call as it is, whoever does it; a rating is given once."""
    return tuple(act for act in _NEXT[call["state"]] if act != "rate" or call["rating"] is None)


def limit_of(clock: str, profile: Profile) -> Limit:
    """How long ``answer``, ``arrive`` or ``finish`` may take."""
    said = profile.whistle
    if clock == "finish":
        return Limit(amount=said.finish_hours, unit="hours", worked=True)
    minutes = said.answer_minutes if clock == "answer" else said.arrive_minutes
    return Limit(amount=minutes / 60, unit="hours", worked=False)


def begun(now: datetime, *, profile: Profile, workdays: Workdays) -> dict[str, Any]:
    """What a call holds that was just made."""
    due = limit_of("answer", profile).after(now, workdays=workdays)
    return {"state": "called", "called_at": now, "answer_due": due, "due_at": due}


def after(
    call: Call,
    act: str,
    now: datetime,
    *,
    by: str,
    reason: str = "",
    rating: int | None = None,
    profile: Profile,
    workdays: Workdays,
) -> dict[str, Any]:
    """What changes in a call when ``act`` is done.

    Raises:
        Conflict: not in this state.
        InvalidInput: no such act, no reason where one is needed, no rating from 1 to 5.
    """
    if act not in DEPARTMENT_ACTS + WHISTLER_ACTS:
        raise InvalidInput("There is no such step of a call: %(act)s.", act=act)
    if act not in permitted(call):
        raise Conflict("The call is no longer as it was shown; look again.")
    if act in _REASONS and not reason.strip():
        raise InvalidInput("Say why: this step is kept with its reason.")
    if act == "rate":
        if rating is None or not 1 <= rating <= 5:
            raise InvalidInput("Rate with 1 to 5.")
        return {"rating": rating, "remark": reason.strip(), "rated_by": by, "rated_at": now}
    # No clock runs backwards: two servers' clocks may differ by a little.
    moment = max([now, *(call[name] for name in _MOMENTS if call[name] is not None)])
    if act == "withdraw":
        return ended("withdrawn", moment)
    values: dict[str, Any] = {"raised_at": None}
    if call["answered_at"] is None:
        values |= {"answered_at": moment, "answered_by": by}
    if act == "decline":
        return values | ended("declined", moment)
    if act == "finish":
        return values | ended("finished", moment) | {"finished_at": moment}
    running = {"answer": "arrive", "arrive": "finish"}[act]
    due = limit_of(running, profile).after(moment, workdays=workdays)
    state = "answered" if act == "answer" else "arrived"
    values |= {"state": state, f"{running}_due": due, "due_at": due}
    return values | ({"arrived_at": moment} if act == "arrive" else {})


_MOMENTS: Final = ("called_at", "answered_at", "arrived_at")


def ended(state: str, now: datetime) -> dict[str, Any]:
    """What changes when a call is over: no clock runs."""
    return {"state": state, "ended_at": now, "due_at": None, "raised_at": None}


def reckoned(call: Call, now: datetime, *, profile: Profile, workdays: Workdays) -> dict[str, Any]:
    """What changes in a running call by a calendar or limits that changed; {}: nothing.

    The clocks that were met, or missed, stay as they were. One that ran out already and has time
    again is told of anew when it runs out again.
    """
    clock = running_clock(call)
    if clock is None:
        return {}
    try:
        due = limit_of(clock, profile).after(call[_SINCE[clock]], workdays=workdays)
    except InvalidInput:  # beyond all calendars: as it was set
        return {}
    if due == call["due_at"]:
        return {}
    return {f"{clock}_due": due, "due_at": due} | ({"raised_at": None} if due > now else {})


def running_clock(call: Call) -> str | None:
    """``answer``, ``arrive`` or ``finish``; None when it is over."""
    return _CLOCKS.get(call["state"])


def clocks(
    call: Call, now: datetime, *, profile: Profile, workdays: Workdays
) -> list[dict[str, Any]]:
    """The clocks of a call as people see them: ``key``, since, due, done at and state.

    ``state`` is ``ok``, ``near`` or ``late`` while it runs, ``done`` or ``done_late`` when it was
    met, ``waiting`` before it begins and ``none`` where it never ran or the call ended before.
    """
    begins = {key: call[column] for key, column in _SINCE.items()}
    met = {name: call[column] for name, column in _MET.items()}
    found = []
    for key in ("answer", "arrive", "finish"):
        due = call[f"{key}_due"]
        state: str = "waiting" if call["ended_at"] is None else "none"
        if met[key] is not None:
            state = "done_late" if due is not None and met[key] > due else "done"
        elif running_clock(call) == key:
            state = _running(key, begins[key], due, now, profile=profile, workdays=workdays)
        found.append(
            {"key": key, "since": begins[key], "due_at": due, "met_at": met[key], "state": state}
        )
    return found


_SINCE: Final = {"answer": "called_at", "arrive": "answered_at", "finish": "arrived_at"}
_MET: Final = {"answer": "answered_at", "arrive": "arrived_at", "finish": "finished_at"}


def _running(
    key: str,
    since: datetime,
    due: datetime,
    now: datetime,
    *,
    profile: Profile,
    workdays: Workdays,
) -> ClockState:
    """By when it is due as stored; its yellow by the profile as it is."""
    if now > due:
        return "late"
    clock = clock_of(
        limit_of(key, profile),
        since,
        workdays=workdays,
        yellow_share=profile.working.yellow_share,
    )
    state = state_of_clock(clock, now)
    return "near" if state == "late" else state
