"""Coordinates as Chinese users have them, and plane coordinates to measure in.

Everything stored is WGS 84 (EPSG:4326), longitude first. Files arrive in WGS 84, in CGCS2000
(EPSG:4490, the same to a few centimetres), in GCJ-02 (the shifted coordinates of map services in
mainland China, some 500 m off), in BD-09 (Baidu's further shift) or in any EPSG system.

GCJ-02 has no published definition. The forward formula is the well-known reconstruction on the
Krasovsky ellipsoid (a = 6378245 m, ee = 0.00669342162296594323), identical in every open library.
Its inverse, and that of BD-09, have no closed form exact to a millimetre: both are found by fixed
point iteration, which contracts by about a factor 1,000 a step and is far below a micrometre here.

The shift applies inside a rectangle, longitude 72.004–137.8347 and latitude 0.8293–55.8271, as in
the formula's usual form; outside it GCJ-02 is WGS 84. The rectangle also covers Hong Kong, Macau,
Taiwan and parts of the neighbouring countries, where map services mostly publish unshifted
coordinates: data of those places should be declared as WGS 84, not as GCJ-02. Along the
rectangle's edge the shift stops at once, so within some 3 km of it two positions share one image
and no inverse exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from geodata.errors import InvalidInput

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

WGS84 = pyproj.CRS.from_epsg(4326)

_TITLES = {
    "wgs84": "WGS 84",
    "gcj02": "GCJ-02",
    "bd09": "BD-09",
    "EPSG:4490": "CGCS2000 (EPSG:4490)",
}

_A = 6378245.0
_EE = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_ITERATIONS = 8
_ENOUGH = 1e-12  # degrees, 0.1 µm
_X_PI = np.pi * 3000.0 / 180.0

# Where CGCS2000 is the legal system: the shift's rectangle less the open Pacific and the tropics.
_CGCS2000_BOX = (73.0, 136.5, 3.0, 54.0)


def title(name: str) -> str:
    """What people call a system that we call "wgs84"; an EPSG code stays one."""
    return _TITLES.get(name, name)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 of WGS 84 positions, in degrees, longitude first; NaN passes through.

    Args:
        lon: Longitudes in degrees, any shape.
        lat: Latitudes in degrees, the same shape.

    Returns:
        Longitudes and latitudes of the same shape. Unchanged outside the rectangle above.
    """
    lon, lat = _floats(lon, lat)
    d_lon, d_lat = _gcj02_shift(lon, lat)
    inside = _inside(lon, lat)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 of GCJ-02 positions, below 1 µm in the round trip; see ``wgs84_to_gcj02``."""
    lon, lat = _floats(lon, lat)
    return _invert(_shifted_everywhere, lon, lat, _inside(lon, lat))


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 of GCJ-02 positions, in degrees, longitude first; unchanged outside the rectangle."""
    lon, lat = _floats(lon, lat)
    inside = _inside(lon, lat)
    to_lon, to_lat = _bd09_everywhere(lon, lat)
    return np.where(inside, to_lon, lon), np.where(inside, to_lat, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 of BD-09, below 1 µm in the round trip; the usual closed form errs 0.2 m."""
    lon, lat = _floats(lon, lat)
    return _invert(_bd09_everywhere, lon, lat, _inside(lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 of WGS 84 positions; see ``wgs84_to_gcj02``."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS 84 of BD-09 positions, below 1 µm in the round trip; see ``wgs84_to_gcj02``."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


_PLAIN: dict[str, tuple[Callable[..., Pair] | None, Callable[..., Pair] | None]] = {
    "wgs84": (None, None),
    "gcj02": (gcj02_to_wgs84, wgs84_to_gcj02),
    "bd09": (bd09_to_wgs84, wgs84_to_bd09),
}


def system(name: str) -> str:
    """The plain name of a coordinate system: ``wgs84``, ``gcj02``, ``bd09`` or ``EPSG:n``.

    Raises:
        InvalidInput: If there is no such system.
    """
    plain = re.sub(r"[\s_-]", "", name).lower()
    plain = {"bd09ll": "bd09", "baidu": "bd09", "mars": "gcj02", "epsg:4326": "wgs84"}.get(
        plain, plain
    )
    if plain in _PLAIN:
        return plain
    if re.fullmatch(r"(epsg:)?\d{4,6}", plain):
        code = int(plain.removeprefix("epsg:"))
        try:
            pyproj.CRS.from_epsg(code)
        except pyproj.exceptions.CRSError:
            pass
        else:
            return "wgs84" if code == WGS84.to_epsg() else f"EPSG:{code}"
    raise InvalidInput(
        "There is no coordinate system %(name)s; use wgs84, gcj02, bd09 or EPSG:n", name=name
    )


def convert_points(lon: ArrayLike, lat: ArrayLike, *, from_: str, to: str) -> Pair:
    """Positions from one system to another: x (longitude, easting) first in both.

    Positions that the projection cannot reach become infinite, as pyproj has it.
    """
    x, y = _floats(lon, lat)
    from_, to = system(from_), system(to)
    if from_ == to:
        return x, y
    to_wgs84 = _PLAIN[from_][0] if from_ in _PLAIN else _projected(from_, "EPSG:4326")
    if to_wgs84 is not None:
        x, y = to_wgs84(x, y)
    from_wgs84 = _PLAIN[to][1] if to in _PLAIN else _projected("EPSG:4326", to)
    if from_wgs84 is not None:
        x, y = from_wgs84(x, y)
    return x, y


def convert(frame: gpd.GeoDataFrame, *, from_: str, to: str) -> gpd.GeoDataFrame:
    """The same features in another system; heights and measures are dropped.

    Args:
        frame: Features; what their CRS says is ignored in favour of ``from_``.
        from_: ``wgs84``, ``gcj02``, ``bd09`` or ``EPSG:n``.
        to: The same.

    Returns:
        A new frame whose CRS is that of ``to``; GCJ-02 and BD-09 carry EPSG:4326, for want of
        a code of their own.

    Raises:
        InvalidInput: If there is no such system.
    """
    to = system(to)
    geometry = convert_geometries(frame.geometry.to_numpy(), from_=from_, to=to)
    crs = "EPSG:4326" if to in _PLAIN else to
    return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=crs))


def convert_geometries(geometries: Any, *, from_: str, to: str) -> NDArray[np.object_]:
    """An array of shapely geometries in another system, two-dimensional."""
    flat = shapely.force_2d(np.asarray(geometries, dtype=object))
    from_, to = system(from_), system(to)
    if from_ == to:
        return np.asarray(flat, dtype=object)

    def move(coordinates: Floats) -> Floats:
        return np.column_stack(
            convert_points(coordinates[:, 0], coordinates[:, 1], from_=from_, to=to)
        )

    return np.asarray(shapely.transform(flat, move), dtype=object)


def local_crs(lon: float, lat: float) -> pyproj.CRS:
    """The plane system in metres to measure in at a place: a 3° zone of CGCS2000, else UTM.

    Args:
        lon: WGS 84 longitude in degrees.
        lat: WGS 84 latitude in degrees.

    Returns:
        Inside China CGCS2000 / 3-degree Gauss-Kruger by central meridian (EPSG:4534–4554, zone
        number ``n = floor((lon + 1.5) / 3)``), elsewhere the UTM zone on WGS 84.
    """
    west, east, south, north = _CGCS2000_BOX
    if west <= lon <= east and south <= lat <= north:
        zone = min(max(int(np.floor((lon + 1.5) / 3)), 25), 45)
        return pyproj.CRS.from_epsg(4534 + zone - 25)
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return pyproj.CRS.from_epsg(3857)
    zone = int((lon + 180) // 6) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def to_local(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame in the local plane system of its middle, in metres; empty frames too."""
    if frame.crs is None:
        frame = frame.set_crs(WGS84)
    bounds = frame.total_bounds
    if not np.isfinite(bounds).all():
        return frame.to_crs(local_crs(117.0, 35.0))
    if not frame.crs.is_geographic:
        x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
        lon, lat = pyproj.Transformer.from_crs(frame.crs, WGS84, always_xy=True).transform(x, y)
    else:
        lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return frame.to_crs(local_crs(lon, lat))


def areas_m2(geometries: Any) -> Floats:
    """Areas in m² of WGS 84 geometries, measured in the local plane system of their middle."""
    return np.asarray(shapely.area(_local(geometries)), dtype=float)


def lengths_m(geometries: Any) -> Floats:
    """Lengths in metres of WGS 84 geometries, in the local plane system of their middle."""
    return np.asarray(shapely.length(_local(geometries)), dtype=float)


def _local(geometries: Any) -> NDArray[np.object_]:
    array = np.asarray(geometries, dtype=object)
    bounds = shapely.total_bounds(array)
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    epsg = local_crs(lon, lat).to_epsg()
    return convert_geometries(array, from_="wgs84", to=f"EPSG:{epsg}")


@lru_cache(maxsize=64)
def _projected(from_: str, to: str) -> Callable[..., Pair]:
    """Kept, for looking a system up takes 40 ms; pyproj makes one for each thread."""
    transformer = pyproj.Transformer.from_crs(from_, to, always_xy=True)

    def project(x: Floats, y: Floats) -> Pair:
        return _floats(*transformer.transform(x, y))

    return project


def _floats(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _inside(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def _waves(v: Floats, halves: tuple[tuple[float, float], ...]) -> Floats:
    total = np.zeros_like(v)
    for amplitude, frequency in halves:
        total += amplitude * np.sin(v * (np.pi * frequency))
    return total * (2.0 / 3.0)


def _gcj02_shift(lon: Floats, lat: Floats) -> Pair:
    """What GCJ-02 adds to WGS 84, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = 0.1 * np.sqrt(np.abs(x))
    common = _waves(x, ((20.0, 6.0), (20.0, 2.0)))
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 2.0 * root
    d_lat += common + _waves(y, ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30)))
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + root
    d_lon += common + _waves(x, ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30)))
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    d_lat = np.degrees(d_lat / (_A * (1.0 - _EE) / (magic * np.sqrt(magic))))
    d_lon = np.degrees(d_lon / (_A / np.sqrt(magic) * np.cos(phi)))
    return d_lon, d_lat


def _shifted_everywhere(lon: Floats, lat: Floats) -> Pair:
    d_lon, d_lat = _gcj02_shift(lon, lat)
    return lon + d_lon, lat + d_lat


def _bd09_everywhere(lon: Floats, lat: Floats) -> Pair:
    z = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _X_PI)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _X_PI)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def _invert(
    forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats, where: NDArray[np.bool_]
) -> Pair:
    """Fixed point iteration ``p ← p + (target − forward(p))`` for the positions of ``where``."""
    at_lon, at_lat = lon.copy(), lat.copy()
    target_lon, target_lat = lon[where], lat[where]
    x, y = target_lon.copy(), target_lat.copy()
    for _ in range(_ITERATIONS):
        fx, fy = forward(x, y)
        dx, dy = target_lon - fx, target_lat - fy
        x, y = x + dx, y + dy
        if max(np.abs(dx).max(initial=0), np.abs(dy).max(initial=0)) < _ENOUGH:
            break
    at_lon[where], at_lat[where] = x, y
    return at_lon, at_lat
