"""The tables' history: from nothing and from an older database to what the rooms describe."""

from __future__ import annotations

import threading

import procrastinate.schema
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers

import geodata.accounts.tables
import geodata.cases.duty.tables
import geodata.cases.tables
import geodata.exchange.tables
import geodata.places.tables
import geodata.plans.tables
import geodata.reach.rooms.tables  # noqa: F401
from geodata.cases.map import crowds, rollups
from geodata.database import Database
from geodata.database.migrations import FOLDER, current, head, is_current, upgrade
from geodata.database.requirements import ensure_extensions
from geodata.database.tables import changes, metadata
from geodata.errors import SetUpIncomplete

# Alembic cannot compare generated columns; ``_details`` does.
pytestmark = pytest.mark.filterwarnings("ignore:Computed default on:UserWarning")

LAST_QUEUE_STEP = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
"""The newest of procrastinate's own steps that ``0002_queue.sql`` and its successors carry."""


@pytest.fixture
def bare(server):
    """A database without a table."""
    with server.copy_of("template0") as database:
        ensure_extensions(database.url)
        yield database


def _include(thing, name, kind, reflected, counterpart):
    if kind == "table" and name.startswith(("procrastinate_", "alembic_")):
        return False
    return alembic_helpers.include_object(thing, name, kind, reflected, counterpart)


def _differences(database):
    with database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": _include,
            },
        )
        return compare_metadata(context, metadata)


def test_the_tables_are_what_the_rooms_describe(database):
    assert _differences(database) == []


def _details(database):
    """What ``compare_metadata`` does not look at: checks, exclusions, comments, index bodies."""
    with database.read() as connection:
        constraints = connection.execute(
            sa.text(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) "
                "FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
                "AND conrelid::regclass::text !~ '^(procrastinate|alembic)_' AND contype <> 'n' "
                "AND conrelid <> 0"
            )
        ).all()
        indexes = connection.execute(
            sa.text(
                "SELECT tablename, indexname, indexdef FROM pg_indexes "
                "WHERE schemaname = 'public' AND tablename !~ '^(procrastinate|alembic)_'"
            )
        ).all()
        columns = connection.execute(
            sa.text(
                "SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), "
                "attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid), "
                "col_description(attrelid, attnum) FROM pg_attribute "
                "JOIN pg_class ON pg_class.oid = attrelid "
                "LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
                "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 "
                "AND NOT attisdropped AND relname !~ '^(procrastinate|alembic)_'"
            )
        ).all()
    return {
        (part, *row)
        for part, rows in (("constraint", constraints), ("index", indexes), ("column", columns))
        for row in map(tuple, rows)
    }


def test_checks_indexes_and_comments_are_what_the_rooms_describe(database, bare):
    with bare.begin() as tx:
        metadata.create_all(tx.connection)
    assert _details(database) == _details(bare)


def test_the_steps_are_numbered_without_a_gap():
    names = sorted(path.stem for path in (FOLDER / "versions").glob("[0-9]*.py"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for path in (FOLDER / "versions").glob("[0-9]*.sql"):
        assert path.with_suffix(".py").exists()


def test_an_empty_database_climbs_to_the_newest_step(bare):
    assert not is_current(bare)
    upgrade(bare)
    assert is_current(bare)
    assert _differences(bare) == []


def test_a_filled_older_database_keeps_its_rows(bare):
    upgrade(bare, to="0001")
    with bare.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO areas (code, name, level, held, geom) VALUES ('371311001001', '幸福', "
                "'community', '(,)', "
                "ST_GeomFromText('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))', 4326))"
            )
        )
        tx.connection.execute(
            sa.text("INSERT INTO audit (actor, action) VALUES ('admin', 'sign_in')")
        )
        tx.connection.execute(
            sa.insert(changes).values(layer="areas", code="371311001001", action="added")
        )
    upgrade(bare)
    assert is_current(bare)
    with bare.read() as connection:
        assert connection.scalar(sa.text("SELECT name FROM areas")) == "幸福"
        assert connection.scalar(sa.text("SELECT count(*) FROM audit")) == 1
        assert connection.scalar(sa.select(changes.c.code)) == "371311001001"
    assert _differences(bare) == []


def test_cases_of_an_older_database_are_found_in_the_same_cells(bare):
    upgrade(bare, to="0004")
    with bare.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO cases (source, category, state, reported_at, grid_code, geom)"
                " SELECT 'snap', 'noise', 'reported', timestamptz '2026-06-01' + i * interval"
                " '1 hour', '371311001001001', ST_SetSRID(ST_Point(118.35, 35 + i * 1e-5), 4326)"
                " FROM generate_series(1, 500) AS i"
            )
        )
    upgrade(bare)
    with bare.begin() as tx:
        assert rollups.is_right(tx.connection)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(crowds, "CROWD", 100)
            patch.setattr(crowds, "FAR_CROWD", 100)
            assert crowds.refine(tx.connection) > 0
        tx.connection.execute(sa.text("DELETE FROM cases WHERE id % 3 = 0"))
        assert rollups.is_right(tx.connection)
    assert _differences(bare) == []


def test_two_servers_that_start_at_once_do_not_meet(bare):
    errors = []

    def climb():
        try:
            with Database(bare.url, pool_size=1) as own:
                upgrade(own)
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=climb) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert is_current(bare)


def test_a_step_that_fails_leaves_nothing(bare):
    with bare.begin() as tx:
        tx.connection.execute(sa.text("CREATE TABLE users (id int)"))
    with pytest.raises(sa.exc.ProgrammingError, match="already exists"):
        upgrade(bare)
    with bare.read() as connection:
        assert current(connection) is None
        assert connection.scalar(sa.text("SELECT to_regclass('changes')")) is None


def test_a_database_of_a_newer_wangge_is_refused(database):
    with database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SetUpIncomplete, match="step 9999"):
        upgrade(database)


def test_the_queue_is_that_of_the_installed_procrastinate():
    steps = sorted(path.name for path in procrastinate.schema.migrations_path.glob("*.sql"))
    assert steps[-1] == LAST_QUEUE_STEP, (
        "procrastinate brought new steps: carry them over in a new migration"
    )


def test_head_is_the_last_file():
    assert head() == max(path.name[:4] for path in (FOLDER / "versions").glob("*.py"))
