"""Who asked a moment ago: spares the map's reads a look into the database each.

A map asks for some fifty tiles at once. For reads under ``/ogc``, and for nothing else, who asks
is remembered for ``SECONDS``; so a session or token that was ended elsewhere can read the map
that much longer. Ended by this process, it is forgotten at once.
"""

from __future__ import annotations

import time
from typing import Final, Generic, TypeVar

from flask import request

SECONDS: Final = 3.0
MOST: Final = 4096

Who = TypeVar("Who")


def applies() -> bool:
    """Whether this request is one of the map's reads."""
    return request.method in {"GET", "HEAD"} and request.path.startswith("/ogc/")


class Recent(Generic[Who]):
    """What was found lately, by the digest of the credential."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Remember for ``seconds``."""
        self._seconds = seconds
        self._found: dict[str, tuple[float, Who]] = {}

    def get(self, key: str) -> Who | None:
        """What was found under ``key`` lately, on a request that may be served so."""
        entry = self._found.get(key) if applies() else None
        return entry[1] if entry is not None and entry[0] > time.monotonic() else None

    def keep(self, key: str, who: Who) -> None:
        """Remember; the oldest go when there are too many."""
        if not applies():
            return
        if len(self._found) >= MOST:
            self._found.clear()
        self._found[key] = (time.monotonic() + self._seconds, who)

    def forget(self, key: str) -> None:
        """As if it had not been found."""
        self._found.pop(key, None)
