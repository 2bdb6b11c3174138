"""How far one comes: Dijkstra's search over a network, bounded, from places on its edges.

All costs are metres on the flat. A place meets the network at its joints: on an edge, so many
metres along its line, after so many metres walked straight to it. The cost of a node is the least
over all ways from all joints of the place, and is exactly what any other implementation of the
same search gives (Dijkstra 1959, doi:10.1007/BF01386390).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.reach.areas import walks
from geodata.reach.networks.network import Floats, Graph, Integers, Joints, Network
from geodata.spreading import cores

_IN_ONE_TASK = 16
"""Places searched by one thread before it takes the next ones."""


@dataclass(frozen=True, eq=False)
class Reached:
    """What each place reaches: place ``p`` the rows ``first[p]`` up to ``first[p + 1]``.

    Attributes:
        first: (p + 1) int64.
        node: (r) int32, by rising cost within a place.
        metres: (r) float64, the cost of each node, at most the limit.
    """

    first: NDArray[np.int64]
    node: Integers
    metres: Floats

    def __len__(self) -> int:
        """The number of places."""
        return len(self.first) - 1

    def of(self, place: int) -> tuple[Integers, Floats]:
        """The nodes that one place reaches, and their costs."""
        rows = slice(self.first[place], self.first[place + 1])
        return self.node[rows], self.metres[rows]


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest place of each node, or of each point.

    Attributes:
        metres: Its cost; inf where no place is within the limit.
        place: (int32) its row; -1 where there is none. Of equally near ones the lowest row.
    """

    metres: Floats
    place: Integers


def reach(
    graph: Graph, network: Network, joints: Joints, limit_m: float, *, count: int | None = None
) -> Reached:
    """The nodes within ``limit_m`` of each place, each place searched alone.

    Args:
        graph: The arcs that the walker takes.
        network: The network that it was made of.
        joints: Where the places meet it.
        limit_m: Metres on the flat, ends included.
        count: How many places there are; else up to the last that is joined. A place without
            joints reaches nothing.
    """
    first, node, cost = _seeds(graph, network, joints, count)
    count = len(first) - 1
    tasks = [(at, min(at + _IN_ONE_TASK, count)) for at in range(0, count, _IN_ONE_TASK)]

    scratch: SimpleQueue[Floats] = SimpleQueue()
    hands = max(1, min(cores(), len(tasks)))
    for _ in range(hands):
        scratch.put(np.full(len(network.nodes), np.inf))

    def work(task: tuple[int, int]) -> Any:
        best = scratch.get()
        try:
            return walks.bounded(
                graph.first, graph.to, graph.metres, first, node, cost, float(limit_m), *task, best
            )
        finally:
            scratch.put(best)

    if hands > 1:
        with ThreadPoolExecutor(hands) as pool:
            found = list(pool.map(work, tasks))
    else:
        found = [work(task) for task in tasks]
    sizes = np.concatenate([np.zeros(1, np.int64), *(part[0] for part in found)])
    return Reached(
        np.cumsum(sizes),
        np.concatenate([part[1] for part in found] or [np.zeros(0, np.int32)]),
        np.concatenate([part[2] for part in found] or [np.zeros(0)]),
    )


def nearest(graph: Graph, network: Network, joints: Joints, limit_m: float = np.inf) -> Nearest:
    """The nearest place of every node, all places searched at once.

    Args:
        graph: The arcs that the walker takes.
        network: The network that it was made of.
        joints: Where the places meet it.
        limit_m: Metres on the flat, ends included.
    """
    first, node, cost = _seeds(graph, network, joints, None)
    place = np.repeat(np.arange(len(first) - 1, dtype=np.int32), np.diff(first))
    metres, owner = walks.spread(
        graph.first, graph.to, graph.metres, node, cost, place, float(limit_m)
    )
    return Nearest(metres, owner)


def nearest_at(
    graph: Graph,
    network: Network,
    found: Nearest,
    points: Joints,
    *,
    sources: Joints | None = None,
    count: int | None = None,
) -> Nearest:
    """The nearest place of points that are joined to edges, by what is known of the nodes.

    Args:
        graph: The arcs that the walker took.
        network: The network that it was made of.
        found: The nearest place of every node.
        points: Where the points meet the network.
        sources: Where the places meet it: one on the same edge is reached without passing a node.
        count: How many points there are; else up to the last that is joined.

    Returns:
        For each point; of several joints the one that is nearest.
    """
    whole = count if count is not None else _count(points)
    begin, end = _to_ends(graph, network, points, leaving=False)
    ends = network.ends[points.edge]
    joints_metres, joints_place = walks.better(
        found.metres[ends[:, 0]] + begin,
        found.place[ends[:, 0]],
        found.metres[ends[:, 1]] + end,
        found.place[ends[:, 1]],
    )
    if sources is not None and len(sources.edge):
        order = np.argsort(sources.edge, kind="stable")
        edges = sources.edge[order]
        walks.along_edges(
            joints_metres,
            joints_place,
            points.edge,
            points.along_m,
            points.off_m,
            np.searchsorted(edges, points.edge, side="left"),
            np.searchsorted(edges, points.edge, side="right"),
            sources.place[order],
            sources.along_m[order],
            sources.off_m[order],
            network.metres,
            graph.forward,
            graph.backward,
        )
    return Nearest(*walks.least(whole, points.place, joints_metres, joints_place))


def costs_at(
    graph: Graph,
    network: Network,
    metres: Floats,
    points: Joints,
    *,
    sources: Joints | None = None,
    count: int | None = None,
) -> Floats:
    """What it costs to come to points on edges, by the costs of the nodes; inf: not reached."""
    one = Nearest(metres, np.where(np.isfinite(metres), 0, -1).astype(np.int32))
    return nearest_at(graph, network, one, points, sources=sources, count=count).metres


def _count(joints: Joints) -> int:
    last = max(
        int(joints.place[-1]) if len(joints.place) else -1,
        int(joints.apart[-1]) if len(joints.apart) else -1,
    )
    return last + 1


def _to_ends(
    graph: Graph, network: Network, joints: Joints, *, leaving: bool
) -> tuple[Floats, Floats]:
    """What it costs from each joint's place to both ends of its edge, or from them to it."""
    edge = joints.edge
    length = network.metres[edge]
    share = np.divide(joints.along_m, length, out=np.zeros(len(edge)), where=length > 0)
    share = np.clip(share, 0.0, 1.0)
    forward, backward = graph.forward[edge], graph.backward[edge]
    if not leaving:
        forward, backward = backward, forward
    with np.errstate(invalid="ignore"):  # a closed edge is inf; who stands at its end is there
        to_begin = np.where(share == 0.0, 0.0, backward * share)
        to_end = np.where(share == 1.0, 0.0, forward * (1.0 - share))
    return to_begin + joints.off_m, to_end + joints.off_m


def _seeds(
    graph: Graph, network: Network, joints: Joints, count: int | None
) -> tuple[NDArray[np.int64], Integers, Floats]:
    """The nodes from which each place starts: rows by place, two for each joint."""
    whole = _count(joints) if count is None else count
    begin, end = _to_ends(graph, network, joints, leaving=True)
    place = np.repeat(joints.place, 2)
    node = network.ends[joints.edge].ravel()
    cost = np.column_stack([begin, end]).ravel()
    first = np.zeros(whole + 1, dtype=np.int64)
    np.cumsum(np.bincount(place, minlength=whole), out=first[1:])
    return first, node.astype(np.int32), cost
