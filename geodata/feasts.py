"""What the days off of mainland China are called."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

IN_PLACE: Final = "Day off in place of a feast on a weekend"
NAMES: Final = (
    "New Year's Day",
    "Spring Festival",
    "Tomb-sweeping Day",
    "Labour Day",
    "Dragon Boat Festival",
    "National Day",
    "Mid-autumn Festival",
    "Victory Day",
    IN_PLACE,
)
"""The feasts, and what is given for one on a weekend."""
_ANNOUNCED: Final = {"Anti-Fascist 70th Day": "Victory Day"}


@cache
def feasts_of_law(year: int) -> tuple[tuple[date, str], ...]:
    """The thirteen days off of a year with their names; two feasts may fall on one day.

    全国年节及纪念日放假办法 (State Council order 795, since 2025), article 2.
    """
    from borax.calendars.lunardate import LunarDate, TermUtils  # noqa: PLC0415

    new_year = LunarDate(year, 1, 1).to_solar_date()
    return (
        (date(year, 1, 1), "New Year's Day"),
        *((new_year + timedelta(days=step), "Spring Festival") for step in (-1, 0, 1, 2)),
        (date(year, 4, TermUtils.parse_term_days(year)[6]), "Tomb-sweeping Day"),
        (date(year, 5, 1), "Labour Day"),
        (date(year, 5, 2), "Labour Day"),
        (LunarDate(year, 5, 5).to_solar_date(), "Dragon Boat Festival"),
        (LunarDate(year, 8, 15).to_solar_date(), "Mid-autumn Festival"),
        *((date(year, 10, day), "National Day") for day in (1, 2, 3)),
    )


def name_of(day: date, *, announced: bool) -> str:
    """For which feast a day is off, or worked instead (an English name of ``NAMES``).

    Empty for a plain day; ``IN_PLACE`` for a day given by the law for a feast on a weekend.
    ``announced``: the State Council's notice of the year is known.
    """
    if announced:
        from chinese_calendar import get_holiday_detail  # noqa: PLC0415

        name = get_holiday_detail(day)[1] or ""
        return _ANNOUNCED.get(name, name)
    named = dict(reversed(feasts_of_law(day.year)))
    return named.get(day) or (IN_PLACE if day.weekday() < 5 else "")
