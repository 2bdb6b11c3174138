"""From one net to the next, with what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Polygon

from geodata.plans.actions.counting import counts_of, homes_of
from geodata.plans.actions.faces import Parts
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.sides import PER_M, Numbers, Shapes, whole
from geodata.plans.coverage import RASTER_M
from geodata.plans.net import COUNTED, Net
from geodata.words import sentence as _

NO_GRID = -1
"""Label of what goes to no grid."""


@dataclass(frozen=True)
class Step:
    """What an action did.

    Attributes:
        net: The net after it.
        units_changed: Units whose row differs: their grid, or a point more on their border.
        units_removed: Units that were cut; their parts are new units.
        units_added: The parts.
        grids_changed: Grids whose row differs.
        grids_removed: Grids that have no unit any more.
        grids_added: New grids.
        grids_redrawn: Grids before or after that got or lost ground: their figures are new.
        joined: Crumbs that stayed with the rest of their unit.
    """

    net: Net
    units_changed: tuple[int, ...] = ()
    units_removed: tuple[int, ...] = ()
    units_added: tuple[int, ...] = ()
    grids_changed: tuple[int, ...] = ()
    grids_removed: tuple[int, ...] = ()
    grids_added: tuple[int, ...] = ()
    grids_redrawn: tuple[int, ...] = ()
    joined: int = 0


def handed(net: Net, goes: Mapping[int, int], *, new: pd.DataFrame | None = None) -> Step:
    """The step that hands units over as they are.

    Args:
        net: The net before.
        goes: The grid that each unit goes to by the unit's number, ``NO_GRID`` for none.
        new: Rows of new grids.
    """
    return assembled(net, goes, {}, new=new)


def parted(net: Net, at: Numbers, parts: Parts, *, new: pd.DataFrame | None = None) -> Step:
    """The step that cuts units and hands parts over.

    Args:
        net: The net before.
        at: Places in ``net.units`` of the units that the parts are of.
        parts: Labels are grids, or ``NO_GRID``.
        new: Rows of new grids.
    """
    index = net.units.index.to_numpy()
    goes = {int(index[at[unit]]): label for unit, label in parts.whole.items()}
    cut = {int(index[at[unit]]): shapes for unit, shapes in parts.cut.items()}
    return replace(assembled(net, goes, cut, new=new), joined=parts.joined)


def assembled(
    net: Net,
    goes: Mapping[int, int],
    cut: Mapping[int, list[tuple[int, Polygon]]],
    *,
    new: pd.DataFrame | None = None,
) -> Step:
    """The step in which whole units go to grids and others are replaced by parts.

    Raises:
        Refused: Nothing would change, or the ground cannot be cut cleanly there.
    """
    units = net.units
    had = units["grid"].fillna(NO_GRID).to_numpy(dtype=np.int64)
    index = units.index.to_numpy()
    place = {int(unit): k for k, unit in enumerate(index)}
    has = had.copy()
    for unit, grid in goes.items():
        has[place[unit]] = grid
    shapes = units.geometry.to_numpy().copy()
    pointed = _neighbours_pointed(shapes, [place[unit] for unit in cut], cut)
    for k, shape in pointed.items():
        shapes[k] = shape
    changed = sorted(int(index[k]) for k in {*np.flatnonzero(had != has), *pointed})
    added = _part_rows(net, cut, place)
    if not changed and not len(added) and new is None:
        raise nothing_changes()
    after = _rows_after(units, has, shapes, cut, added)
    old = units.geometry.to_numpy()[[*(place[unit] for unit in cut), *pointed]]
    _prove_clean(after, [*added.index, *(index[k] for k in pointed)], old)
    redrawn = {*had[had != has].tolist(), *has[had != has].tolist()}
    for unit, parts in cut.items():
        labels = {label for label, _shape in parts}
        redrawn |= {int(had[place[unit]]), *labels} if labels != {int(had[place[unit]])} else set()
    redrawn.discard(NO_GRID)
    grids = net.grids if new is None else pd.concat([net.grids, new])
    left = set(after["grid"].dropna().astype(int))
    emptied = sorted(grid for grid in redrawn if grid in net.grids.index and grid not in left)
    if emptied:
        grids = grids.drop(index=emptied)
    return Step(
        net=replace(
            net,
            units=after,
            grids=grids,
            next_unit=net.next_unit + len(added),
            next_grid=net.next_grid
            if new is None
            else max(net.next_grid, int(new.index.max()) + 1),
        ),
        units_changed=tuple(changed),
        units_removed=tuple(sorted(cut)),
        units_added=tuple(int(unit) for unit in added.index),
        grids_removed=tuple(emptied),
        grids_added=() if new is None else tuple(int(grid) for grid in new.index),
        grids_redrawn=tuple(sorted(redrawn)),
    )


def changed_hands(parts: Parts, had: Numbers) -> set[int]:
    """The grids that parts go from and to, ``NO_GRID`` among them."""
    moves = [(int(had[unit]), label) for unit, label in parts.whole.items()]
    moves += [(int(had[unit]), label) for unit, cut in parts.cut.items() for label, _shape in cut]
    return {grid for before, after in moves if before != after for grid in (before, after)}


def new_grids(net: Net, names: Iterable[str | None], communities: Iterable[Any]) -> pd.DataFrame:
    """Rows of new grids, numbered from ``next_grid``."""
    named, lies = list(names), list(communities)
    rows = pd.DataFrame(
        {
            "code": [None] * len(named),
            "name": named,
            "community": lies,
            "locked": [False] * len(named),
            "worker": [None] * len(named),
        },
        index=pd.RangeIndex(net.next_grid, net.next_grid + len(named), name=net.grids.index.name),
    )
    same = {name: kind for name, kind in net.grids.dtypes.items() if name in rows}
    return rows.astype(same).reindex(columns=net.grids.columns)


def nothing_changes() -> Refused:
    """The refusal of what would leave all as it is."""
    return Refused(_("This would change nothing."), reason="nothing_changes")


def _rows_after(
    units: gpd.GeoDataFrame, has: Numbers, shapes: Shapes, cut: Mapping[int, Any], added: Any
) -> gpd.GeoDataFrame:
    after = units.copy(deep=False)
    after["grid"] = pd.array(np.where(has == NO_GRID, 0, has), dtype="Int64")
    if (has == NO_GRID).any():
        after["grid"] = after["grid"].mask(has == NO_GRID)
    name = units.geometry.name
    after[name] = gpd.array.GeometryArray(shapes, crs=units.crs)
    if cut:
        after = after.drop(index=list(cut))
        after = gpd.GeoDataFrame(pd.concat([after, added]), geometry=name, crs=units.crs)
    return after


def _part_rows(net: Net, cut: Mapping[int, Any], place: Mapping[int, int]) -> gpd.GeoDataFrame:
    """Rows of the parts, in the order of the units they are of."""
    units = net.units
    origin = [unit for unit in sorted(cut) for _part in cut[unit]]
    rows = units.iloc[[place[unit] for unit in origin]].copy()
    if not origin:
        return rows
    values: dict[str, list[Any]] = {name: [] for name in (*COUNTED, "homes", "grid")}
    shapes: list[Polygon] = []
    at = [place[unit] for unit in sorted(cut)]
    known = {name: units[name].array[at].to_numpy(dtype=object, na_value=None) for name in COUNTED}
    built = units["homes"].to_numpy()[at]
    for k, unit in enumerate(sorted(cut)):
        labels, parts = zip(*cut[unit], strict=True)
        homes = homes_of(built[k], parts)
        totals = {name: known[name][k] for name in COUNTED}
        for name, counts in counts_of(totals, homes, [part.area for part in parts]).items():
            values[name] += counts
        values["homes"] += homes
        values["grid"] += [pd.NA if label == NO_GRID else label for label in labels]
        shapes += parts
    rows.index = pd.Index(
        range(net.next_unit, net.next_unit + len(origin)), name=units.index.name, dtype="int64"
    )
    for name in (*COUNTED, "grid"):
        rows[name] = pd.array(values[name], dtype="Int64")
    rows["homes"] = pd.Series(values["homes"], index=rows.index, dtype=object)
    rows[units.geometry.name] = gpd.array.GeometryArray(
        np.array(shapes, dtype=object), crs=units.crs
    )
    return rows


def _neighbours_pointed(
    shapes: Shapes, cut_at: list[int], cut: Mapping[int, list[tuple[int, Polygon]]]
) -> dict[int, Polygon]:
    """Units beside the cut ones with the new points on their borders, by their places."""
    if not cut:
        return {}
    parts = np.array([shape for each in cut.values() for _label, shape in each], dtype=object)
    known = {tuple(point) for point in whole(shapely.get_coordinates(shapes[cut_at])).tolist()}
    points = {tuple(point) for point in whole(shapely.get_coordinates(parts)).tolist()} - known
    if not points:
        return {}
    at = np.array(sorted(points), dtype=np.int64)
    places = shapely.points(at / PER_M)
    others = np.setdiff1d(np.arange(len(shapes)), cut_at)
    tree = shapely.STRtree(shapes[others])
    point, other = tree.query(places, predicate="dwithin", distance=RASTER_M)
    return {
        int(others[k]): shape
        for k in np.unique(other)
        if (shape := _with_points(shapes[others[k]], at[point[other == k]])) is not None
    }


def _with_points(shape: Polygon, points: Numbers) -> Polygon | None:
    """The polygon with these points of the raster put in where its sides pass them."""
    rings = [_ring_with_points(ring, points) for ring in (shape.exterior, *shape.interiors)]
    if all(ring is None for ring in rings):
        return None
    drawn = [
        old if new is None else new
        for old, new in zip((shape.exterior, *shape.interiors), rings, strict=True)
    ]
    return Polygon(drawn[0], drawn[1:])


def _ring_with_points(ring: Any, points: Numbers) -> Any:
    at = whole(ring.coords)
    have = {tuple(point) for point in at.tolist()}
    fresh = np.array([p for p in points.tolist() if tuple(p) not in have], dtype=np.int64)
    if not len(fresh):
        return None
    start, run = at[:-1], (at[1:] - at[:-1]).astype(float)
    square = np.maximum((run**2).sum(axis=1), 1.0)
    put: list[tuple[int, float, int]] = []
    for k, point in enumerate(fresh):
        off = (point - start).astype(float)
        along = np.clip((off * run).sum(axis=1) / square, 0.0, 1.0)
        away = np.hypot(*(off - along[:, None] * run).T)
        side = int(away.argmin())
        if away[side] <= 0.75 and 0 < along[side] < 1:
            put.append((side, float(along[side]), k))
    if not put:
        return None
    put.sort()
    places = [side + 1 for side, _along, _k in put]
    drawn = np.insert(at, places, fresh[[k for _side, _along, k in put]], axis=0)
    return shapely.linearrings(drawn / PER_M)


def _prove_clean(after: gpd.GeoDataFrame, drawn: list[Any], old: Shapes) -> None:
    """Refuse a cut after which the units near it would not be a coverage of the same ground.

    Args:
        after: All units after it.
        drawn: The units that are new or have new points.
        old: What their ground was before.
    """
    if not drawn:
        return
    shapes = after.geometry.to_numpy()
    fresh = shapes[after.index.get_indexer(drawn)]
    near = np.unique(shapely.STRtree(shapes).query(fresh, predicate="intersects")[1])
    # a point moves by half a step of the raster at most
    most = RASTER_M * (1.0 + float(shapely.length(old).sum()))
    if (
        not shapely.is_valid(fresh).all()
        or not shapely.coverage_is_valid(shapes[near])
        or abs(float(shapely.area(fresh).sum() - shapely.area(old).sum())) > most
    ):
        raise Refused(
            _("The line runs too close to another border there: draw it a little further off."),
            reason="too_close",
        )
