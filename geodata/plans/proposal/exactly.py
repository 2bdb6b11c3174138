"""The best parts of a small graph, proven.

Every set of units that could be a part is written down, and those that cover each unit once at the
least cost are chosen by integer programming.

The parts of a net have a few units each, so there are not many sets to write down: some thousands
for a community. Units where nobody lives would make them many; they are in a set only where it
would fall apart without them, for any that is left over may be given to a part beside it.

What the linear programme says of each set (its reduced cost) leaves only those that could be in an
answer better than the one known; so the integer programme is small (Balinski: On a maximum
matching, minimum covering and their connections, 1970; Mehrotra, Johnson, Nemhauser: An
optimization based heuristic for political districting, 1998).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_array

from geodata.plans.proposal.graph import Graph, Numbers, Weights
from geodata.plans.proposal.search import FARTHER, OUTSIDE, penalty

MOST_UNITS: Final = 400
"""Larger graphs are not tried."""
MOST_SETS: Final = 60_000
"""So many sets are written down before it is given up: about a second."""
MOST_CHOSEN: Final = 2_500
"""From so many sets is chosen at most, those that promise most: some seconds."""
MOST_NODES: Final = 200
"""Nodes of the tree that the integer programme looks at; counted, so that the answer repeats."""
MOST_PATIENCE: Final = 20.0
"""By so much at most the limits above are wider for who gives it time: a second is 1."""
BORDER: Final = 0.04
"""What all border of the known parts counts, so that of equal answers the shorter one is taken: a
household outside the band counts more."""
EXACT: Final = 1e-6


@dataclass(frozen=True)
class Best:
    """The parts that were chosen, if they are better than the known ones, and what is proven.

    Attributes:
        labels: The part of each unit; None: none better than the known ones was found.
        is_proven: Whether no better ones exist.
    """

    labels: Numbers | None
    is_proven: bool


def best_parts(
    graph: Graph,
    low: float,
    high: float,
    *,
    strain: float,
    cut: float,
    seconds: float | None = None,
) -> Best:
    """Parts that lie outside the band by as little as can be.

    Args:
        graph: In one piece.
        low: Least weight of a part.
        high: Most weight of a part.
        strain: What the parts that are known cost for lying outside.
        cut: Their border.
        seconds: How long may be chosen; more sets are looked at the longer it is. None: as many as
            take a few seconds, counted, so that the answer repeats.
    """
    effort = _Effort.of(seconds)
    nothing = Best(None, is_proven=False)
    if len(graph.weights) > MOST_UNITS:
        return nothing
    # Of parts that are better, none lies farther outside than all the known ones together.
    far = max((strain - OUTSIDE) / FARTHER, 0.0)
    sets = _sets(graph, low * (1 - far) * (1 - EXACT), high * (1 + far) * (1 + EXACT), effort.sets)
    if sets is None:
        return nothing
    if not sets.masks:
        return Best(None, is_proven=True)
    border = BORDER / 2 / max(cut, EXACT)
    cost = np.array([penalty(weight, low, high) for weight in sets.weights])
    cost = cost + border * sets.borders(graph)
    matrix = sets.matrix(len(graph.weights))
    chosen, is_proven = _chosen(matrix, cost, graph, strain + BORDER, effort)
    if chosen is None:
        return Best(None, is_proven=is_proven)
    return Best(_labels(graph, [sets.masks[k] for k in chosen]), is_proven=is_proven)


@dataclass(frozen=True)
class _Effort:
    """How much is looked at before it is given up."""

    sets: int
    chosen: int
    options: dict[str, float]

    @classmethod
    def of(cls, seconds: float | None) -> _Effort:
        times = min(max(seconds or 1.0, 1.0), MOST_PATIENCE)
        options = {"node_limit": int(MOST_NODES * times), "mip_rel_gap": 0.001}
        if seconds is not None:
            options["time_limit"] = seconds
        return cls(int(MOST_SETS * times), int(MOST_CHOSEN * times), options)


@dataclass(frozen=True)
class _Sets:
    """Connected sets of units as bits, and their weights."""

    masks: list[int]
    weights: list[float]

    def matrix(self, units: int) -> Any:
        rows: list[int] = []
        start = [0]
        for mask in self.masks:
            rows.extend(_bits(mask))
            start.append(len(rows))
        return csc_array((np.ones(len(rows)), rows, start), shape=(units, len(self.masks)))

    def borders(self, graph: Graph) -> Weights:
        """The border of each with all that is not in it."""
        inside = self.matrix(len(graph.weights))
        one, other = graph.edges.T
        both = inside.tocsr()[one].multiply(inside.tocsr()[other])
        around = np.bincount(one, graph.border, len(graph.weights)) + np.bincount(
            other, graph.border, len(graph.weights)
        )
        return np.asarray(inside.T @ around - 2 * (both.T @ graph.border), dtype=float)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _sets(graph: Graph, least: float, most: float, limit: int) -> _Sets | None:
    """All connected sets of this weight, without weightless units that hold nothing together.

    Each is grown from a lighter one by a unit that is beside it, or reached from it over a path of
    weightless units of which only the first is beside it. None: they are too many.
    """
    weight = graph.weights.tolist()
    beside = [0] * len(weight)
    for one, other in graph.edges.tolist():
        beside[one] |= 1 << other
        beside[other] |= 1 << one
    empty = sum(1 << unit for unit, its in enumerate(weight) if its <= 0)
    found = _Sets([], [])
    grown = {
        1 << unit: (its, beside[unit]) for unit, its in enumerate(weight) if 0 < its <= most
    }  # fmt: skip
    seen = 0
    while grown:
        larger: dict[int, tuple[float, int]] = {}
        for mask, (total, around) in grown.items():
            if total >= least:
                found.masks.append(mask)
                found.weights.append(total)
            for path, unit in _next(mask, around & ~mask, beside, empty):
                bigger = mask | path | 1 << unit
                if total + weight[unit] <= most and bigger not in larger:
                    rim = around | beside[unit]
                    for step in _bits(path):
                        rim |= beside[step]
                    larger[bigger] = (total + weight[unit], rim)
            if seen + len(larger) > limit:
                return None
        seen += len(larger)
        grown = larger
    return found


def _next(mask: int, around: int, beside: list[int], empty: int) -> Iterator[tuple[int, int]]:
    """The units by which a set may grow, each with the path of weightless units to it."""
    for unit in _bits(around & ~empty):
        yield 0, unit
    paths = [(unit, 1 << unit, around) for unit in _bits(around & empty)]
    while paths:
        last, path, near = paths.pop()
        for unit in _bits(beside[last] & ~mask & ~path & ~near):
            if empty >> unit & 1:
                paths.append((unit, path | 1 << unit, near | beside[last]))
            else:
                yield path, unit


def _chosen(
    matrix: Any, cost: Weights, graph: Graph, known: float, effort: _Effort
) -> tuple[list[int] | None, bool]:
    """The sets that cover all units at the least cost, if below the known one; is it proven."""
    lived = graph.weights > 0
    least = lived.astype(float)
    # Each unit where somebody lives once, each other at most once.
    loose = linprog(
        cost,
        A_ub=matrix.tocsr()[~lived] if (~lived).any() else None,
        b_ub=np.ones(int((~lived).sum())) if (~lived).any() else None,
        A_eq=matrix.tocsr()[lived],
        b_eq=np.ones(int(lived.sum())),
        bounds=(0, None),
        method="highs",
    )
    if loose.status == 2:  # there is no answer
        return None, True
    if loose.status != 0:
        return None, False
    room = known - loose.fun + EXACT
    price = np.zeros(len(graph.weights))
    price[lived] = loose.eqlin.marginals
    if (~lived).any():
        price[~lived] = loose.ineqlin.marginals
    reduced = cost - matrix.T @ price
    some = np.flatnonzero(reduced <= room)
    if room < 0 or not len(some):
        return None, True
    has_all = len(some) <= effort.chosen
    if not has_all:
        some = np.sort(some[np.argsort(reduced[some], kind="stable")[: effort.chosen]])
    answer = milp(
        cost[some],
        constraints=LinearConstraint(matrix[:, some], least, 1),
        integrality=np.ones(len(some)),
        bounds=Bounds(0, 1),
        options=effort.options,
    )
    if answer.x is None:
        return None, has_all and answer.status == 2
    return some[answer.x > 0.5].tolist(), has_all and answer.status == 0


def _labels(graph: Graph, masks: list[int]) -> Numbers:
    """Parts of these units; the weightless ones left over go to the part with most border."""
    labels = np.full(len(graph.weights), -1, dtype=np.int64)
    for number, mask in enumerate(masks):
        labels[list(_bits(mask))] = number
    while (labels < 0).any():
        shares: dict[tuple[int, int], float] = {}
        for (one, other), metres in zip(graph.edges.tolist(), graph.border.tolist(), strict=True):
            for waits, gives in ((one, other), (other, one)):
                if labels[waits] < 0 <= labels[gives]:
                    key = (waits, int(labels[gives]))
                    shares[key] = shares.get(key, 0.0) + metres
        if not shares:
            break
        for (waits, part), _metres in sorted(shares.items(), key=lambda it: (it[1], it[0])):
            labels[waits] = part
    return labels
