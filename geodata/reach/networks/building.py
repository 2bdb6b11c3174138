"""Streets become a network: cut where they meet, joined where they were meant to touch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from geodata.reach.networks import noding
from geodata.reach.networks.network import OUTSIDE, Floats, Integers, Network
from geodata.reach.networks.rules import Rules
from geodata.reach.networks.taking import Lines, take, unified
from geodata.reach.networks.walls import Walled, Walls, wall, walls_of

FEW_CROSSINGS: Final = 0.5
"""Fewer crossings than so many for each junction: the streets were cut where they meet. Streets
drawn across each other have several times as many, and cities with many flyovers a tenth."""
MANY_ISLANDS: Final = 20


def build(
    streets: gpd.GeoDataFrame,
    *,
    rules: Rules | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    gates: gpd.GeoDataFrame | None = None,
) -> Network:
    """The network of the streets that may be walked.

    Lines meet where one ends on another, where they share a point on one level, and, as the rules
    say, where they cross on one level; loose ends are drawn to what they were meant to touch.

    Args:
        streets: The streets frame; only the lines are needed. See ``taking.take``.
        rules: What may be walked and how far apart things are that were meant to touch.
        compounds: Closed compounds: polygons with ``code``; those with gates have walls.
        gates: Points, with ``compound_code`` where it is known.

    Returns:
        The network in the local plane of metres; what was done stands in its remarks.

    Raises:
        InvalidInput: There is no line, or none that may be walked.
    """
    rules = rules or Rules()
    lines = take(streets, rules)
    remarks = lines.remarks
    stated = rules.crossings == "keep" or (rules.crossings == "auto" and lines.nodes_stated)
    lines = noding.tied(lines, crossings=not stated)
    cuts = noding.shared_points(lines) + noding.touched(lines)
    cuts = _crossings(lines, cuts, rules, remarks)
    pieces = _snapped(noding.cut(lines.shapes, cuts), lines, rules, remarks)
    walls = walls_of(compounds, gates, lines.crs, rules)
    if walls is not None:
        return _fenced(wall(lines, pieces, walls, rules), walls)
    side = np.full(len(pieces), OUTSIDE, dtype=np.int32)
    return assembled(lines, pieces, noding.one_point(pieces.ends.reshape(-1, 2)), side)


def _fenced(walled: Walled, walls: Walls) -> Network:
    """The network with its walls, and the nodes at their gates."""
    found = assembled(walled.lines, walled.pieces, walled.end_node, walled.compound)
    gap, node = KDTree(found.nodes).query(walled.gates)
    here = gap <= noding.SAME_M
    return replace(
        found,
        compounds=walls.codes,
        walls=walls.shapes,
        gates=node[here].astype(np.int32),
        gate_of=walled.gate_of[here],
    )


def _noded(lines: Lines, junctions: int, crossing: int) -> bool:
    """Whether the streets were cut where they meet, so that lines that cross do not meet.

    A file that states its nodes says so; of others that know no levels it is taken if few lines
    cross beside the junctions that they have.
    """
    few = crossing <= FEW_CROSSINGS * junctions
    return lines.nodes_stated or (few and not lines.levels_known)


def _crossings(
    lines: Lines, known: noding.Cuts, rules: Rules, remarks: list[dict[str, object]]
) -> noding.Cuts:
    """The cuts, and those where lines cross without a common point if they meet there."""
    if rules.crossings == "keep":
        return known
    found = noding.crossings(lines)
    ends = noding.line_ends(lines.shapes).reshape(-1, 2)
    points = np.concatenate([known.xy, ends, found.xy])
    number = noding.one_point(points)
    old = np.zeros(number.max() + 1, dtype=bool)
    old[number[: len(known) + len(ends)]] = True
    fresh = ~old[number[len(known) + len(ends) :]]
    new = noding.Cuts(found.line[fresh], found.xy[fresh])
    crossing = len(new) // 2
    if rules.crossings == "auto":
        uses = np.bincount(number[: len(known) + len(ends)])
        if _noded(lines, int((uses > 2).sum()), crossing):
            if crossing:
                remarks.append({"key": "crossings_kept", "count": crossing})
            return known + noding.Cuts(found.line[~fresh], found.xy[~fresh])
    if crossing:
        remarks.append({"key": "crossings_split", "count": crossing})
    return known + found


def _snapped(
    pieces: noding.Pieces, lines: Lines, rules: Rules, remarks: list[dict[str, object]]
) -> noding.Pieces:
    """The pieces with loose ends drawn to what they were meant to touch.

    An end is loose if no other line is there. It goes to the nearest end within ``snap_m``, else
    to the nearest spot of a line that it may join there (``noding.joinable``), which is cut. Ends
    are drawn once, so no chain of them wanders further than that.
    """
    if rules.snap_m <= noding.SAME_M or not len(pieces):
        return pieces
    ends = pieces.ends.reshape(-1, 2)
    number = noding.one_point(ends)
    loose = np.flatnonzero(np.bincount(number)[number] == 1)
    if not len(loose):
        return pieces
    goal, met = _to_ends(ends, number, loose, rules.snap_m)
    moved = goal >= 0
    target = ends[np.where(moved, goal, np.arange(len(ends)))]
    left = loose[~(moved | met)[loose]]
    shapes = pieces.shapes
    tree = shapely.STRtree(shapes)
    dots = np.asarray(shapely.points(ends[left]), dtype=object)
    which, piece = tree.query(dots, predicate="dwithin", distance=rules.snap_m)
    own = left[which] // 2
    other = (own != piece) & noding.joinable(lines, pieces.line[own], pieces.line[piece])
    which, piece = which[other], piece[other]
    gaps = shapely.distance(dots[which], shapes[piece])
    order = np.lexsort((gaps, which))
    first = order[np.diff(which[order], prepend=-1) != 0]
    which, piece = which[first], piece[first]
    at = shapely.line_locate_point(shapes[piece], dots[which])
    spot = shapely.get_coordinates(shapely.line_interpolate_point(shapes[piece], at))
    target[left[which]] = spot
    moved[left[which]] = True
    if not moved.any():
        return pieces
    remarks.append({"key": "ends_snapped", "count": int(moved.sum())})
    points = pieces.points.copy()
    at_start, at_end = pieces.starts[:-1], pieces.starts[1:] - 1
    both = np.column_stack([at_start, at_end]).ravel()
    points[both[moved]] = target[moved]
    drawn = noding.Pieces(points, pieces.starts, pieces.line)
    return _again(drawn, noding.Cuts(piece.astype(np.int64), spot))


def _to_ends(
    ends: Floats, number: NDArray[np.int64], loose: NDArray[np.int64], snap_m: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """To which other end each end goes (-1: none), and which others came to.

    The nearest go first; who has moved is no goal, and a goal does not move. That is settled in
    rounds: each time all pairs go that are nearer than any other pair of either end.
    """
    goal, met = np.full(len(ends), -1), np.zeros(len(ends), dtype=bool)
    tree = KDTree(ends)
    gaps, near = tree.query(ends[loose], k=min(4, len(ends)), distance_upper_bound=snap_m)
    gaps, near = gaps.reshape(len(loose), -1), near.reshape(len(loose), -1)
    mover = np.repeat(loose, gaps.shape[1])
    other, gap = near.ravel(), gaps.ravel()
    there = np.isfinite(gap)
    mover, other, gap = mover[there], other[there], gap[there]
    apart = (number[mover] != number[other]) & (mover // 2 != other // 2)
    mover, other, gap = mover[apart], other[apart], gap[apart]
    order = np.lexsort((mover, np.minimum(mover, other), gap))
    mover, other = mover[order], other[order]
    while len(mover):
        rank = np.arange(len(mover))
        going, coming = np.full((2, len(ends)), len(mover))
        np.minimum.at(going, mover, rank)
        np.minimum.at(coming, other, rank)
        goes = (rank == going[mover]) & (rank <= coming[mover]) & (rank <= going[other])
        goal[mover[goes]] = other[goes]
        met[other[goes]] = True
        open_still = (goal[mover] < 0) & ~met[mover] & (goal[other] < 0)
        mover, other = mover[open_still], other[open_still]
    return goal, met


def _again(pieces: noding.Pieces, cuts: noding.Cuts) -> noding.Pieces:
    """Pieces cut once more; each keeps the line that it is of."""
    found = noding.cut(pieces.shapes, cuts)
    return noding.Pieces(found.points, found.starts, pieces.line[found.line])


def assembled(
    lines: Lines, pieces: noding.Pieces, end_node: NDArray[np.int64], compound: Integers
) -> Network:
    """The network of pieces whose ends are numbered; equal pieces once, those of no length none.

    Args:
        lines: What the pieces are of.
        pieces: The lines after they were cut.
        end_node: (2 m) the node of the beginning and the end of each piece.
        compound: (m) the closed compound inside which each piece lies.
    """
    shapes = pieces.shapes
    long = np.asarray(shapely.length(shapes), dtype=float) > 0
    first, ways = unified(
        shapes, lines.level[pieces.line], lines.ways[pieces.line], grid_m=noding.SAME_M
    )
    kept = long & first
    twice = int((long & ~first).sum())
    if twice:
        lines.remarks.append({"key": "pieces_twice", "count": twice})
    _used, compact = np.unique(end_node.reshape(-1, 2)[kept], return_inverse=True)
    ends: Integers = compact.reshape(-1, 2).astype(np.int32)
    nodes = np.zeros((len(_used), 2))
    nodes[ends.ravel()[::-1]] = pieces.ends[kept].reshape(-1, 2)[::-1]
    sizes = np.diff(pieces.starts)
    points = pieces.points[np.repeat(kept, sizes)].copy()
    starts = np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.int64)
    points[starts[:-1]], points[starts[1:] - 1] = nodes[ends[:, 0]], nodes[ends[:, 1]]
    line = pieces.line[kept]
    length = _lengths(points, starts)
    island = islands(len(nodes), ends, length)
    lines.remarks.extend(_island_remarks(island, ends, length, nodes))
    return Network(
        crs=lines.crs,
        nodes=nodes,
        ends=ends,
        metres=length,
        ways=ways[kept],
        line=lines.row[line].astype(np.int32),
        points=points,
        starts=starts,
        compound=compound[kept].astype(np.int32),
        compounds=(),
        island=island,
        remarks=tuple(lines.remarks),
    )


def islands(count: int, ends: Integers, metres: Floats) -> Integers:
    """The connected part of each node; 0 has the most metres of street."""
    ones = np.ones(len(ends), dtype=np.int8)
    matrix = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(count, count))
    number, part = connected_components(matrix, directed=False)
    size = np.bincount(part[ends[:, 0]], weights=metres, minlength=number)
    rank = np.empty(number, dtype=np.int32)
    rank[np.argsort(-size, kind="stable")] = np.arange(number, dtype=np.int32)
    return np.asarray(rank[part], dtype=np.int32)


def _island_remarks(
    island: Integers, ends: Integers, metres: Floats, nodes: Floats
) -> list[dict[str, object]]:
    """How many parts there are, and the largest after the main one with a point of each."""
    if not len(island) or not island.any():
        return []
    of = island[ends[:, 0]]
    size = np.bincount(of, weights=metres)
    first = np.full(len(size), -1)
    first[island[::-1]] = np.arange(len(island))[::-1]
    largest: list[dict[str, Any]] = [
        {"metres": round(float(size[part]), 1), "xy": nodes[first[part]].round(2).tolist()}
        for part in range(1, min(len(size), MANY_ISLANDS + 1))
    ]
    return [
        {
            "key": "islands",
            "count": len(size) - 1,
            "metres": round(float(size[1:].sum()), 1),
            "main_metres": round(float(size[0]), 1),
            "largest": largest,
        }
    ]


def _lengths(points: Floats, starts: NDArray[np.int64]) -> Floats:
    steps = np.zeros(len(points))
    steps[1:] = np.hypot(*np.diff(points, axis=0).T)
    steps[starts[:-1]] = 0.0
    return np.add.reduceat(steps, starts[:-1]) if len(starts) > 1 else np.zeros(0)
