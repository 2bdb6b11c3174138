"""Single reading statements on connections that are kept for them: one way there, one way back.

What every request asks (who is it, which version) and what it draws must not cost a test of the
connection before each statement. So nothing is tested: if a kept connection turns out to be dead,
because the database was started again, the statement is asked once more on a new one.
"""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, LifoQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg.rows import namedtuple_row

from geodata.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONNECT_SECONDS = 5
WAIT_SECONDS = 10
"""How long a request waits while all connections are in use."""
OPTIONS = "-c timezone=UTC -c default_transaction_read_only=on"


class Questions:
    """At most ``size`` connections; the one used last is used first. Safe for threads."""

    def __init__(self, url: str, *, size: int) -> None:
        """Ask the database at ``url``; nothing is connected yet."""
        self._url = url
        self._lock = Lock()
        self._closed = False
        self._free: LifoQueue[psycopg.Connection[Any] | None] = LifoQueue()
        for _ in range(size):
            self._free.put(None)

    def ask(self, query: LiteralString, values: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
        """The rows (named tuples) of one statement that only reads.

        Raises:
            Unavailable: all connections stay in use.
            psycopg.Error: what the database says; ``refusals()`` turns it into our words.
        """
        try:
            connection = self._free.get(timeout=WAIT_SECONDS)
        except Empty:
            raise Unavailable("The database is too busy; try again in a moment.") from None
        try:
            if connection is not None:
                try:
                    return _rows(connection, query, values)
                except psycopg.OperationalError:
                    if not connection.closed:
                        raise  # the database lives and means what it says
                    connection = None
            connection = self._connect()
            return _rows(connection, query, values)
        except BaseException:
            if connection is not None:
                connection.close()
                connection = None
            raise
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close what is free now, and what is in use once it comes back; nothing is kept then."""
        taken = []
        with self._lock:
            self._closed = True
            with suppress(Empty):
                while True:
                    taken.append(self._free.get_nowait())
        for connection in taken:
            self._give_back(connection)

    def _give_back(self, connection: psycopg.Connection[Any] | None) -> None:
        with self._lock:
            if self._closed and connection is not None:
                connection.close()
                connection = None
            self._free.put(connection)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            options=OPTIONS,
            row_factory=namedtuple_row,
        )


def _rows(
    connection: psycopg.Connection[Any],
    query: LiteralString,
    values: Sequence[Any] | Mapping[str, Any],
) -> list[Any]:
    return connection.execute(query, values, binary=True).fetchall()
