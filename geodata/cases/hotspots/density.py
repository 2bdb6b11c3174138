"""The density surface: how many cases there are around each cell, per km² or per households.

A quartic kernel of a given radius (the usual one of crime maps; Silverman, B. W., 1986, Density
Estimation, equation 4.5). It is summed over cells: a case counts as lying in the middle of its
cell, which moves it by less than the side of one. At the edge of the study the kernel is cut off
and its lost part is given back, so that a border is no cold spot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve

from geodata.cases.hotspots.cells import Grid
from geodata.cases.hotspots.smoothing import PER
from geodata.errors import InvalidInput

Floats = NDArray[np.float64]

_MOST = 4_000_000
FEWEST_HOUSEHOLDS = 50.0
"""Within the kernel; below, a rate would rest on next to nobody and is not told."""


@dataclass(frozen=True)
class Density:
    """For each cell cases per km², and per 10,000 households (NaN where too few live)."""

    per_km2: Floats
    per_households: Floats | None


def density(
    cells: ArrayLike,
    counts: ArrayLike,
    grid: Grid,
    *,
    radius: float,
    households: ArrayLike | None = None,
) -> Density:
    """The surface at the middle of each cell.

    Args:
        cells: Ids of the grid that take part; elsewhere nothing is known, and not 0.
        counts: Cases in each.
        grid: Their grid.
        radius: Of the kernel, in metres; at least the side of a cell.
        households: In each, NaN where unknown. The rate is density by density: what a place
            lends its neighbours it lends of both.

    Raises:
        InvalidInput: A radius smaller than a cell, or a study too large for its cells.
    """
    if not grid.size <= radius <= 100_000:
        raise InvalidInput(
            "The radius must be at least the side of a cell, %(size)s metres, and at most 100 km.",
            size=grid.size,
        )
    ids = np.asarray(cells, dtype=np.int64)
    if not len(ids):
        nothing = np.empty(0)
        return Density(nothing, None if households is None else nothing.copy())
    column, row = grid.columns_rows(ids)
    place = (row - row.min(), column - column.min())
    shape = (int(place[0].max()) + 1, int(place[1].max()) + 1)
    if shape[0] * shape[1] > _MOST:
        raise InvalidInput(
            "Cells of %(size)s metres are too small for so large an area; take larger ones.",
            size=grid.size,
        )
    kernel = quartic(grid.size, radius)

    def spread(values: ArrayLike) -> Floats:
        table = np.zeros(shape)
        table[place] = values
        found: Floats = np.maximum(fftconvolve(table, kernel, mode="same")[place], 0.0)
        return found

    known = spread(np.ones(len(ids)))
    cases = spread(np.asarray(counts, dtype=float))
    per_km2 = np.divide(cases, known, out=np.zeros(len(ids)), where=known > 0)
    per_km2 *= 1e6 / grid.size**2
    if households is None:
        return Density(per_km2, None)
    base = spread(np.nan_to_num(np.asarray(households, dtype=float)))
    # The kernel sums to 1: what its whole circle holds is many times what it weighs.
    least = FEWEST_HOUSEHOLDS * float(kernel.max())
    rate = np.divide(cases, base, out=np.full(len(ids), np.nan), where=base > least)
    return Density(per_km2, rate * PER)


def quartic(size: float, radius: float) -> Floats:
    """The kernel on cells, (1 − (d / radius)²)² within the radius, summing to 1."""
    reach = int(radius / size)
    steps = np.arange(-reach, reach + 1) * size
    apart = (steps[:, None] ** 2 + steps[None, :] ** 2) / radius**2
    weights = np.where(apart < 1, (1 - apart) ** 2, 0.0)
    return np.asarray(weights / weights.sum(), dtype=float)
