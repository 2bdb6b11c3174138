"""How much of a shared border lies on a street or a wall."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geodata.plans.coverage.sharing import Shared
from geodata.plans.net import Net

ON_STREET = 0.35
"""What a metre of border on a street costs beside one that lies on none."""
STREET_M = 12.0
"""A border lies on a street that runs as near as this, metres."""


def lines_of(net: Net) -> Any:
    """Streets and walls of a net."""
    if net.lines is None:
        return np.empty(0, dtype=object)
    return net.lines.geometry.to_numpy()


def street_share(shared: Shared, lines: Any) -> Any:
    """The share of each shared border that lies on a street, from 0 to 1.

    Args:
        shared: Shared borders, metres.
        lines: Streets and walls in the same metres.
    """
    share = np.zeros(len(shared.pairs))
    if not len(lines) or not len(shared.segments):
        return share
    middles = shapely.line_interpolate_point(shared.segments, 0.5, normalized=True)
    west, south, east, north = shapely.total_bounds(shared.segments)
    x0, y0, x1, y1 = shapely.bounds(lines).T
    about = (x0 <= east + STREET_M) & (x1 >= west - STREET_M)
    about &= (y0 <= north + STREET_M) & (y1 >= south - STREET_M)
    tree = shapely.STRtree(lines[about])
    near = np.unique(tree.query(middles, predicate="dwithin", distance=STREET_M)[0])
    run = shapely.length(shared.segments)
    on_street = np.bincount(shared.of[near], run[near], minlength=len(share))
    return np.clip(on_street / np.maximum(shared.metres, 1e-9), 0, 1)


def along_streets(shared: Shared, lines: Any) -> Any:
    """Metres of each shared border, those on a street cheap."""
    return shared.metres * (1 - (1 - ON_STREET) * street_share(shared, lines))
