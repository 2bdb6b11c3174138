"""Whether places lie beside their streets as GCJ-02 and WGS 84 lie beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geodata.crs import convert_points
from geodata.reach.networks.network import Network

LEAST_PLACES: Final = 5
FAR_M: Final = 200.0
"""Beyond this a place is far, however far."""
CLEARLY: Final = 0.6
"""Moved, places must lie at most at this share of their distance to streets as given."""
_SAMPLE: Final = 3_000


@dataclass(frozen=True)
class Shift:
    """Places fit the streets better when moved.

    Attributes:
        places: In which system the places seem to be, if the streets are WGS 84.
        streets: The same said of the streets: they are in this one, if the places are WGS 84.
        off_m: How far that moves them, metres.
        given_m: How far from a street they lie as given, on average (at most ``FAR_M`` each).
        moved_m: The same when moved.
    """

    places: Literal["gcj02", "wgs84"]
    streets: Literal["gcj02", "wgs84"]
    off_m: float
    given_m: float
    moved_m: float


def shift(network: Network, places: gpd.GeoDataFrame | gpd.GeoSeries) -> Shift | None:
    """Whether the places would lie much nearer to streets in the other of the two systems.

    Chinese map services give GCJ-02, some 500 m off, and files do not say so. Where streets are
    dense everywhere, or places few, nothing can be told, and None is the answer.

    Args:
        network: The streets, taken to be in WGS 84.
        places: Points, any CRS, none: WGS 84.
    """
    series = places.geometry if isinstance(places, gpd.GeoDataFrame) else places
    series = series[~(series.isna() | series.is_empty)]
    if series.crs is None:
        series = series.set_crs(4326)
    if len(series) < LEAST_PLACES or not len(network):
        return None
    if len(series) > _SAMPLE:
        series = series.sample(_SAMPLE, random_state=0)
    dots = series.to_crs(4326).centroid if not (series.geom_type == "Point").all() else series
    dots = dots.to_crs(4326)
    lon, lat = dots.x.to_numpy(), dots.y.to_numpy()
    given = _metres(network, lon, lat)
    best: Shift | None = None
    for here, other in (("gcj02", "wgs84"), ("wgs84", "gcj02")):
        moved_lon, moved_lat = convert_points(lon, lat, from_=here, to=other)
        moved = _metres(network, moved_lon, moved_lat)
        if moved > CLEARLY * given or (best is not None and moved >= best.moved_m):
            continue
        north = np.median(np.abs(moved_lat - lat)) * 111_000.0
        east = np.median(np.abs(moved_lon - lon) * np.cos(np.radians(lat))) * 111_000.0
        off = float(np.hypot(east, north))
        if off > 50.0:  # outside China the two are one
            places_in: Literal["gcj02", "wgs84"] = "gcj02" if here == "gcj02" else "wgs84"
            streets_in: Literal["gcj02", "wgs84"] = "wgs84" if here == "gcj02" else "gcj02"
            best = Shift(places_in, streets_in, off, given, moved)
    return best


def _metres(network: Network, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> float:
    """The mean distance to the nearest street, far ones as ``FAR_M``."""
    dots = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(network.crs)
    shapes = np.asarray(dots.array, dtype=object)
    (which, _near), gaps = network.tree.query_nearest(
        shapes, max_distance=FAR_M, return_distance=True, all_matches=False
    )
    metres = np.full(len(shapes), FAR_M)
    metres[which] = gaps
    return float(metres.mean())
