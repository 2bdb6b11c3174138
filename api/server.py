"""The HTTP server that runs the application; the one place that knows which one it is.

Granian, by measurement (``bench/servers.py``). This process has imported the whole application
when it forks its workers, so that they share that memory and start at once.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

THREADS = 600
"""Requests that one process answers at a time; an open event stream takes one of them.

Threads begin when they are needed and end when they were idle for half a minute, so they cost
nothing until then. Far more requests than database connections is meant: who gets none within ten
seconds is answered 503, and what needs no database is answered at once.
"""


def run_server(factory: str, *, host: str, port: int, workers: int) -> None:
    """Serve the application that ``factory`` ("module:function") makes, until SIGTERM or SIGINT.

    Running requests are finished first. A worker process that dies is replaced.
    """
    Granian(
        factory,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        backpressure=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
    ).serve()


def before_the_end(act: Callable[[], None]) -> None:
    """Have ``act`` called once when this worker process is told to end.

    Running requests are finished first, so what would run for long has to be told. The worker's
    own handlers of the signals stay as they are: Python writes each signal's number to a pipe
    besides. Called in the main thread of a worker.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def listen() -> None:
        while told := os.read(reading, 1):
            if told[0] in {signal.SIGTERM, signal.SIGINT}:
                act()
                return

    threading.Thread(target=listen, name="before-the-end", daemon=True).start()
