"""The ground between compounds and streets: which compound or block each part belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geodata.plans.coverage import RASTER_M, Faces, Lengths, Numbers, Shapes, made_valid

_STEP_M = 4.0
"""How far apart the points of a wall are from which nearness is measured."""
_YARD_M = 15.0
"""The ground around a house that belongs to it."""
_SMOOTH_M = 2.0
_REACH_M = 20.0
"""So far around leftover ground walls are looked at."""


@dataclass(frozen=True)
class Parts:
    """Leftover ground in parts: each belongs to a compound, or to a block of its own (-1)."""

    shapes: Shapes
    compound: Numbers

    def at(self, points: Any) -> Numbers:
        """The part at each point, or the nearest one; -1 if there are no parts at all."""
        answer = np.full(len(points), -1, dtype=np.int64)
        if len(self.shapes):
            place, part = shapely.STRtree(self.shapes).query_nearest(points, all_matches=False)
            answer[place] = part
        return answer


def divide(
    faces: Faces,
    leftover: Numbers,
    compound: Numbers,
    estates: Shapes,
    *,
    homes: Any,
    thin_m: float,
    least_m2: float,
) -> Parts:
    """Divide leftover ground: what is thin goes to the nearest compound, what is thick is a block.

    Args:
        faces: The ground, cut.
        leftover: Pieces that are neither compound nor water.
        compound: Of each piece, the compound that it lies in, by position; -1: none.
        estates: The compounds.
        homes: Points of inhabited buildings.
        thin_m: A part that no circle of this diameter fits into is thin.
        least_m2: Thick ground without homes is a block from this size on.
    """
    beside = _compounds_beside(faces, leftover, compound)
    lived = _homes_in(faces.shapes[leftover], homes)
    shapes: list[Any] = []
    owner: list[int] = []
    for place, piece in enumerate(leftover.tolist()):
        ground = faces.shapes[piece]
        near = beside.get(piece, [])
        thick = _thick(ground, lived.get(place), thin_m, least_m2) if near else [ground]
        shapes += thick
        owner += [-1] * len(thick)
        if not near:
            continue
        rest = ground
        if thick:
            lived_in = shapely.union_all(thick)
            rest = made_valid(shapely.difference(ground, lived_in, grid_size=RASTER_M))[0]
        if shapely.is_empty(rest):
            continue
        for who, cell in _nearest(rest, near, estates):
            shapes.append(cell)
            owner.append(who)
    return Parts(np.array(shapes, dtype=object), np.array(owner, dtype=np.int64))


def _compounds_beside(faces: Faces, leftover: Numbers, compound: Numbers) -> dict[int, list[int]]:
    """The compounds that each leftover piece touches."""
    pairs, _ = faces.beside
    wanted = np.zeros(len(faces), dtype=bool)
    wanted[leftover] = True
    both = np.concatenate((pairs, pairs[:, ::-1]))
    keep = wanted[both[:, 0]] & (compound[both[:, 1]] >= 0)
    found: dict[int, set[int]] = {}
    for piece, who in zip(both[keep, 0].tolist(), compound[both[keep, 1]].tolist(), strict=True):
        found.setdefault(piece, set()).add(who)
    return {piece: sorted(who) for piece, who in found.items()}


def _homes_in(pieces: Shapes, homes: Any) -> dict[int, Any]:
    """The inhabited buildings in each piece."""
    if homes is None or not len(homes):
        return {}
    points = np.asarray(homes, dtype=object)
    home, piece = shapely.STRtree(pieces).query(points, predicate="intersects")
    return {int(one): points[home[piece == one]] for one in np.unique(piece)}


def _thick(ground: Any, homes: Any, thin_m: float, least_m2: float) -> list[Any]:
    """The parts of the ground that are wide, or that people live in."""
    inner = shapely.buffer(ground, -thin_m / 2, join_style="mitre")
    if shapely.is_empty(inner) and homes is None:
        return []
    opened = shapely.buffer(inner, thin_m / 2, join_style="mitre", mitre_limit=2.0)
    if homes is not None:
        yards = shapely.buffer(homes, _YARD_M, cap_style="square")
        opened = shapely.union_all([opened, *yards])
        opened = shapely.buffer(opened, _YARD_M, join_style="mitre")
        opened = shapely.buffer(opened, -_YARD_M, join_style="mitre")
    parts = shapely.get_parts(shapely.intersection(opened, ground, grid_size=RASTER_M))
    parts = parts[shapely.get_type_id(parts) == 3]
    keep = shapely.area(parts) >= least_m2
    if homes is not None:
        keep[np.unique(shapely.STRtree(parts).query(homes, predicate="intersects")[1])] = True
    return list(parts[keep])


def _nearest(ground: Any, near: list[int], estates: Shapes) -> list[tuple[int, Any]]:
    """The ground divided by which compound is nearest: Voronoi cells of points on the walls."""
    if len(near) == 1:
        return [(near[0], ground)]
    points, owner = _wall_points(ground, near, estates)
    if len(set(owner)) < 2:
        away = shapely.distance(estates[near], ground)
        return [(near[int(np.argmin(away))], ground)]
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=ground)
    )
    cell, point = shapely.STRtree(shapely.points(points)).query(cells, predicate="intersects")
    whose = np.array(owner)[point]
    who = np.unique(whose)
    wholes = np.array([shapely.union_all(cells[cell[whose == one]]) for one in who], dtype=object)
    if np.isin(shapely.get_type_id(wholes), (3, 6)).all():
        wholes = shapely.coverage_simplify(wholes, _SMOOTH_M, simplify_boundary=False)
    mine = shapely.intersection(made_valid(wholes), ground, grid_size=RASTER_M)
    return [
        (int(one), part) for one, part in zip(who, mine, strict=True) if not shapely.is_empty(part)
    ]


def _wall_points(
    ground: Any, near: list[int], estates: Shapes
) -> tuple[list[tuple[float, float]], list[int]]:
    """Points on the walls around the ground, each once, and whose they are."""
    reach = shapely.buffer(shapely.envelope(ground), _REACH_M)
    owners: dict[tuple[float, float], int] = {}
    for who in near:
        wall = shapely.intersection(shapely.boundary(estates[who]), reach)
        for x, y in shapely.get_coordinates(shapely.segmentize(wall, _STEP_M)).tolist():
            owners.setdefault((x, y), who)
    return list(owners), list(owners.values())


def absorb(
    beside: tuple[Numbers, Lengths],
    region: Numbers,
    solid: Any,
    community: Numbers,
) -> Numbers:
    """Regions that cannot stand alone given to the solid one beside them most.

    Args:
        beside: Neighbouring pieces and the metres that they share.
        region: Of each piece, its region.
        solid: Of each region, whether it stands alone.
        community: Of each piece; nothing goes over a community's border.

    Returns:
        Of each piece, its region; those beside nothing solid stay as they are.
    """
    pairs, length = beside
    region, solid = region.copy(), solid.copy()
    inside = community[pairs[:, 0]] == community[pairs[:, 1]]
    pairs, length = pairs[inside], length[inside]
    while True:
        ends = region[pairs]
        both = np.concatenate((ends, ends[:, ::-1]))
        keep = ~solid[both[:, 0]] & solid[both[:, 1]]
        table = pd.DataFrame(both[keep], columns=["a", "b"])
        table["m"] = np.concatenate((length, length))[keep]
        if not len(table):
            return region
        sums = pd.DataFrame(table.groupby(["a", "b"], as_index=False)["m"].sum())
        sums = sums.sort_values(["a", "m", "b"], ascending=[True, False, True])
        best = sums.drop_duplicates("a")
        target = np.arange(len(solid))
        target[best["a"]] = best["b"]
        region = target[region]
