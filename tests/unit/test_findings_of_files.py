"""What nets of real places taught the rules: coasts, islands, hairs between borders."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.plans.findings import SENTENCES, TITLES, Patch, Subject, findings_of
from geodata.profiles import load_profile
from geodata.words import translate

CRS = "EPSG:4548"
EAST, NORTH = 500_000.0, 3_880_000.0
PROFILE = load_profile("linyi")


def box(x: float, y: float, width: float = 100, height: float = 100) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def found(*shapes, **more):
    index = pd.RangeIndex(1, len(shapes) + 1, name="grid")
    grids = gpd.GeoDataFrame(index=index, geometry=list(shapes), crs=CRS)
    return findings_of(Subject(grids, **more), profile=PROFILE, crs=CRS)


def test_a_grid_with_an_island_that_nothing_lies_beside_may_be_published():
    island = box(500, 0, 30, 30)

    (one,) = found(shapely.MultiPolygon([box(0, 0), island]), box(100, 0))

    assert (one.rule, one.severity) == ("not_contiguous", "note")
    assert (one.numbers["parts"], one.numbers["islands"]) == (2, 1)


def test_a_part_beside_another_grid_must_be_mended_whatever_islands_there_are_too():
    inside, island = box(250, 20, 40, 40), box(600, 0, 30, 30)
    around = shapely.difference(box(200, 0), inside)

    (one,) = found(shapely.MultiPolygon([box(0, 0), island, inside]), around)

    assert (one.rule, one.severity) == ("not_contiguous", "error")
    assert (one.numbers["parts"], one.numbers["islands"]) == (3, 1)
    assert one.numbers["area_m2"] == pytest.approx(1_600)
    west, _, east, _ = gpd.GeoSeries([inside], crs=CRS).to_crs(4326).total_bounds
    assert west < one.where.lon < east


def test_parts_that_meet_in_a_corner_must_be_mended_though_no_other_grid_is_near():
    (one,) = found(shapely.MultiPolygon([box(0, 0), box(100, 100)]))

    assert (one.rule, one.severity) == ("not_contiguous", "error")


def test_a_strip_along_a_neighbours_coast_is_a_sliver_and_no_part_as_well():
    strip = box(300, 0, 0.05, 80)
    coast = shapely.difference(box(250, 0), box(300, -9, 60, 200))

    only = found(shapely.MultiPolygon([box(0, 0), strip]), coast)

    assert [one.rule for one in only] == ["sliver"]


def test_hairs_between_borders_drawn_twice_are_worth_knowing_however_many_they_are():
    hairs = [box(0, 40 * n, 60, 0.008) for n in range(5)]
    hairs.append(box(0, 300, 4_000, 0.0005))
    one = Patch((1, 2), shapely.MultiPolygon(hairs), pieces=6)

    (slight,) = found(box(0, 0), box(200, 0), overlaps=[one])

    assert slight.numbers["area_m2"] > 1
    assert slight.severity == "note"


def test_an_overlap_points_at_what_is_more_than_a_hair():
    hairs = [box(0, 40 * n, 60, 0.008) for n in range(2)]
    real = box(70, 10, 3, 2)
    one = Patch((1, 2), shapely.MultiPolygon([*hairs, real]), pieces=3)

    (grave,) = found(box(0, 0), box(200, 0), overlaps=[one])

    assert grave.severity == "error"
    assert grave.numbers["area_m2"] == pytest.approx(6.96)
    point = gpd.GeoSeries([shapely.Point(grave.where.lon, grave.where.lat)], crs=4326)
    assert real.contains(point.to_crs(CRS).iloc[0])


def test_of_one_rule_the_largest_fault_comes_first():
    gaps = [Patch((), box(300, 0, side, side)) for side in (20, 40, 30)]

    assert [one.numbers["area_m2"] for one in found(box(0, 0), gaps=gaps)] == [1_600, 900, 400]


def test_where_nets_agree_least_comes_first():
    shares = pd.Series([0.9, 0.4, 1.0, 0.6], index=[1, 2, 3, 4])

    told = found(*(box(200 * n, 0) for n in range(4)), others=shares)

    assert [one.ids for one in told] == [(2,), (4,), (1,)]


def test_every_rule_has_a_name_in_both_languages():
    assert TITLES.keys() == SENTENCES.keys()
    for title in TITLES.values():
        assert translate(title, "zh") != title
