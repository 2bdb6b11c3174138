"""From the drawing board to the ground.

The city is drawn on a board of straight lines, ``(u, v)`` in metres, u eastward and v northward,
and then bent: turned a little, swung in long waves, pushed aside by the river's meanders, crumpled
in the old town. One smooth function bends the whole plane, so that what touched on the board still
touches on the ground, and districts beside each other share their border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LENGTH_U = 4300.0
LENGTH_V = 3250.0
RIVER_U = 2480.0
OLD_TOWN = (1500.0, 1880.0)
_TURN = np.radians(-6.5)
_MIDDLE = (118.35, 35.05)
LOCAL_CRS = "EPSG:4548"


@dataclass(frozen=True)
class Place:
    """Where a district lies on the board: so many districts east and north of the first."""

    east: int
    north: int

    @property
    def origin(self) -> tuple[float, float]:
        """The board coordinates of the district's south-west corner, metres."""
        return self.east * LENGTH_U, self.north * LENGTH_V


def spiral(count: int) -> list[Place]:
    """The first ``count`` places of a spiral round the first district."""
    places = [Place(0, 0)]
    east = north = 0
    step, turn = 1, 0
    headings = ((1, 0), (0, 1), (-1, 0), (0, -1))
    while len(places) < count:
        for _ in range(2):
            for _ in range(step):
                east += headings[turn][0]
                north += headings[turn][1]
                places.append(Place(east, north))
            turn = (turn + 1) % 4
        step += 1
    return places[:count]


def _bump(distance: Floats, reach: float) -> Floats:
    """1 at the middle, 0 from ``reach`` on, smooth between."""
    near = np.clip(np.abs(distance) / reach, 0.0, 1.0)
    return np.asarray(np.cos(near * np.pi / 2) ** 2)


def meander(v: Floats) -> Floats:
    """How far the river swings east at board height ``v``, metres."""
    return np.asarray(
        235.0 * np.sin(v / 430.0 + 0.5) + 90.0 * np.sin(v / 790.0 + 2.1) - 20.0 * np.sin(v / 190.0)
    )


def bend(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Board (u, v) to ground (x, y) in metres round the first district's middle, x eastward."""
    column = np.floor(u / LENGTH_U)
    inside = u - column * LENGTH_U
    reach = min(RIVER_U, LENGTH_U - RIVER_U)
    a = u + meander(v) * _bump(inside - RIVER_U, reach)
    b = v + 0.0
    a = a + 120.0 * np.sin(v / 1130.0 + 0.4) + 45.0 * np.sin(v / 610.0 + u / 2900.0)
    b = b + 130.0 * np.sin(u / 1290.0 + 1.0) + 40.0 * np.sin(u / 530.0 - v / 1700.0)
    crumple = _bump(u - OLD_TOWN[0], 880.0) * _bump(v - OLD_TOWN[1], 760.0)
    a = a + crumple * (15.0 * np.sin(v / 62.0 + u / 210.0) + 9.0 * np.sin(v / 33.0 - u / 120.0))
    b = b + crumple * (15.0 * np.sin(u / 67.0 - v / 190.0) + 9.0 * np.sin(u / 36.0 + v / 110.0))
    a = a - LENGTH_U / 2
    b = b - LENGTH_V / 2
    return (
        np.asarray(a * np.cos(_TURN) - b * np.sin(_TURN)),
        np.asarray(a * np.sin(_TURN) + b * np.cos(_TURN)),
    )


def heading(u: float, v: float) -> float:
    """The direction of the board's u axis on the ground at (u, v): radians from east."""
    x, y = bend(np.array([u - 30.0, u + 30.0]), np.array([v, v]))
    return float(np.arctan2(y[1] - y[0], x[1] - x[0]))


_TO_LOCAL = pyproj.Transformer.from_crs("EPSG:4326", LOCAL_CRS, always_xy=True)
_TO_WGS84 = pyproj.Transformer.from_crs(LOCAL_CRS, "EPSG:4326", always_xy=True)
_ORIGIN = tuple(round(value, 3) for value in _TO_LOCAL.transform(*_MIDDLE))


def to_degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Ground metres to WGS 84 longitude and latitude, rounded to a centimetre (7 decimals)."""
    lon, lat = _TO_WGS84.transform(np.asarray(x) + _ORIGIN[0], np.asarray(y) + _ORIGIN[1])
    return np.round(lon, 7), np.round(lat, 7)


def to_metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """WGS 84 longitude and latitude to ground metres: the way back, for tests."""
    x, y = _TO_LOCAL.transform(lon, lat)
    return np.asarray(x) - _ORIGIN[0], np.asarray(y) - _ORIGIN[1]
