"""Steps, many at once, duty and the calendar over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "snap", "title": "夜间施工", "lon": 118.35, "lat": 35.05}


def reported(browser: Any, **more: Any) -> dict[str, Any]:
    answer = browser.post("/api/v1/cases", json={**TOLD, **more})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json()["case"])


def act(browser: Any, case: dict[str, Any], action: str, **more: Any) -> Any:
    body = {"action": action, "revision": case["revision"], **more}
    return browser.post(f"/api/v1/cases/{case['id']}/actions", json=body)


def test_a_worker_asks_for_time_and_the_commander_sees_and_grants_it(sign_in: Any) -> None:
    worker, commander = sign_in("worker"), sign_in("commander")
    case = reported(worker)
    assert case["due_at"]
    assert case["stage_due_at"]
    asked = act(worker, case, "extend", amount=2, unit="days", reason="等配件").get_json()
    assert asked["case"]["asked"] == "extension"
    assert "approve" not in asked["acts"]
    assert act(worker, asked["case"], "approve").status_code == 403
    record = commander.get(f"/api/v1/cases/{case['id']}/record").get_json()
    assert {"approve", "turn_down", "urge"} <= set(record["acts"])
    granted = act(commander, record["case"], "approve").get_json()["case"]
    assert granted["due_at"] > case["due_at"]
    late = act(commander, record["case"], "approve")
    assert late.status_code == 409
    assert late.get_json()["case"]["revision"] == granted["revision"]
    assert act(commander, granted, "extend", reason="难").status_code == 400


def test_many_cases_take_a_step_in_one_call_and_the_answer_says_which_did_not(
    sign_in: Any,
) -> None:
    commander = sign_in("commander")
    cases = [reported(commander) for _ in range(3)]
    act(commander, cases[1], "file")
    body = {"action": "file", "cases": [{"id": one["id"], "revision": 0} for one in cases]}
    answer = commander.post("/api/v1/cases/actions?lang=zh", json=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = answer.get_json()
    assert found["done"] == 2
    refused = found["results"][1]
    assert (refused["done"], refused["status"]) == (False, 409)
    assert refused["case"]["state"] == "filed"
    assert refused["detail"]
    twice = {**body, "cases": body["cases"] + body["cases"][:1]}
    assert commander.post("/api/v1/cases/actions", json=twice).status_code == 400
    assert sign_in("viewer").post("/api/v1/cases/actions", json=body).status_code == 403


def test_a_minor_case_is_closed_with_its_report(sign_in: Any) -> None:
    worker = sign_in("worker")
    case = reported(worker, on_spot="当场劝停")
    assert case["state"] == "closed"
    refused = worker.post("/api/v1/cases", json={**TOLD, "urgent": True, "on_spot": "劝停"})
    assert refused.status_code == 400


def test_the_rules_propose_who_gets_a_case(sign_in: Any) -> None:
    commander = sign_in("commander")
    case = reported(commander)
    found = commander.get(f"/api/v1/cases/{case['id']}/proposal").get_json()
    assert found["rule"] == 3
    assert commander.get("/api/v1/cases/left-behind").get_json() == {"cases": []}
    assert sign_in("viewer").get("/api/v1/cases/left-behind").status_code == 403


def test_duty_is_entered_asked_for_and_taken_out(sign_in: Any) -> None:
    commander = sign_in("commander")
    case = reported(commander)
    record = commander.get(f"/api/v1/cases/{case['id']}/record").get_json()
    shift = {
        "user_id": record["people"][0]["id"],
        "since": "2026-11-22T08:00:00+08:00",
        "until": "2026-11-23T08:00:00+08:00",
        "post": "带班领导",
    }
    made = commander.post("/api/v1/duty", json={"shifts": [shift]})
    assert made.status_code == 201, made.get_data(as_text=True)
    at = "2026-11-22T12:00:00%2B08:00"
    (one,) = commander.get(f"/api/v1/duty/now?at={at}").get_json()["people"]
    assert one["post"] == "带班领导"
    period = "since=2026-11-20T00:00:00%2B08:00&until=2026-11-30T00:00:00%2B08:00"
    assert len(commander.get(f"/api/v1/duty?{period}").get_json()["shifts"]) == 1
    assert commander.post("/api/v1/duty", json={"shifts": [shift]}).status_code == 409
    number = made.get_json()["ids"][0]
    assert sign_in("worker").send("DELETE", f"/api/v1/duty/{number}").status_code == 403
    assert commander.send("DELETE", f"/api/v1/duty/{number}").status_code == 204
    assert commander.get("/api/v1/duty?since=2026-11-20&until=2026-11-30").status_code == 400


def test_an_administrator_sets_days_and_a_year_that_is_not_announced_says_so(sign_in: Any) -> None:
    admin = sign_in("admin")
    plain = admin.get("/api/v1/calendar/2027").get_json()
    assert plain["days"]
    day = "/api/v1/calendar/days/2027-03-08"
    said = admin.send("PUT", day, json={"works": False, "name": "妇女节"}).get_json()
    assert said["job"]
    later = admin.get("/api/v1/calendar/2027").get_json()
    assert later["worked_days"] == plain["worked_days"] - 1
    own = next(one for one in later["days"] if one["day"] == "2027-03-08")
    assert (own["works"], own["own"], own["name"]) == (False, True, "妇女节")
    assert sign_in("commander").send("PUT", day, json={"works": True}).status_code == 403
    assert admin.send("DELETE", day).status_code == 200
    assert admin.send("DELETE", day).status_code == 404
    assert (
        admin.send("PUT", "/api/v1/calendar/days/someday", json={"works": True}).status_code == 400
    )
    assert not admin.get("/api/v1/calendar/2031").get_json()["announced"]


def test_an_administrator_writes_down_a_telephone_of_duty_which_colleagues_see(
    sign_in: Any,
) -> None:
    admin = sign_in("admin")
    path = "/api/v1/users/worker"
    said = admin.send("PATCH", path, json={"telephone": "0539-000 0001"})
    assert said.get_json()["telephone"] == "0539-000 0001"
    assert admin.send("PATCH", path, json={"telephone": "打我"}).status_code == 400
    number = reported(admin)["id"]
    for name, seen in (("commander", "0539-000 0001"), ("viewer", None)):
        people = sign_in(name).get(f"/api/v1/cases/{number}/record").get_json()["people"]
        assert [one["telephone"] for one in people if one["name"] == "worker"] == [seen]
    assert admin.send("PATCH", path, json={"telephone": ""}).get_json()["telephone"] is None
