"""Nets of other departments over HTTP: brought in, compared, fitted, removed."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise

import geopandas as gpd
import pytest
import shapely
import sqlalchemy as sa
from kept_drafts import SOUTH, STEP_M, WEST, assign, kept, lattice

from geodata.accounts import Actor
from geodata.accounts.users import change_user
from geodata.crs import convert_geometries
from geodata.database.working import run_worker

pytestmark = pytest.mark.usefixtures("people")
PLANS, NETS = "/api/v1/plans", "/api/v1/nets"
CSRF = "X-CSRF-Token"


def stripes(*cuts, down=False):
    """Patches between these lines of the lattice, as shapes in its metres."""
    found = []
    for a, b in pairwise(cuts):
        low, high = (a, 0), (b, 6)
        if down:
            low, high = (0, a), (6, b)
        found.append(
            shapely.box(
                WEST + low[0] * STEP_M,
                SOUTH + low[1] * STEP_M,
                WEST + high[0] * STEP_M,
                SOUTH + high[1] * STEP_M,
            )
        )
    return found


def geojson(shapes, *, to="wgs84", names=None):
    frame = gpd.GeoDataFrame(
        {
            "code": [f"J{k:02d}" for k in range(1, len(shapes) + 1)],
            "name": names or [f"警务区{k}" for k in range(1, len(shapes) + 1)],
        },
        geometry=convert_geometries(shapes, from_="EPSG:4548", to=to),
    )
    return frame.to_json(drop_id=True).encode()


def send(browser, content, *, name="公安", filename="公安网格.geojson", **fields):
    return browser.post(
        NETS, data={"name": name, **fields, "file": (io.BytesIO(content), filename)}
    )


@pytest.fixture
def plan(database):
    return f"{PLANS}/{kept(database, lattice())}"


@pytest.fixture
def planner(sign_in):
    return sign_in("planner")


def added(browser, shapes, name="公安", **fields):
    answer = send(browser, geojson(shapes), name=name, **fields)
    assert answer.status_code == 201, answer.json
    return answer.json["net"]["id"]


def test_a_net_is_brought_in_and_stands_around_the_draft(planner, plan):
    number = plan.rsplit("/", 1)[1]
    answer = send(
        planner, geojson(stripes(0, 2, 4, 6)), plan=number, attribution="市公安局", note="2026年"
    )
    assert answer.status_code == 201, answer.json
    net = answer.json["net"]
    assert (net["name"], net["patches"], net["filename"]) == ("公安", 3, "公安网格.geojson")
    assert (net["attribution"], net["note"], net["made_by"]) == ("市公安局", "2026年", "planner")
    assert (answer.json["skipped"], answer.json["mended"], answer.json["hint"]) == (0, 0, None)
    (listed,) = planner.get(NETS).json["nets"]
    assert listed == net
    (here,) = planner.get(f"{plan}/nets").json["nets"]
    assert here["here"] == 3
    patches = planner.get(f"{plan}/nets/{net['id']}")
    assert patches.mimetype == "application/geo+json"
    assert [one["properties"]["name"] for one in patches.json["features"]] == [
        "警务区1",
        "警务区2",
        "警务区3",
    ]
    x, y = patches.json["features"][0]["geometry"]["coordinates"][0][0][0]
    assert 116 < x < 118.5
    assert 34 < y < 36
    (lines,) = planner.get(f"{plan}/nets/{net['id']}?form=borders").json["features"]
    lengths = shapely.length(shapely.get_parts(shapely.geometry.shape(lines["geometry"])))
    width, height = 600 / 91_000, 600 / 111_000  # degrees; inner borders count once
    assert sum(lengths) == pytest.approx(2 * width + 4 * height, rel=0.02)


def test_nets_are_compared_in_households_with_the_worst_places_first(planner, plan):
    one = added(planner, stripes(0, 2, 4, 6))
    other = added(planner, stripes(0, 3, 6), name="城管")
    body = planner.get(f"{plan}/agreement?nets={one},{other}").json
    assert [net["name"] for net in body["nets"]] == ["公安", "城管"]
    (pair,) = body["pairs"]
    assert 0 < pair["index"] < 1
    assert pair["households"] > 0
    assert pair["households"] < body["households"]
    found = body["disagreements"]["features"]
    assert len(found) == pair["places"] == 2
    sizes = [place["properties"]["households"] for place in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == pair["households"]
    first = found[0]["properties"]
    assert first["name_one"].startswith("警务区")
    west, south, east, north = first["box"]
    assert west < first["point"][0] < east
    assert south < first["point"][1] < north


def test_a_net_agrees_wholly_with_a_draft_that_has_its_borders(planner, plan):
    net = added(planner, list(lattice().borders().geometry))
    body = planner.get(f"{plan}/agreement?nets={net},draft").json
    (pair,) = body["pairs"]
    assert pair == {
        "one": str(net),
        "other": "draft",
        "index": 1.0,
        "households": 0,
        "area_m2": pair["area_m2"],
        "places": 0,
    }
    assert body["disagreements"]["features"] == []


def fit(database, browser, plan, nets, revision=0, **wish):
    body = {"nets": nets, "band": False, **wish}
    answer = browser.post(f"{plan}/fit", json=body, headers={"If-Match": f'"{revision}"'})
    assert answer.status_code == 202, answer.json
    run_worker(database, wait=False)
    return browser.get(answer.headers["Location"]).json


def test_the_fitted_net_is_one_step_that_can_be_taken_back(database, planner, plan):
    nets = [str(added(planner, stripes(0, 3, 6), name=name)) for name in ("公安", "城管")] + [
        str(added(planner, stripes(0, 2, 4, 6), name="党建"))
    ]
    before = planner.get(f"{plan}/units").json
    job = fit(database, planner, plan, nets)
    assert job["state"] == "done", job
    assert job["report"]["revision"] == 1
    assert job["report"]["grids"] == 2
    told = {one["name"]: one["agreement"] for one in job["report"]["nets"]}
    assert told["公安"] == told["城管"] == 1.0
    assert told["党建"] < 1
    grids = planner.get(f"{plan}/grids").json["features"]
    assert [one["properties"]["name"] for one in grids] == ["警务区1", "警务区2"]
    (step, *_) = planner.get(f"{plan}/history").json["steps"]
    assert (step["kind"], step["action"]["nets"]) == ("fit", ["公安", "城管", "党建"])
    undone = planner.post(f"{plan}/undo", headers={"If-Match": '"1"'})
    assert undone.status_code == 200, undone.json
    assert planner.get(f"{plan}/units").json == before


def test_the_fitted_net_keeps_to_the_band_and_the_job_tells_what_that_cost(database, planner, plan):
    nets = [str(added(planner, stripes(0, 3, 6), name=name)) for name in ("公安", "城管")]
    job = fit(database, planner, plan, nets, band=True)
    assert job["state"] == "done", job
    report = job["report"]
    assert report["band"] == {"low": 300, "high": 500, "within": 1, "below": 0, "above": 0}
    assert report["obstacles"] == report["cuts"] == []
    assert [(one["agreement"], one["unbound"]) for one in report["nets"]] == [(0.0, 1.0)] * 2


def test_locked_grids_are_not_fitted(database, planner, plan):
    nets = [str(added(planner, stripes(0, 3, 6), name=name)) for name in ("公安", "城管")]
    planner.post(
        f"{plan}/actions", json={"action": "lock", "grids": [1]}, headers={"If-Match": '"0"'}
    )
    mine = {
        u["id"]
        for u in planner.get(f"{plan}/units").json["features"]
        if u["properties"]["grid"] == 1
    }
    job = fit(database, planner, plan, nets, revision=1)
    assert job["state"] == "done", job
    units = planner.get(f"{plan}/units").json["features"]
    assert {one["id"] for one in units if one["properties"]["grid"] == 1} == mine
    grids = {one["id"]: one["properties"] for one in planner.get(f"{plan}/grids").json["features"]}
    assert (grids[1]["locked"], grids[1]["code"]) == (True, "371399001001001")
    assert len(grids) == 3


def test_what_was_drawn_meanwhile_is_not_overwritten(database, planner, plan):
    nets = [str(added(planner, stripes(0, 3, 6), name=name)) for name in ("公安", "城管")]
    asked = planner.post(f"{plan}/fit", json={"nets": nets})
    drawn = planner.post(f"{plan}/actions", json=assign([3], 1), headers={"If-Match": '"0"'})
    assert drawn.status_code == 200
    run_worker(database, wait=False)
    assert planner.get(asked.headers["Location"]).json["state"] == "failed"
    assert planner.get(plan).json["revision"] == 1


def test_the_table_tells_which_old_patch_became_which_grid(planner, plan):
    net = added(planner, stripes(0, 2, 4, 6))
    body = planner.get(f"{plan}/correspondence?net={net}").json
    assert (body["net"], body["kept"]) == ("公安", False)
    assert len(body["rows"]) == 9
    first = body["rows"][0]
    assert (first["patch_code"], first["patch_name"]) == ("J01", "警务区1")
    assert first["grid_code"] in {"371399001001001", "371399001001004", "371399001001007"}
    shares = {}
    for row in body["rows"]:
        shares[row["patch_code"]] = shares.get(row["patch_code"], 0) + row["share"]
    assert all(abs(total - 1) < 1e-5 for total in shares.values())
    answer = planner.get(f"{plan}/correspondence?net={net}&format=csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:4] == ["原编号", "原名称", "网格编号", "网格名称"]
    assert len(rows) == 10


def test_a_spreadsheet_computes_nothing_of_the_table(planner, plan):
    answer = send(planner, geojson(stripes(0, 6), names=["=1+1"]))
    url = f"{plan}/correspondence?net={answer.json['net']['id']}&format=csv"
    assert "'=1+1" in planner.get(url).data.decode()


# ── what is refused ──────────────────────────────────────────────────────────────────────────


def bomb():
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net.geojson", b" " * 120_000_000)
    return packed.getvalue()


POINTS = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {},
                "geometry": {"type": "Point", "coordinates": [117.0, 35.0]},
            }
        ],
    }
).encode()


@pytest.mark.parametrize(
    ("content", "filename", "status", "words"),
    [
        (b"", "空.geojson", 400, "空"),
        (b"no file of any kind", "坏.geojson", 400, "坏.geojson"),
        (b"PK\x03\x04 broken", "坏.zip", 400, "坏.zip"),
        (b"\x00" * 5_000, "坏.gpkg", 400, "坏.gpkg"),
        (POINTS, "点.geojson", 400, "没有面"),
        (b'{"type": "FeatureCollection", "features": []}', "无.geojson", 400, "无.geojson"),
        (b"name,code\na,1\n", "表.csv", 400, "表.csv"),
    ],
)
def test_a_bad_file_gets_one_clear_sentence(planner, content, filename, status, words):
    answer = send(planner, content, filename=filename)
    assert answer.status_code == status, answer.json
    assert words in answer.json["detail"]
    assert "--" not in answer.json["detail"]
    assert planner.get(NETS).json["nets"] == []


def test_an_archive_that_unpacks_to_an_absurd_size_is_left_alone(planner):
    answer = send(planner, bomb(), filename="大.zip")
    assert answer.status_code == 413
    assert "大.zip" in answer.json["detail"]


def test_a_net_in_metres_needs_its_coordinate_system(planner, plan):
    metres = geojson(stripes(0, 3, 6), to="EPSG:4548")
    answer = send(planner, metres)
    assert answer.status_code == 400
    assert "坐标系" in answer.json["detail"]
    assert "--" not in answer.json["detail"]
    assert send(planner, metres, crs="EPSG:99999").status_code == 400
    assert send(planner, metres, crs="EPSG:4548").status_code == 201
    (here,) = planner.get(f"{plan}/nets").json["nets"]
    assert here["here"] == 2


def test_a_net_that_lies_elsewhere_is_refused_for_the_draft(planner, plan):
    number = plan.rsplit("/", 1)[1]
    far = [shapely.affinity.translate(shape, 0, 90_000) for shape in stripes(0, 3, 6)]
    answer = send(planner, geojson(far), plan=number)
    assert answer.status_code == 400
    assert "坐标系" in answer.json["detail"]
    assert planner.get(NETS).json["nets"] == []
    other = added(planner, far)
    near = added(planner, stripes(0, 3, 6), name="城管")
    assert planner.get(f"{plan}/agreement?nets={other},{near}").status_code == 400


@pytest.mark.parametrize(("system", "status"), [("gcj02", 201), ("bd09", 400)])
def test_coordinates_that_would_fit_better_are_told(planner, plan, system, status):
    number = plan.rsplit("/", 1)[1]
    content = geojson(stripes(0, 3, 6), to=system)
    answer = send(planner, content, plan=number)
    assert answer.status_code == status, answer.json
    assert answer.json["hint"]["crs"] == system
    right = send(planner, content, name="党建", plan=number, crs=system)
    assert right.status_code == 201
    assert right.json["hint"] is None
    plain = send(planner, geojson(stripes(0, 6)), name="城管", plan=number)
    assert plain.json["hint"] is None


def test_a_broken_polygon_is_mended_and_told(planner, plan):
    shapes = stripes(0, 3, 6)
    x, y = WEST, SOUTH
    shapes[0] = shapely.Polygon([(x, y), (x + 300, y + 600), (x + 300, y), (x, y + 600)])
    answer = send(planner, geojson(shapes))
    assert answer.status_code == 201, answer.json
    assert answer.json["mended"] == 1


def test_no_two_nets_have_one_name(planner):
    added(planner, stripes(0, 6))
    answer = send(planner, geojson(stripes(0, 6)))
    assert answer.status_code == 409
    assert "公安" in answer.json["detail"]


@pytest.mark.parametrize(
    "query", ["", "?nets=", "?nets=draft", "?nets=draft,draft", "?nets=x,draft", "?nets=99,draft"]
)
def test_a_comparison_of_nothing_is_refused(planner, plan, query):
    assert planner.get(f"{plan}/agreement{query}").status_code in {400, 404}


@pytest.mark.parametrize("nets", [[], ["draft"], ["draft", "draft"], ["draft", "77"], "draft", [1]])
def test_a_fit_of_nothing_is_refused(planner, plan, nets):
    answer = planner.post(f"{plan}/fit", json={"nets": nets})
    assert answer.status_code in {400, 404, 422}
    assert planner.get(plan).json["revision"] == 0


# ── who may ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["commander", "worker", "viewer"])
def test_who_may_not_draw_has_nothing_to_do_with_nets(sign_in, planner, plan, role):
    net = added(planner, stripes(0, 3, 6))
    other = sign_in(role)
    assert send(other, geojson(stripes(0, 6)), name="党建").status_code == 403
    for call in (NETS, f"{plan}/nets", f"{plan}/nets/{net}", f"{plan}/agreement?nets={net},draft"):
        assert other.get(call).status_code == 403, call
    assert other.get(f"{plan}/correspondence?net={net}").status_code == 403
    assert other.post(f"{plan}/fit", json={"nets": [str(net), "draft"]}).status_code == 403
    assert other.send("DELETE", f"{NETS}/{net}").status_code == 403
    assert len(planner.get(NETS).json["nets"]) == 1


def test_with_whom_a_draft_is_shared_may_look_and_change_nothing(sign_in, planner, plan):
    net = added(planner, stripes(0, 3, 6))
    assert planner.post(f"{plan}/shares", json={"user": "viewer"}).status_code == 201
    reader = sign_in("viewer")
    for call in ("nets", f"nets/{net}", f"agreement?nets={net},draft", f"correspondence?net={net}"):
        assert reader.get(f"{plan}/{call}").status_code == 200, call
    (seen,) = reader.get(f"{plan}/nets").json["nets"]
    assert seen["removable"] is False
    assert reader.post(f"{plan}/fit", json={"nets": [str(net), "draft"]}).status_code == 403
    number = plan.rsplit("/", 1)[1]
    assert send(reader, geojson(stripes(0, 6)), name="党建", plan=number).status_code == 403
    assert reader.send("DELETE", f"{NETS}/{net}").status_code == 403
    assert reader.get(NETS).status_code == 403


def test_nobody_signed_in_gets_nothing(client, plan):
    assert client.get(NETS).status_code == 401
    assert client.get(f"{plan}/agreement?nets=1,draft").status_code == 401


def test_who_added_a_net_or_an_administrator_removes_it(sign_in, planner):
    net = added(sign_in("admin"), stripes(0, 3, 6))
    refused = planner.send("DELETE", f"{NETS}/{net}")
    assert refused.status_code == 403
    assert "admin" in refused.json["detail"]
    assert planner.get(NETS).json["nets"][0]["removable"] is False
    assert sign_in("admin").send("DELETE", f"{NETS}/{net}").status_code == 204
    own = added(planner, stripes(0, 6))
    assert planner.get(NETS).json["nets"][0]["removable"] is True
    assert planner.send("DELETE", f"{NETS}/{own}").status_code == 204
    assert planner.get(NETS).json["nets"] == []
    assert planner.send("DELETE", f"{NETS}/{own}").status_code == 404


def test_a_planner_of_another_place_sees_no_nets_on_a_draft_that_is_not_theirs(
    sign_in, planner, database, plan
):
    net = added(planner, stripes(0, 3, 6))
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO areas (code, name, level, held, geom) VALUES ('371399009', '别处', "
                "'street_office', '(,)', "
                "ST_GeomFromText('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))', 4326))"
            )
        )
    change_user(database, Actor.terminal(), "planner", areas=["371399009"])
    elsewhere = sign_in("planner")
    for call in ("nets", f"nets/{net}", f"agreement?nets={net},draft", f"correspondence?net={net}"):
        assert elsewhere.get(f"{plan}/{call}").status_code == 403, call
    assert elsewhere.post(f"{plan}/fit", json={"nets": [str(net), "draft"]}).status_code == 403


def test_every_change_is_in_the_audit_trail(sign_in, planner, database, plan):
    nets = [str(added(planner, stripes(0, 3, 6), name=name)) for name in ("公安", "城管")]
    fit(database, planner, plan, nets)
    planner.send("DELETE", f"{NETS}/{nets[0]}")
    entries = sign_in("admin").get("/api/v1/audit").json["entries"]
    done = [one["action"] for one in entries]
    assert done.count("added_net") == 2
    assert {"fit_asked", "changed_draft", "removed_net"} <= set(done)
