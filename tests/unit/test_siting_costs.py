"""Ways from demands to candidates, against one search for each candidate."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walked_networks import networks_with_places

from geodata.reach.areas import searching
from geodata.reach.siting import costs


def one_by_one(network, graph, demands, candidates, limit, counts):
    table = np.full(counts, np.inf)
    for one in range(counts[1]):
        rows = candidates.place == one
        alone = replace(
            candidates,
            place=candidates.place[rows],
            edge=candidates.edge[rows],
            along_m=candidates.along_m[rows],
            off_m=candidates.off_m[rows],
        )
        if rows.any():
            nodes = searching.nearest(graph, network, alone)
            table[:, one] = searching.costs_at(
                graph, network, nodes.metres, demands, sources=alone, count=counts[0]
            )
    table[table > limit] = np.inf
    return table


@settings(max_examples=150, deadline=None)
@given(networks_with_places(), st.randoms(use_true_random=False))
def test_ways_along_streets_are_those_of_a_search_from_each_candidate(given_, lots):
    network, places, walker, limit = given_
    graph = network.graph(walker)
    counts = (int(places.place.max(initial=0)) + 1,) * 2
    moved = replace(places, along_m=places.along_m * lots.random())
    found = costs.walked(network, graph, moved, places, limit, count=counts[1])
    table = np.full(counts, np.inf)
    table[found.demand, found.candidate] = found.metres
    assert len(found.metres) == np.isfinite(table).sum()
    wanted = one_by_one(network, graph, moved, places, limit, counts)
    doubtful = np.isclose(np.where(np.isfinite(table), table, limit), limit)
    assert table[~doubtful] == pytest.approx(wanted[~doubtful])


def test_blocks_change_nothing(monkeypatch):
    sizes = np.array([3, 0, 9, 1, 1, 4])
    monkeypatch.setattr(costs, "ROWS_AT_ONCE", 4)
    rows = np.arange(6)
    blocks = costs._blocks(sizes)
    assert len(blocks) > 2
    assert np.concatenate([rows[one] for one in blocks]).tolist() == rows.tolist()


@pytest.mark.parametrize("limit", [0.5, 3.0, np.inf])
def test_ways_as_the_crow_flies_are_all_within_the_limit(limit):
    lots = np.random.default_rng(1)
    one, other = lots.uniform(0, 5, (40, 2)), lots.uniform(0, 5, (7, 2))
    other[0] = one[0]
    found = costs.straight(one, other, limit)
    table = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    rows, columns = np.nonzero(table <= limit)
    assert found.demand.tolist() == rows.tolist()
    assert found.candidate.tolist() == columns.tolist()
    assert found.metres == pytest.approx(table[rows, columns])


def test_without_anybody_there_are_no_ways():
    assert not len(costs.straight(np.zeros((0, 2)), np.zeros((3, 2)), 5.0).metres)
