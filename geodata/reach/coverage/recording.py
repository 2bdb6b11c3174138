"""One area on a page: its own figures, what it lacks, and where the nearest of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.reach.coverage.answering import asked_units
from geodata.reach.coverage.counting import Sum, by_level
from geodata.reach.coverage.judging import near_of, own_of

if TYPE_CHECKING:
    from geodata.profiles.reach import Standard
    from geodata.reach.coverage.answering import Scene
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
class CompoundWithout:
    """A compound that lacks kinds of a standard, of at least half of its people."""

    code: str
    name: str
    households: float
    kinds: tuple[str, ...]


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
class Own:
    """A place in the area."""

    code: str
    name: str
    kind: str
    hours: str
    capacity: float | None


@dataclass(frozen=True)
class Sheet:
    """What is told of one area on its page."""

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
    facilities: tuple[Own, ...]
    standards: tuple[StandardHere, ...]


def sheet(scene: Scene) -> Sheet:
    """The page of the area that was asked."""
    homes, code = scene.homes, scene.asked.wish.area
    level, name, above = _named(scene, code)
    own = _own(scene)
    table = scene.places.table
    return Sheet(
        code=code,
        name=name,
        level=level,
        above=above,
        households=float(homes.counts["households"].sum()),
        residents=float(homes.counts["residents"].sum()),
        elderly=float(homes.counts["elderly"].sum()),
        compounds=int(asked_units(scene, "compound").sum()),
        buildings=int(asked_units(scene, "building").sum()),
        facilities=tuple(_place(table, row) for row in np.flatnonzero(own).tolist()),
        standards=tuple(
            _compounds(scene, one, own) if one.in_compound else _minutes(scene, one, own)
            for one in scene.profile.standards
        ),
    )


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


def _place(table: pd.DataFrame, row: int) -> Own:
    one = table.iloc[row]
    capacity = one.get("capacity")
    return Own(
        code=one["code"],
        name=one["name"],
        kind=one["kind"] or "",
        hours=one["hours"] if isinstance(one["hours"], str) else "",
        capacity=None if capacity is None or pd.isna(capacity) else float(capacity),
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
    return StandardHere(standard, tuple(kinds), _without(scene, lacking))


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
    return StandardHere(standard, tuple(kinds), _without(scene, lacking))


def _without(scene: Scene, lacking: dict[int, list[str]]) -> tuple[CompoundWithout, ...]:
    everybody = np.ones(len(scene.homes), dtype=bool)
    table, _ = by_level(scene.homes, everybody, "compound")
    found = [
        CompoundWithout(
            table["code"][row], table["name"][row], float(table["total"][row]), tuple(kinds)
        )
        for row, kinds in lacking.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.households, one.code)))


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
