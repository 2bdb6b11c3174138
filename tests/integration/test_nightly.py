"""What is done each night: each chore does what it says, once, whoever does it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import threading
import time
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import structlog
from croniter import croniter
from procrastinate.periodic import PeriodicDeferrer

from geodata.accounts import Actor
from geodata.accounts.tables import attempts, sessions
from geodata.accounts.users import add_user
from geodata.database.nightly import QUARTERS, do, forget_old_jobs, is_time
from geodata.database.tables import jobs
from geodata.database.working import application, run_worker
from geodata.nightly import CHORES

NIGHT = int(dt.datetime(2027, 1, 16, 3, 17, tzinfo=dt.UTC).timestamp())


def _count(database, table):
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def _ago(**span):
    return sa.func.now() - sa.text(
        "interval '" + " ".join(f"{n} {u}" for u, n in span.items()) + "'"
    )


def test_expired_sessions_and_counters_go_and_others_stay(database):
    user = add_user(database, Actor.terminal(), "somebody", role="viewer")
    with database.begin() as tx:
        for name, end in (("old", _ago(hours=1)), ("new", _ago(hours=-1))):
            row = {"key": name, "user_id": user.id, "content": b"{}", "expires_at": end}
            tx.connection.execute(sa.insert(sessions).values(**row))
            tx.connection.execute(sa.insert(attempts).values(key=name, count=1, expires_at=end))
    assert CHORES["forget_expired_sessions"](database) == 2
    with database.read() as connection:
        assert connection.scalars(sa.select(sessions.c.key)).all() == ["new"]
        assert connection.scalars(sa.select(attempts.c.key)).all() == ["new"]


def test_jobs_that_were_over_long_ago_are_forgotten_and_open_ones_never(database):
    with database.begin() as tx:
        for state, finished in (
            ("done", _ago(days=91)),
            ("failed", _ago(days=200)),
            ("done", _ago(days=89)),
            ("waiting", None),
            ("running", None),
        ):
            row = {"kind": "import", "state": state, "finished_at": finished}
            tx.connection.execute(sa.insert(jobs).values(asked_at=_ago(days=300), **row))
    assert forget_old_jobs(database) == 2
    with database.read() as connection:
        left = connection.scalars(sa.select(jobs.c.state).order_by(jobs.c.id)).all()
    assert left == ["done", "waiting", "running"]


def test_the_ledger_is_summed_up_and_says_the_same(database):
    report = (
        "INSERT INTO cases (source, category, state, reported_at, geom) VALUES"
        " ('snap', 'noise', 'reported', now(), ST_SetSRID(ST_Point(118.35, 35.0), 4326))"
    )
    for _ in range(5):
        with database.begin() as tx:
            tx.connection.execute(sa.text(report))
    said = "SELECT sum(n), count(*) FROM case_cells"
    before, rows = database.ask(said)[0]
    gone = CHORES["sum_up_case_cells"](database)
    assert gone == rows * 4 // 5
    assert tuple(database.ask(said)[0]) == (before, rows - gone)


def test_uploads_that_lay_for_a_day_are_thrown_away(database, tmp_path, monkeypatch):
    monkeypatch.setenv("WANGGE_DATA_DIR", str(tmp_path))
    chore = CHORES["throw_away_uploads"]
    assert chore(database) == 0
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    for name, hours in (("old", 25), ("new", 23)):
        (uploads / name).write_bytes(b"x")
        os.utime(uploads / name, (time.time() - hours * 3600,) * 2)
    assert chore(database) == 1
    assert [path.name for path in uploads.iterdir()] == ["new"]


@pytest.mark.parametrize(
    "zone",
    [
        "Asia/Shanghai",
        "Asia/Kathmandu",  # 5:45
        "Asia/Kolkata",  # 5:30
        "Australia/Lord_Howe",  # half an hour of summer time
        "Europe/Helsinki",  # its clocks jump from 3 to 4, and back over 3:17
        "Africa/Cairo",  # at midnight
        "America/New_York",
        "America/St_Johns",
        "Pacific/Chatham",  # 12:45, and its clocks jump from 2:45 to 3:45
        "UTC",
    ],
)
def test_each_local_day_has_one_moment_for_the_nights_work(zone):
    there = ZoneInfo(zone)
    first = dt.datetime(2026, 1, 1, tzinfo=there)
    asked = croniter(QUARTERS, first.timestamp())
    begun = []
    while (moment := round(asked.get_next(float))) < first.replace(year=2027).timestamp():
        if is_time(moment, there):
            begun.append(dt.datetime.fromtimestamp(moment, there))
    assert [one.date() for one in begun] == [
        first.date() + dt.timedelta(days) for days in range(365)
    ]
    others = [one for one in begun if one.time() != dt.time(3, 17)]
    jumps = {"Europe/Helsinki": (3, 29), "Pacific/Chatham": (9, 27)}
    day = jumps.get(zone)
    assert others == ([dt.datetime(2026, *day, 4, 17, tzinfo=there)] if day else [])


def test_it_is_17_past_19_utc_in_china_and_never_else():
    night = int(dt.datetime(2026, 6, 1, 19, 17, tzinfo=dt.UTC).timestamp())
    china = ZoneInfo("Asia/Shanghai")
    assert [shift for shift in range(-2879, 2880) if is_time(night + shift * 60, china)] == [
        -1440,
        0,
        1440,
    ]


def test_no_work_is_done_in_the_other_quarters_of_the_day(database):
    done = []

    async def run(moment):
        app = application(database, threading.Event(), {"chore": done.append}, china)
        async with app.open_async():
            (task,) = [one for one in app.tasks.values() if "nightly" in one.name]
            await task.defer_async(timestamp=moment)
            await app.run_worker_async(wait=False, install_signal_handlers=False)

    china = ZoneInfo("Asia/Shanghai")
    night = int(dt.datetime(2026, 6, 1, 19, 17, tzinfo=dt.UTC).timestamp())
    for moment, times in ((night - 900, 0), (night, 1), (night + 900, 1)):
        asyncio.run(run(moment))
        assert len(done) == times


def test_two_workers_do_a_nights_work_once(database):
    done = []

    def chore(_):
        done.append(threading.current_thread().name)
        return 1

    async def ask():
        for _ in range(2):
            app = application(database, threading.Event(), {"first": chore, "second": chore})
            async with app.open_async():
                tasks = app.periodic_registry.periodic_tasks.values()
                night = [(one, NIGHT) for one in tasks if "nightly" in one.task.name]
                await PeriodicDeferrer(registry=app.periodic_registry).defer_jobs(night)

    asyncio.run(ask())
    workers = [
        threading.Thread(
            target=run_worker,
            args=[database],
            kwargs={"wait": False, "chores": {"first": chore, "second": chore}},
        )
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # one may have seen the other's chore running, and the queue empty beside it
    run_worker(database, wait=False, chores={"first": chore, "second": chore})
    assert len(done) == 2


@pytest.mark.parametrize("broken", [False, True])
def test_the_operator_reads_in_the_log_what_was_done(database, broken):
    def chore(_):
        if broken:
            raise ZeroDivisionError
        return 7

    with structlog.testing.capture_logs() as lines:
        do(database, "count_sheep", chore)
    assert lines[0]["event"] == ("nightly work failed" if broken else "nightly work done")
    assert lines[0]["chore"] == "count_sheep"
    assert broken or lines[0]["count"] == 7
