"""Long work, as people see it and as it is queued.

A room registers a kind of work once; anybody submits one and looks at it::

    @job_kind("import")
    def run(work: Work) -> dict[str, Any]:
        work.progress("reading", 0.2)
        ...

    number = submit(database, "import", {"path": "…"}, actor={"name": "admin"}, asked_by=1)
    job(database, number).done

The row in ``jobs`` is what people see; procrastinate's queue carries its number and is written
in the same transaction. A running job holds an advisory lock, so one whose worker was killed is
known by its lock being free.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.database.engine import refusals
from geodata.database.tables import jobs
from geodata.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import procrastinate

    from geodata.database.engine import Database, Transaction

LOCK_SPACE = 0x6A6F62
"""First key of the advisory locks of running jobs; the second is the job's number."""
TASK = "wangge.run"
OPEN_STATES = frozenset({"waiting", "running"})


@dataclass(frozen=True)
class Job:
    """One piece of long work. ``state``: waiting, running, done, failed or cancelled."""

    id: int
    kind: str
    state: str
    stage: str
    done: float
    arguments: dict[str, Any]
    report: dict[str, Any] | None
    problem: dict[str, Any] | None
    cancel_asked: bool
    asked_by: int | None
    asked_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in OPEN_STATES


@dataclass
class Work:
    """What a kind's function gets: where it works, for whom, with what, and whom to tell.

    ``tell`` stores the stage and the share done and answers whether to stop; it is asked at most
    every ``every`` seconds, so ``progress`` and ``cancelled`` may be called in a tight loop.
    ``show`` stores what there is so far as the report, which stays if the work is stopped.
    """

    database: Database
    actor: dict[str, Any]
    arguments: dict[str, Any]
    job_id: int | None = None
    tell: Callable[[str, float], bool] = lambda _stage, _share: False
    show: Callable[[dict[str, Any]], None] = lambda _report: None
    every: float = 0.3
    _stage: str = field(default="", init=False)
    _share: float = field(default=0.0, init=False)
    _told: float = field(default=0.0, init=False)
    _stop: bool = field(default=False, init=False)

    def progress(self, stage: str, share: float) -> None:
        """Say what is being done and how much of all is done, from 0 to 1."""
        new_stage = stage != self._stage
        self._stage, self._share = stage, min(max(share, 0.0), 1.0)
        self._tell(now=new_stage)

    def cancelled(self) -> bool:
        """Whether somebody asked to stop, or the server is going down."""
        self._tell(now=False)
        return self._stop

    def _tell(self, *, now: bool) -> None:
        moment = time.monotonic()
        if now or moment - self._told >= self.every:
            self._told = moment
            self._stop = self.tell(self._stage, self._share) or self._stop


@dataclass(frozen=True)
class Kind:
    """A kind of work; ``again`` says that it may simply be run anew after a crash."""

    name: str
    run: Callable[[Work], dict[str, Any] | None]
    again: bool = False


_kinds: dict[str, Kind] = {}


def job_kind(
    name: str, *, again: bool = False
) -> Callable[[Callable[[Work], dict[str, Any] | None]], Callable[[Work], dict[str, Any] | None]]:
    """Register the function that does the work ``name``; what it gives back is the report."""

    def register(
        function: Callable[[Work], dict[str, Any] | None],
    ) -> Callable[[Work], dict[str, Any] | None]:
        _kinds[name] = Kind(name, function, again)
        return function

    return register


def kind_of(name: str) -> Kind:
    """The registered kind.

    Raises:
        InvalidInput: no room has registered it.
    """
    try:
        return _kinds[name]
    except KeyError:
        raise InvalidInput("There is no such work as %(kind)s.", kind=name) from None


def submit(
    database: Database,
    kind: str,
    arguments: dict[str, Any],
    *,
    actor: dict[str, Any] | None = None,
    asked_by: int | None = None,
) -> int:
    """Ask for work and get its number; a worker takes it up within a second.

    ``actor`` is what the work's function needs to know of who asks (plain JSON).
    """
    with database.begin() as tx:
        return submit_within(tx, kind, arguments, actor=actor, asked_by=asked_by)


def submit_within(
    tx: Transaction,
    kind: str,
    arguments: dict[str, Any],
    *,
    actor: dict[str, Any] | None = None,
    asked_by: int | None = None,
) -> int:
    """``submit`` as a part of a transaction: asked for if and when that is committed."""
    kind_of(kind)
    row = sa.insert(jobs).values(kind=kind, arguments=arguments, asked_by=asked_by)
    number: int = tx.connection.execute(row.returning(jobs.c.id)).scalar_one()
    enqueue(tx.connection, number, actor or {})
    return number


def enqueue(connection: sa.Connection, number: int, actor: dict[str, Any]) -> None:
    """Put a job's number into the queue, within the connection's transaction."""
    driver: Any = connection.connection.driver_connection
    queue().configure_task(TASK, connection=driver).defer(job_id=number, actor=actor)


@cache
def queue() -> procrastinate.App:
    """The queue's writing side; it uses the caller's connection and opens none."""
    import procrastinate  # noqa: PLC0415 - slow to import, and needed only by who submits

    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def job(database: Database, number: int) -> Job:
    """How far a job is.

    Raises:
        NotFound: there is none of this number.
    """
    with database.read() as connection:
        row = connection.execute(sa.select(jobs).where(jobs.c.id == number)).one_or_none()
    if row is None:
        raise NotFound("There is no job %(number)s.", number=number)
    return Job(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def latest(database: Database, *, asked_by: int | None = None, limit: int = 50) -> list[Job]:
    """The newest jobs first, of one user or of all."""
    query = sa.select(jobs).order_by(jobs.c.id.desc()).limit(limit)
    if asked_by is not None:
        query = query.where(jobs.c.asked_by == asked_by)
    with database.read() as connection:
        return [Job(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001


def running(connection: sa.Connection, kind: str) -> int | None:
    """The number of the oldest job of that kind that is not over, None if there is none."""
    query = sa.select(sa.func.min(jobs.c.id))
    found: int | None = connection.scalar(
        query.where(jobs.c.kind == kind, jobs.c.state.in_(OPEN_STATES))
    )
    return found


def cancel(database: Database, number: int) -> Job:
    """Stop a job: at once if it waits, at its next chance if it runs.

    Raises:
        NotFound: there is none of this number.
        Conflict: it is over already.
    """
    with database.begin() as tx:
        locked = sa.select(jobs.c.state).where(jobs.c.id == number).with_for_update()
        state = tx.connection.scalar(locked)
        if state is None:
            raise NotFound("There is no job %(number)s.", number=number)
        if state not in OPEN_STATES:
            raise Conflict("The job %(number)s is over already.", number=number)
        values: dict[str, Any] = {"cancel_asked": True}
        if state == "waiting":
            values |= {"state": "cancelled", "finished_at": sa.func.now()}
            forget(tx.connection, [number])
        tx.connection.execute(sa.update(jobs).where(jobs.c.id == number).values(values))
    return job(database, number)


def forget(connection: sa.Connection, numbers: list[int]) -> None:
    """Take jobs out of the queue."""
    connection.execute(
        sa.text(
            "DELETE FROM procrastinate_jobs WHERE task_name = :task "
            "AND (args->>'job_id')::bigint = ANY(:numbers)"
        ),
        {"task": TASK, "numbers": numbers},
    )


def wait_for(database: Database, number: int, *, seconds: float = 60) -> Job:
    """Look until the job is over or the time is; gives what it was then."""
    deadline = time.monotonic() + seconds
    with refusals():
        while not (found := job(database, number)).over and time.monotonic() < deadline:
            time.sleep(0.1)
    return found
