"""Hot cells that touch are one hotspot, with what it is about."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from geodata.cases.hotspots.cells import Grid, count_on_grid, grid_neighbours
from geodata.cases.hotspots.clusters import hotspots
from geodata.cases.hotspots.gi_star import gi_star

GRID = Grid(100.0)
STUDY = GRID.within(shapely.box(0, 0, 3000, 3000))
NEAR = grid_neighbours(STUDY, GRID)
SHAPES = GRID.boxes(STUDY)


@pytest.fixture(scope="module")
def found():
    """Two crowds on an even ground; the first is about noise."""
    random = np.random.default_rng(8)
    ground = random.uniform(0, 3000, (4000, 2))
    first, second = random.uniform(500, 800, (300, 2)), random.uniform(2000, 2300, (150, 2))
    places = np.concatenate((ground, first, second))
    kinds = random.choice(["noise", "waste", "parking", "water"], len(places))
    kinds[4000:4250] = "noise"
    counted = count_on_grid(*places.T, GRID, study=STUDY)
    return counted, gi_star(counted.counts[0], NEAR), kinds


def test_two_crowds_are_two_hotspots_with_their_figures(found):
    counted, star, _kinds = found
    spots = hotspots(star, counted.counts[0], SHAPES, NEAR)

    assert len(spots) == 2
    strong, weak = spots
    assert strong.z > weak.z
    assert strong.shape.contains(shapely.Point(650, 650))
    assert weak.shape.contains(shapely.Point(2150, 2150))
    for spot in spots:
        assert spot.shape.area == pytest.approx(len(spot.cells) * 10_000)
        assert spot.cases == counted.counts[0][spot.cells].sum()
        assert spot.expected == pytest.approx(4450 / 900 * len(spot.cells))
        assert spot.ratio == pytest.approx(spot.cases / spot.expected)
        assert spot.p == star.p[spot.cells].min()
        assert spot.degree == 3
    assert sum(len(spot.cells) for spot in spots) == (star.classes > 0).sum()


def test_the_category_that_stands_out_is_told_and_others_are_not(found):
    counted, star, kinds = found
    strong, weak = hotspots(
        star, counted.counts[0], SHAPES, NEAR, cell_of=counted.cell_of, categories=kinds
    )

    (noise,) = strong.categories
    here = np.isin(counted.cell_of, strong.cells)
    assert noise.key == "noise"
    assert noise.cases == (here & (kinds == "noise")).sum()
    share, elsewhere = (kinds[here] == "noise").mean(), (kinds[~here] == "noise").mean()
    assert noise.times == pytest.approx(share / elsewhere)
    assert noise.p < 0.01
    assert weak.categories == ()


def test_households_say_how_many_are_expected(found):
    counted, star, _kinds = found
    households = np.full(900, 10.0)
    plain = hotspots(star, counted.counts[0], SHAPES, NEAR)
    households[plain[0].cells] = 40
    households[plain[1].cells] = np.nan
    strong, weak = hotspots(star, counted.counts[0], SHAPES, NEAR, households=households)

    a, b = len(strong.cells), len(weak.cells)
    assert strong.expected == pytest.approx(4450 * 40 * a / (40 * a + 10 * (900 - a - b)))
    assert weak.expected == 0
    assert math.isnan(weak.ratio)


def test_where_nothing_is_hot_there_is_no_hotspot():
    star = gi_star(np.full(900, 3), NEAR)
    assert hotspots(star, np.full(900, 3), SHAPES, NEAR) == []
