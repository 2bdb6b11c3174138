"""What a PostgreSQL must be able to do before Wangge uses it."""

from __future__ import annotations

import psycopg
from psycopg import sql

from geodata.database.binaries import OLDEST_POSTGIS, OLDEST_POSTGRESQL
from geodata.errors import SetUpIncomplete

EXTENSIONS = ("postgis", "btree_gist")


def ensure_database(url: str, name: str, *, owner: str) -> None:
    """Make the database ``name`` unless it is there; ``url`` is any database of the server."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone():
            return
        create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(owner)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another process was faster


def ensure_extensions(url: str) -> None:
    """Check the server's version, make the extensions if allowed, check PostGIS's version.

    Raises:
        SetUpIncomplete: too old, or a right is missing; the message carries the line to run.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        if connection.info.server_version < OLDEST_POSTGRESQL * 10_000:
            raise SetUpIncomplete(
                "The database is PostgreSQL %(found)s; Wangge needs %(oldest)s or newer.",
                found=connection.info.server_version // 10_000,
                oldest=OLDEST_POSTGRESQL,
            )
        rows = connection.execute(
            "SELECT extname, extversion FROM pg_extension WHERE extname = ANY(%s)",
            [list(EXTENSIONS)],
        ).fetchall()
        versions: dict[str, str] = dict(rows)
        for name in EXTENSIONS:
            if name not in versions:
                versions[name] = _create(connection, name)
        oldest = ".".join(map(str, OLDEST_POSTGIS))
        if tuple(int(part) for part in versions["postgis"].split(".")[:2]) < OLDEST_POSTGIS:
            raise SetUpIncomplete(
                "The database has PostGIS %(found)s; Wangge needs %(oldest)s or newer: "
                "ALTER EXTENSION postgis UPDATE;",
                found=versions["postgis"],
                oldest=oldest,
            )
        _check_rights(connection)


def _create(connection: psycopg.Connection, name: str) -> str:
    statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name))
    try:
        connection.execute(statement)
    except psycopg.errors.UniqueViolation:
        pass  # two servers started at once
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetUpIncomplete(
            "The database %(database)s lacks the extension %(name)s and the user %(user)s may not "
            "make it. A superuser must run in that database: CREATE EXTENSION %(name)s;",
            database=connection.info.dbname,
            name=name,
            user=_user(connection),
        ) from error
    except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported) as error:
        package = "postgis" if name == "postgis" else "contrib"
        raise SetUpIncomplete(
            "The extension %(name)s is not installed on the database server: "
            "apt-get install postgresql-%(package)s",
            name=name,
            package=package,
        ) from error
    row = connection.execute(
        "SELECT extversion FROM pg_extension WHERE extname = %s", [name]
    ).fetchone()
    return str(row[0]) if row else "0.0"


def _user(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT current_user").fetchone()
    return str(row[0]) if row else ""


def _check_rights(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "SELECT has_schema_privilege(current_schema(), 'CREATE'), current_schema()"
    ).fetchone()
    if row is None or not row[0]:
        raise SetUpIncomplete(
            "The user %(user)s may not create tables in the database %(database)s. "
            "Its owner must run there: GRANT CREATE, USAGE ON SCHEMA public TO %(user)s;",
            user=_user(connection),
            database=connection.info.dbname,
        )
