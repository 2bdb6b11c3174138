"""A period of cases over HTTP, for playing it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from geodata.cases.map.columns import unpack

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "snap", "title": "夜间施工", "lon": 118.35, "lat": 35.05}
PATH = "/api/v1/cases/history?from=2020-01-01&to=2090-01-01"


def test_a_period_is_given_once_and_then_only_when_something_changed(
    sign_in: Callable[..., Any], client: Any
) -> None:
    assert client.get(PATH).status_code == 401
    worker = sign_in("worker")
    worker.post("/api/v1/cases", json=TOLD)
    answer = worker.get(PATH)
    assert answer.status_code == 200
    header, cases = unpack(answer.get_data())
    assert header["count"] == 1
    assert header["dictionaries"]["category"][cases["category"][0]] == "noise"
    same = worker.get(PATH, headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status_code == 304
    worker.post("/api/v1/cases", json=TOLD)
    again = worker.get(PATH, headers={"If-None-Match": answer.headers["ETag"]})
    assert unpack(again.get_data())[0]["count"] == 2
    assert worker.get("/api/v1/cases/history").status_code == 400
    assert worker.get(f"{PATH}&area=nowhere").status_code == 404
