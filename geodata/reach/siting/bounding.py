"""What no choice can better: Lagrange's bound, made small by subgradients.

Each demand may count one place only; that rule is taken away and paid for with a price for each
demand. Beasley 1993, Lagrangean heuristics for location problems,
doi:10.1016/0377-2217(93)90118-7; Galvão and ReVelle 1996 for covering,
doi:10.1016/0377-2217(94)00159-6. The same prices tell which candidates are in no better choice, and
which are in every one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geodata.reach.siting.clock import Clock
from geodata.reach.siting.exchanging import exchanged
from geodata.reach.siting.problem import Floats
from geodata.reach.siting.savings import PROVEN, Booleans, Savings

STEPS: Final = 600
"""Prices are changed so often at most."""
PATIENCE: Final = 15
"""So many changes without a better bound, then steps are halved."""
SMALLEST: Final = 0.005
"""Steps so small change nothing any more."""


@dataclass(frozen=True, eq=False)
class Bounded:
    """The best choice that was met, and what is proven.

    Attributes:
        chosen: Rows of candidates.
        value: What it saves.
        slack: How near the bound must be to prove.
        bound: What no choice can better.
        out: (candidates) in no choice better than this one.
        into: (candidates) in every choice better than this one.
    """

    chosen: list[int]
    value: float
    slack: float
    bound: float
    out: Booleans
    into: Booleans

    @property
    def is_proven(self) -> bool:
        """Whether no choice is better."""
        return self.bound - self.value <= self.slack


Enough = Callable[[Bounded], bool]


def within(savings: Savings, gap: float) -> Enough:
    """Proven, or at most so far from the best."""
    return lambda found: found.is_proven or savings.gap(found.value, found.bound) <= gap


def proven(found: Bounded) -> bool:
    """Nothing less than a proof is enough."""
    return found.is_proven


def rounded(bounds: Floats, savings: Savings) -> Floats:
    """Bounds of whole numbers are whole numbers."""
    if not savings.is_whole:
        return bounds
    return np.floor(bounds + PROVEN * np.minimum(np.maximum(np.abs(bounds), 1.0), 1e5))


def ruled(
    savings: Savings, worth: Floats, count: int, bound: float, enough: float
) -> tuple[Booleans, Booleans]:
    """Candidates with which, or without which, no choice is above what is enough.

    Args:
        savings: Who saves how much by what.
        worth: Of each candidate by the prices; the best of them make the bound.
        count: How many places.
        bound: What no choice can better by these prices.
        enough: What is known.
    """
    order = np.argsort(-worth, kind="stable")
    in_top = np.zeros(len(worth), dtype=bool)
    in_top[order[:count]] = True
    last = worth[order[count - 1]]
    following = worth[order[count]] if count < len(worth) else -np.inf
    out = ~in_top & (rounded(bound - last + worth, savings) <= enough)
    into = in_top & (rounded(bound - worth + following, savings) <= enough)
    return out, into


def bounded(savings: Savings, chosen: list[int], clock: Clock, enough: Enough = proven) -> Bounded:
    """A bound for choices of as many places as this one has, and often a better choice.

    Args:
        savings: Who saves how much by what.
        chosen: A good choice.
        clock: When to end.
        enough: Whether what is known is good enough.
    """
    search = _Search(savings, chosen)
    for _ in range(STEPS):
        goes_on = search.step(clock)
        known = search.found()
        clock.know(savings.told(known.value), savings.gap(known.value, known.bound))
        if not goes_on or clock.over() or enough(known):
            break
    return search.found()


class _Search:
    """Prices, and the best that was found with them."""

    def __init__(self, savings: Savings, chosen: list[int]) -> None:
        self.savings = savings
        self.count = len(chosen)
        self.chosen = chosen
        self.value = savings.value(chosen)
        self.slack = savings.slack(self.value)
        self.price = savings.best(chosen)
        self.bound = _simple_bound(savings)
        self.best_price = self.price
        self.size = 1.0
        self.waited = 0
        self.tried: set[tuple[int, ...]] = {tuple(sorted(chosen))}
        self.out = np.zeros(savings.candidates, dtype=bool)
        self.into = np.zeros(savings.candidates, dtype=bool)

    def step(self, clock: Clock) -> bool:
        """Change the prices once; whether to go on."""
        worth, top, bound = self._bound()
        if bound < self.bound - PROVEN * abs(self.bound):
            self.bound, self.best_price, self.waited = bound, self.price, 0
            self._try(top, clock)
        else:
            self.bound = min(bound, self.bound)
            self.waited += 1
        self._fix(worth, bound)
        if self._whole(self.bound) - self.value <= self.slack or self.size < SMALLEST:
            return False
        if self.waited >= PATIENCE:
            self.size, self.waited, self.price = self.size / 2, 0, self.best_price
            worth, top, bound = self._bound()
        slope = 1.0 - self._taken(top)
        slope[(self.price <= 0) & (slope > 0)] = 0.0
        length = float(slope @ slope)
        if not length:
            return False
        step = self.size * max(bound - self.value, self.slack) / length
        self.price = np.maximum(self.price - step * slope, 0.0)
        return True

    def found(self) -> Bounded:
        """What was found."""
        bound = max(self._whole(self.bound), self.value)
        return Bounded(self.chosen, self.value, self.slack, bound, self.out, self.into)

    def _bound(self) -> tuple[Floats, NDArray[np.int64], float]:
        savings = self.savings
        over = np.maximum(savings.saved - self.price[savings.demand], 0.0)
        worth: Floats = np.bincount(
            savings.candidate, weights=over, minlength=savings.candidates
        ).astype(float)
        top = np.argsort(-worth, kind="stable")[: self.count]
        return worth, top, float(self.price.sum() + worth[top].sum())

    def _taken(self, top: NDArray[np.int64]) -> Floats:
        """(g) how many of the places taken each demand would count."""
        savings, taken = self.savings, np.zeros(len(self.savings))
        for one in top.tolist():
            rows = savings.rows_of(one)
            demand = savings.demand[rows]
            taken[demand] += savings.saved[rows] > self.price[demand]
        return taken

    def _try(self, top: NDArray[np.int64], clock: Clock) -> None:
        key = tuple(sorted(top.tolist()))
        if key in self.tried:
            return
        self.tried.add(key)
        value = self.savings.value(key)
        if value < self.value * 0.97:
            return
        better = exchanged(self.savings, key, clock)
        value = self.savings.value(better)
        if value > self.value * (1 + 1e-12):
            self.chosen, self.value = better, value
            self.slack = self.savings.slack(value)

    def _fix(self, worth: Floats, bound: float) -> None:
        """Rule out what cannot be in a better choice, and keep what must be."""
        enough = self.value + self.slack / 2
        out, into = ruled(self.savings, worth, self.count, bound, enough)
        self.out |= out
        self.into |= into

    def _whole(self, bound: float) -> float:
        return float(rounded(np.array([bound]), self.savings)[0])


def _simple_bound(savings: Savings) -> float:
    """Everybody saves the most that any candidate saves."""
    if not len(savings):
        return 0.0
    return float(np.maximum.reduceat(savings.saved, savings.first[:-1]).sum())
