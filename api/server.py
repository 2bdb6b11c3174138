"""The HTTP server that runs the application; the one place that knows which one it is.

Granian, by measurement (``bench/servers.py``). This process has imported the whole application
when it forks its workers, so that they share that memory and start at once.
"""

from __future__ import annotations

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
