"""The borders that polygons of a coverage share, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.plans.coverage.borders import RASTER_M, Lengths, Numbers, Shapes, shared_sides


@dataclass(frozen=True)
class Shared:
    """Pairs of neighbours (m × 2 positions, sorted) and the border that each pair shares.

    ``metres`` is its length (m); ``segments`` are its straight pieces (lines) and ``of`` the pair
    that each piece belongs to.
    """

    pairs: Numbers
    metres: Lengths
    segments: Shapes
    of: Numbers


def shared_borders(shapes: Any) -> Shared:
    """Who shares which border with whom.

    Args:
        shapes: Polygons or multipolygons of a coverage, in metres, on the raster.
    """
    sides, ends = shared_sides(shapes)
    pairs, of = np.unique(sides, axis=0, return_inverse=True)
    lines = shapely.linestrings(ends.reshape(-1, 2, 2) * RASTER_M)
    of = np.asarray(of, dtype=np.int64).reshape(-1)
    metres = np.bincount(of, shapely.length(lines), minlength=len(pairs)).astype(float)
    return Shared(pairs, metres, np.asarray(lines, dtype=object), of)
