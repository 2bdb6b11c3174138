"""The network: nodes, edges, and how a walker sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from functools import cached_property

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
OUTSIDE = -1
"""The compound of what lies in no closed compound whose gates are known."""


class Way(IntFlag):
    """What is to be known of an edge besides its length."""

    STEPS = 1
    ONLY_FORWARD = 2
    ONLY_BACKWARD = 4
    BRIDGE = 8
    TUNNEL = 16
    GATE = 32
    """Drawn by us between a gate and the nearest street, not in the file."""


@dataclass(frozen=True)
class Walker:
    """Somebody on foot.

    Attributes:
        speed_m_per_s: On the flat.
        steps: Whether steps can be taken at all.
        steps_factor: How many metres on the flat one metre of steps is worth.
    """

    speed_m_per_s: float = 1.25
    steps: bool = True
    steps_factor: float = 1.0

    def metres(self, minutes: float) -> float:
        """How far one comes on the flat in so many minutes."""
        return minutes * 60.0 * self.speed_m_per_s


@dataclass(frozen=True)
class Graph:
    """A network as one walker sees it, ready to be searched.

    From node ``n`` the arcs ``first[n]`` up to ``first[n + 1]`` leave to the nodes ``to``, over the
    edges ``edge``, at a cost of ``metres`` on the flat. What the walker cannot take has no arc.

    Attributes:
        first: (n + 1) int32.
        to: (a) int32.
        edge: (a) int32.
        metres: (a) float64.
        forward: (m) float64, the cost of each whole edge in its drawn direction; inf: closed.
        backward: (m) float64, the same against it.
    """

    first: Integers
    to: Integers
    edge: Integers
    metres: Floats
    forward: Floats
    backward: Floats


@dataclass(frozen=True, eq=False)
class Network:
    """Streets as they can be walked; immutable.

    Attributes:
        crs: A plane of metres, easting first.
        nodes: (n, 2) float64, easting and northing.
        ends: (m, 2) int32, the nodes where an edge begins and ends.
        metres: (m) float64, the length of the drawn line.
        ways: (m) uint8, flags of ``Way``.
        line: (m) int32, the row of the streets that were given; -1 for what we drew (gates).
        points: (p, 2) float64, the vertices of all edges one after the other, ends included.
        starts: (m + 1) int64: edge ``e`` runs along ``points[starts[e]:starts[e + 1]]``.
        compound: (m) int32, the closed compound inside which an edge lies, by its place in
            ``compounds``; ``OUTSIDE`` for all others.
        compounds: Codes of the closed compounds whose gates are known.
        island: (n) int32, which connected part a node lies in; 0 has the most metres.
        remarks: What was done to the streets and what was left out, as data.
        walls: (c) the ground of ``compounds`` inside their walls: polygons in ``crs``.
        gates: (g) int32, the node at each gate.
        gate_of: (g) int32, the compound that it leads into, by its place in ``compounds``.
    """

    crs: pyproj.CRS
    nodes: Floats
    ends: Integers
    metres: Floats
    ways: NDArray[np.uint8]
    line: Integers
    points: Floats
    starts: NDArray[np.int64]
    compound: Integers
    compounds: tuple[str, ...]
    island: Integers
    remarks: tuple[dict[str, object], ...] = ()
    walls: NDArray[np.object_] = field(default_factory=lambda: np.zeros(0, dtype=object))
    gates: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    gate_of: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int32))

    def __len__(self) -> int:
        """The number of edges."""
        return len(self.metres)

    @cached_property
    def along(self) -> Floats:
        """(p) metres from the beginning of its edge to each vertex."""
        steps = np.zeros(len(self.points))
        if len(self.points):
            steps[1:] = np.hypot(*np.diff(self.points, axis=0).T)
        whole = np.cumsum(steps)
        begins = self.starts[:-1]
        return whole - np.repeat(whole[begins], np.diff(self.starts))

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """(m) the edges as shapely lines in ``crs``."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.starts))
        return np.asarray(shapely.linestrings(self.points, indices=owner), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The edges' lines, to be asked what is near."""
        return shapely.STRtree(self.lines)

    def graph(self, walker: Walker | None = None) -> Graph:
        """The arcs that a walker can take, and what they cost."""
        walker = walker or Walker()
        ways = self.ways
        steps = (ways & Way.STEPS) > 0
        cost = np.where(steps, self.metres * walker.steps_factor, self.metres)
        closed = steps & (not walker.steps)
        forward = np.where(closed | ((ways & Way.ONLY_BACKWARD) > 0), np.inf, cost)
        backward = np.where(closed | ((ways & Way.ONLY_FORWARD) > 0), np.inf, cost)
        edges = np.arange(len(self), dtype=np.int32)
        tails = np.concatenate([self.ends[:, 0], self.ends[:, 1]])
        heads = np.concatenate([self.ends[:, 1], self.ends[:, 0]])
        costs = np.concatenate([forward, backward])
        arcs = np.concatenate([edges, edges])
        open_ = np.isfinite(costs)
        tails, heads, costs, arcs = tails[open_], heads[open_], costs[open_], arcs[open_]
        order = np.argsort(tails, kind="stable")
        first = np.zeros(len(self.nodes) + 1, dtype=np.int32)
        np.cumsum(np.bincount(tails, minlength=len(self.nodes)), out=first[1:])
        return Graph(
            first,
            heads[order].astype(np.int32),
            arcs[order],
            costs[order],
            forward,
            backward,
        )


@dataclass(frozen=True)
class Joints:
    """Where places meet the network: one row for each way in, several for one place possible.

    A place in a closed compound without inner streets is joined through each of its gates. The
    cost of a node is the least over all joints of a place.

    Attributes:
        place: (k) int32, the row of the place that was given, ascending.
        edge: (k) int32, the edge on which it is joined.
        along_m: (k) float64, metres from the edge's beginning, along the line.
        off_m: (k) float64, metres from the place to that point, walked in a straight line.
        apart: (a) int32, rows of places that could not be joined, ascending.
        reasons: (a) why, as keys: ``far``, ``island``, ``walled``, ``nowhere``.
    """

    place: Integers
    edge: Integers
    along_m: Floats
    off_m: Floats
    apart: Integers
    reasons: tuple[str, ...] = ()
