"""Make one grid of several neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geodata.plans.actions.faces import connected
from geodata.plans.actions.naming import named_grids, prove_unlocked
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import shared, sides
from geodata.plans.actions.step import Step, handed
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net
from geodata.words import sentence as _


def merge(net: Net, action: Mapping[str, Any], _tolerance: Tolerance) -> Step:
    """Give the units of all ``grids`` to the first of them.

    Raises:
        Refused: ``unknown_grid`` ``locked``; ``one_grid``: fewer than two are named;
            ``not_neighbours``: one cannot go from one to the next over a shared border.
    """
    grids = named_grids(net, action)
    if len(grids) < 2:
        raise Refused(_("Choose at least two grids to merge."), reason="one_grid")
    prove_unlocked(net, grids)
    units = net.units[net.units["grid"].isin(grids)]
    number = {grid: k for k, grid in enumerate(grids)}
    of = units["grid"].astype(int).map(number).to_numpy(dtype=np.int64)
    pairs, _metres = shared(sides(units.geometry.to_numpy()))
    if len(np.unique(connected(len(grids), of[pairs]))) > 1:
        raise Refused(
            _("These grids do not all adjoin each other: merge neighbours."),
            reason="not_neighbours",
        )
    goes = {int(unit): grids[0] for unit in units.index[of != 0]}
    return handed(net, goes)
