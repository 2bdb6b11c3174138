"""What a check of a file found and mended, as tables for a notebook."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geodata.exchange.checked_out import changes_frame, findings_frame, mended_frame
from geodata.exchange.checking import check_file, mend_checked
from geodata.profiles import load_profile

CRS = "EPSG:4548"
EAST, NORTH = 500_000.0, 3_880_000.0


def box(x: float, y: float, width: float = 100, height: float = 100) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


@pytest.fixture
def checked(tmp_path):
    def look(*shapes):
        names = [f"第{n}网格" for n in range(1, len(shapes) + 1)]
        columns = {"code": [f"g{n}" for n in range(1, len(shapes) + 1)], "name": names}
        net = gpd.GeoDataFrame({**columns, "households": 400}, geometry=list(shapes), crs=CRS)
        net.to_file(tmp_path / "net.gpkg")
        return check_file(tmp_path / "net.gpkg", profile=load_profile("linyi"))

    return look


def test_findings_stand_where_they_are_with_their_weight_in_words(checked):
    found = findings_frame(checked(box(0, 0), box(95, 0)), "zh")

    (one,) = found.itertuples()
    assert (one.rule, one.severity, one.severity_text) == ("overlap", "error", "必须整改")
    assert set(one.ids.split(", ")) == {"g1", "g2"}
    assert "第1网格" in one.message
    assert one.area_m2 == pytest.approx(500, rel=0.01)
    assert found.crs == "EPSG:4326"
    assert found.to_crs(CRS).geometry.iloc[0].within(box(95, 0, 5))


def test_changes_say_who_lost_what_to_whom_and_where(checked):
    net = checked(box(0, 0), box(95, 0))
    mended = mend_checked(net)

    changes = changes_frame(net, mended, "zh")

    (one,) = changes.itertuples()
    assert one.kind == "overlap"
    assert {one.loses, one.gains} == {"g1", "g2"}
    assert one.area_m2 == pytest.approx(500, rel=0.01)
    assert "重叠处理" in one.message
    assert changes.crs == "EPSG:4326"
    assert changes.to_crs(CRS).geometry.iloc[0].within(box(95, 0, 5).buffer(0.01))


def test_ground_that_no_grid_held_is_lost_by_none(checked):
    around = shapely.difference(box(0, 0), box(40, 40, 2, 2))
    net = checked(around, box(100, 0))

    (one,) = changes_frame(net, mend_checked(net)).itertuples()

    assert (one.kind, one.loses, one.gains) == ("gap", None, "g1")
    assert one.area_m2 == pytest.approx(4, rel=0.01)


def test_a_mended_net_keeps_the_columns_of_its_file_and_nothing_overlaps(checked):
    net = checked(box(0, 0), box(95, 0))

    mended = mended_frame(net, mend_checked(net))

    assert mended["name"].tolist() == ["第1网格", "第2网格"]
    assert mended["households"].tolist() == [400, 400]
    assert mended.crs == "EPSG:4326"
    left, right = mended.to_crs(CRS).geometry
    assert left.intersection(right).area == pytest.approx(0, abs=1e-3)
    assert left.union(right).area == pytest.approx(19_500, rel=1e-4)


def test_a_net_without_fault_gives_tables_without_rows(checked):
    net = checked(box(0, 0), box(100, 0))

    found, changes = findings_frame(net), changes_frame(net, mend_checked(net))

    assert (len(found), len(changes)) == (0, 0)
    assert {"rule", "severity", "message"} <= set(found)
    assert {"kind", "loses", "gains", "area_m2", "message"} <= set(changes)
