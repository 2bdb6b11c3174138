"""Cases over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from geodata.cases.map.columns import unpack

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")
NOW = datetime.now(UTC)


@pytest.fixture
def report(database: Database) -> Callable[..., int]:
    def reported(**values: Any) -> int:
        row = {
            "source": "snap",
            "category": "parking",
            "state": "reported",
            "title": "消防通道被占",
            "reported_at": NOW,
            "geom": "SRID=4326;POINT(118.35 35.05)",
            **values,
        }
        names, bound = ", ".join(row), ", ".join(f":{name}" for name in row)
        with database.begin() as tx:
            query = text(f"insert into cases ({names}) values ({bound}) returning id")
            number = tx.connection.execute(query, row).scalar_one()
            tx.changed("cases", str(number), "added")
        return int(number)

    return reported


@pytest.mark.parametrize("path", ["", "/1", "/points", "/counts", "/summary", "/export.csv"])
def test_a_stranger_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/cases{path}").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3",
        "bbox=2,1,1,2",
        "bbox=0,0,NaN,1",
        "limit=-1",
        "limit=0",
        "limit=1001",
        "limit=ten",
        "from=2026-13-01",
        "from=2026-06-02&to=2026-05-01",
        "from=%00",
        "q=%00",
        "category=nothing",
        "state='%20or%201=1",
        "open=perhaps",
        "hours=9",
        "hours=9-8",
        "after=here",
        "after=1.-1",
        "after=99999999999999999999999.1",
        "unknown=1",
    ],
)
def test_what_makes_no_sense_is_answered_400(sign_in: Any, query: str) -> None:
    answer = sign_in("viewer").get(f"/api/v1/cases?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["?area=nowhere", "/999", "/99999999999999999999999", "/counts?level=nowhere"],
)
def test_what_is_unknown_is_answered_404(sign_in: Any, path: str) -> None:
    assert sign_in("viewer").get(f"/api/v1/cases{path}").status_code == 404


def test_a_list_is_read_to_its_end_by_next(sign_in: Any, report: Any) -> None:
    numbers = [report(reported_at=NOW - timedelta(minutes=n)) for n in range(5)]
    browser = sign_in("commander")
    found: list[int] = []
    after = ""
    while True:
        page = browser.get(
            f"/api/v1/cases?limit=2&after={after}".removesuffix("&after=")
        ).get_json()
        found += [case["id"] for case in page["cases"]]
        after = page["next"]
        if after is None:
            break
    assert found == numbers


def test_a_commander_reads_the_title_and_a_viewer_does_not(sign_in: Any, report: Any) -> None:
    number = report(reporter_telephone="13800000000")
    seen = sign_in("commander").get(f"/api/v1/cases/{number}").get_json()
    assert (seen["title"], seen["reporter_telephone"]) == ("消防通道被占", "13800000000")
    hidden = sign_in("viewer").get(f"/api/v1/cases/{number}").get_json()
    assert hidden["personal"] is False
    assert hidden["title"] is hidden["reporter_telephone"] is None
    assert sign_in("viewer").get("/api/v1/cases").get_json()["cases"][0]["title"] is None


def test_columns_come_packed_and_only_once(sign_in: Any, report: Any) -> None:
    report()
    browser = sign_in("viewer")
    first = browser.get("/api/v1/cases/points", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert "private" in first.headers["Cache-Control"]
    plain = browser.get("/api/v1/cases/points", headers={"Accept-Encoding": "identity"})
    header, columns = unpack(plain.data)
    assert header["count"] == len(columns["id"]) == 1
    same = {"If-None-Match": first.headers["ETag"]}
    assert browser.get("/api/v1/cases/points", headers=same).status_code == 304
    report()
    assert browser.get("/api/v1/cases/points", headers=same).status_code == 200


def test_a_stranger_with_the_right_etag_gets_nothing(
    client: FlaskClient, sign_in: Any, report: Any
) -> None:
    report()
    tag = sign_in("viewer").get("/api/v1/cases/points").headers["ETag"]
    answer = client.get("/api/v1/cases/points", headers={"If-None-Match": tag})
    assert answer.status_code == 401


def test_the_summary_says_what_it_counts(sign_in: Any, report: Any) -> None:
    report()
    report(state="in_progress", reported_at=NOW - timedelta(days=3), due_at=NOW - timedelta(days=1))
    found = sign_in("commander").get("/api/v1/cases/summary").get_json()
    assert (found["all_cases"], found["open"], found["overdue"]) == (2, 2, 1)
    assert found["on_time_rate"] is None
    assert found["today_since"] < found["now"]


def test_an_export_is_a_csv_that_no_spreadsheet_runs(sign_in: Any, report: Any) -> None:
    report(title="=cmd|' /C calc'!A0", external_id="+1")
    report(title='有"引号",逗号\n换行')
    answer = sign_in("commander").get("/api/v1/cases/export.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert {row["title"] for row in rows} == {"'=cmd|' /C calc'!A0", '有"引号",逗号\n换行'}
    assert {row["external_id"] for row in rows} == {"'+1", ""}
    assert sign_in("viewer").get("/api/v1/cases/export.csv").status_code == 403


def test_the_page_is_there_for_everybody_signed_in(sign_in: Any, client: FlaskClient) -> None:
    assert client.get("/command").status_code == 302
    answer = sign_in("viewer").get("/command")
    assert answer.status_code == 200
    assert "指挥中心" in answer.get_data(as_text=True)


def test_who_only_looks_is_told_no_figure_of_so_few_nor_one_that_gives_it_away(
    sign_in: Callable[..., FlaskClient], report: Callable[..., int]
) -> None:
    for _ in range(6):
        report()
    for _ in range(2):
        report(category="noise", reported_at=NOW - timedelta(days=3))
    whole, part = "/api/v1/cases/summary", "/api/v1/cases/summary?category=noise"
    viewer, commander = sign_in("viewer"), sign_in("commander")
    few = viewer.get(part).get_json()
    assert (few["all_cases"], few["open"], few["today"]) == (None, None, 0)
    assert commander.get(part).get_json()["all_cases"] == 2
    many = viewer.get(whole).get_json()
    assert (many["all_cases"], many["open"]) == (8, 8)
    assert many["today"] is None, "eight less six is two"
    assert commander.get(whole).get_json()["today"] == 6
