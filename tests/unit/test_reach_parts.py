"""Which parts of edges are reached, held against the cost of points along them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from walked_networks import joints, made, networks_with_places

from geodata.reach.areas import parts, searching
from geodata.reach.networks.network import Joints, Way

STEPS = 9


def along(network):
    """Points on all edges, nine to each."""
    edges = np.repeat(np.arange(len(network)), STEPS)
    shares = np.tile(np.linspace(0, 1, STEPS), len(network))
    rows = np.arange(len(edges), dtype=np.int32)
    metres = shares * network.metres[edges]
    return Joints(rows, edges.astype(np.int32), metres, np.zeros(len(rows)), np.zeros(0, np.int32))


def of_place(places, place):
    rows = places.place == place
    return Joints(
        places.place[rows],
        places.edge[rows],
        places.along_m[rows],
        places.off_m[rows],
        np.zeros(0, np.int32),
    )


def held_by(found, place, points):
    """The cost of each point by the parts of one place; inf where none holds it."""
    costs = np.full(len(points.edge), np.inf)
    for row in np.flatnonzero(found.place == place):
        (begin, end), (here, there) = found.metres[row], found.costs[row]
        held = (
            (points.edge == found.edge[row])
            & (points.along_m >= begin - 1e-9)
            & (points.along_m <= end + 1e-9)
        )
        share = (points.along_m[held] - begin) / (end - begin)
        costs[held] = np.minimum(costs[held], here + (there - here) * share)
    return costs


@settings(max_examples=150, deadline=None)
@given(networks_with_places())
def test_a_point_of_a_street_is_in_a_part_as_it_can_be_reached(given_):
    network, places, walker, limit = given_
    limit = min(limit, 1e6)
    graph, points = network.graph(walker), along(network)
    reached = searching.reach(graph, network, places, limit)
    found = parts.reached_parts(graph, network, places, reached, limit)
    middle = (points.along_m > 0) & (points.along_m < network.metres[points.edge])
    open_ = np.isfinite(np.minimum(graph.forward, graph.backward))[points.edge]
    for place in range(len(reached)):
        nodes = np.full(len(network.nodes), np.inf)
        nodes[reached.of(place)[0]] = reached.of(place)[1]
        sources = of_place(places, place)
        wanted = searching.costs_at(graph, network, nodes, points, sources=sources)
        told = held_by(found, place, points)
        clear = middle & open_ & (wanted < limit - 1e-6)
        assert told[clear] == pytest.approx(wanted[clear])
        assert np.isinf(told[middle & (wanted > limit + 1e-6)]).all()


@settings(max_examples=100, deadline=None)
@given(networks_with_places())
def test_no_metre_of_a_street_is_in_two_parts_of_a_place(given_):
    network, places, walker, limit = given_
    graph = network.graph(walker)
    reached = searching.reach(graph, network, places, min(limit, 1e6))
    found = parts.reached_parts(graph, network, places, reached, min(limit, 1e6))
    assert (found.metres[:, 0] < found.metres[:, 1]).all()
    same = (found.edge[1:] == found.edge[:-1]) & (found.place[1:] == found.place[:-1])
    assert (found.metres[1:, 0] >= found.metres[:-1, 1])[same].all()
    assert (found.costs <= min(limit, 1e6) + 1e-6).all()


def test_a_street_between_two_places_is_parted_where_both_are_as_near():
    line = made([(0, 0), (100, 0)], [(0, 1)])
    both = joints((0, 0, 20, 0), (1, 0, 60, 0))
    found = parts.nearest_parts(
        line.graph(), line, both, searching.nearest(line.graph(), line, both), 1000
    )
    assert found.place.tolist() == [0, 0, 1, 1]
    assert found.metres.tolist() == [[0, 20], [20, 40], [40, 60], [60, 100]]
    assert found.streets_m(2).tolist() == [40, 60]


def test_an_edge_is_reached_from_both_ends_as_far_as_the_walk_goes():
    ring = made([(0, 0), (10, 0), (10, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    place = joints((0, 0, 5, 0))
    reached = searching.reach(ring.graph(), ring, place, 45)
    found = parts.reached_parts(ring.graph(), ring, place, reached, 45)
    assert {
        (edge, *metres) for edge, metres in zip(found.edge, found.metres.tolist(), strict=True)
    } == {(0, 0, 5), (0, 5, 10), (1, 0, 40), (3, 60, 100)}
    lines = found.lines(ring)
    assert max(line.wkt for line in lines) == "LINESTRING (5 0, 10 0)"
    assert sum(line.length for line in lines) == found.streets_m(1)[0] == 90


def test_lines_follow_the_bends_between_their_ends():
    bent = made([(0, 0), (10, 10)], [(0, 1)], [20.0])
    points = np.array([(0, 0), (10, 0), (10, 10)], float)
    bent = replace(bent, points=points, starts=np.array([0, 3]))
    edges = np.zeros(4, np.int32)
    lines = parts.cut_lines(bent, edges, np.array([0.0, 4, 0, 10]), np.array([20.0, 16, 10, 20]))
    assert [line.wkt for line in lines] == [
        "LINESTRING (0 0, 10 0, 10 10)",
        "LINESTRING (4 0, 10 0, 10 6)",
        "LINESTRING (0 0, 10 0)",
        "LINESTRING (10 0, 10 10)",
    ]


def test_a_closed_direction_is_not_walked():
    line = made([(0, 0), (100, 0)], [(0, 1)], ways=[Way.ONLY_BACKWARD])
    place = joints((0, 0, 50, 10))
    reached = searching.reach(line.graph(), line, place, 40)
    found = parts.reached_parts(line.graph(), line, place, reached, 40)
    assert found.metres.tolist() == [[20, 50]]
    assert found.costs.tolist() == [[40, 10]]
