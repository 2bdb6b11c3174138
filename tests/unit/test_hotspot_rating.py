"""Gi* of rates: what follows the households is no hotspot, what exceeds them is."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.cases.hotspots.cells import Grid, grid_neighbours, neighbours_of
from geodata.cases.hotspots.gi_star import gi_star
from geodata.cases.hotspots.rating import gi_star_of_rates
from geodata.cases.hotspots.smoothing import smoothed
from geodata.errors import InvalidInput

GRID = Grid(100.0)
SIDE = 40
ROW, COLUMN = np.divmod(np.arange(SIDE * SIDE), SIDE)
NEAR = grid_neighbours(GRID.ids(COLUMN * 100.0, ROW * 100.0), GRID)


def town(seed):
    """Households of a town with a dense quarter, and cases that follow them."""
    random = np.random.default_rng(seed)
    households = random.integers(20, 200, (SIDE, SIDE))
    households[5:12, 5:12] *= 8
    return households.ravel(), random.poisson(households.ravel() * 0.05)


def test_a_dense_quarter_is_hot_by_count_and_not_by_rate():
    households, cases = town(1)
    quarter = ((ROW >= 6) & (ROW < 11) & (COLUMN >= 6) & (COLUMN < 11)).nonzero()[0]
    _rates, star = gi_star_of_rates(cases, households, NEAR)

    assert (gi_star(cases, NEAR).classes[quarter] == 3).all()
    assert (star.classes == 0).all()


def test_a_quarter_with_more_than_its_households_explain_is_hot():
    households, cases = town(2)
    trouble = ((ROW >= 25) & (ROW < 29) & (COLUMN >= 30) & (COLUMN < 34)).nonzero()[0]
    cases[trouble] *= 4
    rates, star = gi_star_of_rates(cases, households, NEAR)

    middle = 27 * SIDE + 32
    assert star.classes[middle] == 3
    assert set(np.flatnonzero(star.classes > 0)) <= set(trouble) | set(
        np.concatenate([NEAR.near[NEAR.start[c] : NEAR.start[c + 1]] for c in trouble])
    )
    np.testing.assert_allclose(star.z, gi_star(rates.smooth, NEAR).z)


def test_cells_without_households_take_no_part():
    households, cases = town(3)
    households = households.astype(float)
    empty = np.random.default_rng(4).choice(SIDE * SIDE, 300, replace=False)
    households[empty[:150]] = np.nan
    households[empty[150:]] = 0
    rates, star = gi_star_of_rates(cases, households, NEAR)
    changed = cases.copy()
    changed[empty] = 9999
    others, again = gi_star_of_rates(changed, households, NEAR)

    assert (star.classes[empty] == 0).all()
    assert (star.p[empty] == 1).all()
    assert (star.z[empty] == 0).all()
    assert (star.z == again.z).all()
    assert (star.p == again.p).all()
    assert (rates.cases_without, others.cases_without) == (cases[empty].sum(), 300 * 9999)
    assert (smoothed(cases, households).known == star.draws.astype(bool)).all()


@pytest.mark.parametrize(
    ("households", "reason"),
    [
        ([np.nan, np.nan, np.nan, np.nan], "too_few_cells"),
        ([5, 0, 7, np.nan], "too_few_cells"),
        ([100, 200, 300, 400], "all_equal"),
    ],
)
def test_without_a_base_or_with_equal_rates_there_is_no_hotspot_and_a_reason(households, reason):
    _rates, star = gi_star_of_rates([1, 2, 3, 4], households, neighbours_of([0, 1], [1, 0], 4))

    assert star.reason == reason
    assert (star.classes == 0).all()
    assert np.isfinite(star.z).all()


def test_households_below_zero_are_refused():
    with pytest.raises(InvalidInput, match="1 areas"):
        gi_star_of_rates([1, 2, 3], [5, -1, 5], neighbours_of([], [], 3))
