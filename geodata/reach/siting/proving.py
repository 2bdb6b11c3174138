"""What prices do not prove: the linear programme rules out more, the integer one decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geodata.reach.siting.bounding import Bounded, Enough, rounded, ruled
from geodata.reach.siting.clock import Clock
from geodata.reach.siting.exchanging import exchanged
from geodata.reach.siting.levels import Levels, levels_of, programme_of, values_of
from geodata.reach.siting.problem import Floats
from geodata.reach.siting.savings import Booleans, Savings
from geodata.reach.siting.solver import Programme, relax, solve

LARGEST: Final = 600_000
"""Programmes with more entries are not tried."""
ROUNDS: Final = 4
"""The linear programme is solved so often at most, each time with what the last one left over."""
WORTH_IT: Final = 0.85
"""It is solved again if no more than that share of the candidates is left."""


@dataclass(frozen=True, eq=False)
class _Left:
    """What is left to be decided: candidates neither ruled out nor taken.

    Attributes:
        fixed: Candidates of the known choice that every better one has.
        places: Rows of the candidates that are left.
        count: How many of them are to be chosen.
        base: What is saved by the fixed ones, and on top of them by any choice of the others.
        levels: What the others save on top.
        programme: The same as an integer programme.
        scale: Objectives are divided by it.
    """

    fixed: list[int]
    places: np.ndarray
    count: int
    base: float
    levels: Levels
    programme: Programme
    scale: float


def prove(savings: Savings, known: Bounded, clock: Clock, enough: Enough) -> Bounded:
    """A better choice, or a better bound, or the proof that there is none.

    Args:
        savings: Who saves how much by what.
        known: A good choice, its bound, and what is ruled out.
        clock: When to end.
        enough: Whether what is known is good enough.
    """
    left = _left(savings, known)
    for _ in range(ROUNDS):
        if left is None:
            return known
        if len(left.places) == left.count:  # only the known choice is left
            return replace(known, bound=known.value)
        if left.levels.has_before.any():  # for walks, prices have ruled out what can be
            break
        before = len(left.places)
        known = _priced(savings, known, left, clock)
        if enough(known) or clock.over():
            return known
        left = _left(savings, known)
        if left is None or len(left.places) > WORTH_IT * before:
            break
    return known if left is None else _decided(savings, known, left, clock, enough)


def _left(savings: Savings, known: Bounded) -> _Left | None:
    """What is left; None if it is too much."""
    kept = ~known.out
    kept[known.chosen] = True
    fixed = [one for one in known.chosen if known.into[one]]
    have = savings.best(fixed)
    kept[fixed] = False
    places, count = np.flatnonzero(kept), len(known.chosen) - len(fixed)
    rest = savings.reduced(kept, have)
    sure = rest.sure(len(places) - count)
    levels = levels_of(rest.reduced(kept, sure))
    if len(levels.candidate) + 2 * len(levels.worth) + len(places) > LARGEST:
        return None
    base = float(have.sum() + sure.sum())
    scale = max(known.value - base, 1.0)
    programme = programme_of(levels, places, count, scale)
    return _Left(fixed, places, count, base, levels, programme, scale)


def _priced(savings: Savings, known: Bounded, left: _Left, clock: Clock) -> Bounded:
    """The bound by the prices of the linear programme, and what they rule out.

    Prices from anywhere give a bound; it is reckoned here anew and does not rest on the solver.
    """
    relaxed = relax(left.programme, clock)
    if relaxed is None or not left.count:
        return known
    known = _improved(savings, known, _rounded_up(left, relaxed.values, known), clock)
    worth, bound = _bound(left, relaxed.prices[: len(left.levels.worth)] * left.scale)
    enough = known.value + known.slack / 2
    out, into = ruled(savings, worth, left.count, left.base + bound, enough)
    told = float(rounded(np.array([left.base + bound]), savings)[0])
    return replace(
        known,
        bound=max(min(known.bound, told), known.value),
        out=known.out | _spread(left, out, known.out),
        into=known.into | _spread(left, into, known.into),
    )


def _bound(left: _Left, prices: Floats) -> tuple[Floats, float]:
    """What each candidate is worth by these prices, and what no choice can better."""
    levels = left.levels
    own = levels.worth - prices
    later = np.flatnonzero(levels.has_before)
    own[later - 1] += prices[later]
    column_of = np.zeros(int(left.places.max(initial=-1)) + 1, dtype=np.int64)
    column_of[left.places] = np.arange(len(left.places))
    worth = np.bincount(
        column_of[levels.candidate],
        weights=np.repeat(prices, np.diff(levels.first)),
        minlength=len(left.places),
    ).astype(float)
    top = np.sort(worth)[::-1][: left.count]
    return worth, float(np.maximum(own, 0.0).sum() + top.sum())


def _decided(
    savings: Savings, known: Bounded, left: _Left, clock: Clock, enough: Enough
) -> Bounded:
    """What the integer programme finds."""
    near = 0.99 if savings.is_whole else known.slack / 2
    begin = values_of(left.levels, left.places, known.chosen)

    def bound_of(dual: float) -> Bounded:
        told = rounded(np.array([left.base - dual * left.scale]), savings)
        return replace(known, bound=max(min(known.bound, float(told[0])), known.value))

    def tell(dual: float) -> bool:
        if not np.isfinite(dual):
            return False
        so_far = bound_of(dual)
        clock.know(savings.told(so_far.value), savings.gap(so_far.value, so_far.bound))
        return enough(so_far)

    solved = solve(
        left.programme,
        clock,
        known=begin,
        enough=near / left.scale,
        reduced=bool(left.levels.has_before.any()),
        told=tell,
    )
    if solved.values is not None:
        known = _improved(savings, known, _rounded_up(left, solved.values, known), None)
    if not np.isfinite(solved.bound):
        return known
    return bound_of(solved.bound)


def _rounded_up(left: _Left, values: Floats, known: Bounded) -> list[int]:
    """The choice of those that an answer has most of."""
    order = np.argsort(-values[: len(left.places)], kind="stable")
    count = len(known.chosen) - len(left.fixed)
    return left.fixed + sorted(left.places[order[:count]].tolist())


def _improved(savings: Savings, known: Bounded, other: list[int], clock: Clock | None) -> Bounded:
    """The better of two choices, after exchanges if there is time."""
    if clock is not None:
        other = exchanged(savings, other, clock)
    value = savings.value(other)
    if value <= known.value * (1 + 1e-12):
        return known
    return replace(
        known,
        chosen=other,
        value=value,
        slack=savings.slack(value),
        bound=max(known.bound, value),
    )


def _spread(left: _Left, some: Booleans, like: Booleans) -> Booleans:
    whole = np.zeros_like(like)
    whole[left.places] = some
    return whole
