"""Where lines are cut, and which of their ends are one node."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from geodata.reach.networks.network import Floats, Integers, Way
from geodata.reach.networks.taking import Lines

SAME_M: Final = 0.01
"""Points nearer than this are one point: a centimetre."""


@dataclass(frozen=True, eq=False)
class Cuts:
    """Where lines are to be cut.

    Attributes:
        line: (c) int64, rows of the lines.
        xy: (c, 2) the point, on the line or within ``SAME_M`` of it.
    """

    line: NDArray[np.int64]
    xy: Floats

    def __add__(self, other: Cuts) -> Cuts:
        """These and others."""
        return Cuts(np.concatenate([self.line, other.line]), np.concatenate([self.xy, other.xy]))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.line)


NONE: Final = Cuts(np.zeros(0, np.int64), np.zeros((0, 2)))


def shared_points(lines: Lines) -> Cuts:
    """Inner points of lines that are points of another line of their level, or any line's end.

    A point that a line passes twice counts as shared with itself.
    """
    points, owner = shapely.get_coordinates(lines.shapes, return_index=True)
    is_end = np.zeros(len(points), dtype=bool)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    last = np.append(first[1:], len(points)) - 1
    is_end[first] = is_end[last] = True
    place = one_point(points)
    order = np.lexsort((lines.level[owner], place))
    # a place with a line's end joins all that pass it; else those of one level join
    ended = np.zeros(place.max() + 1, dtype=bool)
    ended[place[is_end]] = True
    many = np.bincount(place) > 1
    level = lines.level[owner]
    pairs = np.column_stack([place, level])[order]
    new = np.any(np.diff(pairs, axis=0, prepend=pairs[:1] - 1) != 0, axis=1)
    group = np.empty(len(points), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    met = np.bincount(group)[group] > 1
    wanted = ~is_end & many[place] & (met | ended[place])
    return Cuts(owner[wanted].astype(np.int64), points[wanted])


def tied(lines: Lines, *, crossings: bool) -> Lines:
    """Lines that come back to themselves, with a corner wherever they do.

    Such a corner is passed twice and so cut by ``shared_points``. The ends of a line that touch it
    always are one; where it crosses itself, it is if ``crossings``.
    """
    loops = np.flatnonzero(~shapely.is_simple(lines.shapes))
    if not len(loops):
        return lines
    shapes = lines.shapes.copy()
    for row in loops.tolist():
        shapes[row] = _with_corners(shapes[row], crossings=crossings)
    return replace(lines, shapes=shapes)


def _with_corners(line: shapely.LineString, *, crossings: bool) -> shapely.LineString:
    points = shapely.get_coordinates(line)
    segments: Any = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
    back = line_ends(shapely.get_parts(shapely.unary_union(line))).reshape(-1, 2)
    spots = np.concatenate([points[[0, -1]], back]) if crossings else points[[0, -1]]
    dots: Any = shapely.points(np.unique(spots, axis=0))
    which, segment = shapely.STRtree(segments).query(dots, predicate="dwithin", distance=SAME_M)
    at = shapely.line_locate_point(segments[segment], dots[which])
    inner = (at > SAME_M) & (at < shapely.length(segments[segment]) - SAME_M)
    which, segment, at = which[inner], segment[inner], at[inner]
    order = np.lexsort((at, segment))
    corners = shapely.get_coordinates(dots[which[order]])
    return shapely.LineString(np.insert(points, segment[order] + 1, corners, axis=0))


def joinable(
    lines: Lines, ending: NDArray[np.int64], passed: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether a line that ends on the inside of another meets it there.

    On its own level it does; a bridge or tunnel comes to the ground at its ends; and steps lead to
    any level. A street that ends beneath a bridge does not climb it.
    """
    level = lines.level
    stairs = (lines.ways[ending] & Way.STEPS) > 0
    same = (level[ending] == level[passed]) | (level[passed] == 0)
    return np.asarray(same | stairs, dtype=bool)


def touched(lines: Lines, *, within_m: float = SAME_M) -> Cuts:
    """Where the end of a line lies on the inside of another that it may join there."""
    ends = line_ends(lines.shapes).reshape(-1, 2)
    tree = shapely.STRtree(lines.shapes)
    dots = np.asarray(shapely.points(ends), dtype=object)
    which, line = tree.query(dots, predicate="dwithin", distance=within_m)
    other = (which // 2 != line) & joinable(lines, which // 2, line)
    which, line = which[other], line[other]
    near = shapely.line_locate_point(lines.shapes[line], dots[which])
    inside = (near > SAME_M) & (near < shapely.length(lines.shapes[line]) - SAME_M)
    return Cuts(line[inside].astype(np.int64), ends[which[inside]])


def crossings(lines: Lines) -> Cuts:
    """Where lines of one level cross, touch or begin to run along each other."""
    tree = shapely.STRtree(lines.shapes)
    left, right = tree.query(lines.shapes, predicate="intersects")
    pair = (left < right) & (lines.level[left] == lines.level[right])
    left, right = left[pair], right[pair]
    common = shapely.intersection(lines.shapes[left], lines.shapes[right])
    parts, of = shapely.get_parts(common, return_index=True)
    lines_too = shapely.get_type_id(parts) == 1
    ends = line_ends(parts[lines_too]).reshape(-1, 2)
    dots = parts[~lines_too]
    flat, inner = shapely.get_coordinates(dots, return_index=True)
    xy = np.concatenate([flat, ends])
    pairs = np.concatenate([of[~lines_too][inner], np.repeat(of[lines_too], 2)])
    return Cuts(
        np.concatenate([left[pairs], right[pairs]]).astype(np.int64), np.concatenate([xy, xy])
    )


def line_ends(shapes: NDArray[np.object_]) -> Floats:
    """(n, 2, 2) the first and the last point of each line."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    if not len(points):
        return np.zeros((0, 2, 2))
    first = np.searchsorted(owner, np.arange(len(shapes)))
    last = np.append(first[1:], len(points)) - 1
    return np.stack([points[first], points[last]], axis=1).reshape(-1, 2, 2)


def one_point(points: Floats, *, within_m: float = SAME_M) -> NDArray[np.int64]:
    """For each point a number, the same for points that are one."""
    # as complex numbers, which are sorted several times faster than rows
    flat = np.ascontiguousarray(points, dtype=np.float64).view(np.complex128).ravel()
    found, number = np.unique(flat, return_inverse=True)
    tree = KDTree(found.view(np.float64).reshape(-1, 2))
    return grouped(len(found), tree.query_pairs(within_m, output_type="ndarray"))[number]


def grouped(count: int, pairs: Any) -> NDArray[np.int64]:
    """The connected group of each of ``count`` things, by pairs of them."""
    pairs = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    ones = np.ones(len(pairs), dtype=np.int8)
    matrix = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(matrix, directed=False)[1], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Pieces:
    """Lines after they were cut.

    Attributes:
        points: (p, 2) vertices of all pieces one after the other.
        starts: (m + 1) int64, where each piece begins in ``points``.
        line: (m) int32, the line that it is a piece of.
    """

    points: Floats
    starts: NDArray[np.int64]
    line: Integers

    def __len__(self) -> int:
        """How many there are."""
        return len(self.line)

    @property
    def shapes(self) -> NDArray[np.object_]:
        """The pieces as lines."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.starts))
        return np.asarray(shapely.linestrings(self.points, indices=owner), dtype=object)

    @property
    def ends(self) -> Floats:
        """(m, 2, 2) the first and the last point of each."""
        return np.stack([self.points[self.starts[:-1]], self.points[self.starts[1:] - 1]], axis=1)


def cut(shapes: NDArray[np.object_], cuts: Cuts) -> Pieces:
    """Cut lines at points; a point that is a vertex already, or an end, adds none."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    along = _along(points, owner)
    length = np.zeros(len(shapes))
    np.maximum.at(length, owner, along)
    line, xy, at = _positions(shapes, points, owner, along, cuts)
    inner = (at > SAME_M) & (at < length[line] - SAME_M)
    line, xy, at = line[inner], xy[inner], at[inner]
    all_line = np.concatenate([owner, line])
    all_at = np.concatenate([along, at])
    all_xy = np.concatenate([points, xy])
    is_cut = np.concatenate([np.zeros(len(points), bool), np.ones(len(line), bool)])
    order = np.lexsort((~is_cut, all_at, all_line))
    all_line, all_at, all_xy, is_cut = (
        all_line[order], all_at[order], all_xy[order], is_cut[order],
    )  # fmt: skip
    # of a cut and what lies within a centimetre behind it, the first stays
    same = (np.diff(all_line, prepend=-1) == 0) & (np.diff(all_at, prepend=-1.0) <= SAME_M / 10)
    same[np.append(np.flatnonzero(np.diff(all_line)), len(all_line) - 1)] = False
    is_cut, kept = _merged(is_cut, same)
    all_line, all_xy, is_cut = all_line[kept], all_xy[kept], is_cut[kept]
    twice = np.repeat(np.arange(len(all_line)), np.where(is_cut, 2, 1))
    out_line, out_xy = all_line[twice], all_xy[twice]
    second = np.zeros(len(twice), dtype=bool)
    second[1:] = twice[1:] == twice[:-1]
    begins = second | (np.diff(out_line, prepend=-1) != 0)
    starts = np.append(np.flatnonzero(begins), len(out_line)).astype(np.int64)
    return Pieces(out_xy, starts, out_line[starts[:-1]].astype(np.int32))


def _along(points: Floats, owner: NDArray[np.int64]) -> Floats:
    steps = np.zeros(len(points))
    steps[1:] = np.hypot(*np.diff(points, axis=0).T)
    new = np.diff(owner, prepend=-1) != 0
    steps[new] = 0.0
    whole = np.cumsum(steps)
    return np.asarray(whole - whole[np.flatnonzero(new)][np.cumsum(new) - 1], dtype=float)


def _positions(
    shapes: NDArray[np.object_],
    points: Floats,
    owner: NDArray[np.int64],
    along: Floats,
    cuts: Cuts,
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Metres along its line of each cut; at a vertex of the line exactly where that is.

    A line that passes a point twice is cut at each passing, which only its vertices tell.
    """
    number = one_point(np.concatenate([points, cuts.xy]))
    vertex, wanted = number[: len(points)], number[len(points) :]
    size = int(number.max()) + 1 if len(number) else 1
    key, asked = owner * size + vertex, cuts.line * size + wanted
    order = np.argsort(key, kind="stable")
    low = np.searchsorted(key[order], asked, side="left")
    high = np.searchsorted(key[order], asked, side="right")
    hits = high - low
    rows = np.repeat(low, hits) + _counting(hits)
    found = order[rows]
    between = hits == 0
    near = shapely.line_locate_point(shapes[cuts.line[between]], shapely.points(cuts.xy[between]))
    return (
        np.concatenate([owner[found], cuts.line[between]]),
        np.concatenate([points[found], cuts.xy[between]]),
        np.concatenate([along[found], near]),
    )


def _counting(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, … for each size, one after the other."""
    whole = np.cumsum(sizes)
    return np.arange(whole[-1] if len(whole) else 0) - np.repeat(whole - sizes, sizes)


def _merged(
    is_cut: NDArray[np.bool_], same: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Rows that lie on the one before go into it, and make it a cut if they are one."""
    kept = np.flatnonzero(~same)
    group = np.cumsum(~same) - 1
    cut_here = np.zeros(len(kept), dtype=bool)
    np.logical_or.at(cut_here, group, is_cut)
    out = np.zeros(len(is_cut), dtype=bool)
    out[kept] = cut_here
    return out, kept
