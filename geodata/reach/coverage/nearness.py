"""The nearest place of each home: along streets, or as the crow flies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geodata.reach.coverage.homes import Flat, flat

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
    homes: Flat,
    places: NDArray[np.object_],
    *,
    counting: Booleans,
    detour_factor: float,
) -> Near:
    """The nearest place as the crow flies; metres are made longer by the detour factor.

    Args:
        homes: Points in a plane of metres.
        places: Points, longitude and latitude, WGS 84.
        counting: For each place whether it counts.
        detour_factor: How much longer a way is than the crow's.
    """
    from scipy.spatial import KDTree  # noqa: PLC0415 - starts without it

    rows = np.flatnonzero(counting)
    if not len(rows) or not len(homes.xy):
        return nobody(len(homes.xy))
    metres, place = KDTree(flat(places[rows], homes.crs).xy).query(homes.xy)
    return Near(metres * detour_factor, rows[place].astype(np.int32))


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
    passed = np.zeros(len(network), dtype=bool)
    tail, head = np.ascontiguousarray(network.ends.T)
    for place in np.flatnonzero(counting).tolist():
        nodes, costs = reached.of(place)
        own = np.arange(len(counting)) == place
        source = only(places, own)
        metres[nodes], owner[nodes], touched[nodes] = costs, place, True
        np.logical_or(touched[tail], touched[head], out=passed)
        passed[source.edge] = True
        some = _rows(homes, passed[homes.edge])
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
    homes: Flat,
    places: NDArray[np.object_],
    *,
    counting: Booleans,
    limit_m: float,
    detour_factor: float,
) -> tuple[Integers, Integers, Floats]:
    """The same as ``all_walked`` as the crow flies, metres made longer by the detour factor."""
    from scipy.spatial import KDTree  # noqa: PLC0415

    rows = np.flatnonzero(counting)
    if not len(rows) or not len(homes.xy):
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
    spots = flat(places[rows], homes.crs).xy
    near = KDTree(homes.xy).query_ball_point(spots, limit_m / detour_factor)
    place = np.repeat(np.arange(len(rows)), [len(one) for one in near])
    home = np.concatenate([np.asarray(one, dtype=np.int32) for one in near])
    metres = np.hypot(*(homes.xy[home] - spots[place]).T) * detour_factor
    return home, rows[place].astype(np.int32), metres
