"""The district over HTTP: figures, records with their past, search, circles and coverage."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from shapely import MultiPolygon, Point, box
from sqlalchemy.dialects.postgresql import Range

from geodata.places.tables import areas, buildings, compounds, facilities, grids

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
NASTY = "平安<script>alert(1)</script>%_'小区"


def square(west: float, south: float, side: float = 0.01) -> str:
    return f"SRID=4326;{MultiPolygon([box(west, south, west + side, south + side)]).wkt}"


@pytest.fixture
def district(database):
    """Two communities, one grid that grew in June, two compounds, one station."""
    ever, before, since = Range(None, None), Range(None, JUNE), Range(JUNE, None)
    rows = {
        areas: [
            {
                "code": "371399",
                "name": "试验区",
                "level": "county",
                "held": ever,
                "geom": square(118.3, 35, 0.05),
            },
            {
                "code": "371399001001",
                "name": "东社区",
                "level": "community",
                "parent_code": "371399",
                "households": 900,
                "residents": 2500,
                "held": ever,
                "geom": square(118.30, 35),
            },
            {
                "code": "371399001002",
                "name": "西社区",
                "level": "community",
                "parent_code": "371399",
                "households": 100,
                "residents": None,
                "held": ever,
                "geom": square(118.32, 35),
            },
        ],
        grids: [
            {
                "code": "371399001001001",
                "name": "第一网格",
                "area_code": "371399001001",
                "households": 280,
                "held": before,
                "geom": square(118.30, 35, 0.005),
            },
            {
                "code": "371399001001001",
                "name": "第一网格",
                "area_code": "371399001001",
                "households": 420,
                "held": since,
                "geom": square(118.30, 35),
            },
        ],
        compounds: [
            {
                "code": "c1",
                "name": NASTY,
                "area_code": "371399001001",
                "type": "mixed",
                "households": 300,
                "held": ever,
                "geom": square(118.301, 35.001, 0.002),
            },
            {
                "code": "c2",
                "name": "远方小区",
                "area_code": "371399001002",
                "type": "village",
                "households": 50,
                "held": ever,
                "geom": square(118.325, 35.005, 0.002),
            },
        ],
        buildings: [
            {
                "code": "b1",
                "compound_code": "c1",
                "area_code": "371399001001",
                "households": 300,
                "held": ever,
                "geom": square(118.3015, 35.0015, 0.0004),
            },
        ],
        facilities: [
            {
                "code": "f1",
                "name": "东驿站",
                "area_code": "371399001001",
                "kind": "service_station",
                "held": ever,
                "geom": f"SRID=4326;{Point(118.302, 35.002).wkt}",
            },
        ],
    }
    with database.begin() as tx:
        for table, values in rows.items():
            for value in values:
                tx.connection.execute(sa.insert(table).values(**value))
            tx.changed(table.name, None, "loaded")
    return database


@pytest.fixture
def viewer(people, sign_in):
    return sign_in("viewer")


def test_an_empty_district_has_figures_of_nothing(viewer):
    found = viewer.get("/api/v1/places/summary").get_json()
    assert found["box"] is None
    assert set(found["counts"].values()) == {0}
    assert found["households"] is None
    assert viewer.get("/api/v1/coverage").get_json()["share"] is None


def test_the_district_is_told_in_figures(district, viewer):
    found = viewer.get("/api/v1/places/summary").get_json()
    assert found["name"] == "试验区"
    assert found["counts"]["grids"] == 1
    assert (found["households"], found["residents"]) == (1000, 2500)
    assert (found["grids"]["below"], found["grids"]["within"]) == (0, 1)
    assert found["box"] == pytest.approx([118.3, 35, 118.35, 35.05])


def test_a_record_shows_the_version_of_the_day_and_all_others(district, viewer):
    path = "/api/v1/places/grids/371399001001001"
    now = viewer.get(path).get_json()
    assert now["current"]["properties"]["households"] == 420
    assert [v["properties"]["households"] for v in now["versions"]] == [420, 280]
    assert [place["name"] for place in now["above"]] == ["试验区", "东社区"]
    assert now["inside"]["compounds"] == 1
    then = viewer.get(f"{path}?at=2026-05-01").get_json()
    assert then["current"]["properties"]["households"] == 280
    assert then["current"]["area_m2"] == pytest.approx(now["current"]["area_m2"] / 4, rel=1e-3)


@pytest.mark.parametrize(("day", "households"), [("2026-05-31", 280), ("2026-06-01", 420)])
def test_a_day_means_its_end_in_the_city(district, viewer, day, households):
    found = viewer.get(f"/api/v1/places/grids/371399001001001?at={day}").get_json()
    assert found["current"]["properties"]["households"] == households


def test_places_are_found_by_part_of_a_name_and_by_code(district, viewer):
    def names(words: str) -> list[str]:
        answer = viewer.get("/api/v1/places/search", query_string={"q": words})
        return [place["name"] for place in answer.get_json()["places"]]

    assert names("驿站") == ["东驿站"]
    assert names("东社区")[0] == "东社区"
    assert names("371399001001001") == ["第一网格"]
    assert names("  ") == []
    assert names("%") == [NASTY]
    assert names("' OR 1=1 --") == []


def test_coverage_counts_households_and_names_who_is_outside(district, viewer):
    found = viewer.get("/api/v1/coverage?minutes=5").get_json()
    shares = {row["code"]: row["share"] for row in found["areas"]}
    assert shares == {"371399001001": 1.0, "371399001002": 0.0}
    assert [row["name"] for row in found["uncovered"]] == ["远方小区"]
    assert found["share"] == pytest.approx(300 / 350)


def test_coverage_is_worked_out_anew_when_a_station_opens(district, viewer):
    assert viewer.get("/api/v1/coverage?minutes=5").get_json()["facilities"] == 1
    with district.begin() as tx:
        opened = {
            "code": "f2",
            "name": "西驿站",
            "kind": "service_centre",
            "held": Range(None, None),
        }
        point = f"SRID=4326;{Point(118.326, 35.006).wkt}"
        tx.connection.execute(sa.insert(facilities).values(**opened, geom=point))
        tx.changed("facilities", "f2", "added")
    found = viewer.get("/api/v1/coverage?minutes=5").get_json()
    assert found["facilities"] == 2
    assert found["uncovered"] == []


def test_circles_are_geojson_in_degrees(district, viewer):
    found = viewer.get("/api/v1/service-areas?minutes=15").get_json()
    (circle,) = found["features"]
    assert circle["properties"]["radius_m"] == pytest.approx(830.77, abs=0.01)


@pytest.mark.parametrize(
    "query",
    [
        "minutes=0",
        "minutes=-5",
        "minutes=nan",
        "minutes=1000",
        "minutes=x",
        "at=gestern",
        "at=2026-13-01",
        "bogus=1",
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/coverage", "/api/v1/service-areas"])
def test_what_makes_no_sense_is_refused_by_name(viewer, path, query):
    answer = viewer.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/v1/places/castles/1", "/api/v1/places/grids/none", "/api/v1/places/grids/%00"]
)
def test_unknown_things_are_not_found(district, viewer, path):
    assert viewer.get(path).status_code in {400, 404}


@pytest.mark.parametrize(
    "path",
    [
        "places/summary",
        "places/search?q=x",
        "places/grids/1",
        "coverage",
        "service-areas",
        "profile",
    ],
)
def test_strangers_see_nothing(client, path):
    assert client.get(f"/api/v1/{path}").status_code == 401


def test_the_profile_is_told_in_both_languages(viewer):
    found = viewer.get("/api/v1/profile").get_json()
    assert found["compound_types"][0]["name"]["zh"] == "商住小区"
    assert found["service_circles"][0]["minutes"] == 15


def test_the_page_writes_a_name_as_text_only(district, people, sign_in):
    planner = sign_in("planner")
    html = planner.get("/planner/map.html?layers=compounds").get_data(as_text=True)
    assert "<script>alert" not in html
    assert "\\u003cscript\\u003ealert" in html


def test_a_map_file_needs_the_right_to_export_and_layers_that_are_there(district, people, sign_in):
    assert sign_in("viewer").get("/planner/map.html").status_code == 403
    planner = sign_in("planner")
    assert planner.get("/planner/map.html?layers=cases").status_code == 400
    assert planner.get("/planner/map.html?minutes=abc").status_code == 400
    assert planner.get("/planner/map.html?layers=streets").status_code == 400
    assert planner.get("/planner/map.html?layers=areas&at=never").status_code == 400
    assert planner.get("/planner/map.html?layers=areas&title=%00").status_code == 400
    assert planner.get("/planner/map.html?layers=areas,cases&from=never").status_code == 400
    assert planner.get("/planner/map.html?layers=areas,cases&area=nowhere").status_code == 404


def test_the_weight_of_a_map_file_is_told_part_by_part(district, people, sign_in, client):
    assert client.get("/planner/map/weight", headers={"Accept": "*/*"}).status_code in {302, 401}
    for role in ("viewer", "worker"):
        assert sign_in(role).get("/planner/map/weight").status_code == 403
    planner = sign_in("planner")
    told = planner.get("/planner/map/weight?layers=cases").get_json()
    assert told["counts"]["compounds"] > 0
    assert told["layers"]["compounds"] > 100
    assert told["counts"]["streets"] == 0
    assert told["base"] > 100_000
    assert told["most"] == 50_000
    assert planner.get("/planner/map/weight?minutes=abc").status_code == 400


def test_static_files_are_kept_for_ever_and_nothing_else_is_served(client):
    from webmap import assets

    with client.get(assets.base_address() + "css/base.css") as answer:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(assets.base_address() + "../pages.py").status_code == 404
    assert client.get(assets.base_address() + "%2e%2e/vendor.lock").status_code == 404


def test_the_entry_leads_each_role_to_its_page(people, sign_in):
    for role, path in (("planner", "/planner"), ("commander", "/command"), ("viewer", "/planner")):
        assert sign_in(role).get("/").headers["Location"] == path


def test_pages_carry_no_inline_script_without_the_nonce(people, sign_in):
    import re

    answer = sign_in("planner").get("/planner")
    html = answer.get_data(as_text=True)
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])[1]
    scripts = re.findall(r"<script\b[^>]*>", html)
    assert scripts
    assert all(
        f'nonce="{nonce}"' in tag or "application/json" in tag or "src=" in tag for tag in scripts
    )
    assert (
        "unsafe-inline"
        not in answer.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    )
    assert not re.search(r"\son\w+=", html)


def test_basemaps_and_the_approval_number_come_from_the_settings_alone(settings, database, people):
    from app import create_app
    from geodata.settings import Settings

    given = settings.model_dump() | {
        "database_url": database.url,
        "basemap_url": "https://{s}.tiles.example/{z}/{x}/{y}.png",
        "basemap_attribution": "示例底图",
        "tianditu_key": "operators-own-key",
        "map_approval": "GS(2026)0001号",
    }
    client = create_app(Settings(**given), database).test_client()
    client.post("/api/v1/login", json={"username": "viewer", "password": "quiet river stone"})
    answer = client.get("/planner")
    html = answer.get_data(as_text=True)
    assert "https://{s}.tiles.example/{z}/{x}/{y}.png" in html
    assert "LAYER=cva" in html.replace("\\u0026", "&")
    assert "GS(2026)0001号" in html
    assert "https://*.tianditu.gov.cn" in answer.headers["Content-Security-Policy"]


def test_without_settings_no_page_names_another_host(people, sign_in):
    import re

    for path in ("/planner", "/import"):
        html = sign_in("planner").get(path).get_data(as_text=True)
        assert [a for a in re.findall(r"https?://[^\s\"'<]+", html) if "w3.org" not in a] == []
