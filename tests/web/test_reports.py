"""Reports from phones, over HTTP: from anybody, with photos, once each."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from api.serving import NAME, Serving
from geodata.accounts import throttling
from geodata.cases.photos import keeping
from geodata.cases.tables import case_photos, case_reporters, case_steps, cases
from webmap.assets import version
from webmap.pages import NAME as PAGES
from webmap.pages import Joined

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from geodata.database import Database
    from geodata.settings import Settings

pytestmark = pytest.mark.usefixtures("people")

KEY = "a1b2c3d4-e5f6-4a1b-8c2d-3e4f5a6b7c8d"
TOLD = {"key": KEY, "category": "noise", "text": "夜里还在施工", "lon": "118.35", "lat": "35.05"}
HARM = "<script>alert(1)</script>\u202e反\x07"


def jpeg(colour: str = "red", *, place: bool = False) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    if place:
        gps = {1: "N", 2: (35.0, 3.0, 0.0), 3: "E", 4: (118.0, 21.0, 0.0)}
        exif.get_ifd(0x8825).update(gps)
    Image.new("RGB", (640, 480), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def body(fields: dict[str, str], **files: Sequence[bytes]) -> dict[str, Any]:
    """A form as browsers send it; the files' names are what a stranger could make of them."""
    parts: list[tuple[str, Any]] = list(fields.items())
    for name, contents in files.items():
        parts += [
            (name, FileStorage(io.BytesIO(content), f"../../{k}.php"))
            for k, content in enumerate(contents)
        ]
    boundary, data = encode_multipart(MultiDict(parts))
    return {"data": data, "content_type": f"multipart/form-data; boundary={boundary}"}


def form(*photos: bytes, **told: str) -> dict[str, Any]:
    return body({**TOLD, **told}, photo=photos)


def send(client: Any, *photos: bytes, **told: str) -> Any:
    return client.post("/api/v1/reports", **form(*photos, **told))


def count(database: Database, table: sa.Table) -> int:
    with database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_stranger_reports_with_photos_and_follows_by_a_code(
    client: FlaskClient, database: Database, settings: Settings
) -> None:
    answer = send(client, jpeg(place=True), jpeg("blue"), name="王小明", telephone="138 0013 8000")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    sent = answer.get_json()
    assert (sent["is_new"], sent["state"], sent["inside"]) == (True, "reported", False)
    with database.read() as connection:
        case = connection.execute(sa.select(cases)).mappings().one()
        photos = connection.execute(sa.select(case_photos)).mappings().all()
        entry = connection.execute(sa.select(case_steps)).mappings().one()
        reporter = connection.execute(sa.select(case_reporters)).mappings().one()
    assert (case["source"], case["title"]) == ("snap", "夜里还在施工")
    assert [one["phase"] for one in photos] == ["before", "before"]
    assert {one["step_id"] for one in photos} == {entry["id"]}
    assert photos[0]["geom"] is not None
    assert (reporter["name"], reporter["telephone"]) == ("王小明", "138 0013 8000")
    assert (reporter["forget_at"] - reporter["at"]).days in {179, 180}
    for one in photos:
        kept = keeping.open_photo(settings.data_dir, one["digest"], "picture")
        assert b"Exif" not in kept
    followed = client.get(f"/api/v1/reports/{sent['code']}")
    assert followed.get_json()["state"] == "reported"
    assert "施工" not in followed.get_data(as_text=True)
    assert "王" not in followed.get_data(as_text=True)


def test_a_report_sent_again_after_a_lost_answer_is_the_same_report(
    client: FlaskClient, database: Database
) -> None:
    first = send(client, jpeg()).get_json()
    again = send(client, jpeg())
    assert again.status_code == 200
    assert again.get_json() == {**first, "is_new": False}
    assert (count(database, cases), count(database, case_photos)) == (1, 1)
    other = send(client, jpeg(), key=KEY[::-1]).get_json()
    assert other["number"] != first["number"]


def test_a_stranger_may_report_and_nothing_else(client: FlaskClient) -> None:
    number = send(client, source="hotline", done="都弄好了").get_json()["number"]
    for path in ("/api/v1/cases", f"/api/v1/cases/{number}", f"/api/v1/cases/{number}/photos"):
        assert client.get(path).status_code == 401
    assert client.post(f"/api/v1/cases/{number}/photos").status_code == 401
    assert client.get("/ogc/collections/streets/tiles/WebMercatorQuad/10/1/1").status_code == 401
    followed = client.get(f"/api/v1/reports/{send(client).get_json()['code']}").get_json()
    assert followed["state"] == "reported"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"lon": "", "lat": ""}, 400),
        ({"lon": "", "lat": "", "address": "罗庄街道幸福小区3号楼"}, 201),
        ({"lon": "nan", "lat": "35"}, 400),
        ({"lon": "ost", "lat": "35"}, 400),
        ({"lon": "190", "lat": "35"}, 400),
        ({"lon": "150.0", "lat": "0.0"}, 201),
        ({"category": "dragons"}, 404),
        ({"category": ""}, 404),
        ({"key": "short"}, 400),
        ({"key": "no spaces or <signs> here"}, 400),
        ({"telephone": "<b>138</b>"}, 400),
        ({"telephone": "１３８００１３８０００"}, 201),
        ({"text": "长" * 4_000}, 201),
        ({"text": "长" * 4_001}, 400),
        ({"text": "x" * 1_000_001}, 413),
        ({"crs": "mars"}, 400),
    ],
)
def test_bad_input_is_told_in_words_and_good_input_is_taken(
    client: FlaskClient, database: Database, told: dict[str, str], status: int
) -> None:
    answer = send(client, **told)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert count(database, cases) == (status == 201)
    if status != 201:
        assert answer.get_json()["detail"]


def test_a_place_given_in_gcj02_is_kept_in_wgs84(client: FlaskClient, database: Database) -> None:
    send(client, lon="118.35535", lat="35.05017", crs="gcj02")
    with database.read() as connection:
        lon, lat = connection.execute(
            sa.select(sa.func.ST_X(cases.c.geom), sa.func.ST_Y(cases.c.geom))
        ).one()
    assert (lon, lat) == pytest.approx((118.35, 35.05), abs=0.001)


@pytest.mark.parametrize("photo", [b"", b"<svg onload=alert(1)>", jpeg()[:200], b"GIF89a"])
def test_a_report_with_what_is_no_photo_is_refused_and_nothing_is_kept(
    client: FlaskClient, database: Database, settings: Settings, photo: bytes
) -> None:
    answer = send(client, jpeg(), photo)
    assert answer.status_code == 400
    assert count(database, cases) == 0
    assert not list((settings.data_dir / keeping.FOLDER).glob("*/*"))


def test_seven_photos_and_twenty_megabytes_are_refused(client: FlaskClient) -> None:
    assert send(client, *[jpeg()] * 7).status_code == 400
    answer = send(client, jpeg() + bytes(20_000_000))
    assert answer.status_code == 413
    assert answer.get_json()["detail"]


def test_what_a_reporter_writes_is_never_markup_and_turns_no_writing_round(
    client: FlaskClient, sign_in: Callable[..., Any]
) -> None:
    number = send(client, text=HARM, name=HARM, address=HARM).get_json()["number"]
    opened = sign_in("commander").get(f"/api/v1/cases/{number}")
    assert opened.mimetype == "application/json"
    seen = opened.get_json()
    assert seen["description"] == "<script>alert(1)</script>反"
    assert "\u202e" not in opened.get_data(as_text=True)


def test_reports_are_counted_by_device_and_by_address(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "BY_DEVICE", throttling.parse("2 per hour"))
    monkeypatch.setattr(throttling, "BY_REPORTING_ADDRESS", throttling.parse("3 per hour"))

    def fresh(k: int) -> dict[str, str]:
        return {"key": f"{k:032d}"}

    assert client.get("/api/v1/reports/device").get_json() == {"named": True}
    assert [send(client, **fresh(k)).status_code for k in range(3)] == [201, 201, 429]
    assert send(client, **fresh(0)).status_code == 200
    other = app.test_client()
    other.get("/api/v1/reports/device")
    refused = [send(other, **fresh(k)) for k in (10, 11)]
    assert [one.status_code for one in refused] == [201, 429]
    assert int(refused[1].headers["Retry-After"]) > 0
    assert "12345" in refused[1].get_json()["detail"]


def test_a_made_up_device_is_none(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "BY_DEVICE", throttling.parse("1 per hour"))
    found = []
    for k in range(3):
        client.set_cookie("wangge_device", f"made-up-{k}", path="/api/v1/reports")
        found.append(send(client, key=f"{k:032d}").status_code)
    assert found == [201, 429, 429]


def test_another_site_cannot_send_a_report_in_somebodys_name(
    client: FlaskClient, sign_in: Callable[..., Any]
) -> None:
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/api/v1/reports", **form(), headers=headers)
        assert answer.status_code == 403
    worker = sign_in("worker")
    assert worker.client.post("/api/v1/reports", **form()).status_code == 403
    assert worker.post("/api/v1/reports", **form()).status_code == 201


def test_where_reports_without_an_account_are_closed_a_worker_still_reports(
    app: Flask, client: FlaskClient, sign_in: Callable[..., Any]
) -> None:
    here: Serving = app.extensions[NAME]
    closed = here.profile.cases.model_copy(update={"anonymous_reports": False})
    app.extensions[NAME] = Serving(
        here.database, here.settings, here.profile.model_copy(update={"cases": closed})
    )
    answer = send(client)
    assert answer.status_code == 403
    assert "12345" in answer.get_json()["detail"]
    assert client.get("/api/v1/reports/spot?lon=118&lat=35").status_code == 403
    assert client.get("/api/v1/reports/ground/streets/10/1/1").status_code == 403
    assert sign_in("worker").post("/api/v1/reports", **form()).status_code == 201
    assert sign_in("viewer").post("/api/v1/reports", **form()).status_code == 403


def test_a_worker_closes_on_the_spot_what_a_patrol_found(
    database: Database, sign_in: Callable[..., Any]
) -> None:
    worker = sign_in("worker")
    told = {**TOLD, "source": "patrol", "done": "已清理"}
    photos = {"photo": [jpeg()], "photo_after": [jpeg("green")]}
    answer = worker.post("/api/v1/reports", **body(told, **photos))
    assert answer.get_json()["state"] == "closed", answer.get_data(as_text=True)
    again = worker.post("/api/v1/reports", **body(told, **photos))
    assert again.get_json()["number"] == answer.get_json()["number"]
    with database.read() as connection:
        assert connection.execute(sa.select(cases.c.source)).scalar_one() == "patrol"
        phases = connection.execute(sa.select(case_photos.c.phase)).scalars()
        assert sorted(phases) == ["after", "before"]
    assert count(database, cases) == 1


def test_unknown_codes_lead_nowhere(client: FlaskClient) -> None:
    for code in ("nothing-here", "x", "%27%20or%201", "a" * 60):
        assert client.get(f"/api/v1/reports/{code}").status_code == 404


def test_photos_go_to_those_on_duty_alone_and_each_sight_is_entered(
    client: FlaskClient, sign_in: Callable[..., Any]
) -> None:
    number = send(client, jpeg()).get_json()["number"]
    commander, viewer = sign_in("commander"), sign_in("viewer")
    listed = commander.get(f"/api/v1/cases/{number}/photos").get_json()
    (one,) = listed["photos"]
    path = f"/api/v1/cases/{number}/photos/{one['id']}"
    assert viewer.get(path).status_code == 403
    assert viewer.get(f"{path}/thumb").status_code == 403
    hidden = viewer.get(f"/api/v1/cases/{number}/photos").get_json()
    assert (hidden["photos"], hidden["before"], hidden["personal"]) == ([], 1, False)
    answer = commander.get(path)
    assert Image.open(io.BytesIO(answer.data)).size == (640, 480)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "private" in answer.headers["Cache-Control"]
    trail = sign_in("admin").get("/api/v1/audit?action=read_personal").get_json()["entries"]
    assert trail[0]["subject"] == f"cases/{number}/photos/{one['id']}"
    assert commander.get(f"/api/v1/cases/{number}/photos/99").status_code == 404


def test_photos_are_added_before_and_after_by_who_works_on_the_case(
    client: FlaskClient, sign_in: Callable[..., Any]
) -> None:
    number = send(client).get_json()["number"]
    path = f"/api/v1/cases/{number}/photos"
    worker = sign_in("worker")

    def added(who: Any, phase: str, *photos: bytes) -> Any:
        return who.post(path, **body({"phase": phase}, photo=photos))

    answer = added(worker, "after", jpeg("green"), jpeg("blue"))
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.get_json()["case"]["revision"] == 1
    assert added(worker, "after").status_code == 400
    assert added(worker, "sideways", jpeg()).status_code == 400
    assert added(sign_in("viewer"), "after", jpeg()).status_code == 403
    assert worker.post("/api/v1/cases/99/photos", **body({"phase": "after"})).status_code in {
        400,
        404,
    }
    seen = worker.get(path).get_json()
    assert (seen["before"], seen["after"]) == (0, 2)
    large = added(worker, "before", jpeg() + bytes(11_000_000))
    assert large.status_code == 201


def test_the_page_of_a_code_shows_how_far_it_is_and_nothing_that_anybody_wrote(
    client: FlaskClient, sign_in: Callable[..., Any], database: Database
) -> None:
    sent = send(client, name="王小明", telephone="13812341234", text=HARM).get_json()
    commander = sign_in("commander")
    step = {"action": "refuse", "revision": 0, "reason": "重复反映的秘密理由"}
    path = f"/api/v1/cases/{sent['number']}/actions"
    assert commander.post(path, json=step).status_code == 200
    page = client.get(f"/report/{sent['code']}")
    seen = page.get_data(as_text=True)
    assert "已办结" in seen
    assert "噪音扰民" in seen
    for hidden in ("王", "1381", "alert(1)", "秘密", "commander", "118.35"):
        assert hidden not in seen
    assert client.get("/report/nothing-here").status_code == 404


def test_a_case_that_was_joined_is_followed_through_its_leader(
    client: FlaskClient, database: Database
) -> None:
    leader = send(client, key="l" * 32).get_json()
    own = send(client, key="o" * 32).get_json()
    with database.begin() as tx:
        tx.connection.execute(
            sa.update(cases).where(cases.c.id == own["number"]).values(joined_to=leader["number"])
        )
        tx.connection.execute(
            sa.update(cases).where(cases.c.id == leader["number"]).values(state="in_progress")
        )
    followed = client.get(f"/api/v1/reports/{own['code']}").get_json()
    assert (followed["number"], followed["state"]) == (own["number"], "in_progress")
    assert followed["joined"]
    assert not followed["closed"]


def test_the_phone_page_says_that_reporting_is_closed_and_where_to_turn(
    app: Flask, client: FlaskClient, sign_in: Callable[..., Any]
) -> None:
    form = 'data-part="form"'
    assert form in client.get("/report").get_data(as_text=True)
    assert form not in sign_in("viewer").get("/report").get_data(as_text=True)
    here: Joined = app.extensions[PAGES]
    closed = here.profile.cases.model_copy(update={"anonymous_reports": False})
    profile = here.profile.model_copy(update={"cases": closed})
    app.extensions[PAGES] = Joined(here.database, here.settings, profile)
    seen = client.get("/report").get_data(as_text=True)
    assert form not in seen
    assert "tel:12345" in seen
    assert form in sign_in("worker").get("/report").get_data(as_text=True)


def test_the_page_keeps_itself_for_later_by_a_worker_that_names_its_version(
    client: FlaskClient,
) -> None:
    answer = client.get("/report/worker.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/report"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert version() in answer.get_data(as_text=True).splitlines()[0]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
