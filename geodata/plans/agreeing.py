"""Several nets over one place (多网并立): where they disagree, and how much.

Agreement is measured in households: of all pairs of households, how often two nets agree whether
the two live in one patch, corrected for chance: the adjusted Rand index (Hubert & Arabie 1985,
Comparing partitions, doi:10.1007/BF01908075). 1: the same net; about 0: no more than chance gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.errors import InvalidInput
from geodata.plans.net import Net
from geodata.plans.overlaying import grouped, overlay
from geodata.words import sentence as _

NONE = -1
"""Stands for no patch where patches have positions."""


@dataclass(frozen=True)
class Agreement:
    """How far nets agree.

    Attributes:
        index: The adjusted Rand index of each pair of nets, a square table by their names.
        pieces: The overlay: ``unit``, for each net a column with the position of the patch (-1:
            in none), ``area_m2``, the counts and the geometry.
        disagreements: Ground on which two nets disagree: ``one`` and ``other`` (names of nets),
            ``patch_one`` and ``patch_other`` (their index values; None: no patch), ``area_m2``,
            the counts and the geometry; most households first. Patches that share most households
            agree with each other, one each.
        best: The net that agrees best with all others, by the mean of its indices.
    """

    index: pd.DataFrame
    pieces: gpd.GeoDataFrame
    disagreements: gpd.GeoDataFrame
    best: str

    def worst(self, count: int = 10) -> gpd.GeoDataFrame:
        """The disagreements with most households."""
        return self.disagreements.head(count)


def agreement(units: gpd.GeoDataFrame, nets: Mapping[str, gpd.GeoDataFrame]) -> Agreement:
    """How far nets of several departments agree on the ground of these units.

    Args:
        units: Units of a plan, which know the households; in metres.
        nets: Polygons by the name of their department, in the same metres. They may overlap,
            leave holes and reach beyond the units.

    Raises:
        InvalidInput: Fewer than two nets, or a name that a column has already.
    """
    if len(nets) < 2:
        raise InvalidInput(_("Give at least two nets to compare."))
    wrong = [
        name
        for name in nets
        if name in units.columns or name in {"unit", "area_m2", "one", "other"}
    ]
    if wrong:
        raise InvalidInput(_("A net cannot be called %(name)s here."), name=wrong[0])
    pieces = overlay(units, nets)
    weight = pieces["households"].fillna(0).to_numpy(dtype=float)
    names = list(nets)
    index = pd.DataFrame(1.0, index=names, columns=names)
    found = []
    for one, other in combinations(names, 2):
        value = adjusted_rand_index(pieces[one], pieces[other], weight)
        index.loc[one, other] = index.loc[other, one] = value
        found.append(_disagreements(pieces, nets, one, other))
    table = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=units.crs)
    table = table.sort_values(["households", "area_m2"], ascending=False, ignore_index=True)
    mean = (index.sum(axis=1) - 1) / (len(names) - 1)
    return Agreement(index, pieces, table, best=str(mean.idxmax()))


def adjusted_rand_index(one: Any, other: Any, weights: Any) -> float:
    """Agreement of two partitions of things that count ``weights`` each; NaN if there is nothing.

    What is in no patch (-1) counts as one part.

    Args:
        one: The part of each thing in the first partition.
        other: In the second.
        weights: How many items each thing stands for, such as households.
    """
    weight = np.asarray(weights, dtype=float)
    if weight.sum() < 2:
        return float("nan")
    a = pd.factorize(np.asarray(one))[0].astype(np.int64)
    b = pd.factorize(np.asarray(other))[0].astype(np.int64)
    cell = np.bincount(np.unique(a * (b.max() + 1) + b, return_inverse=True)[1], weight)
    rows, columns = np.bincount(a, weight), np.bincount(b, weight)
    both, left, right = (float((n * (n - 1) / 2).sum()) for n in (cell, rows, columns))
    every = weight.sum() * (weight.sum() - 1) / 2
    expected = left * right / every
    largest = (left + right) / 2
    return 1.0 if largest == expected else (both - expected) / (largest - expected)


def patches_to_grids(net: Net, patches: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which old patch became which grid, and with which share of its households.

    Args:
        net: The new net.
        patches: The old one: polygons in the metres of the net.

    Returns:
        ``patch`` (index value), ``grid`` (number, NA: in no grid), ``households``, ``area_m2``,
        ``share`` (of the patch's households that are in the net; of its ground where nobody
        lives); the patch's largest share first.
    """
    pieces = overlay(net.units, {"patch": patches})
    pieces = pieces[pieces["patch"] != NONE]
    has = net.units["grid"].fillna(NONE).astype("int64")
    table = pd.DataFrame(
        {
            "patch": pieces["patch"].to_numpy(),
            "grid": has.loc[pieces["unit"]].to_numpy(),
            "households": pieces["households"].fillna(0).to_numpy(dtype=np.int64),
            "area_m2": pieces["area_m2"].to_numpy(),
        }
    )
    table = table.groupby(["patch", "grid"], as_index=False).sum()
    whole = table.groupby("patch")[["households", "area_m2"]].transform("sum")
    lived = whole["households"] > 0
    table["share"] = np.where(
        lived,
        table["households"] / whole["households"].where(lived, 1),
        table["area_m2"] / whole["area_m2"],
    )
    table = table.sort_values(
        ["patch", "share", "grid"], ascending=[True, False, True], ignore_index=True
    )
    table["patch"] = patches.index.to_numpy()[table["patch"]]
    table["grid"] = table["grid"].astype("Int64").mask(table["grid"] == NONE)
    return table


def _disagreements(
    pieces: gpd.GeoDataFrame, nets: Mapping[str, gpd.GeoDataFrame], one: str, other: str
) -> gpd.GeoDataFrame:
    """Ground that lies in patches of two nets which do not go together."""
    sums = pd.DataFrame(pieces[[one, other, "households", "area_m2"]])
    sums = sums.groupby([one, other], as_index=False)[["households", "area_m2"]].sum()
    sums = sums[(sums[one] != NONE) & (sums[other] != NONE)]
    sums = sums.sort_values(
        ["households", "area_m2", one, other], ascending=[False, False, True, True]
    )
    together: dict[int, int] = {}
    taken: set[int] = set()
    for a, b in zip(sums[one].tolist(), sums[other].tolist(), strict=True):
        if a not in together and b not in taken:
            together[a] = b
            taken.add(b)
    mate = pieces[one].map(together).fillna(NONE - 1).to_numpy(dtype=np.int64)
    agrees = (mate == pieces[other].to_numpy()) | (
        (pieces[one] == NONE) & (pieces[other] == NONE)
    ).to_numpy()
    found = grouped(pieces[~agrees], [one, other])
    for name, column in ((one, "patch_one"), (other, "patch_other")):
        known = np.array([*nets[name].index, None], dtype=object)
        found[column] = pd.Series(known[found[name].to_numpy()], index=found.index, dtype=object)
    return gpd.GeoDataFrame(found.drop(columns=[one, other]).assign(one=one, other=other))
