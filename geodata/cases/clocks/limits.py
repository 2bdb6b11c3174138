"""A case's clock: when it is yellow, when it is late, and how much is left.

A limit is a span of worked time or of running time. Each is reckoned once into how much the clock
may count: a limit of working days until the office closes on the last of them. The clock counts
from its start and stands still while it is paused; an extension adds to what it may count. So a
pause gives back exactly the time that it took, and none if it lay outside of the office hours.

Pure: instants with their zone in and out, and arrays of ``datetime64`` in UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from geodata.errors import InvalidInput
from geodata.workdays import Workdays, with_zone

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Unit = Literal["hours", "days"]
ClockState = Literal["ok", "near", "late", "paused"]
_NONE: Final = timedelta(0)
_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
LONGEST: Final[dict[str, float]] = {"hours": 24 * 3_660, "days": 3_660}
"""Ten years: what is longer is a slip of the hand."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How long something may take: ``amount`` hours or days, worked or as they pass.

    A running day has 24 hours. Raises InvalidInput for nothing, less, more than ten years, and
    for parts of working days.
    """

    amount: float
    unit: Unit
    worked: bool = True

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        if not (math.isfinite(self.amount) and self.amount > 0):
            raise InvalidInput(
                "A time limit of %(amount)s is none: write more than zero.", amount=self.amount
            )
        if self.amount > LONGEST[self.unit]:
            raise InvalidInput(
                "A time limit of %(amount)s is too long: ten years are the most.",
                amount=self.amount,
            )
        if self.worked and self.unit == "days" and self.amount != int(self.amount):
            raise InvalidInput("Working days are counted whole: write a whole number, or hours.")

    @property
    def span(self) -> timedelta:
        """The amount as a span; of working days it says nothing about hours."""
        return timedelta(**{self.unit: self.amount})

    def after(self, start: datetime, *, workdays: Workdays) -> datetime:
        """When it is over if it begins at ``start`` and nothing stops it."""
        if not self.worked:
            begin = workdays.add_worked(start, _NONE)  # itself, if it is one that can be reckoned
            return (begin.astimezone(UTC) + self.span).astimezone(workdays.zone)
        if self.unit == "days":
            return workdays.add_days(start, int(self.amount))
        return workdays.add_worked(start, self.span)


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A time in which a clock stands still; ``until`` is None while it lasts."""

    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an end that is not after the begin, and times without a zone."""
        with_zone(self.since)
        with_zone(self.end)
        if self.until is not None and self.until <= self.since:
            raise InvalidInput("A pause ends after it begins: exchange its two times.")

    @property
    def end(self) -> datetime:
        """Its end, or the end of all times."""
        return _FOR_EVER if self.until is None else self.until


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What was reckoned for one limit of one case.

    ``total`` is how much the clock may count: worked time if ``worked``, else running time.
    ``yellow_at`` and ``due_at`` are None while a pause without an end stands before them.
    ``pauses`` are in order and apart from each other.
    """

    start: datetime
    worked: bool
    total: timedelta
    yellow_at: datetime | None
    due_at: datetime | None
    pauses: tuple[Pause, ...] = ()


def clock_of(
    limit: Limit,
    start: datetime,
    *,
    workdays: Workdays,
    yellow_share: float,
    pauses: Iterable[Pause] = (),
    extensions: Iterable[Limit] = (),
) -> Clock:
    """The clock of a limit from ``start``.

    ``yellow_share`` is the share of all that it may count, above 0 and below 1, after which it is
    yellow. Each extension begins where the limit before it would have ended without a pause.
    Pauses may overlap; what lies before ``start`` is left out.
    """
    if not 0 < yellow_share < 1:
        raise ValueError("yellow_share is a share of the limit: write one between 0 and 1")
    end = limit.after(start, workdays=workdays)
    for extension in extensions:
        end = extension.after(end, workdays=workdays)
    total = _counted(start, end, worked=limit.worked, workdays=workdays)
    stops = tuple(_apart(pauses, start))
    yellow = timedelta(microseconds=round(total / timedelta(microseconds=1) * yellow_share))
    moments = [
        _reached(start, span, worked=limit.worked, pauses=stops, workdays=workdays)
        for span in (yellow, total)
    ]
    return Clock(
        start=start,
        worked=limit.worked,
        total=total,
        yellow_at=moments[0],
        due_at=moments[1],
        pauses=stops,
    )


def remaining(clock: Clock, now: datetime, *, workdays: Workdays) -> timedelta:
    """How much the clock may still count at ``now``; negative by what it is over.

    In worked time where the limit is: a case that fell due at closing is over by nothing until
    the office opens again, though it is late.
    """
    used = _counted(clock.start, now, worked=clock.worked, workdays=workdays)
    for pause in clock.pauses:
        if pause.since < now:
            stop = min(pause.end, now)
            used -= _counted(pause.since, stop, worked=clock.worked, workdays=workdays)
    return clock.total - used


def moment_of(clock: Clock, share: float, *, workdays: Workdays) -> datetime | None:
    """When the clock has counted that share of all that it may, which may be more than all."""
    span = timedelta(microseconds=round(clock.total / timedelta(microseconds=1) * share))
    return _reached(clock.start, span, worked=clock.worked, pauses=clock.pauses, workdays=workdays)


def state_of_clock(clock: Clock, now: datetime) -> ClockState:
    """How the clock stands: late after its due moment, else paused, else near from yellow on."""
    if clock.due_at is not None and now > clock.due_at:
        return "late"
    if any(pause.since <= now < pause.end for pause in clock.pauses):
        return "paused"
    if clock.yellow_at is not None and now >= clock.yellow_at:
        return "near"
    return "ok"


def moments_of_all(
    limit: Limit,
    starts: NDArray[np.datetime64],
    *,
    workdays: Workdays,
    yellow_share: float,
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """The yellow and the due moments of many cases of one limit, without pauses.

    ``starts`` and what comes back are UTC; NaT stays NaT.
    """
    import numpy as np  # noqa: PLC0415 - the command line starts without it

    begins = starts.astype("datetime64[us]")
    span = np.timedelta64(limit.span // timedelta(microseconds=1), "us")
    if not limit.worked:
        yellow = np.timedelta64(round(int(span.astype("int64")) * yellow_share), "us")
        return np.add(begins, yellow), np.add(begins, span)
    if limit.unit == "days":
        due = workdays.add_days_all(begins, int(limit.amount))
    else:
        due = workdays.add_worked_all(begins, span)
    total = workdays.worked_between_all(begins, due)
    known = ~np.isnat(total)
    part = total.copy()
    shares = np.rint(total[known].astype("int64") * yellow_share)
    part[known] = shares.astype("int64").astype("timedelta64[us]")
    return workdays.add_worked_all(begins, part), due


def _counted(since: datetime, until: datetime, *, worked: bool, workdays: Workdays) -> timedelta:
    """What a clock counts between two instants."""
    if worked:
        return workdays.worked_between(since, until)
    return until.astimezone(UTC) - since.astimezone(UTC)


def _apart(pauses: Iterable[Pause], start: datetime) -> Iterator[Pause]:
    """The pauses in order, joined where they meet, from ``start`` on."""
    last: Pause | None = None
    for pause in sorted(pauses, key=lambda one: one.since):
        if pause.end <= start:
            continue
        since = max(pause.since, start)
        if last is not None and since <= last.end:
            later = None if None in (last.until, pause.until) else max(last.end, pause.end)
            last = Pause(since=last.since, until=later)
            continue
        if last is not None:
            yield last
        last = Pause(since=since, until=pause.until)
    if last is not None:
        yield last


def _reached(
    start: datetime,
    span: timedelta,
    *,
    worked: bool,
    pauses: Iterable[Pause],
    workdays: Workdays,
) -> datetime | None:
    """When a clock has counted ``span``; None if a pause without an end comes first."""
    begin, left = start, span
    for pause in pauses:
        counted = _counted(begin, pause.since, worked=worked, workdays=workdays)
        if counted >= left:
            break
        if pause.until is None:
            return None
        begin, left = pause.until, left - counted
    if worked:
        return workdays.add_worked(begin, left)
    return (begin.astimezone(UTC) + left).astimezone(workdays.zone)
