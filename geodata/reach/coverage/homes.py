"""Where people live: points with households, residents and elderly people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.crs import local_crs

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
Weight = Literal["households", "residents", "elderly"]
WEIGHTS: Final[tuple[Weight, ...]] = ("households", "residents", "elderly")
SAMPLES: Final = 36
"""About so many points stand for the ground of a compound whose buildings state nobody."""
SAMPLES_OF_AREA: Final = 400
NOWHERE: Final = -1


@dataclass(frozen=True, eq=False)
class Homes:
    """Points where people live; immutable.

    Attributes:
        points: (n) shapely points, longitude and latitude, WGS 84.
        counts: For each weight (n) how many live there; parts of one where ground was sampled.
        units: For each level what there is of it: ``code``, ``name`` and more, one row each.
            Levels are ``building``, ``compound``, ``grid`` and the keys of the area levels.
        member: For each level (n) int32, the row of ``units`` that a home is in; -1: in none.
        silent: For each weight (n) whether nothing is said of how many live there.
        basis: Where households are taken to live: ``buildings``, ``compounds`` or ``areas``.
    """

    points: NDArray[np.object_]
    counts: dict[Weight, Floats]
    units: dict[str, pd.DataFrame]
    member: dict[str, Integers]
    silent: dict[Weight, NDArray[np.bool_]]
    basis: str

    def __len__(self) -> int:
        """How many points there are."""
        return len(self.points)

    @property
    def frame(self) -> gpd.GeoSeries:
        """The points, to be joined to a network."""
        return gpd.GeoSeries(self.points, crs=4326)

    @cached_property
    def flat(self) -> Flat:
        """The points in a plane of metres."""
        return flat(self.points)

    def only(self, kept: NDArray[np.bool_]) -> Homes:
        """Some of the homes, with all that there is of each level."""
        return replace(
            self,
            points=self.points[kept],
            counts={weight: people[kept] for weight, people in self.counts.items()},
            member={level: rows[kept] for level, rows in self.member.items()},
            silent={weight: unsaid[kept] for weight, unsaid in self.silent.items()},
        )


@dataclass(frozen=True, eq=False)
class Flat:
    """Points in a plane of metres: its CRS, and (n, 2) eastings and northings."""

    crs: pyproj.CRS
    xy: Floats


def flat(points: NDArray[np.object_], crs: pyproj.CRS | None = None) -> Flat:
    """Points (longitude and latitude, WGS 84) in a plane, the local one if none is given."""
    if crs is None:
        west, south, east, north = shapely.total_bounds(points) if len(points) else (0, 0, 0, 0)
        crs = pyproj.CRS(local_crs((west + east) / 2, (south + north) / 2))
    turned = _into(crs).transform(shapely.get_x(points), shapely.get_y(points))
    return Flat(crs, np.column_stack(turned))


@lru_cache(8)
def _into(crs: pyproj.CRS) -> pyproj.Transformer:
    """From degrees into a plane; to make one takes as long as to turn ten thousand points."""
    return pyproj.Transformer.from_crs(4326, crs, always_xy=True)


def homes(
    areas: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    *,
    levels: Sequence[str],
) -> Homes:
    """Everybody at a point: in a building, else over a compound's ground, else over an area's.

    A building is a point inside it. A compound none of whose buildings states anybody has its
    people spread over its ground, at sample points of equal weight, also if it states nobody, so
    that its ground can be told from others; if neither buildings nor compounds state anybody, the
    same goes for the areas of the smallest level.

    Args:
        areas: Polygons with ``code``, ``name``, ``level``, ``parent_code``, ``households``,
            ``residents``.
        grids: Polygons with ``code``, ``name``, ``area_code``.
        compounds: Polygons with ``code``, ``name``, ``area_code``, ``households``, ``residents``.
        buildings: Polygons with ``code``, ``compound_code``, ``area_code``, ``households``,
            ``residents``, ``elderly``.
        levels: Keys of the area levels, the largest first.
    """
    lived_in = _built(buildings)
    stated = set(lived_in["compound_code"].dropna())
    parts = [
        lived_in,
        _spread(compounds[~compounds["code"].isin(stated)], "compound_code", SAMPLES),
    ]
    basis = "buildings" if len(lived_in) else "compounds"
    if not sum(part[one].sum() for part in parts for one in WEIGHTS):
        basis = "areas"
        smallest = areas[areas["level"] == levels[-1]]
        parts.append(_spread(smallest.assign(area_code=smallest["code"]), None, SAMPLES_OF_AREA))
    table = pd.concat([part for part in parts if len(part)] or parts[:1])
    table = table.reset_index(drop=True)
    points = np.asarray(table["point"], dtype=object)
    stated_counts = {one: table[one].to_numpy(dtype=float) for one in WEIGHTS}
    counts = {one: np.nan_to_num(people) for one, people in stated_counts.items()}
    silent = {one: np.isnan(people) for one, people in stated_counts.items()}
    units = {
        "building": _units(buildings, ("compound_code", "area_code")),
        "compound": _units(compounds, ("area_code",)),
        "grid": _units(grids, ("area_code",)),
    }
    member = {
        "building": _rows(units["building"], table["building_code"]),
        "compound": _rows(units["compound"], table["compound_code"]),
        "grid": _containing(grids, points),
    }
    for level in levels:
        units[level] = _units(areas[areas["level"] == level], ("parent_code",))
    member |= _in_areas(areas, units, table, points, levels)
    return Homes(points, counts, units, member, silent, basis)


def _built(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Buildings in which somebody is said to live, each at a point inside it."""
    counts = {one: _numbers(buildings, one) for one in WEIGHTS}
    lived_in = np.any([counts[one] > 0 for one in WEIGHTS], axis=0)
    found = buildings[lived_in]
    columns: dict[str, NDArray[Any]] = {
        "point": shapely.point_on_surface(np.asarray(found.geometry.array, dtype=object)),
        "building_code": found["code"].to_numpy(dtype=object),
        "compound_code": found["compound_code"].to_numpy(dtype=object),
        "area_code": found["area_code"].to_numpy(dtype=object),
    }
    columns |= {one: counts[one][lived_in] for one in WEIGHTS}
    return pd.DataFrame(columns)


def _spread(places: gpd.GeoDataFrame, own: str | None, samples: int) -> pd.DataFrame:
    """People of each place at sample points of its ground, the same number at each."""
    counts = {one: _numbers(places, one) for one in WEIGHTS}
    points, owner = _sampled(places, samples)
    part = 1.0 / np.bincount(owner, minlength=len(places))[owner] if len(owner) else np.zeros(0)
    nothing = np.full(len(owner), None, dtype=object)
    columns: dict[str, NDArray[Any]] = {
        "point": points,
        "building_code": nothing,
        "compound_code": nothing,
        "area_code": places["area_code"].to_numpy(dtype=object)[owner],
    }
    columns |= {one: counts[one][owner] * part for one in WEIGHTS}
    if own is not None:
        columns[own] = places["code"].to_numpy(dtype=object)[owner]
    return pd.DataFrame(columns)


def _sampled(places: gpd.GeoDataFrame, samples: int) -> tuple[NDArray[np.object_], Integers]:
    """About so many points on a square lattice over each place's ground, and whose they are."""
    if not len(places):
        return np.zeros(0, dtype=object), np.zeros(0, dtype=np.int32)
    west, south, east, north = places.total_bounds
    plane = local_crs((west + east) / 2, (south + north) / 2)
    shapes = np.asarray(places.to_crs(plane).geometry.array, dtype=object)
    found = [_lattice(shape, samples) for shape in shapes]
    owner = np.repeat(np.arange(len(found), dtype=np.int32), [len(one) for one in found])
    points = gpd.GeoSeries(shapely.points(np.concatenate(found)), crs=plane).to_crs(4326)
    return np.asarray(points.array, dtype=object), owner


def _lattice(shape: shapely.Geometry, samples: int) -> Floats:
    """(k, 2) the middles of equal squares that lie in a shape; a point inside it if none does."""
    step = np.sqrt(max(shapely.area(shape), 1.0) / samples)
    west, south, east, north = shapely.bounds(shape)
    across, along = (max(round(one / step), 1) for one in (east - west, north - south))
    eastings = west + (np.arange(across) + 0.5) * (east - west) / across
    northings = south + (np.arange(along) + 0.5) * (north - south) / along
    grid = np.stack(np.meshgrid(eastings, northings), axis=-1).reshape(-1, 2)
    inside = grid[shapely.contains_xy(shape, grid)]
    if len(inside):
        return np.asarray(inside)
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shape)))


def _numbers(places: gpd.GeoDataFrame, column: str) -> Floats:
    """A column of counts, NaN where none is stated or the layer has no such column."""
    if column not in places.columns:
        return np.full(len(places), np.nan)
    found = pd.to_numeric(places[column], errors="coerce")
    return np.asarray(found.to_numpy(dtype=float, na_value=np.nan))


def _units(places: gpd.GeoDataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """What there is of a level, with a point inside each (longitude, latitude)."""
    names = places["name"] if "name" in places.columns else places["code"]
    points = shapely.point_on_surface(np.asarray(places.geometry.array, dtype=object))
    return pd.DataFrame(
        {
            "code": places["code"].to_numpy(dtype=object),
            "name": names.to_numpy(dtype=object),
            **{one: places[one].to_numpy(dtype=object) for one in columns},
            "lon": shapely.get_x(points),
            "lat": shapely.get_y(points),
        }
    )


def _rows(units: pd.DataFrame, codes: pd.Series) -> Integers:
    """The row of each code among the units; -1 for none."""
    return np.asarray(pd.Index(units["code"]).get_indexer(codes), dtype=np.int32)


def _containing(places: gpd.GeoDataFrame, points: NDArray[np.object_]) -> Integers:
    """The row of the first polygon that a point lies in; -1 for none."""
    found = np.full(len(points), NOWHERE, dtype=np.int32)
    if len(places) and len(points):
        tree = shapely.STRtree(np.asarray(places.geometry.array, dtype=object))
        which, row = tree.query(points, predicate="intersects")
        order = np.lexsort((-row, which))
        found[which[order]] = row[order]
    return found


def _in_areas(
    areas: gpd.GeoDataFrame,
    units: dict[str, pd.DataFrame],
    table: pd.DataFrame,
    points: NDArray[np.object_],
    levels: Sequence[str],
) -> dict[str, Integers]:
    """The area of each level that a home is in: as stated, else where it stands; then upwards."""
    smallest = levels[-1]
    at = _rows(units[smallest], table["area_code"])
    lost = np.flatnonzero(at == NOWHERE)
    at[lost] = _containing(areas[areas["level"] == smallest], points[lost])
    member = {smallest: at}
    for level, above in zip(reversed(levels), list(reversed(levels))[1:], strict=False):
        parents = _rows(units[above], units[level]["parent_code"])
        here = member[level]
        up = np.full(len(here), NOWHERE, dtype=np.int32)
        up[here != NOWHERE] = parents[here[here != NOWHERE]]
        lost = np.flatnonzero(up == NOWHERE)
        up[lost] = _containing(areas[areas["level"] == above], points[lost])
        member[above] = up
    return member
