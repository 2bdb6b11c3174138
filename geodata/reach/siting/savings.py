"""What each demand saves by each candidate: the one form that all models of P places take.

A choice of places saves for each demand the most that one of them saves. Covering is the case in
which all candidates save the same, the weight itself (Church and ReVelle 1976,
doi:10.1111/j.1538-4632.1976.tb00547.x); the shortest walk is that in which a nearer one saves more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geodata.reach.siting.problem import Floats, Integers, Problem

Booleans = NDArray[np.bool_]
MOST_PAIRS: Final = 2e8
"""More pairs of sets with something in common are not compared."""
PROVEN: Final = 1e-6
"""A bound this near, as a share of what people are told, proves."""


@dataclass(frozen=True, eq=False)
class Savings:
    """Who saves how much by what; nothing is saved where nothing is listed.

    Attributes:
        first: (g + 1) int64: demand ``g`` has the rows ``first[g]`` up to ``first[g + 1]``.
        candidate: (k) int32.
        saved: (k) above 0.
        candidates: How many there are.
        whole: What there is to be saved from, for the walk; inf: what is saved counts by itself.
    """

    first: NDArray[np.int64]
    candidate: Integers
    saved: Floats
    candidates: int
    whole: float = np.inf

    def __len__(self) -> int:
        """The number of demands that can save anything."""
        return len(self.first) - 1

    @cached_property
    def demand(self) -> Integers:
        """(k) the demand of each row."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first))

    @cached_property
    def is_whole(self) -> bool:
        """Whether all savings are whole numbers, so that no value lies between two of them."""
        return bool((self.saved == np.round(self.saved)).all() and self.saved.sum() < 2**52)

    def slack(self, value: float) -> float:
        """How near a bound proves that there is no better value: solvers reckon no finer."""
        if self.is_whole:
            return 1e-6
        return PROVEN * self.told(value)

    def told(self, value: float) -> float:
        """What people are told of a value: what is saved, or the walk that is left."""
        return value if np.isinf(self.whole) else max(self.whole - value, 0.0)

    def gap(self, value: float, bound: float) -> float:
        """How far from the best a value can be, as a share of what people are told; 0…1."""
        of = bound if np.isinf(self.whole) else self.told(value)
        return min(max((bound - value) / of, 0.0), 1.0) if of > 0 else 0.0

    @cached_property
    def of_candidate(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each candidate where its rows begin, and the rows by candidate."""
        order = np.argsort(self.candidate, kind="stable")
        first = np.zeros(self.candidates + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.candidate, minlength=self.candidates), out=first[1:])
        return first, order

    def rows_of(self, candidate: int) -> NDArray[np.int64]:
        """The rows of one candidate."""
        first, order = self.of_candidate
        return order[first[candidate] : first[candidate + 1]]

    def best(self, chosen: Sequence[int]) -> Floats:
        """(g) what each demand saves by a choice."""
        found = np.zeros(len(self))
        for one in chosen:
            rows = self.rows_of(one)
            demand = self.demand[rows]
            found[demand] = np.maximum(found[demand], self.saved[rows])
        return found

    def value(self, chosen: Sequence[int]) -> float:
        """What a choice saves altogether."""
        return float(self.best(chosen).sum())

    def sure(self, left_out: int) -> Floats:
        """(g) what each demand saves at least if so many candidates are not chosen."""
        found = np.zeros(len(self))
        many = np.flatnonzero(np.diff(self.first) > left_out)
        if len(many):
            order = np.lexsort((-self.saved, self.demand))
            found[many] = self.saved[order][self.first[many] + left_out]
        return found

    def reduced(self, kept: Booleans, base: Floats) -> Savings:
        """What can be saved by some candidates on top of what is saved already."""
        more = self.saved - base[self.demand]
        rows = kept[self.candidate] & (more > 0)
        return _packed(self.demand[rows], self.candidate[rows], more[rows], self.candidates)


def covering_savings(problem: Problem, limit_m: float) -> Savings:
    """Weight that each candidate would cover; demands covered by the same ones are made one."""
    open_ = (problem.weights > 0) & (problem.standing > limit_m)
    rows = open_[problem.demand] & (problem.metres <= limit_m)
    demand, candidate = problem.demand[rows], problem.candidate[rows]
    member, group_demand, group_candidate = merged(demand, candidate, len(problem))
    known = member >= 0
    weight: Floats = np.bincount(member[known], weights=problem.weights[known]).astype(float)
    return _packed(group_demand, group_candidate, weight[group_demand], problem.candidates)


def walk_savings(problem: Problem, beyond_m: float, count: int = 0) -> Savings:
    """Weight times metres that each candidate would save against what stands.

    Args:
        problem: Who lives where.
        beyond_m: What somebody walks whom nothing reaches.
        count: How many places will be chosen: what any so many of them save is not told.
    """
    base = walked_at_most(problem, beyond_m, count)
    saved = (base[problem.demand] - problem.metres) * problem.weights[problem.demand]
    rows = saved > 0
    found = _packed(problem.demand[rows], problem.candidate[rows], saved[rows], problem.candidates)
    joined = np.isfinite(problem.standing) | (np.diff(problem.first) > 0)
    return replace(found, whole=float((problem.weights * base)[joined].sum()))


def walked_at_most(problem: Problem, beyond_m: float, count: int) -> Floats:
    """(n) what each demand walks with the worst choice of so many places.

    Of a demand with ways to all candidates but few, some lead to a place of any choice.
    """
    found = np.minimum(problem.standing, beyond_m)
    rank = problem.candidates - count
    sizes = np.diff(problem.first)
    sure = np.flatnonzero(sizes > rank)
    if len(sure):
        order = np.lexsort((problem.metres, problem.demand))
        worst = problem.metres[order][problem.first[sure] + rank]
        found[sure] = np.minimum(found[sure], worst)
    return np.asarray(found)


def merged(
    demand: Integers, candidate: Integers, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], Integers]:
    """Demands with equal candidates made one.

    Args:
        demand: (k) ascending.
        candidate: (k) ascending within a demand.
        count: How many demands there are.

    Returns:
        The group of each demand, -1 for those without candidates, and the rows of the groups.
    """
    member = np.full(count, -1, dtype=np.int64)
    groups: dict[bytes, int] = {}
    ends = np.searchsorted(demand, np.arange(count + 1)).tolist()
    sets = np.ascontiguousarray(candidate, dtype=np.int32)
    for one in np.unique(demand).tolist():
        key = sets[ends[one] : ends[one + 1]].tobytes()
        member[one] = groups.setdefault(key, len(groups))
    lists = [np.frombuffer(key, dtype=np.int32) for key in groups]
    owner = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    return member, owner, np.concatenate([*lists, np.zeros(0, np.int32)])


def undominated(savings: Savings) -> Booleans:
    """(candidates) those that no other one betters: who cover nothing that another does not too.

    Only for covering, where all candidates of a demand save the same. Of equal ones the first is
    kept. Where comparing would take longer than it spares, all are kept that cover anybody.
    """
    size = np.bincount(savings.candidate, minlength=savings.candidates)
    if float((np.diff(savings.first).astype(float) ** 2).sum()) > MOST_PAIRS:
        return size > 0

    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to load

    shape = (savings.candidates, len(savings))
    ones = np.ones(len(savings.candidate), dtype=np.float32)
    covers = csr_array((ones, (savings.candidate, savings.demand)), shape=shape)
    common = (covers @ covers.T).tocoo()
    one, other = common.coords
    inside = (common.data == size[one]) & (one != other)
    inside &= (size[one] < size[other]) | (one > other)
    kept = size > 0
    kept[one[inside]] = False
    return np.asarray(kept, dtype=bool)


def _packed(
    demand: NDArray[np.int64] | Integers, candidate: Integers, saved: Floats, candidates: int
) -> Savings:
    """Savings of demands numbered anew, those without any left out; rows ascending by demand."""
    _, fresh = np.unique(demand, return_inverse=True)
    count = int(fresh[-1]) + 1 if len(fresh) else 0
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(fresh, minlength=count), out=first[1:])
    return Savings(first, candidate, saved, candidates)
