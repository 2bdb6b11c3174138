"""Service circles as the crow flies, and the households inside them.

A circle's radius is what people walk in so many minutes, shortened by the detour factor of the
profile: real ways are longer than the crow's. No standard defines a service circle, so minutes,
speed and factor are settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.crs import local_crs

if TYPE_CHECKING:
    from geodata.profiles import Walking

CORNERS = 16
"""Corners in a quarter of a drawn circle: its area is 0.2% below the true one."""
HALF = 0.5


@dataclass(frozen=True)
class Coverage:
    """Who is within reach.

    ``areas`` has ``code``, ``name``, ``households``, ``covered`` and ``share`` (0…1, NaN where no
    households are known); ``compounds`` has ``code``, ``name``, ``area_code``, ``households``,
    ``covered``, ``share`` and ``geometry`` (a point inside, WGS 84). ``basis`` says where the
    households are taken to live: ``buildings``, ``compounds`` or ``areas``.
    """

    areas: pd.DataFrame
    compounds: gpd.GeoDataFrame
    households: float
    covered: float
    basis: str

    @property
    def share(self) -> float | None:
        """Covered households of all, 0…1; None if no households are known."""
        return self.covered / self.households if self.households else None

    def uncovered(self, *, least: float = HALF) -> gpd.GeoDataFrame:
        """Compounds of whose households less than ``least`` are covered, the largest first."""
        found = self.compounds[self.compounds["share"] < least]
        return found.sort_values(["households", "code"], ascending=[False, True])


def radius_m(minutes: float, walking: Walking) -> float:
    """How far, as the crow flies, people get in ``minutes``: metres."""
    return minutes * 60.0 * walking.speed_m_per_s / walking.detour_factor


def service_circles(
    facilities: gpd.GeoDataFrame, *, minutes: float, walking: Walking
) -> gpd.GeoDataFrame:
    """The circle round each facility, WGS 84, with ``radius_m`` and the facility's columns.

    Args:
        facilities: Points, any CRS.
        minutes: How long people walk.
        walking: Speed and detour factor.
    """
    radius = radius_m(minutes, walking)
    shown = facilities.to_crs(4326)
    circles = shown.set_geometry(_circles(shown.geometry, radius), crs=4326)
    circles["minutes"] = minutes
    circles["radius_m"] = radius
    return circles


def _circles(points: gpd.GeoSeries, radius: float) -> NDArray[np.object_]:
    """Discs on the ellipsoid's local plane round each point, WGS 84."""
    if not len(points):
        return np.array([], dtype=object)
    local = points.to_crs(_plane(points))
    return np.asarray(local.buffer(radius, quad_segs=CORNERS).to_crs(4326).array)


def _plane(points: gpd.GeoSeries) -> object:
    west, south, east, north = points.total_bounds
    return local_crs((west + east) / 2, (south + north) / 2)


def coverage(
    areas: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    radius_m: float,
) -> Coverage:
    """Households within ``radius_m`` of a facility, for each area and each compound.

    Households live in their buildings. A compound none of whose buildings states households has
    them spread over its ground, so the covered part of its ground counts; and if neither
    buildings nor compounds state any, the same goes for the areas themselves. A building is
    where a point inside it is.

    Args:
        areas: Polygons with ``code``, ``name``, ``households``; one level, WGS 84.
        compounds: Polygons with ``code``, ``name``, ``area_code``, ``households``.
        buildings: Polygons with ``compound_code``, ``area_code``, ``households``.
        facilities: The points that count.
        radius_m: Metres.
    """
    base = next((f for f in (areas, compounds, buildings) if len(f)), areas)
    plane = _plane(base.geometry) if len(base) else 4326
    stations = shapely.get_parts(np.asarray(facilities.to_crs(plane).geometry.array))
    reached = shapely.union_all(shapely.buffer(stations, radius_m, quad_segs=CORNERS))

    lived_in = buildings[buildings["households"].fillna(0) > 0]
    homes = _homes(lived_in, stations, radius_m, plane)
    by_compound = _compound_table(compounds, homes, reached, plane)
    spread = by_compound[~by_compound["code"].isin(homes["compound_code"])]
    parts = [
        homes[["area_code", "households", "covered"]],
        spread[["area_code", "households", "covered"]],
    ]
    lived = pd.concat([part for part in parts if len(part)] or parts[:1])
    basis = "buildings" if len(homes) else "compounds"
    if not lived["households"].sum():
        basis = "areas"
        lived = _spread_over(areas, reached, plane).rename(columns={"code": "area_code"})
    sums = lived.groupby("area_code")[["households", "covered"]].sum()
    table = areas[["code", "name"]].merge(sums, how="left", left_on="code", right_index=True)
    table[["households", "covered"]] = table[["households", "covered"]].fillna(0.0)
    table["share"] = _share(table)
    return Coverage(
        areas=pd.DataFrame(table),
        compounds=by_compound,
        households=float(lived["households"].sum()),
        covered=float(lived["covered"].sum()),
        basis=basis,
    )


def _homes(
    buildings: gpd.GeoDataFrame, stations: NDArray[np.object_], radius: float, plane: object
) -> pd.DataFrame:
    """Buildings with households, and how many of these are covered: all or none."""
    table = pd.DataFrame(
        {
            "compound_code": buildings["compound_code"].to_numpy(),
            "area_code": buildings["area_code"].to_numpy(),
            "households": buildings["households"].to_numpy(dtype=float),
        }
    )
    inside = np.zeros(len(table), dtype=bool)
    if len(table) and len(stations):
        points = buildings.representative_point().to_crs(plane)
        tree = shapely.STRtree(stations)
        hits = tree.query(np.asarray(points.array), predicate="dwithin", distance=radius)
        inside[np.unique(hits[0])] = True
    table["covered"] = np.where(inside, table["households"], 0.0)
    return table


def _compound_table(
    compounds: gpd.GeoDataFrame, homes: pd.DataFrame, reached: shapely.Geometry, plane: object
) -> gpd.GeoDataFrame:
    """Each compound's households and how many of them are covered."""
    spread = _spread_over(compounds, reached, plane)
    sums = homes.groupby("compound_code")[["households", "covered"]].sum()
    known = spread["code"].isin(sums.index)
    counted = sums.reindex(spread["code"])
    for column in ("households", "covered"):
        spread[column] = np.where(known, counted[column].to_numpy(), spread[column])
    ground = spread.pop("ground")
    spread["share"] = _share(spread).fillna(ground)
    return gpd.GeoDataFrame(
        spread.assign(
            name=compounds["name"].to_numpy(), area_code=compounds["area_code"].to_numpy()
        ),
        geometry=np.asarray(compounds.representative_point().array),
        crs=4326,
    )


def _spread_over(
    places: gpd.GeoDataFrame, reached: shapely.Geometry, plane: object
) -> pd.DataFrame:
    """Households spread evenly over each place's ground, and the share of it within reach."""
    shapes = np.asarray(places.to_crs(plane).geometry.array) if len(places) else np.array([])
    shapely.prepare(reached)
    whole = shapely.area(shapes)
    part = shapely.area(shapely.intersection(shapes, reached)) if len(shapes) else whole
    ground = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    households = places["households"].fillna(0).to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "code": places["code"].to_numpy(),
            "households": households,
            "covered": households * ground,
            "ground": ground,
        }
    )


def _share(table: pd.DataFrame) -> pd.Series:
    """Covered of all, NaN where there is nothing to cover."""
    return (table["covered"] / table["households"].where(table["households"] > 0)).astype(float)
