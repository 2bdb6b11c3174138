"""Getis–Ord Gi*: which cells and their neighbours together hold more, or less, than chance gives.

Ord, J. K. and Getis, A. (1995), doi:10.1111/j.1538-4632.1995.tb00912.x. Weights are binary and the
cell counts among its neighbours: the z values are those of ``esda.G_Local(y, w, transform="B",
star=True)``.

Significance comes from conditional permutations: the cell keeps its value, its neighbours get
values drawn without replacement from all other cells. As in esda one set of draws serves all
cells. A draw is a set of ranks among the sorted values, so that the draws of a cell depend on
nothing but its own value and how many neighbours it has: cells that agree in both are answered
together, and in whatever order the cells come each gets the same p. From one value to the next
larger one only those draws change that hold the rank between: in the order of their values the
cells share nearly all of the work, also if no two values are equal, as with rates.

With 999 permutations no p can be below 1/1000, which a correction for ten thousand cells takes for
nothing. Cells at that floor get more draws, tenfold and again tenfold, as long as this can still
raise their class (after Besag and Clifford 1991, doi:10.1093/biomet/78.2.301).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from geodata.cases.hotspots.cells import Neighbours
from geodata.cases.hotspots.discovering import class_of
from geodata.errors import InvalidInput

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_FEW_BEYOND = 10
"""Draws beyond the observed sum; a p from fewer is coarse."""
_AT_ONCE = 10_000
_RUN = 64
"""Groups that one core does in a row, at least: the first of a run has nothing to go on from."""
_MANY = 2
"""Draws are summed anew if more than the whole divided by this has changed."""
_SAME = 1e-12
"""Sums nearer than this share of their size are equal: both count as beyond the other."""
FEWEST_CELLS = 3


@dataclass(frozen=True)
class GiStar:
    """The answer for each cell.

    ``z`` is the standardised statistic, ``sums`` that of the cell and its neighbours.
    ``greater``, ``lesser``, ``directed`` and ``two_sided`` are esda's pseudo p values of those
    names (``esda.significance``; ``directed`` is what ``G_Local.p_sim`` holds) from
    ``permutations`` draws, but never above 1, where many ties bring esda's two-sided one.

    ``p`` is twice the smaller tail, at most 1, refined with more draws where that matters;
    ``draws`` are how many it rests on. ``corrected`` is ``p`` controlled for the number of cells;
    ``classes`` are 1, 2, 3 for hot at 90, 95, 99 %, negative for cold, 0 for neither. A cell has
    a class only if z and draws point the same way: one great value among empty neighbours has a
    high z and fewer cases around it than chance gives, which is neither. ``p_normal`` is the
    two-sided p of z on the normal curve.

    ``reason`` is a key if nothing could be tested: ``too_few_cells`` or ``all_equal``; then z is 0
    and p is 1 everywhere.
    """

    z: Floats
    sums: Floats
    greater: Floats
    lesser: Floats
    two_sided: Floats
    p: Floats
    draws: Integers
    corrected: Floats
    classes: NDArray[np.int8]
    permutations: int
    reason: str | None = None

    @property
    def directed(self) -> Floats:
        """The tail on the side that the observed sum lies, as esda's ``directed``."""
        larger = np.rint(self.greater * (self.permutations + 1)) - 1
        beyond = np.minimum(larger, self.permutations - larger)
        return np.asarray((beyond + 1) / (self.permutations + 1), dtype=float)

    @property
    def p_normal(self) -> Floats:
        """Two-sided, of z."""
        return np.asarray(2 * stats.norm.sf(np.abs(self.z)), dtype=float)


def gi_star(
    values: ArrayLike,
    neighbours: Neighbours,
    *,
    permutations: int = 999,
    finest: int = 99_999,
    seed: int = 1,
    dependent: bool = False,
    threads: int | None = None,
) -> GiStar:
    """Gi* of each cell.

    Args:
        values: A count or a rate for each cell, 0 or more. A cell without a value (no household
            counted) must be left out before, of the neighbours too (``Neighbours.only``).
        neighbours: Of the same cells. A cell without neighbours stands alone in its sum: its z is
            told, its p is 1, since there is nothing to permute.
        permutations: Draws for every cell.
        finest: Draws that a cell may get at most.
        seed: Of the draws.
        dependent: Control false discoveries under any dependence (Benjamini–Yekutieli, stricter)
            and not only under a positive one (Benjamini–Hochberg).
        threads: As many as there are cores unless told; the answer is the same with any number.

    Raises:
        InvalidInput: Values are negative or no numbers, or not as many as cells.
    """
    x = _checked(values, neighbours)
    sums = x + neighbours.sums(x)
    reason = _why_not(x)
    if reason:
        return _nothing(sums, permutations, reason)
    draws = _Draws(x, sums, neighbours.cardinalities, threads or os.cpu_count() or 1)
    random = np.random.default_rng(seed)
    more, less, two_sided = draws.first(random, permutations)
    greater, lesser = (more + 1) / (permutations + 1), (less + 1) / (permutations + 1)
    z = z_values(x, sums, neighbours.cardinalities)
    total = np.full(len(x), permutations, dtype=np.int64)
    while True:
        p = np.minimum(1.0, 2 * (np.minimum(more, less) + 1) / (total + 1))
        way = np.where(np.sign(less - more) == np.sign(z), np.sign(z), 0)
        corrected, classes = class_of(p, way, dependent=dependent)
        coarse = (np.minimum(more, less) < _FEW_BEYOND) & (np.abs(classes) < 3) & (way != 0)
        coarse &= (total < finest) & (neighbours.cardinalities > 0)
        if not coarse.any():
            break
        coarse &= total == total[coarse].min()
        wanted = int(min(10 * (total[coarse][0] + 1) - 1, finest))
        added, taken = draws.further(random, wanted - int(total[coarse][0]), coarse)
        more, less = more + added, less + taken
        total = np.where(coarse, wanted, total)
    return GiStar(z, sums, greater, lesser, two_sided, p, total, corrected, classes, permutations)


def z_values(values: Floats, sums: Floats, cardinalities: Integers) -> Floats:
    """Ord and Getis' standardised Gi*, 0 where it has no variance (a cell near to all others)."""
    n = len(values)
    k = cardinalities + 1.0
    variance = max(float(np.mean(values**2) - np.mean(values) ** 2), 0.0)
    spread = np.sqrt(variance * np.maximum(k * (n - k), 0) / (n - 1))
    away = sums - k * values.mean()
    z: Floats = np.divide(away, spread, out=np.zeros(n), where=spread > 0)
    return z


def get_ready() -> None:
    """Load the compiled loops."""
    ring = np.arange(5)
    start = np.arange(0, 11, 2)
    near = np.column_stack(((ring + 1) % 5, (ring - 1) % 5)).ravel()
    gi_star(np.array([0.0, 1, 5, 2, 9]), Neighbours(start, near), permutations=9, finest=99)


def _checked(values: ArrayLike, neighbours: Neighbours) -> Floats:
    x = np.ascontiguousarray(values, dtype=float)
    if x.shape != (len(neighbours),):
        raise InvalidInput(
            "Each cell has one value: %(values)s values were given for %(cells)s cells.",
            values=x.size,
            cells=len(neighbours),
        )
    wrong = int((~(np.isfinite(x) & (x >= 0))).sum())
    if wrong:
        raise InvalidInput(
            "A count or a rate is 0 or more: %(count)s cells have a negative value or none; "
            "leave them out.",
            count=wrong,
        )
    return x


def _why_not(x: Floats) -> str | None:
    if len(x) < FEWEST_CELLS:
        return "too_few_cells"
    return "all_equal" if x.max() - x.min() <= _SAME * x.max() else None


def _nothing(sums: Floats, permutations: int, reason: str) -> GiStar:
    n = len(sums)
    one, zero = np.ones(n), np.zeros(n)
    none = np.zeros(n, dtype=np.int8)
    draws = np.zeros(n, dtype=np.int64)
    return GiStar(zero, sums, one, one, one, one, draws, one, none, permutations, reason)


class _Draws:
    """The cells by own value and cardinality, and the loops over their draws on several cores."""

    def __init__(self, x: Floats, sums: Floats, cardinalities: Integers, threads: int) -> None:
        self._sorted = np.sort(x)
        self._threads = threads
        # The widest first: the last pieces of work are small ones.
        self._order = np.lexsort((sums, x, -cardinalities))
        value, k = x[self._order], cardinalities[self._order]
        new = np.ones(len(x), dtype=bool)
        new[1:] = (value[1:] != value[:-1]) | (k[1:] != k[:-1])
        self._starts = np.append(np.flatnonzero(new), len(x))
        self._k = k[new]
        self._rank = np.searchsorted(self._sorted, value[new])
        self._wanted = (sums - x)[self._order]
        self._scale = _SAME * np.maximum(sums[self._order], 1e-300)
        self._most = int(k.max(initial=0))

    def first(self, random: np.random.Generator, count: int) -> tuple[Floats, Floats, Floats]:
        """Draws at or above, at or below, and esda's two-sided p; for every cell."""
        n = len(self._order)
        more, less, two_sided = np.empty(n), np.empty(n), np.empty(n)
        table = self._table(random, count, self._most)
        groups = np.arange(len(self._k))

        def work(some: Any, holders: Any) -> None:
            _compare(
                self._sorted,
                table[: self._k[some[0]]],
                holders,
                some,
                (self._starts, self._rank),
                (self._wanted, self._scale),
                (more, less, two_sided),
            )

        self._share(work, groups, table)
        return self._back(more), self._back(less), self._back(two_sided)

    def further(
        self, random: np.random.Generator, count: int, cells: NDArray[np.bool_]
    ) -> tuple[Floats, Floats]:
        """Draws at or above and at or below of ``count`` more, 0 for cells that need none."""
        n = len(self._order)
        more, less = np.zeros(n), np.zeros(n)
        wants = cells[self._order]
        groups = np.flatnonzero(np.add.reduceat(wants, self._starts[:-1]))
        most = int(self._k[groups].max())
        for done in range(0, count, _AT_ONCE):
            table = self._table(random, min(_AT_ONCE, count - done), most)

            def work(some: Any, holders: Any, table: Any = table) -> None:
                _count(
                    self._sorted,
                    table[: self._k[some[0]]],
                    holders,
                    some,
                    (self._starts, self._rank),
                    (self._wanted, self._scale, wants),
                    (more, less),
                )

            self._share(work, groups, table)
        return self._back(more), self._back(less)

    def _table(self, random: np.random.Generator, count: int, most: int) -> Any:
        """Ranks among the others, distinct in each draw: shape (most, count)."""
        return _draw(random.random((count, most)), len(self._sorted) - 1)

    def _share(self, work: Any, groups: Integers, table: Any) -> None:
        """Do the groups of each cardinality in runs of rising values, on several cores."""
        others = len(self._sorted) - 1
        pieces = []
        for k in np.unique(self._k[groups]):
            same = groups[self._k[groups] == k]
            holders = _holders(table[:k], others)
            runs = min(4 * self._threads, max(len(same) // _RUN, 1))
            pieces += [(run, holders) for run in np.array_split(same, runs)]
        if self._threads == 1 or len(pieces) < 2:
            for piece in pieces:
                work(*piece)
            return
        # Threads and not numba's own: its pool may not be entered by two requests at a time.
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(lambda piece: work(*piece), pieces))

    def _back(self, ordered: Floats) -> Floats:
        answer = np.empty_like(ordered)
        answer[self._order] = ordered
        return answer


@numba.njit(cache=True, nogil=True)
def _draw(uniform: Any, others: int) -> Any:
    count, most = uniform.shape
    table = np.empty((most, count), dtype=np.int32)
    ranks = np.arange(others).astype(np.int32)
    for d in range(count):  # a shuffle's first steps, from however the last draw left the ranks
        for j in range(most):
            other = min(j + int(uniform[d, j] * (others - j)), others - 1)
            ranks[j], ranks[other] = ranks[other], ranks[j]
            table[j, d] = ranks[j]
    return table


@numba.njit(cache=True, nogil=True)
def _holders(table: Any, others: int) -> Any:
    """Which draws hold each rank: of rank ``r`` ``draws[start[r]:start[r + 1]]``."""
    k, count = table.shape
    start = np.zeros(others + 1, dtype=np.int64)
    for j in range(k):
        for d in range(count):
            start[table[j, d] + 1] += 1
    for r in range(others):
        start[r + 1] += start[r]
    draws = np.empty(k * count, dtype=np.int32)
    free = start[:-1].copy()
    for j in range(k):
        for d in range(count):
            draws[free[table[j, d]]] = d
            free[table[j, d]] += 1
    return start, draws


@numba.njit(cache=True, nogil=True)
def _drawn(values: Any, table: Any, rank: int, into: Any) -> None:
    """The sums of the drawn values; the cell's own, at ``rank``, is not drawn."""
    into[:] = 0.0
    for j in range(table.shape[0]):
        row = table[j]
        for d in range(len(into)):
            place = row[d]
            into[d] += values[place + (place >= rank)]


@numba.njit(cache=True, nogil=True)
def _one(values: Any, table: Any, rank: int, d: int) -> float:
    """The sum of one draw, added in the same order as all are."""
    total = 0.0
    for j in range(table.shape[0]):
        place = table[j, d]
        total += values[place + (place >= rank)]
    return total


@numba.njit(cache=True, nogil=True)
def _lower(ordered: Any, old: float, new: float) -> None:
    """Put ``new`` in the place of ``old``, which is not less, among ordered sums."""
    i = np.searchsorted(ordered, old)
    while i > 0 and ordered[i - 1] > new:
        ordered[i] = ordered[i - 1]
        i -= 1
    ordered[i] = new


@numba.njit(cache=True, nogil=True)
def _percentile(ordered: Any, share: float) -> Any:
    place = share * (len(ordered) - 1)
    low = int(place)
    if low + 1 >= len(ordered):
        return ordered[-1]
    return ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])


@numba.njit(cache=True, nogil=True)
def _tails(ordered: Any, wanted: float, hair: float) -> tuple[Any, Any, Any]:
    """How many of the ordered sums are at or above, at or below, and esda's two-sided p."""
    count = len(ordered)
    above = count - np.searchsorted(ordered, wanted - hair, side="left")
    below = np.searchsorted(ordered, wanted + hair, side="right")
    share = min(below / count, 1 - below / count)
    low, high = _percentile(ordered, share), _percentile(ordered, 1 - share)
    outside = np.searchsorted(ordered, low + hair, side="right")
    outside += count - np.searchsorted(ordered, high - hair, side="left")
    return above, below, min((outside + 1) / (count + 1), 1.0)


@numba.njit(cache=True, nogil=True)
def _compare(
    values: Any, table: Any, holders: Any, groups: Any, kinds: Any, observed: Any, answers: Any
) -> None:
    starts, ranks = kinds
    wanted, scale = observed
    more, less, two_sided = answers
    start, draws = holders
    count = table.shape[1]
    sums, ordered = np.empty(count), np.empty(count)
    before = -1
    for g in groups:
        rank = ranks[g]
        if before < 0 or start[rank] - start[before] > count // _MANY:
            _drawn(values, table, rank, sums)
            ordered[:] = sums
            ordered.sort()
        else:
            for e in range(start[before], start[rank]):
                d = draws[e]
                new = _one(values, table, rank, d)
                if new != sums[d]:
                    _lower(ordered, sums[d], new)
                    sums[d] = new
        before = rank
        for c in range(starts[g], starts[g + 1]):
            more[c], less[c], two_sided[c] = _tails(ordered, wanted[c], scale[c])


@numba.njit(cache=True, nogil=True)
def _count(
    values: Any, table: Any, holders: Any, groups: Any, kinds: Any, observed: Any, answers: Any
) -> None:
    starts, ranks = kinds
    wanted, scale, wants = observed
    more, less = answers
    start, draws = holders
    sums = np.empty(table.shape[1])
    before = -1
    for g in groups:
        rank = ranks[g]
        if before < 0 or start[rank] - start[before] > len(sums) // _MANY:
            _drawn(values, table, rank, sums)
        else:
            for e in range(start[before], start[rank]):
                sums[draws[e]] = _one(values, table, rank, draws[e])
        before = rank
        for c in range(starts[g], starts[g + 1]):
            if not wants[c]:
                continue
            low, high = wanted[c] - scale[c], wanted[c] + scale[c]
            above = below = 0
            for d in range(len(sums)):
                above += sums[d] >= low
                below += sums[d] <= high
            more[c] += above
            less[c] += below
