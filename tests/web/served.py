"""A server inside the tests' own process, that ends in good order."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from api.v1 import case_stream, screens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE = 10.0
"""So many seconds what is under way may still take when its server ends."""


class Counted:
    """An application that knows which of its requests are under way."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.under_way: list[str] = []
        self._change = threading.Condition()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        with self._change:
            self.under_way.append(path)
        try:
            answer = self.app(environ, start_response)
        except BaseException:
            self._ended(path)
            raise
        return ClosingIterator(answer, lambda: self._ended(path))

    def _ended(self, path: str) -> None:
        with self._change:
            self.under_way.remove(path)
            self._change.notify_all()

    def came_to_an_end(self, seconds: float) -> bool:
        """Whether nothing is under way any more, within so many seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self.under_way, seconds)


class Quiet(WSGIRequestHandler):
    """Writes no line for each of the hundred files of a page: the application has its own."""

    def log_request(self, *_: Any) -> None:
        """Nothing."""


_running: dict[str, Counted] = {}


def come_to_rest(address: str, seconds: float = PATIENCE) -> None:
    """Wait until nothing is asked of the server there."""
    _running[address].came_to_an_end(seconds)


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """Serve ``app`` on a port of its own, or on that one, while the block runs."""
    counted = Counted(app)
    server = make_server("127.0.0.1", port, counted, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    _running[address] = counted
    try:
        yield address
    finally:
        server.shutdown()  # nobody comes in any more
        thread.join()
        server.server_close()
        _wait_for_the_last(app, counted)
        del _running[address]
        for kept in (case_stream.STREAM, screens.FOLLOWED):
            app.extensions.pop(kept, None)


def _wait_for_the_last(app: Any, counted: Counted) -> None:
    """A request that is cut off by the end of its database leaves a connection open."""
    end = time.monotonic() + PATIENCE
    while True:
        case_stream.end(app)  # its viewers go home, whoever came last included
        screens.end(app)
        if counted.came_to_an_end(0.5):
            return
        if time.monotonic() > end:
            msg = f"requests that do not come to an end: {counted.under_way}"
            raise AssertionError(msg)
