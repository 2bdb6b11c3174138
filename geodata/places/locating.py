"""Which polygon each of a million points lies in.

A raster of polygon numbers answers for every cell that lies wholly inside one set of polygons or
outside all; only points in cells that a border runs through are tested exactly, against the few
polygons of that cell: the even-odd rule on their own vertices, with the rounding error watched.
The few points so near to a border that double precision cannot tell are left to GEOS, so the
answer is the same as ``geopandas.sjoin``'s to the last point. A point on a border counts as
inside, as ``intersects`` has it.

Where polygons overlap, or meet in a point's very place, the polygon that comes first wins.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]

# Below this many points a spatial index is faster than drawing the raster.
_FEW = 20_000
_CELLS_AN_EDGE = 4
_MOST_CELLS = 4_000_000
_HAIR = 1e-9  # cells; a border this near to a cell counts as running through it
_UNSURE = -2
# Shewchuk 1997, doi:10.1007/PL00009321: below this share the sign of a cross product is unsure.
_ROUNDING = 3.3306690738754716e-16


def locate(lon: ArrayLike, lat: ArrayLike, polygons: Any) -> Indices:
    """The first polygon that each point lies in or on, or -1.

    Args:
        lon: x of the points, in the polygons' coordinate system.
        lat: y of the points.
        polygons: Polygons and multipolygons, holes and overlaps allowed; an array, list or
            GeoSeries. Missing and empty ones hold no point.

    Returns:
        One position in ``polygons`` a point: the lowest where several hold it; -1 where none
        does or a coordinate is NaN or infinite. The same as ``geopandas.sjoin`` with
        ``predicate="intersects"``, keeping the first match.
    """
    return Locator(polygons).locate(lon, lat)


class Locator:
    """The same for many batches of points: the raster and the index are made once, when needed."""

    def __init__(self, polygons: Any) -> None:
        self._shapes: NDArray[np.object_] = np.asarray(polygons, dtype=object)
        self._raster: _Raster | None = None
        self._tree: shapely.STRtree | None = None

    def locate(self, lon: ArrayLike, lat: ArrayLike) -> Indices:
        """See ``locate``."""
        x, y = np.ascontiguousarray(lon, dtype=float), np.ascontiguousarray(lat, dtype=float)
        if len(x) < _FEW and self._raster is None:
            return self._exact(x, y)
        if self._raster is None:
            self._raster = _Raster(self._shapes)
        answer = self._raster.locate(x, y)
        unsure = np.flatnonzero(answer == _UNSURE)
        answer[unsure] = self._exact(x[unsure], y[unsure])
        return answer

    def _exact(self, x: Floats, y: Floats) -> Indices:
        answer = np.full(len(x), -1, dtype=np.int64)
        if not len(x):
            return answer
        if self._tree is None:
            self._tree = shapely.STRtree(self._shapes)
        points, found = _pairs(self._tree, x, y)
        first = np.ones(len(points), dtype=bool)
        first[1:] = points[1:] != points[:-1]
        answer[points[first]] = found[first]
        return answer


def locate_all(lon: ArrayLike, lat: ArrayLike, polygons: Any) -> tuple[Indices, Indices]:
    """Every pair of a point and a polygon that holds it, by point and then by polygon.

    Returns:
        Positions of points, and positions of polygons, of the same length.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    return _pairs(shapely.STRtree(np.asarray(polygons, dtype=object)), x, y)


def _pairs(tree: shapely.STRtree, x: Floats, y: Floats) -> tuple[Indices, Indices]:
    points, found = tree.query(_points(x, y), predicate="intersects")
    order = np.lexsort((found, points))
    return points[order].astype(np.int64), found[order].astype(np.int64)


def _points(x: Floats, y: Floats) -> NDArray[np.object_]:
    points = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    points[known] = shapely.points(x[known], y[known])
    return points


class _Raster:
    """The cells over all polygons: which lie whole in one, and whose borders run through which."""

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        self._edges, self._starts = _edges(shapes)
        self._empty = not len(self._edges)
        if not self._empty:
            self._frame, columns, rows = _frame(self._edges)
            self._size = columns, rows
            self._cells = _draw(self._edges, self._starts, self._frame, columns, rows)

    def locate(self, x: Floats, y: Floats) -> Indices:
        if self._empty:
            return np.full(len(x), -1, dtype=np.int64)
        found: Indices = _answer(
            x, y, self._edges, self._starts, self._frame, self._size, *self._cells
        )
        return found


def get_ready() -> None:
    """Load the compiled loops: the first call in a process takes as long as 100,000 points."""
    box = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    _Raster(box).locate(np.array([0.5]), np.array([0.5]))


def _frame(edges: Floats) -> tuple[Floats, int, int]:
    """West, south, cells a unit of x and of y; and how many columns and rows of cells."""
    west, east = edges[:, (0, 2)].min(), edges[:, (0, 2)].max()
    south, north = edges[:, (1, 3)].min(), edges[:, (1, 3)].max()
    width, height = (east - west) or 1.0, (north - south) or 1.0
    cells = min(_MOST_CELLS, max(4096, _CELLS_AN_EDGE * len(edges)))
    columns = int(np.clip(np.sqrt(cells * width / height), 1, cells))
    rows = int(np.clip(cells // columns, 1, cells))
    return np.array([west, south, columns / width, rows / height, east, north]), columns, rows


def _edges(shapes: NDArray[np.object_]) -> tuple[Floats, Indices]:
    """All border segments ``x1, y1, x2, y2`` sorted by polygon, and where each polygon's start."""
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    coordinates, coordinate_of = shapely.get_coordinates(rings, return_index=True)
    same = coordinate_of[1:] == coordinate_of[:-1]
    edges = np.column_stack((coordinates[:-1][same], coordinates[1:][same]))
    owner = part_of[ring_of[coordinate_of[:-1][same]]]
    starts = np.searchsorted(owner, np.arange(len(shapes) + 1)).astype(np.int64)
    return np.ascontiguousarray(edges, dtype=float), starts


@numba.njit(cache=True, nogil=True)
def _clip(value: float, top: int) -> int:
    return 0 if value < 0 else (top - 1 if value >= top else int(value))


@numba.njit(cache=True, nogil=True)
def _doubled(array: Any) -> Any:
    longer = np.empty(2 * len(array), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


@numba.njit(cache=True, nogil=True)
def _draw(  # noqa: C901, PLR0912 - one pass over all borders; calls in it would cost its speed
    edges: Floats, starts: Indices, frame: Floats, columns: int, rows: int
) -> tuple[Any, Any, Any]:
    """The raster: the lowest polygon that covers each cell whole, and each cell's border owners.

    Returns:
        ``whole`` (a polygon or -1, by cell), ``first`` and ``owners``: the polygons whose border
        runs through cell ``c``, lowest first, are ``owners[first[c]:first[c + 1]]``.
    """
    cells = columns * rows
    whole = np.full(cells, -1, dtype=np.int32)
    stamp = np.full(cells, -1, dtype=np.int32)
    pair_cell, pair_owner = np.empty(1024, dtype=np.int32), np.empty(1024, dtype=np.int32)
    pairs = 0
    cross_row, cross_x = np.empty(1024, dtype=np.int32), np.empty(1024)
    for p in range(len(starts) - 1):
        crossings = 0
        for e in range(starts[p], starts[p + 1]):
            x1, y1 = (edges[e, 0] - frame[0]) * frame[2], (edges[e, 1] - frame[1]) * frame[3]
            x2, y2 = (edges[e, 2] - frame[0]) * frame[2], (edges[e, 3] - frame[1]) * frame[3]
            low = _clip(np.floor(min(y1, y2) - _HAIR), rows)
            high = _clip(np.floor(max(y1, y2) + _HAIR), rows)
            for row in range(low, high + 1):
                left, right = min(x1, x2), max(x1, x2)
                if low != high and y1 != y2:
                    t1 = min(max((row - _HAIR - y1) / (y2 - y1), 0.0), 1.0)
                    t2 = min(max((row + 1 + _HAIR - y1) / (y2 - y1), 0.0), 1.0)
                    a, b = x1 + t1 * (x2 - x1), x1 + t2 * (x2 - x1)
                    left, right = min(a, b), max(a, b)
                west = _clip(np.floor(left - _HAIR), columns)
                east = _clip(np.floor(right + _HAIR), columns)
                for c in range(row * columns + west, row * columns + east + 1):
                    if stamp[c] == p:
                        continue
                    stamp[c] = p
                    if whole[c] < 0:
                        if pairs == len(pair_cell):
                            pair_cell, pair_owner = _doubled(pair_cell), _doubled(pair_owner)
                        pair_cell[pairs], pair_owner[pairs] = c, p
                        pairs += 1
                middle = row + 0.5
                if (y1 > middle) != (y2 > middle):
                    if crossings == len(cross_row):
                        cross_row, cross_x = _doubled(cross_row), _doubled(cross_x)
                    cross_row[crossings] = row
                    cross_x[crossings] = x1 + (middle - y1) * (x2 - x1) / (y2 - y1)
                    crossings += 1
        _fill(whole, stamp, p, cross_row[:crossings], cross_x[:crossings], columns)
    first = np.zeros(cells + 1, dtype=np.int64)
    for k in range(pairs):
        first[pair_cell[k] + 1] += 1
    for c in range(cells):
        first[c + 1] += first[c]
    owners, at = np.empty(pairs, dtype=np.int32), first[:-1].copy()
    for k in range(pairs):
        owners[at[pair_cell[k]]] = pair_owner[k]
        at[pair_cell[k]] += 1
    return whole, first, owners


@numba.njit(cache=True, nogil=True)
def _fill(whole: Any, stamp: Any, p: int, cross_row: Any, cross_x: Any, columns: int) -> None:
    """Give polygon ``p`` the free cells between its crossings that its border leaves alone."""
    by_x = np.argsort(cross_x)
    order = by_x[np.argsort(cross_row[by_x], kind="mergesort")]
    for k in range(0, len(order) - 1, 2):
        row = cross_row[order[k]]
        west = _clip(np.ceil(cross_x[order[k]] - 0.5), columns)
        east = _clip(np.floor(cross_x[order[k + 1]] - 0.5), columns)
        for c in range(row * columns + west, row * columns + east + 1):
            if whole[c] < 0 and stamp[c] != p:
                whole[c] = p


@numba.njit(cache=True, nogil=True)
def _holds(edges: Floats, start: int, end: int, px: float, py: float) -> int:
    """1 if the polygon of these edges holds the point, 0 if not, ``_UNSURE`` by a rounding."""
    inside = False
    for e in range(start, end):
        y1, y2 = edges[e, 1], edges[e, 3]
        if (y1 < py and y2 < py) or (y1 > py and y2 > py):
            continue
        x1, x2 = edges[e, 0], edges[e, 2]
        if x1 < px and x2 < px:
            continue
        if x1 > px and x2 > px:
            if (y1 > py) != (y2 > py):
                inside = not inside
            continue
        ahead, behind = (x1 - px) * (y2 - py), (x2 - px) * (y1 - py)
        if abs(ahead - behind) <= _ROUNDING * (abs(ahead) + abs(behind)):
            return _UNSURE
        if (y1 > py) != (y2 > py) and (ahead > behind) == (y2 > y1):
            inside = not inside
    return 1 if inside else 0


@numba.njit(cache=True, nogil=True)
def _answer(  # noqa: PLR0913, PLR0917 - numba takes arrays, not records
    x: Floats,
    y: Floats,
    edges: Floats,
    starts: Indices,
    frame: Floats,
    size: tuple[int, int],
    whole: Any,
    first: Indices,
    owners: Any,
) -> Indices:
    columns, rows = size
    answer = np.full(len(x), -1, dtype=np.int64)
    for i in range(len(x)):
        px, py = x[i], y[i]
        if not (frame[0] <= px <= frame[4] and frame[1] <= py <= frame[5]):
            continue
        column = _clip((px - frame[0]) * frame[2], columns)
        cell = _clip((py - frame[1]) * frame[3], rows) * columns + column
        found = whole[cell]
        for k in range(first[cell], first[cell + 1]):
            p = owners[k]
            if 0 <= found < p:
                break
            held = _holds(edges, starts[p], starts[p + 1], px, py)
            if held:
                found = _UNSURE if held == _UNSURE else p
                break
        answer[i] = found
    return answer
