"""A screen that many see asks for nothing personal, and is given nothing, whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

pytestmark = pytest.mark.usefixtures("people")
TOLD = {
    "category": "noise", "source": "snap", "title": "王女士家楼下夜间施工",
    "lon": 118.35, "lat": 35.05,
    "description": "找13900000000核实", "address": "幸福小区3号楼2单元", "reporter_name": "王女士",
    "reporter_telephone": "13900000000", "external_id": "RX7",
}  # fmt: skip
PERSONAL = ("王女士", "13900000000", "139****0000", "王**", "幸福小区3号楼", "RX7-", "电话里")


def readings(database: Any) -> int:
    with database.read() as connection:
        query = text("select count(*) from audit where action = 'read_personal'")
        return int(connection.execute(query).scalar_one())


def test_nothing_that_an_opened_case_asks_for_names_anybody_on_a_wall(
    sign_in: Callable[..., Any], database: Any
) -> None:
    commander = sign_in("commander")
    number = commander.post("/api/v1/cases", json=TOLD).get_json()["case"]["id"]
    commander.post("/api/v1/cases", json=TOLD | {"external_id": "RX8"})
    why = {"reason": "电话里说声音来自3号楼", "departments": ["urban_management"]}
    assert commander.post(f"/api/v1/cases/{number}/calls", json=why).status_code == 201
    seen = commander.get(f"/api/v1/cases/{number}/record").get_data(as_text=True)
    assert "13900000000" in seen, "the desk does see it"
    assert "电话里" in seen, "and why departments were called"
    before = readings(database)
    for part in ("record", "photos", "twins", "calls"):
        answer = commander.get(f"/api/v1/cases/{number}/{part}?masked=true")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        said = answer.get_data(as_text=True)
        assert [word for word in PERSONAL if word in said] == [], part
    assert readings(database) == before, "what is not given is not entered as read"


def test_a_mask_that_makes_no_sense_is_refused_and_not_taken_for_none(
    sign_in: Callable[..., Any],
) -> None:
    commander = sign_in("commander")
    number = commander.post("/api/v1/cases", json=TOLD).get_json()["case"]["id"]
    assert commander.get(f"/api/v1/cases/{number}/record?masked=perhaps").status_code == 400
