"""The ground of communities is cut once, whole, and nobody's households are lost."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trying import tries

from geodata.demo import generate
from geodata.errors import InvalidInput
from geodata.plans import units
from geodata.plans.coverage import cut

CRS = "EPSG:4548"
EAST, NORTH = 500_000.0, 3_880_000.0


@pytest.fixture(scope="module")
def city():
    layers = generate(cases=0).layers()
    frames = {name: frame[frame["ended"].isna()] for name, frame in layers.items()}
    frames["areas"] = frames["areas"][frames["areas"]["level"] == "community"]
    streets = frames["streets"].copy()
    streets["width_m"] = [(extra or {}).get("width_m") for extra in streets["extra"]]
    frames["streets"] = streets
    return frames


@pytest.fixture(scope="module")
def net(city):
    return units.build(
        city["areas"], city["compounds"], city["streets"], buildings=city["buildings"]
    )


def frame(shapes, **columns):
    moved = shapely.transform(
        np.array(shapes, dtype=object), lambda xy: xy + np.array([EAST, NORTH])
    )
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=moved, crs=CRS)


def test_units_of_the_demo_city_cover_each_community_exactly(city, net):
    wanted = city["areas"].to_crs(net.units.crs).set_index("code").area
    found = net.units.area.groupby(net.units["community"]).sum()

    assert shapely.coverage_is_valid(net.units.geometry.to_numpy())
    assert set(net.units.geom_type) == {"Polygon"}
    assert (found / wanted - 1).abs().max() < 1e-6


def test_every_household_of_the_demo_city_is_in_one_unit(city, net):
    assert net.units["households"].sum() == city["buildings"]["households"].sum()
    by_unit = net.units.dropna(subset=["compound"]).groupby("compound")["households"].sum()
    by_compound = city["buildings"].groupby("compound_code")["households"].sum()
    assert by_unit.to_dict() == by_compound.to_dict()


def test_every_compound_of_the_demo_city_is_one_unit_with_all_its_ground(city, net):
    mine = net.units[net.units["compound"].notna()].set_index("compound")
    estates = city["compounds"].to_crs(net.units.crs).set_index("code")

    assert mine.index.is_unique
    assert set(mine.index) == set(estates.index)
    inside = mine.geometry.intersection(estates.geometry, align=True).area
    assert (inside / estates.area).min() > 0.999
    assert (mine["closed"] == estates["closed"].reindex(mine.index)).all()


def test_the_river_is_water_and_nobody_lives_in_it(net):
    water = net.units[net.units["kind"] == "water"]

    assert len(water) > 0
    assert water["households"].sum() == 0


def test_compounds_across_a_street_are_neighbours():
    net = units.build(
        frame([shapely.box(0, 0, 430, 200)], code=["c"]),
        frame(
            [shapely.box(10, 10, 200, 190), shapely.box(230, 10, 420, 190)],
            code=["west", "east"],
            closed=[True, False],
            households=[100, 200],
        ),
        frame(
            [shapely.LineString([(215, -50), (215, 250)])], kind=["residential"], name=["Middle"]
        ),
    )

    assert net.units["compound"].tolist() == ["west", "east"]
    assert net.units.area.tolist() == pytest.approx([215 * 200, 215 * 200])
    pairs, length = net.beside()
    assert pairs.tolist() == [[1, 2]]
    assert length.tolist() == pytest.approx([200])
    assert net.units["households"].tolist() == [100, 200]
    assert set(net.lines["kind"]) == {"residential", "wall"}


def test_a_street_that_ends_blindly_cuts_nothing():
    area = frame([shapely.box(0, 0, 400, 400)], code=["c"])
    blind = frame([shapely.LineString([(200, -10), (200, 300)])], kind=["residential"])

    assert len(units.build(area, None, blind).units) == 1


def test_thick_leftover_ground_is_a_block_of_its_own():
    net = units.build(
        frame([shapely.box(0, 0, 400, 200)], code=["c"]),
        frame([shapely.box(10, 10, 150, 190)], code=["k"], closed=[True], households=[10]),
        None,
    )

    assert net.units["kind"].tolist() == ["compound", "block"]
    assert net.units.area.iloc[1] == pytest.approx(250 * 200, rel=0.05)


def test_leftover_ground_with_homes_is_a_block_though_it_is_thin():
    ground = frame([shapely.box(0, 0, 230, 200)], code=["c"])
    estate = frame([shapely.box(10, 10, 195, 190)], code=["k"], closed=[True])
    homes = frame([shapely.Point(100, 100), shapely.Point(215, 100)], households=[50, 7])

    net = units.build(ground, estate, None, buildings=homes)

    assert dict(zip(net.units["kind"], net.units["households"], strict=True)) == {
        "compound": 50,
        "block": 7,
    }


def test_a_compound_without_buildings_shares_its_households_by_area_over_communities():
    net = units.build(
        frame([shapely.box(0, 0, 300, 300), shapely.box(300, 0, 600, 300)], code=["a", "b"]),
        frame([shapely.box(100, 50, 400, 250)], code=["k"], closed=[True], households=[301]),
        None,
    )

    mine = net.units[net.units["compound"] == "k"]
    assert set(mine["community"]) == {"a", "b"}
    assert mine["households"].sum() == 301
    assert mine.set_index("community")["households"]["a"] > 180


def test_households_that_nobody_knows_stay_unknown():
    net = units.build(
        frame([shapely.box(0, 0, 300, 300)], code=["a"]),
        frame([shapely.box(50, 50, 250, 250)], code=["k"], households=[None]),
        None,
    )

    assert net.units["households"].isna().all()


def test_no_community_and_one_without_a_code_are_refused():
    with pytest.raises(InvalidInput, match="no community"):
        units.build(frame([], code=[]), None, None)
    with pytest.raises(InvalidInput, match="code of its own"):
        units.build(frame([shapely.box(0, 0, 9, 9)] * 2, code=["a", "a"]), None, None)


@settings(max_examples=tries(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_whatever_streets_and_compounds_there_are_units_cover_the_communities(seed):
    rng = np.random.default_rng(seed)
    field = shapely.box(0, 0, 900, 700)
    split = shapely.LineString([(rng.uniform(100, 800), -1), (rng.uniform(100, 800), 701)])
    communities = cut([field], lines=[split]).shapes
    ends = rng.uniform(-100, 1000, (12, 2, 2)).round(2)
    streets = frame(shapely.linestrings(ends), kind=["residential"] * 11 + ["footway"])
    corners = rng.uniform(0, 700, (8, 2)).round(2)
    estates = [
        shapely.box(x, y, x + rng.uniform(5, 250), y + rng.uniform(5, 250)) for x, y in corners
    ]
    estates = frame(
        estates, code=[f"k{n}" for n in range(8)], closed=[True] * 8, households=[99] * 8
    )
    homes = frame(shapely.points(rng.uniform(0, 700, (60, 2))), households=rng.integers(0, 40, 60))
    water = frame([shapely.box(0, 300, 900, rng.uniform(302, 360))], name=["river"])

    net = units.build(
        frame(communities, code=["a", "b"][: len(communities)]),
        estates,
        streets,
        buildings=homes,
        water=water,
    )

    assert shapely.coverage_is_valid(net.units.geometry.to_numpy())
    assert set(net.units.geom_type) == {"Polygon"}
    found = net.units.area.groupby(net.units["community"]).sum()
    assert found.tolist() == pytest.approx(shapely.area(communities).tolist(), rel=1e-6)
    assert set(net.units["kind"]) <= {"compound", "block", "water", "rest"}
    counted = sum(home[2] for several in net.units["homes"] for home in several)
    assert counted == homes["households"].sum()
    assert net.units.index.tolist() == list(range(1, len(net.units) + 1))
    assert net.next_unit == len(net.units) + 1


def test_the_same_places_give_the_same_units(city, net):
    again = units.build(
        city["areas"].sample(frac=1, random_state=1),
        city["compounds"],
        city["streets"],
        buildings=city["buildings"],
    )

    assert shapely.equals_identical(
        again.units.geometry.to_numpy(), net.units.geometry.to_numpy()
    ).all()


# ---------------------------------------------------------------- a net laid on units


def test_the_net_in_force_laid_on_units_keeps_ground_and_households(city, net):
    laid, changes = units.assign(net, city["grids"])

    assert shapely.coverage_is_valid(laid.units.geometry.to_numpy())
    assert laid.units.area.sum() == pytest.approx(net.units.area.sum(), rel=1e-9)
    assert laid.units["households"].sum() == net.units["households"].sum()
    borders = laid.borders().set_index("code")
    wanted = city["grids"].to_crs(net.units.crs).set_index("code")
    same = borders.geometry.intersection(wanted.geometry, align=True).area / wanted.area
    assert (same > 0.999).sum() >= len(wanted) - 1  # one overlaps its neighbour on purpose
    assert [one.area_m2 > 1_000 for one in changes] == [True]


def test_a_unit_is_cut_where_both_parts_are_worth_keeping():
    net = units.build(frame([shapely.box(0, 0, 400, 200)], code=["c"]), None, None)
    grids = frame(
        [shapely.box(0, 0, 150, 200), shapely.box(150, 0, 400, 200)],
        code=["left", "right"],
        name=["L", "R"],
        area_code=["c", "c"],
    )

    laid, changes = units.assign(net, grids)

    assert laid.units.area.tolist() == pytest.approx([250 * 200, 150 * 200])
    assert laid.units.index.tolist() == [1, 2]
    assert laid.units["grid"].tolist() == [2, 1]
    assert laid.grids["name"].tolist() == ["L", "R"]
    assert changes == ()
    assert laid.next_unit == 3


def test_a_border_a_little_off_the_street_does_not_cut():
    net = units.build(
        frame([shapely.box(0, 0, 400, 200)], code=["c"]),
        None,
        frame([shapely.LineString([(200, -5), (200, 205)])], kind=["residential"]),
    )
    grids = frame(
        [shapely.box(0, 0, 206, 200), shapely.box(206, 0, 400, 200)], code=["left", "right"]
    )

    laid, changes = units.assign(net, grids)

    assert laid.units["grid"].tolist() == [1, 2]
    (change,) = changes
    assert (change.was, change.now, change.area_m2) == ("left", "right", pytest.approx(1_200))


def test_ground_in_no_grid_stays_in_none():
    net = units.build(
        frame([shapely.box(0, 0, 400, 200)], code=["c"]),
        None,
        frame([shapely.LineString([(200, -5), (200, 205)])], kind=["residential"]),
    )

    laid, _changes = units.assign(net, frame([shapely.box(0, 0, 200, 200)], code=["left"]))

    assert laid.units["grid"].isna().tolist() == [False, True]


@settings(max_examples=tries(6), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_whatever_net_is_laid_on_units_they_stay_a_coverage(seed):
    rng = np.random.default_rng(seed)
    field = shapely.box(0, 0, 900, 700)
    ends = rng.uniform(-100, 1000, (8, 2, 2)).round(2)
    homes = frame(shapely.points(rng.uniform(0, 700, (40, 2))), households=rng.integers(0, 40, 40))
    net = units.build(
        frame([field], code=["a"]),
        None,
        frame(shapely.linestrings(ends), kind=["residential"] * 8),
        buildings=homes,
    )
    corners = rng.uniform(0, 600, (5, 2)).round(2)
    grids = [
        shapely.box(x, y, x + rng.uniform(20, 400), y + rng.uniform(20, 400)) for x, y in corners
    ]

    laid, _changes = units.assign(net, frame(grids, code=list("vwxyz")))

    assert shapely.coverage_is_valid(laid.units.geometry.to_numpy())
    assert set(laid.units.geom_type) == {"Polygon"}
    assert laid.units.area.sum() == pytest.approx(field.area, rel=1e-6)
    assert laid.units["households"].sum() == homes["households"].sum()
    assert laid.units.index.is_unique
    counted = sum(home[2] for several in laid.units["homes"] for home in several)
    assert counted == homes["households"].sum()


@pytest.mark.parametrize(
    ("kind", "parts"),
    [("steps|footway", 1), ("footway", 1), ("residential|footway", 2), (None, 2), ("primary", 2)],
)
def test_a_line_of_several_kinds_cuts_the_ground_if_any_of_them_does(kind, parts):
    area = frame([shapely.box(0, 0, 400, 300)], code=["a"])
    line = frame([shapely.LineString([(200, -20), (200, 320)])], kind=[kind], name=[None])

    assert len(units.build(area, None, line).units) == parts
