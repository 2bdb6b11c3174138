"""Places from files: whole or not at all, twice the same as once, the past kept."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pytest
import shapely
import sqlalchemy as sa
from incoming import (
    OPERATOR,
    STREET_OFFICE,
    count_of,
    everything,
    rows,
    squares,
    table,
    write,
)

from geodata import crs
from geodata.errors import Conflict, InvalidInput
from geodata.exchange import import_file, preview
from geodata.exchange import jobs as _jobs  # noqa: F401 - registers the kind


def test_the_same_file_twice_changes_nothing(database, tmp_path):
    for layer, path in {
        "areas": write(tmp_path / "a.geojson", squares(), 名称=list("甲乙丙丁")),
        "grids": write(tmp_path / "g.gpkg", squares(columns=4, rows=4, side=0.005)),
        "streets": write(
            tmp_path / "s.gpkg", [shapely.LineString([(118, 35), (118.1, 35)])] * 2, name=["a"] * 2
        ),
        "facilities": table(
            tmp_path / "f.csv", 名称=["驿站"], 类型=["驿站"], 经度=[118.305], 纬度=[35.005]
        ),
        "cases": table(
            tmp_path / "c.csv",
            上报时间=["2025-03-01 08:00"] * 3,
            内容=["噪音", "噪音", "占道"],
            经度=[118.305] * 3,
            纬度=[35.005] * 3,
        ),
    }.items():
        first = import_file(database, OPERATOR, layer, path)
        assert first.stored
        assert first.added == first.rows
        before = everything(database)
        again = import_file(database, OPERATOR, layer, path)
        assert again.unchanged == first.rows
        assert again.import_id is None
        assert everything(database) == before


def test_new_grids_are_numbered_within_their_community(database, communities, tmp_path):
    path = write(tmp_path / "grids.gpkg", squares(columns=4, rows=4, side=0.005))
    import_file(database, OPERATOR, "grids", path)
    found = rows(database, "SELECT code, area_code FROM grids ORDER BY code")
    assert [code for code, _ in found] == [
        f"{STREET_OFFICE}{c:03d}{g:03d}" for c in range(1, 5) for g in range(1, 5)
    ]
    assert all(code.startswith(area) for code, area in found)
    first = rows(
        database, "SELECT ST_X(ST_Centroid(geom)), ST_Y(ST_Centroid(geom)) FROM grids ORDER BY code"
    )[0]
    assert first == pytest.approx((118.3025, 35.0175))


def test_a_changed_row_closes_its_version_and_opens_a_new_one(database, communities, tmp_path):
    shapes = squares()
    path = write(
        tmp_path / "b.gpkg",
        shapes[:2],
        社区编码=[f"{STREET_OFFICE}001", f"{STREET_OFFICE}002"],
        名称=["盛庄", "册山新名"],
    )
    report = import_file(database, OPERATOR, "areas", path)
    assert (report.added, report.changed, report.unchanged) == (0, 1, 1)
    versions = rows(
        database,
        "SELECT name, lower(held), upper(held) FROM areas WHERE code = :c ORDER BY id",
        c=f"{STREET_OFFICE}002",
    )
    assert [v[0] for v in versions] == ["册山", "册山新名"]
    assert versions[0][1] is None
    assert versions[0][2] == versions[1][1]
    assert versions[1][2] is None
    assert count_of(database, "areas") == 5


def test_what_a_file_does_not_say_is_kept(database, communities, tmp_path):
    code = f"{STREET_OFFICE}001"
    full = write(
        tmp_path / "x.gpkg",
        squares()[:1],
        code=["C1"],
        name=["盛庄"],
        type=["商住小区"],
        备注=["老"],
    )
    import_file(database, OPERATOR, "compounds", full)
    path = write(tmp_path / "y.gpkg", squares()[:1], code=["C1"], households=[321])
    import_file(database, OPERATOR, "compounds", path)
    assert rows(
        database,
        "SELECT name, type, households, area_code, extra FROM compounds WHERE upper_inf(held)",
    ) == [("盛庄", "commercial", 321, code, {"备注": "老"})]


def test_replace_ends_what_the_file_no_longer_has(database, communities, tmp_path):
    path = write(
        tmp_path / "b.gpkg", squares()[:1], 社区编码=[f"{STREET_OFFICE}001"], 名称=["盛庄"]
    )
    assert import_file(database, OPERATOR, "areas", path).ended == 0
    assert import_file(database, OPERATOR, "areas", path, replace=True).ended == 3
    assert rows(database, "SELECT count(*) FROM areas WHERE upper_inf(held)")[0][0] == 1
    assert count_of(database, "areas") == 4


def test_a_code_that_ended_is_not_given_again(database, communities, tmp_path):
    many = write(tmp_path / "g.gpkg", squares(columns=4, rows=4, side=0.005))
    import_file(database, OPERATOR, "grids", many)
    other = write(tmp_path / "h.gpkg", [shapely.box(118.3, 35.0, 118.309, 35.009)])
    import_file(database, OPERATOR, "grids", other, replace=True)
    now = rows(database, "SELECT code FROM grids WHERE upper_inf(held)")
    assert now == [(f"{STREET_OFFICE}003005",)]


def test_since_says_from_when_it_holds(database, communities, tmp_path):
    path = write(
        tmp_path / "b.gpkg", squares()[:1], 社区编码=[f"{STREET_OFFICE}001"], 名称=["盛庄二"]
    )
    import_file(database, OPERATOR, "areas", path, since=dt.date(2025, 6, 1))
    found = rows(database, "SELECT lower(held) FROM areas WHERE name = '盛庄二'")
    assert found[0][0] == dt.datetime(2025, 5, 31, 16, tzinfo=dt.UTC)
    third = write(
        tmp_path / "c.gpkg", squares()[:1], 社区编码=[f"{STREET_OFFICE}001"], 名称=["盛庄三"]
    )
    with pytest.raises(Conflict, match=f"{STREET_OFFICE}001"):
        import_file(database, OPERATOR, "areas", third, since=dt.date(2025, 1, 1))


def test_a_bad_row_refuses_the_whole_file_unless_it_may_be_skipped(database, tmp_path):
    shapes = [*squares()[:2], shapely.Point(118, 35)]
    path = tmp_path / "a.geojson"
    gpd.GeoDataFrame({"name": list("abc")}, geometry=shapes, crs=4326).to_file(path)
    before = everything(database)
    report = import_file(database, OPERATOR, "areas", path)
    assert not report.stored
    assert (report.rows, report.refused) == (3, 1)
    assert [(f.row, f.name, f.weight) for f in report.findings] == [(3, "c", "refused")]
    assert everything(database) == before
    report = import_file(database, OPERATOR, "areas", path, skip_bad=True)
    assert report.stored
    assert count_of(database, "areas") == 2


def test_a_dry_run_stores_nothing(database, communities, tmp_path):
    before = everything(database)
    path = write(tmp_path / "g.gpkg", squares(columns=4, rows=4, side=0.005))
    report = import_file(database, OPERATOR, "grids", path, dry_run=True)
    assert (report.added, report.stored) == (16, False)
    assert everything(database) == before


def test_a_self_crossing_polygon_is_mended_and_the_rest_left_alone(database, tmp_path):
    bow = shapely.Polygon([(118, 35), (118.1, 35.1), (118.1, 35), (118, 35.1)])
    path = write(tmp_path / "a.geojson", [bow, squares()[0]], name=["蝴蝶", "方"])
    report = import_file(database, OPERATOR, "areas", path)
    assert report.stored
    assert report.mended == 1
    assert [f.name for f in report.findings if f.kind == "mended"] == ["蝴蝶"]
    assert rows(database, "SELECT bool_and(ST_IsValid(geom)) FROM areas") == [(True,)]


def test_a_code_that_comes_twice_is_refused_with_its_row(database, tmp_path):
    path = write(tmp_path / "a.geojson", squares()[:2], code=["A", "A"])
    report = import_file(database, OPERATOR, "areas", path)
    assert not report.stored
    assert [(f.kind, f.row) for f in report.findings] == [("repeated_code", 2)]


def test_declared_gcj02_is_stored_as_wgs84(database, tmp_path):
    plain = gpd.GeoDataFrame({"name": ["a"]}, geometry=squares()[:1], crs=4326)
    path = tmp_path / "a.geojson"
    crs.convert(plain, from_="wgs84", to="gcj02").to_file(path)
    import_file(database, OPERATOR, "areas", path, crs="gcj02")
    with database.read() as connection:
        wkb = connection.execute(sa.text("SELECT ST_AsBinary(geom) FROM areas")).scalar_one()
    assert shapely.from_wkb(bytes(wkb)).hausdorff_distance(plain.geometry[0]) < 1e-8


def test_an_undeclared_shift_is_said_and_not_mended(database, communities, tmp_path):
    shapes = squares(columns=4, rows=4, side=0.005)
    frame = gpd.GeoDataFrame({"name": [str(k) for k in range(16)]}, geometry=shapes, crs=4326)
    roads = [shapely.LineString(s.exterior.coords) for s in shapes]
    import_file(database, OPERATOR, "streets", write(tmp_path / "s.gpkg", roads))
    path = tmp_path / "g.geojson"
    crs.convert(frame, from_="wgs84", to="gcj02").to_file(path)
    report = import_file(database, OPERATOR, "grids", path, dry_run=True)
    (said,) = [f for f in report.findings if f.kind == "shifted"]
    assert said.params["crs"] == "gcj02"
    assert said.params["after"] < 5 < said.params["before"]
    straight = tmp_path / "w.geojson"
    frame.to_file(straight)
    report = import_file(database, OPERATOR, "grids", straight, dry_run=True)
    assert "shifted" not in report.findings.counts
    seen = preview(database, OPERATOR, "grids", path)
    assert seen.guess["crs"] == "gcj02"


def test_words_become_keys_and_unknown_words_are_kept_aside(database, communities, tmp_path):
    path = write(
        tmp_path / "c.gpkg",
        squares(),
        小区名称=list("甲乙丙丁"),
        类型=["商住小区", "家属院", "别墅", None],
        是否封闭=["是", "否", "不详", None],
        户数=["350", "1,200", "若干", None],
    )
    report = import_file(database, OPERATOR, "compounds", path)
    assert report.stored
    found = rows(
        database, "SELECT name, type, closed, households, extra FROM compounds ORDER BY id"
    )
    by_name = {row.name: row[1:] for row in found}
    assert by_name["甲"] == ("commercial", True, 350, {})
    assert by_name["乙"] == ("work_unit", False, 1200, {})
    assert by_name["丙"] == (None, None, None, {"类型": "别墅", "是否封闭": "不详", "户数": "若干"})
    assert by_name["丁"][:3] == (None, None, None)


def test_hostile_texts_are_stored_as_they_are(database, communities, tmp_path):
    evil = "<script>alert(1)</script>'); DROP TABLE areas; --"
    path = write(tmp_path / "c.gpkg", squares()[:1], name=[evil], other=[evil])
    import_file(database, OPERATOR, "compounds", path)
    assert rows(database, "SELECT name, extra FROM compounds") == [(evil, {"other": evil})]


@pytest.mark.parametrize("layer", ["areas", "grids", "buildings", "streets"])
def test_a_file_without_places_is_refused(database, tmp_path, layer):
    path = table(tmp_path / "a.csv", name=["a"], size=[1])
    with pytest.raises(InvalidInput, match="no geometry"):
        import_file(database, OPERATOR, layer, path)


def test_a_file_without_rows_is_refused(database, tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,reported_at\n")
    with pytest.raises(InvalidInput, match="no rows"):
        import_file(database, OPERATOR, "cases", tmp_path / "a.csv")
