"""Whether a layer would fit better if its coordinates were GCJ-02 or BD-09.

Files from Chinese map services say WGS 84 and are some 500 m off. What stands already in the
database tells: either the same places by name, or the borders and streets that a new layer's
lines ought to run along. A guess is told, never acted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata import crs
from geodata.exchange.coordinates import Placing
from geodata.places.holding import standing_lines, standing_middles
from geodata.places.tables import LAYERS
from geodata.words import sentence as _

_OTHERS = ("gcj02", "bd09")
_NAMED = {"grids": ("grids", "areas"), "nets": ("grids", "areas")}
_MOST_VERTICES = 3_000
_MOST_LINES = 60_000
_FAR_M = 150.0
# The other reading must bring the layer this much nearer, in metres and as a share.
_BETTER_M, _BETTER_SHARE = 15.0, 0.6


@dataclass(frozen=True, slots=True)
class Guess:
    """A reading that fits better: the distances in metres are medians, before and after."""

    crs: str
    before_m: float
    after_m: float
    by: str

    @property
    def message(self) -> str:
        """The sentence for a report."""
        return _(
            "The layer lies some %(before)s m off what stands here, but only %(after)s m if its "
            "coordinates are %(crs)s; if they are, take it in again as %(crs)s."
        )

    @property
    def params(self) -> dict[str, Any]:
        """Its values."""
        return {"before": round(self.before_m), "after": round(self.after_m), "crs": self.crs}

    def as_dict(self) -> dict[str, Any]:
        """JSON for the API."""
        return {
            "crs": self.crs,
            "before_m": round(self.before_m, 1),
            "after_m": round(self.after_m, 1),
            "by": self.by,
        }


def guess_shift(
    connection: sa.Connection,
    layer: str,
    shapes: NDArray[np.object_],
    placing: Placing,
    *,
    names: Sequence[str | None] = (),
) -> Guess | None:
    """A better reading of a layer's coordinates, if there is one.

    Args:
        connection: To what stands already.
        layer: Which layer the shapes would join.
        shapes: Its geometries, read as WGS 84.
        placing: How they were read; a shift that was declared is not doubted.
        names: Their names, if they have any: matched to the same layer's, and those of a net to
            the areas' too, for nets of departments are drawn along these.
    """
    if placing.reason == "declared" or not len(shapes):
        return None
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    bounds = shapely.total_bounds(shapes[there]) if there.any() else np.full(4, np.nan)
    if not np.isfinite(bounds).all() or np.abs(bounds).max() > 180:
        return None
    moved = crs.convert_points(bounds[0], bounds[1], from_="gcj02", to="wgs84")
    if moved[0] == bounds[0]:
        return None  # outside China nothing is shifted
    for named in _NAMED.get(layer, (layer,)) if any(names) else ():
        guess = _by_name(connection, named, shapes, names) if named in LAYERS else None
        if guess is not None:
            return guess
    return _by_lines(connection, layer, shapes[there], bounds)


def _by_name(
    connection: sa.Connection, layer: str, shapes: NDArray[np.object_], names: Sequence[str | None]
) -> Guess | None:
    known = [name for name in names if name][:5_000]
    stands: dict[str, list[tuple[float, float]]] = {}
    for name, lon, lat in standing_middles(connection, layer, known):
        stands.setdefault(name, []).append((lon, lat))
    pairs = [
        (k, stands[name][0])
        for k, name in enumerate(names)
        if name in stands and len(stands[name]) == 1 and shapes[k] is not None
    ]
    if len(pairs) < 3:
        return None
    middle = shapely.centroid(shapes[[k for k, _ in pairs]])
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    target = np.array([place for _, place in pairs])

    def off(lon: Any, lat: Any) -> float:
        east = (lon - target[:, 0]) * np.cos(np.radians(lat))
        return float(np.nanmedian(np.hypot(east, lat - target[:, 1])) * 111_320)

    return _best(
        {"wgs84": off(x, y)}
        | {name: off(*crs.convert_points(x, y, from_=name, to="wgs84")) for name in _OTHERS},
        "names",
    )


def _by_lines(
    connection: sa.Connection, layer: str, shapes: NDArray[np.object_], bounds: Any
) -> Guess | None:
    if shapely.get_dimensions(shapes).max() == 0:
        return None
    lines = _lines(connection, layer, bounds)
    if len(lines) < 5:
        return None
    vertices = shapely.get_coordinates(shapes)
    step = max(1, len(vertices) // _MOST_VERTICES)
    x, y = vertices[::step, 0], vertices[::step, 1]
    here = crs.local_crs((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    plane = f"EPSG:{here.to_epsg()}"
    tree = shapely.STRtree(crs.convert_geometries(lines, from_="wgs84", to=plane))

    def off(name: str) -> float:
        points: Any = shapely.points(
            np.column_stack(crs.convert_points(x, y, from_=name, to=plane))
        )
        (near, _), distance = tree.query_nearest(
            points, max_distance=_FAR_M, return_distance=True, all_matches=False
        )
        far = np.full(len(points), _FAR_M)
        far[near] = distance
        return float(np.median(far))

    guess = _best({name: off(name) for name in ("wgs84", *_OTHERS)}, "lines")
    if guess is None or guess.before_m < _FAR_M:
        return guess
    # How far off it is cannot be measured so far away: the shift between the readings tells.
    here_points, there_points = (
        np.column_stack(crs.convert_points(x, y, from_=name, to=plane))
        for name in ("wgs84", guess.crs)
    )
    shift = float(np.median(np.hypot(*(here_points - there_points).T)))
    return replace(guess, before_m=max(shift, _FAR_M))


def _lines(connection: sa.Connection, layer: str, bounds: Any) -> NDArray[np.object_]:
    """Borders and streets around, at most so many; the layer itself does not count."""
    margin = 0.01
    west, south, east, north = (float(one) for one in bounds)
    box = (west - margin, south - margin, east + margin, north + margin)
    found: list[bytes] = []
    for name in ("areas", "grids", "streets", "compounds"):
        if name != layer:
            found += standing_lines(connection, name, box, most=_MOST_LINES)
    return np.asarray(shapely.from_wkb(found[:_MOST_LINES]), dtype=object)


def _best(off: dict[str, float], by: str) -> Guess | None:
    before = off["wgs84"]
    name = min(_OTHERS, key=lambda one: off[one])
    after = off[name]
    if before - after > _BETTER_M and after < _BETTER_SHARE * before:
        return Guess(name, before, after, by)
    return None
