"""Small networks with places, for whatever walks on them."""

from __future__ import annotations

import numpy as np
import pyproj
from hypothesis import strategies as st

from geodata.reach.networks.network import Joints, Network, Walker, Way

PLANE = pyproj.CRS(4548)


def made(nodes, ends, metres=None, ways=None):
    """A network of straight edges."""
    nodes, ends = np.asarray(nodes, float), np.asarray(ends, np.int32).reshape(-1, 2)
    points = nodes[ends].reshape(-1, 2)
    count = len(ends)
    if metres is None:
        metres = np.hypot(*(nodes[ends[:, 0]] - nodes[ends[:, 1]]).T)
    return Network(
        crs=PLANE,
        nodes=nodes,
        ends=ends,
        metres=np.asarray(metres, float),
        ways=np.zeros(count, np.uint8) if ways is None else np.asarray(ways, np.uint8),
        line=np.arange(count, dtype=np.int32),
        points=points,
        starts=np.arange(0, 2 * count + 1, 2, dtype=np.int64),
        compound=np.full(count, -1, np.int32),
        compounds=(),
        island=np.zeros(len(nodes), np.int32),
    )


def joints(*rows, apart=()):
    """Rows of place, edge, metres along it and metres off it."""
    table = np.asarray(rows, float).reshape(-1, 4)
    return Joints(
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        table[:, 2],
        table[:, 3],
        np.asarray(apart, np.int32),
    )


@st.composite
def networks_with_places(draw):
    count = draw(st.integers(2, 12))
    number = draw(st.integers(1, 30))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    ends = draw(st.lists(pair, min_size=number, max_size=number))
    metres = draw(
        st.lists(st.sampled_from([0.0, 1.0, 2.5, 10.0, 33.3]), min_size=number, max_size=number)
    )
    way = st.sampled_from([0, 0, 0, Way.STEPS, Way.ONLY_FORWARD, Way.ONLY_BACKWARD])
    ways = draw(st.lists(way, min_size=number, max_size=number))
    network = made(np.arange(2.0 * count).reshape(-1, 2), ends, metres, ways)
    places = []
    for place in range(draw(st.integers(1, 4))):
        for _joint in range(draw(st.integers(1, 2))):
            edge = draw(st.integers(0, number - 1))
            share = draw(st.sampled_from([0.0, 0.25, 1.0]))
            places.append((place, edge, share * metres[edge], draw(st.sampled_from([0.0, 3.0]))))
    walker = draw(st.sampled_from([Walker(), Walker(steps=False), Walker(steps_factor=2.0)]))
    return network, joints(*places), walker, draw(st.sampled_from([0.0, 5.0, 20.0, np.inf]))
