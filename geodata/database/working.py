"""The worker: takes jobs from the queue, runs them, and keeps what people see of them."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import procrastinate
import sqlalchemy as sa
import structlog

from geodata.database import minutely, nightly
from geodata.database.engine import Database, refusals
from geodata.database.jobs import LOCK_SPACE, TASK, Work, enqueue, forget, kind_of
from geodata.database.tables import jobs
from geodata.errors import Cancelled, Unavailable, WanggeError

log = structlog.get_logger()

NOTHING: Final[Mapping[str, nightly.Chore]] = MappingProxyType({})
AT_ONCE = 2
"""Jobs that one worker runs side by side; each may take a core."""
RETRY_SECONDS = 2
GRACE_SECONDS = 20
"""How long running jobs get to stop by themselves when the server goes down."""


def run_worker(
    database: Database,
    *,
    wait: bool = True,
    chores: Mapping[str, nightly.Chore] = NOTHING,
    zone: dt.tzinfo = dt.UTC,
    each_minute: Mapping[str, nightly.Chore] = NOTHING,
) -> None:
    """Work until SIGTERM or SIGINT; with ``wait=False`` until the queue is empty.

    A job that is running at that moment is told to stop and marked failed, or queued again if
    its kind permits that. When the database goes away it waits until that is back. ``chores`` are
    done each night of ``zone``, ``each_minute`` each minute, by one of all workers.
    """
    stopping = threading.Event()
    while not stopping.is_set():
        try:
            sweep(database)
            app = application(database, stopping, chores, zone, each_minute)
            asyncio.run(_work(app, stopping, wait=wait))
        except (Unavailable, procrastinate.exceptions.ConnectorException):
            if not wait:
                raise
        if not wait:
            return
        if not stopping.is_set():
            log.warning("the worker lost the database and tries again")
            stopping.wait(RETRY_SECONDS)


async def _work(app: procrastinate.App, stopping: threading.Event, *, wait: bool) -> None:
    async with app.open_async():
        task = asyncio.create_task(
            app.run_worker_async(
                wait=wait,
                concurrency=AT_ONCE,
                delete_jobs="always",
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
            )
        )

        def stop() -> None:
            stopping.set()
            task.cancel()

        loop = asyncio.get_running_loop()
        on_main_thread = threading.current_thread() is threading.main_thread()
        for number in (signal.SIGTERM, signal.SIGINT) if on_main_thread else ():
            loop.add_signal_handler(number, stop)
        try:
            await task
        except asyncio.CancelledError:
            if not stopping.is_set():
                raise


def application(
    database: Database,
    stopping: threading.Event,
    chores: Mapping[str, nightly.Chore] = NOTHING,
    zone: dt.tzinfo = dt.UTC,
    each_minute: Mapping[str, nightly.Chore] = NOTHING,
) -> procrastinate.App:
    """The queue as a worker sees it: all its tasks."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database.url, min_size=1, max_size=4, kwargs={"connect_timeout": 5}
    )
    app = procrastinate.App(connector=connector)

    @app.task(name=TASK)
    def run(job_id: int, actor: dict[str, Any]) -> None:
        run_job(database, job_id, actor, stopping=stopping)

    @app.periodic(cron="* * * * *")
    @app.task(name="wangge.sweep", queueing_lock="wangge.sweep")
    def sweep_again(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        sweep(database)

    nightly.join(app, database, chores, zone)
    minutely.join(app, database, each_minute)
    return app


def run_job(
    database: Database, number: int, actor: dict[str, Any], *, stopping: threading.Event
) -> None:
    """Run one job to its end and store how it ended. Never raises what the job raised."""
    with refusals(), database.single() as held:
        held.execute(sa.select(sa.func.pg_advisory_lock(LOCK_SPACE, number)))
        try:
            claimed = held.execute(
                sa.update(jobs)
                .where(jobs.c.id == number, jobs.c.state == "waiting")
                .values(state="running", started_at=sa.func.now())
                .returning(jobs.c.kind, jobs.c.arguments)
            ).one_or_none()
            if claimed is None:
                return  # cancelled before it began
            outcome = _outcome(database, held, number, claimed, actor, stopping)
            if outcome["state"] == "waiting":
                _ask_again(database, number, actor)
                return
            ended = {"finished_at": sa.func.clock_timestamp(), **outcome}
            held.execute(sa.update(jobs).where(jobs.c.id == number).values(ended))
        finally:
            if not held.invalidated:
                held.execute(sa.select(sa.func.pg_advisory_unlock(LOCK_SPACE, number)))


def _outcome(
    database: Database,
    held: sa.Connection,
    number: int,
    claimed: sa.Row[Any],
    actor: dict[str, Any],
    stopping: threading.Event,
) -> dict[str, Any]:
    def tell(stage: str, share: float) -> bool:
        told = sa.update(jobs).where(jobs.c.id == number).values(stage=stage, done=share)
        with refusals():
            asked = held.execute(told.returning(jobs.c.cancel_asked)).scalar_one()
        return bool(asked) or stopping.is_set()

    def show(report: dict[str, Any]) -> None:
        with refusals():
            held.execute(sa.update(jobs).where(jobs.c.id == number).values(report=report))

    work = Work(database, actor, dict(claimed.arguments), number, tell, show)
    try:
        kind = kind_of(claimed.kind)
        log.info("job started", job=number, kind=kind.name)
        report = kind.run(work)
    except Cancelled:
        if not stopping.is_set():
            log.info("job cancelled", job=number)
            return {"state": "cancelled"}
        return {"state": "waiting"} if kind.again else _failed(_stopped())
    except WanggeError as error:
        log.info("job refused", job=number, problem=error.kind)
        return _failed(error)
    except Exception as error:
        log.exception("job failed", job=number)
        return _failed(
            WanggeError(
                "Something went wrong inside (%(name)s); nothing was kept. The log says more.",
                name=type(error).__name__,
            )
        )
    log.info("job done", job=number)
    return {"state": "done", "done": 1.0, "report": report}


def _failed(error: WanggeError) -> dict[str, Any]:
    params = {
        name: value if isinstance(value, int | float | str | None) else str(value)
        for name, value in error.params.items()
    }
    problem = {"kind": error.kind, "message": error.message, "params": params}
    return {"state": "failed", "problem": problem}


def _stopped() -> WanggeError:
    return WanggeError(
        "The server was stopped while this was running; nothing was kept. Ask again."
    )


def _ask_again(database: Database, number: int, actor: dict[str, Any]) -> None:
    with database.begin() as tx:
        tx.connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == number)
            .values(state="waiting", started_at=None, stage="", done=0)
        )
        enqueue(tx.connection, number, actor)


def sweep(database: Database) -> list[int]:
    """Find jobs whose worker was killed; fail them, or queue them again where that is safe.

    Gives their numbers.
    """
    found = []
    with database.begin() as tx:
        running = sa.select(jobs.c.id, jobs.c.kind).where(jobs.c.state == "running")
        for number, kind in tx.connection.execute(running.with_for_update(skip_locked=True)).all():
            lock = sa.select(sa.func.pg_try_advisory_xact_lock(LOCK_SPACE, number))
            if not tx.connection.scalar(lock):
                continue
            found.append(number)
            actor = _queued_actor(tx.connection, number)
            forget(tx.connection, [number])
            values = _failed(_stopped()) | {"finished_at": sa.func.now()}
            try:
                again = kind_of(kind).again
            except WanggeError:
                again = False
            if again:
                values = {"state": "waiting", "started_at": None, "stage": "", "done": 0}
                enqueue(tx.connection, number, actor)
            tx.connection.execute(sa.update(jobs).where(jobs.c.id == number).values(values))
            log.warning("job found without its worker", job=number, again=again)
    return found


def _queued_actor(connection: sa.Connection, number: int) -> dict[str, Any]:
    query = sa.text(
        "SELECT args->'actor' FROM procrastinate_jobs "
        "WHERE task_name = :task AND (args->>'job_id')::bigint = :number LIMIT 1"
    )
    return connection.scalar(query, {"task": TASK, "number": number}) or {}
