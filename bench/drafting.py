"""Actions on a draft of 1,000 grids: how long the server takes for each."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from geodata.accounts import Actor
from geodata.crs import convert_geometries
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.plans import drafting, reading
from geodata.plans.actions import Refused
from geodata.plans.net import COUNTED, Net
from geodata.profiles import load_profile
from geodata.settings import Settings

ACTIONS = 200
SIDE = 64
"""Units in a row: 64 × 64 of them, 2 × 2 in a grid, are 1,024 grids."""
UNIT_M = 90.0
WEST, SOUTH = 500_000.0, 3_880_000.0
SRID = 4548
LIMIT_MS = 200.0
ACTOR = Actor.terminal()


def net(side: int = SIDE, *, seed: int = 1) -> Net:
    """A lattice whose corners are moved at random, with buildings in every unit."""
    random = np.random.default_rng(seed)
    steps = np.arange(side + 1) * UNIT_M
    x: Any
    y: Any
    x, y = np.meshgrid(steps + WEST, steps + SOUTH)
    inner = (slice(1, -1), slice(1, -1))
    x[inner] += random.uniform(-20, 20, (side - 1, side - 1))
    y[inner] += random.uniform(-20, 20, (side - 1, side - 1))
    x, y = np.round(x, 4), np.round(y, 4)
    shapes, rows = [], []
    for k in range(side * side):
        i, j = k % side, k // side
        corners = [(j, i), (j, i + 1), (j + 1, i + 1), (j + 1, i)]
        shapes.append(shapely.Polygon([(x[at], y[at]) for at in corners]))
        homes = []
        for _ in range(10):
            at = random.uniform(30, 60, 2)
            counts = [int(one) for one in random.integers(0, 20, len(COUNTED))]
            homes.append([round(x[j, i] + at[0], 3), round(y[j, i] + at[1], 3), *counts])
        sums = np.array(homes)[:, 2:].sum(axis=0).astype(int).tolist()
        rows.append(
            {
                "grid": (j // 2) * (side // 2) + i // 2 + 1,
                "kind": "compound",
                "compound": f"C{k:05d}",
                "closed": k % 3 == 0,
                "community": "371399001001",
                **dict(zip(COUNTED, sums, strict=True)),
                "homes": homes,
            }
        )
    frame = pd.DataFrame(rows, index=pd.RangeIndex(1, side * side + 1, name="unit"))
    for name in ("grid", *COUNTED):
        frame[name] = frame[name].astype("Int64")
    count = (side // 2) ** 2
    grids = pd.DataFrame(
        {
            "code": None,
            "name": [f"{number}" for number in range(1, count + 1)],
            "community": "371399001001",
            "locked": False,
            "worker": None,
        },
        index=pd.RangeIndex(1, count + 1, name="grid"),
    )
    units = gpd.GeoDataFrame(frame, geometry=shapes, crs=f"EPSG:{SRID}")
    return Net(units, grids, None, side * side + 1, count + 1)


def action(random: np.random.Generator, number: int) -> dict[str, object]:
    """What a planner does next, somewhere in the district."""
    half = SIDE // 2
    column, row = (int(one) for one in random.integers(1, half - 1, 2))
    grid = row * half + column + 1
    left = WEST + column * 2 * UNIT_M
    bottom = SOUTH + row * 2 * UNIT_M
    kind = number % 5
    if kind == 0:
        unit = (row * 2) * SIDE + column * 2 + 1
        return {"action": "assign", "units": [unit], "grid": grid - 1}
    if kind == 1:
        line = [(left - 30, bottom + 91.3), (left + 2 * UNIT_M + 30, bottom + 88.7)]
        return {"action": "split", "grid": grid, "line": _degrees(shapely.LineString(line))}
    if kind == 2:
        return {"action": "merge", "grids": [grid, grid + 1]}
    if kind == 3:
        box = shapely.box(left + 40, bottom + 35, left + 150, bottom + 140)
        return {"action": "draw", "polygon": _degrees(box)}
    return {"action": "rename", "grid": grid, "name": f"第{number}网格"}


def _degrees(shape: shapely.Geometry) -> object:
    moved = convert_geometries(np.array([shape]), from_=f"EPSG:{SRID}", to="wgs84")[0]
    return orjson.loads(shapely.to_geojson(moved))


def measure(database: Database) -> dict[str, object]:
    """Milliseconds of each action that was done, findings and figures of what changed included."""
    profile = load_profile("linyi")
    with database.begin() as tx:
        draft = drafting.keep_draft(
            tx,
            ACTOR,
            net(),
            name="bench",
            area_code="371399001001",
            communities=["371399001001"],
            start="current",
            base={},
        )
    random = np.random.default_rng(7)
    took: dict[str, list[float]] = {}
    worked: list[float] = []
    refused: dict[str, int] = {}
    revision = 0
    for number in range(ACTIONS):
        wanted = action(random, number)
        start, cpu = time.perf_counter(), time.process_time()
        try:
            done = drafting.act(database, ACTOR, profile, draft.id, wanted, revision=revision)
        except Refused as refusal:
            refused[refusal.reason] = refused.get(refusal.reason, 0) + 1
            continue
        took.setdefault(str(wanted["action"]), []).append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - cpu) * 1000)
        revision = done.draft.revision
    undone = []
    for _ in range(50):
        start = time.perf_counter()
        drafting.undo(database, ACTOR, profile, draft.id)
        undone.append((time.perf_counter() - start) * 1000)
    start = time.perf_counter()
    reading.findings(database, ACTOR, profile, draft.id)
    findings_s = time.perf_counter() - start
    everything = [one for several in took.values() for one in several]
    return {
        "name": f"an action on a draft of {(SIDE // 2) ** 2} grids, stored, 95 of 100",
        "value": _share(everything, 95),
        "limit": LIMIT_MS,
        "unit": "ms",
        "actions": len(everything),
        "refused": refused,
        "p50_ms": _share(everything, 50),
        "p95_ms_of_this_process": _share(worked, 95),
        "p95_ms_by_action": {name: _share(several, 95) for name, several in took.items()},
        "undo_p95_ms": _share(undone, 95),
        "findings_s": round(findings_s, 2),
    }


def _share(several: list[float], percent: float) -> float:
    return round(float(np.percentile(several, percent)), 1) if several else 0.0


def main() -> None:
    """Print the figures as a JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        settings = Settings(data_dir=Path(os.environ.get("WANGGE_DATA_DIR", folder)))
        with open_database(settings) as database:
            upgrade(database)
            print(orjson.dumps(measure(database)).decode())


if __name__ == "__main__":
    main()
