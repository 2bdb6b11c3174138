"""Places that stand out alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from geodata.cases.hotspots.outliers import outliers
from geodata.cases.hotspots.smoothing import smoothed

RANDOM = np.random.default_rng(4)
HOMES = RANDOM.integers(80, 900, 120).astype(float)


def usual(spread=2.0, seed=5):
    random = np.random.default_rng(seed)
    return random.poisson(HOMES * random.gamma(spread, 0.02 / spread, 120)).astype(float)


def test_a_place_with_many_times_its_share_stands_out_and_others_do_not():
    cases = usual()
    cases[17] = 15 * HOMES[17] * 0.02 + 40
    found = outliers(cases, HOMES)
    assert np.flatnonzero(found.classes).tolist() == [17]
    assert found.classes[17] == 3
    assert found.corrected[17] >= found.p[17]


def test_it_is_held_against_what_all_others_show_and_not_against_itself():
    cases = usual()
    cases[17] = 400
    found = outliers(cases, HOMES)
    rest = np.delete(np.arange(120), 17)
    others = smoothed(cases[rest], HOMES[rest])
    assert found.expected[17] == pytest.approx(others.mean[0] / 10_000 * HOMES[17])


def test_where_rates_differ_much_from_place_to_place_none_stands_out_by_chance():
    hits = sum(outliers(usual(1.0, seed), HOMES).classes.any() for seed in range(40))
    assert hits <= 10  # one in ten is the level of the first class


def test_without_spread_it_is_the_test_of_poisson():
    found = outliers([10.0] * 9 + [40.0])
    assert found.p[-1] == pytest.approx(2 * stats.poisson.sf(39, 10))
    assert found.classes.tolist() == [0] * 9 + [3]


def test_few_cases_few_places_and_places_without_homes_are_left_alone():
    assert not outliers([4.0] + [0.0] * 30).classes.any()
    assert not outliers([500.0, 1, 1, 1]).classes.any()
    assert not outliers(np.zeros(20)).classes.any()
    homes = HOMES.copy()
    homes[17] = np.nan
    cases = usual()
    cases[17] = 9_999
    assert outliers(cases, homes).classes[17] == 0
