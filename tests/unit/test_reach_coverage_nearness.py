"""The nearest place of each home, walked and flown, and what follows from it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse.csgraph
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from laid_streets import joined, lattice
from pyproj import Geod
from scipy.sparse import coo_matrix
from trying import tries

from geodata.reach.coverage.homes import flat
from geodata.reach.coverage.nearness import all_walked, flown, walked
from geodata.reach.networks.network import Walker, Way

COLUMNS, ROWS = 6, 5
TOWN = lattice(COLUMNS, ROWS)
GRAPH = TOWN.graph()
joint = st.tuples(
    st.integers(0, len(TOWN) - 1),
    st.floats(0, 100).map(lambda one: round(one, 1)),
    st.floats(0, 60).map(lambda one: round(one, 1)),
)


def by_scipy(homes, places):
    """Metres of every home to every place: each joint a node of its own in a plain graph."""
    count = len(TOWN.nodes)
    tails, heads, costs = [], [], []

    def arc(one, other, cost):
        tails.append(one)
        heads.append(other)
        costs.append(max(cost, 1e-9))

    for a, b in TOWN.ends.tolist():
        arc(a, b, 100.0)
    for number, (edge, along, off) in enumerate([*homes, *places]):
        a, b = TOWN.ends[edge].tolist()
        arc(count + number, a, along + off)
        arc(count + number, b, 100.0 - along + off)
    for h, (edge, along, off) in enumerate(homes):
        for p, (other, there, away) in enumerate(places):
            if edge == other:
                arc(count + h, count + len(homes) + p, abs(along - there) + off + away)
    size = count + len(homes) + len(places)
    table = coo_matrix((costs, (tails, heads)), shape=(size, size)).tocsr()
    rows = np.arange(count, count + len(homes))
    found = scipy.sparse.csgraph.dijkstra(table, directed=False, indices=rows)
    return found[:, count + len(homes) :]


@settings(max_examples=tries(40), deadline=None)
@given(
    homes=st.lists(joint, min_size=1, max_size=8),
    places=st.lists(joint, min_size=1, max_size=5),
    data=st.data(),
)
def test_the_nearest_place_is_what_scipy_finds(homes, places, data):
    # ways through another joint's node would add its off-metres twice, so they are never shorter
    counting = np.array(data.draw(st.lists(st.booleans(), min_size=5, max_size=5)))[: len(places)]
    expected = np.where(counting, by_scipy(homes, places), np.inf).min(axis=1)
    found = walked(TOWN, GRAPH, joined(homes), joined(places), count=len(homes), counting=counting)
    assert found.metres == pytest.approx(expected, abs=1e-6)
    assert (counting[found.place[found.place >= 0]]).all()
    assert ((found.place == -1) == ~np.isfinite(expected)).all()


@settings(max_examples=tries(30), deadline=None)
@given(
    homes=st.lists(joint, min_size=1, max_size=8),
    places=st.lists(joint, min_size=1, max_size=5),
    limit=st.floats(0, 700),
)
def test_all_ways_within_a_limit_are_found_each_with_its_metres(homes, places, limit):
    table = by_scipy(homes, places)
    counting = np.ones(len(places), dtype=bool)
    home, place, metres = all_walked(
        TOWN, GRAPH, joined(homes), joined(places),
        count=len(homes), counting=counting, limit_m=limit,
    )  # fmt: skip
    assert metres == pytest.approx(table[home, place], abs=1e-6)
    near = table <= limit - 1e-6
    assert near.sum() <= len(home) <= (table <= limit + 1e-6).sum()
    assert len(set(zip(home.tolist(), place.tolist(), strict=True))) == len(home)


@settings(max_examples=tries(30), deadline=None)
@given(
    homes=st.lists(joint, min_size=1, max_size=8),
    places=st.lists(joint, min_size=2, max_size=5),
    minutes=st.lists(st.floats(0.1, 20), min_size=2, max_size=2).map(sorted),
)
def test_more_minutes_and_more_places_never_cover_fewer(homes, places, minutes):
    everywhere = np.ones(len(places), dtype=bool)
    fewer = everywhere.copy()
    fewer[-1] = False
    all_of_them, some = (
        walked(TOWN, GRAPH, joined(homes), joined(places), count=len(homes), counting=one).metres
        for one in (everywhere, fewer)
    )
    short, long = (Walker().metres(one) for one in minutes)
    assert not ((some <= short) & ~(some <= long)).any()
    assert not ((some <= short) & ~(all_of_them <= short)).any()


def test_who_cannot_be_joined_reaches_nothing():
    counting = np.array([True, True])
    found = walked(
        TOWN, GRAPH, joined([None, (0, 50, 0)]), joined([(0, 10, 0), None]),
        count=2, counting=counting,
    )  # fmt: skip
    assert found.metres.tolist() == [np.inf, 40]
    assert found.place.tolist() == [-1, 0]
    none = walked(
        TOWN, GRAPH, joined([(0, 1, 0)]), joined([None]), count=1, counting=np.array([True])
    )
    assert none.place.tolist() == [-1]


def test_a_river_without_a_bridge_is_walked_round():
    """Only the easternmost street crosses between the second and the third row."""
    river = [(x + COLUMNS, x + 2 * COLUMNS) for x in range(COLUMNS - 1)]
    town = lattice(COLUMNS, ROWS, without=river)
    edges = {tuple(edge): number for number, edge in enumerate(town.ends.tolist())}
    south = (edges[COLUMNS, COLUMNS + 1], 0, 0)
    north = (edges[2 * COLUMNS, 2 * COLUMNS + 1], 0, 0)
    found = walked(
        town, town.graph(), joined([north]), joined([south]), count=1, counting=np.array([True])
    )
    assert found.metres.tolist() == [500 + 100 + 500]
    straight = flown(
        flat(np.array([shapely.Point(118.3, 35.001)], dtype=object)),
        np.array([shapely.Point(118.3, 35.0)], dtype=object),
        counting=np.array([True]),
        detour_factor=1.3,
    )
    assert straight.metres[0] < 150


def test_elderly_people_come_less_far_and_pay_for_steps():
    town = lattice(2, 1)
    stairs = type(town)(**{**vars(town), "ways": np.array([Way.STEPS], dtype=np.uint8)})
    adult = Walker(speed_m_per_s=1.2)
    elderly = Walker(speed_m_per_s=0.9, steps_factor=2.0)
    pram = Walker(speed_m_per_s=1.0, steps=False)

    def metres(walker):
        return walked(
            stairs, stairs.graph(walker), joined([(0, 90, 0)]), joined([(0, 10, 0)]),
            count=1, counting=np.array([True]),
        ).metres[0]  # fmt: skip

    assert (metres(adult), metres(elderly), metres(pram)) == (80, 160, np.inf)
    minutes = [metres(walker) / walker.metres(1) for walker in (adult, elderly)]
    assert minutes == pytest.approx([80 / 72, 160 / 54])


def test_the_crow_flies_true_metres_times_the_detour():
    home, place = shapely.Point(118.30, 35.00), shapely.Point(118.31, 35.005)
    far = shapely.Point(118.5, 35.2)
    found = flown(
        flat(np.array([home], dtype=object)),
        np.array([far, place], dtype=object),
        counting=np.array([True, True]),
        detour_factor=1.3,
    )
    _, _, metres = Geod(ellps="GRS80").inv(home.x, home.y, place.x, place.y)
    assert found.metres[0] == pytest.approx(1.3 * metres, rel=1e-3)
    assert found.place.tolist() == [1]
    nothing = flown(
        flat(np.array([home], dtype=object)),
        np.array([place], dtype=object),
        counting=np.array([False]),
        detour_factor=1.3,
    )
    assert nothing.metres.tolist() == [np.inf]
