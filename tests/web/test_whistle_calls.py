"""The whistle over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "snap", "title": "夜间施工", "lon": 118.35, "lat": 35.05}


@pytest.fixture
def commander(sign_in: Callable[..., Any]) -> Any:
    return sign_in("commander")


@pytest.fixture
def calls(commander: Any) -> str:
    number = commander.post("/api/v1/cases", json=TOLD).get_json()["case"]["id"]
    return f"/api/v1/cases/{number}/calls"


def test_a_commander_whistles_and_rates_and_the_department_answers(
    commander: Any, calls: str, sign_in: Callable[..., Any]
) -> None:
    offered = commander.get(calls).get_json()
    assert offered["may_whistle"] is True
    assert offered["suited"] == ["urban_management", "police", "ecology"]
    answer = commander.post(
        calls, json={"departments": ["police", "ecology"], "reason": "联合整治"}
    )
    assert answer.status_code == 201
    police = answer.get_json()["calls"][0]["id"]
    admin = sign_in("admin")
    changed = admin.send("PATCH", "/api/v1/users/worker", json={"department": "police"})
    assert changed.get_json()["department"] == "police"
    worker = sign_in("worker")
    [own] = worker.get("/api/v1/whistles").get_json()["calls"]
    assert own["id"] == police
    assert own["may"] == ["answer", "arrive", "decline"]
    for action in ("answer", "arrive", "finish"):
        answer = worker.post(f"{calls}/{police}/actions", json={"action": action})
        assert answer.status_code == 200
    again = worker.post(f"{calls}/{police}/actions", json={"action": "finish"})
    assert again.status_code == 409
    rating = {"action": "rate", "rating": 4}
    assert worker.post(f"{calls}/{police}/actions", json=rating).status_code == 403
    rated = commander.post(f"{calls}/{police}/actions", json=rating).get_json()["calls"][0]
    assert (rated["rating"], rated["rated_by"]) == (4, "commander")
    report = commander.get("/api/v1/whistles/report").get_json()
    assert {one["department"]: one["rank"] for one in report["departments"]} == {
        "police": None,
        "ecology": None,
    }
    lines = commander.get("/api/v1/whistles/report.csv?lang=zh").get_data(as_text=True)
    assert lines.startswith("\ufeff名次,部门,")
    assert "公安分局" in lines


def test_a_department_that_the_city_lacks_is_nobody_s(sign_in: Callable[..., Any]) -> None:
    admin = sign_in("admin")
    answer = admin.send("PATCH", "/api/v1/users/worker", json={"department": "circus"})
    assert answer.status_code == 404
    admin.send("PATCH", "/api/v1/users/worker", json={"department": "police"})
    cleared = admin.send("PATCH", "/api/v1/users/worker", json={"department": ""})
    assert cleared.get_json()["department"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/whistles/report?from=2026-06-02&to=2026-06-01", 400),
        ("/api/v1/whistles/report?from=yesterday", 400),
        ("/api/v1/whistles/report?area=nowhere", 404),
        ("/api/v1/whistles?department=circus", 404),
        ("/api/v1/cases/999999/calls", 404),
    ],
)
def test_nonsense_is_refused_with_a_word(commander: Any, path: str, status: int) -> None:
    answer = commander.get(path)
    assert answer.status_code == status
    assert answer.get_json()["detail"]


def test_a_stranger_and_a_viewer_call_nobody(
    client: Any, calls: str, sign_in: Callable[..., Any]
) -> None:
    assert client.get(calls).status_code == 401
    viewer = sign_in("viewer")
    body = {"departments": ["police"], "reason": "x"}
    assert viewer.post(calls, json=body).status_code == 403
    assert viewer.get(calls).get_json()["may_whistle"] is False
