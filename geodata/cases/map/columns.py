"""Cases as columns: one compact binary answer instead of a hundred thousand objects.

Layout, all little-endian: ``WGC1``, the length of the header in bytes (uint32), the header (UTF-8
JSON, padded with blanks to a multiple of 8 after the first 8 bytes), then the columns, each
beginning at a multiple of 8. The header lists ``columns`` as ``{name, type, offset}`` with the
offset counted from the end of the header, ``count`` rows in each, and ``dictionaries``: columns
``category`` ``source`` ``state`` ``area`` ``grid`` ``compound`` hold positions in these, the
highest number of their type meaning none. ``lon`` and ``lat`` are WGS 84 degrees × 10⁷, the
lowest int32 meaning unplaced. Times are whole minutes since 1970-01-01 UTC, the lowest int32
meaning none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

MAGIC = b"WGC1"
NONE = np.iinfo(np.int32).min
_NAMES = {"<u1": "uint8", "<u2": "uint16", "<u4": "uint32", "<i4": "int32", "<f8": "float64"}


def position_type(size: int) -> np.dtype[Any]:
    """The smallest type that counts to ``size`` and has one number left for none."""
    for name in ("<u1", "<u2"):
        if size <= np.iinfo(name).max:
            return np.dtype(name)
    return np.dtype("<u4")


def pack(columns: Mapping[str, np.ndarray[Any, Any]], header: Mapping[str, Any]) -> bytes:
    """Header and columns as one answer; the columns are of one length."""
    entries: list[dict[str, Any]] = []
    parts: list[bytes] = []
    offset = 0
    count = 0
    for name, values in columns.items():
        little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        count = len(little)
        raw = little.tobytes()
        raw += bytes(-len(raw) % 8)
        kind = little.dtype.str.replace("|", "<")
        entries.append({"name": name, "type": _NAMES[kind], "offset": offset})
        parts.append(raw)
        offset += len(raw)
    head = orjson.dumps({**header, "count": count, "columns": entries})
    head += b" " * (-len(head) % 8)
    return b"".join((MAGIC, len(head).to_bytes(4, "little"), head, *parts))


def unpack(answer: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Header and columns of an answer, without copying the columns.

    Raises:
        ValueError: not such an answer.
    """
    if answer[:4] != MAGIC:
        raise ValueError("not an answer of case columns")
    end = 8 + int.from_bytes(answer[4:8], "little")
    header: dict[str, Any] = orjson.loads(answer[8:end])
    columns = {
        entry["name"]: np.frombuffer(
            answer,
            np.dtype(entry["type"]).newbyteorder("<"),
            count=header["count"],
            offset=end + entry["offset"],
        )
        for entry in header["columns"]
    }
    return header, columns
