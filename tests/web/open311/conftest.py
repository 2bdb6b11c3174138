"""Keys, a neighbouring system that reports, and cases that are there, for the tests of Open311."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from open311_client import PLACE, TAKEN, V2, Key, fits, json_of
from sqlalchemy import text

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import list_users

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from geodata.database import Database


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
