"""Cases, households and names on the ground of hotspots, as arrays out of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import numpy as np
import psycopg
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import Connection

from geodata.cases import store
from geodata.cases.hotspots.cells import Grid
from geodata.cases.hotspots.stored.ground import Ground
from geodata.places.locating import Locator
from geodata.places.querying import frame

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SPACING: Final = 4
"""Points to a cell's side on which households of a compound are spread."""


@dataclass(frozen=True)
class CasePlaces:
    """Placed cases: where on the ground, in which period (from 0) and of what category."""

    x: Floats
    y: Floats
    period: Integers
    kind: Integers


def read_cases(
    connection: Connection,
    where: str,
    values: Mapping[str, Any],
    ground: Ground,
    *,
    categories: Sequence[str],
    limits: Sequence[datetime],
    each_report: bool = False,
) -> CasePlaces:
    """The cases that meet the condition and have a place, within the ``limits`` of periods.

    ``categories`` are 256 at most; the last one is that of all the rest. With ``each_report`` a
    case comes as often as it was reported, at its own place and time. The cases come as arrays in
    one row: a million rows one by one would take longer than all else.
    """
    often = ", array_agg(c.reports::int4)" if each_report else ""
    query = (
        "copy (select array_agg((c.mx::int8 << 32) | c.my),"  # noqa: S608 - our own words only
        " array_agg(((width_bucket(c.reported_at, %(limits)s::timestamptz[]) - 1) << 8"
        " | coalesce(array_position(%(all_categories)s::text[], c.category) - 1, %(other)s))::int4)"
        f"{often} from cases c where c.mx is not null and {store.psycopg_style(where, values)})"
        " to stdout (format binary)"
    )
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    bound = {
        **values,
        "all_categories": list(categories),
        "other": len(categories) - 1,
        "limits": list(limits),
    }
    with driver.cursor() as cursor, cursor.copy(query, bound) as copy:
        raw = b"".join(copy)
    at = 19 + int.from_bytes(raw[15:19], "big") + 2
    places, at = _array(raw, at, ">i8")
    kinds, at = _array(raw, at, ">i4")
    if each_report:
        times, at = _array(raw, at, ">i4")
        places, kinds = np.repeat(places, times), np.repeat(kinds, times)
    x, y = ground.metres(places >> 32, places & 0xFFFFFFFF)
    return CasePlaces(x, y, kinds >> 8, kinds & 0xFF)


def _array(raw: bytes, at: int, kind: str) -> tuple[Integers, int]:
    """One array of numbers without nulls out of a binary COPY, and where it ends.

    Its length, five numbers of its shape, then each element with its length before.
    """
    length = int.from_bytes(raw[at : at + 4], "big", signed=True)
    if length < 0:
        return np.empty(0, dtype=np.int64), at + 4
    element = np.dtype([("length", ">i4"), ("value", kind)])
    found = np.frombuffer(raw, element, count=(length - 20) // element.itemsize, offset=at + 24)
    return found["value"].astype(np.int64), at + 4 + length


def ground_of(connection: Connection) -> Ground:
    """The ground of the city: that of the middle of its areas, else of its cases."""
    middle = connection.execute(
        sa.text(
            "select (st_ymin(e) + st_ymax(e)) / 2 from"
            " (select st_extent(geom) as e from areas where upper_inf(held)) as extent"
        )
    ).scalar_one()
    if middle is not None:
        return Ground(round(float(middle), 1))
    north = connection.execute(
        sa.text("select sum(sum_y) / sum(n) from case_cells where zoom = 0")
    ).scalar_one()
    if north is None:
        return Ground()
    unscaled = Ground(0.0)
    _x, y = unscaled.metres(0, float(north))
    latitude = float(shapely.get_y(unscaled.to_degrees(shapely.Point(0, float(y)))))
    return Ground(round(2 * latitude) / 2)


@dataclass(frozen=True)
class Homes:
    """Points on the ground, each with households of them."""

    x: Floats
    y: Floats
    households: Floats

    def on(self, grid: Grid, cells: Integers) -> Floats:
        """Households of each of the sorted cells; NaN where none are known."""
        ids = grid.ids(self.x, self.y)
        place = np.minimum(np.searchsorted(cells, ids), len(cells) - 1)
        held = cells[place] == ids if len(cells) else np.zeros(len(ids), dtype=bool)
        sums = np.bincount(place[held], self.households[held], minlength=len(cells))
        return np.where(sums > 0, sums, np.nan)


def read_homes(connection: Connection, ground: Ground, *, at: datetime, side: float) -> Homes:
    """Where households live: in their buildings.

    A compound none of whose buildings states any has its own spread over its ground; if neither
    do, each area has.
    """
    buildings = connection.execute(
        sa.text(
            "select st_x(p) as lon, st_y(p) as lat, households, compound_code from (select"
            " st_centroid(geom) as p, households, compound_code from buildings"
            " where households > 0 and held @> cast(:at as timestamptz)) as lived_in"
        ),
        {"at": at},
    ).all()
    parts = []
    if buildings:
        places = ground.from_degrees(shapely.points([(row.lon, row.lat) for row in buildings]))
        counts = np.array([row.households for row in buildings], dtype=float)
        parts.append((shapely.get_x(places), shapely.get_y(places), counts))
    known = {row.compound_code for row in buildings}
    compounds = frame(connection, "compounds", ("code", "households"), at=at)
    wanted = (compounds["households"].fillna(0) > 0) & ~compounds["code"].isin(known)
    parts += _spread(compounds[wanted], ground, side)
    if not parts:
        areas = frame(connection, "areas", ("code", "households", "parent_code"), at=at)
        stated = areas[areas["households"].fillna(0) > 0]
        smallest = stated[~stated["code"].isin(set(stated["parent_code"]))]
        parts += _spread(smallest, ground, side)
    if not parts:
        nothing = np.empty(0)
        return Homes(nothing, nothing, nothing)
    x, y, households = (np.concatenate(list(part)) for part in zip(*parts, strict=True))
    return Homes(x, y, households)


def _spread(places: Any, ground: Ground, side: float) -> list[tuple[Floats, Floats, Floats]]:
    """Each place's households on points of a lattice inside it, or on one."""
    answer = []
    step = side / _SPACING
    shapes = ground.from_degrees(places.geometry.to_numpy())
    for shape, households in zip(shapes, places["households"].to_numpy(dtype=float), strict=True):
        west, south, east, north = shapely.bounds(shape)
        across = np.arange(np.floor(west / step) + 0.5, east / step) * step
        along = np.arange(np.floor(south / step) + 0.5, north / step) * step
        x, y = (axis.ravel() for axis in np.meshgrid(across, along))
        inside = shapely.contains_xy(shape, x, y)
        x, y = x[inside], y[inside]
        if not len(x):
            point = shapely.point_on_surface(shape)
            x, y = np.array([shapely.get_x(point)]), np.array([shapely.get_y(point)])
        answer.append((x, y, np.full(len(x), households / len(x))))
    return answer


@dataclass(frozen=True)
class Names:
    """Which community and which compound a point of the ground lies in."""

    communities: list[str]
    compounds: list[str]
    _in_community: Locator
    _in_compound: Locator

    def of(self, x: Floats, y: Floats, weights: Floats, language: str) -> str:
        """What people call some points: the community of most of the weight, and the compound."""
        community = self._most(self._in_community, self.communities, x, y, weights)
        compound = self._most(self._in_compound, self.compounds, x, y, weights)
        if compound and community and community not in compound:
            return f"{compound}, {community}" if language == "en" else f"{community}{compound}"
        return compound or community

    @staticmethod
    def _most(locator: Locator, names: list[str], x: Floats, y: Floats, weights: Floats) -> str:
        found = locator.locate(x, y)
        held = found >= 0
        if not held.any():
            return ""
        return names[int(np.bincount(found[held], weights[held] + 1e-9).argmax())]


def read_names(connection: Connection, ground: Ground, *, level: str, at: datetime) -> Names:
    """The names of the communities (areas of ``level``) and compounds of that moment."""
    areas = frame(connection, "areas", ("name", "level"), at=at)
    areas = areas[areas["level"] == level]
    compounds = frame(connection, "compounds", ("name",), at=at)
    return Names(
        areas["name"].fillna("").tolist(),
        compounds["name"].fillna("").tolist(),
        Locator(ground.from_degrees(areas.geometry.to_numpy())),
        Locator(ground.from_degrees(compounds.geometry.to_numpy())),
    )
