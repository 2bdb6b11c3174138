"""One net that fits several best (多网融合), out of whole units.

No grid lies in two communities and no closed compound is cut; with a band, the grids' households
lie in it as far as they can. What is in a locked grid is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.plans.agreeing import NONE, Agreement, agreement
from geodata.plans.median import Ground, improved
from geodata.plans.net import Net
from geodata.plans.proposal.community import Community
from geodata.plans.proposal.cutting import Lightened, lightened
from geodata.plans.proposal.graph import Numbers, pieces
from geodata.plans.proposal.obstacle import CutGround, Obstacle

Told = Callable[[float], bool]
"""Called with the share done; answers whether to stop."""


@dataclass(frozen=True)
class Fitted:
    """A net that fits others.

    Attributes:
        net: The net; its grids are new but for those that are locked.
        obstacles: Why the band could not be met everywhere.
        cuts: Ground heavier than the band that was divided between its buildings.
    """

    net: Net
    obstacles: list[Obstacle] = field(default_factory=list)
    cuts: list[CutGround] = field(default_factory=list)


def fitted(
    net: Net,
    nets: Mapping[str, gpd.GeoDataFrame],
    *,
    told: Told = lambda _share: False,
) -> Net:
    """The net on these units that agrees best with all given ones, as far as it can be found.

    Units are handed over whole, and grids hang together. ``agreeing.patches_to_grids`` tells which
    patch became which.

    Args:
        net: Units of a plan; its grids are left out unless they are locked.
        nets: Polygons by the name of their department, in the metres of the net; ``name`` is taken
            over if they have it.
        told: Told the share done now and then; true stops it, and what was found is given.

    Raises:
        InvalidInput: As ``agreement``.
    """
    found = agreement(_free(net), nets)
    told(0.5)
    communities = [
        Community(Lightened(net), name, low=0.0, high=np.inf, keep=0.0) for name in _names(net)
    ]
    ground = _Ground.of(net, communities, found, list(nets))
    best = ground.patches[list(nets).index(found.best)]
    of = _in_one_piece(
        np.where(best == NONE, NONE, ground.within * (best.max() + 2) + best), ground
    )
    of = improved(of, ground, told=lambda share: told(0.5 + 0.5 * share))
    return _laid(net, ground, of, best, nets[found.best])


def within_band(
    net: Net,
    nets: Mapping[str, gpd.GeoDataFrame],
    *,
    low: float,
    high: float,
    seed: int = 0,
    told: Told = lambda _share: False,
) -> Fitted:
    """The net that ``fitted`` found, brought into a band of households.

    A community whose grids lie in the band stays as it is. In any other one ground heavier than
    the band is cut between its buildings and the rest divided anew, along borders that the given
    nets have (``proposal.partition``); then units are handed over while the agreement grows and no
    grid comes out of the band.

    Args:
        net: What ``fitted`` gave.
        nets: As of ``fitted``.
        low: Fewest households of a grid.
        high: Most households of a grid.
        seed: The same one gives the same net.
        told: As of ``fitted``.

    Returns:
        The net; ground that none of the nets has stays in no grid.
    """
    light = {}
    cut = net
    for name in _names(net):
        light[name] = lightened(cut, name, low=low, high=high, seed=seed)
        cut = light[name].net
    found = agreement(_free(cut), nets)
    patches = pd.DataFrame({name: _main_patch(found, name) for name in nets})
    bare = patches.index[(patches == NONE).all(axis=1)]
    there = replace(cut, units=cut.units.drop(index=bare))
    communities, parts = [], []
    obstacles: list[Obstacle] = []
    for k, name in enumerate(light):
        one = Community(
            replace(light[name], net=there), name, low=low, high=high, keep=0.0, patches=patches
        )
        labels = one.units["grid"].fillna(NONE).to_numpy(dtype=np.int64)
        if one.households.any() and not _is_within(one, labels, light[name]):

            def watch(share: float, _best: Any, k: int = k) -> bool:
                return told((k + share) / len(light))

            labels, more = one.divided(seed=seed, seconds=None, watch=watch)
            obstacles += [*light[name].obstacles, *more]
        communities.append(one)
        parts.append(labels)
        if told((k + 1) / len(light)):
            break
    ground = _Ground.of(there, communities, found, list(nets))
    of = ground.labels(parts)
    of = improved(of, ground, band=(low, high))
    best = ground.patches[list(nets).index(found.best)]
    laid = _laid(cut, ground, of, best, nets[found.best])
    cuts = [
        replace(one, grids=int(laid.units["grid"].reindex(one.units).nunique()))
        for name in light
        for one in light[name].cuts
    ]
    return Fitted(laid, obstacles, cuts)


@dataclass(frozen=True)
class _Ground(Ground):
    """Units that stay together as one place each.

    Attributes:
        units: Numbers of the units.
        place: The place of each.
        within: A number for the community of each place.
        metres2: The ground of each place.
    """

    units: Numbers
    place: Numbers
    within: Numbers
    metres2: Any

    @classmethod
    def of(
        cls, net: Net, communities: list[Community], found: Agreement, names: Iterable[str]
    ) -> _Ground:
        """The free units of communities, with what the nets have there."""
        units: list[Any] = []
        place: list[Any] = []
        within: list[Any] = []
        edges: list[Any] = []
        fixed: list[Any] = []
        count = 0
        for number, one in enumerate(communities):
            alone = np.arange(len(one.ids))
            node = pd.factorize(np.where(one.whole >= 0, len(alone) + one.whole, alone))[0] + count
            units.append(one.ids)
            place.append(node)
            first, count = count, int(node.max(initial=count - 1)) + 1
            within.append(np.full(count - first, number))
            edges.append(node[one.shared.pairs])
            fixed += [node[at] for at in one.alone]
        ids, places = _joined(units), _joined(place)
        weight = net.units["households"].reindex(ids).fillna(0).to_numpy(dtype=float)
        area = net.units.geometry.reindex(ids).area.to_numpy()
        if weight.sum() <= 0:
            weight = area
        is_fixed = np.zeros(count, dtype=bool)
        is_fixed[_joined(fixed)] = True
        beside: list[list[int]] = [[] for _place in range(count)]
        pairs = np.concatenate([*edges, np.empty((0, 2), dtype=np.int64)])
        pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
        for a, b in pairs.tolist():
            beside[a].append(b)
            beside[b].append(a)
        at = pd.Series(places, index=ids)
        patches = [_main_patch(found, name, at).reindex(range(count)) for name in names]
        return cls(
            weight=np.bincount(places, weight, minlength=count),
            patches=[some.fillna(NONE).to_numpy(dtype=np.int64) for some in patches],
            beside=beside,
            fixed=is_fixed,
            units=ids,
            place=places,
            within=_joined(within),
            metres2=np.bincount(places, area, minlength=count),
        )

    def labels(self, parts: list[Numbers]) -> Numbers:
        """Labels of the places, from those of the units of each community."""
        of = np.full(len(self.within), NONE, dtype=np.int64)
        first = start = 0
        for labels in parts:
            mine = self.place[start : start + len(labels)]
            of[mine] = np.where(labels == NONE, NONE, first + labels)
            first += int(labels.max(initial=NONE)) + 1
            start += len(labels)
        return of


def _free(net: Net) -> gpd.GeoDataFrame:
    """The units that no locked grid has."""
    locked = net.grids.index[net.grids["locked"].astype(bool)]
    return net.units[~net.units["grid"].isin(locked)]


def _names(net: Net) -> list[str]:
    """The communities that have free units."""
    return sorted(_free(net)["community"].dropna().unique().tolist())


def _joined(several: list[Any]) -> Numbers:
    return np.concatenate([*several, np.empty(0, dtype=np.int64)]).astype(np.int64)


def _main_patch(found: Agreement, name: str, place: Any = None) -> Any:
    """The patch with most of each unit's households, of its ground where nobody lives.

    Args:
        found: The overlay.
        name: Which net.
        place: What to tell it of instead of units: a value for each unit.
    """
    table = pd.DataFrame(found.pieces[["unit", name, "households", "area_m2"]])
    if place is not None:
        table = table[table["unit"].isin(place.index)]
        table["unit"] = place.reindex(table["unit"]).to_numpy()
    table["households"] = table["households"].fillna(0).astype("int64")
    table = table.groupby(["unit", name], as_index=False).sum()
    table = table.sort_values(
        ["unit", "households", "area_m2", name], ascending=[True, False, False, True]
    )
    return table.drop_duplicates("unit").set_index("unit")[name].astype(np.int64)


def _in_one_piece(of: Numbers, ground: _Ground) -> Numbers:
    """Labels of which each has one connected piece."""
    pairs = [(a, b) for a, some in enumerate(ground.beside) for b in some if a < b]
    edges = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    apart = pieces(edges[of[edges[:, 0]] == of[edges[:, 1]]], len(of))
    return np.where(of == NONE, NONE, apart)


def _is_within(one: Community, labels: Numbers, light: Lightened) -> bool:
    """Whether all who live in a community have a grid within the band, and nothing is cut."""
    has = labels != NONE
    if light.cuts or light.alone or one.households[~has].any():
        return False
    totals = np.bincount(np.unique(labels[has], return_inverse=True)[1], one.households[has])
    return bool(((totals >= one.low) & (totals <= one.high)).all())


def _laid(net: Net, ground: _Ground, of: Numbers, patch: Any, patches: gpd.GeoDataFrame) -> Net:
    """The net with a new grid for each label, called as the patch that has most of it."""
    labels = np.unique(of[of != NONE])
    numbers = np.arange(net.next_grid, net.next_grid + len(labels))
    has = np.where(of == NONE, NONE, net.next_grid + np.searchsorted(labels, of))
    units = net.units.copy()
    free = _free(net).index
    given = pd.Series(has[ground.place], index=ground.units).reindex(free).fillna(NONE)
    units.loc[free, "grid"] = given.astype("Int64").mask(given == NONE)
    name = pd.Series([None] * len(numbers), index=numbers, dtype=object)
    if "name" in patches:
        name.update(_called(has, ground, patch, patches["name"].to_numpy(dtype=object)))
    where = pd.Series(ground.within, index=has)
    where = where[where.index != NONE].groupby(level=0).first().reindex(numbers)
    grids = pd.DataFrame(
        {
            "code": pd.Series([None] * len(numbers), dtype=object).to_numpy(),
            "name": name.to_numpy(),
            "community": np.array(_names(net), dtype=object)[where.to_numpy(dtype=np.int64)],
            "locked": False,
            "worker": None,
        },
        index=pd.Index(numbers, name="grid"),
    )
    locked = net.grids[net.grids["locked"].astype(bool)]
    rows = pd.concat([locked, grids]) if len(locked) else grids
    rows.index.name = net.grids.index.name
    return replace(
        net,
        units=units,
        grids=rows.astype({"locked": bool}),
        next_grid=net.next_grid + len(numbers),
    )


def _called(has: Numbers, ground: _Ground, patch: Any, names: Any) -> pd.Series:
    """The name of each grid: each patch gives its own to the one that has most of it."""
    table = pd.DataFrame(
        {"grid": has, "patch": patch, "weight": ground.weight, "area": ground.metres2}
    )
    table = table[(table["grid"] != NONE) & (table["patch"] != NONE)]
    table = table.groupby(["grid", "patch"], as_index=False).sum()
    table = table.sort_values(
        ["weight", "area", "grid", "patch"], ascending=[False, False, True, True]
    )
    called: dict[int, Any] = {}
    given: set[int] = set()
    for grid, one in zip(table["grid"].tolist(), table["patch"].tolist(), strict=True):
        if grid not in called and one not in given:
            called[grid] = names[one]
            given.add(one)
    return pd.Series(called, dtype=object)
