"""Coverage worked out for homes and places that are there: pure but for what ``Town`` keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import NotFound
from geodata.reach.circles import Coverage
from geodata.reach.coverage.counting import Sum, by_level, ground, of_each, whole
from geodata.reach.coverage.homes import NOWHERE, Homes
from geodata.reach.coverage.hours import Opening, opening

if TYPE_CHECKING:
    from geodata.profiles import Profile
    from geodata.reach.coverage.asking import Asked, Way
    from geodata.reach.coverage.keeping import Places, Town
    from geodata.reach.coverage.nearness import Booleans, Near
    from geodata.reach.networks.network import Joints
    from geodata.workdays import Workdays


@dataclass(frozen=True)
class Apart:
    """A home or a place that could not be joined to the streets, and why."""

    layer: str
    code: str
    name: str
    reason: str
    people: float = 0.0


@dataclass(frozen=True)
class Differs:
    """In how many people the way along streets and the circle differ."""

    only_circle: float
    only_network: float


@dataclass(frozen=True, eq=False)
class Hours:
    """Which places were open at the moment that was asked."""

    moment: datetime
    opening: Opening
    counting: Booleans


@dataclass(frozen=True, eq=False)
class Reach:
    """A coverage, and what it was worked out with.

    ``total`` is who was asked for, ``coverage`` the same by communities and compounds, ``rows`` by
    whatever was asked; ``elsewhere`` are those who live in none of the rows.
    """

    asked: Asked
    way: Way
    radius_m: float
    facilities: int
    total: Sum
    silent: float
    """Households that live where it is not said how many of those who are counted there are."""
    coverage: Coverage
    rows: pd.DataFrame
    elsewhere: Sum
    area_names: dict[str, str]
    differs: Differs | None
    apart: tuple[Apart, ...]
    hours: Hours | None
    unknown_hours: tuple[tuple[str, str, str, str], ...] = ()
    """Code, name, stated hours and reason of the places whose hours are not known."""
    remarks: tuple[dict[str, object], ...] = field(default=())

    @property
    def minutes(self) -> float:
        """How long people walk."""
        return self.asked.wish.minutes


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that a question is answered from."""

    town: Town
    places: Places
    profile: Profile
    asked: Asked
    open_now: Hours | None
    inside: Booleans
    """(n) which homes are asked for."""
    codes: frozenset[str] | None
    """Codes of the areas that are asked for; None: all."""
    _near: dict[tuple[tuple[str, ...], Way], Near] = field(default_factory=dict)

    @property
    def way(self) -> Way:
        """Along the streets, if there are any."""
        return "circle" if self.town.network is None else self.asked.wish.way

    @cached_property
    def homes(self) -> Homes:
        """Those who are asked for."""
        return self.town.homes if self.codes is None else self.town.homes.only(self.inside)

    def counting(self, kinds: tuple[str, ...]) -> Booleans:
        """(p) the places of these kinds that are open."""
        found = self.places.of_kinds(kinds)
        return found if self.open_now is None else found & self.open_now.counting

    def near(self, kinds: tuple[str, ...], way: Way | None = None) -> Near:
        """The nearest place of these kinds for every home of the town."""
        way = way or self.way
        if (kinds, way) not in self._near:
            counting = self.counting(kinds)
            if way == "network":
                found = self.town.walked(self.asked.legs, self.places, counting)
            else:
                factor = self.profile.walking.detour_factor
                found = self.town.flown(self.places, counting, detour_factor=factor)
            self._near[kinds, way] = found
        return self._near[kinds, way]

    def within(self, kinds: tuple[str, ...], way: Way | None = None) -> Booleans:
        """Which of the homes that are asked for have one near."""
        near = self.near(kinds, way).metres <= self.asked.limit_m
        return near if self.codes is None else near[self.inside]


def scene(
    town: Town,
    places: Places,
    profile: Profile,
    asked: Asked,
    *,
    moment: datetime | None,
    workdays: Workdays | None,
) -> Scene:
    """Set up what a question is answered from.

    Raises:
        NotFound: no area of such a code.
    """
    open_now = None
    if moment is not None and workdays is not None:
        told = opening(_hours(places), moment, workdays)
        counting = told.counting(unknown_is_open=asked.wish.unknown_is_open)
        open_now = Hours(moment, told, counting)
    codes, inside = _area(town.homes, profile, asked.wish.area)
    return Scene(town, places, profile, asked, open_now, inside, codes)


def _hours(places: Places) -> list[str | None]:
    return [one if isinstance(one, str) else None for one in places.table["hours"]]


def _area(homes: Homes, profile: Profile, code: str) -> tuple[frozenset[str] | None, Booleans]:
    """The codes of an area and of all areas in it, and which homes lie in them."""
    if not code:
        return None, np.ones(len(homes), dtype=bool)
    found: set[str] = set()
    inside = np.zeros(len(homes), dtype=bool)
    for level in profile.levels:
        units = homes.units[level.key]
        rows = units["code"].eq(code) | units["parent_code"].isin(found)
        found |= set(units["code"][rows])
        inside |= np.isin(homes.member[level.key], np.flatnonzero(rows.to_numpy()))
    if not found:
        raise NotFound("There is no area with the code %(codes)s.", codes=code)
    return frozenset(found), inside


def answer(scene: Scene) -> Reach:
    """Who is within reach, by everything that was asked."""
    asked, homes = scene.asked, scene.homes
    weight = asked.wish.weight
    within = scene.within(asked.kinds)
    rows, elsewhere = _rows(scene, homes, within)
    radius = asked.limit_m / scene.profile.walking.detour_factor
    return Reach(
        asked=asked,
        way=scene.way,
        radius_m=radius,
        facilities=int(scene.counting(asked.kinds).sum()),
        total=whole(homes, within, weight),
        silent=float(homes.counts["households"][homes.silent[weight]].sum()),
        coverage=_coverage(scene, homes, within),
        rows=rows,
        elsewhere=elsewhere,
        area_names=_names(homes, scene.profile),
        differs=_differs(scene, homes, within),
        apart=apart(scene),
        hours=scene.open_now,
        unknown_hours=unknown_hours(scene, asked.kinds),
        remarks=scene.town.remarks,
    )


def _rows(scene: Scene, homes: Homes, within: Booleans) -> tuple[pd.DataFrame, Sum]:
    by, weight = scene.asked.by, scene.asked.wish.weight
    if by == "kind":
        return _by_kind(scene, homes), Sum(0.0, 0.0)
    table, elsewhere = by_level(homes, within, by, weight)
    near = scene.near(scene.asked.kinds)
    metres = near.metres if scene.codes is None else near.metres[scene.inside]
    table["minutes"] = of_each(homes, metres, by) / scene.asked.legs.metres(1)
    return table[asked_units(scene, by)], elsewhere


def _by_kind(scene: Scene, homes: Homes) -> pd.DataFrame:
    weight = scene.asked.wish.weight
    found = []
    for kind in scene.profile.facility_kinds:
        one = whole(homes, scene.within((kind.key,)), weight)
        found.append(
            {
                "code": kind.key,
                "name": kind.key,
                "facilities": int(scene.counting((kind.key,)).sum()),
                "total": one.total,
                "covered": one.covered,
                "share": np.nan if one.share is None else one.share,
            }
        )
    return pd.DataFrame(found)


def asked_units(scene: Scene, level: str) -> Booleans:
    """(units) which units of a level lie in the area that was asked."""
    units = scene.town.homes.units[level]
    if scene.codes is None:
        return np.ones(len(units), dtype=bool)
    column = "code" if "parent_code" in units.columns else "area_code"
    inside = units[column].isin(scene.codes).to_numpy(dtype=bool)
    if column == "area_code":  # what states no area lies where people live in it
        member = scene.town.homes.member[level][scene.inside]
        known = np.zeros(len(units), dtype=bool)
        known[member[member != NOWHERE]] = True
        inside = inside | (known & units["area_code"].isna().to_numpy(dtype=bool))
    return inside


def _coverage(scene: Scene, homes: Homes, within: Booleans) -> Coverage:
    """By communities and compounds, in the form in which circles always told it."""
    weight, smallest = scene.asked.wish.weight, scene.profile.smallest_level.key
    areas, _ = by_level(homes, within, smallest, weight)
    areas = areas[asked_units(scene, smallest)]
    table, _ = by_level(homes, within, "compound", weight)
    table["share"] = table["share"].fillna(pd.Series(ground(homes, within, "compound")))
    table = table[asked_units(scene, "compound")].rename(columns={"total": "households"})
    compounds = gpd.GeoDataFrame(
        table[["code", "name", "area_code", "households", "covered", "share"]],
        geometry=shapely.points(table[["lon", "lat"]].to_numpy(dtype=float)),
        crs=4326,
    )
    everybody = whole(homes, within, weight)
    columns = ["code", "name", "households", "covered", "share"]
    return Coverage(
        areas=areas.rename(columns={"total": "households"})[columns].reset_index(drop=True),
        compounds=compounds.reset_index(drop=True),
        households=everybody.total,
        covered=everybody.covered,
        basis=homes.basis,
    )


def _differs(scene: Scene, homes: Homes, within: Booleans) -> Differs | None:
    if scene.town.network is None:
        return None
    other: Way = "circle" if scene.way == "network" else "network"
    there = scene.within(scene.asked.kinds, other)
    circle, network = (there, within) if other == "circle" else (within, there)
    people = homes.counts[scene.asked.wish.weight]
    return Differs(
        only_circle=float(people[circle & ~network].sum()),
        only_network=float(people[network & ~circle].sum()),
    )


def _names(homes: Homes, profile: Profile) -> dict[str, str]:
    tables = [homes.units[level.key] for level in profile.levels]
    return {
        code: name
        for table in tables
        for code, name in zip(table["code"], table["name"], strict=True)
    }


def apart(scene: Scene) -> tuple[Apart, ...]:
    """Homes and places that are asked for and could not be joined to the streets."""
    if scene.way == "circle":
        return ()
    return (*_places_apart(scene), *_homes_apart(scene))


def _places_apart(scene: Scene) -> list[Apart]:
    joints, table = scene.places.joints, scene.places.table
    if joints is None:
        return []
    return [
        Apart("facilities", table["code"][row] or "", table["name"][row] or "", reason)
        for row, reason in _reasons(joints)
    ]


def _homes_apart(scene: Scene) -> list[Apart]:
    """Buildings, or the compound or area over whose ground the people were spread."""
    joints, homes = scene.town.joints, scene.town.homes
    if joints is None:
        return []
    levels = (
        ("building", "buildings"),
        ("compound", "compounds"),
        (scene.profile.smallest_level.key, "areas"),
    )
    people: dict[tuple[str, int, str], float] = {}
    for row, reason in _reasons(joints):
        if not scene.inside[row]:
            continue
        for level, _ in levels:
            unit = int(homes.member[level][row])
            if unit != NOWHERE:
                key = (level, unit, reason)
                people[key] = people.get(key, 0.0) + float(homes.counts["households"][row])
                break
    layers = dict(levels)
    found = [
        Apart(
            layers[level],
            homes.units[level]["code"][unit],
            homes.units[level]["name"][unit] or "",
            reason,
            count,
        )
        for (level, unit, reason), count in people.items()
    ]
    return sorted(found, key=lambda one: (-one.people, one.code))


def _reasons(joints: Joints) -> list[tuple[int, str]]:
    reasons = joints.reasons or ("",) * len(joints.apart)
    return list(zip(joints.apart.tolist(), reasons, strict=True))


def unknown_hours(scene: Scene, kinds: tuple[str, ...]) -> tuple[tuple[str, str, str, str], ...]:
    """Code, name, stated hours and reason of places of these kinds whose hours are not known."""
    if scene.open_now is None:
        return ()
    table = scene.places.table
    wanted = scene.places.of_kinds(kinds)
    hours = _hours(scene.places)
    return tuple(
        (table["code"][row] or "", table["name"][row] or "", hours[row] or "", reason)
        for row, reason in enumerate(scene.open_now.opening.reasons)
        if reason and wanted[row]
    )
