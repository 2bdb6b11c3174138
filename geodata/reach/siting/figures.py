"""What a choice brings: who is covered, what each place adds, how far all walk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodata.reach.siting.problem import Figures, Floats, Problem


def figures(problem: Problem, chosen: Sequence[int], limit_m: float) -> Figures:
    """What a choice brings.

    Args:
        problem: Who lives where.
        chosen: Rows of candidates.
        limit_m: Metres within which a demand is covered, ends included; inf: as far as ways go.
    """
    weights, standing = problem.weights, problem.standing
    place_of = np.full(problem.candidates, len(chosen), dtype=np.int64)
    place_of[list(chosen)] = np.arange(len(chosen))
    place = place_of[problem.candidate]
    picked = place < len(chosen)
    demand, place, metres = problem.demand[picked], place[picked], problem.metres[picked]
    by = _nearest(len(problem), demand, place, metres)
    nearest = np.minimum(standing, by[0])
    near = np.isfinite(standing) & (standing <= limit_m)
    now = near | (np.isfinite(by[0]) & (by[0] <= limit_m))
    new = now & ~near
    gains = np.bincount(by[1][new], weights=weights[new], minlength=len(chosen))
    within = (metres <= limit_m) & new[demand]
    reached_by = np.bincount(demand[within], minlength=len(problem))
    only = within & (reached_by[demand] == 1)
    alone = np.bincount(place[only], weights=weights[demand[only]], minlength=len(chosen))
    people = weights > 0
    uncovered = np.flatnonzero(people & ~now).astype(np.int32)
    return Figures(
        total=float(weights.sum()),
        before=float(weights[near].sum()),
        covered=float(weights[now].sum()),
        gains=tuple(gains.tolist()),
        alone=tuple(alone.tolist()),
        walk_before=_walk(weights, standing),
        walk=_walk(weights, nearest),
        walkers_before=float(weights[np.isfinite(standing)].sum()),
        walkers=float(weights[np.isfinite(nearest)].sum()),
        uncovered=uncovered[np.argsort(-weights[uncovered], kind="stable")],
        beyond=np.flatnonzero(people & ~np.isfinite(nearest)).astype(np.int32),
    )


def _nearest(
    count: int, demand: np.ndarray, place: np.ndarray, metres: Floats
) -> tuple[Floats, np.ndarray]:
    """The nearest chosen place of each demand; of equally near ones the first chosen."""
    far = np.full(count, np.inf)
    which = np.full(count, -1, dtype=np.int64)
    order = np.lexsort((place, metres, demand))
    demand, place, metres = demand[order], place[order], metres[order]
    begins = np.ones(len(demand), dtype=bool)
    begins[1:] = np.diff(demand) != 0
    far[demand[begins]] = metres[begins]
    which[demand[begins]] = place[begins]
    return far, which


def _walk(weights: Floats, metres: Floats) -> float:
    known = np.isfinite(metres)
    return float((weights[known] * metres[known]).sum())
