"""How far it is from each demand to each candidate: along streets, or as the crow flies."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from geodata.reach.networks.network import Graph, Joints, Network

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
ROWS_AT_ONCE: Final = 4_000_000
"""Ways held in memory before the shortest are kept."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways within a limit, one for each pair, ascending by demand, then candidate.

    Attributes:
        demand: (k) int32.
        candidate: (k) int32.
        metres: (k).
    """

    demand: Integers
    candidate: Integers
    metres: Floats


def straight(demands: Floats, candidates: Floats, limit_m: float) -> Ways:
    """Ways as the crow flies.

    Args:
        demands: (n, 2) in a plane of metres.
        candidates: (m, 2) in the same plane.
        limit_m: How long a way is at most; inf: all.
    """
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to load

    if not len(demands) or not len(candidates):
        return _shortest([])
    if np.isinf(limit_m):
        both = np.concatenate([demands, candidates])
        limit_m = float(np.hypot(*np.ptp(both, axis=0))) + 1.0
    near = KDTree(demands).sparse_distance_matrix(
        KDTree(candidates), limit_m, output_type="ndarray"
    )
    return _shortest([(near["i"], near["j"], near["v"])])


def walked(
    network: Network,
    graph: Graph,
    demands: Joints,
    candidates: Joints,
    limit_m: float,
    *,
    count: int,
) -> Ways:
    """Ways along streets, from a candidate to a demand; what is not joined has none.

    Args:
        network: Streets.
        graph: The same as the walker takes them.
        demands: Where people are joined.
        candidates: Where candidates are joined.
        limit_m: How long a way is at most.
        count: How many candidates there are.
    """
    from geodata.reach.areas.searching import reach  # noqa: PLC0415 - numba

    if not len(demands.edge) or not len(candidates.edge):
        return _shortest([])
    reached = reach(graph, network, candidates, limit_m, count=count)
    whose = np.repeat(np.arange(count, dtype=np.int32), np.diff(reached.first))
    order = np.argsort(reached.node, kind="stable")
    whose, metres = whose[order], reached.metres[order]
    first = np.searchsorted(reached.node[order], np.arange(len(network.nodes) + 1))
    parts = [_along(network, graph, demands, candidates)]
    for end, cost in enumerate(_from_ends(network, graph, demands)):
        node = network.ends[demands.edge, end]
        for rows in _blocks(np.diff(first)[node]):
            sizes = np.diff(first)[node[rows]]
            at = np.repeat(first[node[rows]] - np.cumsum(sizes) + sizes, sizes)
            at += np.arange(len(at))
            whole = metres[at] + np.repeat(cost[rows], sizes)
            near = whole <= limit_m
            demand = np.repeat(demands.place[rows], sizes)
            parts.append((demand[near], whose[at][near], whole[near]))
    one, other, far = parts[0]
    parts[0] = (one[far <= limit_m], other[far <= limit_m], far[far <= limit_m])
    return _shortest(parts)


def _from_ends(network: Network, graph: Graph, joints: Joints) -> tuple[Floats, Floats]:
    """What it costs to come to each joint's place from the begin and from the end of its edge."""
    edge, length = joints.edge, network.metres[joints.edge]
    share = np.divide(joints.along_m, length, out=np.zeros(len(edge)), where=length > 0)
    share = np.clip(share, 0.0, 1.0)
    with np.errstate(invalid="ignore"):  # a closed edge is inf; who stands at its end is there
        begin = np.where(share == 0.0, 0.0, graph.forward[edge] * share)
        end = np.where(share == 1.0, 0.0, graph.backward[edge] * (1.0 - share))
    return begin + joints.off_m, end + joints.off_m


def _along(
    network: Network, graph: Graph, demands: Joints, candidates: Joints
) -> tuple[Integers, Integers, Floats]:
    """Ways between two on the same edge that pass no node."""
    order = np.argsort(candidates.edge, kind="stable")
    edges = candidates.edge[order]
    begin = np.searchsorted(edges, demands.edge, side="left")
    sizes = np.searchsorted(edges, demands.edge, side="right") - begin
    one = np.repeat(np.arange(len(demands.edge)), sizes)
    at = np.repeat(begin - np.cumsum(sizes) + sizes, sizes) + np.arange(len(one))
    other = order[at]
    edge = demands.edge[one]
    length = network.metres[edge]
    step = demands.along_m[one] - candidates.along_m[other]
    share = np.divide(np.abs(step), length, out=np.zeros(len(one)), where=length > 0)
    with np.errstate(invalid="ignore"):
        cost = np.where(step >= 0, graph.forward[edge], graph.backward[edge]) * share
    cost = np.where(share == 0.0, 0.0, cost) + demands.off_m[one] + candidates.off_m[other]
    return demands.place[one], candidates.place[other], cost


def _blocks(sizes: NDArray[np.int64]) -> list[slice]:
    """Rows cut so that each block has about as many ways as may be held."""
    whole = np.cumsum(sizes)
    marks = np.arange(ROWS_AT_ONCE, int(whole[-1]) if len(whole) else 0, ROWS_AT_ONCE)
    cuts = [0, *np.searchsorted(whole, marks).tolist(), len(sizes)]
    return [slice(a, b) for a, b in itertools.pairwise(cuts) if b > a]


def _shortest(parts: list[tuple[Integers, Integers, Floats]]) -> Ways:
    """The shortest way of each pair."""
    demand = np.concatenate([np.zeros(0, np.int32), *(one for one, _, _ in parts)])
    candidate = np.concatenate([np.zeros(0, np.int32), *(one for _, one, _ in parts)])
    metres = np.concatenate([np.zeros(0), *(far for _, _, far in parts)])
    known = np.isfinite(metres)  # of a closed street
    demand, candidate, metres = demand[known], candidate[known], metres[known]
    order = np.lexsort((metres, candidate, demand))
    demand, candidate, metres = demand[order], candidate[order], metres[order]
    first = np.ones(len(demand), dtype=bool)
    first[1:] = (np.diff(demand) != 0) | (np.diff(candidate) != 0)
    return Ways(demand[first].astype(np.int32), candidate[first].astype(np.int32), metres[first])
