"""Good choices quickly: greedy, then exchanges of one place for another.

An exchange is judged for all pairs at once from the best and the second best of each demand:
Whitaker 1983, A fast algorithm for the greedy interchange for large-scale clustering and median
location problems, doi:10.1080/03155986.1983.11731889; Resende and Werneck 2007, A fast swap-based
local search procedure for location problems, doi:10.1007/s10479-006-0154-0. The exchange itself is
that of Teitz and Bart 1968, doi:10.1287/opre.16.5.955.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geodata.reach.siting.clock import Clock
from geodata.reach.siting.problem import Floats
from geodata.reach.siting.savings import Savings

LEAST: Final = 1e-9
"""An exchange is made if it betters the whole by more than this share."""


def greedy(savings: Savings, count: int, begin: Sequence[int] = ()) -> list[int]:
    """Places taken one by one, each that which saves most then; of equal ones the first.

    Args:
        savings: Who saves how much by what.
        count: How many places.
        begin: Those taken already.
    """
    chosen = list(begin)
    have = savings.best(chosen)
    while len(chosen) < count:
        more = np.maximum(savings.saved - have[savings.demand], 0.0)
        gain = np.bincount(savings.candidate, weights=more, minlength=savings.candidates)
        gain[chosen] = -1.0
        one = int(np.argmax(gain))
        chosen.append(one)
        rows = savings.rows_of(one)
        demand = savings.demand[rows]
        have[demand] = np.maximum(have[demand], savings.saved[rows])
    return chosen


def exchanged(savings: Savings, chosen: Sequence[int], clock: Clock) -> list[int]:
    """A choice bettered by exchanges until none helps, the best first."""
    now = list(chosen)
    if len(now) >= savings.candidates:
        return now
    while not clock.over():
        profit = _profits(savings, now)
        place, out = np.unravel_index(int(np.argmax(profit)), profit.shape)
        if profit[place, out] <= LEAST * max(savings.value(now), 1.0):
            break
        now[int(out)] = int(place)
    return now


def _profits(savings: Savings, chosen: Sequence[int]) -> Floats:
    """(candidates, chosen) what is won by taking a candidate instead of a chosen place."""
    first, owner, second = _two_best(savings, chosen)
    demand, candidate, saved = savings.demand, savings.candidate, savings.saved
    gain = np.bincount(
        candidate,
        weights=np.maximum(saved - first[demand], 0.0),
        minlength=savings.candidates,
    )
    has = owner >= 0
    loss = np.bincount(owner[has], weights=(first - second)[has], minlength=len(chosen))
    rows = np.flatnonzero((saved > second[demand]) & has[demand])
    whose = demand[rows]
    again = np.minimum(saved[rows], first[whose]) - second[whose]
    cell = candidate[rows].astype(np.int64) * len(chosen) + owner[whose]
    back = np.bincount(cell, weights=again, minlength=savings.candidates * len(chosen))
    profit = gain[:, None] - loss[None, :] + back.reshape(savings.candidates, len(chosen))
    profit[list(chosen)] = -np.inf
    return np.asarray(profit)


def _two_best(savings: Savings, chosen: Sequence[int]) -> tuple[Floats, NDArray[np.int64], Floats]:
    """(g) what each demand saves by the best of a choice, which that is, and by the second best."""
    first, second = np.zeros(len(savings)), np.zeros(len(savings))
    owner = np.full(len(savings), -1, dtype=np.int64)
    for at, one in enumerate(chosen):
        rows = savings.rows_of(one)
        demand, saved = savings.demand[rows], savings.saved[rows]
        better = saved > first[demand]
        up, down = demand[better], demand[~better]
        second[up] = first[up]
        first[up] = saved[better]
        owner[up] = at
        second[down] = np.maximum(second[down], saved[~better])
    return first, owner, second


def by_gain(savings: Savings, chosen: Sequence[int]) -> list[int]:
    """A choice in the order in which each place saves most of what is left."""
    left, order = sorted(chosen), list[int]()
    have = np.zeros(len(savings))
    while left:
        gains = [
            float(np.maximum(savings.saved[rows] - have[savings.demand[rows]], 0).sum())
            for rows in map(savings.rows_of, left)
        ]
        one = left.pop(int(np.argmax(gains)))
        order.append(one)
        rows = savings.rows_of(one)
        demand = savings.demand[rows]
        have[demand] = np.maximum(have[demand], savings.saved[rows])
    return order
