"""Tables out: no geometry column but ``lon`` and ``lat``, and nothing that computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import shapely

from geodata.exchange.outgoing import PLACE, Outgoing, shapes_of, times_as_text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for a text: formula signs get an apostrophe in front."""
    return "'" + text if text.startswith(_FORMULA) else text


def write_csv(rows: Outgoing, path: Path, name: str) -> None:
    """UTF-8 with its mark, which Excel wants; points as lon and lat, other shapes as WKT."""
    del name
    table = rows.changed(with_points if rows.shape == "Point" else _with_words)
    plain = table.changed(lambda batch: all_harmless(times_as_text(batch)))
    with path.open("wb") as file:
        head = io.StringIO()
        csv.writer(head).writerow([harmless(column) for column in plain.schema.names])
        file.write(b"\xef\xbb\xbf" + head.getvalue().encode())
        options = pyarrow.csv.WriteOptions(include_header=False)
        for batch in plain.batches:
            pyarrow.csv.write_csv(batch, file, options)


def all_harmless(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Every text of a batch as ``harmless`` makes it."""
    columns = []
    for column in batch.columns:
        if pa.types.is_string(column.type):
            computes = pc.match_substring_regex(column, "^[=+\\-@\t\r]")
            marked = pc.binary_join_element_wise("'", column, "")
            columns.append(
                pc.if_else(computes, marked, column) if pc.any(computes).as_py() else column
            )
        else:
            columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def with_points(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Points as ``lon`` and ``lat``."""
    return _placed(batch, lambda shapes: shapes)


def with_inner_points(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A point inside each shape as ``lon`` and ``lat``."""
    return _placed(batch, shapely.point_on_surface)


def _placed(batch: pa.RecordBatch, point_of: Callable[[Any], Any]) -> pa.RecordBatch:
    points = point_of(shapes_of(batch))
    plain = batch.drop_columns([PLACE])
    for name, axis in (("lon", shapely.get_x(points)), ("lat", shapely.get_y(points))):
        plain = plain.append_column(name, pa.array(axis, type=pa.float64(), from_pandas=True))
    return plain


def _with_words(batch: pa.RecordBatch) -> pa.RecordBatch:
    words = shapely.to_wkt(shapes_of(batch), rounding_precision=-1)
    texts = pa.array(np.asarray(words, dtype=object), type=pa.string(), from_pandas=True)
    return batch.drop_columns([PLACE]).append_column("wkt", texts)
