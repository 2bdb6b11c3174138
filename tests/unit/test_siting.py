"""Choices against all choices there are, for small problems of any shape."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InvalidInput
from geodata.reach.siting.covering import all_covered, most_covered
from geodata.reach.siting.curves import curve
from geodata.reach.siting.figures import figures
from geodata.reach.siting.medians import longest, shortest_walk
from geodata.reach.siting.problem import Problem

LIMIT = 100.0
METRES = st.sampled_from([0.0, 10.0, 40.0, 60.0, 99.0, 100.0, 101.0, 150.0, 400.0, np.inf])
SEARCHES = settings(deadline=None, max_examples=60)


@st.composite
def problems(draw):
    demands, candidates = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    row = st.lists(METRES, min_size=candidates, max_size=candidates)
    table = draw(st.lists(row, min_size=demands, max_size=demands))
    weights = draw(st.lists(st.integers(0, 9), min_size=demands, max_size=demands))
    parts = draw(st.booleans())
    standing = draw(st.lists(METRES, min_size=demands, max_size=demands))
    stands = draw(st.booleans())
    heavy = np.array(weights, dtype=float) / (7.0 if parts else 1.0)
    heavy[0] += 1.0
    return Problem.dense(heavy, table, standing=standing if stands else None)


def table_of(problem):
    table = np.full((len(problem), problem.candidates), np.inf)
    table[problem.demand, problem.candidate] = problem.metres
    return table


def reached(problem, some):
    here = table_of(problem)[:, list(some)].min(axis=1, initial=np.inf)
    return np.minimum(here, problem.standing)


def covered(problem, some):
    return problem.weights[reached(problem, some) <= LIMIT].sum()


def walked(problem, some):
    joined = np.isfinite(reached(problem, range(problem.candidates)))
    metres = np.minimum(reached(problem, some), longest(problem))
    return (problem.weights * metres)[joined].sum()


def subsets(problem, count):
    return itertools.combinations(range(problem.candidates), count)


@given(problems(), st.integers(1, 6))
@SEARCHES
def test_no_choice_of_as_many_places_covers_more(problem, count):
    count = min(count, problem.candidates)
    best = max(covered(problem, some) for some in subsets(problem, count))
    before = covered(problem, ())
    if best == before:
        with pytest.raises(InvalidInput):
            most_covered(problem, count, limit_m=LIMIT)
        return
    found = most_covered(problem, count, limit_m=LIMIT)
    assert found.status == "optimal"
    assert found.gap == 0
    assert len(set(found.chosen)) == count
    assert found.figures.covered == pytest.approx(best)
    assert covered(problem, found.chosen) == pytest.approx(best)
    assert found.objective == pytest.approx(best - before)
    assert sum(found.figures.gains) == pytest.approx(best - before)


@given(problems())
@SEARCHES
def test_no_fewer_places_cover_all_that_can_be_covered(problem):
    most = covered(problem, range(problem.candidates))
    if most == covered(problem, ()):
        with pytest.raises(InvalidInput):
            all_covered(problem, limit_m=LIMIT)
        return
    found = all_covered(problem, limit_m=LIMIT)
    assert found.status == "optimal"
    assert covered(problem, found.chosen) == pytest.approx(most)
    fewer = subsets(problem, len(found.chosen) - 1)
    assert all(covered(problem, some) < most - 1e-9 for some in fewer)
    beyond = reached(problem, range(problem.candidates)) > LIMIT
    lost = np.flatnonzero(beyond & (problem.weights > 0))
    assert sorted(found.unreachable.tolist()) == lost.tolist()
    assert sorted(found.figures.uncovered.tolist()) == lost.tolist()


@given(problems(), st.integers(1, 6))
@SEARCHES
def test_no_choice_of_as_many_places_lets_people_walk_less(problem, count):
    count = min(count, problem.candidates)
    best = min(walked(problem, some) for some in subsets(problem, count))
    if best >= walked(problem, ()):
        with pytest.raises(InvalidInput):
            shortest_walk(problem, count)
        return
    found = shortest_walk(problem, count)
    assert found.status == "optimal"
    assert len(set(found.chosen)) == count
    assert walked(problem, found.chosen) == pytest.approx(best, rel=2e-6)
    assert found.objective == pytest.approx(best, rel=2e-6)


def scattered(seed, demands=60, candidates=12):
    lots = np.random.default_rng(seed)
    one, other = lots.uniform(0, 1000, (2, demands)), lots.uniform(0, 1000, (2, candidates))
    metres = np.hypot(*(one[:, :, None] - other[:, None, :]))
    return Problem.dense(lots.integers(1, 90, demands), metres)


@pytest.mark.parametrize("seconds", [0.0, 0.002, 0.01])
@pytest.mark.parametrize("seed", range(4))
def test_a_gap_is_never_said_smaller_than_it_is(seed, seconds):
    problem = scattered(seed)
    choices = list(subsets(problem, 4))
    limit = 220.0

    def within(some):
        return problem.weights[reached(problem, some) <= limit].sum()

    best = max(within(some) for some in choices)
    found = most_covered(problem, 4, limit_m=limit, seconds=seconds)
    assert found.bound >= best * (1 - 1e-9)
    assert found.gap >= (best - within(found.chosen)) / best - 1e-9
    least = min(walked(problem, some) for some in choices)
    walk = shortest_walk(problem, 4, seconds=seconds)
    mine = walked(problem, walk.chosen)
    assert walk.bound <= least * (1 + 1e-6)
    assert walk.gap >= (mine - least) / mine - 2e-6
    few = all_covered(problem, limit_m=400.0, seconds=seconds)
    sure = all_covered(problem, limit_m=400.0, seconds=60)
    assert sure.status == "optimal"
    assert few.bound <= len(sure.chosen)
    assert few.gap >= (len(few.chosen) - len(sure.chosen)) / len(few.chosen)
    for one in (found, walk, few):
        assert (one.status == "optimal") == (one.gap == 0)


def test_no_time_is_told_as_a_gap():
    problem = scattered(7, 400, 60)
    found = most_covered(problem, 8, limit_m=150.0, seconds=0.0)
    assert found.status == "gap"
    assert 0 < found.gap < 1


@given(problems(), st.integers(1, 6))
@settings(deadline=None, max_examples=30)
def test_a_curve_never_falls_and_each_point_is_the_most(problem, count):
    count = min(count, problem.candidates)
    points = curve(problem, count, limit_m=LIMIT)
    assert [one.count for one in points] == list(range(len(points)))
    for one in points:
        best = max(covered(problem, some) for some in subsets(problem, one.count))
        assert one.covered == pytest.approx(best)
        assert one.status == "optimal"
    most = covered(problem, range(problem.candidates))
    assert points[-1].covered == pytest.approx(most) or points[-1].count == count
    assert all(a.covered <= b.covered for a, b in itertools.pairwise(points))


def test_a_curve_without_time_does_not_fall_either():
    points = curve(scattered(3, 300, 40), 12, limit_m=120.0, seconds=0.0)
    assert all(a.covered <= b.covered for a, b in itertools.pairwise(points))
    assert {one.status for one in points[1:]} == {"gap", "optimal"} or points[1].status == "gap"


def test_the_same_question_has_the_same_answer():
    problem = scattered(11, 300, 40)
    for ask in (
        lambda: most_covered(problem, 5, limit_m=180.0, seconds=30),
        lambda: all_covered(problem, limit_m=300.0, seconds=30),
        lambda: shortest_walk(problem, 5, seconds=30),
    ):
        assert ask().chosen == ask().chosen


def test_of_equal_candidates_the_first_is_taken():
    problem = Problem.dense([5.0, 5.0], [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    assert most_covered(problem, 1, limit_m=2.0).chosen == (0,)
    assert all_covered(problem, limit_m=2.0).chosen == (0,)
    assert shortest_walk(problem, 1).chosen == (0,)


def test_places_that_cover_nothing_more_shorten_the_walk():
    problem = Problem.dense([1.0, 1.0, 1.0], [[5.0, 50.0, 1.0], [5.0, 50.0, 9.0], [5.0, 50.0, 9.0]])
    found = most_covered(problem, 2, limit_m=20.0)
    assert found.chosen == (0, 2)
    assert found.figures.covered == 3.0


def test_who_asks_to_stop_gets_the_best_so_far_with_its_gap():
    problem = scattered(5, 400, 60)
    stages = []

    def tell(stage, share):
        stages.append((stage, share))
        return True

    found = shortest_walk(problem, 6, seconds=60, tell=tell)
    assert found.status == "gap"
    assert len(found.chosen) == 6
    assert stages[0][0] == "searching"


@given(problems(), st.lists(st.integers(0, 5), unique=True, max_size=4))
@SEARCHES
def test_figures_are_those_of_counting_by_hand(problem, some):
    chosen = [one for one in some if one < problem.candidates]
    told = figures(problem, chosen, LIMIT)
    metres = reached(problem, chosen)
    assert told.total == pytest.approx(problem.weights.sum())
    assert told.before == pytest.approx(covered(problem, ()))
    assert told.covered == pytest.approx(covered(problem, chosen))
    known = np.isfinite(metres)
    assert told.walk == pytest.approx((problem.weights * np.where(known, metres, 0)).sum())
    assert told.walkers == pytest.approx(problem.weights[known].sum())
    assert sum(told.gains) == pytest.approx(told.covered - told.before)
    for at, one in enumerate(chosen):
        rest = [other for other in chosen if other != one]
        assert told.alone[at] == pytest.approx(told.covered - covered(problem, rest))
    lost = np.flatnonzero((problem.weights > 0) & ~known)
    assert told.beyond.tolist() == lost.tolist()


@pytest.mark.parametrize("count", [0, -1, 1.5, float("nan"), True, "2", None])
def test_numbers_of_places_that_make_no_sense_are_refused(count):
    with pytest.raises(InvalidInput, match="whole number"):
        most_covered(scattered(0), count, limit_m=LIMIT)


def test_more_places_than_candidates_are_refused():
    with pytest.raises(InvalidInput, match="only 12 candidates"):
        shortest_walk(scattered(0), 13)


@pytest.mark.parametrize("metres", [0.0, -5.0, float("nan"), float("inf")])
def test_metres_that_make_no_sense_are_refused(metres):
    with pytest.raises(InvalidInput, match="Metres"):
        all_covered(scattered(0), limit_m=metres)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_make_no_sense_are_refused_with_their_row(weight):
    with pytest.raises(InvalidInput, match="demand 2"):
        Problem.dense([1.0, weight], [[1.0], [1.0]])


def test_weights_of_nobody_are_refused():
    with pytest.raises(InvalidInput, match="Nobody"):
        Problem.dense([0.0, 0.0], [[1.0], [1.0]])


def test_no_candidates_are_refused():
    with pytest.raises(InvalidInput, match="no candidates"):
        Problem.dense([1.0], np.zeros((1, 0)))


def test_nothing_left_to_cover_is_said():
    problem = Problem.dense([1.0, 2.0], [[1.0], [1.0]], standing=[3.0, 4.0])
    with pytest.raises(InvalidInput, match="All are covered"):
        most_covered(problem, 1, limit_m=5.0)


def test_demand_that_no_candidate_reaches_is_said():
    problem = Problem.dense([1.0, 2.0], [[9.0], [np.inf]])
    with pytest.raises(InvalidInput, match="No candidate reaches"):
        all_covered(problem, limit_m=5.0)
    with pytest.raises(InvalidInput, match="No candidate can be reached"):
        shortest_walk(Problem.dense([1.0], [[np.inf]]), 1)


def test_candidates_at_the_same_point_are_chosen_once_where_one_is_enough():
    problem = Problem.dense([1.0, 4.0, 2.0], [[1.0, 1.0, 9.0], [1.0, 1.0, 9.0], [9.0, 9.0, 1.0]])
    assert set(most_covered(problem, 2, limit_m=5.0).chosen) == {0, 2}
    assert set(all_covered(problem, limit_m=5.0).chosen) == {0, 2}
    assert set(shortest_walk(problem, 2).chosen) == {0, 2}


def test_ways_of_metres_below_zero_or_to_nowhere_are_refused():
    with pytest.raises(InvalidInput, match="Metres"):
        Problem.of([1.0], [0], [0], [-1.0], candidates=1)
    with pytest.raises(InvalidInput, match="not there"):
        Problem.of([1.0], [0], [3], [1.0], candidates=1)
