"""Hand units over to a grid, or to none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geodata.plans.actions.naming import known_grid, named_units, prove_unlocked
from geodata.plans.actions.step import NO_GRID, Step, handed, nothing_changes
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net


def assign(net: Net, action: Mapping[str, Any], _tolerance: Tolerance) -> Step:
    """Give ``units`` to ``grid`` (None: to no grid).

    A grid may come to lie in pieces, which is a finding and no refusal; a grid that has no unit
    left is gone.

    Raises:
        Refused: ``no_units`` ``unknown_unit`` ``unknown_grid`` ``locked`` ``nothing_changes``.
    """
    units = named_units(net, action)
    grid = NO_GRID if action.get("grid") is None else known_grid(net, action["grid"])
    had = net.units.loc[units, "grid"].fillna(NO_GRID).astype(int)
    goes = {unit: grid for unit, before in had.items() if before != grid}
    if not goes:
        raise nothing_changes()
    prove_unlocked(net, [grid, *had[had != grid]])
    return handed(net, goes)
