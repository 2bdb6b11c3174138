"""Indexes of cases put off until all rows are there: many rows at once come in faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from geodata.cases.map import crowds
from geodata.cases.tables import cases

if TYPE_CHECKING:
    from sqlalchemy import Connection

MANY: Final = 50_000
"""Rows below which it is not worth the while."""
_INDEXES: Final = """
    SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = 'cases'::regclass AND NOT i.indisprimary ORDER BY c.relname
"""
_PACK_LOG_FASTER: Final = """
    SELECT set_config('wal_compression', 'lz4', true) FROM pg_settings, pg_roles
    WHERE name = 'wal_compression' AND setting NOT IN ('off', 'lz4', 'zstd')
        AND 'lz4' = ANY(enumvals) AND rolname = current_user AND rolsuper
"""
"""New indexes go into the server's log whole; PostgreSQL's own packing takes half of their time.
For where the server knows a faster one, from PostgreSQL 15 on, and the user may choose it."""


class PutOff:
    """The indexes of ``cases`` but the primary key: dropped, and made anew at the end.

    The table is locked for others until the end of the transaction.
    """

    def __init__(self, connection: Connection) -> None:
        """Drop them."""
        self._connection = connection
        found = connection.execute(sa.text(_INDEXES)).all()
        for row in found:
            connection.execute(sa.text(f'DROP INDEX "{row.name}"'))
        self._statements = [row.made for row in found]

    def make(self, told: Callable[[float], None] = lambda _share: None) -> None:
        """Make them anew; ``told`` hears the share that is made."""
        self._connection.execute(sa.text("SET LOCAL maintenance_work_mem = '256MB'"))
        self._connection.execute(sa.text(_PACK_LOG_FASTER))
        for place, statement in enumerate(self._statements):
            told(place / len(self._statements))
            self._connection.exec_driver_sql(statement)


@contextmanager
def filled_at_once(
    connection: Connection, *, rows: int, told: Callable[[float], None] = lambda _share: None
) -> Iterator[None]:
    """Load many cases faster: their indexes and the crowded places are made at the end.

    Does so only if the table is empty or nearly so beside the ``rows`` to come; otherwise, and
    when there are too few to matter, it changes nothing. ``told`` hears the share of the indexes
    that are made.
    """
    if rows < MANY or _present(connection, rows // 10):
        yield
        return
    indexes = PutOff(connection)
    yield
    indexes.make(told)
    connection.execute(sa.text("ANALYZE cases"))
    crowds.refine(connection)


def _present(connection: Connection, several: int) -> bool:
    """Whether the table has more than ``several`` rows."""
    query = sa.select(sa.func.count()).select_from(
        sa.select(sa.literal(1)).select_from(cases).limit(several + 1).subquery()
    )
    return bool(connection.execute(query).scalar_one() > several)
