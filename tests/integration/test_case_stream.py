"""What happens with cases, told as it happens and never missed."""

from __future__ import annotations

import time
from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, TOLD, WEI, take

from geodata.cases import streaming
from geodata.cases.incoming.reporting import report
from geodata.cases.streaming import Stream


@pytest.fixture
def stream(database):
    opened = Stream(database)
    yield opened
    opened.close()


def read(stream, seen, *, wanted, seconds=10.0):
    """So many events after ``seen``, however they come."""
    found, end = [], time.monotonic() + seconds
    while len(found) < wanted and time.monotonic() < end:
        found += stream.after(found[-1].id if found else seen, seconds=1.0)
    return found


def test_a_new_case_and_each_of_its_steps_come_within_a_moment(database, stream):
    seen = stream.last
    number = report(database, WEI, PROFILE, TOLD).case["id"]
    [first] = read(stream, seen, wanted=1)
    told = orjson.loads(first.data)
    assert told["action"] == "added"
    assert told["case"]["id"] == number
    assert told["case"]["lon"] == pytest.approx(118.35)
    assert "title" not in told["case"]
    take(database, ANNE, number, "file", 0)
    [second] = read(stream, first.id, wanted=1)
    assert orjson.loads(second.data)["case"]["state"] == "filed"


def test_who_comes_back_gets_what_was_missed_and_nothing_twice(database, stream, monkeypatch):
    monkeypatch.setattr(streaming, "KEPT", 5)
    small = Stream(database)
    try:
        seen = small.last
        for k in range(12):
            report(database, WEI, PROFILE, replace(TOLD, external_id=str(k)))
        for one in (small, stream):
            ids = [event.id for event in read(one, seen, wanted=12)]
            assert len(ids) == 12
            assert ids == sorted(set(ids))
            again = [event.id for event in read(one, ids[6], wanted=5)]
            assert again == ids[7:]
    finally:
        small.close()


def test_a_lost_connection_is_made_again_and_nothing_is_missed(database, stream):
    seen = stream.last
    ended, end = 0, time.monotonic() + 10
    while not ended and time.monotonic() < end:  # until it listens
        with database.single() as connection:
            ended = connection.execute(
                sa.text(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            ).scalar_one()
    assert ended
    numbers = [
        report(database, WEI, PROFILE, replace(TOLD, external_id=str(k))).case["id"]
        for k in range(3)
    ]
    found = [orjson.loads(event.data)["case"]["id"] for event in read(stream, seen, wanted=3)]
    assert found == numbers


def test_a_closed_stream_sends_its_viewers_home(database):
    opened = Stream(database)
    opened.close()
    begun = time.monotonic()
    assert opened.after(opened.last, seconds=30.0) == []
    assert opened.is_over
    assert time.monotonic() - begun < 5
