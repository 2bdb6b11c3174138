"""Covering: the most people by P places, or all of them by the fewest places.

Church and ReVelle 1974, The maximal covering location problem, doi:10.1007/BF01942293; Toregas,
Swain, ReVelle and Bergman 1971, The location of emergency service facilities,
doi:10.1287/opre.19.6.1363.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geodata.errors import InvalidInput
from geodata.reach.siting.bounding import Bounded, within
from geodata.reach.siting.choosing import best_places
from geodata.reach.siting.clock import Clock
from geodata.reach.siting.exchanging import by_gain, greedy
from geodata.reach.siting.fewest import fewest_places
from geodata.reach.siting.figures import figures
from geodata.reach.siting.problem import (
    SECONDS,
    Choice,
    Integers,
    Near,
    Problem,
    Tell,
    check_count,
    check_enough,
    check_limit,
    silent,
    unheard,
)
from geodata.reach.siting.savings import Savings, covering_savings, undominated, walk_savings


def most_covered(
    problem: Problem,
    count: int,
    *,
    limit_m: float,
    enough: float = 0.0,
    seconds: float = SECONDS,
    tell: Tell = silent,
    near: Near = unheard,
) -> Choice:
    """The next ``count`` places that cover most weight.

    Where fewer cover all that can be covered, the others shorten the walk as much as they can.

    Args:
        problem: Who lives where.
        count: How many places.
        limit_m: Metres within which a demand is covered, ends included.
        enough: A gap, as a share, with which no proof is looked for any more.
        seconds: How long a proof is looked for.
        tell: Told how far it is; a true answer stops at the best so far.
        near: Told how good the best so far is.

    Raises:
        InvalidInput: Numbers that make no sense, or nothing that could be covered.
    """
    check_limit(limit_m)
    check_count(count, problem.candidates)
    check_enough(enough)
    savings = coverable(problem, limit_m)
    found = cover(savings, count, Clock(seconds, tell, near), enough=enough)
    return covering_choice(problem, savings, found, count, limit_m)


def all_covered(
    problem: Problem,
    *,
    limit_m: float,
    enough: float = 0.0,
    seconds: float = SECONDS,
    tell: Tell = silent,
    near: Near = unheard,
) -> Choice:
    """The fewest places that cover all that can be covered; the rest is in ``unreachable``.

    Args:
        problem: Who lives where.
        limit_m: Metres within which a demand is covered, ends included.
        enough: A gap, as a share of the places, with which no proof is looked for any more.
        seconds: How long a proof is looked for.
        tell: Told how far it is; a true answer stops at the best so far.
        near: Told how good the best so far is.

    Raises:
        InvalidInput: Numbers that make no sense, or nothing that could be covered.
    """
    check_limit(limit_m)
    check_enough(enough)
    savings = coverable(problem, limit_m)
    found = fewest_places(savings, Clock(seconds, tell, near), enough=enough)
    chosen = by_gain(savings, found.chosen)
    gap = (len(chosen) - found.bound) / len(chosen)
    return Choice(
        chosen=tuple(chosen),
        status="gap" if gap else "optimal",
        gap=gap,
        objective=float(len(chosen)),
        bound=float(found.bound),
        figures=figures(problem, chosen, limit_m),
        unreachable=unreachable(problem, limit_m),
        limit_m=limit_m,
    )


def coverable(problem: Problem, limit_m: float) -> Savings:
    """What can be covered newly.

    Raises:
        InvalidInput: Nothing: all is covered, or no candidate reaches anybody.
    """
    savings = covering_savings(problem, limit_m)
    if len(savings):
        return savings
    if not len(unreachable(problem, limit_m)):
        raise InvalidInput("All are covered by what stands already: nothing is left to cover.")
    raise InvalidInput(
        "No candidate reaches anybody who is not covered within %(metres)s metres.",
        metres=round(limit_m),
    )


def unreachable(problem: Problem, limit_m: float) -> Integers:
    """Demands with people whom neither a candidate nor what stands reaches, the heaviest first."""
    near = np.isfinite(problem.standing) & (problem.standing <= limit_m)
    near[problem.demand[problem.metres <= limit_m]] = True
    rows = np.flatnonzero((problem.weights > 0) & ~near).astype(np.int32)
    return rows[np.argsort(-problem.weights[rows], kind="stable")]


def cover(
    savings: Savings,
    count: int,
    clock: Clock,
    begin: Sequence[Sequence[int]] = (),
    *,
    enough: float = 0.0,
) -> Bounded:
    """The places that cover most; no more of them than those that no other one betters."""
    kept = undominated(savings)
    useful = np.flatnonzero(kept)
    if count >= len(useful):
        chosen = useful.tolist()
        value = savings.value(chosen)
        nothing = np.zeros(savings.candidates, dtype=bool)
        return Bounded(chosen, value, savings.slack(value), value, nothing, nothing)
    small = Savings(*_only(savings, kept), len(useful))
    number = np.cumsum(kept) - 1
    known = [[int(number[one]) for one in some if kept[one]] for some in begin]
    known = [greedy(small, count, some) for some in known]
    found = best_places(small, count, clock, begin=known, enough=within(small, enough))
    out, into = np.ones_like(kept), np.zeros_like(kept)
    out[useful], into[useful] = found.out, found.into
    return replace(found, chosen=useful[found.chosen].tolist(), out=out, into=into)


def covering_choice(
    problem: Problem, savings: Savings, found: Bounded, count: int, limit_m: float
) -> Choice:
    """What was found, filled up to the number of places that was asked for."""
    chosen = by_gain(savings, found.chosen)
    if len(chosen) < count:
        longest = 2.0 * float(problem.metres.max(initial=limit_m))
        chosen = greedy(walk_savings(problem, longest), count, chosen)
    gap = 0.0 if found.is_proven else (found.bound - found.value) / found.bound
    return Choice(
        chosen=tuple(chosen),
        status="gap" if gap else "optimal",
        gap=gap,
        objective=found.value,
        bound=found.value if found.is_proven else found.bound,
        figures=figures(problem, chosen, limit_m),
        unreachable=unreachable(problem, limit_m),
        limit_m=limit_m,
    )


def _only(savings: Savings, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of some candidates, numbered anew; each demand keeps one at least."""
    rows = kept[savings.candidate]
    number = np.cumsum(kept) - 1
    sizes = np.bincount(savings.demand[rows], minlength=len(savings))
    first = np.concatenate([[0], np.cumsum(sizes)])
    return first, number[savings.candidate[rows]].astype(np.int32), savings.saved[rows]
