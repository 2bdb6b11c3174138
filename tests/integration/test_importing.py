"""Files into the layers: whole or not at all, twice the same as once, the past kept."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from geodata import crs
from geodata.accounts import Actor
from geodata.database.jobs import Work, kind_of
from geodata.errors import Cancelled, Conflict, InvalidInput, NotAllowed, Unavailable
from geodata.exchange import import_file, preview
from geodata.exchange import jobs as _jobs  # noqa: F401 - registers the kind
from geodata.places.tables import LAYERS

OPERATOR = Actor.terminal()
STREET_OFFICE = "371311001"


def squares(west=118.3, south=35.0, columns=2, rows=2, side=0.01):
    return [
        shapely.box(
            west + c * side, south + r * side, west + (c + 1) * side, south + (r + 1) * side
        )
        for r in reversed(range(rows))
        for c in range(columns)
    ]


def write(path, shapes, **columns):
    gpd.GeoDataFrame(columns or None, geometry=shapes, crs="EPSG:4326").to_file(path)
    return path


def table(path, **columns):
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def rows(database, query, **values):
    with database.read() as connection:
        return connection.execute(sa.text(query), values).all()


def everything(database):
    """All that an import could change, but for the audit trail."""
    with database.read() as connection:
        return {
            name: connection.execute(sa.text(f"SELECT * FROM {name} ORDER BY 1")).all()
            for name in [*LAYERS, "cases", "case_cells", "imports", "changes", "layer_versions"]
        }


def count_of(database, name):
    return rows(database, f"SELECT count(*) FROM {name}")[0][0]


@pytest.fixture
def communities(database, tmp_path):
    path = write(
        tmp_path / "社区.gpkg",
        squares(),
        社区编码=[f"{STREET_OFFICE}{k:03d}" for k in range(1, 5)],
        名称=["盛庄", "册山", "傅庄", "沂堂"],
    )
    assert import_file(database, OPERATOR, "areas", path).stored
    return path


# --- places ----------------------------------------------------------------------------------


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


# --- cases -----------------------------------------------------------------------------------


def tickets(path, count=6, **columns):
    content = {
        "工单编号": [f"T{k}" for k in range(count)],
        "来源": ["12345热线"] * count,
        "类别": ["噪音扰民"] * count,
        "状态": ["处置中"] * count,
        "上报时间": ["2025-03-01 08:00"] * count,
        "内容": [f"反映第{k}号问题" for k in range(count)],
        "经度": [118.305] * count,
        "纬度": [35.005] * count,
    } | columns
    return table(path, **content)


def test_cases_are_placed_where_they_lie(database, communities, tmp_path):
    grids = write(tmp_path / "g.gpkg", squares(columns=4, rows=4, side=0.005))
    import_file(database, OPERATOR, "grids", grids)
    report = import_file(
        database,
        OPERATOR,
        "cases",
        tickets(tmp_path / "c.csv", 3, 经度=[118.302, 118.318, 119.0], 纬度=[35.002, 35.018, 35]),
    )
    assert (report.added, report.unplaced) == (3, 1)
    found = rows(
        database, "SELECT area_code, grid_code, source, category, state FROM cases ORDER BY id"
    )
    assert [row[:2] for row in found] == [
        (f"{STREET_OFFICE}003", f"{STREET_OFFICE}003003"),
        (f"{STREET_OFFICE}002", f"{STREET_OFFICE}002002"),
        (None, None),
    ]
    assert found[0][2:] == ("hotline", "noise", "in_progress")


def test_a_case_gets_the_grid_that_stood_when_it_was_reported(database, tmp_path):
    old = write(tmp_path / "a.gpkg", [shapely.box(118.3, 35, 118.31, 35.01)], code=["OLD"])
    import_file(database, OPERATOR, "grids", old)
    new = write(tmp_path / "b.gpkg", [shapely.box(118.3, 35, 118.31, 35.01)], code=["NEW"])
    import_file(database, OPERATOR, "grids", new, since=dt.date(2025, 6, 1), replace=True)
    path = tickets(
        tmp_path / "c.csv", 3, 上报时间=["2025-05-31 23:59", "2025-06-01 00:00", "2026-01-01"]
    )
    import_file(database, OPERATOR, "cases", path)
    assert rows(database, "SELECT grid_code FROM cases ORDER BY id") == [
        ("OLD",),
        ("NEW",),
        ("NEW",),
    ]


def test_cases_that_came_before_the_first_borders_find_them(database, tmp_path):
    path = table(
        tmp_path / "c.csv",
        工单编号=list("1234"),
        上报时间=["2025-03-01 08:00"] * 4,
        经度=[118.305, 118.315, 110.0, None],
        纬度=[35.005, 35.005, 35.005, None],
    )
    assert import_file(database, OPERATOR, "cases", path).added == 4
    with database.begin() as tx:
        tx.connection.execute(
            sa.text("UPDATE cases SET grid_code = 'by hand' WHERE external_id = '2'")
        )
    areas = write(
        tmp_path / "a.gpkg", squares(), 社区编码=[f"{STREET_OFFICE}{k:03d}" for k in range(4)]
    )
    before = everything(database)
    import_file(database, OPERATOR, "areas", areas, dry_run=True)
    assert everything(database) == before
    report = import_file(database, OPERATOR, "areas", areas)
    assert [f.params["number"] for f in report.findings if f.kind == "cases_placed"] == [2]
    version = database.version("cases")
    grids = write(tmp_path / "g.gpkg", squares(), 网格编码=["甲", "乙", "丙", "丁"])
    report = import_file(database, OPERATOR, "grids", grids)
    assert [f.params["number"] for f in report.findings if f.kind == "cases_placed"] == [1]
    query = "SELECT area_code, grid_code FROM cases ORDER BY external_id"
    assert rows(database, query) == [
        (f"{STREET_OFFICE}002", "丙"),
        (f"{STREET_OFFICE}003", "by hand"),
        (None, None),
        (None, None),
    ]
    feed = "SELECT details->>'placed_in', details->>'cases' FROM changes WHERE layer = 'cases'"
    assert rows(database, f"{feed} ORDER BY id")[1:] == [("areas", "2"), ("grids", "1")]
    assert database.version("cases") > version


def test_later_borders_and_those_of_another_time_move_no_case(database, communities, tmp_path):
    path = table(
        tmp_path / "c.csv",
        上报时间=["2025-03-01 08:00"],
        经度=[118.305],
        纬度=[35.005],
    )
    import_file(database, OPERATOR, "cases", path)
    far = write(tmp_path / "far.gpkg", squares(west=100), 网格编码=list("1234"))
    import_file(database, OPERATOR, "grids", far)
    near = write(tmp_path / "near.gpkg", squares(), 网格编码=list("5678"))
    assert "cases_placed" not in import_file(database, OPERATOR, "grids", near).findings.counts
    later = write(tmp_path / "later.gpkg", squares(), 名称=list("甲乙丙丁"))
    import_file(database, OPERATOR, "compounds", later, since=dt.date(2025, 6, 1))
    assert rows(database, "SELECT grid_code, compound_code FROM cases") == [(None, None)]


def test_known_cases_are_brought_up_to_date_and_new_ones_added(database, communities, tmp_path):
    import_file(database, OPERATOR, "cases", tickets(tmp_path / "a.csv"))
    path = tickets(tmp_path / "b.csv", 8, 状态=["已办结"] * 2 + ["处置中"] * 6)
    report = import_file(database, OPERATOR, "cases", path)
    assert (report.added, report.changed, report.unchanged) == (2, 2, 4)
    found = rows(database, "SELECT state, count(*) FROM cases GROUP BY 1 ORDER BY 1")
    assert found == [("closed", 2), ("in_progress", 6)]


def test_a_file_that_says_no_state_leaves_the_state_alone(database, tmp_path):
    import_file(database, OPERATOR, "cases", tickets(tmp_path / "a.csv", 2))
    path = table(
        tmp_path / "b.csv",
        工单编号=["T0", "T9"],
        来源=["12345"] * 2,
        上报时间=["2025-03-01 08:00"] * 2,
        地址=["沂蒙路1号"] * 2,
    )
    import_file(database, OPERATOR, "cases", path)
    found = rows(database, "SELECT external_id, state, address FROM cases ORDER BY external_id")
    assert found == [
        ("T0", "in_progress", "沂蒙路1号"),
        ("T1", "in_progress", ""),
        ("T9", "reported", "沂蒙路1号"),
    ]


def test_two_rows_of_one_case_are_one_case_and_the_last_holds(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 3, 工单编号=["T1", "T1", "T2"], 内容=["a", "b", "c"])
    report = import_file(database, OPERATOR, "cases", path)
    assert "repeated_case" in report.findings.counts
    found = rows(database, "SELECT external_id, description FROM cases ORDER BY 1")
    assert found == [("T1", "b"), ("T2", "c")]


def test_unknown_categories_are_other_and_their_words_kept(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 3, 类别=["外星人", "外星人", "噪音"])
    report = import_file(database, OPERATOR, "cases", path)
    assert rows(database, "SELECT category, extra FROM cases ORDER BY id") == [
        ("other", {"类别": "外星人"}),
        ("other", {"类别": "外星人"}),
        ("noise", {}),
    ]
    (said,) = [f for f in report.findings if f.kind == "unknown_value"]
    assert (said.count, said.row) == (2, 2)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"经度": ["118.3", "nan", "118.3"]}, "unreadable"),
        ({"经度": ["118.3", "inf", "118.3"]}, "not_finite"),
        ({"经度": ["118.3", "1183", "118.3"]}, "out_of_range"),
        ({"经度": ["118.3", "35", "118.3"], "纬度": ["35", "118.3", "35"]}, "swapped_row"),
        ({"上报时间": ["2025-03-01", "昨天", "2025-03-01"]}, "no_time"),
        ({"上报时间": ["2025-03-01", "", "2025-03-01"]}, "no_time"),
    ],
)
def test_a_bad_case_is_named_by_its_row_and_nothing_is_stored(database, tmp_path, columns, kind):
    path = tickets(tmp_path / "a.csv", 3, **columns)
    before = everything(database)
    report = import_file(database, OPERATOR, "cases", path)
    assert not report.stored
    assert [f.row for f in report.findings if f.kind == kind and f.weight == "refused"] == [3]
    assert everything(database) == before
    assert import_file(database, OPERATOR, "cases", path, skip_bad=True).added == 2


def test_cases_without_a_time_column_name_the_mend(database, tmp_path):
    path = table(tmp_path / "a.csv", foo=["x"], lon=[118], lat=[35])
    with pytest.raises(InvalidInput, match="--map reported_at=COLUMN"):
        import_file(database, OPERATOR, "cases", path)


def test_cases_in_gbk_excel_and_geojson_are_the_same_cases(database, tmp_path):
    frame = pd.read_csv(tickets(tmp_path / "a.csv", 4), dtype=str)
    frame.to_csv(tmp_path / "gbk.csv", index=False, encoding="gbk")
    frame.astype({"经度": float, "纬度": float}).to_excel(tmp_path / "b.xlsx", index=False)
    points = gpd.points_from_xy(frame.经度.astype(float), frame.纬度.astype(float))
    gpd.GeoDataFrame(frame.drop(columns=["经度", "纬度"]), geometry=points, crs=4326).to_file(
        tmp_path / "c.geojson"
    )
    assert import_file(database, OPERATOR, "cases", tmp_path / "a.csv").added == 4
    for name in ("gbk.csv", "b.xlsx", "c.geojson"):
        report = import_file(database, OPERATOR, "cases", tmp_path / name)
        assert (name, report.unchanged) == (name, 4)


def test_a_large_file_keeps_all_its_indexes(database, communities, tmp_path):
    count = 30_000
    path = tickets(tmp_path / "a.csv", count)
    query = "SELECT indexdef FROM pg_indexes WHERE tablename = 'cases' ORDER BY 1"
    before = rows(database, query)
    report = import_file(database, OPERATOR, "cases", path)
    assert report.added == count
    assert rows(database, query) == before
    assert rows(database, "SELECT sum(n) FROM case_cells WHERE zoom = 7")[0][0] == count
    assert import_file(database, OPERATOR, "cases", path).unchanged == count


# --- who may, and what is noted --------------------------------------------------------------


def test_a_viewer_may_not_import(database, tmp_path):
    viewer = Actor(user_id=1, name="v", role="viewer")
    with pytest.raises(NotAllowed):
        import_file(database, viewer, "cases", tickets(tmp_path / "a.csv"))
    with pytest.raises(NotAllowed):
        preview(database, viewer, "cases", tmp_path / "a.csv")


def test_a_commander_looks_at_no_borders_that_may_not_come_in(database, tmp_path):
    commander = Actor(user_id=1, name="c", role="commander")
    path = write(tmp_path / "a.gpkg", squares())
    for verb in (import_file, preview):
        with pytest.raises(NotAllowed, match="edit_places"):
            verb(database, commander, "areas", path)
    assert preview(database, commander, "cases", tickets(tmp_path / "c.csv")).rows is None


def test_a_planner_stays_within_the_area_of_duty(database, communities, tmp_path):
    planner = Actor(1, "p", "planner", areas=frozenset({f"{STREET_OFFICE}001"}))
    inside = write(tmp_path / "a.gpkg", squares()[:1], name=["里"])
    outside = write(tmp_path / "b.gpkg", squares()[1:2], name=["外"])
    assert import_file(database, planner, "compounds", inside).stored
    before = everything(database)
    with pytest.raises(NotAllowed):
        import_file(database, planner, "compounds", outside)
    with pytest.raises(NotAllowed):
        import_file(database, planner, "cases", tickets(tmp_path / "c.csv"))
    assert everything(database) == before


def test_an_import_is_one_entry_in_the_audit_and_one_in_the_feed(database, communities):
    assert rows(database, "SELECT action, subject, details->>'added' FROM audit") == [
        ("imported", "areas", "4")
    ]
    assert rows(database, "SELECT layer, action FROM changes") == [("areas", "loaded")]
    assert database.version("areas") > 0
    (note,) = rows(database, "SELECT filename, crs, report->>'added', length(sha256) FROM imports")
    assert note == ("社区.gpkg", "wgs84", "4", 64)


def test_a_preview_shows_columns_and_map_and_stores_nothing(database, communities, tmp_path):
    path = write(tmp_path / "c.gpkg", squares(), 小区名称=list("甲乙丙丁"), 备注=list("abcd"))
    before = everything(database)
    seen = preview(database, OPERATOR, "compounds", path).as_dict("zh")
    assert everything(database) == before
    assert seen["columns"][0] == {
        "name": "小区名称",
        "samples": list("甲乙丙丁"),
        "field": "name",
        "confidence": pytest.approx(1, abs=0.02),
    }
    assert seen["columns"][1]["field"] is None
    assert seen["crs"] == "wgs84"
    assert seen["bbox"] == pytest.approx([118.3, 35.0, 118.32, 35.02])
    assert len(seen["features"]["features"]) == 4
    assert seen["rows"] == 4


# --- interrupted -----------------------------------------------------------------------------


def test_a_cancelled_import_leaves_nothing(database, tmp_path):
    before = everything(database)
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        import_file(
            database, OPERATOR, "cases", tickets(tmp_path / "a.csv"), cancelled=lambda: next(asked)
        )
    assert everything(database) == before


def test_progress_runs_from_nothing_to_all(database, tmp_path):
    told = []
    import_file(
        database,
        OPERATOR,
        "cases",
        tickets(tmp_path / "a.csv"),
        progress=lambda stage, share: told.append(share),
    )
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0


def test_a_database_that_goes_away_in_the_middle_leaves_nothing(database, tmp_path):
    before = everything(database)
    path = tickets(tmp_path / "a.csv", 200)

    def end_it(stage, share):
        if share > 0:
            with database.engine.connect() as other:
                other.execute(
                    sa.text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <>"
                        " pg_backend_pid() AND datname = current_database()"
                    )
                )

    with pytest.raises(Unavailable):
        import_file(database, OPERATOR, "cases", path, progress=end_it)
    assert everything(database) == before
    assert import_file(database, OPERATOR, "cases", path).added == 200


def test_two_imports_of_one_file_at_once_end_in_one_set_of_cases(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 50)
    refusals = []

    def meanwhile(stage, share):
        if stage == "finishing" and not refusals:
            refusals.append(None)
            thread.start()
            time.sleep(0.5)

    def other():
        try:
            import_file(database, OPERATOR, "cases", path)
        except Conflict as error:
            refusals.append(error)

    thread = threading.Thread(target=other)
    assert import_file(database, OPERATOR, "cases", path, progress=meanwhile).added == 50
    thread.join(30)
    assert isinstance(refusals[-1], Conflict)
    assert count_of(database, "cases") == 50


def test_a_killed_import_leaves_nothing(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 2000)
    before = everything(database)
    code = (
        "import sys, time; from geodata.database import Database;"
        "from geodata.accounts import Actor; from geodata.exchange import import_file;"
        "tell = lambda stage, share: share > 0.5 and (print('half', flush=True), time.sleep(60));"
        "import_file(Database(sys.argv[1]), Actor.terminal(), 'cases', sys.argv[2], progress=tell)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, database.url, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline().strip() == "half"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    for _ in range(100):
        if everything(database) == before and not rows(
            database,
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'idle in transaction' AND pid <> pg_backend_pid()",
        ):
            break
        time.sleep(0.1)
    assert everything(database) == before
    assert import_file(database, OPERATOR, "cases", path).added == 2000


def test_an_import_runs_as_a_job(database, tmp_path):
    path = tickets(tmp_path / "a.csv")
    work = Work(
        database=database,
        actor={"user_id": None, "language": "zh"},
        arguments={
            "layer": "cases",
            "path": str(path),
            "filename": "十二月.csv",
            "profile": "linyi",
        },
    )
    report = kind_of("import").run(work)
    assert report["added"] == 6
    assert report["filename"] == "十二月.csv"
    assert not path.exists()
    assert rows(database, "SELECT actor, user_id FROM audit") == [("terminal", None)]


def test_rows_count_even_beyond_one_chunk(database, tmp_path, monkeypatch):
    from geodata.exchange import tabular

    monkeypatch.setattr(tabular, "ROWS_AT_ONCE", 50)
    monkeypatch.setattr(tabular, "BLOCK", 4096)
    path = tickets(tmp_path / "a.csv", 500, 工单编号=[f"T{k % 400}" for k in range(500)])
    report = import_file(database, OPERATOR, "cases", path)
    assert report.rows == 500
    assert count_of(database, "cases") == 400
    anonymous = pd.read_csv(path).drop(columns="工单编号")
    anonymous.to_csv(tmp_path / "b.csv", index=False)
    first = import_file(database, OPERATOR, "cases", tmp_path / "b.csv")
    assert first.added == 500
    assert import_file(database, OPERATOR, "cases", tmp_path / "b.csv").unchanged == 500


def test_numbers_of_rows_are_those_of_the_file(database, tmp_path):
    path = tickets(tmp_path / "a.csv", 5, 经度=np.array([118.3, 118.3, 999, 118.3, 118.3]))
    report = import_file(database, OPERATOR, "cases", path)
    assert [f.row for f in report.findings if f.weight == "refused"] == [4]
