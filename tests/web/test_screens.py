"""Screens that follow one operator, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from api.v1 import screens

if TYPE_CHECKING:
    from flask import Flask

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people", "ended")
PATH = "/api/v1/screens"


@pytest.fixture
def ended(app: Flask) -> Iterator[None]:
    yield
    screens.end(app)


@pytest.fixture
def leader(sign_in: Callable[..., Any]) -> Any:
    return sign_in("commander")


def led(leader: Any) -> str:
    answer = leader.send("POST", PATH)
    assert answer.status_code == 201
    code: str = answer.get_json()["code"]
    assert len(code) == 6
    return code


def heard(answer: Any, *, wanted: int) -> list[Any]:
    """The next events: views, and "over"."""
    found: list[Any] = []
    text = ""
    for part in answer.response:
        text += part.decode()
        *blocks, text = text.split("\n\n")
        for block in blocks:
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if lines.get("event") == "view":
                found.append(json.loads(lines["data"])["view"])
            elif lines.get("event") == "over":
                found.append("over")
        if len(found) >= wanted:
            return found
    return found


def test_a_screen_that_comes_later_sees_the_view_at_once_and_then_each_change_to_the_end(
    leader: Any, sign_in: Callable[..., Any]
) -> None:
    code = led(leader)
    first, second = "map=14/35.05/118.35", "case=7&map=17/35.05/118.35"
    assert leader.send("PUT", f"{PATH}/{code}", json={"view": first}).status_code == 200
    wall = sign_in("viewer")
    answer = wall.get(f"{PATH}/{code}/stream", buffered=False)

    def go_on() -> None:
        leader.send("PUT", f"{PATH}/{code}", json={"view": second})
        leader.send("DELETE", PATH)

    later = threading.Timer(0.4, go_on)
    later.start()
    assert heard(answer, wanted=3) in ([first, second, "over"], [first, "over"])
    later.join()
    assert wall.get(f"{PATH}/{code}/stream").status_code == 404


def test_only_its_leader_shows_a_view(leader: Any, sign_in: Callable[..., Any]) -> None:
    code = led(leader)
    other = sign_in("planner")
    assert other.send("PUT", f"{PATH}/{code}", json={"view": "map=1/0/0"}).status_code == 404
    assert leader.send("PUT", f"{PATH}/{code}", json={"view": "类"}).status_code == 400
    assert leader.send("PUT", f"{PATH}/{code}", json={"view": "x" * 2_001}).status_code == 400


def test_who_leads_anew_ends_what_was_led_and_finds_it_by_the_account(leader: Any) -> None:
    assert leader.get(PATH).get_json() == {"code": None}
    old, new = led(leader), led(leader)
    assert leader.get(PATH).get_json() == {"code": new}
    assert leader.send("PUT", f"{PATH}/{old}", json={"view": "map=1/0/0"}).status_code == 404


def test_a_leader_who_has_gone_is_followed_no_more(leader: Any, database: Database) -> None:
    code = led(leader)
    with database.begin() as tx:
        tx.connection.execute(sa.text("update screens set seen_at = now() - interval '1 hour'"))
    assert leader.get(PATH).get_json() == {"code": None}
    assert leader.get(f"{PATH}/{code}/stream").status_code == 404


def test_a_stranger_follows_nobody(client: Any) -> None:
    assert client.get(f"{PATH}/123456/stream").status_code == 401
