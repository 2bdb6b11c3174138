"""Rates per 10,000 households: small areas drawn to the mean, unknown ones never taken for 0."""

from __future__ import annotations

import esda_values as esda
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.cases.hotspots.cells import Grid, grid_neighbours, neighbours_of
from geodata.cases.hotspots.smoothing import locally_smoothed, smoothed
from geodata.errors import InvalidInput

GRID = Grid(100.0)
ROW, COLUMN = np.divmod(np.arange(20), 5)
QUEEN = grid_neighbours(GRID.ids(COLUMN * 100.0, ROW * 100.0), GRID)


def test_rates_are_those_of_esda():
    rates = smoothed(esda.VALUES, esda.BASE)
    near = locally_smoothed(esda.VALUES, esda.BASE, QUEEN)

    np.testing.assert_allclose(rates.smooth / 10_000, esda.GLOBAL, atol=1e-12)
    np.testing.assert_allclose(near.smooth / 10_000, esda.LOCAL, atol=1e-12)


def test_a_small_compound_does_not_top_the_list():
    cases = np.array([3, 400, 90, 80, 110, 100, 105, 95])
    households = np.array([12, 8000, 8000, 7900, 8100, 8000, 8000, 8000])
    rates = smoothed(cases, households)

    assert rates.raw.argmax() == 0
    assert rates.smooth.argmax() == 1
    assert abs(rates.smooth[1] - rates.raw[1]) < 0.02 * rates.raw[1]


@settings(max_examples=80, deadline=None)
@given(
    given=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 5000)), min_size=1, max_size=20),
    kind=st.sampled_from(["global", "local"]),
)
def test_a_smoothed_rate_lies_between_its_own_and_the_mean(given, kind):
    cases, households = np.array(given).T
    if kind == "local":
        one = np.arange(len(cases) - 1)
        pairs = np.concatenate((one, one + 1)), np.concatenate((one + 1, one))
        rates = locally_smoothed(cases, households, neighbours_of(*pairs, len(cases)))
    else:
        rates = smoothed(cases, households)
    mean = rates.mean
    low, high = np.minimum(rates.raw, mean), np.maximum(rates.raw, mean)

    hair = 1e-9 * (1 + high)
    assert ((rates.smooth >= low - hair) & (rates.smooth <= high + hair)).all()


def test_a_rate_is_the_posterior_mean_of_clayton_and_kaldors_gamma_model():
    rates = smoothed(esda.VALUES, esda.BASE)
    mean = rates.mean[0] / 10_000
    raw, smooth = rates.raw / 10_000, rates.smooth / 10_000
    weight = (smooth - mean) / (raw - mean)
    variance = (weight / (1 - weight) * mean / esda.BASE)[0]

    posterior = (esda.VALUES + mean**2 / variance) / (esda.BASE + mean / variance)
    np.testing.assert_allclose(smooth, posterior)


@pytest.mark.parametrize("local", [False, True])
def test_areas_without_households_have_no_rate_and_their_cases_are_told(local):
    cases, households = [5, 9, 7, 4], [1000, 0, np.nan, 900]
    near = neighbours_of([0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2], 4)
    rates = locally_smoothed(cases, households, near) if local else smoothed(cases, households)

    assert rates.known.tolist() == [True, False, False, True]
    assert np.isnan(rates.smooth[1:3]).all()
    assert np.isnan(rates.raw[1:3]).all()
    assert rates.cases_without == 16
    assert np.isfinite(rates.smooth[[0, 3]]).all()
    if local:
        assert rates.smooth.tolist()[0] == pytest.approx(50)
    else:
        assert rates.mean[0] == pytest.approx(9 / 1900 * 10_000)


@pytest.mark.parametrize(("cases", "households"), [([], []), ([3], [0]), ([0, 0], [10, 20])])
def test_nothing_counted_is_no_error(cases, households):
    for rates in (
        smoothed(cases, households),
        locally_smoothed(cases, households, neighbours_of([], [], len(cases))),
    ):
        assert (rates.smooth[rates.known] == 0).all()
        assert np.isnan(rates.smooth[~rates.known]).all()


@pytest.mark.parametrize(
    ("cases", "households"),
    [([-1, 2], [5, 5]), ([np.nan, 2], [5, 5]), ([1, 2], [-5, 5]), ([1, 2], [np.inf, 5])],
)
def test_figures_that_cannot_be_are_refused_and_counted(cases, households):
    with pytest.raises(InvalidInput, match="1 areas"):
        smoothed(cases, households)


def test_as_many_of_one_as_of_the_other():
    with pytest.raises(InvalidInput, match="1 values"):
        smoothed([1, 2], [5])
    with pytest.raises(InvalidInput, match="2 values"):
        locally_smoothed([1, 2], [5, 5], neighbours_of([], [], 3))
