"""Service areas on real streets: node by node against networkx, and never across the Yangtze."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from geodata.reach.areas import outlines, parts, searching
from geodata.reach.areas.ground import Ground
from geodata.reach.areas.manner import Walks
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import join, points_of
from geodata.reach.walking import service_areas

FOLDER = Path(
    os.environ.get("WANGGE_REALDATA", Path(__file__).parents[2].parent / "shared" / "data")
)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of real data is not there"),
]
LIMIT = 15 * 60 * 1.25
YANGTZE = shapely.LineString(
    [
        (114.231, 30.4904),
        (114.241, 30.5),
        (114.266, 30.522),
        (114.279, 30.543),
        (114.2865, 30.562),
        (114.297, 30.582),
        (114.312, 30.602),
        (114.328, 30.622),
        (114.346, 30.643),
    ]
)
"""The middle of the water: no crossing of streets is nearer than 200 m."""


@pytest.fixture(scope="module")
def futian():
    streets = gpd.read_file(FOLDER / "futian_streets.gpkg")
    network = build(streets)
    random = np.random.default_rng(5)
    node = random.choice(np.flatnonzero(network.island == 0), 20, replace=False)
    spots = network.nodes[node] + random.normal(0, 25, (20, 2))
    places = gpd.GeoSeries(gpd.points_from_xy(*spots.T), crs=network.crs).to_crs(4326)
    return network, places


def test_every_node_of_twenty_places_is_as_networkx_has_it(futian):
    network, places = futian
    joints, graph = join(network, places), network.graph()
    assert not len(joints.apart)
    found = searching.reach(graph, network, joints, LIMIT)
    theirs = nx.DiGraph()
    for costs, here, there in ((graph.forward, 0, 1), (graph.backward, 1, 0)):
        for edge in np.flatnonzero(np.isfinite(costs)):
            a, b = int(network.ends[edge, here]), int(network.ends[edge, there])
            if costs[edge] < theirs.get_edge_data(a, b, {"weight": np.inf})["weight"]:
                theirs.add_edge(a, b, weight=costs[edge])
    for place in range(20):
        mine = theirs.copy()
        (row,) = np.flatnonzero(joints.place == place)
        edge, along, off = joints.edge[row], joints.along_m[row], joints.off_m[row]
        begin, end = map(int, network.ends[edge])
        mine.add_edge("place", end, weight=network.metres[edge] - along + off)
        if begin != end:
            mine.add_edge("place", begin, weight=along + off)
        wanted = nx.single_source_dijkstra_path_length(mine, "place", cutoff=LIMIT)
        del wanted["place"]
        node, metres = found.of(place)
        assert set(node.tolist()) == set(wanted)
        assert metres == pytest.approx([wanted[one] for one in node.tolist()])
        assert len(node) > 10


def test_outlines_hold_the_reached_streets_and_hardly_any_other(futian):
    network, places = futian
    joints, graph = join(network, places), network.graph()
    found = searching.reach(graph, network, joints, LIMIT)
    points, _ = points_of(places, network.crs)
    shapes = outlines.each(
        Walks(graph, network, joints, Ground.of(network), points), found, LIMIT
    ).shapes
    assert shapely.is_valid(shapes).all()
    reached = parts.reached_parts(graph, network, joints, found, LIMIT)
    lines = reached.lines(network)
    middles = shapely.line_interpolate_point(network.lines, 0.5, normalized=True)
    long = np.flatnonzero(network.metres > 20)
    wrong = checked = 0
    for place in range(20):
        own = reached.place == place
        assert shapely.covers(shapes[place], shapely.multilinestrings(lines[own]))
        others = np.setdiff1d(long, reached.edge[own])
        near = others[shapely.dwithin(network.lines[others], shapes[place], 60)]
        wrong += int(shapely.contains(shapes[place], middles[near]).sum())
        checked += len(near)
    # carriageways a few metres apart, of which one is reached: below what a cell of 8 m can show
    assert wrong <= 0.02 * checked


def test_no_area_jumps_the_yangtze_but_by_its_bridges():
    network = build(gpd.read_parquet(FOLDER / "wuhan_streets.parquet"))
    river = gpd.GeoSeries([YANGTZE], crs=4326).to_crs(network.crs)
    (water,) = river
    bridges = np.unique(network.tree.query(water, predicate="intersects"))
    assert len(bridges) == 18  # nine bridges and tunnels, there and back
    random = np.random.default_rng(7)
    near = np.flatnonzero(
        shapely.dwithin(shapely.points(network.nodes), water, 1_200) & (network.island == 0)
    )
    spots = network.nodes[random.choice(near, 200, replace=False)]
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*spots.T), crs=network.crs)
    for barriers, width in ((None, 75.0), (river.to_frame("geometry"), 15.0)):
        areas = service_areas(network, places, minutes=15, barriers=barriers)
        assert not areas.attrs["apart"]
        crossing = areas[areas.intersects(water)]
        ways = shapely.unary_union(network.lines[bridges])
        for shape in crossing.geometry:
            over = shape.intersection(water)
            assert over.difference(ways.buffer(width)).length < 1
        assert 5 < len(crossing) < 100
