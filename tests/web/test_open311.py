"""Open311 GeoReport v2 over HTTP: each answer has the specification's form, in XML and JSON."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from open311_client import (
    DEFINITION,
    DISCOVERY,
    ERROR,
    NOTE,
    REQUEST,
    SERVICE,
    TAKEN,
    TOKEN,
    UPDATE,
    asked_both_ways,
    fits,
    from_xml,
    json_of,
    xml_of,
)
from PIL import Image
from sqlalchemy import text

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import list_users

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")
V2 = "/open311/v2"
PLACE = {"lat": "35.05", "long": "118.35"}
Key = Callable[[str], str]


@pytest.fixture
def key(database: Database) -> Key:
    """``key("worker")`` is a key of that user."""
    numbers = {user.name: user.id for user in list_users(database, Actor.terminal())}

    def made(name: str) -> str:
        return make_token(database, Actor.terminal(), user_id=numbers[name])[1]

    return made


@pytest.fixture
def post(client: FlaskClient, key: Key) -> Callable[..., Any]:
    """Report as a neighbouring system does; gives the number of the request."""
    secret = key("worker")

    def posted(**fields: Any) -> str:
        form = {"api_key": secret, "service_code": "parking", **PLACE, **fields}
        answer = client.post(f"{V2}/requests.json", data=form)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        [taken] = json_of(answer)
        fits(taken, TAKEN)
        return str(taken["service_request_id"])

    return posted


def one(database: Database, query: str, **values: Any) -> Any:
    with database.read() as connection:
        return connection.execute(text(query), values).one()


# --- what there is ---------------------------------------------------------------------------


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


# --- reporting -------------------------------------------------------------------------------


def test_a_report_becomes_a_case_with_its_reporter_apart(
    client: FlaskClient, database: Database, post: Callable[..., str]
) -> None:
    number = post(
        **{
            "service_code": "noise",
            "attribute[origin]": "site",
            "attribute[heard_at]": "2026-06-01T22:30:00+08:00",
            "description": "夜里施工 <b>&\u0007",
            "email": "zhang@example.org",
            "first_name": "三",
            "last_name": "张",
            "phone": "13800000000",
            "device_id": "tt222111",
            "media_url": "http://127.0.0.1:9/never-asked.jpg",
        }
    )
    row = one(database, "select * from cases where id = :id", id=int(number))
    assert (row.category, row.source, row.state) == ("noise", "snap", "reported")
    assert row.description == "夜里施工 <b>&"
    assert row.extra == {
        "attributes": {"origin": "site", "heard_at": "2026-06-01T22:30:00+08:00"},
        "media_url": "http://127.0.0.1:9/never-asked.jpg",
    }
    assert row.reporter_name is None
    who = one(database, "select * from case_reporters where case_id = :id", id=int(number))
    assert (who.name, who.telephone, who.email) == ("三 张", "13800000000", "zhang@example.org")
    assert who.forget_at is not None
    step = one(database, "select kind, actor from case_steps where case_id = :id", id=int(number))
    assert tuple(step) == ("reported", "worker")
    [seen] = asked_both_ways(client, f"v2/requests/{number}", "service_requests", extensions="true")
    shown = client.get(f"{V2}/requests/{number}.xml?extensions=true").get_data(as_text=True)
    for secret in ("zhang", "张", "1380", "tt222111", "夜里", "never-asked", "施工工地"):
        assert secret not in shown
        assert secret not in str(seen)


def test_a_report_in_xml_answers_in_xml(client: FlaskClient, key: Key) -> None:
    form = {"api_key": key("commander"), "service_code": "property", "account_id": "7", **PLACE}
    answer = client.post(f"{V2}/requests.xml", data=form)
    assert answer.status_code == 201
    tree = xml_of(answer)
    assert tree.tag == "service_requests"
    [taken] = from_xml(tree)
    fits(taken, TAKEN)
    assert taken["account_id"] == "7"


def test_a_token_leads_to_the_request(client: FlaskClient, key: Key) -> None:
    form = {"api_key": key("worker"), "service_code": "other", "extensions": "true", **PLACE}
    [taken] = json_of(client.post(f"{V2}/requests.json", data=form))
    [found] = asked_both_ways(client, f"v2/tokens/{taken['token']}", "service_requests")
    fits(found, TOKEN)
    assert found["service_request_id"] == taken["service_request_id"]
    assert client.get(f"{V2}/tokens/nobody-has-it.json").status_code == 404


def test_several_answers_to_one_question_are_kept_in_order(
    database: Database, post: Callable[..., str]
) -> None:
    number = post(**{"attribute[blocked][]": ["fire_lane", "green"], "attribute[vehicles]": "3"})
    row = one(database, "select extra from cases where id = :id", id=int(number))
    assert row.extra == {"attributes": {"blocked": ["fire_lane", "green"], "vehicles": 3}}


def test_a_photo_comes_along_drawn_anew(database: Database, client: FlaskClient, key: Key) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), "green").save(picture, "PNG")
    picture.seek(0)
    form = {
        "api_key": key("worker"),
        "service_code": "environment",
        **PLACE,
        "media": (picture, "photo.png"),
    }
    answer = client.post(f"{V2}/requests.json", data=form, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    number = int(json_of(answer)[0]["service_request_id"])
    photo = one(database, "select phase, width from case_photos where case_id = :id", id=number)
    assert tuple(photo) == ("before", 400)
    form |= {"api_key": key("worker"), "media": (io.BytesIO(b"<svg onload='x'>"), "x.png")}
    answer = client.post(f"{V2}/requests.json", data=form, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert one(database, "select count(*) from cases")[0] == 1


REFUSED: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"service_code": ""}, 400, "service_code"),
    ({"service_code": "circus"}, 404, "circus"),
    ({"lat": "", "long": ""}, 400, "lat"),
    ({"lat": "", "long": "118"}, 400, "lat"),
    ({"lat": "north"}, 400, "lat"),
    ({"lat": "91"}, 400, ""),
    ({"lat": "nan"}, 400, ""),
    ({"lat": "", "long": "", "address_id": "nowhere"}, 404, "nowhere"),
    ({"service_code": "noise"}, 400, "origin"),
    ({"service_code": "noise", "attribute[origin]": "moon"}, 400, "origin"),
    ({"attribute[vehicles]": "many"}, 400, "vehicles"),
    ({"attribute[vehicles]": "inf"}, 400, "vehicles"),
    ({"attribute[blocked][]": ["green", "sky"]}, 400, "blocked"),
    ({"attribute[colour]": "red"}, 400, "colour"),
    ({"description": "长" * 4001}, 400, ""),
    ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
    ({"media_url": "file:///etc/passwd"}, 400, "media_url"),
    ({"api_key": ""}, 403, "api_key"),
    ({"api_key": "wg_nobody"}, 403, ""),
    ({"jurisdiction_id": "elsewhere.gov"}, 404, "elsewhere.gov"),
)


@pytest.mark.parametrize("ending", ["json", "xml"])
def test_a_report_that_makes_no_sense_is_refused_and_nothing_kept(
    client: FlaskClient, database: Database, key: Key, ending: str
) -> None:
    form = {"api_key": key("worker"), "service_code": "parking", **PLACE}
    for fields, status, named in REFUSED:
        answer = client.post(f"{V2}/requests.{ending}", data=form | fields)
        assert answer.status_code == status
        found = json_of(answer) if ending == "json" else from_xml(xml_of(answer))
        [problem] = found
        fits(problem, ERROR)
        assert problem["code"] == str(status)
        assert named in problem["description"]
    assert one(database, "select count(*) from cases")[0] == 0


def test_who_may_not_report_has_no_key_for_it(client: FlaskClient, key: Key) -> None:
    form = {"api_key": key("viewer"), "service_code": "parking", **PLACE}
    assert client.post(f"{V2}/requests.json", data=form).status_code == 403


def test_an_empty_parameter_is_as_good_as_none(
    client: FlaskClient, post: Callable[..., str]
) -> None:
    number = post(jurisdiction_id="", email="", media_url="", **{"attribute[vehicles]": ""})
    names = (
        *("jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date"),
        *("status", "page", "page_size", "bbox", "updated_after", "extensions", "api_key"),
    )
    empty = dict.fromkeys(names, "")
    [found] = asked_both_ways(client, "v2/requests", "service_requests", **empty)
    assert found["service_request_id"] == number
    assert set(found) == set(REQUEST)


# --- looking up ------------------------------------------------------------------------------


@pytest.fixture
def cases(database: Database) -> Callable[..., int]:
    def added(**values: Any) -> int:
        row = {
            "source": "snap",
            "category": "parking",
            "state": "reported",
            "title": "消防通道被占",
            "address": "幸福小区3号楼",
            "reported_at": datetime.now(UTC),
            "geom": "SRID=4326;POINT(118.35 35.05)",
            **values,
        }
        names, bound = ", ".join(row), ", ".join(f":{name}" for name in row)
        with database.begin() as tx:
            query = text(f"insert into cases ({names}) values ({bound}) returning id")
            return int(tx.connection.execute(query, row).scalar_one())

    return added


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


# --- updates, as FixMyStreet has them --------------------------------------------------------


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
