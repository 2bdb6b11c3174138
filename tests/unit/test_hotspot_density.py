"""The density surface: cases per km² and per 10,000 households."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.cases.hotspots.cells import Grid
from geodata.cases.hotspots.density import density, quartic
from geodata.errors import InvalidInput

GRID = Grid(100.0)
STUDY = GRID.within(shapely.box(0, 0, 4000, 3000))


def test_an_even_ground_is_even_up_to_its_border():
    found = density(STUDY, np.full(len(STUDY), 3), GRID, radius=500)
    assert found.per_households is None
    assert found.per_km2 == pytest.approx(np.full(len(STUDY), 300.0))


def test_one_case_is_a_hill_of_the_kernels_shape_that_sums_to_one_case():
    middle = int(np.flatnonzero((GRID.centres(STUDY) == (2050, 1550)).all(axis=1))[0])
    counts = np.zeros(len(STUDY))
    counts[middle] = 1
    found = density(STUDY, counts, GRID, radius=500).per_km2
    assert found.argmax() == middle
    assert found.sum() * 0.01 == pytest.approx(1.0)
    apart = np.hypot(*(GRID.centres(STUDY) - GRID.centres(STUDY[[middle]])).T)
    assert found[apart > 500] == pytest.approx(0.0, abs=1e-9)
    near = apart < 500
    shape = (1 - (apart[near] / 500) ** 2) ** 2
    assert found[near] / found[middle] == pytest.approx(shape, abs=1e-9)


def test_where_twice_as_many_live_twice_as_many_cases_are_the_same_rate():
    households = np.where(GRID.centres(STUDY)[:, 0] < 2000, 40.0, 80.0)
    found = density(STUDY, households / 20, GRID, radius=500, households=households)
    assert found.per_households == pytest.approx(np.full(len(STUDY), 500.0))


def test_where_next_to_nobody_lives_there_is_no_rate():
    households = np.where(GRID.centres(STUDY)[:, 0] < 2000, 40.0, np.nan)
    households[-1] = 5
    found = density(STUDY, np.ones(len(STUDY)), GRID, radius=300, households=households)
    rate, x = found.per_households, GRID.centres(STUDY)[:, 0]
    assert rate is not None
    assert np.isnan(rate[x > 2300]).all()
    assert np.isfinite(rate[x < 2000]).all()


def test_the_kernel_sums_to_one_and_no_cells_have_no_surface():
    assert quartic(100, 350).sum() == pytest.approx(1)
    assert quartic(100, 100).shape == (3, 3)
    assert len(density([], [], GRID, radius=300).per_km2) == 0


def test_a_radius_below_the_side_of_a_cell_is_refused():
    with pytest.raises(InvalidInput, match="at least the side of a cell"):
        density(STUDY, np.ones(len(STUDY)), GRID, radius=99)
