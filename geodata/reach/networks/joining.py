"""Where places meet the streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.reach.networks.network import OUTSIDE, Floats, Integers, Joints, Network, Way
from geodata.reach.networks.rules import Rules
from geodata.reach.networks.walls import around

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

    A place inside a wall is joined to the streets inside it; if there are none near, to each of
    its gates, to which people walk straight. A place outside is joined to streets outside. Steps
    are taken where there is no other street: not everybody can.

    Args:
        network: The streets.
        places: Points, or shapes of which a point inside is taken; any CRS, none: WGS 84.
        within_m: How far from a street a place may lie, metres.
        rules: How many metres of street make a part of the network worth joining.

    Returns:
        Rows for each joined place, one or one for each gate; what could not be joined stands apart
        with its reason: ``far`` from every street, near an ``island`` alone, ``walled`` in, or
        ``nowhere``.

    Raises:
        InvalidInput: ``within_m`` is not above 0.
    """
    if not 0 < within_m < np.inf:
        raise InvalidInput("How far from a street a place may lie must be above 0 metres.")
    points, known = points_of(places, network.crs)
    side = around(network.walls, points)
    joined = _on_streets(network, points, known, side, within_m, rules or Rules())
    gated = _at_gates(network, points, known & ~joined.found & (side != OUTSIDE), side)
    found = joined.found.copy()
    found[gated.place] = True
    apart = np.flatnonzero(~found).astype(np.int32)
    reasons = np.where(known, np.where(side == OUTSIDE, "far", "walled"), "nowhere").astype(object)
    island = apart[known[apart] & (side[apart] == OUTSIDE)]
    near_any, _edge = _nearest(network.tree, points[island], within_m)
    reasons[island[near_any]] = "island"
    rows = [np.concatenate(pair) for pair in zip(joined.rows, gated.rows, strict=True)]
    order = np.lexsort((rows[1], rows[0]))
    place, edge, along, off = (row[order] for row in rows)
    return Joints(
        place=place.astype(np.int32),
        edge=edge.astype(np.int32),
        along_m=along,
        off_m=off,
        apart=apart,
        reasons=tuple(str(reasons[row]) for row in apart),
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of joints: place, edge, metres along it, metres off it; and which places have any."""

    rows: tuple[NDArray[Any], NDArray[Any], Floats, Floats]
    found: NDArray[np.bool_]

    @property
    def place(self) -> NDArray[Any]:
        return self.rows[0]


def _on_streets(
    network: Network,
    points: Floats,
    known: NDArray[np.bool_],
    side: Integers,
    within_m: float,
    rules: Rules,
) -> _Rows:
    """Each place to the nearest street on its own side of the walls."""
    found = np.zeros(len(points), dtype=bool)
    places, edges = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for some in _in_turn(network, rules):
        left = np.flatnonzero(known & ~found)
        if not len(some) or not len(left):
            continue
        inside = network.compound[some]
        which, near = _nearest(
            shapely.STRtree(network.lines[some[inside == OUTSIDE]]),
            points[left[side[left] == OUTSIDE]],
            within_m,
        )
        places.append(left[side[left] == OUTSIDE][which])
        edges.append(some[inside == OUTSIDE][near])
        walled = left[np.isin(side[left], inside[inside != OUTSIDE])]
        for compound in np.unique(side[walled]):
            mine, here = walled[side[walled] == compound], some[inside == compound]
            which, near = _nearest(shapely.STRtree(network.lines[here]), points[mine], within_m)
            places.append(mine[which])
            edges.append(here[near])
        found[np.concatenate(places)] = True
    place, edge = np.concatenate(places), np.concatenate(edges)
    dots = np.asarray(shapely.points(points[place]), dtype=object)
    lines = network.lines[edge]
    along = np.clip(shapely.line_locate_point(lines, dots), 0.0, network.metres[edge])
    return _Rows((place, edge, along, np.asarray(shapely.distance(lines, dots))), found)


def _at_gates(network: Network, points: Floats, wanted: NDArray[np.bool_], side: Integers) -> _Rows:
    """Places to all gates of their compound: to an edge that begins or ends there."""
    edge_of = np.full(len(network.nodes), -1, dtype=np.int64)
    edge_of[network.ends[:, 1]] = np.arange(len(network))
    edge_of[network.ends[:, 0]] = np.arange(len(network))
    order = np.argsort(network.gate_of, kind="stable")
    gate_of, node = network.gate_of[order], network.gates[order]
    asked = np.flatnonzero(wanted)
    low = np.searchsorted(gate_of, side[asked], side="left")
    hits = np.searchsorted(gate_of, side[asked], side="right") - low
    place = np.repeat(asked, hits)
    first = np.repeat(low - np.cumsum(hits) + hits, hits)
    gate = node[first + np.arange(len(place))]
    edge = edge_of[gate]
    along = np.where(network.ends[edge, 0] == gate, 0.0, network.metres[edge])
    off = np.hypot(*(points[place] - network.nodes[gate]).T)
    found = np.zeros(len(points), dtype=bool)
    found[place] = True
    return _Rows((place, edge, along, off), found)


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


def _in_turn(network: Network, rules: Rules) -> tuple[Integers, Integers]:
    """Edges of parts that are long enough, those drawn for gates left out: streets, then steps."""
    part = network.island[network.ends[:, 0]]
    size = np.bincount(part, weights=network.metres)
    long = size[part] >= min(rules.least_island_m, float(size.max(initial=0.0)))
    good = long & ((network.ways & Way.GATE) == 0)
    steps = (network.ways & Way.STEPS) > 0
    return (
        np.flatnonzero(good & ~steps).astype(np.int32),
        np.flatnonzero(good & steps).astype(np.int32),
    )


def _nearest(
    tree: shapely.STRtree, points: Floats, within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of points and the edge of the tree nearest to each; of equally near ones the lower."""
    if not len(points) or not len(tree.geometries):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    dots = np.asarray(shapely.points(points), dtype=object)
    which, near = tree.query_nearest(dots, max_distance=within_m, all_matches=True)
    first = np.lexsort((near, which))
    first = first[np.diff(which[first], prepend=-1) != 0]
    return which[first], near[first]
