"""A district on real streets: blocks between them, communities, invented compounds and buildings.

Nothing of the streets goes into the project. ``python tests/realdata/real_district.py STREETS
FOLDER [W S E N]`` writes what a user would have as files, ready for ``wangge import``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import to_local
from geodata.demo.households import TOPS
from geodata.demo.standing import PATTERNS, set_out
from geodata.plans import units
from geodata.plans.coverage import cut, neighbours
from geodata.plans.coverage.faces import regions

_KINDS = (  # type, closed, what stands there, how often
    ("commercial", True, (("tower", 1.0),), 0.25),
    ("commercial", True, (("mid", 0.4), ("tower", 1.0)), 0.25),
    ("work_unit", True, (("slab", 1.0),), 0.2),
    ("affordable", False, (("mid", 1.0),), 0.15),
    ("mixed", False, (("slab", 1.0),), 0.15),
)
_COUNTY = "990301"


@dataclass(frozen=True)
class RealDistrict:
    """Layers as ``wangge import`` takes them, in EPSG:4326."""

    areas: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """The areas that grids belong to."""
        return self.areas[self.areas["level"] == "community"]


def real_district(
    path: Path,
    *,
    box: tuple[float, float, float, float] | None = None,
    communities: int = 8,
    seed: int = 7,
) -> RealDistrict:
    """A district between the streets of a file.

    Args:
        path: GeoPackage or GeoParquet of lines with ``highway``.
        box: West, south, east, north in degrees; None: all of it.
        communities: How many.
        seed: The same one builds the same.
    """
    rng = np.random.default_rng(seed)
    streets = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    streets["kind"] = streets["highway"].astype(str)
    if box is not None:
        streets = streets[streets.intersects(shapely.box(*box))]
    local = to_local(streets)
    lines = shapely.get_parts(local.geometry.to_numpy())
    ground = shapely.buffer(shapely.concave_hull(shapely.multilinestrings(lines), ratio=0.15), 15)
    busy = local.geometry[~local["kind"].str.split("|").str[0].isin(units.NO_BORDER)].to_numpy()
    faces = cut([ground], lines=busy)
    blocks = faces.shapes[faces.claims == 1]
    pairs, metres = neighbours(blocks)
    labels = _communities(blocks, pairs, metres, communities)
    communities = int(labels.max()) + 1
    shapes = [shapely.coverage_union_all(blocks[labels == one]) for one in range(communities)]
    estates, homes = _built(blocks, labels, rng)
    rows = [
        *({"code": f"{_COUNTY}001{n + 1:03}", "name": f"第{n + 1}社区", "level": "community",
           "parent_code": f"{_COUNTY}001"} for n in range(communities)),
        {"code": f"{_COUNTY}001", "name": "真路街道", "level": "street_office",
         "parent_code": _COUNTY},
        {"code": _COUNTY, "name": "真路区", "level": "county", "parent_code": None},
    ]  # fmt: skip
    whole = shapely.coverage_union_all(blocks)
    areas = gpd.GeoDataFrame(rows, geometry=[*shapes, whole, whole], crs=local.crs)
    columns = [one for one in ("name", "kind", "geometry") if one in streets]
    return RealDistrict(
        areas.to_crs(4326),
        gpd.GeoDataFrame(estates, crs=local.crs).to_crs(4326),
        gpd.GeoDataFrame(homes, crs=local.crs).to_crs(4326),
        streets[columns].to_crs(4326),
    )


def _communities(
    blocks: np.ndarray, pairs: np.ndarray, metres: np.ndarray, wanted: int
) -> np.ndarray:
    """Blocks by cells of a board two cells high, each community in one piece."""
    middle = shapely.get_coordinates(shapely.centroid(blocks))
    rank = middle.argsort(axis=0).argsort(axis=0) / len(blocks)
    cell = (rank[:, 0] * (wanted // 2)).astype(int) * 2 + (rank[:, 1] > 0.5)
    while True:
        piece = regions(len(blocks), pairs[cell[pairs[:, 0]] == cell[pairs[:, 1]]])
        size = np.bincount(piece, shapely.area(blocks))
        whose = np.zeros(len(size), dtype=int)
        whose[piece] = cell
        main = {one: int(np.argmax(np.where(whose == one, size, 0))) for one in np.unique(cell)}
        stray = [one for one in range(len(size)) if main[whose[one]] != one]
        if not stray:
            return np.unique(cell, return_inverse=True)[1]
        one = min(stray, key=lambda it: size[it])
        ends = piece[pairs] == one
        across = ends[:, 0] != ends[:, 1]
        there = cell[np.where(ends[across, 0], pairs[across, 1], pairs[across, 0])]
        cell[piece == one] = np.bincount(there, metres[across]).argmax()


def _built(
    blocks: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compounds inside the larger blocks, and what stands in them."""
    estates, homes = [], []
    for block in np.flatnonzero(shapely.area(blocks) > 5_000).tolist():
        inner = shapely.get_parts(shapely.buffer(blocks[block], -10, join_style="mitre"))
        for room in _halved(max(inner, key=shapely.area)) if len(inner) else []:
            if shapely.area(room) < 2_500 or rng.random() < 0.2:
                continue
            code = f"{_COUNTY}C{len(estates) + 1:05}"
            type_, closed, patterns, _ = _KINDS[rng.choice(len(_KINDS), p=[it[3] for it in _KINDS])]
            ground = shapely.buffer(room, -4, join_style="mitre")
            if ground.is_empty:  # large, but nowhere eight metres wide
                continue
            standing = set_out(ground, _turn(room), patterns, rng)
            mine = _homes(standing, code, len(homes), rng)
            if not mine:
                continue
            homes += mine
            estates.append(
                {
                    "code": code,
                    "name": f"真路{len(estates) + 1}号小区",
                    "type": type_,
                    "closed": closed,
                    "area_code": f"{_COUNTY}001{labels[block] + 1:03}",
                    "households": sum(it["households"] for it in mine),
                    "residents": sum(it["residents"] for it in mine),
                    "geometry": room,
                }
            )
    return pd.DataFrame(estates), pd.DataFrame(homes)


def _halved(room: shapely.Polygon) -> list[shapely.Polygon]:
    """Large ground as several compounds wall to wall."""
    if room.area < 40_000:
        return [room]
    points = shapely.get_coordinates(shapely.oriented_envelope(room))
    a, b, c, d = points[:4]
    if np.hypot(*(b - a)) < np.hypot(*(c - b)):
        a, b, c, d = b, c, d, a
    middle = shapely.LineString([(a + b) / 2 + (a - d), (c + d) / 2 - (a - d)])
    faces = cut([room], lines=[middle])
    parts = faces.shapes[faces.claims == 1]
    return [one for part in parts for one in ([part] if len(parts) < 2 else _halved(part))]


def _turn(room: shapely.Polygon) -> float:
    """The direction of the longer side, radians from east."""
    points = shapely.get_coordinates(shapely.oriented_envelope(room))[:3]
    side = max(points[1] - points[0], points[2] - points[1], key=lambda it: np.hypot(*it))
    return float(np.arctan2(side[1], side[0]))


def _homes(standing: object, code: str, first: int, rng: np.random.Generator) -> list[dict]:
    rows = []
    for place, (footprint, long, name) in enumerate(
        zip(standing.footprints, standing.lengths, standing.patterns, strict=True)
    ):
        pattern = PATTERNS[name]
        floors = int(rng.integers(TOPS[name][0], max(TOPS[name][0] + 1, TOPS[name][1] // 2)))
        entrances = max(1, round(long / pattern.unit_m))
        households = int(0.92 * floors * entrances * pattern.homes_a_floor)
        rows.append(
            {
                "code": f"990301B{first + place + 1:06}",
                "name": f"{place + 1}号楼",
                "compound_code": code,
                "use": "residential",
                "floors": floors,
                "entrances": entrances,
                "households": households,
                "residents": int(rng.poisson(2.6 * households)),
                "elderly": int(rng.poisson(0.4 * households)),
                "geometry": shapely.Polygon(footprint),
            }
        )
    return rows


def write(district: RealDistrict, folder: Path) -> None:
    """A GeoPackage for each layer."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("areas", "compounds", "buildings", "streets"):
        frame = getattr(district, name)
        frame.to_file(folder / f"{name}.gpkg", layer=name)


if __name__ == "__main__":
    corners = tuple(map(float, sys.argv[3:7]))
    write(real_district(Path(sys.argv[1]), box=corners or None), Path(sys.argv[2]))
