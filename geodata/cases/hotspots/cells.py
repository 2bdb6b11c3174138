"""Cases counted on square cells or on given areas, and which cells are neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from geodata.errors import InvalidInput
from geodata.places.locating import locate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_HALF = 2**24
"""Columns and rows to either side of the origin; an id stays below 2**53 and so safe in JSON."""
_MOST_DENSE = 4_000_000


@dataclass(frozen=True)
class Grid:
    """Square cells of ``size`` metres, counted from a fixed origin.

    The origin belongs to the coordinate system and not to the data, so that a cell has the same
    id in every period and in every file of that system.
    """

    size: float = 250.0
    origin: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse sizes that are no cell."""
        if not 1 <= self.size <= 100_000:
            raise InvalidInput(
                "The side of a cell must be between 1 and 100000 metres, not %(size)s.",
                size=self.size,
            )

    def ids(self, x: ArrayLike, y: ArrayLike) -> Integers:
        """The cell of each point, -1 where a coordinate is no number or out of all reach.

        A cell holds its south and west border.
        """
        column = np.floor((np.asarray(x, dtype=float) - self.origin[0]) / self.size)
        row = np.floor((np.asarray(y, dtype=float) - self.origin[1]) / self.size)
        with np.errstate(invalid="ignore"):
            known = (np.abs(column) < _HALF) & (np.abs(row) < _HALF)
        column, row = np.where(known, column, 0), np.where(known, row, 0)
        ids = (row.astype(np.int64) + _HALF) * (2 * _HALF) + column.astype(np.int64) + _HALF
        return np.where(known, ids, -1)

    @staticmethod
    def columns_rows(ids: ArrayLike) -> tuple[Integers, Integers]:
        """Column and row of each cell, east and north of the origin."""
        cells = np.asarray(ids, dtype=np.int64)
        return cells % (2 * _HALF) - _HALF, cells // (2 * _HALF) - _HALF

    def centres(self, ids: ArrayLike) -> Floats:
        """The middle of each cell, x and y in metres, shape (n, 2)."""
        column, row = self.columns_rows(ids)
        return np.column_stack(
            (
                self.origin[0] + (column + 0.5) * self.size,
                self.origin[1] + (row + 0.5) * self.size,
            )
        )

    def boxes(self, ids: ArrayLike) -> NDArray[np.object_]:
        """The square of each cell."""
        middle, half = self.centres(ids), self.size / 2
        boxes: NDArray[np.object_] = shapely.box(
            middle[:, 0] - half, middle[:, 1] - half, middle[:, 0] + half, middle[:, 1] + half
        )
        return boxes

    def around(self, ids: ArrayLike) -> Integers:
        """The cells themselves and the eight around each, sorted: known ground and its rim."""
        cells = np.asarray(ids, dtype=np.int64)
        steps = [north * (2 * _HALF) + east for north in (-1, 0, 1) for east in (-1, 0, 1)]
        return np.unique(np.concatenate([cells + step for step in steps]))

    def within(self, area: Any) -> Integers:
        """All cells whose middle lies in ``area`` (a polygon in metres), sorted."""
        west, south, east, north = shapely.bounds(area)
        corners = self.ids([west, east], [south, north])
        if (corners < 0).any():
            return np.empty(0, dtype=np.int64)
        wide, high = (int(np.ptp(part)) + 1 for part in self.columns_rows(corners))
        if wide * high > _MOST_DENSE:
            raise InvalidInput(
                "Cells of %(size)s metres are too small for so large an area; take larger ones.",
                size=self.size,
            )
        ids = _rectangle(corners)
        middle = self.centres(ids)
        return np.asarray(ids[locate(middle[:, 0], middle[:, 1], [area]) == 0], dtype=np.int64)


@dataclass(frozen=True)
class Counts:
    """Cases by cell and period.

    ``cells`` are sorted ids of a grid, or positions of areas. ``counts`` has the shape
    (periods, cells). ``cell_of`` is each case's position in ``cells``, -1 for the ``left_out``
    cases: without place or time, or outside of all cells or periods.
    """

    cells: Integers
    counts: Integers
    cell_of: Integers
    left_out: int


def count_on_grid(
    x: ArrayLike,
    y: ArrayLike,
    grid: Grid,
    *,
    study: ArrayLike | None = None,
    times: ArrayLike | None = None,
    limits: ArrayLike | None = None,
) -> Counts:
    """Count cases on the cells of ``grid``.

    Args:
        x: Metres east.
        y: Metres north.
        grid: The cells.
        study: Ids of the cells that take part, empty ones too (``Grid.within``). Without it only
            cells with a case take part.
        times: A time for each case, of any type that can be ordered; NaT is unknown.
        limits: Ascending limits of the periods, one more than there are periods; a period holds
            its first limit and not its last. Needed with ``times``.
    """
    ids = grid.ids(x, y)
    period, periods = _periods(times, limits, len(ids))
    ids[period < 0] = -1
    if study is None:
        cells = _distinct(ids[ids >= 0])
    else:
        cells = np.unique(np.asarray(study, dtype=np.int64))
    return _counted(cells, _positions(cells, ids), period, periods)


def count_on_areas(
    x: ArrayLike,
    y: ArrayLike,
    areas: Any,
    *,
    times: ArrayLike | None = None,
    limits: ArrayLike | None = None,
) -> Counts:
    """Count cases on polygons of the same coordinate system; the first that holds a case wins."""
    found = locate(x, y, areas)
    period, periods = _periods(times, limits, len(found))
    found[period < 0] = -1
    return _counted(np.arange(len(areas), dtype=np.int64), found, period, periods)


def _periods(times: ArrayLike | None, limits: ArrayLike | None, count: int) -> tuple[Integers, int]:
    if times is None or limits is None:
        return np.zeros(count, dtype=np.int64), 1
    when, between = np.asarray(times), np.asarray(limits)
    periods = max(len(between) - 1, 0)
    period = np.searchsorted(between, when, side="right").astype(np.int64) - 1
    unknown = np.isnat(when) if when.dtype.kind in "mM" else when != when  # noqa: PLR0124 - NaN
    period[unknown | (period >= periods)] = -1
    return period, periods


def _counted(cells: Integers, cell_of: Integers, period: Integers, periods: int) -> Counts:
    held = cell_of >= 0
    key = period[held] * len(cells) + cell_of[held]
    counts = np.bincount(key, minlength=periods * len(cells)).reshape(periods, len(cells))
    return Counts(cells, counts.astype(np.int64), cell_of, int((~held).sum()))


def _distinct(ids: Integers) -> Integers:
    """Sorted distinct ids; without sorting all cases where their rectangle is not vast."""
    if not len(ids):
        return ids
    column, row = Grid.columns_rows(ids)
    west, south = column.min(), row.min()
    wide, high = int(column.max() - west + 1), int(row.max() - south + 1)
    if wide * high > _MOST_DENSE:
        return np.unique(ids)
    taken = np.zeros(wide * high, dtype=bool)
    taken[(row - south) * wide + column - west] = True
    place = np.flatnonzero(taken)
    found = (place // wide + south + _HALF) * (2 * _HALF) + place % wide + west + _HALF
    return np.asarray(found, dtype=np.int64)


def _rectangle(corners: Integers) -> Integers:
    columns, rows = Grid.columns_rows(corners)
    column = np.arange(columns.min(), columns.max() + 1) + _HALF
    row = np.arange(rows.min(), rows.max() + 1) + _HALF
    return np.asarray((row[:, None] * (2 * _HALF) + column[None, :]).ravel(), dtype=np.int64)


def _positions(cells: Integers, ids: Integers) -> Integers:
    """Where each id stands among the sorted ``cells``, or -1."""
    if not len(cells):
        return np.full(len(ids), -1, dtype=np.int64)
    column, row = Grid.columns_rows(cells)
    west, south = column.min(), row.min()
    wide, high = int(column.max() - west + 1), int(row.max() - south + 1)
    if wide * high > _MOST_DENSE or len(ids) < len(cells):
        place = np.minimum(np.searchsorted(cells, ids), len(cells) - 1)
        return np.where(cells[place] == ids, place, -1)
    table = np.full(wide * high, -1, dtype=np.int64)
    table[(row - south) * wide + column - west] = np.arange(len(cells))
    columns, rows = Grid.columns_rows(ids)
    columns, rows = columns - west, rows - south
    inside = (ids >= 0) & (columns >= 0) & (columns < wide) & (rows >= 0) & (rows < high)
    return np.where(inside, table[np.where(inside, rows * wide + columns, 0)], -1)


@dataclass(frozen=True)
class Neighbours:
    """Who is near whom, as compressed rows: of cell ``i`` ``near[start[i]:start[i + 1]]``.

    A cell is never among its own neighbours; who counts it in (Gi*) does so himself.
    """

    start: Integers
    near: Integers

    def __len__(self) -> int:
        """How many cells."""
        return len(self.start) - 1

    @property
    def cardinalities(self) -> Integers:
        """How many neighbours each cell has."""
        return np.diff(self.start)

    def pairs(self) -> tuple[Integers, Integers]:
        """Every pair, both ways round."""
        return np.repeat(np.arange(len(self)), self.cardinalities), self.near

    def sums(self, values: ArrayLike) -> Floats:
        """The sum of the neighbours' values, without the cell's own."""
        one, other = self.pairs()
        near = np.asarray(values, dtype=float)[other]
        return np.bincount(one, near, minlength=len(self)).astype(float)

    def only(self, kept: ArrayLike) -> Neighbours:
        """The neighbours among the kept cells (a mask), numbered anew."""
        mask = np.asarray(kept, dtype=bool)
        number = np.cumsum(mask) - 1
        one, other = self.pairs()
        both = mask[one] & mask[other]
        return neighbours_of(number[one[both]], number[other[both]], int(mask.sum()))


def neighbours_of(one: ArrayLike, other: ArrayLike, count: int) -> Neighbours:
    """Compressed rows of pairs that stand both ways round; twins and selves are dropped."""
    first, second = np.asarray(one, dtype=np.int64), np.asarray(other, dtype=np.int64)
    apart = first != second
    keys = np.unique(first[apart] * count + second[apart])
    rows = keys // max(count, 1)
    start = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=count)))).astype(np.int64)
    return Neighbours(start, keys % max(count, 1))


def grid_neighbours(cells: ArrayLike, grid: Grid, *, band: float | None = None) -> Neighbours:
    """Neighbours among cells of a grid.

    Args:
        cells: Sorted ids.
        grid: Their grid.
        band: Metres between the middles of two cells, at most. Without it a cell's neighbours are
            the eight around it (queen contiguity).
    """
    ids = np.asarray(cells, dtype=np.int64)
    reach = 1 if band is None else int(band / grid.size + 1e-9)
    steps = np.arange(-reach, reach + 1)
    across, along = (part.ravel() for part in np.meshgrid(steps, steps))
    if band is not None:
        close = np.hypot(across, along) * grid.size <= band * (1 + 1e-9)
        across, along = across[close], along[close]
    column, row = grid.columns_rows(ids)
    found_one, found_other = [], []
    for east, north in zip(across, along, strict=True):
        if east == north == 0:
            continue
        inside = (np.abs(column + east) < _HALF) & (np.abs(row + north) < _HALF)
        place = _positions(ids, np.where(inside, ids + north * (2 * _HALF) + east, -1))
        one = np.flatnonzero(place >= 0)
        found_one.append(one)
        found_other.append(place[one])
    nobody = np.empty(0, dtype=np.int64)
    return neighbours_of(
        np.concatenate([nobody, *found_one]), np.concatenate([nobody, *found_other]), len(ids)
    )


def area_neighbours(areas: Any, *, band: float | None = None) -> Neighbours:
    """Neighbours among polygons: those that touch or overlap, or whose centroids lie in a band.

    Args:
        areas: Polygons in metres. Missing and empty ones have no neighbours.
        band: Metres between centroids, at most. Without it queen contiguity: one shared point is
            enough.
    """
    shapes = np.asarray(areas, dtype=object)
    if band is None:
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        return neighbours_of(one, other, len(shapes))
    middle = shapely.centroid(shapes)
    spots = np.column_stack((shapely.get_x(middle), shapely.get_y(middle)))
    known = np.flatnonzero(np.isfinite(spots).all(axis=1))
    pairs = cKDTree(spots[known]).query_pairs(band, output_type="ndarray").astype(np.int64)
    one, other = known[pairs[:, 0]], known[pairs[:, 1]]
    return neighbours_of(np.concatenate((one, other)), np.concatenate((other, one)), len(shapes))
