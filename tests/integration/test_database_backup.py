"""Backup and restore: whole or not at all, and nothing is lost without being asked."""

from __future__ import annotations

import stat

import pytest
import sqlalchemy as sa

from geodata.database import Database
from geodata.database.backup import backup, holds_anything, restore
from geodata.database.migrations import is_current, upgrade
from geodata.database.requirements import ensure_extensions
from geodata.database.tables import changes
from geodata.errors import InvalidInput, Unavailable


def _add(database, code):
    with database.begin() as tx:
        tx.changed("grids", code, "added")


def _codes(database):
    with database.read() as connection:
        return connection.scalars(sa.select(changes.c.code).order_by(changes.c.id)).all()


def _drop_kept(server, database):
    for ending in ("_before", "_restored"):
        server.drop(f"{database.engine.url.database}{ending}")


@pytest.fixture
def kept(server, database):
    yield database
    _drop_kept(server, database)


def test_a_restored_backup_is_what_was_backed_up(kept, tmp_path):
    _add(kept, "1")
    version = kept.version("grids")
    size = backup(kept, tmp_path / "dump")
    assert size == (tmp_path / "dump").stat().st_size > 10_000
    _add(kept, "2")
    restore(kept, tmp_path / "dump")
    assert _codes(kept) == ["1"]
    assert kept.version("grids") == version
    assert is_current(kept)
    _add(kept, "3")
    assert _codes(kept) == ["1", "3"]


def test_no_version_is_given_twice_after_a_restore(kept, tmp_path):
    """Else a browser would show tiles that it kept under the same version before."""
    backup(kept, tmp_path / "dump")
    _add(kept, "1")
    before = kept.version("grids")
    restore(kept, tmp_path / "dump")
    _add(kept, "2")
    assert kept.version("grids") != before


def test_what_was_there_before_a_restore_is_kept_under_another_name(kept, server, tmp_path):
    backup(kept, tmp_path / "dump")
    _add(kept, "1")
    name = restore(kept, tmp_path / "dump")
    with Database(server.url(name), pool_size=1) as before:
        assert _codes(before) == ["1"]
    assert _codes(kept) == []


def test_a_backup_of_an_older_release_is_upgraded(kept, server, tmp_path):
    with server.copy_of("template0") as older:
        ensure_extensions(older.url)
        upgrade(older, to="0002")
        _add(older, "old")
        backup(older, tmp_path / "dump")
    restore(kept, tmp_path / "dump")
    assert is_current(kept)
    assert _codes(kept) == ["old"]


def test_a_backup_is_for_its_owner_only(database, tmp_path):
    backup(database, tmp_path / "dump")
    assert stat.S_IMODE((tmp_path / "dump").stat().st_mode) == 0o600


def test_a_file_that_is_no_backup_changes_nothing(kept, tmp_path):
    _add(kept, "1")
    (tmp_path / "no.dump").write_text("no")
    with pytest.raises(InvalidInput, match=r"no.dump is no backup"):
        restore(kept, tmp_path / "no.dump")
    assert _codes(kept) == ["1"]


def test_a_damaged_backup_changes_nothing(kept, server, tmp_path):
    _add(kept, "1")
    path = tmp_path / "dump"
    backup(kept, path)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(Unavailable, match="pg_restore failed"):
        restore(kept, path)
    assert _codes(kept) == ["1"]
    assert f"{kept.engine.url.database}_restored" not in server.names()


def test_a_backup_into_a_missing_folder_is_refused(database, tmp_path):
    with pytest.raises(InvalidInput, match="no folder"):
        backup(database, tmp_path / "nowhere" / "dump")


def test_a_backup_that_fails_leaves_no_file(database, server, tmp_path):
    database.engine.dispose()
    server.drop(database.engine.url.database)
    with pytest.raises(Unavailable, match="pg_dump failed"):
        backup(database, tmp_path / "dump")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_holds_nothing(database):
    assert not holds_anything(database)
    _add(database, "1")
    assert holds_anything(database)
