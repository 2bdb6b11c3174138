"""Where places meet the streets."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.reach.networks.network import OUTSIDE, Floats, Integers, Joints, Network
from geodata.reach.networks.rules import Rules

WITHIN_M: Final = 200.0
"""A place farther from every street is joined to none."""


def join(
    network: Network,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    within_m: float = WITHIN_M,
    rules: Rules | None = None,
) -> Joints:
    """Join each place to the nearest street of a part of the network that is worth the name.

    Args:
        network: The streets.
        places: Points, or shapes of which a point inside is taken; any CRS, none: WGS 84.
        within_m: How far from a street a place may lie, metres.
        rules: How many metres of street make a part of the network worth joining.

    Returns:
        A row for each joined place; what could not be joined stands apart with its reason.
    """
    points, known = points_of(places, network.crs)
    rules = rules or Rules()
    edges = joinable(network, rules)
    reasons = np.where(known, "far", "nowhere").astype(object)
    asked = np.flatnonzero(known)
    place, edge = _nearest(network, points[asked], within_m, edges)
    place = asked[place]
    joined = np.zeros(len(points), dtype=bool)
    joined[place] = True
    left = np.flatnonzero(known & ~joined)
    if len(left) and len(edges) < len(network):
        on_island, _edge = _nearest(network, points[left], within_m, None)
        reasons[left[on_island]] = "island"
    dots = np.asarray(shapely.points(points[place]), dtype=object)
    lines = network.lines[edge]
    apart = np.flatnonzero(~joined).astype(np.int32)
    return Joints(
        place=place.astype(np.int32),
        edge=edge.astype(np.int32),
        along_m=np.clip(shapely.line_locate_point(lines, dots), 0.0, network.metres[edge]),
        off_m=np.asarray(shapely.distance(lines, dots), dtype=float),
        apart=apart,
        reasons=tuple(str(reasons[row]) for row in apart),
    )


def points_of(
    places: gpd.GeoDataFrame | gpd.GeoSeries, crs: pyproj.CRS
) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, 2) a point of each place in ``crs``, and which have one."""
    series = places.geometry if isinstance(places, gpd.GeoDataFrame) else places
    if series.crs is None:
        series = series.set_crs(4326)
    shapes = np.asarray(series.to_crs(crs).array, dtype=object)
    flat = np.asarray(shapely.force_2d(shapes), dtype=object)
    plain = shapely.get_type_id(flat) == 0
    flat[~plain] = shapely.point_on_surface(flat[~plain])
    points = np.column_stack([shapely.get_x(flat), shapely.get_y(flat)])
    return points, np.asarray(np.isfinite(points).all(axis=1))


def joinable(network: Network, rules: Rules) -> Integers:
    """Edges of parts of the network that are long enough, those drawn for gates left out."""
    part = network.island[network.ends[:, 0]]
    size = np.bincount(part, weights=network.metres)
    long = size[part] >= min(rules.least_island_m, size.max(initial=0.0))
    return np.flatnonzero(long & (network.compound == OUTSIDE)).astype(np.int32)


def _nearest(
    network: Network, points: Floats, within_m: float, edges: Integers | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of points and the edge nearest to each; of equally near ones the lower."""
    if within_m <= 0 or not np.isfinite(within_m):
        raise InvalidInput("How far from a street a place may lie must be above 0 metres.")
    if not len(points) or (edges is not None and not len(edges)):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    all_of_them = edges is None or len(edges) == len(network)
    tree = network.tree if all_of_them else shapely.STRtree(network.lines[edges])
    dots = np.asarray(shapely.points(points), dtype=object)
    which, near = tree.query_nearest(dots, max_distance=within_m, all_matches=True)
    first = np.lexsort((near, which))
    first = first[np.diff(which[first], prepend=-1) != 0]
    which, near = which[first], near[first]
    return which, near if all_of_them or edges is None else edges[near].astype(np.int64)
