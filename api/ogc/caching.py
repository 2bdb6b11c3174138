"""Tiles kept in this process: the least lately asked go first when the room is used up."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

ROOM: Final = 64 * 1024 * 1024
"""Bytes of tiles that one process keeps."""
OVERHEAD: Final = 200
"""Bytes that an entry costs beside its tile."""


class TileCache:
    """A bounded map from key to packed tile, safe for threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._used = 0
        self._tiles: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """The tile of that key, if kept."""
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def put(self, key: str, tile: bytes) -> None:
        """Keep a tile; a tile larger than an eighth of the room is not kept."""
        if len(tile) > self._room // 8:
            return
        with self._lock:
            before = self._tiles.pop(key, None)
            if before is not None:
                self._used -= len(before) + OVERHEAD
            self._tiles[key] = tile
            self._used += len(tile) + OVERHEAD
            while self._used > self._room:
                _, gone = self._tiles.popitem(last=False)
                self._used -= len(gone) + OVERHEAD

    def __len__(self) -> int:
        """How many tiles are kept."""
        return len(self._tiles)
