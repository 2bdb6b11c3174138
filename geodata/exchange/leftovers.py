"""Uploads that nobody imported."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

UPLOADS: Final = "uploads"
"""The folder in DATA_DIR where files lie until they are imported."""
A_DAY: Final = 24 * 3600


def throw_away(data_dir: Path, *, seconds: float = A_DAY) -> int:
    """Delete uploads that have been lying for ``seconds``; gives how many."""
    folder = data_dir / UPLOADS
    if not folder.is_dir():
        return 0
    gone = 0
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < time.time() - seconds:
                path.unlink()
                gone += 1
        except OSError:
            continue  # another process was faster
    return gone
