"""The sides of polygons as whole numbers of the raster, so that comparing them is exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.plans.coverage import RASTER_M

Shapes = NDArray[np.object_]
Numbers = NDArray[np.int64]
PER_M = round(1 / RASTER_M)
"""Steps of the raster in a metre."""


@dataclass(frozen=True)
class Sides:
    """Every side of every polygon, lower end first.

    Attributes:
        ends: x0, y0, x1, y1 in steps of the raster, n × 4.
        owner: The position of the polygon that each side is of, n.
        same: A number for each side; sides with equal ends have the same, n.
    """

    ends: Numbers
    owner: Numbers
    same: Numbers

    def lengths(self) -> NDArray[np.float64]:
        """Metres of each side."""
        ends = self.ends.astype(float)
        run = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        return np.asarray(run / PER_M, dtype=float)

    def metres(self) -> NDArray[np.float64]:
        """The ends in metres, n × 2 × 2."""
        return (self.ends / PER_M).reshape(-1, 2, 2)


def whole(points: Any) -> Numbers:
    """Coordinates in metres as steps of the raster."""
    return np.round(np.asarray(points, dtype=float) * PER_M).astype(np.int64)


def sides(shapes: Any) -> Sides:
    """The sides of polygons in metres on the raster."""
    rings, of_ring = shapely.get_rings(np.asarray(shapes, dtype=object), return_index=True)
    points, of_point = shapely.get_coordinates(rings, return_index=True)
    at = whole(points)
    inside = of_point[1:] == of_point[:-1]
    first, last = at[:-1][inside], at[1:][inside]
    swap = (first[:, 0] > last[:, 0]) | ((first[:, 0] == last[:, 0]) & (first[:, 1] > last[:, 1]))
    low = np.where(swap[:, None], last, first)
    high = np.where(swap[:, None], first, last)
    ends = np.concatenate((low, high), axis=1)
    owner = of_ring[of_point[:-1][inside]].astype(np.int64)
    return Sides(ends, owner, _numbered_ends(ends))


def _numbered_ends(ends: Numbers) -> Numbers:
    """A number for each side, by way of a number for each of its points."""
    if not len(ends):
        return np.empty(0, dtype=np.int64)
    points = ends.reshape(-1, 2) - ends.reshape(-1, 2).min(axis=0)
    if points.max() >= 2**31:
        return numbered(ends)
    keys, point = np.unique(points[:, 0] * 2**31 + points[:, 1], return_inverse=True)
    pairs = point.reshape(-1, 2)
    same = np.unique(pairs[:, 0] * len(keys) + pairs[:, 1], return_inverse=True)[1]
    return np.asarray(same, dtype=np.int64)


def numbered(rows: Numbers) -> Numbers:
    """A number for each row, the same for equal rows; numbers go in the order of the rows."""
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    order = np.lexsort(rows.T[::-1])
    new = np.ones(len(rows), dtype=np.int64)
    new[1:] = (rows[order][1:] != rows[order][:-1]).any(axis=1)
    number = np.empty(len(rows), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number


def shared(of: Sides, *, but: NDArray[np.bool_] | None = None) -> tuple[Numbers, Any]:
    """Pairs of polygons that share a side, and how many metres.

    Args:
        of: Sides of a coverage: each has one polygon or two.
        but: Sides to leave out, n.

    Returns:
        Pairs of positions, the lower one first and sorted (m × 2); metres (m).
    """
    kept = np.arange(len(of.same)) if but is None else np.flatnonzero(~but)
    order = kept[np.lexsort((of.owner[kept], of.same[kept]))]
    twice = of.same[order][1:] == of.same[order][:-1]
    one, other = order[:-1][twice], order[1:][twice]
    pairs = np.stack((of.owner[one], of.owner[other]), axis=1).astype(np.int64)
    if not len(pairs):
        return pairs.reshape(0, 2), np.empty(0)
    number = numbered(pairs)
    firsts = np.unique(number, return_index=True)[1]
    return pairs[firsts], np.bincount(number, of.lengths()[one])
