"""OGC API – Features and – Tiles over HTTP."""

from __future__ import annotations

import gzip
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import pyogrio
import pytest
import sqlalchemy as sa
from owslib.ogcapi.features import Features

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import add_user

TERMINAL = Actor.terminal()
SQUARE = "ST_Multi(ST_MakeEnvelope({w}, {s}, {e}, {n}, 4326))"


def _square(west, south, size=0.01):
    return SQUARE.format(w=west, s=south, e=west + size, n=south + size)


@pytest.fixture(scope="module")
def district(server, empty_template):
    """Nine communities in a street office, one with an older border, and two cases."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            run = tx.connection.exec_driver_sql
            run(
                "INSERT INTO areas (code, name, level, held, geom)"
                " VALUES ('371311001', '盛庄街道', 'street_office', '(,)',"
                f" {_square(118, 35, 0.03)})"
            )
            for number in range(1, 10):
                west, south = 118 + (number - 1) % 3 * 0.01, 35 + (number - 1) // 3 * 0.01
                run(
                    "INSERT INTO areas (code, name, level, parent_code, households, held, geom)"
                    f" VALUES ('37131100100{number}', '社区{number}', 'community', '371311001',"
                    f" {number * 100}, '[2026-06-01 00:00+08,)', {_square(west, south)})"
                )
            run(
                "INSERT INTO areas (code, name, level, held, geom)"
                " VALUES ('371311001001', '旧社区', 'community', '(,2026-06-01 00:00+08)',"
                f" {_square(118, 35, 0.02)})"
            )
            run(
                "INSERT INTO cases (source, category, state, title, reporter_name, reported_at,"
                " area_code, geom) VALUES"
                " ('snap', 'noise', 'reported', '吵', '王五', '2026-06-01 08:00+08',"
                "  '371311001001', ST_SetSRID(ST_Point(118.005, 35.005), 4326)),"
                " ('hotline', 'parking', 'closed', '停车', '李四', '2026-07-01 08:00+08',"
                "  '371311001009', ST_SetSRID(ST_Point(118.025, 35.025), 4326))"
            )
            tx.changed("areas", None, "loaded")
            tx.changed("cases", None, "loaded")
        yield database


def _token(database, name, role, areas=()):
    user = add_user(database, TERMINAL, name, role=role, areas=areas, password=None)
    return make_token(database, TERMINAL, user_id=user.id)[1]


@pytest.fixture(scope="module")
def tokens(district):
    return {
        "admin": _token(district, "chief", "admin"),
        "viewer": _token(district, "looker", "viewer"),
        "worker": _token(district, "walker", "worker", ("371311001001",)),
    }


@pytest.fixture(scope="module")
def served(district, tmp_path_factory):
    from app import create_app
    from geodata.settings import Settings

    folder = tmp_path_factory.mktemp("ogc")
    app = create_app(
        Settings(database_url=district.url, data_dir=folder, secret_key="k" * 40), district
    )
    app.testing = True
    return app


@pytest.fixture
def get(served, tokens):
    """Ask as a user of a role; strangers are None."""

    def ask(path, *, role="admin", **headers):
        if role is not None:
            headers["Authorization"] = f"Bearer {tokens[role]}"
        return served.test_client().get(f"/ogc{path}", headers=headers)

    return ask


def _codes(answer):
    return [feature["id"] for feature in answer.json["features"]]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/api",
        "/conformance",
        "/collections",
        "/collections/areas",
        "/collections/cases/items",
        "/collections/areas/tiles",
        "/collections/areas/tiles/WebMercatorQuad/0/0/0",
        "/tileMatrixSets",
    ],
)
def test_a_stranger_is_sent_to_sign_in(get, path):
    assert get(path, role=None).status_code == 401


def test_every_link_of_the_landing_page_and_the_collections_leads_somewhere(get):
    pages = [get("").json, get("/collections").json, get("/collections/cases").json]
    pages += [get("/collections/cases/tiles").json, get("/tileMatrixSets").json]
    links = [link for page in pages for link in page["links"]]
    links += [link for one in pages[1]["collections"] for link in one["links"]]
    for link in links:
        assert link["href"].startswith("http://localhost/ogc")
        if not link.get("templated"):
            answer = get(link["href"].removeprefix("http://localhost/ogc"))
            assert answer.status_code == 200, link
            assert answer.content_type == link["type"], link


def test_features_come_with_longitude_first_and_say_so(get):
    answer = get("/collections/areas/items/371311001001")
    assert answer.content_type == "application/geo+json"
    assert answer.headers["Content-Crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    west, south = min(answer.json["geometry"]["coordinates"][0][0])
    assert (west, south) == (118.0, 35.0)
    assert answer.json["properties"]["name"] == "社区1"


def test_pages_follow_each_other_to_the_end_even_if_rows_come_in_between(get, district):
    answer = get("/collections/areas/items?limit=4&level=community")
    seen = _codes(answer)
    assert answer.json["numberMatched"] == 9
    with district.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO areas (code, level, held, geom) VALUES"
                f" ('371311001010', 'community', '(,)', {_square(119, 36)})"
            )
        )
    while True:
        following = [link for link in answer.json["links"] if link["rel"] == "next"]
        if not following:
            break
        answer = get(following[0]["href"].removeprefix("http://localhost/ogc"))
        seen += _codes(answer)
    assert seen == [f"3713110010{number:02}" for number in range(1, 11)]
    with district.begin() as tx:
        tx.connection.execute(sa.text("DELETE FROM areas WHERE code = '371311001010'"))


def test_a_box_gives_what_touches_it(get):
    answer = get("/collections/areas/items?bbox=118.021,35.021,118.022,35.022&level=community")
    assert _codes(answer) == ["371311001009"]
    six = get("/collections/areas/items?bbox=118.021,35.021,0,118.022,35.022,9&level=community")
    assert _codes(six) == ["371311001009"]


def test_a_box_across_the_antimeridian_goes_round_the_back_of_the_world(get):
    assert _codes(get("/collections/areas/items?bbox=170,30,-170,40")) == []
    around = get("/collections/areas/items?bbox=118.021,35.021,117.9,35.022&level=community")
    assert _codes(around) == ["371311001009"]


def test_the_district_of_a_day_has_the_borders_of_that_day(get):
    before = get("/collections/areas/items/371311001001?at=2026-05-31")
    assert before.json["properties"]["name"] == "旧社区"
    after = get("/collections/areas/items/371311001001?at=2026-06-01")
    assert after.json["properties"]["name"] == "社区1"
    assert get("/collections/areas/items/371311001002?at=2026-05-31").status_code == 404
    period = get("/collections/areas/items?datetime=2026-05-01/2026-07-01&code=371311001001")
    assert [one["properties"]["name"] for one in period.json["features"]] == ["社区1"]


@pytest.mark.parametrize(
    ("when", "count"),
    [
        ("2026-06-01", 1),
        ("2026-06-01T00:00:00Z", 1),
        ("2026-05-01/2026-06-30", 1),
        ("../2026-06-30", 1),
        ("2026-06-02/..", 1),
        ("../..", 2),
        ("2026-01-01/2026-01-31", 0),
    ],
)
def test_cases_are_found_by_the_time_of_their_report(get, when, count):
    assert get(f"/collections/cases/items?datetime={when}").json["numberReturned"] == count


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3",
        "bbox=1,2,3,x",
        "bbox=nan,2,3,4",
        "bbox=1,40,2,30",
        "bbox=1,2,300,4",
        "bbox-crs=EPSG:4326",
        "limit=-1",
        "limit=0",
        "limit=ten",
        "datetime=yesterday",
        "datetime=2026-07-01/2026-06-01",
        "datetime=2026-02-30",
        "at=soon",
        "at=2026-06-01&datetime=2026-06-01",
        "after=bm9uZQ",
        "after=%00",
        "households=many",
        "households=99999999999999999999",
        "closed=true",
        "nothing=1",
        "level=a&level=b",
        "f=html",
        "code='; drop table areas --&x=1",
    ],
)
def test_what_makes_no_sense_is_a_bad_request(get, query):
    answer = get(f"/collections/areas/items?{query}")
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "/problems/invalid-input"


@pytest.mark.parametrize(
    "path",
    [
        "/collections/nothing",
        "/collections/nothing/items",
        "/collections/areas/items/none",
        "/collections/cases/items/99999999999999999999999",
        "/collections/cases/items/-1",
        "/collections/areas/tiles/Other",
        "/collections/areas/tiles/WebMercatorQuad/99/0/0",
        "/collections/areas/tiles/WebMercatorQuad/1/2/0",
        "/collections/areas/tiles/WebMercatorQuad/1/0/-1",
        "/collections/areas/tiles/WebMercatorQuad/x/0/0",
    ],
)
def test_what_is_not_there_is_not_found(get, path):
    assert get(path).status_code == 404


def test_a_limit_beyond_the_highest_is_the_highest(get):
    assert get("/collections/areas/items?limit=1000000").json["numberReturned"] == 10


def test_sql_in_a_filter_is_only_a_value(get):
    answer = get("/collections/areas/items?name='; drop table areas; --")
    assert answer.json["numberReturned"] == 0


def test_texts_and_reporters_stay_out_unless_asked_for(get):
    for role in ("admin", "viewer", "worker"):
        text = get("/collections/cases/items", role=role).get_data(as_text=True)
        assert "王五" not in text
        assert "吵" not in text


def test_a_viewer_may_not_ask_for_them(get):
    assert get("/collections/cases/items?personal=true", role="viewer").status_code == 403
    assert get("/collections/cases/items/1?personal=true", role="viewer").status_code == 403


def test_a_worker_reads_those_of_the_area_of_duty_and_it_is_entered(get, district):
    answer = get("/collections/cases/items?personal=true", role="worker")
    names = [one["properties"]["reporter_name"] for one in answer.json["features"]]
    assert names == ["王五", None]
    assert answer.headers["Cache-Control"] == "private, no-store"
    with district.read() as connection:
        entry = connection.execute(
            sa.text("SELECT actor, action, subject FROM audit ORDER BY id DESC LIMIT 1")
        ).one()
    assert tuple(entry) == ("walker", "read_personal", "cases")


@pytest.mark.parametrize("layer", ["areas", "cases"])
def test_the_schemas_say_what_the_features_have_and_what_filters_take(get, layer):
    feature = get(f"/collections/{layer}/items?limit=1").json["features"][0]
    flat = get(f"/collections/{layer}/schema").json["properties"]
    assert list(flat) == [*feature["properties"], "geometry"]
    assert flat["geometry"]["x-ogc-role"] == "primary-geometry"
    whole = get(f"/collections/{layer}/schema/feature").json["properties"]
    assert list(whole["properties"]["properties"]) == list(feature["properties"])
    filters = get(f"/collections/{layer}/queryables").json
    assert filters["additionalProperties"] is False
    for name, one in filters["properties"].items():
        value = {"integer": "1", "number": "1", "boolean": "true"}.get(one["type"], "x")
        assert get(f"/collections/{layer}/items?{name}={value}").status_code == 200, name
    assert get(f"/collections/{layer}/schema?x=1").status_code == 400


# --- tiles ---------------------------------------------------------------------------------

TILE = "/collections/areas/tiles/WebMercatorQuad/11/811/1695"


def _layers(answer, folder):
    path = folder / "tile.mvt"
    path.write_bytes(answer.data)
    return {name: pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)}


def test_a_tile_has_the_shapes_and_one_label_for_each(get, tmp_path):
    layers = _layers(get(TILE), tmp_path)
    shapes, labels = layers["areas"], layers["areas_labels"]
    assert len(shapes) == 10
    assert sorted(labels["code"]) == sorted(shapes["code"])


def test_a_label_is_in_one_tile_only(get, tmp_path):
    found = []
    for row in range(1621, 1624):
        for column in range(3389, 3392):
            answer = get(f"/collections/areas/tiles/WebMercatorQuad/12/{row}/{column}")
            labels = _layers(answer, tmp_path).get("areas_labels") if answer.data else None
            found += [] if labels is None else list(labels["code"])
    assert len(found) == len(set(found)) == 10


def test_a_tile_shows_the_day_and_the_property_asked_for(get, tmp_path):
    old = _layers(get(f"{TILE}?at=2026-05-31"), tmp_path)["areas"]
    assert sorted(old["name"]) == ["旧社区", "盛庄街道"]
    office = _layers(get(f"{TILE}?level=street_office"), tmp_path)["areas"]
    assert list(office["code"]) == ["371311001"]


def test_a_tile_that_one_has_is_not_sent_again(get):
    first = get(TILE, **{"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    again = get(TILE, **{"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data
    assert again.headers["ETag"] == first.headers["ETag"]
    assert gzip.decompress(first.data) == get(TILE).data


def test_a_change_shows_in_the_next_answer(get, district, tmp_path):
    headers = {"Accept-Encoding": "gzip"}
    before = [get(TILE, **headers) for _ in range(3)][-1]
    with district.begin() as tx:
        tx.connection.execute(sa.text("UPDATE areas SET name = '改名' WHERE code = '371311001005'"))
        tx.changed("areas", "371311001005")
    after = get(TILE, **headers, **{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "改名".encode() in gzip.decompress(after.data)


def test_a_kept_tile_is_refused_as_soon_as_the_token_is_revoked(served, district):
    secret = _token(district, "leaver", "viewer")
    headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "gzip"}
    client = served.test_client()
    assert [client.get(f"/ogc{TILE}", headers=headers).status_code for _ in range(3)] == [200] * 3
    with district.begin() as tx:
        tx.connection.execute(sa.text("UPDATE users SET active = false WHERE name = 'leaver'"))
    assert client.get(f"/ogc{TILE}", headers=headers).status_code == 401


def test_an_answer_from_what_is_kept_is_counted_and_carries_the_requests_id(get):
    from api.observing import kept_tiles_total, requests_total

    def counted():
        every = requests_total.labels("ogc.tile", "GET", "200")._value.get()
        return every, kept_tiles_total.labels("200")._value.get()

    headers = {"Accept-Encoding": "gzip", "X-Request-ID": "from-the-proxy-1"}
    get(TILE, **headers)
    before = counted()
    assert get(TILE, **headers).headers["X-Request-ID"] == "from-the-proxy-1"
    assert len(get(TILE, **{"Accept-Encoding": "gzip"}).headers["X-Request-ID"]) == 32
    assert counted() == (before[0] + 2, before[1] + 2)


def test_an_address_with_the_version_may_be_kept_for_ever(get, district):
    version = district.version("areas")
    assert "immutable" in get(f"{TILE}?v={version}").headers["Cache-Control"]
    assert "no-cache" in get(f"{TILE}?v={version - 1}").headers["Cache-Control"]


@pytest.mark.parametrize("query", ["nothing=1", "at=never", "name=a&name=b", "title=x"])
def test_a_tile_asked_for_in_words_it_does_not_know_is_refused(get, query):
    assert get(f"{TILE}?{query}").status_code == 400


def test_the_tileset_says_what_is_in_it(get):
    for name in ("areas", "cases", "buildings"):
        body = get(f"/collections/{name}/tiles/WebMercatorQuad").json
        assert body["dataType"] == "vector"
        assert body["layers"][0]["id"] == name
    assert body["layers"][0]["minTileMatrix"] == "13"


# --- programs that read it as it is ----------------------------------------------------------

SERVE = """
import sys
from app import create_app
from geodata.database import Database
from geodata.settings import Settings
from pathlib import Path
from werkzeug.serving import make_server
settings = Settings(database_url=sys.argv[1], data_dir=Path(sys.argv[2]), secret_key="k" * 40)
server = make_server("127.0.0.1", 0, create_app(settings, Database(sys.argv[1])), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def _running(url, folder):
    command = [sys.executable, "-c", SERVE, url, str(folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/ogc"
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


@pytest.fixture(scope="module")
def address(district, tmp_path_factory):
    """A server in a process of its own: GDAL does not let go of Python while it waits."""
    with _running(district.url, tmp_path_factory.mktemp("live")) as address:
        yield address


@contextmanager
def pyogrio_as(token):
    """GDAL signed in by a token."""
    options = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token, "GDAL_HTTP_TIMEOUT": 30}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def test_gdal_reads_it_as_it_is(address, tokens):
    with pyogrio_as(tokens["admin"]):
        source = f"OAPIF:{address}"
        assert {name for name, _ in pyogrio.list_layers(source)} >= {"areas", "cases"}
        areas = pyogrio.read_dataframe(source, layer="areas", where="level = 'community'")
        assert len(areas) == 9
        assert areas.total_bounds.round(6).tolist() == [118.0, 35.0, 118.03, 35.03]
        boxed = pyogrio.read_dataframe(
            source, layer="areas", bbox=(118.021, 35.021, 118.022, 35.022)
        )
        assert set(boxed["code"]) == {"371311001", "371311001009"}
        cases = pyogrio.read_dataframe(source, layer="cases")
        assert sorted(cases["category"]) == ["noise", "parking"]


def test_gdal_knows_the_types_of_fields_that_are_empty_on_the_first_page(address, tokens, district):
    with pyogrio_as(tokens["admin"]):
        source = f"OAPIF:{address}"
        areas = pyogrio.read_info(source, layer="areas")
        cases = pyogrio.read_info(source, layer="cases")
        found = pyogrio.read_dataframe(source, layer="cases", where="category = 'noise'")
    types = dict(zip(areas["fields"], areas["ogr_types"], strict=True))
    assert types["households"] == "OFTInteger"
    assert types["held_from"] == types["held_until"] == "OFTDateTime"
    types = dict(zip(cases["fields"], cases["ogr_types"], strict=True))
    assert types["closed_at"] == types["due_at"] == "OFTDateTime"
    assert types["grid_code"] == "OFTString"
    assert len(found) == 1


def test_owslib_reads_it_as_it_is(address, tokens):
    service = Features(address, headers={"Authorization": f"Bearer {tokens['viewer']}"})
    assert "areas" in service.feature_collections()
    assert any("ogcapi-features-1" in name for name in service.conformance()["conformsTo"])
    page = service.collection_items("areas", limit=3, bbox=[118.0, 35.0, 118.1, 35.1])
    assert page["numberReturned"] == 3
    one = service.collection_item("areas", "371311001009")
    assert one["properties"]["households"] == 900
    assert service.api()["openapi"].startswith("3.0")


def test_a_live_server_gives_tiles(address, tokens):
    request = urllib.request.Request(
        f"{address.removesuffix('/ogc')}/ogc{TILE}",
        headers={"Authorization": f"Bearer {tokens['viewer']}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
        assert len(answer.read()) > 100
