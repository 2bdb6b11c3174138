"""What each place can hold against the people whom it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.reach.coverage.capacity import fill, load
from geodata.reach.coverage.homes import Weight
from geodata.reach.coverage.nearness import all_flown, all_walked

if TYPE_CHECKING:
    from geodata.reach.coverage.answering import Scene
    from geodata.reach.coverage.homes import Floats, Integers


@dataclass(frozen=True, eq=False)
class Served:
    """The places of one kind and the people who come.

    Attributes:
        kind: Of facility.
        weight: Who is counted: people where their number is known, else households.
        people: Everybody within reach of one of these places.
        no_room: How many of them find no room when places are filled in order of nearness. Places
            that state no capacity are taken to have room for all, so it may be more.
        places: ``code``, ``name``, ``capacity`` (NaN: not stated), ``people`` who have it
            nearest, ``over`` (more than it can serve; NaN) and ``given`` room when filled.
    """

    kind: str
    weight: Weight
    people: float
    no_room: float
    places: pd.DataFrame

    @property
    def stating(self) -> int:
        """How many places state what they can hold."""
        return int(self.places["capacity"].notna().sum())

    @property
    def overloaded(self) -> int:
        """How many places have more people than they can serve."""
        return int((self.places["over"] > 0).sum())


def served(scene: Scene, kinds: tuple[str, ...]) -> tuple[Served, ...]:
    """For each kind of which some place states its capacity, who comes and who finds no room.

    Everybody within the minutes that were asked comes, from the whole town: who lives beyond the
    area that was asked goes to its places too.
    """
    capacity = _capacity(scene)
    weight = serving_weight(scene)
    found = []
    for kind in kinds:
        counting = scene.counting((kind,))
        if np.isfinite(capacity[counting]).any():
            found.append(_of_kind(scene, kind, weight, capacity))
    return tuple(found)


def _of_kind(scene: Scene, kind: str, weight: Weight, capacity: Floats) -> Served:
    people = scene.town.homes.counts[weight]
    counting = scene.counting((kind,))
    near = scene.near((kind,))
    place = np.where(near.metres <= scene.asked.limit_m, near.place, -1)
    count = len(capacity)
    coming = load(people, place, count)
    ways = _ways(scene, kind)
    filled = fill(people, *ways, np.where(np.isfinite(capacity), capacity, np.inf))
    table = scene.places.table[["code", "name"]].assign(
        capacity=capacity,
        people=coming,
        over=np.maximum(coming - capacity, 0.0),
        given=filled.taken,
    )[counting]
    everybody = float(people[place >= 0].sum())
    return Served(
        kind=kind,
        weight=weight,
        people=everybody,
        no_room=max(everybody - float(filled.taken.sum()), 0.0),
        places=table.sort_values(["over", "people"], ascending=False).reset_index(drop=True),
    )


def _ways(scene: Scene, kind: str) -> tuple[Integers, Integers, Floats]:
    """Every way between a home and a place of the kind within the minutes that were asked."""
    town, places, asked = scene.town, scene.places, scene.asked
    counting = scene.counting((kind,))
    if scene.way == "circle" or town.network is None:
        return all_flown(
            town.homes.flat,
            places.points,
            counting=counting,
            limit_m=asked.limit_m,
            detour_factor=scene.profile.walking.detour_factor,
        )
    if town.joints is None or places.joints is None:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
    return all_walked(
        town.network,
        town.graph(asked.legs),
        town.joints,
        places.joints,
        count=len(town.homes),
        counting=counting,
        limit_m=asked.limit_m,
    )


def _capacity(scene: Scene) -> Floats:
    table = scene.places.table
    if "capacity" not in table.columns:
        return np.full(len(table), np.nan)
    return np.asarray(pd.to_numeric(table["capacity"], errors="coerce").to_numpy(dtype=float))


def serving_weight(scene: Scene) -> Weight:
    """Who comes to a place: people where their number is known, else households."""
    asked = scene.asked.wish.weight
    if asked != "households":
        return asked
    return "residents" if scene.town.homes.counts["residents"].sum() > 0 else "households"
