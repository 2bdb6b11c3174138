"""The ground that a circle drawn with a compass would give: what service areas are held against."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.reach.networks.network import Floats

CORNERS = 16
"""Corners in a quarter of a disc: its area is 0.2 % below the true one."""


def discs(points: Floats, radius_m: float) -> NDArray[np.object_]:
    """(p) the disc round each of (p, 2) points in a plane of metres; empty without a point."""
    return np.asarray(shapely.buffer(_dots(points), radius_m, quad_segs=CORNERS), dtype=object)


def merged_discs(points: Floats, radius_m: float) -> shapely.Geometry:
    """All discs as one ground."""
    return shapely.union_all(discs(points, radius_m))


def nearest_discs(points: Floats, radius_m: float) -> NDArray[np.object_]:
    """(p) of each disc what is nearer to its point than to any other, as the crow flies.

    Of points on one spot the first has it all, the others nothing.
    """
    whole = discs(points, radius_m)
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    _spots, first = np.unique(points[known], axis=0, return_index=True)
    owners = known[np.sort(first)]
    if len(owners) < 2:
        cells = whole[owners]
    else:
        corners = shapely.box(*shapely.total_bounds(whole[owners]))
        dots = shapely.multipoints(points[owners])
        cells = shapely.get_parts(shapely.voronoi_polygons(dots, extend_to=corners, ordered=True))
    found = np.full(len(points), shapely.Polygon(), dtype=object)
    found[owners] = shapely.intersection(whole[owners], cells)
    return found


def _dots(points: Floats) -> NDArray[np.object_]:
    dots = np.full(len(points), shapely.Point(), dtype=object)
    known = np.isfinite(points).all(axis=1)
    dots[known] = shapely.points(points[known])
    return dots
