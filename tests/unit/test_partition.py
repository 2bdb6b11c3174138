"""Graphs divided into connected parts within a band, and why some cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InvalidInput
from geodata.plans.proposal import NoPartition, exactly, partition
from geodata.plans.proposal.graph import given_graph, pieces


def lattice(n: int, seed: int):
    """Neighbours and households (10–150) of n × n units."""
    index = np.arange(n * n).reshape(n, n)
    across = np.stack((index[:, :-1].ravel(), index[:, 1:].ravel()), axis=1)
    down = np.stack((index[:-1].ravel(), index[1:].ravel()), axis=1)
    weights = np.random.default_rng(seed).integers(10, 151, n * n)
    return np.concatenate((across, down)), weights


def path(n: int):
    return np.stack((np.arange(n - 1), np.arange(1, n)), axis=1)


def cut(edges, labels) -> int:
    return int((labels[edges[:, 0]] != labels[edges[:, 1]]).sum())


def assert_in_pieces(edges, labels) -> None:
    """Every part is connected."""
    inside = edges[labels[edges[:, 0]] == labels[edges[:, 1]]]
    assert pieces(inside, len(labels)).max() == labels.max()


@pytest.mark.parametrize("n", [10, 20, 40])
@pytest.mark.parametrize("seed", range(5))
def test_every_part_is_connected_and_lies_in_the_band(n, seed):
    edges, weights = lattice(n, seed)
    labels = partition(edges, weights, low=300, high=500, seed=seed)
    totals = np.bincount(labels, weights)
    assert totals.min() >= 300
    assert totals.max() <= 500
    assert_in_pieces(edges, labels)


def test_the_same_seed_gives_the_same_parts():
    edges, weights = lattice(20, 1)
    first = partition(edges, weights, low=300, high=500, seed=7)
    again = partition(edges, weights, low=300, high=500, seed=7)
    other = partition(edges, weights, low=300, high=500, seed=8)
    assert (first == again).all()
    assert (first != other).any()


def test_parts_are_counted_from_the_first_unit():
    edges, weights = lattice(10, 1)
    labels = partition(edges, weights, low=300, high=500)
    firsts = [int(np.flatnonzero(labels == part)[0]) for part in range(labels.max() + 1)]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize(("count", "tolerance"), [(10, 0.05), (40, 0.05), (80, 0.1), (1, 0.0)])
def test_as_many_parts_as_asked_for_within_the_tolerance(count, tolerance):
    edges, weights = lattice(20, 3)
    labels = partition(edges, weights, count=count, tolerance=tolerance)
    totals = np.bincount(labels, weights)
    assert len(totals) == count
    assert np.abs(totals / weights.sum() * count - 1).max() <= tolerance + 1e-9
    assert_in_pieces(edges, labels)


@pytest.mark.parametrize(
    ("n", "few", "demand"),
    [
        (24, 8, {"count": 8, "tolerance": 0.15}),
        (30, 2, {"low": 400 * 80, "high": 500 * 80}),
    ],
)
def test_a_few_large_parts_are_found_as_well_as_many_small_ones(n, few, demand):
    """One part of all has no border: what it costs must still be more than the borders of many."""
    edges, weights = lattice(n, seed=3)
    if "low" in demand:
        weights = np.full(len(weights), 80.0)
    labels = partition(edges, weights, **demand)
    assert len(np.unique(labels)) == few
    assert_in_pieces(edges, labels)
    assert cut(edges, labels) < 2.5 * n * (few**0.5 - 0.5)


def test_a_long_shared_border_is_not_cut_where_a_short_one_can_be():
    # a ladder of four rungs whose third crossing is the only short one
    edges, weights = path(4), np.full(4, 100)
    labels = partition(edges, weights, low=200, high=200, border=[50, 1, 50])
    assert labels.tolist() == [0, 0, 1, 1]
    labels = partition(edges, np.array([100, 50, 50, 100]), low=100, high=200, border=[50, 50, 1])
    assert labels.tolist() == [0, 0, 0, 1]


def test_units_of_one_value_stay_in_one_part():
    edges, weights = lattice(12, 5)
    whole = np.full(144, None, dtype=object)
    whole[[0, 1, 12]] = "compound A"
    whole[[70, 71]] = "compound B"
    labels = partition(edges, np.minimum(weights, 90), low=300, high=500, whole=whole)
    assert len(set(labels[[0, 1, 12]])) == 1
    assert len(set(labels[[70, 71]])) == 1


def test_a_locked_part_is_taken_as_it_is():
    edges, weights = lattice(12, 5)
    locked = np.full(144, -1)
    locked[:3] = 4  # far too light for the band
    labels = partition(edges, weights, low=300, high=500, locked=locked)
    assert (labels == labels[0]).sum() == 3
    assert len(set(labels[:3])) == 1
    totals = np.bincount(labels, weights)
    others = np.delete(totals, labels[0])
    assert others.min() >= 300
    assert others.max() <= 500


def test_all_locked_leaves_all_as_it_is():
    edges, weights = lattice(4, 5)
    locked = np.arange(16) // 4
    assert partition(edges, weights, low=300, high=500, locked=locked).tolist() == locked.tolist()


def test_parts_on_several_islands_are_found():
    edges, weights = lattice(10, 2)
    two = np.concatenate((edges, edges + 100))
    labels = partition(two, np.concatenate((weights, weights)), low=300, high=500)
    assert not set(labels[:100]) & set(labels[100:])


def test_more_time_never_makes_it_worse():
    edges, weights = lattice(15, 4)
    short = partition(edges, weights, low=300, high=500, seed=1)
    longer = partition(edges, weights, low=300, high=500, seed=1, seconds=0.5)
    assert cut(edges, longer) <= cut(edges, short)


def test_whoever_watches_sees_the_best_so_far_and_may_stop():
    edges, weights = lattice(20, 4)
    seen = []

    def watch(share, found):
        seen.append((share, found.cut))
        return len(seen) == 3

    labels = partition(edges, weights, low=300, high=500, seconds=60, watch=watch)
    assert len(seen) == 3
    assert cut(edges, labels) == pytest.approx(seen[-1][1])
    assert all(0 < share <= 1 for share, _ in seen)


def test_parks_without_households_belong_to_some_part():
    edges, weights = lattice(12, 5)
    weights[::7] = 0
    labels = partition(edges, weights, low=300, high=500)
    totals = np.bincount(labels, weights)
    assert totals.min() >= 300
    assert_in_pieces(edges, labels)


# --- why it cannot be -------------------------------------------------------------------------


def refusal(*arguments, **options) -> NoPartition:
    with pytest.raises(NoPartition) as caught:
        partition(*arguments, **options)
    return caught.value


def test_a_unit_heavier_than_the_band_is_named():
    found = refusal(path(3), [100, 800, 100], low=300, high=500)
    assert found.reason == "too_heavy"
    assert found.units.tolist() == [1]
    assert found.helps == {"high": 800}


def test_a_group_heavier_than_the_band_is_named_with_all_its_units():
    found = refusal(path(4), [100, 300, 300, 100], low=300, high=500, whole=[None, "A", "A", None])
    assert found.reason == "too_heavy"
    assert found.units.tolist() == [1, 2]


def test_an_island_too_light_for_a_part_is_named():
    found = refusal([[0, 1]], [200, 200, 50], low=300, high=500)
    assert found.reason == "too_light"
    assert found.units.tolist() == [2]
    assert found.helps == {"low": 50}


def test_a_whole_that_no_number_of_parts_fills_is_said():
    found = refusal(path(8), [75] * 8, low=350, high=500)
    assert found.reason == "indivisible"
    assert found.helps == {"low": 300, "high": 600}


def test_a_light_unit_among_too_heavy_neighbours_is_named():
    found = refusal(path(3), [100, 450, 350], low=300, high=500)
    assert found.reason == "stuck"
    assert found.units.tolist() == [0]
    assert found.helps == {"low": 100, "high": 550}


def test_pockets_behind_one_unit_that_are_together_too_heavy_are_named():
    # a star: three pockets of 150 reach the rest over unit 0 alone
    edges = [[0, 1], [0, 2], [0, 3], [0, 4], [4, 5]]
    found = refusal(edges, [100, 150, 150, 150, 300, 300], low=300, high=500)
    assert found.reason == "neck"
    assert found.units.tolist() == [0, 1, 2, 3]
    assert found.helps == {"high": 550}


def test_a_group_that_lies_apart_is_named():
    found = refusal(path(5), [100] * 5, low=100, high=500, whole=["A", None, "A", None, None])
    assert found.reason == "apart"
    assert found.units.tolist() == [0, 2]


def test_a_small_graph_without_an_answer_is_proven_to_have_none():
    # three and three units of a ring: no two neighbours and no three together fit
    found = refusal([[0, 1], [1, 2], [2, 0]], [200, 200, 201], low=300, high=301)
    assert found.reason in {"indivisible", "stuck", "impossible"}
    ring = [[i, (i + 1) % 6] for i in range(6)]
    found = refusal(ring, [100, 110, 100, 110, 100, 110], low=315, high=315)
    assert found.reason == "impossible"
    assert found.labels is not None
    assert len(found.labels) == 6
    assert len(found.units) > 0


def test_who_gives_it_time_has_more_sets_of_units_looked_at(monkeypatch):
    monkeypatch.setattr(exactly, "MOST_SETS", 6)
    edges = [[i, (i + 1) % 6] for i in range(6)]
    ring = given_graph(edges, [100, 110] * 3, border=None, whole=None, locked=None).free
    demand = {"low": 315, "high": 315, "strain": 2.0, "cut": 2.0}
    assert not exactly.best_parts(ring, **demand).is_proven
    assert exactly.best_parts(ring, **demand, seconds=10.0).is_proven


@pytest.mark.parametrize(
    ("edges", "weights", "options"),
    [
        ([], [], {"low": 1, "high": 2}),
        ([[0, 1]], [1, -1], {"low": 1, "high": 2}),
        ([[0, 1]], [1, float("nan")], {"low": 1, "high": 2}),
        ([[0, 2]], [1, 1], {"low": 1, "high": 2}),
        ([[0, -1]], [1, 1], {"low": 1, "high": 2}),
        ([[0.5, 1]], [1, 1], {"low": 1, "high": 2}),
        ([[0, 1]], [1, 1], {}),
        ([[0, 1]], [1, 1], {"low": 2, "high": 1}),
        ([[0, 1]], [1, 1], {"low": 0, "high": 1}),
        ([[0, 1]], [1, 1], {"low": 1}),
        ([[0, 1]], [1, 1], {"low": 1, "high": 2, "count": 1}),
        ([[0, 1]], [1, 1], {"count": 3}),
        ([[0, 1]], [1, 1], {"count": 0}),
        ([[0, 1]], [1, 1], {"count": 1, "tolerance": 1.5}),
        ([[0, 1]], [1, 1], {"low": 1, "high": 2, "border": [1, 2]}),
        ([[0, 1]], [1, 1], {"low": 1, "high": 2, "border": [-1]}),
        ([[0, 1]], [1, 1], {"low": 1, "high": 2, "locked": [0]}),
        ([[0, 1]], [1, 1], {"low": 1, "high": 2, "whole": ["A"]}),
    ],
)
def test_nonsense_is_refused(edges, weights, options):
    with pytest.raises(InvalidInput) as caught:
        partition(edges, weights, **options)
    assert not isinstance(caught.value, NoPartition)


@st.composite
def graphs(draw):
    """Any graph of up to 14 units, in one piece or in several."""
    n = draw(st.integers(1, 14))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    edges = draw(st.lists(pairs, max_size=3 * n))
    weights = draw(st.lists(st.integers(0, 40), min_size=n, max_size=n))
    low = draw(st.integers(1, 60))
    return np.array(edges, dtype=np.int64).reshape(-1, 2), np.array(weights), low


def has_partition(edges, weights, low, high) -> bool:  # noqa: C901 - plain on purpose
    """Whether there is one at all, by trying every connected set (slow and plain)."""
    n = len(weights)
    beside = [0] * n
    for a, b in edges:
        if a != b:
            beside[a] |= 1 << int(b)
            beside[b] |= 1 << int(a)
    full = (1 << n) - 1
    known: dict[int, bool] = {0: True}

    def fits(left: int) -> bool:
        if left not in known:
            first = left & -left
            known[left] = any(fits(left & ~part) for part in connected(first, left))
        return known[left]

    def connected(first: int, left: int):
        seen = {first}
        waiting = [first]
        while waiting:
            part = waiting.pop()
            total = sum(int(weights[i]) for i in range(n) if part >> i & 1)
            if total > high:
                continue
            if total >= low:
                yield part
            around = 0
            for i in range(n):
                if part >> i & 1:
                    around |= beside[i]
            for i in range(n):
                more = part | 1 << i
                if around & left & ~part & 1 << i and more not in seen:
                    seen.add(more)
                    waiting.append(more)

    return fits(full)


@given(graphs(), st.integers(0, 60))
def test_an_answer_is_right_and_a_proof_of_impossibility_is_true(graph, width):
    edges, weights, low = graph
    try:
        labels = partition(edges, weights, low=low, high=low + width)
    except NoPartition as no:
        reason = no.reason
    else:
        reason, totals = None, np.bincount(labels, weights)
    if reason is not None:
        assert reason != "not_found"  # so few units are always decided
        assert not has_partition(edges, weights, low, low + width)
        return
    assert totals.min() >= low
    assert totals.max() <= low + width
    assert_in_pieces(edges, labels)
