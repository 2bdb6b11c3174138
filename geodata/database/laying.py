"""The compiled loop that lays encoded columns out as rows."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def lay_rows(lengths: Any, starts: Any, data: Any) -> Any:
    """Rows of binary COPY as one byte array.

    ``lengths`` and ``starts`` have one row per column and one column per row of the table; a
    length of -1 is NULL; ``starts`` point into ``data`` (uint8).
    """
    fields, count = lengths.shape
    size = count * (2 + 4 * fields)
    for field in range(fields):
        for row in range(count):
            if lengths[field, row] > 0:
                size += lengths[field, row]
    out = np.empty(size, np.uint8)
    at = 0
    for row in range(count):
        out[at] = fields >> 8
        out[at + 1] = fields & 255
        at += 2
        for field in range(fields):
            length = lengths[field, row]
            out[at] = (length >> 24) & 255
            out[at + 1] = (length >> 16) & 255
            out[at + 2] = (length >> 8) & 255
            out[at + 3] = length & 255
            at += 4
            start = starts[field, row]
            for i in range(length):
                out[at + i] = data[start + i]
            if length > 0:
                at += length
    return out
