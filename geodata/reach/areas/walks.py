"""The compiled loops of the search: a binary heap over arrays, nothing allocated per node."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def _push(costs: Any, nodes: Any, size: int, cost: float, node: int) -> int:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if costs[above] <= cost:
            break
        costs[at] = costs[above]
        nodes[at] = nodes[above]
        at = above
    costs[at] = cost
    nodes[at] = node
    return size + 1


@numba.njit(cache=True, nogil=True)
def _pop(costs: Any, nodes: Any, size: int) -> int:
    """Take the first away; it must have been read before."""
    size -= 1
    cost = costs[size]
    node = nodes[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and costs[below + 1] < costs[below]:
            below += 1
        if costs[below] >= cost:
            break
        costs[at] = costs[below]
        nodes[at] = nodes[below]
        at = below
    costs[at] = cost
    nodes[at] = node
    return size


@numba.njit(cache=True, nogil=True)
def _longer(array: Any) -> Any:
    new = np.empty(2 * len(array), array.dtype)
    new[: len(array)] = array
    return new


@numba.njit(cache=True, nogil=True)
def bounded(  # noqa: C901, PLR0912, PLR0913, PLR0917 - one compiled loop
    first: Any,
    to: Any,
    metres: Any,
    seed_first: Any,
    seed_node: Any,
    seed_cost: Any,
    limit: float,
    start: int,
    stop: int,
    best: Any,
) -> Any:
    """Nodes within ``limit`` of the places ``start`` up to ``stop``: counts, nodes, costs.

    A node is written when it leaves the heap, so the nodes of a place come by rising cost. ``best``
    is scratch, inf for every node, and so again at the end.
    """
    heap_cost, heap_node = np.empty(1024), np.empty(1024, np.int32)
    touched = np.empty(1024, np.int32)
    out_node, out_cost = np.empty(4096, np.int32), np.empty(4096)
    counts = np.zeros(stop - start, np.int64)
    written = 0
    for place in range(start, stop):
        size, known = 0, 0
        for seed in range(seed_first[place], seed_first[place + 1]):
            node, cost = seed_node[seed], seed_cost[seed]
            if cost > limit or cost >= best[node]:
                continue
            if size == len(heap_cost):
                heap_cost, heap_node = _longer(heap_cost), _longer(heap_node)
            if best[node] == np.inf:
                if known == len(touched):
                    touched = _longer(touched)
                touched[known] = node
                known += 1
            best[node] = cost
            size = _push(heap_cost, heap_node, size, cost, node)
        while size > 0:
            cost, node = heap_cost[0], heap_node[0]
            size = _pop(heap_cost, heap_node, size)
            if cost > best[node]:
                continue
            if written == len(out_node):
                out_node, out_cost = _longer(out_node), _longer(out_cost)
            out_node[written] = node
            out_cost[written] = cost
            written += 1
            counts[place - start] += 1
            for arc in range(first[node], first[node + 1]):
                other = to[arc]
                further = cost + metres[arc]
                if further > limit or further >= best[other]:
                    continue
                if best[other] == np.inf:
                    if known == len(touched):
                        touched = _longer(touched)
                    touched[known] = other
                    known += 1
                best[other] = further
                if size == len(heap_cost):
                    heap_cost, heap_node = _longer(heap_cost), _longer(heap_node)
                size = _push(heap_cost, heap_node, size, further, other)
        for row in range(known):
            best[touched[row]] = np.inf
    return counts, out_node[:written].copy(), out_cost[:written].copy()


@numba.njit(cache=True, nogil=True)
def spread(  # noqa: C901 - one compiled loop
    first: Any,
    to: Any,
    metres: Any,
    seed_node: Any,
    seed_cost: Any,
    seed_place: Any,
    limit: float,
) -> Any:
    """The nearest place of every node within ``limit``; of equal ones the lowest row."""
    count = len(first) - 1
    best, owner = np.full(count, np.inf), np.full(count, -1, np.int32)
    heap_cost, heap_node = np.empty(4096), np.empty(4096, np.int32)
    size = 0
    for seed in range(len(seed_node)):
        node, cost, place = seed_node[seed], seed_cost[seed], seed_place[seed]
        if cost > limit or cost > best[node] or cost == np.inf:
            continue
        if cost == best[node]:
            owner[node] = min(owner[node], place)
            continue
        best[node] = cost
        owner[node] = place
        if size == len(heap_cost):
            heap_cost, heap_node = _longer(heap_cost), _longer(heap_node)
        size = _push(heap_cost, heap_node, size, cost, node)
    while size > 0:
        cost, node = heap_cost[0], heap_node[0]
        size = _pop(heap_cost, heap_node, size)
        if cost > best[node]:
            continue
        for arc in range(first[node], first[node + 1]):
            other = to[arc]
            further = cost + metres[arc]
            if further > limit or further > best[other]:
                continue
            if further == best[other] and owner[node] >= owner[other]:
                continue
            best[other] = further
            owner[other] = owner[node]
            if size == len(heap_cost):
                heap_cost, heap_node = _longer(heap_cost), _longer(heap_node)
            size = _push(heap_cost, heap_node, size, further, other)
    return best, owner


@numba.njit(cache=True, nogil=True)
def better(metres_a: Any, place_a: Any, metres_b: Any, place_b: Any) -> Any:
    """Row by row the nearer of two; of equal ones the lower place."""
    metres, place = metres_a.copy(), place_a.copy()
    for row in range(len(metres)):
        if metres_b[row] < metres[row] or (
            metres_b[row] == metres[row] and place_b[row] < place[row]
        ):
            metres[row] = metres_b[row]
            place[row] = place_b[row]
        if metres[row] == np.inf:
            place[row] = -1
    return metres, place


@numba.njit(cache=True, nogil=True)
def along_edges(  # noqa: PLR0913, PLR0917 - arrays of one compiled loop
    metres: Any,
    place: Any,
    edge: Any,
    along: Any,
    off: Any,
    source_first: Any,
    source_last: Any,
    source_place: Any,
    source_along: Any,
    source_off: Any,
    length: Any,
    forward: Any,
    backward: Any,
) -> None:
    """Let points be reached straight along their edge from the places on the same edge."""
    for row in range(len(edge)):
        for source in range(source_first[row], source_last[row]):
            here = edge[row]
            gap = along[row] - source_along[source]
            whole = forward[here] if gap >= 0 else backward[here]
            if gap == 0:
                cost = 0.0
            elif whole == np.inf or length[here] <= 0:
                continue
            else:
                cost = abs(gap) / length[here] * whole
            cost += off[row] + source_off[source]
            if cost < metres[row] or (cost == metres[row] and source_place[source] < place[row]):
                metres[row] = cost
                place[row] = source_place[source]


@numba.njit(cache=True, nogil=True)
def least(count: int, point: Any, metres: Any, place: Any) -> Any:
    """The nearest of the joints of each point."""
    best, owner = np.full(count, np.inf), np.full(count, -1, np.int32)
    for row in range(len(point)):
        one = point[row]
        if metres[row] < best[one] or (metres[row] == best[one] and place[row] < owner[one]):
            best[one] = metres[row]
            owner[one] = place[row]
        if best[one] == np.inf:
            owner[one] = -1
    return best, owner
