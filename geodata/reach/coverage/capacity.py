"""Room for people: what each place has, who goes there, and who finds no room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Filled:
    """Who got room where.

    Attributes:
        given: (k) people of each pair that got room.
        left: (n) people of each home that found none.
        taken: (p) people in each place.
    """

    given: Floats
    left: Floats
    taken: Floats


def load(people: Floats, place: Integers, places: int) -> Floats:
    """(places) people who go to each, when everybody goes to the nearest.

    Args:
        people: (n) who live at each home.
        place: (n) the nearest place of each home; -1: none within reach, they go nowhere.
        places: How many places there are.
    """
    taken = np.bincount(place + 1, weights=people, minlength=places + 1)[1:]
    return np.asarray(taken, dtype=float)


def fill(people: Floats, home: Integers, place: Integers, metres: Floats, room: Floats) -> Filled:
    """Places filled in order of nearness, each up to its room.

    People prefer the nearer place and a place the nearer people; nobody who finds a place full
    could take the room of somebody who lives farther from it. As both sides go by the same metres,
    that outcome is the only stable one, and taking pairs from the shortest on finds it: Abraham,
    Levavi, Manlove and O'Malley, The stable roommates problem with globally-ranked pairs, 2008,
    doi:10.1080/15427951.2008.10129167. Equal ways go by the order of homes, then of places.

    Args:
        people: (n) who live at each home; may be parts of one.
        home: (k) the home of each pair that is within reach.
        place: (k) its place.
        metres: (k) the way between them.
        room: (p) how many each place can serve; inf where it does not matter.
    """
    left = people.tolist()
    free = room.tolist()
    given = np.zeros(len(home))
    order = np.lexsort((place, home, metres))
    pairs = zip(order.tolist(), home[order].tolist(), place[order].tolist(), strict=True)
    for pair, who, where in pairs:
        some = min(left[who], free[where])
        if some > ROUNDING:
            left[who] -= some
            free[where] -= some
            given[pair] = some
    taken = np.bincount(place, weights=given, minlength=len(room))
    return Filled(given, np.array(left), np.asarray(taken, dtype=float))
