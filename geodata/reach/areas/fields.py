"""The compiled loops over ground: how near each corner of a net is to a reached street.

The net covers a window round one area. Its corners lie on multiples of the cell in the plane, so
that the areas of other minutes and other places have the same corners. Two things are told of each
corner: the walk off the street (its metres, less those that are allowed), and whether a street that
is not reached is nearer. Both fall when more is reached, so a longer walk's area holds a shorter's.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from geodata.reach.areas.pieces import more_rows

SEGMENT = 7
"""Of a reached segment: x, y, x, y, the costs there, and 1 for a narrow way (a bridge)."""
_NO_GAP = 0.01
_BEYOND = 1.5
"""How many cells past the allowed walk a corner is still measured."""
_SHIFT = 0.37
"""The net's origin, in cells: streets drawn on round metres do not run along it."""


@numba.njit(cache=True, nogil=True)
def bucketed(boxes: Any, size: float) -> Any:
    """Boxes sorted into square buckets: origin, columns and rows, and which lie in each."""
    west, south = boxes[:, 0].min(), boxes[:, 1].min()
    wide = int((boxes[:, 2].max() - west) / size) + 1
    high = int((boxes[:, 3].max() - south) / size) + 1
    first = np.zeros(wide * high + 1, np.int64)
    for turn in range(2):
        if turn == 1:
            for bucket in range(wide * high):
                first[bucket + 1] += first[bucket]
            items = np.empty(first[-1], np.int32)
            at = first[:-1].copy()
        for row in range(len(boxes)):
            left, right = int((boxes[row, 0] - west) / size), int((boxes[row, 2] - west) / size)
            low, top = int((boxes[row, 1] - south) / size), int((boxes[row, 3] - south) / size)
            for j in range(low, top + 1):
                for i in range(left, right + 1):
                    bucket = j * wide + i
                    if turn == 0:
                        first[bucket + 1] += 1
                    else:
                        items[at[bucket]] = row
                        at[bucket] += 1
    return np.array([west, south, size]), np.array([wide, high]), first, items


@numba.njit(cache=True, nogil=True)
def touching(box: Any, buckets: Any, seen: Any, token: int) -> Any:
    """What lies in the buckets that a box touches, each once."""
    frame, shape, first, items = buckets
    found = np.empty(256, np.int32)
    used = 0
    left = max(int(np.floor((box[0] - frame[0]) / frame[2])), 0)
    right = min(int(np.floor((box[2] - frame[0]) / frame[2])), shape[0] - 1)
    low = max(int(np.floor((box[1] - frame[1]) / frame[2])), 0)
    top = min(int(np.floor((box[3] - frame[1]) / frame[2])), shape[1] - 1)
    for j in range(low, top + 1):
        for i in range(left, right + 1):
            bucket = j * shape[0] + i
            for row in range(first[bucket], first[bucket + 1]):
                item = items[row]
                if seen[item] == token:
                    continue
                seen[item] = token
                if used == len(found):
                    new = np.empty(2 * used, np.int32)
                    new[:used] = found
                    found = new
                found[used] = item
                used += 1
    return found[:used]


@numba.njit(cache=True, nogil=True)
def _clipped(points: Any, row: int, low: float, high: float, length: float, out: Any) -> None:
    for axis in range(2):
        begin, end = points[row, axis], points[row + 1, axis]
        out[axis] = begin + (end - begin) * low / length
        out[axis + 2] = begin + (end - begin) * high / length


@numba.njit(cache=True, nogil=True)
def parted(  # noqa: PLR0913, PLR0917 - one compiled loop
    edge: int,
    points: Any,
    along: Any,
    starts: Any,
    narrow: int,
    table: Any,
    owners: Any,
    own: int,
    first: int,
    count: int,
    near: Any,
    near_used: int,
    far: Any,
    far_used: int,
) -> Any:
    """One edge as straight segments: reached ones into ``near``, the rest into ``far``.

    With ``own`` of at least 0 only the pieces of this owner are reached.
    """
    for row in range(starts[edge], starts[edge + 1] - 1):
        begin, end = along[row], along[row + 1]
        length = end - begin
        if length <= 0.0:
            continue
        upto = begin
        for piece in range(first, first + count):
            if own >= 0 and owners[piece] != own:
                continue
            low, high = max(table[piece, 0], begin), min(table[piece, 1], end)
            if high <= low:
                continue
            near = more_rows(near, near_used)
            _clipped(points, row, low - begin, high - begin, length, near[near_used])
            slope = (table[piece, 3] - table[piece, 2]) / (table[piece, 1] - table[piece, 0])
            near[near_used, 4] = table[piece, 2] + slope * (low - table[piece, 0])
            near[near_used, 5] = table[piece, 2] + slope * (high - table[piece, 0])
            near[near_used, 6] = narrow
            near_used += 1
            if low - upto > _NO_GAP:
                far = more_rows(far, far_used)
                _clipped(points, row, upto - begin, low - begin, length, far[far_used])
                far_used += 1
            upto = high
        if end - upto > _NO_GAP:
            far = more_rows(far, far_used)
            _clipped(points, row, upto - begin, length, length, far[far_used])
            far_used += 1
    return near, near_used, far, far_used


@numba.njit(cache=True, nogil=True)
def crosses(
    ax: float, ay: float, bx: float, by: float, cx: float, cy: float, dx: float, dy: float
) -> bool:
    """Whether two segments cross or touch, unless they run along each other."""
    rx, ry, sx, sy = bx - ax, by - ay, dx - cx, dy - cy
    turn = rx * sy - ry * sx
    if turn == 0.0:
        return False
    one = ((cx - ax) * sy - (cy - ay) * sx) / turn
    two = ((cx - ax) * ry - (cy - ay) * rx) / turn
    return 0.0 <= one <= 1.0 and 0.0 <= two <= 1.0


@numba.njit(cache=True, nogil=True)
def window(near: Any, margin: float, cell: float) -> Any:
    """The net round these segments: its first corner, columns and rows."""
    box = np.array([np.inf, np.inf, -np.inf, -np.inf])
    for row in range(len(near)):
        for end in range(0, 4, 2):
            box[0], box[1] = min(box[0], near[row, end]), min(box[1], near[row, end + 1])
            box[2], box[3] = max(box[2], near[row, end]), max(box[3], near[row, end + 1])
    left = np.floor((box[0] - margin) / cell - _SHIFT)
    low = np.floor((box[1] - margin) / cell - _SHIFT)
    wide = int(np.ceil((box[2] + margin) / cell - _SHIFT) - left) + 1
    high = int(np.ceil((box[3] + margin) / cell - _SHIFT) - low) + 1
    return (left + _SHIFT) * cell, (low + _SHIFT) * cell, wide, high


@numba.njit(cache=True, nogil=True)
def _walls_near(walls: Any, box: Any, out: Any) -> int:
    used = 0
    for row in range(len(walls)):
        if (
            max(walls[row, 0], walls[row, 2]) < box[0]
            or min(walls[row, 0], walls[row, 2]) > box[2]
            or max(walls[row, 1], walls[row, 3]) < box[1]
            or min(walls[row, 1], walls[row, 3]) > box[3]
        ):
            continue
        out[used] = row
        used += 1
    return used


@numba.njit(cache=True, nogil=True)
def measured(  # noqa: C901, PLR0912, PLR0913, PLR0917 - one compiled loop
    segments: Any,
    is_near: bool,  # noqa: FBT001 - numba knows no keywords only
    west: float,
    south: float,
    cell: float,
    limit: float,
    off: float,
    least: float,
    walls: Any,
    best: Any,
    walk: Any,
    blocked: Any,
) -> None:
    """Lower ``best`` (metres squared) and ``walk`` (metres past the allowed) by these segments.

    A straight walk that crosses one of ``walls`` does not count; the corner is then ``blocked``.
    """
    high, wide = best.shape
    close, box = np.empty(len(walls), np.int64), np.empty(4)
    for row in range(len(segments)):
        ax, ay, bx, by = segments[row, 0], segments[row, 1], segments[row, 2], segments[row, 3]
        is_narrow = is_near and segments[row, 6] > 0
        far = (least if is_narrow else off) + _BEYOND * cell
        box[0], box[1] = min(ax, bx) - far, min(ay, by) - far
        box[2], box[3] = max(ax, bx) + far, max(ay, by) + far
        left = max(int(np.ceil((box[0] - west) / cell)), 0)
        right = min(int(np.floor((box[2] - west) / cell)), wide - 1)
        low = max(int(np.ceil((box[1] - south) / cell)), 0)
        top = min(int(np.floor((box[3] - south) / cell)), high - 1)
        if left > right or low > top:
            continue
        count = _walls_near(walls, box, close) if len(walls) else 0
        rx, ry = bx - ax, by - ay
        square = rx * rx + ry * ry
        inverse = 1.0 / square if square > 0.0 else 0.0
        most = far * far
        for j in range(low, top + 1):
            y = south + j * cell
            for i in range(left, right + 1):
                x = west + i * cell
                share = ((x - ax) * rx + (y - ay) * ry) * inverse
                share = min(max(share, 0.0), 1.0)
                px, py = ax + share * rx, ay + share * ry
                gap = (x - px) * (x - px) + (y - py) * (y - py)
                if gap > most:
                    continue
                over = np.inf
                if is_near:
                    cost = segments[row, 4] + share * (segments[row, 5] - segments[row, 4])
                    allowed = least if is_narrow else max(least, min(off, limit - cost))
                    over = np.sqrt(gap) - allowed
                    if gap >= best[j, i] and over >= walk[j, i]:
                        continue
                elif gap >= best[j, i]:
                    continue
                is_open = True
                for one in range(count):
                    wall = walls[close[one]]
                    if crosses(x, y, px, py, wall[0], wall[1], wall[2], wall[3]):
                        is_open = False
                        break
                if not is_open:
                    if is_near:
                        blocked[j, i] = True
                    continue
                best[j, i] = min(best[j, i], gap)
                if is_near:
                    walk[j, i] = min(walk[j, i], over)


@numba.njit(cache=True, nogil=True)
def field(  # noqa: PLR0913, PLR0917 - one compiled loop
    near: Any,
    far: Any,
    west: float,
    south: float,
    wide: int,
    high: int,
    cell: float,
    limit: float,
    off: float,
    least: float,
    slack: float,
    walls: Any,
) -> Any:
    """Below 0 inside, widened by ``slack``; and the corners kept out by a street or a wall."""
    beyond = (off + _BEYOND * cell) ** 2
    reached = np.full((high, wide), beyond)
    other = np.full((high, wide), beyond)
    walk = np.full((high, wide), _BEYOND * cell)
    kept = np.zeros((high, wide), np.bool_)
    measured(near, True, west, south, cell, limit, off, least, walls, reached, walk, kept)
    measured(far, False, west, south, cell, limit, off, least, walls, other, walk, kept)
    for j in range(high):
        for i in range(wide):
            nearer = np.sqrt(reached[j, i]) - np.sqrt(other[j, i])
            if nearer > 0.0:
                kept[j, i] = True
            walk[j, i] = max(walk[j, i], nearer) - slack
    return walk, kept
