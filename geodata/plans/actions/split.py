"""Split grids along a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely import LineString

from geodata.plans.actions.faces import Faces, Parts, connected, divided, settled
from geodata.plans.actions.naming import named_grids, prove_unlocked
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import Numbers, Shapes, shared
from geodata.plans.actions.snapping import drawn_line, snapped
from geodata.plans.actions.step import NO_GRID, Step, new_grids, nothing_changes, parted
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net
from geodata.words import sentence as _


def split(net: Net, action: Mapping[str, Any], tolerance: Tolerance) -> Step:
    """Split ``grid`` or ``grids`` along ``line``; all that it crosses if none is named.

    Of each the largest piece keeps the number, every other piece becomes a new grid. A closed line
    cuts an island out. A line through a grid in several places gives several pieces.

    Raises:
        Refused: ``not_a_line`` ``no_length`` ``self_crossing`` ``too_many_points``
            ``unknown_grid`` ``locked`` ``line_ends_inside`` ``misses`` ``crumbs`` ``too_close``
            ``too_narrow``.
    """
    drawn = drawn_line(action.get("line"), tolerance)
    is_named = action.get("grid") is not None or action.get("grids") is not None
    named = named_grids(net, action) if is_named else None
    shapes = net.units.geometry.to_numpy()
    had = net.units["grid"].fillna(NO_GRID).to_numpy(dtype=np.int64)
    line = laid(drawn, shapes, tolerance)
    crossed = set(had[shapely.intersects(shapes, line)].tolist()) - {NO_GRID}
    grids = sorted(crossed if named is None else crossed & set(named))
    if not grids:
        raise _misses()
    near = np.flatnonzero(np.isin(had, grids))
    faces = divided(shapes[near], line)
    piece, is_new = pieces(faces, had[near][faces.unit])
    _prove_ends(line, shapes[near], had[near], tolerance)
    if not is_new.any():
        raise _misses()
    prove_unlocked(net, had[near][faces.unit][is_new].tolist())
    labels = np.where(is_new, net.next_grid + piece, had[near][faces.unit])
    parts = settled(faces, labels, tolerance)
    parts, parents = _numbered(parts, net, had[near])
    if not parents:
        raise Refused(
            _("The pieces would be too small or too narrow: draw the line further inside."),
            reason="crumbs",
        )
    rows = new_grids(net, [None] * len(parents), net.grids.loc[parents, "community"])
    return parted(net, near, parts, new=rows)


def laid(drawn: LineString, shapes: Shapes, tolerance: Tolerance) -> LineString:
    """A drawn line on the borders that it runs along; raises Refused if nothing is left of it."""
    near = shapes[shapely.dwithin(shapes, drawn, tolerance.snap_m)]
    line = snapped(drawn.coords, near, tolerance)
    if len(line) < 2:
        raise nothing_changes()
    return LineString(line)


def pieces(faces: Faces, region: Numbers) -> tuple[Numbers, Any]:
    """The pieces into which a line cuts regions.

    Args:
        faces: All faces of the regions.
        region: The region of each face.

    Returns:
        A number for each face, the same within one piece; and which faces are in a piece that
        was cut off: of each connected part of a region, all pieces but the largest.
    """
    pairs, _metres = shared(faces.sides)
    before = connected(len(region), pairs[(region[pairs[:, 0]] == region[pairs[:, 1]])])
    pairs, _metres = shared(faces.sides, but=faces.on_line)
    piece = connected(len(region), pairs[(region[pairs[:, 0]] == region[pairs[:, 1]])])
    area = np.bincount(piece, shapely.area(faces.shapes))
    order = np.lexsort((piece, -np.round(area[piece], 3), before))
    largest = dict(zip(before[order][::-1].tolist(), piece[order][::-1].tolist(), strict=True))
    return piece, piece != np.array([largest[part] for part in before.tolist()])


def _prove_ends(line: LineString, shapes: Shapes, had: Numbers, tolerance: Tolerance) -> None:
    """Refuse a line that ends inside one of the grids."""
    if line.is_closed:
        return
    for end in (shapely.get_point(line, 0), shapely.get_point(line, -1)):
        for grid in np.unique(had[shapely.intersects(shapes, end)]):
            ground = shapely.coverage_union_all(shapes[had == grid])
            if shapely.distance(shapely.boundary(ground), end) > max(tolerance.snap_m, 0.001):
                raise Refused(
                    _("The line ends inside a grid: draw it from border to border."),
                    reason="line_ends_inside",
                )


def _numbered(parts: Parts, net: Net, had: Numbers) -> tuple[Parts, list[int]]:
    """Parts with the labels of new grids counted without gaps; the grid that each came from."""
    number: dict[int, int] = {}
    parents: list[int] = []

    def counted(unit: int, label: int) -> int:
        if label < net.next_grid:
            return label
        if label not in number:
            number[label] = net.next_grid + len(parents)
            parents.append(int(had[unit]))
        return number[label]

    whole, cut = dict(parts.whole), dict(parts.cut)
    for unit in sorted({*whole, *cut}):
        if unit in whole:
            whole[unit] = counted(unit, whole[unit])
        else:
            cut[unit] = [(counted(unit, label), shape) for label, shape in cut[unit]]
    return Parts(whole, cut, parts.joined), parents


def _misses() -> Refused:
    return Refused(
        _("The line divides no grid: draw it from border to border across one."), reason="misses"
    )
