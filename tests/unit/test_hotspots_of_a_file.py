"""``wangge cases hotspots``: where the cases of a file crowd together, without a database."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner

from app import main
from geodata.crs import wgs84_to_gcj02
from geodata.errors import InvalidInput
from geodata.exchange.crowded_files import hotspots_of_file
from geodata.exchange.crowding import Told, Wish
from geodata.profiles import load_profile

LON, LAT = 118.30, 35.05
CROWD = (118.312, 35.058)
DEGREE = 111_000
PROFILE = load_profile("linyi")


def cases_frame(seed: int = 5) -> pd.DataFrame:
    """An even ground of 1,500 cases from January to June, and a crowd about noise in June."""
    random = np.random.default_rng(seed)
    ground = random.uniform(-2000, 2000, (1500, 2)) / (DEGREE * 0.82, DEGREE) + (LON, LAT)
    crowd = random.normal(0, 120, (120, 2)) / (DEGREE * 0.82, DEGREE) + CROWD
    day = np.concatenate((random.integers(0, 180, 1500), random.integers(151, 180, 120)))
    kinds = random.choice(["环境卫生", "停车秩序", "噪音扰民"], 1620)
    kinds[1500:1590] = "噪音扰民"
    return pd.DataFrame(
        {
            "上报时间": (pd.Timestamp("2026-01-01 10:00") + pd.to_timedelta(day, unit="D")).astype(
                str
            ),
            "类别": kinds,
            "经度": np.concatenate((ground[:, 0], crowd[:, 0])).round(7),
            "纬度": np.concatenate((ground[:, 1], crowd[:, 1])).round(7),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.fixture(scope="module")
def cases(folder) -> Path:
    path = folder / "cases.csv"
    cases_frame().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def areas(folder) -> Path:
    """Sixteen by sixteen areas over the ground; the crowd lies where few live."""
    steps = np.linspace(-2000, 2000, 17)
    boxes, homes, names = [], [], []
    for i in range(16):
        for j in range(16):
            west, south = LON + steps[i] / (DEGREE * 0.82), LAT + steps[j] / DEGREE
            east, north = LON + steps[i + 1] / (DEGREE * 0.82), LAT + steps[j + 1] / DEGREE
            boxes.append(shapely.box(west, south, east, north))
            homes.append(100 + 10 * ((i + j) % 5))
            names.append(f"第{i * 16 + j + 1}社区")
    path = folder / "areas.gpkg"
    gpd.GeoDataFrame({"name": names, "户数": homes}, geometry=boxes, crs=4326).to_file(path)
    return path


def told(path: Path, **wish) -> Told:
    return hotspots_of_file(path, Wish(worlds=99, **wish), profile=PROFILE)


def run(*arguments: object):
    return CliRunner().invoke(main, ["cases", "hotspots", *map(str, arguments)])


def near(spot, place=CROWD, metres=300) -> bool:
    apart = np.hypot((spot["lon"] - place[0]) * DEGREE * 0.82, (spot["lat"] - place[1]) * DEGREE)
    return bool(apart < metres)


def test_the_answer_is_one_object_and_nothing_else(cases):
    done = run(cases, "--from", "2026-06-01", "--to", "2026-06-29", "--json")
    assert done.exit_code == 0
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    (spot,) = [one for one in answer["hotspots"] if near(one)]
    assert spot["id"] == 1
    assert spot["confidence"] == 99
    assert spot["p"] < spot["p_adjusted"] <= 0.01
    assert spot["cases"] > 3 * spot["expected"]
    assert spot["trend"] == "new"
    assert len(spot["earlier"]) == 5
    assert spot["categories"][0]["key"] == "噪音扰民"
    assert spot["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    assert shapely.geometry.shape(spot["geometry"]).contains(shapely.Point(CROWD))
    assert "属新增热点" in spot["sentence"]["zh"]
    assert "噪音扰民" in spot["sentence"]["zh"]
    assert "It is new" in spot["sentence"]["en"]
    assert not [sign for sign in spot["sentence"]["zh"] if sign.isascii() and sign.isalpha()]


def test_what_flared_up_is_told_with_its_beginning(cases):
    (flare, *_) = told(cases, since=pd.Timestamp("2026-06-01").date()).clusters
    assert near(flare, metres=500)
    assert flare["since"] == "2026-06-01"
    assert flare["cases"] > 2 * flare["expected"]
    assert flare["p"] == 0.01
    assert "2026-06-01" in flare["sentence"]["en"]


def test_without_a_period_all_cases_are_one_and_there_is_no_trend(cases):
    found = told(cases)
    assert found.cases == 1620
    assert near(found.hotspots[0])
    assert found.hotspots[0]["trend"] is None
    assert found.clusters == []


def test_on_areas_with_households_the_rate_is_drawn_to_the_mean(cases, areas, tmp_path):
    out = tmp_path / "found.gpkg"
    done = run(cases, "--areas", areas, "--population", "户数", "--out", out, "--json")
    assert done.exit_code == 0
    first = json.loads(done.stdout)["hotspots"][0]
    assert first["place"]["zh"].startswith("第")
    assert first["households"] >= 100
    assert first["rate"] < first["raw_rate"]
    assert first["ratio"] == pytest.approx(first["cases"] / first["expected"], rel=0.01)
    assert "按户数推算" in first["sentence"]["zh"]
    written = pyogrio.read_dataframe(out)
    assert len(written) == 256
    assert written["cases"].sum() == json.loads(done.stdout)["summary"]["cases"]
    assert set(written.loc[written["hotspot"] == 1, "class"]) <= {1, 2, 3}
    assert written["rate"].std() < written["raw_rate"].std()


def test_the_cells_are_written_by_the_files_ending(cases, tmp_path):
    for name in ("cells.geojson", "cells.parquet", "cells.csv"):
        assert run(cases, "--cell", 500, "--out", tmp_path / name).exit_code == 0
        assert (tmp_path / name).stat().st_size > 1000
    frame = gpd.read_file(tmp_path / "cells.geojson")
    assert {"cases", "z", "p", "p_adjusted", "class", "hotspot"} <= set(frame.columns)
    assert frame.to_crs(4548).area.round().between(249_000, 251_000).all()
    assert frame["cases"].sum() == 1620
    assert run(cases, "--out", tmp_path / "cells.doc").exit_code == 1
    assert run(cases, "--out", tmp_path / "none" / "cells.gpkg").exit_code == 1


def test_coordinates_in_gcj02_and_swapped_ones_find_the_same_place(folder):
    frame = cases_frame()
    moved = frame.copy()
    moved["经度"], moved["纬度"] = wgs84_to_gcj02(frame["经度"], frame["纬度"])
    moved.to_csv(folder / "gcj02.csv", index=False)
    frame.rename(columns={"经度": "纬度", "纬度": "经度"}).to_csv(
        folder / "swapped.csv", index=False
    )
    assert near(told(folder / "gcj02.csv", crs="gcj02").hotspots[0])
    swapped = told(folder / "swapped.csv")
    assert near(swapped.hotspots[0])
    assert any("swapped" in message for message, _ in swapped.notes)


def test_too_few_cases_and_cases_on_one_spot_are_no_hotspot_and_say_why(folder):
    frame = cases_frame()
    frame.iloc[:3].to_csv(folder / "three.csv", index=False)
    one = frame.assign(经度=LON, 纬度=LAT)
    one.to_csv(folder / "one.csv", index=False)
    three = told(folder / "three.csv")
    assert (three.hotspots, three.found.reason) == ([], "too_few_cases")
    spot = told(folder / "one.csv")
    assert (spot.hotspots, spot.found.reason) == ([], "too_few_cells")
    done = run(folder / "three.csv")
    assert done.exit_code == 0
    assert "不足 20 件" in done.stdout


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("no places", lambda f: f.drop(columns=["经度", "纬度"]), "no columns of longitude"),
        ("blank places", lambda f: f.assign(经度="", 纬度=""), "has a place that can be read"),
        ("empty", lambda f: f.iloc[:0], "holds no rows"),
        ("future", lambda f: f.assign(上报时间="2126-01-01 10:00"), "of the future"),
    ],
)
def test_a_file_that_tells_nothing_is_refused_with_its_reason(folder, name, change, words):
    path = folder / f"{name}.csv"
    change(cases_frame()).to_csv(path, index=False)
    with pytest.raises(InvalidInput, match=words):
        told(path)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"cell": 0.0}, "between 1 and 100000 metres"),
        ({"cell": float("nan")}, "between 1 and 100000 metres"),
        ({"population": "户数"}, "name their file with --areas"),
        ({"since": pd.Timestamp("2026-06-02").date(), "until": pd.Timestamp("2026-06-01").date()},
         "ends before it begins"),
        ({"since": pd.Timestamp("2126-06-02").date()}, "lies in the future"),
        ({"since": pd.Timestamp("2020-01-01").date(), "until": pd.Timestamp("2020-02-01").date()},
         "2026-01-01 to 2026-06-29"),
        ({"mapping": {"lon": "none"}}, "has no column none"),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused(cases, wish, words):
    with pytest.raises(InvalidInput, match=words):
        told(cases, **wish)


def test_a_period_is_refused_where_the_file_has_no_times(folder):
    cases_frame().drop(columns="上报时间").to_csv(folder / "timeless.csv", index=False)
    assert near(told(folder / "timeless.csv").hotspots[0])
    with pytest.raises(InvalidInput, match="No column says when"):
        told(folder / "timeless.csv", since=pd.Timestamp("2026-06-01").date())


def test_areas_without_people_overlapping_or_elsewhere_are_told(cases, areas, folder):
    frame = gpd.read_file(areas)
    some = frame.copy()
    some["户数"] = some["户数"].astype(float)
    some.loc[:9, "户数"] = [np.nan, 0] * 5
    some.to_file(folder / "some.gpkg")
    found = told(cases, areas=folder / "some.gpkg", population="户数")
    assert found.found.tested == 246
    assert any("nobody" in message for message, _ in found.notes)

    wide = frame.copy()
    wide.geometry = shapely.buffer(wide.geometry.to_numpy(), 0.0005, join_style="mitre")
    wide.to_file(folder / "wide.gpkg")
    overlapping = told(cases, areas=folder / "wide.gpkg")
    assert any("overlap" in message for message, _ in overlapping.notes)
    assert overlapping.cases == 1620

    for column, values, words in [
        ("户数", 0, "says of no area"),
        ("户数", [-5] + [100] * 255, "0 or more"),
        ("人数", 5, "has no column 户数"),
    ]:
        bad = frame.drop(columns="户数").assign(**{column: values})
        bad.to_file(folder / "bad.gpkg")
        with pytest.raises(InvalidInput, match=words):
            told(cases, areas=folder / "bad.gpkg", population="户数")

    away = frame.copy()
    away.geometry = away.geometry.translate(5, 0)
    away.to_file(folder / "away.gpkg")
    with pytest.raises(InvalidInput, match="None of the cases"):
        told(cases, areas=folder / "away.gpkg")
    with pytest.raises(InvalidInput, match="holds no polygons"):
        told(cases, areas=cases)


def test_cases_of_the_future_and_without_place_do_not_count_and_are_told(folder):
    frame = cases_frame()
    frame.loc[:4, "上报时间"] = "2126-01-01 10:00"
    frame[["经度", "纬度"]] = frame[["经度", "纬度"]].astype(object)
    frame.loc[10:14, ["经度", "纬度"]] = ""
    frame.to_csv(folder / "some.csv", index=False)
    found = told(folder / "some.csv")
    assert found.cases == 1610
    assert {values["count"] for _, values in found.notes} == {5}


def test_the_same_file_and_seed_give_the_same_answer(cases):
    assert told(cases).as_dict() == told(cases).as_dict()


def test_a_single_area_that_stands_out_among_usual_ones_is_told_and_said_to_be_alone(areas, folder):
    frame = cases_frame().iloc[:1500]
    one = frame.iloc[:60].assign(经度=LON - 0.0041, 纬度=LAT - 0.0034)
    pd.concat((frame, one)).to_csv(folder / "alone.csv", index=False)
    spots = told(folder / "alone.csv", areas=areas, population="户数").hotspots
    (spot,) = [one for one in spots if one["alone"]]
    assert near(spot, (LON - 0.0041, LAT - 0.0034))
    assert spot["cases"] >= 60
    assert len(spot["cells"]) == 1
    assert "仅此一处突出" in spot["sentence"]["zh"]
