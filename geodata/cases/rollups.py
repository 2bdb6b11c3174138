"""The ledger ``case_cells``: what the cases of each cell of the map add up to, by month and kind.

Triggers append to it in the transaction of each change of ``cases``, so that it is always right;
they only append, so that nobody waits. What is appended is summed up now and then by ``merge``.

To zoom 11 the ledger has cells of every tile: so coarse that one stands for many cases. Finer
cells would hardly sum anything, save where cases crowd: tiles from zoom 12 on with more than
``CROWD`` cases are entered in ``case_crowds`` by ``refine``, and have cells from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex

from geodata.cases.tables import case_cells, case_crowds, cases

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database

LOCK: Final = 0x63656C6C
"""Key of the advisory lock that lets one merge run at a time."""
ALWAYS_KEPT: Final = frozenset({"uq_cases_source_external_id"})
"""Indexes that a load itself needs."""
CROWD: Final = 100_000
"""Cases of a tile beyond which the ledger has cells for it: more are not read in time."""
NEAREST: Final = 11
"""The last zoom whose tiles all have cells, 16 x 16; crowded ones after it have 4 x 4."""
FINEST: Final = 22
"""The last zoom that has tiles."""


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


def refine(connection: Connection, *, most: int | None = None) -> int:
    """Enter tiles that became crowded, up to ``most``, and their cells; once entered they stay.

    Writers wait for it until the end of the transaction, about a second for a million cases of a
    tile. It waits for nobody: while others write it does nothing, and finds the same tiles the
    next time.

    Returns:
        How many tiles were entered.
    """
    entered = 0
    for zoom in range(NEAREST + 1, FINEST + 1):
        counted = {"zoom": zoom, "least": CROWD}
        # The tiles of this zoom are the cells of a coarser one.
        if zoom <= NEAREST + 4:
            counted |= {"above": zoom - 4, "bits": 4}
        else:
            counted |= {"above": zoom - 2, "bits": 2}
        found = connection.execute(sa.text(_CROWDED), counted).all()
        found = found if most is None else found[: most - entered]
        if found and not entered and not _alone(connection):
            return 0
        for tile in found:
            values = {"zoom": zoom, "x": tile.x, "y": tile.y}
            connection.execute(sa.text(_ENTER), values)
            connection.execute(sa.text("SELECT case_crowds_fill(:zoom, :x, :y)"), values)
        entered += len(found)
        if entered == most or not (found or _has_crowds(connection, zoom)):
            break
    return entered


def _alone(connection: Connection) -> bool:
    """Lock the cases against other writers, if there are none."""
    with suppress(OperationalError), connection.begin_nested():
        connection.execute(sa.text("LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE NOWAIT"))
        return True
    return False


def _has_crowds(connection: Connection, zoom: int) -> bool:
    query = sa.select(sa.exists().where(case_crowds.c.zoom == zoom))
    return bool(connection.execute(query).scalar_one())


def sum_up(database: Database) -> int:
    """``merge`` and ``refine`` in transactions of their own, so that writers wait for one tile."""
    with database.begin() as tx:
        fewer = merge(tx.connection)
    entered = 1
    while entered:
        with database.begin() as tx:
            entered = refine(tx.connection, most=1)
    return fewer


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
    refine(connection)


def _present(connection: Connection, several: int) -> bool:
    """Whether the table has more than ``several`` rows."""
    query = sa.select(sa.func.count()).select_from(
        sa.select(sa.literal(1)).select_from(cases).limit(several + 1).subquery()
    )
    return bool(connection.execute(query).scalar_one() > several)


_KEY: Final = "zoom, tile_x, tile_y, cell, month, category, source, state"
_CROWDED: Final = """
    SELECT x, y FROM (
        SELECT (tile_x << :bits) + (cell & (1 << :bits) - 1) AS x,
               (tile_y << :bits) + (cell >> :bits) AS y
        FROM case_cells WHERE zoom = :above
        GROUP BY tile_x, tile_y, cell HAVING sum(n) > :least
    ) AS counted
    WHERE NOT EXISTS (
        SELECT FROM case_crowds AS known
        WHERE known.zoom = :zoom AND known.tile_x = counted.x AND known.tile_y = counted.y
    )
"""
_ENTER: Final = "INSERT INTO case_crowds (zoom, tile_x, tile_y) VALUES (:zoom, :x, :y)"
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

__all__ = ["case_cells", "filled_at_once", "is_right", "merge", "rebuild", "refine", "sum_up"]
