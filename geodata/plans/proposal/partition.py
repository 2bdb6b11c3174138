"""A graph of weighted units divided into connected parts whose weights lie in a band."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from geodata.errors import InvalidInput
from geodata.plans.proposal.exactly import best_parts
from geodata.plans.proposal.graph import Graph, Numbers, given_graph, said
from geodata.plans.proposal.impossible import NoPartition, prove_possible
from geodata.plans.proposal.search import USUAL, Demand, Ground, anneal, penalty
from geodata.words import sentence as _

STEPS = 400
"""Moves tried per unit in one cooling; twice as many save about one per cent of the border."""
HOT, WARM, COLD = 4.0, 1.0, 0.08
"""Temperatures in mean borders: at the beginning, of a later round, at the end."""
LEAST_STEPS = 3_000
"""Moves of a cooling, however few the units are."""
CHUNK = 200_000
"""Moves between two looks at the clock."""
ROUNDS = 24
"""Coolings before the search gives up on parts outside the band."""
ANEW = 8
"""So many coolings from one start; the next begins with every unit alone."""
PATIENCE = 17
"""Coolings without a better answer after which the search gives up on the band: two new starts."""
MOST_ROUNDS = 1_000_000
"""Coolings within a given time: the clock ends them."""


@dataclass(frozen=True)
class Found:
    """Parts of the units, and how good they are.

    ``cut`` is the sum of the borders between parts, ``strain`` what the parts outside the band
    cost in the search's energy; 0 if there are none.
    """

    labels: Numbers
    cut: float
    strain: float

    @property
    def rank(self) -> tuple[float, float]:
        """What is less is better."""
        return self.strain, self.cut


Watch = Callable[[float, Found], bool]
"""Called with the share done and the best parts so far; answers whether to stop."""


def partition(  # noqa: PLR0913 - a demand has many sides
    edges: ArrayLike,
    weights: ArrayLike,
    *,
    low: float | None = None,
    high: float | None = None,
    count: int | None = None,
    tolerance: float | None = None,
    border: ArrayLike | None = None,
    whole: ArrayLike | None = None,
    locked: ArrayLike | None = None,
    seed: int = 0,
    seconds: float | None = None,
    watch: Watch | None = None,
) -> Numbers:
    """Divide units into connected parts with as little border between them as can be found.

    Give ``low`` and ``high``, or ``count`` (and ``tolerance``, 0.05 if not given).

    Args:
        edges: Pairs of neighbouring units, m × 2 positions from 0.
        weights: Weight of each unit (n), not negative: households.
        low: Least weight of a part.
        high: Largest weight of a part.
        count: How many parts.
        tolerance: Share by which a part's weight may differ from the whole divided by ``count``.
        border: Border that each pair shares (m), in any unit; 1 each if not given.
        whole: Units of one value (n, any type) stay in one part; None, NaN and "" mean none.
        locked: Part of each unit (n) that is not to be changed, -1 of those to be divided. A locked
            part is taken as it is: nothing goes out of it or into it, whatever it weighs.
        seed: Of the random numbers: the same one gives the same answer.
        seconds: How long better answers are looked for, and then once more as long for proven ones
            if parts lie outside; if not given, one cooling and what more is needed to bring all
            parts into the band. What the clock ends is not repeatable.
        watch: Told the share done and the best parts so far; true ends the search.

    Returns:
        The part of each unit (n), counted from 0 in the order of their first units.

    Raises:
        InvalidInput: The arguments make no sense.
        NoPartition: The demand is impossible, and why; or nothing was found that meets it.
    """
    given = given_graph(edges, weights, border=border, whole=whole, locked=locked)
    graph = given.free
    wanted = None if count is None else count - given.locked_count
    least, most = _band(graph, low, high, wanted, tolerance)
    if not len(graph.weights):
        return given.joined(np.empty(0, dtype=np.int64))
    try:
        prove_possible(graph.edges, graph.weights, least, most)
        search = _Search(graph, least, most, wanted, seed)
        found = search.run(seconds, watch)
        if found.strain:
            refused = _impossible if search.is_proven else _not_found
            raise refused(graph, found, least, most, wanted)
    except NoPartition as refusal:
        raise given.told(refusal) from None
    return given.joined(found.labels)


def nearest_parts(  # noqa: PLR0913 - a demand has many sides
    edges: ArrayLike,
    weights: ArrayLike,
    *,
    low: float,
    high: float,
    border: ArrayLike | None = None,
    whole: ArrayLike | None = None,
    locked: ArrayLike | None = None,
    seed: int = 0,
    seconds: float | None = None,
    watch: Watch | None = None,
) -> Numbers:
    """Like ``partition``, but where the band cannot be met, parts as near to it as can be found.

    Raises:
        InvalidInput: The arguments make no sense.
        NoPartition: Units that are to stay together lie apart.
    """
    given = given_graph(edges, weights, border=border, whole=whole, locked=locked)
    least, most = _band(given.free, low, high, None, None)
    if not len(given.free.weights):
        return given.joined(np.empty(0, dtype=np.int64))
    found = _Search(given.free, least, most, None, seed).run(seconds, watch)
    return given.joined(found.labels)


def _not_found(
    graph: Graph, found: Found, low: float, high: float, count: int | None
) -> NoPartition:
    """Say where the search stuck."""
    totals = np.bincount(found.labels, graph.weights)
    outside = np.flatnonzero((totals < low) | (totals > high))
    return NoPartition(
        _("No parts that all lie from %(low)s to %(high)s were found; %(count)s lie outside."),
        reason="not_found",
        units=np.flatnonzero(np.isin(found.labels, outside)),
        labels=found.labels,
        low=said(low),
        high=said(high),
        count=len(outside) if count is None else abs(len(totals) - count) + len(outside),
    )


def _impossible(
    graph: Graph, found: Found, low: float, high: float, count: int | None
) -> NoPartition:
    """Say that all sets of units were looked at, and where the best parts lie outside."""
    refusal = _not_found(graph, found, low, high, count)
    totals = np.bincount(found.labels, graph.weights)
    helps: dict[str, float] = {}
    if totals.min() >= low:
        helps = {"high": float(totals.max())}
    elif totals.max() <= high:
        helps = {"low": float(totals.min())}
    return NoPartition(
        _("No parts can all lie from %(low)s to %(high)s; of the nearest, %(count)s lie outside."),
        reason="impossible",
        units=refusal.units,
        labels=found.labels,
        helps=helps,
        **refusal.params,
    )


def _band(
    graph: Graph, low: float | None, high: float | None, count: int | None, tolerance: float | None
) -> tuple[float, float]:
    """Least and largest weight of a part."""
    if (low is None) != (high is None) or (low is None) == (count is None):
        raise InvalidInput(_("Give either a band (low and high) or a count of parts."))
    if count is not None:
        share = 0.05 if tolerance is None else tolerance
        if not 0 <= share < 1:
            raise InvalidInput(_("The tolerance is a share from 0 to below 1."))
        if not 0 < count <= len(graph.weights):
            raise InvalidInput(
                _("%(units)s units cannot be divided into %(count)s parts."),
                units=len(graph.weights),
                count=count,
            )
        mean = float(graph.weights.sum()) / count
        return mean * (1 - share), mean * (1 + share)
    assert low is not None  # noqa: S101 - for the type checker
    assert high is not None  # noqa: S101
    if not (0 < low <= high < np.inf):
        raise InvalidInput(_("The band begins above 0 and does not end before it begins."))
    return float(low), float(high)


class _Search:
    """Coolings over one graph, and the best parts that they came to."""

    def __init__(self, graph: Graph, low: float, high: float, count: int | None, seed: int) -> None:
        self.graph, self.low, self.high, self.count = graph, low, high, count
        self.random = np.random.default_rng(seed)
        self.best = self._judged(np.arange(len(graph.weights)))
        self.begun = time.monotonic()
        self.cooled = 0.0
        self.is_stopped = False
        self.is_proven = False

    def run(self, seconds: float | None, watch: Watch | None) -> Found:
        """Cool until all parts lie in the band, or until the time is over if there is one."""
        self.begun = time.monotonic()
        end = None if seconds is None else self.begun + seconds
        idle = 0
        for round_ in range(ROUNDS if end is None else MOST_ROUNDS):
            fresh = round_ % ANEW == 0
            part = np.arange(len(self.graph.weights)) if fresh else self.best.labels.copy()
            before = self.best
            is_over = self._cool(part, HOT if fresh else WARM, end, watch)
            idle = 0 if self.best is not before else idle + 1
            if is_over or (end is None and (self.best.strain == 0 or idle == PATIENCE)):
                break
        if self.best.strain and self.count is None and not self.is_stopped:
            self._choose_exactly(seconds)
        return self.best

    def _choose_exactly(self, seconds: float | None) -> None:
        """Take the best parts of all, where there are so few sets of units that it can be known."""
        known = self.best
        exact = best_parts(
            self.graph,
            self.low,
            self.high,
            strain=known.strain,
            cut=known.cut,
            seconds=seconds,
        )
        self.is_proven = exact.is_proven
        if exact.labels is not None:
            self.best = min(known, self._judged(exact.labels), key=lambda found: found.rank)

    def _cool(self, part: Numbers, hot: float, end: float | None, watch: Watch | None) -> bool:
        """One cooling in stretches; answers whether the time is over or the search was stopped."""
        graph = self.graph
        ground = Ground(graph.start, graph.beside, graph.shared, graph.weights)
        demand = Demand(self.low, self.high, self.count or 0, self._stake())
        steps = max(LEAST_STEPS, STEPS * len(graph.weights))
        heats = np.geomspace(hot, COLD, 2 + steps // CHUNK)
        for k, (before, after) in enumerate(pairwise(heats.tolist())):
            anneal(ground, demand, part, steps // (len(heats) - 1), before, after, self.random)
            now = self._judged(part)
            if now.rank < self.best.rank:
                self.best = now
            if watch is not None and watch(self._share(k + 1, len(heats) - 1, end), self.best):
                self.is_stopped = True
                return True
            if end is not None and time.monotonic() > end:
                return True
        return False

    def _stake(self) -> float:
        """How dear a part outside the band is, by how many units a part has."""
        whole = float(self.graph.weights.sum())
        units = len(self.graph.weights) * min(self.high, whole) / max(whole, 1e-9)
        return float(np.sqrt(max(1.0, units / USUAL)))

    def _share(self, stretch: int, stretches: int, end: float | None) -> float:
        """How much is done: of the time if there is one, else of the first cooling."""
        if end is not None:
            return min((time.monotonic() - self.begun) / max(end - self.begun, 1e-9), 1.0)
        self.cooled = max(self.cooled, stretch / stretches)
        return self.cooled

    def _judged(self, part: Numbers) -> Found:
        graph = self.graph
        _, labels = np.unique(part, return_inverse=True)
        total = np.bincount(labels, graph.weights)
        strain = sum(penalty(weight, self.low, self.high) for weight in total.tolist())
        if self.count is not None:
            strain += abs(len(total) - self.count)
        cut = graph.border[labels[graph.edges[:, 0]] != labels[graph.edges[:, 1]]].sum()
        return Found(labels.astype(np.int64), float(cut), float(strain))
