"""Whether places lie beside their streets as GCJ-02 and WGS 84 lie beside each other."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.crs import convert_points
from geodata.reach.networks.building import build
from geodata.reach.networks.shifts import shift


@pytest.fixture(scope="module")
def town():
    """Streets at uneven distances round a town in China."""
    random = np.random.default_rng(5)
    lines = [
        shapely.LineString([(x, 0), (x, 4000)]) for x in np.cumsum(random.uniform(80, 260, 25))
    ]
    lines += [
        shapely.LineString([(0, y), (4000, y)]) for y in np.cumsum(random.uniform(80, 260, 25))
    ]
    frame = gpd.GeoDataFrame(geometry=lines, crs=4548)
    frame.geometry = frame.translate(500_000, 3_900_000)
    return build(frame)


def places(town, count):
    random = np.random.default_rng(6)
    spots = shapely.line_interpolate_point(
        random.choice(town.lines, count), random.uniform(0, 1, count), normalized=True
    )
    xy = shapely.get_coordinates(spots) + random.normal(0, 8, (count, 2))
    return gpd.GeoSeries(shapely.points(xy), crs=town.crs).to_crs(4326)


def converted(dots, **systems):
    return gpd.GeoSeries(gpd.points_from_xy(*convert_points(dots.x, dots.y, **systems)), crs=4326)


def test_places_of_a_map_service_beside_surveyed_streets_are_recognised(town):
    found = shift(town, converted(places(town, 60), from_="wgs84", to="gcj02"))
    assert (found.places, found.streets) == ("gcj02", "wgs84")
    assert 400 < found.off_m < 600
    assert found.moved_m < 12 < found.given_m


def test_surveyed_places_beside_streets_of_a_map_service_are_recognised(town):
    found = shift(town, converted(places(town, 60), from_="gcj02", to="wgs84"))
    assert (found.places, found.streets) == ("wgs84", "gcj02")


@pytest.mark.parametrize("count", [3, 60])
def test_places_that_fit_and_places_that_are_few_tell_nothing(town, count):
    assert shift(town, places(town, count)) is None


def test_outside_china_there_is_nothing_to_tell():
    lines = [shapely.LineString([(24.9, 60.1 + k / 90), (25.0, 60.1 + k / 90)]) for k in range(9)]
    found = build(gpd.GeoDataFrame(geometry=lines, crs=4326))
    dots = gpd.GeoSeries(gpd.points_from_xy(np.linspace(24.9, 25, 30), np.full(30, 60.104)))
    assert shift(found, dots) is None
