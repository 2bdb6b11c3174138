"""Places that stand out alone, with usual places around them: Gi* looks at surroundings only.

Conditional permutations keep a place's own value, so a single compound with twenty times its share
is no hotspot to them. Here each place is held against all others: its cases are expected to follow
its base with the spread that the other places show (a gamma–Poisson model, mean and variance by
moments after Marshall, R. J. (1991), doi:10.2307/2347593, of all places but itself), and false
discoveries are controlled among all places. p is doubled as that of Gi* is, which looks to both
sides: so what the two together tell to be hot keeps within the limit of one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from geodata.cases.hotspots.discovering import class_of

Floats = NDArray[np.float64]

FEWEST = 5
"""Cases that a place must have; fewer are no trouble, however few are expected."""
FEWEST_PLACES = 5


@dataclass(frozen=True)
class Outliers:
    """Of each place: cases expected, how many standard deviations it lies above, p, class.

    ``p`` is twice that of as many cases or more, at most 1; ``corrected`` is controlled for the
    number of places.
    ``classes`` are 1, 2, 3 as those of Gi*, 0 for all that do not stand out above.
    """

    expected: Floats
    z: Floats
    p: Floats
    corrected: Floats
    classes: NDArray[np.int8]


def outliers(cases: ArrayLike, base: ArrayLike | None = None) -> Outliers:
    """Which places stand out above the others.

    Args:
        cases: How many in each place.
        base: Households of each; NaN and 0 take no part. Without it all places count alike.
    """
    o = np.asarray(cases, dtype=float)
    n = np.ones(len(o)) if base is None else np.asarray(base, dtype=float)
    known = n > 0
    zeros, ones = np.zeros(len(o)), np.ones(len(o))
    none = np.zeros(len(o), dtype=np.int8)
    if known.sum() < FEWEST_PLACES or not o[known].sum():
        return Outliers(zeros, zeros, ones, ones, none)
    mean, spread = _others(o[known], n[known])
    expected = mean * n[known]
    variance = expected + spread * n[known] ** 2
    poisson = spread <= 1e-12 * mean**2
    shape = np.divide(mean**2, spread, out=np.ones(len(mean)), where=~poisson)
    p = np.where(
        poisson,
        stats.poisson.sf(o[known] - 1, expected),
        stats.nbinom.sf(o[known] - 1, shape, shape / (shape + np.maximum(expected, 1e-300))),
    )
    p = np.where(o[known] > expected, np.minimum(2 * p, 1.0), 1.0)
    corrected, classes = class_of(p, ones[known])
    classes[o[known] < FEWEST] = 0
    answer = Outliers(zeros, zeros.copy(), ones, ones.copy(), none)
    answer.expected[known] = expected
    answer.z[known] = (o[known] - expected) / np.sqrt(np.maximum(variance, 1e-300))
    answer.p[known], answer.corrected[known] = p, corrected
    answer.classes[known] = classes
    return answer


def _others(o: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the rates of all places but each one, by moments."""
    cases, base = o.sum() - o, n.sum() - n
    mean = cases / base
    squares = (o**2 / n).sum() - o**2 / n - mean**2 * base
    spread = squares / base - mean / (base / (len(o) - 1))
    return mean, np.maximum(spread, 0.0)
