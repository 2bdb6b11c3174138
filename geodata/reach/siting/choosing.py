"""The best P places: a good choice, what can be proven of it, and the rest by the solver.

The integer programme has a variable for each place, and for each demand and each value that it can
save one that says whether it saves at least that much, which it does if a place saves it or if it
saves more: the radius formulation (Cornuéjols, Nemhauser and Wolsey 1980,
doi:10.1137/0601019; García, Labbé and Marín 2011, doi:10.1287/ijoc.1100.0418). For covering that is
the programme of Church and ReVelle. Only candidates that the prices of ``bounding`` leave over are
in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geodata.reach.siting.bounding import Bounded, bounded
from geodata.reach.siting.clock import Clock
from geodata.reach.siting.exchanging import exchanged, greedy
from geodata.reach.siting.savings import Booleans, Savings, merged
from geodata.reach.siting.solver import Programme, solve

STARTS: Final = 40
"""Exchanges begin so often anew, from choices drawn by lot; in that share of the time at most:"""
SHARE: Final = 0.2
SEED: Final = 20_260_719
LARGEST: Final = 600_000
"""Programmes with more entries are not tried."""

Enough = Callable[[Bounded], bool]


def proven(found: Bounded) -> bool:
    """Nothing less than a proof is enough."""
    return found.is_proven


def best_places(
    savings: Savings,
    count: int,
    clock: Clock,
    *,
    begin: Sequence[Sequence[int]] = (),
    enough: Enough = proven,
) -> Bounded:
    """The places that save most.

    Args:
        savings: Who saves how much by what.
        count: How many places.
        clock: When to end.
        begin: Choices of so many places that are known already.
        enough: Whether what is known needs no solver.
    """
    clock.stage("searching")
    chosen = _good(savings, count, clock.part(SHARE * clock.left), begin)
    clock.stage("bounding")
    found = bounded(savings, chosen, clock)
    if enough(found) or clock.over():
        return found
    clock.stage("proving")
    return _proven(savings, found, clock)


def _good(savings: Savings, count: int, clock: Clock, begin: Sequence[Sequence[int]]) -> list[int]:
    """The best of what is known and of some exchanges."""
    lots = np.random.default_rng(SEED)
    best = greedy(savings, count)
    value = savings.value(best)
    starts: list[Sequence[int]] = [best, *begin]
    starts += [lots.permutation(savings.candidates)[:count].tolist() for _ in range(STARTS)]
    for start in starts:
        if clock.over():
            break
        other = exchanged(savings, start, clock)
        if savings.value(other) > value * (1 + 1e-12):
            best, value = other, savings.value(other)
    for start in begin:
        if savings.value(start) > value:
            best, value = list(start), savings.value(start)
    return best


@dataclass(frozen=True, eq=False)
class _Levels:
    """Each demand's savings from the largest down, equal ones together.

    A level is reached by the candidates of its own rows, or if the level before is.
    """

    worth: np.ndarray
    first: np.ndarray
    candidate: np.ndarray
    has_before: Booleans


def _proven(savings: Savings, known: Bounded, clock: Clock) -> Bounded:
    """What the solver finds among the candidates that are left over."""
    kept = ~known.out
    kept[known.chosen] = True
    fixed = [one for one in known.chosen if known.into[one]]
    base = savings.best(fixed)
    kept[fixed] = False
    rest = savings.reduced(kept, base)
    levels = _levels(rest)
    places = np.flatnonzero(kept)
    entries = len(levels.candidate) + 2 * len(levels.worth) + len(places)
    if entries > LARGEST:
        return known
    scale = max(known.value - base.sum(), 1.0)
    programme = _programme(levels, places, len(known.chosen) - len(fixed), scale)
    step = 1.0 / scale if savings.is_whole else 0.0
    begin = _values(levels, places, known.chosen)
    solved = solve(programme, clock, known=begin, step=step)
    chosen, value = known.chosen, known.value
    if solved.values is not None:
        taken = places[np.argsort(-solved.values[: len(places)], kind="stable")]
        other = fixed + sorted(taken[: len(chosen) - len(fixed)].tolist())
        if savings.value(other) > value * (1 + 1e-12):
            chosen, value = other, savings.value(other)
    bound = known.bound
    if np.isfinite(solved.bound):
        told = float(base.sum()) - solved.bound * scale
        if savings.is_whole:
            told = float(np.floor(told + 1e-6 * max(min(told, 1e5), 1.0)))
        bound = min(bound, max(told, known.value))
    return replace(known, chosen=chosen, value=value, bound=max(bound, value))


def _levels(savings: Savings) -> _Levels:
    demand, saved, candidate = savings.demand, savings.saved, savings.candidate
    order = np.lexsort((candidate, -saved, demand))
    demand, saved, candidate = demand[order], saved[order], candidate[order]
    new = np.ones(len(demand), dtype=bool)
    new[1:] = (np.diff(demand) != 0) | (np.diff(saved) != 0)
    begins = np.flatnonzero(new)
    owner, value = demand[begins], saved[begins]
    same = np.zeros(len(begins), dtype=bool)
    same[1:] = owner[1:] == owner[:-1]
    below = np.zeros(len(begins))
    below[:-1] = np.where(same[1:], value[1:], 0.0)
    return _one_of_equals(
        _Levels(value - below, np.append(begins, len(demand)), candidate, same), owner
    )


def _one_of_equals(levels: _Levels, owner: np.ndarray) -> _Levels:
    """Demands with one level only and the same candidates made one."""
    single = np.bincount(owner, minlength=int(owner[-1]) + 1 if len(owner) else 0)[owner] == 1
    sizes = np.diff(levels.first)
    rows = np.repeat(single, sizes)
    number = np.cumsum(single) - 1
    of = np.repeat(number, sizes)[rows]
    member, group, candidate = merged(of, levels.candidate[rows], int(single.sum()))
    worth = np.bincount(member, weights=levels.worth[single]) if len(member) else np.zeros(0)
    others = np.bincount(group, minlength=len(worth)) if len(worth) else np.zeros(0, int)
    first = np.concatenate([[0], np.cumsum(np.concatenate([sizes[~single], others]))])
    return _Levels(
        np.concatenate([levels.worth[~single], worth]),
        first,
        np.concatenate([levels.candidate[~rows], candidate]),
        np.concatenate([levels.has_before[~single], np.zeros(len(worth), dtype=bool)]),
    )


def _programme(levels: _Levels, places: np.ndarray, count: int, scale: float) -> Programme:
    """Places first, then levels; a row for each level and one for the number of places."""
    column_of = np.zeros(int(places.max(initial=-1)) + 1, dtype=np.int64)
    column_of[places] = np.arange(len(places))
    amount, sizes = len(levels.worth), np.diff(levels.first)
    level = np.arange(amount)
    row = np.concatenate(
        [
            level,
            level[levels.has_before],
            np.repeat(level, sizes),
            np.full(len(places), amount),
        ]
    )
    column = np.concatenate(
        [
            len(places) + level,
            len(places) + level[levels.has_before] - 1,
            column_of[levels.candidate],
            np.arange(len(places)),
        ]
    )
    entry = np.where(np.arange(len(row)) < amount, 1.0, -1.0)
    entry[len(row) - len(places) :] = 1.0
    order = np.argsort(row, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=amount + 1))])
    return Programme(
        np.concatenate([np.zeros(len(places)), -levels.worth / scale]),
        np.arange(len(places) + amount) < len(places),
        first,
        column[order].astype(np.int32),
        entry[order],
        np.append(np.full(amount, -np.inf), float(count)),
        np.append(np.zeros(amount), float(count)),
    )


def _values(levels: _Levels, places: np.ndarray, chosen: Sequence[int]) -> np.ndarray:
    """The variables of a choice."""
    is_chosen = np.zeros(int(places.max(initial=-1)) + 1, dtype=bool)
    inside = [one for one in chosen if one in set(places.tolist())]
    is_chosen[inside] = True
    reached = (
        np.add.reduceat(is_chosen[levels.candidate].astype(float), levels.first[:-1]) > 0
        if len(levels.worth)
        else np.zeros(0, dtype=bool)
    )
    for at in np.flatnonzero(levels.has_before).tolist():
        reached[at] |= reached[at - 1]
    return np.concatenate([is_chosen[places].astype(float), reached.astype(float)])
