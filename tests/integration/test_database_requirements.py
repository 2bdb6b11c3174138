"""Somebody else's PostgreSQL: what it lacks is named with the line that mends it."""

from __future__ import annotations

import threading

import pytest

from geodata.database import open_database, requirements
from geodata.database.requirements import ensure_extensions
from geodata.errors import SetUpIncomplete, Unavailable
from geodata.settings import Settings


@pytest.fixture
def bare(server):
    """A database without extensions."""
    with server.copy_of("template0") as database:
        yield database


@pytest.fixture
def stranger(server):
    """A role that may do nothing of itself."""
    name = "test_stranger"
    with server.alone():
        known = server.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'")
        if not known:
            server.run("CREATE ROLE {}", name)
    return name


def _as(database, role):
    return f"{database.url}&options=-c%20role%3D{role}"


def test_extensions_are_made_where_that_is_allowed(bare):
    ensure_extensions(bare.url)
    with bare.read() as connection:
        names = connection.exec_driver_sql("SELECT extname FROM pg_extension").scalars().all()
    assert {"postgis", "btree_gist"} <= set(names)


def test_a_missing_extension_that_we_may_not_make_is_a_line_for_the_superuser(bare, stranger):
    with pytest.raises(SetUpIncomplete) as refused:
        ensure_extensions(_as(bare, stranger))
    assert "CREATE EXTENSION postgis;" in str(refused.value)
    assert refused.value.params["user"] == stranger


def test_a_missing_right_to_make_tables_is_a_line_for_the_owner(bare, stranger):
    ensure_extensions(bare.url)
    with bare.begin() as tx:
        tx.connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(SetUpIncomplete) as refused:
        ensure_extensions(_as(bare, stranger))
    assert f"GRANT CREATE, USAGE ON SCHEMA public TO {stranger};" in str(refused.value)


def test_an_old_postgresql_is_refused(bare, monkeypatch):
    monkeypatch.setattr(requirements, "OLDEST_POSTGRESQL", 99)
    with pytest.raises(SetUpIncomplete, match="needs 99 or newer"):
        ensure_extensions(bare.url)


def test_an_old_postgis_is_refused(bare, monkeypatch):
    monkeypatch.setattr(requirements, "OLDEST_POSTGIS", (99, 0))
    with pytest.raises(SetUpIncomplete, match=r"needs 99\.0 or newer"):
        ensure_extensions(bare.url)


def test_servers_that_make_the_extensions_at_once_do_not_meet(bare):
    errors = []

    def make():
        try:
            ensure_extensions(bare.url)
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_server_that_is_not_there_is_unavailable(tmp_path):
    url = "postgresql://wangge@127.0.0.1:1/none"
    with pytest.raises(Unavailable):
        open_database(Settings(database_url=url, data_dir=tmp_path))
