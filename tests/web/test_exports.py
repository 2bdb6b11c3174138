"""Files out over HTTP."""

from __future__ import annotations

import csv
import io
import zipfile

import geopandas as gpd
import pytest
from sqlalchemy import insert, select, text

from geodata.accounts.tables import audit
from geodata.cases.tables import cases

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def one_area_one_case(database):
    """An area and a case in it, whose reporter is known."""
    with database.begin() as tx:
        tx.connection.execute(
            text(
                "INSERT INTO areas (code, name, level, held, geom) VALUES ('371311001001', '幸福"
                "社区', 'community', tstzrange(NULL, NULL), ST_Multi(ST_SetSRID("
                "ST_MakeEnvelope(118.3, 35.0, 118.31, 35.01), 4326)))"
            )
        )
        tx.connection.execute(
            insert(cases).values(
                source="hotline",
                category="noise",
                state="reported",
                title="=HYPERLINK(1)",
                description="夜间施工",
                reporter_name="王某某",
                reporter_telephone="13900000000",
                reported_at=text("now()"),
                area_code="371311001001",
                geom=text("ST_SetSRID(ST_MakePoint(118.305, 35.005), 4326)"),
            )
        )


@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp", "kml", "fgb", "parquet", "xlsx"])
@pytest.mark.usefixtures("one_area_one_case")
def test_a_layer_comes_in_every_form_and_leaves_no_file_behind(sign_in, settings, tmp_path, form):
    answer = sign_in("planner").get(f"/api/v1/exports/areas?format={form}")
    assert answer.status_code == 200
    name = answer.headers["Content-Disposition"].split("filename=")[1]
    file = tmp_path / name
    file.write_bytes(answer.get_data())
    answer.close()
    if form == "parquet":
        assert list(gpd.read_parquet(file)["code"]) == ["371311001001"]
    elif form == "shp":
        with zipfile.ZipFile(file) as archive:
            assert {"areas.shp", "areas.shx", "areas.dbf"} <= set(archive.namelist())
    elif form != "xlsx":
        assert len(gpd.read_file(file)) == 1
    assert list((settings.data_dir / "exports").iterdir()) == []


@pytest.mark.usefixtures("one_area_one_case")
def test_cases_come_with_their_reporters_only_for_who_may_see_them(sign_in, database):
    def rows(role):
        answer = sign_in(role).get("/api/v1/exports/cases?format=csv")
        assert answer.status_code == 200
        return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))

    (seen,) = rows("commander")
    assert seen["reporter_name"] == "王某某"
    assert not seen["title"].startswith("=")
    (masked,) = rows("planner")
    assert "王某某" not in str(masked)
    assert "夜间施工" not in str(masked)
    with database.read() as connection:
        found = select(audit.c.actor, audit.c.action).where(audit.c.subject == "cases")
        entries = connection.execute(found.order_by(audit.c.id)).all()
    assert entries == [
        ("commander", "exported"),
        ("commander", "read_personal"),
        ("planner", "exported"),
    ]


@pytest.mark.parametrize("role", ["worker", "viewer"])
def test_who_may_not_export_gets_no_file(sign_in, settings, role):
    assert sign_in(role).get("/api/v1/exports/areas").status_code == 403
    assert list((settings.data_dir / "exports").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("planets", 404),
        ("..%2F..%2Fsecret_key", 404),
        ("areas?format=exe", 400),
        ("areas?at=yesterday", 400),
        ("areas?colour=red", 400),
        ("areas?at=1900-01-01", 200),
    ],
)
def test_what_makes_no_sense_is_refused(sign_in, path, status):
    answer = sign_in("planner").get(f"/api/v1/exports/{path}")
    assert answer.status_code == status
    if status != 200:
        assert answer.content_type == "application/problem+json"
