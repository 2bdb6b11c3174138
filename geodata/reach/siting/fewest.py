"""The fewest places that cover all.

Candidates that another one betters are left out, and demands that are covered whenever another
one is (the reductions of Toregas and ReVelle 1973). The rest is an integer programme, begun with a
greedy cover from which what is not needed was taken away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geodata.reach.siting.clock import Clock
from geodata.reach.siting.savings import MOST_PAIRS, Booleans, Savings, undominated
from geodata.reach.siting.solver import Programme, solve


@dataclass(frozen=True)
class Fewest:
    """A cover of all, and how few places could do it at best."""

    chosen: list[int]
    bound: int


def fewest_places(savings: Savings, clock: Clock, *, enough: float = 0.0) -> Fewest:
    """The fewest places that cover every demand.

    Args:
        savings: Who is covered by what.
        clock: When to end.
        enough: A gap, as a share of the places, with which no proof is looked for any more.
    """
    clock.stage("searching")
    kept = undominated(savings)
    needed = _needed(savings, kept)
    known = _without_idle(savings, _greedy_cover(savings, kept))
    bound = max(_apart(savings, kept), 1)

    def is_enough(least: float) -> bool:
        gap = max((len(known) - least) / len(known), 0.0)
        clock.know(float(len(known)), gap)
        return gap <= enough

    if is_enough(bound) or clock.over():
        return Fewest(known, min(bound, len(known)))
    clock.stage("proving")
    places = np.flatnonzero(kept)
    begin = np.isin(places, known).astype(float)
    programme = _programme(savings, places, needed)

    def told(dual: float) -> bool:
        return math.isfinite(dual) and is_enough(max(bound, math.ceil(dual - 1e-6)))

    solved = solve(programme, clock, known=begin, enough=0.99, told=told)
    if solved.values is not None:
        other = places[solved.values > 0.5].tolist()
        if len(other) < len(known) and (savings.best(other) > 0).all():
            known = other
    if math.isfinite(solved.bound):
        bound = max(bound, math.ceil(solved.bound - 1e-6))
    return Fewest(known, min(bound, len(known)))


def _needed(savings: Savings, kept: Booleans) -> Booleans:
    """(g) demands that are not covered of themselves whenever some other one is."""
    rows = kept[savings.candidate]
    covers = np.bincount(savings.candidate[rows], minlength=savings.candidates).astype(float)
    if float((covers**2).sum()) > MOST_PAIRS:
        return np.ones(len(savings), dtype=bool)

    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to load

    shape = (len(savings), savings.candidates)
    ones = np.ones(int(rows.sum()), dtype=np.float32)
    sets = csr_array((ones, (savings.demand[rows], savings.candidate[rows])), shape=shape)
    size = np.bincount(savings.demand[rows], minlength=len(savings))
    needed = np.ones(len(savings), dtype=bool)
    step = max(1, 20_000_000 // max(len(savings), 1))
    for at in range(0, len(savings), step):
        common = (sets[at : at + step] @ sets.T).tocoo()
        one, other = common.coords[0] + at, common.coords[1]
        over = (common.data == size[other]) & (one != other)
        over &= (size[other] < size[one]) | (other < one)
        needed[one[over]] = False
    return needed


def _greedy_cover(savings: Savings, kept: Booleans) -> list[int]:
    """Places taken one by one, each that which covers most demands that are left."""
    left = np.ones(len(savings), dtype=bool)
    chosen: list[int] = []
    usable = kept[savings.candidate]
    while left.any():
        rows = usable & left[savings.demand]
        count = np.bincount(savings.candidate[rows], minlength=savings.candidates)
        one = int(np.argmax(count))
        chosen.append(one)
        left[savings.demand[savings.rows_of(one)]] = False
    return chosen


def _without_idle(savings: Savings, chosen: list[int]) -> list[int]:
    """The same cover without places that the others make needless, the last taken first."""
    times = np.zeros(len(savings), dtype=np.int64)
    for one in chosen:
        times[savings.demand[savings.rows_of(one)]] += 1
    kept = []
    for one in chosen:
        demand = savings.demand[savings.rows_of(one)]
        if (times[demand] > 1).all():
            times[demand] -= 1
        else:
            kept.append(one)
    return kept


def _apart(savings: Savings, kept: Booleans) -> int:
    """How many demands were found no two of which one place covers: so many places at least."""
    usable = np.flatnonzero(kept[savings.candidate])
    sizes = np.bincount(savings.demand[usable], minlength=len(savings))
    used = np.zeros(savings.candidates, dtype=bool)
    found = 0
    for demand in np.argsort(sizes, kind="stable").tolist():
        rows = slice(savings.first[demand], savings.first[demand + 1])
        places = savings.candidate[rows]
        places = places[kept[places]]
        if not used[places].any():
            used[places] = True
            found += 1
    return found


def _programme(savings: Savings, places: np.ndarray, needed: Booleans) -> Programme:
    column_of = np.full(savings.candidates, -1, dtype=np.int64)
    column_of[places] = np.arange(len(places))
    rows = needed[savings.demand] & (column_of[savings.candidate] >= 0)
    sizes = np.bincount(savings.demand[rows], minlength=len(savings))[needed]
    return Programme(
        np.ones(len(places)),
        np.ones(len(places), dtype=bool),
        np.concatenate([[0], np.cumsum(sizes)]),
        column_of[savings.candidate[rows]].astype(np.int32),
        np.ones(int(rows.sum())),
        np.ones(len(sizes)),
        np.full(len(sizes), np.inf),
    )
