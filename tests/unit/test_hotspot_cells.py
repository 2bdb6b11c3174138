"""Cases on cells: the same cell has the same id in every period, and knows who is near."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.cases.hotspots.cells import (
    Grid,
    area_neighbours,
    count_on_areas,
    count_on_grid,
    grid_neighbours,
)
from geodata.errors import InvalidInput

GRID = Grid(250.0)


def near_of(neighbours, cell):
    return neighbours.near[neighbours.start[cell] : neighbours.start[cell + 1]].tolist()


@settings(max_examples=100, deadline=None)
@given(
    x=st.floats(-4e6, 4e6),
    y=st.floats(-4e6, 4e6),
    size=st.sampled_from([1.0, 33.3, 250.0, 5000.0]),
)
def test_a_point_lies_in_the_box_of_its_cell_on_either_side_of_the_origin(x, y, size):
    grid = Grid(size, origin=(12.5, -7.0))
    (cell,) = grid.ids([x], [y])
    west, south, east, north = shapely.bounds(grid.boxes([cell])[0])

    assert west - 1e-6 <= x <= east + 1e-6
    assert south - 1e-6 <= y <= north + 1e-6
    assert 0 <= cell < 2**53
    assert (grid.ids(*grid.centres([cell]).T) == cell).all()


def test_a_cell_has_the_same_id_whatever_else_was_counted():
    first = count_on_grid([10.0, 900], [10.0, 900], GRID)
    second = count_on_grid([11.0, -5000, 70_000], [12.0, 40, 1e5], GRID)

    assert set(first.cells) & set(second.cells) == set(GRID.ids([10.0], [10.0]))


def test_a_cell_holds_its_south_and_west_border():
    ids = GRID.ids([0, 250, 249.999], [0, 0, 0])
    assert ids[0] == ids[2]
    assert ids[1] == ids[0] + 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), spread=st.sampled_from([500, 20_000, 3_000_000]))
def test_every_case_is_counted_once_near_by_or_far_apart(seed, spread):
    random = np.random.default_rng(seed)
    x, y = random.uniform(-spread, spread, (2, 200))
    counted = count_on_grid(x, y, GRID)
    ids, counts = np.unique(GRID.ids(x, y), return_counts=True)

    assert counted.cells.tolist() == ids.tolist()
    assert counted.counts[0].tolist() == counts.tolist()
    assert (counted.cells[counted.cell_of] == GRID.ids(x, y)).all()


def test_cases_without_place_are_left_out_and_told():
    counted = count_on_grid([1, np.nan, np.inf, 1e12], [1, 1, 1, 1], GRID)

    assert counted.left_out == 3
    assert counted.counts.tolist() == [[1]]
    assert counted.cell_of.tolist() == [0, -1, -1, -1]


def test_no_cases_no_cells():
    counted = count_on_grid([], [], GRID)

    assert counted.counts.shape == (1, 0)
    assert len(grid_neighbours(counted.cells, GRID)) == 0


def test_a_study_holds_empty_cells_too_and_leaves_out_what_lies_beyond():
    study = GRID.within(shapely.box(0, 0, 1000, 500))
    counted = count_on_grid([10, 20, 5000, -300], [10, 20, 10, 10], GRID, study=study)

    assert len(study) == 8
    assert counted.counts[0].tolist() == [2, 0, 0, 0, 0, 0, 0, 0]
    assert counted.left_out == 2


def test_cells_far_too_small_for_an_area_are_refused():
    with pytest.raises(InvalidInput, match="take larger ones"):
        Grid(1.0).within(shapely.box(0, 0, 1e5, 1e5))
    assert len(GRID.within(shapely.Polygon())) == 0


@pytest.mark.parametrize("size", [0, -5, 0.5, 1e6, float("nan")])
def test_a_size_that_is_no_cell_is_refused(size):
    with pytest.raises(InvalidInput, match="side of a cell"):
        Grid(size)


def test_periods_hold_their_first_limit_and_not_their_last():
    limits = np.array(["2026-01-01", "2026-02-01", "2026-03-01"], dtype="datetime64[D]")
    times = np.array(
        ["2026-01-01", "2026-01-31T23:59", "2026-02-01", "2026-03-01", "2025-12-31", "NaT"],
        dtype="datetime64[m]",
    )
    counted = count_on_grid([1.0] * 6, [1.0] * 6, GRID, times=times, limits=limits)

    assert counted.counts.tolist() == [[2], [1]]
    assert counted.left_out == 3


def test_a_time_that_is_no_number_is_unknown():
    counted = count_on_grid([1.0] * 2, [1.0] * 2, GRID, times=[0.5, np.nan], limits=[0, 1])
    assert (counted.counts.tolist(), counted.left_out) == ([[1]], 1)


def test_cases_on_areas_go_to_the_first_that_holds_them():
    areas = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(90, 90, 99, 99)]
    counted = count_on_areas([5, 10, 15, 50], [5, 5, 5, 5], areas)

    assert counted.counts.tolist() == [[2, 1, 0]]
    assert counted.left_out == 1


def test_queens_have_eight_neighbours_and_fewer_at_the_rim():
    study = GRID.within(shapely.box(-500, -500, 500, 250))  # 3 rows of 4
    near = grid_neighbours(study, GRID)

    assert near.cardinalities.tolist() == [3, 5, 5, 3, 5, 8, 8, 5, 3, 5, 5, 3]
    assert near_of(near, 0) == [1, 4, 5]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), band=st.sampled_from([100.0, 250.0, 354.0, 600.0, 1000.0]))
def test_a_band_is_the_distance_of_middles(seed, band):
    x, y = np.random.default_rng(seed).uniform(-1500, 1500, (2, 60))
    cells = count_on_grid(x, y, GRID).cells
    near = grid_neighbours(cells, GRID, band=band)
    middle = GRID.centres(cells)
    apart = np.hypot(*(middle[:, None] - middle[None]).T)
    expected = (apart <= band) & ~np.eye(len(cells), dtype=bool)

    found = np.zeros_like(expected)
    found[near.pairs()] = True
    assert (found == expected).all()


def test_areas_that_share_a_corner_are_neighbours_and_islands_are_not():
    areas = [
        shapely.box(0, 0, 10, 10),
        shapely.box(10, 10, 20, 20),
        shapely.box(50, 50, 60, 60),
        None,
    ]
    near = area_neighbours(areas)
    assert near.cardinalities.tolist() == [1, 1, 0, 0]
    assert area_neighbours(areas, band=60).cardinalities.tolist() == [1, 2, 1, 0]
    assert area_neighbours(areas, band=80).cardinalities.tolist() == [2, 2, 2, 0]
    assert len(area_neighbours([])) == 0


def test_kept_cells_are_numbered_anew():
    near = grid_neighbours(GRID.within(shapely.box(0, 0, 750, 250)), GRID)
    kept = near.only([False, True, True])

    assert (near_of(kept, 0), near_of(kept, 1)) == ([1], [0])
    assert near.only([True, False, True]).cardinalities.tolist() == [0, 0]
    assert near.sums([1, 10, 100]).tolist() == [10, 101, 10]
