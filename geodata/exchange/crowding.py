"""Hotspots of the cases in a file; needs no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.cases.hotspots.cells import (
    Counts,
    Grid,
    area_neighbours,
    count_on_areas,
    count_on_grid,
    grid_neighbours,
)
from geodata.cases.hotspots.finding import Found, Study, find
from geodata.cases.hotspots.listing import Wording, cluster_rows, hotspot_rows
from geodata.crs import WGS84, local_crs
from geodata.errors import InvalidInput
from geodata.exchange import values
from geodata.exchange.coordinates import Placing, find_placing, positions
from geodata.exchange.findings import Findings
from geodata.exchange.mapping import ColumnMapping, map_columns
from geodata.exchange.polygons import Polygons, moved, read_polygons
from geodata.exchange.reading import open_source
from geodata.exchange.source import Chunk
from geodata.profiles import Profile
from geodata.words import sentence as _

MOST_CELLS = 250_000
_OTHER = "other"


@dataclass(frozen=True)
class Wish:
    """What is asked of a file of cases.

    Attributes:
        areas: A file of polygons to count on; else square cells.
        population: Its column with households or people, as the base.
        cell: The side of a cell in metres.
        since: The first day looked at; earlier periods of the same length are compared with it.
        until: The last day looked at, included.
        earlier: With how many earlier periods, as far as the file reaches back.
        permutations: Draws for each cell.
        worlds: For the space–time clusters; 0: none.
        seed: The same one gives the same answer.
        crs: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n`` of the cases; else what the file says.
        areas_crs: The same of the areas.
        layer: Which layer, sheet or file inside the zip holds the cases.
        mapping: Which column is which field, for what its name does not tell.
    """

    areas: Path | None = None
    population: str | None = None
    cell: float = 250.0
    since: date | None = None
    until: date | None = None
    earlier: int = 6
    permutations: int = 999
    worlds: int = 199
    seed: int = 1
    crs: str | None = None
    areas_crs: str | None = None
    layer: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """The answer: ``cells`` holds each cell or area with its figures, in WGS 84.

    ``notes`` are sentences with their values: what was read differently or left out.
    """

    found: Found
    hotspots: list[dict[str, Any]]
    clusters: list[dict[str, Any]]
    cells: gpd.GeoDataFrame
    cases: int
    notes: list[tuple[str, dict[str, Any]]]

    def as_dict(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "hotspots": self.hotspots,
            "clusters": self.clusters,
            "summary": {
                "cases": self.cases,
                "cells": len(self.cells),
                "tested": self.found.tested,
                "hot": int((self.found.star.classes > 0).sum()),
                "cold": int((self.found.star.classes < 0).sum()),
                "permutations": self.found.star.permutations,
                "reason": self.found.reason,
            },
        }


@dataclass(frozen=True)
class _Cases:
    """Placed cases of a file: WGS 84, instants in UTC, categories."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    times: NDArray[np.datetime64] | None
    kinds: NDArray[np.object_]


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
    _check(wish)
    notes: list[tuple[str, dict[str, Any]]] = []
    progress("reading", 0.0)
    cases = _read(path, wish, profile, notes)
    limits, cases = _limits(cases, wish, profile.zone, notes)
    system = local_crs(float(np.median(cases.lon)), float(np.median(cases.lat)))
    x, y = _moved(cases, system)
    keys, code = np.unique(cases.kinds.astype(str), return_inverse=True)
    timed = (cases.times, limits) if limits is not None else (None, None)
    on = _on_cells if wish.areas is None else _on_areas
    study, counted, labels = on(x, y, timed, (code, tuple(keys)), wish, system, notes)
    outside = counted.cell_of < 0
    when = cases.times
    if limits is not None and when is not None:
        outside &= (when >= limits[0]) & (when < limits[-1])
    if outside.any() and wish.areas is not None:
        left = _("%(count)s cases lie in none of the areas; they do not count.")
        notes.append((left, {"count": int(outside.sum())}))
    found = find(
        study,
        permutations=wish.permutations,
        worlds=wish.worlds,
        seed=wish.seed,
        progress=progress,
    )

    def category(key: Any, language: str) -> str:
        known = profile.key_of("categories", str(key))
        return profile.category(known).name.read(language) if known else str(key)

    words = Wording(
        degrees=lambda shape: moved([shape], system, WGS84)[0],
        place=lambda cells, language: _named(labels, cells, study.counts[-1], language),
        category=category,
        starts=_starts(limits, profile.zone),
        codes=labels.codes,
    )
    return Told(
        found,
        hotspot_rows(found, words),
        cluster_rows(found, words),
        _frame(found, moved(study.shapes, system, WGS84), labels),
        int(study.counts[-1].sum()),
        notes,
    )


def _check(wish: Wish) -> None:
    if wish.population is not None and wish.areas is None:
        raise InvalidInput(
            "A column of households is one of areas: name their file with --areas FILE."
        )
    if wish.since and wish.until and wish.until < wish.since:
        raise InvalidInput("The period ends before it begins. Exchange from and to.")
    if wish.since and wish.since > datetime.now(UTC).date() + timedelta(days=1):
        raise InvalidInput("The period lies in the future: nothing has been reported in it yet.")
    Grid(wish.cell)


def _read(path: str | Path, wish: Wish, profile: Profile, notes: list[Any]) -> _Cases:
    found = Findings()
    parts: list[_Cases] = []
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
    return _Cases(
        lon,
        np.concatenate([part.lat for part in parts]),
        np.concatenate(times) if times else None,
        np.concatenate([part.kinds for part in parts]),
    )


def _placed(
    chunk: Chunk, mapping: ColumnMapping, placing: Placing, zone: ZoneInfo, found: Findings
) -> _Cases:
    lon, lat, bad = positions(chunk, mapping, placing, found)
    placed = ~bad & np.isfinite(lon) & np.isfinite(lat)
    times, kinds = None, np.full(int(placed.sum()), _OTHER, dtype=object)
    column = mapping.column("reported_at")
    if column is not None:
        times = values.times(chunk.table[column], zone)[0][placed]
    column = mapping.column("category")
    if column is not None:
        texts = values.texts(chunk.table[column]).to_pylist()
        kinds = np.array([one or _OTHER for one in texts], dtype=object)[placed]
    return _Cases(lon[placed], lat[placed], times, kinds)


def _limits(
    cases: _Cases, wish: Wish, zone: ZoneInfo, notes: list[Any]
) -> tuple[NDArray[np.datetime64] | None, _Cases]:
    """Limits of the periods, earliest first; None if there is but one without end."""
    times = cases.times
    if times is None or np.isnat(times).all():
        if wish.since or wish.until:
            raise InvalidInput(
                "No column says when the cases were reported; name it with "
                "--map reported_at=COLUMN, or leave out --from and --to."
            )
        return None, cases
    now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us")
    kept = ~(times > now)
    if not kept.all():
        notes.append(
            (
                _("%(count)s cases are of the future; they do not count."),
                {"count": int((~kept).sum())},
            )
        )
        cases = _Cases(cases.lon[kept], cases.lat[kept], times[kept], cases.kinds[kept])
        if not kept.any():
            raise InvalidInput("All cases of the file are of the future.")
    if wish.since is None and wish.until is None:
        return None, cases
    times = times[kept]
    first = pd.Timestamp(np.nanmin(times)).tz_localize(UTC).tz_convert(zone).date()
    last = pd.Timestamp(np.nanmax(times)).tz_localize(UTC).tz_convert(zone).date()
    since, until = wish.since or first, wish.until or max(last, wish.since or last)
    days = (until - since).days + 1
    starts = [until + timedelta(days=1), since]
    while len(starts) < wish.earlier + 2 and starts[-1] - timedelta(days=days) >= first:
        starts.append(starts[-1] - timedelta(days=days))
    limits = np.array([_instant(day, zone) for day in reversed(starts)])
    within = (times >= limits[-2]) & (times < limits[-1])
    if not within.any():
        raise InvalidInput(
            "No case of the file was reported from %(since)s to %(until)s; it holds cases from "
            "%(first)s to %(last)s.",
            since=since.isoformat(),
            until=until.isoformat(),
            first=first.isoformat(),
            last=last.isoformat(),
        )
    return limits, cases


def _instant(day: date, zone: ZoneInfo) -> np.datetime64:
    moment = datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(moment, "us")


def _starts(limits: NDArray[np.datetime64] | None, zone: ZoneInfo) -> list[date]:
    if limits is None:
        return []
    return [pd.Timestamp(one).tz_localize(UTC).tz_convert(zone).date() for one in limits[:-1]]


def _moved(cases: _Cases, system: Any) -> Any:
    points = moved(shapely.points(cases.lon, cases.lat), WGS84, system)
    return shapely.get_x(points), shapely.get_y(points)


@dataclass(frozen=True)
class _Labels:
    """What cells are called: by programs, and by people where they have names."""

    codes: list[Any]
    names: list[str | None]


def _named(labels: _Labels, cells: Any, counts: Any, language: str) -> str:
    """The names of up to three areas, those with most cases first."""
    ranked = sorted(cells.tolist(), key=lambda cell: -int(counts[cell]))
    names = list(dict.fromkeys(name for cell in ranked if (name := labels.names[cell])))
    return (", " if language == "en" else "、").join(names[:3]) + ("…" if len(names) > 3 else "")


def _kinds(counted: Counts, code: Any, keys: int, times: Any, limits: Any) -> Any:
    """Cases by period, cell and category."""
    periods, cells = counted.counts.shape
    period = np.zeros(len(code), dtype=np.int64)
    if limits is not None:
        period = np.searchsorted(limits, times, side="right") - 1
    held = counted.cell_of >= 0
    flat = (period[held] * cells + counted.cell_of[held]) * keys + code[held]
    table = np.bincount(flat, minlength=periods * cells * keys)
    return table.reshape(periods, cells, keys).astype(np.int64)


def _on_cells(
    x: Any, y: Any, timed: Any, kinds: Any, wish: Wish, _system: Any, _notes: Any
) -> tuple[Study, Counts, _Labels]:
    grid = Grid(wish.cell)
    times, limits = timed
    alone = count_on_grid(x, y, grid, times=times, limits=limits)
    study = grid.around(alone.cells)
    if len(study) > MOST_CELLS:
        raise InvalidInput(
            "Cells of %(size)s metres are too small for so large an area; take larger ones.",
            size=wish.cell,
        )
    counted = count_on_grid(x, y, grid, study=study, times=times, limits=limits)
    near = grid_neighbours(counted.cells, grid)
    code, keys = kinds
    table = _kinds(counted, code, len(keys), times, limits)
    labels = _Labels(counted.cells.tolist(), [None] * len(counted.cells))
    shapes = grid.boxes(counted.cells)
    return Study(shapes, near, near, table, keys, is_ground=True), counted, labels


def _on_areas(
    x: Any, y: Any, timed: Any, kinds: Any, wish: Wish, system: Any, notes: Any
) -> tuple[Study, Counts, _Labels]:
    polygons = read_polygons(wish.areas or "", "areas", declared=wish.areas_crs)
    shapes = shapely.make_valid(polygons.into(system))
    _tell_overlaps(shapes, notes)
    times, limits = timed
    counted = count_on_areas(x, y, shapes, times=times, limits=limits)
    if not counted.counts.any():
        raise InvalidInput(
            "None of the cases lies in any of the areas. Is the coordinate system of one of the "
            "files another than it says? Name it with --crs or --areas-crs."
        )
    households = _households(polygons, wish.population, notes)
    near = area_neighbours(shapes)
    code, keys = kinds
    table = _kinds(counted, code, len(keys), times, limits)
    codes = polygons.column("code")
    given = [int(row) for row in polygons.rows] if codes is None else codes.astype(str).tolist()
    return (
        Study(shapes, near, near, table, keys, households),
        counted,
        _Labels(given, polygons.names()),
    )


def _tell_overlaps(shapes: Any, notes: Any) -> None:
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first = one < other
    shared = shapely.area(shapely.intersection(shapes[one[first]], shapes[other[first]]))
    smaller = np.minimum(shapely.area(shapes[one[first]]), shapely.area(shapes[other[first]]))
    pairs = int((shared > 0.001 * smaller).sum())
    if pairs:
        notes.append(
            (
                _(
                    "%(count)s pairs of areas overlap; a case in two of them counts in the first "
                    "one of the file."
                ),
                {"count": pairs},
            )
        )


def _households(polygons: Polygons, column: str | None, notes: Any) -> Any:
    if column is None:
        return None
    if column not in polygons.table.columns:
        raise InvalidInput(
            "The file has no column %(column)s; it has %(known)s.",
            column=column,
            known=", ".join(map(str, polygons.table.columns[:40])),
        )
    base = pd.to_numeric(polygons.table[column], errors="coerce").to_numpy(dtype=float)
    without = int((~(base > 0)).sum())
    if without == len(base):
        raise InvalidInput(
            "The column %(column)s says of no area how many live there.", column=column
        )
    if without and not (base < 0).any():
        notes.append(
            (
                _("%(count)s areas have nobody in the column %(column)s; they take no part."),
                {"count": without, "column": column},
            )
        )
    return base


def _frame(found: Found, shapes: Any, labels: _Labels) -> gpd.GeoDataFrame:
    star = found.star
    columns = {
        "code": labels.codes,
        "name": labels.names,
        "cases": found.counts[-1],
        "z": star.z,
        "p": star.p,
        "p_adjusted": star.corrected,
        "class": star.classes.astype(np.int64),
        "alone": found.alone.astype(np.int64),
        "trend": found.trends,
    }
    if found.rates is not None and found.study.households is not None:
        columns["households"] = found.study.households
        columns["raw_rate"] = found.rates.raw
        columns["rate"] = found.rates.smooth
    hotspot = np.zeros(len(star.z), dtype=np.int64)
    for rank, spot in enumerate(found.spots, start=1):
        hotspot[spot.hotspot.cells] = rank
    columns["hotspot"] = hotspot
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=WGS84)
