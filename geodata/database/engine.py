"""The database as the rooms see it: transactions, snapshots and layer versions."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString, Self

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geodata.database.cluster import DATABASE, OWNER, EmbeddedCluster
from geodata.database.questions import CONNECT_SECONDS, Questions
from geodata.database.requirements import ensure_database, ensure_extensions
from geodata.errors import Conflict, Unavailable, WanggeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geodata.settings import Settings

CHANNEL = "wangge"
"""``NOTIFY`` channel; its payload is the layer that changed."""

_PUBLISHED: LiteralString = """
    WITH raised AS (
        INSERT INTO layer_versions AS kept (layer, version)
        SELECT name, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
        FROM unnest(%(layers)s::text[]) AS name
        ON CONFLICT (layer) DO UPDATE SET version = greatest(
            kept.version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
        RETURNING layer
    ), entered AS (
        INSERT INTO changes (layer, code, action, details)
        SELECT said ->> 'layer', said ->> 'code', said ->> 'action', said -> 'details'
        FROM (SELECT count(*) FROM raised) AS locked,
             jsonb_array_elements(%(changes)s::jsonb) WITH ORDINALITY AS one (said, place)
        ORDER BY place
    )
    SELECT pg_notify(%(channel)s, layer) FROM raised
"""
"""The feed's numbers are drawn when all versions are raised and locked: their count is awaited."""
_VERSIONS: LiteralString = "SELECT layer, version FROM layer_versions WHERE layer = ANY(%s)"


@dataclass
class Transaction:
    """One transaction; what was changed is told to everybody as its last act."""

    connection: sa.Connection
    _changes: list[dict[str, Any]] = field(default_factory=list)

    def changed(
        self, layer: str, code: str | None = None, action: str = "changed", **details: Any
    ) -> None:
        """Remember a change of ``layer``; ``action`` is added, changed, ended or loaded."""
        self._changes.append({"layer": layer, "code": code, "action": action, "details": details})

    def publish(self) -> None:
        """Raise the layers' versions, write the change feed, notify, and commit: in one go.

        The versions' rows are locked in the order of their names, so two transactions never wait
        for each other; they stay locked until the commit, so the feed's order is the commits'.
        Everybody who changes these layers waits for that lock: what is asked under it is sent
        together with the commit, so that no answer is waited for while it is held.
        A version is the time of its change and always above the one before: a count would give
        the same versions once more to other content after an older backup was restored, while
        browsers still keep tiles under them.
        """
        begun = self.connection.get_transaction()
        if begun is None or not self._changes:
            return
        driver: psycopg.Connection[Any] = self.connection.connection.driver_connection  # type: ignore[assignment]
        layers = sorted({change["layer"] for change in self._changes})
        told = {"layers": layers, "changes": json.dumps(self._changes), "channel": CHANNEL}
        self._changes = []
        with driver.pipeline(), driver.cursor() as cursor:
            cursor.execute(_PUBLISHED, told)
            begun.commit()


class Database:
    """A PostGIS database with a pool of connections, and the cluster if it is our own."""

    def __init__(
        self, url: str, *, cluster: EmbeddedCluster | None = None, pool_size: int = 8
    ) -> None:
        self.url = url
        self.cluster = cluster
        self.engine = sa.create_engine(
            _sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_pre_ping=True,
            hide_parameters=True,  # what people wrote stays out of messages and logs
            connect_args={"connect_timeout": CONNECT_SECONDS, "options": "-c timezone=UTC"},
        )
        self._snapshots = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._questions = Questions(url, size=pool_size)
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction: committed at the end, rolled back on any error.

        Raises:
            Unavailable: the database is gone, or the disk is full.
            Conflict: another transaction was faster with the same rows.
        """
        with refusals(), self.engine.begin() as connection:
            transaction = Transaction(connection)
            yield transaction
            transaction.publish()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A read-only connection on which every query sees the same instant."""
        with refusals(), self._snapshots.begin() as connection:
            yield connection

    @contextmanager
    def single(self) -> Iterator[sa.Connection]:
        """A connection on which every statement is its own transaction."""
        with refusals(), self._single.connect() as connection:
            yield connection

    def version(self, layer: str) -> int:
        """How often ``layer`` was changed; 0 if never. One indexed read, made for every request."""
        return self.versions([layer])[layer]

    def versions(self, layers: Iterable[str]) -> dict[str, int]:
        """The versions of several layers, read together."""
        names = list(layers)
        found = {row.layer: row.version for row in self.ask(_VERSIONS, [names])}
        return {name: found.get(name, 0) for name in names}

    def ask(
        self, query: LiteralString, values: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[Any]:
        """The rows of one reading statement in the driver's own words, as cheap as can be.

        For what every request asks; ``read`` and ``single`` serve all else.

        Raises:
            Unavailable: the database is gone, or too busy.
        """
        with refusals():
            rows: list[Any] = self._questions.ask(query, values)
        return rows

    def close(self) -> None:
        """Give the connections back; stop the cluster if nobody else uses it."""
        self.engine.dispose()
        self._questions.close()
        if self.cluster is not None:
            self.cluster.stop()

    def __enter__(self) -> Self:
        """Closed at the end of a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give everything back."""
        self.close()


def open_database(settings: Settings, *, pool_size: int = 8) -> Database:
    """The database that ``settings`` name, ready for ``upgrade``.

    Without ``database_url`` the embedded cluster is started. Extensions are made where allowed.

    Raises:
        SetUpIncomplete: a package, an extension or a right is missing; the message names the mend.
        Unavailable: the server does not answer.
    """
    if settings.database_url is not None:
        database = Database(settings.database_url.get_secret_value(), pool_size=pool_size)
    else:
        cluster = EmbeddedCluster(settings.data_dir)
        cluster.start()
        try:
            with refusals():
                ensure_database(cluster.url("postgres"), DATABASE, owner=OWNER)
        except BaseException:
            cluster.stop()
            raise
        database = Database(cluster.url(), cluster=cluster, pool_size=pool_size)
    try:
        with refusals():
            ensure_extensions(database.url)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the driver raises when the database is gone or busy into the house's errors."""
    try:
        yield
    except WanggeError:
        raise
    except PoolTimeout as error:
        raise Unavailable("The database is too busy; try again in a moment.") from error
    except (OperationalError, InterfaceError) as error:
        raise _refusal(error.orig) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise _refusal(error) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _refusal(error.orig) from error
        raise


def _refusal(error: BaseException | None) -> WanggeError:
    if isinstance(error, psycopg.errors.DiskFull):
        return Unavailable("The disk of the database is full; nothing was changed.")
    if isinstance(error, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected):
        return Conflict("Somebody else changed the same records just now; try again.")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Unavailable("The database took too long to answer; nothing was changed.")
    return Unavailable("The database does not answer; try again in a moment.")


def _sqlalchemy_url(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")
