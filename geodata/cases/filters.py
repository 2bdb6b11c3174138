"""Which cases are meant: one frozen description, the same for list, points, counts and export."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geodata.errors import InvalidInput

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """Conditions that must all hold; an empty one holds for every case.

    ``areas`` are codes of areas (of any level, with all below them), grids or compounds.
    ``since`` is inclusive, ``until`` exclusive, both with a time zone. ``box`` is west, south,
    east, north in WGS 84 degrees. ``hours`` are the first and last local hour of the day, 0 to
    23. ``words`` is searched in case numbers and, where the reader may see them, in free texts.
    """

    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    is_open: bool | None = None
    overdue: bool | None = None
    areas: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    box: Box | None = None
    hours: tuple[int, int] | None = None
    words: str = ""

    def __post_init__(self) -> None:
        """Refuse periods that end before they begin."""
        if self.since is not None and self.until is not None and self.until < self.since:
            raise InvalidInput("The period ends before it begins. Exchange from and to.")


def moment(text: str, timezone: str, *, end: bool = False) -> datetime:
    """An ISO 8601 date or time as a moment with time zone.

    A date means its local day in ``timezone``: its first moment, or with ``end`` the first
    moment after it. A time without zone is local.

    Raises:
        InvalidInput: neither a date nor a time, or outside the calendar.
    """
    zone = ZoneInfo(timezone)
    try:
        if len(text) == 10:
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time(), zone)
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        found.astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        raise InvalidInput(
            "%(text)s is no date. Write 2026-06-01 or 2026-06-01T08:30:00+08:00.", text=text
        ) from None
    return found


def instant(text: str, timezone: str) -> datetime:
    """The moment whose version of the district ``at=text`` means: of a date, the end of that day.

    Raises:
        InvalidInput: neither a date nor a time, or outside the calendar.
    """
    found = moment(text, timezone, end=True)
    return found - timedelta(microseconds=1) if len(text) == 10 else found


def hours(text: str) -> tuple[int, int]:
    """``8-11``: the local hours from 8:00 to 11:59.

    Raises:
        InvalidInput: not two hours in this order.
    """
    first, _, last = text.partition("-")
    if first.isascii() and first.isdigit() and last.isascii() and last.isdigit():
        found = int(first), int(last)
        if found[0] <= found[1] <= 23:
            return found
    raise InvalidInput("%(text)s are no hours. Write 8-11.", text=text)


def box(text: str) -> Box:
    """``west,south,east,north`` in WGS 84 degrees.

    Raises:
        InvalidInput: not four finite numbers in this order inside the world.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 4 and all(math.isfinite(number) for number in numbers):
        west, south, east, north = numbers
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            return west, south, east, north
    raise InvalidInput("%(text)s is no bbox. Write west,south,east,north in degrees.", text=text)
