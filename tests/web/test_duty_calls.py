"""The duty calendar, the own days and the taught words over HTTP, and who may open their pages."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geodata import feasts

pytestmark = pytest.mark.usefixtures("people")
ENDS = ("since", "until")
WEEK = {"since": "2026-11-23T00:00:00+08:00", "until": "2026-11-30T00:00:00+08:00"}


def test_a_week_is_entered_shown_with_its_gaps_changed_and_copied(sign_in: Any) -> None:
    commander = sign_in("commander")
    people = commander.get("/api/v1/duty/people").get_json()["people"]
    numbers = {one["name"]: one["id"] for one in people}
    assert set(numbers) == {"admin", "commander", "worker"}
    shift = {
        "user_id": numbers["worker"],
        "since": "2026-11-24T08:00:00+08:00",
        "until": "2026-11-25T08:00:00+08:00",
        "post": "带班领导",
    }
    (number,) = commander.post("/api/v1/duty", json={"shifts": [shift]}).get_json()["ids"]
    other = {**shift, "user_id": numbers["admin"], "post": "值班员"}
    assert commander.send("PUT", f"/api/v1/duty/{number}", json=other).status_code == 204
    found = commander.get("/api/v1/duty/roster", query_string=WEEK).get_json()
    assert [(one["name"], one["post"]) for one in found["shifts"]] == [("admin", "值班员")]
    zone = ZoneInfo("Asia/Shanghai")
    gaps = [
        tuple(f"{datetime.fromisoformat(one[end]).astimezone(zone):%d %H:%M}" for end in ENDS)
        for one in found["gaps"]
    ]
    assert gaps[:3] == [  # while the offices are open everybody is there
        ("23 00:00", "23 08:30"),
        ("23 17:30", "24 08:00"),
        ("25 08:00", "25 08:30"),
    ]
    assert gaps[-1] == ("27 17:30", "30 00:00")  # the weekend
    assert not any(one["above"] for one in found["gaps"])
    copied = commander.post("/api/v1/duty/copy", json=WEEK)
    assert copied.status_code == 201
    assert copied.get_json()["left"] == 0
    assert commander.post("/api/v1/duty/copy", json=WEEK).get_json() == {"ids": [], "left": 1}
    beyond = {**WEEK, "days": 400}
    assert commander.post("/api/v1/duty/copy", json=beyond).status_code == 400
    nowhere = {**WEEK, "area": "nowhere"}
    assert commander.get("/api/v1/duty/roster", query_string=nowhere).status_code == 404
    worker = sign_in("worker")
    assert worker.get("/api/v1/duty/roster", query_string=WEEK).status_code == 200
    assert worker.send("PUT", f"/api/v1/duty/{number}", json=shift).status_code == 403
    assert worker.post("/api/v1/duty/copy", json=WEEK).status_code == 403
    assert commander.send("PUT", f"/api/v1/duty/{10**18}", json=shift).status_code == 404


def test_the_calendar_names_the_feasts_of_a_year_announced_or_not(sign_in: Any) -> None:
    viewer = sign_in("viewer")
    names = {}
    for year in (2026, 2027):
        found = viewer.get(f"/api/v1/calendar/{year}").get_json()
        names[year] = {one["day"]: one["feast"] for one in found["days"]}
    assert names[2026]["2026-02-14"] == "Spring Festival"
    assert names[2027]["2027-10-01"] == "National Day"


@pytest.mark.parametrize("method", ["roster", "people"])
def test_who_handles_no_cases_sees_nobody_s_duty(sign_in: Any, method: str) -> None:
    answer = sign_in("viewer").get(f"/api/v1/duty/{method}", query_string=WEEK)
    assert answer.status_code == 403


def test_a_word_is_taught_by_hand_only_for_a_place_that_stands(sign_in: Any) -> None:
    body = {"word": "老粮所", "kind": "compound", "code": "K9"}
    assert sign_in("commander").post("/api/v1/aliases", json=body).status_code == 404
    assert sign_in("viewer").post("/api/v1/aliases", json=body).status_code == 403
    point = {**body, "kind": "point"}
    assert sign_in("admin").post("/api/v1/aliases", json=point).status_code == 400


def test_the_pages_of_duty_and_words_are_for_those_whom_they_serve(sign_in: Any) -> None:
    worker = sign_in("worker").get("/duty?lang=en").get_data(as_text=True)
    assert "Duty and calendar" in worker
    assert 'id="roster"' in worker
    viewer = sign_in("viewer").get("/duty?lang=en").get_data(as_text=True)
    assert 'id="year"' in viewer
    assert 'id="roster"' not in viewer
    assert all(json.dumps(name) in viewer for name in feasts.NAMES)
    assert "/aliases" in worker
    assert "/aliases" not in viewer
    assert sign_in("viewer").get("/aliases").status_code == 403
    assert sign_in("commander").get("/aliases").status_code == 200
