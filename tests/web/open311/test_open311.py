"""Open311 GeoReport v2: what a city offers, to whom, and what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from open311_client import (
    DEFINITION,
    DISCOVERY,
    ERROR,
    SERVICE,
    V2,
    Key,
    asked_both_ways,
    fits,
    from_xml,
    json_of,
    xml_of,
)

if TYPE_CHECKING:
    from flask.testing import FlaskClient


pytestmark = pytest.mark.usefixtures("people")


@pytest.mark.parametrize("address", ["discovery", "v2/discovery"])
def test_discovery_leads_to_the_endpoint(client: FlaskClient, address: str) -> None:
    found = asked_both_ways(client, address, "discovery")
    fits(found, DISCOVERY)
    [endpoint] = found["endpoints"]
    path = endpoint["url"].removeprefix("http://localhost")
    assert client.get(f"{path}/services.json").status_code == 200


def test_services_are_the_categories_of_the_city(client: FlaskClient) -> None:
    found = asked_both_ways(client, "v2/services", "services", lang="zh")
    assert all(fits(service, SERVICE) for service in found)
    assert [service["service_code"] for service in found][:2] == ["environment", "property"]
    noise = next(service for service in found if service["service_code"] == "noise")
    assert (noise["service_name"], noise["metadata"]) == ("噪音扰民", True)
    assert {one["service_code"] for one in found if one["metadata"]} == {"noise", "parking"}
    english = asked_both_ways(client, "v2/services", "services", lang="en")
    assert "noise" in {service["service_name"] for service in english}


def test_a_definition_has_its_questions_in_order(client: FlaskClient) -> None:
    found = asked_both_ways(client, "v2/services/noise", "service_definition", lang="en")
    fits(found, DEFINITION)
    assert [one["code"] for one in found["attributes"]] == ["origin", "heard_at"]
    assert [one["order"] for one in found["attributes"]] == [1, 2]
    assert found["attributes"][0]["values"][0] == {"key": "site", "name": "building site"}
    none = asked_both_ways(client, "v2/services/property", "service_definition")
    assert none == {"service_code": "property", "attributes": []} or not none["attributes"]


MISSING = (
    *("v2/services/circus.json", "v2/requests/999999.json", "v2/requests/none.json"),
    *("v2/services.yaml", "v2/nothing.json", "v3/services.json", "discovery", ""),
    *("v2/services.json?jurisdiction_id=elsewhere", "v2/tokens/none.json"),
)


def test_what_is_not_there_is_answered_404(client: FlaskClient) -> None:
    for path in MISSING:
        answer = client.get(f"/open311/{path}")
        assert answer.status_code == 404, path
        [problem] = json_of(answer) if ".json" in path.split("?")[0] else from_xml(xml_of(answer))
        fits(problem, ERROR)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_cannot_be_done_is_answered_in_the_same_form(client: FlaskClient, method: str) -> None:
    for path in ("v2/requests.json", "v2/services/noise.xml"):
        answer = client.open(f"/open311/{path}", method=method)
        assert answer.status_code == 404
        [problem] = json_of(answer) if path.endswith("json") else from_xml(xml_of(answer))
        fits(problem, ERROR)


def test_a_city_may_keep_reading_to_who_has_a_key(
    client: FlaskClient, key: Key, monkeypatch: pytest.MonkeyPatch, app: Any
) -> None:
    serving = app.extensions["wangge"]
    said = serving.profile.open311.model_copy(update={"reading": False})
    closed = serving.profile.model_copy(update={"open311": said})
    monkeypatch.setitem(
        app.extensions, "wangge", type(serving)(serving.database, serving.settings, closed)
    )
    for path in ("requests", "requests/1", "servicerequestupdates", "tokens/x"):
        assert client.get(f"{V2}/{path}.json").status_code == 403
    assert client.get(f"{V2}/services.json").status_code == 200
    assert (
        client.get(f"{V2}/requests.json", query_string={"api_key": key("viewer")}).status_code
        == 200
    )
