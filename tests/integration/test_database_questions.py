"""Connections for single reading statements are never left open."""

from __future__ import annotations

import time
from threading import Event, Thread

from geodata.database.questions import Questions

PIDS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"


def open_connections(database, name):
    with database.single() as connection:
        return connection.exec_driver_sql(PIDS, (name,)).scalar()


def soon_none(database, name):
    """The server takes a moment to see that a connection was closed."""
    for _attempt in range(50):
        if open_connections(database, name) == 0:
            return True
        time.sleep(0.1)
    return False


def test_a_connection_that_is_in_use_while_all_are_closed_is_closed_when_it_comes_back(database):
    join = "&" if "?" in database.url else "?"
    questions = Questions(f"{database.url}{join}application_name=asking", size=2)
    asked = Event()

    def ask() -> None:
        asked.set()
        questions.ask("SELECT pg_sleep(1)", ())

    questions.ask("SELECT 1", ())
    slow = Thread(target=ask)
    slow.start()
    asked.wait()
    assert open_connections(database, "asking") >= 1
    questions.close()
    slow.join()

    assert soon_none(database, "asking")
    assert questions.ask("SELECT 1 AS one", ())[0].one == 1
    assert soon_none(database, "asking")
