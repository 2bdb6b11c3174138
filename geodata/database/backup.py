"""A consistent dump of the whole database, and its way back.

The dump is PostgreSQL's custom format, of one snapshot. A restore goes into a fresh database
first and takes the old one's place only when it is complete.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from psycopg import sql

from geodata.database.binaries import find_program
from geodata.database.engine import Database, refusals
from geodata.database.migrations import upgrade
from geodata.database.requirements import ensure_extensions
from geodata.errors import InvalidInput, SetUpIncomplete, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"PGDMP"


def backup(database: Database, path: Path) -> int:
    """Write everything to ``path`` and give its size in bytes; a failed dump leaves no file.

    Raises:
        InvalidInput: the folder is missing.
        Unavailable: the disk is full or the database gone.
    """
    path = path.absolute()
    if not path.parent.is_dir():
        raise InvalidInput("There is no folder %(folder)s.", folder=str(path.parent))
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            command = ["pg_dump", "--format=custom", "--no-owner", *_destination(database.url)]
            _run(command, file, server=_major(database), password=database.engine.url.password)
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise Unavailable(
            "The backup could not be written: %(reason)s.", reason=error.strerror or str(error)
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


def holds_anything(database: Database) -> bool:
    """Whether a restore would take something away."""
    query = sa.text("SELECT EXISTS (SELECT FROM changes) OR EXISTS (SELECT FROM users)")
    with database.read() as connection:
        if connection.scalar(sa.text("SELECT to_regclass('changes')")) is None:
            return False
        return bool(connection.scalar(query))


def restore(database: Database, path: Path) -> str:
    """Put the dump at ``path`` in the place of the database, upgraded to the newest tables.

    The old database is kept under the name that is given back. Whatever fails leaves the old
    database where it was.

    Raises:
        InvalidInput: ``path`` is no dump of ours.
        SetUpIncomplete: a right is missing.
        Unavailable: the disk is full or the database gone.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise InvalidInput(
            "%(path)s cannot be read: %(reason)s.", path=str(path), reason=error.strerror
        ) from error
    if magic != MAGIC:
        raise InvalidInput("%(path)s is no backup made by wangge db backup.", path=str(path))
    name = str(database.engine.url.database)
    fresh, kept = f"{name}_restored", f"{name}_before"
    database.engine.dispose()
    with _administrator(database) as admin:
        _sql(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", fresh)
        _sql(admin, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", fresh)
        try:
            _fill(database, fresh, path)
        except BaseException:
            _sql(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", fresh)
            raise
        _sql(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", kept)
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )
        _sql(admin, "ALTER DATABASE {} RENAME TO {}", name, kept)
        try:
            _sql(admin, "ALTER DATABASE {} RENAME TO {}", fresh, name)
        except psycopg.Error:
            _sql(admin, "ALTER DATABASE {} RENAME TO {}", kept, name)
            raise
    return kept


def _fill(database: Database, name: str, path: Path) -> None:
    address = _address(database, name)
    server = _major(database)
    ensure_extensions(address)
    with tempfile.TemporaryDirectory() as folder:
        contents, wanted = Path(folder, "all"), Path(folder, "wanted")
        with contents.open("wb") as file:
            _run(["pg_restore", "--list", str(path)], file, server=server)
        # the extensions are there already, and belong to whoever was allowed to make them
        lines = contents.read_text().splitlines(keepends=True)
        wanted.write_text("".join(line for line in lines if " EXTENSION " not in line))
        options = ["--exit-on-error", "--no-owner", "--no-privileges", f"--use-list={wanted}"]
        command = ["pg_restore", *options, *_destination(address), str(path)]
        password = database.engine.url.password
        _run(command, subprocess.DEVNULL, server=server, password=password)
    with Database(address, pool_size=1) as restored:
        upgrade(restored)
        with restored.single() as connection:
            connection.execute(sa.text("ANALYZE"))


@contextlib.contextmanager
def _administrator(database: Database) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(
            _address(database, "postgres"), autocommit=True, connect_timeout=5
        ) as connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetUpIncomplete(
            "The user %(user)s may not make databases, which a restore needs. "
            "A superuser must run: ALTER ROLE %(user)s CREATEDB;",
            user=database.engine.url.username,
        ) from error


def _sql(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _major(database: Database) -> int:
    """The server's major version."""
    with refusals(), psycopg.connect(_address(database, "postgres"), connect_timeout=5) as server:
        return server.info.server_version // 10_000


def _address(database: Database, name: str) -> str:
    url = database.engine.url.set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


def _destination(address: str) -> list[str]:
    """The option that names a database; its password goes by the environment, not by ``ps``."""
    return [f"--dbname={sa.make_url(address).set(password=None).render_as_string()}"]


def _run(
    command: list[str], output: int | IO[bytes], *, server: int, password: str | None = None
) -> None:
    """Run one of PostgreSQL's programs; its last word becomes the message if it fails."""
    program = find_program(command[0], server=server)
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if password:
        environment["PGPASSWORD"] = password
    done = subprocess.run(  # noqa: S603 - our own arguments
        [str(program), *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(
            "%(program)s failed: %(words)s", program=command[0], words=words[-1] if words else ""
        )
