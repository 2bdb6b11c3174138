"""A disk that fills up: one clear message, nothing half stored, and it works again with room.

The disk is a small one in memory; where the machine does not let us mount one (an ordinary user,
a closed container) there is nothing to test here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from geodata.database import open_database
from geodata.database.backup import backup
from geodata.database.copying import copy_rows
from geodata.database.migrations import upgrade
from geodata.database.tables import jobs
from geodata.errors import Unavailable, WanggeError
from geodata.settings import Settings


@contextmanager
def _disk(megabytes):
    folder = Path(tempfile.mkdtemp(prefix="wangge-test-"))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    try:
        yield folder if done.returncode == 0 else None
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def _may_mount():
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with _disk(1) as folder:
        return folder is not None


def _fill(path, *, leave):
    """Take all room but ``leave`` bytes."""
    free = shutil.disk_usage(path.parent).free
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - leave, 4096))


def _count(database):
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(jobs))


def _until_back(database):
    deadline = time.monotonic() + 30
    while True:
        assert time.monotonic() < deadline
        database.cluster.revive()
        try:
            return _count(database)
        except WanggeError:
            time.sleep(0.2)


if _may_mount():

    def test_a_full_disk_keeps_what_was_and_stores_nothing_by_halves():
        with (
            _disk(220) as folder,
            open_database(Settings(data_dir=folder, database_url=None)) as database,
        ):
            upgrade(database)
            rows = 100_000
            kinds = np.array(["x" * 200] * rows, dtype=object)
            with database.begin() as tx:
                copy_rows(tx.connection, jobs, {"kind": kinds[:10]})
            _fill(folder / "ballast", leave=8_000_000)
            with pytest.raises(Unavailable), database.begin() as tx:
                copy_rows(tx.connection, jobs, {"kind": kinds})
            (folder / "ballast").unlink()
            assert _until_back(database) == 10
            with database.begin() as tx:
                copy_rows(tx.connection, jobs, {"kind": kinds[:10]})
            assert _count(database) == 20

    def test_a_backup_onto_a_full_disk_is_refused_and_leaves_no_file(database):
        with database.begin() as tx:
            kinds = [os.urandom(500).hex() for _ in range(3000)]
            copy_rows(tx.connection, jobs, {"kind": kinds})
        with _disk(1) as folder:
            with pytest.raises(Unavailable, match=r"pg_dump failed|could not be written"):
                backup(database, folder / "dump")
            assert list(folder.iterdir()) == []

    def test_a_first_start_on_a_full_disk_says_so_and_leaves_no_half_cluster():
        with _disk(20) as folder:
            with pytest.raises(Unavailable, match="No space left"):
                open_database(Settings(data_dir=folder, database_url=None))
            assert not (folder / "postgres").exists()
            assert not (folder / "postgres.part").exists()
