"""The embedded PostGIS: private, shared by its users, found again after every kind of crash."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from geodata.database import EmbeddedCluster, binaries
from geodata.database.cluster import FORGETFUL, SOCKET_NAME, SOCKET_PATH_LIMIT, _processes_in
from geodata.errors import SetUpIncomplete


def _folder():
    """A folder that the server's user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="wangge-test-"))
    folder.chmod(0o755)
    return folder


def _remove(folder):
    _halt(EmbeddedCluster(folder))
    shutil.rmtree(EmbeddedCluster(folder).socket_dir, ignore_errors=True)
    shutil.rmtree(folder)


def _halt(cluster):
    pid = cluster.postmaster()
    if pid is not None:
        os.kill(pid, signal.SIGINT)
        _until(lambda: cluster.postmaster() is None)


def _until(true, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def data_dir():
    """One cluster for this module, made once; each test starts and stops it."""
    folder = _folder()
    yield folder
    _remove(folder)


@pytest.fixture
def cluster(data_dir):
    _halt(EmbeddedCluster(data_dir))
    with_it = EmbeddedCluster(data_dir, extra=FORGETFUL)
    yield with_it
    with_it.stop()


@pytest.fixture
def own_dir():
    folder = _folder()
    yield folder
    _remove(folder)


def _ask(cluster, query):
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        done = connection.execute(query)
        return done.fetchone()[0] if done.description else None


def test_it_listens_on_a_socket_that_only_its_owner_can_reach(cluster):
    cluster.start()
    assert _ask(cluster, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(cluster.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700
    rules = _ask(
        cluster, "SELECT string_agg(type || ' ' || auth_method, ',') FROM pg_hba_file_rules"
    )
    assert rules == "local peer"


def test_it_keeps_what_was_committed_through_a_power_cut_unless_told_otherwise(own_dir):
    cluster = EmbeddedCluster(own_dir)
    cluster.start()
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert _ask(cluster, f"SHOW {setting}") == "on"
    finally:
        cluster.stop()


def test_it_is_run_by_the_caller_or_by_postgres_for_root(cluster):
    cluster.start()
    owner = Path("/proc", str(cluster.postmaster())).stat().st_uid
    assert owner != 0
    assert cluster.folder.stat().st_uid == owner


def test_the_last_user_stops_it_and_no_other(cluster, data_dir):
    other = EmbeddedCluster(data_dir, extra=FORGETFUL)
    cluster.start()
    first = cluster.postmaster()
    other.start()
    assert other.postmaster() == first
    cluster.stop()
    assert other.running()
    other.stop()
    assert cluster.postmaster() is None
    assert not (cluster.folder / "postmaster.pid").exists()


USER = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from geodata.database import EmbeddedCluster
    from geodata.database.cluster import FORGETFUL

    cluster = EmbeddedCluster(Path(sys.argv[1]), extra=FORGETFUL)
    cluster.start()
    assert cluster.running()
    print("running", flush=True)
    sys.stdin.readline()
    assert cluster.running()
    cluster.stop()
""")


def _user(folder):
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_user_that_was_killed_does_not_count(cluster, data_dir):
    with _user(data_dir) as user:
        assert user.stdout.readline() == "running\n"
        user.kill()
    assert cluster.running()
    cluster.start()
    cluster.stop()
    assert cluster.postmaster() is None


def test_processes_that_start_at_once_share_one_cluster(own_dir):
    users = [_user(own_dir) for _ in range(3)]
    assert [user.stdout.readline() for user in users] == ["running\n"] * 3
    for user in users:
        user.communicate("\n", timeout=60)
    assert [user.returncode for user in users] == [0] * 3
    assert EmbeddedCluster(own_dir).postmaster() is None


def test_a_killed_server_is_found_again_with_all_its_data(cluster):
    cluster.extra = {}
    cluster.start()
    _ask(cluster, "DROP TABLE IF EXISTS kept")
    _ask(cluster, "CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(cluster.postmaster(), signal.SIGKILL)
    _until(lambda: cluster.postmaster() is None)
    assert (cluster.folder / "postmaster.pid").exists()
    cluster.revive()
    assert _ask(cluster, "SELECT number FROM kept") == 7


def test_a_killed_server_whose_children_still_work_is_found_again(cluster):
    cluster.start()
    with closing(psycopg.connect(cluster.url("postgres"))) as connection:
        busy = connection.execute("SELECT pg_backend_pid()").fetchone()[0]
        connection.pgconn.send_query(
            b"DO $$ DECLARE n bigint := 0; BEGIN "
            b"WHILE n < 1000000000000 LOOP n := n + 1; END LOOP; END $$"
        )
        os.kill(cluster.postmaster(), signal.SIGKILL)
        time.sleep(0.2)
        assert busy in _processes_in(cluster.folder)
        cluster.revive()
        assert cluster.running()
        assert busy not in _processes_in(cluster.folder)


def test_a_process_id_that_another_program_has_got_does_not_hinder(cluster):
    (cluster.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.folder}\n")
    cluster.start()
    assert cluster.running()


def test_a_start_that_was_cut_off_while_making_the_cluster_is_made_good(own_dir):
    part = own_dir / "postgres.part"
    part.mkdir()
    (part / "PG_VERSION").write_text("half")
    cluster = EmbeddedCluster(own_dir, extra=FORGETFUL)
    cluster.start()
    assert cluster.running()
    assert not part.exists()
    cluster.stop()


def test_a_folder_with_something_else_is_left_alone(own_dir):
    other = own_dir / "postgres" / "thesis.txt"
    other.parent.mkdir()
    other.write_text("mine")
    with pytest.raises(SetUpIncomplete, match="neither empty nor a database"):
        EmbeddedCluster(own_dir).start()
    assert other.read_text() == "mine"


def test_a_deep_folder_has_its_socket_elsewhere(own_dir):
    deep = own_dir / ("deep-" * 12) / ("deeper-" * 9)
    cluster = EmbeddedCluster(deep, extra=FORGETFUL)
    assert len(os.fsencode(deep / "run" / SOCKET_NAME)) > SOCKET_PATH_LIMIT
    cluster.start()
    try:
        assert cluster.running()
        assert len(os.fsencode(cluster.socket_dir / SOCKET_NAME)) <= SOCKET_PATH_LIMIT
        assert stat.S_IMODE(cluster.socket_dir.stat().st_mode) == 0o700
    finally:
        cluster.stop()
        shutil.rmtree(cluster.socket_dir)


def test_a_socket_folder_that_somebody_else_made_is_refused(own_dir):
    deep = own_dir / ("deep-" * 12) / ("deeper-" * 9)
    cluster = EmbeddedCluster(deep, extra=FORGETFUL)
    cluster.socket_dir.symlink_to(own_dir)
    try:
        with pytest.raises(SetUpIncomplete, match="belongs to another user"):
            cluster.start()
    finally:
        cluster.socket_dir.unlink()


def test_a_name_with_blanks_and_quotes_does_not_matter(own_dir):
    cluster = EmbeddedCluster(own_dir / "网格 'data' 50%", extra=FORGETFUL)
    cluster.start()
    try:
        assert _ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()


def test_a_missing_postgresql_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(binaries, "_installed", tuple)
    with pytest.raises(SetUpIncomplete, match="apt-get install postgresql"):
        binaries.find_binaries()


def test_a_missing_postgis_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(binaries, "has_postgis", lambda _: False)
    with pytest.raises(SetUpIncomplete, match=r"apt-get install postgresql-\d+-postgis-3"):
        binaries.find_binaries()


def test_a_cluster_of_another_version_names_the_package_that_it_needs(own_dir):
    cluster = EmbeddedCluster(own_dir)
    cluster.folder.mkdir()
    (cluster.folder / "PG_VERSION").write_text("99\n")
    with pytest.raises(SetUpIncomplete, match="postgresql-99 postgresql-99-postgis-3"):
        cluster.start()


def test_a_server_that_cannot_start_says_its_last_words(cluster, data_dir):
    broken = EmbeddedCluster(data_dir, extra={**FORGETFUL, "shared_buffers": "many"})
    with pytest.raises(Exception, match="shared_buffers"):
        broken.start()
    cluster.start()
    assert cluster.running()


if os.geteuid() == 0:

    def test_an_ordinary_user_runs_it_as_himself(own_dir):
        folder = own_dir / "of-nobody"
        folder.mkdir()
        os.chown(folder, 65534, 65534)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                cluster = EmbeddedCluster(folder, extra=FORGETFUL)
                cluster.start()
                owner = Path("/proc", str(cluster.postmaster())).stat().st_uid
                cluster.stop()
                code = 0 if owner == 65534 and cluster.postmaster() is None else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0

    def test_root_in_a_folder_that_the_server_may_not_enter_gets_one_elsewhere(own_dir):
        own_dir.chmod(0o700)
        cluster = EmbeddedCluster(own_dir, extra=FORGETFUL)
        cluster.start()
        try:
            assert (own_dir / "postgres").is_symlink()
            assert cluster.running()
        finally:
            cluster.stop()
            shutil.rmtree(cluster.folder.parent)
            shutil.rmtree(cluster.socket_dir)
