"""Let grids be changed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geodata.plans.actions.lock import locked
from geodata.plans.actions.naming import named_grids
from geodata.plans.actions.step import Step
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net


def unlock(net: Net, action: Mapping[str, Any], _tolerance: Tolerance) -> Step:
    """Unlock ``grid`` or ``grids``; raises Refused (``unknown_grid``, ``nothing_changes``)."""
    return locked(net, named_grids(net, action), is_locked=False)
