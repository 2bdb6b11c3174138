"""The columns of a file as the columns of a layer, in values that the layer takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.exchange import values
from geodata.exchange.fields import Field, fields_of
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping
from geodata.exchange.source import Chunk
from geodata.profiles import Profile
from geodata.words import sentence as _

_UNREADABLE = _(
    "The value “%(value)s” of %(field)s cannot be read; it was left out and kept aside."
)
_UNKNOWN = _("The profile does not know “%(value)s” as %(field)s; the word was kept aside.")


def fixed_values(layer: str, said: Mapping[str, str], profile: Profile) -> dict[str, Any]:
    """Values that the user says hold for every row, as the layer stores them.

    Raises:
        InvalidInput: An unknown field, or a value that the field does not take.
    """
    fields = {field.name: field for field in fields_of(layer)}
    answer: dict[str, Any] = {}
    for name, word in said.items():
        field = fields.get(name)
        if field is None:
            raise InvalidInput(
                "The layer %(layer)s has no field %(field)s; it has %(known)s.",
                layer=layer,
                field=name,
                known=", ".join(fields),
            )
        column, _, bad = _read(field, pa.array([word]), profile)
        if bad[0] or field.sort == "code":
            raise InvalidInput("“%(value)s” is no value of %(field)s.", value=word, field=name)
        one = column[0]
        answer[name] = one.as_py() if isinstance(one, pa.Scalar) else one
    return answer


def read_fields(
    layer: str, chunk: Chunk, mapping: ColumnMapping, profile: Profile, found: Findings
) -> tuple[dict[str, Any], pa.Table]:
    """The mapped columns as values, and what is kept aside.

    Returns:
        Columns for ``copy_rows`` by field; and the table of unmapped columns, with what could
        not be read of the mapped ones.
    """
    columns: dict[str, Any] = {}
    aside = chunk.table.select([c for c in mapping.unmapped if c in chunk.table.column_names])
    for field in fields_of(layer):
        match = mapping.fields.get(field.name)
        if match is None:
            continue
        raw = chunk.table[match.column]
        column, odd, bad = _read(field, raw, profile)
        columns[field.name] = column
        if not bad.any():
            continue
        for value, first, number in odd or _grouped(raw, bad):
            found.add_value(
                "unknown_value" if field.sort == "term" else "bad_value",
                _UNKNOWN if field.sort == "term" else _UNREADABLE,
                row=int(chunk.rows[first]),
                count=number,
                field=field.name,
                value=value[:80],
            )
        kept = pa.array(np.where(bad, values.texts(raw).to_numpy(zero_copy_only=False), None))
        aside = aside.append_column(match.column, kept.cast(pa.string()))
    return columns, aside


def _read(
    field: Field, raw: Any, profile: Profile
) -> tuple[Any, list[tuple[str, int, int]], NDArray[np.bool_]]:
    fine = np.zeros(len(raw), dtype=bool)
    odd: list[tuple[str, int, int]] = []
    if field.sort == "term":
        column, bad, odd = values.terms(raw, _key_of(profile, field))
        return column, odd, bad
    if field.sort == "code":
        return values.codes(raw), odd, fine
    if field.sort == "list":
        return values.lists(raw), odd, fine
    if field.sort == "text":
        return values.texts(raw), odd, fine
    reader: Callable[[Any], tuple[Any, NDArray[np.bool_]]] = {
        "count": values.counts,
        "whole": values.wholes,
        "number": values.numbers,
        "yes_no": values.yes_no,
        "direction": values.directions,
        "time": lambda column: values.times(column, profile.zone),
    }[field.sort]
    column, bad = reader(raw)
    return column, odd, bad


def _key_of(profile: Profile, field: Field) -> Callable[[str], str | None]:
    return lambda word: profile.key_of(field.terms, word)  # type: ignore[arg-type]


def _grouped(raw: Any, bad: NDArray[np.bool_]) -> list[tuple[str, int, int]]:
    """The first hundred values that could not be read, where each came first, and how often."""
    words = values.texts(raw)
    counts: dict[str, list[int]] = {}
    for k in np.flatnonzero(bad).tolist():
        word = str(words[k].as_py())
        if word in counts:
            counts[word][1] += 1
        elif len(counts) < 100:
            counts[word] = [k, 1]
    return [(word, first, number) for word, (first, number) in counts.items()]
