"""The daily report and the weekly review (民情日报周会审): what came, was closed, and is late.

A review is of one local day or one week from Monday to Sunday, of an area with all inside it. What
was open at its end is told by when cases were closed, so a case that was reopened since counts as
open throughout. No reporter is in any review; a case's title is there for those who may read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from geodata.accounts import record, require
from geodata.cases import store
from geodata.cases.reviews import store as review_store
from geodata.cases.whistles import departments, whistling
from geodata.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

Kind = Literal["daily", "weekly"]
LONGEST_LIST: Final = 50
"""Late cases that are listed one by one."""
TOP_COMPOUNDS: Final = 10
COMPOUND_DAYS: Final = 30
"""A day or a week of one compound is chance; its rate is that of so many days."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Cases of a period: what came and was closed in it, what was open and late at its end.

    Several cases that were made one count as that which leads; ``reports`` are those that came with
    each counted by itself. ``limited`` are the closed ones with a time limit, ``on_time`` those of
    them within it.
    """

    came: int = 0
    reports: int = 0
    closed: int = 0
    limited: int = 0
    on_time: int = 0
    open: int = 0
    late: int = 0

    @property
    def on_time_rate(self) -> float | None:
        """``on_time`` of ``limited``."""
        return self.on_time / self.limited if self.limited else None

    def __add__(self, other: Figures) -> Figures:
        """Of both together."""
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in _FIGURES})


_FIGURES: Final = ("came", "reports", "closed", "limited", "on_time", "open", "late")


@dataclass(frozen=True)
class Group:
    """Cases of one source, category or area; ``before`` is the period before."""

    key: str | None
    now: Figures
    before: Figures


@dataclass(frozen=True)
class CompoundRate:
    """A compound's cases per 10,000 households in ``COMPOUND_DAYS`` days."""

    code: str
    name: str
    cases: int
    households: int
    raw: float
    smooth: float


@dataclass(frozen=True)
class Review:
    """One day or week of an area; ``as_of`` is its end, or the moment of reading if earlier."""

    kind: Kind
    since: datetime
    until: datetime
    as_of: datetime
    made_at: datetime
    areas: tuple[str, ...]
    figures: Figures
    before: Figures
    last_year: Figures | None
    last_year_since: datetime
    sources: tuple[Group, ...]
    categories: tuple[Group, ...]
    places: tuple[Group, ...]
    place_level: str
    times: Mapping[int, int]
    compounds: tuple[CompoundRate, ...]
    compound_mean: float | None
    late: tuple[dict[str, Any], ...]
    whistles: departments.DepartmentReport
    decisions: tuple[dict[str, Any], ...]
    names: Mapping[str, str] = field(default_factory=dict)
    """Of areas and compounds, by code."""

    @property
    def last_day(self) -> date:
        """The last day that is in it."""
        return (self.until - timedelta(microseconds=1)).date()


def last_day(profile: Profile) -> date:
    """The last day that is over: what a report without a day is of."""
    return datetime.now(profile.zone).date() - timedelta(days=1)


def period(kind: Kind, day: date, profile: Profile) -> tuple[datetime, datetime]:
    """First moment and first moment after the local day, or the week of that day."""
    first = day if kind == "daily" else day - timedelta(days=day.weekday())
    days = 1 if kind == "daily" else 7
    try:
        return tuple(  # type: ignore[return-value]
            datetime.combine(one, time(), profile.zone)
            for one in (first, first + timedelta(days=days))
        )
    except OverflowError:
        raise InvalidInput(
            "%(text)s is no date. Write 2026-06-01 or 2026-06-01T08:30:00+08:00.", text=str(day)
        ) from None


def _earlier(kind: Kind, since: datetime, profile: Profile) -> tuple[datetime, datetime]:
    """Where the period before begins, and the same one of last year."""
    day = since.date()
    if kind == "weekly":
        days = (day - timedelta(weeks=1), day - timedelta(weeks=52))
    else:
        leap = (day.month, day.day) == (2, 29)
        days = (
            day - timedelta(days=1),
            day.replace(year=day.year - 1, day=28 if leap else day.day),
        )
    before, year = (datetime.combine(one, time(), profile.zone) for one in days)
    return before, year


def review(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    kind: Kind,
    day: date,
    area: str | None = None,
) -> Review:
    """The daily report of a day, or the review of its week, within the actor's areas of duty.

    Raises:
        NotFound: an area that never was.
        NotAllowed: the role sees no map.
        InvalidInput: a day at the edge of the calendar.
    """
    require(actor, "see_map")
    if not 1900 < day.year < 9000:
        raise InvalidInput(
            "%(text)s is no date. Write 2026-06-01 or 2026-06-01T08:30:00+08:00.", text=str(day)
        )
    since, until = period(kind, day, profile)
    codes = (area,) if area else ()
    texts = actor.may("see_personal")
    with database.read() as connection:
        if codes and store.unknown_places(connection, codes):
            raise NotFound("There never was an area, grid or compound %(codes)s.", codes=area)
        within = whistling.areas_of(connection, actor, codes)
        found = _reckoned(connection, profile, kind, since, until, within, area, texts=texts)
    whistles = departments.report(database, actor, profile, since=since, until=until, areas=codes)
    if any(one["title"] for one in found.late):
        with database.begin() as tx:
            ids = [one["id"] for one in found.late]
            record(tx, actor, "read_personal", "cases", count=len(ids), ids=ids, by="review")
    return replace(found, areas=codes, whistles=whistles)


def _reckoned(
    connection: Connection,
    profile: Profile,
    kind: Kind,
    since: datetime,
    until: datetime,
    within: Sequence[str] | None,
    area: str | None,
    *,
    texts: bool,
) -> Review:
    now = datetime.now(UTC)
    as_of = min(until, now)
    before, year = _earlier(kind, since, profile)
    periods = ((since, until), (before, since), (year, year + (until - since)))
    rows, rows_before, rows_year = _rows_of(connection, profile, periods, within, now)
    known = review_store.areas_known(connection)
    level = _level_below(profile, known, area)
    place_of = _placer(known, level)
    late = review_store.late_list(
        connection, as_of, within, open_states=profile.open_states, limit=LONGEST_LIST
    )
    late = [one if texts else one | {"title": None} for one in late]
    compounds, mean = _rates(connection, as_of, within)
    decisions = (
        review_store.decisions(connection, since.date(), within, open_states=profile.open_states)
        if kind == "weekly"
        else []
    )
    named = [one["compound_code"] for one in (*late, *decisions) if one["compound_code"]]
    names = {code: row["name"] or code for code, row in known.items()}
    names |= review_store.names_of_compounds(connection, named)
    last_year = _sum(rows_year)
    part = "hour" if kind == "daily" else "isodow"
    return Review(
        kind=kind,
        since=since,
        until=until,
        as_of=as_of,
        made_at=now,
        areas=(),
        figures=_sum(rows),
        before=_sum(rows_before),
        last_year=last_year if last_year.came or last_year.closed else None,
        last_year_since=year,
        sources=_groups(rows, rows_before, lambda row: row["source"]),
        categories=_groups(rows, rows_before, lambda row: row["category"]),
        places=_groups(rows, rows_before, lambda row: place_of(row["area_code"])),
        place_level=level,
        times=review_store.by_time(
            connection, since, until, within, part=part, timezone=profile.timezone
        ),
        compounds=compounds,
        compound_mean=mean,
        late=tuple(late),
        whistles=departments.DepartmentReport(since, until, now, profile.whistle.min_ranked, ()),
        decisions=tuple(decisions),
        names=names,
    )


_Row = dict[str, Any]


def _rows_of(
    connection: Connection,
    profile: Profile,
    periods: Sequence[tuple[datetime, datetime]],
    within: Sequence[str] | None,
    now: datetime,
) -> list[list[_Row]]:
    """Of each period what came, what was closed, and what was open at its end."""
    ends = [min(until, now) for _, until in periods]
    still_open = review_store.open_at(connection, ends, within, open_states=profile.open_states)
    return [
        [
            *review_store.came(connection, since, until, within),
            *review_store.closed(connection, since, until, within),
            *waiting,
        ]
        for (since, until), waiting in zip(periods, still_open, strict=True)
    ]


def _sum(rows: Iterable[_Row]) -> Figures:
    total = dict.fromkeys(_FIGURES, 0)
    for row in rows:
        for name in _FIGURES:
            total[name] += row.get(name, 0)
    return Figures(**total)


def _told(figures: Figures) -> tuple[int, ...]:
    """What a group is told with."""
    return tuple(getattr(figures, name) for name in _FIGURES if name != "reports")


def _groups(
    rows: Iterable[_Row], before: Iterable[_Row], key: Callable[[_Row], str | None]
) -> tuple[Group, ...]:
    """What came most first; what is in no group last."""
    parts: tuple[dict[str | None, list[_Row]], ...] = ({}, {})
    for part, source in zip(parts, (rows, before), strict=True):
        for row in source:
            part.setdefault(key(row), []).append(row)
    found = [
        Group(one, _sum(parts[0].get(one, ())), _sum(parts[1].get(one, ())))
        for one in dict.fromkeys([*parts[0], *parts[1]])
    ]
    kept = [one for one in found if any((*_told(one.now), *_told(one.before)))]
    return tuple(
        sorted(kept, key=lambda one: (one.key is None, -one.now.came, -one.now.open, str(one.key)))
    )


def _level_below(profile: Profile, known: Mapping[str, _Row], area: str | None) -> str:
    """The level by which places are told: that below the area asked for, else street offices."""
    levels = profile.keys("levels")
    if area is not None and area in known and known[area]["level"] in levels:
        return levels[min(levels.index(known[area]["level"]) + 1, len(levels) - 1)]
    return levels[-2] if len(levels) > 1 else levels[-1]


def _placer(known: Mapping[str, _Row], level: str) -> Callable[[str | None], str | None]:
    """Of an area's code the one at ``level`` that it lies in; None if there is none."""
    kept: dict[str | None, str | None] = {None: None}

    def place_of(code: str | None) -> str | None:
        if code not in kept:
            at, seen = code, set[str]()
            while at is not None and at not in seen:
                row = known.get(at, {})
                if row.get("level") == level:
                    break
                seen.add(at)
                at = row.get("parent_code")
            kept[code] = None if at in seen else at
        return kept[code]

    return place_of


def _rates(
    connection: Connection, as_of: datetime, within: Sequence[str] | None
) -> tuple[tuple[CompoundRate, ...], float | None]:
    """The compounds with the highest smoothed rates, and the mean of all."""
    from geodata.cases.hotspots.smoothing import smoothed  # noqa: PLC0415 - brings numba

    since = as_of - timedelta(days=COMPOUND_DAYS)
    rows = [
        row
        for row in review_store.by_compound(connection, since, as_of, within)
        if row["households"]
    ]
    if not rows:
        return (), None
    rates = smoothed([row["cases"] for row in rows], [row["households"] for row in rows])
    order = sorted(range(len(rows)), key=lambda k: (-rates.smooth[k], rows[k]["code"]))
    top = [
        CompoundRate(
            code=rows[k]["code"],
            name=rows[k]["name"] or rows[k]["code"],
            cases=rows[k]["cases"],
            households=rows[k]["households"],
            raw=float(rates.raw[k]),
            smooth=float(rates.smooth[k]),
        )
        for k in order[:TOP_COMPOUNDS]
        if rows[k]["cases"]
    ]
    return tuple(top), float(rates.mean[0])
