"""The ledger ``case_cells``: what the cases of each cell of the map add up to, by month and kind.

Triggers append to it in the transaction of each change of ``cases``, so that it is always right;
they only append, so that nobody waits. What is appended is summed up now and then by ``merge``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex

from geodata.cases.tables import case_cells, cases

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database

LOCK: Final = 0x63656C6C
"""Key of the advisory lock that lets one merge run at a time."""
ALWAYS_KEPT: Final = frozenset({"uq_cases_source_external_id"})
"""Indexes that a load itself needs."""


def merge(connection: Connection) -> int:
    """Make one row of all rows of the ledger with the same cell, month and kind.

    Safe beside readers and writers: rows that come in meanwhile stay for the next time.

    Returns:
        How many rows the ledger has fewer; 0 if another merge is running.
    """
    lock = sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))
    if not connection.execute(lock).scalar_one():
        return 0
    gone, written = connection.execute(sa.text(_MERGE)).one()
    return int(gone) - int(written)


def sum_up(database: Database) -> int:
    """``merge`` in a transaction of its own."""
    with database.begin() as tx:
        return merge(tx.connection)


def rebuild(connection: Connection) -> None:
    """The ledger anew from the cases; locks it until the end of the transaction."""
    connection.execute(sa.text("SELECT case_cells_rebuild()"))


def is_right(connection: Connection) -> bool:
    """Whether the ledger says the same as a recount of all cases. Reads every case."""
    before = connection.execute(sa.text(_DIGEST)).one()
    rebuild(connection)
    return tuple(before) == tuple(connection.execute(sa.text(_DIGEST)).one())


@contextmanager
def filled_at_once(connection: Connection, *, rows: int) -> Iterator[None]:
    """Load many cases faster: the indexes are made anew at the end, from all rows together.

    Does so only if the table is empty or nearly so beside the ``rows`` to come; otherwise, and
    when the table is small enough not to matter, it changes nothing. While it does, the table is
    locked for others until the end of the transaction.
    """
    if rows < 50_000 or _present(connection, rows // 10):
        yield
        return
    indexes = [index for index in cases.indexes if index.name not in ALWAYS_KEPT]
    for index in indexes:
        index.drop(connection, checkfirst=True)
    yield
    for index in sorted(indexes, key=lambda one: str(one.name)):
        connection.execute(CreateIndex(index))
    connection.execute(sa.text("ANALYZE cases"))


def _present(connection: Connection, several: int) -> bool:
    """Whether the table has more than ``several`` rows."""
    query = sa.select(sa.func.count()).select_from(
        sa.select(sa.literal(1)).select_from(cases).limit(several + 1).subquery()
    )
    return bool(connection.execute(query).scalar_one() > several)


_KEY: Final = "zoom, tile_x, tile_y, cell, month, category, source, state"
_MERGE: Final = f"""
    WITH many AS MATERIALIZED (
        SELECT {_KEY} FROM case_cells GROUP BY {_KEY} HAVING count(*) > 1
    ),
    gone AS (
        DELETE FROM case_cells AS old USING many
        WHERE (old.zoom, old.tile_x, old.tile_y, old.month)
              = (many.zoom, many.tile_x, many.tile_y, many.month)
          AND (old.cell, old.category, old.source, old.state)
              = (many.cell, many.category, many.source, many.state)
        RETURNING old.*
    ),
    written AS (
        INSERT INTO case_cells ({_KEY}, n, sum_x, sum_y)
        SELECT {_KEY}, sum(n), sum(sum_x), sum(sum_y) FROM gone GROUP BY {_KEY}
        HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM written)
"""  # noqa: S608 - the names are our own
_DIGEST: Final = f"""
    SELECT count(*), sum(n), sum(hashtextextended(
        concat_ws('|', {_KEY}, n, sum_x, sum_y), 0)::numeric)
    FROM (
        SELECT {_KEY}, sum(n) AS n, sum(sum_x) AS sum_x, sum(sum_y) AS sum_y
        FROM case_cells GROUP BY {_KEY}
        HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0
    ) AS summed
"""  # noqa: S608

__all__ = ["case_cells", "filled_at_once", "is_right", "merge", "rebuild", "sum_up"]
