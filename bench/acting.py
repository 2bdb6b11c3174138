"""Actions on a draft of 1,000 grids, each on the part that it concerns, and their figures.

``python bench/acting.py [GRIDS [UNITS [ROUNDS]]]`` prints JSON lines: milliseconds of an action
(the part is given, as the database gives it), of the figures of the grids that it changed, and of
the figures of the whole.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.plans.actions import Refused, apply, part_of
from geodata.plans.coverage import RASTER_M
from geodata.plans.figures import figures, totals
from geodata.plans.net import COUNTED, Net

MOST_MS = 100


def town(grids: int, units: int, *, seed: int = 5) -> Net:
    """Cells with bent borders, six buildings in each, and a street every hundred metres."""
    random = np.random.default_rng(seed)
    size = 100.0 * np.sqrt(units)
    corner = np.array((500_000.0, 3_900_000.0))
    spots = random.uniform(0, size, (units, 2)) + corner
    box = shapely.box(*corner, *(corner + size))
    cells = shapely.voronoi_polygons(shapely.MultiPoint(spots), extend_to=box)
    cut = shapely.intersection(shapely.get_parts(cells), box)
    # Streets bend: each side gets corners of its own, the same on both sides.
    noded = shapely.union_all(shapely.boundary(shapely.segmentize(cut, 20)), grid_size=RASTER_M)
    shapes = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    seeds = shapely.points(middles[random.permutation(len(shapes))[:grids]])
    of = shapely.STRtree(seeds).nearest(shapely.points(middles)) + 1
    homes = [
        [
            [*(middle + random.uniform(-20, 20, 2)), *random.integers(5, 30, 5).tolist(), 1, 2]
            for _ in range(6)
        ]
        for middle in middles
    ]
    sums = np.array([[home[2:] for home in some] for some in homes]).sum(axis=1)
    frame = gpd.GeoDataFrame(
        {
            "grid": pd.array(of, dtype="Int64"),
            "kind": "compound",
            "compound": [f"C{k}" for k in range(len(shapes))],
            "closed": False,
            "community": [f"3713110010{k % 50:02d}" for k in of],
            **{name: pd.array(sums[:, k], dtype="Int64") for k, name in enumerate(COUNTED)},
            "homes": pd.Series(homes, dtype=object).to_numpy(),
        },
        geometry=shapes,
        crs="EPSG:4548",
        index=pd.RangeIndex(1, len(shapes) + 1, name="unit"),
    )
    rows = pd.DataFrame(
        {"code": None, "name": "", "community": "371311001001", "locked": False, "worker": None},
        index=pd.RangeIndex(1, int(of.max()) + 1, name="grid"),
    )
    along = np.linspace(0, size, int(size / 100))
    still = np.broadcast_to(along[:, None], (len(along), len(along)))
    ways = np.stack((np.broadcast_to(along, still.shape), still), axis=2)
    streets = shapely.linestrings(np.concatenate((ways, ways[..., ::-1])) + corner)
    lines = gpd.GeoDataFrame({"kind": ["street"] * len(streets)}, geometry=streets, crs=frame.crs)
    return Net(frame, rows, lines, len(shapes) + 1, int(of.max()) + 1)


def drawn(net: Net, random: np.random.Generator, name: str) -> dict:  # noqa: PLR0911
    """An action as a planner would do it, somewhere in the net."""
    borders = net.borders([int(random.choice(net.grids.index))])
    grid, shape = int(borders.index[0]), borders.geometry.iloc[0]
    middle = np.array(shapely.point_on_surface(shape).coords[0])
    turn = random.uniform(0, 2 * np.pi)
    out = np.array((np.cos(turn), np.sin(turn)))
    ring = shapely.get_parts(shape)[0].exterior
    if name == "draw":
        blob = shapely.Point(middle).buffer(random.uniform(60, 200), quad_segs=4)
        return {"action": name, "polygon": blob}
    if name == "split":
        far = 2 * shapely.hausdorff_distance(shape, shapely.Point(middle)) * out
        return {
            "action": name,
            "grid": grid,
            "line": shapely.LineString([middle - far, middle + far]),
        }
    if name == "split_several":
        return {
            "action": "split",
            "line": shapely.LineString(
                [net.units.total_bounds[:2] - 10, middle, net.units.total_bounds[2:] + 10]
            ),
        }
    if name == "reshape":
        start = random.uniform(0, ring.length)
        ends = [ring.interpolate((start + k * 120) % ring.length).coords[0] for k in (0, 1, 2)]
        bent = np.array(ends[1]) + out * 40
        return {"action": name, "line": shapely.LineString([ends[0], bent, ends[2]])}
    if name == "drag":
        spot = np.array(ring.coords[int(random.integers(len(ring.coords)))])
        to = spot + out * random.uniform(5, 40)
        return {"action": name, "from": shapely.Point(spot), "to": shapely.Point(to)}
    pairs = net.units.sindex.query(shape, predicate="intersects")
    beside = net.units.iloc[pairs]
    beside = beside[(beside["grid"] != grid) & beside["grid"].notna()]
    if name == "merge":
        return {"action": name, "grids": [grid, int(beside["grid"].iloc[0])]}
    if name == "assign":
        return {"action": name, "units": [int(one) for one in beside.index[:3]], "grid": grid}
    if name == "remove":
        return {"action": name, "grid": grid, "units_to": "neighbours"}
    return {"action": name, "grid": grid}


NAMES = ("draw", "split", "split_several", "reshape", "drag", "merge", "assign", "remove", "lock")


def measure(grids: int = 1_000, units: int = 6_500, rounds: int = 60) -> list[dict]:
    """Milliseconds of every kind of action, and of the figures."""
    net = town(grids, units)
    random = np.random.default_rng(3)
    took: dict[str, list[float]] = defaultdict(list)
    refused: dict[str, int] = defaultdict(int)
    told: list[float] = []
    for number in range(rounds + 1):
        for name in NAMES:
            action = drawn(net, random, name)
            part = part_of(net, action)
            start = time.perf_counter()
            try:
                step = apply(part, action)
            except Refused as refusal:
                refused[f"{name}: {refusal.reason}"] += 1
                step = None
            spent = time.perf_counter() - start
            if step is not None and len(step.grids_redrawn):
                start = time.perf_counter()
                figures(step.net, grids=step.grids_redrawn)
                if number:
                    told.append(1_000 * (time.perf_counter() - start))
            if number:  # the first round reads the code
                took[name].append(1_000 * spent)
    whole = []
    for _ in range(5):
        start = time.perf_counter()
        totals(net, figures(net))
        whole.append(1_000 * (time.perf_counter() - start))
    single = [one for name in NAMES if name != "split_several" for one in took[name]]
    net_is = {"grids": len(net.grids), "units": len(net.units)}
    return [
        {
            "name": "an action, 95% of them",
            "value": round(float(np.percentile(single, 95)), 1),
            "limit": MOST_MS,
            "unit": "ms",
            **net_is,
            "actions": len(single),
            "median": round(float(np.median(single)), 1),
            "slowest": round(max(single), 1),
            "by_action": {
                name: round(float(np.percentile(times, 95)), 1) for name, times in took.items()
            },
            "refused": dict(refused),
        },
        {
            "name": "a split of all grids from corner to corner, 95%",
            "value": round(float(np.percentile(took["split_several"], 95)), 1),
            "unit": "ms",
        },
        {
            "name": "figures of the grids that an action changed, 95%",
            "value": round(float(np.percentile(told, 95)), 1),
            "limit": MOST_MS,
            "unit": "ms",
        },
        {"name": "figures of all grids", "value": round(min(whole), 1), "unit": "ms"},
    ]


if __name__ == "__main__":
    for row in measure(*map(int, sys.argv[1:4])):
        print(json.dumps(row, ensure_ascii=False))
