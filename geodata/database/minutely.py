"""What is done each minute: small work that the rooms register and the worker does.

A chore finds by itself what there is to do and does each thing once, whoever else is at it. One
that takes longer than a minute is not begun a second time meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import structlog

from geodata.database.nightly import Chore

if TYPE_CHECKING:
    import procrastinate

    from geodata.database.engine import Database

EACH_MINUTE: Final = "* * * * *"

log = structlog.get_logger("wangge.minutely")


def join(app: procrastinate.App, database: Database, chores: Mapping[str, Chore]) -> None:
    """Let the workers of ``app`` do ``chores``, by name, each minute."""
    for name, chore in chores.items():
        _join_one(app, database, name, chore)


def _join_one(app: procrastinate.App, database: Database, name: str, chore: Chore) -> None:
    task = f"wangge.minutely.{name}"

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name=task, lock=task, queueing_lock=task)
    def run(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        do(database, name, chore)


def do(database: Database, name: str, chore: Chore) -> None:
    """Do one chore; whatever it raises ends nothing but itself, and it is tried again."""
    try:
        count = chore(database)
    except Exception:
        log.exception("minutely work failed", chore=name)
        return
    if count:
        log.info("minutely work done", chore=name, count=count)
