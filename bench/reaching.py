"""Service areas on a large network: ours against pandana, OSMnx and networkx, in one run.

``python bench/reaching.py [TOWNS [SIDE [PLACES]]]`` prints JSON lines. TOWNS × TOWNS towns of
SIDE × SIDE crossings some 100 m apart, moved about, without a sixth of their streets, with a road
from each to the next. pandana and OSMnx go into a Python environment of their own,
``DATA_DIR/bench-reaching``, made here. What OSMnx users do is ``networkx.ego_graph`` on its graph;
pandana has built its index before the clock starts, as our compiled loops are compiled. (On one
lattice of 500 × 500 that index takes four minutes, so here are towns.)

``same`` says that the nodes within reach of every place are exactly those of networkx's Dijkstra,
and that their distances agree to a millionth of a metre.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

from geodata.reach.areas import outlines, searching
from geodata.reach.areas.ground import Ground
from geodata.reach.areas.manner import Walks
from geodata.reach.networks.network import Joints, Network
from geodata.settings import Settings

PEERS = ("pandana==0.8", "osmnx==2.1.1", "scipy")
MINUTES, SPEED = 15.0, 1.25
WITHIN = 3.0
"""Seconds that all areas may take, outlines and all."""


def _town(side: int, random: np.random.Generator) -> tuple[Any, Any]:
    """Crossings about 100 m apart, and five of six streets between them."""
    corners = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) * 100.0
    corners += random.normal(0, 15, corners.shape)
    at = np.arange(side * side).reshape(side, side)
    across = np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()])
    along = np.column_stack([at[:-1].ravel(), at[1:].ravel()])
    ends = np.vstack([across, along])
    return corners, ends[random.random(len(ends)) < 5 / 6]


def region(towns: int, side: int, *, seed: int = 5) -> Network:
    """Towns beside each other, with a road between neighbours."""
    random = np.random.default_rng(seed)
    step, size = side * 100.0 + 2_000.0, side * side
    spots, streets = [], []
    for town in range(towns * towns):
        corners, ends = _town(side, random)
        row, column = divmod(town, towns)
        spots.append(corners + np.array((500_000 + column * step, 3_870_000 + row * step)))
        streets.append(ends + town * size)
        middle = town * size + size // 2
        if column:
            streets.append(np.array([[middle - size + side - 1, middle]]))
        if row:
            streets.append(np.array([[middle - towns * size, middle]]))
    corners, ends = np.concatenate(spots), np.concatenate(streets).astype(np.int32)
    count = len(ends)
    return Network(
        crs=pyproj.CRS(4548),
        nodes=corners,
        ends=ends,
        metres=np.hypot(*(corners[ends[:, 0]] - corners[ends[:, 1]]).T),
        ways=np.zeros(count, np.uint8),
        line=np.arange(count, dtype=np.int32),
        points=corners[ends].reshape(-1, 2),
        starts=np.arange(0, 2 * count + 1, 2, dtype=np.int64),
        compound=np.full(count, -1, np.int32),
        compounds=(),
        island=np.zeros(len(corners), np.int32),
    )


def standing(network: Network, count: int, *, seed: int = 6) -> tuple[Joints, Any]:
    """Places at crossings, and these."""
    edge = np.random.default_rng(seed).choice(len(network), count, replace=False).astype(np.int32)
    nothing = np.zeros(count)
    rows = np.arange(count, dtype=np.int32)
    return Joints(rows, edge, nothing, nothing, np.zeros(0, np.int32)), network.ends[edge, 0]


def peer_python(folder: Path) -> Path:
    """The Python of an environment with the peers, made if it is not there."""
    home = folder / "bench-reaching"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"making {home} for {', '.join(PEERS)}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        (home / "ready").touch()
    return python


def peers(network: Network, places: Any, limit: float) -> tuple[dict[str, Any], Any]:
    """Seconds of the peers, and the nodes of networkx."""
    with tempfile.TemporaryDirectory() as folder:
        given, kept = Path(folder) / "network.npz", Path(folder) / "answers.npz"
        np.savez(
            given,
            nodes=network.nodes,
            ends=network.ends,
            metres=network.metres,
            places=places,
            limit=limit,
        )
        program = Path(__file__).with_name("_reaching.py")
        subprocess.run(
            [peer_python(Settings().data_dir), program, given, kept],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        answers = dict(np.load(kept))
        return json.loads(str(answers["told"])), answers


def timed(work: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    """The best of some runs, and its answer."""
    seconds, answer = [], None
    for _ in range(times):
        start = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), answer


def same(found: searching.Reached, theirs: Any) -> tuple[bool, float]:
    """Whether the nodes are those of networkx, and how far the distances are apart at most."""
    apart = 0.0
    for place in range(len(found)):
        node, metres = found.of(place)
        order = np.argsort(node)
        rows = theirs["found"][theirs["first"][place] : theirs["first"][place + 1]]
        if not np.array_equal(node[order], rows[:, 0].astype(int)):
            return False, apart
        apart = max(apart, float(np.abs(metres[order] - rows[:, 1]).max()))
    return apart < 1e-6, apart


def measure(towns: int = 5, side: int = 100, count: int = 500) -> Iterator[dict[str, Any]]:
    """The search beside its peers, then with outlines."""
    network, limit = region(towns, side), MINUTES * 60 * SPEED
    joints, places = standing(network, count)
    told, theirs = peers(network, places, limit)
    graph = network.graph()
    searching.reach(graph, network, joints, limit)
    seconds, found = timed(lambda: searching.reach(graph, network, joints, limit))
    is_same, apart = same(found, theirs)
    common = {
        "nodes": len(network.nodes),
        "areas": count,
        "reached": len(found.node),
        "load": round(os.getloadavg()[0], 2),
    }
    for peer, wanted in (("pandana", 10.0), ("osmnx", 50.0)):
        spent = told["seconds"][peer]
        yield {
            "name": f"the search, beside {peer}",
            **common,
            "seconds": round(seconds, 4),
            "peer": f"{peer} {told['versions'][peer]}",
            "peer_seconds": round(spent, 3),
            "ratio": round(spent / seconds, 1),
            "wanted": wanted,
            "metres_apart": apart,
            "same": is_same,
        }
    yield {
        "name": "the search, beside networkx with cutoff",
        "seconds": round(seconds, 4),
        "peer": "networkx",
        "peer_seconds": round(told["seconds"]["networkx"], 3),
        "ratio": round(told["seconds"]["networkx"] / seconds, 1),
    }
    walks = Walks(graph, network, joints, Ground.of(network))
    outlines.each(walks, found, limit)

    def whole() -> outlines.Outlines:
        reached = searching.reach(graph, network, joints, limit)
        return outlines.each(walks, reached, limit)

    drawn_seconds, areas = timed(whole, 3)
    yield {
        "name": "service areas with outlines",
        **common,
        "value": round(drawn_seconds, 3),
        "limit": WITHIN,
        "corners": int(shapely.get_num_coordinates(areas.shapes).mean()),
        "same": bool(shapely.is_valid(areas.shapes).all()),
    }


if __name__ == "__main__":
    for line in measure(*map(int, sys.argv[1:])):
        print(json.dumps(line))
