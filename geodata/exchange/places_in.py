"""Places out of a file: areas, grids, compounds, buildings, facilities and streets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.exchange.columns import read_fields
from geodata.exchange.coordinates import Placing, geometries
from geodata.exchange.fields import SHAPES
from geodata.exchange.findings import Findings, Report
from geodata.exchange.mapping import ColumnMapping
from geodata.exchange.mending import exploded, made_fit
from geodata.exchange.source import Chunk
from geodata.exchange.values import as_json
from geodata.places.codes import number, shape_keys
from geodata.places.holding import Held, held_polygons, largest_overlap, standing_borders
from geodata.places.storing import all_codes
from geodata.plans.store_standing import codes_ever_given
from geodata.profiles import Profile
from geodata.words import sentence as _

_INITIALS = {"buildings": "B", "facilities": "F", "streets": "S", "gates": "M"}
"""How the codes begin that such a place is given by its shape; grids have the G."""


@dataclass
class Incoming:
    """The good rows of a file as columns of the layer, not yet with all their codes."""

    columns: dict[str, Any]
    shapes: NDArray[np.object_]
    rows: NDArray[np.int64]
    refused: int
    mended: int
    worked_out: set[str]

    def texts(self, name: str) -> list[str | None]:
        """A text column as a list; all None if the file has no such column."""
        column = self.columns.get(name)
        return [None] * len(self.shapes) if column is None else list(column.to_pylist())


def read_places(
    layer: str,
    chunk: Chunk,
    mapping: ColumnMapping,
    placing: Placing,
    profile: Profile,
    fixed: dict[str, Any],
    found: Findings,
) -> Incoming:
    """The rows that can be stored, mended where needed."""
    columns, aside = read_fields(layer, chunk, mapping, profile, found)
    count = len(chunk)
    for name, value in fixed.items():
        columns[name] = pa.array([value] * count)
    names = _names(columns, count)
    shapes, good, mended = made_fit(
        geometries(chunk, mapping, placing, found), chunk.rows, names, SHAPES[layer], found
    )
    if "code" in columns:
        good &= ~_repeated(columns["code"], chunk, names, good, found)
    if aside.num_columns:
        columns["extra"] = as_json(aside)
    keep = np.flatnonzero(good)
    columns = {name: _taken(column, keep) for name, column in columns.items()}
    shapes, rows = shapes[keep], chunk.rows[keep]
    if SHAPES[layer] == "line":
        shapes, came_from = exploded(shapes)
        columns = {name: _taken(column, came_from) for name, column in columns.items()}
        rows = rows[came_from]
        if "code" in columns:
            columns["code"] = _parted(columns["code"])
    if "name" in columns:
        columns["name"] = columns["name"].fill_null("")
    return Incoming(columns, shapes, rows, count - len(keep), mended, set())


def complete(
    connection: sa.Connection, layer: str, incoming: Incoming, profile: Profile, report: Report
) -> None:
    """Find out what the file does not say: levels, what lies in what, and codes."""
    if layer == "areas":
        _levels_and_parents(connection, incoming, profile)
    elif layer in {"grids", "compounds", "buildings", "facilities", "gates"}:
        _fill(incoming, "area_code", lambda: _areas_of(connection, layer, incoming, profile))
        if layer == "buildings":
            _fill(incoming, "compound_code", lambda: _compounds_of(connection, incoming))
    if layer in {"grids", "compounds", "facilities"}:
        report.unplaced = sum(code is None for code in incoming.texts("area_code"))
        tell_outside(report)
    _give_codes(connection, layer, incoming)


def tell_outside(report: Report) -> None:
    """Say how many rows lie in no community."""
    if report.unplaced:
        report.findings.add(
            "outside_areas",
            "note",
            _("%(number)s rows lie in no community that is known; they were taken without one."),
            number=report.unplaced,
        )


def _names(columns: dict[str, Any], count: int) -> list[str]:
    for field in ("name", "code"):
        if field in columns:
            return [name or "" for name in columns[field].to_pylist()]
    return [""] * count


def _repeated(codes: Any, chunk: Chunk, names: list[str], good: Any, found: Findings) -> Any:
    """Rows whose code came before; two rows for one place are a contradiction."""
    series = codes.to_pandas()
    again = (series.notna() & series.where(good).duplicated()).to_numpy() & good
    for k in np.flatnonzero(again).tolist():
        found.add(
            "repeated_code",
            "refused",
            _("The code %(code)s came in a row before; a code names one place."),
            row=int(chunk.rows[k]),
            name=names[k],
            code=str(series[k]),
        )
    return again


def _taken(column: Any, which: NDArray[np.int64]) -> Any:
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column.take(pa.array(which))
    if isinstance(column, list):
        return [column[k] for k in which.tolist()]
    return column[which]


def _parted(codes: pa.Array) -> pa.Array:
    """Codes of lines taken apart: the second part of A1 is A1-2."""
    series = pd.Series(codes.to_pylist(), dtype=object)
    again = series.groupby(series, dropna=False).cumcount()
    return pa.array(
        [
            code if code is None or not n else f"{code}-{int(n) + 1}"
            for code, n in zip(series, again, strict=True)
        ],
        type=pa.string(),
    )


def _fill(incoming: Incoming, name: str, work_out: Any) -> None:
    """Work a column out where the file leaves it blank."""
    said = incoming.texts(name)
    if all(one is not None for one in said) and said:
        return
    if name not in incoming.columns:
        incoming.worked_out.add(name)
    found = work_out()
    incoming.columns[name] = pa.array(
        [mine if mine is not None else theirs for mine, theirs in zip(said, found, strict=True)],
        type=pa.string(),
    )


def _areas_of(
    connection: sa.Connection, layer: str, incoming: Incoming, profile: Profile
) -> NDArray[np.object_]:
    smallest = held_polygons(connection, "areas", level=profile.smallest_level.key, now_only=True)
    if layer in {"grids", "compounds"}:
        return largest_overlap(incoming.shapes, smallest)
    return _by_point(incoming.shapes, smallest)


def _compounds_of(connection: sa.Connection, incoming: Incoming) -> NDArray[np.object_]:
    return _by_point(incoming.shapes, held_polygons(connection, "compounds", now_only=True))


def _by_point(shapes: NDArray[np.object_], holders: Held) -> NDArray[np.object_]:
    points = shapely.point_on_surface(shapes)
    now = np.zeros(len(points), dtype="datetime64[us]")
    return holders.locate(shapely.get_x(points), shapely.get_y(points), now)


def _levels_and_parents(connection: sa.Connection, incoming: Incoming, profile: Profile) -> None:
    keys = [level.key for level in profile.levels]
    lengths = dict(zip(np.cumsum(profile.codes.levels).tolist(), keys, strict=True))
    codes = incoming.texts("code")

    def guessed(code: str | None) -> str:
        if code and code.isdigit() and len(code) in lengths:
            return str(lengths[len(code)])
        return keys[-1]

    levels = [
        level if level is not None else guessed(code)
        for level, code in zip(incoming.texts("level"), codes, strict=True)
    ]
    if "level" not in incoming.columns:
        incoming.worked_out.add("level")
    incoming.columns["level"] = pa.array(levels, type=pa.string())

    def parents() -> list[str | None]:
        answer: list[str | None] = [None] * len(levels)
        for place, key in enumerate(keys[1:], start=1):
            mine = np.array([k for k, level in enumerate(levels) if level == key], dtype=int)
            if not len(mine):
                continue
            above = held_polygons(connection, "areas", level=keys[place - 1], now_only=True)
            above = _joined(above, incoming, levels, keys[place - 1])
            for k, code in zip(mine, largest_overlap(incoming.shapes[mine], above), strict=True):
                answer[k] = code
        return answer

    _fill(incoming, "parent_code", parents)


def _joined(held: Held, incoming: Incoming, levels: list[str], level: str) -> Held:
    """Areas above that stand already, and those that come in the same file with a code."""
    codes = incoming.texts("code")
    mine = [k for k, one in enumerate(levels) if one == level and codes[k] is not None]
    new = {codes[k] for k in mine}
    old = np.array([code not in new for code in held.codes], dtype=bool)
    none = np.zeros(len(mine), dtype=np.int64)
    return Held(
        np.concatenate((held.codes[old], np.array([codes[k] for k in mine], dtype=object))),
        np.concatenate((held.shapes[old], incoming.shapes[mine])),
        np.concatenate((held.since[old], none)),
        np.concatenate((held.until[old], none)),
    )


def _give_codes(connection: sa.Connection, layer: str, incoming: Incoming) -> None:
    """A code to each row that has none: that of the same place now, or a new one."""
    codes = incoming.texts("code")
    missing = [k for k, code in enumerate(codes) if code is None]
    if not missing:
        return
    if layer in _INITIALS:
        keys = shape_keys(incoming.shapes[missing])
        for k, key in zip(missing, keys, strict=True):
            codes[k] = f"{_INITIALS[layer]}{key}"
    else:
        _known_codes(connection, layer, incoming, codes)
        missing = [k for k in missing if codes[k] is None]
        for k, code in zip(
            missing, _new_codes(connection, layer, incoming, missing, codes), strict=True
        ):
            codes[k] = code
    if len(set(codes)) < len(codes):
        raise InvalidInput("The file names one code for several places.")
    incoming.columns["code"] = pa.array(codes, type=pa.string())


def _known_codes(
    connection: sa.Connection, layer: str, incoming: Incoming, codes: list[str | None]
) -> None:
    """Codes of rows that stand already: by the same border, else by name within the parent."""
    parent = "parent_code" if layer == "areas" else "area_code"
    by_border: dict[bytes, str] = {}
    by_name: dict[tuple[str, str | None], str | None] = {}
    for code, name, above, wkb in standing_borders(connection, layer):
        by_border[wkb] = code
        key = (name, above)
        by_name[key] = None if key in by_name or not name else code
    names, parents = incoming.texts("name"), incoming.texts(parent)
    own = Counter(zip(names, parents, strict=True))
    used = {code for code in codes if code is not None}
    borders: Any = shapely.to_wkb(incoming.shapes, byte_order=1)

    def alike(k: int) -> str | None:
        return by_border.get(borders[k])

    def namesake(k: int) -> str | None:
        if own[(names[k], parents[k])] > 1:
            return None
        return by_name.get((names[k] or "", parents[k]))

    for find in (alike, namesake):
        for k in range(len(codes)):
            mine = find(k) if codes[k] is None else None
            if mine is not None and mine not in used:
                codes[k] = mine
                used.add(mine)


def _new_codes(
    connection: sa.Connection,
    layer: str,
    incoming: Incoming,
    missing: list[int],
    codes: list[str | None],
) -> list[str]:
    if not missing:
        return []
    parent = "parent_code" if layer == "areas" else "area_code"
    parents = incoming.texts(parent)
    levels = incoming.texts("level")
    middle = shapely.point_on_surface(incoming.shapes[missing])
    prefixes = [_prefix(layer, parents[k], levels[k]) for k in missing]
    taken = all_codes(connection, layer) | {code for code in codes if code is not None}
    if layer == "grids":
        taken |= codes_ever_given(connection)
    return number(prefixes, shapely.get_x(middle), shapely.get_y(middle), taken=taken)


def _prefix(layer: str, parent: str | None, level: str | None) -> str:
    """What a new code begins with; zeros where the parent is not known."""
    if layer == "areas":
        return parent or {"county": "000", "street_office": "000000"}.get(level or "", "0" * 9)
    return (parent or "0" * 12) + ("C" if layer == "compounds" else "")
