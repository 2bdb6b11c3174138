"""Children of the server: started, watched, replaced when they die, ended in order."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import structlog

from geodata.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

log = structlog.get_logger()

PARENT = "WANGGE_PARENT"
"""Environment variable that tells a child whose child it is."""
PR_SET_PDEATHSIG = 1
DEATHS = 5
DEATHS_WITHIN_SECONDS = 60.0


@dataclass
class Child:
    """A process that is always there: one that dies is replaced, up to 5 times a minute."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 20.0
    """How long it gets to end by itself."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _deaths: list[float] = field(default_factory=list, init=False)

    def start(self) -> None:
        """Run it, out of reach of the terminal's Ctrl-C."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            self.command,
            env={**os.environ, **self.environment, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self) -> None:
        """Replace it if it died.

        Raises:
            Unavailable: it died too often.
        """
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < DEATHS_WITHIN_SECONDS] + [now]
        log.error("a process died", child=self.name, code=self.process.returncode)
        self._end_group(self.process.pid)  # its own children would hold the port
        if len(self._deaths) >= DEATHS:
            raise Unavailable(
                "The process %(name)s died %(times)s times within a minute; the log says why.",
                name=self.name,
                times=DEATHS,
            )
        time.sleep(min(0.2 * 2 ** len(self._deaths), 5))
        self.start()

    def stop(self) -> None:
        """Ask it to end, and end it with all its own children if it does not."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                log.warning("a process did not end by itself", child=self.name)
        self._end_group(self.process.pid)
        self.process.wait()
        self.process = None

    @staticmethod
    def _end_group(leader: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)


@dataclass
class Readiness:
    """Asks ``address`` until it answers well, then calls ``tell`` once."""

    address: str
    tell: Callable[[], None]
    _told: bool = field(default=False, init=False)

    def look(self) -> None:
        """Ask once more, unless it was told already."""
        if self._told:
            return
        try:
            with urllib.request.urlopen(self.address, timeout=2) as answer:  # noqa: S310 - ours
                self._told = answer.status == 200
        except OSError:
            return
        if self._told:
            self.tell()


def supervise(children: Sequence[Child], *, tend: Callable[[], None], every: float = 0.25) -> None:
    """Keep ``children`` running until SIGTERM or SIGINT, then end them in the given order.

    ``tend`` is called again and again, ``every`` seconds.

    Raises:
        Unavailable: a child dies again and again; the others are ended.
    """
    # A signal may come while the main thread holds a lock of what it waits for: an Event would then
    # wait for itself. A SimpleQueue may be filled by a handler at any moment.
    endings: SimpleQueue[int] = SimpleQueue()
    before = {
        number: signal.signal(number, lambda number, _: endings.put(number))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        for child in children:
            child.start()
        while not _arrives(endings, seconds=every):
            for child in children:
                child.watch()
            tend()
    finally:
        for child in children:
            child.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def _arrives(endings: SimpleQueue[int], *, seconds: float) -> bool:
    with suppress(Empty):
        endings.get(timeout=seconds)
        return True
    return False


def free_port(host: str, port: int) -> int:
    """``port`` if nobody listens there, any free one for 0.

    Raises:
        Unavailable: the port is in use, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Unavailable(
                    "Port %(port)s is in use: end what listens there or choose another with "
                    "--port or WANGGE_PORT.",
                    port=port,
                ) from None
            raise Unavailable(
                "Cannot listen on %(host)s port %(port)s: %(reason)s.",
                host=host,
                port=port,
                reason=error.strerror or str(error),
            ) from None
        return int(probe.getsockname()[1])


def follow_parent() -> None:
    """In a child: get SIGTERM when the parent dies, however it dies."""
    parent = os.environ.get(PARENT)
    if parent is None:
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        os.kill(os.getpid(), signal.SIGTERM)
