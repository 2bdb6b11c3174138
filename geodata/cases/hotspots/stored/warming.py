"""The compiled loops, loaded before somebody waits for them.

A process loads them in seconds, and the first one of an installation compiles them for ten more.
The worker does so as it starts, which leaves what was compiled on disk; a server process when
somebody opens the page from which hotspots are asked.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path
from typing import Final

import structlog

CACHE: Final = "NUMBA_CACHE_DIR"
log = structlog.get_logger()


@cache
def warm() -> threading.Thread:
    """Load them in the background, once in a process."""
    thread = threading.Thread(target=_load, name="warming", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    from geodata.cases.hotspots.stored import spotting  # noqa: PLC0415 - seconds to load

    try:
        spotting.get_ready()
    except Exception:
        # Nobody waits for this; who asks for hotspots is told what is wrong.
        log.exception("the compiled loops could not be loaded")


def cache_below(data_dir: Path, *, code: Path = Path(__file__).parent) -> dict[str, str]:
    """Where what is compiled is kept, as environment of a child.

    Beside the code, unless that may not be written, as in a read-only installation: then below
    ``data_dir``. What the environment says already holds.
    """
    if CACHE in os.environ or os.access(code, os.W_OK):
        return {}
    return {CACHE: str(data_dir / "compiled")}
