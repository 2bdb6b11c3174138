"""A file's coordinates from one system into another; needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import crs
from geodata.errors import InvalidInput
from geodata.exchange.coordinates import Placing, find_placing, geometries, raw_positions
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import map_columns
from geodata.exchange.reading import open_source
from geodata.exchange.writing import write_frame


def turn_file(
    path: str | Path, out: str | Path, *, from_: str, to: str, layer_name: str | None = None
) -> int:
    """Write the features of ``path`` to ``out`` in another coordinate system.

    Columns of longitude and latitude are found by name and replaced by ``lon`` and ``lat``.

    Args:
        path: Any file that can be imported.
        out: Its ending decides the kind of file.
        from_: ``wgs84``, ``gcj02``, ``bd09`` or ``EPSG:n``; what the file says is ignored.
        to: The same.
        layer_name: Which layer, sheet or file inside a zip archive.

    Returns:
        How many features were written.

    Raises:
        InvalidInput: An unknown system, or a file without places.
    """
    from_, to = crs.system(from_), crs.system(to)
    with open_source(path, layer=layer_name) as source:
        frames = [_frame(source, chunk, from_, to) for chunk in source.chunks()]
        name = source.layer or Path(source.filename).stem
    if not frames:
        raise InvalidInput("The file %(file)s holds no rows.", file=Path(path).name)
    frame = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    write_frame(frame, Path(out), name=name)
    return len(frame)


def _frame(source: Any, chunk: Any, from_: str, to: str) -> gpd.GeoDataFrame:
    mapping = map_columns(
        "cases", chunk.table.column_names, has_geometry=chunk.geometry is not None
    )
    placing = find_placing(source, chunk, mapping, declared=from_, found=Findings())
    if placing.way is None:
        raise InvalidInput(
            "The file %(file)s has no geometry, and no columns of longitude and latitude.",
            file=source.filename,
        )
    raw = Placing("wgs84", "declared", placing.way, placing.swapped)
    if placing.way in {"columns", "position"}:
        shapes = _as_they_are(chunk, mapping, placing)
    else:
        shapes = geometries(chunk, mapping, raw, Findings())
    used = [match.column for match in mapping.places.values()]
    attributes = chunk.table.drop_columns(used).to_pandas()
    return gpd.GeoDataFrame(
        attributes,
        geometry=crs.convert_geometries(shapes, from_=from_, to=to),
        crs="EPSG:4326" if not to.startswith("EPSG:") else to,
    )


def _as_they_are(chunk: Any, mapping: Any, placing: Placing) -> Any:
    """Points of the columns without any turning."""
    x, y, bad = raw_positions(chunk, mapping, placing)
    if placing.swapped:
        x, y = y, x
    shapes = np.full(len(x), None, dtype=object)
    there = np.isfinite(x) & np.isfinite(y) & ~bad
    shapes[there] = shapely.points(x[there], y[there])
    return shapes
