"""The tables' history: numbered steps in ``versions``, each with its SQL beside it.

To change a table: change ``tables.py`` of its room, then add the next number,
``versions/0004_what_it_does.py`` with ``revision = "0004"`` and ``down_revision = "0003"``, whose
``upgrade()`` runs plain SQL through ``op.execute`` or a ``.sql`` file of the same name through
``run_file(__file__)``. Steps are linear and are never edited once released; there is no way down
(restore a backup). ``tests/integration/test_database_migrations.py`` tells what tables and steps
disagree about.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geodata.database.engine import refusals
from geodata.errors import SetUpIncomplete

if TYPE_CHECKING:
    from geodata.database.engine import Database

FOLDER = Path(__file__).parent
LOCK = 0x77616E67
"""Key of the advisory lock that makes a second server wait while the first one migrates."""


@cache
def head() -> str:
    """The newest step that this program knows."""
    return max(path.name[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current(connection: sa.Connection) -> str | None:
    """The step that the database has reached; none in an empty one."""
    if connection.scalar(sa.text("SELECT to_regclass('alembic_version')")) is None:
        return None
    step: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return step


def is_current(database: Database) -> bool:
    """Whether the database has reached the newest step."""
    with database.read() as connection:
        return current(connection) == head()


def upgrade(database: Database, *, to: str = "head") -> None:
    """Bring the tables to the newest step, all or nothing; waits if another server is at it.

    Raises:
        SetUpIncomplete: the database was made by a newer Wangge.
        Unavailable: the database does not answer.
    """
    with refusals(), database.engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        step = current(connection)
        if step is not None and step > head():
            raise SetUpIncomplete(
                "The database is at step %(step)s, which this Wangge does not know: "
                "start the newer Wangge that made it.",
                step=step,
            )
        if step == (head() if to == "head" else to):
            return
        _climb(connection, to)


def run_file(script: str) -> None:
    """Run the ``.sql`` file beside a step."""
    from alembic import op  # noqa: PLC0415 - slow to import, and needed only when a step is due

    text = Path(script).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)


def _climb(connection: sa.Connection, to: str) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and needed only when due
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
