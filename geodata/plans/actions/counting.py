"""What a unit has, shared among its parts: every sum stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from geodata.plans.net import COUNTED


def portions(total: int, weights: Any) -> NDArray[np.int64]:
    """Whole portions of ``total`` as near to the weights as can be; their sum is ``total``.

    By the largest remainder (Hamilton's method); equal ones in the order given.
    """
    weight = np.asarray(weights, dtype=float)
    if weight.sum() <= 0:
        weight = np.ones(len(weight))
    exact = total * weight / weight.sum()
    given = np.floor(exact).astype(np.int64)
    rest = int(total - given.sum())
    order = np.argsort(-(exact - given), kind="stable")
    given[order[:rest]] += 1
    return np.asarray(given, dtype=np.int64)


def homes_of(homes: Sequence[Sequence[float]], parts: Sequence[Polygon]) -> list[list[Any]]:
    """The buildings that stand in each part; those in none fall to the nearest."""
    found: list[list[Any]] = [[] for _part in parts]
    if not homes:
        return found
    at = shapely.points([[home[0], home[1]] for home in homes])
    away = np.stack([shapely.distance(part, at) for part in parts])
    for home, part in zip(homes, away.argmin(axis=0), strict=True):
        found[int(part)].append(home)
    return found


def counts_of(
    totals: dict[str, Any], homes: list[list[Any]], areas: Sequence[float]
) -> dict[str, list[Any]]:
    """What each part of a unit counts: as its buildings do, otherwise by area.

    Args:
        totals: The unit's counts by name; None where unknown.
        homes: The buildings of each part.
        areas: Square metres of each part.

    Returns:
        For each name the counts of the parts; their sum is the total.
    """
    given: dict[str, list[Any]] = {}
    for place, name in enumerate(COUNTED, start=2):
        total = totals[name]
        if total is None:
            given[name] = [None] * len(areas)
            continue
        weight = [sum(_count(home, place) for home in part) for part in homes]
        given[name] = portions(int(total), weight if sum(weight) > 0 else areas).tolist()
    return given


def _count(home: Sequence[Any], place: int) -> float:
    count = home[place] if place < len(home) else None
    return 0.0 if count is None or count != count else float(count)  # noqa: PLR0124 - NaN
