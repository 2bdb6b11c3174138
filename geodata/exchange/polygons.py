"""Polygons of any file, in the plane in which they were drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
from numpy.typing import NDArray

from geodata import crs
from geodata.errors import InvalidInput, TooLarge
from geodata.exchange.coordinates import Placing, find_placing, geometries
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping, map_columns
from geodata.exchange.reading import MOST_BYTES, open_source
from geodata.exchange.source import Chunk, Source


@dataclass(frozen=True)
class Polygons:
    """The polygons of a file.

    Attributes:
        shapes: Polygons and multipolygons as drawn, invalid ones too, in ``system``.
        system: ``EPSG:n`` or WKT; what was in GCJ-02 or BD-09 is in ``EPSG:4326``.
        table: The file's columns, one row for each polygon.
        rows: Its number in the file, from 1, for each polygon.
        mapping: Which column is which field.
        skipped: How many rows had no polygon.
        filename: What the file is called.
    """

    shapes: NDArray[np.object_]
    system: str
    table: pd.DataFrame
    rows: NDArray[np.int64]
    mapping: ColumnMapping
    skipped: int
    filename: str

    def __len__(self) -> int:
        """The number of polygons."""
        return len(self.shapes)

    @property
    def geographic(self) -> bool:
        """Whether the plane is one of degrees."""
        return bool(pyproj.CRS(self.system).is_geographic)

    @property
    def raster(self) -> float:
        """A tenth of a millimetre or less, in units of the plane."""
        system = pyproj.CRS(self.system)
        if system.is_geographic:
            return 1e-10
        return 1e-4 / float(system.axis_info[0].unit_conversion_factor)

    def column(self, field: str) -> pd.Series | None:
        """The values of a field, None where the file has none."""
        name = self.mapping.column(field)
        return None if name is None else self.table[name]

    def names(self) -> list[str | None]:
        """What each is called, in a column for the names of grids, or of areas."""
        columns = list(self.table.columns)
        for layer in ("grids", "areas"):
            column = map_columns(layer, columns, has_geometry=True).column("name")
            if column is not None:
                words = self.table[column]
                return [None if pd.isna(one) else str(one).strip() or None for one in words]
        return [None] * len(self)

    def into(self, system: Any) -> NDArray[np.object_]:
        """The shapes in another plane."""
        if pyproj.CRS(system) == pyproj.CRS(self.system):
            return self.shapes
        return moved(self.shapes, self.system, system)


def moved(shapes: Any, from_: Any, to: Any) -> NDArray[np.object_]:
    """Shapes from one plane to another, point by point: points that were one stay one."""
    transformer = pyproj.Transformer.from_crs(from_, to, always_xy=True)

    def move(points: Any) -> Any:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return np.asarray(shapely.transform(np.asarray(shapes, dtype=object), move), dtype=object)


def read_polygons(
    path: str | Path,
    layer: str,
    *,
    declared: str | None = None,
    layer_name: str | None = None,
    filename: str | None = None,
    most_bytes: int = MOST_BYTES,
    most_rows: int | None = None,
) -> Polygons:
    """The polygons of a file, whatever its kind.

    Args:
        path: Any file that can be imported.
        layer: What they are: the name of a layer, whose words tell the columns.
        declared: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n``; else what the file says.
        layer_name: Which layer, sheet or file inside a zip archive.
        filename: What the user calls it, if ``path`` is a temporary name.
        most_bytes: How large it may be, also once unpacked.
        most_rows: How many rows it may have.

    Raises:
        NotFound: No such file, or no such layer in it.
        InvalidInput: It cannot be read, does not say where it is, or holds no polygon.
        TooLarge: It has more bytes or rows.
    """
    with open_source(
        path, target=layer, layer=layer_name, filename=filename, most_bytes=most_bytes
    ) as source:
        chunks = _chunks(source, most_rows)
        if not chunks or not sum(map(len, chunks)):
            raise InvalidInput("The file %(file)s holds no rows.", file=source.filename)
        names = chunks[0].table.column_names
        mapping = map_columns(layer, names, has_geometry=chunks[0].geometry is not None)
        placing = find_placing(source, chunks[0], mapping, declared=declared, found=Findings())
        if placing.way not in {"geometry", "wkt"}:
            raise InvalidInput("The file %(file)s holds no polygons.", file=source.filename)
        shapes = np.concatenate([drawn(chunk, mapping, placing) for chunk in chunks])
        table = pa.concat_tables([c.table for c in chunks], promote_options="permissive")
        filename = source.filename
    shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
    good = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    good[np.unique(owner[~np.isfinite(points).all(axis=1)])] = False
    if not good.any():
        raise InvalidInput("The file %(file)s holds no polygons.", file=filename)
    system = placing.crs
    shapes = shapes[good]
    if system in {"gcj02", "bd09", "wgs84"}:
        shapes = crs.convert_geometries(shapes, from_=system, to="wgs84")
        system = "EPSG:4326"
    _refuse_beyond(shapes, system, filename)
    frame = table.to_pandas()[good].reset_index(drop=True)
    rows = np.flatnonzero(good).astype(np.int64) + 1
    return Polygons(shapes, system, frame, rows, mapping, int((~good).sum()), filename)


def _chunks(source: Source, most: int | None) -> list[Chunk]:
    """All rows; raises TooLarge as soon as there are more than so many."""
    chunks, rows = [], 0
    for chunk in source.chunks():
        chunks.append(chunk)
        rows += len(chunk)
        if most is not None and rows > most:
            raise TooLarge(
                "The file %(file)s has more than %(most)s rows.", file=source.filename, most=most
            )
    return chunks


def _refuse_beyond(shapes: NDArray[np.object_], system: str, filename: str) -> None:
    """Refuse degrees that are none."""
    if pyproj.CRS(system).is_geographic:
        west, south, east, north = shapely.total_bounds(shapes)
        if west < -360 or east > 360 or south < -90 or north > 90:
            raise InvalidInput(
                "The coordinates of %(file)s lie outside the earth; name their system with --crs.",
                file=filename,
            )


def drawn(chunk: Chunk, mapping: ColumnMapping, placing: Placing) -> NDArray[np.object_]:
    """The shapes as they stand in the file, longitude (easting) first."""
    if placing.way == "geometry" and chunk.geometry is not None:
        shapes = np.asarray(chunk.geometry, dtype=object)
    else:
        plain = Placing("wgs84", "declared", placing.way)
        shapes = np.asarray(geometries(chunk, mapping, plain, Findings()), dtype=object)
    if placing.swapped:
        flat = shapely.force_2d(shapes)
        shapes = np.asarray(shapely.transform(flat, lambda points: points[:, ::-1]), dtype=object)
    return shapes
