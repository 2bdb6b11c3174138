"""Sitings: ours against spopt with CBC, in one run, on the same problems.

``python bench/siting.py`` prints JSON lines. People and candidates lie evenly in a square of 10 km,
1 to 99 people at each demand. The peer goes into a Python environment of its own,
``DATA_DIR/bench-siting``, made here; its time is that of making its model and solving it, ours
likewise from the table of metres on. Choices of both are judged by the same sums here, and
``same`` says that neither claims an optimum that the other betters.

- 500 demands, 50 candidates, p-median, P = 5, 8 and 10 on three squares: ours and CBC's at a gap of
  1% at most, and with proof.
- 5,000 demands, 200 candidates, P = 10, maximal covering within 800, 1,200 and 2,000 m on three
  squares: all proven, the slowest counts. The peer has the one that is easiest for it.
- Places moved by hand: ten places in a made city of 55,000 buildings.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from covering import LEVELS, PROFILE, district, made_streets, places_of

from geodata.reach.coverage.answering import scene
from geodata.reach.coverage.asking import Wish, asked
from geodata.reach.coverage.homes import homes
from geodata.reach.coverage.keeping import Town
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import join
from geodata.reach.siting.covering import most_covered
from geodata.reach.siting.figures import figures
from geodata.reach.siting.laying import WALK_MINUTES, lay
from geodata.reach.siting.medians import shortest_walk
from geodata.reach.siting.problem import Problem
from geodata.settings import Settings

PEERS = ("spopt==0.7.0", "pulp==3.3.2")
SIDE_M = 10_000.0
SEEDS = range(3)
COUNTS = (5, 8, 10)
LIMITS = (800.0, 1200.0, 2000.0)
NEAR = 0.01
LONG_S = 60.0
EXACT = 2e-6


@dataclass(frozen=True)
class Square:
    """One problem."""

    metres: Any
    weights: Any

    @classmethod
    def of(cls, demands: int, candidates: int, seed: int) -> Square:
        """Evenly in a square."""
        lots = np.random.default_rng(seed)
        people = lots.uniform(0, SIDE_M, (demands, 2))
        places = lots.uniform(0, SIDE_M, (candidates, 2))
        metres = np.hypot(*(people[:, None] - places[None]).transpose(2, 0, 1))
        return cls(metres, lots.integers(1, 100, demands))

    def walk(self, chosen: Any) -> float:
        """What all walk together."""
        return float((self.metres[:, list(chosen)].min(axis=1) * self.weights).sum())

    def covered(self, chosen: Any, limit: float) -> float:
        """Who is covered."""
        return float(self.weights[(self.metres[:, list(chosen)] <= limit).any(axis=1)].sum())


def peers_python(folder: Path) -> Path:
    """The Python of an environment with the peer, made if it is not there."""
    home = folder / "bench-siting"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"making {home} for {', '.join(PEERS)}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        (home / "ready").touch()
    return python


def theirs(
    python: Path, kind: str, square: Square, count: int, limit: float = 0.0
) -> tuple[float, list[int]]:
    """Seconds and choice of the peer."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "problem.npz"
        np.savez(path, metres=square.metres, weights=square.weights, limit=limit)
        program = [python, "-W", "ignore", Path(__file__).with_name("_sitings.py")]
        done = subprocess.run(
            [*map(str, program), kind, str(path), str(count)],
            capture_output=True,
            text=True,
            check=True,
            timeout=500,
        )
        told = json.loads(done.stdout.splitlines()[-1])
        if told["status"] != "Optimal":
            sys.exit(f"the peer says {told['status']}")
        return told["seconds"], np.load(Path(name) / "chosen.npy").tolist()


def walks(python: Path) -> list[dict[str, Any]]:
    """P-median, near and proven."""
    rows = []
    for kind, enough in (("walk_near", NEAR), ("walk", 0.0)):
        mine, peers, gaps, same = [], [], [], True
        for seed in SEEDS:
            square = Square.of(500, 50, seed)
            for count in COUNTS:
                begin = time.perf_counter()
                problem = Problem.dense(square.weights, square.metres)
                found = shortest_walk(problem, count, enough=enough, seconds=LONG_S)
                mine.append(time.perf_counter() - begin)
                gaps.append(found.gap)
                seconds, chosen = theirs(python, kind, square, count)
                peers.append(seconds)
                own, other = square.walk(found.chosen), square.walk(chosen)
                far = NEAR if enough else EXACT
                same &= own <= other * (1 + far) and found.bound <= other * (1 + EXACT)
        rows.append(
            {
                "name": "p-median 500 × 50, nine problems: "
                + ("gap of 1% at most" if enough else "proven"),
                "seconds": round(statistics.mean(mine), 3),
                "slowest": round(max(mine), 3),
                "largest_gap": round(max(gaps), 5),
                "peer": "spopt with CBC",
                "peer_seconds": round(statistics.mean(peers), 2),
                "ratio": round(statistics.mean(peers) / statistics.mean(mine), 1),
                **({"wanted": 10} if enough else {}),
                "same": same,
            }
        )
    return rows


def covers(python: Path) -> list[dict[str, Any]]:
    """Maximal covering, proven."""
    rows: list[dict[str, Any]] = []
    slowest: dict[float, float] = {}
    unproven = 0
    for limit in LIMITS:
        for seed in SEEDS:
            square = Square.of(5000, 200, seed)
            begin = time.perf_counter()
            problem = Problem.dense(square.weights, square.metres)
            found = most_covered(problem, 10, limit_m=limit, seconds=LONG_S)
            seconds = time.perf_counter() - begin
            slowest[limit] = max(slowest.get(limit, 0.0), seconds)
            unproven += found.status != "optimal"
    rows.append(
        {
            "name": "covering 5,000 × 200, P = 10, nine problems: slowest proof, seconds",
            "value": round(max(slowest.values()), 2),
            "limit": 10,
            "by_limit_m": {int(limit): round(one, 2) for limit, one in slowest.items()},
            "not_proven": unproven,
            "same": not unproven,
        }
    )
    square = Square.of(5000, 200, 0)
    begin = time.perf_counter()
    found = most_covered(Problem.dense(square.weights, square.metres), 10, limit_m=LIMITS[0])
    mine = time.perf_counter() - begin
    seconds, chosen = theirs(python, "cover", square, 10, LIMITS[0])
    rows.append(
        {
            "name": "covering 5,000 × 200, P = 10, within 800 m",
            "seconds": round(mine, 3),
            "peer": "spopt with CBC",
            "peer_seconds": round(seconds, 2),
            "ratio": round(seconds / mine, 1),
            "same": square.covered(found.chosen, LIMITS[0]) == square.covered(chosen, LIMITS[0]),
        }
    )
    return rows


def moved() -> list[dict[str, Any]]:
    """Ten places in a district, moved by hand."""
    network = build(made_streets())
    layers = district(network, 55_000)
    lived = homes(**layers, levels=LEVELS)
    town = Town(lived, network, join(network, lived.frame), (), layers["compounds"])
    places = places_of(network, 200)
    here = scene(
        town, places, PROFILE, asked(Wish(minutes=10.0), PROFILE), moment=None, workdays=None
    )
    lots = np.random.default_rng(4)
    points = np.array([[one.x, one.y] for one in lots.choice(lived.points, 10)])
    spent = []
    for _ in range(6):
        points = points + lots.normal(0, 0.001, points.shape)
        begin = time.perf_counter()
        laid = lay(here, points, minutes=WALK_MINUTES, is_empty=False)
        figures(laid.problem, range(len(points)), here.asked.limit_m)
        spent.append(time.perf_counter() - begin)
    name = "ten places moved by hand among 55,000 buildings: seconds, all after the first"
    return [
        {"name": name, "value": round(max(spent[1:]), 3), "first": round(spent[0], 2), "limit": 0.3}
    ]


def measure(folder: Path) -> list[dict[str, Any]]:
    """All of it; what is compiled or loaded is so before."""
    few = Square.of(60, 20, 9)
    most_covered(Problem.dense(few.weights, few.metres), 3, limit_m=2000.0)
    python = peers_python(folder)
    return [*walks(python), *covers(python), *moved()]


if __name__ == "__main__":
    for line in measure(Settings().data_dir):
        print(json.dumps(line))
