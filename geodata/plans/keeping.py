"""Rows of the tables and nets, one into the other, to the byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.plans.net import COUNTED, GRID_COLUMNS, UNIT_COLUMNS, Net

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""``units`` and ``grids``, as JSON has them; geometries are hexadecimal EWKB."""


def net_of(
    units: Sequence[Row],
    grids: Sequence[Row],
    *,
    srid: int,
    next_unit: int,
    next_grid: int,
    lines: gpd.GeoDataFrame | None = None,
) -> Net:
    """The net that rows tell; they may be a part of a draft."""
    shapes = shapely.from_wkb(np.array([row["geom"] for row in units], dtype=object))
    columns: dict[str, Any] = {}
    for name in UNIT_COLUMNS:
        values = [row[name] for row in units]
        if name == "grid" or name in COUNTED:
            columns[name] = pd.array(values, dtype="Int64")
        elif name == "closed":
            columns[name] = np.array(values, dtype=bool)
        else:
            columns[name] = _objects(values)
    frame = gpd.GeoDataFrame(
        columns,
        geometry=np.asarray(shapely.set_srid(shapes, 0), dtype=object),
        index=pd.Index([row["unit"] for row in units], dtype="int64", name="unit"),
        crs=f"EPSG:{srid}",
    )
    known = {name: _objects([row[name] for row in grids]) for name in GRID_COLUMNS}
    known["name"] = _objects([row["name"] or None for row in grids])
    known["locked"] = np.array([row["locked"] for row in grids], dtype=bool)
    index = pd.Index([row["grid"] for row in grids], dtype="int64", name="grid")
    return Net(frame, pd.DataFrame(known, index=index), lines, next_unit, next_grid)


def _objects(values: list[Any]) -> Any:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def rows_of(net: Net, *, srid: int) -> Rows:
    """The rows that tell a net."""
    frame = net.units
    shapes = shapely.set_srid(frame.geometry.to_numpy(), srid)
    hexes = shapely.to_wkb(shapes, hex=True, include_srid=True, byte_order=1, output_dimension=2)
    columns = {name: plain(frame[name]) for name in UNIT_COLUMNS}
    columns["homes"] = [_numbers(homes) for homes in frame["homes"]]
    columns["closed"] = [bool(value) for value in frame["closed"]]
    units = [
        {
            "unit": int(number),
            **{name: values[k] for name, values in columns.items()},
            "geom": hexes[k],
        }
        for k, number in enumerate(frame.index)
    ]
    known = {name: plain(net.grids[name]) for name in GRID_COLUMNS}
    known["locked"] = [bool(value) for value in net.grids["locked"]]
    known["name"] = [value or "" for value in known["name"]]
    grids = [
        {"grid": int(number), **{name: values[k] for name, values in known.items()}}
        for k, number in enumerate(net.grids.index)
    ]
    return {"units": units, "grids": grids}


def plain(column: pd.Series[Any]) -> list[Any]:
    """Values as JSON has them: None where nothing is known."""
    missing = column.isna().to_numpy()
    return [
        None if gone else value.item() if isinstance(value, np.generic) else value
        for value, gone in zip(column.tolist(), missing, strict=True)
    ]


def _numbers(homes: Any) -> list[list[Any]]:
    return [
        [value.item() if isinstance(value, np.generic) else value for value in home]
        for home in homes
    ]


def difference(before: Rows, after: Rows) -> tuple[Rows, Rows]:
    """Of each, the rows that the other does not have just so."""
    old: Rows = {}
    new: Rows = {}
    for name, key in (("units", "unit"), ("grids", "grid")):
        then = {row[key]: row for row in before[name]}
        now = {row[key]: row for row in after[name]}
        old[name] = [row for number, row in then.items() if now.get(number) != row]
        new[name] = [row for number, row in now.items() if then.get(number) != row]
    return old, new


def numbers_of(*several: Rows) -> dict[str, list[int]]:
    """The numbers of all units and grids in these rows."""
    return {
        name: sorted({row[key] for rows in several for row in rows[name]})
        for name, key in (("units", "unit"), ("grids", "grid"))
    }


def gone(before: Rows, after: Rows) -> dict[str, list[int]]:
    """The numbers of units and grids that the rows after do not have any more."""
    was, is_now = numbers_of(before), numbers_of(after)
    return {name: sorted(set(was[name]) - set(is_now[name])) for name in was}


def grids_concerned(*several: Rows) -> list[int]:
    """The grids that changed, or that have or had a unit that changed."""
    found = {row["grid"] for rows in several for part in rows.values() for row in part}
    return sorted(number for number in found if number is not None)
