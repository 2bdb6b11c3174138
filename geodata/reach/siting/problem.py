"""What is asked, and what is answered: demands, candidates, ways between them, and a choice."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.errors import InvalidInput

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
Status = Literal["optimal", "gap"]
Tell = Callable[[str, float], bool]
"""Told the stage (a key) and the share done; a true answer stops the search at its best so far."""
Near = Callable[[float, float], None]
"""Told the objective of the best so far and how far from the best it can be at most, 0…1."""

SECONDS: Final = 30.0
"""How long a proof is looked for unless said otherwise."""


def silent(_stage: str, _share: float) -> bool:
    """Nobody listens, and nobody stops."""
    return False


def unheard(_objective: float, _gap: float) -> None:
    """Nobody wants to know how near the best is."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Who lives where, and what could be built where; made by ``Problem.of``.

    Attributes:
        weights: (n) how many live at each demand; 0: nobody, who needs no place.
        first: (n + 1) int64: demand ``j`` has the ways ``first[j]`` up to ``first[j + 1]``.
        candidate: (k) int32, where each way leads, ascending within a demand.
        metres: (k) how long it is. What is not listed is beyond reach.
        candidates: How many candidates there are.
        standing: (n) metres to the nearest place that stands already; inf: none is reached.
    """

    weights: Floats
    first: NDArray[np.int64]
    candidate: Integers
    metres: Floats
    candidates: int
    standing: Floats

    def __len__(self) -> int:
        """The number of demands."""
        return len(self.weights)

    @property
    def demand(self) -> Integers:
        """(k) the demand of each way."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first))

    @classmethod
    def of(
        cls,
        weights: ArrayLike,
        demand: ArrayLike,
        candidate: ArrayLike,
        metres: ArrayLike,
        *,
        candidates: int,
        standing: ArrayLike | None = None,
    ) -> Problem:
        """A problem of ways in any order; of several ways between the same two the shortest.

        Args:
            weights: (n) how many live at each demand.
            demand: (k) where each way begins.
            candidate: (k) where it leads.
            metres: (k) how long it is; inf: none.
            candidates: How many candidates there are.
            standing: (n) metres to the nearest place that stands; None: nothing stands.

        Raises:
            InvalidInput: Nobody, nowhere to go, or numbers that make no sense.
        """
        heavy = np.asarray(weights, dtype=float)
        stands = np.full(len(heavy), np.inf) if standing is None else _floats(standing)
        _refuse_nonsense(heavy, candidates, stands)
        one = np.asarray(demand, dtype=np.int64)
        other = np.asarray(candidate, dtype=np.int64)
        far = _floats(metres)
        if not len(one) == len(other) == len(far):
            raise InvalidInput("Ways need a demand, a candidate and metres each.")
        if np.isnan(far).any() or (far < 0).any():
            raise InvalidInput("Metres must be numbers from 0 on.")
        if len(one) and not (_inside(one, len(heavy)) and _inside(other, candidates)):
            raise InvalidInput("A way leads from or to a place that is not there.")
        reached = np.isfinite(far)
        one, other, far = one[reached], other[reached], far[reached]
        order = np.lexsort((far, other, one))
        one, other, far = one[order], other[order], far[order]
        kept = np.ones(len(one), dtype=bool)
        kept[1:] = (np.diff(one) != 0) | (np.diff(other) != 0)
        first = np.zeros(len(heavy) + 1, dtype=np.int64)
        np.cumsum(np.bincount(one[kept], minlength=len(heavy)), out=first[1:])
        return cls(heavy, first, other[kept].astype(np.int32), far[kept], candidates, stands)

    def only(self, candidates: ArrayLike) -> Problem:
        """The same with some candidates alone, numbered anew in the order given (ascending)."""
        kept = np.asarray(candidates, dtype=np.int64)
        number = np.full(self.candidates, -1, dtype=np.int64)
        number[kept] = np.arange(len(kept))
        rows = number[self.candidate] >= 0
        return Problem.of(
            self.weights,
            self.demand[rows],
            number[self.candidate[rows]],
            self.metres[rows],
            candidates=len(kept),
            standing=self.standing,
        )

    @classmethod
    def dense(
        cls, weights: ArrayLike, metres: ArrayLike, *, standing: ArrayLike | None = None
    ) -> Problem:
        """A problem of a table, demands by candidates; inf: beyond reach."""
        table = _floats(metres)
        rows, columns = np.indices(table.shape)
        return cls.of(
            weights,
            rows.ravel(),
            columns.ravel(),
            table.ravel(),
            candidates=table.shape[1],
            standing=standing,
        )


@dataclass(frozen=True, eq=False)
class Figures:
    """What a choice brings.

    Attributes:
        total: Everybody.
        before: Weight within reach of what stands.
        covered: Weight within reach with the choice.
        gains: Newly covered by each chosen place, each demand at its nearest; sums up to
            ``covered - before``.
        alone: What would be lost without each, as no other reaches it.
        walk_before: Weight times metres to the nearest place that stands, of those who reach one.
        walk: The same with the choice.
        walkers_before: Weight that reaches a place that stands, however far.
        walkers: The same with the choice.
        uncovered: int32, demands with people that are not within reach, the heaviest first.
        beyond: int32, demands with people that no way at all joins to a place, of those that
            stand or are chosen.
    """

    total: float
    before: float
    covered: float
    gains: tuple[float, ...]
    alone: tuple[float, ...]
    walk_before: float
    walk: float
    walkers_before: float
    walkers: float
    uncovered: Integers
    beyond: Integers


@dataclass(frozen=True, eq=False)
class Choice:
    """Which candidates were chosen, and what is proven of them.

    Attributes:
        chosen: Rows of candidates, that which brings most first.
        status: ``optimal``: proven that no choice is better; ``gap``: not proven.
        gap: How far from the best it can be at most, as a share, 0…1. Of what is newly covered at
            best; or of the walk, or the number of places, that the choice has.
        objective: What was to be made large (newly covered weight) or small (places; weight times
            metres, those whom nobody reaches counted with ``beyond_m``).
        bound: What no choice can better.
        figures: What it brings.
        unreachable: int32, demands with people whom neither a candidate nor what stands covers.
        limit_m: Metres within which a demand is covered; inf: only the walk counted.
    """

    chosen: tuple[int, ...]
    status: Status
    gap: float
    objective: float
    bound: float
    figures: Figures
    unreachable: Integers
    limit_m: float


def check_limit(limit_m: float) -> None:
    """Refuse metres that nobody can walk.

    Raises:
        InvalidInput: Not a number above 0.
    """
    if not (math.isfinite(limit_m) and limit_m > 0):
        raise InvalidInput(
            "Metres must be a number above 0; %(metres)s is none.", metres=str(limit_m)
        )


def check_count(count: Any, candidates: int) -> None:
    """Refuse numbers of places that make no sense.

    Raises:
        InvalidInput: Not a whole number above 0, or more than there are candidates.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise InvalidInput(
            "The number of places must be a whole number from 1 on; %(count)s is none.",
            count=str(count),
        )
    if count > candidates:
        raise InvalidInput(
            "%(count)s places were asked for, but there are only %(candidates)s candidates.",
            count=int(count),
            candidates=candidates,
        )


def check_seconds(seconds: float) -> None:
    """Refuse times that make no sense.

    Raises:
        InvalidInput: Not a number from 0 on.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise InvalidInput(
            "Seconds must be a number from 0 on; %(seconds)s is none.", seconds=str(seconds)
        )


def check_enough(enough: float) -> None:
    """Refuse gaps that make no sense.

    Raises:
        InvalidInput: Not a share from 0 up to, and without, 1.
    """
    if not (math.isfinite(enough) and 0 <= enough < 1):
        raise InvalidInput(
            "A gap that is good enough is a share from 0 to below 1, such as 0.01; %(gap)s is "
            "none.",
            gap=str(enough),
        )


def _refuse_nonsense(weights: Floats, candidates: int, standing: Floats) -> None:
    if candidates < 1:
        raise InvalidInput("There are no candidates: nothing can be chosen.")
    if weights.ndim != 1 or len(standing) != len(weights):
        raise InvalidInput("Each demand needs one weight and one way to what stands.")
    bad = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if len(bad):
        raise InvalidInput(
            "Weights must be numbers from 0 on; demand %(row)s has %(weight)s.",
            row=int(bad[0]) + 1,
            weight=str(float(weights[bad[0]])),
        )
    if not weights.sum() > 0:
        raise InvalidInput("Nobody lives at any of the demands: all weights are 0.")
    if np.isnan(standing).any() or (standing < 0).any():
        raise InvalidInput("Metres must be numbers from 0 on.")


def _inside(rows: NDArray[np.int64], count: int) -> bool:
    return bool(rows.min() >= 0 and rows.max() < count)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=float)
