"""What each further place brings: the most that can be covered with 0, 1, 2 … places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.errors import InvalidInput
from geodata.reach.siting.bounding import Bounded
from geodata.reach.siting.clock import Clock
from geodata.reach.siting.covering import cover, coverable
from geodata.reach.siting.exchanging import greedy
from geodata.reach.siting.problem import (
    SECONDS,
    Problem,
    Status,
    Tell,
    check_count,
    check_limit,
    silent,
)
from geodata.reach.siting.savings import Savings


@dataclass(frozen=True)
class Point:
    """What so many places cover at best.

    Attributes:
        count: How many places.
        covered: Weight within reach of them or of what stands.
        status: Whether that is proven to be the most.
        gap: By how much of what is newly covered at best it could be more at most, 0…1.
        chosen: Rows of candidates.
    """

    count: int
    covered: float
    status: Status
    gap: float
    chosen: tuple[int, ...]


def curve(
    problem: Problem,
    count: int,
    *,
    limit_m: float,
    seconds: float = SECONDS,
    tell: Tell = silent,
) -> tuple[Point, ...]:
    """The most that can be covered with 0 … ``count`` places; each point is solved by itself.

    The points never fall. Once all is covered that can be, no further point is told.

    Args:
        problem: Who lives where.
        count: Up to how many places.
        limit_m: Metres within which a demand is covered, ends included.
        seconds: How long proofs are looked for, all points together.
        tell: Told how far it is; a true answer stops at the best so far.

    Raises:
        InvalidInput: Numbers that make no sense.
    """
    check_limit(limit_m)
    check_count(count, problem.candidates)
    before = float(problem.weights[problem.standing <= limit_m].sum())
    points = [Point(0, before, "optimal", 0.0, ())]
    try:
        savings = coverable(problem, limit_m)
    except InvalidInput:
        return tuple(points)
    clock = Clock(seconds, tell)
    most = float(savings.saved[savings.first[:-1]].sum())
    for places in range(1, count + 1):
        last = points[-1].chosen
        part = clock.part(clock.left / (count + 1 - places))
        found = _at_least(savings, last, cover(savings, places, part, [last]))
        points.append(_point(places, before, found))
        if found.value >= most * (1 - 1e-12):
            break
    return tuple(points)


def _at_least(savings: Savings, last: tuple[int, ...], found: Bounded) -> Bounded:
    """Not less than the last choice with one more place."""
    more = greedy(savings, len(last) + 1, last)
    value = savings.value(more)
    if value <= found.value:
        return found
    nothing = np.zeros(savings.candidates, dtype=bool)
    return Bounded(more, value, savings.slack(value), max(found.bound, value), nothing, nothing)


def _point(count: int, before: float, found: Bounded) -> Point:
    gap = 0.0 if found.is_proven else (found.bound - found.value) / found.bound
    status: Status = "optimal" if found.is_proven else "gap"
    return Point(count, before + found.value, status, gap, tuple(found.chosen))
