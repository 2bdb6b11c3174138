"""Signing in, sessions and their cookies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from geodata.accounts import Actor
from geodata.accounts.tables import attempts, audit, sessions
from geodata.accounts.users import change_user, set_password

pytestmark = pytest.mark.usefixtures("people")
WRONG = "wrong wrong wrong"


def cookie_of(answer):
    return next(line for line in answer.headers.getlist("Set-Cookie") if "session" in line)


def test_a_right_password_gives_a_session_and_a_csrf_token(client, password):
    answer = client.post("/api/v1/login", json={"username": "Planner", "password": password})
    assert answer.status_code == 200
    assert answer.get_json()["csrf"]
    assert answer.get_json()["user"]["role"] == "planner"
    assert client.get("/api/v1/me").get_json()["user"]["name"] == "planner"


@pytest.mark.parametrize("name", ["planner", "nobody", "' OR 1=1 --", "pl\0anner", "网" * 200])
def test_a_wrong_name_or_password_is_the_same_refusal(client, name):
    answer = client.post("/api/v1/login", json={"username": name, "password": WRONG})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["type"] == "/problems/wrong-password"
    assert "Set-Cookie" not in answer.headers


def test_the_cookie_is_for_this_server_alone_and_for_no_script(client, password):
    body = {"username": "viewer", "password": password}
    cookie = cookie_of(client.post("/api/v1/login", json=body))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    cookie = cookie_of(client.post("/api/v1/login", json=body, base_url="https://localhost"))
    assert "Secure" in cookie


def test_what_is_stored_does_not_open_a_session(sign_in, database, client):
    sign_in("viewer")
    with database.read() as connection:
        key = connection.scalar(select(sessions.c.key))
    client.set_cookie("wangge_session", key)
    assert client.get("/api/v1/me").status_code == 401


def test_an_identifier_planted_before_signing_in_is_not_the_one_afterwards(client, password):
    client.set_cookie("wangge_session", "planted-by-a-stranger")
    answer = client.post("/api/v1/login", json={"username": "viewer", "password": password})
    assert "planted" not in cookie_of(answer)
    first = client.get_cookie("wangge_session").value
    client.post("/api/v1/login", json={"username": "viewer", "password": password})
    assert client.get_cookie("wangge_session").value != first


def test_signing_in_again_ends_the_session_before(app, client, password):
    body = {"username": "viewer", "password": password}
    client.post("/api/v1/login", json=body)
    first = client.get_cookie("wangge_session").value
    client.post("/api/v1/login", json=body)
    thief = app.test_client()
    thief.set_cookie("wangge_session", first)
    assert thief.get("/api/v1/me").status_code == 401


def test_signing_out_ends_the_session_on_the_server_too(app, sign_in):
    browser = sign_in("viewer")
    identifier = browser.client.get_cookie("wangge_session").value
    assert browser.post("/api/v1/logout").status_code == 204
    thief = app.test_client()
    thief.set_cookie("wangge_session", identifier)
    assert thief.get("/api/v1/me").status_code == 401


def test_a_session_ends_when_nobody_uses_it(sign_in, database):
    browser = sign_in("viewer")
    with database.begin() as tx:
        gone = update(sessions).values(expires_at=func.now() - timedelta(seconds=1))
        tx.connection.execute(gone)
    assert browser.get("/api/v1/me").status_code == 401


def test_a_session_that_is_used_lives_on(sign_in, database):
    browser = sign_in("viewer")
    soon = datetime.now(UTC) + timedelta(hours=1)
    with database.begin() as tx:
        tx.connection.execute(update(sessions).values(expires_at=soon))
    assert browser.get("/api/v1/me").status_code == 200
    with database.read() as connection:
        assert connection.scalar(select(sessions.c.expires_at)) > soon + timedelta(hours=5)


def test_a_session_does_not_outlive_a_week_however_much_it_is_used(sign_in, database, monkeypatch):
    monkeypatch.setattr("geodata.accounts.sessions.LONGEST", timedelta(hours=2))
    browser = sign_in("viewer")
    with database.begin() as tx:
        soon = datetime.now(UTC) + timedelta(hours=1)
        tx.connection.execute(update(sessions).values(expires_at=soon))
    browser.get("/api/v1/me")
    with database.read() as connection:
        ends = connection.scalar(select(sessions.c.expires_at))
    assert ends < datetime.now(UTC) + timedelta(hours=2, seconds=1)


def test_an_account_switched_off_is_out_at_once(sign_in, database):
    browser = sign_in("viewer")
    change_user(database, Actor.terminal(), "viewer", active=False)
    assert browser.get("/api/v1/me").status_code == 401


def test_a_changed_role_holds_from_the_next_request_on(sign_in, database):
    browser = sign_in("viewer")
    change_user(database, Actor.terminal(), "viewer", role="planner")
    assert browser.get("/api/v1/me").get_json()["user"]["role"] == "planner"


def test_a_new_password_ends_the_other_sessions_only(sign_in, password):
    here, there = sign_in("viewer"), sign_in("viewer")
    answer = here.send(
        "PUT", "/api/v1/me/password", json={"current": password, "new": "seven green lamps"}
    )
    assert answer.status_code == 204
    assert here.get("/api/v1/me").status_code == 200
    assert there.get("/api/v1/me").status_code == 401
    sign_in("viewer", "seven green lamps")


def test_ones_own_password_changes_only_with_the_one_until_now(sign_in):
    answer = sign_in("viewer").send(
        "PUT", "/api/v1/me/password", json={"current": WRONG, "new": "seven green lamps"}
    )
    assert answer.status_code == 400


def test_a_password_set_by_an_administrator_ends_all_sessions(sign_in, database):
    browser = sign_in("viewer")
    set_password(database, Actor.terminal(), "viewer", "seven green lamps")
    assert browser.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("place", ["/api/v1/login", "/login"])
def test_after_ten_wrong_passwords_the_right_one_waits_too(client, app, password, place):
    def attempt(word):
        body = {"username": "viewer", "password": word}
        return client.post(place, **({"json": body} if "api" in place else {"data": body}))

    for _ in range(10):
        attempt(WRONG)
    answer = attempt(password)
    if place == "/login":
        assert "refused=too-many-attempts" in answer.headers["Location"]
        return
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    assert answer.get_json()["type"] == "/problems/too-many-attempts"


def test_two_servers_count_the_same_attempts(settings, database, password):
    from app import create_app

    one, two = (create_app(settings, database).test_client() for _ in range(2))
    for client in [one, two] * 5:
        client.post("/api/v1/login", json={"username": "viewer", "password": WRONG})
    for client in (one, two):
        answer = client.post("/api/v1/login", json={"username": "viewer", "password": password})
        assert answer.status_code == 429


def test_a_success_lets_the_account_start_anew(client, app, password):
    for _ in range(2):
        for _ in range(9):
            client.post("/api/v1/login", json={"username": "viewer", "password": WRONG})
        own = app.test_client()
        answer = own.post("/api/v1/login", json={"username": "viewer", "password": password})
        assert answer.status_code == 200


def test_one_address_cannot_try_one_password_on_many_accounts(app):
    client = app.test_client()
    statuses = [
        client.post("/api/v1/login", json={"username": f"name{n}", "password": WRONG}).status_code
        for n in range(61)
    ]
    assert statuses[:60] == [401] * 60
    assert statuses[60] == 429


def test_a_stranger_cannot_lock_the_owner_out(app, password, database, monkeypatch):
    from limits import parse

    monkeypatch.setattr("geodata.accounts.throttling.BY_ACCOUNT", parse("20 per hour"))
    owner = {"REMOTE_ADDR": "192.0.2.1"}
    body = {"username": "viewer", "password": password}
    assert app.test_client().post("/api/v1/login", json=body, environ_base=owner).status_code == 200
    for n in range(25):
        stranger = {"REMOTE_ADDR": f"198.51.100.{n}"}
        app.test_client().post(
            "/api/v1/login", json={**body, "password": WRONG}, environ_base=stranger
        )
    newcomer = {"REMOTE_ADDR": "203.0.113.9"}
    blocked = app.test_client().post("/api/v1/login", json=body, environ_base=newcomer)
    assert blocked.status_code == 429
    let_in = app.test_client().post("/api/v1/login", json=body, environ_base=owner)
    assert let_in.status_code == 200


def test_the_throttle_keeps_no_names(client, database):
    client.post("/api/v1/login", json={"username": "viewer", "password": WRONG})
    with database.read() as connection:
        keys = connection.scalars(select(attempts.c.key)).all()
    assert keys
    assert all(len(key) == 64 and "viewer" not in key for key in keys)


def test_signing_in_and_failing_to_are_in_the_audit_trail(client, sign_in, database):
    client.post("/api/v1/login", json={"username": "viewer", "password": WRONG})
    sign_in("viewer").post("/api/v1/logout")
    with database.read() as connection:
        found = select(audit).where(audit.c.action.like("sign%")).order_by(audit.c.id)
        rows = connection.execute(found).all()
    assert all(row.request_id for row in rows)
    seen = [(row.action, row.actor) for row in rows]
    assert seen == [
        ("sign_in_failed", "viewer"),
        ("signed_in", "viewer"),
        ("signed_out", "viewer"),
    ]


def test_the_form_works_without_javascript(client, password):
    page = client.get("/login?next=/planner")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert 'name="username"' in text
    assert 'name="password"' in text
    assert 'value="/planner"' in text
    answer = client.post(
        "/login", data={"username": "viewer", "password": password, "next": "/planner"}
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/planner"
    assert client.get("/api/v1/me").status_code == 200


def test_a_wrong_password_in_the_form_leads_back_to_it_with_the_reason(client):
    answer = client.post(
        "/login", data={"username": "viewer", "password": WRONG, "next": "/planner"}
    )
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"] + "&lang=en").get_data(as_text=True)
    assert "The name or the password is not right." in page
    assert 'value="/planner"' in page


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        " //evil.example",
    ],
)
def test_the_form_leads_to_own_pages_only(client, password, wanted):
    page = client.get("/login", query_string={"next": wanted}).get_data(as_text=True)
    assert "evil" not in page
    assert "javascript:" not in page
    answer = client.post(
        "/login", data={"username": "viewer", "password": password, "next": wanted}
    )
    assert answer.headers["Location"] == "/"


def test_another_site_cannot_sign_its_visitor_in(client, password):
    body = {"username": "viewer", "password": password}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/login", data=body, headers=headers).status_code == 403
        assert client.post("/api/v1/login", json=body, headers=headers).status_code == 403
    plain = client.post("/api/v1/login", data='{"username": "viewer"}', content_type="text/plain")
    assert plain.status_code == 415


def test_behind_a_trusted_proxy_the_address_and_the_scheme_are_the_browsers(
    settings, database, password
):
    from app import create_app

    body = {"username": "viewer", "password": password}
    told = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    direct = create_app(settings, database).test_client()
    assert "Secure" not in cookie_of(direct.post("/api/v1/login", json=body, headers=told))
    behind = create_app(settings.model_copy(update={"trusted_proxies": 1}), database).test_client()
    assert "Secure" in cookie_of(behind.post("/api/v1/login", json=body, headers=told))
    with database.read() as connection:
        rows = connection.scalars(
            select(audit.c.details).where(audit.c.action == "signed_in").order_by(audit.c.id)
        ).all()
    assert [row["address"] for row in rows] == ["127.0.0.1", "203.0.113.7"]
