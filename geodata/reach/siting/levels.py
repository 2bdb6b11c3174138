"""The integer programme of the best P places.

It has a variable for each place, and for each demand and each value that it can save one that says
whether it saves at least that much, which it does if a place saves it or if it saves more: the
radius formulation (Cornuéjols, Nemhauser and Wolsey 1980, doi:10.1137/0601019; García, Labbé and
Marín 2011, doi:10.1287/ijoc.1100.0418). For covering that is the programme of Church and ReVelle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geodata.reach.siting.savings import Booleans, Savings, merged
from geodata.reach.siting.solver import Programme


@dataclass(frozen=True, eq=False)
class Levels:
    """Each demand's savings from the largest down, equal ones together.

    A level is reached by the candidates of its own rows, or if the level before is.
    """

    worth: np.ndarray
    first: np.ndarray
    candidate: np.ndarray
    has_before: Booleans


def levels_of(savings: Savings) -> Levels:
    """The levels of what can be saved."""
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
        Levels(value - below, np.append(begins, len(demand)), candidate, same), owner
    )


def _one_of_equals(levels: Levels, owner: np.ndarray) -> Levels:
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
    return Levels(
        np.concatenate([levels.worth[~single], worth]),
        first,
        np.concatenate([levels.candidate[~rows], candidate]),
        np.concatenate([levels.has_before[~single], np.zeros(len(worth), dtype=bool)]),
    )


def programme_of(levels: Levels, places: np.ndarray, count: int, scale: float) -> Programme:
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


def values_of(levels: Levels, places: np.ndarray, chosen: Sequence[int]) -> np.ndarray:
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
