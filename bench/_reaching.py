"""What the peers say of ``bench/reaching.py``, run in their own environment.

``python bench/_reaching.py NETWORK.npz ANSWERS.npz`` keeps the best seconds of each peer as JSON,
and the nodes that networkx finds from every place. (pandana prints on its own account.)
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import osmnx
import pandana
import pandas as pd


def timed(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """The best of some runs, and its answer."""
    seconds, answer = [], None
    for _ in range(times):
        start = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), answer


def drawn(nodes: Any, ends: Any, metres: Any) -> nx.MultiDiGraph:
    """The graph as OSMnx holds one: directed, with length on each edge."""
    graph = nx.MultiDiGraph(crs="EPSG:4548")
    graph.add_nodes_from((row, {"x": x, "y": y}) for row, (x, y) in enumerate(nodes.tolist()))
    for (one, other), length in zip(ends.tolist(), metres.tolist(), strict=True):
        graph.add_edge(one, other, length=length)
        graph.add_edge(other, one, length=length)
    return graph


def main(given: str, kept: str) -> None:
    """Measure all peers on one network."""
    known = np.load(given)
    nodes, ends, metres = known["nodes"], known["ends"], known["metres"]
    places, limit = known["places"].tolist(), float(known["limit"])
    start = time.perf_counter()
    fast = pandana.Network(
        pd.Series(nodes[:, 0]),
        pd.Series(nodes[:, 1]),
        pd.Series(ends[:, 0]),
        pd.Series(ends[:, 1]),
        pd.DataFrame({"metres": metres}),
    )
    seconds = {"pandana_index": time.perf_counter() - start}
    seconds["pandana"], ranges = timed(lambda: fast.nodes_in_range(places, limit), 3)
    graph = drawn(nodes, ends, metres)
    seconds["osmnx"], _ = timed(
        lambda: [nx.ego_graph(graph, place, radius=limit, distance="length") for place in places], 1
    )
    plain = nx.Graph()
    plain.add_nodes_from(range(len(nodes)))
    plain.add_weighted_edges_from(
        (*pair, length) for pair, length in zip(ends.tolist(), metres.tolist(), strict=True)
    )
    seconds["networkx"], found = timed(
        lambda: [
            nx.single_source_dijkstra_path_length(plain, place, cutoff=limit, weight="weight")
            for place in places
        ],
        1,
    )
    rows = [np.array(sorted(one.items()), dtype=float).reshape(-1, 2) for one in found]
    first = np.cumsum([0, *map(len, rows)])
    versions = {"pandana": pandana.__version__, "osmnx": osmnx.__version__}
    told = {"seconds": seconds, "pandana_rows": len(ranges), "versions": versions}
    np.savez(kept, first=first, found=np.concatenate(rows), told=json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
