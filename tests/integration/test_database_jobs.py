"""Long work: asked for, followed, stopped, and found again after its worker was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import suppress

import pytest
import sqlalchemy as sa

from geodata.database import jobs as jobs_module
from geodata.database.jobs import Work, cancel, job, job_kind, submit, submit_within, wait_for
from geodata.database.tables import jobs
from geodata.database.working import run_worker, sweep
from geodata.errors import Cancelled, Conflict, InvalidInput, NotFound


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(jobs_module, "_kinds", {})

    @job_kind("count")
    def count(work: Work):
        for step in range(work.arguments["to"]):
            work.progress("counting", step / work.arguments["to"])
        return {"counted": work.arguments["to"], "for": work.actor["name"]}

    @job_kind("refuse")
    def refuse(work: Work):
        raise InvalidInput("The layer %(layer)s is unknown.", layer="nowhere")

    @job_kind("break")
    def break_down(work: Work):
        raise ZeroDivisionError

    @job_kind("endless")
    def endless(work: Work):
        while not work.cancelled():
            work.progress("going round", 0.5)
        raise Cancelled("Stopped; nothing was kept.")

    @job_kind("safe", again=True)
    def safe(work: Work):
        return {"by": work.actor["name"]}


def test_work_is_done_and_leaves_its_report(database):
    number = submit(database, "count", {"to": 3}, actor={"name": "admin"}, asked_by=1)
    assert job(database, number).state == "waiting"
    run_worker(database, wait=False)
    done = job(database, number)
    assert (done.state, done.done, done.stage) == ("done", 1.0, "counting")
    assert done.report == {"counted": 3, "for": "admin"}
    assert done.asked_at <= done.started_at <= done.finished_at


def test_work_that_is_refused_tells_why_in_translatable_words(database):
    number = submit(database, "refuse", {})
    run_worker(database, wait=False)
    failed = job(database, number)
    assert failed.state == "failed"
    assert failed.problem == {
        "kind": "invalid-input",
        "message": "The layer %(layer)s is unknown.",
        "params": {"layer": "nowhere"},
    }


def test_work_that_breaks_down_does_not_take_the_worker_with_it(database):
    broken = submit(database, "break", {})
    fine = submit(database, "count", {"to": 1}, actor={"name": "x"})
    run_worker(database, wait=False)
    assert job(database, broken).state == "failed"
    assert job(database, broken).problem["params"] == {"name": "ZeroDivisionError"}
    assert job(database, fine).state == "done"


def test_work_of_an_unknown_kind_is_not_taken(database):
    with pytest.raises(InvalidInput, match="no such work as dance"):
        submit(database, "dance", {})


def test_waiting_work_is_cancelled_at_once_and_never_begins(database):
    number = submit(database, "count", {"to": 1}, actor={"name": "x"})
    assert cancel(database, number).state == "cancelled"
    run_worker(database, wait=False)
    assert job(database, number).started_at is None


def test_running_work_is_cancelled_at_its_next_chance(database):
    number = submit(database, "endless", {})
    worker = threading.Thread(target=run_worker, args=[database], kwargs={"wait": False})
    worker.start()
    while job(database, number).stage != "going round":
        pass
    cancel(database, number)
    assert wait_for(database, number, seconds=20).state == "cancelled"
    worker.join()


def test_what_is_over_cannot_be_cancelled(database):
    number = submit(database, "refuse", {})
    run_worker(database, wait=False)
    with pytest.raises(Conflict):
        cancel(database, number)


def test_an_unknown_job_is_not_found(database):
    with pytest.raises(NotFound):
        job(database, 404)
    with pytest.raises(NotFound):
        cancel(database, 404)


def test_work_asked_for_in_a_transaction_that_fails_was_never_asked_for(database):
    with suppress(LookupError), database.begin() as tx:
        submit_within(tx, "count", {"to": 1})
        raise LookupError
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(jobs)) == 0
        assert connection.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs")) == 0


WORKER = textwrap.dedent("""
    import sys, time
    from geodata.database import Database
    from geodata.database.jobs import job_kind
    from geodata.database.working import run_worker

    def linger(work):
        while not work.cancelled():
            work.progress("lingering", 0.5)
            time.sleep(0.01)
        from geodata.errors import Cancelled
        raise Cancelled("Stopped; nothing was kept.")

    job_kind("endless")(linger)
    job_kind("safe", again=True)(linger)
    run_worker(Database(sys.argv[1]))
""")


def _worker_at(database, number):
    worker = subprocess.Popen([sys.executable, "-c", WORKER, database.url])
    while job(database, number).stage != "lingering":
        assert worker.poll() is None
    return worker


def test_work_whose_worker_was_killed_is_found_and_said_so(database):
    number = submit(database, "endless", {})
    worker = _worker_at(database, number)
    assert sweep(database) == []
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    while sweep(database) != [number]:
        pass
    failed = job(database, number)
    assert failed.state == "failed"
    assert "server was stopped" in failed.problem["message"]
    run_worker(database, wait=False)
    assert job(database, number).state == "failed"


def test_work_that_may_run_again_does_after_its_worker_was_killed(database):
    number = submit(database, "safe", {}, actor={"name": "planner"})
    worker = _worker_at(database, number)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    while job(database, number).state == "running":
        sweep(database)
    run_worker(database, wait=False)
    assert job(database, number).report == {"by": "planner"}


def test_a_worker_that_is_told_to_stop_ends_its_work_first(database):
    number = submit(database, "endless", {})
    worker = _worker_at(database, number)
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    stopped = job(database, number)
    assert stopped.state == "failed"
    assert "server was stopped" in stopped.problem["message"]
