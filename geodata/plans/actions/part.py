"""The part of a net that an action needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.plans.actions.naming import number
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.net import Net


@dataclass(frozen=True)
class Reach:
    """What an action may touch: load these grids, and the units that touch them.

    Attributes:
        grids: Grids that it names.
        units: Units that it names; their grids are needed too.
        shape: A place in the metres of the net, None for none: all grids that have a unit there
            are needed, and the units there that are in no grid.
    """

    grids: tuple[int, ...]
    units: tuple[int, ...]
    shape: Any = None


def reach_of(action: Mapping[str, Any], *, tolerance: Tolerance | None = None) -> Reach:
    """What an action may touch. What makes no sense in it is left to ``apply``."""
    care = tolerance or Tolerance()
    drawn: list[Any] = [
        shape
        for name in ("line", "polygon", "from", "to")
        if isinstance(shape := action.get(name), BaseGeometry)
        and not shape.is_empty
        and np.isfinite(shapely.get_coordinates(shape)).all()
        and shapely.get_num_coordinates(shape) <= care.most_points
    ]
    place = None
    if drawn:
        # A border sweeps over what lies between its old place and the new one.
        seen = shapely.GeometryCollection(drawn)
        place = shapely.buffer(
            shapely.convex_hull(seen) if action.get("action") in ("drag", "reshape") else seen,
            max(care.snap_m, care.grasp_m) + 0.01,
            quad_segs=2,
        )
    return Reach(
        grids=_numbers([action.get("grid"), *_listed(action.get("grids"))]),
        units=_numbers(_listed(action.get("units"))),
        shape=place,
    )


def part_of(net: Net, action: Mapping[str, Any], *, tolerance: Tolerance | None = None) -> Net:
    """The part of a net on which an action gives the same as on the whole."""
    reach = reach_of(action, tolerance=tolerance)
    units = net.units
    has = units["grid"].fillna(-1).to_numpy(dtype=np.int64)
    shapes = units.geometry.to_numpy()
    wanted = units.index.isin(list(reach.units))
    if reach.shape is not None:
        there = units.sindex.query(reach.shape, predicate="intersects")
        wanted[there] = True
    grids = {*reach.grids, *has[wanted].tolist()}
    wanted |= np.isin(has, list(grids))
    at = np.flatnonzero(wanted)
    beside = np.unique(units.sindex.query(shapes[at], predicate="intersects")[1])
    kept = np.union1d(at, beside)
    known = sorted({*has[kept].tolist(), *grids} & set(net.grids.index.tolist()))
    return replace(net, units=units.iloc[kept], grids=net.grids.loc[known])


def _listed(given: Any) -> list[Any]:
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        return [given]
    return list(given)


def _numbers(given: list[Any]) -> tuple[int, ...]:
    found = (number(one) for one in given)
    return tuple(dict.fromkeys(one for one in found if one is not None))
