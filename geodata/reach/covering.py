"""Who is within reach of service places, asked for: one permission check, one snapshot."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd

from geodata.accounts import require
from geodata.places.querying import frame
from geodata.reach.circles import service_circles
from geodata.reach.coverage.answering import Reach, Scene, answer, scene
from geodata.reach.coverage.asking import (
    LONGEST_MINUTES,
    Asked,
    Calendar,
    Wish,
    asked,
    check_minutes,
    moment_of,
)
from geodata.reach.coverage.keeping import USED, changed, town_of

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.workdays import Workdays

__all__ = ["LONGEST_MINUTES", "Reach", "Wish", "circles", "cover", "scene_of"]

KEPT: Final = 16

_kept: OrderedDict[Any, Reach] = OrderedDict()
_lock = Lock()


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
    check_minutes(minutes)
    with database.read() as connection:
        facilities = frame(connection, "facilities", ("code", "name", "kind"), at=at)
    counting = facilities[facilities["kind"].isin(profile.circle_kinds)]
    return service_circles(counting, minutes=minutes, walking=profile.walking)


def cover(
    database: Database,
    actor: Actor,
    profile: Profile,
    wish: Wish | None = None,
    *,
    at: datetime | None = None,
    calendar: Calendar | None = None,
) -> Reach:
    """Who lives within reach of a facility that counts, by whatever is asked.

    Along the streets where some can be walked, else as the crow flies: the answer says which. Kept
    in memory until one of the layers changes; places as they might be are not kept.

    Args:
        database: Where the layers are.
        actor: Who asks.
        profile: The city's way of working.
        wish: What is asked.
        at: The moment whose version of the district is meant; None: now.
        calendar: How the city's calendar is read, with the operator's own days; without it, the
            profile's. It matters where an hour is asked.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: minutes, a walker, a kind or a level that make no sense.
        NotFound: no area or facility of such a code.
    """
    require(actor, "see_map")
    question = asked(wish or Wish(), profile)
    if question.wish.hour is not None or question.wish.changes:
        return answer(scene_of(database, profile, question, at=at, calendar=calendar))
    versions = tuple(sorted(database.versions(USED).items()))
    key = (database.url, versions, at, question, profile.walking, profile.levels)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = answer(scene_of(database, profile, question, at=at, calendar=calendar))
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def scene_of(
    database: Database,
    profile: Profile,
    question: Asked,
    *,
    at: datetime | None,
    calendar: Calendar | None,
) -> Scene:
    """What a question is answered from; callers have checked permission.

    Raises:
        NotFound: no area or facility of such a code.
        InvalidInput: a day that is none.
    """
    town, places = town_of(database, profile, at=at)
    places = changed(
        places, question.wish.changes, town.network, kind=next(iter(question.kinds), "")
    )
    workdays, moment = None, None
    if question.wish.hour is not None:
        workdays = _workdays(database, profile, calendar)
        moment = moment_of(question.wish, workdays, now=at or datetime.now(UTC))
    return scene(town, places, profile, question, moment=moment, workdays=workdays)


def _workdays(database: Database, profile: Profile, calendar: Calendar | None) -> Workdays:
    if calendar is None:
        return profile.working.workdays(profile.zone)
    with database.read() as connection:
        return calendar(connection, profile)
