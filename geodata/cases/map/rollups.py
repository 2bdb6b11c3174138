"""The ledger ``case_cells``: what the cases of each cell of the map add up to, by month and kind.

Triggers append to it in the transaction of each change of ``cases``, so that it is always right;
they only append, so that nobody waits. What is appended is summed up now and then by ``merge``.

It has cells of every tile to zoom 7, and finer ones where cases crowd, see ``crowds``. A second
ledger, ``case_place_cells``, does the same for crowded areas, grids and compounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from geodata.cases.map import crowds
from geodata.cases.tables import case_cells

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database

LOCK: Final = 0x63656C6C
"""Key of the advisory lock that lets one merge run at a time."""


def merge(connection: Connection) -> int:
    """Make one row of all rows of the ledger with the same cell, month and kind.

    Safe beside readers and writers: rows that come in meanwhile stay for the next time.

    Returns:
        How many rows the ledger has fewer; 0 if another merge is running.
    """
    lock = sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))
    if not connection.execute(lock).scalar_one():
        return 0
    fewer = 0
    for ledger, key in _LEDGERS.items():
        gone, written = connection.execute(sa.text(_merging(ledger, key))).one()
        fewer += int(gone) - int(written)
    return fewer


def sum_up(database: Database) -> int:
    """``merge``, and ``refine`` tile by tile: nobody waits for more than one."""
    with database.begin() as tx:
        fewer = merge(tx.connection)
    entered = 1
    while entered:
        with database.begin() as tx:
            entered = crowds.refine(tx.connection, most=1)
    return fewer


def rebuild(connection: Connection) -> None:
    """The ledger anew from the cases; locks it until the end of the transaction."""
    connection.execute(sa.text("SELECT case_cells_rebuild()"))


def is_right(connection: Connection) -> bool:
    """Whether the ledger says the same as a recount of all cases. Reads every case."""
    before = _said(connection)
    rebuild(connection)
    return before == _said(connection)


def _said(connection: Connection) -> list[tuple[object, ...]]:
    """What the ledgers say, however many rows say it."""
    return [
        tuple(connection.execute(sa.text(_digest(ledger, key))).one())
        for ledger, key in _LEDGERS.items()
    ]


_KEY: Final = "zoom, tile_x, tile_y, cell, month, category, source, state"
_SUMS: Final = ", sum(n) AS n, sum(sum_x) AS sum_x, sum(sum_y) AS sum_y"
_KINDS: Final = "month, category, source, state"
_LEDGERS: Final = {
    "case_cells": f"zoom, tile_x, tile_y, {_KINDS}, cell",
    "case_place_cells": f"kind, code, {_KINDS}, x, y",
}
"""What a row of each ledger is about; the index begins with the first four."""


def _merging(ledger: str, key: str) -> str:
    old = ", ".join(f"old.{name}" for name in key.split(", "))
    many = ", ".join(f"many.{name}" for name in key.split(", "))
    return f"""
        WITH many AS MATERIALIZED (
            SELECT {key} FROM {ledger} GROUP BY {key} HAVING count(*) > 1
        ),
        gone AS (
            DELETE FROM {ledger} AS old USING many WHERE ({old}) = ({many})
            RETURNING old.*
        ),
        written AS (
            INSERT INTO {ledger} ({key}, n, sum_x, sum_y)
            SELECT {key}{_SUMS} FROM gone GROUP BY {key}
            HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM written)
    """  # noqa: S608 - the names are our own


def _digest(ledger: str, key: str) -> str:
    return f"""
        SELECT count(*), sum(n), sum(hashtextextended(
            concat_ws('|', {key}, n, sum_x, sum_y), 0)::numeric)
        FROM (
            SELECT {key}{_SUMS} FROM {ledger} GROUP BY {key}
            HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0
        ) AS summed
    """  # noqa: S608


__all__ = ["case_cells", "is_right", "merge", "rebuild", "sum_up"]
