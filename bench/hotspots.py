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

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.cases.filters import CaseFilter
from geodata.cases.hotspots.cells import Grid, count_on_grid, grid_neighbours
from geodata.cases.hotspots.clusters import hotspots
from geodata.cases.hotspots.gi_star import get_ready, gi_star
from geodata.cases.hotspots.stored import spotting
from geodata.cases.hotspots.stored.ground import Ground
from geodata.cases.incoming.indexing import filled_at_once
from geodata.cases.tables import cases as stored_cases
from geodata.database import Database, open_database
from geodata.database.copying import Same, copy_rows
from geodata.database.migrations import upgrade
from geodata.database.requirements import ensure_extensions
from geodata.profiles import load_profile
from geodata.settings import Settings

PEERS = ("esda==2.9.0", "libpysal==4.14.1", "numba", "joblib")
NAME = "bench_hotspots"
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


def beside_esda(name: str, values: Any, near: Any, **told: Any) -> dict[str, Any]:
    """Gi* alone, ours and esda's, on the same values and neighbours."""
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
    return {
        "name": name,
        **told,
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
    }


def stored(database: Database, x: Any, y: Any, *, side: int) -> dict[str, Any]:
    """What the command page waits for: stored cases, seven periods, cells, 999 permutations."""
    ground = Ground(35.0)
    middle = np.array((118.3, 35.0))
    corner = shapely.get_coordinates(ground.from_degrees([shapely.Point(*middle)]))[0]
    places = shapely.points(x - side * 125 + corner[0], y - side * 125 + corner[1])
    lonlat = shapely.get_coordinates(ground.to_degrees(places))
    count = len(lonlat)
    random = np.random.default_rng(9)
    until = datetime(2026, 6, 30, tzinfo=UTC)
    ago = random.uniform(0, 7 * 30 * 86_400, count)
    for place in random.integers(0, count, 3):  # flare-ups: else the scan soon knows that none is
        near = (np.hypot(x - x[place], y - y[place]) < 600) & (random.random(count) < 0.2)
        ago[near] = random.uniform(0, 30 * 86_400, int(near.sum()))
    kinds = ["property", "parking", "environment", "noise", "facilities", "safety", "dispute"]
    with database.begin() as tx, filled_at_once(tx.connection, rows=count):
        columns = {
            "source": Same("snap"),
            "category": random.choice(np.array(kinds, dtype=object), count),
            "state": Same("closed"),
            "reported_at": np.datetime64(until.replace(tzinfo=None), "us")
            - (ago * 1e6).astype("timedelta64[us]"),
            "geom": lonlat,
        }
        copy_rows(tx.connection, stored_cases, columns)
        tx.changed("cases", "all", "added")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE cases"))
    profile = load_profile("linyi")
    wanted = CaseFilter(since=until - timedelta(days=30), until=until)
    asked = spotting.Asked(wanted=wanted, permutations=PERMUTATIONS)
    permutations = iter(range(PERMUTATIONS, PERMUTATIONS + 9))

    def once() -> Any:
        # Another number of permutations each time: what is kept of the last answer is no measure.
        fresh = replace(asked, permutations=next(permutations))
        return spotting.get_hotspots(database, Actor.terminal(), profile, fresh)

    seconds, answer = timed(once)
    alone, _ = timed(
        lambda: spotting.get_hotspots(
            database,
            Actor.terminal(),
            profile,
            replace(asked, permutations=next(permutations), earlier=0, wanted=CaseFilter(
                since=until - timedelta(days=210), until=until)),
        )
    )  # fmt: skip
    return {
        "name": "hotspots of stored cases, seven periods with what flared up",
        "cases": count,
        "cells": answer["tested"],
        "permutations": PERMUTATIONS,
        "value": round(seconds, 3),
        "one_period_of_all": round(alone, 3),
        "limit": WITHIN,
        "hotspots": len(answer["hotspots"]),
        "clusters": len(answer["clusters"]),
    }


def measure(cases: int = 1_000_000, side: int = 100) -> Iterator[dict[str, Any]]:
    """The whole within its limit, out of arrays and out of a database; Gi* beside esda."""
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

    told = {"cases": cases, "cells": len(values), "permutations": PERMUTATIONS}
    all_seconds, spots = timed(whole)
    yield {
        "name": "hotspots, from cases to a list",
        **told,
        "value": round(all_seconds, 3),
        "limit": WITHIN,
        "hotspots": len(spots),
    }
    yield beside_esda("Gi* with permutations", values, near, **told)
    rates = values / np.random.default_rng(5).uniform(50, 500, len(values))
    yield beside_esda("Gi* of rates, no two equal", rates, near, **told)
    with bench_database() as database:
        yield stored(database, x, y, side=side)


@contextlib.contextmanager
def bench_database() -> Iterator[Database]:
    """An empty database of its own, gone at the end."""
    with (
        open_database(Settings()) as opened,
        psycopg.connect(opened.url, autocommit=True) as connection,
    ):
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
        url = sa.make_url(opened.url).set(database=NAME).render_as_string(hide_password=False)
        try:
            with Database(url) as database:
                ensure_extensions(url)
                upgrade(database)
                yield database
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


if __name__ == "__main__":
    for line in measure(*map(int, sys.argv[1:])):
        print(json.dumps(line))
