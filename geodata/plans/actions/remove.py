"""Take a grid out of the net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from geodata.plans.actions.naming import named_grids, prove_unlocked
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import shared, sides
from geodata.plans.actions.step import NO_GRID, Step, handed
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net
from geodata.words import sentence as _

UNITS_TO = ("none", "neighbours")


def remove(net: Net, action: Mapping[str, Any], _tolerance: Tolerance) -> Step:
    """Remove ``grid`` or ``grids``; ``units_to`` says where their units go.

    ``none`` (as when not given): to no grid. ``neighbours``: each to the grid that it shares the
    longest border with, from the edge of the removed grid inwards; grids that are locked get none,
    and what no other grid touches goes to no grid.

    Raises:
        Refused: ``unknown_grid`` ``locked``; ``units_to``: it is neither of the two.
    """
    grids = named_grids(net, action)
    to = action.get("units_to") or "none"
    if to not in UNITS_TO:
        raise Refused(
            _("The units of a removed grid go to “none” or to “neighbours”."), reason="units_to"
        )
    prove_unlocked(net, grids)
    units = [int(unit) for unit in net.units.index[net.units["grid"].isin(grids)]]
    goes = dict.fromkeys(units, NO_GRID)
    if to == "neighbours":
        goes |= _by_longest_border(net, set(grids))
    return handed(net, goes) if units else handed_nothing(net, grids)


def handed_nothing(net: Net, grids: list[int]) -> Step:
    """The step that removes grids without units."""
    left = net.grids.drop(index=grids)
    return Step(replace(net, grids=left), grids_removed=tuple(sorted(grids)))


def _by_longest_border(net: Net, grids: set[int]) -> dict[int, int]:
    """The grid that each unit of these grids falls to, as far as others touch them."""
    has = net.units["grid"].fillna(NO_GRID).to_numpy(dtype=np.int64).copy()
    index = net.units.index.to_numpy()
    closed = {int(grid) for grid in net.grids.index[net.grids["locked"].astype(bool)]}
    free = np.isin(has, list(grids))
    pairs, metres = shared(sides(net.units.geometry.to_numpy()))
    near = free[pairs].any(axis=1)
    pairs, metres = np.concatenate((pairs[near], pairs[near][:, ::-1])), np.tile(metres[near], 2)
    goes: dict[int, int] = {}
    while True:
        open_ = free[pairs[:, 0]] & ~free[pairs[:, 1]]
        open_ &= ~np.isin(has[pairs[:, 1]], [NO_GRID, *closed])
        if not open_.any():
            return goes
        length: dict[int, dict[int, float]] = {}
        for (unit, other), run in zip(pairs[open_].tolist(), metres[open_].tolist(), strict=True):
            beside = length.setdefault(unit, {})
            beside[int(has[other])] = beside.get(int(has[other]), 0.0) + run
        for unit, beside in length.items():
            grid = max(beside, key=lambda key, of=beside: (round(of[key], 3), -key))  # type: ignore[misc]
            goes[int(index[unit])] = grid
            has[unit], free[unit] = grid, False
