"""The search for a net: parts of a graph by annealing moves that keep every part in one piece.

Written for many small parts (a few to some dozens of units each), where a move can be judged
exactly by looking at the one or two parts that it touches:

* a unit goes over to a neighbouring part, if what it leaves stays in one piece;
* two neighbouring parts become one and are cut anew along an edge of a random spanning tree, as
  in ReCom (DeFord, Duchin, Solomon: Recombination, 2021), but by the best of the tree's edges;
* two become one, or one becomes two, so that the number of parts finds itself (or, if one is
  wanted, is drawn to it by a cost of each part too many or too few).

Moves are taken by the Metropolis rule while a temperature falls geometrically (Kirkpatrick,
Gelatt, Vecchi: Optimization by Simulated Annealing, 1983). The energy is the border between parts
in mean borders, plus a penalty for each part outside the band that grows with its distance.

All functions are compiled; graphs come as compressed rows: the neighbours of unit ``i`` are
``neighbours[start[i]:start[i + 1]]``, with ``border`` beside them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

OUTSIDE = 3.0
"""Energy of a part for lying outside the band at all, in mean borders."""
FARTHER = 30.0
"""Energy for lying outside the band by as much as its nearer end."""
MISCOUNTED = 4.0
"""Energy of each part too many or too few, if a number of parts is wanted."""
USUAL = 8.0
"""Units of a part for which these were set. The border of a part grows with the root of its units,
and what a part outside the band costs must grow with it: else one part of all is the cheapest."""
RECUT = 0.2
"""Share of the moves between two parts that cut both anew."""
DIVIDE = 0.1
"""Share of the moves inside a part that try to divide it."""


class Ground(NamedTuple):
    """The graph as compressed rows, the mean border 1, and the weight of each unit."""

    start: Any
    beside: Any
    border: Any
    weight: Any


class Demand(NamedTuple):
    """The band of a part's weight, and how many parts: 0 for as many as come out best.

    ``stake`` is what a part outside the band costs, as a multiple of what it costs where parts
    have about ``USUAL`` units.
    """

    low: float
    high: float
    parts: int
    stake: float


class Net(NamedTuple):
    """The part of each unit, weight and size of each part, and the numbers that no part has.

    ``spare`` holds one number: how many of ``unused`` are unused.
    """

    part: Any
    total: Any
    size: Any
    unused: Any
    spare: Any


class Table(NamedTuple):
    """Room to work in. A unit was seen in this move if ``seen`` holds the move's ``stamp``."""

    stamp: Any
    seen: Any
    queue: Any
    parent: Any
    place: Any
    below: Any
    cut: Any
    edges: Any


@numba.njit(cache=True)
def penalty(weight: float, low: float, high: float) -> float:
    """What a part of this weight costs, in mean borders; a part that is no more costs nothing."""
    if weight < low:
        return 0.0 if weight <= 0.0 else OUTSIDE + FARTHER * (low - weight) / low
    return 0.0 if weight <= high else OUTSIDE + FARTHER * (weight - high) / high


@numba.njit(cache=True)
def anneal(
    ground: Ground, demand: Demand, part: Any, steps: int, hot: float, cold: float, random: Any
) -> None:
    """Move units between parts ``steps`` times; changes ``part`` in place.

    Args:
        ground: The graph.
        demand: What the parts shall be.
        part: The part of each unit, numbers below that of the units; every part is in one piece,
            and stays so.
        steps: How many moves are tried.
        hot: Temperature at the first move, in mean borders.
        cold: Temperature at the last move.
        random: A numpy generator.
    """
    n = len(ground.weight)
    net = _net(ground, part)
    table = Table(
        np.zeros(1, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.float64),
        np.empty(n, dtype=np.float64),
        np.empty((len(ground.beside) + 1, 2), dtype=np.int64),
    )
    cooling = (cold / hot) ** (1.0 / max(1, steps))
    heat = hot
    for step in range(steps):
        table.stamp[0] = step + 1
        heat *= cooling
        unit = int(random.random() * n)
        degree = ground.start[unit + 1] - ground.start[unit]
        if degree == 0:
            continue
        other = ground.beside[ground.start[unit] + int(random.random() * degree)]
        a, b = part[unit], part[other]
        if a == b:
            may = net.total[a] >= 2 * demand.low or n - net.spare[0] < demand.parts
            if may and random.random() < DIVIDE:
                _recut(ground, demand, net, table, unit, b, heat, random)
        elif random.random() < RECUT:
            _recut(ground, demand, net, table, unit, b, heat, random)
        else:
            _hand_over(ground, demand, net, table, unit, b, heat, random)


@numba.njit(cache=True)
def _net(ground: Ground, part: Any) -> Net:
    n = len(part)
    total = np.zeros(n, dtype=np.float64)
    size = np.zeros(n, dtype=np.int64)
    for unit in range(n):
        total[part[unit]] += ground.weight[unit]
        size[part[unit]] += 1
    unused = np.empty(n, dtype=np.int64)
    spare = np.zeros(1, dtype=np.int64)
    for p in range(n - 1, -1, -1):
        if size[p] == 0:
            unused[spare[0]] = p
            spare[0] += 1
    return Net(part, total, size, unused, spare)


@numba.njit(cache=True)
def _miscounted(parts: int, wanted: int) -> float:
    return 0.0 if wanted == 0 else MISCOUNTED * abs(parts - wanted)


@numba.njit(cache=True)
def _is_taken(change: float, heat: float, random: Any) -> bool:
    return change <= 0 or random.random() < np.exp(-change / heat)


@numba.njit(cache=True)
def _hand_over(
    ground: Ground, demand: Demand, net: Net, table: Table, unit: int, to: int, heat: float,
    random: Any,
) -> None:  # fmt: skip
    """Let a unit go over to a neighbouring part, if what it leaves stays in one piece."""
    low, high, wanted, stake = demand
    from_, weight = net.part[unit], ground.weight[unit]
    change = 0.0
    for e in range(ground.start[unit], ground.start[unit + 1]):
        there = net.part[ground.beside[e]]
        if there == from_:
            change += ground.border[e]
        elif there == to:
            change -= ground.border[e]
    change += stake * penalty(net.total[to] + weight, low, high) - stake * penalty(
        net.total[to], low, high
    )
    change -= stake * penalty(net.total[from_], low, high)
    is_last = net.size[from_] == 1
    if is_last:
        parts = len(net.part) - net.spare[0]
        change += stake * _miscounted(parts - 1, wanted) - stake * _miscounted(parts, wanted)
    else:
        change += stake * penalty(net.total[from_] - weight, low, high)
    if not _is_taken(change, heat, random):
        return
    if not is_last and not _stays_whole(ground, net.part, table, unit):
        return
    net.part[unit] = to
    net.total[from_] -= weight
    net.total[to] += weight
    net.size[from_] -= 1
    net.size[to] += 1
    if is_last:
        _retire(net, from_)


@numba.njit(cache=True)
def _retire(net: Net, part: int) -> None:
    net.total[part] = 0.0
    net.unused[net.spare[0]] = part
    net.spare[0] += 1


@numba.njit(cache=True)
def _stays_whole(ground: Ground, part: Any, table: Table, unit: int) -> bool:
    """Whether a unit's part is in one piece without it: its neighbours there reach each other."""
    mine, seen, stamp = part[unit], table.seen, table.stamp[0]
    first, left = -1, 0
    for e in range(ground.start[unit], ground.start[unit + 1]):
        there = ground.beside[e]
        if part[there] == mine:
            left += 1
            first = there
            seen[there] = -stamp  # to be reached
    if left <= 1:
        return True
    seen[unit] = stamp
    seen[first] = stamp
    left -= 1
    table.queue[0] = first
    head, tail = 0, 1
    while head < tail and left:
        here = table.queue[head]
        head += 1
        for e in range(ground.start[here], ground.start[here + 1]):
            there = ground.beside[e]
            if part[there] == mine and seen[there] != stamp:
                left -= seen[there] == -stamp
                seen[there] = stamp
                table.queue[tail] = there
                tail += 1
    return left == 0


@numba.njit(cache=True)
def _recut(
    ground: Ground, demand: Demand, net: Net, table: Table, unit: int, other: int, heat: float,
    random: Any,
) -> None:  # fmt: skip
    """Cut the part of a unit, together with part ``other``, at an edge of a random tree.

    If both are one part, it is divided; otherwise both become one, or two others.
    """
    low, high, wanted, stake = demand
    mine = net.part[unit]
    is_one = mine == other
    size = _tree(ground, net.part, table, unit, other, random)
    now = _weighed(ground, net.part, table, size)
    whole = table.below[0]
    parts = len(net.part) - net.spare[0]
    now += stake * penalty(net.total[mine], low, high) + stake * _miscounted(parts, wanted)
    if not is_one:
        now += stake * penalty(net.total[other], low, high)
    cut = stake * _miscounted(parts + is_one, wanted)
    best, at = np.inf, 0
    if not is_one:
        best = stake * penalty(whole, low, high) + stake * _miscounted(parts - 1, wanted)
    for k in range(1, size):
        rest = whole - table.below[k]
        cost = (
            cut
            + table.cut[k]
            + stake * penalty(table.below[k], low, high)
            + stake * penalty(rest, low, high)
        )
        if cost < best:
            best, at = cost, k
    if (is_one and at == 0) or not _is_taken(best - now, heat, random):
        return
    if is_one:
        net.spare[0] -= 1
        other = net.unused[net.spare[0]]
    _settle(ground, net, table, size, at, mine, other)


@numba.njit(cache=True)
def _settle(
    ground: Ground, net: Net, table: Table, size: int, at: int, mine: int, other: int
) -> None:
    """Give what hangs on place ``at`` of the tree to part ``other`` and the rest to ``mine``."""
    whole, moved, count = 0.0, 0.0, 0
    inside = table.place  # of the units of the tree, not needed any more
    for k in range(size):
        unit = table.queue[k]
        hangs = at > 0 and (k == at or (k > at and inside[table.parent[k]] == 1))
        inside[k] = 1 if hangs else 0
        whole += ground.weight[unit]
        if hangs:
            moved += ground.weight[unit]
            count += 1
        net.part[unit] = other if hangs else mine
    net.total[mine], net.total[other] = whole - moved, moved
    net.size[mine], net.size[other] = size - count, count
    if count == 0:
        _retire(net, other)


@numba.njit(cache=True)
def _tree(ground: Ground, part: Any, table: Table, root: int, other: int, random: Any) -> int:
    """A random spanning tree of the part of ``root`` and part ``other``; gives its size.

    ``queue`` lists its units, parents first; ``parent`` has the place of each one's parent there.
    """
    mine, seen, edges, stamp = part[root], table.seen, table.edges, table.stamp[0]
    edges[0, 0], edges[0, 1] = -1, root
    waiting, size = 1, 0
    while waiting:
        k = int(random.random() * waiting)
        above, unit = edges[k, 0], edges[k, 1]
        waiting -= 1
        edges[k, 0], edges[k, 1] = edges[waiting, 0], edges[waiting, 1]
        if seen[unit] == stamp:
            continue
        seen[unit] = stamp
        table.queue[size], table.parent[size] = unit, above
        for e in range(ground.start[unit], ground.start[unit + 1]):
            there = ground.beside[e]
            if seen[there] != stamp and (part[there] == mine or part[there] == other):
                edges[waiting, 0], edges[waiting, 1] = size, there
                waiting += 1
        size += 1
    return size


@numba.njit(cache=True)
def _weighed(ground: Ground, part: Any, table: Table, size: int) -> float:
    """Weigh what hangs on each place of the tree, and its border with the rest of the tree.

    A pair of neighbours lies inside all subtrees that hold the lowest common ancestor of both:
    there, what it shares is taken off what its ends have in common with the tree. Gives the border
    between the two parts as they are.
    """
    now = 0.0
    for k in range(size):
        unit = table.queue[k]
        table.place[unit] = k
        table.below[k] = ground.weight[unit]
        table.cut[k] = 0.0
    for k in range(size):
        unit = table.queue[k]
        for e in range(ground.start[unit], ground.start[unit + 1]):
            there = ground.beside[e]
            if table.seen[there] != table.stamp[0]:
                continue
            table.cut[k] += ground.border[e]
            if unit > there:
                continue
            if part[unit] != part[there]:
                now += ground.border[e]
            x, y = k, table.place[there]
            while x != y:
                if x > y:
                    x = table.parent[x]
                else:
                    y = table.parent[y]
            table.cut[x] -= 2 * ground.border[e]
    for k in range(size - 1, 0, -1):
        table.below[table.parent[k]] += table.below[k]
        table.cut[table.parent[k]] += table.cut[k]
    return now
