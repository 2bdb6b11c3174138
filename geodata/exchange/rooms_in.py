"""A ledger of public rooms out of a file."""

# ruff: noqa: SIM905 - words in a row read better than quoted one by one

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geodata.exchange.columns import read_fields
from geodata.exchange.coordinates import Placing, positions
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping
from geodata.exchange.source import Chunk
from geodata.exchange.values import as_json, texts
from geodata.profiles import Profile
from geodata.reach.rooms.ledger import Line, Taken

_IDLE: Final = frozenset(
    "空置 闲置 空闲 未使用 未启用 未投用 无 idle empty vacant unused none".split()
)
"""Words for a room that is used as nothing."""


def read_rooms(
    chunk: Chunk,
    mapping: ColumnMapping,
    placing: Placing,
    profile: Profile,
    fixed: dict[str, Any],
    found: Findings,
) -> list[Line]:
    """The lines whose place, if they say one, can be read; the others are told in ``found``."""
    chunk, idle = _without_idle(chunk, mapping)
    columns, aside = read_fields("rooms", chunk, mapping, profile, found)
    lon, lat, bad = positions(chunk, mapping, placing, found)
    asides = as_json(aside).to_pylist() if aside.num_columns else ["{}"] * len(chunk)
    lists = {name: _plain(column, profile) for name, column in columns.items()}
    same = {name: _plain(pa.array([value]), profile)[0] for name, value in fixed.items()}
    lines = []
    for k in np.flatnonzero(~bad).tolist():
        values = {name: column[k] for name, column in lists.items() if column[k] is not None}
        if idle[k]:
            values["used_as"] = None
        if np.isfinite(lon[k]) and np.isfinite(lat[k]):
            values |= {"lon": float(lon[k]), "lat": float(lat[k])}
        lines.append(Line(int(chunk.rows[k]), values | same, orjson.loads(asides[k])))
    return lines


def _without_idle(chunk: Chunk, mapping: ColumnMapping) -> tuple[Chunk, NDArray[np.bool_]]:
    """The rows without words for a room that is not in use, and which had one."""
    column = mapping.column("used_as")
    if column is None:
        return chunk, np.zeros(len(chunk), dtype=bool)
    words = texts(chunk.table[column])
    idle = np.array([word is not None and word.casefold() in _IDLE for word in words.to_pylist()])
    kept = pc.if_else(pa.array(idle), pa.scalar(None, pa.string()), words)
    place = chunk.table.column_names.index(column)
    return replace(chunk, table=chunk.table.set_column(place, column, kept)), idle


def tell_refused(taken: Taken, found: Findings) -> None:
    """Say of each line that was refused why."""
    for line, error in taken.refused:
        name = line.said.get("name") or line.said.get("code") or ""
        found.add("room", "refused", error.message, row=line.row, name=name, **error.params)


def _plain(column: Any, profile: Profile) -> list[Any]:
    """A column's values as Python has them; instants become days where the city is."""
    if isinstance(column, pa.Array | pa.ChunkedArray):
        if not pa.types.is_timestamp(column.type):
            return list(column.to_pylist())
        column = column.to_numpy(zero_copy_only=False)
    if column.dtype.kind == "M":
        return [_day(one, profile) for one in column]
    return [None if np.isnan(one) else float(one) for one in column]


def _day(instant: np.datetime64, profile: Profile) -> date | None:
    if np.isnat(instant):
        return None
    return pd.Timestamp(instant).tz_localize(UTC).astimezone(profile.zone).date()
