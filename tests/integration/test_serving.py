"""``wangge serve`` as an operator runs it: up, through crashes, and down with nothing left."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from geodata.database import EmbeddedCluster

ROOT = Path(__file__).parents[2]


class Server:
    """A running ``wangge serve`` and what it printed."""

    def __init__(self, folder, *options):
        Server.last = self
        self.folder = folder
        self.cluster = EmbeddedCluster(folder)
        self.process = _wangge(folder, "serve", "--port", "0", "--workers", "1", *options)
        self.lines = []
        self._ready = threading.Event()
        self._address = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if match := re.search(r"is ready: (http://\S+)", line):
                self._address = match[1]
                self._ready.set()

    @property
    def address(self):
        assert self._ready.wait(60), self.lines
        return self._address

    def get(self, path):
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return None

    def children(self):
        """Process ids of the children of ``serve``, by what they do."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == (
                    self.process.pid
                ):
                    words = (entry / "cmdline").read_text().split("\0")
                    found[words[-2]] = int(entry.name)
            except (OSError, ValueError, IndexError):  # gone, or dead and not yet buried
                continue
        return found

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join()
        self.process.stdout.close()
        return code


def _wangge(folder, *words):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")
    }
    return subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        cwd=ROOT,
        env={**environment, "WANGGE_DATA_DIR": str(folder), "WANGGE_LANGUAGE": "en"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _run(folder, *words):
    with _wangge(folder, *words) as process:
        text = process.stdout.read()
        return process.wait(60), text


def _until(true, seconds=40):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "".join(Server.last.lines[-40:])
        time.sleep(0.05)


def _of(folder):
    """Living processes that have to do with the folder."""
    needle = str(folder).encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if needle in told and int(entry.name) != os.getpid():
                found.append((entry / "cmdline").read_text())
        except (OSError, ValueError):
            continue
    return [command for command in found if command]


@pytest.fixture(scope="module")
def folder():
    path = Path(tempfile.mkdtemp(prefix="wangge-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def running():
    """One server for the tests after which it must still serve."""
    path = Path(tempfile.mkdtemp(prefix="wangge-test-"))
    path.chmod(0o755)
    server = Server(path)
    yield server
    server.end()
    shutil.rmtree(path)


@pytest.fixture
def served(running):
    running.lines.clear()
    return running


def test_it_serves_and_ends_with_nothing_left(folder):
    server = Server(folder)
    assert server.get("/readyz") == 200
    assert server.get("/metrics") == 401
    assert stat_of(folder / "secret_key") == 0o600
    assert server.end() == 0
    assert server.lines[-1] == "Stopped.\n"
    assert _of(folder) == []
    assert server.cluster.postmaster() is None
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(server.address.rsplit(":", 1)[1])))


def stat_of(path):
    return path.stat().st_mode & 0o777


def ctrl_c_ends_it_as_well_and_who_watches_is_sent_home_in_good_order(server, folder):
    assert server.get("/healthz") == 200
    _run(folder, "user", "add", "viewer", "--role", "viewer", "--generate")
    token = re.search(r"\bwgt\S+|\b[\w-]{32,}", _run(folder, "token", "viewer")[1])[0]
    asked = urllib.request.Request(
        f"{server.address}/api/v1/cases/stream", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=30) as stream:
        assert stream.readline() == b"retry: 2000\n"
        assert server.end(signal.SIGINT) == 0
        stream.read()  # a stream that is cut off raises IncompleteRead


def test_other_commands_use_the_running_database_and_leave_it_running(served):
    assert served.get("/readyz") == 200
    postmaster = served.cluster.postmaster()
    assert _run(served.folder, "db", "upgrade") == (0, "The database is up to date.\n")
    assert served.cluster.postmaster() == postmaster
    assert served.get("/readyz") == 200


def test_a_port_in_use_is_said_in_one_line(served):
    port = served.address.rsplit(":", 1)[1]
    code, text = _run(served.folder, "serve", "--port", port)
    assert code == 1
    assert text.splitlines()[-1].startswith(f"Port {port} is in use")
    assert "Traceback" not in text
    assert served.get("/readyz") == 200


def test_a_killed_database_server_is_started_again(served):
    assert served.get("/readyz") == 200
    killed = served.cluster.postmaster()
    os.kill(killed, signal.SIGKILL)
    _until(lambda: served.cluster.postmaster() not in {None, killed})
    _until(lambda: served.get("/readyz") == 200)


@pytest.mark.parametrize("part", ["http", "work"])
def test_a_killed_child_is_replaced(served, part):
    assert served.get("/readyz") == 200
    killed = served.children()[part]
    os.kill(killed, signal.SIGKILL)
    _until(lambda: served.children().get(part) not in {None, killed})
    _until(lambda: served.get("/readyz") == 200)
    died = [json.loads(line) for line in served.lines if '"a process died"' in line]
    assert [line["code"] for line in died] == [-signal.SIGKILL]


def test_a_killed_parent_takes_its_children_along_and_the_next_ends_in_good_order(folder):
    killed = Server(folder)
    assert killed.get("/readyz") == 200
    killed.process.kill()
    killed.end()
    _until(lambda: not any("app\0" in command for command in _of(folder)))
    # the database may outlive them; the next server finds it and ends it
    again = Server(folder)
    assert again.get("/readyz") == 200
    ctrl_c_ends_it_as_well_and_who_watches_is_sent_home_in_good_order(again, folder)
    assert _of(folder) == []


def test_a_server_whose_children_cannot_live_says_so_and_ends(folder):
    broken = Server(folder, "--host", "127.0.0.1")
    assert broken.get("/readyz") == 200
    for _ in range(5):
        pid = None
        while pid is None and broken.process.poll() is None:
            pid = broken.children().get("work")
            time.sleep(0.02)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            _until(lambda gone=pid: broken.children().get("work") != gone)
    assert broken.process.wait(60) == 1
    broken.end()
    assert "The process worker died 5 times within a minute" in broken.lines[-1]
    assert _of(folder) == []


def test_settings_that_make_no_sense_are_one_line(tmp_path):
    environment = {**os.environ, "WANGGE_PORT": "many", "WANGGE_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "app", "db", "upgrade"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "WANGGE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there_is_one_line(tmp_path):
    environment = {
        **os.environ,
        "WANGGE_DATABASE_URL": "postgresql://wangge:secret@127.0.0.1:1/none",
        "WANGGE_LANGUAGE": "zh",
        "WANGGE_DATA_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "app", "db", "upgrade"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "数据库没有响应，请稍后重试。\n")


def test_help_is_quick_for_it_loads_no_room():
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "import app\n"
        "assert CliRunner().invoke(app.main, ['--help']).exit_code == 0\n"
        "heavy = {'sqlalchemy', 'numpy', 'pandas', 'flask', 'geopandas', 'psycopg', 'alembic'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_every_command_is_where_the_list_says():
    import click

    import app

    with click.Context(app.main) as context:
        for name in app.main.list_commands(context):
            assert app.main.get_command(context, name).name == name


def test_the_worker_outlives_the_database(served):
    assert served.get("/readyz") == 200
    worker = served.children()["work"]
    for _ in range(2):
        os.kill(served.cluster.postmaster(), signal.SIGKILL)
        _until(lambda: served.get("/readyz") == 503)
        _until(lambda: served.get("/readyz") == 200)
    assert served.children()["work"] == worker
