"""What was kept aside of files, as columns of its own under the names that it came with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from geodata.exchange.copying_out import ASIDE, Laid, asides
from geodata.exchange.outgoing import PLACE

_MOST = 100
_OURS = frozenset({"geometry", "geom", "fid", "lon", "lat", "wkt"})
_KINDS = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}


@dataclass(frozen=True)
class Spread:
    """Laid rows with their asides spread; a key of several kinds of values goes out as text."""

    laid: Laid
    fits: dict[str, pa.DataType]

    @property
    def schema(self) -> pa.Schema:
        """The columns once spread; what is in no column of its own stays in ``extra``."""
        kept = [field for field in self.laid.schema if field.name not in {ASIDE, PLACE}]
        spread = [pa.field(key, kind) for key, kind in self.fits.items()]
        if set(self.laid.keys) - set(self.fits):
            spread.append(pa.field(ASIDE, pa.string()))
        return pa.schema([*kept, *spread, self.laid.schema.field(PLACE)])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows."""
        schema = self.schema
        for batch in self.laid.batches():
            rows = asides(batch.column(ASIDE)) if self.laid.keys else [{}] * len(batch)
            columns = [
                batch.column(field.name)
                if field.name in batch.schema.names and field.name != ASIDE
                else self._rest(rows)
                if field.name == ASIDE
                else self._column(field.name, rows)
                for field in schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def _column(self, key: str, rows: list[dict[str, Any]]) -> pa.Array:
        values = [row.get(key) for row in rows]
        kind = self.fits[key]
        if pa.types.is_string(kind):
            values = [None if one is None else _text(one) for one in values]
        return pa.array(values, type=kind)

    def _rest(self, rows: list[dict[str, Any]]) -> pa.Array:
        left = [{k: v for k, v in row.items() if k not in self.fits} for row in rows]
        texts = [orjson.dumps(one).decode() if one else None for one in left]
        return pa.array(texts, type=pa.string())


def spread(laid: Laid) -> Spread:
    """Decide which keys become columns: those whose names no other column has, if not too many."""
    taken = {name.casefold() for name in laid.schema.names} | _OURS
    keys = [
        key for key in laid.keys if key.casefold() not in taken and not re.search(r"[\"\x00]", key)
    ]
    if len(keys) > _MOST or len({key.casefold() for key in keys}) < len(keys):
        keys = []
    return Spread(laid, {key: _kind(laid.keys[key]) for key in keys})


def _kind(kinds: set[type]) -> pa.DataType:
    if len(kinds) == 1:
        return _KINDS.get(next(iter(kinds)), pa.string())
    return pa.float64() if kinds == {int, float} else pa.string()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
