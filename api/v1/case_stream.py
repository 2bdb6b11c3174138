"""The stream that tells of cases as they change (Server-Sent Events)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Final

from apiflask import APIBlueprint
from flask import Flask, Response, current_app, request

from api.serving import serving
from api.signing_in import current_actor
from geodata.accounts import require
from geodata.cases import streaming
from geodata.errors import Unavailable

blueprint = APIBlueprint("case_stream", __name__, url_prefix="/api/v1/cases", tag="Cases")

WAIT_SECONDS: Final = 15.0
"""After so long without news a viewer is told that the line still stands."""
LIFE_SECONDS: Final = 600.0
"""After so long a viewer is sent to ask again, and so to show again that it may see this."""
MOST_VIEWERS: Final = 560
"""Of one process. Each takes one of its threads (``api.server.THREADS``); who comes later is
refused and asks now and then instead, so that all else is still answered."""
STREAM: Final = "wangge-case-stream"
_opening = threading.Lock()
_viewers: Final[set[object]] = set()


@blueprint.get("/stream")
@blueprint.doc(summary="Changes of cases as they happen", responses={200: "Server-Sent Events"})
def stream() -> Response:
    """`event: case`; resumed by `Last-Event-ID`. Without one it begins with what comes next."""
    require(current_actor(), "see_map")
    if len(_viewers) >= MOST_VIEWERS:
        raise Unavailable("Too many are watching at once; try again in a minute.")
    source = _stream()
    told = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    seen = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else source.last
    return Response(
        _sent(source, seen),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _sent(source: streaming.Stream, seen: int) -> Iterator[bytes]:
    viewer = object()
    _viewers.add(viewer)
    try:
        end = time.monotonic() + LIFE_SECONDS
        yield b"retry: 2000\nid: %d\n\n" % seen
        while not source.is_over and (left := end - time.monotonic()) > 0:
            news = source.after(seen, seconds=min(WAIT_SECONDS, left))
            seen = news[-1].id if news else seen
            yield b"".join(map(_told, news)) or b": still here\n\n"
    finally:
        _viewers.discard(viewer)


def _told(event: streaming.Event) -> bytes:
    return b"id: %d\nevent: case\ndata: %s\n\n" % (event.id, event.data)


def _stream() -> streaming.Stream:
    """This process's one, begun with its first viewer."""
    with _opening:
        if STREAM not in current_app.extensions:
            current_app.extensions[STREAM] = streaming.Stream(serving().database)
        found: streaming.Stream = current_app.extensions[STREAM]
        return found


def end(app: Flask) -> None:
    """Send the viewers of this process home: they come back to the next."""
    with _opening:
        if STREAM in app.extensions:
            app.extensions[STREAM].close()
