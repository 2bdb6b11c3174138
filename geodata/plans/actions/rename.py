"""Give a grid another name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geodata.plans.actions.naming import named_grids, prove_unlocked
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.step import Step, nothing_changes
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net
from geodata.words import sentence as _

LONGEST_NAME = 100
"""Characters of a grid's name."""


def rename(net: Net, action: Mapping[str, Any], _tolerance: Tolerance) -> Step:
    """Call ``grid`` by ``name``.

    Two grids of one name are a finding and no refusal.

    Raises:
        Refused: ``unknown_grid`` ``locked`` ``no_name`` ``name_too_long`` ``nothing_changes``.
    """
    grid = named_grids(net, action)[0]
    name = given_name(action)
    if name is None:
        raise Refused(_("Write a name for the grid."), reason="no_name")
    prove_unlocked(net, [grid])
    if net.grids.at[grid, "name"] == name:
        raise nothing_changes()
    grids = net.grids.copy()
    grids.at[grid, "name"] = name
    return Step(replace(net, grids=grids), grids_changed=(grid,))


def given_name(action: Mapping[str, Any]) -> str | None:
    """The name in an action, None if there is none; raises Refused for what is no name."""
    name = action.get("name")
    if name is None or (isinstance(name, str) and not name.strip()):
        return None
    if not isinstance(name, str) or not name.strip().isprintable():
        raise Refused(_("Write a name for the grid."), reason="no_name")
    if len(name.strip()) > LONGEST_NAME:
        raise Refused(
            _("The name is longer than %(most)s characters: shorten it."),
            reason="name_too_long",
            most=LONGEST_NAME,
        )
    return name.strip()
