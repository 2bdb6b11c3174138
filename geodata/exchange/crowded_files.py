"""Hotspots of the cases in a file; needs no database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geodata.errors import InvalidInput
from geodata.exchange import values
from geodata.exchange.coordinates import Placing, find_placing, positions
from geodata.exchange.crowding import OTHER, Areas, Cases, Told, Wish, check, households_of, tell
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping, map_columns
from geodata.exchange.polygons import read_polygons
from geodata.exchange.reading import open_source
from geodata.exchange.source import Chunk
from geodata.profiles import Profile
from geodata.words import sentence as _


def hotspots_of_file(
    path: str | Path,
    wish: Wish,
    *,
    profile: Profile,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Told:
    """Where the cases of a file crowd together.

    Raises:
        NotFound: No such file, or no such layer in it.
        InvalidInput: It holds no cases, does not say where they are, or the wish makes no sense.
    """
    check(wish)
    notes: list[tuple[str, dict[str, Any]]] = []
    progress("reading", 0.0)
    cases = _read(path, wish, profile, notes)
    return tell(cases, wish, _areas_of_file(wish, notes), notes, profile=profile, progress=progress)


def _read(path: str | Path, wish: Wish, profile: Profile, notes: list[Any]) -> Cases:
    found = Findings()
    parts: list[Cases] = []
    rows = 0
    with open_source(path, target="cases", layer=wish.layer) as source:
        mapping: ColumnMapping | None = None
        for chunk in source.chunks():
            if mapping is None:
                names = chunk.table.column_names
                mapping = map_columns(
                    "cases", names, said=wish.mapping, has_geometry=chunk.geometry is not None
                )
                placing = find_placing(source, chunk, mapping, declared=wish.crs, found=found)
                if placing.way is None:
                    raise InvalidInput(
                        "The file %(file)s has no geometry, and no columns of longitude and "
                        "latitude.",
                        file=source.filename,
                    )
            rows += len(chunk)
            parts.append(_placed(chunk, mapping, placing, profile.zone, found))
        filename = source.filename
    if not rows:
        raise InvalidInput("The file %(file)s holds no rows.", file=filename)
    notes += [(one.message, dict(one.params)) for one in found if one.weight == "changed"]
    lon = np.concatenate([part.lon for part in parts])
    if not len(lon):
        raise InvalidInput(
            "No row of the file %(file)s has a place that can be read.", file=filename
        )
    if len(lon) < rows:
        words = _("%(count)s of %(rows)s cases have no place that can be read; they do not count.")
        notes.append((words, {"count": rows - len(lon), "rows": rows}))
    times = [part.times for part in parts if part.times is not None]
    return Cases(
        lon,
        np.concatenate([part.lat for part in parts]),
        np.concatenate(times) if times else None,
        np.concatenate([part.kinds for part in parts]),
    )


def _placed(
    chunk: Chunk, mapping: ColumnMapping, placing: Placing, zone: ZoneInfo, found: Findings
) -> Cases:
    lon, lat, bad = positions(chunk, mapping, placing, found)
    placed = ~bad & np.isfinite(lon) & np.isfinite(lat)
    times, kinds = None, np.full(int(placed.sum()), OTHER, dtype=object)
    column = mapping.column("reported_at")
    if column is not None:
        times = values.times(chunk.table[column], zone)[0][placed]
    column = mapping.column("category")
    if column is not None:
        texts = values.texts(chunk.table[column]).to_pylist()
        kinds = np.array([one or OTHER for one in texts], dtype=object)[placed]
    return Cases(lon[placed], lat[placed], times, kinds)


def _areas_of_file(wish: Wish, notes: list[Any]) -> Callable[[Any], Areas] | None:
    path = wish.areas
    if path is None:
        return None

    def read(system: Any) -> Areas:
        polygons = read_polygons(path, "areas", declared=wish.areas_crs)
        codes = polygons.column("code")
        return Areas(
            np.asarray(shapely.make_valid(polygons.into(system)), dtype=object),
            [int(row) for row in polygons.rows] if codes is None else codes.astype(str).tolist(),
            polygons.names(),
            households_of(polygons.table, wish.population, notes),
        )

    return read
