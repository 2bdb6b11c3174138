"""Outlines: what they hold, what they leave out, and what they never cross."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from walked_networks import PLANE, joints, made

from geodata.reach.areas import outlines, parts, searching
from geodata.reach.areas.ground import Ground
from geodata.reach.areas.manner import Manner, Walks
from geodata.reach.networks.network import Joints, Walker, Way


def walks_of(network, places, *, walker=None, barriers=None, points=None):
    if barriers is not None:
        barriers = gpd.GeoSeries(barriers, crs=PLANE)
    ground = Ground.of(network, barriers)
    return Walks(network.graph(walker), network, places, ground, points)


def area(walks, limit, **more):
    """The area of the only place, and the lines that it reaches."""
    found = searching.reach(walks.graph, walks.network, walks.joints, limit)
    drawn = outlines.each(walks, found, limit, **more)
    reached = parts.reached_parts(walks.graph, walks.network, walks.joints, found, limit)
    return drawn.shapes[0], shapely.union_all(reached.lines(walks.network))


def town(seed, side=7, *, kept=0.8, steps=0.0):
    """Blocks of about 100 m, some streets missing, some with steps."""
    random = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) * 100.0
    corners += random.normal(0, 14, corners.shape)
    at = np.arange(side * side).reshape(side, side)
    ends = np.vstack(
        [
            np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]),
            np.column_stack([at[:-1].ravel(), at[1:].ravel()]),
        ]
    )
    ends = ends[random.random(len(ends)) < kept]
    ways = np.where(random.random(len(ends)) < steps, Way.STEPS, 0)
    return made(corners, ends, ways=ways), random


def standing(network, random, count):
    edges = random.integers(0, len(network), count)
    return joints(*[(row, edge, 0.3 * network.metres[edge], 0) for row, edge in enumerate(edges)])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([90.0, 240.0, 500.0]))
def test_an_outline_holds_all_reached_streets_and_no_other_street_s_middle(seed, limit):
    network, random = town(seed, steps=0.15)
    walks = walks_of(network, standing(network, random, 3), walker=Walker(steps=False))
    found = searching.reach(walks.graph, network, walks.joints, limit)
    drawn = outlines.each(walks, found, limit)
    reached = parts.reached_parts(walks.graph, network, walks.joints, found, limit)
    lines = reached.lines(network)
    middles = shapely.line_interpolate_point(network.lines, 0.5, normalized=True)
    for place in range(3):
        shape, own = drawn.shapes[place], reached.place == place
        assert shape.is_valid
        assert shape.covers(shapely.multilinestrings(lines[own])) or not own.any()
        others = np.setdiff1d(np.arange(len(network)), reached.edge[own])
        assert not shapely.contains(shape, middles[others]).any()
        assert drawn.streets_m[place] == pytest.approx(shapely.length(lines[own]).sum())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_longer_walk_s_area_holds_that_of_a_shorter(seed):
    network, random = town(seed, steps=0.1)
    walks = walks_of(network, standing(network, random, 1), walker=Walker(steps=False))
    five, ten, fifteen = (area(walks, limit, cell_m=6.0)[0] for limit in (150.0, 300.0, 450.0))
    assert shapely.difference(five, ten).area < 1.0  # what a strand of a metre adds
    assert shapely.difference(ten, fifteen).area < 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_areas_of_the_nearest_place_do_not_overlap(seed):
    network, random = town(seed)
    walks = walks_of(network, standing(network, random, 4))
    found = searching.nearest(walks.graph, network, walks.joints, 400.0)
    shapes = outlines.by_nearest(walks, found, 400.0, count=4).shapes
    assert shapely.is_valid(shapes).all()
    for one in range(4):
        for other in range(one):
            assert shapely.intersection(shapes[one], shapes[other]).area < 1e-6
    whole = outlines.merged(walks, found, 400.0).shapes[0]
    assert shapely.difference(shapely.union_all(shapes), whole).area < 0.01 * whole.area


def test_merged_areas_are_one_and_hold_each():
    network, random = town(3)
    walks = walks_of(network, standing(network, random, 4))
    reached = searching.reach(walks.graph, network, walks.joints, 300.0)
    found = searching.nearest(walks.graph, network, walks.joints, 300.0)
    whole = outlines.merged(walks, found, 300.0).shapes[0]
    alone = shapely.union_all(outlines.each(walks, reached, 300.0).shapes)
    assert shapely.difference(alone, whole).area < 0.01 * whole.area
    assert whole.is_valid


def test_ground_too_large_for_one_net_is_drawn_in_parts(monkeypatch):
    network, random = town(3)
    walks = walks_of(network, standing(network, random, 4))
    found = searching.nearest(walks.graph, network, walks.joints, 300.0)
    whole = outlines.merged(walks, found, 300.0)
    monkeypatch.setattr(outlines, "_MOST_CORNERS", 50.0)
    parted = outlines.merged(walks, found, 300.0)
    assert parted.streets_m == pytest.approx(whole.streets_m)
    apart = parted.shapes[0].symmetric_difference(whole.shapes[0]).area
    assert apart < 0.02 * whole.shapes[0].area


def two_banks(*, bridge=0):
    """Two streets 40 m apart with a river between them, and a bridge at their far end."""
    nodes = [(0, 0), (400, 0), (0, 40), (400, 40)]
    return made(nodes, [(0, 1), (2, 3), (1, 3)], ways=[0, 0, bridge])


RIVER = shapely.LineString([(-100, 20), (500, 20)])


def test_a_river_is_not_jumped():
    walks = walks_of(two_banks(), joints((0, 0, 50, 0)), barriers=[RIVER])
    shape, _ = area(walks, 200.0)
    assert shape.bounds[3] <= 20
    assert shape.bounds[1] < -50
    without, _ = area(walks_of(two_banks(), joints((0, 0, 50, 0))), 200.0)
    assert without.bounds[3] == pytest.approx(20, abs=3)  # half-way to a street that is not reached


def test_over_a_bridge_an_area_is_as_wide_as_the_bridge():
    nodes = [(0, 0), (400, 0), (0, 200), (400, 200)]
    network = made(nodes, [(0, 1), (2, 3), (1, 3)])
    water = shapely.box(-200, 30, 600, 170)
    shape, reached = area(walks_of(network, joints((0, 0, 300, 0)), barriers=[water]), 290.0)
    assert shape.covers(reached)
    over = shapely.intersection(shape, water)
    assert over.bounds == pytest.approx((393, 30, 407, 170), abs=4)


def test_the_end_of_a_walk_is_the_end_of_its_area():
    line = made([(0, 0), (1000, 0)], [(0, 1)])
    shape, _ = area(walks_of(line, joints((0, 0, 500, 0))), 200.0)
    west, south, east, north = shape.bounds
    assert (west, east) == pytest.approx((300, 700), abs=4)  # a cell of the net
    assert (south, north) == pytest.approx((-60, 60), abs=3)
    there = shapely.intersection(shape, shapely.LineString([(690, -99), (690, 99)]))
    assert there.length < 40  # with ten metres left nobody walks sixty off the street


def ring(inner, ways=0):
    """A block of 200 m with a street in its middle, joined to it or not."""
    nodes = [(0, 0), (200, 0), (200, 200), (0, 200), (70, 100), (130, 100)]
    ends = [(0, 1), (1, 2), (2, 3), (3, 0), *([(4, 5)] if inner else [])]
    return made(nodes, ends, ways=[0, 0, 0, 0, *([ways] if inner else [])])


def test_a_small_block_is_filled_unless_a_street_in_it_is_not_reached():
    place = joints((0, 0, 0, 0))
    filled, _ = area(walks_of(ring(inner=False), place), 2000.0)
    assert not filled.interiors
    still, _ = area(walks_of(ring(inner=False), place), 2000.0, manner=Manner(filled_m2=500))
    assert len(still.interiors) == 1
    opened, _ = area(walks_of(ring(inner=True), place), 2000.0)
    assert len(opened.interiors) == 1
    assert not opened.contains(shapely.Point(100, 100))


def test_a_walled_block_stays_out():
    wall = shapely.box(30, 30, 170, 170)
    shape, _ = area(walks_of(ring(inner=False), joints((0, 0, 0, 0)), barriers=[wall]), 2000.0)
    (hole,) = shape.interiors
    assert shapely.Polygon(hole).symmetric_difference(wall).area < 0.05 * wall.area
    assert shapely.intersection(shape, wall).area < 4 * 12**2 / 2  # its four corners, of a cell


def test_the_walk_to_the_street_belongs_to_the_area():
    line = made([(0, 0), (1000, 0)], [(0, 1)])
    place = np.array([[500.0, 150.0]])
    shape, _ = area(walks_of(line, joints((0, 0, 500, 150)), points=place), 400.0)
    assert shape.contains(shapely.Point(500, 149))
    short, _ = area(walks_of(line, joints((0, 0, 500, 150)), points=place), 100.0)
    assert short.bounds[1] == pytest.approx(50 - 6, abs=3)  # the walk itself is some metres wide


def test_who_reaches_nothing_has_no_area():
    line = made([(0, 0), (1000, 0)], [(0, 1)])
    walks = walks_of(line, joints((1, 0, 5, 0), apart=[0]))
    found = searching.reach(walks.graph, line, walks.joints, 50.0)
    shapes = outlines.each(walks, found, 50.0).shapes
    assert shapely.is_empty(shapes).tolist() == [True, False]
    nobody = Joints(*[np.zeros(0, kind) for kind in (np.int32, np.int32, float, float, np.int32)])
    walks = walks_of(line, nobody)
    empty = searching.nearest(walks.graph, line, nobody, 50.0)
    assert outlines.merged(walks, empty, 50.0).shapes[0].is_empty


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(20, 600))
def test_what_a_circle_shares_is_measured_exactly(seed, radius):
    network, random = town(seed, side=4)
    places = standing(network, random, 1)
    point = parts.points_along(network, places.edge, places.along_m)
    walks = walks_of(network, places, points=point)
    found = searching.reach(walks.graph, network, places, 250.0)
    drawn = outlines.each(walks, found, 250.0, radius_m=radius)
    circle = shapely.buffer(shapely.Point(point[0]), radius, quad_segs=256)
    shared = shapely.intersection(circle, drawn.shapes[0]).area
    assert drawn.shared_m2[0] == pytest.approx(shared, rel=2e-3, abs=5)
