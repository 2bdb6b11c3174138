"""The places of any file as points, with all that the file says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.exchange.coordinates import Placing, find_placing, geometries, positions
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping, map_columns
from geodata.exchange.reading import open_source
from geodata.exchange.source import Chunk

MOST = 2_000_000


@dataclass(frozen=True, eq=False)
class Spots:
    """Points of a file.

    Attributes:
        frame: The file's columns; points, WGS 84; one row for each that has a place.
        rows: (n) its number in the file, from 1.
        names: (n) what it is called: its name or code, else its number.
        filename: What the file is called.
        without: Rows that have no place that can be read, and
        lost: what these are called.
        notes: What was changed on reading: sentences and their values.
        compounds: (n) the codes of the compounds that they say they are of; None: no such column.
    """

    frame: gpd.GeoDataFrame
    rows: NDArray[np.int64]
    names: tuple[str, ...]
    filename: str
    without: tuple[int, ...]
    notes: tuple[tuple[str, dict[str, Any]], ...]
    compounds: tuple[str | None, ...] | None = None
    lost: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.frame)


def read_spots(
    path: str | Path,
    *,
    declared: str | None = None,
    layer_name: str | None = None,
    target: str = "facilities",
) -> Spots:
    """The places of a file: points, a point inside of polygons, the middle of lines.

    Args:
        path: What GDAL reads, GeoParquet, CSV or Excel with longitude and latitude; zipped or not.
        declared: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n``; else what the file says.
        layer_name: Which layer, sheet or file inside a zip archive.
        target: Our layer whose words tell the columns.

    Raises:
        NotFound: No such file, or no such layer in it.
        InvalidInput: It cannot be read, does not say where it is, or no row has a place.
    """
    found = Findings()
    points: list[NDArray[np.float64]] = []
    tables: list[pa.Table] = []
    rows: list[NDArray[np.int64]] = []
    with open_source(path, target=target, layer=layer_name) as source:
        mapping: ColumnMapping | None = None
        for chunk in source.chunks():
            if mapping is None:
                names = chunk.table.column_names
                mapping = map_columns(target, names, has_geometry=chunk.geometry is not None)
                placing = find_placing(source, chunk, mapping, declared=declared, found=found)
                if placing.way is None:
                    raise InvalidInput(
                        "The file %(file)s has no geometry, and no columns of longitude and "
                        "latitude.",
                        file=source.filename,
                    )
            points.append(_points(chunk, mapping, placing, found))
            tables.append(chunk.table)
            rows.append(chunk.rows)
        filename = source.filename
    if mapping is None or not sum(map(len, rows)):
        raise InvalidInput("The file %(file)s holds no rows.", file=filename)
    xy, number = np.concatenate(points), np.concatenate(rows)
    placed = np.isfinite(xy).all(axis=1)
    if not placed.any():
        raise InvalidInput(
            "No row of the file %(file)s has a place that can be read.", file=filename
        )
    table = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    frame = gpd.GeoDataFrame(
        table[placed].reset_index(drop=True), geometry=shapely.points(xy[placed]), crs=4326
    )
    notes = tuple((one.message, dict(one.params)) for one in found if one.weight == "changed")
    names = np.array(_names(table, mapping, number), dtype=object)
    return Spots(
        frame,
        number[placed],
        tuple(names[placed]),
        filename,
        tuple(number[~placed].tolist()),
        notes,
        _codes(frame, mapping.column("compound_code")),
        tuple(names[~placed]),
    )


def _points(
    chunk: Chunk, mapping: ColumnMapping, placing: Placing, found: Findings
) -> NDArray[np.float64]:
    """(n, 2) longitude and latitude, NaN where a row has no place."""
    if placing.way in {"columns", "position"}:
        lon, lat, bad = positions(chunk, mapping, placing, found)
        return np.column_stack([np.where(bad, np.nan, lon), np.where(bad, np.nan, lat)])
    shapes = np.asarray(geometries(chunk, mapping, placing, found), dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    spots = np.full((len(shapes), 2), np.nan)
    some = shapes[there]
    line = np.isin(shapely.get_type_id(some), (1, 2))
    inside = np.asarray(shapely.point_on_surface(shapely.make_valid(some)), dtype=object)
    inside[line] = shapely.line_interpolate_point(some[line], 0.5, normalized=True)
    spots[there] = np.column_stack([shapely.get_x(inside), shapely.get_y(inside)])
    return spots


def _codes(frame: pd.DataFrame, column: str | None) -> tuple[str | None, ...] | None:
    if column is None:
        return None
    return tuple(None if pd.isna(word) else str(word) for word in frame[column])


def _names(frame: pd.DataFrame, mapping: ColumnMapping, rows: NDArray[np.int64]) -> tuple[str, ...]:
    for field in ("name", "code"):
        column = mapping.column(field)
        if column is not None and frame[column].notna().any():
            words = frame[column]
            return tuple(
                str(word) if pd.notna(word) and str(word).strip() else str(row)
                for word, row in zip(words, rows, strict=True)
            )
    return tuple(map(str, rows.tolist()))
