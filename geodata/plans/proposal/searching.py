"""Communities searched apart from each other, each by one who knows no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geodata.plans.net import Net
from geodata.plans.proposal.community import Community
from geodata.plans.proposal.cutting import lightened
from geodata.plans.proposal.graph import Numbers
from geodata.plans.proposal.obstacle import Obstacle
from geodata.plans.proposal.streets import STREET_M
from geodata.spreading import Hands, dropped, spread


@dataclass(frozen=True)
class Task:
    """A community to be searched: the part of the net that is its own, and the demand."""

    net: Net
    community: str
    demand: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """The part of each unit of a community, in the order of ``Community.ids``, and the obstacles.

    The obstacles name units by their numbers in ``ids``: units that were cut here may have others
    in the whole net, in the same order.
    """

    parts: Numbers
    ids: list[int]
    obstacles: list[Obstacle]

    def obstacles_in(self, ids: list[int]) -> list[Obstacle]:
        """The obstacles, in terms of the whole net's numbers."""
        number = dict(zip(self.ids, ids, strict=True))
        return [replace(one, units=[number[unit] for unit in one.units]) for one in self.obstacles]


def searched(task: Task) -> Answer:
    """Search one community."""
    low, high, seed = (task.demand[name] for name in ("low", "high", "seed"))
    light = lightened(task.net, task.community, low=low, high=high, seed=seed)
    one = Community(light, task.community, low=low, high=high, keep=task.demand["keep"])
    seconds = task.demand["seconds"]
    parts, obstacles = one.divided(seed=seed, seconds=seconds, watch=lambda *_best: dropped())
    return Answer(parts, one.ids.tolist(), obstacles)


def all_searched(
    net: Net,
    names: list[str],
    demand: dict[str, Any],
    *,
    hands: Hands,
    stopped: Callable[[], bool],
) -> Iterator[Answer]:
    """Search these communities at once; the answers come in their order.

    Args:
        net: The whole net as it is today.
        names: Codes.
        demand: ``low`` ``high`` ``keep`` ``seed`` ``seconds``.
        hands: Who searches.
        stopped: Asked all the while; true ends it.
    """
    tasks = [Task(own(net, name), name, demand) for name in names]
    return spread(searched, tasks, hands=hands, stopped=stopped)


def own(net: Net, community: str) -> Net:
    """The units of a community with the streets beside them.

    It may go over a network: of the grids of today it tells apart who answers for them, without
    their names.
    """
    units = net.units[net.units["community"] == community]
    lines = net.lines
    if lines is not None and len(lines):
        west, south, east, north = units.total_bounds
        x0, y0, x1, y1 = shapely.bounds(lines.geometry.to_numpy()).T
        far = 2 * STREET_M
        near = (x0 <= east + far) & (x1 >= west - far) & (y0 <= north + far) & (y1 >= south - far)
        lines = lines[np.asarray(near, dtype=bool)]
    grids = net.grids[net.grids.index.isin(units["grid"].dropna())]
    people = pd.factorize(grids["worker"].where(grids["worker"].map(_is_named)))[0]
    nameless = [None if number < 0 else str(number) for number in people.tolist()]
    grids = grids.assign(name="", worker=pd.Series(nameless, index=grids.index, dtype=object))
    return replace(net, units=units, lines=lines, grids=grids)


def _is_named(worker: Any) -> bool:
    return isinstance(worker, str) and bool(worker.strip())
