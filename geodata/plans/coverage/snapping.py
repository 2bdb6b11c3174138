"""Borders that are meant to be one, made one."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geodata.plans.coverage.borders import RASTER_M, Shapes, sides

Points = NDArray[np.float64]


def snap(shapes: Shapes, tolerance: float, *, fence: Any = None) -> Shapes:
    """Move near points onto each other, and bend borders to points near them.

    Only where borders do not fit: elsewhere not a point moves. No point moves farther than
    ``tolerance``; a point where more borders meet attracts those where fewer do.

    Args:
        shapes: Valid polygons and multipolygons, metres.
        tolerance: Metres.
        fence: A boundary that attracts and never moves.

    Returns:
        Valid polygons; the very same objects where nothing moved.
    """
    loose = _loose_points(shapes, tolerance, fence)
    if not len(loose):
        return shapes
    fixed = np.empty((0, 2)) if fence is None else shapely.get_coordinates(fence)
    moves = _moves(loose, fixed, tolerance, weights=_weights(shapes, loose))
    out = shapes.copy()
    near = shapely.STRtree(shapes).query(
        shapely.multipoints(loose), predicate="dwithin", distance=2 * tolerance
    )
    targets = np.unique(
        np.concatenate([fixed, [moves.get(key(p), tuple(p)) for p in loose]]), axis=0
    )
    tree = KDTree(targets)
    for place in np.sort(near).tolist():
        bent = _rebuilt(shapes[place], moves, targets, tree, tolerance)
        if bent is not None:
            out[place] = bent
    return out


def key(point: Any) -> tuple[float, float]:
    """A point as the key of a table."""
    return float(point[0]), float(point[1])


def _loose_points(shapes: Shapes, tolerance: float, fence: Any) -> Points:
    """The points of all borders that do not fit their neighbours', or lie beside the fence."""
    edges = shapely.coverage_invalid_edges(shapes, gap_width=tolerance)
    points = shapely.get_coordinates(edges)
    if fence is not None:
        border = shapely.boundary(fence)
        shapely.prepare(border)
        outer = _outer_points(shapes)
        near = outer[shapely.dwithin(border, shapely.points(outer), tolerance)]
        off = shapely.distance(border, shapely.points(near)) > RASTER_M
        points = np.concatenate((points, near[off]))
    return np.unique(points, axis=0)


def _outer_points(shapes: Shapes) -> Points:
    """The ends of all sides that no other polygon shares."""
    table, _ = sides(shapes)
    alone = ~table.duplicated(keep=False).to_numpy()
    ends = np.unique(table.to_numpy()[alone].reshape(-1, 2), axis=0)
    every = shapely.get_coordinates(shapes)
    at = np.round(every / RASTER_M).astype(np.int64)
    both = np.concatenate((ends, at))
    _, which = np.unique(both, axis=0, return_inverse=True)
    return np.asarray(every[np.isin(which[len(ends) :], which[: len(ends)])], dtype=float)


def _weights(shapes: Shapes, loose: Points) -> NDArray[np.int64]:
    """How many polygons have each point."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    both = np.unique(np.column_stack((points, owner)), axis=0)[:, :2]
    unique, counts = np.unique(both, axis=0, return_counts=True)
    table = dict(zip(map(key, unique), counts.tolist(), strict=True))
    return np.array([table[key(point)] for point in loose], dtype=np.int64)


def _moves(
    loose: Points, fixed: Points, tolerance: float, *, weights: NDArray[np.int64]
) -> dict[tuple[float, float], tuple[float, float]]:
    """Where each loose point goes: point → point."""
    moves: dict[tuple[float, float], tuple[float, float]] = {}
    order = np.lexsort((loose[:, 1], loose[:, 0], -weights))
    points = loose[order]
    free = np.ones(len(points), dtype=bool)
    if len(fixed):
        distance, nearest = KDTree(fixed).query(points, distance_upper_bound=tolerance)
        for place in np.flatnonzero(np.isfinite(distance)):
            free[place] = False
            moves[key(points[place])] = key(fixed[nearest[place]])
    tree = KDTree(points)
    for here, around in enumerate(tree.query_ball_point(points, tolerance)):
        if not free[here]:
            continue
        for other in around:
            if free[other]:
                moves[key(points[other])] = key(points[here])
                free[other] = False
    return moves


def _rebuilt(
    shape: Any,
    moves: dict[tuple[float, float], tuple[float, float]],
    targets: Points,
    tree: KDTree,
    tolerance: float,
) -> Any:
    """A polygon with its points moved and its borders bent; None if nothing changes."""
    changed = False
    parts = []
    for part in shapely.get_parts(shape):
        rings = []
        for ring in shapely.get_rings(part):
            bent, other = _ring(shapely.get_coordinates(ring), moves, targets, tree, tolerance)
            changed |= other
            rings.append(bent)
        if len(rings[0]) >= 4:
            parts.append(shapely.Polygon(rings[0], [hole for hole in rings[1:] if len(hole) >= 4]))
    if not changed:
        return None
    whole: Any = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if not shapely.is_valid(whole):
        whole = shapely.make_valid(whole, method="structure", keep_collapsed=False)
    if shapely.get_type_id(whole) not in (3, 6):
        pieces = shapely.get_parts(whole)
        whole = shapely.union_all(pieces[shapely.get_type_id(pieces) == 3])
    return whole


def _ring(
    points: Points,
    moves: dict[tuple[float, float], tuple[float, float]],
    targets: Points,
    tree: KDTree,
    tolerance: float,
) -> tuple[Points, bool]:
    """One ring, closed, with moved points and with those of ``targets`` that lie beside a side."""
    moved = np.array([moves.get(key(point), key(point)) for point in points])
    keep = np.ones(len(moved), dtype=bool)
    keep[1:] = (moved[1:] != moved[:-1]).any(axis=1)
    moved = moved[keep]
    if len(moved) < 4:
        return moved, True
    first, last = moved[:-1], moved[1:]
    length = np.hypot(*(last - first).T)
    around = tree.query_ball_point((first + last) / 2, length / 2 + tolerance)
    out: list[Any] = []
    more = False
    for place, candidates in enumerate(around):
        out.append(first[place])
        if not candidates:
            continue
        there = targets[np.array(candidates)]
        along = (last[place] - first[place]) / length[place]
        run = (there - first[place]) @ along
        off = np.abs((there - first[place]) @ np.array([-along[1], along[0]]))
        beside = (off <= tolerance) & (run > 0) & (run < length[place])
        ends = np.minimum(np.hypot(*(there - first[place]).T), np.hypot(*(there - last[place]).T))
        beside &= ends > 0
        for index in np.argsort(run, kind="stable"):
            if beside[index]:
                out.append(there[index])
                more = True
    out.append(last[-1])
    return np.array(out), more or not keep.all() or bool((moved != points[keep]).any())
