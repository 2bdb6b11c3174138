"""A short way for tiles that are kept already: before Flask, after two questions to the database.

A map asks for fifty tiles at once, and most were drawn before. What Flask once answered for an
address is kept here under that address. Each request still asks the database, in one read,
whether its session or token holds *now* and which version the layer has *now*: a token that was
revoked ends at once, and a change shows at once, in every process. Everything else, and every
doubt, goes to Flask.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, Final, LiteralString

from api.observing import (
    REQUEST_ID,
    identified,
    kept_tiles_total,
    request_seconds,
    requests_total,
)
from api.sessions import COOKIE, REFRESH
from geodata.accounts import sessions
from geodata.errors import Unavailable

if TYPE_CHECKING:
    from flask import Flask

    from geodata.database import Database

WAY: Final = re.compile(r"/ogc/collections/([a-z]+)/tiles/WebMercatorQuad/\d{1,2}/\d+/\d+")
SECONDS: Final = 60.0
"""After this time Flask looks at an address anew: the day may have changed."""
ROOM: Final = 32 * 1024 * 1024
"""Bytes of tiles that one process keeps by address."""
OWN: Final = frozenset({"set-cookie", "x-request-id", "date", "content-length"})
"""Headers that belong to one answer alone."""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_ASK: LiteralString = """
    SELECT (SELECT version FROM layer_versions WHERE layer = %s) AS version,
           EXISTS (SELECT FROM sessions s JOIN users u ON u.id = s.user_id
                   WHERE s.key = %s AND u.active AND s.expires_at > now() + %s)
           OR EXISTS (SELECT FROM tokens t JOIN users u ON u.id = t.user_id
                      WHERE t.sha256 = %s AND u.active AND t.revoked_at IS NULL
                        AND (t.expires_at IS NULL OR t.expires_at > now())) AS held
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What Flask answered for an address."""

    layer: str
    version: int
    etag: str
    headers: list[tuple[str, str]]
    body: bytes
    until: float


class Lane:
    """The WSGI application around Flask's."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], database: Database) -> None:
        """Answer for ``inner`` what was answered before."""
        self._inner = inner
        self._database = database
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] != "GET" or not WAY.fullmatch(environ["PATH_INFO"]):
            return self._inner(environ, start_response)
        address = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        began = time.perf_counter()
        kept = self._kept.get(address)
        if kept is None or kept.until < time.monotonic():
            return self._ask_flask(address, environ, start_response)
        if "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", "") or not self._holds(kept, environ):
            return self._ask_flask(address, environ, start_response)
        same = kept.etag in environ.get("HTTP_IF_NONE_MATCH", "")
        own = (REQUEST_ID, identified(environ.get("HTTP_X_REQUEST_ID", "")))
        _count("304" if same else "200", began)
        if same:
            skipped = {"content-type", "content-encoding"}
            shared = [one for one in kept.headers if one[0].lower() not in skipped]
            start_response("304 NOT MODIFIED", [*shared, own])
            return [b""]
        start_response("200 OK", [*kept.headers, ("Content-Length", str(len(kept.body))), own])
        return [kept.body]

    def _holds(self, kept: Kept, environ: Environ) -> bool:
        """Whether the asker may, and the layer is as it was; doubt is no."""
        credential = _credential(environ)
        if credential is None:
            return False
        try:
            ((version, held),) = self._database.ask(_ASK, (kept.layer, *credential))
        except Unavailable:
            return False  # Flask says it in words
        return bool(held) and (version or 0) == kept.version

    def _ask_flask(
        self, address: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Let Flask answer, and keep its answer if it is a whole packed tile."""
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def listen(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said.append((status, headers))
            return start_response(status, headers, *more)

        answer = self._inner(environ, listen)
        version = environ.get(VERSION)
        if version is None or not said or not said[-1][0].startswith("200"):
            return answer
        body = b"".join(answer)
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        headers = {name.lower(): value for name, value in said[-1][1]}
        if headers.get("content-encoding") == "gzip":
            self._keep(address, environ, version, said[-1][1], body)
        return [body]

    def _keep(
        self,
        address: str,
        environ: Environ,
        version: int,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> None:
        match = WAY.fullmatch(environ["PATH_INFO"])
        if match is None or len(body) > ROOM // 16:
            return
        shared = [(name, value) for name, value in headers if name.lower() not in OWN]
        etag = next(value for name, value in headers if name.lower() == "etag")
        kept = Kept(match[1], version, etag, shared, body, time.monotonic() + SECONDS)
        with self._lock:
            before = self._kept.pop(address, None)
            self._used += len(body) - (0 if before is None else len(before.body))
            self._kept[address] = kept
            while self._used > ROOM:
                _, gone = self._kept.popitem(last=False)
                self._used -= len(gone.body)


def _count(status: str, began: float) -> None:
    """Count the answer as Flask's own are counted; it is no line in the log."""
    requests_total.labels("ogc.tile", "GET", status).inc()
    request_seconds.labels("ogc.tile").observe(time.perf_counter() - began)
    kept_tiles_total.labels(status).inc()


VERSION: Final = "wangge.tile_version"
"""Where a tile's view leaves the layer's version in the WSGI environment."""


def _credential(environ: Environ) -> tuple[str, Any, bytes] | None:
    """Session key, how long the session must still hold, and the token's digest."""
    scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme:
        if scheme.casefold() != "bearer":
            return None
        return "", _YOUNG, hashlib.sha256(secret.strip().encode("latin-1")).digest()
    try:
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(COOKIE)
    except CookieError:
        return None
    return None if cookie is None else (sessions.key(cookie.value), _YOUNG, b"")


_YOUNG: Final = sessions.IDLE - REFRESH
"""A session older than this goes through Flask, which lets it live on."""


def join(app: Flask, database: Database) -> None:
    """Put the short way before ``app``."""
    app.wsgi_app = Lane(app.wsgi_app, database)  # type: ignore[method-assign]
