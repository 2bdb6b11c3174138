"""A net proposed for the polygons of a file; needs no database."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.crs import WGS84, local_crs
from geodata.errors import InvalidInput
from geodata.exchange.outgoing import of_frame
from geodata.exchange.polygons import moved, read_polygons
from geodata.exchange.streets_in import read_streets
from geodata.exchange.writing import place_for, write_frame, write_rows
from geodata.plans.coverage import mend
from geodata.plans.coverage.sharing import shared_borders
from geodata.plans.proposal import NoPartition, nearest_parts, partition
from geodata.plans.proposal.streets import ON_STREET, street_share
from geodata.spreading import ALONE, Hands, dropped, spread


@dataclass(frozen=True)
class Demand:
    """What is asked of a net: a band of weights, or a count of grids.

    Attributes:
        weight: The column with what is balanced: households.
        low: Least of it in a grid.
        high: Most of it in a grid.
        count: How many grids, instead of a band.
        tolerance: Share by which a grid may differ from the mean, with ``count``.
        whole: A column: units of one value stay in one grid.
        streets: A file of streets that borders shall follow.
        seed: The same one gives the same net.
        seconds: How long better nets are looked for; None: until all grids lie in the band.
        crs: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n`` of all files; else what each says.
        layer: Which layer, sheet or file inside the zip holds the units.
    """

    weight: str
    low: float | None = None
    high: float | None = None
    count: int | None = None
    tolerance: float | None = None
    whole: str | None = None
    streets: Path | None = None
    seed: int = 0
    seconds: float | None = None
    crs: str | None = None
    layer: str | None = None


@dataclass(frozen=True)
class Proposed:
    """A proposed net: ``units`` with a column ``grid``, and the grids, in WGS 84.

    ``obstacle`` says why not all grids meet the demand; None if they do. ``summary`` is what
    ``--json`` prints.
    """

    units: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    summary: dict[str, Any]
    obstacle: NoPartition | None


def propose_file(path: str | Path, demand: Demand, *, hands: Hands = ALONE) -> Proposed:
    """Divide the polygons of a file into grids; each grid is in one piece.

    Units need not fit exactly: borders nearer than half a metre count as one.

    Args:
        path: The file.
        demand: What is asked.
        hands: Who searches; the file is read and written here.

    Raises:
        NotFound: No such file or layer.
        InvalidInput: A file that cannot be read, a column that is not there or holds no numbers, a
            demand that makes no sense.
        NoPartition: Units that are to stay together lie apart, or the count cannot be met.
        Unavailable: A scheduler of ``hands`` that cannot be reached.
    """
    started = time.perf_counter()
    given = read_polygons(path, "compounds", declared=demand.crs, layer_name=demand.layer)
    metres = _metres(given.shapes, given.system)
    weights = _numbers(given.table, demand.weight, given.rows)
    whole = None
    if demand.whole is not None:
        names = _column(given.table, demand.whole)
        whole = names.astype(object).where(names.notna(), None).to_numpy()
    shapes = mend(given.into(metres)).shapes
    shared = shared_borders(shapes)
    on_street = np.zeros(len(shared.pairs))
    if demand.streets is not None:
        on_street = street_share(shared, _lines(demand.streets, metres, demand.crs))
    cost = shared.metres * (1 - (1 - ON_STREET) * on_street)
    search = _Search(shared.pairs, weights, cost, whole, replace(demand, streets=None))
    labels, obstacle = next(spread(_divided, [search], hands=hands))
    between = labels[shared.pairs[:, 0]] != labels[shared.pairs[:, 1]]
    grids = _grids(shapes, labels, weights, metres)
    low, high = _band(weights, demand)
    inside = grids["weight"].between(low, high)
    summary = {
        "grids": len(grids),
        "in_band": int(inside.sum()),
        "objective": {
            "border_m": round(float(shared.metres[between].sum()), 1),
            "on_street_m": round(float((shared.metres * on_street)[between].sum()), 1),
            "cut_pairs": int(between.sum()),
            "low": low,
            "high": high,
            "lightest": float(grids["weight"].min()),
            "heaviest": float(grids["weight"].max()),
        },
        "seed": demand.seed,
        "seconds": round(time.perf_counter() - started, 3),
    }
    if obstacle is not None:
        rows = given.rows[obstacle.units].tolist()
        summary["obstacle"] = {"reason": obstacle.reason, "rows": rows, "helps": obstacle.helps}
    units = gpd.GeoDataFrame(
        given.table.assign(grid=labels + 1), geometry=given.into(WGS84), crs=WGS84
    )
    return Proposed(units, grids.to_crs(WGS84), summary, obstacle)


def write_proposed(proposed: Proposed, out: Path) -> list[Path]:
    """Write the grids, and the units with their grids, in WGS 84.

    A GeoPackage holds both as layers ``grids`` and ``units``; any other kind of file gets the
    grids, and a second file beside it, ``NAME.units.ENDING``, the units.

    Returns:
        The files that were written.
    """
    if out.suffix.lower() == ".gpkg":
        with place_for(out) as part:
            write_rows(of_frame(proposed.grids), part, name="grids")
            write_rows(of_frame(proposed.units), part, name="units")
        return [out]
    beside = out.with_name(f"{out.stem}.units{out.suffix}")
    write_frame(proposed.grids, out, name="grids")
    write_frame(proposed.units, beside, name="units")
    return [out, beside]


@dataclass(frozen=True)
class _Search:
    """All that the search needs to know of the file."""

    pairs: Any
    weights: Any
    cost: Any
    whole: Any
    demand: Demand


def _divided(search: _Search) -> tuple[Any, NoPartition | None]:
    demand, pairs, weights = search.demand, search.pairs, search.weights
    options: dict[str, Any] = {"border": search.cost, "whole": search.whole, "seed": demand.seed}
    options |= {"seconds": demand.seconds, "watch": lambda *_best: dropped()}
    band: dict[str, Any] = {"low": demand.low, "high": demand.high}
    try:
        found = partition(
            pairs, weights, **band, count=demand.count, tolerance=demand.tolerance, **options
        )
    except NoPartition as no:
        if no.reason == "apart" or (no.labels is None and demand.count is not None):
            raise
        labels = no.labels
        if labels is None:
            labels = nearest_parts(pairs, weights, **band, **options)
        return labels, no
    return found, None


def _band(weights: Any, demand: Demand) -> tuple[float, float]:
    if demand.count is None:
        return float(demand.low or 0), float(demand.high or 0)
    share = 0.05 if demand.tolerance is None else demand.tolerance
    mean = float(weights.sum()) / demand.count
    return mean * (1 - share), mean * (1 + share)


def _grids(shapes: Any, labels: Any, weights: Any, metres: pyproj.CRS) -> gpd.GeoDataFrame:
    count = int(labels.max()) + 1
    borders = [shapely.coverage_union_all(shapes[labels == k]) for k in range(count)]
    return gpd.GeoDataFrame(
        {
            "grid": np.arange(1, count + 1),
            "weight": np.bincount(labels, weights, minlength=count),
            "units": np.bincount(labels, minlength=count),
        },
        geometry=np.array(borders, dtype=object),
        crs=metres,
    )


def _metres(shapes: Any, system: str) -> pyproj.CRS:
    west, south, east, north = shapely.total_bounds(shapes)
    middle = np.array([shapely.Point((west + east) / 2, (south + north) / 2)], dtype=object)
    point = moved(middle, system, WGS84)[0]
    return local_crs(point.x, point.y)


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        raise InvalidInput(
            "The file has no column %(column)s; it has %(known)s.",
            column=name,
            known=", ".join(map(str, table.columns[:40])),
        )
    return table[name]


def _numbers(table: pd.DataFrame, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is balanced; unknown counts as none."""
    numbers = pd.to_numeric(_column(table, name), errors="coerce")
    numbers = numbers.replace([np.inf, -np.inf], np.nan)
    if numbers.notna().sum() == 0:
        raise InvalidInput("The column %(column)s holds no numbers.", column=name)
    if (numbers < 0).any():
        row = int(rows[int(np.flatnonzero((numbers < 0).to_numpy())[0])])
        raise InvalidInput("Households cannot be negative, as in row %(row)s.", row=row)
    return numbers.fillna(0).to_numpy(dtype=float)


def _lines(path: Path, metres: pyproj.CRS, declared: str | None) -> NDArray[np.object_]:
    """The lines of a file, in metres."""
    frame = read_streets(path, declared=declared).frame
    return moved(np.asarray(frame.geometry.array, dtype=object), WGS84, metres)
