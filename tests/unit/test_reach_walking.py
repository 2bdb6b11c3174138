"""Service areas of any places on any streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import translate

from geodata.crs import wgs84_to_gcj02
from geodata.errors import InvalidInput
from geodata.reach.networks.building import build
from geodata.reach.walking import service_areas

PLANE = 4548


def grid(side=6, step=100.0):
    whole, rows = (side - 1) * step, np.arange(side) * step
    lines = [shapely.LineString([(0, row), (whole, row)]) for row in rows]
    lines += [shapely.LineString([(row, 0), (row, whole)]) for row in rows]
    moved = [translate(line, 500_000, 3_870_000) for line in lines]
    return gpd.GeoDataFrame(geometry=moved, crs=PLANE)


def spots(*points, crs=PLANE):
    places = gpd.GeoDataFrame(
        {"name": [f"站{row}" for row in range(len(points))]},
        geometry=[shapely.Point(x + 500_000, y + 3_870_000) for x, y in points],
        crs=PLANE,
        index=[f"p{row}" for row in range(len(points))],
    )
    return places.to_crs(crs)


def test_areas_stand_beside_the_columns_of_their_places_in_their_crs():
    places = spots((200, 200), (310, 300), crs=4326)
    found = service_areas(grid(), places, minutes=[5, 2], speed_kmh=3.6)
    assert found.crs == 4326
    assert list(found.index) == ["p0", "p0", "p1", "p1"]
    assert list(found["minutes"]) == [2, 5, 2, 5]
    assert list(found["name"]) == ["站0", "站0", "站1", "站1"]
    plane = found.to_crs(PLANE)
    assert plane.area.to_numpy() == pytest.approx(found["area_m2"].to_numpy(), rel=1e-6)
    two, five = plane.geometry.iloc[0], plane.geometry.iloc[1]
    assert shapely.difference(two, five).area < 1
    # 120 m from a crossing: the crossing itself and the four around it
    assert found["nodes"].iloc[0] == 5
    assert found["streets_m"].iloc[0] == pytest.approx(4 * 100 + 12 * 20)


def test_the_circle_beside_an_area_is_that_of_the_crow():
    found = service_areas(grid(), spots((250, 250)), minutes=3, speed_kmh=3.6, detour_factor=1.2)
    (row,) = found.itertuples()
    circle = shapely.Point(500_250, 3_870_250).buffer(150, quad_segs=256)
    assert row.circle_area_m2 == pytest.approx(circle.area, rel=1e-3)
    apart = row.geometry.symmetric_difference(circle).area / row.geometry.union(circle).area
    assert row.differs == pytest.approx(apart, abs=2e-3)


def test_areas_go_to_the_nearest_place_or_are_one():
    places = spots((100, 100), (400, 400))
    nearest = service_areas(grid(), places, minutes=10, together="nearest")
    one, two = nearest.geometry
    assert shapely.intersection(one, two).area < 1e-3
    assert one.contains(places.geometry.iloc[0].buffer(20))
    merged = service_areas(grid(), places, minutes=10, together="merged")
    assert len(merged) == 1
    assert merged.geometry.iloc[0].area == pytest.approx(one.area + two.area, rel=0.02)
    assert merged["streets_m"].iloc[0] == pytest.approx(12 * 500)


def test_beside_the_nearest_stands_the_circle_cut_where_another_place_is_nearer():
    places = spots((100, 250), (300, 250), (300, 250), (9_000, 0))
    found = service_areas(
        grid(), places, minutes=5, speed_kmh=3.6, detour_factor=1.2, together="nearest"
    )
    left, right = (shapely.Point(500_000 + x, 3_870_250).buffer(250) for x in (100, 300))
    half = shapely.box(500_200, 3_860_000, 510_000, 3_880_000)
    circle = left - half
    area = found.geometry.iloc[0]
    assert found["circle_area_m2"].tolist() == pytest.approx(
        [circle.area, (right & half).area, 0, np.pi * 250**2], rel=5e-3
    )
    apart = (area ^ circle).area / (area | circle).area
    assert found["differs"].iloc[0] == pytest.approx(apart, abs=5e-3)
    assert found["differs"].tolist()[2:] == [0, 1]


def test_beside_merged_areas_stand_all_circles_as_one():
    places = spots((100, 250), (300, 250))
    found = service_areas(
        grid(), places, minutes=5, speed_kmh=3.6, detour_factor=1.2, together="merged"
    )
    circles = shapely.union_all(shapely.buffer(np.asarray(places.geometry.array), 250))
    (row,) = found.itertuples()
    assert row.circle_area_m2 == pytest.approx(circles.area, rel=5e-3)
    apart = (row.geometry ^ circles).area / (row.geometry | circles).area
    assert row.differs == pytest.approx(apart, abs=5e-3)


def test_a_place_that_cannot_be_joined_keeps_its_row_and_is_listed():
    found = service_areas(grid(), spots((200, 200), (9_000, 0)), minutes=5)
    assert found.attrs["apart"] == [{"row": "p1", "reason": "far"}]
    assert list(found.is_empty) == [False, True]
    assert found["area_m2"].iloc[1] == 0


def test_of_three_hundred_islands_places_join_the_one_that_leads_somewhere():
    islands = [
        shapely.LineString([(500_000 + 60 * k, 3_871_000), (500_040 + 60 * k, 3_871_000)])
        for k in range(300)
    ]
    streets = pd.concat([grid(), gpd.GeoDataFrame(geometry=islands, crs=PLANE)], ignore_index=True)
    found = service_areas(streets, spots((200, 200), (600, 1_000)), minutes=5)
    assert found.attrs["apart"] == [{"row": "p1", "reason": "island"}]
    (told,) = [one for one in found.attrs["remarks"] if one["key"] == "islands"]
    assert told["count"] == 300
    assert len(told["largest"]) == 20
    assert found.is_empty.tolist() == [False, True]


def town_by_a_river():
    """Streets on two banks and a river between them; only the street at x = 0 crosses it."""
    streets = grid()
    for row in range(7, 12):
        x = 500_000 + (row - 6) * 100
        streets.loc[row, "geometry"] = shapely.MultiLineString(
            [[(x, 3_870_000), (x, 3_870_200)], [(x, 3_870_300), (x, 3_870_500)]]
        )
    river = shapely.LineString([(499_900, 3_870_250), (500_600, 3_870_250)])
    rows = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[river], crs=PLANE)
    return pd.concat([streets.assign(kind="residential"), rows], ignore_index=True)


@pytest.mark.parametrize("together", ["each", "nearest", "merged"])
def test_where_no_place_can_be_joined_nothing_is_reached(together):
    lake = spots((9_000, 0), (9_000, 0))
    found = service_areas(grid(), lake, minutes=[5, 10], together=together)
    assert found.is_empty.all()
    assert len(found) == (2 if together == "merged" else 4)
    assert (found["area_m2"] == 0).all()
    assert len(found.attrs["apart"]) == 2


def test_two_places_on_one_spot_share_an_area_and_the_first_has_what_is_nearest():
    twins = spots((200, 200), (200, 200))
    one, other = service_areas(grid(), twins, minutes=5).geometry
    assert one.equals(other)
    first, second = service_areas(grid(), twins, minutes=5, together="nearest").geometry
    assert first.area > 0
    assert second.is_empty


def test_loops_and_twice_drawn_streets_are_walked():
    streets = grid()
    ring = shapely.Point(500_200, 3_870_230).buffer(30).exterior  # touches a crossing
    more = gpd.GeoDataFrame(geometry=[ring, streets.geometry.iloc[0]], crs=PLANE)
    found = service_areas(
        pd.concat([streets, more], ignore_index=True), spots((200, 200)), minutes=5, speed_kmh=3.6
    )
    assert found.geometry.iloc[0].is_valid
    assert found.geometry.iloc[0].contains(shapely.Point(500_200, 3_870_255))


def test_a_river_among_the_streets_is_no_street_and_is_crossed_by_its_bridge_alone():
    streets = town_by_a_river()
    found = service_areas(streets, spots((500, 200)), minutes=5, speed_kmh=3.6)
    assert found.geometry.iloc[0].bounds[3] <= 3_870_250
    assert found["nodes"].iloc[0] > 5
    far = service_areas(streets, spots((100, 200)), minutes=5, speed_kmh=3.6).geometry.iloc[0]
    assert far.bounds[3] > 3_870_350


def test_places_in_gcj02_beside_streets_in_wgs84_are_told():
    streets = grid(side=8)
    places = spots(*[(100 * row + 20, 100 * row + 3) for row in range(7)], crs=4326)
    remarks = service_areas(streets, places, minutes=5).attrs["remarks"]
    assert [one["key"] for one in remarks] == ["crossings_split"]
    lon, lat = wgs84_to_gcj02(places.geometry.x, places.geometry.y)
    off = places.set_geometry(gpd.points_from_xy(lon, lat), crs=4326)
    remarks = service_areas(streets, off, minutes=5).attrs["remarks"]
    (told,) = [one for one in remarks if one["key"] == "shifted"]
    assert told["places"] == "gcj02"
    assert told["off_m"] > 400


def test_a_network_that_was_built_before_gives_the_same():
    streets, places = grid(), spots((130, 80))
    one = service_areas(streets, places, minutes=5)
    other = service_areas(build(streets), places, minutes=5)
    assert one.geometry.iloc[0].equals(other.geometry.iloc[0])


@pytest.mark.parametrize("minutes", [0, -5, float("nan"), float("inf"), 1000, [], [5, 0]])
def test_minutes_that_nobody_walks_are_refused(minutes):
    with pytest.raises(InvalidInput):
        service_areas(grid(), spots((0, 0)), minutes=minutes)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), 100])
def test_speeds_at_which_nobody_walks_are_refused(speed):
    with pytest.raises(InvalidInput, match="Nobody walks"):
        service_areas(grid(), spots((0, 0)), minutes=5, speed_kmh=speed)


def test_empty_frames_and_frames_without_a_crs_are_refused():
    with pytest.raises(InvalidInput, match="no streets"):
        service_areas(grid().iloc[:0], spots((0, 0)), minutes=5)
    with pytest.raises(InvalidInput, match="no places"):
        service_areas(grid(), spots((0, 0)).iloc[:0], minutes=5)
    for streets, places in (
        (grid().set_crs(None, allow_override=True), spots((0, 0))),
        (grid(), spots((0, 0)).set_crs(None, allow_override=True)),
    ):
        with pytest.raises(InvalidInput, match="CRS"):
            service_areas(streets, places, minutes=5)
    with pytest.raises(InvalidInput, match="each, merged, nearest"):
        service_areas(grid(), spots((0, 0)), minutes=5, together="all")
