"""Which places are open at an hour, by their hours in the notation of OpenStreetMap.

The notation (https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification) is read by
``opening_hours``. Its public holidays are those of the city's own calendar, not the library's: the
days off that the State Council moves each year are known there, and what the operator sets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from geodata.feasts import name_of
from geodata.workdays import announced_years

if TYPE_CHECKING:
    from geodata.workdays import Workdays

Known = Literal["open", "closed", "unknown"]
Reason = Literal["", "unstated", "unreadable", "uncertain"]
_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_FEAST: Final = re.compile(r'"[^"]*"|\bPH\b')
_SCHOOL: Final = re.compile(r"\bSH\b")
_COMMENT: Final = re.compile(r'"[^"]*"')
KEPT: Final = 4096


@dataclass(frozen=True, eq=False)
class Opening:
    """What is open at an hour.

    Attributes:
        states: (n) ``open``, ``closed`` or ``unknown``.
        reasons: (n) why nothing is known: ``unstated``, ``unreadable``, ``uncertain`` (the hours
            themselves leave it open); empty where it is known.
        is_feast: Whether the day is a public holiday.
        is_worked: Whether the day is worked; a weekend day may be, for a feast (调休).
    """

    states: tuple[Known, ...]
    reasons: tuple[Reason, ...]
    is_feast: bool
    is_worked: bool

    def counting(self, *, unknown_is_open: bool = False) -> NDArray[np.bool_]:
        """(n) whether a place counts; what is not known counts as closed unless said otherwise."""
        wanted = {"open", "unknown"} if unknown_is_open else {"open"}
        return np.array([one in wanted for one in self.states], dtype=bool)


def opening(hours: Sequence[str | None], moment: datetime, workdays: Workdays) -> Opening:
    """Which places are open at a moment.

    Args:
        hours: The hours of each, in the notation of OpenStreetMap; None or empty: not stated.
        moment: With its zone.
        workdays: The city's calendar; its days off are the public holidays (``PH``).
    """
    local = moment.astimezone(workdays.zone).replace(tzinfo=None)
    day = local.date()
    feasts = tuple(
        _DAYS[one.weekday()] for one in (day - timedelta(days=1), day) if is_feast(one, workdays)
    )
    found = [_state((said or "").strip(), local, feasts) for said in hours]
    return Opening(
        tuple(state for state, _ in found),
        tuple(reason for _, reason in found),
        is_feast(day, workdays),
        workdays.is_worked(day),
    )


def is_feast(day: date, workdays: Workdays) -> bool:
    """Whether a day is off for a feast: one of the calendar, or set so by the operator."""
    if workdays.is_worked(day):
        return False
    if day in workdays.own:
        return True
    if workdays.holidays == "none":
        return False
    first, last = announced_years()
    return bool(name_of(day, announced=first <= day.year <= last))


@lru_cache(KEPT)
def _state(said: str, moment: datetime, feasts: tuple[str, ...]) -> tuple[Known, Reason]:
    from opening_hours import OpeningHours, State, validate  # noqa: PLC0415

    if not said:
        return "unknown", "unstated"
    dated = _dated(said, feasts)
    if not validate(dated):
        return "unknown", "unreadable"
    told, _ = OpeningHours(dated, auto_country=False).state(moment)
    if told == State.UNKNOWN or _SCHOOL.search(_COMMENT.sub("", said)):
        return "unknown", "uncertain"
    return ("open" if told == State.OPEN else "closed"), ""


def _dated(said: str, feasts: tuple[str, ...]) -> str:
    """The hours with ``PH`` replaced by the weekdays of the feasts that matter at this moment.

    The library knows the holidays of countries by itself and takes no others. At one moment only
    that day and, past midnight, the day before count, so their weekdays stand for them; where
    neither is a feast, ``PH`` never comes, which is what the library takes without a country.
    """
    if not feasts:
        return said
    days = ",".join(feasts)
    return _FEAST.sub(lambda found: days if found[0] == "PH" else found[0], said)
