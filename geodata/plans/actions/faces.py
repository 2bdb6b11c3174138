"""Units cut along a line.

The line and the borders it meets are noded together on the raster by snap rounding (Hobby:
Practical segment intersection with finite precision output, 1999; GEOS OverlayNG), so that parts
meet point by point. Which part goes where is the action's business: it labels the faces, and a
unit is cut only between faces with different labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from shapely import Polygon

from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import Numbers, Shapes, Sides, shared, sides
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.coverage import RASTER_M
from geodata.words import sentence as _

TOUCHES_M = 10 * RASTER_M
"""What is nearer than this to a line is touched by it."""
PASSES = 100
"""Rounds in which crumbs are joined to what is beside them."""


@dataclass(frozen=True)
class Faces:
    """Units in faces between which a line runs.

    Attributes:
        shapes: The faces; a unit that the line does not touch is one face.
        unit: The position of the unit that each face is of.
        sides: Their sides.
        on_line: Which sides lie on the line.
    """

    shapes: Shapes
    unit: Numbers
    sides: Sides
    on_line: NDArray[np.bool_]

    def apart(self) -> Numbers:
        """A number for each face; faces have the same if one can go between them off the line."""
        return connected(len(self.shapes), shared(self.sides, but=self.on_line)[0])

    def inner_points(self) -> Shapes:
        """A point inside each face."""
        return np.asarray(shapely.point_on_surface(self.shapes), dtype=object)


@dataclass(frozen=True)
class Parts:
    """Where all goes.

    Attributes:
        whole: Label of each unit that is not cut, by its position.
        cut: Labels and shapes of the parts of each unit that is cut, by its position.
        joined: How many crumbs stayed with the rest of their unit.
    """

    whole: dict[int, int]
    cut: dict[int, list[tuple[int, Polygon]]]
    joined: int


def divided(units: Shapes, line: Any) -> Faces:
    """The faces into which a line divides units.

    Args:
        units: Polygons of a coverage, in metres on the raster.
        line: A line or lines on the raster, laid on the borders already.
    """
    touched = shapely.dwithin(units, line, TOUCHES_M)
    at = np.flatnonzero(touched)
    rest = np.flatnonzero(~touched)
    shapes, unit = _noded(units[at], line)
    shapes = np.concatenate((shapes, units[rest]))
    of = np.concatenate((at[unit], rest)).astype(np.int64)
    order = np.argsort(of, kind="stable")
    shapes, of = shapes[order], of[order]
    found = sides(shapes)
    return Faces(shapes, of, found, _on(line, found))


def _on(line: Any, found: Sides) -> NDArray[np.bool_]:
    """Which sides lie on the line."""
    middles = found.metres().mean(axis=1)
    west, south, east, north = shapely.bounds(line)
    x, y = middles.T
    near = (x >= west - TOUCHES_M) & (x <= east + TOUCHES_M)
    near &= (y >= south - TOUCHES_M) & (y <= north + TOUCHES_M)
    shapely.prepare(line)
    near[near] = shapely.dwithin(line, shapely.points(middles[near]), 1.5 * RASTER_M)
    return np.asarray(near, dtype=bool)


def _noded(units: Shapes, line: Any) -> tuple[Shapes, Numbers]:
    """The faces of units that the line touches, in the order of their middles, and whose."""
    if not len(units):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    drawn = np.append(shapely.boundary(units), line)
    noded = shapely.union_all(drawn, grid_size=RASTER_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside, unit = shapely.STRtree(units).query(
        shapely.point_on_surface(faces), predicate="intersects"
    )
    first = np.unique(inside, return_index=True)[1]
    faces, unit = faces[inside[first]], unit[first]
    middle = np.round(shapely.get_coordinates(shapely.centroid(faces)), 3)
    order = np.lexsort((middle[:, 1], middle[:, 0]))
    return shapely.normalize(faces[order]), unit[order].astype(np.int64)


def settled(faces: Faces, labels: Numbers, tolerance: Tolerance) -> Parts:
    """The parts of units by the labels of their faces; crumbs stay with the rest of their unit.

    Raises:
        Refused: A unit cannot be cut cleanly here (reason ``too_narrow``).
    """
    label = np.asarray(labels, dtype=np.int64).copy()
    pairs, metres = shared(faces.sides)
    kin = faces.unit[pairs[:, 0]] == faces.unit[pairs[:, 1]]
    pairs, metres = pairs[kin], metres[kin]
    joined = 0
    for _pass in range(PASSES):
        same = label[pairs[:, 0]] == label[pairs[:, 1]]
        group = connected(len(label), pairs[same])
        moves = _crumbs(faces, group, pairs, metres, tolerance=tolerance)
        if not len(moves):
            break
        joined += len(np.unique(group[moves[:, 0]]))
        label[moves[:, 0]] = label[moves[:, 1]]
    else:
        raise _too_narrow()
    return replace(_parts(faces, label, group), joined=joined)


def _crumbs(
    faces: Faces, group: Numbers, pairs: Numbers, metres: Any, *, tolerance: Tolerance
) -> Numbers:
    """Faces of parts that are too small, and a face of the part that each goes to, m × 2."""
    groups = int(group.max(initial=-1)) + 1
    area = np.bincount(group, shapely.area(faces.shapes), minlength=groups)
    unit = np.zeros(groups, dtype=np.int64)
    unit[group] = faces.unit
    alone = np.bincount(unit)[unit] == 1  # the unit is whole
    doubtful = np.flatnonzero(~alone)
    small = np.zeros(groups, dtype=bool)
    for one in doubtful:
        small[one] = area[one] < tolerance.crumb_m2 or _is_thin(
            faces.shapes[group == one], tolerance.thin_m
        )
    if not small.any():
        return np.empty((0, 2), dtype=np.int64)
    beside: dict[tuple[int, int], float] = {}
    for (a, b), run in zip(group[pairs].tolist(), metres.tolist(), strict=True):
        if a != b:
            beside[a, b] = beside.get((a, b), 0.0) + run
            beside[b, a] = beside.get((b, a), 0.0) + run
    goes: dict[int, tuple[float, int]] = {}
    for (a, b), run in beside.items():
        if small[a] and (area[a], a) < (area[b], b):
            goes[a] = max(goes.get(a, (0.0, -1)), (run, b))
    return np.array(
        [
            (face, np.flatnonzero(group == goes[int(group[face])][1])[0])
            for face in np.flatnonzero(small[group])
            if int(group[face]) in goes
        ],
        dtype=np.int64,
    ).reshape(-1, 2)


def _is_thin(shapes: Shapes, width: float) -> bool:
    """Whether a disc of this width fits nowhere into the union of these faces."""
    shape = shapes[0] if len(shapes) == 1 else shapely.coverage_union_all(shapes)
    return bool(shapely.is_empty(shapely.buffer(shape, -width / 2, quad_segs=2)))


def _parts(faces: Faces, label: Numbers, group: Numbers) -> Parts:
    whole: dict[int, int] = {}
    cut: dict[int, list[tuple[int, Polygon]]] = {}
    for unit in np.unique(faces.unit):
        mine = np.flatnonzero(faces.unit == unit)
        of = group[mine]
        if (of == of[0]).all():
            whole[int(unit)] = int(label[mine[0]])
            continue
        shapes: list[tuple[int, Polygon]] = []
        for one in sorted(set(of.tolist()), key=of.tolist().index):
            these = mine[of == one]
            shape = shapely.coverage_union_all(faces.shapes[these])
            if not isinstance(shape, Polygon):
                raise _too_narrow()
            shapes.append((int(label[these[0]]), shape))
        cut[int(unit)] = shapes
    return Parts(whole, cut, 0)


def connected(count: int, pairs: Numbers) -> Numbers:
    """A number for each of ``count`` things, the same for those that pairs connect."""
    rows = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    if not count:
        return np.empty(0, dtype=np.int64)
    return np.asarray(connected_components(rows, directed=False)[1], dtype=np.int64)


def _too_narrow() -> Refused:
    return Refused(
        _("The ground is too narrow there to be cut: draw the line a little further off."),
        reason="too_narrow",
    )
