"""Signed-in clients for the tests over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from geodata.accounts import Actor, passwords
from geodata.accounts.tables import users
from geodata.accounts.users import add_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from geodata.database import Database

PASSWORD = "quiet river stone"


@dataclass
class Browser:
    """A client with a session, that sends its CSRF token with each write."""

    client: FlaskClient
    csrf: str

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def send(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"X-CSRF-Token": self.csrf, **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.send("POST", path, **kwargs)


@pytest.fixture
def people(database: Database) -> list[str]:
    """One user of each role, named after it."""
    roles = ["admin", "planner", "commander", "worker", "viewer"]
    for role in roles:
        add_user(database, Actor.terminal(), role, role=role)
    with database.begin() as tx:
        tx.connection.execute(update(users).values(password_hash=digest_of_all()))
    return roles


@cache
def digest_of_all() -> str:
    """One digest for all accounts: five for each test would take longer than the test."""
    return passwords.digest(PASSWORD)


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., Browser]:
    """``sign_in(name)`` gives a browser in which that user is signed in."""

    def signed_in(name: str, password: str = PASSWORD) -> Browser:
        client = app.test_client()
        answer = client.post("/api/v1/login", json={"username": name, "password": password})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return Browser(client, answer.get_json()["csrf"])

    return signed_in


@pytest.fixture
def password() -> str:
    """The password of all ``people``."""
    return PASSWORD
