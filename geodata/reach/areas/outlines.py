"""Outlines of service areas, which follow the streets that are reached.

The ground of an area is what can be walked to from its streets: no further off a street than
``off_street_m`` and than time is left, not across a barrier, and only half-way to a street that is
not reached. A street as such has some width, so an outline holds even a street's last metres. Small
blocks without an unreached street or a wall are filled.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.reach.areas import drawing, pieces
from geodata.reach.areas.ground import Ground
from geodata.reach.areas.manner import Manner, Walks
from geodata.reach.areas.parts import marks_of
from geodata.reach.areas.searching import Nearest, Reached, reach
from geodata.reach.networks.network import Floats, Integers
from geodata.spreading import cores

_STRAND_M = 0.5
"""Half the width of what is added where a street sticks out between two corners of the net."""
_MOST_CORNERS = 2000.0
_alone: Any = drawing.alone
_drawn: Any = drawing.drawn


@dataclass(frozen=True, eq=False)
class Outlines:
    """An area for each place, in the CRS of the network.

    Attributes:
        shapes: (p) polygons and multipolygons, empty where nothing is reached.
        streets_m: (p) metres of street reached.
        shared_m2: (p) how much of the circle round the place is in its area, 0 without circles.
    """

    shapes: NDArray[np.object_]
    streets_m: Floats
    shared_m2: Floats


def each(
    walks: Walks,
    reached: Reached,
    limit_m: float,
    *,
    radius_m: float = 0.0,
    manner: Manner | None = None,
    cell_m: float | None = None,
) -> Outlines:
    """The area of each place by itself; areas of neighbours overlap.

    Args:
        walks: From where.
        reached: What was found from there within ``limit_m`` or more.
        limit_m: Metres on the flat.
        radius_m: Of the circle that areas are held against.
        manner: How outlines are drawn.
        cell_m: The cell, that of the longest walk where several are nested.
    """
    manner, graph, network = manner or Manner(), walks.graph, walks.network
    sizes = manner.sizes(cell_m or manner.cell(limit_m))
    marks = marks_of(walks.joints, len(reached), by_place=True)
    first, leads = walks.leads(limit_m, len(reached))
    circles = walks.circles(len(reached), radius_m)
    arcs = graph.first, graph.edge, network.ends, network.metres, graph.forward, graph.backward

    def draw(place: int, token: int, scratch: _Scratch) -> Any:
        return _alone(
            *reached.of(place),
            float(limit_m),
            arcs,
            marks.edge,
            marks.rows,
            marks.first[place],
            marks.first[place + 1],
            scratch.cost,
            scratch.stamp,
            scratch.first,
            scratch.count,
            token,
            leads[first[place] : first[place + 1]],
            sizes,
            walks.ground.arrays,
            circles[place],
            scratch.seen,
            scratch.walls,
        )

    return _all(draw, len(reached), walks)


def by_nearest(
    walks: Walks,
    found: Nearest,
    limit_m: float,
    *,
    count: int,
    manner: Manner | None = None,
    cell_m: float | None = None,
) -> Outlines:
    """What lies nearest to each of ``count`` places, on foot; areas do not overlap."""
    manner = manner or Manner()
    sizes = manner.sizes(cell_m or manner.cell(limit_m), widened=False)
    cut = _Pieces.of(walks, found, limit_m)
    order = np.argsort(cut.owner, kind="stable")
    begins = np.searchsorted(cut.owner[order], np.arange(count + 1))

    def draw(place: int, token: int, scratch: _Scratch) -> Any:
        own = order[begins[place] : begins[place + 1]]
        nothing = np.zeros((0, 7))
        return cut.drawn(own, place, nothing, limit_m, sizes, walks.ground, scratch, token)

    return _all(draw, count, walks, strands=False)


def merged(
    walks: Walks,
    found: Nearest,
    limit_m: float,
    *,
    manner: Manner | None = None,
    cell_m: float | None = None,
) -> Outlines:
    """What lies within reach of any place, as one area."""
    manner = manner or Manner()
    cut = _Pieces.of(walks, found, limit_m)
    cell = cell_m or manner.cell(limit_m)
    if _coarsest(walks.ground, cut.edge) > cell:
        return _united(walks, limit_m, float(cut.lengths.sum()), manner, cell)
    sizes = manner.sizes(cell)
    _, leads = walks.leads(limit_m, 0 if walks.points is None else len(walks.points))
    own = np.arange(len(cut.edge))

    def draw(_place: int, token: int, scratch: _Scratch) -> Any:
        return cut.drawn(own, -1, leads, limit_m, sizes, walks.ground, scratch, token)

    return _all(draw, 1, walks)


def _united(
    walks: Walks, limit_m: float, streets_m: float, manner: Manner, cell_m: float
) -> Outlines:
    """The same for ground too large for one net: the areas of all places put together."""
    found = reach(walks.graph, walks.network, walks.joints, limit_m)
    alone = each(walks, found, limit_m, manner=manner, cell_m=cell_m).shapes
    whole = np.array([shapely.union_all(alone)], dtype=object)
    return Outlines(whole, np.array([streets_m]), np.zeros(1))


def _coarsest(ground: Ground, edge: Integers) -> float:
    """The cell below which the net over these edges would have too many corners."""
    if not len(edge):
        return 0.0
    boxes = ground.boxes[edge]
    return float(np.sqrt(np.ptp(boxes[:, [0, 2]]) * np.ptp(boxes[:, [1, 3]])) / _MOST_CORNERS)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """The parts of all edges by the nearest place."""

    table: Floats
    edge: Integers
    owner: Integers
    first: NDArray[np.int64]
    count: Integers

    @classmethod
    def of(cls, walks: Walks, found: Nearest, limit: float) -> _Pieces:
        graph, network, joints = walks.graph, walks.network, walks.joints
        marks = marks_of(joints, int(joints.place.max(initial=-1)) + 1, by_place=False)
        first, count = np.zeros(len(network), np.int64), np.zeros(len(network), np.int32)
        table, edge, owner = pieces.of_all(
            found.metres,
            found.place,
            float(limit),
            network.ends,
            network.metres,
            graph.forward,
            graph.backward,
            marks.edge,
            marks.rows,
            first,
            count,
        )
        return cls(table, edge, owner, first, count)

    @property
    def lengths(self) -> Floats:
        return self.table[:, 1] - self.table[:, 0]

    def drawn(
        self,
        rows: NDArray[np.int64],
        own: int,
        leads: Floats,
        limit: float,
        sizes: tuple[float, ...],
        ground: Ground,
        scratch: _Scratch,
        token: int,
    ) -> Any:
        return float(self.lengths[rows].sum()), _drawn(
            self.edge[rows],
            self.table,
            self.owner,
            own,
            self.first,
            self.count,
            leads,
            float(limit),
            sizes,
            ground.arrays,
            np.zeros(3),
            scratch.seen,
            scratch.walls,
            token,
        )


class _Scratch:
    """What one thread writes on: nothing of it outlives an area."""

    def __init__(self, walks: Walks) -> None:
        edges = len(walks.network)
        self.cost = np.full(len(walks.network.nodes), np.inf)
        self.stamp = np.full(edges, -1, np.int32)
        self.seen = np.full(edges, -1, np.int32)
        self.first = np.zeros(edges, np.int64)
        self.count = np.zeros(edges, np.int32)
        self.walls = np.full(len(walks.ground.walls) + 1, -1, np.int32)


def _all(
    draw: Callable[[int, int, _Scratch], Any], count: int, walks: Walks, *, strands: bool = True
) -> Outlines:
    """Draw every place, on all cores, and make shapes of the rings."""
    found: list[Any] = [None] * count
    places: Iterator[int] = itertools.count()

    def work() -> None:
        scratch = _Scratch(walks)
        for token, place in enumerate(places):
            if place >= count:
                return
            found[place] = draw(place, token, scratch)

    hands = min(cores(), count)
    if hands > 1:
        with ThreadPoolExecutor(hands) as pool:
            for task in [pool.submit(work) for _ in range(hands)]:
                task.result()
    elif hands:
        work()
    rows = [drawn for _, drawn in found]
    shapes = _shapes(rows)
    if strands:
        _with_strands(shapes, [row[3] for row in rows])
    return Outlines(
        shapes,
        np.array([streets for streets, _ in found], dtype=np.float64),
        np.array([row[4] for row in rows], dtype=np.float64),
    )


def _shapes(rows: list[Any]) -> NDArray[np.object_]:
    """Rings as one multipolygon or polygon for each place."""
    shapes = np.full(len(rows), shapely.Polygon(), dtype=object)
    known = [place for place, row in enumerate(rows) if len(row[1])]
    if not known:
        return shapes
    sizes = np.concatenate([rows[place][1] for place in known])
    points = np.concatenate([rows[place][0] for place in known])
    rings: Any = shapely.linearrings(points, indices=np.repeat(np.arange(len(sizes)), sizes))
    polygon = np.concatenate([rows[place][2] for place in known])
    owner = np.repeat(known, [len(rows[place][1]) for place in known])
    fresh = np.ones(len(polygon), dtype=bool)
    fresh[1:] = (polygon[1:] != polygon[:-1]) | (owner[1:] != owner[:-1])
    polygons: Any = shapely.polygons(rings, indices=np.cumsum(fresh) - 1)
    owners = owner[fresh]
    first = np.searchsorted(owners, known)
    many = np.diff(np.append(first, len(owners))) > 1
    shapes[known] = polygons[first]
    for place in np.asarray(known)[many]:
        shapes[place] = shapely.multipolygons(polygons[owners == place])
    return shapes


def _with_strands(shapes: NDArray[np.object_], sticking: list[Floats]) -> None:
    """Add what sticks out of its area: streets between two corners of the net."""
    for place, segments in enumerate(sticking):
        if not len(segments):
            continue
        lines: Any = shapely.linestrings(segments.reshape(-1, 2, 2))
        shapely.prepare(shapes[place])
        lines = lines[~shapely.covers(shapes[place], lines)]
        if len(lines):
            strands = shapely.union_all(shapely.buffer(lines, _STRAND_M, quad_segs=2))
            shapes[place] = shapely.union(shapes[place], strands)
