"""Transactions: what they tell, what they keep, what they refuse."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest
import sqlalchemy as sa

from geodata.database.tables import changes, layer_versions
from geodata.errors import Unavailable


def test_a_layer_that_never_changed_has_version_zero(database):
    assert database.versions(["cases", "grids"]) == {"cases": 0, "grids": 0}


def test_a_transaction_raises_each_changed_layer_once(database):
    with database.begin() as tx:
        tx.changed("grids", "1", "added")
        tx.changed("grids", "2", "added")
        tx.changed("areas", "3")
    first = database.versions(["areas", "cases", "grids"])
    assert first["cases"] == 0
    assert first["areas"] > 0
    assert first["grids"] > 0
    with database.begin() as tx:
        tx.changed("grids", "1", "ended", by="planner")
    assert database.version("grids") > first["grids"]
    assert database.version("areas") == first["areas"]


def test_a_version_is_above_the_one_before_even_if_the_clock_went_back(database):
    ahead = 1 << 52
    with database.begin() as tx:
        tx.connection.execute(sa.insert(layer_versions).values(layer="grids", version=ahead))
    with database.begin() as tx:
        tx.changed("grids")
    assert database.version("grids") == ahead + 1


def test_changes_are_written_with_their_details(database):
    with database.begin() as tx:
        tx.changed("grids", "371311001001001", "changed", fields=["name"])
    with database.read() as connection:
        row = connection.execute(sa.select(changes)).one()
    assert (row.layer, row.code, row.action) == ("grids", "371311001001001", "changed")
    assert row.details == {"fields": ["name"]}


def test_a_transaction_that_fails_leaves_no_version_and_no_change(database):
    with suppress(LookupError), database.begin() as tx:
        tx.changed("grids", "1", "added")
        raise LookupError
    assert database.version("grids") == 0


def test_listeners_hear_of_each_changed_layer_after_the_commit(database):
    with psycopg.connect(database.url, autocommit=True) as listener:
        listener.execute("LISTEN wangge")
        with database.begin() as tx:
            tx.changed("streets")
            tx.changed("cases", "7")
            tx.changed("cases", "8")
        heard = [notice.payload for notice in listener.notifies(timeout=2, stop_after=2)]
    assert sorted(heard) == ["cases", "streets"]


def test_a_snapshot_does_not_see_what_is_committed_after_its_first_look(database):
    count = sa.select(sa.func.count()).select_from(changes)
    with database.read() as connection:
        assert connection.scalar(count) == 0
        with database.begin() as tx:
            tx.changed("cases")
        assert connection.scalar(count) == 0
    with database.read() as connection:
        assert connection.scalar(count) == 1


def test_a_snapshot_cannot_write(database):
    with pytest.raises(sa.exc.InternalError, match="read-only"), database.read() as connection:
        connection.execute(sa.insert(changes).values(layer="x", action="added"))


@pytest.mark.parametrize("table", ["audit", "changes"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_nobody_edits_what_was_recorded(database, table, statement):
    with pytest.raises(sa.exc.ProgrammingError, match="never edited"), database.begin() as tx:
        tx.connection.execute(sa.text(statement.format(table)))


def test_a_database_that_is_gone_is_unavailable(server, database):
    database.engine.dispose()
    server.drop(database.engine.url.database)
    with pytest.raises(Unavailable), database.read():
        pass
    with pytest.raises(Unavailable):
        database.version("cases")


def test_versions_are_read_again_after_the_connections_were_cut(database, server):
    name = database.engine.url.database
    assert database.version("cases") == 0
    with database.begin() as tx:
        tx.changed("cases")
    server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert database.version("cases") > 0


def test_a_statement_that_is_refused_is_not_asked_again(database):
    counter = "SELECT nextval('numbers')"
    with database.begin() as tx:
        tx.connection.execute(sa.text("CREATE SEQUENCE numbers"))
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        database.ask(counter)
    database.ask("SELECT set_config('statement_timeout', '20', false)")
    with pytest.raises(Unavailable, match="too long"):
        database.ask("SELECT pg_sleep(5)")
    assert database.ask("SELECT 1 AS one")[0].one == 1


def test_more_questions_than_connections_wait_for_their_turn(database, server):
    with ThreadPoolExecutor(40) as many:
        rows = list(many.map(lambda number: database.ask("SELECT %s::int", [number]), range(400)))
    assert [row[0][0] for row in rows] == list(range(400))
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'"
    assert server.run(count.format(database.engine.url.database))[0][0] <= 4


def test_who_waits_too_long_is_told_that_the_database_is_busy(database, monkeypatch):
    monkeypatch.setattr("geodata.database.questions.WAIT_SECONDS", 0.05)
    with ThreadPoolExecutor(4) as few:
        long = [few.submit(database.ask, "SELECT 1 AS one, pg_sleep(1)") for _ in range(4)]
        while not all(one.running() for one in long):
            pass
        time.sleep(0.3)
        with pytest.raises(Unavailable, match="too busy"):
            database.ask("SELECT 1")
        assert [one.result()[0].one for one in long] == [1] * 4


def test_what_the_commit_refuses_leaves_nothing_and_is_no_end_of_its_connection(database):
    with database.begin() as tx:
        tx.connection.execute(sa.text("create table seats (n int unique initially deferred)"))

    def take_a_seat_twice():
        with database.begin() as tx:
            tx.connection.execute(sa.text("insert into seats values (1), (1)"))
            tx.changed("grids", "1", "added")

    with pytest.raises(sa.exc.IntegrityError):
        take_a_seat_twice()
    assert database.version("grids") == 0
    with database.begin() as tx:
        assert tx.connection.scalar(sa.text("select count(*) from seats")) == 0
        tx.changed("grids", "1", "added")
        tx.connection.execute(sa.text("drop table seats"))
    assert database.version("grids") > 0
