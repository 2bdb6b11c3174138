"""Whether a hotspot is news: this period's Gi* beside the earlier ones.

The model is emerging hot spot analysis: Gi* of each cell in each period, and the trend of its z
values after Mann (1945, doi:10.2307/1907187) and Kendall.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]

NEW, GROWING, LASTING, FADING, RETURNING, GONE = (
    "new",
    "growing",
    "lasting",
    "fading",
    "returning",
    "gone",
)
_EXACT = 10
"""Periods up to which a trend without ties is judged by the exact distribution."""


def mann_kendall(series: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    """The trend of each column over the periods (rows): S, and its two-sided p.

    S is how many pairs of periods rise, less how many fall. Up to ten periods without ties p is
    exact, else from the normal curve with the correction for ties and for continuity. With fewer
    than four periods no p is below 0.1, so nothing is a trend.
    """
    z = np.asarray(series, dtype=float)
    periods, cells = z.shape
    s = np.zeros(cells, dtype=np.int64)
    tied = np.zeros(cells, dtype=np.int64)  # Σ t(t−1)(2t+5): (t−1)(2t+5) from each of t equals
    for late in range(1, periods):
        s += np.sign(z[late] - z[:late]).sum(axis=0).astype(np.int64)
    for one in range(periods):
        same = (z == z[one]).sum(axis=0)
        tied += (same - 1) * (2 * same + 5)
    variance = (periods * (periods - 1) * (2 * periods + 5) - tied) / 18
    spread = np.sqrt(np.maximum(variance, 0))
    score = np.divide(np.abs(s) - 1, spread, out=np.zeros(cells), where=spread > 0)
    p = np.where(s == 0, 1.0, np.minimum(1.0, 2 * stats.norm.sf(np.maximum(score, 0))))
    if 1 < periods <= _EXACT:
        tail = _tails(periods)
        p = np.where(tied == 0, np.minimum(1.0, 2 * tail[np.abs(s)]), p)
    return s, p


@cache
def _tails(periods: int) -> Floats:
    """The share of all orders of so many periods with S at or above 0, 1, 2 and so on."""
    ways = np.ones(1)
    for length in range(2, periods + 1):
        ways = np.convolve(ways, np.ones(length))
    pairs = periods * (periods - 1) // 2
    share = ways / ways.sum()
    return np.array([share[2 * np.arange(pairs + 1) - pairs >= s].sum() for s in range(pairs + 1)])


def compared(z: ArrayLike, classes: ArrayLike, *, limit: float = 0.1) -> NDArray[np.object_]:
    """What became of each cell in the last period.

    Args:
        z: Gi* of each period, shape (periods, cells), earliest first.
        classes: Of the same; hot is above 0.
        limit: A trend counts up to this p of Mann and Kendall, two-sided.

    Returns:
        A key for each cell, or None for one that is not hot and was not lately. The first rule
        that holds gives the key:

        1. hot now, and in no earlier period: ``new``;
        2. hot now and before, z with a rising trend over all periods: ``growing``;
        3. hot now and before, z with a falling trend: ``fading``;
        4. hot now and in the period before, or in at least half of the earlier: ``lasting``;
        5. hot now, and before but not lately: ``returning``;
        6. not hot now, but in the period before, or in at least half of the earlier: ``gone``.

        A single period makes every hot cell ``new``; below four there is no trend to be told, so
        neither ``growing`` nor ``fading``.
    """
    hot = np.asarray(classes) > 0
    periods, cells = hot.shape
    answer = np.full(cells, None, dtype=object)
    if not periods:
        return answer
    now, earlier = hot[-1], hot[:-1]
    ever = earlier.any(axis=0)
    lately = ever & (2 * earlier.sum(axis=0) >= max(periods - 1, 1))
    if periods > 1:
        lately |= earlier[-1]
    s, p = mann_kendall(z)
    trend = np.where(p <= limit, np.sign(s), 0)
    rules = [
        (now & ~ever, NEW),
        (now & (trend > 0), GROWING),
        (now & (trend < 0), FADING),
        (now & lately, LASTING),
        (now, RETURNING),
        (~now & lately, GONE),
    ]
    for holds, key in reversed(rules):
        answer[holds] = key
    return answer
