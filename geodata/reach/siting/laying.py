"""The city's people and candidates as a problem of siting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.crs import local_crs
from geodata.errors import InvalidInput
from geodata.reach.siting.costs import Ways, straight, walked
from geodata.reach.siting.problem import Problem

if TYPE_CHECKING:
    from geodata.reach.coverage.answering import Scene
    from geodata.reach.networks.network import Joints

Floats = NDArray[np.float64]
WALK_MINUTES: Final = 60.0
"""Longer ways to a place count as none when walks are summed."""


@dataclass(frozen=True, eq=False)
class Laid:
    """A problem, and what could not be joined to the streets.

    Attributes:
        problem: Demands are the homes that are asked for, in their order.
        apart: Rows of candidates that no street reaches, and why.
        homes_apart: Rows of demands that no street reaches, those with people.
    """

    problem: Problem
    apart: tuple[tuple[int, str], ...]
    homes_apart: NDArray[np.int64]

    @property
    def joined(self) -> NDArray[np.int64]:
        """Rows of the candidates that a street reaches; only they can be chosen."""
        rows = np.arange(self.problem.candidates)
        return np.setdiff1d(rows, [row for row, _reason in self.apart])


def lay(scene: Scene, points: Floats, *, minutes: float, is_empty: bool) -> Laid:
    """The problem of who is asked for.

    Args:
        scene: Who lives where, what stands, and how people walk.
        points: (m, 2) longitude and latitude of the candidates.
        minutes: How long a way is at most.
        is_empty: Nothing stands already.

    Raises:
        InvalidInput: Nobody lives there.
    """
    people = scene.homes.counts[scene.asked.wish.weight]
    if not people.sum() > 0:
        raise InvalidInput("Nobody is known to live there, so there is nobody to find places for.")
    standing = np.full(len(people), np.inf)
    if not is_empty:
        standing = scene.near(scene.asked.kinds).metres[scene.inside]
    limit = scene.asked.legs.metres(minutes)
    joints = _joined(scene, points) if scene.way == "network" else None
    apart: tuple[tuple[int, str], ...] = ()
    if joints is None:
        ways = _flown(scene, points, limit)
        lost = np.zeros(0, dtype=np.int64)
    else:
        ways, lost = _walked(scene, joints, limit, len(points))
        reasons = joints.reasons or ("",) * len(joints.apart)
        apart = tuple(zip(joints.apart.tolist(), reasons, strict=True))
        lost = lost[people[lost] > 0]
    problem = Problem.of(
        people,
        ways.demand,
        ways.candidate,
        ways.metres,
        candidates=len(points),
        standing=standing,
    )
    return Laid(problem, apart, lost)


def _joined(scene: Scene, points: Floats) -> Joints:
    from geodata.reach.networks.joining import join  # noqa: PLC0415 - numba

    network = scene.town.network
    assert network is not None  # noqa: S101 - the way is along the streets
    joints: Joints = join(network, gpd.GeoSeries(shapely.points(points), crs=4326))
    return joints


def _walked(
    scene: Scene, joints: Joints, limit: float, count: int
) -> tuple[Ways, NDArray[np.int64]]:
    """Ways along the streets, and the demands that are not joined to them."""
    network, homes = scene.town.network, scene.town.joints
    if network is None or homes is None:
        nothing = np.zeros(0, np.int32)
        return Ways(nothing, nothing, np.zeros(0)), np.zeros(0, dtype=np.int64)
    row = np.cumsum(scene.inside).astype(np.int32) - 1
    kept, apart = scene.inside[homes.place], scene.inside[homes.apart]
    those = replace(
        homes,
        place=row[homes.place[kept]],
        edge=homes.edge[kept],
        along_m=homes.along_m[kept],
        off_m=homes.off_m[kept],
        apart=row[homes.apart[apart]],
        reasons=(),
    )
    graph = scene.town.graph(scene.asked.legs)
    ways = walked(network, graph, those, joints, limit, count=count)
    return ways, those.apart.astype(np.int64)


def _flown(scene: Scene, points: Floats, limit: float) -> Ways:
    """Ways as the crow flies, made longer by the detour factor."""
    factor = scene.profile.walking.detour_factor
    homes = scene.homes.points
    west, south, east, north = shapely.total_bounds(homes)
    plane = local_crs((west + east) / 2, (south + north) / 2)
    ends = [
        shapely.get_coordinates(np.asarray(gpd.GeoSeries(some, crs=4326).to_crs(plane).array))
        for some in (homes, shapely.points(points))
    ]
    found = straight(ends[0], ends[1], limit / factor)
    return replace(found, metres=found.metres * factor)
