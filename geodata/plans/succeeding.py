"""Which new grid carries on an old one: its code, its name, its worker.

An old grid lives on in the new one that has more than half of its households; where nobody lives,
more than half of its ground. It has one heir at most, and a grid is the heir of one at most, the
largest share first. Publishing (``successors``) and proposals (``heirs``) go by this one rule; they
differ in what they measure: publishing holds the draft against polygons in force, which may run
through units, a proposal only hands units over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.plans.net import COUNTED, Net

MOST: Final = 0.5
"""The share of an old grid that must be exceeded."""
_HOUSEHOLDS: Final = 2 + COUNTED.index("households")


def successors(net: Net, old: gpd.GeoDataFrame) -> dict[int, str]:
    """The old code that each grid of a net carries on; new ones are left out.

    Args:
        net: The new net.
        old: ``code``, ``area_code`` and polygons in the metres of the net; no code twice.

    Returns:
        The code by the grid's number. A code never leaves its community.
    """
    shares = _shares(net, old)
    community = communities(net)
    parent = dict(zip(old["code"], old["area_code"], strict=True))
    own = net.grids["code"].to_dict()
    shares["own"] = [own[g] == code for g, code in zip(shares["grid"], shares["code"], strict=True)]
    at_home = [
        parent[code] == community[grid]
        for grid, code in zip(shares["grid"], shares["code"], strict=True)
    ]
    return {grid: str(code) for grid, code in _chosen(shares[np.array(at_home, dtype=bool)])}


def heirs(new: Any, old: Any, *, households: Any, area_m2: Any) -> dict[int, int]:
    """The old grid that each new one carries on, where units are handed over whole.

    Args:
        new: The new grid of each unit; NA where it has none.
        old: The old grid of each unit; NA where it has none.
        households: Households of each unit.
        area_m2: Ground of each unit.
    """
    pieces = pd.DataFrame({"grid": new, "code": old, "households": households, "area": area_m2})
    pieces = pieces[pieces["code"].notna()].astype({"households": float, "area": float})
    pieces["grid"] = pieces["grid"].fillna(-1).astype(int)
    shares = _summed(pieces).assign(own=False)
    return {grid: int(code) for grid, code in _chosen(shares)}


def _chosen(shares: pd.DataFrame) -> Iterator[tuple[int, Any]]:
    """New grids with the old one that each carries on.

    Args:
        shares: ``grid``, ``code``, ``share``, ``households``, and ``own``: which of two equal ones
            is taken first.
    """
    most = shares[shares["share"] > MOST]
    most = most.assign(share=most["share"].round(9)).sort_values(
        ["share", "own", "households", "code"], ascending=[False, False, False, True]
    )
    given: set[int] = set()
    taken: set[Any] = set()
    for grid, code in zip(most["grid"].tolist(), most["code"].tolist(), strict=True):
        if grid not in given and code not in taken:
            given.add(grid)
            taken.add(code)
            yield int(grid), code


def communities(net: Net) -> dict[int, str]:
    """The community of each grid that has units: that of most of its ground."""
    units = net.units[net.units["grid"].notna()]
    ground = pd.DataFrame(
        {
            "grid": units["grid"].astype(int).to_numpy(),
            "community": units["community"].to_numpy(),
            "area": shapely.area(units.geometry.to_numpy()),
        }
    )
    sums: Any = ground.groupby(["grid", "community"], as_index=False)["area"].sum()
    sums = sums.sort_values(["area", "community"], ascending=[False, True])
    first = sums.drop_duplicates("grid")
    return {
        int(grid): str(code) for grid, code in zip(first["grid"], first["community"], strict=True)
    }


def _shares(net: Net, old: gpd.GeoDataFrame) -> pd.DataFrame:
    """``grid``, ``code``, the share of the old grid and its households that went there."""
    return _summed(pd.concat([_ground(net, old), _homes(net, old)], ignore_index=True))


def _summed(pieces: pd.DataFrame) -> pd.DataFrame:
    """The shares by ``grid`` (-1: none) and ``code``, of pieces with households and area."""
    totals = pieces.groupby("code")[["area", "households"]].transform("sum")
    pieces["share"] = np.where(
        totals["households"] > 0,
        pieces["households"] / totals["households"].where(totals["households"] > 0, 1.0),
        pieces["area"] / totals["area"].where(totals["area"] > 0, 1.0),
    )
    kept = pieces[pieces["grid"] >= 0]
    return kept.groupby(["grid", "code"], as_index=False)[["share", "households"]].sum()


def _ground(net: Net, old: gpd.GeoDataFrame) -> pd.DataFrame:
    """Pieces of units in old grids; households of units whose buildings are not known."""
    shapes, standing = net.units.geometry.to_numpy(), old.geometry.to_numpy()
    unit, of = shapely.STRtree(standing).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[unit], standing[of]))
    known = net.units["households"].fillna(0).to_numpy(dtype=float)
    by_area = np.array([not homes for homes in net.units["homes"]]) * known
    return pd.DataFrame(
        {
            "grid": _grids(net)[unit],
            "code": old["code"].to_numpy()[of],
            "area": area,
            "households": by_area[unit] * area / shapely.area(shapes)[unit],
        }
    )


def _homes(net: Net, old: gpd.GeoDataFrame) -> pd.DataFrame:
    """Buildings in old grids with their households."""
    rows: list[tuple[float, float, float, int]] = [
        (home[0], home[1], float(home[_HOUSEHOLDS] or 0), grid)
        for homes, grid in zip(net.units["homes"], _grids(net), strict=True)
        for home in homes
    ]
    table: Any = np.array(rows, dtype=float).reshape(-1, 4)
    point, of = shapely.STRtree(old.geometry.to_numpy()).query(
        shapely.points(table[:, :2]), predicate="intersects"
    )
    once = pd.DataFrame({"point": point, "of": of}).drop_duplicates("point")
    found = table[once["point"]]
    return pd.DataFrame(
        {
            "grid": found[:, 3].astype(int),
            "code": old["code"].to_numpy()[once["of"]],
            "area": 0.0,
            "households": found[:, 2],
        }
    )


def _grids(net: Net) -> Any:
    return net.units["grid"].fillna(-1).to_numpy(dtype=int)
