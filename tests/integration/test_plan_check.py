"""``wangge plan check`` as people type it: any file, no database."""

from __future__ import annotations

import zipfile

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from app import main
from geodata.crs import convert

EAST, NORTH = 118.3, 35.0
STEP = 0.004


def cell(column: float, row: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    west, south = EAST + column * STEP, NORTH + row * STEP
    return shapely.box(west, south, west + width * STEP, south + height * STEP)


def net(**changed) -> gpd.GeoDataFrame:
    """Nine cells in rows of three, each of 400 households; ``changed`` replaces shapes."""
    shapes = [cell(n % 3, n // 3) for n in range(9)]
    for name, shape in changed.items():
        shapes[int(name.removeprefix("g"))] = shape
    return gpd.GeoDataFrame(
        {
            "code": [f"g{n}" for n in range(9)],
            "name": [f"第{n}网格" for n in range(9)],
            "households": 400,
        },
        geometry=shapes,
        crs=4326,
    )


@pytest.fixture
def check(tmp_path, monkeypatch):
    monkeypatch.setenv("WANGGE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    def run(frame, *words, name="net.geojson"):
        path = tmp_path / name
        if isinstance(frame, gpd.GeoDataFrame):
            frame.to_file(path)
        elif isinstance(frame, str):
            path.write_text(frame, encoding="utf-8")
        return CliRunner().invoke(main, ["plan", "check", str(path), *map(str, words)])

    return run


def answer(done):
    assert done.exit_code == 0, done.output
    return orjson.loads(done.stdout)


def rules(done) -> list[tuple[str, list[str]]]:
    return [(one["rule"], one["ids"]) for one in answer(done)["findings"]]


def written(folder, name, frame):
    frame.to_file(folder / name)
    return folder / name


def test_a_net_without_fault_has_no_finding(check):
    told = answer(check(net(), "--json"))

    assert told["findings"] == []
    assert told["summary"]["polygons"] == 9
    assert (told["summary"]["in_band"], told["summary"]["households"]) == (9, 3_600)


def test_overlaps_are_told_with_who_and_how_much(check):
    (one,) = answer(check(net(g0=cell(0, 0, 1.1)), "--json"))["findings"]

    assert (one["rule"], one["severity"], one["ids"]) == ("overlap", "error", ["g0", "g1"])
    peer = gpd.GeoSeries([cell(1, 0, 0.1)], crs=4326).to_crs(4548).area.iloc[0]
    assert one["area_m2"] == pytest.approx(peer, rel=1e-4)
    lon, lat = one["where"]["point"]
    assert cell(1, 0, 0.1).contains(shapely.Point(lon, lat))


def test_gaps_are_told_with_the_grids_around_them(check):
    (one,) = answer(check(net(g4=cell(1.05, 1, 0.95)), "--json"))["findings"]

    assert one["rule"] == "gap"
    assert set(one["ids"][:2]) == {"g3", "g4"}
    peer = gpd.GeoSeries([cell(1, 1, 0.05)], crs=4326).to_crs(4548).area.iloc[0]
    assert one["area_m2"] == pytest.approx(peer, rel=1e-4)


def test_a_point_on_a_neighbours_straight_side_is_no_fault(check):
    halves = net(g4=cell(1, 1, 0.5))
    other = gpd.GeoDataFrame(
        {"code": ["h"], "name": ["半"], "households": [400]}, geometry=[cell(1.5, 1, 0.5)], crs=4326
    )

    assert rules(check(pd.concat([halves, other]), "--json")) == []


def test_borders_that_cross_themselves_and_grids_in_parts_are_told(check):
    x, y = EAST + 4 * STEP, NORTH
    bow = shapely.Polygon([(x, y), (x + STEP, y + STEP), (x + STEP, y), (x, y + STEP)])
    apart = shapely.MultiPolygon([cell(2, 2), cell(6, 6)])

    found = rules(check(net(g2=bow, g8=apart), "--json"))

    assert ("invalid", ["g2"]) in found
    assert ("not_contiguous", ["g2"]) in found
    assert ("not_contiguous", ["g8"]) in found


def test_compounds_that_are_cut_or_in_no_grid_are_told(check, tmp_path):
    estates = gpd.GeoDataFrame(
        {"name": ["甲", "乙", "丙", "丁"], "closed": [True, False, True, True]},
        geometry=[
            cell(0.8, 0.2, 0.4, 0.4),
            cell(0.8, 1.2, 0.4, 0.4),
            cell(5, 5, 0.5, 0.5),
            cell(0.2, 0.2, 0.3, 0.3),
        ],
        crs=4326,
    )
    file = written(tmp_path, "compounds.gpkg", estates)

    told = answer(check(net(), "--compounds", file, "--json"))["findings"]

    assert {(one["rule"], one["compound"]) for one in told} == {
        ("compound_cut", "甲"),
        ("compound_in_two", "乙"),
        ("compound_unassigned", "丙"),
    }


def test_households_come_from_the_column_named_or_from_the_compounds(check, tmp_path):
    frame = net().rename(columns={"households": "hh"})
    frame.loc[0, "hh"], frame.loc[1, "hh"] = 501, 299
    found = rules(check(frame, "--households", "hh", "--json"))
    assert sorted(found) == [("too_large", ["g0"]), ("too_small", ["g1"])]
    assert rules(check(frame, "--households", "hh", "--low", 200, "--high", 600, "--json")) == []

    estates = gpd.GeoDataFrame(
        {"name": ["甲"], "households": [700]}, geometry=[cell(0.2, 0.2, 0.3, 0.3)], crs=4326
    )
    file = written(tmp_path, "compounds.geojson", estates)
    found = rules(check(frame.drop(columns="hh"), "--compounds", file, "--json"))
    assert ("too_large", ["g0"]) in found


def test_a_boundary_shows_what_is_outside_and_what_is_not_filled(check, tmp_path):
    ground = gpd.GeoDataFrame({"name": ["区"]}, geometry=[cell(0, 0, 2.9, 3.1)], crs=4326)
    file = written(tmp_path, "boundary.geojson", ground)

    found = rules(check(net(), "--boundary", file, "--json"))

    assert sorted({rule for rule, _ids in found}) == ["gap", "outside"]
    assert sorted(ids[0] for rule, ids in found if rule == "outside") == ["g2", "g5", "g8"]


def test_several_communities_as_boundary_show_grids_in_two(check, tmp_path):
    ground = gpd.GeoDataFrame(
        {"code": ["a", "b"]}, geometry=[cell(0, 0, 1.5, 3), cell(1.5, 0, 1.5, 3)], crs=4326
    )
    file = written(tmp_path, "communities.geojson", ground)

    found = rules(check(net(), "--boundary", file, "--json"))

    assert sorted(found) == [("two_communities", [f"g{n}"]) for n in (1, 4, 7)]


def test_another_net_shows_where_both_disagree(check, tmp_path):
    other = written(tmp_path, "police.geojson", net(g0=cell(0, 0, 1.5), g1=cell(1.5, 0, 0.5)))

    told = answer(check(net(), "--other-net", other, "--json"))

    assert sorted(one["ids"][0] for one in told["findings"]) == ["g0", "g1"]
    assert told["summary"]["agreement"] == pytest.approx((7 + 2 / 3 + 0.5) / 9, abs=0.01)


def test_the_mended_net_has_no_overlap_and_no_gap(check, tmp_path):
    dirty = net(g0=cell(0, 0, 1.01), g4=cell(1.005, 1, 0.995))
    out = tmp_path / "mended.gpkg"

    told = answer(check(dirty, "--out", out, "--widest-gap", 5, "--json"))

    assert {one["kind"] for one in told["changes"]} == {"overlap", "gap"}
    mended = gpd.read_file(out, layer="mended")
    assert len(gpd.read_file(out, layer="findings")) == 2
    assert mended["code"].tolist() == [f"g{n}" for n in range(9)]
    assert rules(check(mended, "--json", name="again.gpkg")) == []


def test_a_net_mended_against_a_boundary_fits_it_when_it_is_checked_again(check, tmp_path):
    """Both files are rounded, each in its own way: along a slanting border that is no gap."""

    def slanting(shape):
        return shapely.transform(
            shape, lambda at: np.round(at @ [[1.0, 0.137], [-0.213, 1.0]] + [7.4, -16.2], 7)
        )

    whole = cell(0, 0, 3, 3).segmentize(STEP / 3)
    ground = gpd.GeoDataFrame({"name": ["区"]}, geometry=[slanting(whole)], crs=4326)
    file = written(tmp_path, "boundary.gpkg", ground)
    dirty = net(g0=cell(0, 0, 1.002)).set_geometry(slanting(net(g0=cell(0, 0, 1.002)).geometry))
    out = tmp_path / "mended.gpkg"

    assert rules(check(dirty, "--boundary", file, "--out", out, "--json"))
    assert rules(check(gpd.read_file(out, layer="mended"), "--boundary", file, "--json")) == []


def test_a_written_file_is_read_again_without_saying_which_layer(check, tmp_path):
    """Its findings are points: only one of its layers can be a net."""
    out = tmp_path / "mended.gpkg"
    check(net(g0=cell(0, 0, 1.01)), "--out", out)

    assert rules(check(None, "--json", name="mended.gpkg")) == []


@pytest.mark.parametrize("ending", ["geojson", "shp", "parquet", "fgb", "kml", "csv"])
def test_the_mended_net_is_written_by_its_ending_with_the_findings_beside(check, tmp_path, ending):
    out = tmp_path / f"mended.{ending}"

    done = check(net(g0=cell(0, 0, 1.01)), "--out", out)

    assert done.exit_code == 0, done.output
    assert out.exists()
    assert (tmp_path / f"mended.findings.{ending}").exists()


def test_people_read_a_table_with_places_and_a_summary(check):
    done = check(net(g0=cell(0, 0, 1.1)))

    plain = done.output.replace("\n", "")
    assert "相互重叠" in plain
    assert "118.30" in plain
    assert "1 个体检问题" in plain


def test_a_net_in_gcj02_is_measured_as_the_same_net(check):
    frame = net(g0=cell(0, 0, 1.1))
    shifted = convert(frame, from_="wgs84", to="gcj02")

    (one,) = answer(check(frame, "--json"))["findings"]
    (same,) = answer(check(shifted, "--crs", "gcj02", "--json", name="gcj.geojson"))["findings"]

    assert same["area_m2"] == pytest.approx(one["area_m2"], rel=1e-3)
    assert same["where"]["point"] == pytest.approx(one["where"]["point"], abs=1e-5)


def test_a_zipped_shapefile_in_metres_and_well_known_text_are_read(check, tmp_path):
    frame = net(g0=cell(0, 0, 1.1))
    folder = tmp_path / "shp"
    folder.mkdir()
    frame.to_crs(4548).to_file(folder / "net.shp", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "net.zip", "w") as archive:
        for part in folder.iterdir():
            archive.write(part, part.name)
    told = answer(check(None, "--json", name="net.zip"))["findings"]
    # What is straight in degrees is not in metres: the rest is millimetres, and only noted.
    assert [one["ids"] for one in told if one["severity"] == "error"] == [["g0", "g1"]]
    assert {one["severity"] for one in told} == {"error", "note"}

    table = pd.DataFrame(frame.drop(columns="geometry")).assign(wkt=frame.to_wkt()["geometry"])
    assert rules(check(table.to_csv(index=False), "--json", name="net.csv")) == [
        ("overlap", ["g0", "g1"])
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--households", "nobody"], "没有“nobody”列"),
        (["--low", 500, "--high", 300], "区间 500 至 300 不成立"),
        (["--out", "/nowhere/at/all.gpkg"], "没有文件夹"),
        (["--out", "net.doc"], ".doc"),
        (["--compounds", "nothing.gpkg"], "nothing.gpkg"),
        (["--crs", "EPSG:1"], "坐标系"),
        (["--households", "name"], "没有数字"),
        (["--snap", -1, "--out", "mended.gpkg"], "不能为负数"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(check, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    done = check(net(), *words, "--json")

    assert done.exit_code == 1
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "net.geojson"),
        ("no file at all", "net.geojson"),
        ('{"type": "FeatureCollection", "features": []}', "net.geojson"),
        ("name,households\na,1\n", "net.csv"),
        ("lon,lat\n118,35\n", "net.csv"),
    ],
)
def test_a_file_without_polygons_is_refused_in_one_sentence(check, text, name):
    done = check(text, "--json", name=name)

    assert done.exit_code == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_negative_households_are_refused_with_their_row(check):
    frame = net()
    frame.loc[4, "households"] = -1

    done = check(frame, "--json")

    assert done.exit_code == 1
    assert "第 5 行" in done.stderr


def test_rows_without_a_polygon_are_counted_and_left_out(check):
    frame = net()
    frame.loc[8, "geometry"] = None

    told = answer(check(frame, "--json"))

    assert (told["summary"]["polygons"], told["summary"]["skipped"]) == (8, 1)


def test_a_file_of_points_is_refused(check):
    points = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(118, 35)], crs=4326)

    done = check(points, "--json")

    assert done.exit_code == 1
    assert "没有面" in done.stderr


def test_overlaps_of_many_grids_are_as_large_as_the_peer_says(check):
    rng = np.random.default_rng(5)
    wide = net()
    wide.geometry = [
        cell(n % 3 - rng.uniform(0, 0.2), n // 3 - rng.uniform(0, 0.2), 1.2, 1.2) for n in range(9)
    ]

    told = answer(check(wide, "--json"))

    shapes = wide.to_crs(4548).geometry
    pairs = {
        (f"g{a}", f"g{b}"): shapes[a].intersection(shapes[b]).area
        for a in range(9)
        for b in range(a + 1, 9)
    }
    found = dict.fromkeys(pairs, 0.0)
    for one in told["findings"]:
        if one["rule"] == "overlap":
            for pair in pairs:
                if set(pair) <= set(one["ids"]):
                    found[pair] += one["area_m2"]
    assert found == pytest.approx(pairs, rel=1e-3, abs=1)


def test_what_mending_changed_names_grids_as_the_findings_do(check, tmp_path):
    done = check(net(g0=cell(0, 0, 1.1)), "--out", tmp_path / "mended.gpkg")

    assert "g0" not in done.stdout
    assert "由 第0网格 归 第1网格" in done.stdout or "由 第1网格 归 第0网格" in done.stdout


def test_rules_beyond_the_first_findings_are_counted_in_the_readers_language(check):
    many = [cell(3 * n, 9, 0.5) for n in range(50)]
    frame = gpd.GeoDataFrame(
        {"code": [f"k{n}" for n in range(50)], "households": 900}, geometry=many, crs=4326
    )

    done = check(frame)

    assert "另有：网眼过大 10" in done.stdout


def test_compounds_and_communities_are_called_by_their_names(check, tmp_path):
    estates = gpd.GeoDataFrame(
        {"code": ["k1"], "name": ["枣园小区"], "closed": [True]},
        geometry=[cell(0.8, 0.2, 0.4, 0.4)],
        crs=4326,
    )
    halves = gpd.GeoDataFrame(
        {"code": ["c1", "c2"], "name": ["东关社区", "西关社区"]},
        geometry=[cell(0, 0, 1.5, 3), cell(1.5, 0, 1.5, 3)],
        crs=4326,
    )
    files = (written(tmp_path, "compounds.gpkg", estates), written(tmp_path, "areas.gpkg", halves))

    done = check(net(), "--compounds", files[0], "--boundary", files[1])

    assert "封闭小区 枣园小区 被切割到" in done.stdout
    assert "东关社区、西关社区" in done.stdout or "西关社区、东关社区" in done.stdout
