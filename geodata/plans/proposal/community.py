"""One community's units as a graph, searched piece by piece.

A border is dear or cheap: along a street it costs little, through a block much; between two units
that one worker has today it costs more the more of today is to be kept. Water is left out unless
the community would fall apart without it; it and other ground where nobody lives that hangs on no
other is then given to the grid beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from geodata.plans.coverage.sharing import Shared, shared_borders
from geodata.plans.net import Net
from geodata.plans.proposal.cutting import Lightened, free_units
from geodata.plans.proposal.graph import Numbers, pieces
from geodata.plans.proposal.impossible import NoPartition
from geodata.plans.proposal.obstacle import Obstacle
from geodata.plans.proposal.partition import Found, nearest_parts, partition
from geodata.plans.proposal.streets import along_streets, lines_of

TOGETHER: Final = 1.5
"""What a metre of border between two small open compounds costs more (就近联片)."""
KEPT: Final = 4.0
"""What a metre of border inside a grid of today costs more, if all of today is to be kept."""
AGREED: Final = 0.2
"""What a metre of border costs that all nets of departments have, against 1 where none has one."""
NO_PART: Final = -1

Watch = Callable[[float, Callable[[], Numbers]], bool]
"""Called with the share done and what gives the best parts so far; answers whether to stop."""


class Community:
    """The units of a community that are to be divided.

    ``patches``: nets that borders shall follow, as the patch that each unit has in each of them.
    """

    def __init__(
        self,
        light: Lightened,
        name: str,
        *,
        low: float,
        high: float,
        keep: float,
        patches: pd.DataFrame | None = None,
    ) -> None:
        self.net, self.name = light.net, name
        self.low, self.high, self.keep = low, high, keep
        self.part = light.part
        self.patches = patches
        self.units = free_units(light.net, name)
        self.ids = self.units.index.to_numpy()
        self.households = self.units["households"].fillna(0).to_numpy(dtype=float)
        self.alone = [np.flatnonzero(np.isin(self.ids, ids)) for ids in light.alone]

    @cached_property
    def shared(self) -> Shared:
        """The borders that the units share."""
        return shared_borders(self.units.geometry.to_numpy())

    def divided(
        self, *, seed: int, seconds: float | None, watch: Watch | None
    ) -> tuple[Numbers, list[Obstacle]]:
        """The part of each unit, and what stood in the way.

        Where it was stopped, units that were not reached have ``NO_PART``.
        """
        parts = np.full(len(self.units), NO_PART, dtype=np.int64)
        obstacles: list[Obstacle] = []
        for ground in self.alone:
            parts[ground] = parts.max(initial=NO_PART) + 1
        of = self._pieces()
        free = [np.flatnonzero(of == piece) for piece in np.unique(of[of >= 0]).tolist()]
        lived = [ground for ground in free if self.households[ground].any()]
        if not self.households.any():
            lived = []
            if len(self.units):
                obstacles.append(Obstacle(self.name, "no_households", self.ids.tolist(), 0.0))
        total = max(sum(len(ground) for ground in lived), 1)
        done = 0
        for ground in lived:
            base = parts.copy()
            told = None
            if watch is not None:
                told = self._watching(watch, base, ground, done / total, len(ground) / total)
            labels, more, stopped = self._searched(ground, seed=seed, seconds=seconds, watch=told)
            if labels is not None:
                parts[ground] = base.max(initial=NO_PART) + 1 + labels
            if stopped:
                return parts, obstacles
            obstacles += more
            done += len(ground)
        parts = self._joined(parts)
        return parts, obstacles + self._apart(parts)

    def _watching(
        self, watch: Watch, base: Numbers, ground: Numbers, begun: float, share: float
    ) -> Callable[[float, Found], bool]:
        """Tell of the search in one piece as of a part of the whole."""

        def told(done: float, found: Found) -> bool:
            def best() -> Numbers:
                parts = base.copy()
                if self._is_a_net(ground, found):
                    parts[ground] = base.max(initial=NO_PART) + 1 + found.labels[self._node(ground)]
                return parts

            return watch(begun + share * done, best)

        return told

    def _is_a_net(self, ground: Numbers, found: Found) -> bool:
        """Whether parts are more than the scattered beginning of a search."""
        most = max(2 * self.households[ground].sum() / self.low, 1)
        return bool(found.strain == 0 or found.labels.max(initial=0) < most)

    def _node(self, ground: Numbers) -> Numbers:
        """The place of each unit in the graph that is searched, where what stays whole is one."""
        alone = np.arange(len(ground))
        group = np.where(self.whole[ground] >= 0, len(ground) + self.whole[ground], alone)
        return np.asarray(pd.factorize(group)[0], dtype=np.int64)

    def _searched(
        self, ground: Numbers, *, seed: int, seconds: float | None, watch: Any
    ) -> tuple[Numbers | None, list[Obstacle], bool]:
        """The parts of one piece, what stood in the way, and whether the search was stopped."""
        edges, cost = self._among(ground)
        stopped = False

        def told(share: float, found: Found) -> bool:
            nonlocal stopped
            stopped = watch is not None and watch(share, found)
            return stopped

        options: dict[str, Any] = {"low": self.low, "high": self.high, "border": cost}
        options |= {"seed": seed, "seconds": seconds, "watch": told}
        options["whole"] = [None if key < 0 else key for key in self.whole[ground].tolist()]
        weights = self.households[ground]
        obstacles: list[Obstacle] = []
        try:
            labels: Numbers | None = partition(edges, weights, **options)
        except NoPartition as no:
            labels = no.labels
            obstacles = [self._obstacle(one, ground) for one in (no, *no.further)]
        if labels is None:
            labels = nearest_parts(edges, weights, **options)
        if stopped:
            most = max(2 * weights.sum() / self.low, 1)
            return (labels if labels.max(initial=0) < most else None), [], True
        return labels, obstacles, False

    def _obstacle(self, no: NoPartition, ground: Numbers) -> Obstacle:
        """What a search of this ground refused, in terms of the plan's units."""
        at = ground[no.units]
        return Obstacle(
            self.name,
            no.reason,
            self.ids[at].tolist(),
            float(self.households[at].sum()),
            {"low": self.low, "high": self.high, "count": no.params.get("count", 0)},
            no.helps,
        )

    def _pieces(self) -> Numbers:
        """The connected piece of each unit that is to be divided; -1 of those that are not."""
        of = np.full(len(self.units), NO_PART, dtype=np.int64)
        land = np.setdiff1d(self._land(), np.concatenate([*self.alone, []]).astype(np.int64))
        edges, _cost = self._among(land)
        of[land] = pieces(edges, len(land))
        return of

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

    @cached_property
    def cost(self) -> Any:
        """What each shared border costs, in metres of a border that lies on nothing."""
        cost = along_streets(self.shared, lines_of(self.net))
        a, b = self.shared.pairs.T
        if self.patches is not None:
            has = self.patches.reindex(self.ids).to_numpy()
            cost = cost * (AGREED + (1 - AGREED) * (has[a] == has[b]).mean(axis=1))
        small = ((self.units["kind"] == "compound") & ~self.units["closed"].astype(bool)).to_numpy()
        small = small & (self.households < self.low)
        cost = np.where(small[a] & small[b], cost * TOGETHER, cost)
        today = pd.factorize(keepers(self.net, self.units["grid"]))[0]
        same = (today[a] == today[b]) & (today[a] >= 0)
        return np.asarray(np.where(same, cost * (1 + KEPT * self.keep), cost), dtype=float)

    @cached_property
    def whole(self) -> Numbers:
        """A number for what must stay in one grid, -1 for none.

        The units of a closed compound that are connected, and the parts of ground that was cut.
        """
        closed = (self.units["kind"] == "compound") & self.units["closed"].astype(bool)
        key = np.where(closed, self.units["compound"], None)
        cut = [self.part.get(unit) for unit in self.ids.tolist()]
        both = [one if two is None else two for one, two in zip(key, cut, strict=True)]
        group = pd.factorize(np.array(both, dtype=object))[0]
        a, b = self.shared.pairs.T
        inside = (group[a] == group[b]) & (group[a] >= 0)
        of = pieces(self.shared.pairs[inside], len(group))
        return np.where(group >= 0, of, -1)

    def _joined(self, parts: Numbers) -> Numbers:
        """Units that were left out, given to the part with which they share most border."""
        while (parts < 0).any():
            a, b = self.shared.pairs.T
            waits = np.concatenate((a, b))
            gives = parts[np.concatenate((b, a))]
            metres = np.concatenate((self.shared.metres, self.shared.metres))
            can = (parts[waits] < 0) & (gives >= 0)
            if not can.any():
                left = np.flatnonzero(parts < 0)
                inside = np.isin(self.shared.pairs, left).all(axis=1)
                of = pieces(self.shared.pairs[inside], len(parts))[left]
                parts[left] = parts.max() + 1 + pd.factorize(of)[0]  # islands where nobody lives
                break
            sums = pd.DataFrame({"u": waits[can], "p": gives[can], "m": metres[can]})
            most = pd.DataFrame(sums.groupby(["u", "p"])["m"].sum()).reset_index()
            last = most.sort_values(by=["m", "p"]).groupby("u")["p"].last()
            parts[last.index.to_numpy()] = last.to_numpy()
        return parts

    def _apart(self, parts: Numbers) -> list[Obstacle]:
        """Closed compounds whose pieces do not touch and that came into several grids."""
        closed = (self.units["kind"] == "compound") & self.units["closed"].astype(bool)
        sums = self.units["households"].fillna(0).groupby(self.units["compound"]).transform("sum")
        mine = (closed & (sums.astype(float) <= self.high)).to_numpy()
        table = pd.DataFrame({"compound": self.units["compound"].to_numpy(), "part": parts})[mine]
        several = table.groupby("compound")["part"].nunique()
        return [
            Obstacle(
                self.name,
                "apart",
                self.ids[mine & (self.units["compound"] == code).to_numpy()].tolist(),
                float(sums[mine & (self.units["compound"] == code).to_numpy()].max()),
            )
            for code in sorted(several.index[several > 1].tolist())
        ]


def keepers(net: Net, grid: Any) -> Any:
    """Who has each unit: the worker of its grid, or the grid itself where no worker is known."""
    worker = net.grids["worker"]
    named = {
        number: name for number, name in worker.items() if isinstance(name, str) and name.strip()
    }
    return np.array(
        [None if pd.isna(one) else named.get(one, int(one)) for one in grid], dtype=object
    )
