"""New, growing, lasting, fading, returning, gone: the rule holds, and no trend is made up."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from geodata.cases.hotspots.periods import compared, mann_kendall


def key(z, hot):
    (found,) = compared(np.array(z, dtype=float)[:, None], np.array(hot)[:, None])
    return found


@pytest.mark.parametrize(
    ("z", "hot", "expected"),
    [
        ([0, 1, 0, 1, 0, 4], [0, 0, 0, 0, 0, 3], "new"),
        ([1, 2, 3, 4, 5, 6], [0, 0, 2, 3, 3, 3], "growing"),
        ([9, 8, 7, 6, 5, 4], [3, 3, 3, 3, 3, 2], "fading"),
        ([5, 6, 5, 4, 6, 5], [3, 3, 3, 3, 3, 3], "lasting"),
        ([0, 5, 1, 0, 1, 5], [0, 3, 0, 0, 0, 3], "returning"),
        ([5, 6, 5, 4, 6, 0], [3, 3, 3, 3, 3, 0], "gone"),
        ([0, 0, 0, 0, 6, 0], [0, 0, 0, 0, 3, 0], "gone"),
        ([0, 6, 0, 1, 0, 1], [0, 3, 0, 0, 0, 0], None),
        ([0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, -3], None),
        ([5], [3], "new"),
        ([1], [0], None),
        ([3, 4], [3, 3], "lasting"),
        ([3, 4, 5], [3, 3, 3], "lasting"),
        ([2, 3, 4, 5], [3, 3, 3, 3], "growing"),
    ],
)
def test_what_became_of_a_cell(z, hot, expected):
    assert key(z, hot) == expected


def test_no_periods_and_no_cells_are_no_error():
    assert compared(np.empty((0, 2)), np.empty((0, 2))).tolist() == [None, None]
    assert compared(np.empty((3, 0)), np.empty((3, 0))).tolist() == []


@pytest.mark.parametrize("periods", [2, 4, 5, 6])
def test_the_p_of_a_trend_is_its_share_of_all_orders(periods):
    orders = np.array(list(permutations(range(periods)))).T
    s, p = mann_kendall(orders)

    for one, told in {(abs(a), b) for a, b in zip(s.tolist(), p.tolist(), strict=True)}:
        share = 1.0 if one == 0 else (np.abs(s) >= one).mean()
        assert told == pytest.approx(share)


def test_long_series_agree_with_kendalls_tau():
    series = np.random.default_rng(3).normal(size=(40, 30)) + np.linspace(0, 1, 40)[:, None]
    s, p = mann_kendall(series)

    for column in range(30):
        tau = stats.kendalltau(np.arange(40), series[:, column], method="asymptotic")
        assert s[column] == round(tau.statistic * 40 * 39 / 2)
        assert p[column] == pytest.approx(tau.pvalue, abs=0.02)  # ours corrects for continuity


def test_ties_make_a_trend_less_sure_and_a_level_series_has_none():
    s, p = mann_kendall(np.array([[1, 2, 2, 2, 3], [7, 7, 7, 7, 7]]).T)

    assert s.tolist() == [7, 0]
    # variance (5·4·15 − 3·2·11) / 18, Gilbert (1987), p. 211
    assert p[0] == pytest.approx(2 * stats.norm.sf(6 / np.sqrt((300 - 66) / 18)))
    assert p[1] == 1
