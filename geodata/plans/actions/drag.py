"""Drag a corner of a shared border, or a junction of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Point

from geodata.plans.actions.faces import divided, settled
from geodata.plans.actions.naming import prove_unlocked
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import PER_M, Numbers, Shapes, sides, whole
from geodata.plans.actions.snapping import drawn_point, snapped
from geodata.plans.actions.step import NO_GRID, Step, changed_hands, nothing_changes, parted
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.coverage import RASTER_M
from geodata.plans.net import Net
from geodata.words import sentence as _

WINDOW_M = 1.0
"""Units this near to the ground that a dragged border sweeps are looked at."""
NOWHERE = -2
"""What lies beyond the ground of the plan, where grids have numbers."""


@dataclass(frozen=True)
class _Border:
    """The sides at which two grids meet, or a grid and what is beyond.

    ``ends`` in steps of the raster, n × 4; ``outer``: beyond it is no ground of the plan.
    """

    ends: Numbers
    outer: Any


def drag(net: Net, action: Mapping[str, Any], tolerance: Tolerance) -> Step:
    """Move the point of a shared border at ``from`` to ``to``; all sides move together.

    The borders that meet in the point run straight from ``to`` to their next corner or junction; a
    stretch that bends less than ``grasp_m`` counts as straight. A point between two corners becomes
    a corner. At a junction three grids or more change. The edge of the plan stays: a border that
    ends there can be dragged along it.

    Raises:
        Refused: ``not_a_point`` ``no_border`` ``outer_border`` ``crosses`` ``locked`` ``crumbs``
            ``nothing_changes`` ``too_close`` ``too_narrow``.
    """
    start, end = drawn_point(action.get("from")), drawn_point(action.get("to"))
    shapes = net.units.geometry.to_numpy()
    had = net.units["grid"].fillna(NO_GRID).to_numpy(dtype=np.int64)
    border = _borders(shapes, had, start, tolerance)
    grip, border, halved = _grip(border, start, tolerance)
    meeting = np.unique(had[shapely.dwithin(shapes, Point(grip / PER_M), RASTER_M)])
    target = _target(border, grip, end, shapes, tolerance)
    if (target == grip).all():
        raise nothing_changes()
    old, corners = _star(border, grip, tolerance)
    old += halved
    rays = [_ray(target, corner, shapes, tolerance) for corner in corners]
    line = MultiLineString(rays)
    spots = np.array([*chain.from_iterable(old), *map(tuple, corners)]) / PER_M
    swept = shapely.box(*shapely.MultiPoint([*spots, *shapely.get_coordinates(line)]).bounds)
    near = np.flatnonzero(np.isin(had, meeting) & shapely.dwithin(shapes, swept, WINDOW_M))
    regions = _regions(shapes[near], had[near], old, rays)
    faces = divided(shapes[near], line)
    middles = faces.inner_points()
    labels = had[near][faces.unit]
    for grid, region in regions.items():
        shapely.prepare(region)
        labels = np.where(shapely.intersects(region, middles), grid, labels)
    parts = settled(faces, labels, tolerance)
    moves = changed_hands(parts, had[near])
    if not moves:
        raise Refused(
            _("The line runs along the old border: draw it further off."), reason="crumbs"
        )
    prove_unlocked(net, moves)
    return parted(net, near, parts)


def _borders(shapes: Shapes, had: Numbers, start: Point, tolerance: Tolerance) -> _Border:
    """The borders of the grids round a point."""
    there = np.unique(had[shapely.dwithin(shapes, start, tolerance.grasp_m)])
    at = np.flatnonzero(np.isin(had, there))
    # all units that touch these grids tell what is on the other side
    if len(at):
        tree = shapely.STRtree(shapes)
        at = np.unique(tree.query(shapes[at], predicate="intersects")[1])
    found = sides(shapes[at])
    order = np.lexsort((found.owner, found.same))
    same, owner = found.same[order], had[at][found.owner[order]]
    first = np.flatnonzero(np.r_[True, same[1:] != same[:-1]]) if len(same) else np.empty(0, int)
    one = owner[first]
    twice = np.append(np.diff(first), len(same) - first[-1] if len(first) else 0) > 1
    other = np.where(twice, owner[np.minimum(first + 1, len(owner) - 1)], NOWHERE)
    kept = (one != other) & (np.isin(one, there) | np.isin(other, there))
    return _Border(found.ends[order][first][kept], other[kept] == NOWHERE)


def _grip(
    border: _Border, start: Point, tolerance: Tolerance
) -> tuple[Numbers, _Border, list[Any]]:
    """The point of the border that is taken hold of; a new one on a side if no corner is near.

    Gives the point, the border with that side in halves, and the side as it was.
    """
    at = np.array([start.x, start.y]) * PER_M
    reach = tolerance.grasp_m * PER_M
    corners = border.ends.reshape(-1, 2)
    if len(corners):
        away = np.hypot(*(corners - at).T.astype(float))
        if away.min() <= reach:
            return corners[int(away.argmin())], border, []
        lines: Any = shapely.linestrings(border.ends.reshape(-1, 2, 2).astype(float))
        off: Any = shapely.distance(lines, Point(at))
        side = int(off.argmin())
        if off[side] <= reach:
            spot: Any = shapely.line_interpolate_point(
                lines[side], shapely.line_locate_point(lines[side], Point(at))
            )
            grip = np.round([spot.x, spot.y]).astype(np.int64)
            first, last = border.ends[side][:2], border.ends[side][2:]
            ends = np.delete(border.ends, side, axis=0)
            outer = np.append(np.delete(border.outer, side), [border.outer[side]] * 2)
            halves = [np.concatenate((first, grip)), np.concatenate((grip, last))]
            whole_side = (tuple(first.tolist()), tuple(last.tolist()))
            return grip, _Border(np.concatenate((ends, halves)), outer), [whole_side]
    raise Refused(
        _("The point lies on no border of a grid: take hold of a border."), reason="no_border"
    )


def _target(
    border: _Border, grip: Numbers, end: Point, shapes: Shapes, tolerance: Tolerance
) -> Numbers:
    """Where the point goes, on the raster; on the edge of the plan if it stands there."""
    near = shapes[shapely.dwithin(shapes, end, tolerance.snap_m)]
    at = snapped([[end.x, end.y]], near, tolerance)
    stands = (border.ends.reshape(-1, 2, 2) == grip).all(axis=2).any(axis=1)
    if not (stands & border.outer).any():
        if not shapely.intersects(shapes, Point(at[0])).any():
            raise _outer()
        return whole(at[0])
    if (stands & border.outer).sum() == stands.sum():
        raise _outer()
    edge = MultiLineString(list(border.ends[border.outer].reshape(-1, 2, 2) / PER_M))
    if shapely.distance(edge, end) > max(tolerance.grasp_m, tolerance.snap_m):
        raise _outer()
    spot = shapely.shortest_line(edge, Point(at[0]))
    return whole(shapely.get_coordinates(spot)[0])


def _star(border: _Border, grip: Numbers, tolerance: Tolerance) -> tuple[list[Any], list[Numbers]]:
    """The sides that the point takes along, and where the borders that meet in it hold on."""
    meets: dict[tuple[int, ...], list[int]] = {}
    for k, ends in enumerate(border.ends.tolist()):
        meets.setdefault(tuple(ends[:2]), []).append(k)
        meets.setdefault(tuple(ends[2:]), []).append(k)
    old: list[Any] = []
    corners: list[Numbers] = []
    begin = tuple(grip.tolist())
    for side in meets.get(begin, []):
        if border.outer[side]:
            continue
        path = _path(border, meets, begin, side)
        reach = _straight(path, tolerance.grasp_m * PER_M)
        old += pairwise(path[: reach + 1])
        corners.append(np.array(path[reach], dtype=np.int64))
    return old, corners


def _path(border: _Border, meets: Any, begin: Any, side: int) -> list[Any]:
    """The points of a border from ``begin`` along ``side`` to the next junction."""
    path, at = [begin], begin
    while True:
        ends = border.ends[side].tolist()
        at = tuple(ends[2:]) if tuple(ends[:2]) == at else tuple(ends[:2])
        path.append(at)
        if len(meets[at]) != 2 or at == begin:
            return path
        side = meets[at][0] if meets[at][1] == side else meets[at][1]


def _straight(path: list[Any], bend: float) -> int:
    """How many sides of the path lie on one straight stretch."""
    points = np.array(path, dtype=float)
    reach = 1
    for k in range(2, len(path)):
        run = points[k] - points[0]
        long = np.hypot(*run)
        if long == 0:
            break
        off = points[1:k] - points[0]
        if np.abs(off[:, 0] * run[1] - off[:, 1] * run[0]).max() / long > bend:
            break
        if ((off @ run) < 0).any() or ((off @ run) > long * long).any():
            break
        reach = k
    return reach


def _ray(target: Numbers, corner: Numbers, shapes: Shapes, tolerance: Tolerance) -> LineString:
    """The new border from the point to a corner, on the borders of units that it runs along."""
    line = np.stack((target, corner)) / PER_M
    if (line[0] == line[1]).all():
        raise _crosses()
    straight = LineString(line)
    near = shapes[shapely.dwithin(shapes, straight, tolerance.snap_m)]
    laid = snapped(line, near, tolerance)
    laid = np.concatenate((line[:1], laid[1:-1], line[1:]))
    return LineString(laid)


def _regions(
    shapes: Shapes, had: Numbers, old: list[Any], rays: list[LineString]
) -> dict[int, Any]:
    """The grids that meet in the point, after it, as far as these units go.

    What is left of the old borders keeps its grid on either side, and so says whose each face is.
    """
    ground = shapely.coverage_union_all(shapes)
    left = {frozenset(side) for side in old}
    owner: dict[Any, int] = {}
    for grid in np.unique(had):
        parts = shapely.get_parts(shapely.coverage_union_all(shapes[had == grid]))
        for side in _directed(parts)[0]:
            if frozenset(side) not in left:
                owner[side] = int(grid)
    rest = MultiLineString([np.array(side) / PER_M for side in sorted(owner)])
    ends = [point for ray in rays for point in (ray.coords[0], ray.coords[-1])]
    held = shapely.buffer(shapely.MultiPoint(ends), 0.01)
    for ray in rays:
        beyond = shapely.length(shapely.difference(ray, ground)) > 0.01
        if beyond or not shapely.difference(shapely.intersection(ray, rest), held).is_empty:
            raise _crosses()
    noded = shapely.union_all([rest, *rays], grid_size=RASTER_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    faces = faces[shapely.intersects(ground, shapely.point_on_surface(faces))]
    found: list[set[int]] = [set() for _face in faces]
    for side, face in zip(*_directed(faces), strict=True):
        if side in owner:
            found[face].add(owner[side])
    if any(len(grids) != 1 for grids in found) or set.union(*found) != set(had.tolist()):
        raise _crosses()
    of = np.array([next(iter(grids)) for grids in found])
    return {int(grid): shapely.union_all(faces[of == grid]) for grid in np.unique(of)}


def _directed(shapes: Shapes) -> tuple[list[Any], list[int]]:
    """The sides of polygons with their inside on the left, and which polygon each is of."""
    rings, of_ring = shapely.get_rings(shapely.orient_polygons(shapes), return_index=True)
    points, of_point = shapely.get_coordinates(rings, return_index=True)
    at = [tuple(point) for point in whole(points).tolist()]
    inside = np.flatnonzero(of_point[1:] == of_point[:-1]).tolist()
    return [(at[k], at[k + 1]) for k in inside], of_ring[of_point[inside]].tolist()


def _outer() -> Refused:
    return Refused(_("The outer border of the draft stays: drag along it."), reason="outer_border")


def _crosses() -> Refused:
    return Refused(_("The dragged border would cross another: drag it less far."), reason="crosses")
