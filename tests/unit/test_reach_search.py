"""The search over a network, against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from walked_networks import joints, made, networks_with_places

from geodata.reach.areas import searching
from geodata.reach.networks.network import Walker, Way


def peer(network, walker=None):
    """The same network in networkx, the cheapest of parallel edges."""
    graph, seen = nx.DiGraph(), network.graph(walker)
    graph.add_nodes_from(range(len(network.nodes)))
    for costs, here, there in ((seen.forward, 0, 1), (seen.backward, 1, 0)):
        for edge, cost in enumerate(costs):
            a, b = network.ends[edge, here], network.ends[edge, there]
            if np.isfinite(cost) and cost < graph.get_edge_data(a, b, {"weight": np.inf})["weight"]:
                graph.add_edge(a, b, weight=cost)
    return graph


def peer_costs(network, walker, place, limit):
    """Costs by networkx from one place: a node of its own, joined to the ends of its edges."""
    graph, seen = peer(network, walker), network.graph(walker)
    for edge, along, off in place:
        share = along / network.metres[edge] if network.metres[edge] else 0.0
        begin, end = network.ends[edge]
        to_begin = seen.backward[edge] * share if share > 0 else 0.0
        to_end = seen.forward[edge] * (1 - share) if share < 1 else 0.0
        for node, cost in ((begin, to_begin), (end, to_end)):
            known = graph.get_edge_data("place", node, {"weight": np.inf})["weight"]
            if np.isfinite(cost) and cost + off < known:
                graph.add_edge("place", node, weight=cost + off)
    if "place" not in graph:
        return {}
    costs = nx.single_source_dijkstra_path_length(graph, "place", cutoff=limit, weight="weight")
    costs.pop("place")
    return costs


@settings(max_examples=150, deadline=None)
@given(networks_with_places())
def test_nodes_and_costs_are_those_of_networkx(given_):
    network, places, walker, limit = given_
    found = searching.reach(network.graph(walker), network, places, limit)
    for place in range(len(found)):
        rows = places.place == place
        mine = zip(places.edge[rows], places.along_m[rows], places.off_m[rows], strict=True)
        wanted = peer_costs(network, walker, list(mine), limit)
        nodes, metres = found.of(place)
        assert dict(zip(nodes.tolist(), metres.tolist(), strict=True)) == pytest.approx(wanted)
        assert np.all(np.diff(metres) >= 0)


@settings(max_examples=100, deadline=None)
@given(networks_with_places())
def test_the_nearest_place_of_a_node_is_the_least_over_all_places(given_):
    network, places, walker, limit = given_
    graph = network.graph(walker)
    alone = searching.reach(graph, network, places, limit)
    costs = np.full((len(alone), len(network.nodes)), np.inf)
    for place in range(len(alone)):
        nodes, metres = alone.of(place)
        costs[place, nodes] = metres
    found = searching.nearest(graph, network, places, limit)
    assert found.metres == pytest.approx(costs.min(axis=0))
    near = np.isfinite(found.metres)
    assert (found.place[~near] == -1).all()
    mine = costs[found.place[near], np.flatnonzero(near)]
    assert mine == pytest.approx(found.metres[near])


def test_of_equally_near_places_the_lower_row_has_the_node():
    line = made([(0, 0), (10, 0), (20, 0)], [(0, 1), (1, 2)])
    both = joints((0, 1, 10, 0), (1, 0, 0, 0))
    assert searching.nearest(line.graph(), line, both).place.tolist() == [1, 0, 0]


def test_a_point_on_the_place_s_own_edge_is_reached_along_it():
    line = made([(0, 0), (100, 0)], [(0, 1)])
    place, points = joints((0, 0, 40, 5)), joints((0, 0, 70, 2), (1, 0, 10, 0))
    graph = line.graph()
    found = searching.nearest(graph, line, place)
    assert searching.costs_at(graph, line, found.metres, points, sources=place) == pytest.approx(
        [37, 35]
    )
    assert searching.costs_at(graph, line, found.metres, points) == pytest.approx(
        [5 + 60 + 30 + 2, 55]
    )


def test_a_way_for_one_direction_is_taken_in_that_direction_alone():
    line = made([(0, 0), (100, 0)], [(0, 1)], ways=[Way.ONLY_FORWARD])
    graph, middle = line.graph(), joints((0, 0, 50, 0))
    nodes, metres = searching.reach(graph, line, middle, 1000).of(0)
    assert nodes.tolist() == [1]
    assert metres.tolist() == [50]
    behind = joints((0, 0, 20, 0), (1, 0, 80, 0))
    found = searching.nearest(graph, line, middle)
    assert searching.costs_at(graph, line, found.metres, behind, sources=middle).tolist() == [
        np.inf,
        30,
    ]


def test_who_takes_no_steps_goes_round():
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    network = made(square, [(0, 1), (1, 2), (2, 3), (3, 0)], ways=[Way.STEPS, 0, 0, 0])
    place = joints((0, 3, 10, 0))
    for walker, wanted in ((Walker(), 10), (Walker(steps_factor=2), 20), (Walker(steps=False), 30)):
        assert searching.nearest(network.graph(walker), network, place).metres[1] == wanted


def test_a_place_that_is_not_joined_reaches_nothing_and_keeps_its_row():
    line = made([(0, 0), (10, 0)], [(0, 1)])
    found = searching.reach(line.graph(), line, joints((1, 0, 0, 0), apart=[0, 2]), 100)
    assert np.diff(found.first).tolist() == [0, 2, 0]


def test_many_places_are_searched_as_one_alone_is():
    side = 30
    nodes = [(x * 10, y * 10) for y in range(side) for x in range(side)]
    at = np.arange(side * side).reshape(side, side)
    ends = np.vstack(
        [
            np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]),
            np.column_stack([at[:-1].ravel(), at[1:].ravel()]),
        ]
    )
    network, random = made(nodes, ends), np.random.default_rng(3)
    edges = random.integers(0, len(ends), 100)
    places = joints(*[(place, edge, 4.0, 1.0) for place, edge in enumerate(edges)])
    graph = network.graph()
    found = searching.reach(graph, network, places, 55.0)
    for place in (0, 17, 99):
        alone = searching.reach(graph, network, joints((0, edges[place], 4.0, 1.0)), 55.0)
        assert [part.tolist() for part in found.of(place)] == [
            part.tolist() for part in alone.of(0)
        ]
