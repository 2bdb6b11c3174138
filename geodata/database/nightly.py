"""What is done each night: small work that the rooms register and the worker does.

Once a night in all, however many workers there are: the queue takes a moment's work only once.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
import structlog

from geodata.database.jobs import OPEN_STATES
from geodata.database.tables import jobs

if TYPE_CHECKING:
    import procrastinate

    from geodata.database.engine import Database

AT: Final = dt.time(3, 17)
"""By the city's clock."""
QUARTERS: Final = "2,17,32,47 * * * *"
"""When the queue, whose clock is UTC, asks whether it is time: zones differ by whole quarters."""
KEPT_DAYS: Final = 90
"""How long jobs that are over can be looked at."""

Chore = Callable[["Database"], int]
"""Does its work in transactions of its own and says how many things it did away with."""

log = structlog.get_logger("wangge.nightly")


def forget_old_jobs(database: Database, *, days: int = KEPT_DAYS) -> int:
    """Delete jobs that were over ``days`` days ago; gives how many."""
    before = sa.func.now() - sa.func.make_interval(0, 0, 0, days)
    old = sa.delete(jobs).where(jobs.c.state.not_in(OPEN_STATES), jobs.c.finished_at < before)
    with database.begin() as tx:
        return tx.connection.execute(old).rowcount


def is_time(moment: int, zone: dt.tzinfo) -> bool:
    """Whether the night's work begins at ``moment`` (Unix seconds): once on each local day.

    Where clocks go back over that time it is the first of both; where they jump over it, it is
    as long after the last midnight as on other days (PEP 495, fold 0).
    """
    day = dt.datetime.fromtimestamp(moment, zone).date()
    return int(dt.datetime.combine(day, AT, tzinfo=zone).timestamp()) == moment


def join(
    app: procrastinate.App, database: Database, chores: Mapping[str, Chore], zone: dt.tzinfo
) -> None:
    """Let the workers of ``app`` do ``chores``, by name, one after the other, at night there."""
    for name, chore in chores.items():
        _join_one(app, database, name, chore, zone)


def _join_one(
    app: procrastinate.App, database: Database, name: str, chore: Chore, zone: dt.tzinfo
) -> None:
    @app.periodic(cron=QUARTERS)
    @app.task(name=f"wangge.nightly.{name}", lock="wangge.nightly")
    def run(timestamp: int) -> None:
        if is_time(timestamp, zone):
            do(database, name, chore)


def do(database: Database, name: str, chore: Chore) -> None:
    """Do one chore and say so in the log; whatever it raises ends nothing but itself."""
    began = time.monotonic()
    try:
        count = chore(database)
    except Exception:
        log.exception("nightly work failed", chore=name)
        return
    log.info("nightly work done", chore=name, count=count, s=round(time.monotonic() - began, 2))
