"""How many people live within so many minutes of each place, of all together, or nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geodata.reach.coverage.homes import WEIGHTS, Floats, Integers
from geodata.reach.coverage.nearness import Near, all_flown, all_walked

if TYPE_CHECKING:
    from geodata.reach.coverage.asking import Way
    from geodata.reach.coverage.keeping import Places, Town
    from geodata.reach.networks.network import Walker


def people_within(
    town: Town,
    places: Places,
    rows: NDArray[np.int64],
    limits_m: Sequence[float],
    *,
    walker: Walker,
    way: Way,
    together: str,
    detour_factor: float,
) -> Floats:
    """Who lives within each of some distances of places.

    Args:
        town: Homes and streets.
        places: Facilities.
        rows: (r) which of them count.
        limits_m: (b) metres on the flat, as ``Walker.metres`` gives them.
        walker: Who walks.
        way: Along streets, or as the crow flies.
        together: ``each`` place by itself, ``nearest`` (everybody at the nearest place only) or
            ``merged``.
        detour_factor: How much longer a way is than the crow's.

    Returns:
        (b, r, 3) households, residents and elderly people, NaN where the town states none of
        them; (b, 1, 3) if merged.
    """
    people = np.column_stack([town.homes.counts[weight] for weight in WEIGHTS])
    home, place, metres = (
        _every_way(town, places, rows, max(limits_m), walker, way, detour_factor)
        if together == "each"
        else _nearest(town, places, rows, walker, way, detour_factor)
    )
    if together == "merged":
        place = np.zeros_like(place)
    count = 1 if together == "merged" else len(rows)
    found = np.empty((len(limits_m), count, len(WEIGHTS)))
    for band, limit_m in enumerate(limits_m):
        near = metres <= limit_m
        for column in range(len(WEIGHTS)):
            found[band, :, column] = np.bincount(
                place[near], weights=people[home[near], column], minlength=count
            )
    found[:, :, people.sum(axis=0) == 0] = np.nan
    return found


def _every_way(
    town: Town,
    places: Places,
    rows: NDArray[np.int64],
    limit_m: float,
    walker: Walker,
    way: Way,
    detour_factor: float,
) -> tuple[Integers, Integers, Floats]:
    counting, number = _counting(places, rows)
    if way == "circle":
        found = all_flown(
            town.homes.flat,
            places.points,
            counting=counting,
            limit_m=limit_m,
            detour_factor=detour_factor,
        )
    elif town.network is None or town.joints is None or places.joints is None:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
    else:
        found = all_walked(
            town.network,
            town.graph(walker),
            town.joints,
            places.joints,
            count=len(town.homes),
            counting=counting,
            limit_m=limit_m,
        )
    home, place, metres = found
    return home, number[place], metres


def _nearest(
    town: Town,
    places: Places,
    rows: NDArray[np.int64],
    walker: Walker,
    way: Way,
    detour_factor: float,
) -> tuple[Integers, Integers, Floats]:
    counting, number = _counting(places, rows)
    near: Near = (
        town.flown(places, counting, detour_factor=detour_factor)
        if way == "circle"
        else town.walked(walker, places, counting)
    )
    home = np.flatnonzero(near.place >= 0).astype(np.int32)
    return home, number[near.place[home]], near.metres[home]


def _counting(places: Places, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Integers]:
    """(p) which places count, and the number of each among them."""
    counting = np.zeros(len(places.points), dtype=bool)
    counting[rows] = True
    number = np.full(len(places.points), -1, dtype=np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    return counting, number
