"""The shortest walk: P places from which, and from what stands, all together walk least.

Hakimi 1964, Optimum locations of switching centers and the absolute centers and medians of a
graph, doi:10.1287/opre.12.3.450.
"""

from __future__ import annotations

import numpy as np

from geodata.errors import InvalidInput
from geodata.reach.siting.bounding import within
from geodata.reach.siting.choosing import best_places
from geodata.reach.siting.clock import Clock
from geodata.reach.siting.covering import unreachable
from geodata.reach.siting.exchanging import by_gain
from geodata.reach.siting.figures import figures
from geodata.reach.siting.problem import (
    SECONDS,
    Choice,
    Near,
    Problem,
    Tell,
    check_count,
    check_enough,
    check_limit,
    silent,
    unheard,
)
from geodata.reach.siting.savings import PROVEN, walk_savings


def shortest_walk(
    problem: Problem,
    count: int,
    *,
    beyond_m: float | None = None,
    limit_m: float = np.inf,
    enough: float = 0.0,
    seconds: float = SECONDS,
    tell: Tell = silent,
    near: Near = unheard,
) -> Choice:
    """The next ``count`` places with which all together walk least.

    Args:
        problem: Who lives where.
        count: How many places.
        beyond_m: What somebody walks, for the sum, whom no place reaches; None: twice the longest
            way there is. Who has no way to any place at all is not in the sum.
        limit_m: Metres within which a demand is told as covered; it does not change the choice.
        enough: A gap with which no proof is looked for any more.
        seconds: How long a proof is looked for.
        tell: Told how far it is; a true answer stops at the best so far.
        near: Told how good the best so far is.

    Raises:
        InvalidInput: Numbers that make no sense, or nobody who would walk less.
    """
    check_count(count, problem.candidates)
    check_enough(enough)
    for metres in (beyond_m, None if np.isinf(limit_m) else limit_m):
        if metres is not None:
            check_limit(metres)
    beyond = longest(problem) if beyond_m is None else beyond_m
    savings = walk_savings(problem, beyond, count)
    if not len(savings):  # any choice is as good, or none helps
        savings = walk_savings(problem, beyond)
    if not len(savings):
        if len(problem.metres):
            raise InvalidInput("No candidate is nearer to anybody than what stands already.")
        raise InvalidInput("No candidate can be reached by anybody.")
    whole = savings.whole
    clock = Clock(seconds, tell, near)
    found = best_places(savings, count, clock, enough=within(savings, enough))
    objective, bound = whole - found.value, max(whole - found.bound, 0.0)
    gap = (objective - bound) / objective if objective > 0 else 0.0
    is_proven = found.is_proven or gap <= PROVEN
    chosen = by_gain(savings, found.chosen)
    return Choice(
        chosen=tuple(chosen),
        status="optimal" if is_proven else "gap",
        gap=0.0 if is_proven else gap,
        objective=objective,
        bound=objective if is_proven else bound,
        figures=figures(problem, chosen, limit_m),
        unreachable=unreachable(problem, np.inf),
        limit_m=limit_m,
    )


def longest(problem: Problem) -> float:
    """Twice the longest way there is, to a candidate or to what stands."""
    stands = problem.standing[np.isfinite(problem.standing)]
    return 2.0 * float(max(problem.metres.max(initial=0.0), stands.max(initial=0.0), 1.0))
