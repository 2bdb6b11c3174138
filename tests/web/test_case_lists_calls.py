"""Many tickets at once, and lists as Excel, over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")
BATCH = "/api/v1/cases/batch"


def ticket(number: str | None, **more: Any) -> dict[str, Any]:
    told = {"category": "noise", "source": "hotline", "lon": 118.35, "lat": 35.05, **more}
    return told if number is None else {**told, "external_id": number}


def test_each_ticket_is_taken_or_refused_on_its_own(
    sign_in: Callable[..., Any], database: Database
) -> None:
    worker = sign_in("worker")
    sent = [
        ticket("T1", title="夜间施工"),
        ticket("T2", category="circus"),
        ticket("T3", lat=None, lon=None),
        ticket("T4", reported_at="2099-01-01T00:00:00+08:00"),
        ticket("T1", title="夜间施工扰民"),
        ticket("T5", colour="red"),
        ticket("T6", description="长" * 4001),
        ticket(None),
    ]
    answer = worker.post(BATCH, json={"cases": sent})
    assert answer.status_code == 200
    found = answer.get_json()
    assert (found["added"], found["changed"], found["refused"]) == (2, 1, 5)
    results = found["results"]
    assert [one["status"] for one in results] == [201, 404, 400, 400, 200, 400, 400, 201]
    assert [one["index"] for one in results] == list(range(8))
    assert results[0]["case"] == results[4]["case"]
    assert "circus" in results[1]["detail"]
    assert list(results[5]["fields"]) == ["colour"]
    again = worker.post(BATCH, json={"cases": sent[:1]}).get_json()
    assert (again["added"], again["changed"]) == (0, 1)
    with database.read() as connection:
        kinds = connection.execute(text("select kind from case_steps order by id")).scalars().all()
    assert kinds == ["reported", "reported_again", "reported", "reported_again"]


def test_a_list_that_makes_no_sense_is_refused_as_a_whole(sign_in: Callable[..., Any]) -> None:
    worker = sign_in("worker")
    for body in ({"cases": []}, {}, {"cases": "T1"}, {"cases": [ticket(None)] * 1001}):
        assert worker.post(BATCH, json=body).status_code == 400
    assert sign_in("viewer").post(BATCH, json={"cases": [ticket("T1")]}).status_code == 403


def test_a_filtered_list_goes_out_as_excel_and_computes_nothing(
    sign_in: Callable[..., Any],
) -> None:
    commander = sign_in("commander")
    for number, title in (("=1+1", "=cmd|' /C calc'!A0"), ("T2", "@SUM(A1)"), ("T3", "平常\u0001")):
        commander.post("/api/v1/cases", json=ticket(number, title=title.replace("\u0001", "")))
    commander.post("/api/v1/cases", json=ticket("T9", category="parking", title="停车"))
    answer = commander.get("/api/v1/cases/export.xlsx?category=noise")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[head.index("external_id")] for row in rows] == ["T3", "T2", "'=1+1"]
    assert [row[head.index("title")] for row in rows][1:] == ["'@SUM(A1)", "'=cmd|' /C calc'!A0"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert rows[0][head.index("lon")] == 118.35
    assert sign_in("viewer").get("/api/v1/cases/export.xlsx").status_code == 403
    assert commander.get("/api/v1/cases/export.xlsx?category=circus").status_code == 400
