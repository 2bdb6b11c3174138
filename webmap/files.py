"""Our own files, answered before Flask: whole, packed once, kept in memory.

A page opens with fifty small files. Flask's way costs each of them its session, its language and
its log line; here one costs a look into a dictionary. Only addresses of the present version are
answered, and these never change, so browsers may keep them for ever.
"""

from __future__ import annotations

import gzip
import mimetypes
import string
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

FOR_EVER = 365 * 24 * 3600
WORTH_PACKING = 200
"""Bytes below which gzip gains nothing."""
PLAIN = frozenset(string.ascii_letters + string.digits + "._-/")
"""What the paths of our files are made of."""
COMMON = (
    ("Cache-Control", f"public, max-age={FOR_EVER}, immutable"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Vary", "Accept-Encoding"),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One file as it is answered."""

    media: str
    plain: bytes
    packed: bytes | None


class Files:
    """The WSGI application around Flask's that answers the files of one folder."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], folder: Path, *, prefix: str) -> None:
        """Answer ``prefix`` + path below ``folder``; leave everything else to ``inner``."""
        self._inner = inner
        self._folder = folder.resolve()
        self._prefix = prefix
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        address = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "GET" or not address.startswith(self._prefix):
            return self._inner(environ, start_response)
        kept = self._kept.get(address) or self._read(address)
        if kept is None:
            return self._inner(environ, start_response)
        body = kept.plain
        headers = [("Content-Type", kept.media), *COMMON]
        if kept.packed is not None and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body = kept.packed
            headers.append(("Content-Encoding", "gzip"))
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _read(self, address: str) -> Kept | None:
        """The file of an address, kept from now on; None if there is none."""
        path = address.removeprefix(self._prefix)
        if not set(path) <= PLAIN or ".." in path:
            return None
        file = self._folder / path
        if not file.is_file() or file.relative_to(self._folder).as_posix() != path:
            return None  # one address for each file, so that no asker fills the memory
        plain = file.read_bytes()
        packed = gzip.compress(plain, 9, mtime=0) if len(plain) > WORTH_PACKING else None
        if packed is not None and len(packed) > 0.9 * len(plain):
            packed = None
        kept = Kept(_media(file.name), plain, packed)
        with self._lock:
            self._kept[address] = kept
        return kept


def _media(name: str) -> str:
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = media.startswith("text/") or media.endswith(("javascript", "json", "xml"))
    return f"{media}; charset=utf-8" if is_text else media
