"""A case over HTTP as the world sends it: too long, too far, too soon, twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "hotline", "title": "夜间施工", "lon": 118.35, "lat": 35.05}
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM cases")).scalar_one())


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"description": "长" * 4_001}, 400, "4000"),
    ({"description": "x" * 1_000_000}, 400, "4000"),
    ({"description": "长" * 3_000_000}, 413, "大小"),
    ({"category": None}, 400, "category"),
    ({"category": ""}, 400, "category"),
    ({"category": "ufo"}, 404, "ufo"),
    ({"reported_at": TOMORROW}, 400, "核对时钟"),
    ({"reported_at": "2026-06-01T08:30:00"}, 400, "时区"),
    ({"lat": None}, 400, "纬度"),
    ({"lon": 200.0}, 400, "度"),
    ({"external_id": "1" * 101}, 400, "100"),
    ({"title": "<b>\x00</b>"}, 400, "title"),
]


def test_what_cannot_be_a_case_is_refused_with_a_clear_word_and_nothing_is_kept(
    sign_in: Any, database: Database
) -> None:
    commander = sign_in("commander")
    for more, status, word in REFUSED:
        told = {name: value for name, value in {**TOLD, **more}.items() if value is not None}
        answer = commander.post("/api/v1/cases?lang=zh", json=told)
        said = answer.get_data(as_text=True)
        assert (answer.status_code, len(answer.data) < 4_000) == (status, True), said[:500]
        assert answer.get_json()["type"].startswith("/problems/")
        assert word in str(answer.get_json()), answer.get_json()
    assert count(database) == 0
    longest = commander.post("/api/v1/cases", json={**TOLD, "description": "长" * 4_000})
    assert longest.status_code == 201
    assert count(database) == 1


@pytest.mark.parametrize("place", [{"lon": 0.0, "lat": -40.0}, {"lon": 123.0, "lat": 34.0}])
def test_a_case_in_the_sea_or_outside_every_area_is_kept_listed_and_worked_on(
    sign_in: Any, place: dict[str, float]
) -> None:
    commander = sign_in("commander")
    case = commander.post("/api/v1/cases", json={**TOLD, **place}).get_json()["case"]
    assert (case["area_code"], case["grid_code"]) == (None, None)
    assert [one["id"] for one in commander.get("/api/v1/cases").get_json()["cases"]] == [case["id"]]
    record = commander.get(f"/api/v1/cases/{case['id']}/record")
    assert record.status_code == 200
    assert commander.get(f"/api/v1/cases/{case['id']}/proposal").status_code == 200
    body = {"action": "on_spot", "revision": 0, "reason": "已转海事"}
    done = commander.post(f"/api/v1/cases/{case['id']}/actions", json=body)
    assert done.get_json()["case"]["state"] == "closed"


def test_the_same_number_from_eight_lines_at_once_is_one_case(
    sign_in: Any, database: Database
) -> None:
    lines = [sign_in("commander") for _ in range(4)]
    told = {**TOLD, "external_id": "LY-20261123-7"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda line: line.post("/api/v1/cases", json=told), lines * 2))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.get_json()["case"]["id"] for answer in answers}) == 1
    assert count(database) == 1
    with database.read() as connection:
        query = sa.text("SELECT kind, count(*) FROM case_steps GROUP BY 1")
        kinds = dict(connection.execute(query).all())
        reporters = connection.execute(sa.text("SELECT count(*) FROM case_reporters")).scalar_one()
    assert kinds == {"reported": 1, "reported_again": 7}
    assert reporters == 8
