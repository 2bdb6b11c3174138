"""The city's homes and places joined to its streets, kept until one of the layers changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from geodata.database.tables import layer_versions
from geodata.errors import InvalidInput, NotFound
from geodata.places.querying import frame, last_change
from geodata.reach.coverage.asking import Changes, level_keys
from geodata.reach.coverage.homes import Homes, homes
from geodata.reach.coverage.nearness import Booleans, Near, flown, nobody, walked

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.reach.coverage.asking import Calendar
    from geodata.reach.networks.network import Graph, Joints, Network, Walker
    from geodata.workdays import Workdays

LIVED_IN: Final = ("areas", "grids", "compounds", "buildings")
WALKED: Final = ("streets", "gates", "compounds")
USED: Final = tuple(sorted({*LIVED_IN, *WALKED, "facilities"}))
_COLUMNS: Final = {
    "areas": ("code", "name", "level", "parent_code", "households", "residents"),
    "grids": ("code", "name", "area_code"),
    "compounds": ("code", "name", "area_code", "households", "residents"),
    "buildings": (
        "code", "name", "compound_code", "area_code", "households", "residents", "elderly",
    ),
    "facilities": ("code", "name", "kind", "area_code", "hours", "capacity"),
}  # fmt: skip
KEPT: Final = 4
NEAR_KEPT: Final = 48


@dataclass(frozen=True, eq=False)
class Places:
    """Facilities, and where they meet the streets.

    Attributes:
        table: ``code``, ``name``, ``kind``, ``area_code``, ``hours``, ``capacity``.
        points: (p) longitude and latitude, WGS 84.
        joints: Where they are joined; None without a network.
        changed: Whether they are not as they are stored.
    """

    table: pd.DataFrame
    points: NDArray[np.object_]
    joints: Joints | None
    changed: bool = False

    def of_kinds(self, kinds: Sequence[str]) -> Booleans:
        """(p) whether a place is of one of these kinds."""
        return np.asarray(self.table["kind"].isin(list(kinds)).to_numpy(dtype=bool))


@dataclass(frozen=True, eq=False)
class Town:
    """Who lives where, and how they come to the streets.

    Attributes:
        homes: Everybody.
        network: The streets; None if there are none that may be walked.
        joints: Where the homes are joined to it.
        remarks: What was said of the streets.
        compounds: The compounds' ground, WGS 84.
    """

    homes: Homes
    network: Network | None
    joints: Joints | None
    remarks: tuple[dict[str, object], ...]
    compounds: gpd.GeoDataFrame
    _graphs: dict[Walker, Graph] = field(default_factory=dict)
    _near: OrderedDict[Any, tuple[Places, Near]] = field(default_factory=OrderedDict)
    _lock: Any = field(default_factory=RLock)

    def graph(self, walker: Walker) -> Graph:
        """The streets as somebody walks them."""
        if self.network is None:
            raise InvalidInput("There are no streets that may be walked.")
        with self._lock:
            if walker not in self._graphs:
                self._graphs[walker] = self.network.graph(walker)
            return self._graphs[walker]

    def walked(self, walker: Walker, places: Places, counting: Booleans) -> Near:
        """The nearest of the places that count for each home, along the streets."""
        if self.network is None:
            raise InvalidInput("There are no streets that may be walked.")
        if self.joints is None or places.joints is None:  # no homes, or no places
            return nobody(len(self.homes))
        key = (id(places), walker, counting.tobytes())
        known = self._known(key, places)
        if known is not None:
            return known
        found = walked(
            self.network,
            self.graph(walker),
            self.joints,
            places.joints,
            count=len(self.homes),
            counting=counting,
        )
        return self._keep(key, places, found)

    def flown(self, places: Places, counting: Booleans, *, detour_factor: float) -> Near:
        """The same as the crow flies."""
        key = (id(places), detour_factor, counting.tobytes())
        known = self._known(key, places)
        if known is not None:
            return known
        found = flown(
            self.homes.flat, places.points, counting=counting, detour_factor=detour_factor
        )
        return self._keep(key, places, found)

    def _known(self, key: Any, places: Places) -> Near | None:
        with self._lock:
            kept = self._near.get(key)
            if kept is None or kept[0] is not places:
                return None
            self._near.move_to_end(key)
            return kept[1]

    def _keep(self, key: Any, places: Places, found: Near) -> Near:
        if not places.changed:
            with self._lock:
                self._near[key] = (places, found)
                while len(self._near) > NEAR_KEPT:
                    self._near.popitem(last=False)
        return found


_towns: OrderedDict[Any, Town] = OrderedDict()
_places: OrderedDict[Any, Places] = OrderedDict()
_lock = RLock()


def town_of(
    database: Database, profile: Profile, *, at: datetime | None = None
) -> tuple[Town, Places]:
    """Homes and places as they stood at a moment, of one snapshot; callers checked permission."""
    if at is not None:  # days between two changes are the same town
        with database.read() as connection:
            at = last_change(connection, USED, at)
    found = _kept(database, profile, at, database.versions(USED))
    if found is not None:
        return found
    with _lock:
        versions = database.versions(USED)
        found = _kept(database, profile, at, versions)  # somebody was faster
        if found is None:
            with database.read() as connection:
                versions = _versions(connection)
                found = _kept(database, profile, at, versions) or _read(
                    connection, database, profile, at, versions
                )
        return found


def _key(
    layers: Sequence[str],
    database: Database,
    profile: Profile,
    at: datetime | None,
    versions: dict[str, int],
) -> Any:
    walking = (profile.walking, profile.levels)
    return database.url, at, walking, tuple(versions[layer] for layer in layers)


def _kept(
    database: Database, profile: Profile, at: datetime | None, versions: dict[str, int]
) -> tuple[Town, Places] | None:
    mine = _key((*LIVED_IN, *WALKED), database, profile, at, versions)
    theirs = _key(USED, database, profile, at, versions)
    town, places = _towns.get(mine), _places.get(theirs)
    if town is None or places is None:
        return None
    with _lock:
        _remember(_towns, mine, town)
        _remember(_places, theirs, places)
    return town, places


def _read(
    connection: sa.Connection,
    database: Database,
    profile: Profile,
    at: datetime | None,
    versions: dict[str, int],
) -> tuple[Town, Places]:
    key = _key((*LIVED_IN, *WALKED), database, profile, at, versions)
    town, fits = _towns.get(key), True
    if town is None:
        network, remarks, made_of = _network(database, profile, at)
        # streets that came in since the snapshot are in it: answer, but read anew next time
        fits = all(versions[layer] == version for layer, version in made_of.items())
        layers = {name: _frame(connection, name, at) for name in LIVED_IN}
        found = homes(**layers, levels=level_keys(profile))
        compounds = layers["compounds"][["code", "geometry"]]
        town = Town(found, network, _joined(network, found.points), remarks, compounds)
    facilities = _frame(connection, "facilities", at)
    table = pd.DataFrame(facilities.drop(columns="geometry"))
    points = np.asarray(facilities.geometry.array, dtype=object)
    places = Places(table, points, _joined(town.network, points))
    if fits:
        _remember(_towns, key, town)
        _remember(_places, _key(USED, database, profile, at, versions), places)
    return town, places


def _network(
    database: Database, profile: Profile, at: datetime | None
) -> tuple[Network | None, tuple[dict[str, object], ...], dict[str, int]]:
    from geodata.reach.networks.keeping import city_network  # noqa: PLC0415 - scipy

    try:
        found = city_network(database, profile, at=at)
    except InvalidInput:  # no streets, or none that may be walked
        return None, (), {}
    return found.network, found.remarks, found.versions


def _joined(network: Network | None, points: NDArray[np.object_]) -> Joints | None:
    if network is None or not len(points):
        return None
    from geodata.reach.networks.joining import join  # noqa: PLC0415 - scipy

    return join(network, gpd.GeoSeries(points, crs=4326))


def _frame(connection: sa.Connection, layer: str, at: datetime | None) -> gpd.GeoDataFrame:
    return frame(connection, layer, _COLUMNS[layer], at=at)


def _versions(connection: sa.Connection) -> dict[str, int]:
    query = sa.select(layer_versions.c.layer, layer_versions.c.version)
    found = {row.layer: row.version for row in connection.execute(query)}
    return {layer: found.get(layer, 0) for layer in USED}


def _remember(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)


def changed(places: Places, changes: Changes, network: Network | None, *, kind: str) -> Places:
    """The places as they might be; nothing is stored.

    Args:
        places: As they are.
        changes: What is taken away, moved and added.
        network: The streets, to which what is new is joined.
        kind: The kind of what is added without one.

    Raises:
        NotFound: no facility of such a code.
    """
    if not changes:
        return places
    rows = pd.Index(places.table["code"])
    moved = {code: shapely.Point(lon, lat) for code, lon, lat in changes.moved}
    for code in (*changes.removed, *moved):
        if code not in rows:
            raise NotFound("There is no service place with the code %(code)s.", code=code)
    gone = rows.isin([*changes.removed, *moved])
    old = places.table[rows.isin(list(moved))]
    added = pd.DataFrame(
        {"code": "", "name": "", "kind": [one or kind for _, _, one in changes.added]}
    )
    new = np.array(
        [
            *(moved[code] for code in old["code"]),
            *(shapely.Point(*one[:2]) for one in changes.added),
        ],
        dtype=object,
    )
    kept = places.table[~gone]
    table = pd.concat([part for part in (kept, old, added) if len(part)] or [kept])
    table = table.reindex(columns=places.table.columns).reset_index(drop=True)
    points = np.concatenate([places.points[~gone], new])
    joints = places.joints
    if joints is not None:
        joints = _rejoined(joints, gone, _joined(network, new))
    return Places(table, points, joints, changed=True)


def _rejoined(joints: Joints, gone: Booleans, new: Joints | None) -> Joints:
    """The joints of what stays, with new rows, and those of what is new behind them."""
    row = np.cumsum(~gone).astype(np.int32) - 1
    kept, apart = ~gone[joints.place], ~gone[joints.apart]
    reasons = np.array(joints.reasons, dtype=object)[apart] if joints.reasons else ()
    left = replace(
        joints,
        place=row[joints.place[kept]],
        edge=joints.edge[kept],
        along_m=joints.along_m[kept],
        off_m=joints.off_m[kept],
        apart=row[joints.apart[apart]],
        reasons=tuple(reasons),
    )
    if new is None:
        return left
    behind = np.int32((~gone).sum())
    return replace(
        left,
        place=np.concatenate([left.place, new.place + behind]),
        edge=np.concatenate([left.edge, new.edge]),
        along_m=np.concatenate([left.along_m, new.along_m]),
        off_m=np.concatenate([left.off_m, new.off_m]),
        apart=np.concatenate([left.apart, new.apart + behind]),
        reasons=(*left.reasons, *new.reasons),
    )


def workdays_of(database: Database, profile: Profile, calendar: Calendar | None) -> Workdays:
    """The days that are worked: with the operator's own, if it is said how to read these."""
    if calendar is None:
        return profile.working.workdays(profile.zone)
    with database.read() as connection:
        return calendar(connection, profile)
