"""Counts of so few that they may point to somebody, hidden from who only looks.

A hidden count must not come out by subtraction: where it is the only hidden one among the places
of one parent, the smallest other one is hidden with it (complementary suppression, Willenborg and
de Waal, Elements of Statistical Disclosure Control, 2001, 1.4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Counted:
    """A place, what it lies in, and its number of cases."""

    code: str
    parent: str | None
    count: int


def hidden(places: Sequence[Counted], *, least: int) -> frozenset[str]:
    """Codes of the places whose counts are not told: under ``least`` but not none, and partners."""
    groups: dict[str | None, list[Counted]] = defaultdict(list)
    for place in places:
        groups[place.parent].append(place)
    found: set[str] = set()
    for group in groups.values():
        few = [place for place in group if 0 < place.count < least]
        found.update(place.code for place in few)
        if len(few) == 1:
            others = [place for place in group if place.count >= least]
            if others:
                found.add(min(others, key=lambda place: (place.count, place.code)).code)
    return frozenset(found)
