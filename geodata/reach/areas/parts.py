"""Which parts of streets are reached, exactly, as arrays and as lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.reach.areas import pieces
from geodata.reach.areas.searching import Nearest, Reached
from geodata.reach.networks.network import Floats, Graph, Integers, Joints, Network


@dataclass(frozen=True, eq=False)
class Marks:
    """Where places stand on edges, ordered to be found: by place (if so wanted), edge, metres."""

    first: NDArray[np.int64]
    edge: Integers
    rows: Floats
    """(k, 3) metres along the edge, metres off it, the place."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Reached parts of edges.

    Attributes:
        place: (k) int32, who reaches them.
        edge: (k) int32.
        metres: (k, 2) where they begin and end along the edge's line.
        costs: (k, 2) what it costs to come there, metres on the flat.
    """

    place: Integers
    edge: Integers
    metres: Floats
    costs: Floats

    def streets_m(self, count: int) -> Floats:
        """How many metres of street each of ``count`` places reaches; no metre counts twice."""
        lengths = self.metres[:, 1] - self.metres[:, 0]
        return np.bincount(self.place, lengths, minlength=count).astype(np.float64)

    def lines(self, network: Network) -> NDArray[np.object_]:
        """(k) lines in the CRS of the network, drawn as the streets are."""
        return cut_lines(network, self.edge, self.metres[:, 0], self.metres[:, 1])


def marks_of(joints: Joints, count: int, *, by_place: bool) -> Marks:
    """Joints in the order in which the loops look for them."""
    table = np.column_stack([joints.along_m, joints.off_m, joints.place.astype(float)])
    place = joints.place if by_place else np.zeros_like(joints.place)
    order = np.lexsort((joints.along_m, joints.edge, place))
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(joints.place, minlength=count), out=first[1:])
    return Marks(first, joints.edge[order].astype(np.int32), table[order])


def reached_parts(
    graph: Graph, network: Network, joints: Joints, reached: Reached, limit_m: float
) -> Parts:
    """What each place reaches of each edge within ``limit_m``, each place by itself.

    Args:
        graph: The arcs that the walker takes.
        network: The network that it was made of.
        joints: Where the places meet it.
        reached: What was found from them within ``limit_m`` or more.
        limit_m: Metres on the flat.
    """
    marks = marks_of(joints, len(reached), by_place=True)
    cost = np.full(len(network.nodes), np.inf)
    stamp = np.full(len(network), -1, np.int32)
    begins, counts = np.zeros(len(network), np.int64), np.zeros(len(network), np.int32)
    tables, edges = [np.zeros((0, 4))], [np.zeros(0, np.int32)]
    for place in range(len(reached)):
        table, edge = pieces.of_place(
            *reached.of(place),
            float(limit_m),
            graph.first,
            graph.edge,
            network.ends,
            network.metres,
            graph.forward,
            graph.backward,
            marks.edge,
            marks.rows,
            marks.first[place],
            marks.first[place + 1],
            cost,
            stamp,
            place,
            begins,
            counts,
        )
        tables.append(table)
        edges.append(edge)
    sizes = [len(edge) for edge in edges[1:]]
    whole = np.concatenate(tables)
    return Parts(
        np.repeat(np.arange(len(sizes), dtype=np.int32), sizes),
        np.concatenate(edges),
        whole[:, :2],
        whole[:, 2:],
    )


def nearest_parts(
    graph: Graph, network: Network, joints: Joints, found: Nearest, limit_m: float
) -> Parts:
    """The parts of edges within ``limit_m`` of any place, each with the nearest place."""
    marks = marks_of(joints, int(joints.place.max(initial=-1)) + 1, by_place=False)
    begins, counts = np.zeros(len(network), np.int64), np.zeros(len(network), np.int32)
    table, edge, owner = pieces.of_all(
        found.metres,
        found.place,
        float(limit_m),
        network.ends,
        network.metres,
        graph.forward,
        graph.backward,
        marks.edge,
        marks.rows,
        begins,
        counts,
    )
    return Parts(owner, edge, table[:, :2], table[:, 2:])


def cut_lines(network: Network, edge: Integers, begin: Floats, end: Floats) -> NDArray[np.object_]:
    """The lines of edges between two metres each."""
    along, starts = network.along, network.starts
    if not len(edge):
        return np.zeros(0, dtype=object)
    owner = np.repeat(np.arange(len(network)), np.diff(starts))
    # One rising row of metres for all edges: each edge begins where the one before it ends.
    lengths = along[starts[1:] - 1]
    offsets = np.concatenate([[0.0], np.cumsum(lengths + 1.0)])
    whole = along + offsets[owner]
    low = np.searchsorted(whole, begin + offsets[edge], side="right")
    high = np.searchsorted(whole, end + offsets[edge], side="left")
    low = np.clip(low, starts[edge] + 1, starts[edge + 1] - 1)
    high = np.clip(high, low, starts[edge + 1] - 1)
    inner = high - low
    rows = np.repeat(np.arange(len(edge)), inner + 2)
    heads = np.cumsum(inner + 2) - (inner + 2)
    step = np.arange(len(rows)) - np.repeat(heads, inner + 2)
    picked = np.clip(np.repeat(low, inner + 2) + step - 1, 0, len(along) - 1)
    coordinates = network.points[picked].copy()
    coordinates[heads] = _points_at(network, low, begin)
    coordinates[heads + inner + 1] = _points_at(network, high, end)
    return np.asarray(shapely.linestrings(coordinates, indices=rows), dtype=object)


def _points_at(network: Network, vertex: NDArray[np.int64], metres: Floats) -> Floats:
    """The points so many metres along, in the segments that end at these vertices."""
    before, after = network.along[vertex - 1], network.along[vertex]
    gap = after - before
    share = np.divide(metres - before, gap, out=np.zeros(len(gap)), where=gap > 0)
    share = np.clip(share, 0.0, 1.0)[:, None]
    return np.asarray(
        network.points[vertex - 1] * (1 - share) + network.points[vertex] * share, dtype=np.float64
    )


def points_along(network: Network, edge: Integers, metres: Floats) -> Floats:
    """(k, 2) the points so many metres along edges."""
    starts, along = network.starts, network.along
    offsets = np.concatenate([[0.0], np.cumsum(along[starts[1:] - 1] + 1.0)])
    whole = along + np.repeat(offsets[:-1], np.diff(starts))
    vertex = np.searchsorted(whole, metres + offsets[edge], side="left")
    return _points_at(network, np.clip(vertex, starts[edge] + 1, starts[edge + 1] - 1), metres)
