"""POST /api/v1/demo: administrators only, one at a time, in the trail, without accounts."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.accounts.audit import entries
from geodata.database.working import run_worker
from geodata.demo import city, load
from geodata.places.tables import areas

pytestmark = pytest.mark.usefixtures("remembered_city")


def test_an_administrator_gets_a_job_and_the_city(database, people, sign_in, monkeypatch):
    monkeypatch.setattr(city, "CASES_A_DISTRICT", 2_000)
    admin = sign_in("admin")
    answer = admin.post("/api/v1/demo", json={})
    assert answer.status_code == 202
    job = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["kind"], job["state"], job["about"]) == ("demo", "waiting", {"replace": False})
    assert admin.post("/api/v1/demo", json={}).get_json()["id"] == job["id"], "asked once"
    run_worker(database, wait=False)
    job = admin.get(f"/api/v1/jobs/{job['id']}").get_json()
    assert (job["state"], job["stage"]) == ("done", "完成")
    assert job["report"]["counts"]["grids"] == 162
    summary = admin.get("/api/v1/places/summary").get_json()
    assert summary["synthetic"]
    names = {user["name"] for user in admin.get("/api/v1/users").get_json()["users"]}
    assert names == set(people), "no account was added"
    done = {entry.action for entry in entries(database, Actor.terminal())}
    assert {"demo_asked", "demo_loaded"} <= done


@pytest.mark.parametrize("role", ["planner", "commander", "worker", "viewer"])
def test_nobody_else_may(people, sign_in, role):
    answer = sign_in(role).post("/api/v1/demo", json={})
    assert answer.status_code == 403
    assert answer.get_json()["type"].endswith("not-allowed")


def test_strangers_and_forged_requests_are_refused(client, people, sign_in):
    assert client.post("/api/v1/demo", json={}).status_code == 401
    admin = sign_in("admin")
    assert admin.client.post("/api/v1/demo", json={}).status_code == 403


def test_a_district_with_data_is_left_alone(database, people, sign_in):
    load(database, cases=10, accounts=False)
    admin = sign_in("admin")
    assert admin.post("/api/v1/demo", json={}).status_code == 409
    with database.begin() as tx:
        tx.connection.execute(sa.update(areas).values(import_id=None))
    answer = admin.post("/api/v1/demo", json={"replace": True})
    assert answer.status_code == 409
    assert "areas" in answer.get_json()["detail"]


def test_what_it_does_not_know_is_refused(people, sign_in):
    assert sign_in("admin").post("/api/v1/demo", json={"scale": 99}).status_code == 400
