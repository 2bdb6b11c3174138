"""A net of grids as it is, laid on units: which grid has each unit, and what that changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.plans.actions.counting import counts_of, homes_of
from geodata.plans.coverage import Faces, Mended, Numbers, Shapes, cut, made_valid, mend, wider_than
from geodata.plans.leftover import absorb
from geodata.plans.net import COUNTED, GRID_COLUMNS, Net

_NONE = -1
_LEAST_PART_M2 = 1.0


@dataclass(frozen=True, slots=True)
class Laid:
    """Ground that is in another grid on the units than it was in the net laid on them.

    Attributes:
        was: Code of the grid that had it; None: none.
        now: Code of the grid that has it; None: none.
        area_m2: How much.
        x: Where, in the plan's metres.
        y: See ``x``.
    """

    was: str | None
    now: str | None
    area_m2: float
    x: float
    y: float


def assign(
    net: Net,
    grids: gpd.GeoDataFrame,
    *,
    worth_m2: float = 2_000.0,
    wide_m: float = 20.0,
    report_m2: float = 1.0,
) -> tuple[Net, tuple[Laid, ...]]:
    """Lay a net of grids on units: each unit goes to the grid that has most of it.

    Where a grid's border cuts a unit into parts that are each worth keeping, the unit is cut along
    it. A part is worth keeping if a circle of ``wide_m`` fits into it and it is at least
    ``worth_m2`` large, or if there are inhabited buildings in it. Grids that overlap are mended
    first (``coverage.mend``).

    Args:
        net: Units; the grids that it has are forgotten.
        grids: ``code``, ``name``, ``community`` (or ``area_code``), ``worker``, any CRS.
        worth_m2: See above, m².
        wide_m: See above, metres.
        report_m2: Changes up to this size are not told, m².

    Returns:
        The net with these grids, numbered from 1 in their order, and what changed, the largest
        first.
    """
    rows = _rows(grids)
    local = grids.to_crs(net.units.crs)
    mended = mend(local.geometry.to_numpy(), widest_gap_m=1.0, report_m2=report_m2)
    shapes = mended.shapes
    units = net.units
    cutters = _cutters(units, shapes, worth_m2)
    faces = cut(units.geometry.to_numpy(), lines=cutters if len(cutters) else None)
    unit = _first(faces)
    faces, unit = faces.only(unit != _NONE), unit[unit != _NONE]
    whose = _most(faces, shapes)
    region = faces.joined(unit * (len(shapes) + 1) + whose + 1)
    region = _worth_keeping(faces, units, unit, region, worth_m2, wide_m)
    cut_units = _rebuilt(faces, units, region, unit, net.next_unit)
    owner = _owners(cut_units.geometry.to_numpy(), shapes)
    numbers = rows.index.to_numpy()
    cut_units["grid"] = pd.array(
        [int(numbers[it]) if it != _NONE else pd.NA for it in owner], dtype="Int64"
    )
    changed = _changes(cut_units, mended, owner, rows, report_m2)
    last = int(max(net.next_unit - 1, cut_units.index.max()))
    done = replace(net, units=cut_units, grids=rows, next_unit=last + 1, next_grid=len(rows) + 1)
    return done, changed


def _rows(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """The table of grids, numbered from 1."""
    source = grids.rename(columns={"area_code": "community"}) if "community" not in grids else grids
    rows = pd.DataFrame(
        {name: _texts(source[name]) if name in source else None for name in GRID_COLUMNS},
        index=pd.RangeIndex(1, len(grids) + 1, name="grid"),
        dtype=object,
    )
    rows.index = rows.index.astype(np.int64)
    rows["locked"] = False
    return rows


def _texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(it) else str(it) for it in column]


def _cutters(units: gpd.GeoDataFrame, shapes: Shapes, least_m2: float) -> Any:
    """The borders of grids inside of units that several grids have a part of, or one and nobody."""
    ground = units.geometry.to_numpy()
    unit, grid = shapely.STRtree(shapes).query(ground, predicate="intersects")
    parts = shapely.intersection(ground[unit], shapes[grid])
    area = shapely.area(parts)
    free = shapely.area(ground) - np.bincount(unit, area, minlength=len(ground))
    real = area >= _LEAST_PART_M2
    several = np.bincount(unit[real], minlength=len(ground)) + (free >= least_m2)
    keep = (several[unit] > 1) & real
    inner = shapely.difference(shapely.boundary(parts[keep]), shapely.boundary(ground[unit[keep]]))
    return inner[~shapely.is_empty(inner)]


def _first(faces: Faces) -> Numbers:
    answer = np.full(len(faces), _NONE, dtype=np.int64)
    answer[faces.face[::-1]] = faces.claim[::-1]
    return answer


def _most(faces: Faces, shapes: Shapes) -> Numbers:
    """For each piece the grid that it lies in; -1: none."""
    answer = np.full(len(faces), _NONE, dtype=np.int64)
    inner = shapely.point_on_surface(faces.shapes)
    grid, face = shapely.STRtree(inner).query(shapes, predicate="intersects")
    answer[face] = grid
    return answer


def _worth_keeping(
    faces: Faces,
    units: gpd.GeoDataFrame,
    unit: Numbers,
    region: Numbers,
    worth_m2: float,
    wide_m: float,
) -> Numbers:
    """Parts of units not worth keeping given to the rest of their unit."""
    size = np.bincount(region, faces.areas)
    of_unit = np.full(len(size), _NONE, dtype=np.int64)
    of_unit[region] = unit
    pieces = np.bincount(of_unit)
    largest = np.zeros(len(units))
    np.maximum.at(largest, of_unit, size)
    solid = size >= largest[of_unit]
    lived = _lived(faces, units)
    has_homes = np.zeros(len(size), dtype=bool)
    has_homes[np.unique(region[lived])] = True
    solid |= has_homes
    doubtful = np.flatnonzero(~solid & (pieces[of_unit] > 1) & (size >= worth_m2))
    for one in doubtful.tolist():
        ground = shapely.coverage_union_all(faces.shapes[region == one])
        solid[one] = wider_than(ground, wide_m)
    return absorb(faces.beside, region, solid, unit)


def _lived(faces: Faces, units: gpd.GeoDataFrame) -> Numbers:
    """The pieces in which somebody lives."""
    homes = [home for several in units["homes"] for home in several if home[2]]
    if not homes:
        return np.empty(0, dtype=np.int64)
    points = shapely.points([[home[0], home[1]] for home in homes])
    return np.unique(shapely.STRtree(faces.shapes).query(points, predicate="intersects")[1])


def _rebuilt(
    faces: Faces, units: gpd.GeoDataFrame, region: Numbers, unit: Numbers, next_unit: int
) -> gpd.GeoDataFrame:
    """The units out of their parts; the largest part keeps the number, others get new ones."""
    order = np.argsort(region, kind="stable")
    _, starts = np.unique(region[order], return_index=True)
    members = np.split(order, starts[1:])
    shapes = np.array(
        [
            faces.shapes[it[0]] if len(it) == 1 else shapely.coverage_union_all(faces.shapes[it])
            for it in members
        ],
        dtype=object,
    )
    frame = pd.DataFrame({"unit": unit[[it[0] for it in members]], "area": shapely.area(shapes)})
    frame = frame.sort_values(["unit", "area"], ascending=[True, False])
    rows: list[dict[str, Any]] = []
    ids: list[int] = []
    records = units.drop(columns="geometry").to_dict("records")
    for place, parts in frame.groupby("unit", sort=True):
        record = records[int(str(place))]
        pieces = [shapes[it] for it in parts.index]
        homes = homes_of(record["homes"], pieces) if len(pieces) > 1 else [record["homes"]]
        totals = {name: None if pd.isna(record[name]) else record[name] for name in COUNTED}
        counts = counts_of(totals, homes, [piece.area for piece in pieces])
        for number, piece in enumerate(pieces):
            own = {name: counts[name][number] for name in COUNTED}
            rows.append({**record, **own, "homes": homes[number], "geometry": piece})
            ids.append(int(units.index[int(str(place))]) if not number else next_unit)
            next_unit += bool(number)
    table = pd.DataFrame(rows, index=pd.Index(ids, name=units.index.name))
    for name in ("grid", *COUNTED):
        table[name] = table[name].astype("Int64")
    done = gpd.GeoDataFrame(table, geometry="geometry", crs=units.crs)
    return done[units.columns].sort_index()


def _owners(ground: Shapes, shapes: Shapes) -> NDArray[np.int64]:
    """For each unit the grid that has most of it; -1: more of it is in none."""
    unit, grid = shapely.STRtree(shapes).query(ground, predicate="intersects")
    area = shapely.area(shapely.intersection(ground[unit], shapes[grid]))
    table = pd.DataFrame({"unit": unit, "grid": grid, "area": area})
    best = table.sort_values(["unit", "area", "grid"], ascending=[True, False, True])
    best = best.drop_duplicates("unit")
    free = shapely.area(ground) - np.bincount(unit, area, minlength=len(ground))
    best = best[(best["area"] > 0) & (best["area"] >= free[best["unit"]])]
    answer = np.full(len(ground), _NONE, dtype=np.int64)
    answer[best["unit"]] = best["grid"]
    return answer


def _changes(
    units: gpd.GeoDataFrame, mended: Mended, owner: Numbers, rows: pd.DataFrame, least: float
) -> tuple[Laid, ...]:
    """Ground that changed hands: by mending the grids, and by laying them on units."""
    shapes = mended.shapes
    codes = [*rows["code"].tolist(), None]
    now = np.full(len(shapes), shapely.Polygon(), dtype=object)
    ground = units.geometry.to_numpy()
    for grid in np.unique(owner[owner != _NONE]).tolist():
        now[grid] = shapely.coverage_union_all(ground[owner == grid])
    told = []
    a, b = shapely.STRtree(now).query(shapes, predicate="intersects")
    for was, is_now in zip(a.tolist(), b.tolist(), strict=True):
        if was != is_now:
            moved = shapely.intersection(shapes[was], now[is_now])
            told.append((codes[was], codes[is_now], moved))
    all_now, all_was = shapely.union_all(now), shapely.union_all(shapes)
    for grid in range(len(shapes)):
        told.append((codes[grid], None, shapely.difference(shapes[grid], all_now)))
        told.append((None, codes[grid], shapely.difference(now[grid], all_was)))
    changes = [
        Laid(
            None if one.loses is None else codes[one.loses],
            None if one.gains is None else codes[one.gains],
            one.area_m2,
            one.x,
            one.y,
        )
        for one in mended.changes
        if one.kind != "vanished"
    ]
    for was_code, now_code, moved in told:
        area = float(shapely.area(moved))
        if area > least:
            point = shapely.point_on_surface(made_valid(moved)[0])
            changes.append(Laid(was_code, now_code, area, point.x, point.y))
    return tuple(sorted(changes, key=lambda one: (-one.area_m2, one.x, one.y)))
