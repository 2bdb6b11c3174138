"""Files in over HTTP: uploads, jobs and who sees them."""

from __future__ import annotations

import io
import os
import time

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from geodata.accounts import Actor
from geodata.accounts.tables import audit
from geodata.accounts.users import change_user
from geodata.database.working import run_worker
from geodata.places.tables import areas

pytestmark = pytest.mark.usefixtures("people")

AREAS = b"""{"type": "FeatureCollection", "features": [
 {"type": "Feature", "properties": {"code": "371311001001", "name": "<script>x</script>",
  "level": "community"},
  "geometry": {"type": "Polygon", "coordinates":
   [[[118.3, 35.0], [118.31, 35.0], [118.31, 35.01], [118.3, 35.01], [118.3, 35.0]]]}}]}"""


def form(content=AREAS, name="areas.geojson", **fields):
    return {"layer": "areas", **fields, "file": (io.BytesIO(content), name)}


def files_in(settings):
    return list((settings.data_dir / "uploads").glob("*"))


@pytest.fixture
def imported(sign_in, database):
    """``imported(role, **form)`` sends a file, lets the worker run, and gives the job."""

    def run(role="planner", **fields):
        browser = sign_in(role)
        answer = browser.post("/api/v1/imports", data=form(**fields))
        assert answer.status_code == 202, answer.get_data(as_text=True)
        assert answer.get_json()["state"] == "waiting"
        run_worker(database, wait=False)
        return browser.get(answer.headers["Location"]).get_json()

    return run


def test_a_file_is_taken_in_by_a_job(imported, database, settings):
    job = imported()
    assert job["state"] == "done", job
    assert job["report"]["added"] == 1
    assert job["about"]["filename"] == "areas.geojson"
    with database.read() as connection:
        assert connection.scalar(select(areas.c.name)) == "<script>x</script>"
        actions = connection.scalars(select(audit.c.action).order_by(audit.c.id)).all()
    assert actions[-2:] == ["import_asked", "imported"]
    assert files_in(settings) == []


def test_a_dry_run_tells_what_would_happen_and_stores_nothing(imported, database):
    job = imported(dry_run="true")
    assert job["report"]["added"] == 1
    assert job["report"]["stored"] is False
    with database.read() as connection:
        assert connection.execute(select(areas)).all() == []


def test_a_file_that_cannot_be_read_is_a_job_that_failed_with_a_problem(imported, settings):
    job = imported(content=b"\x00\x01 this is nothing", name="nothing.xyz")
    assert job["state"] == "failed"
    assert job["problem"]["type"].startswith("/problems/")
    assert job["problem"]["detail"]
    assert files_in(settings) == []


def test_the_upload_has_a_name_of_ours_and_is_closed_to_others(sign_in, settings):
    answer = sign_in("planner").post("/api/v1/imports", data=form(name="../../etc/cron.d/evil.csv"))
    assert answer.status_code == 202
    (path,) = files_in(settings)
    assert "evil" not in path.name
    assert path.suffix == ".csv"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert answer.get_json()["about"]["filename"] == "evil.csv"
    assert str(settings.data_dir) not in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", ["viewer", "worker"])
def test_who_may_not_import_cannot_even_leave_a_file(sign_in, settings, role):
    assert sign_in(role).post("/api/v1/imports", data=form()).status_code == 403
    assert sign_in(role).post("/api/v1/imports/preview", data=form()).status_code == 403
    assert files_in(settings) == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"layer": "planets"}, "layer"),
        ({"mapping": "{"}, "mapping"),
        ({"mapping": "[1]"}, "mapping"),
        ({"since": "yesterday"}, "since"),
        ({"skip_bad": "perhaps"}, "skip_bad"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_form_that_makes_no_sense_names_its_fields(sign_in, settings, fields, named):
    answer = sign_in("planner").post("/api/v1/imports", data=form(**fields))
    assert answer.status_code == 400
    assert named in answer.get_json()["fields"]
    assert files_in(settings) == []


def test_an_empty_file_and_no_file_are_refused(sign_in, settings):
    browser = sign_in("planner")
    assert browser.post("/api/v1/imports", data=form(content=b"")).status_code == 400
    no_file = browser.post(
        "/api/v1/imports", data={"layer": "areas"}, content_type="multipart/form-data"
    )
    assert no_file.status_code == 400
    assert files_in(settings) == []


def test_a_file_beyond_the_limit_is_refused_and_not_kept(settings, database, sign_in):
    from app import create_app

    small = create_app(settings.model_copy(update={"upload_limit_mb": 1}), database)
    client = small.test_client()
    body = {"username": "planner", "password": "quiet river stone"}
    csrf = client.post("/api/v1/login", json=body).get_json()["csrf"]
    for size in (1_500_000, 3_000_000):
        file = FileStorage(io.BytesIO(b"x" * size), filename="areas.geojson")
        boundary, sent = encode_multipart({"layer": "areas", "file": file})
        answer = client.post(
            "/api/v1/imports",
            data=sent,
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={"X-CSRF-Token": csrf},
        )
        assert answer.status_code == 413
        assert answer.content_type == "application/problem+json"
    assert files_in(settings) == []


def test_a_full_disk_is_said_and_leaves_nothing(sign_in, settings, monkeypatch):
    def full(_file, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("api.uploads._write", full)
    assert sign_in("planner").post("/api/v1/imports", data=form()).status_code == 503
    assert files_in(settings) == []


def test_a_job_is_seen_by_its_owner_and_by_administrators_only(sign_in):
    owner = sign_in("planner")
    place = owner.post("/api/v1/imports", data=form()).headers["Location"]
    assert owner.get(place).status_code == 200
    assert sign_in("admin").get(place).status_code == 200
    stranger = sign_in("commander")
    assert stranger.get(place).status_code == 404
    assert stranger.post(f"{place}/cancel").status_code == 404
    assert stranger.get("/api/v1/jobs").get_json()["jobs"] == []
    assert stranger.get("/api/v1/jobs?all=true").get_json()["jobs"] == []
    assert len(sign_in("admin").get("/api/v1/jobs?all=true").get_json()["jobs"]) == 1


def test_a_waiting_job_can_be_stopped_and_then_does_nothing(sign_in, database):
    browser = sign_in("planner")
    place = browser.post("/api/v1/imports", data=form()).headers["Location"]
    assert browser.post(f"{place}/cancel").get_json()["state"] == "cancelled"
    assert browser.post(f"{place}/cancel").status_code == 409
    run_worker(database, wait=False)
    with database.read() as connection:
        assert connection.execute(select(areas)).all() == []


def test_rights_lost_before_the_work_begins_are_lost(sign_in, database):
    browser = sign_in("planner")
    place = browser.post("/api/v1/imports", data=form()).headers["Location"]
    change_user(database, Actor.terminal(), "planner", role="viewer")
    run_worker(database, wait=False)
    job = browser.get(place).get_json()
    assert job["state"] == "failed"
    assert job["problem"]["type"] == "/problems/not-allowed"


@pytest.mark.parametrize("address", ["/api/v1/imports", "/api/v1/imports/preview"])
def test_a_commander_brings_cases_but_no_borders_and_looks_at_none(sign_in, settings, address):
    answer = sign_in("commander").post(address, data=form())
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "/problems/not-allowed"
    assert files_in(settings) == []
    table = "上报时间,内容\n2025-03-01 08:00,噪音\n".encode()
    cases = form(content=table, name="工单.csv", layer="cases")
    assert sign_in("commander").post(address, data=cases).status_code in {200, 202}


def test_uploads_left_behind_go_after_a_day(sign_in, settings):
    browser = sign_in("planner")
    browser.post("/api/v1/imports", data=form())
    (old,) = files_in(settings)
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    browser.post("/api/v1/imports", data=form())
    assert old not in files_in(settings)


def test_an_upload_of_another_user_is_not_there(sign_in, settings):
    sign_in("planner").post("/api/v1/imports", data=form())
    (path,) = files_in(settings)
    for name in (path.name, f"../uploads/{path.name}", "/etc/passwd", "../../secret_key"):
        answer = sign_in("admin").post(
            "/api/v1/imports",
            data={"layer": "areas", "upload": name},
            content_type="multipart/form-data",
        )
        assert answer.status_code == 404


def test_a_look_at_a_file_says_what_it_is_and_keeps_it_for_the_import(sign_in, database, settings):
    browser = sign_in("planner")
    answer = browser.post("/api/v1/imports/preview", data=form())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    seen = answer.get_json()
    assert {column["name"] for column in seen["columns"]} >= {"code", "name", "level"}
    assert seen["features"]["features"][0]["geometry"]["type"] == "Polygon"
    assert seen["crs_reason"]
    with database.read() as connection:
        assert connection.execute(select(areas)).all() == []
    sent = {"layer": "areas", "upload": seen["upload"], "filename": seen["filename"]}
    answer = browser.post("/api/v1/imports", data=sent, content_type="multipart/form-data")
    run_worker(database, wait=False)
    job = browser.get(answer.headers["Location"]).get_json()
    assert job["state"] == "done"
    assert job["report"]["filename"] == "areas.geojson"
    assert files_in(settings) == []


def test_a_look_at_what_cannot_be_read_is_refused_and_not_kept(sign_in, settings):
    answer = sign_in("planner").post(
        "/api/v1/imports/preview", data=form(content=b"\x00\x01", name="nothing.xyz")
    )
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert files_in(settings) == []
