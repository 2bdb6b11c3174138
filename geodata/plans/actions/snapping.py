"""What was drawn, checked and laid on the borders that it runs along."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon

from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import PER_M, Shapes
from geodata.plans.actions.tolerance import Tolerance
from geodata.words import sentence as _


def drawn_line(given: Any, tolerance: Tolerance) -> LineString:
    """A line as an action takes it; raises Refused for what is none."""
    if not isinstance(given, LineString):
        raise Refused(_("Draw one line for this."), reason="not_a_line")
    _check_points(given, tolerance)
    if len(np.unique(shapely.get_coordinates(given), axis=0)) < 2:
        raise Refused(_("The line has no length: draw it again."), reason="no_length")
    if not given.is_simple:
        raise Refused(_("The line crosses itself: draw it without a loop."), reason="self_crossing")
    return shapely.force_2d(given)


def drawn_polygon(given: Any, tolerance: Tolerance) -> Polygon:
    """A polygon as an action takes it; raises Refused for what is none."""
    if not isinstance(given, Polygon):
        raise Refused(_("Draw one polygon for this."), reason="not_a_polygon")
    _check_points(given, tolerance)
    if given.is_valid:
        return shapely.force_2d(given)
    why = shapely.is_valid_reason(given)
    if "Holes are nested" in why or "Hole lies outside" in why or "disconnected" in why:
        raise Refused(
            _("A hole of the polygon lies in another hole or outside it: draw it again."),
            reason="nested_holes",
        )
    raise Refused(
        _("The border of the polygon crosses itself: draw it without a loop."),
        reason="self_crossing",
    )


def drawn_point(given: Any) -> Point:
    """A point as an action takes it; raises Refused for what is none."""
    if not isinstance(given, Point) or given.is_empty or not np.isfinite(given.coords).all():
        raise Refused(_("Give one point for this."), reason="not_a_point")
    return Point(given.x, given.y)


def _check_points(given: Any, tolerance: Tolerance) -> None:
    points = shapely.get_coordinates(given)
    if not len(points) or not np.isfinite(points).all():
        raise Refused(_("What was drawn has no place on the map."), reason="no_place")
    if len(points) > tolerance.most_points:
        raise Refused(
            _("What was drawn has %(points)s points; at most %(most)s are taken: simplify it."),
            reason="too_many_points",
            points=len(points),
            most=tolerance.most_points,
        )


def snapped(points: Any, shapes: Shapes, tolerance: Tolerance) -> NDArray[np.float64]:
    """A drawn line laid on the borders that it runs along, on the raster.

    A point of it nearer than ``snap_m`` to a corner of a unit moves there, otherwise to the nearest
    point of a border as near; a corner of a unit as near to the line becomes a point of the line.

    Args:
        points: The points of the line in metres, n × 2.
        shapes: Units near the line.
        tolerance: ``snap_m`` counts.

    Returns:
        Points without repetition, m × 2.
    """
    line = np.asarray(points, dtype=float)
    near = tolerance.snap_m
    if len(shapes) and near > 0:
        corners = np.unique(shapely.get_coordinates(shapes), axis=0)
        box = (*(line.min(axis=0) - near), *(line.max(axis=0) + near))
        corners = corners[
            (corners[:, 0] >= box[0])
            & (corners[:, 1] >= box[1])
            & (corners[:, 0] <= box[2])
            & (corners[:, 1] <= box[3])
        ]
        line = _ends_on(line, corners, shapely.boundary(shapes), near)
        line = _with_corners(line, corners, near)
    line = np.round(line * PER_M) / PER_M
    moved = np.ones(len(line), dtype=bool)
    moved[1:] = (line[1:] != line[:-1]).any(axis=1)
    return line[moved]


def _ends_on(line: Any, corners: Any, borders: Shapes, near: float) -> Any:
    """Points of the line on the nearest corner, or on the nearest border, if near enough."""
    placed = line.copy()
    points = shapely.points(line)
    tree = shapely.STRtree(borders)
    at, border = tree.query(points, predicate="dwithin", distance=near)
    if len(at):
        away = shapely.distance(points[at], borders[border])
        order = np.lexsort((border, away, at))
        first = np.unique(at[order], return_index=True)[1]
        at, border = at[order][first], border[order][first]
        along = shapely.line_locate_point(borders_as_lines(borders[border], points[at]), points[at])
        lines = borders_as_lines(borders[border], points[at])
        placed[at] = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    if len(corners):
        tree = shapely.STRtree(shapely.points(corners))
        (at, corner), away = tree.query_nearest(
            points, max_distance=near, return_distance=True, all_matches=False
        )
        placed[at[away <= near]] = corners[corner[away <= near]]
    return placed


def borders_as_lines(borders: Shapes, points: Shapes) -> Shapes:
    """Of each border (one ring or several) the ring that its point is nearest to."""
    chosen = []
    for border, point in zip(borders, points, strict=True):
        rings = shapely.get_parts(border)
        chosen.append(rings[int(np.argmin(shapely.distance(rings, point)))])
    return np.array(chosen, dtype=object)


def _with_corners(line: Any, corners: Any, near: float) -> Any:
    """The line through all corners that are near to one of its stretches."""
    if not len(corners) or len(line) < 2:
        return line
    ends = np.stack((line[:-1], line[1:]), axis=1)
    stretches = np.asarray(shapely.linestrings(ends), dtype=object)
    places = np.asarray(shapely.points(corners), dtype=object)
    corner, stretch = shapely.STRtree(stretches).query(places, predicate="dwithin", distance=near)
    away = shapely.distance(places[corner], stretches[stretch])
    order = np.lexsort((stretch, away, corner))
    first = np.unique(corner[order], return_index=True)[1]
    corner, stretch = corner[order][first], stretch[order][first]
    along = np.asarray(shapely.line_locate_point(stretches[stretch], places[corner]))
    inside = (along > near) & (along < shapely.length(stretches[stretch]) - near)
    corner, stretch, along = corner[inside], stretch[inside], along[inside]
    key = np.concatenate(
        (
            np.stack((np.arange(len(line)), np.zeros(len(line))), axis=1),
            np.stack((stretch, along), axis=1),
        )
    )
    both = np.concatenate((line, corners[corner]))
    return both[np.lexsort((key[:, 1], key[:, 0]))]
