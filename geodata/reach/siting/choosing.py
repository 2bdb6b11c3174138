"""The best P places: a good choice, what can be proven of it, and the rest by the solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from geodata.reach.siting.bounding import Bounded, Enough, bounded, proven
from geodata.reach.siting.clock import Clock
from geodata.reach.siting.exchanging import exchanged, greedy
from geodata.reach.siting.proving import prove
from geodata.reach.siting.savings import Savings

STARTS: Final = 40
"""Exchanges begin so often anew, from choices drawn by lot; in that share of the time at most:"""
SHARE: Final = 0.2
FAR: Final = 0.005
"""Only where the bound is farther off than that, as a share, are lots drawn."""
SEED: Final = 20_260_719


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
    chosen = _good(savings, [greedy(savings, count), *begin], clock)
    clock.stage("bounding")
    found = bounded(savings, chosen, clock, enough)
    if enough(found) or clock.over():
        return found
    if found.bound - found.value > FAR * savings.told(found.value):
        found = _by_lot(savings, found, clock.part(SHARE * clock.left))
        if enough(found) or clock.over():
            return found
    clock.stage("proving")
    return prove(savings, found, clock, enough)


def _good(savings: Savings, starts: Sequence[Sequence[int]], clock: Clock) -> list[int]:
    """The best that exchanges make of some choices."""
    best = max(starts, key=savings.value)
    value = savings.value(best)
    for start in starts:
        if clock.over():
            break
        other = exchanged(savings, start, clock)
        if savings.value(other) > value * (1 + 1e-12):
            best, value = other, savings.value(other)
    return list(best)


def _by_lot(savings: Savings, found: Bounded, clock: Clock) -> Bounded:
    """The better of what is known and what exchanges make of choices drawn by lot."""
    better = _good(savings, [found.chosen, *_lots(savings, len(found.chosen))], clock)
    value = savings.value(better)
    if value <= found.value:
        return found
    return replace(
        found,
        chosen=better,
        value=value,
        slack=savings.slack(value),
        bound=max(found.bound, value),
    )


def _lots(savings: Savings, count: int) -> list[list[int]]:
    """Choices drawn by lot."""
    lots = np.random.default_rng(SEED)
    return [lots.permutation(savings.candidates)[:count].tolist() for _ in range(STARTS)]
