"""Codes that the system gives: unique for ever, in an order that a map reader expects.

A community's code has 12 digits: 6 of the county, 3 of the street office, 3 of its own; a grid's
code is its community's and 3 digits more. A compound's is its community's, the letter C and 3
digits, so that nobody takes it for a grid's. New numbers run from the west to the east in bands
from the north to the south, and go on after the highest number that was ever given under the same
parent: a code that was once used is never used again, not even when what it named is long gone.

Buildings, facilities and streets that come without a code get one from their geometry, so that
the same file brings the same codes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import Conflict


def map_order(lon: Any, lat: Any) -> NDArray[np.int64]:
    """Positions in reading order: bands from north to south, each from west to east.

    Args:
        lon: Longitudes in degrees.
        lat: Latitudes in degrees.

    Returns:
        The positions' indices in that order. There are about as many bands as make the places of
        a band as far apart as the bands; every band has the same number of places.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    count = len(x)
    if not count:
        return np.empty(0, dtype=np.int64)
    width = float(np.ptp(x)) * float(np.cos(np.radians(np.mean(y))))
    height = float(np.ptp(y))
    bands = round(float(np.sqrt(count * height / width))) if width > 0 else count
    bands = min(max(bands, 1), count)
    down = np.lexsort((x, -y))
    band = np.empty(count, dtype=np.int64)
    band[down] = np.arange(count) * bands // count
    return np.lexsort((-y, x, band)).astype(np.int64)


def number(
    parents: Sequence[str], lon: Any, lat: Any, *, taken: Collection[str], digits: int = 3
) -> list[str]:
    """New codes under their parents' codes, in map order.

    Args:
        parents: For each new record what its code begins with.
        lon: Longitudes of the records, in degrees.
        lat: Latitudes.
        taken: Every code that was ever given in this layer.
        digits: How many digits are added.

    Raises:
        Conflict: A parent has no number left.
    """
    highest: dict[str, int] = {}
    for code in taken:
        prefix, tail = code[:-digits], code[-digits:]
        if tail.isdigit() and tail.isascii():
            highest[prefix] = max(highest.get(prefix, 0), int(tail))
    answer = [""] * len(parents)
    for k in map_order(lon, lat).tolist():
        parent = parents[k]
        mine = highest.get(parent, 0) + 1
        if mine >= 10**digits:
            raise Conflict(
                "Under %(parent)s no number of %(digits)s digits is left for another code.",
                parent=parent,
                digits=digits,
            )
        highest[parent] = mine
        answer[k] = f"{parent}{mine:0{digits}d}"
    return answer


def shape_keys(shapes: Any) -> list[str]:
    """12 hexadecimal digits of each geometry's coordinates, to a centimetre.

    The second of two equal geometries gets ``-2`` behind, the third ``-3``.
    """
    rounded = shapely.set_precision(np.asarray(shapes, dtype=object), 0)
    coordinates, owner = shapely.get_coordinates(rounded, return_index=True)
    whole = np.round(coordinates * 1e7).astype(np.int64)
    mixed = pd.util.hash_array(whole[:, 0]) * np.uint64(31) + pd.util.hash_array(whole[:, 1])
    # Each vertex counts with its place in the geometry, so that order and parts matter.
    first = np.searchsorted(owner, np.arange(len(rounded)))
    place = (np.arange(len(owner)) - first[owner]).astype(np.uint64)
    mixed = pd.util.hash_array(mixed ^ (place * np.uint64(0x9E3779B97F4A7C15)))
    total = np.zeros(len(rounded), dtype=np.uint64)
    np.add.at(total, owner, mixed)
    keys = pd.Series([f"{value >> 16:012x}" for value in total.tolist()])
    again = keys.groupby(keys).cumcount()
    return [key if not n else f"{key}-{n + 1}" for key, n in zip(keys, again, strict=True)]
