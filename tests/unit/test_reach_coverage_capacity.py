"""Places filled in order of nearness: never above their room, and stable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trying import tries

from geodata.reach.coverage.capacity import fill, load


def pairs(metres: list[list[float]]):
    """All homes × places that are within reach; inf: not."""
    table = np.array(metres, dtype=float)
    home, place = np.nonzero(np.isfinite(table))
    return home.astype(np.int32), place.astype(np.int32), table[home, place]


def test_everybody_goes_to_the_nearest_and_who_has_none_goes_nowhere():
    people = np.array([10.0, 20.0, 5.0, 7.0])
    assert load(people, np.array([1, 1, -1, 0]), 3).tolist() == [7, 30, 0]


def test_the_nearer_people_get_the_room_and_the_others_go_on():
    found = fill(np.array([30.0, 30.0]), *pairs([[100, 500], [200, 400]]), np.array([40.0, 10.0]))
    assert found.taken.tolist() == [40, 10]
    assert found.left.tolist() == [0, 10]


def test_equal_ways_go_by_their_order_and_the_answer_repeats():
    people, room = np.array([5.0, 5.0]), np.array([5.0])
    found = fill(people, *pairs([[100], [100]]), room)
    assert found.left.tolist() == [0, 5]


def test_without_places_everybody_is_left():
    found = fill(np.array([3.0]), *pairs([[np.inf]]), np.array([0.0]))
    assert found.left.tolist() == [3]


town = st.integers(1, 8).flatmap(
    lambda places: st.tuples(
        st.lists(
            st.tuples(
                st.integers(0, 50),
                st.lists(
                    st.floats(0, 1000, allow_nan=False) | st.just(np.inf),
                    min_size=places,
                    max_size=places,
                ),
            ),
            min_size=1,
            max_size=15,
        ),
        st.lists(st.integers(0, 120) | st.just(np.inf), min_size=places, max_size=places),
    )
)


@settings(max_examples=tries(80), deadline=None)
@given(town=town)
def test_no_place_is_filled_above_its_room_and_nobody_would_rather_change(town):
    homes, rooms = town
    people = np.array([count for count, _ in homes], dtype=float)
    home, place, metres = pairs([ways for _, ways in homes])
    room = np.array(rooms, dtype=float)
    found = fill(people, home, place, metres, room)

    assert (found.taken <= room + 1e-6).all()
    given_to = np.bincount(home, weights=found.given, minlength=len(people))
    assert given_to + found.left == pytest.approx(people)
    for pair in range(len(home)):
        # somebody of this home is left, or sits farther off: then this place is full of people
        # who live at most as far from it
        others = (home == home[pair]) & (metres > metres[pair])
        if found.left[home[pair]] > 1e-6 or found.given[others].sum() > 1e-6:
            assert found.taken[place[pair]] == pytest.approx(room[place[pair]])
            inside = (place == place[pair]) & (found.given > 1e-6)
            assert (metres[inside] <= metres[pair]).all()


@settings(max_examples=tries(40), deadline=None)
@given(town=town, place=st.integers(0, 7), more=st.integers(1, 60))
def test_more_room_never_leaves_more_people_without(town, place, more):
    homes, rooms = town
    people = np.array([count for count, _ in homes], dtype=float)
    ways = pairs([row for _, row in homes])
    room = np.array(rooms, dtype=float)
    larger = room.copy()
    larger[place % len(room)] += more
    before, after = fill(people, *ways, room), fill(people, *ways, larger)
    assert after.left.sum() <= before.left.sum() + 1e-6
