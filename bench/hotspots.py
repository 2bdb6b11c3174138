"""Hotspots of a million cases: ours against esda's Gi*, in one run, on the same cells.

``python bench/hotspots.py [CASES [SIDE]]`` prints JSON lines. Cases crowd around centres on
SIDE × SIDE cells of 250 m; queen contiguity, 999 permutations. esda goes into a Python environment
of its own, ``DATA_DIR/bench-hotspots``, made here; its better time of one worker and of all cores
counts, compiled before. Its time is that of Gi* alone; ours is told alone and with everything:
cases counted on cells, neighbours, Gi*, false discoveries controlled with more draws at the floor,
hotspots joined.

``same`` says that z agrees to 1e-9, and that the same cells are significant (directed p up to
0.05) but for those whose p lies within four Monte-Carlo errors of the limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np

from geodata.cases.hotspots.cells import Grid, count_on_grid, grid_neighbours
from geodata.cases.hotspots.clusters import hotspots
from geodata.cases.hotspots.gi_star import get_ready, gi_star
from geodata.settings import Settings

PEERS = ("esda==2.9.0", "libpysal==4.14.1", "numba", "joblib")
PERMUTATIONS = 999
LIMIT = 0.05
GRID = Grid(250.0)
WITHIN = 3.0
"""Seconds that the whole may take."""


def crowd(cases: int, side: int, *, seed: int = 3) -> tuple[Any, Any, Any]:
    """Places of cases, half of them around forty centres, and all cells of the study."""
    random = np.random.default_rng(seed)
    wide = side * GRID.size
    middle = random.uniform(0, wide, (40, 2))[random.integers(0, 40, cases // 2)]
    near = middle + random.normal(0, wide / 40, middle.shape)
    far = random.uniform(0, wide, (cases - len(near), 2))
    places = np.concatenate((near, far)) % wide
    rows, columns = np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    study = np.unique(GRID.ids(columns.ravel() * GRID.size, rows.ravel() * GRID.size))
    return places[:, 0].copy(), places[:, 1].copy(), study


def peer_python(folder: Path) -> Path:
    """The Python of an environment with esda, made if it is not there."""
    home = folder / "bench-hotspots"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"making {home} for {', '.join(PEERS)}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        (home / "ready").touch()
    return python


def timed(work: Any, times: int = 3) -> tuple[float, Any]:
    """The best of some runs, and its answer."""
    seconds, answer = [], None
    for _ in range(times):
        start = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), answer


def measure(cases: int = 1_000_000, side: int = 100) -> list[dict[str, Any]]:
    """The whole within its limit, and Gi* alone beside esda."""
    x, y, study = crowd(cases, side)
    kinds = np.random.default_rng(4).integers(0, 20, cases)
    get_ready()
    counted = count_on_grid(x, y, GRID, study=study)
    near = grid_neighbours(counted.cells, GRID)
    values = counted.counts[0]

    def whole() -> Any:
        found = count_on_grid(x, y, GRID, study=study)
        touching = grid_neighbours(found.cells, GRID)
        star = gi_star(found.counts[0], touching, permutations=PERMUTATIONS)
        return hotspots(
            star,
            found.counts[0],
            GRID.boxes(found.cells),
            touching,
            cell_of=found.cell_of,
            categories=kinds,
        )

    all_seconds, spots = timed(whole)
    seconds, ours = timed(lambda: gi_star(values, near, permutations=PERMUTATIONS, finest=0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.npz"
        np.savez(path, values=values, start=near.start, near=near.near)
        python = peer_python(Settings().data_dir)
        program = Path(__file__).with_name("_hotspots.py")
        done = subprocess.run(
            [python, program, path, str(PERMUTATIONS)], check=True, capture_output=True, text=True
        )
        theirs = dict(np.load(path.with_name("esda.npz")))
    peer_seconds = json.loads(done.stdout)
    best = min(peer_seconds.values())
    error = 4 * np.sqrt(2 * LIMIT * (1 - LIMIT) / PERMUTATIONS)
    clear = np.abs(ours.directed - LIMIT) > error
    differ = ((ours.directed <= LIMIT) != (theirs["p"] <= LIMIT)) & clear
    apart = float(np.abs(ours.z - theirs["z"]).max())
    common = {"cases": cases, "cells": len(values), "permutations": PERMUTATIONS}
    return [
        {
            "name": "hotspots, from cases to a list",
            **common,
            "value": round(all_seconds, 3),
            "limit": WITHIN,
            "hotspots": len(spots),
        },
        {
            "name": "Gi* with permutations",
            **common,
            "seconds": round(seconds, 4),
            "peer": "esda.G_Local",
            "peer_seconds": round(best, 3),
            "peer_one_worker": round(peer_seconds["one"], 3),
            "peer_all_cores": round(peer_seconds["all"], 3),
            "ratio": round(best / seconds, 1),
            "wanted": 5.0,
            "z_apart": apart,
            "significant": int((ours.directed <= LIMIT).sum()),
            "differ": int(differ.sum()),
            "near_the_limit": int((~clear).sum()),
            "same": bool(apart < 1e-9 and not differ.any()),
        },
    ]


if __name__ == "__main__":
    for line in measure(*map(int, sys.argv[1:])):
        print(json.dumps(line))
