"""OGC API – Features over HTTP."""

from __future__ import annotations

import pytest
import sqlalchemy as sa


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
                "INSERT INTO areas (code, level, held, geom) VALUES ('371311001010', 'community',"
                " '(,)', ST_Multi(ST_MakeEnvelope(119, 36, 119.01, 36.01, 4326)))"
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
