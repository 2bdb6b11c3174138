"""Bad days: a server killed in the middle, a clock that steps back. Nothing is half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, TOLD, WEI, take

from geodata.accounts import Actor
from geodata.cases.clocks import calendar, reckoning
from geodata.cases.clocks import jobs as clock_jobs
from geodata.cases.incoming.reporting import report
from geodata.cases.steps import stepping
from geodata.cases.steps import store as steps
from geodata.cases.twins import joined, joining
from geodata.cases.whistles import whistling

CHILD = """
import sys, time
from geodata.accounts import Actor
from geodata.database import Database
from geodata.profiles import load_profile

database, profile = Database(sys.argv[1]), load_profile("linyi")
actor = Actor(None, "Anne", "commander")
numbers = [int(one) for one in sys.argv[2].split(",")]

def stop_at(module, name, nth):
    real, left = getattr(module, name), [nth]
    def stopping(*args, **more):
        found = real(*args, **more)
        left[0] -= 1
        if not left[0]:
            print("half", flush=True)
            time.sleep(60)
        return found
    setattr(module, name, stopping)

{work}
"""
BATCH = """
from geodata.cases.steps import stepping
stop_at(stepping, "record", 3)
wanted = [(number, stepping.Wanted("file", 0)) for number in numbers]
stepping.step_all(database, actor, profile, wanted)
"""
JOINING = """
from geodata.cases.twins import joining
stop_at(joining, "change", 3)
joining.join(database, actor, profile, numbers[0], 0, dict.fromkeys(numbers[1:], 0))
"""
WHISTLE = """
from geodata.cases.whistles import whistling
stop_at(whistling, "enter", 1)
whistling.whistle(database, actor, profile, numbers[0], ["police", "ecology"], reason="联合整治")
"""
RECKONING = """
from geodata.cases.clocks import jobs
jobs.AT_ONCE = 2
stop_at(jobs.overdue, "reckon_again", 2)
jobs.reckon_open(database, profile)
"""


def killed(database, work, numbers):
    """A process that does this work and is killed in the middle of a transaction."""
    code = CHILD.replace("{work}", work)
    listed = ",".join(map(str, numbers))
    words = [sys.executable, "-c", code, database.url, listed]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline().strip() == "half"
        os.kill(child.pid, signal.SIGKILL)


def assert_whole(database, numbers):
    """Each case is as its entries say: its state, its clocks, its revision."""
    with database.read() as connection:
        workdays = calendar.workdays(connection, PROFILE)
        for number in numbers:
            case = steps.columns(connection, number, (*reckoning.READ, "revision"))
            entries = steps.entries(connection, number)
            assert case["revision"] == len(entries) - 1
            assert entries[-1]["to_state"] == case["state"]
            said = reckoning.reckon(case, entries, profile=PROFILE, workdays=workdays)
            assert {name: case[name] for name in said} == said


def take_off_the_next_worked_day(database):
    with database.read() as connection:
        office = calendar.workdays(connection, PROFILE)
    today = datetime.now(PROFILE.zone).date()
    days = [today + timedelta(days=k) for k in range(1, 30)]
    first = next(day for day in days if office.is_worked(day))
    calendar.set_day(database, Actor.terminal(), first, works=False)


@pytest.mark.parametrize("work", [BATCH, JOINING, WHISTLE, RECKONING])
def test_a_server_that_is_killed_in_the_middle_leaves_every_case_whole(database, work):
    numbers = [report(database, WEI, PROFILE, TOLD).case["id"] for _ in range(5)]
    if work is RECKONING:
        take_off_the_next_worked_day(database)
    killed(database, work, numbers)
    with database.begin() as tx:  # waits until the server has noticed
        tx.connection.execute(sa.text("select id from cases order by id for update"))
    if work is RECKONING:
        assert clock_jobs.reckon_open(database, PROFILE) == 3  # two were done by then
    assert_whole(database, numbers)
    with database.read() as connection:
        calls = connection.execute(sa.text("select count(*) from case_calls")).scalar_one()
        states = [steps.columns(connection, number, ["state"])["state"] for number in numbers]
    assert calls == 0
    assert states == (["filed"] * 2 + ["reported"] * 3 if work is BATCH else ["reported"] * 5)
    # and everybody may go on
    for number, state in zip(numbers, states, strict=True):
        kind = "note" if state == "filed" else "file"
        seen = 1 if state == "filed" else 0
        take(database, ANNE, number, kind, seen, reason="接着办")
    assert_whole(database, numbers)


def test_a_machine_whose_clock_steps_back_puts_no_entry_before_another(database, monkeypatch):
    number, other = (report(database, WEI, PROFILE, TOLD).case["id"] for _ in range(2))
    take(database, ANNE, number, "pause", 0, reason="等")

    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(hours=5)

    for module in (stepping, whistling, joined, joining, steps):
        if hasattr(module, "datetime"):
            monkeypatch.setattr(module, "datetime", Earlier)
    take(database, ANNE, number, "resume", 1)
    take(database, ANNE, number, "file", 2)
    whistling.whistle(database, ANNE, PROFILE, number, ["police"], reason="来看看")
    joining.join(database, ANNE, PROFILE, number, 4, {other: 0})
    joining.part(database, ANNE, PROFILE, other, 1)
    with database.read() as connection:
        for one in (number, other):
            moments = [entry["at"] for entry in steps.entries(connection, one)]
            assert moments == sorted(moments)
            assert moments[0] > datetime.now(UTC) - timedelta(hours=1)
            row = steps.columns(connection, one, ["stage_since", "stage_due_at"])
            assert row["stage_since"] >= moments[0]
            assert row["stage_due_at"] > row["stage_since"]
    assert_whole(database, [number, other])
