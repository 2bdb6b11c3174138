"""A net proposed for the units of a plan: which grid gets which unit, and what that costs.

A community is proposed by itself, for no grid lies in two. Ground in it that is heavier than the
band is cut between its buildings (``cutting``), the rest is a graph (``community``) that is divided
by ``partition``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geodata.plans.coverage.sharing import shared_borders
from geodata.plans.net import Net
from geodata.plans.proposal.community import Community, keepers
from geodata.plans.proposal.cutting import counted, lightened
from geodata.plans.proposal.graph import Numbers
from geodata.plans.proposal.obstacle import CutGround, Obstacle
from geodata.plans.proposal.searching import all_searched
from geodata.plans.proposal.streets import lines_of, street_share
from geodata.plans.succeeding import heirs
from geodata.spreading import ALONE, Hands


@dataclass(frozen=True)
class Proposal:
    """A proposed net, the parts of its objective, what stood in the way and what was cut.

    ``objective``: ``grids``, ``in_band``, ``border_m``, ``on_street_m`` and ``handed_over``: the
    households that get another worker than today, None if there is no net today.
    """

    net: Net
    objective: dict[str, float | None]
    obstacles: list[Obstacle] = field(default_factory=list)
    cuts: list[CutGround] = field(default_factory=list)


@dataclass(frozen=True)
class Best:
    """The best net so far: that of today where no community was reached yet.

    Attributes:
        net: The net.
        parts: Of each community reached, in the order in which they were, the units of each part.
    """

    net: Net
    parts: list[tuple[str, list[list[int]]]]


Told = Callable[[float, Callable[[], Best]], bool]
"""Called with the share done and what gives the best net so far; answers whether to stop."""


def propose(
    net: Net,
    *,
    low: int,
    high: int,
    keep: float = 0.0,
    seed: int = 0,
    seconds: float | None = None,
    told: Told | None = None,
    hands: Hands = ALONE,
) -> Proposal:
    """Give every unit to a grid of ``low`` to ``high`` households.

    Locked grids stay as they are. Grids that are proposed are new ones; each is called what the
    grid of today is called that it carries on. Closed compounds and other units heavier than
    ``high`` are cut between their buildings.

    Args:
        net: Units, and who has them today.
        low: Least households of a grid.
        high: Most households of a grid.
        keep: How much of today is to be kept, from 0 to 1.
        seed: The same one gives the same net.
        seconds: For each community; see ``partition``.
        told: Told how far it is; may stop it: what was not reached keeps today's net.
        hands: Who searches, several communities at once; the answer is the same. Of a community
            that others than this process search, nothing is told before it is done.

    Returns:
        The proposal; in a community in which the band cannot be met, a net as near to it as was
        found, and the obstacles.
    """
    names = sorted(net.units["community"].dropna().unique().tolist())
    run = _Run(net, names, told)
    demand = {"low": low, "high": high, "keep": keep, "seed": seed, "seconds": seconds}
    answers = None
    if hands.many and len(names) > 1:
        answers = all_searched(net, names, demand, hands=hands, stopped=run.ask)
    for name in names:
        light = lightened(run.best.net, name, low=low, high=high, seed=seed)
        one = Community(light, name, low=low, high=high, keep=keep)
        if answers is None:
            parts, more = one.divided(seed=seed, seconds=seconds, watch=partial(run.watch, one))
        else:
            answer = next(answers, None)
            if answer is None:
                break
            parts, more = answer.parts, answer.obstacles_in(one.ids.tolist())
        run.take(one, parts)
        run.cuts.extend(counted(light.cuts, run.best.net))
        if run.stopped:
            break
        run.obstacles.extend([*light.obstacles, *more])
        if run.ask():
            break
    now = run.best.net
    return Proposal(now, objective(now, net, low=low, high=high), run.obstacles, run.cuts)


class _Run:
    """How far a proposal is."""

    def __init__(self, net: Net, names: list[str], told: Told | None) -> None:
        self.told, self.of = told, max(len(names), 1)
        self.best = Best(net, [])
        self.done = 0
        self.stopped = False
        self.obstacles: list[Obstacle] = []
        self.cuts: list[CutGround] = []

    def take(self, one: Community, parts: Numbers) -> None:
        """A community is done, or was stopped."""
        self.best = _so_far(self.best, one, parts)
        self.done += 1

    def ask(self) -> bool:
        """Tell what is done; answers whether to stop."""
        best = self.best
        if self.told is not None:
            self.stopped = self.told(self.done / self.of, lambda: best) or self.stopped
        return self.stopped

    def watch(self, one: Community, share: float, best: Callable[[], Numbers]) -> bool:
        """Tell of the search in one community; answers whether to stop."""
        if self.told is not None:
            so_far = self.best
            self.stopped = self.told(
                (self.done + share) / self.of, lambda: _so_far(so_far, one, best())
            )
        return self.stopped


def laid(
    net: Net,
    parts: Iterable[tuple[str, list[list[int]]]],
    *,
    low: int,
    high: int,
    seed: int = 0,
) -> Net:
    """The net that ``propose`` came to, from the parts that it told (``Best.parts``).

    Args:
        net: The same net.
        parts: Units of each part, by community, in the order told.
        low: As it was.
        high: As it was.
        seed: As it was.
    """
    for name, groups in parts:
        light = lightened(net, name, low=low, high=high, seed=seed)
        one = Community(light, name, low=low, high=high, keep=0.0)
        of = {unit: number for number, group in enumerate(groups) for unit in group}
        net = _with(one, np.array([of.get(unit, -1) for unit in one.ids.tolist()], dtype=np.int64))
    return net


def _so_far(reached: Best, one: Community, parts: Numbers) -> Best:
    """What was reached before, and this community."""
    if not (parts >= 0).any():
        return reached
    groups = [one.ids[parts == number].tolist() for number in np.unique(parts[parts >= 0])]
    return Best(_with(one, parts), [*reached.parts, (one.name, groups)])


def _with(one: Community, parts: Numbers) -> Net:
    """The net with new grids for the parts; those of today that have no unit left go."""
    net = one.net
    first = net.next_grid
    mine = one.units[parts >= 0]
    numbers = pd.factorize(parts[parts >= 0], sort=True)[0] + first
    if not len(mine):
        return net
    units = net.units.copy(deep=False)
    units["grid"] = units["grid"].copy()
    units.loc[mine.index, "grid"] = pd.array(numbers, dtype="Int64")
    new = np.unique(numbers)
    grids = pd.DataFrame(
        {"code": None, "name": "", "community": one.name, "locked": False, "worker": None},
        index=pd.Index(new, name=net.grids.index.name),
    ).astype(dict.fromkeys(("code", "name", "community", "worker"), object))
    carried_on = heirs(
        numbers,
        mine["grid"].to_numpy(),
        households=one.households[parts >= 0],
        area_m2=shapely.area(mine.geometry.to_numpy()),
    )
    named = ["code", "name", "worker"]
    of_today = net.grids.reindex(list(carried_on.values()))[named].to_numpy()
    grids.loc[list(carried_on), named] = of_today
    kept = net.grids[net.grids.index.isin(units["grid"].dropna().unique())]
    both = pd.concat([kept, grids]) if len(kept) else grids
    return replace(net, units=units, grids=both, next_grid=int(new.max()) + 1)


def figures(net: Net, today: Net, *, low: int, high: int) -> dict[str, float | None]:
    """``grids``, ``in_band`` and ``handed_over`` of a net."""
    totals = net.units.groupby("grid")["households"].sum()
    return {
        "grids": len(totals),
        "in_band": int(((totals >= low) & (totals <= high)).sum()),
        "handed_over": handed_over(net, today),
    }


def objective(net: Net, today: Net, *, low: int, high: int) -> dict[str, float | None]:
    """The parts of what a proposal tries to make small or large."""
    units = net.units
    shared = shared_borders(units.geometry.to_numpy())
    grid = units["grid"].fillna(-1).to_numpy(dtype=np.int64)
    between = grid[shared.pairs[:, 0]] != grid[shared.pairs[:, 1]]
    return figures(net, today, low=low, high=high) | {
        "border_m": float(shared.metres[between].sum()),
        "on_street_m": float((shared.metres * street_share(shared, lines_of(net)))[between].sum()),
    }


def handed_over(net: Net, today: Net) -> float | None:
    """Households that get another worker than today.

    Where no worker is named, those whose grid is not the one that carries on theirs of today. Grids
    with neither worker nor code were drawn in the draft and are nobody's. None: none is anybody's.
    """
    worker = today.grids["worker"].fillna("").astype(str).str.strip()
    owned = today.grids.index[(worker != "") | today.grids["code"].notna()]
    had = _today(net, today)
    had = had.where(had.isin(owned))
    if not had.notna().any():
        return None
    has = net.units["grid"]
    households = net.units["households"].fillna(0).to_numpy(dtype=float)
    carried_on = heirs(
        has.to_numpy(),
        had.to_numpy(),
        households=households,
        area_m2=shapely.area(net.units.geometry.to_numpy()),
    )
    before = keepers(today, had)
    after = keepers(today, has.map(carried_on).astype("Int64"))
    moved = had.notna().to_numpy() & has.notna().to_numpy() & (before != after)
    return float(households[moved].sum())


def _today(net: Net, today: Net) -> Any:
    """The grid of today of each unit; a part of a unit that was cut lies in that of the whole."""
    had = today.units["grid"].reindex(net.units.index)
    new = ~net.units.index.isin(today.units.index)
    if new.any():
        tree = shapely.STRtree(today.units.geometry.to_numpy())
        middles = shapely.point_on_surface(net.units.geometry.to_numpy()[new])
        part, of = tree.query(middles, predicate="intersects")
        first = np.unique(part, return_index=True)[1]
        fresh = net.units.index[new]
        had.loc[fresh[part[first]]] = today.units["grid"].array[of[first]]
    return had
