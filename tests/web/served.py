"""A server inside the tests' own process, that ends in good order."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from api.v1 import case_stream, screens

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 10.0
"""So many seconds what is under way may still take when its server ends."""


class UnderWay:
    """The requests that a server is answering."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._change = threading.Condition()

    @contextmanager
    def one(self, path: str) -> Iterator[None]:
        """While a request is answered."""
        with self._change:
            self.paths.append(path)
        try:
            yield
        finally:
            with self._change:
                self.paths.remove(path)
                self._change.notify_all()

    def came_to_an_end(self, seconds: float) -> bool:
        """Whether there is none any more, within so many seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self.paths, seconds)


class Handler(WSGIRequestHandler):
    """Counts what is under way, and writes no line for each of the hundred files of a page."""

    def run_wsgi(self) -> None:
        """Here and not in the application: an answer whose reader has gone is never closed."""
        with self.server.under_way.one(self.path):  # type: ignore[attr-defined]
            super().run_wsgi()

    def log_request(self, *_: Any) -> None:
        """Nothing: the application has lines of its own."""


_running: dict[str, UnderWay] = {}


def come_to_rest(address: str, seconds: float = PATIENCE) -> None:
    """Wait until nothing is asked of the server there."""
    _running[address].came_to_an_end(seconds)


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """Serve ``app`` on a port of its own, or on that one, while the block runs."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler)
    server.under_way = under_way = UnderWay()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    _running[address] = under_way
    try:
        yield address
    finally:
        server.shutdown()  # nobody comes in any more
        thread.join()
        server.server_close()
        _wait_for_the_last(app, under_way)
        del _running[address]
        for kept in (case_stream.STREAM, screens.FOLLOWED):
            app.extensions.pop(kept, None)


def _wait_for_the_last(app: Any, under_way: UnderWay) -> None:
    """A request that is cut off by the end of its database leaves a connection open."""
    end = time.monotonic() + PATIENCE
    while True:
        case_stream.end(app)  # its viewers go home, whoever came last included
        screens.end(app)
        if under_way.came_to_an_end(0.5):
            return
        if time.monotonic() > end:
            msg = f"requests that do not come to an end: {under_way.paths}"
            raise AssertionError(msg)
