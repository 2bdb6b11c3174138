"""Two nets over the same ground: what changes hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.plans.figures import Reckoning, figures, totals
from geodata.plans.net import COUNTED, Net
from geodata.plans.overlaying import grouped, overlay

NONE = -1
"""Stands for no grid where grids have numbers."""


@dataclass(frozen=True)
class Comparison:
    """What is different between two nets.

    Attributes:
        carried_on: The grid before that each grid after carries on, as far as it does.
        moved: Ground that changes hands, one row for each pair of grids: ``before`` and ``after``
            (numbers, NA: in no grid), ``name_before``, ``name_after``, ``worker_before``,
            ``worker_after``, ``area_m2``, the counts, and the geometry in the metres of the nets;
            most households first.
        grids: One row for each grid that is in either net: ``before``, ``after`` (NA: gone, new),
            the names, ``households_before``, ``households_after``, ``gained``, ``lost``,
            ``area_before_m2``, ``area_after_m2``, ``worker_before``, ``worker_after``.
        figures: One row for each figure of the whole: ``before``, ``after``, ``change``.
        households_moved: Households whose grid is another.
        households_rehanded: Households whose worker is another; None if no worker is known.
        households: All households of the ground.
    """

    carried_on: dict[int, int]
    moved: gpd.GeoDataFrame
    grids: pd.DataFrame
    figures: pd.DataFrame
    households_moved: int
    households_rehanded: int | None
    households: int


def compare(before: Net, after: Net, *, reckoning: Reckoning | None = None) -> Comparison:
    """What changes hands from one net to another; they may cut the ground into other units.

    A grid carries on the one with its code if they share ground, otherwise the one with which it
    shares most households (ground where nobody lives), the largest share first, one each. Ground
    changes hands when its grid after does not carry on its grid before.

    Args:
        before: A net, in metres.
        after: Another one, in the same metres; households stand as it says.
        reckoning: What figures are reckoned with.
    """
    old = before.borders() if before.units["grid"].notna().any() else _no_borders(before)
    pieces = overlay(after.units, {"before": old})
    number = np.append(old.index.to_numpy(dtype=np.int64), NONE)
    pieces["before"] = number[pieces["before"].to_numpy()]
    has = after.units["grid"].fillna(NONE).astype("int64")
    pieces["after"] = has.loc[pieces["unit"]].to_numpy()
    carried = carried_on(before, after, pieces)
    heir = pieces["after"].map(carried).fillna(NONE - 1).to_numpy(dtype=np.int64)
    nowhere = (pieces["before"] == NONE) & (pieces["after"] == NONE)
    stays = (heir == pieces["before"].to_numpy()) | nowhere.to_numpy()
    moved = _named(grouped(pieces[~stays], ["before", "after"]), before, after)
    households = pieces["households"].fillna(0).to_numpy(dtype=np.int64)
    return Comparison(
        carried_on=carried,
        moved=moved,
        grids=_grids(before, after, pieces, carried, stays),
        figures=_figures(before, after, reckoning),
        households_moved=int(households[~stays].sum()),
        households_rehanded=_rehanded(before, after, pieces, households),
        households=int(households.sum()),
    )


def carried_on(before: Net, after: Net, pieces: pd.DataFrame) -> dict[int, int]:
    """The grid before that each grid after carries on.

    Args:
        before: A net.
        after: Another one.
        pieces: ``before`` and ``after`` (numbers of grids), ``households``, ``area_m2``.
    """
    known = pieces[(pieces["before"] != NONE) & (pieces["after"] != NONE)]
    sums = known.groupby(["before", "after"], as_index=False)[["households", "area_m2"]].sum()
    code = before.grids["code"].reindex(sums["before"]).to_numpy(dtype=object)
    other = after.grids["code"].reindex(sums["after"]).to_numpy(dtype=object)
    sums["same"] = [
        isinstance(one, str) and one == two for one, two in zip(code, other, strict=True)
    ]
    sums = sums.sort_values(
        ["same", "households", "area_m2", "before", "after"],
        ascending=[False, False, False, True, True],
    )
    found: dict[int, int] = {}
    taken: set[int] = set()
    for one, two in zip(sums["before"].tolist(), sums["after"].tolist(), strict=True):
        if two not in found and one not in taken:
            found[int(two)] = int(one)
            taken.add(one)
    return found


def _named(moved: gpd.GeoDataFrame, before: Net, after: Net) -> gpd.GeoDataFrame:
    for side, net in (("before", before), ("after", after)):
        for column in ("name", "worker"):
            values = net.grids[column].reindex(moved[side]).to_numpy(dtype=object)
            moved[f"{column}_{side}"] = pd.Series(values, index=moved.index, dtype=object)
        numbers = pd.array(moved[side].to_numpy(), dtype="Int64")
        moved[side] = pd.Series(numbers, index=moved.index).mask(moved[side] == NONE)
    return moved.sort_values(
        ["households", "area_m2"], ascending=False, na_position="last", ignore_index=True
    )


def _grids(
    before: Net, after: Net, pieces: pd.DataFrame, carried: dict[int, int], stays: Any
) -> pd.DataFrame:
    """Each grid of either net with what it gains and loses."""
    old = pieces.groupby("before")[["households", "area_m2"]].sum()
    new = pieces.groupby("after")[["households", "area_m2"]].sum()
    lost = pieces[~stays].groupby("before")["households"].sum()
    gained = pieces[~stays].groupby("after")["households"].sum()
    gone = sorted({*old.index.tolist()} - {NONE} - {*carried.values()})
    pairs = [(carried.get(grid), grid) for grid in sorted({*new.index.tolist()} - {NONE})]
    pairs += [(grid, None) for grid in gone]
    rows = [
        {
            "before": one,
            "after": two,
            "name_before": None if one is None else before.grids["name"].get(one),
            "name_after": None if two is None else after.grids["name"].get(two),
            "households_before": 0 if one is None else int(old["households"].get(one, 0)),
            "households_after": 0 if two is None else int(new["households"].get(two, 0)),
            "gained": 0 if two is None else int(gained.get(two, 0)),
            "lost": 0 if one is None else int(lost.get(one, 0)),
            "area_before_m2": 0.0 if one is None else float(old["area_m2"].get(one, 0.0)),
            "area_after_m2": 0.0 if two is None else float(new["area_m2"].get(two, 0.0)),
            "worker_before": None if one is None else before.grids["worker"].get(one),
            "worker_after": None if two is None else after.grids["worker"].get(two),
        }
        for one, two in pairs
    ]
    columns = [
        *("before", "after", "name_before", "name_after", "households_before"),
        *("households_after", "gained", "lost", "area_before_m2", "area_after_m2"),
        *("worker_before", "worker_after"),
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"before": "Int64", "after": "Int64"})


def _figures(before: Net, after: Net, reckoning: Reckoning | None) -> pd.DataFrame:
    sides = [totals(net, figures(net, reckoning=reckoning)) for net in (before, after)]
    table = pd.DataFrame(sides, index=["before", "after"], dtype=float).T
    table["change"] = table["after"] - table["before"]
    return table


def _rehanded(before: Net, after: Net, pieces: pd.DataFrame, households: Any) -> int | None:
    """Households whose worker is another one."""
    workers = [
        net.grids["worker"].reindex(pieces[side]).to_numpy(dtype=object)
        for side, net in (("before", before), ("after", after))
    ]
    known = [np.array([isinstance(one, str) for one in some], dtype=bool) for some in workers]
    if not (known[0].any() or known[1].any()):
        return None
    differs = np.array(
        [
            (one if isinstance(one, str) else None) != (two if isinstance(two, str) else None)
            for one, two in zip(*workers, strict=True)
        ],
        dtype=bool,
    )
    return int(households[differs].sum())


def _no_borders(net: Net) -> gpd.GeoDataFrame:
    rows = net.grids.iloc[:0].reindex(columns=[*net.grids.columns, *COUNTED])
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries([], crs=net.units.crs))
