"""Which area, grid or compound stood around a point on the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.places.locating import Locator
from geodata.places.tables import LAYERS

Instants = NDArray[np.datetime64]

_EVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Held:
    """Versions of a layer's polygons in the order of their codes, and when each held.

    ``since`` and ``until`` are microseconds since 1970 UTC, the end excluded.
    """

    codes: NDArray[np.object_]
    shapes: NDArray[np.object_]
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    _locators: dict[bytes, Locator] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """The number of versions."""
        return len(self.codes)

    def locate(self, lon: Any, lat: Any, at: Instants) -> NDArray[np.object_]:
        """The code of the polygon that held each point at its instant; None where none did.

        Where several did, the lowest code.

        Args:
            lon: WGS 84 longitudes; NaN lies nowhere.
            lat: Latitudes.
            at: UTC instants, ``datetime64``.
        """
        x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        moments = np.asarray(at, dtype="datetime64[us]").astype(np.int64)
        answer = np.full(len(x), None, dtype=object)
        for points, versions in self._epochs(moments):
            key = versions.tobytes()
            if key not in self._locators:
                self._locators[key] = Locator(self.shapes[versions])
            found = self._locators[key].locate(x[points], y[points])
            hit = found >= 0
            answer[points[hit]] = self.codes[versions][found[hit]]
        return answer

    def _epochs(self, moments: NDArray[np.int64]) -> Iterator[tuple[Any, Any]]:
        """Points between two changes of the layer, and the versions that held then."""
        if not len(self.codes) or not len(moments):
            return
        low, high = moments.min(), moments.max()
        turns = np.unique(np.concatenate((self.since, self.until)))
        turns = turns[(turns > low) & (turns <= high)]
        epoch = np.searchsorted(turns, moments, side="right")
        starts = np.concatenate(([low], turns))
        for number in np.unique(epoch):
            start = starts[number]
            versions = np.flatnonzero((self.since <= start) & (start < self.until))
            if len(versions):
                yield np.flatnonzero(epoch == number), versions


def held_polygons(
    connection: sa.Connection, layer: str, *, level: str | None = None, now_only: bool = False
) -> Held:
    """All versions of a polygon layer, or those that hold now; of one level of areas if given."""
    table = LAYERS[layer]
    query = sa.select(
        table.c.code,
        sa.func.ST_AsBinary(table.c.geom, type_=sa.LargeBinary).label("wkb"),
        _microseconds(sa.func.lower(table.c.held)),
        _microseconds(sa.func.upper(table.c.held)),
    ).order_by(table.c.code, table.c.id)
    if now_only:
        query = query.where(table.c.held.op("@>")(sa.func.now()))
    if level is not None:
        query = query.where(table.c.level == level)
    rows = connection.execute(query).all()
    return Held(
        np.array([row[0] for row in rows], dtype=object),
        np.asarray(shapely.from_wkb([bytes(row[1]) for row in rows]), dtype=object),
        np.array([-_EVER if row[2] is None else row[2] for row in rows], dtype=np.int64),
        np.array([_EVER if row[3] is None else row[3] for row in rows], dtype=np.int64),
    )


def _microseconds(instant: Any) -> Any:
    return sa.cast(sa.extract("epoch", instant) * 1_000_000, sa.BigInteger)


def largest_overlap(shapes: Any, holders: Held) -> NDArray[np.object_]:
    """The code of the polygon that shares most ground with each polygon; None where none does."""
    mine = np.asarray(shapes, dtype=object)
    answer = np.full(len(mine), None, dtype=object)
    if not len(holders):
        return answer
    tree = shapely.STRtree(holders.shapes)
    own, theirs = tree.query(mine, predicate="intersects")
    shared = shapely.area(shapely.intersection(mine[own], holders.shapes[theirs]))
    order = np.lexsort((theirs, -shared, own))
    own, theirs, shared = own[order], theirs[order], shared[order]
    first = np.ones(len(own), dtype=bool)
    first[1:] = own[1:] != own[:-1]
    first &= shared > 0
    answer[own[first]] = holders.codes[theirs[first]]
    return answer


def standing_borders(connection: sa.Connection, layer: str) -> list[tuple[str, str, Any, bytes]]:
    """Code, name, parent's code and WKB of all current areas, grids or compounds, by code."""
    table = LAYERS[layer]
    parent = table.c.parent_code if layer == "areas" else table.c.area_code
    wkb = sa.func.ST_AsBinary(table.c.geom, type_=sa.LargeBinary)
    query = sa.select(table.c.code, table.c.name, parent, wkb).order_by(table.c.code)
    rows = connection.execute(query.where(table.c.held.op("@>")(sa.func.now())))
    return [(row[0], row[1], row[2], bytes(row[3])) for row in rows]


def standing_middles(
    connection: sa.Connection, layer: str, names: list[str]
) -> list[tuple[str, float, float]]:
    """Name, longitude and latitude of the middle of current features of these names."""
    table = LAYERS[layer]
    middle = sa.func.ST_Centroid(table.c.geom)
    query = (
        sa.select(table.c.name, sa.func.ST_X(middle), sa.func.ST_Y(middle))
        .where(table.c.held.op("@>")(sa.func.now()))
        .where(table.c.name == sa.any_(sa.literal(names, sa.ARRAY(sa.Text))))
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def standing_lines(
    connection: sa.Connection, layer: str, bounds: tuple[float, float, float, float], *, most: int
) -> list[bytes]:
    """WKB of current streets, or of the borders of polygons, that touch a WGS 84 box."""
    table = LAYERS[layer]
    shape: Any = table.c.geom if layer == "streets" else sa.func.ST_Boundary(table.c.geom)
    box = sa.func.ST_MakeEnvelope(*bounds, 4326)
    query = (
        sa.select(sa.func.ST_AsBinary(shape, type_=sa.LargeBinary))
        .where(table.c.held.op("@>")(sa.func.now()))
        .where(table.c.geom.op("&&")(box))
        .limit(most)
    )
    return [bytes(row[0]) for row in connection.execute(query)]
