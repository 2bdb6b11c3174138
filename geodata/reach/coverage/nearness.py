"""The nearest place of each home: along streets, or as the crow flies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.crs import local_crs

if TYPE_CHECKING:
    from geodata.reach.networks.network import Graph, Joints, Network

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Near:
    """How far the nearest place is.

    Attributes:
        metres: (n) metres on the flat, to be held against ``Walker.metres``; inf: none is reached.
        place: (n) int32, its row; -1: none.
    """

    metres: Floats
    place: Integers


def walked(
    network: Network,
    graph: Graph,
    homes: Joints,
    places: Joints,
    *,
    count: int,
    counting: Booleans,
) -> Near:
    """The nearest of the places that count, for each home, along the network.

    Ways go from the place to the home; where a street may be walked one way only, the way there
    may be another.

    Args:
        network: Streets.
        graph: The same as the walker takes them.
        homes: Where homes are joined.
        places: Where places are joined.
        count: How many homes there are; one without joints is reached by nobody.
        counting: For each place whether it counts.
    """
    from geodata.reach.areas.searching import nearest, nearest_at  # noqa: PLC0415 - numba

    sources = only(places, counting)
    if not len(sources.edge) or not len(homes.edge):
        return nobody(count)
    found = nearest(graph, network, sources)
    at = nearest_at(graph, network, found, homes, sources=sources, count=count)
    return Near(at.metres, at.place)


def flown(
    homes: NDArray[np.object_],
    places: NDArray[np.object_],
    *,
    counting: Booleans,
    detour_factor: float,
) -> Near:
    """The nearest place as the crow flies; metres are made longer by the detour factor.

    Args:
        homes: Points, longitude and latitude, WGS 84.
        places: Points as well.
        counting: For each place whether it counts.
        detour_factor: How much longer a way is than the crow's.
    """
    rows = np.flatnonzero(counting)
    if not len(rows) or not len(homes):
        return nobody(len(homes))
    here, there = _in_metres(homes, places[rows])
    (home, place), metres = shapely.STRtree(there).query_nearest(
        here, return_distance=True, all_matches=False
    )
    found = nobody(len(homes))
    found.metres[home] = metres * detour_factor
    found.place[home] = rows[place]
    return found


def nobody(count: int) -> Near:
    """So many homes that reach nothing."""
    return Near(np.full(count, np.inf), np.full(count, -1, dtype=np.int32))


def only(joints: Joints, counting: Booleans) -> Joints:
    """The joints of the places that count; each keeps its row."""
    return _rows(joints, counting[joints.place])


def all_walked(
    network: Network,
    graph: Graph,
    homes: Joints,
    places: Joints,
    *,
    count: int,
    counting: Booleans,
    limit_m: float,
) -> tuple[Integers, Integers, Floats]:
    """Every way of at most ``limit_m`` between a home and a place that counts.

    Returns:
        Home, place and metres of each.
    """
    from geodata.reach.areas.searching import Nearest, nearest_at, reach  # noqa: PLC0415 - numba

    found: list[tuple[Integers, Integers, Floats]] = []
    reached = reach(graph, network, only(places, counting), limit_m, count=len(counting))
    metres = np.full(len(network.nodes), np.inf)
    owner = np.full(len(network.nodes), -1, dtype=np.int32)
    touched = np.zeros(len(network.nodes), dtype=bool)
    ends = network.ends[homes.edge]
    for place in np.flatnonzero(counting).tolist():
        nodes, costs = reached.of(place)
        own = np.arange(len(counting)) == place
        source = only(places, own)
        metres[nodes], owner[nodes], touched[nodes] = costs, place, True
        near = touched[ends].any(axis=1) | np.isin(homes.edge, source.edge)
        some = _rows(homes, near)
        at = nearest_at(graph, network, Nearest(metres, owner), some, sources=source, count=count)
        home = np.flatnonzero(at.metres <= limit_m).astype(np.int32)
        found.append((home, np.full(len(home), place, dtype=np.int32), at.metres[home]))
        metres[nodes], owner[nodes], touched[nodes] = np.inf, -1, False
    if not found:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
    return (
        np.concatenate([one for one, _, _ in found]),
        np.concatenate([one for _, one, _ in found]),
        np.concatenate([one for _, _, one in found]),
    )


def _rows(joints: Joints, kept: Booleans) -> Joints:
    return replace(
        joints,
        place=joints.place[kept],
        edge=joints.edge[kept],
        along_m=joints.along_m[kept],
        off_m=joints.off_m[kept],
    )


def all_flown(
    homes: NDArray[np.object_],
    places: NDArray[np.object_],
    *,
    counting: Booleans,
    limit_m: float,
    detour_factor: float,
) -> tuple[Integers, Integers, Floats]:
    """The same as ``all_walked`` as the crow flies, metres made longer by the detour factor."""
    rows = np.flatnonzero(counting)
    if not len(rows) or not len(homes):
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
    here, there = _in_metres(homes, places[rows])
    radius = limit_m / detour_factor
    home, place = shapely.STRtree(there).query(here, predicate="dwithin", distance=radius)
    metres = shapely.distance(here[home], there[place]) * detour_factor
    return home.astype(np.int32), rows[place].astype(np.int32), metres


def _in_metres(
    homes: NDArray[np.object_], places: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Both in the local plane of the homes."""
    west, south, east, north = shapely.total_bounds(homes)
    plane = local_crs((west + east) / 2, (south + north) / 2)
    here, there = (
        np.asarray(gpd.GeoSeries(one, crs=4326).to_crs(plane).array, dtype=object)
        for one in (homes, places)
    )
    return here, there
