"""Compounds and blocks heavier than the band, cut between their buildings."""

from __future__ import annotations

import time
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from trying import tries

from geodata.plans.coverage import RASTER_M
from geodata.plans.findings import examine
from geodata.plans.net import COUNTED, Net
from geodata.plans.proposal.propose import laid, propose
from geodata.profiles import load_profile
from geodata.spreading import Hands

EAST, NORTH = 500_000.0, 3_900_000.0
CORNER = np.array((EAST, NORTH))
LOW, HIGH = 300, 500


def building(x, y, households, **counts):
    """A building as a unit knows it."""
    known = dict.fromkeys(COUNTED, households) | {"buildings": 1} | counts
    return [EAST + x, NORTH + y, *(known[name] for name in COUNTED)]


def unit(shape, homes=(), *, households=None, compound=None, closed=False, community="C"):
    """One row; its counts are those of its buildings if there are any."""
    sums = {name: sum(home[2 + k] for home in homes) for k, name in enumerate(COUNTED)}
    if households is not None:
        sums = dict.fromkeys(COUNTED, households)
    return {
        "geometry": shapely.transform(shape, lambda at: at + CORNER),
        "grid": None,
        "kind": "block" if compound is None else "compound",
        "compound": compound,
        "closed": closed,
        "community": community,
        **sums,
        "homes": [list(home) for home in homes],
    }


def net_of(rows):
    frame = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="unit"))
    for name in ("grid", *COUNTED):
        frame[name] = frame[name].astype("Int64")
    units = gpd.GeoDataFrame(frame, geometry="geometry", crs=4548)
    grids = pd.DataFrame(
        {name: pd.Series(dtype=object) for name in ("code", "name", "community", "worker")}
        | {"locked": pd.Series(dtype=bool)},
        index=pd.Index([], name="grid", dtype="int64"),
    )
    return Net(units, grids, None, len(rows) + 1, 1)


def rows_of_houses(columns, rows, households, *, side=20.0, x=0.0, y=0.0):
    """Buildings in rows, ``side`` metres apart."""
    return [
        building(x + side * (c + 0.5), y + side * (r + 0.5), households)
        for r in range(rows)
        for c in range(columns)
    ]


def estate(households=28, *, columns=5, rows=6, closed=True, x=0.0):
    """A compound of 30 buildings on 100 × 120 m."""
    return unit(
        shapely.box(x, 0, x + 20 * columns, 20 * rows),
        rows_of_houses(columns, rows, households, x=x),
        compound="estate",
        closed=closed,
    )


def sizes(net):
    return sorted(net.units.groupby("grid")["households"].sum().tolist())


def prove_same_ground(before: Net, after: Net) -> None:
    """The units are a coverage of the same ground with the same counts and buildings."""
    shapes = after.units.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(
        shapely.area(before.units.geometry.to_numpy()).sum(), abs=1e-3
    )
    steps = shapely.get_coordinates(shapes) / RASTER_M
    assert np.abs(steps - np.round(steps)).max() < 1e-3
    for name in COUNTED:
        assert after.units[name].sum() == before.units[name].sum()
    spots = lambda net: sorted(tuple(h) for homes in net.units["homes"] for h in homes)  # noqa: E731
    assert spots(after) == spots(before)
    assert after.units.index.is_unique


@pytest.mark.parametrize("closed", [True, False])
def test_a_compound_heavier_than_the_band_is_cut_between_its_buildings(closed):
    net = net_of([estate(closed=closed)])  # 840 households
    found = propose(net, low=LOW, high=HIGH)
    assert found.obstacles == []
    prove_same_ground(net, found.net)
    assert len(sizes(found.net)) == 2
    assert all(LOW <= size <= HIGH for size in sizes(found.net))
    (cut,) = found.cuts
    assert (cut.compound, cut.households, cut.grids) == ("estate", 840, 2)
    assert sorted(cut.units) == found.net.units.index.tolist()
    for shape, homes in zip(found.net.units.geometry, found.net.units["homes"], strict=True):
        assert all(shape.contains(shapely.Point(home[:2])) for home in homes)


def test_a_heavy_block_is_cut_as_well():
    net = net_of([unit(shapely.box(0, 0, 100, 120), rows_of_houses(5, 6, 28))])
    found = propose(net, low=LOW, high=HIGH)
    assert sizes(found.net) == [420, 420]
    assert found.cuts[0].compound is None


def test_the_border_runs_where_the_gap_between_buildings_is_wide():
    west, east = rows_of_houses(3, 5, 28), rows_of_houses(3, 5, 28, x=110.0)
    shape = shapely.box(0, 0, 170, 100)
    net = net_of([unit(shape, west + east, compound="estate", closed=True)])
    found = propose(net, low=LOW, high=HIGH).net
    assert sizes(found) == [420, 420]
    one, other = found.units.geometry
    border = shapely.intersection(one, other)
    xs = shapely.get_coordinates(border)[:, 0] - EAST
    assert xs.min() > 60
    assert xs.max() < 110


def test_neighbours_get_the_new_points_and_the_light_part_joins_one():
    beside = unit(shapely.box(100, 0, 200, 120), households=100)
    net = net_of([estate(18, columns=5, rows=6), beside])  # 540: no number of parts fits
    found = propose(net, low=LOW, high=HIGH)
    assert found.obstacles == []
    prove_same_ground(net, found.net)
    assert all(LOW <= size <= HIGH for size in sizes(found.net))


def test_a_compound_that_was_cut_before_is_not_cut_again():
    net = propose(net_of([estate()]), low=LOW, high=HIGH).net
    again = propose(net, low=LOW, high=HIGH, seed=7).net
    assert again.units.geometry.geom_equals_exact(net.units.geometry, 0).all()
    assert sizes(again) == sizes(net)


def test_a_compound_too_large_for_one_grid_is_no_finding_where_it_is_cut():
    profile = load_profile("linyi")
    heavy = propose(net_of([estate()]), low=LOW, high=HIGH).net
    assert "compound_cut" not in {one.rule for one in examine(heavy, profile=profile)}
    light = propose(net_of([estate(10)]), low=100, high=200).net
    assert "compound_cut" in {one.rule for one in examine(light, profile=profile)}


def test_closed_compounds_within_the_band_stay_whole_beside_a_heavy_one():
    small = unit(
        shapely.box(100, 0, 200, 120), rows_of_houses(5, 6, 12, x=100), compound="B", closed=True
    )
    found = propose(net_of([estate(), small]), low=LOW, high=HIGH).net
    assert len(set(found.units.loc[found.units["compound"] == "B", "grid"])) == 1
    assert len(found.units) == 3


def test_a_heavy_compound_without_buildings_is_named_and_all_else_divided():
    rest = [unit(shapely.box(100 * k, 100, 100 * k + 100, 200), households=100) for k in range(8)]
    heavy = unit(shapely.box(0, 0, 800, 100), households=812, compound="estate", closed=True)
    found = propose(net_of([heavy, *rest]), low=LOW, high=HIGH)
    (obstacle,) = found.obstacles
    assert (obstacle.reason, obstacle.units, obstacle.weight) == ("no_buildings", [1], 812)
    assert obstacle.helps == {"high": 812}
    assert sizes(found.net)[-1] == 812
    assert all(LOW <= size <= HIGH for size in sizes(found.net)[:-1])


def test_a_single_building_heavier_than_the_band_is_named_and_the_rest_divided():
    homes = [building(20, 20, 600), *rows_of_houses(5, 6, 28, x=50)]
    net = net_of([unit(shapely.box(0, 0, 150, 120), homes, compound="tower", closed=True)])
    found = propose(net, low=LOW, high=HIGH)
    (obstacle,) = found.obstacles
    assert (obstacle.reason, obstacle.weight, obstacle.helps) == (
        "one_building",
        600,
        {"high": 600},
    )
    assert sizes(found.net) == [420, 420, 600]
    assert len(obstacle.units) == 1
    prove_same_ground(net, found.net)
    again = propose(found.net, low=LOW, high=HIGH, seed=5)
    assert again.net.units.index.equals(found.net.units.index)


def test_a_tower_alone_on_its_ground_is_not_cut():
    net = net_of([unit(shapely.box(0, 0, 99, 99), [building(20, 20, 600)], compound="T")])
    found = propose(net, low=LOW, high=HIGH)
    assert [one.reason for one in found.obstacles] == ["one_building"]
    assert (len(found.net.units), found.cuts) == (1, [])


def test_pockets_beside_a_heavy_compound_are_named_each():
    heavy = unit(shapely.box(100, 0, 200, 100), households=900, compound="estate", closed=True)
    west = unit(shapely.box(0, 0, 100, 100), households=50)
    east = unit(shapely.box(200, 0, 300, 100), households=70)
    found = propose(net_of([heavy, west, east]), low=LOW, high=HIGH)
    assert [one.reason for one in found.obstacles] == ["no_buildings", "too_light", "too_light"]
    assert found.net.units["grid"].notna().all()


def test_ground_where_nobody_lives_joins_the_heavy_one_beside_it():
    heavy = unit(shapely.box(100, 0, 200, 100), households=900, compound="estate", closed=True)
    park = unit(shapely.box(0, 0, 100, 100), households=0)
    found = propose(net_of([heavy, park]), low=LOW, high=HIGH)
    assert len(sizes(found.net)) == 1
    assert [one.reason for one in found.obstacles] == ["no_buildings"]


def test_a_community_without_households_says_so():
    net = net_of([unit(shapely.box(100 * k, 0, 100 * k + 100, 100), households=0) for k in (0, 1)])
    found = propose(net, low=LOW, high=HIGH)
    assert [one.reason for one in found.obstacles] == ["no_households"]
    assert len(sizes(found.net)) == 1


def test_pieces_of_a_closed_compound_that_do_not_touch_are_said_to_be_apart():
    pieces = [
        unit(shapely.box(x, 0, x + 100, 100), households=200, compound="estate", closed=True)
        for x in (0, 300)
    ]
    between = unit(shapely.box(100, 0, 300, 100), households=400)
    found = propose(net_of([*pieces, between]), low=150, high=HIGH)
    assert sizes(found.net) == [200, 200, 400]
    assert [one.reason for one in found.obstacles] == ["apart"]


def test_pieces_of_a_closed_compound_that_cannot_be_cut_are_not_one_grid_either():
    pieces = [
        unit(shapely.box(x, 0, x + 100, 100), households=700, compound="estate", closed=True)
        for x in (0, 300)
    ]
    between = unit(shapely.box(100, 0, 300, 100), households=400)
    found = propose(net_of([*pieces, between]), low=LOW, high=HIGH)
    assert sizes(found.net) == [400, 700, 700]
    assert [one.reason for one in found.obstacles] == ["no_buildings", "no_buildings"]


def test_what_was_told_last_is_the_net_that_is_laid():
    rest = [unit(shapely.box(100 * k, 120, 100 * k + 100, 220), households=100) for k in range(8)]
    net = net_of([estate(), *rest])
    last = []

    def told(share, best):
        last.append(best())
        return False

    found = propose(net, low=LOW, high=HIGH, seed=4, told=told).net
    again = laid(net, last[-1].parts, low=LOW, high=HIGH, seed=4)
    assert again.units["grid"].equals(found.units["grid"])
    assert again.units.geometry.geom_equals_exact(found.units.geometry, 0).all()
    assert again.grids.equals(found.grids)


@st.composite
def towns(draw):
    """Cells of random points with buildings, some closed compounds, some too heavy."""
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    count = draw(st.integers(2, 25))
    size = 120.0 * np.sqrt(count)
    box = shapely.box(EAST, NORTH, EAST + size, NORTH + size)
    points = shapely.multipoints(random.uniform(0, size, (count, 2)) + CORNER)
    raw = shapely.intersection(
        shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box)), box
    )
    noded = shapely.union_all(shapely.boundary(raw), grid_size=RASTER_M)
    rows = []
    for k, shape in enumerate(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))):
        heavy = random.random() < 0.2
        number = int(random.integers(8, 30) if heavy else random.integers(0, 6))
        west, south, east, north = shape.bounds
        spots = random.uniform((west, south), (east, north), (4 * number, 2))
        inside = spots[shapely.contains_xy(shape, *spots.T)][:number]
        homes = [building(x - EAST, y - NORTH, int(random.integers(5, 60))) for x, y in inside]
        compound = f"S{k // 2}" if random.random() < 0.6 else None
        row = unit(shapely.box(0, 0, 1, 1), homes, compound=compound, closed=bool(k % 3))
        row["geometry"] = shape
        row["community"] = "A" if shape.centroid.x < EAST + size / 2 else "B"
        if not homes:
            row |= dict.fromkeys(COUNTED, int(random.integers(0, 200)))
        rows.append(row)
    low = draw(st.integers(50, 400))
    return net_of(rows), low, draw(st.integers(low, 3 * low)), seed


def prove_a_net(found, net, high):
    units = found.net.units
    assert units["grid"].notna().all()
    assert set(found.net.grids.index) == set(units["grid"])
    assert units.groupby("grid")["community"].agg(lambda names: len(set(names)) == 1).all()
    prove_same_ground(net, found.net)
    said = {unit for one in found.obstacles for unit in one.units}
    closed = units[units["closed"] & units["compound"].notna()]
    for (_community, _code), rows in closed.groupby(["community", "compound"]):
        heavy = rows["households"].sum() > high
        assert heavy or len(set(rows["grid"])) == 1 or said & set(rows.index)


@settings(max_examples=tries(6), deadline=None)
@given(towns())
def test_any_ground_and_band_gives_a_net_and_the_same_seed_the_same_one(town):
    net, low, high, seed = town
    found = propose(net, low=low, high=high, seed=seed)
    prove_a_net(found, net, high)
    for number, shape in found.net.borders().geometry.items():
        mine = found.net.of(number)
        whole = mine["community"].iloc[0]
        alone = net.units[net.units["community"] == whole].geometry.union_all()
        assert shape.geom_type == "Polygon" or alone.geom_type == "MultiPolygon"
    again = propose(net, low=low, high=high, seed=seed)
    assert again.net.units["grid"].equals(found.net.units["grid"])
    assert again.net.units.geometry.geom_equals_exact(found.net.units.geometry, 0).all()
    assert again.obstacles == found.obstacles


def test_a_locked_grid_is_neither_cut_nor_changed():
    net = net_of([estate(), unit(shapely.box(100, 0, 200, 120), households=400)])
    grids = pd.DataFrame(
        {"code": ["1"], "name": ["1"], "community": ["C"], "locked": [True], "worker": [None]},
        index=pd.Index([1], name="grid"),
    )
    net = replace(net.having([1], 1), grids=grids, next_grid=2)
    found = propose(net, low=LOW, high=HIGH).net
    assert found.of(1).index.tolist() == [1]
    assert len(found.units) == 2


def two_communities():
    """A heavy compound and blocks in each of two communities side by side."""
    rows = []
    for name, x in (("A", 0.0), ("B", 800.0)):
        rows.append(estate(x=x) | {"community": name, "compound": f"estate {name}"})
        rows.append(
            unit(shapely.box(x + 100, 0, x + 200, 120), households=620, compound=f"no homes {name}")
            | {"community": name, "closed": True}
        )
        rows += [
            unit(shapely.box(x + 100 * k, 120, x + 100 * k + 100, 220), households=70 + 11 * k)
            | {"community": name}
            for k in range(8)
        ]
    return net_of(rows)


def test_several_processes_come_to_the_same_net_in_the_same_numbers():
    net = two_communities()
    one = propose(net, low=LOW, high=HIGH, seed=2)
    two = propose(net, low=LOW, high=HIGH, seed=2, hands=Hands(processes=2))
    assert [o.reason for o in one.obstacles] == ["no_buildings", "no_buildings"]
    assert two.net.units.drop(columns="geometry").equals(one.net.units.drop(columns="geometry"))
    assert two.net.units.geometry.geom_equals_exact(one.net.units.geometry, 0).all()
    assert two.net.grids.equals(one.net.grids)
    assert (two.obstacles, two.cuts, two.objective) == (one.obstacles, one.cuts, one.objective)


def test_several_processes_are_stopped_at_once():
    net = two_communities()
    start = time.monotonic()
    found = propose(
        net, low=LOW, high=HIGH, seconds=60, hands=Hands(2), told=lambda _share, _best: True
    )
    assert time.monotonic() - start < 20
    assert found.net.units["grid"].isna().all()
