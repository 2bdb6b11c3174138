"""Public rooms over HTTP: plan against fact, steps in their order, misuse until it is recovered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

pytestmark = pytest.mark.usefixtures("people")
COMMUNITY = "371311001001"
SQUARE = "SRID=4326;MULTIPOLYGON(((118.3 35,118.4 35,118.4 35.1,118.3 35.1,118.3 35)))"
TODAY = date.today()  # noqa: DTZ011 - a day of the test's own machine
PLAN = {
    "name": "物业配套用房",
    "compound_code": "C1",
    "planned_use": "service_station",
    "planned_m2": 300,
    "planned_on": "2024-03-01",
}


@pytest.fixture(autouse=True)
def ground(database: Any) -> None:
    """A compound in a community in a street office in a county."""
    with database.begin() as tx:
        for code, level, above in (
            ("371311", "county", None),
            ("371311001", "street_office", "371311"),
            (COMMUNITY, "community", "371311001"),
        ):
            tx.connection.execute(
                sa.text(
                    "insert into areas (code, name, level, parent_code, geom)"
                    " values (:code, :code, :level, :above, :geom)"
                ),
                {"code": code, "level": level, "above": above, "geom": SQUARE},
            )
        tx.connection.execute(
            sa.text(
                "insert into compounds (code, name, area_code, geom)"
                " values ('C1', '幸福小区', :area, :geom)"
            ),
            {"area": COMMUNITY, "geom": SQUARE},
        )


def entered(planner: Any, code: str = "R1", **more: Any) -> Any:
    answer = planner.post("/api/v1/rooms", json={"code": code, "values": {**PLAN, **more}})
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


def step(user: Any, name: str, code: str = "R1", **body: Any) -> Any:
    values = body.pop("values", {})
    return user.post(f"/api/v1/rooms/{code}/steps", json={"step": name, "values": values, **body})


def test_a_room_is_planned_accepted_handed_over_and_used_and_the_figures_follow(
    sign_in: Any,
) -> None:
    planner = sign_in("planner")
    assert entered(planner)["area_code"] == COMMUNITY
    accepted = {"accepted_m2": 280, "accepted_on": "2025-05-01"}
    assert step(planner, "accept", values=accepted).status_code == 200
    handed = {"handed_m2": 260, "handed_on": "2025-06-01"}
    assert step(planner, "hand_over", values=handed).status_code == 200
    used = {"used_as": "clinic", "used_since": "2025-07-01"}
    assert step(planner, "use", values=used).status_code == 200
    found = sign_in("viewer").get("/api/v1/rooms?by=street_office").get_json()
    (room,) = found["rooms"]
    assert (room["stage"], room["compound_name"], room["missing_m2"]) == ("used", "幸福小区", 40)
    (office,) = found["by_area"]
    assert office["code"] == "371311001"
    assert {
        name: office[name] for name in ("planned_m2", "accepted_m2", "handed_m2", "used_m2")
    } == {
        "planned_m2": 300,
        "accepted_m2": 280,
        "handed_m2": 260,
        "used_m2": 260,
    }
    entries = planner.get("/api/v1/rooms/R1").get_json()["entries"]
    assert [one["step"] for one in entries] == ["use", "hand_over", "accept", "enter"]
    assert entries[0]["changes"] == {
        "used_as": [None, "clinic"],
        "used_since": [None, "2025-07-01"],
    }


def test_misuse_has_an_owner_and_a_day_until_the_room_is_recovered(sign_in: Any) -> None:
    entered(sign_in("planner"))
    past, passed = str(TODAY - timedelta(days=40)), str(TODAY - timedelta(days=10))
    worker, commander = sign_in("worker"), sign_in("commander")
    fault = {"kind": "let", "m2": 120, "found_on": past, "note": "出租为商铺"}
    answer = worker.post("/api/v1/rooms/R1/findings", json=fault)
    assert answer.status_code == 201, answer.get_json()
    number = answer.get_json()["id"]
    path = f"/api/v1/rooms/findings/{number}/steps"
    assert worker.post(path, json={"step": "recover"}).status_code == 403
    department = "urban_management"
    order = {"step": "order", "owner": department, "due_on": passed}
    answer = commander.post(path, json=order)
    assert answer.status_code == 200, answer.get_json()
    figures = worker.get("/api/v1/rooms").get_json()["figures"]
    assert (figures["misused_m2"], figures["late"], figures["recovered_m2"]) == (120, 1, 0)
    assert commander.post(path, json={"step": "recover", "recovered_m2": 121}).status_code == 400
    assert commander.post(path, json={"step": "recover"}).status_code == 200
    figures = worker.get("/api/v1/rooms").get_json()["figures"]
    assert (figures["misused_m2"], figures["late"], figures["recovered_m2"]) == (0, 0, 120)
    assert commander.post(path, json={"step": "withdraw", "note": "误报"}).status_code == 409


def test_a_step_that_another_took_a_second_earlier_is_refused_with_the_room_as_it_is(
    sign_in: Any,
) -> None:
    planner = sign_in("planner")
    seen = entered(planner)["revision"]
    accepted = {"accepted_m2": 280, "accepted_on": "2025-05-01"}
    assert step(planner, "accept", values=accepted, revision=seen).status_code == 200
    late = step(sign_in("admin"), "accept", values=accepted, revision=seen)
    assert late.status_code == 409
    assert late.get_json()["room"]["accepted_m2"] == 280


WRONG = [
    ("hand_over", {"handed_m2": 10, "handed_on": "2025-01-01"}),
    ("use", {"used_as": "clinic"}),
    ("leave", {}),
    ("accept", {"accepted_m2": 10}),
    ("accept", {"accepted_m2": -1, "accepted_on": "2025-01-01"}),
    ("accept", {"accepted_m2": 10**7, "accepted_on": "2025-01-01"}),
    ("accept", {"accepted_m2": 10, "accepted_on": "2023-01-01"}),
    ("accept", {"accepted_m2": 10, "accepted_on": str(TODAY + timedelta(days=3))}),
    ("accept", {"accepted_m2": 10, "accepted_on": "2025-01-01", "used_as": "clinic"}),
    ("check", {"department": "住建", "result": "fine"}),
    ("amend", {"compound_code": "C9"}),
    ("amend", {"lon": 118.3}),
    ("fly", {}),
]


def test_what_does_not_fit_is_refused_and_changes_nothing(sign_in: Any) -> None:
    planner = sign_in("planner")
    before = entered(planner)
    for name, values in WRONG:
        answer = step(planner, name, values=values)
        assert answer.status_code == 400, (name, values, answer.get_json())
    after = planner.get("/api/v1/rooms/R1").get_json()
    assert after["revision"] == before["revision"]
    assert len(after["entries"]) == 1


def test_several_departments_hold_a_room_against_its_plan(sign_in: Any) -> None:
    planner = sign_in("planner")
    entered(planner)
    for department, result in (("住建局", "as_planned"), ("行政审批局", "smaller")):
        values = {"department": department, "result": result, "measured_m2": 250}
        assert step(planner, "check", values=values).status_code == 200
    entries = planner.get("/api/v1/rooms/R1").get_json()["entries"]
    signed = {one["changes"]["department"] for one in entries if one["step"] == "check"}
    assert signed == {"住建局", "行政审批局"}


def test_who_may_not_is_refused_and_what_is_unknown_is_not_found(sign_in: Any) -> None:
    viewer, planner = sign_in("viewer"), sign_in("planner")
    assert viewer.post("/api/v1/rooms", json={"code": "R1"}).status_code == 403
    entered(planner)
    assert planner.post("/api/v1/rooms", json={"code": "R1"}).status_code == 409
    assert planner.post("/api/v1/rooms", json={"code": " "}).status_code == 400
    assert viewer.post("/api/v1/rooms/R1/findings", json={"kind": "let"}).status_code == 403
    assert viewer.get("/api/v1/rooms/R1").get_json()["may"] == {
        "keep_rooms": False,
        "report_rooms": False,
    }
    assert viewer.get("/api/v1/rooms/R9").status_code == 404
    assert viewer.get("/api/v1/rooms?area=9").status_code == 404
    assert viewer.get("/api/v1/rooms?by=planet").status_code == 400
    path = "/api/v1/rooms/findings/9/steps"
    assert planner.post(path, json={"step": "recover"}).status_code == 404


def test_what_was_done_with_a_room_cannot_be_edited(sign_in: Any, database: Any) -> None:
    entered(sign_in("planner"))
    with pytest.raises(sa.exc.ProgrammingError), database.begin() as tx:
        tx.connection.execute(sa.text("update room_entries set note = 'x'"))
