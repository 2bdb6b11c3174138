"""Tokens, users and the audit trail over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from geodata.accounts.tables import sessions, tokens

pytestmark = pytest.mark.usefixtures("people")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def made(sign_in):
    """A planner's browser and a new token of theirs."""
    browser = sign_in("planner")
    answer = browser.post("/api/v1/tokens", json={"name": "QGIS", "days": 30})
    assert answer.status_code == 201
    return browser, answer.get_json()


def test_a_token_does_what_its_owner_may_and_needs_no_csrf(client, made):
    headers = bearer(made[1]["token"])
    assert client.get("/api/v1/me", headers=headers).get_json()["user"]["name"] == "planner"
    assert client.post("/api/v1/tokens", json={}, headers=headers).status_code == 201
    assert client.get("/api/v1/users", headers=headers).status_code == 403


def test_a_token_is_long_shown_once_and_stored_as_a_digest(made, database):
    browser, token = made
    assert token["token"].startswith("wg_")
    assert len(token["token"]) >= 3 + 43
    listed = browser.get("/api/v1/tokens").get_data(as_text=True)
    assert token["token"] not in listed
    with database.read() as connection:
        assert len(connection.scalar(select(tokens.c.sha256))) == 32
        assert token["token"] not in str(connection.execute(select(tokens)).all())


def test_a_revoked_token_is_useless_at_once(client, made):
    browser, token = made
    headers = bearer(token["token"])
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    assert browser.send("DELETE", f"/api/v1/tokens/{token['id']}").status_code == 204
    answer = client.get("/api/v1/me", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert browser.get("/api/v1/tokens").get_json()["tokens"] == []


def test_a_token_revoked_elsewhere_cannot_read_the_map_any_more(client, made, database):
    headers = bearer(made[1]["token"])
    assert client.get("/ogc/conformance", headers=headers).status_code == 200
    with database.begin() as tx:
        tx.connection.execute(update(tokens).values(revoked_at=func.now()))
    assert client.get("/ogc/conformance", headers=headers).status_code == 401


def test_a_session_ended_elsewhere_cannot_read_the_map_any_more(sign_in, database):
    browser = sign_in("viewer")
    assert browser.get("/ogc/conformance").status_code == 200
    with database.begin() as tx:
        tx.connection.execute(delete(sessions))
    assert browser.get("/ogc/conformance").status_code == 401


def test_a_session_that_signed_out_here_cannot_read_the_map_any_more(app, sign_in):
    browser = sign_in("viewer")
    identifier = browser.client.get_cookie("wangge_session").value
    assert browser.get("/ogc/conformance").status_code == 200
    assert browser.get("/ogc/conformance").status_code == 200
    browser.post("/api/v1/logout")
    thief = app.test_client()
    thief.set_cookie("wangge_session", identifier)
    assert thief.get("/ogc/conformance").status_code == 401


def test_an_expired_token_and_one_of_an_account_switched_off_are_refused(
    client, made, sign_in, database
):
    headers = bearer(made[1]["token"])
    with database.begin() as tx:
        tx.connection.execute(update(tokens).values(expires_at=func.now() + timedelta(hours=1)))
    admin = sign_in("admin")
    for active, status in ((False, 401), (True, 200)):
        answer = admin.send("PATCH", "/api/v1/users/planner", json={"active": active})
        assert answer.status_code == 200
        assert client.get("/api/v1/me", headers=headers).status_code == status
    with database.begin() as tx:
        tx.connection.execute(update(tokens).values(expires_at=func.now() - timedelta(seconds=1)))
    assert client.get("/api/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer wg_", "Bearer x", "bearer wg_\xe9", "Bearer wg_ a b"]
)
def test_a_token_that_is_none_is_refused(client, header):
    assert client.get("/api/v1/me", headers={"Authorization": header}).status_code == 401


def test_a_wrong_token_is_refused_even_with_a_good_session(sign_in):
    answer = sign_in("viewer").get("/api/v1/me", headers=bearer("wg_wrong"))
    assert answer.status_code == 401


def test_nobody_revokes_the_token_of_another(made, sign_in):
    answer = sign_in("admin").send("DELETE", f"/api/v1/tokens/{made[1]['id']}")
    assert answer.status_code == 404


def test_the_last_use_of_a_token_is_noted(client, made):
    browser, token = made
    assert browser.get("/api/v1/tokens").get_json()["tokens"][0]["last_used_at"] is None
    client.get("/api/v1/me", headers=bearer(token["token"]))
    assert browser.get("/api/v1/tokens").get_json()["tokens"][0]["last_used_at"]


@pytest.mark.parametrize("role", ["planner", "commander", "worker", "viewer"])
def test_only_administrators_see_and_change_users_and_read_the_trail(sign_in, role):
    browser = sign_in(role)
    assert browser.get("/api/v1/users").status_code == 403
    assert browser.get("/api/v1/audit").status_code == 403
    assert browser.get("/users").status_code == 403
    assert browser.send("PATCH", f"/api/v1/users/{role}", json={"role": "admin"}).status_code == 403
    new = {"name": "friend", "role": "admin", "password": "quiet river stone"}
    assert browser.post("/api/v1/users", json=new).status_code == 403
    answer = browser.send("PUT", "/api/v1/users/admin/password", json={"password": "mine now 123"})
    assert answer.status_code == 403


def test_an_administrator_adds_and_changes_users(sign_in):
    admin = sign_in("admin")
    new = {"name": "wang.wu", "role": "worker", "password": "quiet river stone"}
    assert admin.post("/api/v1/users", json=new).status_code == 201
    assert admin.post("/api/v1/users", json={**new, "name": "WANG.WU"}).status_code == 409
    assert sign_in("wang.wu").get("/api/v1/me").get_json()["user"]["role"] == "worker"
    changed = admin.send("PATCH", "/api/v1/users/wang.wu", json={"role": "viewer"}).get_json()
    assert changed["role"] == "viewer"
    assert admin.send("PATCH", "/api/v1/users/nobody", json={}).status_code == 404
    unknown = admin.send("PATCH", "/api/v1/users/wang.wu", json={"areas": ["999"]})
    assert unknown.status_code == 400
    assert "999" in unknown.get_json()["detail"]


def test_the_trail_is_read_page_by_page(sign_in):
    admin = sign_in("admin")
    seen, before = [], None
    for _ in range(20):
        query = {"limit": 2} | ({"before": before} if before else {})
        page = admin.get("/api/v1/audit", query_string=query).get_json()
        seen += [entry["id"] for entry in page["entries"]]
        before = page["next"]
        if before is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 6
    only = admin.get("/api/v1/audit?action=user_added&actor=terminal").get_json()["entries"]
    assert len(only) == 5
    assert only[0]["subject"] == "users/viewer"
