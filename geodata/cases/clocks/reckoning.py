"""What a case's entries say of its clocks: when it is due, who is told next, who is responsible.

All of it follows from the case's report, its entries and the profile; what is stored is what was
reckoned after the last entry. A case that was closed and opened again begins anew. A step to
another state ends a pause, and a request that nobody has answered. Pure but for ``keep``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.cases.clocks import calendar
from geodata.cases.clocks.limits import Clock, Limit, Pause, clock_of, moment_of
from geodata.cases.steps import store as steps
from geodata.cases.tables import cases
from geodata.errors import InvalidInput

if TYPE_CHECKING:
    from geodata.profiles import Profile
    from geodata.profiles.handling import TimeLimit
    from geodata.workdays import Workdays

Row = Mapping[str, Any]
MOMENTS: Final = ("due_at", "warn_at", "stage_due_at", "stage_warn_at", "raise_at")
RECKONED: Final = (*MOMENTS, "paused_since", "asked", "level", "first_owner_id")
"""Columns of a case that are reckoned."""
READ: Final = (
    *("id", "category", "state", "reported_at", "closed_at", "joined_to", "import_id"),
    *("due_given", "stage_since", *RECKONED),
)
"""Columns of a case that are needed for it."""
ASKED: Final = {"pause_asked": "pause", "extension_asked": "extension"}
ANSWERED: Final = frozenset({"paused", "extended", "not_granted"})


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a case's entries tell of its present run, from its report or its last reopening."""

    begun: datetime
    first_run: bool
    stage_since: datetime
    pauses: tuple[Pause, ...]
    paused_since: datetime | None
    extensions: tuple[tuple[datetime, Limit], ...]
    asked: Row | None
    """The entry that waits for a yes."""
    level: str | None
    first_owner: int | None
    earlier_owner: int | None
    """Who was responsible first in this run, also if that has ended."""


def is_open(profile: Profile, state: str | None) -> bool:
    """Whether a case in that state waits for somebody; one that the profile lacks does."""
    return state is not None and all(one.key != state or one.open for one in profile.states)


def course_of(case: Row, entries: Sequence[Row], *, profile: Profile) -> Course:
    """Read the entries, the first first."""
    reopened: int | None = None
    for place, entry in enumerate(entries):
        if (
            entry["from_state"] is not None
            and not is_open(profile, entry["from_state"])
            and is_open(profile, entry["to_state"])
        ):
            reopened = place
    run = entries[reopened or 0 :]
    begun = case["reported_at"] if reopened is None else run[0]["at"]
    moved = [one for one in run if _moves(one)]
    since = moved[-1]["at"] if moved else case["stage_since"] or case["reported_at"]
    pauses, paused = _pauses(run)
    asked: Row | None = None
    level: str | None = None
    owner: int | None = None
    earlier: int | None = None
    for entry in run:
        kind, details = entry["kind"], entry["details"]
        if _moves(entry) or kind in ANSWERED:
            asked = None
        elif kind in ASKED:
            asked = entry
        if kind == "escalate":
            level = details.get("level")
        if "first_owner" in details:
            owner = details["first_owner"]
            earlier = owner if earlier is None else earlier
    return Course(
        begun=begun,
        first_run=reopened is None,
        stage_since=since,
        pauses=pauses,
        paused_since=paused,
        extensions=tuple(_extensions(run)),
        asked=asked,
        level=level,
        first_owner=owner,
        earlier_owner=earlier,
    )


def reckon(
    case: Row, entries: Sequence[Row], *, profile: Profile, workdays: Workdays
) -> dict[str, Any]:
    """``RECKONED`` and ``due_given`` of a case as its entries say it."""
    course = course_of(case, entries, profile=profile)
    running = is_open(profile, case["state"])
    given = given_of(case) if course.first_run else None
    whole = _whole_clock(case, course, given, profile=profile, workdays=workdays)
    found: dict[str, Any] = dict.fromkeys(RECKONED)
    found["due_given"] = given_of(case)
    found["due_at"] = given if whole is None else whole.due_at
    found |= {"level": course.level, "first_owner_id": course.first_owner}
    if not running:
        return found | {"first_owner_id": None}
    stage = _stage_clock(case, course, profile=profile, workdays=workdays)
    if whole is not None:
        found["warn_at"] = whole.yellow_at
    if stage is not None:
        found |= {"stage_due_at": stage.due_at, "stage_warn_at": stage.yellow_at}
    found["paused_since"] = course.paused_since
    found["asked"] = None if course.asked is None else ASKED[course.asked["kind"]]
    if case["joined_to"] is None:
        moments = [
            one for _, one in _rungs(course.level, whole, stage, profile=profile, workdays=workdays)
        ]
        found["raise_at"] = min(moments, default=None)
    return found


def levels_due(
    case: Row, entries: Sequence[Row], now: datetime, *, profile: Profile, workdays: Workdays
) -> list[str]:
    """The levels that are to be told of a late case by ``now`` and were not yet, in order."""
    course = course_of(case, entries, profile=profile)
    given = given_of(case) if course.first_run else None
    whole = _whole_clock(case, course, given, profile=profile, workdays=workdays)
    stage = _stage_clock(case, course, profile=profile, workdays=workdays)
    rungs = _rungs(course.level, whole, stage, profile=profile, workdays=workdays)
    return [level for level, moment in rungs if moment <= now]


def given_of(case: Row) -> datetime | None:
    """When its source said that it is due.

    A file's word stands in ``due_at`` until the case is reckoned for the first time.
    """
    given: datetime | None = case["due_given"]
    if given is None and case["import_id"] is not None and case["warn_at"] is None:
        fresh = case["paused_since"] is None and case["stage_due_at"] is None
        return case["due_at"] if fresh else None
    return given


def first_entries(case: Row, profile: Profile) -> list[dict[str, Any]]:
    """The entries that a case begins with; a sudden one is told of above at once."""
    at = case["stage_since"]
    found: list[dict[str, Any]] = [{"kind": "reported", "to_state": case["state"], "at": at}]
    level = profile.handling.urgent_level
    if case["urgent"] and level is not None:
        state = {"from_state": case["state"], "to_state": case["state"]}
        details = {"level": level, "why": "urgent"}
        found.append({"kind": "escalate", "at": at, "details": details, **state})
    return found


def begun(
    connection: sa.Connection, profile: Profile, values: Row, entries: Sequence[Row]
) -> dict[str, Any]:
    """``values`` of a case that is not stored yet, with what its first entries say."""
    blank = {**dict.fromkeys(READ), **values}
    whole = [{"from_state": None, "details": {}, **one} for one in entries]
    workdays = calendar.workdays(connection, profile)
    return {**values, **reckon(blank, whole, profile=profile, workdays=workdays)}


def keep(
    connection: sa.Connection, profile: Profile, number: int, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a case that is locked and whose new entries are entered; its clocks go with it."""
    case = steps.columns(connection, number, READ)
    entries = steps.entries(connection, number)
    workdays = calendar.workdays(connection, profile)
    said = {**case, **values}
    found = reckon(said, entries, profile=profile, workdays=workdays)
    fresh = {name: value for name, value in found.items() if value != case[name]}
    return steps.change(connection, number, {**values, **fresh})


def reckon_again(connection: sa.Connection, profile: Profile, numbers: Sequence[int]) -> list[int]:
    """Reckon these cases anew, such as for a calendar that changed; gives those that it moved.

    What ran out already and is raised to nobody, such as the old tickets of a file, stays so: a
    calendar is no news of it. What will run out is raised.
    """
    now = datetime.now(UTC)
    workdays = calendar.workdays(connection, profile)
    wanted = sa.select(*(cases.c[name] for name in READ)).where(cases.c.id.in_(numbers))
    locked = connection.execute(wanted.order_by(cases.c.id).with_for_update())
    rows = [dict(row) for row in locked.mappings()]
    by_case = steps.entries_of(connection, [row["id"] for row in rows])
    moved: dict[int, dict[str, Any]] = {}
    for row in rows:
        entries = by_case.get(row["id"], [])
        found = reckon(row, entries, profile=profile, workdays=workdays)
        quiet = row["raise_at"] is None and found["raise_at"] is not None
        if quiet and row["paused_since"] is None and found["raise_at"] <= now:
            found["raise_at"] = _raised_after(now, row, entries, profile, workdays)
        if any(value != row[name] for name, value in found.items()):
            moved[row["id"]] = found
    if moved:
        names: dict[str, Any] = {
            name: sa.bindparam(f"new_{name}") for name in (*RECKONED, "due_given")
        }
        query = sa.update(cases).where(cases.c.id == sa.bindparam("number")).values(**names)
        values = [
            {"number": number, **{f"new_{name}": found[name] for name in names}}
            for number, found in moved.items()
        ]
        connection.execute(query, values)
    return list(moved)


def level_above(profile: Profile, level: str | None) -> str | None:
    """The level above that one; above none it is the smallest, above the highest there is none."""
    keys = profile.keys("levels")
    place = keys.index(level) if level in keys else len(keys)
    return keys[place - 1] if place > 0 else None


# --- inside ----------------------------------------------------------------------------------


def limit_of(said: TimeLimit) -> Limit:
    """A profile's limit as clocks know it."""
    if said.hours is not None:
        return Limit(amount=said.hours, unit="hours", worked=said.worked)
    return Limit(amount=said.days or 0, unit="days", worked=said.worked)


def _moves(entry: Row) -> bool:
    """Whether a state begins with it; a case that is parted begins its own anew."""
    if entry["kind"] == "part":
        return True
    return entry["to_state"] is not None and entry["to_state"] != entry["from_state"]


def _pauses(run: Iterable[Row]) -> tuple[tuple[Pause, ...], datetime | None]:
    found: list[Pause] = []
    since: datetime | None = None
    for entry in run:
        if entry["kind"] == "paused":
            since = since or entry["at"]
        elif since is not None and (entry["kind"] == "resumed" or _moves(entry)):
            if entry["at"] > since:
                found.append(Pause(since=since, until=entry["at"]))
            since = None
    if since is not None:
        found.append(Pause(since=since))
    return tuple(found), since


def _extensions(run: Iterable[Row]) -> Iterable[tuple[datetime, Limit]]:
    for entry in run:
        if entry["kind"] == "extended":
            said = entry["details"]
            limit = Limit(amount=said["amount"], unit=said["unit"], worked=said["worked"])
            yield entry["at"], limit


def _whole_clock(
    case: Row,
    course: Course,
    given: datetime | None,
    *,
    profile: Profile,
    workdays: Workdays,
) -> Clock | None:
    limit: Limit | None
    if given is not None:
        hours = (given - course.begun.astimezone(UTC)).total_seconds() / 3600
        limit = _hours(hours) if hours > 0 else None
    else:
        known = {one.key: one.whole_limit for one in profile.categories}
        said = known.get(case["category"])
        limit = None if said is None else limit_of(said)
    return _clock(
        limit, course.begun, course, [one for _, one in course.extensions], profile, workdays
    )


def _hours(hours: float) -> Limit | None:
    try:
        return Limit(amount=hours, unit="hours", worked=False)
    except InvalidInput:  # longer than any clock runs: it is due when its source said
        return None


def _stage_clock(
    case: Row, course: Course, *, profile: Profile, workdays: Workdays
) -> Clock | None:
    said = next((one.limit for one in profile.states if one.key == case["state"]), None)
    limit = None if said is None else limit_of(said)
    extensions = [one for at, one in course.extensions if at >= course.stage_since]
    return _clock(limit, course.stage_since, course, extensions, profile, workdays)


def _clock(
    limit: Limit | None,
    start: datetime,
    course: Course,
    extensions: Sequence[Limit],
    profile: Profile,
    workdays: Workdays,
) -> Clock | None:
    if limit is None:
        return None
    try:
        return clock_of(
            limit,
            start,
            workdays=workdays,
            yellow_share=profile.working.yellow_share,
            pauses=course.pauses,
            extensions=extensions,
        )
    except InvalidInput:  # before or after all calendars: no clock runs
        return None


def _rungs(
    level: str | None,
    whole: Clock | None,
    stage: Clock | None,
    *,
    profile: Profile,
    workdays: Workdays,
) -> list[tuple[str, datetime]]:
    """The levels above ``level``, each with the moment at which it is told."""
    found = _moments(level, whole, stage, profile=profile, workdays=workdays)
    return [(key, min(moments)) for key, moments in found]


def _raised_after(
    now: datetime, case: Row, entries: Sequence[Row], profile: Profile, workdays: Workdays
) -> datetime | None:
    """When the next clock of a case runs out that has not yet."""
    course = course_of(case, entries, profile=profile)
    given = given_of(case) if course.first_run else None
    whole = _whole_clock(case, course, given, profile=profile, workdays=workdays)
    stage = _stage_clock(case, course, profile=profile, workdays=workdays)
    found = _moments(course.level, whole, stage, profile=profile, workdays=workdays)
    return min((one for _, moments in found for one in moments if one > now), default=None)


def _moments(
    level: str | None,
    whole: Clock | None,
    stage: Clock | None,
    *,
    profile: Profile,
    workdays: Workdays,
) -> list[tuple[str, list[datetime]]]:
    """The levels above ``level``, each with the moments of which the first tells it."""
    keys = profile.keys("levels")
    reached = keys.index(level) if level in keys else len(keys)
    found = []
    for rung in profile.escalation:
        if keys.index(rung.level) >= reached:
            continue
        moments = [
            moment_of(clock, share, workdays=workdays)
            for clock, share in ((whole, rung.share), (stage, rung.stage_share))
            if clock is not None and share is not None
        ]
        known = [one for one in moments if one is not None]
        if known:
            found.append((rung.level, known))
    return found
