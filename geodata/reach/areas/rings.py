"""The compiled loops that draw an outline: where a field on a net of corners passes through 0.

Marching squares with straight interpolation (Maple 2003, doi:10.1109/GMAG.2003.1219671; after
Lorensen & Cline 1987, doi:10.1145/37401.37422). A saddle is joined if its middle is inside. Rings
run with the inside to their left and neither touch nor cross, so they make valid polygons.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_EDGE = 1e-3
"""How near to a corner of the net, in cells, a ring may pass."""


@numba.njit(cache=True, nogil=True)
def _follow(field: Any, after: Any) -> None:  # noqa: C901, PLR0912 - one compiled loop
    """For each side of a cell that a ring passes, the side through which it leaves the cell."""
    high, wide = field.shape
    for j in range(high - 1):
        for i in range(wide - 1):
            a, b = field[j, i] < 0.0, field[j, i + 1] < 0.0
            c, d = field[j + 1, i + 1] < 0.0, field[j + 1, i] < 0.0
            if a == b and b == c and c == d:
                continue
            south, west = 2 * (j * wide + i), 2 * (j * wide + i) + 1
            north, east = 2 * ((j + 1) * wide + i), 2 * (j * wide + i + 1) + 1
            if a == c and b == d:
                middle = field[j, i] + field[j, i + 1] + field[j + 1, i + 1] + field[j + 1, i]
                joined = middle < 0.0
                if a:
                    after[south] = east if joined else west
                    after[north] = west if joined else east
                else:
                    after[east] = north if joined else south
                    after[west] = south if joined else north
                continue
            # Round the cell with the sun against it: in to out begins, out to in ends.
            begin, end = -1, -1
            if a and not b:
                begin = south
            elif b and not a:
                end = south
            if b and not c:
                begin = east
            elif c and not b:
                end = east
            if c and not d:
                begin = north
            elif d and not c:
                end = north
            if d and not a:
                begin = west
            elif a and not d:
                end = west
            after[begin] = end


@numba.njit(cache=True, nogil=True)
def _meeting(ax: float, ay: float, bx: float, by: float, wall: Any) -> float:
    """The share of the way from a to b at which a wall stands; 2 where none does."""
    rx, ry, sx, sy = bx - ax, by - ay, wall[2] - wall[0], wall[3] - wall[1]
    turn = rx * sy - ry * sx
    if turn == 0.0:
        return 2.0
    one = ((wall[0] - ax) * sy - (wall[1] - ay) * sx) / turn
    two = ((wall[0] - ax) * ry - (wall[1] - ay) * rx) / turn
    return one if 0.0 <= one <= 1.0 and 0.0 <= two <= 1.0 else 2.0


@numba.njit(cache=True, nogil=True)
def _crossing(
    side: int, field: Any, kept: Any, west: float, south: float, cell: float, walls: Any, out: Any
) -> None:
    """Where a ring passes a side: between its corners, but not beyond a wall."""
    wide = field.shape[1]
    i, j = (side >> 1) % wide, (side >> 1) // wide
    k, m = (i, j + 1) if side & 1 else (i + 1, j)
    if field[j, i] >= 0.0:
        i, j, k, m = k, m, i, j
    inside, outside = field[j, i], field[m, k]
    share = inside / (inside - outside)
    ax, ay, bx, by = west + i * cell, south + j * cell, west + k * cell, south + m * cell
    if len(walls) and (kept[m, k] or kept[j, i]):
        for row in range(len(walls)):
            share = min(share, _meeting(ax, ay, bx, by, walls[row]) * (1.0 - _EDGE))
    share = min(max(share, _EDGE), 1.0 - _EDGE)
    out[0] = ax + share * (bx - ax)
    out[1] = ay + share * (by - ay)


@numba.njit(cache=True, nogil=True)
def traced(field: Any, kept: Any, west: float, south: float, cell: float, walls: Any) -> Any:
    """All rings, closed, one after the other: points, where each begins, and its signed area."""
    high, wide = field.shape
    after = np.full(2 * high * wide, -1, np.int32)
    _follow(field, after)
    points, starts, areas = np.empty((1024, 2)), np.zeros(64, np.int64), np.empty(64)
    used, count = 0, 0
    for side in range(len(after)):
        if after[side] < 0:
            continue
        at = np.int64(side)
        begin = used
        while after[at] >= 0:
            if used + 2 > len(points):
                new = np.empty((2 * len(points), 2))
                new[:used] = points[:used]
                points = new
            _crossing(int(at), field, kept, west, south, cell, walls, points[used])
            used += 1
            following = after[at]
            after[at] = -1
            at = np.int64(following)
        points[used] = points[begin]
        used += 1
        if count + 2 > len(starts):
            new_starts, new_areas = np.zeros(2 * len(starts), np.int64), np.empty(2 * len(starts))
            new_starts[: count + 1] = starts[: count + 1]
            new_areas[:count] = areas[:count]
            starts, areas = new_starts, new_areas
        twice = 0.0
        for row in range(begin, used - 1):
            twice += (points[row, 0] - west) * (points[row + 1, 1] - south)
            twice -= (points[row + 1, 0] - west) * (points[row, 1] - south)
        areas[count] = 0.5 * twice
        count += 1
        starts[count] = used
    return points[:used], starts[: count + 1], areas[:count]


@numba.njit(cache=True, nogil=True)
def holds(points: Any, begin: int, end: int, x: float, y: float) -> bool:
    """Whether a point lies in a ring."""
    inside = False
    for row in range(begin, end - 1):
        low, top = points[row, 1], points[row + 1, 1]
        if (low > y) != (top > y):
            across = points[row, 0] + (y - low) / (top - low) * (
                points[row + 1, 0] - points[row, 0]
            )
            if across > x:
                inside = not inside
    return inside


@numba.njit(cache=True, nogil=True)
def _is_filled(
    points: Any, begin: int, end: int, kept: Any, west: float, south: float, cell: float
) -> bool:
    """Whether nothing in a hole keeps it open: no unreached street, no wall."""
    left, right = points[begin:end, 0].min(), points[begin:end, 0].max()
    low, top = points[begin:end, 1].min(), points[begin:end, 1].max()
    for j in range(int(np.ceil((low - south) / cell)), int(np.floor((top - south) / cell)) + 1):
        for i in range(
            int(np.ceil((left - west) / cell)), int(np.floor((right - west) / cell)) + 1
        ):
            if kept[j, i] and holds(points, begin, end, west + i * cell, south + j * cell):
                return False
    return True


@numba.njit(cache=True, nogil=True)
def sorted_out(  # noqa: C901 - one compiled loop
    points: Any,
    starts: Any,
    areas: Any,
    kept: Any,
    west: float,
    south: float,
    cell: float,
    filled_m2: float,
) -> Any:
    """Of each ring the polygon that it belongs to, by the row of its outer ring; -1: dropped."""
    count = len(areas)
    belongs = np.full(count, -1, np.int64)
    dropped = np.zeros(count, np.bool_)
    for ring in range(count):
        if areas[ring] < 0.0 and -areas[ring] <= filled_m2:
            dropped[ring] = _is_filled(
                points, starts[ring], starts[ring + 1], kept, west, south, cell
            )
    for ring in range(count):
        x, y = points[starts[ring], 0], points[starts[ring], 1]
        for hole in range(count):
            is_filled = dropped[hole] and areas[hole] < 0.0 and -areas[hole] > abs(areas[ring])
            if is_filled and hole != ring:
                dropped[ring] |= holds(points, starts[hole], starts[hole + 1], x, y)
    for ring in range(count):
        if dropped[ring]:
            continue
        if areas[ring] > 0.0:
            belongs[ring] = ring
            continue
        x, y = points[starts[ring], 0], points[starts[ring], 1]
        for outer in range(count):
            if areas[outer] <= -areas[ring] or dropped[outer]:
                continue
            if belongs[ring] >= 0 and areas[outer] >= areas[belongs[ring]]:
                continue
            if holds(points, starts[outer], starts[outer + 1], x, y):
                belongs[ring] = outer
    return belongs


@numba.njit(cache=True, nogil=True)
def _arc(ax: float, ay: float, bx: float, by: float, radius: float) -> float:
    return float(0.5 * radius * radius * np.arctan2(ax * by - ay * bx, ax * bx + ay * by))


@numba.njit(cache=True, nogil=True)
def in_circle(points: Any, begin: int, end: int, x: float, y: float, radius: float) -> float:
    """The signed area of the part of a ring's inside that lies in a circle."""
    whole = 0.0
    for row in range(begin, end - 1):
        ax, ay = points[row, 0] - x, points[row, 1] - y
        bx, by = points[row + 1, 0] - x, points[row + 1, 1] - y
        rx, ry = bx - ax, by - ay
        square, half = rx * rx + ry * ry, ax * rx + ay * ry
        room = half * half - square * (ax * ax + ay * ay - radius * radius)
        if square <= 0.0:
            continue
        enter, leave = 2.0, -1.0
        if room > 0.0:
            enter = max((-half - np.sqrt(room)) / square, 0.0)
            leave = min((-half + np.sqrt(room)) / square, 1.0)
        if enter >= leave:
            whole += _arc(ax, ay, bx, by, radius)
            continue
        cx, cy = ax + enter * rx, ay + enter * ry
        dx, dy = ax + leave * rx, ay + leave * ry
        whole += 0.5 * (cx * dy - cy * dx)
        if enter > 0.0:
            whole += _arc(ax, ay, cx, cy, radius)
        if leave < 1.0:
            whole += _arc(dx, dy, bx, by, radius)
    return whole
