"""What can be reached on foot from the city's facilities, asked for: one permission check."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.accounts import require
from geodata.crs import areas_m2
from geodata.errors import InvalidInput, NotFound
from geodata.places.querying import frame
from geodata.reach.circles import radius_m, service_circles
from geodata.reach.coverage.asking import (
    Changes,
    check_day,
    check_minutes,
    moment_of,
    walker_of,
)
from geodata.reach.coverage.homes import WEIGHTS
from geodata.reach.coverage.hours import opening
from geodata.reach.coverage.keeping import (
    USED,
    WALKED,
    Places,
    Town,
    changed,
    town_of,
    workdays_of,
)
from geodata.reach.coverage.within import people_within
from geodata.reach.networks.rules import Rules

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile, Walking
    from geodata.reach.areas.ground import Ground
    from geodata.reach.coverage.asking import Calendar, Way
    from geodata.reach.networks.network import Joints, Network, Walker
    from geodata.workdays import Workdays

Together = Literal["each", "merged", "nearest"]
MOST_BANDS: Final = 6
KEPT: Final = 12
_ABOUT_M: Final = 1.0
"""Corners of an outline within a metre of a straight line are left out of an answer."""
_BORDER_M: Final = 0.1
"""The same where areas must not overlap."""
_DIGITS: Final = 6


@dataclass(frozen=True)
class AreasWish:
    """One question.

    Attributes:
        minutes: Of each band.
        walker: A walker's key of the profile; empty: its first.
        way: Along streets, or as the crow flies.
        together: Each place by itself, all as one, or every spot to its nearest place.
        kinds: Kinds of facility; empty: those with a service circle.
        places: Codes of facilities, whatever their kind; empty: all of these kinds.
        hour: Only places that are open then; None: all.
        day: A date, or a kind of day; see ``coverage.asking.Wish``.
        unknown_is_open: Whether places whose hours are not known count as open.
        changes: Places as they might be.
        people: Whether it is told of each area who lives there.
    """

    minutes: tuple[float, ...] = (15.0,)
    walker: str = ""
    way: Literal["network", "circle"] = "network"
    together: Together = "each"
    kinds: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    hour: time | None = None
    day: str = ""
    unknown_is_open: bool = False
    changes: Changes = field(default_factory=Changes)
    people: bool = False


_kept: OrderedDict[Any, bytes] = OrderedDict()
_grounds: WeakKeyDictionary[Network, Ground] = WeakKeyDictionary()
_lock, _ground_lock = Lock(), Lock()


def areas(
    database: Database,
    actor: Actor,
    profile: Profile,
    wish: AreasWish,
    *,
    at: datetime | None = None,
    calendar: Calendar | None = None,
) -> bytes:
    """The areas as GeoJSON in WGS 84, written once and kept until one of the layers changes.

    Beside ``features`` it has ``way`` (circles where no street may be walked), ``walker``,
    ``together``, ``remarks`` on the streets and ``apart``: places that could not be joined to them,
    with a reason (``far``, ``island``, ``walled``, ``nowhere``); and ``hours``, if an hour is
    asked: the moment, which places are closed then, and of which nothing is known. ``calendar``
    tells how the city's own days are read; see ``covering.cover``.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: minutes, kinds or a walker that make no sense.
        NotFound: no such place.
    """
    require(actor, "see_map")
    _check(wish, profile)
    layers = USED if wish.people else sorted({*WALKED, "facilities"})
    versions = tuple(sorted(database.versions(layers).items()))
    key = (database.url, versions, at, wish, profile.walking, profile.walkers, profile.circle_kinds)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _written(database, profile, wish, at, calendar)
    # the next question is another one, and a kind of day may be another day tomorrow
    if wish.changes or wish.hour is not None:
        return found
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _check(wish: AreasWish, profile: Profile) -> None:
    if not wish.minutes:
        raise InvalidInput("Say how many minutes people walk.")
    if len(wish.minutes) > MOST_BANDS:
        raise InvalidInput(
            "At most %(most)s different minutes can be asked at once.", most=MOST_BANDS
        )
    for minutes in wish.minutes:
        check_minutes(minutes)
    check_day(wish.day, wish.hour)
    known = profile.keys("facility_kinds")
    for kind in wish.kinds:
        if kind not in known:
            raise InvalidInput(
                "%(key)s is no kind of facility that this city has: it has %(known)s.",
                key=kind,
                known=", ".join(known),
            )


def _written(
    database: Database,
    profile: Profile,
    wish: AreasWish,
    at: datetime | None,
    calendar: Calendar | None,
) -> bytes:
    town, stored = town_of(database, profile, at=at)
    kind = (wish.kinds or profile.circle_kinds or ("",))[0]
    places = changed(stored, wish.changes, town.network, kind=kind)
    rows = _chosen(places, wish, profile)
    hours = None
    if wish.hour is not None:
        workdays = workdays_of(database, profile, calendar)
        moment = moment_of(wish.hour, wish.day, workdays, now=at or datetime.now(UTC))
        rows, hours = _open(places, rows, wish, moment, workdays)
    key, legs = walker_of(profile, wish.walker)
    apart: list[dict[str, str]] = []
    way: Way
    if wish.way == "circle" or town.network is None or places.joints is None:
        way = "circle"
        found = _circles(places, rows, wish, _walking(profile, legs))
    else:
        way = "network"
        mine = _joints_of(places.joints, rows)
        table = places.table.iloc[rows]
        apart = [
            {"code": str(table["code"].iloc[row]), "name": str(table["name"].iloc[row] or ""),
             "reason": reason}
            for row, reason in zip(mine.apart.tolist(), mine.reasons, strict=True)
        ]  # fmt: skip
        ground = _ground(database, profile, town.network, at)
        found = _outlines(town, places, rows, mine, wish, legs, ground, profile)
    if wish.people:
        _count_people(found, town, places, rows, wish, legs, way, profile)
    found = found.drop(columns="place", errors="ignore")
    found["walker"] = key
    head = {
        "type": "FeatureCollection",
        "way": way,
        "walker": key,
        "together": wish.together,
        "minutes": wish.minutes,
        "remarks": town.remarks,
        "apart": apart,
        "hours": hours,
        "features": _features(found),
    }
    return orjson.dumps(head, option=orjson.OPT_SERIALIZE_NUMPY)


def _open(
    places: Places,
    rows: NDArray[np.int64],
    wish: AreasWish,
    moment: datetime,
    workdays: Workdays,
) -> tuple[NDArray[np.int64], dict[str, Any]]:
    """The rows of the places that are open at a moment, and what is to be told of the others."""
    table = places.table.iloc[rows]
    said = [one if isinstance(one, str) else None for one in table["hours"]]
    told = opening(said, moment, workdays)
    counting = told.counting(unknown_is_open=wish.unknown_is_open)

    def named(which: Any) -> list[dict[str, str]]:
        some = table[np.asarray(which, dtype=bool)]
        return [
            {"code": str(code), "name": str(name or "")}
            for code, name in zip(some["code"], some["name"], strict=True)
        ]

    return rows[counting], {
        "moment": moment.isoformat(timespec="minutes"),
        "unknown_counts_as": "open" if wish.unknown_is_open else "closed",
        "closed": named([one == "closed" for one in told.states]),
        "unknown": named([one == "unknown" for one in told.states]),
    }


def _walking(profile: Profile, legs: Walker) -> Walking:
    """The profile's way of walking at somebody's speed, for circles."""
    return profile.walking.model_copy(update={"speed_m_per_s": legs.speed_m_per_s})


def _chosen(places: Places, wish: AreasWish, profile: Profile) -> NDArray[np.int64]:
    """The rows of the places that were asked for."""
    codes = places.table["code"]
    for code in wish.places:
        if not (codes == code).any():
            raise NotFound("There is no %(layer)s %(code)s.", layer="facilities", code=code)
    if wish.places and not wish.kinds:
        held = codes.isin(list(wish.places)).to_numpy(dtype=bool)
    else:
        held = places.of_kinds(wish.kinds or profile.circle_kinds)
        if wish.places:
            held &= codes.isin(list(wish.places)).to_numpy(dtype=bool)
    return np.flatnonzero(held & ~(shapely.is_missing(places.points)))


def _joints_of(joints: Joints, rows: NDArray[np.int64]) -> Joints:
    """The joints of some places, numbered anew."""
    number = np.full(int(max(rows.max(initial=-1), joints.place.max(initial=-1),
                             joints.apart.max(initial=-1))) + 1, -1, np.int32)  # fmt: skip
    number[rows] = np.arange(len(rows), dtype=np.int32)
    kept, lost = number[joints.place] >= 0, number[joints.apart] >= 0
    reasons = np.array(joints.reasons, dtype=object)[lost] if joints.reasons else ()
    return replace(
        joints,
        place=number[joints.place[kept]],
        edge=joints.edge[kept],
        along_m=joints.along_m[kept],
        off_m=joints.off_m[kept],
        apart=number[joints.apart[lost]],
        reasons=tuple(reasons),
    )


def _ground(database: Database, profile: Profile, network: Network, at: datetime | None) -> Ground:
    """The network made ready for drawing, with the rivers and railways among the streets."""
    from geodata.reach.areas.ground import Ground  # noqa: PLC0415 - compiled loops
    from geodata.reach.walking import barriers_of  # noqa: PLC0415 - compiled loops

    with _ground_lock:
        found = _grounds.get(network)
        if found is None:
            with database.read() as connection:
                streets = frame(connection, "streets", ("kind",), at=at)
            found = Ground.of(network, barriers_of(streets, Rules.of(profile)))
            _grounds[network] = found
        return found


def _outlines(
    town: Town,
    places: Places,
    rows: NDArray[np.int64],
    joints: Joints,
    wish: AreasWish,
    legs: Walker,
    ground: Ground,
    profile: Profile,
) -> gpd.GeoDataFrame:
    from geodata.reach.areas.bands import bands  # noqa: PLC0415 - compiled loops
    from geodata.reach.areas.manner import Walks  # noqa: PLC0415 - compiled loops
    from geodata.reach.networks.joining import points_of  # noqa: PLC0415 - scipy

    network = town.network
    if network is None or not len(rows):
        return _nothing()
    points, _ = points_of(gpd.GeoSeries(places.points[rows], crs=4326), network.crs)
    found = bands(
        Walks(town.graph(legs), network, joints, ground, points),
        wish.minutes,
        walker=legs,
        count=len(rows),
        together=wish.together,
        detour_factor=profile.walking.detour_factor,
    )
    found = found[~found.is_empty]
    about = _BORDER_M if wish.together == "nearest" else _ABOUT_M
    found["geometry"] = shapely.simplify(np.asarray(found.geometry.array), about)
    found["radius_m"] = [
        legs.metres(minutes) / profile.walking.detour_factor for minutes in found["minutes"]
    ]
    return _named(found, places, rows)


def _named(found: gpd.GeoDataFrame, places: Places, rows: NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Areas with the code, name and kind of their places; one of all together has none."""
    row = found["place"].to_numpy()
    table = places.table.iloc[rows]
    for column in ("code", "name", "kind"):
        values = table[column].to_numpy(dtype=object)
        found[column] = np.where(row < 0, "", values[np.maximum(row, 0)]) if len(values) else ""
    return found.to_crs(4326)


def _count_people(
    found: gpd.GeoDataFrame,
    town: Town,
    places: Places,
    rows: NDArray[np.int64],
    wish: AreasWish,
    legs: Walker,
    way: Way,
    profile: Profile,
) -> None:
    """Write into each area who lives there; None where the town does not state it."""
    if not len(found):
        return
    bands = sorted(set(wish.minutes))
    people = people_within(
        town,
        places,
        rows,
        [legs.metres(minutes) for minutes in bands],
        walker=legs,
        way=way,
        together=wish.together,
        detour_factor=profile.walking.detour_factor,
    )
    band = np.searchsorted(bands, found["minutes"].to_numpy(dtype=float))
    mine = people[band, np.maximum(found["place"].to_numpy(), 0)]
    for column, weight in enumerate(WEIGHTS):
        found[weight] = mine[:, column]


def _circles(
    places: Places, rows: NDArray[np.int64], wish: AreasWish, walking: Walking
) -> gpd.GeoDataFrame:
    """The circle of each place and each of the minutes."""
    table = places.table.iloc[rows][["code", "name", "kind"]]
    points = gpd.GeoDataFrame(table, geometry=places.points[rows], crs=4326)
    if not len(points):
        return _nothing()
    parts = []
    for minutes in sorted(set(wish.minutes)):
        circles = service_circles(points, minutes=minutes, walking=walking)
        circles["place"] = np.arange(len(rows))
        circles["area_m2"] = circles["circle_area_m2"] = np.pi * radius_m(minutes, walking) ** 2
        if wish.together == "merged":
            circles = circles.dissolve(by="minutes", as_index=False)
            circles = circles.assign(code="", name="", kind="", place=-1, circle_area_m2=None)
            circles["area_m2"] = areas_m2(circles.geometry.array)
        parts.append(circles)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=4326)


def _nothing() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"minutes": [], "place": []}, geometry=[], crs=4326)


def _features(found: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    shapes = _rounded(np.asarray(found.geometry.array, dtype=object))
    texts = shapely.to_geojson(shapes)
    told = pd.DataFrame(found.drop(columns=found.geometry.name)).astype(object)
    told = told.where(told.notna(), None)
    return [
        {"type": "Feature", "properties": properties, "geometry": orjson.Fragment(text)}
        for properties, text in zip(told.to_dict("records"), texts, strict=True)
    ]


def _rounded(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes with few digits; where corners fell together, mended on the same digits."""

    def rounded(degrees: Any) -> Any:
        return np.round(degrees, _DIGITS)

    plain = np.asarray(shapely.transform(shapes, rounded), dtype=object)
    broken = ~shapely.is_valid(plain)
    if broken.any():
        mended = shapely.set_precision(shapes[broken], 10.0**-_DIGITS)
        plain[broken] = shapely.transform(mended, rounded)
    return plain
