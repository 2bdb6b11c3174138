"""Where people live, and sums over them by whatever they are in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from trying import tries

from geodata.reach.coverage.counting import by_level, ground, of_each, whole
from geodata.reach.coverage.homes import WEIGHTS, homes

LEVELS = ("county", "street_office", "community")
COLUMNS = {
    "areas": ("code", "name", "level", "parent_code", "households", "residents"),
    "grids": ("code", "name", "area_code"),
    "compounds": ("code", "name", "area_code", "households", "residents"),
    "buildings": ("code", "compound_code", "area_code", "households", "residents", "elderly"),
}
STEP = 0.001


def cell(column: float, row: float, wide: float = 1.0, high: float | None = None):
    west, south = 118.3 + column * STEP, 35.0 + row * STEP
    return shapely.box(west, south, west + wide * STEP, south + (high or wide) * STEP)


def frame(layer: str, rows: list[dict]) -> gpd.GeoDataFrame:
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS[layer]}
    return gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in rows], crs=4326)


def district(*, buildings=(), compounds=(), households=None):
    """One county of two street offices of two communities each, ten cells wide, a grid in each."""
    areas = [{"code": "1", "name": "区", "level": "county", "geometry": cell(0, 0, 40, 10)}]
    grids = []
    for office in range(2):
        areas.append(
            {
                "code": f"1{office}",
                "name": f"街道{office}",
                "level": "street_office",
                "parent_code": "1",
                "geometry": cell(20 * office, 0, 20, 10),
            }
        )
        for number in range(2):
            place = 20 * office + 10 * number
            areas.append(
                {
                    "code": f"1{office}{number}",
                    "name": f"社区{office}{number}",
                    "level": "community",
                    "parent_code": f"1{office}",
                    "households": households,
                    "geometry": cell(place, 0, 10),
                }
            )
            grids.append({"code": f"g{office}{number}", "geometry": cell(place, 0, 10, 5)})
    return homes(
        frame("areas", areas),
        frame("grids", grids),
        frame("compounds", list(compounds)),
        frame("buildings", list(buildings)),
        levels=LEVELS,
    )


def test_a_building_is_a_home_with_all_that_is_said_of_it():
    found = district(
        buildings=[
            {
                "code": "b1",
                "area_code": "111",
                "households": 30,
                "residents": 80,
                "elderly": 12,
                "geometry": cell(32, 2),
            },
            {"code": "b2", "area_code": "111", "geometry": cell(34, 2)},
        ]
    )
    assert len(found) == 1
    assert {one: found.counts[one].tolist() for one in WEIGHTS} == {
        "households": [30],
        "residents": [80],
        "elderly": [12],
    }
    named = {
        level: found.units[level]["code"][found.member[level][0]]
        for level in ("building", "grid", *LEVELS)
    }
    assert named == {
        "building": "b1",
        "grid": "g11",
        "county": "1",
        "street_office": "11",
        "community": "111",
    }
    assert found.member["compound"][0] == -1
    assert shapely.within(found.points[0], cell(32, 2))
    assert found.basis == "buildings"


def test_a_home_without_a_known_area_is_where_it_stands():
    found = district(
        buildings=[
            {"code": "b1", "households": 1, "geometry": cell(12, 2)},
            {"code": "b2", "area_code": "gone", "households": 1, "geometry": cell(22, 2)},
        ]
    )
    codes = found.units["community"]["code"].to_numpy()
    assert codes[found.member["community"]].tolist() == ["101", "110"]
    codes = found.units["street_office"]["code"].to_numpy()
    assert codes[found.member["street_office"]].tolist() == ["10", "11"]


def test_a_compound_whose_buildings_state_nobody_has_its_people_over_its_ground():
    ground = cell(2, 2, 3)
    found = district(
        buildings=[{"code": "b1", "compound_code": "c1", "geometry": cell(2, 2, 0.2)}],
        compounds=[{"code": "c1", "area_code": "100", "households": 90, "geometry": ground}],
    )
    assert found.basis == "compounds"
    assert 20 <= len(found) <= 50
    assert shapely.within(found.points, ground).all()
    assert found.counts["households"].sum() == pytest.approx(90)
    east = shapely.get_x(found.points) > ground.centroid.x
    assert found.counts["households"][east].sum() == pytest.approx(45, abs=1e-6)


def test_a_compound_that_states_nobody_is_told_by_its_ground():
    found = district(
        buildings=[{"code": "b1", "households": 1, "geometry": cell(12, 2, 0.1)}],
        compounds=[{"code": "c1", "geometry": cell(2, 2, 4)}],
    )
    west = shapely.get_x(found.points) < cell(2, 2, 4).centroid.x
    assert by_level(found, west, "compound")[0]["share"].isna().all()
    assert ground(found, west, "compound").tolist() == pytest.approx([0.5])
    assert found.basis == "buildings"


def test_a_compound_too_narrow_for_a_lattice_has_a_point_inside():
    crescent = shapely.difference(cell(2, 2, 4), shapely.affinity.translate(cell(2, 2, 4), 1e-9))
    found = district(compounds=[{"code": "c1", "households": 7, "geometry": crescent}])
    assert len(found) >= 1
    assert found.counts["households"].sum() == pytest.approx(7)


def test_what_nobody_says_is_not_nothing():
    found = district(
        buildings=[
            {"code": "b1", "households": 30, "elderly": 0, "geometry": cell(2, 2, 0.1)},
            {"code": "b2", "households": 20, "residents": 50, "geometry": cell(3, 2, 0.1)},
        ]
    )
    assert found.silent["households"].tolist() == [False, False]
    assert found.silent["residents"].tolist() == [True, False]
    assert found.silent["elderly"].tolist() == [False, True]
    assert found.counts["elderly"].tolist() == [0, 0]


def test_a_compound_whose_buildings_state_somebody_is_not_counted_twice():
    found = district(
        buildings=[
            {"code": "b1", "compound_code": "c1", "households": 20, "geometry": cell(2, 2, 0.2)}
        ],
        compounds=[{"code": "c1", "area_code": "100", "households": 90, "geometry": cell(2, 2, 3)}],
    )
    assert found.counts["households"].tolist() == [20]


def test_areas_stand_in_where_nothing_smaller_states_anybody():
    found = district(households=100)
    assert found.basis == "areas"
    table, none = by_level(found, np.ones(len(found), dtype=bool), "community")
    assert table["total"].tolist() == pytest.approx([100] * 4)
    assert none.total == 0


def test_a_district_of_nobody_has_no_share():
    found = district()
    assert found.counts["households"].sum() == 0
    near = np.ones(len(found), dtype=bool)
    assert whole(found, near).share is None
    table, _ = by_level(found, near, "community")
    assert table["share"].isna().all()


building = st.builds(
    lambda x, y, households, residents, compound: {
        "compound_code": compound,
        "households": households,
        "residents": residents,
        "geometry": cell(x, y, 0.1),
    },
    st.floats(-2, 42),
    st.floats(-2, 12),
    st.integers(0, 60) | st.none(),
    st.integers(0, 200) | st.none(),
    st.sampled_from(["c1", "c2", "nowhere", None]),
)


@settings(max_examples=tries(40), deadline=None)
@given(rows=st.lists(building, max_size=12), seed=st.integers(0, 99))
def test_sums_by_any_level_and_those_in_none_make_the_whole(rows, seed):
    found = district(
        buildings=[{**row, "code": f"b{number}"} for number, row in enumerate(rows)],
        compounds=[
            {"code": "c1", "area_code": "100", "households": 50, "geometry": cell(1, 1, 2)},
            {"code": "c2", "area_code": "no", "households": 70, "geometry": cell(19, 6, 2)},
        ],
    )
    within = np.random.default_rng(seed).random(len(found)) < 0.5
    for weight in WEIGHTS:
        everybody = whole(found, within, weight)
        for level in ("building", "compound", "grid", *LEVELS):
            table, none = by_level(found, within, level, weight)
            assert table["total"].sum() + none.total == pytest.approx(everybody.total)
            assert table["covered"].sum() + none.covered == pytest.approx(everybody.covered)
            known = table["total"] > 0
            assert table.loc[known, "share"].between(-1e-9, 1 + 1e-9).all()


def test_the_nearest_of_a_units_homes_speaks_for_it():
    found = district(
        buildings=[
            {"code": "b1", "area_code": "100", "households": 1, "geometry": cell(1, 1, 0.1)},
            {"code": "b2", "area_code": "100", "households": 1, "geometry": cell(2, 1, 0.1)},
        ]
    )
    least = of_each(found, np.array([300.0, 200.0]), "community")
    assert least.tolist() == [200, np.inf, np.inf, np.inf]
