"""Rates per 10,000 households (万户比) that a small compound cannot distort.

Empirical Bayes: a rate is drawn towards the mean, the more the fewer households it rests on.
Mean and variance are had by moments after Marshall, R. J. (1991), doi:10.2307/2347593, over all
areas (``smoothed``) or over each area and its neighbours (``locally_smoothed``). With a mean m and
a variance A the answer is the posterior mean of the model of Clayton, D. and Kaldor, J. (1987),
doi:10.2307/2532003: rates of a gamma distribution, (cases + m² / A) / (households + m / A). Their
own iteration gives each area the same say in A, so that a few tiny compounds undo the smoothing;
it is not used.

esda calls the two ``Empirical_Bayes`` and ``Spatial_Empirical_Bayes``; unlike its global one a
negative variance is taken for 0, as Marshall has it: then every rate is the mean.

An area without households, or of which none are known, has no rate: it is NaN, takes no part in
the mean, and its cases are told apart. It is never taken for 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.cases.hotspots.cells import Neighbours
from geodata.errors import InvalidInput

Floats = NDArray[np.float64]

PER = 10_000


@dataclass(frozen=True)
class Rates:
    """Cases per ``PER`` households.

    ``raw`` as counted, ``smooth`` drawn towards ``mean`` (a figure, or one for each area if it is
    the mean of its neighbourhood). ``known`` says which areas have households; ``cases_without``
    are the cases of the others.
    """

    raw: Floats
    smooth: Floats
    mean: Floats
    known: NDArray[np.bool_]
    cases_without: int


def smoothed(cases: ArrayLike, households: ArrayLike) -> Rates:
    """Rates drawn towards the mean of all areas.

    Args:
        cases: How many in each area.
        households: How many in each area; NaN where unknown.

    Raises:
        InvalidInput: A negative figure, unknown cases, or not as many of one as of the other.
    """
    o, n, known = _checked(cases, households)
    smooth, mean = np.full(len(o), np.nan), np.nan
    if known.any():
        mean = o[known].sum() / n[known].sum()
        smooth[known] = _moments(o[known], n[known], mean)
    return _rates(o, n, known, smooth, np.full(len(o), mean))


def locally_smoothed(cases: ArrayLike, households: ArrayLike, neighbours: Neighbours) -> Rates:
    """Rates drawn towards the mean of the area and its neighbours, after Marshall.

    An area without neighbours that have households keeps its own rate.
    """
    o, n, known = _checked(cases, households)
    if len(neighbours) != len(o):
        raise InvalidInput(
            "Each cell has one value: %(values)s values were given for %(cells)s cells.",
            values=len(o),
            cells=len(neighbours),
        )
    near = neighbours.only(known)
    events, base = o[known], n[known]
    rate = events / base
    all_base = base + near.sums(base)
    m = (events + near.sums(events)) / all_base
    # Σ n (r − m)² over the neighbourhood, multiplied out so that m may stand before the sums.
    squares = base * rate**2
    squares = squares + near.sums(squares)
    left = np.maximum(squares / all_base - m**2, 0)
    variance = np.maximum(left - m / (all_base / (near.cardinalities + 1)), 0)
    smooth, mean = np.full(len(o), np.nan), np.full(len(o), np.nan)
    smooth[known], mean[known] = _drawn(rate, base, m, variance), m
    return _rates(o, n, known, smooth, mean)


def _moments(events: Floats, base: Floats, mean: float) -> Floats:
    rate = events / base
    variance = (base * (rate - mean) ** 2).sum() / base.sum() - mean / base.mean()
    return _drawn(rate, base, np.full(len(rate), mean), np.full(len(rate), max(variance, 0.0)))


def _drawn(rate: Floats, base: Floats, mean: Floats, variance: Floats) -> Floats:
    noise = variance + mean / base
    weight = np.divide(variance, noise, out=np.zeros(len(rate)), where=noise > 0)
    return mean + weight * (rate - mean)


def _checked(cases: ArrayLike, households: ArrayLike) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    o, n = np.asarray(cases, dtype=float), np.asarray(households, dtype=float)
    if o.shape != n.shape:
        raise InvalidInput(
            "Each cell has one value: %(values)s values were given for %(cells)s cells.",
            values=n.size,
            cells=o.size,
        )
    wrong = int((~(np.isfinite(o) & (o >= 0)) | (n < 0) | np.isinf(n)).sum())
    if wrong:
        raise InvalidInput(
            "Cases and households are 0 or more: %(count)s areas have other figures.", count=wrong
        )
    return o, n, n > 0


def _rates(o: Floats, n: Floats, known: NDArray[np.bool_], smooth: Floats, mean: Floats) -> Rates:
    raw = np.divide(o, n, out=np.full(len(o), np.nan), where=known)
    return Rates(raw * PER, smooth * PER, mean * PER, known, int(o[~known].sum()))
