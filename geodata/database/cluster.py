"""A private PostgreSQL with PostGIS in the data folder, on a unix socket that only its owner opens.

Everyone who uses the cluster holds a shared lock on ``postgres.users``. Whoever leaves last stops
it; a killed process loses its lock by itself, so the count is never wrong. Starting and stopping
happen under a second, exclusive lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import structlog

from geodata.database.binaries import Binaries, find_binaries
from geodata.errors import SetUpIncomplete, Unavailable, WanggeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = structlog.get_logger()

OWNER = "wangge"
DATABASE = "wangge"
SOCKET_PATH_LIMIT = 107
"""Bytes that Linux leaves for the path of a unix socket (``sun_path`` less its final zero)."""
SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS = 120

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
"""Statements stay out of the server's log, for they carry what people wrote."""

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Faster, and lost at a power cut: for the cluster of the tests and nothing else."""


@dataclass
class EmbeddedCluster:
    """The cluster in ``data_dir/postgres``.

    ``extra`` adds or replaces server settings, such as ``FORGETFUL`` for tests.
    """

    data_dir: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    _users: int | None = field(default=None, init=False, repr=False)
    _not_before: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep the folder's full path: the server has another current folder."""
        self.data_dir = self.data_dir.absolute()

    @property
    def folder(self) -> Path:
        """Where the cluster lies; a symbolic link if the server may not enter ``data_dir``."""
        return (self.data_dir / "postgres").resolve()

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket, short enough for the operating system."""
        near = self.data_dir / "run"
        linked = (self.data_dir / "postgres").is_symlink()
        if not linked and len(os.fsencode(near / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return near
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        if runtime and os.geteuid() != 0:
            far = Path(runtime) / f"wangge-{digest}"
            if len(os.fsencode(far / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
                return far
        return Path("/tmp") / f"wangge-{_server_user().pw_uid}-{digest}"  # noqa: S108 - made 0700

    def url(self, database: str = DATABASE) -> str:
        """The libpq address of one of its databases."""
        return (
            f"postgresql://{OWNER}@/{quote(database)}?host={quote(str(self.socket_dir), safe='')}"
        )

    def start(self) -> None:
        """Make the cluster if there is none, run it unless it runs, and count as a user of it.

        Raises:
            SetUpIncomplete: a package, a folder's right or the right PostgreSQL version is missing.
            Unavailable: it does not start; the message carries the server's last words.
        """
        if self._users is not None:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._alone():
            users = os.open(self.data_dir / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._run()
            except BaseException:
                os.close(users)
                raise
            self._users = users

    def stop(self) -> None:
        """Leave; the last one out stops the server."""
        if self._users is None:
            return
        with self._alone():
            users, self._users = self._users, None
            try:
                fcntl.flock(users, fcntl.LOCK_UN)
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                self._halt()
            finally:
                os.close(users)

    def revive(self) -> bool:
        """Start the server again if it was killed while we use it; whether it runs now.

        One that cannot start (a full disk) is tried again at a later call, not sooner than
        after five seconds.
        """
        if self._users is None or self.postmaster() is not None:
            return True
        if time.monotonic() < self._not_before:
            return False
        try:
            with self._alone():
                self._run()
        except (WanggeError, OSError) as error:
            log.warning("the embedded database cannot be revived", reason=str(error))
            self._not_before = time.monotonic() + 5
            return False
        log.warning("the embedded database was gone and was started again")
        return True

    def running(self) -> bool:
        """Whether the server answers."""
        try:
            psycopg.connect(self.url("template1"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def postmaster(self) -> int | None:
        """Process id of the living server of this folder, if there is one."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if _works_in(Path("/proc", str(pid)), self.folder) else None

    # ------------------------------------------------------------------ inside

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self.data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _run(self) -> None:
        self._place()
        binaries = find_binaries(self._made_by())
        if not (self.folder / "PG_VERSION").exists():
            self._initialise(binaries)
        if self.postmaster() is not None and self._answers_within(START_SECONDS):
            return
        self._clear_remains()
        self._configure()
        self._launch(binaries)

    def _made_by(self) -> int | None:
        """Major version that made the cluster; none before it is made."""
        try:
            return int((self.folder / "PG_VERSION").read_text().strip())
        except FileNotFoundError:
            return None

    def _place(self) -> None:
        """Find the cluster a folder that the server's user may enter."""
        link = self.data_dir / "postgres"
        if os.geteuid() != 0 or link.is_symlink() or link.exists():
            return
        if _may_enter(self.data_dir):
            return
        # a checkout under /root: the server runs as another user, who may not go through there
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        elsewhere = Path("/var/lib/wangge") / digest
        elsewhere.mkdir(parents=True, exist_ok=True)
        if not _may_enter(elsewhere):
            raise SetUpIncomplete(
                "The database server runs as the user %(user)s, who may not enter %(folder)s: "
                "choose another folder with WANGGE_DATA_DIR or allow it with chmod o+x.",
                user=_server_user().pw_name,
                folder=str(self.data_dir),
            )
        link.symlink_to(elsewhere / "postgres")

    def _initialise(self, binaries: Binaries) -> None:
        part = self.folder.with_name(self.folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        if self.folder.exists() and any(self.folder.iterdir()):
            raise SetUpIncomplete(
                "%(folder)s is neither empty nor a database cluster: move it away.",
                folder=str(self.folder),
            )
        self._own(part)
        command = [
            str(binaries.folder / "initdb"),
            f"--pgdata={part}",
            f"--username={OWNER}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--lc-collate=C",  # the same order, found several times faster
            "--auth=peer",
            "--data-checksums",
        ]
        if self.extra.get("fsync") == "off":
            command.append("--no-sync")
        done = _as_server(command)
        if done.returncode != 0:
            shutil.rmtree(part, ignore_errors=True)
            raise Unavailable(
                "The database cluster in %(folder)s could not be made: %(words)s",
                folder=str(self.folder),
                words=done.stdout.strip()[-600:],
            )
        if self.folder.exists():
            self.folder.rmdir()
        part.rename(self.folder)

    def _configure(self) -> None:
        """Write the server's settings anew: the folder may have moved, the user may be another."""
        self._own(self.socket_dir)
        settings = {
            **SETTINGS,
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            **self.extra,
        }
        lines = "".join(
            f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n"
            for name, value in settings.items()
        )
        (self.folder / "wangge.conf").write_text(lines)
        main = self.folder / "postgresql.conf"
        if "include 'wangge.conf'" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude 'wangge.conf'\n")
        (self.folder / "pg_hba.conf").write_text("local all all peer map=wangge\n")
        people = {"root", _server_user().pw_name, pwd.getpwuid(os.geteuid()).pw_name}
        (self.folder / "pg_ident.conf").write_text(
            "".join(f'wangge "{name}" {OWNER}\n' for name in sorted(people))
        )
        for name in ("wangge.conf", "pg_hba.conf", "pg_ident.conf"):
            self._give(self.folder / name)

    def _launch(self, binaries: Binaries) -> None:
        log = self.folder / "start.log"
        log.unlink(missing_ok=True)
        deadline = time.monotonic() + START_SECONDS
        while True:
            done = _as_server(
                [
                    str(binaries.folder / "pg_ctl"),
                    "start",
                    "--silent",
                    "--wait",
                    f"--timeout={START_SECONDS}",
                    f"--pgdata={self.folder}",
                    f"--log={log}",
                ]
            )
            if done.returncode == 0 and self.running():
                return
            words = _last_words(self.folder)
            remains = "still in use" in words  # shared memory of a killed server's children
            if not remains or time.monotonic() > deadline:
                raise Unavailable(
                    "The embedded database in %(folder)s does not start: %(words)s",
                    folder=str(self.folder),
                    words=words or done.stdout.strip(),
                )
            self._clear_remains()
            time.sleep(0.2)

    def _halt(self) -> None:
        pid = self.postmaster()
        if pid is None:
            return
        binaries = find_binaries(self._made_by())
        for mode, seconds in (("fast", 60), ("immediate", 20)):
            done = _as_server(
                [
                    str(binaries.folder / "pg_ctl"),
                    "stop",
                    "--silent",
                    "--wait",
                    f"--mode={mode}",
                    f"--timeout={seconds}",
                    f"--pgdata={self.folder}",
                ]
            )
            if done.returncode == 0:
                return

    def _answers_within(self, seconds: float) -> bool:
        """Wait for a server that lives but is still starting, recovering or going down."""
        deadline = time.monotonic() + seconds
        while not self.running():
            if self.postmaster() is None:
                return False
            if time.monotonic() > deadline:
                raise Unavailable(
                    "The embedded database in %(folder)s does not start: %(words)s",
                    folder=str(self.folder),
                    words=_last_words(self.folder),
                )
            time.sleep(0.1)
        return True

    def _clear_remains(self) -> None:
        """After a killed server: end its orphans and take its process-id file away.

        PostgreSQL clears a stale file itself, except when another process has got the number.
        """
        for pid in _processes_in(self.folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + 10
        while _processes_in(self.folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        for name in (SOCKET_NAME, SOCKET_NAME + ".lock"):
            (self.socket_dir / name).unlink(missing_ok=True)

    def _own(self, folder: Path) -> None:
        """Make ``folder`` private to the server's user, or refuse one that is somebody else's."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        self._give(folder)
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != _server_user().pw_uid:
            raise SetUpIncomplete(
                "%(folder)s belongs to another user: remove it or choose another WANGGE_DATA_DIR.",
                folder=str(folder),
            )
        folder.chmod(0o700)

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            user = _server_user()
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _server_user() -> pwd.struct_passwd:
    """Who runs the server: the caller, or ``postgres`` for root, as PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise SetUpIncomplete(
            "PostgreSQL does not run as root and there is no user postgres: "
            "install the package postgresql, or start Wangge as an ordinary user."
        ) from None


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user = _server_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _as_server(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    return subprocess.run(  # noqa: S603 - our own arguments
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd="/",
        env=environment,
        umask=0o077,
        **_identity(),
    )


def _may_enter(folder: Path) -> bool:
    return _as_server(["test", "-x", str(folder)]).returncode == 0


def _processes_in(folder: Path) -> list[int]:
    """Processes of PostgreSQL that work in ``folder``; it makes its folder the current one."""
    entries = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [int(entry.name) for entry in entries if _works_in(entry, folder)]


def _works_in(entry: Path, folder: Path) -> bool:
    """Whether a process of /proc is a living PostgreSQL with this current folder."""
    try:
        name = (entry / "comm").read_text().strip()
        return name in {"postgres", "postmaster"} and (entry / "cwd").readlink() == folder
    except OSError:
        return False


def _last_words(folder: Path) -> str:
    """The last lines that the server wrote, for the message of a failed start."""
    logs = [folder / "start.log", *(folder / "log").glob("*.log")]
    logs = [log for log in logs if log.exists() and log.stat().st_size]
    if not logs:
        return ""
    latest = max(logs, key=lambda log: log.stat().st_mtime)
    text = latest.read_text(errors="replace")
    if "redirecting log output" in text:
        others = [log for log in logs if log != latest]
        text += "".join(log.read_text(errors="replace")[-2000:] for log in others)
    return " ".join(text.splitlines()[-3:])[-600:]
