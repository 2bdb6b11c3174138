"""When the city's offices work, and when a clock turns yellow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from geodata.workdays import NOON_BREAK, Holidays, Season, Span, Workdays, check_hours

_SHIFT: Final = re.compile(r"^(\d\d?):([0-5]\d)\s*[-–—~]\s*(\d\d?):([0-5]\d)$")
_DAY: Final = re.compile(r"^(\d\d)-(\d\d)$")
_LEAP_YEAR: Final = 2024


def _shifts(value: Any) -> tuple[Span, ...]:
    """``["08:30-12:00", "13:30-17:30"]`` in minutes after midnight."""
    shifts: list[Span] = []
    for text in value if isinstance(value, list | tuple) else (value,):
        found = _SHIFT.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            message = f"{text} are no working hours: write them like 08:30-12:00"
            raise ValueError(message)
        begin_h, begin_m, end_h, end_m = map(int, found.groups())
        shifts.append((begin_h * 60 + begin_m, end_h * 60 + end_m))
    check_hours(shifts)
    return tuple(shifts)


def _day_of_year(value: Any) -> tuple[int, int]:
    """``06-01`` as (6, 1)."""
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        day = date(_LEAP_YEAR, *map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        message = f"{value} is no day of the year: write month and day, like 06-01"
        raise ValueError(message)
    return day.month, day.day


def _written(shifts: tuple[Span, ...]) -> list[str]:
    return [
        f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}" for begin, end in shifts
    ]


def _written_day(day: tuple[int, int]) -> str:
    return f"{day[0]:02}-{day[1]:02}"


Shifts = Annotated[
    tuple[Span, ...],
    BeforeValidator(_shifts),
    PlainSerializer(_written, return_type=list[str]),
    WithJsonSchema({"type": "array", "items": {"type": "string", "pattern": _SHIFT.pattern}}),
]
DayOfYear = Annotated[
    tuple[int, int],
    BeforeValidator(_day_of_year),
    PlainSerializer(_written_day, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _DAY.pattern}),
]


class WorkingSeason(BaseModel):
    """Hours of a part of each year; both days are included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: DayOfYear
    until: DayOfYear
    hours: Shifts


class Working(BaseModel):
    """The office hours in which the limits of cases run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holidays: Holidays = "china"
    """Whose days off: those of mainland China with their make-up days, or weekends alone."""
    hours: Shifts = Field(default_factory=lambda: NOON_BREAK)
    """Shifts of a worked day, minutes after midnight, where no season holds."""
    seasons: tuple[WorkingSeason, ...] = ()
    yellow_share: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """The share of a limit after which its clock is yellow."""

    def workdays(self, zone: tzinfo, *, own: Mapping[date, bool] | None = None) -> Workdays:
        """The working time of this city; ``own`` says of the operator's own days if worked."""
        return Workdays(
            zone=zone,
            hours=self.hours,
            seasons=tuple(
                Season(since=one.since, until=one.until, hours=one.hours) for one in self.seasons
            ),
            holidays=self.holidays,
            own=dict(own or {}),
        )
