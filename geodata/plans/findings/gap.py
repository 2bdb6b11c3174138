"""Ground in no grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from geodata.plans.findings.finding import Found, is_slight, said, width_m
from geodata.plans.findings.subject import Patch, Subject

RULE = "gap"


def find(subject: Subject) -> Iterator[Found]:
    """Each connected piece of ground that no grid has; in a plan with the neighbours to take it."""
    for patch in subject.gaps:
        area = float(shapely.area(patch.ground))
        numbers: dict[str, Any] = {
            "area_m2": round(area, 3),
            "width_m": round(width_m(patch.ground), 3),
        }
        if patch.units:
            numbers["units"] = list(patch.units)
            numbers["households"] = patch.households
        yield Found(
            patch.ids,
            patch.ground,
            numbers,
            {"area": said(area)},
            tuple(_mends(subject, patch)),
            slight=is_slight(patch.ground),
        )


def _mends(subject: Subject, patch: Patch) -> Iterator[dict[str, Any]]:
    """Give it to the grid that it shares most border with; in a plan of the same community."""
    if subject.net is None:
        yield from ({"action": "give", "to": one} for one in patch.ids)
        return
    yield from takers(subject, patch.units)


def takers(subject: Subject, units: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """Actions that give units to a neighbouring grid of their community, the nearest first."""
    net = subject.net
    if net is None:
        return
    place = net.units.index.get_indexer(list(units))
    mine = np.zeros(len(net.units), dtype=bool)
    mine[place] = True
    grid = subject.grid_of_unit
    community = net.units["community"].to_numpy(dtype=object)
    own = set(grid[mine].tolist())
    pairs, length = subject.beside
    around: dict[int, float] = {}
    across = mine[pairs[:, 0]] != mine[pairs[:, 1]]
    for (a, b), metres in zip(pairs[across].tolist(), length[across].tolist(), strict=True):
        inner, outer = (a, b) if mine[a] else (b, a)
        if grid[outer] >= 0 and grid[outer] not in own and community[inner] == community[outer]:
            around[int(grid[outer])] = around.get(int(grid[outer]), 0.0) + metres
    locked = net.grids["locked"]
    for one in sorted(around, key=lambda it: (-around[it], it)):
        if not bool(locked.get(one, False)):
            yield {"action": "assign", "units": list(units), "grid": one}
