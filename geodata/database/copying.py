"""Rows by the hundred thousand: PostgreSQL's binary COPY from whole columns.

Each column is encoded at once (numpy, pyarrow, shapely), never value by value where that can be
helped, and the rows are laid out by a compiled loop. The format is that of "COPY, Binary Format"
in PostgreSQL's manual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from psycopg import sql

from geodata.database.encoding import Encoded, Same, encode, slice_of
from geodata.database.engine import refusals
from geodata.errors import Cancelled, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import sqlalchemy as sa

__all__ = ["Same", "copy_rows"]

ROWS_AT_ONCE = 50_000
COMPILED_FROM = 2_000
"""Below so many rows the interpreter is done before the compiled loop is loaded."""
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


def copy_rows(
    connection: sa.Connection,
    table: sa.Table,
    columns: Mapping[str, Any],
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Append rows to ``table`` within the connection's transaction; gives their number.

    A column is a numpy array, pandas Series, pyarrow array or sequence, all of one length; or
    ``Same(value)`` for one value in every row. Columns that are left out get their defaults.
    ``None``, ``NaN`` and ``NaT`` are stored as NULL. A geometry column takes shapely geometries,
    an (n, 2) array of longitudes and latitudes (points), or EWKB bytes; JSONB takes what orjson
    can write, or bytes that are JSON already; ranges take psycopg or SQLAlchemy ranges or a pair.

    ``progress(done, total)`` is called and ``cancelled()`` asked after every 50,000 rows.

    Raises:
        InvalidInput: columns differ in length, or a value does not fit its column's type.
        Cancelled: ``cancelled()`` said so; the transaction must be rolled back.
        Unavailable: the database or its disk gave up.
    """
    total = _length(columns)
    names = list(columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(*([table.schema] if table.schema else []), table.name),
        sql.SQL(", ").join(map(sql.Identifier, names)),
    )
    driver: Any = connection.connection.driver_connection
    with refusals(), driver.cursor() as cursor:
        try:
            with cursor.copy(statement) as copy:
                copy.write(HEADER)
                for start in range(0, total, ROWS_AT_ONCE):
                    end = min(start + ROWS_AT_ONCE, total)
                    parts = [
                        encode(table.c[name], slice_of(columns[name], start, end), end - start)
                        for name in names
                    ]
                    copy.write(_rows(parts, end - start))
                    if progress is not None:
                        progress(end, total)
                    if cancelled is not None and cancelled():
                        raise Cancelled("Stopped; nothing was kept.")
                copy.write(TRAILER)
        except psycopg.errors.UntranslatableCharacter as error:
            raise InvalidInput("A text holds a character that cannot be stored.") from error
    return total


def _length(columns: Mapping[str, Any]) -> int:
    lengths = {name: len(c) for name, c in columns.items() if not isinstance(c, Same)}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(
            "The columns differ in length: %(lengths)s.",
            lengths=", ".join(f"{name} {length}" for name, length in lengths.items()),
        )
    if not lengths:
        raise InvalidInput("At least one column must have a value of its own for each row.")
    return next(iter(lengths.values()))


def _rows(parts: list[Encoded], count: int) -> bytes:
    """The rows in wire order: the number of fields, then each field's length and bytes."""
    if count < COMPILED_FROM:
        return _rows_plain(parts, count)
    from geodata.database.laying import lay_rows  # noqa: PLC0415 - numba takes a while to load

    bases = np.cumsum([0, *(len(part.data) for part in parts[:-1])])
    starts = np.stack([part.starts + base for part, base in zip(parts, bases, strict=True)])
    lengths = np.stack([part.lengths for part in parts])
    data = np.concatenate([part.data for part in parts])
    rows: np.ndarray = lay_rows(lengths, starts, data)
    return rows.tobytes()


def _rows_plain(parts: list[Encoded], count: int) -> bytes:
    out = []
    fields = len(parts).to_bytes(2, "big")
    columns = [(p.lengths.tolist(), p.starts.tolist(), p.data.tobytes()) for p in parts]
    for row in range(count):
        out.append(fields)
        for lengths, starts, data in columns:
            length, start = lengths[row], starts[row]
            out.append(length.to_bytes(4, "big", signed=True))
            if length > 0:
                out.append(data[start : start + length])
    return b"".join(out)
