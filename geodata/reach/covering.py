"""Who lives within a service circle, asked for: one permission check, one snapshot."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd

from geodata.accounts import require
from geodata.errors import InvalidInput
from geodata.places.querying import frame
from geodata.reach.circles import Coverage, coverage, radius_m, service_circles

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

LONGEST_MINUTES: Final = 120.0
KEPT: Final = 8
USED: Final = ("areas", "compounds", "buildings", "facilities")


@dataclass(frozen=True)
class Reach:
    """A coverage and what it was worked out with."""

    minutes: float
    radius_m: float
    facilities: int
    coverage: Coverage
    area_names: dict[str, str]


_kept: OrderedDict[Any, Reach] = OrderedDict()
_lock = Lock()


def _check(minutes: float) -> None:
    if not 0 < minutes <= LONGEST_MINUTES:
        raise InvalidInput(
            "Minutes go from above 0 to %(longest)s; %(minutes)s is outside.",
            longest=int(LONGEST_MINUTES),
            minutes=minutes,
        )


def circles(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    minutes: float,
    at: datetime | None = None,
) -> gpd.GeoDataFrame:
    """The service circle round every facility that counts: code, name, kind, radius; WGS 84.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: minutes that make no sense.
    """
    require(actor, "see_map")
    _check(minutes)
    with database.read() as connection:
        facilities = frame(connection, "facilities", ("code", "name", "kind"), at=at)
    counting = facilities[facilities["kind"].isin(profile.circle_kinds)]
    return service_circles(counting, minutes=minutes, walking=profile.walking)


def cover(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    minutes: float,
    at: datetime | None = None,
) -> Reach:
    """The households within ``minutes`` of a facility that counts, by community and compound.

    Kept in memory until one of the layers changes.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: minutes that make no sense.
    """
    require(actor, "see_map")
    _check(minutes)
    versions = tuple(sorted(database.versions(list(USED)).items()))
    key = (database.url, versions, minutes, at, profile.walking, profile.circle_kinds)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _work_out(database, profile, minutes, at)
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _work_out(database: Database, profile: Profile, minutes: float, at: datetime | None) -> Reach:
    with database.read() as connection:
        areas = frame(connection, "areas", ("code", "name", "level", "households"), at=at)
        compounds = frame(
            connection, "compounds", ("code", "name", "area_code", "households"), at=at
        )
        buildings = frame(
            connection, "buildings", ("compound_code", "area_code", "households"), at=at
        )
        facilities = frame(connection, "facilities", ("code", "kind"), at=at)
    counting = facilities[facilities["kind"].isin(profile.circle_kinds)]
    smallest = areas[areas["level"] == profile.smallest_level.key]
    radius = radius_m(minutes, profile.walking)
    return Reach(
        minutes=minutes,
        radius_m=radius,
        facilities=len(counting),
        coverage=coverage(smallest, compounds, buildings, counting, radius_m=radius),
        area_names=dict(zip(areas["code"], areas["name"], strict=True)),
    )
