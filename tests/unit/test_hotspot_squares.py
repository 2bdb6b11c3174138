"""One crowded square among calm ones is told; chance alone seldom is."""

from __future__ import annotations

import numpy as np

from geodata.cases.hotspots.cells import Grid, grid_neighbours
from geodata.cases.hotspots.finding import Found, Study, find

GRID = Grid(250.0)
ROW, COLUMN = np.divmod(np.arange(1024), 32)
IDS = GRID.ids(COLUMN * 250.0, ROW * 250.0)
NEAR, BOXES = grid_neighbours(IDS, GRID), GRID.boxes(IDS)
PLACE = 16 * 32 + 16


def found(*periods, seed=1) -> Found:
    kinds = np.stack(periods)[:, :, None].astype(np.int64)
    return find(Study(BOXES, NEAR, NEAR, kinds, ("",), None, is_ground=True), worlds=0, seed=seed)


def calm(seed):
    return np.random.default_rng(seed).poisson(2, 1024)


def test_a_single_crowded_square_among_a_thousand_calm_ones_is_told():
    crowded = calm(2)
    crowded[PLACE] = 30
    answer = found(calm(1), crowded)
    (spot,) = answer.spots
    assert spot.hotspot.cells.tolist() == [PLACE]
    assert (spot.alone, spot.hotspot.degree, spot.trend) == (True, 3, "new")
    assert answer.star.classes[PLACE] == 0  # its surroundings are calm
    assert np.flatnonzero(answer.alone).tolist() == [PLACE]


def test_crowded_squares_that_touch_are_one_place():
    crowded = calm(2)
    crowded[[PLACE, PLACE + 1]] = 30
    (spot,) = found(crowded).spots
    assert {PLACE, PLACE + 1} <= set(spot.hotspot.cells.tolist())
    assert spot.hotspot.cases >= 60


def test_a_square_that_was_crowded_and_is_not_any_more_is_gone():
    crowded = calm(2)
    crowded[PLACE] = 30
    (spot,) = found(crowded, calm(3)).spots
    assert (spot.hotspot.cells.tolist(), spot.trend, spot.earlier) == ([PLACE], "gone", (30,))


def test_where_all_is_chance_few_looks_tell_of_a_hotspot():
    hits = [found(calm(seed), seed=seed).spots for seed in range(100, 160)]
    assert sum(map(bool, hits)) <= 12  # of sixty, six may at 10 in 100, and chance
