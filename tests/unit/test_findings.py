"""Each rule finds what is wrong, where, and what mends it; and nothing in a net without fault."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.demo import generate
from geodata.plans import units
from geodata.plans.actions import apply
from geodata.plans.findings import SENTENCES, examine
from geodata.plans.net import COUNTED, Net
from geodata.profiles import load_profile

CRS = "EPSG:4548"
EAST, NORTH = 500_000.0, 3_880_000.0
PROFILE = load_profile("linyi")
STREETS = [
    shapely.LineString([(EAST + x, NORTH - 50), (EAST + x, NORTH + 350)]) for x in (100, 200, 300)
]


def board(**changed) -> Net:
    """Four columns of three squares of 100 m, each column a grid of 360 households."""
    squares, rows = [], []
    for column in range(4):
        for row in range(3):
            x, y = EAST + 100 * column, NORTH + 100 * row
            squares.append(shapely.box(x, y, x + 100, y + 100))
            rows.append({"grid": column + 1, "households": 120})
    table = pd.DataFrame(rows, index=pd.RangeIndex(1, 13, name="unit"))
    for name, value in {
        "kind": "block",
        "compound": None,
        "closed": False,
        "community": "c",
    }.items():
        table[name] = pd.Series([value] * 12, index=table.index, dtype=object)
    for name in COUNTED:
        table[name] = pd.array(table.get(name, [pd.NA] * 12), dtype="Int64")
    table["grid"] = table["grid"].astype("Int64")
    table["homes"] = pd.Series([[] for _ in range(12)], index=table.index, dtype=object)
    for column, values in changed.items():
        for unit, value in values.items():
            table.loc[unit, column] = value
    grids = pd.DataFrame(
        {
            "code": [f"0{n}" for n in range(1, 5)],
            "name": [f"Grid {n}" for n in range(1, 5)],
            "community": "c",
            "locked": False,
            "worker": ["Li", "Wang", "Zhao", "Sun"],
        },
        index=pd.RangeIndex(1, 5, name="grid"),
    )
    lines = gpd.GeoDataFrame({"kind": "residential"}, geometry=STREETS, crs=CRS, index=range(3))
    frame = gpd.GeoDataFrame(table, geometry=np.array(squares, dtype=object), crs=CRS)
    return Net(frame, grids, lines, next_unit=13, next_grid=5)


def found(net: Net, **more):
    return examine(net, profile=PROFILE, **more)


def rules(findings) -> list[str]:
    return [one.rule for one in findings]


def mended(net: Net, finding, which: int = 0) -> Net:
    return apply(net, dict(finding.mends[which])).net


def test_nothing_is_found_in_a_net_without_fault():
    assert found(board()) == []


def test_ground_in_no_grid_is_a_gap_that_one_action_closes():
    net = board(grid={5: pd.NA})

    gaps = [one for one in found(net) if one.rule == "gap"]

    (gap,) = gaps
    assert gap.numbers["area_m2"] == pytest.approx(10_000)
    assert gap.numbers["units"] == [5]
    assert "gap" not in rules(found(mended(net, gap)))


def test_water_in_no_grid_is_no_gap():
    net = board(grid={5: pd.NA}, kind={5: "water"})

    assert "gap" not in rules(found(net))


def test_a_closed_compound_in_two_grids_is_cut_and_can_be_made_whole_either_way():
    net = board(compound={2: "k", 5: "k"}, closed={2: True, 5: True})

    (cut,) = [one for one in found(net) if one.rule == "compound_cut"]

    assert cut.severity == "error"
    assert set(cut.ids) == {1, 2}
    assert cut.numbers["compound"] == "k"
    for which in (0, 1):
        assert "compound_cut" not in rules(found(mended(net, cut, which)))


def test_an_open_compound_in_two_grids_is_told_but_keeps_nothing_from_being_published():
    net = board(compound={2: "k", 5: "k"})

    (one,) = [one for one in found(net) if one.rule.startswith("compound")]

    assert (one.rule, one.severity) == ("compound_in_two", "warning")


def test_a_compound_in_no_grid_is_found_and_given_to_a_neighbour():
    net = board(grid={5: pd.NA}, compound={5: "k"})

    (one,) = [one for one in found(net) if one.rule == "compound_unassigned"]

    assert "compound_unassigned" not in rules(found(mended(net, one)))


def test_a_grid_in_two_parts_is_found_and_the_smaller_part_given_away():
    net = board(grid={5: 1, 1: 2}, households={4: 5, 6: 5})

    parts = [one for one in found(net) if one.rule == "not_contiguous"]

    assert {one.ids for one in parts} == {(2,)}
    assert parts[0].numbers["parts"] == 2
    assert "not_contiguous" not in rules(found(mended(net, parts[0])))


def test_a_grid_above_the_band_gives_one_unit_so_that_both_are_in_it():
    net = board(households={1: 270, 2: 130, 3: 130, 4: 50})

    (large,) = [one for one in found(net) if one.rule == "too_large"]

    assert (large.ids, large.numbers["households"], large.numbers["high"]) == ((1,), 530, 500)
    assert large.mends == ({"action": "assign", "units": [3], "grid": 2},)
    assert set(rules(found(mended(net, large)))) <= {"off_street"}


def test_a_grid_below_the_band_is_merged_with_one_that_has_room():
    net = board(households={1: 20, 2: 20, 3: 20, 4: 100, 5: 100, 6: 100})

    (small,) = [one for one in found(net) if one.rule == "too_small"]

    assert small.ids == (1,)
    assert small.mends[0] == {"action": "merge", "grids": [2, 1]}
    assert "too_small" not in rules(found(mended(net, small)))


def test_a_grid_whose_households_are_unknown_is_neither_too_large_nor_too_small():
    net = board(households=dict.fromkeys(range(1, 13), pd.NA))

    assert found(net) == []


def test_a_grid_in_two_communities_is_found():
    net = board(community={1: "d"})

    (one,) = found(net)

    assert (one.rule, one.ids) == ("two_communities", (1,))
    assert sorted(one.numbers["communities"]) == ["c", "d"]


def test_a_border_beside_a_street_is_found_and_one_across_it_or_far_from_it_is_not():
    net = board()
    moved = [shapely.transform(line, lambda xy: xy + np.array([5.0, 0])) for line in STREETS]
    beside = Net(net.units, net.grids, net.lines.set_geometry(moved), 13, 5)
    far = [shapely.transform(line, lambda xy: xy + np.array([30.0, 0])) for line in STREETS]
    away = Net(net.units, net.grids, net.lines.set_geometry(far), 13, 5)

    off = found(beside)

    assert {one.ids for one in off} == {(1, 2), (2, 3), (3, 4)}
    assert off[0].numbers["length_m"] == pytest.approx(300)
    assert found(away) == []


def test_names_and_codes_given_twice_are_found():
    net = board()
    net.grids.loc[2, ["name", "code"]] = net.grids.loc[1, ["name", "code"]]

    assert {one.rule: one.ids for one in found(net)} == {
        "duplicate_code": (1, 2),
        "duplicate_name": (1, 2),
    }


def test_a_grid_without_a_worker_is_told_where_others_have_one():
    net = board()
    net.grids.loc[3, "worker"] = None
    assert [(one.rule, one.ids, one.severity) for one in found(net)] == [
        ("no_worker", (3,), "note")
    ]

    net.grids["worker"] = None
    assert found(net) == []


def test_grids_beyond_the_reach_of_stations_are_found():
    near = shapely.Point(EAST - 670, NORTH + 150)

    far = found(board(), stations=[near])

    assert {(one.rule, one.ids) for one in far} == {("no_station", (3,)), ("no_station", (4,))}
    assert {one.rule for one in found(board(), stations=[])} == {"no_station"}


def test_a_thin_strip_is_a_sliver():
    net = board()
    strip = shapely.box(EAST, NORTH - 2, EAST + 100, NORTH)
    row = net.units.loc[[1]].copy()
    row.geometry, row["grid"] = [strip], 4
    row.index = pd.Index([13], name="unit")
    cut = gpd.GeoDataFrame(pd.concat([net.units, row]), crs=CRS)

    slivers = [one for one in found(Net(cut, net.grids, net.lines, 14, 5)) if one.rule == "sliver"]

    (one,) = slivers
    assert one.ids == (4,)
    assert one.numbers["width_m"] == pytest.approx(1.96, abs=0.1)


def test_only_findings_that_touch_the_grids_asked_for_are_given():
    net = board(compound={2: "k", 5: "k"}, closed={2: True, 5: True})

    assert rules(found(net, grids=[4])) == []
    assert rules(found(net, grids=[2])) == ["compound_cut"]


def test_a_finding_says_in_both_languages_what_is_wrong_and_lies_where_it_is():
    net = board(compound={2: "k", 5: "k"}, closed={2: True, 5: True})

    (one,) = found(net)

    assert one.read("en") == "The closed compound k is cut between Grid 1, Grid 2."
    assert one.read("zh") == "封闭小区 k 被切割到 Grid 1、Grid 2。"
    west, south, east, north = one.where.box
    assert west <= one.where.lon <= east
    assert south <= one.where.lat <= north
    told = one.as_dict("en")
    assert {"rule", "severity", "where", "ids", "area_m2", "mends", "message", "key"} <= set(told)


def test_every_rule_has_its_sentence_and_the_profile_knows_no_other():
    from geodata.plans.findings import RULES

    assert {rule.RULE for rule in RULES} == set(SENTENCES)
    assert set(PROFILE.plans.blocking) | set(PROFILE.plans.noted) <= set(SENTENCES)


def test_the_faults_planted_in_the_demo_city_are_found_and_no_others():
    city = generate(cases=0)
    frames = {name: frame[frame["ended"].isna()] for name, frame in city.layers().items()}
    areas = frames["areas"][frames["areas"]["level"] == "community"]
    net = units.build(areas, frames["compounds"], frames["streets"], buildings=frames["buildings"])
    net, changes = units.assign(net, frames["grids"])

    code = net.grids["code"].to_dict()
    told = {(one.rule, frozenset(code[it] for it in one.ids)) for one in found(net)}

    for fault in city.faults:
        if fault.kind == "overlap":  # grids that overlap are settled when laid on units
            assert {one.was for one in changes} | {one.now for one in changes} == set(fault.grids)
        else:
            assert (fault.kind, frozenset(fault.grids)) in told
    planted = {one.kind for one in city.faults}
    assert {rule for rule, _ in told} <= planted | {"too_small", "off_street"}


def test_a_grid_without_a_name_is_called_as_on_the_map_and_compounds_by_their_names():
    net = board(compound={2: "k1", 5: "k1"}, closed={2: True, 5: True}, community={2: "c", 5: "c"})
    net = replace(net, grids=net.grids.assign(code=None, name=None))

    (cut,) = [one for one in found(net, names={"k1": "枣园小区"}) if one.rule == "compound_cut"]

    assert cut.read("zh") == "封闭小区 枣园小区 被切割到 新网格 1、新网格 2。"
    assert cut.numbers["compound"] == "k1"


def test_a_border_on_a_wall_needs_no_street_though_one_runs_beside_it():
    beside = shapely.LineString([(EAST + 105, NORTH - 50), (EAST + 105, NORTH + 350)])
    wall = shapely.LineString([(EAST + 100, NORTH), (EAST + 100, NORTH + 300)])

    def told(kinds, shapes):
        lines = gpd.GeoDataFrame({"kind": kinds}, geometry=shapes, crs=CRS)
        return [one.ids for one in found(replace(board(), lines=lines)) if one.rule == "off_street"]

    assert told(["residential"], [beside]) == [(1, 2)]
    assert told(["residential", "wall"], [beside, wall]) == []
