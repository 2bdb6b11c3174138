"""Streets in pieces, taken together by name and area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geodata.places.addressing.reading import clean
from geodata.places.addressing.records import Street

_MOST_KEPT: Final = 20_000


@dataclass(frozen=True)
class Stretch:
    """What of a street lies in an area: its middle piece, and how far its pieces lie from there."""

    code: str
    name: str
    area: str | None
    lon: float
    lat: float
    reach_m: float


class Streets:
    """All streets by their names."""

    def __init__(self, pieces: Iterable[Street], above: Mapping[str, tuple[str, ...]]) -> None:
        """``above`` gives each area's code itself and those of the areas that hold it."""
        self._above = above
        self._pieces: dict[str, list[Street]] = defaultdict(list)
        for piece in sorted(pieces, key=lambda piece: piece.code):
            self._pieces[clean(piece.name)].append(piece)
        self._points = {
            name: np.array([(piece.lon, piece.lat) for piece in pieces])
            for name, pieces in self._pieces.items()
        }
        self._kept: dict[tuple[str, tuple[str, ...]], Stretch] = {}

    @property
    def names(self) -> list[str]:
        """The names as they are read."""
        return sorted(self._pieces)

    def distance(self, name: str, lon: float, lat: float) -> float:
        """Metres from a place to the nearest piece's middle."""
        return float(metres(self._points[name], lon, lat).min())

    def stretch(self, name: str, areas: Sequence[str]) -> Stretch:
        """What lies in most of these areas, or all of the street where none holds any of it."""
        key = name, tuple(sorted(set(areas)))
        if key not in self._kept:
            if len(self._kept) > _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._stretch(*key)
        return self._kept[key]

    def _stretch(self, name: str, areas: tuple[str, ...]) -> Stretch:
        pieces = self._pieces[name]
        held = [len(set(areas) & set(self._above.get(piece.area or "", ()))) for piece in pieces]
        chosen = np.array(held) == max(held)
        points = self._points[name][chosen]
        middle = points.mean(axis=0).tolist()
        piece = pieces[int(np.flatnonzero(chosen)[metres(points, *middle).argmin()])]
        reach = float(metres(points, piece.lon, piece.lat).max())
        return Stretch(piece.code, piece.name, piece.area, piece.lon, piece.lat, reach)


def metres(points: NDArray[np.float64], lon: float, lat: float) -> NDArray[np.float64]:
    """Distances on the ground, good to a percent within a city."""
    east = (points[:, 0] - lon) * 111_320.0 * np.cos(np.radians(lat))
    out: NDArray[np.float64] = np.hypot(east, (points[:, 1] - lat) * 110_540.0)
    return out
