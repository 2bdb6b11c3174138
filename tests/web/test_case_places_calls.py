"""Cases without a place over HTTP: counted, listed, shown what they can mean, placed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from geodata.database.working import run_worker

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "hotline", "title": "噪音", "address": "火星基地七号舱"}


def reported(client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/api/v1/cases", json=TOLD)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json()["case"])


def test_a_case_without_a_place_is_counted_listed_and_placed_by_a_tap(
    sign_in: Callable[..., Any],
) -> None:
    commander = sign_in("commander")
    case = reported(commander)
    counts = commander.get("/api/v1/cases/unplaced/count").get_json()
    assert counts == {"all": 1, "doubtful": 0, "none": 1}
    queue = commander.get("/api/v1/cases/unplaced?state=none").get_json()
    assert [one["id"] for one in queue["cases"]] == [case["id"]]
    assert queue["next"] is None
    meant = commander.get(f"/api/v1/cases/{case['id']}/candidates?lang=zh").get_json()
    assert meant["verdict"] == "none"
    body = {"revision": 0, "lon": 118.35, "lat": 35.05, "teach": "火星基地"}
    done = commander.post(f"/api/v1/cases/{case['id']}/place", json=body)
    assert done.status_code == 200, done.get_data(as_text=True)
    alias = done.get_json()["alias"]
    again = commander.post(f"/api/v1/cases/{case['id']}/place", json=body)
    assert again.status_code == 409
    assert commander.get("/api/v1/cases/unplaced/count").get_json()["all"] == 0
    assert reported(commander)["place_state"] == "sure"
    words = commander.get("/api/v1/aliases").get_json()["aliases"]
    assert [(one["id"], one["word"]) for one in words] == [(alias, "火星基地")]
    assert commander.post(f"/api/v1/aliases/{alias}/settle").get_json() == {"cases": []}
    assert commander.send("DELETE", f"/api/v1/aliases/{alias}").status_code == 204
    assert commander.send("DELETE", f"/api/v1/aliases/{alias}").status_code == 404
    ended = commander.get("/api/v1/aliases?ended=true").get_json()["aliases"]
    assert ended[0]["ended_by"] == "commander"


@pytest.mark.parametrize("path", ["cases/unplaced", "cases/unplaced/count", "aliases"])
def test_who_handles_no_cases_sees_no_addresses(sign_in: Callable[..., Any], path: str) -> None:
    assert sign_in("viewer").get(f"/api/v1/{path}").status_code == 403


def test_the_queue_is_read_in_pages(sign_in: Callable[..., Any]) -> None:
    commander = sign_in("commander")
    numbers = [reported(commander)["id"] for _ in range(3)]
    first = commander.get("/api/v1/cases/unplaced?limit=2").get_json()
    second = commander.get(f"/api/v1/cases/unplaced?limit=2&after={first['next']}").get_json()
    assert [one["id"] for one in first["cases"] + second["cases"]] == numbers[::-1]
    assert second["next"] is None
    assert commander.get("/api/v1/cases/unplaced?after=x").status_code == 400


def test_all_that_wait_are_placed_by_a_job_that_tells_its_counts(
    sign_in: Callable[..., Any], database: Database
) -> None:
    commander = sign_in("commander")
    reported(commander)
    assert sign_in("viewer").post("/api/v1/cases/unplaced/place").status_code == 403
    asked = commander.post("/api/v1/cases/unplaced/place")
    assert asked.status_code == 202
    run_worker(database, wait=False)
    done = commander.get(asked.headers["Location"]).get_json()
    assert done["state"] == "done"
    assert done["report"] | {"whole": 1} == {
        "looked": 1, "placed": 0, "doubtful": 0, "none": 1, "whole": 1, "stopped": False,
    }  # fmt: skip
