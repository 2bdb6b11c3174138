"""Helsinki: the share of people within 5, 10 and 15 minutes of ten places, held against scipy."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse.csgraph
import shapely
from scipy.sparse import csr_array

from geodata.exchange.streets_in import read_streets
from geodata.reach.coverage.counting import whole
from geodata.reach.coverage.homes import homes
from geodata.reach.coverage.nearness import flown, walked
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import join
from geodata.reach.networks.network import Walker

FOLDER = Path(
    os.environ.get("WANGGE_REALDATA", Path(__file__).parents[2].parent / "shared" / "data")
)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of real data is not there"),
]
PLACES = 10
ADULT = Walker(speed_m_per_s=1.2)
ELDERLY = Walker(speed_m_per_s=0.9, steps_factor=2.0)


@pytest.fixture(scope="module")
def city():
    """The streets, and the people of each square of the population grid over its ground."""
    streets = read_streets(FOLDER / "helsinki.osm.pbf").frame
    squares = gpd.read_file(FOLDER / "helsinki_population.gpkg").to_crs(4326)
    west, south, east, north = streets.total_bounds
    inside = squares.intersects(shapely.box(west, south, east, north))
    squares = squares[inside]
    people = homes(
        gpd.GeoDataFrame(
            {"code": ["1"], "name": "", "level": "city", "parent_code": None},
            geometry=[shapely.box(*squares.total_bounds)],
            crs=4326,
        ),
        gpd.GeoDataFrame({"code": [], "area_code": []}, geometry=[], crs=4326),
        gpd.GeoDataFrame(
            {
                "code": squares["id"].astype(str),
                "area_code": "1",
                "residents": squares["population"],
            },
            geometry=squares.geometry,
            crs=4326,
        ),
        gpd.GeoDataFrame({"code": [], "compound_code": [], "area_code": []}, geometry=[], crs=4326),
        levels=["city"],
    )
    network = build(streets)
    return network, people, join(network, people.frame)


@pytest.fixture(scope="module")
def spots(city):
    """Ten junctions in the south-western quarter, each farthest from those before."""
    network, _, _ = city
    nodes = network.nodes[network.island == 0]
    nodes = nodes[(nodes < np.median(nodes, axis=0)).all(axis=1)]
    chosen = [int(np.argmin(nodes.sum(axis=1)))]
    for _ in range(PLACES - 1):
        gaps = np.min([np.hypot(*(nodes - nodes[one]).T) for one in chosen], axis=0)
        chosen.append(int(np.argmax(gaps)))
    points = gpd.GeoSeries(shapely.points(nodes[chosen]), crs=network.crs)
    return points, join(network, points)


def by_scipy(network, walker, homes_at, places_at, count):
    """Metres of each home to the nearest place, each joint a node of its own."""
    graph, nodes = network.graph(walker), len(network.nodes)
    rows, columns = [np.repeat(np.arange(nodes), np.diff(graph.first))], [graph.to]
    costs, at = [graph.metres], nodes
    for joints, leaving in ((places_at, True), (homes_at, False)):
        own = np.arange(at, at + len(joints.edge))
        at += len(own)
        share = joints.along_m / network.metres[joints.edge]
        whole_edge = graph.forward[joints.edge]
        for node, way in (
            (network.ends[joints.edge, 0], share * whole_edge),
            (network.ends[joints.edge, 1], (1 - share) * whole_edge),
        ):
            rows.append(own if leaving else node)
            columns.append(node if leaving else own)
            costs.append(way + joints.off_m)
    table = pd.DataFrame(
        {
            "row": np.concatenate(rows),
            "column": np.concatenate(columns),
            "cost": np.concatenate(costs),
        }
    )
    table = table[np.isfinite(table["cost"])]
    table = table.groupby(["row", "column"], as_index=False)["cost"].min()
    cost = np.maximum(table["cost"].to_numpy(), 1e-9)
    matrix = csr_array((cost, (table["row"], table["column"])), shape=(at, at))
    begins = np.arange(nodes, nodes + len(places_at.edge))
    found = scipy.sparse.csgraph.dijkstra(matrix, indices=begins, min_only=True)
    metres = np.full(count, np.inf)
    np.minimum.at(metres, homes_at.place, found[-len(homes_at.edge) :])
    return metres


@pytest.mark.parametrize("walker", [ADULT, ELDERLY], ids=["adult", "elderly"])
def test_every_home_is_as_far_as_scipy_finds(city, spots, walker):
    network, people, joints = city
    _, places = spots
    found = walked(
        network, network.graph(walker), joints, places,
        count=len(people), counting=np.ones(PLACES, dtype=bool),
    )  # fmt: skip
    expected = by_scipy(network, walker, joints, places, len(people))
    # along one edge both may be nearer than round by its ends, which scipy is not told of
    same_edge = np.isin(joints.edge, places.edge)
    others = ~np.isin(np.arange(len(people)), joints.place[same_edge])
    assert np.isfinite(expected).mean() > 0.9
    assert found.metres[others] == pytest.approx(expected[others], abs=1e-6)
    assert (found.metres <= expected + 1e-6).all()


def test_shares_of_people_grow_with_minutes_and_stay_below_the_circles(city, spots):
    network, people, joints = city
    points, places = spots
    everything = np.ones(PLACES, dtype=bool)
    near = walked(
        network, network.graph(ADULT), joints, places, count=len(people), counting=everything
    ).metres
    bird = flown(
        people.flat,
        np.asarray(points.to_crs(4326).array, dtype=object),
        counting=everything,
        detour_factor=1.0,
    ).metres
    slow = walked(
        network, network.graph(ELDERLY), joints, places, count=len(people), counting=everything
    ).metres
    shares = [whole(people, near <= ADULT.metres(m), "residents").share for m in (5, 10, 15)]
    circle = [whole(people, bird <= ADULT.metres(m), "residents").share for m in (5, 10, 15)]
    elderly = [whole(people, slow <= ELDERLY.metres(m), "residents").share for m in (5, 10, 15)]
    assert 0 < shares[0] < shares[1] < shares[2] < 1, shares
    # looked at once, with the way of joining of that day
    assert shares == pytest.approx([0.587, 0.908, 0.989], abs=0.02)
    assert elderly == pytest.approx([0.463, 0.777, 0.951], abs=0.02)
    assert all(one < other for one, other in zip(shares, circle, strict=True))
    assert all(one < other for one, other in zip(elderly, shares, strict=True))
    # nobody walks less than the crow flies
    reached = np.isfinite(near)
    assert (near[reached] >= bird[reached] - 0.5).all()
