"""Coordinates between WGS 84, GCJ-02 and BD-09, and the plane systems to measure in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata import crs
from geodata.errors import InvalidInput

METRES_A_DEGREE = 111_320.0
lons = st.floats(72.1, 137.7)
lats = st.floats(0.9, 55.7)


@pytest.mark.parametrize(
    ("lat", "lon", "lat_gcj", "lon_gcj"),
    [
        (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
        (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
        (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
    ],
)
def test_the_published_vectors_come_out(lat, lon, lat_gcj, lon_gcj):
    x, y = crs.wgs84_to_gcj02(lon, lat)
    assert abs(x - lon_gcj) < 1e-12
    assert abs(y - lat_gcj) < 1e-12


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (crs.wgs84_to_gcj02, crs.gcj02_to_wgs84),
        (crs.gcj02_to_wgs84, crs.wgs84_to_gcj02),
        (crs.gcj02_to_bd09, crs.bd09_to_gcj02),
        (crs.bd09_to_gcj02, crs.gcj02_to_bd09),
        (crs.wgs84_to_bd09, crs.bd09_to_wgs84),
        (crs.bd09_to_wgs84, crs.wgs84_to_bd09),
    ],
)
@given(lon=lons, lat=lats)
def test_the_round_trip_ends_within_a_micrometre(there, back, lon, lat):
    x, y = back(*there(lon, lat))
    assert np.hypot(x - lon, y - lat) * METRES_A_DEGREE < 1e-6


def test_the_shift_at_these_cities_is_about_half_a_kilometre():
    lon = np.array([118.35, 116.59, 119.22, 125.03])
    lat = np.array([35.05, 35.41, 36.43, 46.58])
    x, y = crs.wgs84_to_gcj02(lon, lat)
    metres = np.hypot((x - lon) * np.cos(np.radians(lat)), y - lat) * METRES_A_DEGREE
    assert ((metres > 400) & (metres < 650)).all()


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_places_outside_china_stay_where_they_are(name):
    lon, lat = np.array([-87.63, 24.94, 151.2]), np.array([41.88, 60.17, -33.9])
    x, y = crs.convert_points(lon, lat, from_="wgs84", to=name)
    assert (x == lon).all()
    assert (y == lat).all()


def test_a_missing_position_stays_missing_and_spoils_no_other():
    x, y = crs.bd09_to_wgs84([np.nan, 118.4], [35.0, 35.05])
    assert np.isnan(x[0])
    assert np.isfinite([x[1], y[1]]).all()


def test_shapes_of_any_dimension_are_kept():
    x, y = crs.wgs84_to_gcj02(np.full((2, 3), 118.0), np.full((2, 3), 35.0))
    assert x.shape == y.shape == (2, 3)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (118.35, 35.05, 4548),  # 临沂
        (116.59, 35.41, 4548),  # 济宁
        (119.22, 36.43, 4549),  # 安丘
        (125.03, 46.58, 4551),  # 大庆
        (114.05, 22.54, 4547),  # 深圳
        (-87.63, 41.88, 32616),  # Chicago
        (24.94, 60.17, 32635),  # Helsinki
        (151.2, -33.9, 32756),  # Sydney
    ],
)
def test_the_plane_system_is_the_zone_of_the_place(lon, lat, epsg):
    assert crs.local_crs(lon, lat).to_epsg() == epsg


def test_areas_and_lengths_are_in_metres():
    square = shapely.box(118.0, 35.0, 118.01, 35.01)
    side = shapely.LineString([(118.0, 35.0), (118.0, 35.01)])
    assert crs.areas_m2([square])[0] == pytest.approx(912.4 * 1109.3, rel=0.002)
    assert crs.lengths_m([side])[0] == pytest.approx(1109.4, rel=0.001)


def test_a_frame_goes_to_another_system_and_back():
    frame = gpd.GeoDataFrame(
        {"name": ["a"]}, geometry=[shapely.box(118.0, 35.0, 118.1, 35.1)], crs="EPSG:4326"
    )
    for name in ("gcj02", "bd09", "EPSG:4548", "EPSG:4490"):
        there = crs.convert(frame, from_="wgs84", to=name)
        back = crs.convert(there, from_=name, to="wgs84")
        assert back.geometry[0].hausdorff_distance(frame.geometry[0]) < 1e-8
        assert back.crs.to_epsg() == 4326


def test_longitude_stays_first_in_systems_that_put_latitude_first():
    x, y = crs.convert_points([118.0], [35.0], from_="wgs84", to="EPSG:4490")
    assert x[0] == pytest.approx(118.0)
    assert y[0] == pytest.approx(35.0)


@pytest.mark.parametrize("name", ["mercator", "EPSG:1", "", "EPSG:999999", "4326; drop"])
def test_an_unknown_system_is_refused_by_name(name):
    with pytest.raises(InvalidInput, match="no coordinate system"):
        crs.system(name)


def test_an_empty_frame_has_a_plane_system_too():
    frame = gpd.GeoDataFrame(geometry=[], crs="EPSG:4326")
    assert not crs.to_local(frame).crs.is_geographic
