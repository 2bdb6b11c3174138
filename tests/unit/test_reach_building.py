"""Streets become a network, and places meet it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InvalidInput
from geodata.reach.networks import noding
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import join
from geodata.reach.networks.network import Walker, Way
from geodata.reach.networks.rules import Rules

CRS = 4548
EAST, NORTH = 500_000.0, 3_900_000.0


def streets(*lines, **columns):
    """Lines given in metres from a corner of the plane."""
    shapes = [shapely.LineString(np.add(line, (EAST, NORTH))) for line in lines]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def nodes_of(network):
    return {tuple(np.round(node - (EAST, NORTH), 2)) for node in network.nodes}


def keys(network):
    return {remark["key"]: remark["count"] for remark in network.remarks}


def test_streets_that_cross_on_the_ground_meet_there():
    found = build(streets([(0, 0), (100, 0)], [(50, -50), (50, 50)]))
    assert (50, 0) in nodes_of(found)
    assert len(found) == 4
    assert keys(found)["crossings_split"] == 1


@pytest.mark.parametrize(
    "told", [{"bridge": [True, False]}, {"tunnel": [False, "yes"]}, {"z_level": [1, 0]}]
)
def test_a_bridge_a_tunnel_and_another_level_pass_without_meeting(told):
    found = build(streets([(0, 0), (100, 0)], [(50, -50), (50, 50)], **told))
    assert len(found) == 2
    assert found.island.max() == 1


def test_a_bridge_meets_the_street_on_which_it_ends():
    found = build(streets([(0, 0), (100, 0)], [(50, 0), (50, 50)], bridge=[False, True]))
    assert (50, 0) in nodes_of(found)
    assert found.island.max() == 0


def test_a_file_that_names_its_nodes_is_not_cut_where_its_lines_cross():
    found = build(streets([(0, 0), (100, 0)], [(50, -50), (50, 50)], u=[1, 3], v=[2, 4]))
    assert len(found) == 2
    assert keys(found)["crossings_kept"] == 1


def test_a_file_that_names_its_nodes_is_not_cut_elsewhere_though_it_knows_bridges():
    lines = [(0, 0), (100, 0)], [(50, -50), (50, 50)], [(0, 90), (9, 90)]
    found = build(streets(*lines, u=[1, 3, 5], v=[2, 4, 6], bridge=[False, False, True]))
    assert len(found) == 3
    assert keys(found)["crossings_kept"] == 1


def test_a_bridge_whose_level_is_given_as_nought_is_above_the_ground_all_the_same():
    lines = streets([(0, 0), (100, 0)], [(50, -50), (50, 50)], bridge=[True, False], z_level=[0, 0])
    assert len(build(lines)) == 2
    deep = streets([(0, 0), (100, 0)], [(50, -50), (50, 50)], bridge=[True, False], z_level=[-1, 0])
    assert len(build(deep)) == 2


UP, DOWN = [(0, 0), (60, 0), (100, 30)], [(100, 30), (60, 0), (0, 0)]


@pytest.mark.parametrize(
    ("lines", "only"),
    [((UP, DOWN), (1, 1)), ((UP, UP), (1, -1)), ((DOWN, UP), (-1, -1)), ((UP, DOWN), (0, 1))],
)
def test_two_escalators_on_one_line_carry_both_ways(lines, only):
    found = build(streets(*lines, foot_oneway=list(only)))
    assert len(found) == 1
    there, back = found.graph().forward, found.graph().backward
    # drawn along each other they go both ways if they are opposite, or one is for both
    turned = [one if line == UP else -one for line, one in zip(lines, only, strict=True)]
    both = 0 in turned or len(set(turned)) == 2
    assert np.isfinite([there[0], back[0]]).sum() == (2 if both else 1)


def test_a_ramp_on_the_line_of_steps_serves_prams():
    found = build(streets(UP, DOWN, highway=["steps", "footway"]))
    graph = found.graph(Walker(steps=False))
    assert np.isfinite(graph.forward).any()
    assert np.isfinite(graph.backward).any()


def test_escalators_that_meet_only_after_they_are_cut_carry_both_ways():
    up, down, over = [(0, 0), (100, 0)], [(100, 0), (50, 0)], [(50, -50), (50, 50)]
    found = build(streets(up, down, over, foot_oneway=[1, 1, 0]))
    graph = found.graph()
    free = np.isfinite(graph.forward) & np.isfinite(graph.backward)
    lengths = sorted(zip(found.metres.round().tolist(), free.tolist(), strict=True))
    assert lengths == [(50, False), (50, True), (50, True), (50, True)]


def test_a_line_that_crosses_itself_meets_itself_there():
    found = build(streets([(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)]))
    assert (50, 0) in nodes_of(found)
    assert found.metres.sum() == pytest.approx(300)
    assert len(found) == 3


@pytest.mark.parametrize("turned", [False, True])
def test_a_lasso_is_tied_where_its_end_touches_its_middle(turned):
    line = [(0, 0), (100, 0), (100, 50), (50, 50), (50, 0)]
    found = build(streets(line[::-1] if turned else line), rules=Rules(crossings="keep"))
    assert (50, 0) in nodes_of(found)
    assert len(found) == 2


def test_a_line_that_crosses_itself_in_a_file_that_names_its_nodes_does_not():
    found = build(streets([(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)], u=[1], v=[2]))
    assert len(found) == 1


def test_a_street_that_ends_beneath_a_bridge_does_not_climb_it():
    lines = [(0, 0), (100, 0)], [(50, -50), (50, -0.4)], [(30, -50), (30, 0)]
    found = build(streets(*lines, bridge=[True, False, False]))
    assert len(found) == 3
    assert found.island.max() == 2


def test_steps_climb_a_bridge_and_a_bridge_comes_down_to_a_street():
    climbed = build(
        streets([(0, 0), (100, 0)], [(50, -50), (50, -0.4)], bridge=[True, False],
                highway=["footway", "steps"])
    )  # fmt: skip
    assert climbed.island.max() == 0
    down = build(streets([(0, 0), (100, 0)], [(50, 0.4), (50, 50)], bridge=[False, True]))
    assert down.island.max() == 0


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=40))
@settings(deadline=None, max_examples=60)
def test_loose_ends_move_once_and_no_farther_than_they_may(points):
    lines = [
        [(x * 0.35, y * 0.35), (x * 0.35 + 40 + 3 * i, y * 0.35 + 90)]
        for i, (x, y) in enumerate(points)
    ]
    rules = Rules(snap_m=1.0, crossings="keep")
    found = build(streets(*lines), rules=rules)
    given_ends = noding.line_ends(np.array(streets(*lines).geometry.array, dtype=object))
    near = shapely.distance(
        shapely.points(found.nodes)[:, None], shapely.points(given_ends.reshape(-1, 2))[None, :]
    ).min(axis=1)
    assert (near <= 1.0 + 1e-6).all()


@pytest.mark.parametrize(("crossings", "edges"), [("split", 4), ("keep", 2)])
def test_whoever_asks_may_say_whether_lines_that_cross_meet(crossings, edges):
    lines = streets([(0, 0), (100, 0)], [(50, -50), (50, 50)])
    assert len(build(lines, rules=Rules(crossings=crossings))) == edges


@pytest.mark.parametrize("gap", [0.4, -0.4])
def test_a_loose_end_is_drawn_to_the_street_that_it_was_meant_to_touch(gap):
    found = build(streets([(0, 0), (100, 0)], [(50, gap), (50, 50)]))
    assert found.island.max() == 0
    assert keys(found)["ends_snapped"] == 1 or keys(found)["crossings_split"] == 1


def test_an_end_that_is_farther_away_stays_where_it_is():
    found = build(streets([(0, 0), (100, 0)], [(50, 3), (50, 50)]))
    assert found.island.max() == 1
    assert found.remarks[-1]["largest"] == [
        {"metres": 47.0, "xy": [EAST + 50, NORTH + 3]},
    ]


def test_a_row_of_near_ends_is_not_drawn_together_from_afar():
    lines = [[(x, 0), (20 * x, 50)] for x in np.arange(0, 9, 0.9)]
    found = build(streets(*lines))
    metres = np.bincount(found.line, weights=found.metres)
    assert np.abs(metres - [np.hypot(19 * line[0][0], 50) for line in lines]).max() <= 1.0
    ends = np.add([line[0] for line in lines], (EAST, NORTH))
    gaps = np.hypot(*(found.nodes[:, None] - ends).transpose(2, 0, 1)).min(axis=0)
    assert gaps.max() <= 1.0


def test_what_may_not_be_walked_is_left_out_and_counted():
    kinds = ["footway", "motorway", "river", "motorway|steps", "motorway"]
    lines = [[(0, y), (10, y)] for y in range(0, 50, 10)]
    found = build(streets(*lines, kind=kinds, foot=[None, None, None, None, True]))
    assert sorted(found.line) == [0, 3, 4]
    assert keys(found)["not_walked"] == 2
    assert (found.ways & Way.STEPS).astype(bool).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("said", "flag"), [(1, Way.ONLY_FORWARD), ("-1", Way.ONLY_BACKWARD), ("yes", Way.ONLY_FORWARD)]
)
def test_only_what_is_said_of_walking_makes_a_way_for_one_direction(said, flag):
    lines = streets([(0, 0), (10, 0)], [(10, 0), (20, 0)], foot_oneway=[said, None], oneway=[1, 1])
    assert build(lines).ways.tolist() == [flag, 0]


def test_what_is_drawn_twice_counts_once():
    found = build(streets([(0, 0), (100, 0)], [(100, 0), (0, 0)], [(20, 0), (60, 0)]))
    assert found.metres.sum() == pytest.approx(100)
    assert sorted(found.metres.round(6)) == [20, 40, 40]


def test_loops_are_kept_and_points_and_broken_lines_are_counted():
    frame = streets([(0, 0), (50, 0), (50, 50), (0, 0)], [(5, 5), (5, 5)], [(0, 0), (-9, 0)])
    frame.loc[len(frame)] = [shapely.Point(EAST, NORTH)]
    frame.loc[len(frame)] = [shapely.from_wkt("LINESTRING EMPTY")]
    frame.loc[len(frame)] = [None]
    found = build(frame)
    assert len(found) == 2
    assert found.metres.max() == pytest.approx(100 + 50 * np.sqrt(2))
    assert keys(found) == {"no_line": 3, "no_length": 1}


def test_streets_of_no_use_are_refused_with_words():
    with pytest.raises(InvalidInput, match="no line"):
        build(streets())
    with pytest.raises(InvalidInput, match="may be walked"):
        build(streets([(0, 0), (1, 1)], kind=["motorway"]))
    with pytest.raises(InvalidInput, match="coordinate system"):
        build(streets([(0, 0), (1, 1)]).set_crs(None, allow_override=True))


whole = st.integers(0, 12)
segment = st.tuples(st.tuples(whole, whole), st.tuples(whole, whole)).filter(
    lambda one: one[0] != one[1]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(segment, min_size=1, max_size=12), st.data())
def test_edges_of_one_level_meet_only_at_nodes_and_no_metre_is_lost(segments, data):
    bridge = data.draw(st.lists(st.booleans(), min_size=len(segments), max_size=len(segments)))
    lines = streets(*[[np.multiply(end, 10.0) for end in one] for one in segments], bridge=bridge)
    rules = Rules(crossings="split", snap_m=0.0)
    found = build(lines, rules=rules)
    level = np.asarray(bridge)[found.line]
    shapes = found.lines
    for a in range(len(found)):
        for b in range(a):
            if level[a] != level[b]:
                continue
            common = shapely.intersection(shapes[a], shapes[b])
            spots = shapely.get_coordinates(common)
            ends = found.nodes[np.intersect1d(found.ends[a], found.ends[b])]
            for spot in spots:
                assert len(ends)
                assert np.hypot(*(ends - spot).T).min() < 2 * noding.SAME_M
    wanted = sum(
        shapely.length(shapely.union_all(lines.geometry[lines["bridge"] == one].array))
        for one in (True, False)
    )
    assert found.metres.sum() == pytest.approx(wanted, abs=0.1)


def test_places_join_the_nearest_street_that_is_worth_it():
    lines = streets([(0, 0), (1000, 0)], [(0, 300), (10, 300)])
    found = build(lines)
    dots = [(100, 30), (5, 310), (500, 900), (100, 30)]
    places = gpd.GeoSeries([shapely.Point(EAST + x, NORTH + y) for x, y in dots], crs=CRS)
    places[4] = None
    joints = join(found, places.to_crs(4326))
    assert joints.place.tolist() == [0, 3]
    assert joints.along_m == pytest.approx([100, 100], abs=0.01)
    assert joints.off_m == pytest.approx([30, 30], abs=0.01)
    assert dict(zip(joints.apart.tolist(), joints.reasons, strict=True)) == {
        1: "island",
        2: "far",
        4: "nowhere",
    }
