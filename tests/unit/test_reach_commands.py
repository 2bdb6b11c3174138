"""``wangge reach``: files in, files out, without a database."""

from __future__ import annotations

import json
import shutil
import signal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from app import main
from geodata.crs import wgs84_to_gcj02
from geodata.errors import InvalidInput
from geodata.exchange.spots_in import read_spots
from geodata.exchange.streets_in import read_streets
from geodata.reach.networks.building import build

LON, LAT = 118.3, 35.05
EAST = 1 / 91_200  # a metre, in degrees, here
NORTH = 1 / 110_950


def spot(x, y):
    return shapely.Point(LON + x * EAST, LAT + y * NORTH)


def line(*points):
    return shapely.LineString([spot(*point) for point in points])


STREETS = gpd.GeoDataFrame(
    {
        "highway": ["residential", "residential", "motorway", "steps"],
        "bridge": ["yes", None, None, None],
        "layer": ["1", None, None, None],
        "oneway:foot": [None, "yes", None, None],
    },
    geometry=[
        line((0, 0), (1000, 0)),
        line((500, -300), (500, 300)),
        line((0, 50), (1000, 50)),
        line((500, 300), (900, 300)),
    ],
    crs=4326,
)


@pytest.fixture
def files(tmp_path):
    """Streets, people along them and places that could be."""
    STREETS.to_file(tmp_path / "streets.gpkg", layer="streets")
    people = gpd.GeoDataFrame(
        {"name": list("abcd"), "people": [10, 20, 30, 5]},
        geometry=[spot(10, 5), spot(300, 5), spot(900, -5), spot(500, 9000)],
        crs=4326,
    )
    people.to_file(tmp_path / "people.geojson")
    table = pd.DataFrame({"名称": ["西", "中", "东"], "x": [100, 500, 880]})
    table["经度"], table["纬度"] = LON + table["x"] * EAST, LAT
    table.to_csv(tmp_path / "places.csv", index=False)
    return tmp_path


def run(*words):
    return CliRunner().invoke(main, ["reach", *map(str, words)], catch_exceptions=False)


def site(files, *words):
    return run(
        "site",
        *("--demand", files / "people.geojson", "--weight", "people"),
        *("--candidates", files / "places.csv", *words),
    )


def answer(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_next_places_are_chosen_along_the_streets(files):
    found = answer(
        site(files, "--count", 1, "--minutes", 5, "--streets", files / "streets.gpkg", "--json")
    )
    assert [one["name"] for one in found["chosen"]] == ["西"]
    assert (found["covered"], found["total"], found["status"], found["gap"]) == (
        30, 65, "optimal", 0,
    )  # fmt: skip
    assert found["unreachable"] == {"weight": 5, "rows": [4]}
    assert any("d" in note and "太远" in note for note in found["notes"])


def test_the_next_places_are_chosen_as_the_crow_flies_and_written(files):
    out = files / "chosen.gpkg"
    result = site(files, "--count", 2, "--metres", 250, "--curve", "--out", out)
    assert result.exit_code == 0, result.output
    assert "已证明最优" in result.output
    chosen = gpd.read_file(out)
    assert sorted(chosen["名称"]) == ["东", "西"]
    assert chosen["adds"].tolist() == [30, 30]


def test_what_stands_already_is_counted(files):
    stands = gpd.GeoDataFrame({"name": ["旧站"]}, geometry=[spot(900, 0)], crs=4326)
    stands.to_file(files / "old.geojson")
    words = ("--count", 1, "--metres", 250, "--existing", files / "old.geojson", "--json")
    found = answer(site(files, *words))
    assert (found["before"], found["covered"]) == (30, 60)
    assert [one["name"] for one in found["chosen"]] == ["西"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--count", 1), "--metres"),
        (("--count", 1, "--metres", 100, "--minutes", 5), "二者选一"),
        (("--count", 1, "--minutes", 5), "--streets"),
        (("--count", 1, "--metres", 0), "大于0"),
        (("--count", 1, "--metres", "nan"), "大于0"),
        (("--metres", 100), "--count"),
        (("--count", 0, "--metres", 100), "0"),
        (("--count", 4, "--metres", 100), "3"),
        (("--count", 1, "--metres", 1), "1"),
        (("--count", 1, "--metres", 9, "--existing", "nowhere.csv"), "nowhere.csv"),
        (("--count", 1, "--metres", 9, "--out", "what.doc"), "doc"),
        (("--count", 1, "--metres", 1e9), "最大"),
        (("--count", 1, "--minutes", 1e4, "--streets", "s"), "120"),
        (("--count", 1, "--minutes", 5, "--streets", "s", "--speed", 900), "30"),
        (("--count", 1, "--minutes", 5, "--streets", "s", "--speed", -1), "大于0"),
        (("--count", -1, "--metres", 100), "-1"),
        (("--count", 1, "--metres", 100, "--seconds", -1), "-1"),
        (("--count", 1, "--metres", 100, "--gap", 1), "差距"),
        (("--count", 1, "--metres", 100, "--gap", "nan"), "差距"),
        (("--model", "cover_all", "--count", 1, "--metres", 100), "最少"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(files, words, said):
    result = site(files, *words)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_column_that_is_missing_or_negative_is_named(files):
    def with_weight(column):
        return run(
            "site",
            *("--demand", files / "people.geojson", "--weight", column, "--metres", 100),
            *("--candidates", files / "places.csv", "--count", 1),
        )

    assert "people" in with_weight("households").output
    assert "name" in with_weight("name").output
    frame = gpd.read_file(files / "people.geojson").assign(people=[1, -2, 3, 4])
    frame.to_file(files / "people.geojson")
    assert "2" in with_weight("people").output


def areas(files, *words):
    return run(
        "areas", "--streets", files / "streets.gpkg", "--places", files / "people.geojson", *words
    )


def test_areas_are_drawn_in_bands_and_who_is_far_from_streets_is_named(files):
    out = files / "areas.gpkg"
    found = answer(areas(files, "--minutes", 5, "--minutes", 2, "--out", out, "--json"))
    sizes = {(one["name"], one["minutes"]): one["area_m2"] for one in found["areas"]}
    assert 0 < sizes["a", 2] < sizes["a", 5] < np.pi * 375**2
    assert sizes["d", 5] is None
    assert found["apart"] == [{"row": 4, "name": "d", "reason": "far"}]
    written = gpd.read_file(out)
    assert len(written) == 8
    assert written.crs.to_epsg() == 4326


@pytest.mark.parametrize(("together", "rows"), [("merged", 1), ("nearest", 4)])
def test_areas_may_be_one_or_end_where_another_place_is_nearer(files, together, rows):
    found = answer(areas(files, "--together", together, "--json"))
    assert len(found["areas"]) == rows


def test_places_without_coordinates_are_named_and_not_passed_over(files):
    table = pd.read_csv(files / "places.csv")
    table.loc[1, ["经度", "纬度"]] = np.nan
    table.to_csv(files / "places.csv", index=False)
    found = answer(areas(files, "--places", files / "places.csv", "--json"))
    assert [one["name"] for one in found["areas"]] == ["西", "东"]
    assert found["apart"] == [{"row": 3, "name": "中", "reason": "nowhere"}]
    assert [note for note in found["notes"] if note.startswith("places.csv")]


@pytest.mark.parametrize(
    "ending", ["gpkg", "geojson", "shp", "kml", "fgb", "parquet", "csv", "xlsx"]
)
def test_a_place_without_an_area_is_in_every_kind_of_file(files, ending):
    with (files / "places.csv").open("a") as table:
        table.write(f"远,0,{LON + 0.02},{LAT + 0.02}\n")
    out = files / f"areas.{ending}"
    options = ["--streets", files / "streets.gpkg", "--places", files / "places.csv"]
    result = run("areas", *options, "--out", out)
    assert result.exit_code == 0
    assert ("不含形状" in result.stderr) == (ending == "xlsx")
    if ending == "kml":  # of which GDAL reads no rows without a shape
        assert out.read_text(encoding="utf-8").count("<Placemark") == 4
        return
    if ending in {"csv", "xlsx"}:
        table = pd.read_csv(out) if ending == "csv" else pd.read_excel(out, engine="openpyxl")
        shapes = table["wkt" if ending == "csv" else "lon"].notna()
    else:
        table = gpd.read_parquet(out) if ending == "parquet" else gpd.read_file(out)
        shapes = table.geometry.notna() & ~table.is_empty
    assert sorted(shapes) == [False, True, True, True]
    assert sorted(table["area_m2"].astype(float) > 0) == [False, True, True, True]


def test_places_on_one_spot_are_named(files):
    with (files / "places.csv").open("a") as table:
        table.write(f"又一处,500,{LON + 500 * EAST},{LAT}\n")
    result = run("areas", "--streets", files / "streets.gpkg", "--places", files / "places.csv")
    assert "places.csv：1处与前面的点位在同一位置：又一处。" in result.stderr


def test_areas_heed_walls_and_gates(files):
    ground = shapely.Polygon(
        [spot(*at).coords[0] for at in ((-50, -50), (200, -50), (200, 50), (-50, 50))]
    )
    walled = gpd.GeoDataFrame({"小区编码": ["C1"], "封闭": ["是"]}, geometry=[ground], crs=4326)
    walled.to_file(files / "compounds.geojson")
    gate = gpd.GeoDataFrame({"小区编码": ["C1"]}, geometry=[spot(-50, 0)], crs=4326)
    gate.to_file(files / "gates.geojson")
    walls = ("--compounds", files / "compounds.geojson", "--gates", files / "gates.geojson")
    open_, closed = (answer(areas(files, *words, "--json")) for words in ((), walls))
    assert open_["areas"][0]["streets_m"] > 900
    assert {"row": 1, "name": "a", "reason": "walled"} in closed["apart"]
    assert any("围墙" in note for note in closed["notes"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--minutes", 0), "120"),
        (("--minutes", "nan"), "120"),
        (("--minutes", -5), "120"),
        (("--speed", 0), "0"),
        (("--speed", 90), "90"),
        (("--gates", "nowhere.gpkg"), "compounds"),
        (("--out", "what.doc"), "doc"),
    ],
)
def test_areas_that_make_no_sense_are_refused_with_a_sentence(files, words, said):
    result = areas(files, *words)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "name", ["s.shp", "s.gpkg", "s.parquet", "s.geojson", "s.fgb", "s.csv", "s.dxf", "s.zip"]
)
def test_streets_of_any_kind_of_file_make_the_same_network(tmp_path, name):
    path = tmp_path / name
    plain = STREETS[["highway", "geometry"]].iloc[:2]
    if name.endswith("parquet"):
        plain.to_parquet(path)
    elif name.endswith("csv"):
        pd.DataFrame({"highway": plain["highway"], "wkt": plain.geometry.to_wkt()}).to_csv(path)
    elif name.endswith("dxf"):
        plain[["geometry"]].to_file(path, driver="DXF")
    elif name.endswith("zip"):
        (tmp_path / "in").mkdir()
        plain.to_file(tmp_path / "in" / "道路.shp")
        shutil.make_archive(str(path.with_suffix("")), "zip", tmp_path / "in")
    else:
        plain.to_file(path)
    network = build(read_streets(path).frame)
    assert (len(network), len(network.nodes)) == (4, 5)
    assert network.metres.sum() == pytest.approx(1600, rel=0.01)


def test_what_a_street_is_comes_out_of_its_columns(tmp_path):
    STREETS.to_file(tmp_path / "s.gpkg")
    frame = read_streets(tmp_path / "s.gpkg").frame
    assert frame["kind"].tolist() == ["residential", "residential", "motorway", "steps"]
    assert frame["bridge"].tolist()[0] is True
    assert frame["z_level"].tolist()[0] == 1
    assert frame["foot_oneway"].tolist()[1] == 1
    network = build(frame)
    assert network.island.max() == 1, "a bridge is no crossing"


def test_escalators_go_one_way_and_residents_walk_where_others_may_not(tmp_path):
    frame = STREETS.drop(columns="oneway:foot")
    frame["conveying"] = ["forward", "backward", "yes", None]
    frame["access"] = ["private", "no", None, None]
    frame.to_file(tmp_path / "s.gpkg")
    read = read_streets(tmp_path / "s.gpkg").frame
    assert read["foot_oneway"].dropna().tolist() == [1, -1]
    assert read["foot"].fillna("unknown").tolist() == ["unknown", False, "unknown", "unknown"]


def test_a_layer_may_be_named_for_each_file(files):
    for name in ("people", "places"):
        frame = gpd.GeoDataFrame({"people": [1]}, geometry=[spot(200, 5)], crs=4326)
        frame.to_file(files / "both.gpkg", layer=name)
    both = files / "both.gpkg"
    assert len(answer(areas(files, "--places", both, "--places-layer", "places", "--json"))) > 1
    said = site(files, "--demand", both, "--demand-layer", "nothing", "--count", 1, "--metres", 9)
    assert said.exit_code != 0
    assert "nothing" in said.output


def test_streets_that_map_services_gave_are_brought_to_their_place(tmp_path):
    shifted = STREETS.copy()
    shifted.geometry = shapely.transform(
        STREETS.geometry.array, lambda xy: np.column_stack(wgs84_to_gcj02(xy[:, 0], xy[:, 1]))
    )
    shifted.to_file(tmp_path / "s.gpkg")
    frame = read_streets(tmp_path / "s.gpkg", declared="gcj02").frame
    gap = frame.geometry.iloc[0].hausdorff_distance(STREETS.geometry.iloc[0])
    assert gap < 1e-7


def test_files_without_streets_or_places_say_so(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[spot(0, 0)], crs=4326)
    frame.to_file(tmp_path / "points.gpkg")
    with pytest.raises(InvalidInput, match="no lines"):
        read_streets(tmp_path / "points.gpkg")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match="no lines"):
        read_streets(tmp_path / "t.csv")
    with pytest.raises(InvalidInput, match="no geometry"):
        read_spots(tmp_path / "t.csv")
    (tmp_path / "p.csv").write_text("lon,lat\n,\n0,0\n")
    with pytest.raises(InvalidInput, match="No row"):
        read_spots(tmp_path / "p.csv")


def test_polygons_and_lines_stand_for_a_point_in_them(tmp_path):
    ring = shapely.box(LON, LAT, LON + 0.01, LAT + 0.01)
    shapes = [ring, line((0, 0), (100, 0)), spot(5, 5), None]
    gpd.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs=4326).to_file(tmp_path / "p.gpkg")
    spots = read_spots(tmp_path / "p.gpkg")
    assert spots.names == ("a", "b", "c")
    assert spots.without == (4,)
    assert ring.contains(spots.frame.geometry.iloc[0])
    assert spots.frame.geometry.iloc[1].distance(spot(50, 0)) < 1e-9


def test_candidates_that_no_street_reaches_are_named_and_never_chosen(files):
    table = pd.read_csv(files / "places.csv")
    lake = {"名称": "湖心", "x": 0, "经度": LON, "纬度": LAT + 0.05}
    pd.concat([pd.DataFrame([lake]), table]).to_csv(files / "places.csv", index=False)
    streets = ("--minutes", 5, "--streets", files / "streets.gpkg", "--json")
    for model in ("cover", "walk"):
        found = answer(site(files, "--count", 3, "--model", model, *streets))
        assert sorted(one["name"] for one in found["chosen"]) == ["东", "中", "西"]
        assert any("湖心" in note and "太远" in note for note in found["notes"])
    refused = site(files, "--count", 4, *streets)
    assert refused.exit_code != 0
    assert "4 个候选点位中只有 3 个" in refused.output
    straight = answer(site(files, "--count", 1, "--metres", 250, "--json"))
    assert any("湖心" in note and "没有任何人" in note for note in straight["notes"])


def test_every_file_of_a_siting_may_be_a_layer_of_one(files):
    everything = files / "all.gpkg"
    gpd.read_file(files / "people.geojson").to_file(everything, layer="who")
    gpd.read_file(files / "streets.gpkg").to_file(everything, layer="ways")
    for name, at in (("could", 100), ("is", 900)):
        frame = gpd.GeoDataFrame({"name": [name]}, geometry=[spot(at, 0)], crs=4326)
        frame.to_file(everything, layer=name)
    named = {"demand": "who", "candidates": "could", "streets": "ways", "existing": "is"}
    words = [word for file in named for word in (f"--{file}", everything)]
    words += [word for file, layer in named.items() for word in (f"--{file}-layer", layer)]
    words += ["--weight", "people", "--count", 1, "--minutes", 5, "--json"]
    found = answer(run("site", *words))
    assert (found["chosen"][0]["name"], found["before"], found["covered"]) == ("could", 30, 60)
    for file in named:
        wrong = ["nowhere" if before == f"--{file}-layer" else word
                 for before, word in zip(["", *words], words, strict=False)]  # fmt: skip
        refused = run("site", *wrong)
        assert refused.exit_code != 0, file
        assert "nowhere" in refused.output


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv", "xlsx", "shp"])
def test_the_chosen_places_are_written_as_whatever_is_asked(files, ending):
    out = files / f"chosen.{ending}"
    written = site(files, "--count", 2, "--metres", 250, "--out", out)
    assert written.exit_code == 0, written.output
    frame = read_spots(out).frame
    assert sorted(frame["place"].astype(int)) == [1, 2]
    assert frame["adds"].astype(float).sum() == 60
    assert np.allclose(frame.geometry.y, LAT, atol=1e-5)


def test_the_curve_tells_which_rows_and_what_is_proven(files):
    found = answer(site(files, "--count", 2, "--metres", 250, "--curve", "--json"))
    assert [one["covered"] for one in found["curve"]] == [0, 30, 60]
    assert [len(one["rows"]) for one in found["curve"]] == [0, 1, 2]
    assert set(found["curve"][-1]["rows"]) == {one["row"] for one in found["chosen"]}


def test_ctrl_c_takes_the_best_so_far(files, monkeypatch):
    from geodata.reach.siting import covering

    def impatient(*args, tell, **how):
        signal.raise_signal(signal.SIGINT)
        assert tell("proving", 0.5)
        return whole(*args, tell=tell, **how)

    whole = covering.most_covered
    monkeypatch.setattr(covering, "most_covered", impatient)
    stopped = site(files, "--count", 2, "--metres", 250)
    assert stopped.exit_code == 0, stopped.output
    assert "已停止" in stopped.output
    assert "2个点位" in stopped.output
