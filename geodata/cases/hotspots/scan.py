"""Space–time clusters: where and since when there are more cases than place and time explain.

The scan statistic of Kulldorff, M. (2001), doi:10.1111/1467-985X.00186: a circle grows around each
cell, over each run of periods, and its cases are held against those expected there and then by a
likelihood ratio. The best such cylinder is compared with the best of each of many worlds in which
nothing clusters, so that p already counts how many cylinders were tried.

Without a base the expectation is that of the space–time permutation model of Kulldorff and others
(2005), doi:10.1371/journal.pmed.0020059: the place's share of all cases, times the period's. A
place with many cases at all times is then no cluster, one that flares up is. Its worlds draw the
periods of each cell's cases by the periods' shares and are judged by their own totals, which needs
no shuffling of a million cases. With a base (households) the cases are spread by it and evenly
over the periods.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from geodata.errors import InvalidInput

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST_CASES = 5
"""In a cylinder; two cases are soon a crowd, and no news."""
MOST_CELLS = 37
"""Of a circle: three cells to each side of its middle one."""
LIMIT = 0.05
_AT_ONCE = 10
"""Worlds drawn by one generator: the answer is the same on any number of cores."""


@dataclass(frozen=True)
class Cluster:
    """Cells and periods that together hold more cases than expected.

    ``cells`` are positions, nearest to the ``middle`` one first; ``first`` and ``last`` are
    positions of periods, both included. ``likelihood`` is the logarithm of the ratio, and ``p``
    how often a world without clusters has as good a best one.
    """

    middle: int
    cells: Integers
    first: int
    last: int
    cases: int
    expected: float
    likelihood: float
    p: float

    @property
    def ratio(self) -> float:
        """Cases by those expected."""
        return self.cases / self.expected if self.expected > 0 else float("inf")


def scan(  # noqa: PLR0913 - each has its default
    counts: ArrayLike,
    middles: ArrayLike,
    *,
    base: ArrayLike | None = None,
    alive: bool = True,
    worlds: int = 999,
    most_cells: int = MOST_CELLS,
    limit: float = LIMIT,
    seed: int = 1,
    threads: int | None = None,
) -> list[Cluster]:
    """The clusters with a p up to ``limit``, likeliest first; none shares a cell with another.

    Args:
        counts: Cases by period and cell, earliest period first.
        middles: Of the cells, in metres, shape (cells, 2).
        base: Households of each cell, for the Poisson model; NaN is none.
        alive: Only clusters that last into the last period, and not those long past.
        worlds: How many the best cylinder is compared with.
        most_cells: A circle holds at most so many cells, and half of all cases.
        limit: Of p.
        seed: Of the worlds.
        threads: As many as there are cores unless told.

    Raises:
        InvalidInput: Counts, middles and base are not of the same cells.
    """
    table = np.ascontiguousarray(counts, dtype=np.int64)
    spots = np.asarray(middles, dtype=float)
    if table.ndim != 2 or len(spots) != table.shape[1]:
        raise InvalidInput(
            "Each cell has one value: %(values)s values were given for %(cells)s cells.",
            values=table.shape[-1],
            cells=len(spots),
        )
    windows = _windows(len(table), alive=alive)
    total = int(table.sum())
    if total < 2 * FEWEST_CASES or not len(windows) or (base is None and len(table) < 2):
        return []
    model = _Model(table, base, windows, total)
    if model.hopeless:
        return []
    order = _nearest(spots, most_cells)
    likely, size, window = model.best(table, order)
    found = _apart(likely, size, window, order)
    if not found:
        return []
    highest = _highest(
        model,
        order,
        worlds,
        seed,
        threads or os.cpu_count() or 1,
        enough=(float(likely[found[0]]), int(limit * (worlds + 1))),
    )
    clusters = []
    for place in found:
        p = (1 + int((highest >= likely[place] * (1 - 1e-12)).sum())) / (worlds + 1)
        if p > limit:
            break
        cells, (first, last) = order[place, : size[place]], windows[window[place]]
        here = int(table[first : last + 1][:, cells].sum())
        expected = model.expected(cells, int(window[place]))
        clusters.append(
            Cluster(
                int(place), cells, int(first), int(last), here, expected, float(likely[place]), p
            )
        )
    return clusters


def get_ready() -> None:
    """Load the compiled loops."""
    counts = np.arange(12).reshape(2, 6)
    scan(counts, np.arange(12.0).reshape(6, 2), worlds=1, threads=1)


def _windows(periods: int, *, alive: bool) -> Integers:
    """First and last period of each run that is tried: up to half of them."""
    longest = max(periods // 2, 1)
    runs = [
        (last - length + 1, last)
        for last in range(periods)
        for length in range(1, longest + 1)
        if length <= last + 1 and (last == periods - 1 or not alive)
    ]
    return np.array(runs, dtype=np.int64).reshape(-1, 2)


def _nearest(spots: Floats, most: int) -> Integers:
    """Of each cell the nearest ones, itself first; ties by position."""
    count = min(most, len(spots))
    far, near = cKDTree(spots).query(spots, k=count)
    far, near = far.reshape(len(spots), count), near.reshape(len(spots), count)
    order = np.lexsort((near, np.round(far, 3)), axis=1)
    nearest = np.take_along_axis(near, order, axis=1).astype(np.int32)
    own = np.arange(len(spots), dtype=np.int32)
    lost = np.flatnonzero(nearest[:, 0] != own)  # cells with the same middle
    for place in lost:
        rest = nearest[place][nearest[place] != own[place]]
        nearest[place] = np.concatenate((own[place : place + 1], rest))[:count]
    return nearest  # type: ignore[return-value]


def _apart(likely: Floats, size: Integers, window: Integers, order: Integers) -> list[int]:
    """Middles of the best cylinders, none of which shares a cell with a better one."""
    taken, found = np.zeros(len(likely), dtype=bool), []
    for place in np.lexsort((np.arange(len(likely)), window, size, -likely)):
        if likely[place] <= 0:
            break
        cells = order[place, : size[place]]
        if not taken[cells].any():
            taken[cells] = True
            found.append(int(place))
    return found


class _Model:
    """What is expected where and when, and worlds in which nothing else holds."""

    def __init__(
        self, table: Integers, base: ArrayLike | None, windows: Integers, total: int
    ) -> None:
        self._windows, self._total = windows, total
        self._periods = len(table)
        self.permutes = base is None
        self.hopeless = False
        if base is None:
            self._of_cell = table.sum(axis=0).astype(float)
            self._of_period = table.sum(axis=1) / total
            return
        weights = np.asarray(base, dtype=float)
        if len(weights) != table.shape[1]:
            raise InvalidInput(
                "Each cell has one value: %(values)s values were given for %(cells)s cells.",
                values=len(weights),
                cells=table.shape[1],
            )
        weights = np.where(weights > 0, weights, 0.0)
        self.hopeless = not weights.sum()
        self._of_cell = total * weights / (weights.sum() or 1.0)
        self._of_period = np.full(self._periods, 1 / self._periods)

    def _shares(self, table: Integers) -> Floats:
        """Of each window: the share of the cases of any place that belong there."""
        of_period = table.sum(axis=1) / self._total if self.permutes else self._of_period
        return np.array([of_period[first : last + 1].sum() for first, last in self._windows])

    def expected(self, cells: Integers, window: int) -> float:
        """Cases of those cells in that window of the real world."""
        first, last = self._windows[window]
        return float(self._of_cell[cells].sum() * self._of_period[first : last + 1].sum())

    def best(self, table: Integers, order: Integers) -> tuple[Floats, Integers, Integers]:
        """Of each middle the best cylinder: likelihood, cells, window."""
        n = len(self._of_cell)
        likely, size = np.zeros(n), np.zeros(n, dtype=np.int64)
        window = np.zeros(n, dtype=np.int64)
        held, of_cell, shares, total = self._given(table)
        _best_of_each(held, of_cell, shares, order, total, (likely, size, window))
        return likely, size, window

    def highest(self, table: Integers, order: Integers) -> float:
        """The best of all."""
        held, of_cell, shares, total = self._given(table)
        best: float = _highest_of_all(held, of_cell, shares, order, total)
        return best

    def _given(self, table: Integers) -> tuple[Any, Any, Any, float]:
        sums = np.concatenate((np.zeros((1, table.shape[1]), dtype=np.int64), table.cumsum(axis=0)))
        held = np.stack([sums[last + 1] - sums[first] for first, last in self._windows], axis=1)
        return (
            np.ascontiguousarray(held.astype(np.float64)),
            self._of_cell,
            self._shares(table),
            float(self._total),
        )

    def world(self, random: np.random.Generator) -> Integers:
        """Cases by period and cell where nothing clusters.

        Periods before all windows are one: nothing is asked of them.
        """
        first = int(self._windows[:, 0].min())
        shares = np.append(self._of_period[:first].sum(), self._of_period[first:])
        shares /= shares.sum()
        if self.permutes:
            of_cell = self._of_cell.astype(np.int64)
        else:
            of_cell = random.multinomial(self._total, self._of_cell / self._of_cell.sum())
        drawn = random.multinomial(of_cell, shares)
        table = np.zeros((self._periods, len(of_cell)), dtype=np.int64)
        if first:
            table[0] = drawn[:, 0]
        table[first:] = drawn[:, 1:].T
        return table


def _highest(
    model: _Model,
    order: Integers,
    worlds: int,
    seed: int,
    threads: int,
    enough: tuple[float, int],
) -> Floats:
    """The best of each world; infinite for the rest once ``enough`` are as good as the real best.

    Then no cluster can be significant, whatever the other worlds hold.
    """
    answer = np.full(worlds, np.inf)
    best, most = enough
    starts = range(0, worlds, _AT_ONCE)

    def some(start: int) -> None:
        random = np.random.default_rng([seed, start])
        for k in range(start, min(start + _AT_ONCE, worlds)):
            answer[k] = model.highest(model.world(random), order)

    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, len(starts), threads):
            list(pool.map(some, starts[first : first + threads]))
            done = answer[: min((first + threads) * _AT_ONCE, worlds)]
            if (done >= best * (1 - 1e-12)).sum() >= most:
                break
    return answer


@numba.njit(cache=True, nogil=True)
def _ratio(c: float, mu: float, total: float) -> float:
    """The logarithm of Kulldorff's likelihood ratio, for c above mu."""
    found: float = c * np.log(c / mu)
    if c < total:
        found += (total - c) * np.log((total - c) / (total - mu))
    return found


@numba.njit(cache=True, nogil=True)
def _best_of_each(
    held: Any, of_cell: Any, shares: Any, order: Any, total: float, best: Any
) -> None:
    cells, windows = held.shape
    likely, size, win = best
    inside = np.empty(windows)
    for i in range(cells):
        inside[:] = 0.0
        weight = 0.0
        for j in range(order.shape[1]):
            cell = order[i, j]
            weight += of_cell[cell]
            if weight > total / 2:
                break
            for w in range(windows):
                inside[w] += held[cell, w]
                c, mu = inside[w], weight * shares[w]
                if c < FEWEST_CASES or c <= mu or mu <= 0.0:
                    continue
                found = _ratio(c, mu, total)
                if found > likely[i] * (1 + 1e-12):
                    likely[i], size[i], win[i] = found, j + 1, w


@numba.njit(cache=True, nogil=True)
def _highest_of_all(held: Any, of_cell: Any, shares: Any, order: Any, total: float) -> float:
    """As above, but that (c − mu)² total / (mu (total − mu)) is never less than the ratio.

    It tells without a logarithm what cannot be the best.
    """
    cells, windows = held.shape
    inside = np.empty(windows)
    best = 0.0
    for i in range(cells):
        inside[:] = 0.0
        weight = 0.0
        for j in range(order.shape[1]):
            cell = order[i, j]
            weight += of_cell[cell]
            if weight > total / 2:
                break
            for w in range(windows):
                inside[w] += held[cell, w]
                c, mu = inside[w], weight * shares[w]
                more = c - mu
                if more <= 0.0 or c < FEWEST_CASES or mu <= 0.0:
                    continue
                if more * more * total > best * mu * (total - mu):
                    best = max(best, _ratio(c, mu, total))
    return best
