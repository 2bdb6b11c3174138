"""Units laid over other nets: which piece of which unit lies in which patch of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.plans.actions.counting import counts_of, homes_of
from geodata.plans.net import COUNTED

LEAST_M2 = 0.01
"""A piece that is smaller is what rounding leaves."""


def overlay(units: gpd.GeoDataFrame, nets: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The pieces of units that no border of any of the nets runs through.

    Args:
        units: As a net has them, in metres.
        nets: Polygons by the name of their net, in the same metres. Where patches of one net
            overlap, the ground is the first one's; a patch need not be covered by units.

    Returns:
        One row a piece: ``unit``, for each net a column of its name with the position of the patch
        (-1: in none), ``area_m2``, the counts (Int64; a unit's counts are shared as its buildings
        stand, without buildings by area, and their sum is kept) and the geometry.
    """
    shapes = units.geometry.to_numpy()
    of = np.arange(len(shapes))
    labels: dict[str, Any] = {}
    for name, net in nets.items():
        patches = net.geometry.to_numpy()
        valid = shapely.is_valid(patches)
        if not valid.all():
            patches = np.where(valid, patches, _polygons(shapely.make_valid(patches)))
        piece, patch, shapes = _cut(shapes, patches)
        labels = {known: label[piece] for known, label in labels.items()} | {name: patch}
        of = of[piece]
    order = np.argsort(of, kind="stable")
    shapes, of = shapes[order], of[order]
    frame = pd.DataFrame(
        {
            "unit": units.index.to_numpy()[of],
            **{name: label[order] for name, label in labels.items()},
            "area_m2": shapely.area(shapes),
        }
    )
    for name, values in _counted(units, of, shapes).items():
        frame[name] = pd.array(values, dtype="Int64")
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=units.crs)


def grouped(pieces: gpd.GeoDataFrame, by: Sequence[str]) -> gpd.GeoDataFrame:
    """Pieces with equal values in the columns ``by`` made one, with sums of area and counts."""
    columns = [*by, "area_m2", *COUNTED]
    if not len(pieces):
        return gpd.GeoDataFrame(pieces[[*columns, "geometry"]], crs=pieces.crs)
    frame = pd.DataFrame(pieces[columns])
    group = frame.groupby(list(by), sort=True).ngroup().to_numpy()
    found = frame.groupby(group)
    sums = found[list(by)].first().join(found[["area_m2"]].sum())
    sums = sums.join(found[list(COUNTED)].sum(min_count=1))
    order = np.argsort(group, kind="stable")
    shapes = np.split(pieces.geometry.to_numpy()[order], np.flatnonzero(np.diff(group[order])) + 1)
    joined = np.array(
        [some[0] if len(some) == 1 else shapely.union_all(some) for some in shapes], dtype=object
    )
    return gpd.GeoDataFrame(sums, geometry=joined, crs=pieces.crs)


def _cut(shapes: Any, patches: Any) -> tuple[Any, Any, Any]:
    """Shapes cut by patches: the shape that each piece is of, its patch or -1, the pieces."""
    tree = shapely.STRtree(shapes)
    patch, whole = tree.query(patches, predicate="covers")
    order = np.lexsort((patch, whole))
    whole, first = np.unique(whole[order], return_index=True)
    of, label, pieces = [whole], [patch[order][first]], [shapes[whole]]
    rest = np.setdiff1d(np.arange(len(shapes)), whole)
    if len(rest):
        there = shapely.STRtree(patches)
        at, patch = there.query(shapes[rest], predicate="intersects")
        order = np.lexsort((patch, at))
        at, patch = at[order], patch[order]
        cut = shapely.intersection(shapes[rest][at], patches[patch])
        if not shapely.coverage_is_valid(patches):
            cut = _without_doubles(cut, at)
        kept = shapely.area(cut) > LEAST_M2
        of.append(rest[at[kept]])
        label.append(patch[kept])
        pieces.append(cut[kept])
        taken = np.bincount(at, shapely.area(cut), minlength=len(rest))
        short = np.flatnonzero(shapely.area(shapes[rest]) - taken > LEAST_M2)
        left = np.array(
            [
                shapely.difference(shapes[rest[k]], shapely.union_all(patches[patch[at == k]]))
                for k in short
            ],
            dtype=object,
        )
        real = shapely.area(left) > LEAST_M2
        of.append(rest[short[real]])
        label.append(np.full(int(real.sum()), -1))
        pieces.append(left[real])
    return (
        np.concatenate(of).astype(np.int64),
        np.concatenate(label).astype(np.int64),
        _polygons(np.concatenate(pieces)),
    )


def _without_doubles(cut: Any, at: Any) -> Any:
    """Pieces of which none lies on an earlier one of the same shape."""
    total = np.bincount(at, shapely.area(cut))
    for shape in np.flatnonzero(np.bincount(at) > 1):
        mine = np.flatnonzero(at == shape)
        union = shapely.union_all(cut[mine])
        if total[shape] - union.area <= LEAST_M2:
            continue
        for k, one in enumerate(mine[1:], start=1):
            cut[one] = shapely.difference(cut[one], shapely.union_all(cut[mine[:k]]))
    return cut


def _polygons(shapes: Any) -> Any:
    """Only what has an area: the lines and points in which shapes touch are left out."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == 7)
    for k in mixed:
        parts = shapely.get_parts(shapes[k])
        shapes[k] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return shapes


def _counted(units: gpd.GeoDataFrame, of: Any, shapes: Any) -> dict[str, Any]:
    """The counts of pieces, which are in the order of their units."""
    values = {name: units[name].array[of].to_numpy(dtype=object, na_value=None) for name in COUNTED}
    homes = units["homes"].to_numpy()
    several = np.flatnonzero(np.bincount(of, minlength=len(units)) > 1)
    start = np.searchsorted(of, several)
    end = np.searchsorted(of, several, side="right")
    for unit, first, last in zip(several.tolist(), start.tolist(), end.tolist(), strict=True):
        parts = shapes[first:last]
        totals = {name: values[name][first] for name in COUNTED}
        shared = counts_of(totals, homes_of(homes[unit], parts), shapely.area(parts).tolist())
        for name in COUNTED:
            values[name][first:last] = shared[name]
    return values
