"""Public clients of Open311 run unchanged against ours: georeport 0.3.1 and civicbot 0.4.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint
from georeport import GeoReport
from served import serving
from sqlalchemy import text

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import list_users

if TYPE_CHECKING:
    from flask import Flask

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def root(app: Flask) -> Iterator[str]:
    with serving(app) as address:
        yield f"{address}/open311/v2"


@pytest.fixture
def key(database: Database) -> str:
    worker = next(one for one in list_users(database, Actor.terminal()) if one.name == "worker")
    return make_token(database, Actor.terminal(), user_id=worker.id)[1]


def robot(root: str) -> Open311Client:
    endpoint = Endpoint(id="linyi", name="Linyi", base_url=root, write=True)
    transport = HttpTransport(rate_limiter=RateLimiter(min_interval=0))
    return Open311Client(endpoint, transport, jurisdiction_id="linyi")


def send(client: Open311Client, key: str, code: str, **told: Any) -> str:
    done = client.create_request(
        code, dry_run=False, confirm="SEND", api_key=key, validate_remote=True, **told
    )
    return str(done.response[0]["service_request_id"])


def test_civicbot_reports_and_georeport_reads_it(root: str, key: str, database: Database) -> None:
    client = robot(root)
    first = send(
        client,
        key,
        "noise",
        lat=35.05,
        lng=118.35,
        description="夜间施工，<b>“吵”</b> & 睡不着",
        attributes={"origin": "site", "heard_at": "2026-06-01T22:30:00+08:00"},
        email="zhang@example.org",
        first_name="三",
        last_name="张",
        phone="13800000000",
        device_id="device",
        account_id="9",
        media_url="https://example.org/photo.jpg",
    )
    second = send(
        client,
        key,
        "parking",
        address_string="罗庄街道幸福小区3号楼",
        attributes={"blocked": ["fire_lane", "green"], "vehicles": 3},
    )
    with database.read() as connection:
        query = text("select extra, description from cases order by id")
        kept = connection.execute(query).all()
    assert kept[0].description == "夜间施工，<b>“吵”</b> & 睡不着"
    assert kept[1].extra == {"attributes": {"blocked": ["fire_lane", "green"], "vehicles": 3}}
    for form in ("json", "xml"):
        reader = GeoReport(root, jurisdiction="linyi", output_format=form)
        codes = [one["service_code"] for one in reader.get_service_list()]
        assert {"noise", "parking"} <= set(codes)
        assert reader.get_service_definition("noise")["service_code"] == "noise"
        found = reader.get_service_requests(status="open", service_code="noise,parking")
        assert [one["service_request_id"] for one in found] == [second, first]
    one = GeoReport(root).get_service_request(first)
    assert (one["status"], one["lat"], one["long"]) == ("open", 35.05, 118.35)
    assert "张" not in str(one)
    assert "夜间" not in str(one)


def test_civicbot_looks_up_requests_and_tokens(root: str, key: str, database: Database) -> None:
    client = robot(root)
    number = send(client, key, "property", lat=35.05, lng=118.35)
    found = client.get_request(number)
    assert found is not None
    assert found["service_request_id"] == number
    listed = client.list_requests(service_request_ids=[number, "999999"], page_size=5)
    assert [one["service_request_id"] for one in listed] == [number]
    with database.read() as connection:
        code = connection.execute(text("select follow_code from case_reporters")).scalar_one()
    assert client.get_token(code) == [{"service_request_id": number, "token": code}]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"api_key": "wg_wrong", "service_code": "property"}, 403),
        ({"service_code": "circus"}, 404),
        ({"service_code": "noise"}, 400),
    ],
)
def test_civicbot_hears_what_was_wrong(
    root: str, key: str, told: dict[str, str], status: int
) -> None:
    told = {"api_key": key, **told}
    code = told.pop("service_code")
    with pytest.raises(HttpError) as refused:
        robot(root).create_request(
            code, dry_run=False, confirm="SEND", lat=35.05, lng=118.35, **told
        )
    assert refused.value.status == status
    assert f'"code":"{status}"' in refused.value.body
