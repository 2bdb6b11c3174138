"""Closed compounds are entered through their gates alone, where these are known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from test_reach_building import CRS, EAST, NORTH, keys, streets

from geodata.reach.areas import searching
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import join
from geodata.reach.networks.network import OUTSIDE, Way

GROUND = shapely.box(0, 0, 200, 100)
ROUND = [(-10, -10), (210, -10), (210, 110), (-10, 110), (-10, -10)]


def moved(*shapes):
    return [shapely.transform(one, lambda xy: xy + (EAST, NORTH)) for one in shapes]  # noqa: RUF005


def compound(*, closed=True, code="C1", ground=GROUND):
    return gpd.GeoDataFrame({"code": [code], "closed": [closed]}, geometry=moved(ground), crs=CRS)


def gates(*spots, of="C1"):
    dots = moved(*[shapely.Point(spot) for spot in spots])
    names = [f"G{k}" for k in range(len(spots))]
    return gpd.GeoDataFrame({"code": names, "compound_code": of}, geometry=dots, crs=CRS)


def dots(*spots):
    return gpd.GeoSeries(moved(*[shapely.Point(spot) for spot in spots]), crs=CRS)


def metres(network, start, end):
    """The way from one spot to another."""
    graph, source, goal = network.graph(), join(network, dots(start)), join(network, dots(end))
    found = searching.nearest(graph, network, source)
    return searching.costs_at(graph, network, found.metres, goal, sources=source, count=1)[0]


def test_a_street_passes_the_wall_at_a_gate_and_nowhere_else():
    lines = streets(ROUND, [(-10, 50), (210, 50)])
    network = build(lines, compounds=compound(), gates=gates((0, 50)))
    assert keys(network)["walls_cut"] == 1
    assert metres(network, (-5, 50), (10, 50)) == pytest.approx(15, abs=0.01)
    assert metres(network, (205, 50), (190, 50)) == pytest.approx(5 + 120 + 220 + 190, abs=40)


def test_whoever_lives_behind_the_wall_goes_round_to_the_gate():
    network = build(streets(ROUND), compounds=compound(), gates=gates((0, 50)))
    assert keys(network)["gates_linked"] == 1
    # straight to the gate, over the link, then along the street on the far side
    wanted = 190 + 10 + 60 + 200
    assert metres(network, (190, 50), (190, -10)) == pytest.approx(wanted, abs=0.01)


def test_the_nearest_of_several_gates_is_taken():
    spots = gates((0, 50), (200, 50))
    network = build(streets(ROUND), compounds=compound(), gates=spots)
    joints = join(network, dots((190, 50)))
    assert joints.place.tolist() == [0, 0]
    assert metres(network, (190, 50), (210, 50)) == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize("change", [{"closed": False}, {"closed": None}])
def test_what_is_open_has_no_wall(change):
    network = build(streets(ROUND), compounds=compound(**change), gates=gates((0, 50)))
    assert network.compounds == ()
    assert join(network, dots((190, 50))).off_m == pytest.approx([20])


def test_a_closed_compound_whose_gates_are_not_known_has_no_wall():
    network = build(streets(ROUND), compounds=compound(), gates=gates((0, 50), of="C2"))
    assert network.compounds == ()


def test_a_gate_that_names_no_compound_is_that_of_the_nearest_border():
    network = build(streets(ROUND), compounds=compound(), gates=gates((3, 50), of=None))
    assert network.compounds == ("C1",)


def test_streets_along_the_border_are_outside():
    border = [(0, 0), (200, 0), (200, 100), (0, 100), (0, 0)]
    network = build(streets(border), compounds=compound(), gates=gates((0, 50)))
    assert (network.compound == OUTSIDE).all()
    assert network.metres.sum() == pytest.approx(600)


def test_a_gate_is_linked_to_streets_on_both_sides():
    inner = [(20, 50), (190, 50)]
    network = build(streets(ROUND, inner), compounds=compound(), gates=gates((0, 50)))
    drawn = (network.ways & Way.GATE) > 0
    assert sorted(network.metres[drawn].round(2)) == [10, 20]
    assert network.island.max() == 0
    assert metres(network, (190, 51), (-10, 50)) == pytest.approx(1 + 170 + 20 + 10, abs=0.01)


def test_a_gate_whose_street_leads_nowhere_is_linked_to_one_that_does():
    stub, inner = [(-4, 50), (190, 50)], [(-40, -40), (-40, 400)]
    network = build(streets(inner, stub), compounds=compound(), gates=gates((0, 50)))
    assert keys(network)["gates_linked"] == 1
    assert network.island.max() == 0
    assert metres(network, (190, 51), (-40, 50)) == pytest.approx(1 + 190 + 40, abs=5)


def test_a_place_outside_does_not_join_a_street_behind_the_wall():
    inner = [(5, 50), (195, 50)]
    network = build(streets(ROUND, inner), compounds=compound(), gates=gates((100, 100)))
    joints = join(network, dots((-1, 50), (8, 55)))
    sides = network.compound[joints.edge]
    assert sides.tolist() == [OUTSIDE, 0]


def test_gates_that_lead_to_no_street_are_listed_and_who_lives_there_is_walled_in():
    far = shapely.box(1000, 1000, 1100, 1100)
    spots = gates((1000, 1050))
    network = build(streets(ROUND), compounds=compound(ground=far), gates=spots)
    (remark,) = [one for one in network.remarks if one["key"] == "gates_apart"]
    assert remark["codes"] == ["G0"]
    joints = join(network, dots((1050, 1050), (100, -20)))
    assert joints.place.tolist() == [1]
    assert joints.reasons == ("walled",)


def test_walls_lose_no_metre_of_street():
    random = np.random.default_rng(4)
    ends = random.uniform(-50, 250, (30, 2, 2))
    lines = streets(*ends)
    network = build(lines, compounds=compound(), gates=gates((0, 50), (100, 0)))
    kept = (network.ways & Way.GATE) == 0
    plain = build(lines)
    assert network.metres[kept].sum() == pytest.approx(plain.metres.sum(), rel=1e-6)
    inside = shapely.box(EAST + 2, NORTH + 2, EAST + 198, NORTH + 98)
    middles = shapely.line_interpolate_point(network.lines[kept], 0.5, normalized=True)
    assert (shapely.intersects(inside, middles) == (network.compound[kept] == 0)).all()
