"""One net that fits several best (多网融合).

The median of partitions: the one with the greatest sum of agreements with all given ones, counted
in pairs of households (Barthélemy & Monjardet 1981, The median procedure in cluster analysis and
social choice theory, doi:10.1016/0165-4896(81)90041-X). Finding it is NP-hard; this starts from the
given net that agrees best with the others and hands units over one by one while the sum grows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.plans.agreeing import NONE, Agreement, agreement
from geodata.plans.net import Net

SWEEPS = 50
"""Rounds over all units; it ends earlier when nothing gets better."""


def fitted(
    net: Net,
    nets: Mapping[str, gpd.GeoDataFrame],
    *,
    told: Callable[[float], bool] = lambda _share: False,
) -> Net:
    """The net on these units that agrees best with all given ones, as far as it can be found.

    Units are handed over whole and grids stay in one part where they are; what is locked is not
    minded, for all grids are new. ``agreeing.patches_to_grids`` tells which patch became which.

    Args:
        net: Units of a plan; its grids are left out.
        nets: Polygons by the name of their department, in the metres of the net; ``name`` is taken
            over if they have it.
        told: Told the share done now and then; true stops it, and what was found is given.

    Raises:
        InvalidInput: As ``agreement``.
    """
    found = agreement(net.units, nets)
    told(0.5)
    patch = {name: _main_patch(net, found, name) for name in nets}
    weight = net.units["households"].fillna(0).to_numpy(dtype=float)
    if weight.sum() <= 0:
        weight = net.units.area.to_numpy()
    first = patch[found.best].copy()
    of = _improved(first, list(patch.values()), weight, _beside(net), told)
    return _with_grids(net, of, nets[found.best])


def _main_patch(net: Net, found: Agreement, name: str) -> Any:
    """The patch that has most of each unit's households, of its ground where nobody lives."""
    pieces = pd.DataFrame(found.pieces[["unit", name, "households", "area_m2"]])
    pieces["households"] = pieces["households"].fillna(0).astype("int64")
    pieces = pieces.groupby(["unit", name], as_index=False).sum()
    pieces = pieces.sort_values(
        ["unit", "households", "area_m2", name], ascending=[True, False, False, True]
    )
    first = pieces.drop_duplicates("unit").set_index("unit")[name]
    return first.reindex(net.units.index).fillna(NONE).to_numpy(dtype=np.int64)


def _beside(net: Net) -> list[list[int]]:
    """The places of the units beside each unit."""
    place = {int(unit): k for k, unit in enumerate(net.units.index)}
    beside: list[list[int]] = [[] for _unit in place]
    for one, other in net.beside()[0].tolist():
        beside[place[one]].append(place[other])
        beside[place[other]].append(place[one])
    return beside


class _Search:
    """Which label each unit has, and what each label shares with each patch of each net."""

    def __init__(self, of: Any, patches: list[Any], weight: Any) -> None:
        self.of, self.weight = of, weight
        self.patches = [patch.tolist() for patch in patches]
        self.share: list[dict[Any, float]] = [defaultdict(float) for _net in patches]
        self.total: dict[int, float] = defaultdict(float)
        self.members: dict[int, set[int]] = defaultdict(set)
        for unit, label in enumerate(of.tolist()):
            self._put(unit, label, 1)

    def liking(self, unit: int, label: int) -> float:
        """Pairs that a unit agrees on with all nets if it has the label, less the others."""
        own = self.weight[unit] if self.of[unit] == label else 0.0
        whole = self.total[label] - own
        return sum(
            2 * (table[label, patch[unit]] - own) - whole
            for table, patch in zip(self.share, self.patches, strict=True)
        )

    def better(self, unit: int, around: list[int]) -> int | None:
        """The label of a neighbour that fits the unit better than its own; None: there is none."""
        mine = int(self.of[unit])
        others = {int(self.of[k]) for k in around} - {mine, NONE}
        if not others or self.weight[unit] <= 0:
            return None
        best = max(others, key=lambda label: (self.liking(unit, label), -label))
        return best if self.liking(unit, best) > self.liking(unit, mine) + 1e-9 else None

    def hand_over(self, unit: int, label: int) -> None:
        """Give a unit another label."""
        self._put(unit, int(self.of[unit]), -1)
        self._put(unit, label, 1)
        self.of[unit] = label

    def _put(self, unit: int, label: int, sign: int) -> None:
        for table, patch in zip(self.share, self.patches, strict=True):
            table[label, patch[unit]] += sign * self.weight[unit]
        self.total[label] += sign * self.weight[unit]
        (self.members[label].add if sign > 0 else self.members[label].discard)(unit)


def _improved(
    of: Any,
    patches: list[Any],
    weight: Any,
    beside: list[list[int]],
    told: Callable[[float], bool],
) -> Any:
    """Hand units to neighbours while the agreement with all nets grows."""
    search = _Search(of, patches, weight)
    for sweep in range(SWEEPS):
        if told(0.5 + 0.5 * sweep / SWEEPS):
            break
        moved = False
        for unit, around in enumerate(beside):
            label = search.better(unit, around)
            mine = int(of[unit])
            if label is None:
                continue
            if mine == NONE or _holds_without(unit, search.members[mine], beside):
                search.hand_over(unit, label)
                moved = True
        if not moved:
            break
    return of


def _holds_without(unit: int, members: set[int], beside: list[list[int]]) -> bool:
    """Whether what touches a unit in its grid still hangs together without it."""
    ends = [k for k in beside[unit] if k in members]
    if len(ends) < 2:
        return bool(ends)
    seen, waiting = {unit, ends[0]}, [ends[0]]
    while waiting:
        for k in beside[waiting.pop()]:
            if k in members and k not in seen:
                seen.add(k)
                waiting.append(k)
    return all(end in seen for end in ends)


def _with_grids(net: Net, of: Any, patches: gpd.GeoDataFrame) -> Net:
    """The net with a new grid for each label."""
    labels = np.unique(of[of != NONE])
    numbers = np.arange(net.next_grid, net.next_grid + len(labels))
    units = net.units.copy()
    has = np.where(of == NONE, NONE, net.next_grid + np.searchsorted(labels, of))
    units["grid"] = pd.Series(pd.array(has, dtype="Int64"), index=units.index).mask(has == NONE)
    name = patches["name"].to_numpy(dtype=object)[labels] if "name" in patches else None
    area = pd.DataFrame(
        {"grid": has, "community": units["community"].to_numpy(), "area": units.area.to_numpy()}
    )
    sums: Any = area.groupby(["grid", "community"], as_index=False)["area"].sum()
    first = sums.sort_values(["area", "community"], ascending=[False, True])
    community = first.drop_duplicates("grid").set_index("grid")["community"].reindex(numbers)
    grids = pd.DataFrame(
        {
            "code": pd.Series([None] * len(numbers), dtype=object).to_numpy(),
            "name": name,
            "community": community.to_numpy(),
            "locked": False,
            "worker": None,
        },
        index=pd.Index(numbers, name="grid"),
    )
    return replace(net, units=units, grids=grids, next_grid=net.next_grid + len(numbers))
