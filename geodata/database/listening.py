"""Notifications of the database heard by a thread, over any break of the connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from geodata.database.engine import Database

LISTEN_SECONDS: Final = 1.0
"""So long it listens before it looks whether it is to end."""
AGAIN_SECONDS: Final = 1.0
"""Pause before a lost connection is made again."""
END_SECONDS: Final = 2 * LISTEN_SECONDS + AGAIN_SECONDS
"""So long its end may take."""


def listen(
    database: Database,
    channel: str,
    *,
    over: threading.Event,
    caught_up: Callable[[], None],
    heard: Callable[[str], None],
    lost: Callable[[str], None],
) -> None:
    """Listen until ``over``; each failure is told and tried again.

    Args:
        database: Whose notifications.
        channel: Of the notifications.
        over: Set by whoever wants it to end.
        caught_up: Called on each new connection, for what came while nobody listened.
        heard: Gets the payload of each notification.
        lost: Gets the name of each failure.
    """
    while not over.is_set():
        try:
            with psycopg.connect(database.url, autocommit=True) as connection:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                caught_up()
                while not over.is_set():
                    for told in connection.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                        heard(told.payload)
        except Exception as error:  # noqa: BLE001 - it must not end while the server lives
            lost(type(error).__name__)
            over.wait(AGAIN_SECONDS)
