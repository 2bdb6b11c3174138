"""Who is within reach in a district: 55,000 buildings, 200 places, on a city's streets.

``python bench/covering.py [STREETS [BUILDINGS [PLACES]]]`` prints JSON lines. ``STREETS`` is a file
of lines (GeoParquet or what GDAL reads); without it, a bent lattice of some 90,000 streets. Homes
stand beside the streets, in 49 communities. The whole is timed once the network is built and the
homes are joined, both told beside it: the nearest place of every home, and sums by community and
compound, along the streets and as the crow flies. The peer is ``scipy.sparse.csgraph.dijkstra``
(``min_only``) over the same streets with a node for each joint: it is there for the answer to be
held against, and only its search is timed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse.csgraph
import shapely
from scipy.sparse import csr_array

from geodata.profiles import load_profile
from geodata.reach.coverage.answering import answer, scene
from geodata.reach.coverage.asking import Changes, Wish, asked
from geodata.reach.coverage.homes import homes
from geodata.reach.coverage.judging import held
from geodata.reach.coverage.keeping import Places, Town, changed
from geodata.reach.coverage.serving import served
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import join
from geodata.reach.networks.network import Joints, Network

PROFILE = load_profile("linyi")
WHOLE_S = 2.0
MOVED_S = 0.3
SIDE = 7
LEVELS = tuple(level.key for level in PROFILE.levels)


def made_streets(columns: int = 300, rows: int = 150, *, seed: int = 5) -> gpd.GeoDataFrame:
    """A lattice of streets of about 90 m, bent, with one in eight left out."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(columns) * 0.001, np.arange(rows) * 0.0008)
    nodes = np.stack([118.2 + x, 34.9 + y], axis=-1) + random.uniform(
        -2e-4, 2e-4, (rows, columns, 2)
    )
    ends = [
        np.stack([nodes[:, :-1], nodes[:, 1:]], axis=2).reshape(-1, 2, 2),
        np.stack([nodes[:-1], nodes[1:]], axis=2).reshape(-1, 2, 2),
    ]
    lines = np.concatenate(ends)
    lines = lines[random.random(len(lines)) > 0.125]
    return gpd.GeoDataFrame(
        {"kind": ["residential"] * len(lines)}, geometry=shapely.linestrings(lines), crs=4326
    )


def opened(path: Path) -> gpd.GeoDataFrame:
    """The streets of a file."""
    return gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)


def district(network: Network, buildings: int, *, seed: int = 6) -> dict[str, gpd.GeoDataFrame]:
    """Houses beside the streets, in 49 communities of one district, four to a compound."""
    random = np.random.default_rng(seed)
    edges = random.integers(0, len(network), buildings)
    xy = network.points[network.starts[edges]] + random.normal(0, 35, (buildings, 2))
    points = gpd.GeoSeries(shapely.points(xy), crs=network.crs).to_crs(4326)
    lon, lat = points.x.to_numpy(), points.y.to_numpy()
    west, south, east, north = lon.min(), lat.min(), lon.max() + 1e-9, lat.max() + 1e-9
    column = ((lon - west) / (east - west) * SIDE).astype(int)
    row = ((lat - south) / (north - south) * SIDE).astype(int)
    wide, high = (east - west) / SIDE, (north - south) / SIDE
    cells = [
        shapely.box(
            west + c * wide, south + r * high, west + (c + 1) * wide, south + (r + 1) * high
        )
        for r in range(SIDE)
        for c in range(SIDE)
    ]
    county = shapely.box(west, south, east, north)
    areas = gpd.GeoDataFrame(
        {
            "code": ["1", "11", *(f"11{n:02d}" for n in range(SIDE * SIDE))],
            "name": "",
            "level": [LEVELS[0], LEVELS[1], *[LEVELS[2]] * (SIDE * SIDE)],
            "parent_code": [None, "1", *["11"] * (SIDE * SIDE)],
        },
        geometry=[county, county, *cells],
        crs=4326,
    )
    houses = gpd.GeoDataFrame(
        {
            "code": [f"b{n}" for n in range(buildings)],
            "name": "",
            "compound_code": [f"c{n // 4}" for n in range(buildings)],
            "area_code": [f"11{n:02d}" for n in (row * SIDE + column).tolist()],
            "households": random.integers(1, 60, buildings),
            "residents": random.integers(1, 160, buildings),
            "elderly": random.integers(0, 30, buildings),
        },
        geometry=shapely.box(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4),
        crs=4326,
    )
    compounds = houses.iloc[::4].assign(code=lambda them: them["compound_code"])
    grids = areas.iloc[2:].assign(area_code=areas["code"])
    return {"areas": areas, "grids": grids, "compounds": compounds, "buildings": houses}


def places_of(network: Network, count: int, *, seed: int = 8) -> Places:
    """Places of all kinds in turn, on the streets."""
    random = np.random.default_rng(seed)
    edges = random.integers(0, len(network), count)
    spots = gpd.GeoSeries(shapely.points(network.points[network.starts[edges]]), crs=network.crs)
    kinds = PROFILE.keys("facility_kinds")
    table = pd.DataFrame(
        {
            "code": [f"f{n}" for n in range(count)],
            "name": "",
            "kind": [kinds[n % len(kinds)] for n in range(count)],
            "area_code": None,
            "hours": "Mo-Su 08:00-20:00",
            "capacity": 3000,
        }
    )
    points = np.asarray(spots.to_crs(4326).array, dtype=object)
    return Places(table, points, join(network, spots))


def by_scipy(network: Network, homes_at: Joints, places_at: Joints) -> Any:
    """The same streets as a matrix with a node for each joint, and which rows to search from."""
    graph, count = network.graph(asked(Wish(), PROFILE).legs), len(network.nodes)
    tails = np.repeat(np.arange(count), np.diff(graph.first))
    rows, columns, costs = [tails], [graph.to], [graph.metres]
    at = count
    for joints, leaving in ((places_at, True), (homes_at, False)):
        nodes = np.arange(at, at + len(joints.edge))
        at += len(nodes)
        begin = joints.along_m + joints.off_m
        end = network.metres[joints.edge] - joints.along_m + joints.off_m
        for node, cost in (
            (network.ends[joints.edge, 0], begin),
            (network.ends[joints.edge, 1], end),
        ):
            rows.append(nodes if leaving else node)
            columns.append(node if leaving else nodes)
            costs.append(cost)
    begins = np.arange(count, count + len(places_at.edge))
    home, place = _same_edge(homes_at.edge, places_at.edge)
    rows.append(begins[place])
    columns.append(at - len(homes_at.edge) + home)
    gap = np.abs(homes_at.along_m[home] - places_at.along_m[place])
    costs.append(gap + homes_at.off_m[home] + places_at.off_m[place])
    table = pd.DataFrame(
        {
            "row": np.concatenate(rows),
            "column": np.concatenate(columns),
            "cost": np.concatenate(costs),
        }
    )
    table = table.groupby(["row", "column"], as_index=False)["cost"].min()  # a matrix would add
    values = np.maximum(table["cost"].to_numpy(), 1e-9)
    return csr_array((values, (table["row"], table["column"])), shape=(at, at)), begins


def _same_edge(homes_on: Any, places_on: Any) -> tuple[Any, Any]:
    pairs = [
        (home, place)
        for place, edge in enumerate(places_on.tolist())
        for home in np.flatnonzero(homes_on == edge).tolist()
    ]
    found = np.array(pairs, dtype=int).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def best(work: Any, times: int = 3) -> tuple[float, Any]:
    """The shortest of some runs, seconds, and the answer."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        answered = work()
        found.append((time.perf_counter() - start, answered))
    return min(found, key=lambda one: one[0])


def measure(path: str = "", buildings: int = 55_000, places: int = 200) -> Iterator[dict[str, Any]]:
    """The whole, a place moved, and the search beside scipy's."""
    streets = opened(Path(path)) if path else made_streets()
    start = time.perf_counter()
    network = build(streets)
    built = time.perf_counter() - start
    layers = district(network, buildings)
    start = time.perf_counter()
    people = homes(**layers, levels=LEVELS)
    laid = time.perf_counter() - start
    start = time.perf_counter()
    joints = join(network, people.frame)
    joined = time.perf_counter() - start
    spots = places_of(network, places)
    kinds = PROFILE.keys("facility_kinds")
    told = {"nodes": len(network.nodes), "edges": len(network), "buildings": buildings,
            "places": places}  # fmt: skip

    def fresh() -> Town:
        return Town(people, network, joints, (), layers["compounds"][["code", "geometry"]])

    def ask(town: Town, changes: Changes | None = None) -> Any:
        question = asked(Wish(kinds=kinds, changes=changes or Changes()), PROFILE)
        now = changed(spots, question.wish.changes, network, kind=kinds[0])
        return scene(town, now, PROFILE, question, moment=None, workdays=None)

    answer(ask(fresh()))  # compiled, or read from its cache
    seconds, whole = best(lambda: answer(ask(fresh())))
    yield {
        "name": "coverage of a district",
        **told,
        "value": round(seconds, 3),
        "limit": WHOLE_S,
        "network_built": round(built, 2),
        "homes_laid_out": round(laid, 2),
        "homes_joined": round(joined, 2),
        "share": round(whole.total.share or 0.0, 4),
    }
    town = fresh()
    answer(ask(town))
    lon, lat = shapely.get_coordinates(spots.points[0])[0]
    steps = iter(range(1, 100))

    def moved() -> Any:
        return answer(ask(town, Changes(moved=(("f0", lon + 0.001 * next(steps), lat),))))

    seconds, _ = best(moved, 5)
    yield {"name": "a place moved by hand", **told, "value": round(seconds, 3), "limit": MOVED_S}
    seconds, _ = best(lambda: held(ask(fresh())))
    loads, _ = best(lambda: served(ask(fresh()), kinds), 1)
    yield {
        "name": "all standards, twelve kinds",
        **told,
        "value": round(seconds, 3),
        "limit": WHOLE_S,
        "capacities": round(loads, 3),
    }
    yield beside_scipy(ask(fresh()), told)


def beside_scipy(asked_for: Any, told: dict[str, Any]) -> dict[str, Any]:
    """The nearest place of every home by both."""
    town, spots = asked_for.town, asked_for.places
    kinds = asked_for.asked.kinds
    town.graph(asked_for.asked.legs)

    counting = asked_for.counting(kinds)

    def ours() -> Any:
        town._near.clear()  # noqa: SLF001 - what is kept would cost nothing
        return town.walked(asked_for.asked.legs, spots, counting)

    seconds, near = best(ours)
    matrix, begins = by_scipy(town.network, town.joints, spots.joints)
    peer_seconds, found = best(
        lambda: scipy.sparse.csgraph.dijkstra(matrix, indices=begins, min_only=True), 1
    )
    peer = np.full(len(town.homes), np.inf)
    np.minimum.at(peer, town.joints.place, found[-len(town.joints.edge) :])
    both = np.isfinite(peer)
    apart = np.abs(peer[both] - near.metres[both])
    return {
        "name": "the nearest place of every home",
        **told,
        "seconds": round(seconds, 4),
        "peer": "scipy dijkstra, min_only",
        "peer_seconds": round(peer_seconds, 4),
        "metres_apart": float(apart.max()) if len(apart) else 0.0,
        "same": bool((both == np.isfinite(near.metres)).all() and (apart < 1e-3).all()),
    }


if __name__ == "__main__":
    for line in measure(*sys.argv[1:2], *map(int, sys.argv[2:])):
        print(json.dumps(line))
