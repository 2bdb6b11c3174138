"""What a hotspot or a cluster means, in whole sentences for people who are no statisticians.

A sentence is a message of the catalogue with its values; ``say`` reads several of them in one
language. No place is told by its coordinates: the caller knows names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from geodata.cases.hotspots.clusters import Category
from geodata.cases.hotspots.discovering import LEVELS
from geodata.cases.hotspots.finding import Flare, Spot
from geodata.cases.hotspots.periods import FADING, GONE, GROWING, LASTING, NEW, RETURNING
from geodata.words import sentence as _
from geodata.words import translate

Sentences = list[tuple[str, dict[str, Any]]]
Named = Callable[[Any, str], str]
"""A category's name, by its key and a language."""

TRENDS = {
    NEW: _("newly hot"),
    GROWING: _("growing"),
    LASTING: _("lasting"),
    FADING: _("fading"),
    RETURNING: _("returning"),
    GONE: _("gone"),
}
_CATEGORIES = 3

_TREND = {
    NEW: _("It is new: in none of the %(periods)s periods before was it a hotspot."),
    GROWING: _("It is growing: it was a hotspot before, and stands out ever more."),
    LASTING: _("It is lasting: it was a hotspot before and still is."),
    FADING: _("It is fading: still a hotspot, but standing out ever less."),
    RETURNING: _("It has returned: it was a hotspot earlier, though not lately."),
}

REASONS = {
    "too_few_cases": _(
        "There are fewer than %(fewest)s cases in the period: too few to tell a pattern from "
        "chance. Take a longer period or fewer conditions."
    ),
    "too_few_cells": _(
        "The cases lie in fewer than %(cells)s cells: there is nothing to compare them with. "
        "Take smaller cells or a larger area."
    ),
    "all_equal": _("All cells have the same number of cases: none stands out."),
    "no_households": _(
        "No cell has households that are known, so there is nothing to measure the cases by. "
        "Take the cases alone, or bring in households."
    ),
}


def of_spot(spot: Spot, place: str, *, households: bool, periods: int) -> Sentences:
    """What to tell of a hotspot.

    Args:
        spot: It.
        place: Its name; empty if it has none.
        households: Whether the cases are held against households, and not cells.
        periods: How many earlier periods it was compared with.
    """
    hot = spot.hotspot
    told: Sentences = [(_("%(place)s:"), {"place": place})] if place else []
    if spot.trend == GONE:
        before = round(sum(spot.earlier) / max(len(spot.earlier), 1), 1)
        told.append(
            (
                _(
                    "%(cases)s cases, after %(before)s in a period before: it was a hotspot "
                    "lately and is none any more."
                ),
                {"cases": hot.cases, "before": _plain(before)},
            )
        )
        return told
    figures = {
        "cases": hot.cases,
        "expected": _plain(hot.expected),
        "ratio": _plain(hot.ratio),
    }
    if hot.expected <= 0 or hot.ratio < 1:
        told.append(
            (
                _("%(cases)s cases; together with the ground around it there are too many."),
                figures,
            )
        )
    elif households:
        told.append(
            (
                _(
                    "%(cases)s cases, %(ratio)s times the %(expected)s that its households "
                    "would lead to expect."
                ),
                figures,
            )
        )
    else:
        told.append(
            (
                _(
                    "%(cases)s cases, %(ratio)s times the %(expected)s that as much ground "
                    "has on average."
                ),
                figures,
            )
        )
    if spot.alone:
        told.append((_("It stands out alone; around it all is as usual."), {}))
    share = LEVELS[3 - 1] if hot.degree >= 3 else LEVELS[max(hot.degree, 1) - 1]
    told.append(
        (
            _("Of all places that stand out as clearly, at most %(share)s in 100 do so by chance."),
            {"share": round(share * 100)},
        )
    )
    if spot.trend in _TREND and periods:
        told.append((_TREND[spot.trend], {"periods": periods}))
    return told


def of_flare(flare: Flare, place: str, *, since: str) -> Sentences:
    """What to tell of a space–time cluster that began on the day ``since``."""
    found = flare.cluster
    told: Sentences = [(_("%(place)s:"), {"place": place})] if place else []
    told.append(
        (
            _(
                "since %(since)s %(cases)s cases, %(ratio)s times the %(expected)s that would "
                "be usual here at such a time."
            ),
            {
                "since": since,
                "cases": found.cases,
                "ratio": _plain(found.ratio),
                "expected": _plain(found.expected),
            },
        )
    )
    told.append(
        (
            _(
                "Where nothing has flared up, chance shows one as clear in at most %(times)s of "
                "1,000 looks."
            ),
            {"times": max(round(found.p * 1000), 1)},
        )
    )
    return told


def of_categories(categories: Sequence[Category], named: Named, language: str) -> str:
    """What it is about: categories with a far larger share than elsewhere."""
    if not categories:
        return ""
    parts = [
        translate(
            _("%(name)s (%(cases)s cases, %(times)s times its share elsewhere)"),
            language,
            name=named(one.key, language),
            cases=one.cases,
            times=_plain(one.times),
        )
        if one.times < 1000
        else translate(
            _("%(name)s (%(cases)s cases, nearly none elsewhere)"),
            language,
            name=named(one.key, language),
            cases=one.cases,
        )
        for one in categories[:_CATEGORIES]
    ]
    names = ("; " if language == "en" else "；").join(parts)
    return translate(_("It is mostly about %(names)s."), language, names=names)


def say(told: Sentences, language: str, *more: str) -> str:
    """All sentences, one after the other."""
    words = [translate(message, language, **values) for message, values in told]
    gap = " " if language == "en" else ""
    return gap.join([*words, *(one for one in more if one)]).replace("： ", "：")


def why_not(reason: str, language: str) -> str:
    """Why nothing can be told."""
    from geodata.cases.hotspots.finding import FEWEST_CASES  # noqa: PLC0415 - kept together
    from geodata.cases.hotspots.gi_star import FEWEST_CELLS  # noqa: PLC0415

    return translate(REASONS[reason], language, fewest=FEWEST_CASES, cells=FEWEST_CELLS)


def _plain(number: float) -> str:
    """As few digits as people need."""
    if number >= 1e4:
        return f"{number:,.0f}"
    if number >= 10 or number == round(number):
        return f"{number:.0f}"
    return f"{number:.1f}"
