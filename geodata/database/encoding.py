"""Whole columns in PostgreSQL's binary form (the ``…send`` functions of its types)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE

from geodata.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = np.datetime64("2000-01-01T00:00:00", "us")
TEXT_OID = 25
WKB_POINT_WITH_SRID = 0x20000001


@dataclass(frozen=True)
class Same:
    """One value for every row."""

    value: Any


@dataclass(frozen=True)
class Encoded:
    """A column's bytes; row ``i`` has ``lengths[i]`` of them from ``starts[i]``, -1 is NULL."""

    lengths: np.ndarray
    starts: np.ndarray
    data: np.ndarray


def slice_of(column: Any, start: int, end: int) -> Any:
    """Rows ``start`` to ``end`` of a column of any accepted kind."""
    if isinstance(column, Same):
        return column
    if isinstance(column, pd.Series | pd.DataFrame):
        return column.iloc[start:end]
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column.slice(start, end - start)
    return column[start:end]


def encode(column: sa.Column[Any], values: Any, count: int) -> Encoded:
    """``values`` in the binary form of ``column``'s type.

    Raises:
        InvalidInput: a value does not fit.
    """
    if isinstance(values, Same):
        return _same(column, values.value, count)
    try:
        return _encoder(column)(values)
    except (ValueError, TypeError, OverflowError, pa.ArrowException, orjson.JSONEncodeError) as e:
        raise InvalidInput(
            "The column %(column)s cannot hold one of its values: %(reason)s",
            column=column.name,
            reason=str(e),
        ) from e


def _same(column: sa.Column[Any], value: Any, count: int) -> Encoded:
    one = encode(column, _one(value), 1)
    return Encoded(np.repeat(one.lengths, count), np.repeat(one.starts, count), one.data)


def _one(value: Any) -> Any:
    alone = np.empty(1, dtype=object)
    alone[0] = value
    return alone


def _encoder(column: sa.Column[Any]) -> Callable[[Any], Encoded]:
    kind = column.type
    if isinstance(kind, Geometry):
        return lambda values: _geometries(values, kind.srid)
    for known, encoder in _ENCODERS:
        if isinstance(kind, known):
            return encoder
    message = f"no binary form for {kind}"
    raise TypeError(message)


def _fixed(values: np.ndarray, missing: np.ndarray | None) -> Encoded:
    """Values of one width, big-endian already or rows of bytes."""
    count = len(values)
    data = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
    width = len(data) // count if count else 0
    lengths = np.full(count, width, dtype=np.int32)
    if missing is not None:
        lengths[missing] = -1
    return Encoded(lengths, np.arange(count, dtype=np.int64) * width, data)


def _binary(array: pa.Array | pa.ChunkedArray) -> Encoded:
    """From an arrow array of large strings or large binaries, without touching the values."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    _, offsets_buffer, data_buffer = array.buffers()
    first = array.offset
    offsets = np.frombuffer(offsets_buffer, np.int64)[first : first + len(array) + 1]
    lengths = np.diff(offsets).astype(np.int32)
    if array.null_count:
        lengths[np.asarray(array.is_null())] = -1
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer else np.empty(0, np.uint8)
    low, high = (int(offsets[0]), int(offsets[-1])) if len(offsets) else (0, 0)
    return Encoded(lengths, offsets[:-1] - low, data[low:high])


def _arrow(values: Any, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values.cast(kind)
    if isinstance(values, pd.Series):
        values = values.to_numpy(dtype=object)
    return pa.array(values, type=kind, from_pandas=True)


def _texts(values: Any) -> Encoded:
    encoded = _binary(_arrow(values, pa.large_string()))
    if (encoded.data == 0).any():
        raise ValueError("a text with a zero character")
    return encoded


def _jsons(values: Any) -> Encoded:
    def one(value: Any) -> bytes | None:
        if value is None:
            return None
        return b"\x01" + (value if isinstance(value, bytes) else orjson.dumps(value, option=flags))

    if isinstance(values, pa.Array | pa.ChunkedArray):  # JSON texts already
        mark, nothing = pa.scalar(b"\x01", pa.large_binary()), pa.scalar(b"", pa.large_binary())
        return _binary(pc.binary_join_element_wise(mark, values.cast(pa.large_binary()), nothing))
    flags = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return _binary(pa.array([one(value) for value in values], type=pa.large_binary()))


def _numbers(values: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Values as a numeric array and where they are missing.

    Integers stay integers even beside missing values: 2**53 + 1 must not be rounded.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "iub":
        return values, None
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        missing = np.isnan(values)
        return values, missing if missing.any() else None
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.array(values, from_pandas=True)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    kind = values.type
    if pa.types.is_null(kind) or pa.types.is_decimal(kind):
        values = values.cast(pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or kind == pa.bool_()):
        raise ValueError("not a number")
    missing = np.asarray(values.is_null(nan_is_null=True))
    filled = values.fill_null(False if kind == pa.bool_() else 0)
    return filled.to_numpy(zero_copy_only=False), missing if missing.any() else None


def _integers(dtype: str) -> Callable[[Any], Encoded]:
    limits = np.iinfo(np.dtype(dtype))

    def encoder(values: Any) -> Encoded:
        numbers, missing = _numbers(values)
        if missing is not None:
            numbers = np.where(missing, 0, numbers)
        if numbers.dtype.kind == "f":
            if not np.isfinite(numbers).all() or (numbers != np.floor(numbers)).any():
                raise ValueError("not a whole number")
        elif numbers.dtype.kind not in "iub":
            raise ValueError("not a number")
        if len(numbers) and (numbers.min() < limits.min or numbers.max() > limits.max):
            raise OverflowError("a number beyond the column's range")
        return _fixed(numbers.astype(dtype), missing)

    return encoder


def _floats(values: Any) -> Encoded:
    numbers, missing = _numbers(values)
    return _fixed(numbers.astype(">f8"), missing)


def _single_floats(values: Any) -> Encoded:
    numbers, missing = _numbers(values)
    return _fixed(numbers.astype(">f4"), missing)


def _booleans(values: Any) -> Encoded:
    series = pd.Series(values, dtype=object)
    missing = series.isna().to_numpy()
    truth = np.zeros(len(series), np.uint8)
    known = series[~missing]
    if not all(isinstance(value, bool | np.bool_) for value in known):
        raise ValueError("neither true nor false")
    truth[~missing] = known.to_numpy(dtype=bool)
    return _fixed(truth, missing if missing.any() else None)


def _microseconds(values: Any) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        values = values.to_pandas()
    if not (isinstance(values, np.ndarray) and values.dtype.kind == "M"):
        instants = pd.to_datetime(pd.Series(values), utc=True)
        values = instants.dt.tz_localize(None).to_numpy()
    missing = np.isnat(values)
    moments = (values.astype("datetime64[us]") - EPOCH).astype(np.int64)
    return moments, missing


def _instants(values: Any) -> Encoded:
    """``timestamptz``: microseconds since 2000-01-01 UTC. Naive values are taken as UTC."""
    moments, missing = _microseconds(values)
    return _fixed(moments.astype(">i8"), missing if missing.any() else None)


def _dates(values: Any) -> Encoded:
    days = np.asarray(values, dtype="datetime64[D]")
    missing = np.isnat(days)
    since = (days - np.datetime64("2000-01-01", "D")).astype(np.int64)
    return _fixed(np.where(missing, 0, since).astype(">i4"), missing if missing.any() else None)


def _bytes(values: Any) -> Encoded:
    return _binary(_arrow(values, pa.large_binary()))


def _text_arrays(values: Any) -> Encoded:
    def one(texts: Any) -> bytes | None:
        if texts is None:
            return None
        head = [0, 0, TEXT_OID] if len(texts) == 0 else [1, 0, TEXT_OID, len(texts), 1]
        parts = [np.array(head, dtype=">i4").tobytes()]
        for text in texts:
            raw = str(text).encode()
            parts += [len(raw).to_bytes(4, "big"), raw]
        return b"".join(parts)

    return _binary(pa.array([one(texts) for texts in values], type=pa.large_binary()))


def _ranges(values: Any) -> Encoded:
    return _binary(pa.array([_range(value) for value in values], type=pa.large_binary()))


def _range(value: Any) -> bytes | None:
    """A ``tstzrange``: a byte of flags, then each finite bound with its length."""
    if value is None:
        return None
    if isinstance(value, tuple):
        lower, upper, bounds = value[0], value[1], "[)"
    else:
        if getattr(value, "isempty", False) is True:
            return b"\x01"
        lower, upper = value.lower, value.upper
        bounds = getattr(value, "bounds", None) or "[)"
    flags = 0
    out = b""
    for bound, inclusive, if_inclusive, if_infinite in (
        (lower, bounds[0] == "[", 0x02, 0x08),
        (upper, bounds[1] == "]", 0x04, 0x10),
    ):
        if bound is None:
            flags |= if_infinite
            continue
        if inclusive:
            flags |= if_inclusive
        out += (8).to_bytes(4, "big") + _instant(bound).to_bytes(8, "big", signed=True)
    return bytes([flags]) + out


def _instant(value: Any) -> int:
    moment = pd.Timestamp(value)
    moment = moment.tz_localize(dt.UTC) if moment.tz is None else moment.tz_convert(dt.UTC)
    since = moment.tz_localize(None).to_datetime64() - EPOCH
    return int(since.astype("timedelta64[us]").astype(np.int64))


def _geometries(values: Any, srid: int) -> Encoded:
    """EWKB, little-endian; points are laid out by numpy, the rest by shapely."""
    if isinstance(values, np.ndarray) and values.ndim == 2:
        return _points(values, srid)
    shapes = np.asarray(values, dtype=object)
    first = next((shape for shape in shapes if shape is not None), None)
    if isinstance(first, bytes | bytearray | memoryview):
        return _bytes(shapes)
    kinds = shapely.get_type_id(shapes)
    if len(shapes) and bool(((kinds == 0) & ~shapely.has_z(shapes) | (kinds == -1)).all()):
        coordinates = np.full((len(shapes), 2), np.nan)
        there = (kinds == 0) & ~shapely.is_empty(shapes)
        coordinates[there] = shapely.get_coordinates(shapes[there])
        return _points(coordinates, srid)
    whole = shapely.set_srid(shapes, srid)
    return _bytes(shapely.to_wkb(whole, include_srid=True, output_dimension=2))


def _points(coordinates: np.ndarray, srid: int) -> Encoded:
    """Points from an (n, 2) array of x and y; where one is NaN there is no point."""
    layout = np.dtype(
        [("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")]
    )
    points = np.empty(len(coordinates), layout)
    points["order"], points["kind"], points["srid"] = 1, WKB_POINT_WITH_SRID, srid
    points["x"], points["y"] = coordinates[:, 0], coordinates[:, 1]
    missing = np.isnan(coordinates).any(axis=1)
    if np.isinf(coordinates).any():
        raise ValueError("an infinite coordinate")
    return _fixed(points, missing if missing.any() else None)


_ENCODERS: tuple[tuple[type[Any], Callable[[Any], Encoded]], ...] = (
    (JSONB, _jsons),
    (TSTZRANGE, _ranges),
    (ARRAY, _text_arrays),
    (sa.Text, _texts),
    (sa.String, _texts),
    (sa.Boolean, _booleans),
    (sa.SmallInteger, _integers(">i2")),
    (sa.BigInteger, _integers(">i8")),
    (sa.Integer, _integers(">i4")),
    (sa.REAL, _single_floats),
    (sa.Float, _floats),
    (sa.DateTime, _instants),
    (sa.Date, _dates),
    (sa.LargeBinary, _bytes),
)
