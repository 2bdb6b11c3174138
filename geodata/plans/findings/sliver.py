"""Strips too thin to mean anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from geodata.plans.coverage import wider_than
from geodata.plans.findings.finding import Found, said
from geodata.plans.findings.subject import Subject

RULE = "sliver"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid with parts that no circle of ``narrow_m`` fits into, all of them at once.

    The largest circle in a polygon has at least the radius area / circumference, which settles
    most at once.
    """
    narrow = subject.limits.narrow_m
    parts, grid = shapely.get_parts(subject.grids.geometry.to_numpy(), return_index=True)
    area, around = shapely.area(parts), shapely.length(parts)
    thin = (area > subject.limits.least_m2) & (2 * area < narrow * around)
    strips: dict[int, list[int]] = {}
    for place in np.flatnonzero(thin).tolist():
        if not wider_than(parts[place], narrow):
            strips.setdefault(int(grid[place]), []).append(place)
    for position, some in strips.items():
        who = subject.grids.index[position]
        size = float(area[some].sum())
        width = 2 * size / float(around[some].sum())
        place = max(some, key=lambda one: float(area[one]))
        yield Found(
            (who,),
            parts[place],
            {"area_m2": round(size, 3), "width_m": round(width, 3), "pieces": len(some)},
            {"grid": subject.title(who), "area": said(size), "width": said(width)},
        )
