"""Hotspots of cases that are in no database: periods, cells or areas, the answer as records."""

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
from geodata.exchange.polygons import moved
from geodata.profiles import Profile
from geodata.words import sentence as _

MOST_CELLS = 250_000
OTHER = "other"


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
class Areas:
    """Polygons of a plane to count on; ``households`` of each, NaN where unknown."""

    shapes: NDArray[np.object_]
    codes: list[Any]
    names: list[str | None]
    households: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Cases:
    """Placed cases: WGS 84, instants in UTC, categories."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    times: NDArray[np.datetime64] | None
    kinds: NDArray[np.object_]


def tell(
    cases: Cases,
    wish: Wish,
    areas: Callable[[Any], Areas] | None,
    notes: list[tuple[str, dict[str, Any]]],
    *,
    profile: Profile,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Told:
    """Where the cases crowd together; ``areas`` gives those to count on in a plane."""
    check(wish)
    limits, cases = _limits(cases, wish, profile.zone, notes)
    system = local_crs(float(np.median(cases.lon)), float(np.median(cases.lat)))
    x, y = _moved(cases, system)
    keys, code = np.unique(cases.kinds.astype(str), return_inverse=True)
    timed = (cases.times, limits) if limits is not None else (None, None)
    kinds = (code, tuple(keys))
    if areas is None:
        study, counted, labels = _on_cells(x, y, timed, kinds, wish)
    else:
        study, counted, labels = _on_areas(x, y, timed, kinds, areas(system), notes)
    outside = counted.cell_of < 0
    when = cases.times
    if limits is not None and when is not None:
        outside &= (when >= limits[0]) & (when < limits[-1])
    if outside.any() and areas is not None:
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


def check(wish: Wish) -> None:
    """Refuse a wish that makes no sense; raises InvalidInput."""
    if wish.population is not None and wish.areas is None:
        raise InvalidInput(
            "A column of households is one of areas: name their file with --areas FILE."
        )
    if wish.since and wish.until and wish.until < wish.since:
        raise InvalidInput("The period ends before it begins. Exchange from and to.")
    if wish.since and wish.since > datetime.now(UTC).date() + timedelta(days=1):
        raise InvalidInput("The period lies in the future: nothing has been reported in it yet.")
    Grid(wish.cell)


def _limits(
    cases: Cases, wish: Wish, zone: ZoneInfo, notes: list[Any]
) -> tuple[NDArray[np.datetime64] | None, Cases]:
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
        cases = Cases(cases.lon[kept], cases.lat[kept], times[kept], cases.kinds[kept])
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


def _moved(cases: Cases, system: Any) -> Any:
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


def _on_cells(x: Any, y: Any, timed: Any, kinds: Any, wish: Wish) -> tuple[Study, Counts, _Labels]:
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
    x: Any, y: Any, timed: Any, kinds: Any, areas: Areas, notes: Any
) -> tuple[Study, Counts, _Labels]:
    _tell_overlaps(areas.shapes, notes)
    times, limits = timed
    counted = count_on_areas(x, y, areas.shapes, times=times, limits=limits)
    if not counted.counts.any():
        raise InvalidInput(
            "None of the cases lies in any of the areas. Is the coordinate system of one of the "
            "files another than it says? Name it with --crs or --areas-crs."
        )
    near = area_neighbours(areas.shapes)
    code, keys = kinds
    table = _kinds(counted, code, len(keys), times, limits)
    study = Study(areas.shapes, near, near, table, keys, areas.households)
    return study, counted, _Labels(areas.codes, areas.names)


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


def households_of(table: pd.DataFrame, column: str | None, notes: Any) -> Any:
    """The figures of a column, NaN where there are none; None if no column is named."""
    if column is None:
        return None
    if column not in table.columns:
        raise InvalidInput(
            "The file has no column %(column)s; it has %(known)s.",
            column=column,
            known=", ".join(map(str, table.columns[:40])),
        )
    base = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
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
