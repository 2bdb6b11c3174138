"""Open311 GeoReport v2: a report becomes a case, or is refused with the reason."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from open311_client import (
    ERROR,
    PLACE,
    REQUEST,
    TAKEN,
    TOKEN,
    V2,
    Key,
    asked_both_ways,
    fits,
    from_xml,
    json_of,
    one,
    xml_of,
)
from PIL import Image

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from geodata.database import Database

pytestmark = pytest.mark.usefixtures("people")


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
