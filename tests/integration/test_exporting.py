"""Layers out: every kind, back in without a change, nothing personal, nothing half written."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import subprocess
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet
import pytest
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.errors import Cancelled, InvalidInput, NotAllowed, NotFound, Unavailable
from geodata.exchange import cases_in, copying_out, excel_out, export_layer, import_file, writing
from geodata.exchange.reading import open_source

OPERATOR = Actor.terminal()
KINDS = ["gpkg", "geojson", "shp", "zip", "kml", "fgb", "parquet", "csv", "xlsx"]
ALL = [*KINDS, "json", "geoparquet"]
EVIL = '=HYPERLINK("http://evil")'


@pytest.fixture
def filled(database, tmp_path, monkeypatch):
    # whatever day it is, these tickets are young: their reporters are still kept
    monkeypatch.setattr(cases_in, "over", lambda _days: dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    shapes = [shapely.box(118.3 + k / 100, 35, 118.31 + k / 100, 35.01) for k in range(3)]
    frame = gpd.GeoDataFrame(
        {
            "社区编码": [f"37131100100{k}" for k in range(1, 4)],
            "名称": ["盛庄", "册山", EVIL],
            "户数": [300, 400, None],
            "网格长": ["甲", None, "+86"],
        },
        geometry=shapes,
        crs=4326,
    )
    frame.to_file(tmp_path / "in.gpkg")
    import_file(database, OPERATOR, "areas", tmp_path / "in.gpkg")
    tickets = pd.DataFrame(
        {
            "工单编号": ["007", "008", "009"],
            "来源": "12345",
            "类别": ["噪音", "停车", "外星"],
            "上报时间": ["2025-03-01 08:00", "2025-03-02 08:00", "2025-03-03 08:00"],
            "内容": ["张三反映噪音", "-2+3", "<script>"],
            "姓名": ["张三", "李四", "王五"],
            "电话": ["13800000000", "13800000001", "+8613800000002"],
            "身份证": ["371311199001010011", "371312", "371313"],
            "经度": [118.305, 118.315, None],
            "纬度": [35.005, 35.005, None],
        }
    )
    tickets.to_csv(tmp_path / "in.csv", index=False)
    import_file(database, OPERATOR, "cases", tmp_path / "in.csv")
    return database


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_and_read_again(filled, tmp_path, kind):
    path = tmp_path / f"out.{kind}"
    assert export_layer(filled, OPERATOR, "areas", path) == 3
    with open_source(path) as source:
        (chunk,) = source.chunks()
    assert len(chunk) == 3
    names = {plain: name for plain in chunk.table.column_names for name in [plain.lower()]}
    assert {"code", "households"} <= set(names.values())
    assert not list(tmp_path.glob(".wangge-export-*"))


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "fgb", "parquet", "csv", "shp", "zip"])
@pytest.mark.parametrize("layer", ["areas", "cases"])
def test_what_went_out_comes_in_unchanged(filled, tmp_path, kind, layer):
    path = tmp_path / f"out.{kind}"
    export_layer(filled, OPERATOR, layer, path)
    said = {"mapping": {"name": "NAME"}} if kind == "kml" else {}
    report = import_file(filled, OPERATOR, layer, path, dry_run=True, **said)
    assert (report.added, report.refused) == (0, 0)
    if kind not in {"shp", "zip"}:  # they cut names and texts
        assert (kind, report.changed, report.unchanged) == (kind, 0, 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", ["areas", "cases"])
def test_many_pieces_make_the_same_file_as_one(filled, tmp_path, monkeypatch, kind, layer):
    export_layer(filled, OPERATOR, layer, tmp_path / f"whole.{kind}")
    monkeypatch.setattr(copying_out, "ROWS_AT_ONCE", 1)
    assert export_layer(filled, OPERATOR, layer, tmp_path / f"pieces.{kind}") == 3
    chunks = []
    for name in ("whole", "pieces"):
        with open_source(tmp_path / f"{name}.{kind}", layer=None) as source:
            chunks += source.chunks()
    assert chunks[0].table.to_pydict() == chunks[1].table.to_pydict()
    if kind == "csv":
        assert (tmp_path / "whole.csv").read_bytes() == (tmp_path / "pieces.csv").read_bytes()
    elif kind != "xlsx":
        assert chunks[0].geometry.tolist() == chunks[1].geometry.tolist()


@pytest.mark.parametrize("kind", ["gpkg", "shp", "csv", "xlsx", "parquet", "kml", "fgb", "geojson"])
def test_an_empty_layer_is_written_too(database, tmp_path, kind):
    assert export_layer(database, OPERATOR, "grids", tmp_path / f"out.{kind}") == 0
    assert (tmp_path / f"out.{kind}").exists()


def test_the_layer_of_a_day_gone_by_is_written(filled, tmp_path):
    frame = gpd.read_file(tmp_path / "in.gpkg")
    frame["名称"] = ["盛庄新", "册山", "傅庄"]
    frame.to_file(tmp_path / "new.gpkg")
    import_file(filled, OPERATOR, "areas", tmp_path / "new.gpkg", since=dt.date(2025, 6, 1))
    for at, name in (
        (dt.date(2025, 5, 31), "盛庄"),
        (dt.date(2025, 6, 1), "盛庄新"),
        (None, "盛庄新"),
    ):
        export_layer(filled, OPERATOR, "areas", tmp_path / "out.gpkg", at=at)
        assert gpd.read_file(tmp_path / "out.gpkg").name[0] == name
    assert export_layer(filled, OPERATOR, "cases", tmp_path / "c.csv", at=dt.date(2025, 3, 2)) == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_spreadsheet_computes_none_of_it(filled, tmp_path, kind):
    path = tmp_path / f"out.{kind}"
    export_layer(filled, OPERATOR, "areas", path)
    if kind == "csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        cells = pd.read_csv(path, dtype=str).to_numpy().ravel().tolist()
    else:
        sheet = openpyxl.load_workbook(path).active
        cells = [cell.value for row in sheet.iter_rows() for cell in row]
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert "'" + EVIL in cells
    assert "'+86" in cells
    assert not [cell for cell in cells if str(cell).startswith(("=", "+", "@"))]


def test_codes_in_excel_keep_their_zeros(filled, tmp_path):
    export_layer(filled, OPERATOR, "cases", tmp_path / "out.xlsx")
    frame = pd.read_excel(tmp_path / "out.xlsx", dtype=str, engine="calamine")
    assert frame["external_id"].tolist() == ["007", "008", "009"]


def test_excel_takes_every_text_as_it_is_but_for_what_xml_cannot_hold(tmp_path):
    texts = ["a<b>&\"'", "  两端  ", "行\n行", "\x00\x07响", "", None, "x" * 40_000, "=1+1"]
    frame = gpd.GeoDataFrame(
        {"字": texts, "n": [1, 2.5, None, float("inf"), -3, 0, 1e-7, 12345678901]},
        geometry=[shapely.Point(118.3, 35)] * 7 + [None],
        crs=4326,
    )
    writing.write_frame(frame, tmp_path / "out.xlsx", name="层[1]/x")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert book.sheetnames == ["层1x"]
    assert rows[0] == ["字", "n", "lon", "lat"]
    seen = [*texts[:3], "响", None, None, "x" * 32_767, "'=1+1"]
    assert [row[0] for row in rows[1:]] == seen
    assert [row[1] for row in rows[1:]] == [1, 2.5, None, None, -3, 0, 1e-7, 12345678901]
    assert [row[2:] for row in rows[1:]] == [[118.3, 35]] * 7 + [[None, None]]


def test_personal_columns_come_only_for_who_may_see_them(filled, tmp_path):
    planner = Actor(None, "p", "planner")
    export_layer(filled, planner, "cases", tmp_path / "p.csv")
    text = (tmp_path / "p.csv").read_text("utf-8-sig")
    for secret in (
        "张三",
        "13800000000",
        "噪音\n",
        "371311199001010011",
        "身份证",
        "reporter",
        "description",
    ):
        assert secret not in text
    assert "2025-03-01 08:00:00+08:00" in text
    export_layer(filled, OPERATOR, "cases", tmp_path / "all.csv")
    frame = pd.read_csv(tmp_path / "all.csv", dtype=str)
    assert frame["reporter_name"].tolist() == ["张三", "李四", "王五"]
    assert frame["身份证"].tolist() == ["371311199001010011", "371312", "371313"]
    with filled.read() as connection:
        query = sa.text("SELECT actor FROM audit WHERE action = 'read_personal'")
        assert connection.execute(query).scalars().all() == ["terminal"]


def test_a_commander_sees_persons_only_in_the_area_of_duty(filled, tmp_path):
    commander = Actor(None, "c", "commander", areas=frozenset({"371311001001"}))
    export_layer(filled, commander, "cases", tmp_path / "c.csv")
    frame = pd.read_csv(tmp_path / "c.csv", dtype=str)
    assert frame["reporter_name"].fillna("").tolist() == ["张三", "", ""]


def test_a_viewer_may_not_export(filled, tmp_path):
    with pytest.raises(NotAllowed):
        export_layer(filled, Actor(None, "v", "viewer"), "areas", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_an_unknown_layer_or_ending_is_refused(filled, tmp_path):
    with pytest.raises(NotFound, match="rivers"):
        export_layer(filled, OPERATOR, "rivers", tmp_path / "out.csv")
    with pytest.raises(InvalidInput, match=r"\.doc"):
        export_layer(filled, OPERATOR, "areas", tmp_path / "out.doc")


@pytest.mark.parametrize("kind", ["csv", "gpkg", "xlsx"])
def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(
    filled, tmp_path, kind, monkeypatch
):
    path = tmp_path / f"out.{kind}"
    export_layer(filled, OPERATOR, "areas", path)
    before = path.read_bytes()

    def full(_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writing, "_settle", full)
    with pytest.raises(Unavailable, match="disk is full"):
        export_layer(filled, OPERATOR, "areas", path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".wangge-export-*"))


class _Gone(Exception):
    pass


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("before", [True, False])
def test_an_export_that_fails_in_the_middle_leaves_no_half_file(
    filled, tmp_path, kind, before, monkeypatch
):
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / f"cases.{kind}"
    if before:
        export_layer(filled, OPERATOR, "cases", path)
    earlier = {one.name: one.read_bytes() for one in folder.iterdir()}
    monkeypatch.setattr(copying_out, "ROWS_AT_ONCE", 1)
    heard = []

    def fail(stage, share):
        heard.append((stage, share))
        if stage == "writing" and share > 0.6:  # the second of three rows
            raise _Gone

    with pytest.raises(_Gone):
        export_layer(filled, OPERATOR, "cases", path, progress=fail)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == earlier
    assert [stage for stage, _share in heard] == ["reading"] * 3 + ["writing"] * 2


@pytest.mark.parametrize("kind", ["csv", "gpkg", "fgb"])
def test_an_export_can_be_stopped_and_is_not_in_the_audit(filled, tmp_path, kind):
    with pytest.raises(Cancelled):
        export_layer(filled, OPERATOR, "cases", tmp_path / f"o.{kind}", cancelled=lambda: True)
    assert not list(tmp_path.glob("o.*"))
    assert not list(tmp_path.glob(".wangge-export-*"))
    with filled.read() as connection:
        query = sa.text("SELECT count(*) FROM audit WHERE action = 'exported'")
        assert connection.scalar(query) == 0


def test_what_was_kept_aside_keeps_its_kind_and_mixed_kinds_become_text(filled, tmp_path):
    asides = [
        {"甲": 1, "乙": 1.5, "丙": True, "丁": [1, "x"], "戊": "a", "己": 2**63 + 1},
        {"甲": 2, "乙": 2, "丙": None, "丁": {"k": 1}, "戊": 7},
        {},
    ]
    with filled.begin() as tx:
        for number, aside in zip(("007", "008", "009"), asides, strict=True):
            tx.connection.execute(
                sa.text("UPDATE cases SET extra = cast(:a AS jsonb) WHERE external_id = :n"),
                {"a": json.dumps(aside), "n": number},
            )
    export_layer(filled, OPERATOR, "cases", tmp_path / "out.parquet")
    frame = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert frame["甲"] == [1, 2, None]
    assert frame["乙"] == [1.5, 2.0, None]
    assert frame["丙"] == [True, None, None]
    assert frame["丁"] == ['[1,"x"]', '{"k":1}', None]
    assert frame["戊"] == ["a", "7", None]
    assert frame["己"] == [str(2**63 + 1), None, None]


def test_more_rows_than_a_sheet_holds_are_refused_before_any_is_read(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "MOST_EXCEL_ROWS", 2)
    with pytest.raises(InvalidInput, match="at most 2 rows"):
        export_layer(filled, OPERATOR, "cases", tmp_path / "out.xlsx")
    assert excel_out.MOST_ROWS == 1_048_575
    assert not (tmp_path / "out.xlsx").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to mount")
def test_a_really_full_disk_is_said_so(filled, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    try:
        (small / "filler").write_bytes(b"0" * 48 * 1024)
        for kind in ("gpkg", "csv", "shp", "parquet", "xlsx"):
            with pytest.raises(Unavailable):
                writing.write_frame(_big(), small / f"out.{kind}", name="areas")
            assert [p.name for p in small.iterdir()] == ["filler"]
    finally:
        subprocess.run(["umount", small], check=True)


def _big():
    shapes = shapely.points([[k / 100, 1.0] for k in range(5000)])
    return gpd.GeoDataFrame({"name": ["x" * 50] * 5000}, geometry=shapes, crs=4326)


def test_a_shapefile_says_its_encoding(filled, tmp_path):
    export_layer(filled, OPERATOR, "areas", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.read("areas.cpg").strip() == b"UTF-8"
