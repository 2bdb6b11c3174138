"""Updates of requests, as FixMyStreet exchanges them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from open311_client import (
    ERROR,
    UPDATE,
    V2,
    Key,
    asked_both_ways,
    fits,
    json_of,
    one,
)

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")


def test_changes_of_state_are_told_and_news_are_taken_once(
    client: FlaskClient,
    database: Database,
    key: Key,
    post: Callable[..., str],
    sign_in: Callable[..., Any],
) -> None:
    number = post()
    step = {"action": "file", "revision": 0, "reason": "王某某来电"}
    assert (
        sign_in("commander").post(f"/api/v1/cases/{number}/actions", json=step).status_code == 200
    )
    [told] = asked_both_ways(client, "v2/servicerequestupdates", "service_request_updates")
    fits(told, UPDATE)
    assert (told["service_request_id"], told["status"]) == (number, "OPEN")
    assert told["description"] == "已立案"
    news = {
        "api_key": key("worker"),
        "service_request_id": number,
        "update_id": "77",
        "status": "CLOSED",
        "updated_datetime": "2026-06-01T08:30:00Z",
        "description": "邻居说已经好了",
    }
    answer = client.post(f"{V2}/servicerequestupdates.json", data=news)
    assert answer.status_code == 201
    assert set(json_of(answer)[0]) == {"update_id"}
    again = client.post(f"{V2}/servicerequestupdates.xml", data=news)
    assert again.status_code == 400
    row = one(database, "select state, revision from cases where id = :id", id=int(number))
    assert tuple(row) == ("filed", 2)
    told = asked_both_ways(client, "v2/servicerequestupdates", "service_request_updates")
    assert len(told) == 1
    assert "邻居" not in str(told)


def test_news_that_make_no_sense_are_refused(
    client: FlaskClient, key: Key, post: Callable[..., str]
) -> None:
    news = {
        "api_key": key("worker"),
        "service_request_id": post(),
        "update_id": "1",
        "status": "OPEN",
        "description": "又来了",
    }
    for fields, status in (
        ({"api_key": ""}, 403),
        ({"service_request_id": "999999"}, 404),
        ({"service_request_id": "none"}, 404),
        ({"update_id": ""}, 400),
        ({"description": ""}, 400),
        ({"updated_datetime": "soon"}, 400),
        ({"updated_datetime": "2099-01-01T00:00:00Z"}, 400),
    ):
        answer = client.post(f"{V2}/servicerequestupdates.json", data=news | fields)
        assert answer.status_code == status, fields
        [problem] = json_of(answer)
        fits(problem, ERROR)
