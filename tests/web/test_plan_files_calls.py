"""Drafts opened from files over HTTP: what is read, mended, and refused in one sentence."""

from __future__ import annotations

import io
import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from api.v1 import plan_files
from geodata.accounts import Actor
from geodata.crs import convert_geometries
from geodata.database.working import run_worker
from geodata.errors import Cancelled
from geodata.exchange.drafts_in import open_from_file
from geodata.places import storing
from geodata.profiles import load_profile

pytestmark = pytest.mark.usefixtures("people", "ground")
PLANS = "/api/v1/plans"
WEST, SOUTH, SIDE = 500_000.0, 3_880_000.0, 300.0
COMMUNITY = "371399001001"


def square(i, j=0, *, side=SIDE, grow=0.0):
    x, y = WEST + i * SIDE, SOUTH + j * SIDE
    return shapely.box(x - grow, y - grow, x + side + grow, y + side + grow)


def degrees(shapes):
    return convert_geometries(np.array(shapes, dtype=object), from_="EPSG:4548", to="wgs84")


@pytest.fixture
def ground(database):
    """A community of 900 × 600 m, and one far from it."""
    boxes = [
        shapely.box(WEST, SOUTH, WEST + 3 * SIDE, SOUTH + 2 * SIDE),
        shapely.box(WEST + 20_000, SOUTH, WEST + 20_900, SOUTH + 600),
    ]
    with database.begin() as tx:
        storing.store_versions(
            tx.connection,
            "areas",
            {
                "code": [COMMUNITY, "371399001009"],
                "name": ["东关社区", "远处社区"],
                "level": ["community"] * 2,
                "parent_code": [None] * 2,
                "geom": [shapely.multipolygons([one]) for one in degrees(boxes)],
            },
        )


@pytest.fixture
def planner(sign_in):
    return sign_in("planner")


def geojson(shapes, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=list(degrees(shapes)), crs="EPSG:4326")
    return frame.to_json().encode()


def form(content, filename="网格.geojson", **values):
    return {"data": {"file": (io.BytesIO(content), filename), **values}}


NET = [square(0), square(1), square(2), square(0, 1), square(1, 1), square(2, 1)]
NAMES = [f"第{k}网格" for k in range(1, 7)]


def test_a_file_is_looked_at_before_anything_is_opened(planner):
    seen = planner.post(f"{PLANS}/files", **form(geojson(NET, name=NAMES)))
    assert seen.status_code == 200, seen.json
    body = seen.json
    assert (body["polygons"], body["skipped"], body["broken"]) == (6, 0, 0)
    assert body["crs"] == "EPSG:4326"
    assert [(one["code"], one["name"]) for one in body["areas"]] == [(COMMUNITY, "东关社区")]
    assert body["areas"][0]["share"] == 1
    assert len(body["features"]["features"]) == 6
    assert planner.get(PLANS).json["plans"] == []


@pytest.mark.parametrize("kind", ["gpkg", "zip", "geojson"])
def test_a_draft_is_opened_from_a_file_of_any_kind(planner, tmp_path, kind):
    frame = gpd.GeoDataFrame({"name": NAMES}, geometry=NET, crs="EPSG:4548")
    if kind == "geojson":
        frame = frame.to_crs(4326)
    path = tmp_path / ("net.shp.zip" if kind == "zip" else f"net.{kind}")
    frame.to_file(path, **({"driver": "ESRI Shapefile"} if kind == "zip" else {}))
    seen = planner.post(f"{PLANS}/files", **form(path.read_bytes(), path.name)).json
    answer = planner.post(
        f"{PLANS}/from_file",
        data={"upload": seen["upload"], "filename": path.name, "name": "据文件", "area": COMMUNITY},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 201, answer.json
    draft = answer.json
    assert (draft["start"], draft["name"], draft["state"]) == ("file", "据文件", "draft")
    assert draft["report"]["file"]["polygons"] == 6
    assert draft["report"]["mended"]["kinds"] == {}
    grids = planner.get(f"{PLANS}/{draft['id']}/grids").json["features"]
    assert [one["properties"]["name"] for one in grids] == NAMES
    assert all(abs(one["properties"]["area_m2"] - SIDE**2) < 30 for one in grids)


def asked(browser, monkeypatch, **wish):
    """The job that opens a draft, from a file that counts as large."""
    monkeypatch.setattr(plan_files, "AT_ONCE_BYTES", 10)
    wanted = {"name": "据大文件", "area": COMMUNITY, **wish}
    return browser.post(f"{PLANS}/from_file", **form(geojson(NET, name=NAMES), **wanted))


def test_a_large_file_is_opened_by_a_job(database, planner, monkeypatch, settings):
    answer = asked(planner, monkeypatch)
    assert answer.status_code == 202, answer.json
    assert (answer.json["kind"], answer.json["state"]) == ("draft_file", "waiting")
    assert "path" not in answer.json["about"]
    assert planner.get(PLANS).json["plans"] == []
    run_worker(database, wait=False)
    done = planner.get(answer.headers["Location"]).json
    assert (done["state"], done["done"]) == ("done", 1), done
    plan = planner.get(f"{PLANS}/{done['report']['plan']}").json
    assert (plan["name"], plan["start"]) == ("据大文件", "file")
    assert plan["report"]["file"]["polygons"] == 6
    assert list((settings.data_dir / "uploads").glob("*")) == []


def test_a_job_that_opens_a_draft_can_be_stopped_and_keeps_nothing(database, planner, monkeypatch):
    answer = asked(planner, monkeypatch)
    stopped = planner.post(f"{answer.headers['Location']}/cancel")
    assert stopped.status_code in {200, 202}, stopped.json
    run_worker(database, wait=False)
    assert planner.get(answer.headers["Location"]).json["state"] == "cancelled"
    assert planner.get(PLANS).json["plans"] == []


@pytest.mark.parametrize("stage", ["reading", "mending", "cutting", "laying", "keeping"])
def test_a_draft_from_a_file_can_be_stopped_at_every_stage(database, tmp_path, stage):
    path = tmp_path / "net.geojson"
    path.write_bytes(geojson(NET, name=NAMES))
    told = []

    def tell(now, share):
        told.append(share)
        return now == stage

    with pytest.raises(Cancelled):
        open_from_file(
            database,
            Actor(user_id=None, name="anne", role="planner"),
            load_profile("linyi"),
            path,
            name="停",
            area=COMMUNITY,
            tell=tell,
        )
    assert told == sorted(told)
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM plans")).scalar_one() == 0


def test_what_a_job_refuses_is_told_in_words(database, planner, monkeypatch):
    answer = asked(planner, monkeypatch, area="371399001009")
    run_worker(database, wait=False)
    done = planner.get(answer.headers["Location"]).json
    assert done["state"] == "failed"
    assert "远处社区" in done["problem"]["detail"]


def test_only_who_draws_there_asks_for_a_draft_from_a_large_file(sign_in, monkeypatch):
    assert asked(sign_in("viewer"), monkeypatch).status_code == 403


def test_overlaps_gaps_and_crossings_are_mended_and_told(planner):
    bow = shapely.Polygon(
        [
            (WEST + 2 * SIDE, SOUTH),
            (WEST + 3 * SIDE, SOUTH + SIDE),
            (WEST + 3 * SIDE, SOUTH),
            (WEST + 2 * SIDE, SOUTH + SIDE),
        ]
    )
    narrow = shapely.box(WEST + SIDE, SOUTH + SIDE + 3, WEST + 2 * SIDE, SOUTH + 2 * SIDE)
    overlapping = shapely.box(WEST + SIDE - 20, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE)
    shapes = [square(0), overlapping, bow, square(0, 1), narrow, square(2, 1)]
    answer = planner.post(
        f"{PLANS}/from_file",
        **form(geojson(shapes, name=NAMES), name="有毛病", area=COMMUNITY),
    )
    assert answer.status_code == 201, answer.json
    kinds = answer.json["report"]["mended"]["kinds"]
    assert {"overlap", "gap", "invalid"} <= kinds.keys()
    assert kinds["overlap"]["area_m2"] == pytest.approx(20 * SIDE, rel=0.02)
    assert kinds["gap"]["area_m2"] == pytest.approx(3 * SIDE, rel=0.05)
    changes = answer.json["report"]["mended"]["changes"]
    overlap = next(one for one in changes if one["kind"] == "overlap")
    assert {overlap["from"], overlap["to"]} <= {"第1网格", "第2网格"}
    units = planner.get(f"{PLANS}/{answer.json['id']}/units").json["features"]
    assert sum(one["properties"]["grid"] is not None for one in units) > 0


def test_codes_are_kept_where_a_grid_has_them_and_none_twice(database, planner):
    with database.begin() as tx:
        storing.store_versions(
            tx.connection,
            "grids",
            {
                "code": [f"{COMMUNITY}001"],
                "name": ["旧第一网格"],
                "area_code": [COMMUNITY],
                "geom": [shapely.multipolygons([one]) for one in degrees([square(0)])],
            },
        )
    codes = [f"{COMMUNITY}001", f"{COMMUNITY}001", "A-7", None, "", "9" * 300]
    answer = planner.post(
        f"{PLANS}/from_file", **form(geojson(NET, code=codes), name="编码", area=COMMUNITY)
    )
    assert answer.status_code == 201, answer.json
    grids = planner.get(f"{PLANS}/{answer.json['id']}/grids").json["features"]
    kept = [one["properties"]["code"] for one in grids]
    assert kept == [f"{COMMUNITY}001", None, None, None, None, None]
    assert grids[2]["properties"]["name"] == "A-7"


def moved_to(shapes, dx):
    return [shapely.transform(one, lambda points: points + np.array([dx, 0.0])) for one in shapes]


BAD = {
    "empty": (b"", "a.geojson", "空"),
    "no zip": (b"PK\x03\x04 broken", "a.zip", ""),
    "no json": (b"{'no json'", "a.geojson", ""),
    "no rows": (b'{"type":"FeatureCollection","features":[]}', "a.geojson", "没有"),
    "points only": (
        geojson([shapely.Point(WEST, SOUTH)]),
        "a.geojson",
        "面",
    ),
    "a table": ("名称,户数\n甲,3\n".encode(), "a.csv", "面"),
    "elsewhere": (geojson(moved_to(NET, 5_000_000)), "a.geojson", "坐标系"),
    "an unknown kind": (b"\x00\x01\x02", "a.dwg", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_chinese_sentence(planner, name):
    content, filename, word = BAD[name]
    answer = planner.post(f"{PLANS}/files", **form(content, filename))
    assert answer.status_code == 400, answer.json
    words = answer.json["detail"]
    assert word in words
    assert any("\u4e00" <= sign <= "\u9fff" for sign in words)
    assert "--" not in words
    assert planner.get(PLANS).json["plans"] == []


def test_a_wrong_system_is_refused_and_the_right_one_taken(planner):
    frame = gpd.GeoDataFrame({"name": NAMES}, geometry=NET)
    plain = json.loads(frame.to_json())
    plain.pop("crs", None)
    content = json.dumps(plain).encode()
    answer = planner.post(f"{PLANS}/files", **form(content, crs="wgs84"))
    assert answer.status_code == 400
    assert "坐标系" in answer.json["detail"]
    nonsense = planner.post(f"{PLANS}/files", **form(content, crs="EPSG:99999999"))
    assert nonsense.status_code == 400
    far = planner.post(f"{PLANS}/files", **form(content, crs="EPSG:4534"))
    assert far.status_code == 400
    assert "坐标系" in far.json["detail"]
    good = planner.post(f"{PLANS}/files", **form(content, crs="EPSG:4548"))
    assert good.status_code == 200, good.json
    assert good.json["areas"][0]["code"] == COMMUNITY


def test_a_net_outside_of_the_area_is_refused_with_a_reason(planner):
    answer = planner.post(
        f"{PLANS}/from_file", **form(geojson(NET), name="错处", area="371399001009")
    )
    assert answer.status_code == 400
    assert answer.json["reason"] == "outside"
    assert "远处社区" in answer.json["detail"]
    unknown = planner.post(f"{PLANS}/from_file", **form(geojson(NET), name="错处", area="x"))
    assert unknown.status_code == 404
    assert planner.get(PLANS).json["plans"] == []


def test_a_net_of_too_many_polygons_or_points_is_refused(planner, monkeypatch):
    from geodata.exchange import drafts_in

    monkeypatch.setattr(drafts_in, "MOST_POLYGONS", 3)
    assert planner.post(f"{PLANS}/files", **form(geojson(NET))).status_code == 413
    monkeypatch.setattr(drafts_in, "MOST_POLYGONS", 30)
    monkeypatch.setattr(drafts_in, "MOST_POINTS", 10)
    answer = planner.post(f"{PLANS}/files", **form(geojson(NET)))
    assert answer.status_code == 413
    assert "30" in answer.json["detail"]


def test_only_planners_open_drafts_from_files(sign_in, planner):
    for role in ("viewer", "worker", "commander"):
        browser = sign_in(role)
        assert browser.post(f"{PLANS}/files", **form(geojson(NET))).status_code == 403
        wanted = form(geojson(NET), name="x", area=COMMUNITY)
        assert browser.post(f"{PLANS}/from_file", **wanted).status_code == 403
    seen = planner.post(f"{PLANS}/files", **form(geojson(NET))).json
    other = sign_in("admin").post(
        f"{PLANS}/from_file",
        data={"upload": seen["upload"], "name": "x", "area": COMMUNITY},
        content_type="multipart/form-data",
    )
    assert other.status_code == 404  # an upload belongs to who sent it
