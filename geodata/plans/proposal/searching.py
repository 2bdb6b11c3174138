"""Communities searched apart from each other, each in a process that knows no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from geodata.plans.net import Net
from geodata.plans.proposal.community import Community
from geodata.plans.proposal.cutting import lightened
from geodata.plans.proposal.graph import Numbers
from geodata.plans.proposal.obstacle import Obstacle
from geodata.plans.proposal.streets import STREET_M
from geodata.spreading import spread


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
    parts, obstacles = one.divided(seed=seed, seconds=task.demand["seconds"], watch=None)
    return Answer(parts, one.ids.tolist(), obstacles)


def all_searched(
    net: Net,
    names: list[str],
    demand: dict[str, Any],
    *,
    processes: int,
    stopped: Callable[[], bool],
) -> Iterator[Answer]:
    """Search these communities at once; the answers come in their order.

    Args:
        net: The whole net as it is today.
        names: Codes.
        demand: ``low`` ``high`` ``keep`` ``seed`` ``seconds``.
        processes: How many at once.
        stopped: Asked all the while; true ends it.
    """
    tasks = [Task(_own(net, name), name, demand) for name in names]
    return spread(searched, tasks, processes=processes, stopped=stopped)


def _own(net: Net, community: str) -> Net:
    """The units of a community with the streets beside them."""
    units = net.units[net.units["community"] == community]
    lines = net.lines
    if lines is not None and len(lines):
        west, south, east, north = units.total_bounds
        x0, y0, x1, y1 = shapely.bounds(lines.geometry.to_numpy()).T
        far = 2 * STREET_M
        near = (x0 <= east + far) & (x1 >= west - far) & (y0 <= north + far) & (y1 >= south - far)
        lines = lines[np.asarray(near, dtype=bool)]
    return replace(net, units=units, lines=lines)
