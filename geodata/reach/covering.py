"""Who is within reach of service places, asked for: one permission check, one snapshot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import geopandas as gpd
import numpy as np

from geodata.accounts import require
from geodata.places.querying import frame
from geodata.reach.circles import service_circles
from geodata.reach.coverage.answering import (
    Apart,
    Hours,
    Reach,
    Scene,
    answer,
    apart,
    scene,
    unknown_hours,
)
from geodata.reach.coverage.asking import (
    LONGEST_MINUTES,
    Asked,
    Calendar,
    Wish,
    asked,
    check_minutes,
    moment_of,
)
from geodata.reach.coverage.judging import Held, held
from geodata.reach.coverage.keeping import USED, changed, town_of, workdays_of
from geodata.reach.coverage.recording import Sheet, sheet
from geodata.reach.coverage.serving import Served, served

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.reach.coverage.asking import Way
    from geodata.reach.networks.network import Network
    from geodata.reach.networks.shifts import Shift

__all__ = [
    "LONGEST_MINUTES",
    "Judgement",
    "Reach",
    "Sheet",
    "Streets",
    "Wish",
    "circles",
    "cover",
    "judged",
    "scene_of",
    "sheet_of",
    "streets_told",
]

KEPT: Final = 8
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Judgement:
    """Standards, and the room in places, for one question."""

    asked: Asked
    way: Way
    basis: str
    standards: tuple[Held, ...]
    capacity: tuple[Served, ...]
    apart: tuple[Apart, ...]
    hours: Hours | None
    unknown_hours: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True)
class Streets:
    """The network of the city's streets.

    ``metres`` is its length and ``islands`` that of each connected part, the largest first;
    ``largest`` are metres, longitude and latitude (WGS 84) of the largest parts that are joined to
    no other, and ``shifted`` the layers that lie beside the streets as GCJ-02 and WGS 84 do.
    """

    nodes: int
    edges: int
    metres: float
    islands: tuple[float, ...]
    apart: tuple[Apart, ...]
    remarks: tuple[dict[str, object], ...]
    largest: tuple[tuple[float, float, float], ...] = ()
    shifted: tuple[tuple[str, Shift], ...] = ()


_kept: OrderedDict[Any, Any] = OrderedDict()
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
    return _once(answer, database, profile, question, at=at, calendar=calendar)


def judged(
    database: Database,
    actor: Actor,
    profile: Profile,
    wish: Wish | None = None,
    *,
    at: datetime | None = None,
    calendar: Calendar | None = None,
) -> Judgement:
    """The profile's standards held against what people have near, and the room in their places.

    Each standard has its own minutes; those of the wish are how far people go to a place whose
    capacity is looked at. The wish's kinds do not count.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: a walker or a level that makes no sense.
        NotFound: no area or facility of such a code.
    """
    require(actor, "see_map")
    question = asked(wish or Wish(), profile)
    return _once(_judgement, database, profile, question, at=at, calendar=calendar)


def sheet_of(
    database: Database,
    actor: Actor,
    profile: Profile,
    area: str,
    wish: Wish | None = None,
    *,
    at: datetime | None = None,
    calendar: Calendar | None = None,
) -> Sheet:
    """One area on a page: its figures, what is missing, and the nearest place of each kind.

    Raises:
        NotAllowed: the role sees no map.
        NotFound: no area of that code.
    """
    require(actor, "see_map")
    question = asked(replace(wish or Wish(), area=area), profile)
    return _once(sheet, database, profile, question, at=at, calendar=calendar)


def streets_told(
    database: Database, actor: Actor, profile: Profile, *, at: datetime | None = None
) -> Streets:
    """What became of the city's streets, and what could not be joined to them.

    Raises:
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    question = asked(Wish(kinds=profile.keys("facility_kinds")), profile)
    return _once(_streets, database, profile, question, at=at, calendar=None)


def _streets(scene: Scene) -> Streets:
    network = scene.town.network
    if network is None:
        return Streets(0, 0, 0.0, (), (), ())
    metres = np.bincount(network.island[network.ends[:, 0]], weights=network.metres)
    return Streets(
        nodes=len(network.nodes),
        edges=len(network),
        metres=float(network.metres.sum()),
        islands=tuple(metres.tolist()),
        apart=apart(scene),
        remarks=scene.town.remarks,
        largest=_largest(network),
        shifted=_shifted(scene, network),
    )


def _largest(network: Network) -> tuple[tuple[float, float, float], ...]:
    """Metres, longitude and latitude of the largest parts that are joined to no other."""
    parts: list[Any] = [
        part for remark in network.remarks for part in cast("list[Any]", remark.get("largest", []))
    ]
    if not parts:
        return ()
    points = gpd.GeoSeries.from_xy(
        *zip(*(one["xy"] for one in parts), strict=True), crs=network.crs
    )
    shown = points.to_crs(4326)
    told = zip(parts, shown.x, shown.y, strict=True)
    return tuple((float(one["metres"]), float(lon), float(lat)) for one, lon, lat in told)


def _shifted(scene: Scene, network: Network) -> tuple[tuple[str, Shift], ...]:
    """Layers that would lie much nearer to the streets in the other of the two systems."""
    from geodata.reach.networks.shifts import shift  # noqa: PLC0415 - scipy

    homes = {"buildings": "buildings", "compounds": "compounds"}.get(scene.town.homes.basis, "")
    layers = (("facilities", scene.places.points), (homes, scene.town.homes.points))
    found = [(name, shift(network, gpd.GeoSeries(points, crs=4326))) for name, points in layers]
    return tuple((name, one) for name, one in found if name and one is not None)


def _judgement(scene: Scene) -> Judgement:
    kinds = tuple(kind.key for kind in scene.profile.facility_kinds)
    return Judgement(
        asked=scene.asked,
        way=scene.way,
        basis=scene.homes.basis,
        standards=held(scene),
        capacity=served(scene, kinds),
        apart=apart(scene),
        hours=scene.open_now,
        unknown_hours=unknown_hours(scene, kinds),
    )


def _once(
    work: Callable[[Scene], _T],
    database: Database,
    profile: Profile,
    question: Asked,
    *,
    at: datetime | None,
    calendar: Calendar | None,
) -> _T:
    """What was worked out for the same question, while no layer has changed since.

    An answer for an hour is not kept, as its day may be tomorrow's, nor one of places as they
    might be.
    """
    if question.wish.hour is not None or question.wish.changes:
        return work(scene_of(database, profile, question, at=at, calendar=calendar))
    versions = tuple(sorted(database.versions(USED).items()))
    said = (profile.walking, profile.levels, profile.standards, profile.facility_kinds)
    key = (work, database.url, versions, at, question, said)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            known: _T = _kept[key]
            return known
    found = work(scene_of(database, profile, question, at=at, calendar=calendar))
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
        workdays = workdays_of(database, profile, calendar)
        said = question.wish.hour, question.wish.day
        moment = moment_of(*said, workdays, now=at or datetime.now(UTC))
    return scene(town, places, profile, question, moment=moment, workdays=workdays)
