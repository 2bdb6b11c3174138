"""The borders that polygons of a coverage share, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geodata.plans.coverage.borders import RASTER_M, Lengths, Numbers, Shapes, sides


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
    segments, owner = sides(shapes)
    both = segments.duplicated(keep=False).to_numpy()
    table = segments[both].assign(owner=owner[both])
    ends = table.sort_values([*segments.columns, "owner"], kind="stable").to_numpy()
    same = (ends[1:, :4] == ends[:-1, :4]).all(axis=1) & (ends[1:, 4] != ends[:-1, 4])
    found = np.column_stack((ends[:-1, 4][same], ends[1:, 4][same], ends[:-1, :4][same]))
    pairs, of = np.unique(found[:, :2], axis=0, return_inverse=True)
    lines = shapely.linestrings(found[:, 2:].reshape(-1, 2, 2) * RASTER_M)
    of = np.asarray(of, dtype=np.int64).reshape(-1)
    metres = np.bincount(of, shapely.length(lines), minlength=len(pairs)).astype(float)
    return Shared(pairs.astype(np.int64), metres, np.asarray(lines, dtype=object), of)
