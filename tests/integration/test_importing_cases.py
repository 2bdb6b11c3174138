"""Cases from files: placed, brought up to date, never doubled."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from incoming import (
    OPERATOR,
    STREET_OFFICE,
    everything,
    rows,
    squares,
    table,
    tickets,
    write,
)

from geodata.errors import InvalidInput
from geodata.exchange import import_file
from geodata.exchange import jobs as _jobs  # noqa: F401 - registers the kind


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
