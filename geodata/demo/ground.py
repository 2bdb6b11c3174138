"""The ground of one district: cut into street offices, communities, patches and blocks by streets.

Everything is a convex polygon on the board (see ``warp``), cut again and again by straight
lines; each line is a street, or the river, or the railway. A line that ends where another began on
the far side of a street goes on under its name: so streets run through, and corners meet. At the
end the lines are noded, bent, and the faces put together from shared edges: a coverage without gap
or overlap by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geodata.demo.warp import LENGTH_U, LENGTH_V, OLD_TOWN, RIVER_U, Place, bend

Floats = NDArray[np.float64]

HALF_WIDTH_M = {
    "trunk": 21.0, "primary": 17.0, "secondary": 12.0, "tertiary": 8.0, "residential": 5.5,
    "rail": 16.0, "river": 62.0, "none": 2.0, "seam": 0.0,
}  # fmt: skip
_RANK = ("trunk", "primary", "secondary", "tertiary", "residential")
RAILWAY_V = 600.0
_ON_LINE_M = 1e-4
_STEP_M = 24.0


@dataclass
class Line:
    """A straight cut on the board."""

    start: int
    end: int
    kind: str
    street: int
    bridge: bool = False


@dataclass
class Face:
    """A convex cell of the board and where it stands in the hierarchy."""

    ring: Floats
    office: int = -1
    community: int = -1
    patch: int = -1
    kind: str = "land"
    children: list[Face] = field(default_factory=list)

    @property
    def middle(self) -> tuple[float, float]:
        """Centroid on the board."""
        point = shapely.Polygon(self.ring).centroid
        return point.x, point.y

    @property
    def area_m2(self) -> float:
        """Area on the board; bending changes it by some percent."""
        x, y = self.ring[:, 0], self.ring[:, 1]
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


class Board:
    """Nodes and lines of one district while it is being cut."""

    def __init__(self, place: Place, rng: Generator) -> None:
        self.place = place
        self.rng = rng
        self._nodes: Floats = np.empty((4096, 2))
        self._count = 0
        self.lines: list[Line] = []
        self._at_node: dict[int, list[int]] = {}
        self.streets = 0

    @property
    def nodes(self) -> Floats:
        """All nodes so far (n, 2)."""
        return self._nodes[: self._count]

    def node(self, u: float, v: float) -> int:
        """The node at that spot, new if there is none yet."""
        near = np.flatnonzero(np.hypot(self.nodes[:, 0] - u, self.nodes[:, 1] - v) < 1e-3)
        if near.size:
            return int(near[0])
        if self._count == len(self._nodes):
            self._nodes = np.concatenate([self._nodes, np.empty_like(self._nodes)])
        self._nodes[self._count] = u, v
        self._count += 1
        return self._count - 1

    def street(self) -> int:
        """A number for a new street."""
        self.streets += 1
        return self.streets - 1

    def draw(self, start: int, end: int, kind: str, street: int, *, bridge: bool = False) -> None:
        """A line from node to node."""
        for node in (start, end):
            self._at_node.setdefault(node, []).append(len(self.lines))
        self.lines.append(Line(start, end, kind, street, bridge))

    def on_segment(self, start: Floats, end: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Nodes on the straight segment in order from its start, with their place 0–1 on it."""
        along = end - start
        length = float(np.hypot(*along))
        offset = self.nodes - start
        place = offset @ along / length**2
        aside = np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0]) / length
        slack = _ON_LINE_M / length
        found = np.flatnonzero((aside < _ON_LINE_M) & (place > -slack) & (place < 1 + slack))
        order = np.argsort(place[found], kind="stable")
        return found[order], place[found][order]

    def cut(
        self, ring: Floats, *, share: float, kind: str, tilt: float, snap: float
    ) -> tuple[Floats, Floats] | None:
        """Cut a convex ring across its longer side; None if the cut would make a sliver."""
        low, high = ring.min(axis=0), ring.max(axis=0)
        axis = int((high - low)[1] > (high - low)[0])
        at = low[axis] + share * (high - low)[axis]
        middle = (low + high) / 2
        middle[axis] = at
        direction = np.array([tilt, 1.0]) if axis == 0 else np.array([1.0, tilt])
        ends = self._ends(ring, middle, direction)
        if ends is None:
            return None
        first, second = (self._settle(ring, edge, point, snap) for edge, point in ends)
        if first is None or second is None:
            return None
        (edge_a, point_a, street_a), (edge_b, point_b, street_b) = first, second
        street = street_a if street_a is not None else street_b
        before, after = ring[: edge_a + 1], ring[edge_b + 1 :]
        one = np.vstack([before, point_a, point_b, after])
        two = np.vstack([point_a, ring[edge_a + 1 : edge_b + 1], point_b])
        if min(_thickness(one), _thickness(two)) < 24.0:
            return None
        self.draw(
            self.node(*point_a),
            self.node(*point_b),
            kind,
            self.street() if street is None else street,
        )
        return one, two

    @staticmethod
    def _ends(ring: Floats, through: Floats, direction: Floats) -> list[tuple[int, Floats]] | None:
        side = (ring - through) @ np.array([-direction[1], direction[0]])
        ends = []
        for edge in range(len(ring)):
            a, b = side[edge], side[(edge + 1) % len(ring)]
            if (a < 0) != (b < 0):
                start, end = ring[edge], ring[(edge + 1) % len(ring)]
                ends.append((edge, start + (end - start) * (a / (a - b))))
        return ends if len(ends) == 2 else None

    def _settle(
        self, ring: Floats, edge: int, point: Floats, snap: float
    ) -> tuple[int, Floats, int | None] | None:
        """Move a cut's end to a junction already on that edge, if near; keep clear of corners."""
        start, end = ring[edge], ring[(edge + 1) % len(ring)]
        length = float(np.hypot(*(end - start)))
        found, place = self.on_segment(start, end)
        inner = (place * length > 20.0) & ((1 - place) * length > 20.0)
        found, place = found[inner], place[inner]
        at = float(np.hypot(*(point - start))) / length
        if found.size:
            nearest = int(np.argmin(np.abs(place - at)))
            gap = abs(place[nearest] - at) * length
            if gap < snap:
                node = int(found[nearest])
                return edge, self.nodes[node].copy(), self._goes_on(node, start, end)
            if gap < 30.0:
                return None
        if min(at, 1 - at) * length < 30.0:
            return None
        return edge, point, None

    def _goes_on(self, node: int, start: Floats, end: Floats) -> int | None:
        """The street that ends at ``node`` across the edge, not along it."""
        along = (end - start) / np.hypot(*(end - start))
        for number in self._at_node.get(node, []):
            line = self.lines[number]
            way = self.nodes[line.end] - self.nodes[line.start]
            if abs(float(way @ along)) < 0.5 * float(np.hypot(*way)) and line.kind in _RANK:
                return line.street
        return None


def _thickness(ring: Floats) -> float:
    x, y = ring[:, 0], ring[:, 1]
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    longest = float(np.max(np.hypot(*(ring[:, None] - ring[None, :]).transpose(2, 0, 1))))
    return float(area / longest)


def split(board: Board, face: Face, parts: int, *, kinds: tuple[str, ...], even: float) -> None:
    """Cut ``face`` into ``parts`` children of like size, the larger first.

    ``kinds`` are the street classes of the first cuts and the last; ``even`` is how near to the
    middle the cuts keep (1: exactly).
    """
    pieces = [face.ring]
    for number in range(parts - 1):
        order = sorted(range(len(pieces)), key=lambda i: -Face(pieces[i]).area_m2)
        for index in order:
            done = _try_cut(board, pieces[index], kinds[min(number, len(kinds) - 1)], even)
            if done is not None:
                pieces[index : index + 1] = done
                break
    face.children = [
        Face(piece, face.office, face.community, face.patch, face.kind) for piece in pieces
    ]


def _try_cut(board: Board, ring: Floats, kind: str, even: float) -> tuple[Floats, Floats] | None:
    snap = {"primary": 120.0, "secondary": 90.0, "tertiary": 55.0}.get(kind, 36.0)
    spread = (1 - even) * 0.5
    for attempt in range(10):
        wide = spread * (1 + attempt / 6)
        done = board.cut(
            ring,
            share=float(np.clip(0.5 + board.rng.uniform(-wide, wide), 0.2, 0.8)),
            kind=kind,
            tilt=float(board.rng.normal(0, 0.07)),
            snap=snap,
        )
        if done is not None:
            return done
    return None


@dataclass
class Edge:
    """A noded piece of a line, bent: ``xy`` (n, 2) ground metres."""

    kind: str
    street: int
    bridge: bool
    nodes: tuple[int, int]
    xy: Floats


@dataclass
class Ground:
    """The finished ground of one district, in ground metres."""

    place: Place
    faces: list[Face]
    polygons: NDArray[np.object_]
    edges: list[Edge]
    face_edges: list[list[int]]
    node_xy: Floats


def lay_out(place: Place, rng: Generator, *, communities: int = 49) -> tuple[Board, list[Face]]:
    """The district down to its communities: lattice of arterials, river, railway."""
    board = Board(place, rng)
    cells = _lattice(board)
    land = [cell for cell in cells if cell.kind == "land"]
    pieces = {id(cell): 1 for cell in land}
    for _ in range(communities - len(land)):
        widest = max(land, key=lambda c: c.area_m2 / (pieces[id(c)] * _fineness(board, c)))
        pieces[id(widest)] += 1
    number = 0
    for cell in land:
        split(board, cell, pieces[id(cell)], kinds=("secondary",), even=0.8)
        for child in cell.children:
            child.community = number
            number += 1
    return board, cells


def _fineness(board: Board, cell: Face) -> float:
    """Communities are larger at the rim than in the old town."""
    u, v = cell.middle
    u0, v0 = board.place.origin
    return 0.75 + 0.6 * float(
        np.hypot((u - u0 - OLD_TOWN[0]) / 2600, (v - v0 - OLD_TOWN[1]) / 1900)
    )


def _lattice(board: Board) -> list[Face]:
    rng = board.rng
    u0, v0 = board.place.origin
    bank = 150.0
    columns = [0.0, 800.0, 1590.0, RIVER_U - bank, RIVER_U, RIVER_U + bank, 3440.0, LENGTH_U]
    rows = [0.0, RAILWAY_V, 1320.0, 1970.0, 2560.0, LENGTH_V]
    sway_u = np.array([0.0, 90.0, 80.0, 0.0, 0.0, 0.0, 90.0, 0.0])
    sway_v = np.array([0.0, 60.0, 70.0, 70.0, 70.0, 0.0])
    shift_u = rng.uniform(-1, 1, len(columns)) * sway_u
    shift_v = rng.uniform(-1, 1, len(rows)) * sway_v
    inner = np.zeros((len(columns), len(rows), 2))
    inner[..., 0] = rng.uniform(-0.45, 0.45, inner.shape[:2]) * sway_u[:, None]
    inner[..., 1] = rng.uniform(-0.45, 0.45, inner.shape[:2]) * sway_v[None, :]
    at = np.empty_like(inner)
    at[..., 0] = u0 + (np.array(columns) + shift_u)[:, None] + inner[..., 0]
    at[..., 1] = v0 + (np.array(rows) + shift_v)[None, :] + inner[..., 1]
    # a straight crossing at the river: both roads along it are met at the same height
    at[4, :, 1] = (at[3, :, 1] + at[5, :, 1]) / 2
    bridges = {0, len(rows) - 1, 2, int(rng.choice([1, 3])), 4}
    _draw_lattice(board, at, bridges)
    cells = []
    for i in range(len(columns) - 1):
        for j in range(len(rows) - 1):
            ring = np.array([at[i, j], at[i + 1, j], at[i + 1, j + 1], at[i, j + 1]])
            kind = "bank" if i in (3, 4) else "land"
            cells.append(Face(ring, office=_office(i, j), kind=kind))
    return cells


_OFFICES = (
    # south to north for each column of land: which street office the cell belongs to
    (5, 5, 3, 0, 0),
    (5, 4, 3, 1, 0),
    (4, 4, 3, 1, 1),
    (4, 4, 3, 1, 1),
    (7, 7, 6, 2, 2),
    (7, 7, 6, 2, 2),
    (7, 6, 6, 2, 2),
)


def _office(i: int, j: int) -> int:
    return _OFFICES[i][j]


def _draw_lattice(board: Board, at: Floats, bridges: set[int]) -> None:
    columns, rows = at.shape[:2]
    for i in range(columns):
        kind = {0: "trunk", columns - 1: "trunk", 3: "secondary", 5: "secondary", 4: "river"}.get(
            i, "primary"
        )
        street = board.street()
        for j in range(rows - 1):
            board.draw(board.node(*at[i, j]), board.node(*at[i, j + 1]), kind, street)
    for j in range(rows):
        kind = {0: "trunk", rows - 1: "trunk", 1: "rail"}.get(j, "primary")
        street = board.street()
        for i in range(columns - 1):
            over = i in (3, 4)
            crosses = kind == "rail" or j in bridges
            board.draw(
                board.node(*at[i, j]),
                board.node(*at[i + 1, j]),
                kind if crosses or not over else "none",
                street,
                bridge=over and crosses,
            )


def finish(board: Board, faces: list[Face]) -> Ground:
    """Node all lines, bend them, and put the faces together from the shared edges."""
    edges: list[Edge] = []
    index: dict[tuple[int, int], int] = {}
    nodes = np.asarray(
        np.round(np.column_stack(bend(board.nodes[:, 0], board.nodes[:, 1])), 3), dtype=np.float64
    )
    for line in board.lines:
        found, _ = board.on_segment(board.nodes[line.start], board.nodes[line.end])
        for a, b in zip(found[:-1].tolist(), found[1:].tolist(), strict=True):
            pair = (min(a, b), max(a, b))
            if pair not in index:
                index[pair] = len(edges)
                xy = _bent(board.nodes[pair[0]], board.nodes[pair[1]])
                xy[0], xy[-1] = nodes[pair[0]], nodes[pair[1]]
                edges.append(Edge(line.kind, line.street, line.bridge, pair, xy))
    polygons, around = [], []
    for face in faces:
        ring, used = _assemble(board, face.ring, edges, index)
        polygons.append(shapely.Polygon(ring))
        around.append(used)
    return Ground(board.place, faces, np.array(polygons, dtype=object), edges, around, nodes)


def _bent(start: Floats, end: Floats) -> Floats:
    count = max(1, int(np.ceil(np.hypot(*(end - start)) / _STEP_M)))
    share = np.linspace(0, 1, count + 1)[:, None]
    points = start + (end - start) * share
    bent = np.round(np.column_stack(bend(points[:, 0], points[:, 1])), 3)
    return np.asarray(bent, dtype=np.float64)


def _assemble(
    board: Board, ring: Floats, edges: list[Edge], index: dict[tuple[int, int], int]
) -> tuple[Floats, list[int]]:
    parts, used = [], []
    for corner in range(len(ring)):
        found, _ = board.on_segment(ring[corner], ring[(corner + 1) % len(ring)])
        for a, b in zip(found[:-1].tolist(), found[1:].tolist(), strict=True):
            number = index[min(a, b), max(a, b)]
            xy = edges[number].xy
            parts.append((xy if a < b else xy[::-1])[:-1])
            used.append(number)
    return np.vstack(parts), used
