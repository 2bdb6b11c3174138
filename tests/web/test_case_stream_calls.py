"""Cases told as they change, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from api.v1 import case_stream

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

pytestmark = pytest.mark.usefixtures("people")
TOLD = {"category": "noise", "source": "snap", "title": "夜间施工", "lon": 118.35, "lat": 35.05}


@pytest.fixture
def ended(app: Flask) -> Iterator[None]:
    yield
    app.extensions[case_stream.STREAM].close()


def events(answer: Any, *, wanted: int) -> list[dict[str, Any]]:
    """The next ``wanted`` events of a stream."""
    found: list[dict[str, Any]] = []
    text = ""
    for part in answer.response:
        text += part.decode()
        *blocks, text = text.split("\n\n")
        for block in blocks:
            lines = dict(line.split(": ", 1) for line in block.splitlines() if line)
            if lines.get("event") == "case":
                found.append({"id": lines["id"], **json.loads(lines["data"])})
        if len(found) >= wanted:
            break
    return found


def test_a_stranger_hears_nothing(client: FlaskClient) -> None:
    assert client.get("/api/v1/cases/stream").status_code == 401


@pytest.mark.usefixtures("ended")
def test_a_viewer_hears_of_a_new_case_and_its_steps_and_resumes_after_what_was_heard(
    sign_in: Callable[..., Any],
) -> None:
    viewer, commander = sign_in("viewer"), sign_in("commander")
    answer = viewer.get("/api/v1/cases/stream", buffered=False)
    assert answer.mimetype == "text/event-stream"
    case = commander.post("/api/v1/cases", json=TOLD).get_json()["case"]
    step = {"action": "file", "revision": 0}
    taken = commander.post(f"/api/v1/cases/{case['id']}/actions", json=step)
    assert taken.status_code == 200, taken.get_data(as_text=True)
    first, second = events(answer, wanted=2)
    assert first["action"] == "added"
    assert second["action"] == "changed"
    assert second["case"]["state"] == "filed"
    again = viewer.get("/api/v1/cases/stream", headers={"Last-Event-ID": first["id"]})
    assert events(again, wanted=1)[0]["id"] == second["id"]


@pytest.mark.usefixtures("ended")
def test_a_stream_ends_after_its_time_so_that_who_was_signed_out_hears_no_more(
    sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_stream, "LIFE_SECONDS", 0.2)
    answer = sign_in("viewer").get("/api/v1/cases/stream")
    assert answer.get_data(as_text=True).startswith("retry: 2000")


def test_a_step_that_another_took_first_is_answered_with_the_case_as_it_is(
    sign_in: Callable[..., Any],
) -> None:
    commander = sign_in("commander")
    number = commander.post("/api/v1/cases", json=TOLD).get_json()["case"]["id"]
    path = f"/api/v1/cases/{number}/actions"
    assert commander.post(path, json={"action": "file", "revision": 0}).status_code == 200
    late = commander.post(path, json={"action": "file", "revision": 0})
    assert late.status_code == 409
    assert late.get_json()["case"]["state"] == "filed"


@pytest.mark.usefixtures("ended")
def test_who_comes_when_too_many_watch_is_refused_and_nobody_else_is(
    sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = sign_in("viewer")
    monkeypatch.setattr(case_stream, "MOST_VIEWERS", 1)
    watching = viewer.get("/api/v1/cases/stream", buffered=False)
    next(iter(watching.response))
    assert viewer.get("/api/v1/cases/stream").status_code == 503
    watching.close()
    assert viewer.get("/api/v1/cases/stream", buffered=False).status_code == 200
