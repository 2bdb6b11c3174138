"""Incident points into grids: ours against ``geopandas.sjoin``, in one run, same answer.

``python bench/locating.py [POINTS [POLYGONS [VERTICES]]]`` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time

import geopandas as gpd
import numpy as np
import shapely

from geodata.places.locating import locate


def net(polygons: int, vertices: int, *, seed: int = 7) -> np.ndarray:
    """A net of wavy-edged cells in longitude and latitude around 临沂, no gaps, no overlaps."""
    random = np.random.default_rng(seed)
    columns = int(np.ceil(np.sqrt(polygons)))
    rows = int(np.ceil(polygons / columns))
    side = max(2, vertices // 4)
    step = 0.5 / columns
    t = np.linspace(0, 1, side + 1)[:-1]

    def wave(count: int) -> np.ndarray:
        sizes = random.uniform(0.02, 0.12, (count, 3)) * step / np.arange(1, 4)
        phases = random.integers(1, 9, (count, 3))
        return (sizes[:, :, None] * np.sin(np.pi * phases[:, :, None] * t)).sum(axis=1)

    across = wave((rows + 1) * columns).reshape(rows + 1, columns, -1)
    along = wave(rows * (columns + 1)).reshape(rows, columns + 1, -1)
    cells = []
    for k in range(polygons):
        r, c = divmod(k, columns)
        x, y = 118.1 + c * step, 34.9 + r * step
        south = np.column_stack((x + t * step, y + across[r, c]))
        east = np.column_stack((x + step + along[r, c + 1], y + t * step))
        north = np.column_stack((x + t * step, y + step + across[r + 1, c]))
        west = np.column_stack((x + along[r, c], y + t * step))
        corner = [(x, y), (x + step, y + step), (x + step, y), (x, y + step)]
        ring = np.vstack(
            (south, [corner[2]], east[1:], [corner[1]], north[:0:-1], [corner[3]], west[:0:-1])
        )
        cells.append(shapely.Polygon(ring))
    return np.array(cells, dtype=object)


def measure(points: int = 1_000_000, polygons: int = 2_000, vertices: int = 150) -> dict:
    """Seconds of both, their ratio, and whether they agree."""
    cells = net(polygons, vertices)
    random = np.random.default_rng(1)
    west, south, east, north = shapely.total_bounds(cells)
    lon, lat = random.uniform(west, east, points), random.uniform(south, north, points)
    locate(lon[:30_000], lat[:30_000], cells)  # compiled, or its cache read
    start = time.perf_counter()
    ours = locate(lon, lat, cells)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    # The point frame's making is not counted against the peer.
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    areas = gpd.GeoDataFrame(geometry=cells, crs="EPSG:4326")
    start = time.perf_counter()
    joined = gpd.sjoin(frame, areas, how="left", predicate="intersects")
    peer_seconds = time.perf_counter() - start
    peer = joined["index_right"].groupby(joined.index).min().fillna(-1).to_numpy(dtype=np.int64)
    return {
        "name": "points into polygons",
        "points": points,
        "polygons": polygons,
        "vertices": int(np.median(shapely.get_num_coordinates(cells))),
        "seconds": round(seconds, 3),
        "peer": "geopandas.sjoin",
        "peer_seconds": round(peer_seconds, 3),
        "ratio": round(peer_seconds / seconds, 1),
        "wanted": 5.0,
        "same": bool((ours == peer).all()),
    }


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
