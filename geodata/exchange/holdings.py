"""Which grids of a net in a file hold what: the compounds and the communities under it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.exchange.polygons import Polygons
from geodata.plans.coverage import made_valid


def holdings_of(
    estates: Polygons, shapes: NDArray[np.object_], ids: list[Any], metres: pyproj.CRS
) -> gpd.GeoDataFrame:
    """One row for each compound and grid that has part of it, one for what no grid has."""
    ground = made_valid(estates.into(metres))
    compound, grid = shapely.STRtree(shapes).query(ground, predicate="intersects")
    parts = shapely.intersection(ground[compound], shapes[grid])
    area = shapely.area(parts)
    whole = shapely.area(ground)
    free = np.maximum(whole - np.bincount(compound, area, minlength=len(ground)), 0.0)
    names = _codes(estates)
    closed = _closed(estates)
    column = estates.column("households")
    known = [pd.NA] * len(ground) if column is None else pd.to_numeric(column, "coerce").tolist()
    rest = np.flatnonzero(free > 0)
    who = np.concatenate((compound, rest)).astype(int)
    frame = pd.DataFrame(
        {
            "compound": [names[it] for it in who],
            "closed": [closed[it] for it in who],
            "grid": pd.Series([ids[it] for it in grid] + [None] * len(rest), dtype=object),
            "area_m2": np.concatenate((area, free[rest])),
            "place": who,
        }
    )
    share = frame["area_m2"].to_numpy() / np.maximum(whole[who], 1e-9)
    households = [
        pd.NA if pd.isna(known[it]) else round(float(known[it]) * part)
        for it, part in zip(who.tolist(), share.tolist(), strict=True)
    ]
    frame["households"] = pd.array(households, dtype="Int64")
    return gpd.GeoDataFrame(frame, geometry=ground[who], crs=metres)[frame["area_m2"] > 0]


def members_of(
    fences: Polygons, shapes: NDArray[np.object_], ids: list[Any], metres: pyproj.CRS
) -> pd.DataFrame | None:
    """How much of each grid lies in each community; None if there is but one."""
    if len(fences) < 2:
        return None
    ground = made_valid(fences.into(metres))
    names = _codes(fences)
    grid, community = shapely.STRtree(ground).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[grid], ground[community]))
    return pd.DataFrame(
        {
            "grid": pd.Series([ids[it] for it in grid], dtype=object),
            "community": [names[it] for it in community],
            "area_m2": area,
        }
    )


def names_of(places: Polygons) -> dict[str, str]:
    """What people call compounds or communities, by code, of those that have a name."""
    column = places.column("name")
    if column is None:
        return {}
    known = zip(_codes(places), column.tolist(), strict=True)
    return {code: str(name) for code, name in known if not pd.isna(name) and str(name).strip()}


def housed(estates: Polygons, holdings: gpd.GeoDataFrame, ids: list[Any]) -> pd.Series | None:
    """The households of compounds, summed over grids; None if no compound knows any."""
    if estates.column("households") is None or holdings["households"].isna().all():
        return None
    sums = holdings[holdings["grid"].notna()].groupby("grid")["households"].sum()
    return pd.Series(pd.array([int(sums.get(one, 0)) for one in ids], dtype="Int64"))


def _codes(estates: Polygons) -> list[str]:
    for name in ("code", "name"):
        column = estates.column(name)
        if column is not None and column.notna().all() and not column.duplicated().any():
            return [str(one) for one in column]
    return [str(one) for one in estates.rows]


def _closed(estates: Polygons) -> list[bool]:
    """Whether each compound may not be cut; where nothing is known, none may."""
    column = estates.column("closed")
    if column is None:
        return [True] * len(estates)
    no = {"0", "0.0", "false", "f", "no", "n", "否", "开放", "不封闭", "开放式"}
    return [pd.isna(one) or str(one).strip().casefold() not in no for one in column]
