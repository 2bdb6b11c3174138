"""The net of grids over a district: what holds today, what held before, and planted faults.

Each patch of the ground is a grid. Half a year before the city's "now" some borders were changed:
blocks went from one grid to its neighbour, and grids that had grown too large were divided (the
new ones got new numbers, the old number is never used again). Into today's net four kinds of fault
are planted, so that whatever checks a net has something to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
import shapely.ops
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

from geodata.demo.district import District, Unit, union
from geodata.demo.warp import to_degrees
from geodata.places.codes import map_order

RECUT_DAYS = 183
"""So many days before the city's end its net of grids was changed."""


@dataclass
class Grid:
    """One grid: the units that it holds, today or formerly."""

    community: int
    units: list[int]
    shape: BaseGeometry
    now: bool
    before: bool
    number: int = 0


@dataclass
class PlantedFault:
    """A fault put into the net on purpose; grids and compounds by position."""

    kind: str
    grids: list[int]
    where: BaseGeometry
    compound: int | None = None


@dataclass
class Net:
    """All grids of a district, their numbers within the community, and the planted faults.

    A grid that changed its border stands here twice: ``now`` and ``before``, with one number.
    """

    grids: list[Grid] = field(default_factory=list)
    faults: list[PlantedFault] = field(default_factory=list)


def reading_order(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of places (ground metres) in the order in which the system gives codes."""
    if not points:
        return []
    xy = np.array(points)
    return [int(i) for i in map_order(*to_degrees(xy[:, 0], xy[:, 1]))]


def weave(district: District) -> Net:
    """Make the district's net; sets ``grid`` and ``was`` of its units."""
    rng = district.rng("nets")
    net = Net()
    beside = _neighbours(district)
    busy: set[int] = set()
    large = _plant_cut_and_oversize(district, beside, busy, rng)
    owner = {index: unit.patch for index, unit in enumerate(district.units)}
    for absorbed, keeper in large.items():
        owner = {i: keeper if patch == absorbed else patch for i, patch in owner.items()}
    former = dict(owner)
    _move_blocks(district, owner, former, beside, busy, rng)
    _undivide(district, former, beside, busy)
    hole = _plant_hole(district, owner, former, busy, rng)
    _gather(district, net, owner, former)
    _number(district, net)
    _record(district, net, large, hole)
    _plant_overlap(district, net, beside, busy)
    return net


def _neighbours(district: District) -> dict[int, list[int]]:
    """Patches of one community that share a street: patch → patches, in order."""
    polygons = np.array([unit.polygon for unit in district.units], dtype=object)
    tree = shapely.STRtree(polygons)
    left, right = tree.query(polygons, predicate="intersects")
    beside: dict[int, set[int]] = {}
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        one, two = district.units[a], district.units[b]
        if one.patch == two.patch or one.community != two.community:
            continue
        if shapely.length(shapely.intersection(one.polygon, two.polygon)) > 60:
            beside.setdefault(one.patch, set()).add(two.patch)
    return {patch: sorted(others) for patch, others in sorted(beside.items())}


def _households(district: District, patch: int) -> int:
    return sum(c.households for c in district.filled.compounds if c.patch == patch)


def _units_of(district: District, patch: int) -> list[int]:
    return [index for index, unit in enumerate(district.units) if unit.patch == patch]


def _plant_cut_and_oversize(
    district: District, beside: dict[int, list[int]], busy: set[int], rng: Generator
) -> dict[int, int]:
    """Cut a closed compound between two patches; join two patches into one oversized grid."""
    compounds = district.filled.compounds
    for index in rng.permutation(len(compounds)).tolist():
        compound = compounds[index]
        if not compound.closed or compound.households < 250 or compound.patch not in beside:
            continue
        if _cut_unit(district, compound.block, beside[compound.patch], busy):
            break
    for patch in rng.permutation(sorted(beside)).tolist():
        free = [other for other in beside[patch] if other not in busy]
        community = [p for p in beside if _community(district, p) == _community(district, patch)]
        if patch in busy or not free or len(community) < 3:
            continue
        busy.update((patch, free[0]))
        return {free[0]: patch}
    return {}


def _community(district: District, patch: int) -> int:
    return next(unit.community for unit in district.units if unit.patch == patch)


def _cut_unit(district: District, block: int, neighbours: list[int], busy: set[int]) -> bool:
    """Give the half of ``block`` that lies towards a neighbouring patch to that patch."""
    unit = district.units[block]
    for other in neighbours:
        if other in busy or unit.patch in busy:
            continue
        ground = union(np.array([district.units[i].polygon for i in _units_of(district, other)]))
        shared = shapely.intersection(unit.polygon, ground)
        if shapely.length(shared) < 80:
            continue
        halves = _halves(unit.polygon, shared)
        if halves is None:
            continue
        near, far = halves
        busy.update((unit.patch, other))
        district.units[block] = Unit(block, far, unit.community, unit.patch)
        district.units.append(Unit(block, near, unit.community, other))
        return True
    return False


def _halves(
    polygon: shapely.Polygon, shared: BaseGeometry
) -> tuple[shapely.Polygon, shapely.Polygon] | None:
    """The half near ``shared`` and the other, cut from vertex to vertex."""
    corners = np.asarray(polygon.exterior.coords)[:-1]
    best = None
    area = polygon.area
    for i in range(len(corners)):
        for j in range(i + 2, min(len(corners), len(corners) + i - 1)):
            one = shapely.Polygon(corners[i : j + 1])
            two = shapely.Polygon(np.vstack([corners[j:], corners[: i + 1]]))
            if not (one.is_valid and two.is_valid) or min(one.area, two.area) < 0.35 * area:
                continue
            gap = abs(shapely.length(one.intersection(shared)) - shapely.length(shared))
            gap2 = abs(shapely.length(two.intersection(shared)) - shapely.length(shared))
            near, far = (one, two) if gap < gap2 else (two, one)
            cost = min(gap, gap2) + 0.2 * float(np.hypot(*(corners[i] - corners[j])))
            if best is None or cost < best[0]:
                best = (cost, near, far)
    if best is None or best[0] > 0.35 * polygon.length:
        return None
    return best[1], best[2]


def _whole(district: District, units: list[int]) -> bool:
    shape = union(np.array([district.units[i].polygon for i in units]))
    return isinstance(shape, shapely.Polygon) and not shape.interiors


def _move_blocks(
    district: District,
    owner: dict[int, int],
    former: dict[int, int],
    beside: dict[int, list[int]],
    busy: set[int],
    rng: Generator,
) -> None:
    """Six blocks belonged to the neighbouring grid until the net was changed."""
    moved = 0
    for index in rng.permutation(len(district.units)).tolist():
        unit = district.units[index]
        if moved == 6 or unit.patch in busy or unit.patch not in beside:
            continue
        for other in beside[unit.patch]:
            rest = [i for i, patch in owner.items() if patch == unit.patch and i != index]
            grown = [*(i for i, patch in owner.items() if patch == other), index]
            if other in busy or not rest or not _whole(district, rest):
                continue
            if _whole(district, grown):
                former[index] = other
                busy.update((unit.patch, other))
                moved += 1
                break


def _undivide(
    district: District,
    former: dict[int, int],
    beside: dict[int, list[int]],
    busy: set[int],
) -> None:
    """Three pairs of grids were one until the net was changed; its number is the negative one."""
    done = 0
    for patch in sorted(beside, key=lambda p: -_households(district, p)):
        free = [other for other in beside[patch] if other not in busy]
        if done == 3 or patch in busy or not free:
            continue
        for index, was in former.items():
            if was in {patch, free[0]}:
                former[index] = -1 - patch
        busy.update((patch, free[0]))
        done += 1


def _plant_hole(
    district: District,
    owner: dict[int, int],
    former: dict[int, int],
    busy: set[int],
    rng: Generator,
) -> int:
    """One block that nobody lives in is left out of every grid, today."""
    for index in rng.permutation(len(district.units)).tolist():
        unit = district.units[index]
        rest = [i for i, patch in owner.items() if patch == unit.patch and i != index]
        lived_in = district.filled.compound_of[unit.block] >= 0
        bank = district.filled.use[unit.block] == "bank"
        if unit.patch in busy or lived_in or bank or not rest or not _whole(district, rest):
            continue
        busy.add(unit.patch)
        owner[index] = -10_000
        former[index] = unit.patch
        return int(index)
    return -1


def _gather(district: District, net: Net, owner: dict[int, int], former: dict[int, int]) -> None:
    today: dict[int, list[int]] = {}
    past: dict[int, list[int]] = {}
    for index in range(len(district.units)):
        today.setdefault(owner[index], []).append(index)
        past.setdefault(former[index], []).append(index)
    today.pop(-10_000, None)
    for key in sorted({*today, *past}):
        new, old = today.get(key), past.get(key)
        if new is not None and new == old:
            _add(district, net, new, now=True, before=True)
            continue
        if old is not None:
            _add(district, net, old, now=False, before=True)
        if new is not None:
            same = len(net.grids) - 1 if old is not None else -1
            _add(district, net, new, now=True, before=False)
            net.grids[-1].number = -1 - same if same >= 0 else 0
    for number, grid in enumerate(net.grids):
        for index in grid.units:
            if grid.now:
                district.units[index].grid = number
            if grid.before:
                district.units[index].was = number


def _add(district: District, net: Net, units: list[int], *, now: bool, before: bool) -> None:
    shape = union(np.array([district.units[i].polygon for i in units]))
    net.grids.append(Grid(district.units[units[0]].community, units, shape, now, before))


def _number(district: District, net: Net) -> None:
    """Numbers within each community: the first net in reading order, later grids after them."""
    for community in range(len(district.community_names)):
        grids = [g for g in net.grids if g.community == community]
        for group in (
            [g for g in grids if g.before],
            [g for g in grids if not g.before and g.number == 0],
        ):
            start = max((g.number for g in grids), default=0)
            start = max(start, 0)
            points = [(g.shape.centroid.x, g.shape.centroid.y) for g in group]
            for place, position in enumerate(reading_order(points)):
                group[position].number = start + place + 1
        for grid in grids:
            if grid.number < 0:
                grid.number = net.grids[-1 - grid.number].number


def _record(district: District, net: Net, large: dict[int, int], hole: int) -> None:
    for unit in district.units[len(district.filled.use) :]:
        compound = district.filled.compound_of[unit.block]
        other = district.units[unit.block]
        net.faults.append(
            PlantedFault(
                "compound_cut",
                [other.grid, unit.grid],
                district.filled.compounds[compound].polygon,
                compound,
            )
        )
    for keeper in large.values():
        number = next(unit.grid for unit in district.units if unit.patch == keeper)
        net.faults.append(PlantedFault("too_large", [number], net.grids[number].shape))
    if hole >= 0:
        net.faults.append(PlantedFault("gap", [], district.units[hole].polygon))


def _plant_overlap(
    district: District, net: Net, beside: dict[int, list[int]], busy: set[int]
) -> None:
    """One grid of today reaches 24 m over its neighbour."""
    grid_of = {unit.patch: unit.grid for unit in district.units if unit.grid >= 0}
    for patch, others in beside.items():
        free = [other for other in others if other not in busy]
        if patch in busy or not free:
            continue
        one, two = net.grids[grid_of[patch]], net.grids[grid_of[free[0]]]
        if not (one.before and two.before):
            continue
        strip = two.shape.intersection(one.shape.buffer(24.0))
        before = Grid(one.community, one.units, one.shape, now=False, before=True)
        before.number = one.number
        net.grids.append(before)
        one.before = False
        one.shape = shapely.set_precision(one.shape.union(strip), 0.001)
        net.faults.append(PlantedFault("overlap", [grid_of[patch], grid_of[free[0]]], strip))
        for index in one.units:
            district.units[index].was = len(net.grids) - 1
        busy.update((patch, free[0]))
        return
