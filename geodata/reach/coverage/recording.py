"""One area on a page: its own figures, what it lacks, and where the nearest of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.reach.coverage.answering import Apart, Hours, apart, asked_units, unknown_hours
from geodata.reach.coverage.capacity import load
from geodata.reach.coverage.counting import Sum, by_level, whole
from geodata.reach.coverage.homes import NOWHERE, WEIGHTS, Weight
from geodata.reach.coverage.judging import near_of, own_of
from geodata.reach.coverage.serving import serving_weight

if TYPE_CHECKING:
    from geodata.profiles.reach import Standard
    from geodata.reach.coverage.answering import Scene
    from geodata.reach.coverage.asking import Asked, Way
    from geodata.reach.coverage.homes import Floats
    from geodata.reach.coverage.nearness import Booleans

HALF = 0.5
ROUNDING = 1e-9


@dataclass(frozen=True)
class NearestPlace:
    """The place to which those without go, or everybody if nobody is without."""

    code: str
    name: str
    minutes: float
    """On foot, the median of those who have it nearest."""
    inside: bool
    """Whether it stands in the area itself."""


@dataclass(frozen=True)
class KindHere:
    """One kind of facility in one area, against one standard."""

    kind: str
    sum: Sum
    met: bool | None
    facilities: int
    """How many of them stand in the area."""
    nearest: NearestPlace | None


@dataclass(frozen=True)
class Lacked:
    """A kind that a compound lacks, and where most of its people have the nearest of it."""

    kind: str
    nearest: NearestPlace | None
    """Its minutes are the mean of those who go there."""


@dataclass(frozen=True)
class CompoundWithout:
    """A compound that lacks kinds of a standard, of at least half of its people."""

    code: str
    name: str
    households: float
    lacked: tuple[Lacked, ...]


@dataclass(frozen=True)
class StandardHere:
    """One standard in one area; of a standard for compounds the sums are compounds."""

    standard: Standard
    kinds: tuple[KindHere, ...]
    compounds: tuple[CompoundWithout, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The kinds by which the standard is not met."""
        return tuple(one.kind for one in self.kinds if one.met is False)


@dataclass(frozen=True)
class PlaceHere:
    """A place that stands in the area or serves people of it.

    ``people`` have it as the nearest of its kind within the minutes that were asked, and ``here``
    of them live in the area; None where people who cannot come are not to be told from none: the
    place could not be joined to the streets.
    """

    code: str
    name: str
    kind: str
    inside: bool
    hours: str
    is_open: bool | None
    """At the hour that was asked; None: none was asked, or it is not known."""
    capacity: float | None
    people: float | None
    here: float | None

    @property
    def over(self) -> float | None:
        """How many more people come than it can serve; None: not stated."""
        if self.capacity is None or self.people is None:
            return None
        return max(self.people - self.capacity, 0.0)


@dataclass(frozen=True)
class Band:
    """Who has a place with a service circle within so many minutes."""

    minutes: float
    households: Sum
    residents: Sum
    elderly: Sum


@dataclass(frozen=True)
class Sheet:
    """What is told of one area on its page."""

    asked: Asked
    way: Way
    basis: str
    code: str
    name: str
    level: str
    above: tuple[tuple[str, str], ...]
    """Code and name of the areas in which it lies, the largest first."""
    households: float
    residents: float
    elderly: float
    compounds: int
    buildings: int
    bands: tuple[Band, ...]
    facilities: tuple[PlaceHere, ...]
    served: Weight
    """Who is counted as coming to a place."""
    standards: tuple[StandardHere, ...]
    apart: tuple[Apart, ...]
    hours: Hours | None
    unknown_hours: tuple[tuple[str, str, str, str], ...]


def sheet(scene: Scene) -> Sheet:
    """The page of the area that was asked."""
    homes, code = scene.homes, scene.asked.wish.area
    level, name, above = _named(scene, code)
    own = _own(scene)
    kinds = scene.profile.keys("facility_kinds")
    served, facilities = _places(scene, own, kinds)
    return Sheet(
        asked=scene.asked,
        way=scene.way,
        basis=homes.basis,
        code=code,
        name=name,
        level=level,
        above=above,
        households=float(homes.counts["households"].sum()),
        residents=float(homes.counts["residents"].sum()),
        elderly=float(homes.counts["elderly"].sum()),
        compounds=int(asked_units(scene, "compound").sum()),
        buildings=int(asked_units(scene, "building").sum()),
        bands=tuple(_band(scene, one.minutes) for one in scene.profile.service_circles),
        facilities=facilities,
        served=served,
        standards=tuple(
            _compounds(scene, one, own) if one.in_compound else _minutes(scene, one, own)
            for one in scene.profile.standards
        ),
        apart=_apart_here(scene, own),
        hours=scene.open_now,
        unknown_hours=unknown_hours(scene, kinds),
    )


def _band(scene: Scene, minutes: float) -> Band:
    near = scene.near(scene.asked.kinds).metres[scene.inside] <= scene.asked.legs.metres(minutes)
    sums = {weight: whole(scene.homes, near, weight) for weight in WEIGHTS}
    return Band(minutes, sums["households"], sums["residents"], sums["elderly"])


def _apart_here(scene: Scene, own: Booleans) -> tuple[Apart, ...]:
    """What of the area could not be joined to the streets."""
    codes = set(scene.places.table["code"][own])
    return tuple(one for one in apart(scene) if one.layer != "facilities" or one.code in codes)


def _named(scene: Scene, code: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The area's level and name, and the areas above it."""
    above: list[tuple[str, str]] = []
    level, name, wanted = "", "", code
    for one in reversed(scene.profile.levels):
        units = scene.town.homes.units[one.key]
        rows = units[units["code"] == wanted]
        if not len(rows):
            continue
        row = rows.iloc[0]
        if wanted == code:
            level, name = one.key, row["name"]
        else:
            above.append((row["code"], row["name"]))
        wanted = row["parent_code"]
    return level, name, tuple(reversed(above))


def _own(scene: Scene) -> Booleans:
    """Which places say that they lie in the area."""
    codes = scene.codes or frozenset()
    return np.asarray(scene.places.table["area_code"].isin(codes).to_numpy(dtype=bool))


def _places(
    scene: Scene, own: Booleans, kinds: tuple[str, ...]
) -> tuple[Weight, tuple[PlaceHere, ...]]:
    """Who is counted, and every place of the area or to which people of the area go."""
    weight = serving_weight(scene)
    people = scene.town.homes.counts[weight]
    everybody, here = np.zeros(len(own)), np.zeros(len(own))
    for kind in kinds:
        counting = scene.counting((kind,))
        if not counting.any():
            continue
        near = scene.near((kind,))
        place = np.where(near.metres <= scene.asked.limit_m, near.place, -1)
        everybody += load(people, place, len(own))
        here += load(people[scene.inside], place[scene.inside], len(own))
    joints = scene.places.joints
    joined = np.ones(len(own), dtype=bool)
    if scene.way == "network" and joints is not None:
        joined[joints.apart] = False
    order = {kind: number for number, kind in enumerate(kinds)}
    found = [
        _place(scene, row, inside=bool(own[row]), sums=(everybody[row], here[row]) if joined[row]
               else None)
        for row in np.flatnonzero(own | (here > 0)).tolist()
    ]  # fmt: skip
    found.sort(key=lambda one: (order.get(one.kind, len(order)), not one.inside, one.code))
    return weight, tuple(found)


def _place(scene: Scene, row: int, *, inside: bool, sums: tuple[float, float] | None) -> PlaceHere:
    one = scene.places.table.iloc[row]
    capacity = one.get("capacity")
    people, here = sums or (None, None)
    is_open = None
    if scene.open_now is not None and not scene.open_now.opening.reasons[row]:
        is_open = bool(scene.open_now.counting[row])
    return PlaceHere(
        code=one["code"],
        name=one["name"] or "",
        kind=one["kind"] or "",
        inside=inside,
        hours=one["hours"] if isinstance(one["hours"], str) else "",
        is_open=is_open,
        capacity=None if capacity is None or pd.isna(capacity) else float(capacity),
        people=None if people is None else float(people),
        here=None if here is None else float(here),
    )


def _minutes(scene: Scene, standard: Standard, own: Booleans) -> StandardHere:
    homes, weight = scene.homes, scene.asked.wish.weight
    people = homes.counts[weight]
    near = near_of(scene, standard)
    kinds = []
    for kind, has in near.items():
        one = Sum(float(people.sum()), float(people[has].sum()))
        met = None if one.share is None else one.share >= standard.share - ROUNDING
        here = int((scene.counting((kind,)) & own).sum())
        kinds.append(KindHere(kind, one, met, here, _nearest(scene, kind, people, has, own)))
    lacking: dict[int, list[str]] = {}
    for kind, has in near.items():
        table, _ = by_level(homes, has, "compound", weight)
        for row in np.flatnonzero((table["share"] < HALF).to_numpy()).tolist():
            lacking.setdefault(row, []).append(kind)
    return StandardHere(standard, tuple(kinds), _without(scene, lacking, own))


def _compounds(scene: Scene, standard: Standard, own: Booleans) -> StandardHere:
    asked = asked_units(scene, "compound")
    people = scene.homes.counts[scene.asked.wish.weight]
    kinds = []
    lacking: dict[int, list[str]] = {}
    for kind, has in own_of(scene, standard).items():
        one = Sum(float(asked.sum()), float((asked & has).sum()))
        met = None if one.share is None else one.share >= standard.share - ROUNDING
        here = int((scene.counting((kind,)) & own).sum())
        # who lives in a compound without goes to the nearest elsewhere
        member = scene.homes.member["compound"]
        provided = np.append(has, True)[member]  # the last is for homes in no compound
        kinds.append(KindHere(kind, one, met, here, _nearest(scene, kind, people, provided, own)))
        for row in np.flatnonzero(asked & ~has).tolist():
            lacking.setdefault(row, []).append(kind)
    return StandardHere(standard, tuple(kinds), _without(scene, lacking, own))


def _without(
    scene: Scene, lacking: dict[int, list[str]], own: Booleans
) -> tuple[CompoundWithout, ...]:
    """Compounds by the kinds that they lack, those with most households first."""
    everybody = np.ones(len(scene.homes), dtype=bool)
    table, _ = by_level(scene.homes, everybody, "compound")
    kinds = dict.fromkeys(kind for several in lacking.values() for kind in several)
    nearest = {kind: _nearest_of_compounds(scene, kind, own) for kind in kinds}
    found = [
        CompoundWithout(
            table["code"][row],
            table["name"][row],
            float(table["total"][row]),
            tuple(Lacked(kind, nearest[kind].get(row)) for kind in several),
        )
        for row, several in lacking.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.households, one.code)))


def _nearest_of_compounds(scene: Scene, kind: str, own: Booleans) -> dict[int, NearestPlace]:
    """By the row of the compound: the place that most of its people have nearest."""
    near = scene.near((kind,))
    metres, place = near.metres[scene.inside], near.place[scene.inside]
    member = scene.homes.member["compound"]
    people = np.maximum(scene.homes.counts[scene.asked.wish.weight], ROUNDING)
    come = np.flatnonzero((place >= 0) & np.isfinite(metres) & (member != NOWHERE))
    places = len(own)
    pairs, pair = np.unique(
        member[come].astype(np.int64) * places + place[come], return_inverse=True
    )
    going = np.bincount(pair, weights=people[come], minlength=len(pairs))
    walked = np.bincount(pair, weights=people[come] * metres[come], minlength=len(pairs))
    compound, where = np.divmod(pairs, max(places, 1))
    order = np.lexsort((where, -going, compound))
    first = order[np.diff(compound[order], prepend=-1) != 0]
    table = scene.places.table
    codes, names = table["code"].to_numpy(), table["name"].to_numpy()
    minutes = walked / np.maximum(going, ROUNDING) / scene.asked.legs.metres(1)
    return {
        int(compound[row]): NearestPlace(
            codes[where[row]], names[where[row]] or "", float(minutes[row]), bool(own[where[row]])
        )
        for row in first.tolist()
    }


def _nearest(
    scene: Scene, kind: str, people: Floats, has: Booleans, own: Booleans
) -> NearestPlace | None:
    """Where most of those without go, else most of all; None if nobody can come to any."""
    near = scene.near((kind,))
    metres, place = near.metres[scene.inside], near.place[scene.inside]
    come = (place >= 0) & np.isfinite(metres)
    going = come & ~has & (people > 0)
    if not going.any():
        going = come
    if not going.any():
        return None
    weights = np.where(people[going] > 0, people[going], ROUNDING)
    most = int(np.bincount(place[going], weights=weights).argmax())
    those = going & (place == most)
    one = scene.places.table.iloc[most]
    middle = _median(metres[those], np.where(people[those] > 0, people[those], ROUNDING))
    minutes = middle / scene.asked.legs.metres(1)
    return NearestPlace(one["code"], one["name"], minutes, bool(own[most]))


def _median(values: Floats, weights: Floats) -> float:
    """The value that half of the weight does not exceed."""
    order = np.argsort(values)
    whole = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(whole, whole[-1] / 2)])
