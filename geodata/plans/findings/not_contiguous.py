"""Grids in several parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from geodata.plans.coverage import wider_than
from geodata.plans.findings.finding import Found
from geodata.plans.findings.gap import takers
from geodata.plans.findings.subject import Subject

RULE = "not_contiguous"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid whose parts do not share a border; parts that meet in a point are apart.

    Strips too thin to mean anything are told as slivers and not again here. Islands, which nothing
    lies beside, cannot be joined to anything: a grid that is apart only because of them is slight.
    """
    shapes = subject.grids.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    for place in np.flatnonzero(shapely.get_num_geometries(shapes) > 1).tolist():
        who = subject.grids.index[place]
        parts = shapely.get_parts(shapes[place])
        parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
        parts = _wide(subject, parts)
        if len(parts) < 2:
            continue
        joinable = _joinable(subject, tree, place, parts)
        rest = joinable if len(joinable) else parts[1:]
        yield Found(
            (who,),
            shapely.multipolygons(rest),
            {
                "parts": len(parts),
                "islands": len(parts) - 1 - len(joinable),
                "area_m2": round(float(shapely.area(rest).sum()), 3),
            },
            {"grid": subject.title(who), "parts": len(parts)},
            tuple(_mends(subject, who, joinable)),
            slight=not len(joinable),
        )


def _wide(subject: Subject, parts: Any) -> Any:
    """The largest part and all others that are no slivers."""
    limits = subject.limits
    keep = [
        place == 0 or (shapely.area(part) > limits.least_m2 and wider_than(part, limits.narrow_m))
        for place, part in enumerate(parts)
    ]
    return parts[np.array(keep, dtype=bool)]


def _joinable(subject: Subject, tree: shapely.STRtree, place: int, parts: Any) -> Any:
    """The parts but the first that another grid, or another part of this one, lies beside."""
    near = subject.limits.narrow_m
    part, grid = tree.query(parts[1:], predicate="dwithin", distance=near)
    beside = set(part[grid != place].tolist())
    one, other = shapely.STRtree(parts).query(parts[1:], predicate="dwithin", distance=near)
    beside |= set(one[other != one + 1].tolist())
    return parts[1:][sorted(beside)]


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
