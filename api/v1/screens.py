"""Screens that follow one operator."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import orjson
from apiflask import APIBlueprint
from flask import Flask, Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field

from api.serving import database, serving
from api.signing_in import current_actor
from geodata.accounts import screens

blueprint = APIBlueprint("screens", __name__, url_prefix="/api/v1/screens", tag="Screens")

WAIT_SECONDS: Final = 15.0
"""After so long without news a screen is told that the line still stands."""
LIFE_SECONDS: Final = 600.0
"""After so long a screen is sent to ask again, and so to show again that it may see this."""
FOLLOWED: Final = "wangge-screens"
_opening = threading.Lock()


class Led(BaseModel):
    """What the account leads; `code` is null if it leads no screen."""

    code: str | None = Field(description="six digits that are typed at a screen to follow")


class Looking(BaseModel):
    """What the leader looks at now."""

    model_config = ConfigDict(extra="forbid")

    view: Annotated[str, Field(max_length=screens.LONGEST_VIEW)] = Field(
        description="the part of the page's address after #"
    )


@blueprint.get("")
@blueprint.output(Led)
@blueprint.doc(summary="The code by which one's own screens follow", responses=[401, 403])
def get_led() -> Any:
    """Null if the account leads no screen."""
    found = screens.led(database, current_actor())
    return {"code": found.code if found else None}


@blueprint.post("")
@blueprint.output(Led, status_code=201)
@blueprint.doc(summary="Lead other screens", responses=[401, 403])
def lead() -> Any:
    """With a new code; what the account led before is over."""
    return {"code": screens.lead(database, current_actor()).code}


@blueprint.delete("")
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Lead no more", responses=[401, 403])
def end_leading() -> Any:
    """Who follows is told."""
    screens.end(database, current_actor())
    return ""


@blueprint.put("/<string(length=6):code>")
@blueprint.input(Looking)
@blueprint.doc(summary="Show what one looks at", responses=[400, 401, 403, 404])
def show(code: str, json_data: Looking) -> dict[str, Any]:
    """To all screens that follow."""
    return {"version": screens.show(database, current_actor(), code, json_data.view)}


@blueprint.get("/<string(length=6):code>/stream")
@blueprint.doc(
    summary="What the leader looks at, as it changes",
    responses={200: "Server-Sent Events", 404: "Nobody leads by this code"},
)
def follow(code: str) -> Response:
    """`event: view`, and `event: over` when the leader has ended it."""
    now = screens.looked_at(database, current_actor(), code)
    source = _followed()
    source.take(now)
    told = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    seen = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else -1
    return Response(
        _sent(source, code, min(seen, now.version)),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _sent(source: screens.Followed, code: str, seen: int) -> Iterator[bytes]:
    end = time.monotonic() + LIFE_SECONDS
    yield b"retry: 2000\n\n"
    while not source.is_over and (left := end - time.monotonic()) > 0:
        view = source.after(code, seen, seconds=min(WAIT_SECONDS, left))
        if view is None:
            yield b": still here\n\n"
        elif view.over:
            yield b"event: over\ndata: {}\n\n"
            return
        else:
            seen = view.version
            data = orjson.dumps({"view": view.view, "leader": view.leader})
            yield b"id: %d\nevent: view\ndata: %s\n\n" % (seen, data)


def _followed() -> screens.Followed:
    """This process's one, begun with its first follower."""
    with _opening:
        if FOLLOWED not in current_app.extensions:
            current_app.extensions[FOLLOWED] = screens.Followed(serving().database)
        found: screens.Followed = current_app.extensions[FOLLOWED]
        return found


def end(app: Flask) -> None:
    """Send the followers of this process home: they come back to the next."""
    with _opening:
        if FOLLOWED in app.extensions:
            app.extensions[FOLLOWED].close()
