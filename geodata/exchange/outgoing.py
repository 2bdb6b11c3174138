"""What goes out, before it is a file: rows in batches, so that no layer need fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

PLACE = "geometry"
"""The last column of every batch: the shape as WKB, null where there is none."""
ROWS_AT_ONCE = 50_000

_SHAPES = {0: "Point", 1: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString"}
_SHAPES |= {6: "MultiPolygon", 7: "GeometryCollection"}


@dataclass(frozen=True)
class Outgoing:
    """Rows on their way into a file.

    Attributes:
        schema: The columns, ``geometry`` last; times are timestamps with or without a zone.
        batches: The rows, to be taken once.
        count: How many rows there are.
        shape: ``Point``, ``LineString``, ``MultiPolygon`` …; ``Unknown`` if they are mixed.
        placeless: Whether a row has no geometry.
        crs: ``EPSG:n`` or WKT; None if unknown.
    """

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    count: int
    shape: str
    placeless: bool
    crs: str | None = "EPSG:4326"

    @property
    def columns(self) -> list[str]:
        """The names of the attributes."""
        return [name for name in self.schema.names if name != PLACE]

    def changed(self, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> Outgoing:
        """The same rows, each batch as ``change`` gives it."""
        empty = pa.RecordBatch.from_pylist([], schema=self.schema)
        return replace(self, schema=change(empty).schema, batches=map(change, self.batches))


def of_frame(frame: gpd.GeoDataFrame, *, shape: str | None = None) -> Outgoing:
    """A frame's rows; mixed columns go out as text, empty shapes as none."""
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    kinds = set(np.unique(shapely.get_type_id(shapes)).tolist()) - {-1}
    if kinds in ({3, 6}, {1, 5}):  # a polygon among multipolygons is one of a single part
        several: Any = shapely.multipolygons if 3 in kinds else shapely.multilinestrings
        single = shapely.get_type_id(shapes) == min(kinds)
        shapes[single] = several(shapes[single][:, None])
        kinds = {max(kinds)}
    table = _plain(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    wkb = pa.array(shapely.to_wkb(shapes), type=pa.binary(), from_pandas=True)
    table = table.append_column(PLACE, wkb)
    return Outgoing(
        table.schema,
        table.to_batches(ROWS_AT_ONCE),
        len(frame),
        shape or (_SHAPES.get(kinds.pop(), "Unknown") if len(kinds) == 1 else "Unknown"),
        bool((shapely.get_type_id(shapes) == -1).any()),
        frame.crs.to_wkt() if frame.crs is not None else None,
    )


def _plain(table: pd.DataFrame) -> pa.Table:
    columns = {}
    for name in table.columns:
        try:
            column = pa.array(table[name], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            texts = table[name].map(str, na_action="ignore")
            column = pa.array(texts, from_pandas=True, type=pa.string())
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if pa.types.is_null(column.type) or pa.types.is_large_string(column.type):
            column = column.cast(pa.string())
        columns[str(name)] = column
    if not columns:
        return pa.table({"row": pa.array(np.arange(1, len(table) + 1))})
    return pa.table(columns)


def times_as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Times as ISO 8601 with their offset, for files that know none."""
    return _each(batch, pa.types.is_timestamp, _as_text)


def marked_times(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Times as texts that GDAL takes for times, with an offset each: it knows no zones' names."""
    plain = times_as_text(batch)
    fields = [
        field.with_metadata({"GDAL:OGR:type": "DateTime"})
        if pa.types.is_timestamp(batch.schema.field(field.name).type)
        else field
        for field in plain.schema
    ]
    return pa.RecordBatch.from_arrays(plain.columns, schema=pa.schema(fields))


def truth_as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Yes and no as ``true`` and ``false``."""
    return _each(batch, pa.types.is_boolean, lambda c: c.cast(pa.string()))


def _each(
    batch: pa.RecordBatch,
    wanted: Callable[[pa.DataType], bool],
    change: Callable[[pa.Array], pa.Array],
) -> pa.RecordBatch:
    columns = [change(c) if wanted(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _as_text(column: pa.Array) -> pa.Array:
    naive = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.timestamp("us"))
    utc = naive.to_numpy(zero_copy_only=False)
    there = ~np.isnat(utc)
    if column.type.tz is None:
        texts = _clock(utc)
    else:
        zoned = pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert(column.type.tz)
        local = zoned.tz_localize(None).to_numpy().astype("M8[us]")
        minutes = np.where(there, (local - utc).astype("m8[m]").astype(np.int64), 0)
        offsets, which = np.unique(minutes, return_inverse=True)
        words = pa.array([_offset(int(one)) for one in offsets], type=pa.string())
        texts = pc.binary_join_element_wise(_clock(local), words.take(pa.array(which)), "")
    return pc.if_else(pa.array(there), texts, pa.scalar(None, pa.string()))


def _clock(moments: np.ndarray) -> pa.Array:
    whole = pa.array(moments.astype("M8[s]"), type=pa.timestamp("s"))
    return pc.strftime(whole, format="%Y-%m-%d %H:%M:%S")


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def shapes_of(batch: pa.RecordBatch) -> np.ndarray:
    """The shapes of a batch, None where there is none."""
    wkb = batch.column(PLACE).to_numpy(zero_copy_only=False)
    return np.asarray(shapely.from_wkb(wkb), dtype=object)


def told(
    batches: Iterable[pa.RecordBatch], tell: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    """The same batches; ``tell`` hears how many rows have gone after each."""
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        tell(done)
