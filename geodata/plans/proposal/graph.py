"""What a search works on: units as numbers, who is beside whom, what stays together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geodata.errors import InvalidInput
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.plans.proposal.impossible import NoPartition

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Graph:
    """Units to be divided: each pair of neighbours once, and as compressed rows.

    ``border`` is what the pairs share, scaled to a mean of 1; the neighbours of unit ``i`` are
    ``beside[start[i]:start[i + 1]]`` and what it shares with them stands in ``shared``.
    """

    weights: Weights
    edges: Numbers
    border: Weights
    start: Numbers
    beside: Numbers
    shared: Weights


@dataclass(frozen=True)
class Given:
    """All units as given; ``node`` is each one's place in the graph, -1 of the locked ones."""

    free: Graph
    node: Numbers
    locked: Numbers

    @property
    def locked_count(self) -> int:
        """How many parts are locked."""
        return len(np.unique(self.locked[self.locked >= 0]))

    def joined(self, labels: Numbers) -> Numbers:
        """The part of every given unit, counted in the order of their first units."""
        of = self.locked.copy()
        is_free = self.node >= 0
        above = int(of.max(initial=-1)) + 1
        of[is_free] = above + labels[self.node[is_free]]
        return np.asarray(pd.factorize(of)[0], dtype=np.int64)

    def told(self, refusal: NoPartition) -> NoPartition:
        """The same refusal in terms of the given units."""
        refusal.units = np.flatnonzero(np.isin(self.node, refusal.units))
        if refusal.labels is not None:
            refusal.labels = self.joined(refusal.labels)
        for other in refusal.further:
            self.told(other)
        return refusal


def given_graph(
    edges: ArrayLike,
    weights: ArrayLike,
    *,
    border: ArrayLike | None,
    whole: ArrayLike | None,
    locked: ArrayLike | None,
) -> Given:
    """Units as they were given, and the graph of those that are free.

    Raises:
        InvalidInput: The arguments make no sense.
        NoPartition: Units that are to stay together lie apart.
    """
    weight = _weights(weights)
    n = len(weight)
    pairs = _pairs(edges, n)
    length = _lengths(border, len(pairs))
    fixed = _parts(locked, n)
    free = fixed < 0
    node = np.full(n, -1, dtype=np.int64)
    group = _groups(whole, n)
    node[free] = pd.factorize(group[free])[0]
    _prove_together(pairs, group, free)
    inside = (node[pairs] >= 0).all(axis=1)
    totals = np.bincount(node[free], weight[free]).astype(float)
    return Given(compressed(totals, node[pairs[inside]], length[inside]), node, fixed)


def compressed(weights: Weights, edges: Numbers, border: Weights) -> Graph:
    """A graph of these pairs, those given twice added up, those of a unit with itself left out."""
    n = len(weights)
    low, high = edges.min(axis=1, initial=n), edges.max(axis=1, initial=-1)
    between = low != high
    once, place = np.unique(low[between] * n + high[between], return_inverse=True)
    pairs = np.stack((once // max(n, 1), once % max(n, 1)), axis=1).astype(np.int64)
    shared = np.bincount(place, border[between], minlength=len(pairs)).astype(float)
    mean = shared.mean() if len(shared) and shared.mean() > 0 else 1.0
    shared = shared / mean
    ends = np.concatenate((pairs, pairs[:, ::-1]))
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends[:, 0], minlength=n), out=start[1:])
    both = np.concatenate((shared, shared))[order]
    return Graph(weights.astype(float), pairs, shared, start, ends[order, 1], both)


def neighbour_rows(edges: Numbers, n: int) -> csr_array:
    """The graph of these pairs as a symmetric matrix of ones."""
    pairs = np.concatenate((edges, edges[:, ::-1]))
    return csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))


def pieces(edges: Numbers, n: int) -> Numbers:
    """Which connected piece each unit belongs to."""
    if not n:
        return np.empty(0, dtype=np.int64)
    of = connected_components(neighbour_rows(edges, n), directed=False)[1]
    return np.asarray(of, dtype=np.int64)


def said(weight: float) -> str:
    """A weight as people read it."""
    return f"{weight:,.6g}"


def _weights(given: ArrayLike) -> Weights:
    weights = np.asarray(given, dtype=float)
    if weights.ndim != 1 or not len(weights):
        raise InvalidInput(_("There are no units to divide."))
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise InvalidInput(
            _("The weight of unit %(unit)s is %(weight)s; it must be a number from 0."),
            unit=int(wrong[0]),
            weight=str(weights[wrong[0]]),
        )
    return weights


def _pairs(given: ArrayLike, n: int) -> Numbers:
    pairs = np.asarray(given)
    if pairs.size == 0:
        return np.empty((0, 2), dtype=np.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.issubdtype(pairs.dtype, np.integer):
        raise InvalidInput(_("Neighbours are given as pairs of whole numbers."))
    if pairs.min() < 0 or pairs.max() >= n:
        raise InvalidInput(_("A pair of neighbours names a unit that is not there."))
    return pairs.astype(np.int64)


def _lengths(given: ArrayLike | None, m: int) -> Weights:
    lengths = np.ones(m) if given is None else np.asarray(given, dtype=float)
    if lengths.shape != (m,) or not (np.isfinite(lengths) & (lengths >= 0)).all():
        raise InvalidInput(_("Each pair of neighbours needs one length of border, not negative."))
    return lengths


def _parts(given: ArrayLike | None, n: int) -> Numbers:
    parts = np.full(n, -1) if given is None else np.asarray(given)
    if parts.shape != (n,) or not np.issubdtype(parts.dtype, np.integer):
        raise InvalidInput(_("Locked parts are given as one whole number a unit, -1 for none."))
    numbers: Numbers = np.maximum(parts, -1).astype(np.int64)
    return numbers


def _groups(given: ArrayLike | None, n: int) -> Numbers:
    """Numbers of the groups that stay together; every other unit is a group of its own."""
    alone = np.arange(n, dtype=np.int64)
    if given is None:
        return alone
    values = np.asarray(given, dtype=object)
    if values.shape != (n,):
        raise InvalidInput(_("What stays together is given as one value a unit."))
    codes, _values = pd.factorize(
        np.array([None if value == "" else value for value in values.tolist()], dtype=object)
    )
    return np.where(codes >= 0, n + codes, alone)


def _prove_together(pairs: Numbers, group: Numbers, free: NDArray[np.bool_]) -> None:
    """Refuse groups whose units do not touch each other."""
    from geodata.plans.proposal.impossible import NoPartition  # noqa: PLC0415 - it needs this module

    same = (group[pairs[:, 0]] == group[pairs[:, 1]]) & free[pairs].all(axis=1)
    of = pieces(pairs[same], len(group))
    counted = pd.Series(of[free]).groupby(group[free]).nunique()
    apart = counted.index[counted > 1].to_numpy()
    if len(apart):
        raise NoPartition(
            _("Units that are to stay in one part do not touch each other."),
            reason="apart",
            units=np.flatnonzero(free & (group == apart[0])),
        )
