"""The compiled loops over parts of edges: what of an edge is reached, at what cost, from whom.

A piece is a stretch of one edge along which the cost rises or falls evenly: from one end, or from
a place that stands on the edge. The pieces of an edge come in the order of its line and never
overlap.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

COLUMNS = 4
"""Of a piece: where it begins and ends, metres along the line, and the costs there."""


@numba.njit(cache=True, nogil=True)
def more_rows(table: Any, used: int) -> Any:
    """The table with room for a few rows more."""
    if used + 8 < len(table):
        return table
    new = np.empty((2 * len(table) + 16, table.shape[1]), table.dtype)
    new[:used] = table[:used]
    return new


@numba.njit(cache=True, nogil=True)
def more(array: Any, used: int) -> Any:
    """The array with room for a few entries more."""
    if used + 8 < len(array):
        return array
    new = np.empty(2 * len(array) + 16, array.dtype)
    new[:used] = array[:used]
    return new


@numba.njit(cache=True, nogil=True)
def _after(cost: float, slope: float, metres: float) -> float:
    if metres <= 0.0:
        return cost
    return cost + slope * metres  # inf where the way is closed


@numba.njit(cache=True, nogil=True)
def _stretch(
    begin: float,
    end: float,
    here: float,
    there: float,
    rising: float,
    falling: float,
    limit: float,
) -> Any:
    """Up to where a stretch is reached from its begin, and from where on from its end."""
    upto, since = begin, end
    if here <= limit and rising < np.inf:
        upto = min(end, begin + (limit - here) / rising)
    if there <= limit and falling < np.inf:
        since = max(begin, end - (limit - there) / falling)
    if upto > since:
        meet = (there - here + falling * end + rising * begin) / (rising + falling)
        meet = min(max(meet, since), upto)
        upto, since = meet, meet
    return upto, since


@numba.njit(cache=True, nogil=True)
def of_edge(  # noqa: C901, PLR0913, PLR0917 - one compiled loop
    edge: int,
    costs: Any,
    owners: Any,
    metres: Any,
    forward: Any,
    backward: Any,
    marks: Any,
    limit: float,
    table: Any,
    edges: Any,
    owner: Any,
    used: int,
) -> Any:
    """Write the pieces of one edge behind those that are there; the tables may grow.

    ``costs`` and ``owners`` are of the two ends. ``marks`` are the places on this edge: metres
    along it, cost, owner, by rising metres.
    """
    length = metres[edge]
    if length <= 0.0:
        return table, edges, owner, used
    rising, falling = forward[edge] / length, backward[edge] / length
    count = len(marks) + 2
    at, cost, who = np.empty(count), np.empty(count), np.empty(count, np.int32)
    at[0], cost[0], who[0] = 0.0, costs[0], owners[0]
    at[count - 1], cost[count - 1], who[count - 1] = length, costs[1], owners[1]
    for row in range(len(marks)):
        at[row + 1] = min(max(marks[row, 0], 0.0), length)
        cost[row + 1] = marks[row, 1]
        who[row + 1] = np.int32(marks[row, 2])
    for row in range(1, count - 1):
        other = _after(cost[row - 1], rising, at[row] - at[row - 1])
        if other < cost[row] or (other == cost[row] and who[row - 1] < who[row]):
            cost[row], who[row] = other, who[row - 1]
    for row in range(count - 2, 0, -1):
        other = _after(cost[row + 1], falling, at[row + 1] - at[row])
        if other < cost[row] or (other == cost[row] and who[row + 1] < who[row]):
            cost[row], who[row] = other, who[row + 1]
    for row in range(count - 1):
        if at[row + 1] <= at[row]:
            continue
        upto, since = _stretch(
            at[row], at[row + 1], cost[row], cost[row + 1], rising, falling, limit
        )
        table, edges, owner = more_rows(table, used), more(edges, used), more(owner, used)
        if upto > at[row]:
            table[used, 0], table[used, 1] = at[row], upto
            table[used, 2] = cost[row]
            table[used, 3] = cost[row] + rising * (upto - at[row])
            edges[used], owner[used] = edge, who[row]
            used += 1
        if since < at[row + 1]:
            table[used, 0], table[used, 1] = since, at[row + 1]
            table[used, 2] = cost[row + 1] + falling * (at[row + 1] - since)
            table[used, 3] = cost[row + 1]
            edges[used], owner[used] = edge, who[row + 1]
            used += 1
    return table, edges, owner, used


@numba.njit(cache=True, nogil=True)
def marks_of(edge: int, mark_edge: Any, marks: Any, start: int, stop: int) -> Any:
    """The places on one edge; ``mark_edge`` rises from ``start`` to ``stop``."""
    low, high = start, stop
    while low < high:
        middle = (low + high) >> 1
        if mark_edge[middle] < edge:
            low = middle + 1
        else:
            high = middle
    high = low
    while high < stop and mark_edge[high] == edge:
        high += 1
    return marks[low:high]


@numba.njit(cache=True, nogil=True)
def of_place(  # noqa: PLR0913, PLR0917 - one compiled loop
    nodes: Any,
    node_costs: Any,
    limit: float,
    first: Any,
    arcs: Any,
    ends: Any,
    metres: Any,
    forward: Any,
    backward: Any,
    mark_edge: Any,
    marks: Any,
    mark_start: int,
    mark_stop: int,
    cost: Any,
    stamp: Any,
    token: int,
    piece_first: Any,
    piece_count: Any,
) -> Any:
    """The pieces that one place reaches within ``limit``, edge by edge.

    ``cost`` (one for each node, inf) and ``stamp`` (one for each edge, never ``token``) are
    scratch; the costs are inf again at the end. An edge with ``stamp[e] == token`` was looked at;
    its pieces are ``piece_count[e]`` rows from ``piece_first[e]``.
    """
    table, edges, owner = np.empty((256, COLUMNS)), np.empty(256, np.int32), np.empty(256, np.int32)
    used = 0
    known = 0
    while known < len(nodes) and node_costs[known] <= limit:
        cost[nodes[known]] = node_costs[known]
        known += 1
    two, nobody = np.empty(2), np.zeros(2, np.int32)
    for row in range(known + mark_stop - mark_start):
        if row < known:
            begin, end = first[nodes[row]], first[nodes[row] + 1]
        else:
            begin, end = 0, 1
        for arc in range(begin, end):
            edge = arcs[arc] if row < known else mark_edge[mark_start + row - known]
            if stamp[edge] == token:
                continue
            stamp[edge] = token
            two[0], two[1] = cost[ends[edge, 0]], cost[ends[edge, 1]]
            piece_first[edge] = used
            table, edges, owner, used = of_edge(
                edge,
                two,
                nobody,
                metres,
                forward,
                backward,
                marks_of(edge, mark_edge, marks, mark_start, mark_stop),
                limit,
                table,
                edges,
                owner,
                used,
            )
            piece_count[edge] = used - piece_first[edge]
    for row in range(known):
        cost[nodes[row]] = np.inf
    return table[:used], edges[:used]


@numba.njit(cache=True, nogil=True)
def of_all(  # noqa: PLR0913, PLR0917 - one compiled loop
    node_costs: Any,
    node_owner: Any,
    limit: float,
    ends: Any,
    metres: Any,
    forward: Any,
    backward: Any,
    mark_edge: Any,
    marks: Any,
    piece_first: Any,
    piece_count: Any,
) -> Any:
    """The pieces within ``limit`` of the nearest of all places, edge by edge, with its row."""
    table, edges, owner = np.empty((256, COLUMNS)), np.empty(256, np.int32), np.empty(256, np.int32)
    used = 0
    two, who = np.empty(2), np.empty(2, np.int32)
    for edge in range(len(metres)):
        for end in range(2):
            node = ends[edge, end]
            two[end], who[end] = node_costs[node], node_owner[node]
        piece_first[edge] = used
        table, edges, owner, used = of_edge(
            edge,
            two,
            who,
            metres,
            forward,
            backward,
            marks_of(edge, mark_edge, marks, 0, len(mark_edge)),
            limit,
            table,
            edges,
            owner,
            used,
        )
        piece_count[edge] = used - piece_first[edge]
    return table[:used], edges[:used], owner[:used]
