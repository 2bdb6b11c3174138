"""The compiled loops that draw one area after the other, from reached nodes to rings."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from geodata.reach.areas.fields import SEGMENT, field, parted, touching, window
from geodata.reach.areas.pieces import more_rows, of_place
from geodata.reach.areas.rings import in_circle, sorted_out, traced

_BOX = 4


@numba.njit(cache=True, nogil=True)
def _segments(  # noqa: PLR0913, PLR0917 - one compiled loop
    edges: Any,
    lines: Any,
    narrow: Any,
    table: Any,
    owners: Any,
    own: int,
    piece_first: Any,
    piece_count: Any,
    extra: Any,
    seen: Any,
    token: int,
) -> Any:
    """Reached and other segments of the edges of which something is reached, each edge once."""
    points, along, starts = lines
    near, far = np.empty((512, SEGMENT)), np.empty((512, _BOX))
    near_used, far_used = 0, 0
    for row in range(len(extra)):
        near = more_rows(near, near_used)
        near[near_used] = extra[row]
        near_used += 1
    for edge in edges:
        if seen[edge] == token:
            continue
        seen[edge] = token
        near, near_used, far, far_used = parted(
            edge,
            points,
            along,
            starts,
            narrow[edge],
            table,
            owners,
            own,
            piece_first[edge],
            piece_count[edge],
            near,
            near_used,
            far,
            far_used,
        )
    return near, near_used, far, far_used


@numba.njit(cache=True, nogil=True)
def _others(
    box: Any, buckets: Any, boxes: Any, lines: Any, far: Any, far_used: int, seen: Any, token: int
) -> Any:
    """The segments of all other edges in the box, behind those that are there."""
    points, along, starts = lines
    for edge in touching(box, buckets, seen, token):
        if (
            boxes[edge, 0] > box[2]
            or boxes[edge, 2] < box[0]
            or boxes[edge, 1] > box[3]
            or boxes[edge, 3] < box[1]
        ):
            continue
        for row in range(starts[edge], starts[edge + 1] - 1):
            if along[row + 1] <= along[row]:
                continue
            far = more_rows(far, far_used)
            far[far_used, 0], far[far_used, 1] = points[row, 0], points[row, 1]
            far[far_used, 2], far[far_used, 3] = points[row + 1, 0], points[row + 1, 1]
            far_used += 1
    return far, far_used


@numba.njit(cache=True, nogil=True)
def _outside(near: Any, ground: Any, west: float, south: float, cell: float) -> Any:
    """The reached segments that pass a cell which is not wholly inside."""
    found = np.zeros(len(near), np.bool_)
    for row in range(len(near)):
        ax, ay, bx, by = near[row, 0], near[row, 1], near[row, 2], near[row, 3]
        steps = int(np.hypot(bx - ax, by - ay) / (0.4 * cell)) + 1
        for step in range(steps + 1):
            share = step / steps
            i = int((ax + share * (bx - ax) - west) / cell)
            j = int((ay + share * (by - ay) - south) / cell)
            if (
                ground[j, i] >= 0.0
                or ground[j, i + 1] >= 0.0
                or ground[j + 1, i] >= 0.0
                or ground[j + 1, i + 1] >= 0.0
            ):
                found[row] = True
                break
    return near[found, :4]


@numba.njit(cache=True, nogil=True)
def _rings(points: Any, starts: Any, belongs: Any) -> Any:
    """Rings by polygon, the outer one first: points, how many of each, and its polygon."""
    order = np.empty(len(belongs), np.int64)
    used = 0
    for outer in range(len(belongs)):
        if belongs[outer] != outer:
            continue
        order[used] = outer
        used += 1
        for ring in range(len(belongs)):
            if belongs[ring] == outer and ring != outer:
                order[used] = ring
                used += 1
    sizes, polygon = np.empty(used, np.int64), np.empty(used, np.int64)
    whole = 0
    for row in range(used):
        sizes[row] = starts[order[row] + 1] - starts[order[row]]
        polygon[row] = belongs[order[row]]
        whole += sizes[row]
    coordinates = np.empty((whole, 2))
    at = 0
    for row in range(used):
        coordinates[at : at + sizes[row]] = points[starts[order[row]] : starts[order[row] + 1]]
        at += sizes[row]
    return coordinates, sizes, polygon


@numba.njit(cache=True, nogil=True)
def drawn(  # noqa: PLR0913, PLR0917 - one compiled loop
    edges: Any,
    table: Any,
    owners: Any,
    own: int,
    piece_first: Any,
    piece_count: Any,
    extra: Any,
    limit: float,
    sizes: Any,
    ground: Any,
    circle: Any,
    seen: Any,
    seen_walls: Any,
    token: int,
) -> Any:
    """One area: its rings, the reached segments that may stick out, and what the circle shares.

    ``sizes`` are the cell, the walk off the street, the least of it, up to which area a hole is
    filled, and by how much the whole is widened. ``circle`` is x, y and
    radius, ``ground`` what ``Ground.arrays`` gives.
    """
    lines, narrow, boxes, buckets, walls, wall_buckets = ground
    cell, off, least, filled, slack = sizes
    near, near_used, far, far_used = _segments(
        edges, lines, narrow, table, owners, own, piece_first, piece_count, extra, seen, token
    )
    if near_used == 0:
        nothing = np.zeros(0, np.int64)
        return np.zeros((0, 2)), nothing, nothing, np.zeros((0, _BOX)), 0.0
    near = near[:near_used]
    west, south, wide, high = window(near, off + 2.0 * cell, cell)
    # A street outside of the net may be nearer to a corner than those inside.
    margin = off + 2.0 * cell
    east, north = west + (wide - 1) * cell, south + (high - 1) * cell
    box = np.array([west - margin, south - margin, east + margin, north + margin])
    far, far_used = _others(box, buckets, boxes, lines, far, far_used, seen, token)
    mine = np.empty((0, _BOX))
    if len(walls):
        mine = walls[touching(box, wall_buckets, seen_walls, token)]
    ground, kept = field(
        near, far[:far_used], west, south, wide, high, cell, limit, off, least, slack, mine
    )
    points, starts, areas = traced(ground, kept, west, south, cell, mine)
    belongs = sorted_out(points, starts, areas, kept, west, south, cell, filled)
    shared = 0.0
    for ring in range(len(belongs)):
        if belongs[ring] >= 0:
            shared += in_circle(
                points, starts[ring], starts[ring + 1], circle[0], circle[1], circle[2]
            )
    coordinates, counts, polygon = _rings(points, starts, belongs)
    return coordinates, counts, polygon, _outside(near, ground, west, south, cell), shared


@numba.njit(cache=True, nogil=True)
def alone(  # noqa: PLR0913, PLR0917 - one compiled loop
    nodes: Any,
    node_costs: Any,
    limit: float,
    graph: Any,
    mark_edge: Any,
    marks: Any,
    mark_start: int,
    mark_stop: int,
    cost: Any,
    stamp: Any,
    piece_first: Any,
    piece_count: Any,
    token: int,
    extra: Any,
    sizes: Any,
    ground: Any,
    circle: Any,
    seen: Any,
    seen_walls: Any,
) -> Any:
    """The area of one place by itself, from the nodes that it reaches; and metres of street."""
    first, arcs, ends, metres, forward, backward = graph
    table, edges = of_place(
        nodes,
        node_costs,
        limit,
        first,
        arcs,
        ends,
        metres,
        forward,
        backward,
        mark_edge,
        marks,
        mark_start,
        mark_stop,
        cost,
        stamp,
        token,
        piece_first,
        piece_count,
    )
    streets = 0.0
    for row in range(len(table)):
        streets += table[row, 1] - table[row, 0]
    owners = np.zeros(0, np.int32)
    return streets, drawn(
        edges,
        table,
        owners,
        -1,
        piece_first,
        piece_count,
        extra,
        limit,
        sizes,
        ground,
        circle,
        seen,
        seen_walls,
        token,
    )
