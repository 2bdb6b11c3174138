"""Which column of a file is which field of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geodata.errors import InvalidInput
from geodata.exchange.fields import (
    LATITUDE,
    LONGITUDE,
    POSITION,
    WELL_KNOWN_TEXT,
    WORKED_OUT,
    fields_of,
)

PLACE_FIELDS: dict[str, tuple[str, ...]] = {
    "lon": LONGITUDE,
    "lat": LATITUDE,
    "position": POSITION,
    "wkt": WELL_KNOWN_TEXT,
}
_SURE, _LIKELY, _SAID = 1.0, 0.6, 2.0


@dataclass(frozen=True, slots=True)
class Match:
    """A column taken for a field; ``confidence`` 1 for a known word, less for a part of one."""

    field: str
    column: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Columns by our field, where the place is, and the columns that nobody mapped."""

    fields: dict[str, Match]
    places: dict[str, Match]
    unmapped: list[str]

    def column(self, field: str) -> str | None:
        """The column of a field or place."""
        match = self.fields.get(field) or self.places.get(field)
        return match.column if match else None

    def as_dict(self) -> dict[str, str]:
        """Field → column."""
        return {name: match.column for name, match in (self.fields | self.places).items()}


def plain(name: str) -> str:
    """A column name without case, spaces, signs, what stands in brackets and behind a comma."""
    bare = re.sub(r"[(（\[【].*?[)）\]】]|[,，].*$", "", name)
    return re.sub(r"[\s_\-·./]+", "", bare or name).casefold()


def map_columns(
    layer: str,
    columns: Sequence[str],
    *,
    said: Mapping[str, str] | None = None,
    has_geometry: bool = False,
) -> ColumnMapping:
    """Map a file's columns to a layer's fields, as far as their names tell.

    Args:
        layer: One of our layers.
        columns: The file's column names.
        said: What the user says, field → column; an empty column leaves the field out. The
            place's fields are ``lon``, ``lat``, ``position`` ("lon,lat" in one column), ``wkt``.
        has_geometry: Whether the file has geometries of its own; then columns are no places
            unless the user says so.

    Raises:
        InvalidInput: A field or a column that does not exist is named.
    """
    words = {field.name: field.words for field in fields_of(layer)}
    said = dict(said or {})
    known = set(words) | set(PLACE_FIELDS)
    for field, column in said.items():
        if field not in known:
            raise InvalidInput(
                "The layer %(layer)s has no field %(field)s; it has %(known)s.",
                layer=layer,
                field=field,
                known=", ".join([*words, *PLACE_FIELDS]),
            )
        if column and column not in columns:
            raise InvalidInput(
                "The file has no column %(column)s; it has %(known)s.",
                column=column,
                known=", ".join(columns[:40]),
            )
    free = [column for column in columns if column not in set(said.values())]
    place_words = {} if has_geometry else PLACE_FIELDS
    matches = {f: Match(f, c, _SAID) for f, c in said.items() if c}
    if {"lon", "wkt", "position"} & set(matches):
        place_words = {k: v for k, v in place_words.items() if k == "lat" and "lon" in matches}
    candidates = [
        (score, -place, field, column)
        for place, (field, its) in enumerate((place_words | words).items())
        if field not in said
        for column in free
        if (score := _score(column, its, part=field not in {"lon", "lat", "wkt", "position"})) > 0
    ]
    taken: set[str] = set()
    for score, _, field, column in sorted(candidates, reverse=True):
        if field not in matches and column not in taken:
            matches[field] = Match(field, column, round(min(score, 1.0), 2))
            taken.add(column)
    _settle_places(matches)
    used = {match.column for match in matches.values()}
    return ColumnMapping(
        {f: m for f, m in matches.items() if f in words},
        {f: m for f, m in matches.items() if f in PLACE_FIELDS and f not in words},
        [column for column in columns if column not in used | WORKED_OUT.get(layer, frozenset())],
    )


def _score(column: str, words: Sequence[str], *, part: bool) -> float:
    bare = plain(column)
    best = 0.0
    for rank, word in enumerate(map(plain, words)):
        if bare == word:
            best = max(best, _SURE - rank / 1000)
        elif part and len(word) >= (5 if word.isascii() else 2):
            if bare.endswith(word):
                best = max(best, _LIKELY - rank / 1000)
        elif not part and len(word) >= 2 and not word.isascii() and word in bare:
            best = max(best, _LIKELY - rank / 1000)
    return best


def _settle_places(matches: dict[str, Match]) -> None:
    """One way to say where a row is: both columns, or well-known text, or "lon,lat" in one."""
    if ("lon" in matches) != ("lat" in matches):
        matches.pop("lon", None)
        matches.pop("lat", None)
    for strong, weaker in (("lon", ("wkt", "position")), ("wkt", ("position",))):
        if strong in matches:
            for field in weaker:
                if field in matches and matches[field].confidence < _SAID:
                    matches.pop(field)
