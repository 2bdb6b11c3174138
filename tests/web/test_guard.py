"""What guards the whole application: accounts, CSRF, headers, problems."""

from __future__ import annotations

import io

import pytest
import sqlalchemy.exc

from geodata import errors
from geodata.accounts import Actor
from geodata.accounts.users import add_user

pytestmark = pytest.mark.usefixtures("people")

OPEN = {"/login", "/healthz", "/readyz", "/api/v1/login"}
OPEN_BEGINNINGS = ("/static/", "/report", "/api/v1/reports", "/open311/")


def test_every_address_but_a_few_needs_an_account(app):
    client = app.test_client()
    seen = 0
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN or rule.rule.startswith(OPEN_BEGINNINGS):
            continue
        path = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False)[1]
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            answer = client.open(path, method=method)
            programs = path.startswith(("/api", "/ogc", "/metrics")) or method != "GET"
            if programs:
                assert answer.status_code == 401, (method, path)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
            else:
                assert answer.status_code == 302, (method, path)
                assert answer.headers["Location"].startswith("/login?next=/")
            seen += 1
    assert seen > 15


def test_a_stranger_does_not_learn_what_exists(client):
    assert client.get("/api/v1/no-such-thing").status_code == 401


def test_a_page_leads_back_to_itself_after_signing_in(client):
    answer = client.get("/planner?at=2026-06-01")
    assert answer.headers["Location"] == "/login?next=/planner%3Fat%3D2026-06-01"


def test_a_write_without_its_csrf_token_is_refused(sign_in):
    browser = sign_in("viewer")
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": sign_in("planner").csrf}):
        answer = browser.client.post("/api/v1/tokens", json={"name": "x"}, headers=headers)
        assert answer.status_code == 403
        assert answer.get_json()["type"] == "/problems/csrf"
    assert browser.get("/api/v1/tokens").get_json()["tokens"] == []
    assert browser.post("/api/v1/tokens", json={"name": "x"}).status_code == 201


def test_signing_out_by_form_needs_the_token_too(sign_in):
    browser = sign_in("viewer")
    assert browser.client.post("/logout").status_code == 403
    answer = browser.client.post("/logout", data={"csrf_token": browser.csrf})
    assert answer.headers["Location"] == "/login"
    assert browser.get("/api/v1/me").status_code == 401


def test_every_answer_tells_the_browser_what_to_forbid(client, sign_in):
    for answer in (
        client.get("/login"),
        client.get("/api/v1/me"),
        sign_in("viewer").get("/planner"),
        sign_in("viewer").get("/api/v1/me"),
        sign_in("viewer").get("/no/such/page"),
    ):
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'self'"
        assert "unsafe" not in policy["script-src"]
        assert "'nonce-" in policy["script-src"]
        assert "unsafe" not in policy["style-src"]
        assert policy["object-src"] == "'none'"
        assert policy["base-uri"] == "'self'"
        assert policy["frame-ancestors"] == "'self'"
        assert policy["connect-src"] == "'self'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "geolocation=(self)" in answer.headers["Permissions-Policy"]


def test_each_answer_has_its_own_nonce(client):
    policies = {client.get("/login").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_the_scripts_of_a_page_carry_the_nonce_of_their_answer(client):
    answer = client.get("/login")
    policy = answer.headers["Content-Security-Policy"]
    text = answer.get_data(as_text=True)
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert text.count("<script") == text.count(f'<script nonce="{nonce}"') > 0


@pytest.mark.parametrize(
    ("template", "host"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", "https://*.tiles.example"),
        ("http://10.1.2.3:8080/{z}/{x}/{y}.png", "http://10.1.2.3:8080"),
        ("https://t{s}.tiles.example/{z}", "https://*.tiles.example"),
    ],
)
def test_a_configured_basemap_may_send_pictures_and_nothing_else(
    settings, database, template, host
):
    from app import create_app

    app = create_app(settings.model_copy(update={"basemap_url": template}), database)
    policy = app.test_client().get("/login").headers["Content-Security-Policy"]
    pictures = next(part for part in policy.split("; ") if part.startswith("img-src"))
    assert host in pictures.split()
    assert policy.count(host) == 1


def test_a_name_with_markup_is_shown_as_text(database, sign_in, password):
    with pytest.raises(errors.InvalidInput):
        add_user(database, Actor.terminal(), "<script>", role="viewer", password=password)
    shown = "<script>alert(1)</script>"
    add_user(database, Actor.terminal(), "odd", role="admin", password=password, display_name=shown)
    for page in ("/planner", "/account", "/users"):
        assert shown not in sign_in("odd").get(page).get_data(as_text=True)


def test_problems_have_the_members_of_rfc_9457(sign_in):
    answer = sign_in("viewer").get("/api/v1/jobs/99?lang=en")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["type"] == "/problems/not-found"
    assert problem["status"] == 404
    assert problem["title"] == "Not found"
    assert problem["detail"] == "There is no job 99."
    assert problem["params"] == {"number": 99}
    assert problem["instance"] == answer.headers["X-Request-ID"]


def test_problems_speak_the_users_language(sign_in):
    browser = sign_in("viewer")
    assert browser.get("/api/v1/users?lang=en").get_json()["title"] == "Not allowed"
    assert browser.get("/api/v1/users").get_json()["title"] == "无权操作"
    assert browser.post("/api/v1/language", json={"language": "en"}).status_code == 204
    assert browser.get("/api/v1/users").get_json()["title"] == "Not allowed"


def test_fields_that_make_no_sense_are_named(sign_in):
    answer = sign_in("admin").post(
        "/api/v1/users?lang=en", json={"name": "x", "role": "king", "colour": "red"}
    )
    assert answer.status_code == 400
    fields = answer.get_json()["fields"]
    assert fields["password"] == ["is missing"]
    assert fields["name"] == ["must have at least 2 characters"]
    assert fields["colour"] == ["is not known here"]
    assert fields["role"][0].startswith("must be one of:")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b"null", b'"text"', b""])
def test_a_body_that_is_no_object_is_refused(sign_in, body):
    answer = sign_in("viewer").post("/api/v1/tokens", data=body, content_type="application/json")
    assert answer.status_code in {400, 201} if body in {b"", b"null"} else 400
    assert answer.content_type in {"application/problem+json", "application/json"}


def test_the_unexpected_tells_nothing_of_the_inside(app, sign_in, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("secret at /etc/secret")

    monkeypatch.setattr("geodata.accounts.tokens.list_tokens", broken)
    answer = sign_in("viewer").get("/api/v1/tokens")
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["instance"]
    assert "secret" not in answer.get_data(as_text=True)


def test_a_database_that_is_gone_is_said_so_and_when_to_come_back(sign_in, monkeypatch):
    def gone(*_args, **_kwargs):
        raise sqlalchemy.exc.OperationalError("SELECT secret", {}, Exception("no route"))

    browser = sign_in("viewer")
    monkeypatch.setattr("geodata.accounts.tokens.list_tokens", gone)
    answer = browser.get("/api/v1/tokens")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "secret" not in answer.get_data(as_text=True)


def test_without_its_database_a_signed_in_browser_gets_503_and_the_form_still_opens(
    sign_in, monkeypatch
):
    def gone(*_args, **_kwargs):
        raise errors.Unavailable("The database does not answer; try again in a moment.")

    browser = sign_in("viewer")
    monkeypatch.setattr("geodata.accounts.sessions.open_session", gone)
    answer = browser.get("/api/v1/me")
    assert answer.status_code == 503
    assert answer.headers["Content-Security-Policy"]
    assert browser.get("/planner").status_code == 503
    assert browser.get("/login").status_code == 200
    assert browser.get("/healthz").status_code == 200


def test_a_page_that_is_not_there_is_said_on_a_page(sign_in):
    answer = sign_in("viewer").get("/no/such/page")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "<h1>" in answer.get_data(as_text=True)


def test_a_method_that_an_address_does_not_take_is_said_with_those_it_takes(sign_in):
    answer = sign_in("viewer").send("DELETE", "/api/v1/me")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.content_type == "application/problem+json"


def test_the_language_is_the_systems_until_one_is_chosen(client):
    assert 'lang="zh-CN"' in client.get("/login").get_data(as_text=True)
    assert 'lang="en"' in client.get("/login?lang=en").get_data(as_text=True)
    assert 'lang="en"' in client.get("/login").get_data(as_text=True)
    assert 'lang="en"' in client.get("/login?lang=xx").get_data(as_text=True)


def test_a_large_body_is_taken_only_where_files_are_and_from_who_may_bring_them(
    client, sign_in, monkeypatch
):
    monkeypatch.setitem(client.application.config, "MAX_CONTENT_LENGTH", 1000)
    body = {"username": "viewer", "password": "x" * 2000}
    for path in ("/login", "/api/v1/login"):
        sent = {"json": body} if "api" in path else {"data": body}
        assert client.post(path, **sent).status_code == 413
    for role, status in (("viewer", 413), ("planner", 202)):
        answer = sign_in(role).post(
            "/api/v1/imports",
            data={"layer": "areas", "file": (io.BytesIO(b"x" * 2000), "x.csv")},
        )
        assert answer.status_code == status
