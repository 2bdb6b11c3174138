"""Columns of a file as values of our fields: whole columns at once, never a row at a time.

Each function takes an arrow column of any type and gives the values and a mask of rows whose
value could not be read. Blank is missing, not bad.
"""

# ruff: noqa: SIM905 - words in a row read better than quoted one by one

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Column = Any  # a pyarrow Array or ChunkedArray
Mask = NDArray[np.bool_]

_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d",
    "%m-%d-%Y %I:%M:%S %p",
    "%m-%d-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M",
    "%m-%d-%Y",
)
_EARLIEST, _LATEST = np.datetime64("1900-01-01"), np.datetime64("2200-01-01")
_YES = frozenset(
    "true t yes y 1 1.0 -1 是 有 对 √ 封闭 封闭式 单向 "
    # how OpenStreetMap says bridge and tunnel
    "viaduct aqueduct boardwalk movable covered culvert building_passage "
    # and where one may walk
    "designated permissive destination customers use_sidepath".split()
)
_DIRECTIONS = dict.fromkeys("1 1.0 yes true 正向 顺向 是 单向".split(), 1) | dict.fromkeys(
    "-1 -1.0 reverse 逆向 反向".split(), -1
)  # fmt: skip
_DIRECTIONS |= dict.fromkeys("0 0.0 no false 否 双向".split(), 0)
_NO = frozenset("false f no n 0 否 无 开放 开放式 双向 0.0 × 非 private".split())


def texts(column: Column) -> pa.Array:
    """Trimmed texts; blank ones and nulls are null. Numbers lose a needless ``.0``."""
    kind = column.type
    if pa.types.is_floating(kind):
        values = column.to_numpy() if isinstance(column, pa.ChunkedArray) else np.asarray(column)
        shown = [
            None if np.isnan(v) else str(int(v)) if float(v).is_integer() else repr(float(v))
            for v in values
        ]
        return pa.array(shown, type=pa.string())
    if not pa.types.is_string(kind):
        column = column.cast(pa.string())
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if len(column) and column.null_count == len(column):
        return column
    trimmed = pc.utf8_trim_whitespace(column)
    if _any(pc.match_substring(trimmed, "\0")):
        trimmed = pc.replace_substring(trimmed, "\0", "")
    if _any(pc.starts_with(trimmed, "'")):  # what keeps a spreadsheet from computing a text
        trimmed = pc.replace_substring_regex(trimmed, r"^'([=+\-@])", r"\1")
    empty = pc.equal(trimmed, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), trimmed) if _any(empty) else trimmed


def codes(column: Column) -> pa.Array:
    """Texts of identifiers: ``35.0`` as spreadsheets write it is 35."""
    plain = texts(column)
    if _any(pc.ends_with(plain, ".0")):
        plain = pc.replace_substring_regex(plain, r"^(\d+)\.0$", r"\1")
    return plain


def numbers(column: Column) -> tuple[NDArray[np.float64], Mask]:
    """Numbers; thousands' commas, blanks and a unit behind are passed over. NaN is missing."""
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)
        return values, np.zeros(len(values), dtype=bool)
    plain = texts(column)
    try:
        values = pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False)
        return np.array(values, dtype=float), np.zeros(len(values), dtype=bool)
    except pa.ArrowInvalid:
        pass
    tidy = pc.replace_substring_regex(plain, r"[,，\s]|(户|人|层|个|㎡|m²|平方米|平米)$", "")
    values = np.array(pd.to_numeric(tidy.to_pandas(), errors="coerce"), dtype=float)
    there = ~np.asarray(pc.is_null(plain))
    return values, there & np.isnan(values)


def counts(column: Column) -> tuple[NDArray[np.float64], Mask]:
    """Whole numbers from 0 to 2³¹; fractions as statistics have them are rounded."""
    values, bad = numbers(column)
    with np.errstate(invalid="ignore"):
        bad = bad | (values < 0) | (values > 2**31 - 1)
    return np.where(bad, np.nan, np.round(values)), bad


def wholes(column: Column) -> tuple[NDArray[np.float64], Mask]:
    """Whole numbers, negative ones too."""
    values, bad = numbers(column)
    with np.errstate(invalid="ignore"):
        bad = bad | (values != np.round(values)) | (np.abs(values) > 2**31 - 1)
    return np.where(bad, np.nan, values), bad


def directions(column: Column) -> tuple[NDArray[np.float64], Mask]:
    """1 as drawn, -1 against it, 0 both ways; as OpenStreetMap and road offices say it."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    words, places = _unique(texts(column))
    known = [None if word is None else _DIRECTIONS.get(word.casefold()) for word in words]
    odd = np.array([w is not None and k is None for w, k in zip(words, known, strict=True)])
    meaning = np.array([np.nan if one is None else one for one in known], dtype=float)
    if not len(words):
        return np.full(len(places), np.nan), np.zeros(len(places), dtype=bool)
    return meaning[places], odd[places]


def yes_no(column: Column) -> tuple[pa.Array, Mask]:
    """True, false or missing."""
    if pa.types.is_boolean(column.type):
        plain = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return plain, np.zeros(len(plain), dtype=bool)
    words, places = _unique(texts(column))
    meaning = [
        None
        if word is None
        else True
        if word.casefold() in _YES
        else False
        if word.casefold() in _NO
        else None
        for word in words
    ]
    odd = np.array([w is not None and m is None for w, m in zip(words, meaning, strict=True)])
    values = pa.array(meaning, type=pa.bool_()).take(pa.array(places))
    return values, odd[places] if len(odd) else np.zeros(len(places), dtype=bool)


def terms(
    column: Column, key_of: Callable[[str], str | None]
) -> tuple[pa.Array, Mask, list[tuple[str, int, int]]]:
    """Keys of the profile's words.

    Returns:
        The keys (null where the word is missing or unknown), a mask of unknown words, and each
        unknown word with its first position and its number.
    """
    words, places = _unique(texts(column))
    keys = [None if word is None else key_of(word) for word in words]
    unknown = np.array([w is not None and k is None for w, k in zip(words, keys, strict=True)])
    odd = []
    if unknown.any():
        number = np.bincount(places, minlength=len(words))
        odd = [
            (str(words[which]), int(np.argmax(places == which)), int(number[which]))
            for which in np.flatnonzero(unknown)
        ]
    values = pa.array(keys, type=pa.string()).take(pa.array(places))
    return values, unknown[places] if len(unknown) else np.zeros(len(places), dtype=bool), odd


def lists(column: Column) -> list[list[str]]:
    """Texts taken apart at commas, semicolons and the Chinese enumeration comma."""
    return [
        []
        if text is None
        else [part.strip() for part in re.split(r"[,，;；、|]", text) if part.strip()]
        for text in texts(column).to_pylist()
    ]


def times(column: Column, zone: tzinfo) -> tuple[NDArray[np.datetime64], Mask]:
    """Instants as UTC ``datetime64[us]``, NaT where missing.

    What has no offset of its own is local time in ``zone``. Understood are ISO 8601, the forms
    with / . and 年月日, compact digits, month first with slashes, Excel's serial days, and Unix
    seconds and milliseconds.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        instants = column.cast(pa.timestamp("us", tz=kind.tz)).to_pandas()
        return _utc(instants, zone), np.zeros(len(instants), dtype=bool)
    if pa.types.is_date(kind):
        return _utc(pd.to_datetime(column.to_pandas()), zone), np.zeros(len(column), dtype=bool)
    plain = texts(column)
    there = ~np.asarray(pc.is_null(plain))
    try:
        fast = pc.cast(plain, pa.timestamp("us"))
        answer = _utc(fast.to_pandas(), zone)
    except pa.ArrowInvalid:
        answer = _parsed(plain.to_pandas(), zone)
    with np.errstate(invalid="ignore"):
        far = (answer < _EARLIEST) | (answer > _LATEST)
    answer[far] = np.datetime64("NaT")
    return answer, there & np.isnat(answer)


def _utc(instants: pd.Series[Any], zone: tzinfo) -> NDArray[np.datetime64]:
    if instants.dt.tz is None:
        instants = instants.dt.tz_localize(
            zone, ambiguous=np.ones(len(instants), dtype=bool), nonexistent="shift_forward"
        )
    plain = instants.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.array(plain.to_numpy(), dtype="datetime64[us]")


def _parsed(words: pd.Series[Any], zone: tzinfo) -> NDArray[np.datetime64]:
    answer = np.full(len(words), np.datetime64("NaT"), dtype="datetime64[us]")
    words = words.astype(object).where(words.notna(), "").astype("str")
    offset = words.str.contains(r"\d[T ]\d.*(?:Z|[+-]\d{2}:?\d{2})$", regex=True).to_numpy()
    if offset.any():
        aware = pd.to_datetime(words[offset], format="ISO8601", errors="coerce", utc=True)
        answer[offset] = _utc(aware, zone)
    number = pd.to_numeric(words, errors="coerce").to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        days = (number > 18000) & (number < 80000)
        seconds = (number > 6e8) & (number < 5e9)
        thousandths = (number > 6e11) & (number < 5e12)
    if days.any():
        start = pd.Timestamp("1899-12-30")
        spans = pd.to_timedelta(np.round(number[days] * 86400), unit="s")
        answer[days] = _utc(pd.Series(start + spans), zone)
    for mask, unit in ((seconds, 1e6), (thousandths, 1e3)):
        answer[mask] = (number[mask] * unit).astype("int64").astype("datetime64[us]")
    rest = np.isnat(answer) & (words != "").to_numpy()
    if not rest.any():
        return answer
    tidy = (
        words[rest]
        .str.replace(r"[/.年月](?=\d)", "-", regex=True)
        .str.replace("日", " ", regex=False)
        .str.replace(r"(?<=\d)[时点](?=\d)", ":", regex=True)
        .str.replace(r"(?<=\d)分(?=\d)", ":", regex=True)
        .str.replace(r"[时点]$", ":00", regex=True)
        .str.replace(r"[分秒]$", "", regex=True)
        .str.replace(r"(?<=\d)T(?=\d)", " ", regex=True)
        .str.replace(r"\s+", " ", regex=True)
        .str.replace(r"(:\d+)-(\d+)$", r"\1.\2", regex=True)
        .str.strip()
    )
    found = pd.Series(pd.NaT, index=tidy.index, dtype="datetime64[us]")
    for form in _FORMATS:
        open_ = found.isna()
        if not open_.any():
            break
        tried = pd.to_datetime(tidy[open_], format=form, errors="coerce")
        found[open_] = tried.astype("datetime64[us]")
    answer[rest] = _utc(found, zone)
    return answer


def as_json(table: pa.Table) -> pa.Array:
    """Each row as a JSON object without its missing values, written a column at a time."""
    count = table.num_rows
    parts: list[pa.Array] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = _json_values(column)
        if values is None or values.null_count == count:
            continue
        key = "," + _quoted(pa.array([name]))[0].as_py() + ":"
        parts.append(pc.fill_null(pc.binary_join_element_wise(key, values, ""), ""))
    if not parts:
        return pa.array(["{}"], type=pa.string()).take(pa.array(np.zeros(count, dtype=np.int64)))
    # Joining with null_handling="skip" would drop rows that are null throughout (pyarrow 26), so
    # each value brings its comma and the first one is cut off.
    inside = pc.binary_join_element_wise(*parts, "") if len(parts) > 1 else parts[0]
    whole = pc.binary_join_element_wise("{", inside, "}", "")
    return pc.replace_substring(whole, "{,", "{", max_replacements=1)


def _json_values(column: Column) -> pa.Array | None:
    kind = column.type
    if pa.types.is_null(kind):
        return None
    if pa.types.is_boolean(kind):
        return column.cast(pa.string())
    if pa.types.is_integer(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(column), column, None).cast(pa.string())
    plain = texts(column)
    return _quoted(plain) if plain.null_count < len(plain) else None


def _quoted(values: pa.Array) -> pa.Array:
    for raw, escaped in (("\\", "\\\\"), ('"', '\\"')):
        if _any(pc.match_substring(values, raw)):
            values = pc.replace_substring(values, raw, escaped)
    if _any(pc.match_substring_regex(values, r"[\x00-\x1f]")):
        for raw, escaped in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
            values = pc.replace_substring(values, raw, escaped)
        values = pc.replace_substring_regex(values, r"[\x00-\x1f]", "")
    return pc.binary_join_element_wise('"', values, '"', "")


def _any(mask: Any) -> bool:
    return bool(pc.any(mask).as_py())


def _unique(column: pa.Array) -> tuple[list[str | None], NDArray[np.int64]]:
    coded = column.dictionary_encode(null_encoding="encode")
    return coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)
