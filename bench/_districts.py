"""The peers of ``proposing.py``, in their own Python environment: nothing of ours is imported.

``python _districts.py KIND GRAPH.npz COUNT LOW HIGH STEPS`` reads ``edges`` and ``weights``, writes
``labels.npy`` beside them and prints the seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def peer(kind: str, path: str, count: int, band: tuple[int, int], steps: int) -> None:
    """Runs in the peers' environment: reads a graph, writes labels, prints seconds."""
    given = np.load(path)
    edges, weights = given["edges"], given["weights"]
    divide = {"gerrychain": _gerrychain, "metis": _metis, "maxp": _maxp}[kind]
    labels, seconds = divide(edges, weights, count, band, steps)
    np.save(Path(path).with_name("labels.npy"), np.asarray(labels, dtype=np.int64))
    print(json.dumps({"seconds": round(seconds, 3)}))


def _gerrychain(
    edges: Any, weights: Any, count: int, band: tuple[int, int], steps: int
) -> tuple[Any, float]:
    from functools import partial  # noqa: PLC0415 - only in the peers' environment
    from random import seed  # noqa: PLC0415

    import networkx as nx  # noqa: PLC0415
    from gerrychain import (  # noqa: PLC0415
        Graph,
        MarkovChain,
        Partition,
        accept,
        constraints,
        proposals,
        updaters,
    )
    from gerrychain.tree import bipartition_tree, recursive_tree_part  # noqa: PLC0415

    seed(1)
    np.random.seed(1)  # noqa: NPY002 - what the peer draws from
    plain = nx.Graph()
    plain.add_nodes_from((i, {"households": int(w)}) for i, w in enumerate(weights))
    plain.add_edges_from(edges.tolist())
    graph = Graph.from_networkx(plain)
    target = float(weights.sum()) / count
    # a quarter to either side of 400; the mean of the parts is not exactly that
    room = min(band[1] / target - 1, 1 - band[0] / target)
    start = time.perf_counter()
    found = recursive_tree_part(graph, range(count), target, "households", room, 1)
    seconds = time.perf_counter() - start
    if steps:
        partition_ = Partition(graph, found, {"households": updaters.Tally("households")})
        # a pair that cannot be cut within the band is given up for another one
        cut = partial(bipartition_tree, max_attempts=100, allow_pair_reselection=True)
        step = partial(
            proposals.recom, pop_col="households", pop_target=target, epsilon=room,
            node_repeats=1, bipartition_tree_fn=cut,
        )  # fmt: skip
        within = constraints.within_percent_of_ideal_population(
            partition_, room, pop_key="households"
        )
        chain = MarkovChain(step, [within], accept.always_accept, partition_, steps)
        for state in chain:
            found = state.assignment
        seconds = time.perf_counter() - start
    return [found[i] for i in range(len(weights))], seconds


def _metis(edges: Any, weights: Any, count: int, _band: Any, _steps: int) -> tuple[Any, float]:
    import pymetis  # noqa: PLC0415 - only in the peers' environment

    beside: list[list[int]] = [[] for _ in weights]
    for a, b in edges.tolist():
        beside[a].append(b)
        beside[b].append(a)
    options = pymetis.Options(contig=True)
    start = time.perf_counter()
    labels = pymetis.part_graph(
        count, adjacency=beside, vweights=weights.tolist(), options=options, recursive=False
    )[1]
    return labels, time.perf_counter() - start


def _maxp(
    _edges: Any, weights: Any, _count: int, band: tuple[int, int], _steps: int
) -> tuple[Any, float]:
    import geopandas  # noqa: PLC0415 - only in the peers' environment
    import libpysal  # noqa: PLC0415
    from shapely.geometry import box  # noqa: PLC0415
    from spopt.region import MaxPHeuristic  # noqa: PLC0415

    n = round(len(weights) ** 0.5)
    frame = geopandas.GeoDataFrame(
        {
            "households": weights,
            "x": np.arange(len(weights)) % n,
            "y": np.arange(len(weights)) // n,
        },
        geometry=[box(i % n, i // n, i % n + 1, i // n + 1) for i in range(len(weights))],
    )
    contiguous = libpysal.weights.Rook.from_dataframe(frame, use_index=False)
    np.random.seed(1)  # noqa: NPY002 - what the peer draws from
    model = MaxPHeuristic(
        frame, contiguous, ["x", "y"], "households", band[0], 2, max_iterations_construction=10
    )
    start = time.perf_counter()
    model.solve()
    return model.labels_, time.perf_counter() - start


if __name__ == "__main__":
    kind_, path_, *numbers = sys.argv[1:]
    count_, low_, high_, steps_ = map(int, numbers)
    peer(kind_, path_, count_, (low_, high_), steps_)
