"""What is asked of coverage: how far, who walks, to what, who is counted, and at which hour."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

from geodata.errors import InvalidInput
from geodata.reach.coverage.homes import Weight
from geodata.reach.coverage.hours import is_feast
from geodata.reach.networks.network import Walker

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.profiles import Profile
    from geodata.workdays import Workdays

Way = Literal["network", "circle"]
LONGEST_MINUTES: Final = 120.0
MOST_CHANGES: Final = 50
ELDERLY: Final = "elderly"
"""Who walks when elderly people are counted, if the profile has such a walker."""
KINDS_OF_DAY: Final = ("workday", "saturday", "sunday", "feast")
UNITS: Final = ("building", "compound", "grid")
_SEARCHED_DAYS: Final = 400
Calendar = Callable[["sa.Connection", "Profile"], "Workdays"]
"""How the city's calendar is read; ``reach`` does not know who keeps the operator's own days."""


@dataclass(frozen=True)
class Changes:
    """Places as they might be: nothing of it is stored.

    Attributes:
        removed: Codes of facilities that are taken away.
        moved: Code, longitude and latitude (WGS 84) of facilities that stand elsewhere.
        added: Longitude, latitude and kind of new ones; without a kind, the first that is asked.
    """

    removed: tuple[str, ...] = ()
    moved: tuple[tuple[str, float, float], ...] = ()
    added: tuple[tuple[float, float, str], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is changed."""
        return bool(self.removed or self.moved or self.added)


@dataclass(frozen=True)
class Wish:
    """One question.

    Attributes:
        minutes: On foot.
        walker: A walker's key of the profile; empty: the first, or for elderly people theirs.
        way: Along streets, or as the crow flies.
        kinds: Kinds of facility of which any serves; empty: those with a service circle.
        weight: Who is counted.
        by: What the rows are: ``building``, ``compound``, ``grid``, ``kind`` or an area level;
            empty: the smallest level.
        area: The code of an area; only who lives there is counted.
        hour: Only what is open then; None: everything.
        day: A date, or one of ``KINDS_OF_DAY`` (the next such day); empty: that day itself.
        unknown_is_open: Whether places whose hours are not known count as open.
        changes: Places as they might be.
    """

    minutes: float = 15.0
    walker: str = ""
    way: Way = "network"
    kinds: tuple[str, ...] = ()
    weight: Weight = "households"
    by: str = ""
    area: str = ""
    hour: time | None = None
    day: str = ""
    unknown_is_open: bool = False
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True)
class Asked:
    """A wish with everything filled in from the profile."""

    wish: Wish
    walker: str
    legs: Walker
    kinds: tuple[str, ...]
    by: str

    @property
    def limit_m(self) -> float:
        """How far the walker comes on the flat."""
        return self.legs.metres(self.wish.minutes)


def asked(wish: Wish, profile: Profile) -> Asked:
    """The wish with the profile's defaults.

    Raises:
        InvalidInput: minutes, walker, kinds, level or changes that make no sense.
    """
    check_minutes(wish.minutes)
    _check_changes(wish.changes, profile)
    key, legs = walker_of(profile, wish.walker, wish.weight)
    for kind in wish.kinds:
        _check_kind(kind, profile)
    by = wish.by or profile.smallest_level.key
    known = (*UNITS, "kind", *level_keys(profile))
    if by not in known:
        raise InvalidInput(
            "Nothing is counted by %(by)s: take one of %(known)s.", by=by, known=", ".join(known)
        )
    check_day(wish.day, wish.hour)
    return Asked(wish, key, legs, wish.kinds or profile.circle_kinds, by)


def check_minutes(minutes: float) -> None:
    """Refuse minutes that nobody walks: InvalidInput."""
    if not 0 < minutes <= LONGEST_MINUTES:
        raise InvalidInput(
            "Minutes go from above 0 to %(longest)s; %(minutes)s is outside.",
            longest=int(LONGEST_MINUTES),
            minutes=minutes,
        )


def walker_of(profile: Profile, key: str, weight: Weight = "households") -> tuple[str, Walker]:
    """Who walks; without a key the profile's first, for elderly people theirs if it has one."""
    kinds = {one.key: one for one in profile.walkers}
    if key:
        if key not in kinds:
            raise InvalidInput(
                "%(key)s is nobody who walks in this city: it has %(known)s.",
                key=key,
                known=", ".join(kinds),
            )
    elif weight == "elderly" and ELDERLY in kinds:
        key = ELDERLY
    else:
        key = next(iter(kinds), "")
    if not key:
        return "", Walker(speed_m_per_s=profile.walking.speed_m_per_s)
    one = kinds[key]
    return key, Walker(one.speed_m_per_s, one.steps, one.steps_factor)


def level_keys(profile: Profile) -> tuple[str, ...]:
    """Keys of the area levels, the largest first."""
    return tuple(level.key for level in profile.levels)


def check_day(day: str, hour: time | None) -> None:
    """Refuse a day without an hour: InvalidInput."""
    if day and hour is None:
        raise InvalidInput("A day needs an hour: say when on that day.")


def moment_of(hour: time, said: str, workdays: Workdays, *, now: datetime) -> datetime:
    """The moment at which places must be open, in the city's zone.

    Args:
        hour: Of the day.
        said: A date, or one of ``KINDS_OF_DAY`` (the next such day); empty: that of ``now``.
        workdays: The city's calendar.
        now: From when on a next day is looked for.

    Raises:
        InvalidInput: The day is none.
    """
    today = workdays.day_of(now)
    day = _day(said, today, workdays) if said else today
    return datetime.combine(day, hour, tzinfo=workdays.zone)


def _day(said: str, today: date, workdays: Workdays) -> date:
    if said not in KINDS_OF_DAY:
        try:
            return date.fromisoformat(said)
        except ValueError:
            raise InvalidInput(
                "%(day)s is no day: write one like 2026-10-01, or one of %(kinds)s.",
                day=said,
                kinds=", ".join(KINDS_OF_DAY),
            ) from None
    for step in range(_SEARCHED_DAYS):
        day = today + timedelta(days=step)
        if _is_of(day, said, workdays):
            return day
    raise InvalidInput("This city's calendar has no feast in the year that follows.")


def _is_of(day: date, kind: str, workdays: Workdays) -> bool:
    if kind == "feast":
        return is_feast(day, workdays)
    if kind == "workday":
        return workdays.is_worked(day) and day.weekday() < 5
    wanted = {"saturday": 5, "sunday": 6}[kind]
    return day.weekday() == wanted and not is_feast(day, workdays) and not workdays.is_worked(day)


def _check_changes(changes: Changes, profile: Profile) -> None:
    count = len(changes.removed) + len(changes.moved) + len(changes.added)
    if count > MOST_CHANGES:
        raise InvalidInput(
            "At most %(most)s places can be changed in one question.", most=MOST_CHANGES
        )
    points = [(lon, lat) for _, lon, lat in changes.moved]
    points += [(lon, lat) for lon, lat, _ in changes.added]
    for lon, lat in points:
        if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
            raise InvalidInput("A place needs longitude and latitude in degrees, WGS 84.")
    for _, _, kind in changes.added:
        if kind:
            _check_kind(kind, profile)


def _check_kind(key: str, profile: Profile) -> None:
    known = profile.keys("facility_kinds")
    if key not in known:
        raise InvalidInput(
            "%(key)s is no kind of facility that this city has: it has %(known)s.",
            key=key,
            known=", ".join(known),
        )
