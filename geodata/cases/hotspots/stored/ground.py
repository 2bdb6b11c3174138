"""The plane on which cases are counted: that of the map, in metres at the city's latitude.

Cases are stored with their place on the Web Mercator map (``mx``, ``my``: the world is 2**30 wide).
Scaled by the cosine of the city's latitude its units are metres there, its squares stay squares on
the screen, and no case need be projected. Within half a degree of that latitude a metre is off by
1 % at most; areas are given back their true size by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

WORLD: Final = 2.0**30
_AROUND: Final = 40_075_016.685578488
_CUT: Final = 85.06


@dataclass(frozen=True)
class Ground:
    """The plane of one latitude: x east and y north, in metres."""

    latitude: float = 35.0

    @property
    def unit(self) -> float:
        """Metres of one unit of ``mx`` and ``my``."""
        return _AROUND / WORLD * float(np.cos(np.radians(self.latitude)))

    def metres(self, mx: ArrayLike, my: ArrayLike) -> tuple[Floats, Floats]:
        """The middle of a stored place."""
        x = (np.asarray(mx, dtype=float) + 0.5) * self.unit
        return x, -(np.asarray(my, dtype=float) + 0.5) * self.unit

    def from_degrees(self, shapes: Any) -> NDArray[np.object_]:
        """WGS 84 shapes in the plane."""

        def move(points: Floats) -> Floats:
            north = np.clip(points[:, 1], -_CUT, _CUT)
            sine = np.log(np.tan(np.pi / 4 + np.radians(north) / 2)) / (2 * np.pi)
            return np.column_stack(
                (
                    (points[:, 0] + 180) / 360 * WORLD * self.unit,
                    (sine - 0.5) * WORLD * self.unit,
                )
            )

        moved = shapely.transform(np.asarray(shapes, dtype=object), move)
        return np.asarray(moved, dtype=object)

    def to_degrees(self, shape: Any) -> Any:
        """A shape of the plane in WGS 84."""

        def move(points: Floats) -> Floats:
            x, y = points[:, 0] / (WORLD * self.unit), points[:, 1] / (WORLD * self.unit)
            north = np.degrees(2 * np.arctan(np.exp((y + 0.5) * 2 * np.pi)) - np.pi / 2)
            return np.column_stack((x * 360 - 180, north))

        return shapely.transform(shape, move)

    def true_size(self, y: ArrayLike) -> Floats:
        """By how much an area of the plane at ``y`` is larger than on the ground."""
        north = np.asarray(y, dtype=float) / (WORLD * self.unit)
        latitude = 2 * np.arctan(np.exp((north + 0.5) * 2 * np.pi)) - np.pi / 2
        scale = np.cos(np.radians(self.latitude)) / np.cos(latitude)
        return np.asarray(scale**2, dtype=float)
