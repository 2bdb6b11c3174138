"""Health, counters, request ids and the log."""

from __future__ import annotations

import io
import json
import logging

import pytest
import sqlalchemy as sa
import structlog

from geodata.accounts.tokens import make_token
from geodata.accounts.users import user_named
from geodata.database import Database
from geodata.logs import set_up_logs


@pytest.fixture
def lines(monkeypatch, tmp_path):
    """What is logged, line by line."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before = root.handlers, root.level
    set_up_logs(process="test", data_dir=tmp_path)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, level = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_a_living_server_says_so_to_everybody(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_ready_server_says_so_to_everybody(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_server_whose_database_is_not_migrated_is_not_ready(client, database):
    with database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "/problems/unavailable"


def test_a_server_whose_database_is_gone_says_so_and_works_again_when_it_is_back(
    client, database, server
):
    name = database.engine.url.database
    assert client.get("/readyz").status_code == 200
    server.run("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
    server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    for _ in range(2):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.content_type == "application/problem+json"
        assert "Retry-After" in answer.headers
    assert client.get("/healthz").status_code == 200
    server.run("ALTER DATABASE {} ALLOW_CONNECTIONS true", name)
    assert client.get("/readyz").status_code == 200


def test_the_counters_are_not_for_strangers(client):
    answer = client.get("/metrics")
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_each_answer_carries_an_id_and_keeps_a_sensible_one(client):
    made = client.get("/healthz").headers["X-Request-ID"]
    assert len(made) == 32
    kept = client.get("/healthz", headers={"X-Request-ID": "from-the-proxy-1"})
    assert kept.headers["X-Request-ID"] == "from-the-proxy-1"
    forged = client.get("/healthz", headers={"X-Request-ID": 'a"b c{}'})
    assert len(forged.headers["X-Request-ID"]) == 32


def test_a_request_is_one_line_without_its_query(client, lines):
    answer = client.get("/api/v1/nothing?telephone=13800000000")
    requests = [line for line in lines() if line["event"] == "request"]
    assert len(requests) == 1
    assert requests[0]["request_id"] == answer.headers["X-Request-ID"]
    assert requests[0]["status"] == answer.status_code
    assert "13800000000" not in json.dumps(lines())


def test_machines_that_ask_for_health_do_not_fill_the_log(client, lines):
    client.get("/healthz")
    client.get("/readyz")
    assert lines() == []


def test_a_database_error_is_logged_without_the_values_that_it_quotes(lines, database: Database):
    table = "CREATE TABLE people (telephone text UNIQUE)"
    person = {"telephone": "13800000000"}
    insert = sa.text("INSERT INTO people VALUES (:telephone)")
    with database.begin() as tx:
        tx.connection.execute(sa.text(table))
        tx.connection.execute(insert, person)
    with pytest.raises(sa.exc.IntegrityError) as failed, database.begin() as tx:
        tx.connection.execute(insert, person)
    structlog.get_logger().error("failed", exc_info=failed.value)
    assert len(lines()) == 1
    assert "UniqueViolation" in lines()[0]["exception"]
    assert "13800000000" not in json.dumps(lines())


def test_the_counters_are_for_who_may_see_them(client, database, people):
    secret = {}
    for name in ("admin", "viewer"):
        user = user_named(database, name)
        _, secret[name] = make_token(database, user.actor(), name="prometheus")
    client.get("/healthz")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {secret['admin']}"})
    assert answer.status_code == 200
    assert 'wangge_requests_total{endpoint="observing.healthz",method="GET",status="200"}' in (
        answer.text
    )
    refused = client.get("/metrics", headers={"Authorization": f"Bearer {secret['viewer']}"})
    assert refused.status_code == 403
