"""Grids in several parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from geodata.plans.findings.finding import Found
from geodata.plans.findings.gap import takers
from geodata.plans.findings.subject import Subject

RULE = "not_contiguous"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid whose parts do not share a border; parts that meet in a point are apart."""
    shapes = subject.grids.geometry.to_numpy()
    for place in np.flatnonzero(shapely.get_num_geometries(shapes) > 1):
        who = subject.grids.index[place]
        parts = shapely.get_parts(shapes[place])
        parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
        parts = parts[shapely.area(parts) > subject.limits.least_m2]
        if len(parts) < 2:
            continue
        rest = parts[1:]
        yield Found(
            (who,),
            shapely.multipolygons(rest),
            {"parts": len(parts), "area_m2": round(float(shapely.area(rest).sum()), 3)},
            {"grid": subject.title(who), "parts": len(parts)},
            tuple(_mends(subject, who, rest)),
        )


def _mends(subject: Subject, who: Any, rest: Any) -> Iterator[dict[str, Any]]:
    """Give the smaller parts to the neighbours beside them."""
    if subject.net is None:
        return
    mine = subject.net.of(who)
    inner = shapely.point_on_surface(mine.geometry.to_numpy())
    for part in rest:
        units = tuple(mine.index[shapely.intersects(part, inner)].tolist())
        best = next(takers(subject, units), None)
        if best is not None:
            yield best
