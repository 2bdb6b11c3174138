"""Rows out of the database as fast as it gives them: COPY, read as Arrow, laid on the disk.

The rows go into a file of ours first. So the database's snapshot is held for seconds whatever
the format takes, what all rows have in common is known before the first is written, and no more
than some ten thousand rows are ever in memory.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from psycopg import sql

from geodata.exchange.outgoing import PLACE, ROWS_AT_ONCE

MOST_BYTES: Final = 24 * 2**20
"""Of a batch: large shapes make short ones."""
ASIDE: Final = "extra"

Tell = Callable[[int], None]


@dataclass
class Laid:
    """Rows that lie on the disk, and what was seen when they were laid there.

    ``keys`` are those of what was kept aside, in their order, each with the kinds of its values.
    """

    path: Path
    schema: pa.Schema
    count: int = 0
    placeless: bool = False
    keys: dict[str, set[type]] = field(default_factory=dict)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, as they came."""
        with pa.OSFile(str(self.path)) as file, pa.ipc.open_stream(file) as stream:
            yield from stream


def lay(
    connection: sa.Connection, query: sa.Select[Any], schema: pa.Schema, path: Path, tell: Tell
) -> Laid:
    """Run a query and lay its rows, of ``schema``, on the disk.

    ``query`` gives the columns of ``schema`` in its order, the last as WKB in hexadecimal digits,
    ``extra`` as JSON. ``tell`` hears how many rows have come after each batch.
    """
    laid = Laid(path, schema)
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_stream(file, schema, options=options) as stream,
    ):
        for text in _copied(connection, query):
            batch = _parsed(text, schema)
            laid.count += len(batch)
            laid.placeless = laid.placeless or batch.column(PLACE).null_count > 0
            if ASIDE in schema.names:
                _note_keys(batch.column(ASIDE), laid.keys)
            stream.write_batch(batch)
            tell(laid.count)
    return laid


def _copied(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[bytes]:
    """CSV without a header, always whole rows."""
    compiled = query.compile(dialect=connection.dialect)
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(sql.SQL(str(compiled)))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement, compiled.params) as copy:
        rows: list[Any] = []
        size = 0
        for row in copy:
            rows.append(row)
            size += len(row)
            if len(rows) == ROWS_AT_ONCE or size > MOST_BYTES:
                yield b"".join(rows)
                rows, size = [], 0
        if rows:
            yield b"".join(rows)


def _parsed(text: bytes, schema: pa.Schema) -> pa.RecordBatch:
    types = {name: schema.field(name).type for name in schema.names} | {PLACE: pa.string()}
    table = pyarrow.csv.read_csv(
        pa.BufferReader(text),
        pyarrow.csv.ReadOptions(
            column_names=schema.names, use_threads=False, block_size=len(text) + 1
        ),
        pyarrow.csv.ParseOptions(newlines_in_values=True),
        pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    columns = [column.combine_chunks() for column in table.columns]
    columns[-1] = _from_digits(columns[-1])
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _from_digits(column: pa.Array) -> pa.Array:
    """Bytes from their hexadecimal digits, the whole column at once."""
    column = column if not column.offset else pa.concat_arrays([column])
    there, offsets, digits = column.buffers()
    ends = np.frombuffer(offsets, np.int32, len(column) + 1)
    raw = binascii.unhexlify(memoryview(digits)[ends[0] : ends[-1]]) if digits else b""
    places = pa.py_buffer((ends - ends[0]) // 2)
    return pa.Array.from_buffers(
        pa.binary(), len(column), [there, places, pa.py_buffer(raw)], column.null_count
    )


def _note_keys(column: pa.Array, keys: dict[str, set[type]]) -> None:
    for row in asides(column):
        for key, value in row.items():
            kinds = keys.setdefault(key, set())
            if value is not None:
                # Beyond 64 bits it is no number that a file could hold.
                kinds.add(str if isinstance(value, int) and abs(value) >= 2**63 else type(value))


def asides(column: pa.Array) -> list[dict[str, Any]]:
    """What was kept aside, row by row; nothing where nothing was."""
    empty: dict[str, Any] = {}
    texts = column.to_pylist()
    read = [empty if text in {None, "{}"} else orjson.loads(text) for text in texts]
    return [one if isinstance(one, dict) else empty for one in read]
