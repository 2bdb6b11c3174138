"""Who is beside whom in a coverage, and how long the borders are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

RASTER_M = 0.0001
"""The raster of all coordinates, metres."""

Shapes = NDArray[np.object_]
Numbers = NDArray[np.int64]
Lengths = NDArray[np.float64]


def neighbours(shapes: Any) -> tuple[Numbers, Lengths]:
    """Which polygons of a coverage share a border, and how long it is.

    Args:
        shapes: Polygons or multipolygons of a coverage, in metres, on the raster.

    Returns:
        Pairs of positions (m × 2, the lower one first, sorted), and metres of border (m). Polygons
        that meet in single points are no neighbours.
    """
    pairs, ends = shared_sides(shapes)
    if not len(pairs):
        return pairs, np.empty(0)
    run = np.hypot(*(ends[:, 2:] - ends[:, :2]).T.astype(float)) * RASTER_M
    sums = pd.DataFrame({"a": pairs[:, 0], "b": pairs[:, 1], "m": run}).groupby(["a", "b"])["m"]
    summed = sums.sum()
    return np.array([*summed.index], dtype=np.int64).reshape(-1, 2), summed.to_numpy(dtype=float)


def shared_sides(shapes: Any) -> tuple[Numbers, Numbers]:
    """The sides that two polygons of a coverage have in common.

    Returns:
        The pair of polygons of each side (k × 2, the lower one first), and its ends as whole
        numbers of the raster (k × 4: x, y, x, y).
    """
    segments, owner = sides(shapes)
    both = segments.duplicated(keep=False).to_numpy()
    table = segments[both].assign(owner=owner[both])
    found = table.sort_values([*segments.columns, "owner"], kind="stable").to_numpy()
    same = (found[1:, :4] == found[:-1, :4]).all(axis=1) & (found[1:, 4] != found[:-1, 4])
    pairs = np.stack((found[:-1, 4][same], found[1:, 4][same]), axis=1)
    return pairs.astype(np.int64), found[:-1, :4][same].astype(np.int64)


def outer_lengths(shapes: Any) -> Lengths:
    """Metres of each polygon's border that no other polygon shares."""
    segments, owner = sides(shapes)
    alone = ~segments.duplicated(keep=False).to_numpy()
    ends = segments.to_numpy()[alone]
    run = np.hypot(*(ends[:, 2:] - ends[:, :2]).T.astype(float)) * RASTER_M
    count = len(np.asarray(shapes, dtype=object))
    return np.bincount(owner[alone], run, minlength=count).astype(float)


def sides(shapes: Any) -> tuple[pd.DataFrame, Numbers]:
    """The sides of all polygons as whole numbers of the raster, lower end first; whose they are."""
    polygons = np.asarray(shapes, dtype=object)
    parts, of_part = shapely.get_parts(polygons, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    points, of_point = shapely.get_coordinates(rings, return_index=True)
    whole = np.round(points / RASTER_M).astype(np.int64)
    inside = of_point[1:] == of_point[:-1]
    first, last = whole[:-1][inside], whole[1:][inside]
    swap = (first[:, 0] > last[:, 0]) | ((first[:, 0] == last[:, 0]) & (first[:, 1] > last[:, 1]))
    low = np.where(swap[:, None], last, first)
    high = np.where(swap[:, None], first, last)
    owner = of_part[of_ring[of_point[:-1][inside]]]
    columns = {"x0": low[:, 0], "y0": low[:, 1], "x1": high[:, 0], "y1": high[:, 1]}
    return pd.DataFrame(columns), np.asarray(owner, dtype=np.int64)


def on_raster(shapes: Any) -> Shapes:
    """Geometries with every coordinate on the raster; invalid ones stay as they are.

    Rounding can make a narrow polygon touch itself; ``shapely.set_precision`` keeps valid what was
    valid, and takes away what is narrower than the raster.
    """
    return np.asarray(
        shapely.set_precision(np.asarray(shapes, dtype=object), RASTER_M), dtype=object
    )
