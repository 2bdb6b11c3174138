"""A net proposed for the units of a plan: which grid gets which unit, and what that costs.

A community is proposed by itself, for no grid lies in two. Its units become a graph in which a
border is dear or cheap: along a street it costs little, through a block much; between two units
that one worker has today it costs more the more of today is to be kept. Water is left out unless
the community would fall apart without it, and is then given to the grid beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geodata.plans.coverage.sharing import Shared, shared_borders
from geodata.plans.net import Net
from geodata.plans.proposal.graph import Numbers, pieces
from geodata.plans.proposal.impossible import NoPartition
from geodata.plans.proposal.partition import Watch, nearest_parts, partition

ON_STREET = 0.35
"""What a metre of border on a street costs beside one that lies on none."""
STREET_M = 12.0
"""A border lies on a street that runs as near as this, metres."""
TOGETHER = 1.5
"""What a metre of border between two small open compounds costs more (就近联片)."""
KEPT = 4.0
"""What a metre of border inside a grid of today costs more, if all of today is to be kept."""


@dataclass(frozen=True)
class Obstacle:
    """Why a community's net is not wholly within the band: the units, and what would help."""

    community: str
    reason: str
    sentence: str
    params: dict[str, Any]
    units: list[int]
    helps: dict[str, float]


@dataclass(frozen=True)
class Proposal:
    """A proposed net, the parts of its objective, and what stood in the way.

    ``objective``: ``grids``, ``in_band``, ``border_m``, ``on_street_m`` and ``handed_over``: the
    households that get another worker than today, None if there is no net today.
    """

    net: Net
    objective: dict[str, float | None]
    obstacles: list[Obstacle] = field(default_factory=list)


Told = Callable[[float, Net], bool]
"""Called with the share done and the best net so far; answers whether to stop."""


def propose(
    net: Net,
    *,
    low: int,
    high: int,
    keep: float = 0.0,
    seed: int = 0,
    seconds: float | None = None,
    told: Told | None = None,
) -> Proposal:
    """Give every unit to a grid of ``low`` to ``high`` households.

    Locked grids stay as they are. Grids that are proposed are new ones; each is called what the
    grid of today is called that has most of its households, the largest share first.

    Args:
        net: Units, and who has them today.
        low: Least households of a grid.
        high: Most households of a grid.
        keep: How much of today is to be kept, from 0 to 1.
        seed: The same one gives the same net.
        seconds: For each community; see ``partition``.
        told: Told how far it is; may stop it: the communities not reached keep today's net.

    Returns:
        The proposal; in a community in which the band cannot be met, a net as near to it as was
        found, and the obstacles.
    """
    obstacles: list[Obstacle] = []
    names = sorted(net.units["community"].dropna().unique().tolist())
    now = net
    for done, community in enumerate(names):
        watch = None if told is None else _watching(told, now, done, len(names))

        one = _Community(now, community, keep)
        now, more = one.divided(low, high, seed=seed, seconds=seconds, watch=watch)
        obstacles.extend(more)
        if told is not None and told((done + 1) / len(names), now):
            break
    return Proposal(now, objective(now, net, low=low, high=high), obstacles)


def _watching(told: Told, so_far: Net, done: int, of: int) -> Watch:
    """Tell of the search in one community as of a part of the whole."""
    return lambda share, _found: told((done + share) / of, so_far)


class _Community:
    """The graph of one community's units."""

    def __init__(self, net: Net, community: str, keep: float) -> None:
        self.net, self.name = net, community
        locked = net.grids.index[net.grids["locked"].astype(bool)]
        mine = net.units["community"] == community
        self.units = net.units[mine & ~net.units["grid"].isin(locked)]
        self.households = self.units["households"].fillna(0).to_numpy(dtype=float)
        self.shared = shared_borders(self.units.geometry.to_numpy())
        self.cost = self._costs(keep)
        self.whole = _kept_whole(self.units)

    def divided(
        self, low: int, high: int, *, seed: int, seconds: float | None, watch: Any
    ) -> tuple[Net, list[Obstacle]]:
        """The net with this community divided."""
        if not len(self.units):
            return self.net, []
        land = self._land()
        edges, cost = self._among(land)
        options: dict[str, Any] = {
            "low": low,
            "high": high,
            "border": cost,
            "whole": self.whole[land],
        }
        options |= {"seed": seed, "seconds": seconds, "watch": watch}
        weights = self.households[land]
        obstacles = []
        labels: Numbers | None = None
        try:
            labels = partition(edges, weights, **options)
        except NoPartition as no:
            ids = self.units.index.to_numpy()[land][no.units].tolist()
            obstacles.append(Obstacle(self.name, no.reason, no.message, no.params, ids, no.helps))
            labels = no.labels
        if labels is None:
            labels = nearest_parts(edges, weights, **options)
        parts = np.full(len(self.units), -1, dtype=np.int64)
        parts[land] = labels
        return self._with(self._joined(parts)), obstacles

    def _land(self) -> Numbers:
        """Positions of the units to be divided: all but water, or all if that holds it together."""
        dry = np.flatnonzero((self.units["kind"] != "water").to_numpy())
        if not len(dry):
            return np.arange(len(self.units))
        inside = np.isin(self.shared.pairs, dry).all(axis=1)
        of = pieces(self.shared.pairs[inside], len(self.units))
        whole = pieces(self.shared.pairs, len(self.units))
        falls_apart = len(np.unique(of[dry])) > len(np.unique(whole[dry]))
        return np.arange(len(self.units)) if falls_apart else dry

    def _among(self, chosen: Numbers) -> tuple[Numbers, Any]:
        """Pairs of neighbours among the chosen units, by their places there, and their costs."""
        place = np.full(len(self.units), -1, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        pairs = place[self.shared.pairs]
        inside = (pairs >= 0).all(axis=1)
        return pairs[inside], self.cost[inside]

    def _costs(self, keep: float) -> Any:
        """What each shared border costs, in metres of a border that lies on nothing."""
        on_street = street_share(self.shared, _lines(self.net))
        cost = self.shared.metres * (1 - (1 - ON_STREET) * on_street)
        a, b = self.shared.pairs.T
        small = ((self.units["kind"] == "compound") & ~self.units["closed"].astype(bool)).to_numpy()
        cost = np.where(small[a] & small[b], cost * TOGETHER, cost)
        today = self.units["grid"].fillna(-1).to_numpy(dtype=np.int64)
        same = (today[a] == today[b]) & (today[a] >= 0)
        return np.asarray(np.where(same, cost * (1 + KEPT * keep), cost), dtype=float)

    def _joined(self, parts: Numbers) -> Numbers:
        """Units that were left out, given to the part with which they share most border."""
        while (parts < 0).any():
            a, b = self.shared.pairs.T
            waits = np.concatenate((a, b))
            gives = parts[np.concatenate((b, a))]
            metres = np.concatenate((self.shared.metres, self.shared.metres))
            can = (parts[waits] < 0) & (gives >= 0)
            if not can.any():
                parts[parts < 0] = parts.max() + 1  # an island of nothing but water
                break
            sums = pd.DataFrame({"u": waits[can], "p": gives[can], "m": metres[can]})
            most = pd.DataFrame(sums.groupby(["u", "p"])["m"].sum()).reset_index()
            last = most.sort_values(by=["m", "p"]).groupby("u")["p"].last()
            parts[last.index.to_numpy()] = last.to_numpy()
        return parts

    def _with(self, parts: Numbers) -> Net:
        """The net with new grids for the parts; those of today that have no unit left go."""
        net = self.net
        first = net.next_grid
        units = net.units.copy()
        units.loc[self.units.index, "grid"] = pd.array(parts + first, dtype="Int64")
        new = np.unique(parts) + first
        grids = pd.DataFrame(
            {"code": None, "name": "", "community": self.name, "locked": False, "worker": None},
            index=pd.Index(new, name=net.grids.index.name),
        ).astype(dict.fromkeys(("code", "name", "community", "worker"), object))
        carried_on = heirs(parts + first, self.units["grid"].to_numpy(), self.households)
        named = ["code", "name", "worker"]
        of_today = net.grids.reindex(list(carried_on.values()))[named].to_numpy()
        grids.loc[list(carried_on), named] = of_today
        kept = net.grids[net.grids.index.isin(units["grid"].dropna().unique())]
        both = pd.concat([kept, grids]) if len(kept) else grids
        return replace(net, units=units, grids=both, next_grid=int(new.max()) + 1)


def heirs(new: Any, old: Any, households: Any) -> dict[int, int]:
    """Which grid of today each new one carries on.

    The pair that shares most households first; a grid of today has one heir at most.

    Args:
        new: The new grid of each unit; NA where it has none.
        old: The grid of today of each unit; NA where it has none.
        households: Households of each unit.
    """
    table = pd.DataFrame({"new": new, "old": old, "households": households})
    table = table.dropna(subset=["new", "old"])
    shared = pd.DataFrame(table.groupby(["new", "old"])["households"].sum()).reset_index()
    shared = shared.sort_values(by=["households", "new", "old"], ascending=[False, True, True])
    found: dict[int, int] = {}
    taken: set[int] = set()
    for one, other in zip(shared["new"].tolist(), shared["old"].tolist(), strict=True):
        if one not in found and other not in taken:
            found[int(one)] = int(other)
            taken.add(other)
    return found


def _kept_whole(units: Any) -> Any:
    """What must stay in one grid: the units of each closed compound."""
    closed = (units["kind"] == "compound") & units["closed"].astype(bool)
    return np.where(closed, units["compound"], None)


def _lines(net: Net) -> Any:
    return () if net.lines is None else net.lines.geometry.to_numpy()


def street_share(shared: Shared, lines: Any) -> Any:
    """The share of each shared border that lies on a street, from 0 to 1.

    Args:
        shared: Shared borders, metres.
        lines: Streets and walls in the same metres.
    """
    share = np.zeros(len(shared.pairs))
    if not len(lines) or not len(shared.segments):
        return share
    middles = shapely.line_interpolate_point(shared.segments, 0.5, normalized=True)
    tree = shapely.STRtree(lines)
    near = np.unique(tree.query(middles, predicate="dwithin", distance=STREET_M)[0])
    run = shapely.length(shared.segments)
    on_street = np.bincount(shared.of[near], run[near], minlength=len(share))
    return np.clip(on_street / np.maximum(shared.metres, 1e-9), 0, 1)


def objective(net: Net, today: Net, *, low: int, high: int) -> dict[str, float | None]:
    """The parts of what a proposal tries to make small or large."""
    units = net.units
    totals = units.groupby("grid")["households"].sum()
    shared = shared_borders(units.geometry.to_numpy())
    grid = units["grid"].fillna(-1).to_numpy(dtype=np.int64)
    between = grid[shared.pairs[:, 0]] != grid[shared.pairs[:, 1]]
    return {
        "grids": len(totals),
        "in_band": int(((totals >= low) & (totals <= high)).sum()),
        "border_m": float(shared.metres[between].sum()),
        "on_street_m": float((shared.metres * street_share(shared, _lines(net)))[between].sum()),
        "handed_over": handed_over(net, today),
    }


def handed_over(net: Net, today: Net) -> float | None:
    """Households whose grid is not the one that carries on theirs of today."""
    if not today.units["grid"].notna().any():
        return None
    old = today.units["grid"].reindex(net.units.index)
    households = net.units["households"].fillna(0).to_numpy(dtype=float)
    carried_on = heirs(net.units["grid"].to_numpy(), old.to_numpy(), households)
    had = old.notna() & net.units["grid"].notna()
    stays = net.units["grid"].map(carried_on).astype("Int64") == old
    return float(households[(had & ~stays.fillna(value=False)).to_numpy()].sum())
