"""What could be chosen: compounds, street corners, public rooms, or points that are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.places.querying import frame
from geodata.reach.coverage.answering import asked_units
from geodata.reach.siting.wishing import MOST_POINTS

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.reach.coverage.answering import Scene
    from geodata.reach.networks.network import Network
    from geodata.reach.siting.wishing import Point, Source

Floats = NDArray[np.float64]
APART_M: Final = 150.0
"""Street corners stand for those so near."""
NEAR_M: Final = 3.0
"""A street whose line is so near is one that meets at a corner."""
LEAST_STREETS: Final = 3


@dataclass(frozen=True, eq=False)
class Candidates:
    """Where something could be built.

    Attributes:
        points: (m, 2) longitude and latitude, WGS 84.
        codes: Of the compound or room; empty for corners and points.
        names: What people call it; empty: nothing is known.
        repeated: Rows of the points that were given at a place that was given already.
    """

    points: Floats
    codes: tuple[str, ...]
    names: tuple[str, ...]
    repeated: tuple[int, ...] = ()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.points)

    def only(self, rows: NDArray[np.int64]) -> Candidates:
        """Some of them alone."""
        return Candidates(
            self.points[rows],
            tuple(self.codes[row] for row in rows.tolist()),
            tuple(self.names[row] for row in rows.tolist()),
        )


def candidates_of(
    database: Database, actor: Actor, scene: Scene, said: Source | Sequence[Point]
) -> Candidates:
    """The candidates that were asked for, in the area that was asked for.

    Raises:
        InvalidInput: There are none, or too many.
    """
    if said == "compounds":
        found = _compounds(scene)
    elif said == "corners":
        found = _corners(database, scene)
    elif said == "rooms":
        found = _rooms(database, actor, scene)
    else:
        found = given([(float(lon), float(lat)) for lon, lat in said])
    if not len(found):
        raise InvalidInput("There are no candidates: nothing can be chosen.")
    if len(found) > MOST_POINTS:
        raise InvalidInput(
            "There are %(count)s candidates, at most %(most)s can be weighed: name an area.",
            count=len(found),
            most=MOST_POINTS,
        )
    return found


def given(points: Sequence[Point]) -> Candidates:
    """Points as they were given, each place once."""
    seen: dict[Point, int] = {}
    for row, point in enumerate(points):
        seen.setdefault(point, row)
    kept = set(seen.values())
    repeated = tuple(row for row in range(len(points)) if row not in kept)
    nothing = ("",) * len(seen)
    return Candidates(np.array(list(seen), dtype=float).reshape(-1, 2), nothing, nothing, repeated)


def thinned(points: Floats, apart_m: float) -> NDArray[np.int64]:
    """Rows of points no two of which are nearer than that; earlier ones come first.

    Every point that is left out has one that is kept within the distance.
    """
    tree = shapely.STRtree(np.asarray(shapely.points(points), dtype=object))
    left = np.ones(len(points), dtype=bool)
    kept: list[int] = []
    for row in range(len(points)):
        if left[row]:
            kept.append(row)
            near = tree.query(shapely.Point(points[row]), predicate="dwithin", distance=apart_m)
            left[near] = False
    return np.array(kept, dtype=np.int64)


def _compounds(scene: Scene) -> Candidates:
    """A point inside each compound."""
    units = scene.town.homes.units["compound"]
    table = units[asked_units(scene, "compound")]
    points = table[["lon", "lat"]].to_numpy(dtype=float)
    return Candidates(points, _texts(table["code"]), _texts(table["name"]))


def _corners(database: Database, scene: Scene) -> Candidates:
    """Nodes of the network where streets meet, those with more streets first, thinned."""
    network = scene.town.network
    if network is None:
        raise InvalidInput("There are no streets that may be walked, so there are no corners.")
    meeting = np.bincount(network.ends.ravel(), minlength=len(network.nodes))
    rows = np.flatnonzero((meeting >= LEAST_STREETS) & (network.island == 0))
    rows = rows[np.argsort(-meeting[rows], kind="stable")]
    points = _to_degrees(network, network.nodes[rows])
    inside = _inside(database, scene, points)
    rows, points = rows[inside], points[inside]
    kept = thinned(network.nodes[rows], APART_M) if len(rows) else rows
    names = _street_names(database, network, network.nodes[rows[kept]])
    return Candidates(points[kept], ("",) * len(kept), names)


def _rooms(database: Database, actor: Actor, scene: Scene) -> Candidates:
    """Public rooms that were handed over and stand empty."""
    from geodata.reach.rooms.reading import free  # noqa: PLC0415 - light start

    rooms = free(database, actor)
    points = np.array([[one["lon"], one["lat"]] for one in rooms], dtype=float).reshape(-1, 2)
    rows = np.flatnonzero(_inside(database, scene, points)).tolist()
    if not rows:
        raise InvalidInput(
            "No public room stands empty there: take compounds or street corners, or give points."
        )
    codes, names = _texts(one["code"] for one in rooms), _texts(one["name"] for one in rooms)
    return Candidates(
        points[rows], tuple(codes[row] for row in rows), tuple(names[row] for row in rows)
    )


def _inside(database: Database, scene: Scene, points: Floats) -> NDArray[np.bool_]:
    """Which points lie in the area that was asked for."""
    if scene.codes is None:
        return np.ones(len(points), dtype=bool)
    with database.read() as connection:
        areas = frame(connection, "areas", ("code",))
    ground = shapely.union_all(areas[areas["code"].isin(scene.codes)].geometry.array)
    shapely.prepare(ground)
    return np.asarray(shapely.contains_xy(ground, points), dtype=bool)


def _street_names(database: Database, network: Network, points: Floats) -> tuple[str, ...]:
    """The names of the streets that meet at each corner."""
    with database.read() as connection:
        streets = frame(connection, "streets", ("name",))
    named = streets[streets["name"].fillna("") != ""].to_crs(network.crs)
    names = named["name"].to_numpy(dtype=object)
    tree = shapely.STRtree(np.asarray(named.geometry.array, dtype=object))
    corners = shapely.points(points)
    corner, street = tree.query(corners, predicate="dwithin", distance=NEAR_M)
    found: list[dict[str, None]] = [{} for _ in points]
    for at, name in sorted(zip(corner.tolist(), names[street].tolist(), strict=True)):
        found[at][name] = None
    return tuple("—".join(one) for one in found)


def _to_degrees(network: Network, points: Floats) -> Floats:
    series = gpd.GeoSeries(shapely.points(points), crs=network.crs).to_crs(4326)
    return np.asarray(shapely.get_coordinates(np.asarray(series.array, dtype=object)))


def _texts(column: Iterable[object]) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else "" for one in column)
