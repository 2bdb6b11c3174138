"""Sums over homes: who is within reach, by whatever they are in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.reach.coverage.homes import NOWHERE, Homes, Weight

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Sum:
    """How many there are and how many of them are within reach."""

    total: float
    covered: float

    @property
    def share(self) -> float | None:
        """Covered of all, 0…1; None where nobody is known."""
        return self.covered / self.total if self.total > 0 else None

    @property
    def missing(self) -> float:
        """How many are not within reach."""
        return self.total - self.covered


def whole(homes: Homes, within: Booleans, weight: Weight = "households") -> Sum:
    """Everybody, wherever they live.

    Args:
        homes: Where people live.
        within: (n) whether a home is within reach.
        weight: Who is counted.
    """
    people = homes.counts[weight]
    return Sum(float(people.sum()), float(people[within].sum()))


def by_level(
    homes: Homes, within: Booleans, level: str, weight: Weight = "households"
) -> tuple[pd.DataFrame, Sum]:
    """For each unit of a level its ``total``, ``covered`` and ``share``, and those in no unit.

    The units' sums and those of the last make the whole. A share is NaN where nobody is known.
    """
    people, member, units = homes.counts[weight], homes.member[level], homes.units[level]
    # the first place is for those in none
    total = np.bincount(member + 1, weights=people, minlength=len(units) + 1)
    inside = np.where(within, people, 0.0)
    covered = np.bincount(member + 1, weights=inside, minlength=len(units) + 1)
    share = np.divide(covered[1:], total[1:], out=np.full(len(units), np.nan), where=total[1:] > 0)
    table = units.assign(total=total[1:], covered=covered[1:], share=share)
    return table, Sum(float(total[0]), float(covered[0]))


def ground(homes: Homes, within: Booleans, level: str) -> Floats:
    """(units) the share of each unit's points within reach, whoever lives there; NaN: no points."""
    member, units = homes.member[level], homes.units[level]
    points = np.bincount(member + 1, minlength=len(units) + 1)[1:]
    near = np.bincount(member + 1, weights=within, minlength=len(units) + 1)[1:]
    share = np.divide(near, points, out=np.full(len(units), np.nan), where=points > 0)
    return np.asarray(share, dtype=float)


def of_each(homes: Homes, values: Floats, level: str) -> Floats:
    """(units) the least of a value over the homes of each unit; inf where nobody lives."""
    found = np.full(len(homes.units[level]), np.inf)
    member = homes.member[level]
    known = member != NOWHERE
    np.minimum.at(found, member[known], values[known])
    return found
