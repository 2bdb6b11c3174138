"""Draw a new grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely import Polygon

from geodata.plans.actions.faces import Parts, divided, settled
from geodata.plans.actions.naming import prove_unlocked
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.rename import given_name
from geodata.plans.actions.sides import Shapes
from geodata.plans.actions.snapping import drawn_polygon, snapped
from geodata.plans.actions.step import NO_GRID, Step, new_grids, nothing_changes, parted
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.coverage import RASTER_M
from geodata.plans.net import Net
from geodata.words import sentence as _


def draw(net: Net, action: Mapping[str, Any], tolerance: Tolerance) -> Step:
    """Make a new grid, called ``name`` if given, of all ground inside ``polygon``.

    Units that its border runs through are cut. What reaches beyond the ground of the plan is left
    away. A grid of which nothing is left is gone.

    Raises:
        Refused: ``not_a_polygon`` ``self_crossing`` ``nested_holes`` ``too_many_points``
            ``outside`` ``crumbs`` ``locked`` ``nothing_changes`` ``too_close`` ``too_narrow``.
    """
    name = given_name(action)
    drawn = drawn_polygon(action.get("polygon"), tolerance)
    shapes = net.units.geometry.to_numpy()
    near = np.flatnonzero(shapely.dwithin(shapes, drawn, tolerance.snap_m))
    polygon = _laid(drawn, shapes[near], tolerance)
    faces = divided(shapes[near], shapely.boundary(polygon))
    inside = shapely.intersects(polygon, faces.inner_points())
    if not inside.any():
        raise Refused(_("The polygon lies outside the ground of this draft."), reason="outside")
    had = net.units["grid"].fillna(NO_GRID).to_numpy(dtype=np.int64)[near]
    labels = np.where(inside, net.next_grid, had[faces.unit])
    parts = settled(faces, labels, tolerance)
    taken = _taken(parts, net.next_grid)
    if not taken:
        raise Refused(_("The polygon is too small or too narrow for a grid."), reason="crumbs")
    losing = {int(had[unit]) for unit in taken}
    prove_unlocked(net, losing)
    _prove_new(net, parts, losing, taken)
    row = new_grids(net, [name], [_community(net, near, parts)])
    return parted(net, near, parts, new=row)


def _laid(drawn: Polygon, shapes: Shapes, tolerance: Tolerance) -> Polygon:
    """The polygon with its border on the borders that it runs along."""
    rings = [snapped(ring.coords, shapes, tolerance) for ring in shapely.get_rings(drawn)]
    if len(rings[0]) >= 4:
        laid = Polygon(rings[0], [ring for ring in rings[1:] if len(ring) >= 4])
        if laid.is_valid:
            return laid
    kept = shapely.set_precision(drawn, RASTER_M)
    return kept if isinstance(kept, Polygon) else Polygon()


def _taken(parts: Parts, grid: int) -> list[int]:
    """Units of which the grid gets something."""
    whole = [unit for unit, label in parts.whole.items() if label == grid]
    cut = [unit for unit, shapes in parts.cut.items() if any(label == grid for label, _s in shapes)]
    return sorted(whole + cut)


def _prove_new(net: Net, parts: Parts, losing: set[int], taken: list[int]) -> None:
    """Refuse to replace a grid by the same ground under another number."""
    if len(losing) == 1 and NO_GRID not in losing and not parts.cut:
        (grid,) = losing
        if len(taken) == int((net.units["grid"] == grid).sum()):
            raise nothing_changes()


def _community(net: Net, near: Any, parts: Parts) -> Any:
    """The community in which most of the new grid lies."""
    area: dict[Any, float] = {}
    of = net.units["community"].to_numpy()[near]
    shapes = net.units.geometry.to_numpy()[near]
    for unit, label in parts.whole.items():
        if label == net.next_grid:
            area[of[unit]] = area.get(of[unit], 0.0) + shapes[unit].area
    for unit, cut in parts.cut.items():
        run = sum(shape.area for label, shape in cut if label == net.next_grid)
        area[of[unit]] = area.get(of[unit], 0.0) + run
    return max(area, key=lambda community: (area[community], str(community)))
