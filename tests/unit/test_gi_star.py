"""Gi*: esda's values, answers that hang on nothing but the cells, and a word where none is due."""

from __future__ import annotations

import esda_values as esda
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.cases.hotspots import gi_star as module
from geodata.cases.hotspots.cells import Grid, Neighbours, grid_neighbours, neighbours_of
from geodata.cases.hotspots.discovering import adjusted, class_of
from geodata.cases.hotspots.gi_star import gi_star
from geodata.errors import InvalidInput

GRID = Grid(100.0)


def lattice(rows, columns):
    y, x = np.divmod(np.arange(rows * columns), columns)
    return grid_neighbours(GRID.ids(x * 100.0, y * 100.0), GRID)


def chain(count, *, islands=0):
    one = np.arange(count - 1)
    return neighbours_of(
        np.concatenate((one, one + 1)), np.concatenate((one + 1, one)), count + islands
    )


def moved(neighbours, order):
    """The same neighbours, the cells in another order: new cell i is old cell order[i]."""
    place = np.argsort(order)
    one, other = neighbours.pairs()
    return neighbours_of(place[one], place[other], len(neighbours))


def test_z_is_that_of_esda():
    answer = gi_star(esda.VALUES, lattice(4, 5))

    np.testing.assert_allclose(answer.z, esda.Z, rtol=0, atol=1e-9)


def test_z_of_an_island_is_that_of_esda_and_nothing_was_permuted_for_it():
    answer = gi_star([1, 4, 9, 30], chain(3, islands=1))

    np.testing.assert_allclose(answer.z, esda.Z_WITH_ISLAND, rtol=0, atol=1e-9)
    assert (answer.p[3], answer.classes[3]) == (1.0, 0)


def test_directed_p_is_that_of_esda_within_the_error_of_drawing():
    answer = gi_star(esda.VALUES, lattice(4, 5), permutations=99_999)

    expected = np.array(esda.P)
    error = np.sqrt(2 * expected * (1 - expected) / 99_999)
    assert (np.abs(answer.directed - expected) <= 4.5 * error + 1e-4).all()


@pytest.mark.parametrize("row", esda.TAILS, ids=lambda row: str(row[0]))
def test_tails_are_counted_as_esda_counts_them(row):
    wanted, greater, lesser, directed, two_sided = row
    more, less, both = module._tails(np.sort(esda.DRAWN), wanted, 1e-12)

    count = len(esda.DRAWN) + 1
    assert ((more + 1) / count, (less + 1) / count) == pytest.approx((greater, lesser))
    assert (min(more, count - 1 - more) + 1) / count == pytest.approx(directed)
    assert both == pytest.approx(two_sided)


def test_the_same_seed_gives_the_same_answer_on_any_number_of_cores():
    values = np.random.default_rng(5).poisson(3, 400)
    near = lattice(20, 20)
    one = gi_star(values, near, seed=9, threads=1)
    four = gi_star(values, near, seed=9, threads=4)
    other = gi_star(values, near, seed=10)

    assert (one.p == four.p).all()
    assert (one.two_sided == four.two_sided).all()
    assert (one.greater != other.greater).any()


CELLS = st.lists(st.integers(0, 40), min_size=12, max_size=12)


@settings(max_examples=60, deadline=None)
@given(values=CELLS, shift=st.integers(0, 1000), scale=st.sampled_from([0.001, 0.3, 7, 1e6]))
def test_shift_and_scale_change_nothing(values, shift, scale):
    near, x = lattice(3, 4), np.array(values, dtype=float)
    plain, changed = gi_star(x, near, finest=0), gi_star((x + shift) * scale, near, finest=0)

    np.testing.assert_allclose(changed.z, plain.z, atol=1e-7)
    assert (changed.p == plain.p).all()
    assert (changed.two_sided == plain.two_sided).all()


@settings(max_examples=60, deadline=None)
@given(values=CELLS, order=st.permutations(range(12)))
def test_cells_in_another_order_get_the_same_answers(values, order):
    near, x, order = lattice(3, 4), np.array(values), np.array(order)
    plain, changed = gi_star(x, near), gi_star(x[order], moved(near, order))

    np.testing.assert_allclose(changed.z, plain.z[order], atol=1e-12)
    assert (changed.p == plain.p[order]).all()
    assert (changed.classes == plain.classes[order]).all()


@settings(max_examples=80, deadline=None)
@given(
    values=st.lists(st.floats(0, 1e9), min_size=0, max_size=9),
    links=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20),
)
def test_whatever_the_cells_every_answer_is_a_number(values, links):
    n = len(values)
    pairs = np.array([p for p in links if max(p) < n] or np.empty((0, 2)), dtype=np.int64)
    near = neighbours_of(
        np.concatenate((pairs[:, 0], pairs[:, 1])), np.concatenate((pairs[:, 1], pairs[:, 0])), n
    )
    answer = gi_star(values, near, permutations=99, finest=999)

    assert np.isfinite(answer.z).all()
    for p in (answer.p, answer.greater, answer.lesser, answer.two_sided, answer.corrected):
        assert ((p > 0) & (p <= 1)).all()
    assert (answer.classes[answer.corrected > 0.1] == 0).all()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "too_few_cells"),
        ([7], "too_few_cells"),
        ([0, 9], "too_few_cells"),
        ([0, 0, 0, 0], "all_equal"),
        ([0.1 + 0.2, 0.3, 0.3], "all_equal"),
    ],
)
def test_where_nothing_can_be_tested_there_is_no_hotspot_and_a_reason(values, reason):
    answer = gi_star(values, chain(len(values)) if len(values) > 1 else lattice(1, len(values)))

    assert answer.reason == reason
    assert (answer.z == 0).all()
    assert (answer.p == 1).all()
    assert (answer.classes == 0).all()


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf")])
def test_values_that_are_no_counts_are_refused_and_counted(wrong):
    with pytest.raises(InvalidInput, match="2 cells"):
        gi_star([1, wrong, 3, wrong], chain(4))


def test_as_many_values_as_cells_are_asked_for():
    with pytest.raises(InvalidInput, match="3 values were given for 4 cells"):
        gi_star([1, 2, 3], chain(4))


def test_a_cell_that_is_near_to_all_others_tells_nothing():
    one, other = (part.ravel() for part in np.meshgrid(np.arange(4), np.arange(4)))
    answer = gi_star([0, 1, 5, 90], neighbours_of(one, other, 4))

    assert (answer.z == 0).all()
    assert (answer.p == 1).all()


def test_one_great_value_among_empty_neighbours_is_neither_hot_nor_cold():
    values = np.full((20, 20), 30)
    values[9:12, 9:12] = 0
    values[10, 10] = 900
    values += np.random.default_rng(1).integers(0, 3, (20, 20))
    answer = gi_star(values.ravel(), lattice(20, 20))

    middle = 10 * 20 + 10
    assert answer.z[middle] > 3
    assert answer.lesser[middle] < 0.01
    assert answer.classes[middle] == 0


def test_a_planted_crowd_is_hot_at_99_and_nothing_else_is():
    values = np.random.default_rng(2).poisson(4, (60, 60))
    values[20:23, 30:33] += 25
    answer = gi_star(values.ravel(), lattice(60, 60))

    hot = (answer.classes == 3).reshape(60, 60)
    assert hot[20:23, 30:33].all()
    hot[18:25, 28:35] = False
    assert not hot.any()
    assert not (answer.classes < 0).any()


def test_a_crowd_of_few_cells_is_not_lost_at_the_floor_of_999_permutations():
    values = np.random.default_rng(2).poisson(4, (60, 60))
    values[20:23, 30:33] += 25
    coarse = gi_star(values.ravel(), lattice(60, 60), finest=0)
    fine = gi_star(values.ravel(), lattice(60, 60))

    assert (coarse.classes == 0).all()
    middle = 21 * 60 + 31
    assert fine.draws[middle] > 999
    assert fine.p[middle] < 2 / 1000


def test_where_nothing_crowds_hardly_a_run_finds_anything():
    near = lattice(30, 30)
    found = [
        (gi_star(np.random.default_rng(seed).poisson(5, 900), near, seed=seed).classes != 0).any()
        for seed in range(60)
    ]

    assert sum(found) <= 14  # 10 % of runs are meant to; 14 of 60 happen in one of 300 such tests


def test_shares_of_false_discoveries_are_those_of_the_papers():
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.5])

    np.testing.assert_allclose(adjusted(p), [0.025, 0.05, 0.05, 0.025, 0.5])
    stricter = 1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5
    np.testing.assert_allclose(
        adjusted(p, dependent=True),
        np.minimum(np.array([0.025, 0.05, 0.05, 0.025, 0.5]) * stricter, 1),
    )


def test_classes_are_90_95_and_99_percent_with_the_sign_of_the_departure():
    _corrected, classes = class_of([0.01, 0.05, 0.07, 0.2], [1, -1, 1, 1])
    assert classes.tolist() == [2, -1, 1, 0]
    _corrected, classes = class_of([0.001], [-1])
    assert classes.tolist() == [-3]


def test_no_cells_no_neighbours():
    assert len(Neighbours(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64))) == 0
    assert adjusted([]).tolist() == []


@pytest.mark.parametrize("ties", [0, 2, 40])
def test_cells_that_share_their_draws_get_what_each_would_get_alone(ties):
    """The sweep from value to value against every draw summed anew, rates and counts alike."""
    random = np.random.default_rng(11)
    values = random.gamma(1.0, 10.0, 400)
    if ties:
        values = np.floor(values / ties)
    one, other = random.integers(0, 400, (2, 1500))
    near = neighbours_of(np.append(one, other), np.append(other, one), 400)
    found = gi_star(values, near, permutations=199, finest=0, seed=6, threads=3)

    most = int(near.cardinalities.max())
    table = module._draw(np.random.default_rng(6).random((199, most)), 399)
    ordered = np.sort(values)
    for cell in range(400):
        k, rank = near.cardinalities[cell], np.searchsorted(ordered, values[cell])
        drawn = ordered[table[:k] + (table[:k] >= rank)].sum(axis=0)
        wanted = found.sums[cell] - values[cell]
        hair = 1e-12 * found.sums[cell]
        assert found.greater[cell] == ((drawn >= wanted - hair).sum() + 1) / 200
        assert found.lesser[cell] == ((drawn <= wanted + hair).sum() + 1) / 200
