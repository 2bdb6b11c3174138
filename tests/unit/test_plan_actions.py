"""What people do to a net, one action at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from made_nets import at, cells, lattice
from shapely import LineString, MultiPolygon, Polygon

from geodata.plans.actions import Refused, apply, part_of, reach_of
from geodata.plans.actions.counting import portions
from geodata.plans.net import COUNTED, Net


def ground(net: Net, grid: int) -> shapely.Geometry:
    return shapely.union_all(net.of(grid).geometry.to_numpy())


def is_sound(net: Net, before: Net) -> bool:
    """A coverage of the same ground with the same sums."""
    shapes, old = net.units.geometry.to_numpy(), before.units.geometry.to_numpy()
    sums = [frame[list(COUNTED)].sum().tolist() for frame in (net.units, before.units)]
    return (
        bool(shapely.coverage_is_valid(shapes))
        and bool(shapely.is_valid(shapes).all())
        and abs(shapely.area(shapes).sum() - shapely.area(old).sum())
        < 1e-6 * shapely.area(old).sum()
        and sums[0] == sums[1]
        and set(net.units["grid"].dropna()) == set(net.grids.index)
    )


def refused(net: Net, **action: object) -> str:
    with pytest.raises(Refused) as found:
        apply(net, action)
    return found.value.reason


HALVES = lattice(4, 2, grid_of=lambda c, r: 1 if c < 2 else 2)


def test_a_drawn_polygon_becomes_a_grid_and_cuts_the_units_that_its_border_runs_through():
    step = apply(
        HALVES,
        {"action": "draw", "polygon": Polygon(at((150, 50), (250, 50), (250, 150), (150, 150)))},
    )
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 3).area == pytest.approx(10_000)
    assert step.units_removed == (2, 3, 6, 7)
    assert len(step.units_added) == 8
    assert step.grids_added == (3,)
    assert step.grids_redrawn == (1, 2, 3)
    assert HALVES.next_unit == 9


def test_a_polygon_with_a_hole_leaves_an_island_to_who_had_it():
    ring = Polygon(
        at((20, 20), (180, 20), (180, 180), (20, 180)),
        [at((60, 60), (140, 60), (140, 140), (60, 140))],
    )
    step = apply(HALVES, {"action": "draw", "polygon": ring})
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 3).equals(ring)
    assert isinstance(ground(step.net, 1), MultiPolygon)


def test_a_split_line_gives_its_ends_to_the_neighbour():
    step = apply(
        HALVES, {"action": "split", "grid": 1, "line": LineString(at((-5, 50), (200, 50)))}
    )
    assert is_sound(step.net, HALVES)
    assert step.units_changed == (3,)
    corners = shapely.get_coordinates(step.net.units.geometry.loc[3])
    assert (corners == at((200, 50))[0]).all(axis=1).any()


def test_a_line_across_several_grids_splits_each_of_them():
    step = apply(HALVES, {"action": "split", "line": LineString(at((-5, 50), (405, 50)))})
    assert is_sound(step.net, HALVES)
    assert step.grids_added == (3, 4)
    assert {round(ground(step.net, grid).area) for grid in (1, 2)} == {30_000}


def test_a_closed_line_cuts_an_island_out_of_a_grid():
    loop = LineString(at((50, 50), (150, 50), (150, 150), (50, 150), (50, 50)))
    step = apply(HALVES, {"action": "split", "line": loop})
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 3).area == pytest.approx(10_000)
    assert len(shapely.get_rings(ground(step.net, 1))) == 2


def test_a_line_through_a_bent_grid_gives_a_grid_for_every_prong():
    net = lattice(3, 3, grid_of=lambda c, r: 2 if (c, r) == (1, 2) else 1)
    step = apply(net, {"action": "split", "grid": 1, "line": LineString(at((-5, 250), (305, 250)))})
    assert is_sound(step.net, net)
    assert len(step.grids_added) == 2


def test_a_line_drawn_along_a_border_a_little_off_leaves_no_slivers():
    line = LineString(at((-1, 100.3), (120, 99.6), (401, 100.2)))
    step = apply(HALVES, {"action": "split", "line": line})
    assert is_sound(step.net, HALVES)
    assert step.units_removed == ()
    assert ground(step.net, 3).area == pytest.approx(20_000)


def test_slivers_further_off_than_lines_snap_stay_with_the_rest_of_their_unit():
    line = LineString(at((-1, 100.8), (401, 100.8)))
    step = apply(HALVES, {"action": "split", "line": line})
    assert is_sound(step.net, HALVES)
    assert step.units_removed == ()
    assert step.joined == 4
    assert ground(step.net, 3).area == pytest.approx(20_000)


def test_buildings_fall_to_the_part_they_stand_in_and_other_counts_go_by_area():
    net = lattice(2, 1)
    step = apply(net, {"action": "split", "line": LineString(at((-1, 60), (201, 60)))})
    of_built = step.net.units.loc[list(step.units_added)].iloc[2:]
    for _unit, row in of_built.iterrows():
        homes = row["homes"]
        assert row["households"] == sum(home[2] for home in homes)
        assert all(row.geometry.covers(shapely.Point(home[:2])) for home in homes)
    by_area = step.net.units.loc[list(step.units_added)].iloc[:2]
    whole = int(net.units.loc[1, "households"])
    assert by_area["households"].sum() == whole
    assert abs(by_area["households"].max() - 0.6 * whole) <= 1


def test_unknown_counts_stay_unknown():
    net = lattice(2, 1)
    net.units["residents"] = pd.array([None, 7], dtype="Int64")
    step = apply(net, {"action": "split", "line": LineString(at((-1, 60), (201, 60)))})
    assert step.net.units["residents"].isna().sum() == 2
    assert step.net.units["residents"].sum() == 7


def test_merged_grids_are_one_and_keep_the_first_ones_number():
    step = apply(HALVES, {"action": "merge", "grids": [2, 1]})
    assert is_sound(step.net, HALVES)
    assert step.grids_removed == (1,)
    assert ground(step.net, 2).area == pytest.approx(80_000)


def test_units_of_a_removed_grid_go_to_the_neighbour_with_the_longest_border():
    net = lattice(4, 1, grid_of=lambda c, r: (1, 2, 2, 3)[c])
    step = apply(net, {"action": "remove", "grid": 2, "units_to": "neighbours"})
    assert step.net.units["grid"].tolist() == [1, 1, 3, 3]
    none = apply(net, {"action": "remove", "grid": 2})
    assert none.net.units["grid"].isna().tolist() == [False, True, True, False]
    assert is_sound(none.net, net)


def test_units_handed_over_may_leave_a_grid_in_pieces():
    net = lattice(3, 1, grid_of=lambda c, r: 1)
    other = apply(
        net, {"action": "draw", "polygon": Polygon(at((100, 0), (200, 0), (200, 100), (100, 100)))}
    )
    assert other.units_removed == ()
    assert isinstance(ground(other.net, 1), MultiPolygon)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"action": "paint"}, "unknown_action"),
        ({"action": "split", "line": LineString(at((-5, 50), (150, 50)))}, "line_ends_inside"),
        (
            {"action": "split", "line": LineString(at((-5, 50), (150, 50), (150, 150), (50, -5)))},
            "self_crossing",
        ),
        ({"action": "split", "line": LineString(at((-5, 0.8), (405, 0.8)))}, "crumbs"),
        ({"action": "split", "line": LineString(at((-5, -50), (405, -50)))}, "misses"),
        ({"action": "split", "line": LineString(at((5, 5), (5, 5)))}, "no_length"),
        ({"action": "split", "line": LineString([(0, np.inf), (np.inf, 0)])}, "no_place"),
        ({"action": "split", "line": LineString()}, "no_place"),
        ({"action": "split", "line": "LINESTRING (0 0, 1 1)"}, "not_a_line"),
        (
            {"action": "split", "grid": 9, "line": LineString(at((-5, 50), (405, 50)))},
            "unknown_grid",
        ),
        ({"action": "draw", "polygon": Polygon(at((-50, 0), (-10, 0), (-10, 50)))}, "outside"),
        (
            {"action": "draw", "polygon": Polygon(at((50, 50), (52, 50), (52, 52), (50, 52)))},
            "crumbs",
        ),
        (
            {"action": "draw", "polygon": Polygon(at((0, 0), (100, 100), (100, 0), (0, 100)))},
            "self_crossing",
        ),
        (
            {
                "action": "draw",
                "polygon": Polygon(
                    at((0, 0), (200, 0), (200, 200), (0, 200)),
                    [
                        at((50, 50), (150, 50), (150, 150), (50, 150)),
                        at((80, 80), (120, 80), (120, 120), (80, 120)),
                    ],
                ),
            },
            "nested_holes",
        ),
        (
            {"action": "draw", "polygon": Polygon(at((0, 0), (200, 0), (200, 200), (0, 200)))},
            "nothing_changes",
        ),
        (
            {"action": "draw", "polygon": shapely.Point(*at((50, 50))[0]).buffer(40, 300_000)},
            "too_many_points",
        ),
        ({"action": "merge", "grids": [1]}, "one_grid"),
        ({"action": "merge", "grids": [1, 1]}, "one_grid"),
        ({"action": "merge", "grids": [1, 7]}, "unknown_grid"),
        ({"action": "assign", "units": [], "grid": 1}, "no_units"),
        ({"action": "assign", "units": [99], "grid": 1}, "unknown_unit"),
        ({"action": "assign", "units": [1.5], "grid": 1}, "unknown_unit"),
        ({"action": "assign", "units": [1], "grid": "x"}, "unknown_grid"),
        ({"action": "assign", "units": [1], "grid": 1}, "nothing_changes"),
        ({"action": "rename", "grid": 1, "name": " "}, "no_name"),
        ({"action": "rename", "grid": 1, "name": "长" * 101}, "name_too_long"),
        ({"action": "rename", "grid": 1, "name": "第1网格"}, "nothing_changes"),
        ({"action": "unlock", "grid": 1}, "nothing_changes"),
        ({"action": "remove", "grid": 1, "units_to": "me"}, "units_to"),
        ({"action": "remove"}, "unknown_grid"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(action, reason):
    assert refused(HALVES, **action) == reason


def test_grids_that_do_not_touch_are_not_merged():
    net = lattice(3, 1, grid_of=lambda c, r: c + 1)
    assert refused(net, action="merge", grids=[1, 3]) == "not_neighbours"
    assert (
        refused(
            lattice(2, 2, grid_of=lambda c, r: 1 + (c + r) % 2 * (1 + c)),
            action="merge",
            grids=[2, 3],
        )
        == "not_neighbours"
    )


@pytest.mark.parametrize(
    "action",
    [
        {"action": "draw", "polygon": Polygon(at((50, 50), (150, 50), (150, 150)))},
        {"action": "split", "line": LineString(at((-5, 50), (405, 50)))},
        {"action": "merge", "grids": [2, 1]},
        {"action": "assign", "units": [3], "grid": 1},
        {"action": "assign", "units": [1], "grid": None},
        {"action": "rename", "grid": 1, "name": "新"},
        {"action": "remove", "grid": 1},
    ],
)
def test_nothing_is_done_to_a_locked_grid(action):
    net = apply(HALVES, {"action": "lock", "grid": 1}).net
    assert refused(net, **action) == "locked"
    apply(apply(net, {"action": "unlock", "grid": 1}).net, action)


def test_the_net_before_stays_as_it_was():
    net = cells(40, 5, seed=4)
    kept = net.units.copy(deep=True), net.grids.copy(deep=True)
    step = apply(net, {"action": "split", "line": LineString(at((-10, 500), (1010, 470)))})
    assert is_sound(step.net, net)
    pd.testing.assert_frame_equal(pd.DataFrame(net.units), pd.DataFrame(kept[0]))
    pd.testing.assert_frame_equal(net.grids, kept[1])


def test_a_reshaped_border_moves_both_sides_together():
    line = LineString(at((200, 20), (240, 50), (260, 120), (200, 180)))
    step = apply(HALVES, {"action": "reshape", "line": line})
    assert is_sound(step.net, HALVES)
    gained = Polygon(at((200, 20), (240, 50), (260, 120), (200, 180))).area
    assert ground(step.net, 1).area == pytest.approx(40_000 + gained, abs=0.1)
    assert step.grids_redrawn == (1, 2)
    assert step.grids_added == ()


def test_a_reshaped_border_that_crosses_the_old_one_gives_and_takes():
    line = LineString(at((200, 20), (240, 60), (160, 140), (200, 180)))
    step = apply(HALVES, {"action": "reshape", "line": line})
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 1).covers(shapely.Point(at((215, 60))[0]))
    assert ground(step.net, 2).covers(shapely.Point(at((185, 140))[0]))
    assert ground(step.net, 1).area == pytest.approx(40_000, abs=0.1)


def test_a_border_reshaped_over_most_of_a_grid_leaves_what_reaches_the_edge():
    net = lattice(4, 2, grid_of=lambda c, r: 1 if c < 2 else 2)
    line = LineString(at((200, 0), (5, 5), (5, 195), (200, 200)))
    step = apply(net, {"action": "reshape", "line": line})
    assert is_sound(step.net, net)
    assert ground(step.net, 1).area < 2_000


def test_the_border_round_an_island_is_reshaped():
    net = lattice(3, 3, grid_of=lambda c, r: 2 if (c, r) == (1, 1) else 1)
    out = apply(
        net, {"action": "reshape", "line": LineString(at((120, 200), (150, 240), (180, 200)))}
    )
    assert is_sound(out.net, net)
    assert ground(out.net, 2).area == pytest.approx(11_200, abs=0.1)
    back = apply(
        net, {"action": "reshape", "line": LineString(at((120, 200), (150, 160), (180, 200)))}
    )
    assert ground(back.net, 2).area == pytest.approx(8_800, abs=0.1)


def test_a_dragged_corner_moves_the_border_of_both_grids():
    step = apply(
        HALVES,
        {
            "action": "drag",
            "from": shapely.Point(at((200, 100))[0]),
            "to": shapely.Point(at((230, 100))[0]),
        },
    )
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 1).area == pytest.approx(40_000 + 30 * 200 / 2, abs=0.1)


def test_a_border_taken_between_its_corners_gets_a_corner_there():
    step = apply(
        HALVES,
        {
            "action": "drag",
            "from": shapely.Point(at((200.3, 57))[0]),
            "to": shapely.Point(at((150, 57))[0]),
        },
    )
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 1).area == pytest.approx(40_000 - 50 * 200 / 2, abs=0.5)


JUNCTION = lattice(4, 4, grid_of=lambda c, r: 3 if r > 1 else 1 if c < 2 else 2)


def test_a_dragged_junction_moves_the_borders_of_all_three_grids():
    step = apply(
        JUNCTION,
        {
            "action": "drag",
            "from": shapely.Point(at((200, 200))[0]),
            "to": shapely.Point(at((180, 150))[0]),
        },
    )
    assert is_sound(step.net, JUNCTION)
    assert step.grids_redrawn == (1, 2, 3)
    corner = shapely.Point(at((180, 150))[0])
    assert all(ground(step.net, grid).boundary.dwithin(corner, 0.001) for grid in (1, 2, 3))
    assert all(isinstance(ground(step.net, grid), Polygon) for grid in (1, 2, 3))


def test_a_border_is_dragged_along_the_edge_of_the_plan_but_not_off_it():
    along = {
        "action": "drag",
        "from": shapely.Point(at((200, 0))[0]),
        "to": shapely.Point(at((250, 0.4))[0]),
    }
    step = apply(HALVES, along)
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 1).area == pytest.approx(40_000 + 50 * 200 / 2, abs=0.5)
    inside = along | {"to": shapely.Point(at((250, 40))[0])}
    assert refused(HALVES, **inside) == "outer_border"
    corner = along | {"from": shapely.Point(at((0, 0))[0])}
    assert refused(HALVES, **corner) == "outer_border"


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"action": "reshape", "line": LineString(at((20, 20), (80, 80)))}, "one_side"),
        ({"action": "reshape", "line": LineString(at((200, 20), (280, 80)))}, "line_ends_inside"),
        ({"action": "reshape", "line": LineString(at((200, 0), (200, 200)))}, "one_side"),
        (
            {"action": "reshape", "line": LineString(at((200, 20), (200.8, 50), (200, 80)))},
            "crumbs",
        ),
        ({"action": "drag", "from": (1, 2), "to": shapely.Point(1, 2)}, "not_a_point"),
        (
            {
                "action": "drag",
                "from": shapely.Point(at((50, 50))[0]),
                "to": shapely.Point(at((60, 60))[0]),
            },
            "no_border",
        ),
        (
            {
                "action": "drag",
                "from": shapely.Point(at((200, 50))[0]),
                "to": shapely.Point(at((900, 50))[0]),
            },
            "outer_border",
        ),
        (
            {
                "action": "drag",
                "from": shapely.Point(at((200, 100))[0]),
                "to": shapely.Point(at((200, 100))[0]),
            },
            "nothing_changes",
        ),
    ],
)
def test_a_border_that_cannot_be_moved_so_is_refused_with_its_reason(action, reason):
    assert refused(HALVES, **action) == reason


def test_a_border_is_not_dragged_across_another():
    action = {
        "action": "drag",
        "from": shapely.Point(at((200, 200))[0]),
        "to": shapely.Point(at((50, 395))[0]),
    }
    net = lattice(4, 4, grid_of=lambda c, r: (4 if r == 3 else 3) if r > 1 else 1 if c < 2 else 2)
    assert refused(net, **action) == "crosses"


def test_a_border_is_not_moved_into_a_locked_grid():
    net = apply(HALVES, {"action": "lock", "grid": 2}).net
    line = LineString(at((200, 20), (160, 50), (200, 180)))
    assert refused(net, action="reshape", line=line) == "locked"


@given(
    total=st.integers(0, 10**7),
    weights=st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1, max_size=30),
)
def test_portions_add_up_and_are_as_near_to_the_weights_as_can_be(total, weights):
    given_out = portions(total, weights)
    assert given_out.sum() == total
    whole = sum(weights)
    if whole > 0:
        exact = total * np.array(weights) / whole
        assert (np.abs(given_out - exact) < 1 + 1e-6 * total).all()


def test_a_drawn_grid_has_the_name_that_it_was_given_and_the_community_of_most_of_its_ground():
    net = lattice(4, 2)
    net.units["community"] = ["371311001001"] * 4 + ["371311001002"] * 4
    shape = Polygon(at((100, 80), (300, 80), (300, 200), (100, 200)))
    step = apply(net, {"action": "draw", "polygon": shape, "name": " 幸福第二网格 "})
    row = step.net.grids.loc[step.grids_added[0]]
    assert row["name"] == "幸福第二网格"
    assert row["community"] == "371311001002"


def test_a_polygon_that_reaches_beyond_the_ground_takes_what_is_inside():
    shape = Polygon(at((-500, -500), (100, -500), (100, 500), (-500, 500)))
    step = apply(HALVES, {"action": "draw", "polygon": shape})
    assert is_sound(step.net, HALVES)
    assert ground(step.net, 3).area == pytest.approx(20_000)
    assert step.units_removed == ()


def test_an_action_reaches_the_grids_it_names_and_the_place_where_it_draws():
    line = LineString(at((0, 0), (10, 10)))
    found = reach_of({"action": "split", "grid": 3, "grids": [4, "x"], "units": [7], "line": line})
    assert found.grids == (3, 4)
    assert found.units == (7,)
    assert found.shape.covers(line)
    assert reach_of({"action": "lock", "grid": None}).shape is None


def test_a_grid_of_which_nothing_is_left_is_gone():
    step = apply(HALVES, {"action": "assign", "units": [1, 2, 5, 6], "grid": 2})
    assert step.grids_removed == (1,)
    assert 1 not in step.net.grids.index
    assert step.net.next_grid == HALVES.next_grid


def test_a_grid_grows_into_ground_of_no_grid_when_its_border_is_drawn_there():
    net = apply(HALVES, {"action": "remove", "grid": 2}).net
    line = LineString(at((200, 10), (350, 10), (350, 190), (200, 190)))
    action = {"action": "reshape", "line": line}
    step = apply(net, action)
    assert is_sound(step.net, net)
    assert ground(step.net, 1).area == pytest.approx(40_000 + 150 * 180, abs=1)
    assert apply(part_of(net, action), action).units_added == step.units_added
