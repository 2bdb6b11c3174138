"""``wangge import``, ``export`` and ``coords`` as people type them."""

from __future__ import annotations

import geopandas as gpd
import orjson
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from app import main


@pytest.fixture
def wangge(database, tmp_path, monkeypatch):
    monkeypatch.setenv("WANGGE_DATABASE_URL", database.url)
    monkeypatch.setenv("WANGGE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("WANGGE_LANGUAGE", raising=False)

    def run(*words):
        return CliRunner().invoke(main, [str(word) for word in words])

    return run


@pytest.fixture
def areas(tmp_path):
    shapes = [shapely.box(118.3 + k / 100, 35, 118.31 + k / 100, 35.01) for k in range(2)]
    path = tmp_path / "areas.geojson"
    gpd.GeoDataFrame(
        {"kode": ["A", "B"], "名称": ["盛庄", "册山"]}, geometry=shapes, crs=4326
    ).to_file(path)
    return path


def test_a_file_goes_in_and_comes_out(wangge, areas, tmp_path):
    done = wangge("import", "areas", areas, "--map", "code=kode", "--set", "level=社区")
    assert done.exit_code == 0, done.output
    assert "新增 2" in done.output.replace("\n", "")
    out = tmp_path / "out.gpkg"
    done = wangge("export", "areas", out)
    assert done.exit_code == 0, done.output
    frame = gpd.read_file(out)
    assert frame[["code", "name", "level"]].to_numpy().tolist() == [
        ["A", "盛庄", "community"],
        ["B", "册山", "community"],
    ]


def test_the_report_as_json_is_one_object_on_stdout(wangge, areas):
    done = wangge("import", "areas", areas, "--dry-run", "--json")
    report = orjson.loads(done.stdout)
    assert (report["added"], report["stored"], report["dry_run"]) == (2, False, True)


def test_a_refused_file_ends_with_one_and_says_the_row_in_chinese(wangge, tmp_path):
    path = tmp_path / "cases.csv"
    pd.DataFrame(
        {"上报时间": ["2025-03-01", "昨天"], "经度": [118.3, 118.3], "纬度": [35, 35]}
    ).to_csv(path, index=False)
    done = wangge("import", "cases", path)
    assert done.exit_code == 1
    assert (
        "没有上报时间" in done.output.replace("\n", "").replace(" ", "")
        or "时间无法识别" in done.output
    )
    assert "没有保存任何内容" in done.output.replace("\n", "")
    assert wangge("import", "cases", path, "--skip-bad").exit_code == 0


def test_many_findings_go_into_a_table_beside_the_file(wangge, tmp_path):
    path = tmp_path / "cases.csv"
    frame = pd.DataFrame({"上报时间": ["昨天"] * 50, "内容": "=1+1", "经度": 118.3, "纬度": 35})
    frame.to_csv(path, index=False)
    assert wangge("import", "cases", path).exit_code == 1
    beside = pd.read_csv(tmp_path / "cases.csv.report.csv")
    assert (beside["处理"] == "拒收").sum() == 50


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "areas", "nothing.gpkg"), "找不到文件"),
        (("import", "areas", "AREAS", "--crs", "mars2000"), "没有坐标系"),
        (("import", "areas", "AREAS", "--map", "code"), "字段=列名"),
        (("import", "areas", "AREAS", "--map", "code=nix"), "没有“nix”列"),
        (("import", "areas", "AREAS", "--since", "gestern"), "不是 2026-06-01 这样的日期"),
        (("export", "areas", "out.doc"), ".doc"),
        (("export", "areas", "out.csv", "--at", "gestern"), "既不是"),
    ],
)
def test_a_mistake_is_one_line_in_chinese(wangge, areas, words, says):
    done = wangge(*(areas if word == "AREAS" else word for word in words))
    assert done.exit_code == 1
    assert says in done.output
    assert "Traceback" not in done.output


def test_coordinates_are_turned_without_a_database(tmp_path, monkeypatch, areas):
    monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    run = CliRunner()
    there, back = tmp_path / "gcj.geojson", tmp_path / "back.gpkg"
    for source, target, from_, to in (
        (areas, there, "wgs84", "gcj02"),
        (there, back, "gcj02", "wgs84"),
    ):
        done = run.invoke(
            main, ["coords", str(source), "--from", from_, "--to", to, "--out", str(target)]
        )
        assert done.exit_code == 0, done.output
    was, now, moved = (gpd.read_file(path) for path in (areas, back, there))
    assert was.geometry[0].hausdorff_distance(now.geometry[0]) < 1e-9
    assert 0.003 < was.geometry[0].hausdorff_distance(moved.geometry[0]) < 0.01
    assert now["名称"].tolist() == ["盛庄", "册山"]


def test_coordinates_of_a_table_are_turned_and_its_columns_kept(tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "b.csv"
    pd.DataFrame({"编号": ["007"], "经度": [121.531541859215], "纬度": [31.17530398364597]}).to_csv(
        path, index=False
    )
    done = CliRunner().invoke(
        main, ["coords", str(path), "--from", "gcj02", "--to", "wgs84", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    frame = pd.read_csv(out, dtype={"编号": str})
    assert frame["编号"].tolist() == ["007"]
    assert frame["lon"][0] == pytest.approx(121.5272106, abs=1e-8)
    assert frame["lat"][0] == pytest.approx(31.1774276, abs=1e-8)


def test_the_report_says_fields_layers_and_systems_in_chinese(wangge, tmp_path):
    path = tmp_path / "cases.csv"
    frame = pd.DataFrame({"上报时间": ["2025-03-01"], "案件类别": "天外来物"})
    frame.assign(经度=118.3, 纬度=35).to_csv(path, index=False)
    done = wangge("import", "cases", path, "--crs", "wgs84")
    assert done.exit_code == 0, done.output
    said = done.output.replace("\n", "").replace(" ", "")
    assert "列为案件类别" in said
    assert "category" not in said
    assert "cases.csv→案件" in said
    assert "WGS84" in said
