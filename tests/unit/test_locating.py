"""Points into polygons: the raster gives the answer of the exact test, to the last point."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from trying import tries

from geodata.places import locating
from geodata.places.locating import locate, locate_all


def sjoined(lon, lat, polygons):
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat))
    joined = gpd.sjoin(points, gpd.GeoDataFrame(geometry=polygons), how="left")
    return joined["index_right"].groupby(joined.index).min().fillna(-1).to_numpy(dtype=np.int64)


@pytest.fixture(autouse=True)
def _always_the_raster(monkeypatch):
    monkeypatch.setattr(locating, "_FEW", 0)


def blob(random, x, y, radius, corners):
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    sizes = radius * random.uniform(0.4, 1.0, corners)
    return shapely.make_valid(
        shapely.Polygon(np.column_stack((x + sizes * np.cos(angles), y + sizes * np.sin(angles))))
    )


@settings(max_examples=tries(15), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 30), corners=st.integers(3, 40))
def test_overlapping_blobs_give_the_answer_of_sjoin(seed, count, corners):
    random = np.random.default_rng(seed)
    polygons = [
        blob(random, *random.uniform(0, 1, 2), random.uniform(0.01, 0.5), corners)
        for _ in range(count)
    ]
    lon, lat = random.uniform(-0.3, 1.3, (2, 3000))
    assert (locate(lon, lat, polygons) == sjoined(lon, lat, polygons)).all()


def test_holes_islands_and_several_parts():
    ring = shapely.Polygon(
        shapely.box(0, 0, 10, 10).exterior.coords, [shapely.box(3, 3, 7, 7).exterior.coords]
    )
    island = shapely.box(4, 4, 5, 5)
    both = shapely.MultiPolygon([shapely.box(20, 0, 21, 1), shapely.box(30, 0, 31, 1)])
    lon = np.array([1, 6, 4.5, 20.5, 25, 30.5, 50])
    lat = np.array([1, 6, 4.5, 0.5, 0.5, 0.5, 0.5])
    assert locate(lon, lat, [ring, island, both]).tolist() == [0, -1, 1, 2, -1, 2, -1]


def test_a_point_on_a_shared_border_goes_to_the_first_neighbour():
    left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    lon, lat = np.array([1.0, 1.0, 0.0, 2.0, 1.0]), np.array([0.5, 0.0, 0.0, 1.0, 1.0])
    assert locate(lon, lat, [left, right]).tolist() == [0, 0, 0, 1, 0]
    assert locate(lon, lat, [right, left]).tolist() == [0, 0, 1, 0, 0]


def test_points_on_slanted_borders_and_vertices_agree_with_sjoin():
    random = np.random.default_rng(3)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(random.uniform(0, 1, (200, 2))))
    )
    corners = shapely.get_coordinates(cells)
    edges = shapely.get_coordinates(
        shapely.line_interpolate_point(shapely.boundary(cells), 0.37, normalized=True)
    )
    x, y = np.vstack((corners, edges)).T
    assert (locate(x, y, cells) == sjoined(x, y, cells)).all()


def test_missing_and_infinite_positions_lie_nowhere():
    lon, lat = [np.nan, 0.5, np.inf, 0.5, -np.inf], [0.5, np.nan, 0.5, 0.5, 0.5]
    assert locate(lon, lat, [shapely.box(0, 0, 1, 1)]).tolist() == [-1, -1, -1, 0, -1]


@pytest.mark.parametrize("polygons", [[], [None], [shapely.Polygon()]])
def test_no_polygon_holds_no_point(polygons):
    polygons = np.array(polygons, dtype=object)
    assert locate([0.5], [0.5], polygons).tolist() == [-1]


def test_missing_polygons_keep_the_others_in_their_places():
    polygons = np.array([None, shapely.box(0, 0, 1, 1), shapely.Polygon()], dtype=object)
    assert locate([0.5], [0.5], polygons).tolist() == [1]


def test_few_points_and_many_get_the_same_answer(monkeypatch):
    random = np.random.default_rng(5)
    polygons = [blob(random, *random.uniform(0, 1, 2), 0.3, 12) for _ in range(20)]
    lon, lat = random.uniform(0, 1, (2, 2000))
    raster = locate(lon, lat, polygons)
    monkeypatch.setattr(locating, "_FEW", 10**9)
    assert (locate(lon, lat, polygons) == raster).all()


def test_all_the_polygons_that_hold_a_point_are_given_on_demand():
    polygons = [shapely.box(0, 0, 2, 2), shapely.box(5, 5, 6, 6), shapely.box(1, 1, 3, 3)]
    points, found = locate_all([1.5, 2.5, 9.0], [1.5, 2.5, 9.0], polygons)
    assert points.tolist() == [0, 0, 1]
    assert found.tolist() == [0, 2, 2]


def test_a_polygon_smaller_than_a_cell_is_found():
    polygons = [shapely.box(0, 0, 1000, 1000), shapely.box(2000, 2000, 2000.01, 2000.01)]
    assert locate([2000.005], [2000.005], polygons).tolist() == [1]
