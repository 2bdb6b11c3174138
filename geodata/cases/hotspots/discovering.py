"""False discoveries: of ten thousand cells tested at 5 %, five hundred stand out by chance alone.

Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x, holds if tests are
independent or depend positively, as those of overlapping neighbourhoods do; Benjamini and
Yekutieli (2001), doi:10.1214/aos/1013699998, holds always and is stricter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEVELS = (0.10, 0.05, 0.01)
"""Shares of false discoveries: of class 1, 2 and 3, which a map shows as 90, 95 and 99 %."""


def adjusted(p: ArrayLike, *, dependent: bool = False) -> Floats:
    """The least share of false discoveries at which each test would still be one.

    Args:
        p: p values, one a test.
        dependent: Benjamini–Yekutieli instead of Benjamini–Hochberg.
    """
    given = np.asarray(p, dtype=float)
    n = len(given)
    if not n:
        return given.copy()
    order = np.argsort(given, kind="stable")
    factor = float((1 / np.arange(1, n + 1)).sum()) if dependent else 1.0
    scaled = given[order] * n * factor / np.arange(1, n + 1)
    answer = np.empty(n)
    answer[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return answer


def class_of(
    p: ArrayLike, sign: ArrayLike, *, dependent: bool = False
) -> tuple[Floats, NDArray[np.int8]]:
    """Adjusted p, and 3, 2, 1, 0 with the sign of the departure: hot above 0, cold below."""
    corrected = adjusted(p, dependent=dependent)
    # A hair more than the limit is a rounding of n * p / n.
    degree = sum((corrected <= level * (1 + 1e-12)).astype(np.int8) for level in LEVELS)
    return corrected, (degree * np.sign(np.asarray(sign))).astype(np.int8)
