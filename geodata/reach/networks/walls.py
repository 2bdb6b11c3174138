"""Closed compounds are entered through their gates alone, where these are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.reach.networks import noding
from geodata.reach.networks.network import OUTSIDE, Floats, Integers, Way
from geodata.reach.networks.rules import Rules
from geodata.reach.networks.taking import Lines

LISTED = 50
"""So many gates that lead nowhere are named in a remark."""


@dataclass(frozen=True, eq=False)
class Walls:
    """The walls of closed compounds, and their gates.

    Attributes:
        codes: Of the compounds.
        shapes: (c) the ground inside each wall, in the plane of the streets.
        gates: (g, 2) where one gets in.
        gate_of: (g) int32, the compound of each gate.
        gate_codes: (g) what each gate is called.
    """

    codes: tuple[str, ...]
    shapes: NDArray[np.object_]
    gates: Floats
    gate_of: Integers
    gate_codes: tuple[str, ...]

    def around(self, points: Floats) -> Integers:
        """(n) the compound inside whose wall a point lies, the lower of several; else OUTSIDE."""
        return around(self.shapes, points)


def around(walls: NDArray[np.object_], points: Floats) -> Integers:
    """(n) which wall stands round each point, the lower of several; OUTSIDE of all."""
    side = np.full(len(points), OUTSIDE, dtype=np.int32)
    if len(walls):
        which, wall = shapely.STRtree(walls).query(shapely.points(points), predicate="intersects")
        order = np.lexsort((-wall, which))
        side[which[order]] = wall[order]
    return side


def walls_of(
    compounds: gpd.GeoDataFrame | None, gates: gpd.GeoDataFrame | None, crs: Any, rules: Rules
) -> Walls | None:
    """The walls that count: of closed compounds with at least one gate.

    Args:
        compounds: Polygons with ``code`` and, if it is known, ``closed``: whoever is not closed
            has no wall. Any CRS.
        gates: Points with ``compound_code`` and ``code`` if they are known; a gate that names no
            compound is that of the nearest border within ``gate_m``.
        crs: The plane of the streets.
        rules: How far inside its border a wall stands, and how near to it its gates.
    """
    if compounds is None or gates is None or not len(compounds) or not len(gates):
        return None
    closed = compounds
    if "closed" in closed:
        closed = closed[closed["closed"].map(lambda one: bool(pd.notna(one)) and bool(one))]
    closed = closed[~(closed.geometry.is_empty | closed.geometry.isna())]
    spots = gates[~(gates.geometry.is_empty | gates.geometry.isna())].to_crs(crs)
    if not len(closed) or not len(spots):
        return None
    grounds = shapely.make_valid(np.asarray(closed.to_crs(crs).geometry.array, dtype=object))
    codes = closed["code"].astype(str).to_numpy() if "code" in closed else None
    names = codes if codes is not None else np.arange(len(closed)).astype(str)
    points = shapely.get_coordinates(shapely.centroid(np.asarray(spots.geometry.array)))
    of = _compound_of(spots, points, names, grounds, rules)
    inside = shapely.buffer(grounds, -rules.wall_in_m, join_style="mitre")
    known = (of >= 0) & ~shapely.is_empty(inside)[np.maximum(of, 0)]
    if not known.any():
        return None
    used, place = np.unique(of[known], return_inverse=True)
    called = spots["code"] if "code" in spots else pd.Series(np.arange(len(spots)))
    return Walls(
        tuple(names[used]),
        np.asarray(inside[used], dtype=object),
        points[known],
        place.astype(np.int32),
        tuple(called.astype(str).to_numpy()[known]),
    )


def _compound_of(
    gates: gpd.GeoDataFrame,
    points: Floats,
    names: NDArray[Any],
    grounds: NDArray[np.object_],
    rules: Rules,
) -> NDArray[np.int64]:
    """The row of each gate's compound, -1: of none that is closed."""
    of = np.full(len(gates), -1, dtype=np.int64)
    said = np.zeros(len(gates), dtype=bool)
    if "compound_code" in gates:
        said = gates["compound_code"].notna().to_numpy()
        row = {name: place for place, name in reversed(list(enumerate(names)))}
        of[said] = [row.get(str(code), -1) for code in gates["compound_code"][said]]
    tree = shapely.STRtree(shapely.boundary(grounds))
    which, near = tree.query_nearest(
        shapely.points(points[~said]), max_distance=max(rules.gate_m, 1e-9), all_matches=False
    )
    of[np.flatnonzero(~said)[which]] = near
    return of


@dataclass(frozen=True, eq=False)
class Walled:
    """Pieces of streets after the walls cut them.

    Attributes:
        lines: What they are of; the last is what we drew between gates and streets.
        pieces: The pieces, those that we drew behind them.
        end_node: (2 m) the node of each end; at a wall without a gate there are two.
        compound: (m) int32, inside which wall a piece lies.
        gates: (g, 2) where one passes.
        gate_of: (g) int32, into which compound.
    """

    lines: Lines
    pieces: noding.Pieces
    end_node: NDArray[np.int64]
    compound: Integers
    gates: Floats
    gate_of: Integers


def wall(lines: Lines, pieces: noding.Pieces, walls: Walls, rules: Rules) -> Walled:
    """Cut streets at walls, let them pass at gates, and link gates that no street passes.

    What was cut, and gates that no street is near, stand in the remarks of ``lines``.
    """
    pieces, crossing, by_wall = _cut_at(pieces, walls)
    side = walls.around(_middles(pieces))
    leads_on = _leads_on(pieces, side, rules)
    at_gate, passed = _at_gates(crossing, by_wall, walls, rules)
    passed &= _near_gates(pieces.shapes[leads_on], walls, rules)
    pieces, side, links, linked = _linked(pieces, side, leads_on, walls, ~passed, rules)
    if linked.any():
        lines.remarks.append({"key": "gates_linked", "count": int(linked.sum())})
    lost = ~(passed | linked)
    if lost.any():
        codes = [walls.gate_codes[row] for row in np.flatnonzero(lost)[:LISTED]]
        remark: dict[str, object] = {"key": "gates_apart", "count": int(lost.sum())}
        lines.remarks.append(remark | {"codes": codes})
    closed = crossing[~at_gate]
    if len(closed):
        lines.remarks.append({"key": "walls_cut", "count": len(closed)})
    lines, pieces = _with_drawn(lines, pieces, links)
    side = np.concatenate([side, np.full(len(links), OUTSIDE, np.int32)])
    ends = pieces.ends.reshape(-1, 2)
    number = noding.one_point(np.concatenate([ends, closed]))
    shut = np.zeros(int(number.max(initial=-1)) + 1, dtype=bool)
    shut[number[len(ends) :]] = True
    end_node = number[: len(ends)]
    inner = shut[end_node] & (np.repeat(side, 2) != OUTSIDE)
    end_node = end_node.copy()
    end_node[inner] = len(shut) + np.arange(int(inner.sum()))
    where = np.concatenate([crossing[at_gate], walls.gates[linked]])
    into = np.concatenate([by_wall[at_gate], walls.gate_of[linked]]).astype(np.int32)
    return Walled(lines, pieces, end_node, side, where, into)


def _cut_at(pieces: noding.Pieces, walls: Walls) -> tuple[noding.Pieces, Floats, NDArray[np.int64]]:
    """The pieces cut at the walls, the points where, and whose wall it is."""
    shapes = pieces.shapes
    rims = np.asarray(shapely.boundary(walls.shapes), dtype=object)
    piece, of = shapely.STRtree(rims).query(shapes, predicate="intersects")
    common = shapely.intersection(shapes[piece], rims[of])
    parts, pair = shapely.get_parts(common, return_index=True)
    dots = shapely.get_type_id(parts) == 0
    spots = shapely.get_coordinates(parts[dots])
    ends = noding.line_ends(parts[~dots]).reshape(-1, 2)
    xy = np.concatenate([spots, ends])
    pair = np.concatenate([pair[dots], np.repeat(pair[~dots], 2)])
    cuts = noding.Cuts(piece[pair].astype(np.int64), xy)
    found = noding.cut(shapes, cuts)
    cut = noding.Pieces(found.points, found.starts, pieces.line[found.line])
    return cut, xy, of[pair].astype(np.int64)


def _at_gates(
    crossing: Floats, by_wall: NDArray[np.int64], walls: Walls, rules: Rules
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which crossings of a wall lie at one of its gates, and which gates have a street."""
    open_ = np.zeros(len(crossing), dtype=bool)
    passed = np.zeros(len(walls.gates), dtype=bool)
    tree = shapely.STRtree(np.asarray(shapely.points(walls.gates), dtype=object))
    spot, gate = tree.query(
        shapely.points(crossing), predicate="dwithin", distance=rules.gate_m + rules.wall_in_m
    )
    same = walls.gate_of[gate] == by_wall[spot]
    open_[spot[same]] = True
    passed[gate[same]] = True
    return open_, passed


def _leads_on(pieces: noding.Pieces, side: Integers, rules: Rules) -> NDArray[np.bool_]:
    """Which pieces outside the walls are of a part of the streets that is worth the name."""
    metres = np.where(side == OUTSIDE, shapely.length(pieces.shapes), 0.0)
    number = noding.one_point(pieces.ends.reshape(-1, 2)).reshape(-1, 2)
    part = noding.grouped(int(number.max(initial=-1)) + 1, number[side == OUTSIDE])[number[:, 0]]
    size = np.bincount(part, weights=metres)
    long = size[part] >= min(rules.least_island_m, float(size.max(initial=0.0)))
    return np.asarray(long & (side == OUTSIDE))


def _near_gates(streets: NDArray[np.object_], walls: Walls, rules: Rules) -> NDArray[np.bool_]:
    """Which gates one of the streets comes to."""
    near = np.zeros(len(walls.gates), dtype=bool)
    if len(streets):
        dots = np.asarray(shapely.points(walls.gates), dtype=object)
        which, _street = shapely.STRtree(streets).query(
            dots, predicate="dwithin", distance=rules.gate_m + rules.wall_in_m
        )
        near[which] = True
    return near


def _linked(
    pieces: noding.Pieces,
    side: Integers,
    leads_on: NDArray[np.bool_],
    walls: Walls,
    wanted: NDArray[np.bool_],
    rules: Rules,
) -> tuple[noding.Pieces, Integers, Floats, NDArray[np.bool_]]:
    """Links of gates without a street to the nearest street outside, and inside if there is one.

    Returns:
        The pieces, cut where a link meets them, their sides, the links (k, 2, 2), and for each
        gate whether it was linked to a street outside.
    """
    shapes = pieces.shapes
    gates = np.flatnonzero(wanted)
    linked = np.zeros(len(walls.gates), dtype=bool)
    outside = np.flatnonzero(leads_on)
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    dots = np.asarray(shapely.points(walls.gates), dtype=object)
    if len(outside) and len(gates):
        which, near = shapely.STRtree(shapes[outside]).query_nearest(
            dots[gates], max_distance=rules.link_m, all_matches=False
        )
        found.append((gates[which], outside[near]))
        linked[gates[which]] = True
    for compound in np.unique(walls.gate_of[linked]):
        inside = np.flatnonzero(side == compound)
        mine = np.flatnonzero(linked & (walls.gate_of == compound))
        if len(inside):
            which, near = shapely.STRtree(shapes[inside]).query_nearest(
                dots[mine], max_distance=rules.link_m, all_matches=False
            )
            found.append((mine[which], inside[near]))
    if not found:
        return pieces, side, np.zeros((0, 2, 2)), linked
    gate, piece = (np.concatenate([one[k] for one in found]) for k in (0, 1))
    at = shapely.line_locate_point(shapes[piece], dots[gate])
    spot = shapely.get_coordinates(shapely.line_interpolate_point(shapes[piece], at))
    again = noding.cut(shapes, noding.Cuts(piece.astype(np.int64), spot))
    links = np.stack([walls.gates[gate], spot], axis=1)
    cut = noding.Pieces(again.points, again.starts, pieces.line[again.line])
    return cut, side[again.line], links, linked


def _with_drawn(lines: Lines, pieces: noding.Pieces, links: Floats) -> tuple[Lines, noding.Pieces]:
    """The links as pieces of a line of their own behind all others."""
    wider = replace(
        lines,
        shapes=np.append(lines.shapes, np.array([None], dtype=object)),
        row=np.append(lines.row, np.int32(-1)),
        ways=np.append(lines.ways, np.uint8(Way.GATE)),
        level=np.append(lines.level, np.int32(0)),
    )
    first = pieces.starts[-1]
    starts = np.concatenate([pieces.starts, first + 2 * np.arange(1, len(links) + 1)])
    drawn = noding.Pieces(
        np.concatenate([pieces.points, links.reshape(-1, 2)]),
        starts.astype(np.int64),
        np.append(pieces.line, np.full(len(links), len(lines), np.int32)),
    )
    return wider, drawn


def _middles(pieces: noding.Pieces) -> Floats:
    """A point half-way along each piece."""
    return np.asarray(
        shapely.get_coordinates(shapely.line_interpolate_point(pieces.shapes, 0.5, normalized=True))
    )
