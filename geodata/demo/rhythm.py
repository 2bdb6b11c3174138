"""When things are reported: by the hour, the day of the week, the month, the holidays.

Weights, not probabilities; ``reporting`` draws from them. Hours are local.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MONTHS = 18

_HOURS = {
    # 0 to 23 o'clock
    "environment": (1, .5, .4, .3, .4, 1, 4, 9, 12, 12, 10, 8, 5, 5, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1),
    "property": (.6, .3, .2, .2, .2, .5, 2, 5, 10, 12, 11, 8, 5, 6, 9, 9, 8, 7, 7, 7, 6, 4, 2, 1),
    "noise": (9, 6, 4, 2.5, 1.5, 2, 4, 4, 3, 3, 3, 3, 5, 5, 3, 3, 3, 4, 7, 11, 14, 16, 17, 14),
    "parking": (1.5, .8, .5, .4, .4, .8, 4, 10, 9, 5, 4, 4, 5, 4, 4, 5, 8, 12, 15, 14, 11, 8, 5, 3),
    "facilities": (.8, .5, .4, .3, .4, 1, 4, 8, 10, 10, 9, 7, 5, 5, 7, 8, 8, 8, 9, 9, 7, 4, 2, 1),
    "safety": (1.2, .8, .6, .5, .5, 1, 3, 6, 9, 10, 9, 7, 5, 5, 7, 8, 8, 8, 8, 8, 7, 5, 3, 2),
    "dispute": (.4, .2, .1, .1, .1, .3, 1, 3, 9, 12, 11, 8, 4, 6, 10, 11, 10, 7, 6, 7, 6, 4, 2, 1),
    "other": (.3, .2, .1, .1, .1, .3, 1, 4, 11, 13, 12, 9, 4, 6, 11, 11, 10, 7, 4, 4, 3, 2, 1, .5),
}  # fmt: skip
_WEEK = {  # Monday first
    "environment": (1.12, 1.02, 1.0, 0.98, 1.0, 0.95, 0.93),
    "property": (1.25, 1.12, 1.05, 1.0, 0.98, 0.85, 0.75),
    "noise": (0.85, 0.85, 0.88, 0.92, 1.12, 1.25, 1.13),
    "parking": (1.05, 1.0, 1.0, 1.0, 1.15, 0.95, 0.85),
    "facilities": (1.15, 1.05, 1.02, 1.0, 1.0, 0.92, 0.86),
    "safety": (1.08, 1.03, 1.0, 1.0, 1.0, 0.95, 0.94),
    "dispute": (1.2, 1.1, 1.05, 1.02, 1.0, 0.85, 0.78),
    "other": (1.35, 1.2, 1.12, 1.1, 1.05, 0.65, 0.53),
}
_YEAR = {  # January first
    "environment": (0.75, 0.72, 0.9, 1.0, 1.05, 1.2, 1.3, 1.3, 1.1, 1.0, 0.95, 0.73),
    "property": (1.35, 0.95, 0.9, 0.8, 0.78, 0.85, 1.0, 0.95, 0.85, 0.9, 1.35, 1.45),
    "noise": (0.6, 0.6, 0.8, 1.0, 1.15, 1.4, 1.5, 1.45, 1.15, 0.95, 0.75, 0.65),
    "parking": (1.0, 0.9, 1.02, 1.02, 1.0, 1.0, 0.88, 0.88, 1.1, 1.05, 1.05, 1.05),
    "facilities": (0.9, 0.75, 0.85, 0.85, 0.9, 1.15, 1.85, 1.45, 1.05, 0.85, 0.85, 0.85),
    "safety": (1.05, 0.95, 0.95, 0.95, 1.0, 1.1, 1.2, 1.1, 0.95, 0.9, 0.95, 1.0),
    "dispute": (1.3, 1.0, 1.0, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 1.1),
    "other": (0.9, 0.8, 1.1, 1.1, 1.05, 1.0, 0.95, 0.95, 1.05, 1.0, 1.05, 1.0),
}
_SPRING_FESTIVALS = tuple(
    date.fromisoformat(day)
    for day in ("2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13")
)
"""First days of the lunar year; later years have no pause in their weights."""


def hours(category: str) -> Floats:
    """Weights of the 24 local hours."""
    return np.array(_HOURS[category], dtype=float)


def days(category: str, first: date, count: int) -> Floats:
    """Weights of ``count`` days from ``first``: week, season, holidays, and a slow growth."""
    out = np.empty(count)
    for number in range(count):
        day = first + timedelta(days=number)
        weight = _WEEK[category][day.weekday()] * _season(_YEAR[category], day)
        if any(0 <= (day - festival).days < 7 for festival in _SPRING_FESTIVALS):
            weight *= 0.45
        if (day.month == 10 and day.day <= 7) or (day.month == 5 and day.day <= 3):
            weight *= 0.75
        out[number] = weight * (1.0 + 0.22 * number / max(count, 1))
    return out


def _season(months: tuple[float, ...], day: date) -> float:
    """Between the middles of two months, in between."""
    place = day.month - 1 + (day.day - 15.5) / 30.5
    low = int(np.floor(place))
    share = place - low
    return months[low % 12] * (1 - share) + months[(low + 1) % 12] * share


def rainy(first: date, count: int, rng: np.random.Generator) -> Floats:
    """Downpours: 1 on ordinary days, far more on some July and August days and the day after."""
    out = np.ones(count)
    draw = rng.random(count)
    for number in range(count):
        day = first + timedelta(days=number)
        chance = {6: 0.05, 7: 0.16, 8: 0.11, 9: 0.04}.get(day.month, 0.0)
        if draw[number] < chance:
            out[number] += 6.0
            if number + 1 < count:
                out[number + 1] += 2.5
    return out
