"""Nets for tests: cells of random points as units, on the raster."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.plans.coverage import RASTER_M
from geodata.plans.net import COUNTED, Net

EAST, NORTH = 500_000.0, 3_900_000.0
COMMUNITY = "371311001001"


def at(*points: tuple[float, float]) -> np.ndarray:
    """Places near the corner of the nets made here, in metres of the map."""
    return np.array(points, dtype=float) + np.array((EAST, NORTH))


def lattice(columns: int, rows: int, *, side: float = 100.0, grid_of=lambda c, r: 1) -> Net:
    """Square units of ``side`` metres from the south west corner, row by row."""
    cells = [(c, r) for r in range(rows) for c in range(columns)]
    shapes = [
        shapely.box(*(at((c * side, r * side), ((c + 1) * side, (r + 1) * side)).ravel()))
        for c, r in cells
    ]
    return net_of(shapes, [grid_of(c, r) for c, r in cells])


def cells(count: int, grids: int, *, seed: int, size: float = 1_000.0, holes: int = 0) -> Net:
    """Voronoi cells of random points in a square; ``holes`` cells are no ground of the plan."""
    random = np.random.default_rng(seed)
    points = shapely.MultiPoint(random.uniform(0, size, (count, 2)) + np.array((EAST, NORTH)))
    box = shapely.box(EAST, NORTH, EAST + size, NORTH + size)
    raw = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box))
    lines = shapely.union_all(shapely.boundary(shapely.intersection(raw, box)), grid_size=RASTER_M)
    shapes = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    shapes = shapes[random.permutation(len(shapes))[holes:]]
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    seeds = middles[random.permutation(len(shapes))[:grids]]
    away = np.hypot(*(middles[:, None] - seeds[None]).transpose(2, 0, 1))
    return net_of(list(shapes), (away.argmin(axis=1) + 1).tolist(), seed=seed)


def net_of(shapes: list, grids: list, *, seed: int = 0) -> Net:
    """A net of these polygons; every second unit knows its buildings."""
    random = np.random.default_rng(seed)
    count = len(shapes)
    values: dict[str, list] = {name: [] for name in (*COUNTED, "homes")}
    for k, shape in enumerate(shapes):
        homes = []
        if k % 2:
            middle = shapely.point_on_surface(shape)
            for step in range(3):
                line = shapely.LineString([middle, shapely.get_point(shape.exterior, step)])
                spot = line.interpolate(0.4, normalized=True)
                homes.append([spot.x, spot.y, *random.integers(1, 40, 5).tolist(), 1, 2])
        totals = (
            np.array([home[2:] for home in homes]).sum(axis=0)
            if homes
            else random.integers(10, 150, len(COUNTED))
        )
        for name, total in zip(COUNTED, totals.tolist(), strict=True):
            values[name].append(total)
        values["homes"].append(homes)
    names = sorted({grid for grid in grids if grid is not None})
    units = gpd.GeoDataFrame(
        {
            "grid": pd.array(grids, dtype="Int64"),
            "kind": "compound",
            "compound": [f"C{k}" for k in range(count)],
            "closed": False,
            "community": COMMUNITY,
            **{name: pd.array(values[name], dtype="Int64") for name in COUNTED},
            "homes": pd.Series(values["homes"], dtype=object).to_numpy(),
        },
        geometry=shapes,
        crs="EPSG:4548",
        index=pd.RangeIndex(1, count + 1, name="unit"),
    )
    rows = pd.DataFrame(
        {
            "code": None,
            "name": [f"第{grid}网格" for grid in names],
            "community": COMMUNITY,
            "locked": False,
            "worker": None,
        },
        index=pd.Index(names, name="grid"),
    )
    return Net(units, rows, None, count + 1, max(names) + 1)
