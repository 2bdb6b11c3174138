"""Open311 GeoReport v2: requests looked up by number, time, kind, state, place and change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from open311_client import (
    ERROR,
    NOTE,
    REQUEST,
    V2,
    asked_both_ways,
    fits,
    from_xml,
    json_of,
    xml_of,
)

if TYPE_CHECKING:
    from flask.testing import FlaskClient


pytestmark = pytest.mark.usefixtures("people")


def listed(client: FlaskClient, **query: Any) -> list[int]:
    found = asked_both_ways(client, "v2/requests", "service_requests", **query)
    assert all(fits(request, REQUEST) for request in found)
    return [int(request["service_request_id"]) for request in found]


def test_requests_are_those_of_ninety_days_newest_first(
    client: FlaskClient, cases: Callable[..., int]
) -> None:
    now = datetime.now(UTC)
    old = cases(reported_at=now - timedelta(days=91))
    first = cases(reported_at=now - timedelta(days=89))
    last = cases(reported_at=now - timedelta(minutes=1))
    cases(reported_at=now + timedelta(days=2))
    assert listed(client) == [last, first]
    since = (now - timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (now - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    assert listed(client, start_date=since, end_date=until) == [old]
    assert listed(client, start_date=since) == [first, old]
    assert listed(client, end_date=until) == [old]
    assert (
        client.get(
            f"{V2}/requests.json?start_date={since}&end_date={now:%Y-%m-%dT%H:%M:%SZ}"
        ).status_code
        == 400
    )
    assert listed(client, page_size=1) == [last]
    assert listed(client, page_size=1, page=2) == [first]
    assert listed(client, page_size=1, page=3) == []


def test_requests_are_found_by_number_kind_state_and_place(
    client: FlaskClient, cases: Callable[..., int]
) -> None:
    open_one = cases()
    closed = cases(state="closed", category="noise")
    far = cases(category="property", geom="SRID=4326;POINT(110 30)")
    unplaced = cases(category="other", geom=None)
    everything = [unplaced, far, closed, open_one]
    assert listed(client) == everything
    assert listed(client, service_code="noise,parking") == [closed, open_one]
    assert listed(client, status="closed") == [closed]
    assert listed(client, status="open,closed") == everything
    assert listed(client, bbox="118,35,119,36") == [closed, open_one]
    numbers = f"{closed},{open_one},999999,none"
    assert listed(client, service_request_id=numbers, status="open") == [closed, open_one]
    [found] = asked_both_ways(client, f"v2/requests/{far}", "service_requests")
    assert (found["lat"], found["long"]) == (30.0, 110.0)
    [found] = asked_both_ways(client, f"v2/requests/{unplaced}", "service_requests")
    assert (found["lat"], found["long"]) == (None, None)


def test_a_dispute_is_told_without_the_door_that_it_leads_to(
    client: FlaskClient, cases: Callable[..., int]
) -> None:
    number = cases(category="dispute")
    [found] = asked_both_ways(client, f"v2/requests/{number}", "service_requests")
    assert (found["lat"], found["long"], found["address"]) == (None, None, None)
    assert listed(client, bbox="118,35,119,36") == []


def test_what_changed_since_is_found_however_old_it_is(
    client: FlaskClient, cases: Callable[..., int], sign_in: Callable[..., Any]
) -> None:
    old = cases(
        reported_at=datetime.now(UTC) - timedelta(days=400),
        updated_at=datetime.now(UTC) - timedelta(days=400),
    )
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert listed(client, updated_after=since) == []
    commander = sign_in("commander")
    step = {"action": "refuse", "revision": 0, "reason": "不属于受理范围"}
    assert commander.post(f"/api/v1/cases/{old}/actions", json=step).status_code == 200
    assert listed(client, updated_after=since) == [old]
    assert listed(client, updated_before=since) == []
    [found] = asked_both_ways(client, f"v2/requests/{old}", "service_requests", extensions="true")
    fits(
        found,
        {
            **REQUEST,
            "extended_attributes": lambda one: one["state"] == "closed",
            "notes": lambda notes: all(fits(note, NOTE) for note in notes),
        },
    )
    assert (found["status"], found["status_notes"]) == ("closed", "已办结：不属于受理范围")
    assert found["notes"][-1]["type"] == "closed"


SENSELESS = (
    *("bbox=1,2,3", "bbox=2,1,1,2", "page=0", "page=-1", "page_size=0", "page_size=1001"),
    *("page_size=ten", "page=1000000000", "start_date=yesterday", "status=lost"),
    *("service_code=circus", "end_date=0001-01-01", "end_date=9999-12-31", "page=5000"),
    "start_date=2026-06-02T00:00:00Z&end_date=2026-06-01T00:00:00Z",
)


@pytest.mark.parametrize("ending", ["json", "xml"])
def test_questions_that_make_no_sense_are_answered_400(client: FlaskClient, ending: str) -> None:
    for query in SENSELESS:
        answer = client.get(f"{V2}/requests.{ending}?{query}")
        assert answer.status_code == 400, query
        found = json_of(answer) if ending == "json" else from_xml(xml_of(answer))
        [problem] = found
        fits(problem, ERROR)
