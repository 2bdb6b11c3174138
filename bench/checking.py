"""A net of 10,000 polygons checked and mended; a draft of 1,000 grids looked at by every rule.

The check has no fair peer: what exists finds overlaps or gaps alone. Its overlaps must be those of
``geopandas.sjoin`` and ``intersection`` in the same run. Mending is measured beside
``shapely.coverage_clean``, which names no change; the ratio is told, none is wanted. One polygon
with a million points stands for files that were drawn too finely.

``python bench/checking.py [POLYGONS]`` prints JSON lines.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.exchange.checking import check_file
from geodata.plans.coverage import made_valid, mend
from geodata.plans.findings import examine
from geodata.plans.net import COUNTED, Net
from geodata.profiles import load_profile

EPSG = 4548


def cells(count: int, *, steps: int = 8, seed: int = 3) -> np.ndarray:
    """A net of crooked cells of some 400 m without gap or overlap, ``4 × steps`` points each."""
    side = int(np.ceil(np.sqrt(count)))
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : side * steps + 1, 0 : side * steps + 1]
    shaken = random.uniform(-0.3, 0.3, (2, *rows.shape))
    x, y = 500_000 + 50 * (columns + shaken[0]), 3_880_000 + 50 * (rows + shaken[1])
    run = np.arange(steps)
    around = [
        np.concatenate(parts)
        for parts in (
            (0 * run, run, 0 * run + steps, steps - run),
            (run, 0 * run + steps, steps - run, 0 * run),
        )
    ]
    shapes = []
    for place in range(count):
        row, column = (steps * one for one in divmod(place, side))
        at = (row + around[0], column + around[1])
        shapes.append(shapely.Polygon(np.column_stack((x[at], y[at]))))
    return np.array(shapes, dtype=object)


def dirty(count: int, *, seed: int = 3) -> gpd.GeoDataFrame:
    """A net as careless files have it: one cell in fifty overlaps, one in fifty leaves a gap."""
    shapes = cells(count, seed=seed)
    random = np.random.default_rng(seed)
    for place in random.choice(count, count // 50, replace=False):
        shapes[place] = shapely.buffer(shapes[place], 2.0, join_style="mitre")
    for place in random.choice(count, count // 50, replace=False):
        shapes[place] = shapely.buffer(shapes[place], -2.0, join_style="mitre")
    table = {"code": [f"{n:05}" for n in range(count)]}
    households = random.integers(250, 550, count)
    return gpd.GeoDataFrame({**table, "households": households}, geometry=shapes, crs=EPSG)


def checked(count: int) -> dict[str, object]:
    """Seconds of the check, and whether its overlaps are the peer's."""
    frame = dirty(count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.gpkg"
        frame.to_file(path)
        start = time.perf_counter()
        told = check_file(path, profile=load_profile("linyi"))
        seconds = time.perf_counter() - start
    pairs = gpd.sjoin(frame[["geometry"]], frame[["geometry"]], predicate="intersects")
    pairs = pairs[pairs.index < pairs["index_right"]]
    shapes = frame.geometry.to_numpy()
    shapes = made_valid(shapes)
    one, other = shapes[pairs.index.to_numpy()], shapes[pairs["index_right"].to_numpy()]
    area = shapely.area(shapely.intersection(one, other))
    # Ground that three claim counts once with us and thrice by pairs.
    ours = sum(
        found.numbers["area_m2"] * len(found.ids) * (len(found.ids) - 1) / 2
        for found in told.findings
        if found.rule == "overlap"
    )
    return {
        "name": f"check of a file of {count:,} polygons, seconds",
        "vertices": int(shapely.get_num_coordinates(shapes).sum()),
        "findings": len(told.findings),
        "value": round(seconds, 2),
        "limit": 20.0,
        "same": bool(abs(ours - area.sum()) < 1e-3 * area.sum()),
    }


def fine(points: int = 1_000_000) -> dict[str, object]:
    """Seconds of the check of one polygon with very many points, beside its bare validity."""
    random = np.random.default_rng(1)
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    reach = 3_000 * (1 + 0.001 * random.random(points))
    ring = np.column_stack((500_000 + reach * np.cos(turn), 3_880_000 + reach * np.sin(turn)))
    shape = shapely.Polygon(ring)
    start = time.perf_counter()
    shapely.is_valid(shape)
    peer_seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.gpkg"
        gpd.GeoDataFrame({"code": ["1"]}, geometry=[shape], crs=EPSG).to_file(path)
        start = time.perf_counter()
        told = check_file(path, profile=load_profile("linyi"))
        seconds = time.perf_counter() - start
    return {
        "name": f"check of one polygon of {points:,} points, seconds",
        "findings": len(told.findings),
        "peer": "shapely.is_valid alone",
        "peer_seconds": round(peer_seconds, 2),
        "value": round(seconds, 2),
        "limit": 15.0,
    }


def mended(count: int) -> dict[str, object]:
    """Seconds of mending with every change named, beside a peer that names none."""
    shapes = dirty(count).geometry.to_numpy()
    start = time.perf_counter()
    done = mend(shapes)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    peer = shapely.coverage_clean(shapes, snapping_distance=0.5, gap_width=5.0)
    peer_seconds = time.perf_counter() - start
    return {
        "name": f"mending {count:,} polygons, every change named",
        "seconds": round(seconds, 2),
        "changes": len(done.changes),
        "peer": "shapely.coverage_clean (names no change)",
        "peer_seconds": round(peer_seconds, 2),
        "peer_is_coverage": bool(shapely.coverage_is_valid(peer)),
        "ratio": round(peer_seconds / seconds, 2),
        "same": bool(shapely.coverage_is_valid(done.shapes)),
    }


def draft(side: int = 55, grids: int = 1_000) -> Net:
    """A lattice of units in grids of three or so, with streets between all."""
    squares, grid = [], []
    for row in range(side):
        for column in range(side):
            x, y = 500_000 + 80 * column, 3_880_000 + 80 * row
            squares.append(shapely.box(x, y, x + 80, y + 80))
            grid.append(1 + min(grids - 1, (row * side + column) * grids // (side * side)))
    index = pd.RangeIndex(1, len(squares) + 1, name="unit")
    random = np.random.default_rng(1)
    table = pd.DataFrame({"grid": pd.array(grid, dtype="Int64")}, index=index)
    table["kind"], table["closed"], table["community"] = "compound", True, "c"
    table["compound"] = [f"k{n}" for n in range(len(squares))]
    for name in COUNTED:
        table[name] = pd.array(random.integers(40, 260, len(squares)), dtype="Int64")
    table["homes"] = pd.Series([[] for _ in squares], index=index, dtype=object)
    rows = pd.DataFrame(
        {
            "code": [f"c{n:04}" for n in range(1, grids + 1)],
            "name": [f"grid {n}" for n in range(1, grids + 1)],
            "community": "c",
            "locked": False,
            "worker": "someone",
        },
        index=pd.RangeIndex(1, grids + 1, name="grid"),
    )
    ways = [
        shapely.LineString(
            [(500_003 + 80 * n, 3_880_000), (500_003 + 80 * n, 3_880_000 + 80 * side)]
        )
        for n in range(side)
    ]
    lines = gpd.GeoDataFrame({"kind": ["residential"] * side}, geometry=ways, crs=EPSG)
    units = gpd.GeoDataFrame(table, geometry=np.array(squares, dtype=object), crs=EPSG)
    return Net(units, rows, lines, len(squares) + 1, grids + 1)


def examined() -> dict[str, object]:
    """Seconds of the full findings of a draft, the middle of five."""
    plan, profile = draft(), load_profile("linyi")
    stations = shapely.points(np.random.default_rng(2).uniform(0, 4_400, (60, 2)))
    stations = shapely.transform(stations, lambda xy: xy + np.array([500_000, 3_880_000]))
    examine(plan, profile=profile, stations=stations)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        found = examine(plan, profile=profile, stations=stations)
        times.append(time.perf_counter() - start)
    return {
        "name": "full findings of a draft of 1,000 grids, seconds",
        "units": len(plan.units),
        "findings": len(found),
        "value": round(sorted(times)[2], 2),
        "limit": 2.0,
    }


if __name__ == "__main__":
    polygons = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for measured in (checked(polygons), fine(), mended(polygons), examined()):
        print(json.dumps(measured), flush=True)
