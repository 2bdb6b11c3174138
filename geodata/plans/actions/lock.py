"""Keep grids as they are, whatever is drawn or proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geodata.plans.actions.naming import named_grids
from geodata.plans.actions.step import Step, nothing_changes
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net


def lock(net: Net, action: Mapping[str, Any], _tolerance: Tolerance) -> Step:
    """Lock ``grid`` or ``grids``; raises Refused (``unknown_grid``, ``nothing_changes``)."""
    return locked(net, named_grids(net, action), is_locked=True)


def locked(net: Net, named: list[int], *, is_locked: bool) -> Step:
    """The step that locks these grids, or unlocks them."""
    changed = [grid for grid in named if bool(net.grids.at[grid, "locked"]) != is_locked]
    if not changed:
        raise nothing_changes()
    grids = net.grids.copy()
    grids.loc[changed, "locked"] = is_locked
    return Step(replace(net, grids=grids), grids_changed=tuple(sorted(changed)))
