"""Why a net cannot be: the units that make a demand impossible, and what would help.

Each check is a proof. What passes all of them may still be impossible, for the question as such is
NP-complete (Dyer, Frieze: On the complexity of partitioning graphs into connected subgraphs, 1985);
then a small graph is decided by choosing among all sets of units (``exactly``), and of a larger one
the search says where it stuck.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from geodata.errors import InvalidInput
from geodata.plans.proposal.graph import Numbers, Weights, neighbour_rows, pieces, said
from geodata.words import sentence as _


class NoPartition(InvalidInput):
    """The demand cannot be met.

    Attributes:
        reason: ``too_heavy`` ``too_light`` ``indivisible`` ``stuck`` ``neck`` ``apart``
            ``impossible`` or ``not_found``; see the sentence.
        units: Positions of the units that are at fault.
        labels: The best parts that were found, if the search was begun.
        helps: Changes of the demand with which this fault would be gone:
            ``{"low": …}``, ``{"high": …}``.
        further: Other faults of other units, if there are several.
    """

    def __init__(
        self,
        sentence: str,
        *,
        reason: str,
        units: Numbers,
        labels: Numbers | None = None,
        helps: dict[str, float] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(sentence, **params)
        self.reason = reason
        self.units = units
        self.labels = labels
        self.helps = helps or {}
        self.further: list[NoPartition] = []


def prove_possible(edges: Numbers, weights: Weights, low: float, high: float) -> None:
    """Refuse what can be shown to be impossible.

    Args:
        edges: Pairs of neighbouring units, m × 2.
        weights: Weight of each unit.
        low: Least weight of a part.
        high: Largest weight of a part.

    Raises:
        NoPartition: With the units at fault.
    """
    found: list[NoPartition] = []
    blamed = np.zeros(len(weights), dtype=bool)
    for fault in _faults(edges, weights, low, high):
        if not blamed[fault.units].any():
            found.append(fault)
            blamed[fault.units] = True
    if found:
        found[0].further = found[1:]
        raise found[0]


def _faults(edges: Numbers, weights: Weights, low: float, high: float) -> Iterator[NoPartition]:
    """All that can be shown to make a demand impossible, the plainest first."""
    heavy = np.flatnonzero(weights > high)
    if len(heavy):
        yield NoPartition(
            _("%(count)s units weigh more than %(high)s, the heaviest %(weight)s."),
            reason="too_heavy",
            units=heavy,
            helps={"high": float(weights.max())},
            count=len(heavy),
            high=said(high),
            weight=said(weights.max()),
        )
    yield from _faulty_pieces(edges, weights, low, high)
    yield from _stuck(edges, weights, low, high)
    yield from _necks(edges, weights, low, high)


def _stuck(edges: Numbers, weights: Weights, low: float, high: float) -> Iterator[NoPartition]:
    """Light units whose every neighbour is too heavy for them."""
    # Two units that are together too heavy are never in one part.
    bearable = edges[weights[edges].sum(axis=1) <= high]
    of = pieces(bearable, len(weights))
    totals = np.bincount(of, weights)
    whole = pieces(edges, len(weights))
    for piece in np.flatnonzero(totals < low).tolist():
        units = np.flatnonzero(of == piece)
        if len(units) == np.count_nonzero(whole == whole[units[0]]):
            continue  # cut off from all else: told already
        yield NoPartition(
            _(
                "Units of %(weight)s in all are less than %(low)s, and each neighbour would make"
                " one part heavier than %(high)s."
            ),
            reason="stuck",
            units=units,
            helps={
                "low": float(totals[piece]),
                "high": _lightest_way_out(edges, weights, of, piece),
            },
            weight=said(totals[piece]),
            low=said(low),
            high=said(high),
        )


def _faulty_pieces(
    edges: Numbers, weights: Weights, low: float, high: float
) -> Iterator[NoPartition]:
    """A piece of ground, unconnected with the rest, that no number of parts fills."""
    of = pieces(edges, len(weights))
    for piece, total in enumerate(np.bincount(of, weights).tolist()):
        most, least = int(total // low), int(np.ceil(total / high))
        if least <= most and most >= 1:
            continue
        units = np.flatnonzero(of == piece)
        if most == 0:
            yield NoPartition(
                _("Units connected with no others weigh %(weight)s in all, less than %(low)s."),
                reason="too_light",
                units=units,
                helps={"low": total},
                weight=said(total),
                low=said(low),
            )
            continue
        yield NoPartition(
            _("%(weight)s in all cannot be divided into parts of %(low)s to %(high)s."),
            reason="indivisible",
            units=units,
            helps={"low": total / least, "high": total / most},
            weight=said(total),
            low=said(low),
            high=said(high),
        )


def _lightest_way_out(edges: Numbers, weights: Weights, of: Numbers, piece: int) -> float:
    """The upper end of the band at which one of these units could join a neighbour."""
    leaving = edges[(of[edges] == piece).sum(axis=1) == 1]
    return float(weights[leaving].sum(axis=1).min())


def _necks(edges: Numbers, weights: Weights, low: float, high: float) -> Iterator[NoPartition]:
    """Light pockets behind one unit that are together too heavy for it.

    A pocket that is reached only over one unit and is lighter than ``low`` is in that unit's part.
    """
    for unit, pockets in _Depths(edges, weights).pockets(low):
        units = np.sort(np.concatenate([[unit], *pockets])).astype(np.int64)
        total = float(weights[units].sum())
        if total <= high:
            continue
        yield NoPartition(
            _(
                "Units of %(weight)s in all hang on one of them and must be in one part, which"
                " may hold %(high)s."
            ),
            reason="neck",
            units=units,
            helps={"high": total},
            weight=said(total),
            high=said(high),
        )


class _Depths:
    """One depth-first pass over a graph: what lies behind each unit.

    Hopcroft, Tarjan: Efficient algorithms for graph manipulation, 1973.
    """

    def __init__(self, edges: Numbers, weights: Weights) -> None:
        graph = neighbour_rows(edges, len(weights))
        self.start, self.beside = graph.indptr.tolist(), graph.indices.tolist()
        self.weights = weights
        n = len(weights)
        self.depth = [-1] * n
        self.reach = [0] * n
        """The least depth that a unit's descendants are beside."""
        self.above = [-1] * n
        self.root = [0] * n
        self.order: list[int] = []
        for unit in range(n):
            if self.depth[unit] < 0:
                self._descend(unit)
        self.below = weights.tolist()
        for unit in reversed(self.order):
            if self.above[unit] >= 0:
                self.below[self.above[unit]] += self.below[unit]

    def _descend(self, root: int) -> None:
        depth, reach, above = self.depth, self.reach, self.above
        depth[root] = reach[root] = 0
        path = [(root, iter(self._around(root)))]
        self.order.append(root)
        self.root[root] = root
        while path:
            here, left = path[-1]
            there = next(left, None)
            if there is None:
                path.pop()
                if above[here] >= 0:
                    reach[above[here]] = min(reach[above[here]], reach[here])
            elif depth[there] < 0:
                depth[there] = reach[there] = depth[here] + 1
                above[there] = here
                self.root[there] = root
                self.order.append(there)
                path.append((there, iter(self._around(there))))
            elif there != above[here]:
                reach[here] = min(reach[here], depth[there])

    def _around(self, unit: int) -> list[int]:
        around: list[int] = self.beside[self.start[unit] : self.start[unit + 1]]
        return around

    def pockets(self, low: float) -> Iterator[tuple[int, list[Numbers]]]:
        """Units over which alone pockets lighter than ``low`` are reached, and these pockets."""
        behind: dict[int, list[int]] = {}
        for unit in self.order:
            above = self.above[unit]
            if above >= 0 and self.reach[unit] >= self.depth[above]:
                behind.setdefault(above, []).append(unit)
        for unit, heads in behind.items():
            whole = self.below[self.root[unit]]
            rest = whole - self.weights[unit] - sum(self.below[head] for head in heads)
            light = [self._under(head) for head in heads if self.below[head] < low]
            if self.above[unit] >= 0 and rest < low:
                light.append(self._beyond(unit, heads))
            if light:
                yield unit, light

    def _under(self, head: int) -> Numbers:
        """A unit with all its descendants."""
        found = [head]
        for unit in found:
            found.extend(there for there in self._around(unit) if self.above[there] == unit)
        return np.array(found, dtype=np.int64)

    def _beyond(self, unit: int, heads: list[int]) -> Numbers:
        """What remains of a unit's piece without it and all behind these heads."""
        inside = {unit}.union(*(self._under(head).tolist() for head in heads))
        whole = self._under(self.root[unit]).tolist()
        return np.array([other for other in whole if other not in inside], dtype=np.int64)
