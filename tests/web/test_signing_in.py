"""Signing in, sessions and their cookies."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("people")


def test_a_right_password_gives_a_session_and_a_csrf_token(client, password):
    answer = client.post("/api/v1/login", json={"username": "planner", "password": password})
    assert answer.status_code == 200
    assert answer.get_json()["csrf"]
    assert answer.get_json()["user"]["role"] == "planner"
    assert client.get("/api/v1/me").get_json()["user"]["name"] == "planner"


@pytest.mark.parametrize("name", ["planner", "nobody", "' OR 1=1 --", "pl\0anner", "网" * 200])
def test_a_wrong_name_or_password_is_the_same_refusal(client, name):
    answer = client.post("/api/v1/login", json={"username": name, "password": "wrong wrong wrong"})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["type"] == "/problems/wrong-password"
    assert "Set-Cookie" not in answer.headers
