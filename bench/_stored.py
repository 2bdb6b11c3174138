"""A database with many cases, and the application that serves it, while they are needed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from tiles import fill_cases, fill_places, free_port, our_server, scratch, server

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import add_user
from geodata.database import Database, open_database
from geodata.settings import Settings


@contextlib.contextmanager
def filled(name: str, cases: int) -> Iterator[tuple[Database, Path]]:
    """A database of that name with compounds and so many cases, and the folder of its files."""
    settings = Settings()
    with open_database(settings) as database, scratch(database, name) as own:
        with own.begin() as tx:
            fill_places(tx.connection)
            tx.changed("compounds", None, "loaded")
        fill_cases(own, cases)
        with own.single() as connection:
            connection.execute(sa.text("ANALYZE"))
        yield own, settings.data_dir.absolute()


@contextlib.contextmanager
def serving(database: Database, folder: Path) -> Iterator[int]:
    """The port of the application, with two processes, ready for requests."""
    port = free_port()
    environment = {"WANGGE_DATABASE_URL": database.url, "WANGGE_DATA_DIR": str(folder)}
    with server(our_server(port), port, environment):
        time.sleep(6)
        yield port


def commander(database: Database, *, password: str | None = None) -> str:
    """A token of a new commander, ``bench``, who may have a password, too."""
    user = add_user(database, Actor.terminal(), "bench", role="commander", password=password)
    return make_token(database, Actor.terminal(), user_id=user.id)[1]
