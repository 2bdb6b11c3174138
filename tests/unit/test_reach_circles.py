"""Service circles and the households inside them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from shapely import Point, box
from shapely.affinity import translate

from geodata.profiles import load_profile
from geodata.reach.circles import coverage, radius_m, service_circles

WALKING = load_profile("linyi").walking
LON, LAT = 118.35, 35.05
EAST_100_M = 100 / 91_200  # degrees of longitude at this latitude
NORTH_100_M = 100 / 110_950


def square(east_m: float, north_m: float, side_m: float):
    """A square whose middle is so many metres from the origin."""
    half_x, half_y = side_m / 200 * EAST_100_M, side_m / 200 * NORTH_100_M
    shape = box(LON - half_x, LAT - half_y, LON + half_x, LAT + half_y)
    return translate(shape, east_m / 100 * EAST_100_M, north_m / 100 * NORTH_100_M)


def frame(rows: list[dict], columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    data = {name: [row.get(name) for row in rows] for name in columns}
    return gpd.GeoDataFrame(data, geometry=[row["geometry"] for row in rows], crs=4326)


def areas(*rows: dict) -> gpd.GeoDataFrame:
    return frame(list(rows), ("code", "name", "households"))


def compounds(*rows: dict) -> gpd.GeoDataFrame:
    return frame(list(rows), ("code", "name", "area_code", "households"))


def buildings(*rows: dict) -> gpd.GeoDataFrame:
    return frame(list(rows), ("compound_code", "area_code", "households"))


def stations(*points: Point) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": [str(n) for n in range(len(points))]}, geometry=list(points), crs=4326
    )


HERE = Point(LON, LAT)


def test_fifteen_minutes_are_831_metres_as_the_crow_flies():
    assert radius_m(15, WALKING) == pytest.approx(15 * 60 * 1.2 / 1.3)


def test_a_circle_is_as_wide_on_the_ellipsoid_as_it_says():
    circle = service_circles(stations(HERE), minutes=15, walking=WALKING).iloc[0]
    lon, lat = np.array(circle.geometry.exterior.coords).T
    _, _, metres = Geod(ellps="GRS80").inv(np.full_like(lon, LON), np.full_like(lat, LAT), lon, lat)
    assert metres == pytest.approx(np.full_like(metres, circle.radius_m), rel=3e-4)


def test_no_facility_gives_no_circle_and_covers_nobody():
    none = stations()
    assert len(service_circles(none, minutes=5, walking=WALKING)) == 0
    home = {"area_code": "a", "compound_code": None, "households": 40, "geometry": square(0, 0, 20)}
    area = {"code": "a", "name": "甲", "households": 40, "geometry": square(0, 0, 500)}
    found = coverage(areas(area), compounds(), buildings(home), none, radius_m=300)
    assert (found.households, found.covered, found.share) == (40, 0, 0)


def test_households_are_counted_where_their_buildings_stand():
    near = {
        "area_code": "a",
        "compound_code": "c1",
        "households": 30,
        "geometry": square(200, 0, 20),
    }
    far = {
        "area_code": "a",
        "compound_code": "c1",
        "households": 10,
        "geometry": square(400, 0, 20),
    }
    other = {
        "area_code": "b",
        "compound_code": None,
        "households": 60,
        "geometry": square(0, 500, 20),
    }
    found = coverage(
        areas(
            {"code": "a", "name": "甲", "geometry": square(0, 0, 1000)},
            {"code": "b", "name": "乙", "geometry": square(0, 1000, 1000)},
        ),
        compounds({"code": "c1", "name": "一", "area_code": "a", "geometry": square(300, 0, 250)}),
        buildings(near, far, other),
        stations(HERE),
        radius_m=300,
    )
    table = found.areas.set_index("code")
    assert table.loc["a", "share"] == pytest.approx(0.75)
    assert table.loc["b", "share"] == 0
    assert found.share == pytest.approx(0.3)
    assert found.compounds.iloc[0].share == pytest.approx(0.75)
    assert found.basis == "buildings"


def test_a_compound_without_buildings_counts_by_the_part_of_its_ground_within_reach():
    half = {
        "code": "c",
        "name": "半",
        "area_code": "a",
        "households": 100,
        "geometry": square(1000, 0, 200),
    }
    found = coverage(
        areas({"code": "a", "name": "甲", "geometry": square(0, 0, 3000)}),
        compounds(half),
        buildings(),
        stations(HERE),
        radius_m=1000,
    )
    assert found.share == pytest.approx(0.5, abs=0.02)
    assert found.basis == "compounds"


def test_areas_alone_count_by_their_ground():
    found = coverage(
        areas({"code": "a", "name": "甲", "households": 900, "geometry": square(0, 0, 100)}),
        compounds(),
        buildings(),
        stations(HERE),
        radius_m=500,
    )
    assert (found.basis, found.households, found.share) == ("areas", 900, pytest.approx(1))


def test_nobody_known_has_no_share_rather_than_zero():
    found = coverage(
        areas({"code": "a", "name": "甲", "geometry": square(0, 0, 100)}),
        compounds(),
        buildings(),
        stations(HERE),
        radius_m=500,
    )
    assert found.share is None
    assert np.isnan(found.areas.iloc[0].share)


def test_uncovered_compounds_come_with_the_largest_first():
    rows = [
        {
            "code": code,
            "name": code,
            "area_code": "a",
            "households": n,
            "geometry": square(x, 0, 50),
        }
        for code, n, x in (("near", 500, 0), ("small", 10, 2000), ("large", 90, 3000))
    ]
    found = coverage(
        areas({"code": "a", "name": "甲", "geometry": square(0, 0, 9000)}),
        compounds(*rows),
        buildings(),
        stations(HERE),
        radius_m=300,
    )
    assert list(found.uncovered()["code"]) == ["large", "small"]
