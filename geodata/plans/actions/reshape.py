"""Draw a stretch of a shared border anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely import LineString

from geodata.plans.actions.faces import Faces, connected, divided, settled
from geodata.plans.actions.naming import prove_unlocked
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import Numbers, shared
from geodata.plans.actions.snapping import drawn_line
from geodata.plans.actions.split import laid, pieces
from geodata.plans.actions.step import NO_GRID, Step, changed_hands, parted
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net
from geodata.words import sentence as _


def reshape(net: Net, action: Mapping[str, Any], tolerance: Tolerance) -> Step:
    """Let the border between grids run along ``line``; both sides move together.

    The line starts and ends on the border that it replaces and may cross it between. What it cuts
    off a grid goes to the grid on the other side of the old border: of the pieces of a grid the one
    that reaches other grids or the edge of the plan stays, the largest if several do or none.
    Ground of no grid is treated as a grid as far as the hull of the line goes, so a grid can grow
    into it.

    Raises:
        Refused: ``not_a_line`` ``no_length`` ``self_crossing`` ``too_many_points`` ``locked``
            ``one_side``: it does not go from border to border; ``line_ends_inside`` ``crumbs``
            ``too_close`` ``too_narrow``.
    """
    drawn = drawn_line(action.get("line"), tolerance)
    shapes = net.units.geometry.to_numpy()
    had = net.units["grid"].fillna(NO_GRID).to_numpy(dtype=np.int64)
    line = laid(drawn, shapes, tolerance)
    touched = np.unique(had[shapely.intersects(shapes, line)])
    if len(touched) < 2:
        raise _one_side()
    free = (had == NO_GRID) & shapely.intersects(shapes, shapely.convex_hull(line))
    near = np.flatnonzero((np.isin(had, touched) & (had != NO_GRID)) | free)
    faces = divided(shapes[near], line)
    labels = _handed_over(faces, had[near][faces.unit])
    if (labels == had[near][faces.unit]).all():
        raise _ends_inside(line, net) or _one_side()
    parts = settled(faces, labels, tolerance)
    moves = changed_hands(parts, had[near])
    if not moves:
        raise Refused(
            _("The line runs along the old border: draw it further off."), reason="crumbs"
        )
    prove_unlocked(net, moves)
    return parted(net, near, parts)


def _handed_over(faces: Faces, region: Numbers) -> Numbers:
    """The grid of each face after what the line cuts off has changed sides."""
    piece = pieces(faces, region)[0]
    of_piece = np.zeros(int(piece.max()) + 1, dtype=np.int64)
    of_piece[piece] = region
    body = _bodies(faces, region, piece)
    pairs, metres = shared(faces.sides)
    across = region[pairs[:, 0]] != region[pairs[:, 1]]
    beside: dict[int, dict[int, float]] = {}
    for (one, other), run in zip(pairs[across].tolist(), metres[across].tolist(), strict=True):
        for mine, theirs in ((one, other), (other, one)):
            if not body[piece[mine]]:
                lengths = beside.setdefault(int(piece[mine]), {})
                grid = int(region[theirs])
                lengths[grid] = lengths.get(grid, 0.0) + run
    goes = of_piece.copy()
    for one, lengths in beside.items():
        goes[one] = max(lengths, key=lambda grid, of=lengths: (round(of[grid], 3), -grid))  # type: ignore[misc]
    return np.asarray(goes[piece], dtype=np.int64)


def _bodies(faces: Faces, region: Numbers, piece: Numbers) -> Any:
    """Which pieces stay with their grid."""
    pairs, _metres = shared(faces.sides)
    before = connected(len(region), pairs[region[pairs[:, 0]] == region[pairs[:, 1]]])
    count = int(piece.max()) + 1
    once = np.bincount(faces.sides.same)[faces.sides.same] == 1
    length = np.where(once, faces.sides.lengths(), 0.0)
    foreign = np.bincount(piece[faces.sides.owner], length, minlength=count)
    area = np.bincount(piece, shapely.area(faces.shapes), minlength=count)
    part = np.zeros(count, dtype=np.int64)
    part[piece] = before
    order = np.lexsort((np.arange(count), -np.round(area, 3), foreign <= 0, part))
    first = np.ones(count, dtype=bool)
    first[1:] = part[order][1:] != part[order][:-1]
    body = np.zeros(count, dtype=bool)
    body[order[first]] = True
    return body


def _ends_inside(line: LineString, net: Net) -> Refused | None:
    """The refusal of a line of which an end lies inside a grid."""
    shapes = net.units.geometry.to_numpy()
    has = net.units["grid"].fillna(NO_GRID).to_numpy(dtype=np.int64)
    for end in (shapely.get_point(line, 0), shapely.get_point(line, -1)):
        if len(np.unique(has[shapely.intersects(shapes, end)])) == 1:
            return Refused(
                _("The line ends inside a grid: draw it from border to border."),
                reason="line_ends_inside",
            )
    return None


def _one_side() -> Refused:
    return Refused(
        _("The line lies within one grid only: draw it from a border of the grid to a border."),
        reason="one_side",
    )
