"""A net: units, which grid has each, and what is known of the grids; all else works on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.plans.coverage import neighbours

COUNTED = ("households", "residents", "elderly", "rented", "shops", "buildings", "cases")
"""Whole numbers that a unit has; those of a grid are their sums. ``cases`` are those of a year."""

UNIT_COLUMNS = ("grid", "kind", "compound", "closed", "community", *COUNTED, "homes")
GRID_COLUMNS = ("code", "name", "community", "locked", "worker")
KINDS = ("compound", "block", "water", "rest")


@dataclass(frozen=True)
class Net:
    """Units and who has them. Never changed: an action makes another one.

    Attributes:
        units: Index ``unit`` (whole numbers from 1, never used twice in a plan), polygons in metres
            on the raster of ``coverage``, together a coverage. Columns: ``grid`` (Int64; NA: in no
            grid), ``kind`` (one of ``KINDS``), ``compound`` (code or None), ``closed`` (bool),
            ``community`` (code), the counts ``COUNTED`` (Int64; NA: unknown) and ``homes``: the
            buildings in it, as a list of ``[x, y, *counts]`` in the order of ``COUNTED``, so that
            a cut unit knows what falls to which part. An empty list: no buildings are known, and
            counts are divided by area.
        grids: Index ``grid`` (whole numbers from 1, never used twice in a plan). Columns: ``code``
            (None: a new one), ``name``, ``community``, ``locked`` (bool), ``worker`` (None, or the
            name of who answers for it).
        lines: Streets and walls that borders may lie on, in the same metres, with a column
            ``kind``; None if not known.
        next_unit: The number that the next new unit gets.
        next_grid: The number that the next new grid gets.
    """

    units: gpd.GeoDataFrame
    grids: pd.DataFrame
    lines: gpd.GeoDataFrame | None = None
    next_unit: int = 1
    next_grid: int = 1

    def having(self, units: Iterable[int], grid: int | None) -> Net:
        """The net in which ``grid`` has these units (None: no grid has them)."""
        changed = self.units.copy()
        changed.loc[list(units), "grid"] = pd.NA if grid is None else grid
        return replace(self, units=changed)

    def of(self, grid: int) -> gpd.GeoDataFrame:
        """The units of a grid."""
        return self.units[self.units["grid"] == grid]

    def beside(self) -> tuple[Any, Any]:
        """Pairs of neighbouring units (m × 2) and the metres of border that each pair shares."""
        pairs, length = neighbours(self.units.geometry.to_numpy())
        return self.units.index.to_numpy()[pairs].reshape(-1, 2), length

    def borders(self, grids: Iterable[int] | None = None) -> gpd.GeoDataFrame:
        """The grids as polygons: the union of the units of each, with ``GRID_COLUMNS`` and counts.

        Args:
            grids: Only these; all if not given.
        """
        has = self.units["grid"].fillna(-1).to_numpy(dtype=np.int64)
        mine = np.flatnonzero(has >= 0 if grids is None else np.isin(has, list(grids)))
        mine = mine[np.argsort(has[mine], kind="stable")]
        numbers, starts = np.unique(has[mine], return_index=True)
        ground = np.split(self.units.geometry.to_numpy()[mine], starts[1:]) if len(mine) else []
        shapes = np.empty(len(ground), dtype=object)
        shapes[:] = [shapely.coverage_union_all(several) for several in ground]
        counted = pd.DataFrame({name: self.units[name].array[mine] for name in COUNTED})
        counts = counted.groupby(has[mine]).sum(min_count=1)
        rows = self.grids.loc[numbers.tolist()].join(counts)
        return gpd.GeoDataFrame(rows, geometry=shapes, crs=self.units.crs)
