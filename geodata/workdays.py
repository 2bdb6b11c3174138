"""Which days are worked, from when to when, and how long that is until something is due.

A day is worked or not by the first of these that knows it: the operator's own days; the days that
the State Council has announced for mainland China (holidays, and the weekend days worked instead
of them, 调休); the law alone, for a year that is not announced yet; the week. Only the third is
not sure, and says so.

Instants go in and come out with their zone. A span of worked time is what a clock on the wall
would count while the office is open, so a clock change within opening hours counts as it passes.
Arrays are numpy's ``datetime64`` in UTC and ``timedelta64``; NaT stays NaT.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from geodata.errors import InvalidInput
from geodata.feasts import feasts_of_law

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Holidays = Literal["china", "none"]
Span = tuple[int, int]
"""Minutes after midnight at which a shift begins and ends; 1440 is the midnight at its end."""

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2099
"""As far as the lunar calendar is kept, and as far as anything can be due."""
NOON_BREAK: Final = ((510, 720), (810, 1050))
"""08:30–12:00 and 13:30–17:30."""
_ONE_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_NOTHING: Final = -(2**63)
"""NaT as a number."""


@dataclass(frozen=True, kw_only=True)
class Season:
    """Working hours that hold from a (month, day) to another, both included, each year."""

    since: tuple[int, int]
    until: tuple[int, int]
    hours: tuple[Span, ...]

    def holds(self, day: date) -> bool:
        """Whether it is this season; one that begins after it ends goes over New Year."""
        at = (day.month, day.day)
        if self.since <= self.until:
            return self.since <= at <= self.until
        return at >= self.since or at <= self.until


# --- days ------------------------------------------------------------------------------------


@cache
def announced_years() -> tuple[int, int]:
    """The first and the last year that the State Council's notices are known of."""
    from chinese_calendar import holidays  # noqa: PLC0415 - most starts need no calendar

    return min(holidays).year, max(holidays).year


@cache
def statutory_days(year: int) -> frozenset[date]:
    """The days off of a year by the law alone, those given for a weekend among them.

    全国年节及纪念日放假办法 (State Council order 795, since 2025), articles 2 and 6: thirteen days;
    one that falls on a weekend, or on another as in 2020, is given back on the next working day.
    """
    feasts = [day for day, _ in feasts_of_law(year)]
    off = set(feasts)
    owed = [day for place, day in enumerate(feasts) if day.weekday() > 4 or day in feasts[:place]]
    for day in sorted(owed):
        instead = day
        while instead.weekday() > 4 or instead in off:
            instead += _ONE_DAY
        off.add(instead)
    return frozenset(off)


def _worked_in_china(day: date) -> bool:
    from chinese_calendar import is_workday  # noqa: PLC0415

    first, last = announced_years()
    if first <= day.year <= last:
        return bool(is_workday(day))
    return day.weekday() < 5 and day not in statutory_days(day.year)


# --- the calendar ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Table:
    """Every shift and every day of some years; instants in microseconds of UTC."""

    first: int
    last: int
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    before: NDArray[np.int64]
    """Worked time before each shift."""
    through: NDArray[np.int64]
    """Worked time until the end of each shift."""
    midnights: NDArray[np.int64]
    worked: NDArray[np.int64]
    """Worked days until each day, itself included."""
    ends: NDArray[np.int64]
    """When the last shift of each worked day ends, still on that day."""


@dataclass(frozen=True, eq=False)
class Workdays:
    """The working time of one office.

    ``hours`` hold where no season does; ``own`` says of single days whether they are worked and
    outdoes everything else. ``holidays`` is ``none`` where weekends and own days are all.
    Keep it while these hold: the first reckoning makes a table, about 10 ms for each year.
    """

    zone: tzinfo
    hours: Sequence[Span] = NOON_BREAK
    seasons: Sequence[Season] = ()
    holidays: Holidays = "china"
    own: Mapping[date, bool] = field(default_factory=dict)
    _tables: list[_Table] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse hours in which nothing could ever be done."""
        for hours in (self.hours, *(season.hours for season in self.seasons)):
            check_hours(hours)

    def is_worked(self, day: date) -> bool:
        """Whether people work on that day."""
        if isinstance(day, datetime):
            raise TypeError("a day is wanted, not an instant: take its date in the city's zone")
        if day in self.own:
            return self.own[day]
        _check_year(day.year)
        return _worked_in_china(day) if self.holidays == "china" else day.weekday() < 5

    def is_sure(self, day: date) -> bool:
        """Whether the day is known, rather than worked out from the law for an open year.

        A weekday far from any feast of an open year is not sure either: it may be taken off for
        a weekend that is worked.
        """
        if day in self.own or self.holidays == "none":
            return True
        first, last = announced_years()
        return first <= day.year <= last

    def unsure_years(self, since: datetime, until: datetime) -> tuple[int, ...]:
        """The years between two instants whose days off are not announced yet."""
        if self.holidays == "none":
            return ()
        first, last = announced_years()
        years = range(self.day_of(since).year, self.day_of(until).year + 1)
        return tuple(year for year in years if not first <= year <= last)

    def hours_of(self, day: date) -> tuple[Span, ...]:
        """The shifts of a day, in minutes after midnight; none if it is not worked."""
        if not self.is_worked(day):
            return ()
        for season in self.seasons:
            if season.holds(day):
                return season.hours
        return tuple(self.hours)

    def day_of(self, moment: datetime) -> date:
        """The day that an instant falls on in the city's zone."""
        return with_zone(moment).astimezone(self.zone).date()

    # --- one instant -------------------------------------------------------------------------

    def worked_between(self, since: datetime, until: datetime) -> timedelta:
        """The worked time between two instants; negative if ``until`` is the earlier."""
        found = self.worked_between_all(_array(since), _array(until))
        return int(found.astype("int64")[0]) * _MICROSECOND

    def worked_days_between(self, since: datetime, until: datetime) -> int:
        """The worked days after the day of ``since`` until that of ``until``, itself included."""
        return int(self.worked_days_between_all(_array(since), _array(until))[0])

    def add_worked(self, start: datetime, worked: timedelta) -> datetime:
        """The first instant by which so much was worked since ``start``, in the city's zone.

        Nothing added is ``start`` itself. Raises InvalidInput for less than nothing.
        """
        return self._moment(self.add_worked_all(_array(start), _delta(worked)))

    def add_days(self, start: datetime, days: int) -> datetime:
        """When the last shift ends of the day that is so many worked days after ``start``.

        The day of ``start`` is not counted, and the last one ends with the office hours (民法典,
        articles 201 and 203); where these go on until midnight, with the day's last microsecond.
        Nothing added is ``start`` itself.
        """
        return self._moment(self.add_days_all(_array(start), days))

    # --- many instants -----------------------------------------------------------------------

    def worked_between_all(
        self, since: NDArray[np.datetime64], until: NDArray[np.datetime64]
    ) -> NDArray[np.timedelta64]:
        """As ``worked_between``, for arrays of one shape."""
        import numpy as np  # noqa: PLC0415 - the command line starts without it

        begins, ends = _numbers(since), _numbers(until)
        table = self._table(begins, ends)
        found = _measure(table, ends) - _measure(table, begins)
        found[(begins == _NOTHING) | (ends == _NOTHING)] = _NOTHING
        return np.asarray(found.view("timedelta64[us]"))

    def worked_days_between_all(
        self, since: NDArray[np.datetime64], until: NDArray[np.datetime64]
    ) -> NDArray[np.int64]:
        """As ``worked_days_between``; 0 where either is NaT."""
        begins, ends = _numbers(since), _numbers(until)
        table = self._table(begins, ends)
        found = table.worked[_days(table, ends)] - table.worked[_days(table, begins)]
        found[(begins == _NOTHING) | (ends == _NOTHING)] = 0
        return found

    def add_worked_all(
        self, starts: NDArray[np.datetime64], worked: np.timedelta64 | NDArray[np.timedelta64]
    ) -> NDArray[np.datetime64]:
        """As ``add_worked``; ``worked`` is one span for all, or one for each."""
        import numpy as np  # noqa: PLC0415

        begins = _numbers(starts)
        spans = np.broadcast_to(
            np.asarray(worked, dtype="timedelta64[us]").view("int64"), begins.shape
        )
        known = (begins != _NOTHING) & (spans != _NOTHING)
        if (spans[known] < 0).any():
            raise InvalidInput("Less than no time cannot be added: write zero or more.")
        table = self._table(begins[known])
        target = _measure(table, begins[known]) + spans[known]
        while target.size and target.max() > table.through[-1]:
            table = self._further(table)
            target = _measure(table, begins[known]) + spans[known]
        place = table.through.searchsorted(target, side="left")
        due = begins.copy()
        due[known] = np.where(
            spans[known] == 0, begins[known], table.opens[place] + target - table.before[place]
        )
        due[~known] = _NOTHING
        return np.asarray(due.view("datetime64[us]"))

    def add_days_all(
        self, starts: NDArray[np.datetime64], days: int | NDArray[np.int64]
    ) -> NDArray[np.datetime64]:
        """As ``add_days``; ``days`` is one number for all, or one for each."""
        import numpy as np  # noqa: PLC0415

        begins = _numbers(starts)
        counts = np.broadcast_to(np.asarray(days, dtype="int64"), begins.shape)
        known = begins != _NOTHING
        if (counts < 0).any():
            raise InvalidInput("Less than no time cannot be added: write zero or more.")
        table = self._table(begins[known])
        target = table.worked[_days(table, begins[known])] + counts[known]
        while target.size and target.max() > table.worked[-1]:
            table = self._further(table)
            target = table.worked[_days(table, begins[known])] + counts[known]
        due = begins.copy()
        last = np.maximum(target - 1, 0)
        due[known] = np.where(counts[known] == 0, begins[known], table.ends[last])
        return np.asarray(due.view("datetime64[us]"))

    # --- inside ------------------------------------------------------------------------------

    def _moment(self, found: NDArray[np.datetime64]) -> datetime:
        return from_microseconds(int(found.astype("int64")[0])).astimezone(self.zone)

    def _table(self, *moments: NDArray[np.int64]) -> _Table:
        """A table that knows all of these instants and a year on both sides of them."""
        known = [these[these != _NOTHING] for these in moments]
        some = [int(end) for these in known if these.size for end in (these.min(), these.max())]
        years = [_year_of(number) for number in some] or [datetime.now(UTC).year]
        first, last = min(years) - 1, max(years) + 1
        _check_year(first + 1)
        _check_year(last - 1)
        for table in self._tables:
            if table.first <= first and last <= table.last:
                return table
        for table in self._tables:
            first, last = min(first, table.first), max(last, table.last)
        return self._keep(self._make(first, last))

    def _further(self, table: _Table) -> _Table:
        """The same and twice as many years."""
        if table.last > LAST_YEAR:
            _check_year(table.last + 1)
        last = min(table.last + 1 + table.last - table.first, LAST_YEAR + 1)
        return self._keep(self._make(table.first, last))

    def _keep(self, table: _Table) -> _Table:
        self._tables[:] = [table]
        return table

    def _make(self, first: int, last: int) -> _Table:
        import numpy as np  # noqa: PLC0415

        shifts: list[tuple[int, int]] = []
        midnights: list[int] = []
        worked: list[int] = []
        last_shifts: list[int] = []
        last_moments: list[int] = []
        for day in _days_of(max(first, FIRST_YEAR), min(last, LAST_YEAR)):
            midnights.append(self._at(day, 0))
            hours = self.hours_of(day)
            shifts += [(self._at(day, begin), self._at(day, end)) for begin, end in hours]
            if hours:
                last_shifts.append(len(shifts) - 1)
                last_moments.append(self._at(day, 1440) - 1)
            worked.append(len(last_shifts))
        edges = np.array(shifts, dtype="int64").reshape(-1, 2)
        # a clock put forward may carry the end of a shift over the begin of the next
        edges = np.maximum.accumulate(edges.reshape(-1)).reshape(-1, 2)
        through = np.cumsum(edges[:, 1] - edges[:, 0])
        return _Table(
            first=first,
            last=last,
            opens=np.ascontiguousarray(edges[:, 0]),
            closes=np.ascontiguousarray(edges[:, 1]),
            before=np.concatenate([[0], through[:-1]]) if through.size else through,
            through=through,
            midnights=np.array(midnights, dtype="int64"),
            worked=np.array(worked, dtype="int64"),
            ends=np.minimum(edges[last_shifts, 1], np.array(last_moments, dtype="int64")),
        )

    def _at(self, day: date, minutes: int) -> int:
        """So many minutes by the wall clock after that day's midnight, in microseconds of UTC."""
        wall = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(minutes=minutes)
        return _number(wall)


# --- pieces ----------------------------------------------------------------------------------


def check_hours(hours: Iterable[Span]) -> None:
    """Refuse shifts that are none, that overlap, or that end before they begin: ValueError."""
    last = 0
    shifts = tuple(hours)
    if not shifts:
        raise ValueError("no working hours: write at least one shift, such as 08:30-12:00")
    for begin, end in shifts:
        if not last <= begin < end <= 1440:
            raise ValueError("working hours out of order: write them from morning to night")
        last = end


def with_zone(moment: datetime) -> datetime:
    """The same instant; raises InvalidInput if it does not say in which zone it is."""
    if moment.utcoffset() is None:
        raise InvalidInput("A time without its zone: write one like 2026-05-01T08:00:00+08:00.")
    return moment


def from_microseconds(number: int) -> datetime:
    """The instant of so many microseconds of UTC since 1970, exactly."""
    return datetime(1970, 1, 1, tzinfo=UTC) + number * _MICROSECOND


def _measure(table: _Table, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """The worked time from the table's begin until each instant, microseconds."""
    import numpy as np  # noqa: PLC0415

    place = np.maximum(table.opens.searchsorted(moments, side="right") - 1, 0)
    within = np.minimum(moments, table.closes[place]) - table.opens[place]
    return np.asarray(table.before[place] + np.maximum(within, 0))


def _days(table: _Table, moments: NDArray[np.int64]) -> NDArray[np.intp]:
    """The place of each instant's day in the table."""
    import numpy as np  # noqa: PLC0415

    return np.maximum(table.midnights.searchsorted(moments, side="right") - 1, 0)


def _days_of(first: int, last: int) -> Iterator[date]:
    day = date(first, 1, 1)
    while day.year <= last:
        yield day
        day += _ONE_DAY


def _number(moment: datetime) -> int:
    return (with_zone(moment).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND


def _numbers(moments: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return moments.astype("datetime64[us]").view("int64")


def _array(moment: datetime) -> NDArray[np.datetime64]:
    import numpy as np  # noqa: PLC0415

    return np.array([_number(moment)], dtype="int64").view("datetime64[us]")


def _delta(span: timedelta) -> Any:
    import numpy as np  # noqa: PLC0415

    return np.timedelta64(span // _MICROSECOND, "us")


def _year_of(number: int) -> int:
    try:
        return from_microseconds(number).year
    except OverflowError:
        return 0 if number < 0 else 10_000


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(
            "The calendar of workdays goes from %(first)s to %(last)s: take a time within.",
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
