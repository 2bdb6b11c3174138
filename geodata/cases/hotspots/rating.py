"""Gi* with households as the base: many cases where many live are no news."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geodata.cases.hotspots.cells import Neighbours
from geodata.cases.hotspots.gi_star import GiStar, gi_star
from geodata.cases.hotspots.smoothing import Rates, smoothed


def gi_star_of_rates(
    cases: ArrayLike, households: ArrayLike, neighbours: Neighbours, **options: Any
) -> tuple[Rates, GiStar]:
    """Gi* of the empirical Bayes rates; see ``gi_star`` for ``options``.

    The rates are drawn towards the mean of all cells: those drawn towards their neighbourhood
    would be alike near by without any crowd. Cells without known households take no part, neither
    as neighbours nor in the draws: their z is 0, p is 1 and they have no class;
    ``Rates.known`` tells them apart, and ``Rates.cases_without`` how many cases that leaves out.
    """
    rates = smoothed(cases, households)
    part = gi_star(rates.smooth[rates.known], neighbours.only(rates.known), **options)

    def everywhere(some: Any, other: float) -> Any:
        full = np.full(len(rates.known), other, dtype=some.dtype)
        full[rates.known] = some
        return full

    ones = {key: everywhere(getattr(part, key), 1) for key in _PS}
    zeros = {key: everywhere(getattr(part, key), 0) for key in _ZEROS}
    return rates, replace(part, **ones, **zeros)


_PS = ("greater", "lesser", "two_sided", "p", "corrected")
_ZEROS = ("z", "sums", "draws", "classes")
