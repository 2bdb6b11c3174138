"""Borders beside a street instead of on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geodata.plans.coverage import RASTER_M, sides
from geodata.plans.findings.finding import Found, listed, said
from geodata.plans.findings.subject import Subject

RULE = "off_street"

_STEP_M = 5.0


def find(subject: Subject) -> Iterator[Found]:
    """Each border of two grids that is not on a street though one runs within ``street_m``.

    A border on a wall is where people look for it: between two compounds, no street is wanted.
    """
    limits = subject.limits
    if subject.streets is None or not len(subject.streets):
        return
    lines, pairs = _borders(subject)
    if not len(lines):
        return
    steps, of_line = _steps(lines)
    tree = shapely.STRtree(subject.streets)
    middles = shapely.line_interpolate_point(steps, 0.5, normalized=True)
    near, distance = tree.query_nearest(
        middles,
        max_distance=limits.street_m,
        return_distance=True,
        all_matches=False,
    )
    off = near[0][distance > limits.off_m]
    if subject.walls is not None and len(subject.walls):
        walls = shapely.STRtree(subject.walls)
        on, _ = walls.query(middles[off], predicate="dwithin", distance=limits.off_m)
        off = np.delete(off, np.unique(on))
    table = pd.DataFrame(pairs[of_line[off]], columns=["a", "b"])
    table["m"] = shapely.length(steps[off])
    table["step"] = off
    sums = table.groupby(["a", "b"])["m"].sum()
    long = sums[sums > limits.off_length_m]
    members = table.groupby(["a", "b"])["step"].agg(list)
    for (a, b), length in zip(long.index.tolist(), long.tolist(), strict=True):
        mine = np.array(members[a, b])
        ids = (subject.grids.index[a], subject.grids.index[b])
        yield Found(
            ids,
            shapely.union_all(steps[mine]),
            {"length_m": round(float(length), 1)},
            {"grids": listed(subject.titles(ids)), "length": said(float(length))},
        )


def _borders(subject: Subject) -> tuple[Any, Any]:
    """Every side that two grids share, as a line, with their positions."""
    table, owner = sides(subject.grids.geometry.to_numpy())
    table["owner"] = owner
    columns = ["x0", "y0", "x1", "y1"]
    both = table[table.duplicated(columns, keep=False)].sort_values([*columns, "owner"])
    ends = both.to_numpy()
    same = (ends[1:, :4] == ends[:-1, :4]).all(axis=1) & (ends[1:, 4] != ends[:-1, 4])
    first = ends[:-1][same]
    lines = shapely.linestrings(first[:, :4].reshape(-1, 2, 2) * RASTER_M)
    return lines, np.stack((first[:, 4], ends[1:, 4][same]), axis=1)


def _steps(lines: Any) -> tuple[Any, Any]:
    """Lines cut into steps, and which line each is of."""
    points, of_line = shapely.get_coordinates(shapely.segmentize(lines, _STEP_M), return_index=True)
    inside = of_line[1:] == of_line[:-1]
    ends = np.stack((points[:-1][inside], points[1:][inside]), axis=1)
    return shapely.linestrings(ends), of_line[:-1][inside]
