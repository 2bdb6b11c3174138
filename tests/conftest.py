"""What all tests stand on: a real PostGIS, and a database of one's own for each test.

One cluster serves the whole run: the one in ``WANGGE_TEST_DATA_DIR`` (``var/test``), started by
whoever comes first and stopped by whoever leaves last, or the server of ``WANGGE_DATABASE_URL``,
whose user may create databases. A database is copied from a migrated template in some 50 ms.

Fixtures: ``database`` (empty, of this test alone), ``settings`` (that lead to it), ``app`` and
``client``; ``demo_database``, ``demo_settings``, ``demo_app`` and ``demo_client`` (the demo city,
shared by a worker's tests: never write to it) and ``own_demo_database`` (a copy to write to).
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import fcntl
import gc
import hashlib
import os
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg import sql
from sqlalchemy import make_url
from werkzeug.routing import Rule

from geodata.accounts import passwords
from geodata.database import Database, EmbeddedCluster
from geodata.database.cluster import FORGETFUL
from geodata.database.migrations import upgrade
from geodata.database.requirements import ensure_extensions
from geodata.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient

ROOT = Path(__file__).parent.parent
DEMO_PASSWORD = "demo-password-of-the-tests"
DEMO_CASES = 12_000
"""Enough for a heat map, few enough to be copied and drawn in no time."""
_numbers = count(1)
_cities: dict[object, Any] = {}
_builders: dict[object, Callable[..., Any]] = {}
hypothesis.settings.register_profile("thorough")  # see tests/unit/trying.py


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector of rubbish need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let a test run a loop of its own, whether or not one in the browser came before it.

    Playwright leaves its loop running in the thread for as long as the browser is open, and in
    which order a process gets its tests is for the distribution to say.
    """
    loop = asyncio._get_running_loop()
    if item.get_closest_marker("browser") is not None:
        return (yield)
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="session", autouse=True)
def _light_passwords() -> None:
    """Passwords that are hashed in no time: a thousand tests sign in, and none guards a secret."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def _known_rules() -> None:
    """Compile the code of an address rule once for all applications, which is most of one's making.

    What is compiled asks the rule that it is bound to later, so that another's serves as well.
    """
    compiled = Rule._compile_builder

    def known(self: Rule, *told: bool) -> Callable[..., Any]:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, tuple(self._trace), defaults, told)
        if key not in _builders:
            _builders[key] = compiled(self, *told)
        return _builders[key]

    Rule._compile_builder = known


class Server:
    """A PostgreSQL that makes databases for tests."""

    def __init__(self, url: str, locks: Path) -> None:
        self.admin_url = url
        self.locks = locks
        # Copying files is ten times as fast as writing every page to the log, which is the
        # default since PostgreSQL 15; before, there was no other way.
        ((version,),) = self.run("SELECT current_setting('server_version_num')::integer")
        self.strategy = " STRATEGY FILE_COPY" if version >= 150000 else ""

    def url(self, name: str) -> str:
        """The address of the database ``name``."""
        return make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)

    def run(self, statement: str, *names: str) -> list[tuple]:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            done = connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
            return done.fetchall() if done.description else []

    def names(self) -> set[str]:
        return {row[0] for row in self.run("SELECT datname FROM pg_database")}

    def drop(self, name: str) -> None:
        self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        with (self.locks / "templates.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def template(self, kind: str, key: str, base: str, fill: Callable[[Database], None]) -> str:
        """The name of a database to copy from, filled by ``fill`` if nobody did it before."""
        name = f"template_{kind}_{key}"
        with self.alone():
            known = self.names()
            if name in known:
                return name
            for old in known:
                if old.startswith(f"template_{kind}_"):
                    self.drop(old)
            part = f"part_{kind}"
            self.drop(part)
            self.run("CREATE DATABASE {} TEMPLATE {}", part, base)
            with Database(self.url(part)) as database:
                fill(database)
            self.run("ALTER DATABASE {} RENAME TO {}", part, name)
        return name

    @contextmanager
    def copy_of(self, template: str) -> Iterator[Database]:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.run("CREATE DATABASE {} TEMPLATE {}" + self.strategy, name, template)
        try:
            with Database(self.url(name), pool_size=4) as database:
                yield database
        finally:
            self.drop(name)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = Path(os.environ.get("WANGGE_TEST_DATA_DIR", ROOT / "var" / "test")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    given = os.environ.get("WANGGE_DATABASE_URL")
    if given:
        yield Server(given, folder)
        return
    cluster = EmbeddedCluster(folder, extra=FORGETFUL)
    cluster.start()
    try:
        found = Server(cluster.url("postgres"), folder)
        _drop_left_behind(found)
        yield found
    finally:
        cluster.stop()


def _drop_left_behind(server: Server) -> None:
    """Databases of runs that were killed."""
    with server.alone():
        for name in server.names():
            if name.startswith("test_") and not Path("/proc", name.split("_")[1]).exists():
                server.drop(name)


def _digest(*patterns: str) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def empty_template(server: Server) -> str:
    def fill(database: Database) -> None:
        ensure_extensions(database.url)
        upgrade(database)

    key = _digest("geodata/database/migrations/versions/*")
    return server.template("empty", key, "template0", fill)


@pytest.fixture(scope="session")
def demo_template(server: Server, empty_template: str) -> str:
    """The demo city, generated anew whenever anything that could change it has changed."""

    def fill(database: Database) -> None:
        from geodata.demo import load

        load(database, scale=1, seed=2026, cases=DEMO_CASES, password=DEMO_PASSWORD)

    code = _digest(
        "geodata/database/migrations/versions/*", "geodata/demo/**/*.py", "geodata/profiles/*"
    )
    key = f"{dt.datetime.now(dt.UTC):%m%d}{DEMO_CASES}{code}"  # its now is the day of the tests
    return server.template("demo", key, empty_template, fill)


@pytest.fixture
def remembered_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading a city takes its districts from an earlier load of that day: they take seconds."""
    from geodata.demo import city, loading

    def remembered(*, cases: int | None, until: dt.datetime, **asked: Any) -> city.City:
        key = (until.date(), repr(sorted(asked.items(), key=lambda one: one[0])))
        if key not in _cities:
            _cities[key] = city.generate(cases=0, until=until, **asked)
        made = city.CASES_A_DISTRICT * asked["scale"] if cases is None else cases
        return dataclasses.replace(_cities[key], case_count=made)

    monkeypatch.setattr(loading, "generate", remembered)


@pytest.fixture
def database(server: Server, empty_template: str) -> Iterator[Database]:
    """An empty, migrated database for this test alone."""
    with server.copy_of(empty_template) as database:
        yield database


@pytest.fixture(scope="session")
def demo_database(server: Server, demo_template: str) -> Iterator[Database]:
    """The demo city, for reading only."""
    with server.copy_of(demo_template) as database:
        yield database


@pytest.fixture
def own_demo_database(server: Server, demo_template: str) -> Iterator[Database]:
    """The demo city, to be written to."""
    with server.copy_of(demo_template) as database:
        yield database


def _settings(database: Database, folder: Path) -> Settings:
    return Settings(
        database_url=database.url,
        data_dir=folder,
        secret_key="a-key-for-tests-that-is-long-enough-to-sign-with",
        demo_password=DEMO_PASSWORD,
    )


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return _settings(database, tmp_path)


@pytest.fixture(scope="session")
def demo_settings(demo_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return _settings(demo_database, tmp_path_factory.mktemp("demo"))


def _app(settings: Settings, database: Database) -> Flask:
    from app import create_app

    app = create_app(settings, database)
    app.testing = True
    return app


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    return _app(settings, database)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def demo_app(demo_settings: Settings, demo_database: Database) -> Flask:
    return _app(demo_settings, demo_database)


@pytest.fixture
def demo_client(demo_app: Flask) -> FlaskClient:
    return demo_app.test_client()
