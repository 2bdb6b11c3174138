"""The streets of any file, in WGS 84, with what is to be known for walking them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.exchange import values
from geodata.exchange.coordinates import find_placing, geometries
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping, map_columns
from geodata.exchange.reading import open_source
from geodata.exchange.source import Chunk

_LINES = (1, 5)
_STATED: Final = ("u", "v")
"""Columns of a graph's edges: the nodes where each begins and ends."""
_OTHER_KINDS: Final = ("waterway", "railway")
"""Where OpenStreetMap says the kind of what is no street."""
_CLOSED: Final = frozenset({"no"})

_MOVING: Final = {"forward": 1, "backward": -1}


@dataclass(frozen=True, eq=False)
class Streets:
    """Lines of a file.

    Attributes:
        frame: ``name``, ``kind``, ``bridge``, ``tunnel``, ``z_level``, ``foot``, ``foot_oneway``
            and, if the file states its nodes, ``u`` and ``v``; lines, WGS 84.
        filename: What the file is called.
        skipped: How many rows were no lines.
        notes: What was changed on reading: sentences and their values.
    """

    frame: gpd.GeoDataFrame
    filename: str
    skipped: int
    notes: tuple[tuple[str, dict[str, Any]], ...]


def read_streets(
    path: str | Path, *, declared: str | None = None, layer_name: str | None = None
) -> Streets:
    """The streets of a file, and rivers and railways where it has them.

    Of OpenStreetMap's tags ``access=no`` closes a line unless ``foot`` says otherwise;
    ``access=private`` does not, for residents walk there. ``conveying`` forward or backward
    makes stairs one way; its ``yes`` does not say which, and leaves both.

    Args:
        path: What GDAL reads (OSM PBF, Shapefile, GeoPackage, DXF …), GeoParquet, or a table with
            well-known text; zipped or not.
        declared: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n``; else what the file says.
        layer_name: Which layer, sheet or file inside a zip archive.

    Raises:
        NotFound: No such file, or no such layer in it.
        InvalidInput: It cannot be read, does not say where it is, or holds no lines.
    """
    found = Findings()
    parts: list[gpd.GeoDataFrame] = []
    rows = 0
    with open_source(path, target="ways", layer=layer_name) as source:
        mapping: ColumnMapping | None = None
        for chunk in source.chunks():
            if mapping is None:
                names = chunk.table.column_names
                mapping = map_columns("streets", names, has_geometry=chunk.geometry is not None)
                placing = find_placing(source, chunk, mapping, declared=declared, found=found)
                if placing.way not in {"geometry", "wkt"}:
                    raise InvalidInput("The file %(file)s holds no lines.", file=source.filename)
            rows += len(chunk)
            shapes = geometries(chunk, mapping, placing, found)
            is_line = np.isin(shapely.get_type_id(shapes), _LINES) & ~shapely.is_empty(shapes)
            parts.append(_frame(chunk, mapping, shapes)[is_line])
        filename = source.filename
    if not rows:
        raise InvalidInput("The file %(file)s holds no rows.", file=filename)
    frame = pd.concat(parts, ignore_index=True)
    if not len(frame):
        raise InvalidInput("The file %(file)s holds no lines.", file=filename)
    notes = tuple((one.message, dict(one.params)) for one in found if one.weight == "changed")
    return Streets(gpd.GeoDataFrame(frame, crs=4326), filename, rows - len(frame), notes)


def _frame(chunk: Chunk, mapping: ColumnMapping, shapes: NDArray[np.object_]) -> gpd.GeoDataFrame:
    columns: dict[str, Any] = {}
    table = chunk.table
    for field in ("name", "kind"):
        columns[field] = _words(table, mapping.column(field))
    for other in _OTHER_KINDS:
        columns["kind"] = columns["kind"].fillna(_words(table, _named(table, other)))
    for field in ("bridge", "tunnel", "foot"):
        columns[field] = _read(table, mapping.column(field), values.yes_no)
    columns["z_level"] = _read(table, mapping.column("z_level"), values.wholes)
    columns["foot_oneway"] = _read(table, mapping.column("foot_oneway"), values.directions)
    moving = _words(table, _named(table, "conveying")).map(_MOVING)
    columns["foot_oneway"] = columns["foot_oneway"].fillna(moving).astype(object)
    access = _words(table, _named(table, "access"))
    shut = access.isin(_CLOSED) & columns["foot"].isna()
    columns["foot"] = columns["foot"].where(~shut, other=False)
    if all(_named(table, name) for name in _STATED):
        for name in _STATED:
            columns[name] = _words(table, name)
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def _named(table: pa.Table, name: str) -> str | None:
    return name if name in table.column_names else None


def _words(table: pa.Table, column: str | None) -> pd.Series:
    if column is None:
        return pd.Series([None] * len(table), dtype=object)
    return pd.Series(values.texts(table[column]).to_pylist(), dtype=object)


def _read(table: pa.Table, column: str | None, reader: Any) -> pd.Series:
    """A column as the layer of streets has it; what cannot be read is unknown."""
    if column is None:
        return pd.Series([None] * len(table), dtype=object)
    found, _bad = reader(table[column])
    if isinstance(found, np.ndarray):
        plain = [None if np.isnan(one) else int(one) for one in found]
        return pd.Series(plain, dtype=object)
    return pd.Series(found.to_pylist(), dtype=object)
