"""The ground cut along the borders of polygons that may overlap or leave gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.plans.coverage.borders import RASTER_M, Lengths, Numbers, Shapes, neighbours


@dataclass(frozen=True)
class Faces:
    """Pieces of ground, each wholly inside or wholly outside of every polygon.

    Attributes:
        shapes: The pieces; together a coverage.
        face: With ``claim``: which piece lies in which polygon, as positions, sorted by piece.
        claim: See ``face``.
    """

    shapes: Shapes
    face: Numbers
    claim: Numbers

    def __len__(self) -> int:
        """The number of pieces."""
        return len(self.shapes)

    @cached_property
    def claims(self) -> Numbers:
        """How many polygons claim each piece: 0 a gap, 1 as it should be, more an overlap."""
        return np.bincount(self.face, minlength=len(self.shapes)).astype(np.int64)

    @cached_property
    def areas(self) -> Lengths:
        """The pieces' areas, m²."""
        return np.asarray(shapely.area(self.shapes), dtype=float)

    @cached_property
    def beside(self) -> tuple[Numbers, Lengths]:
        """Neighbouring pieces and the metres of border that they share; see ``neighbours``."""
        return neighbours(self.shapes)

    @cached_property
    def starts(self) -> Numbers:
        """Where the claims of each piece begin in ``claim``; one more than there are pieces."""
        return np.concatenate(([0], np.cumsum(self.claims))).astype(np.int64)

    def claimants(self, face: int) -> Numbers:
        """The polygons that claim a piece, as positions in order."""
        return self.claim[self.starts[face] : self.starts[face + 1]]

    @cached_property
    def kinds(self) -> Numbers:
        """A number for each piece: the same for pieces that the same polygons claim."""
        numbers: dict[tuple[int, ...], int] = {}
        split = np.split(self.claim, self.starts[1:-1]) if len(self.shapes) else []
        return np.array(
            [numbers.setdefault(tuple(one.tolist()), len(numbers)) for one in split],
            dtype=np.int64,
        )

    def joined(self, label: NDArray[np.int64]) -> Numbers:
        """Numbers of the connected regions of pieces with one label, from 0."""
        pairs, _ = self.beside
        same = label[pairs[:, 0]] == label[pairs[:, 1]]
        return regions(len(self.shapes), pairs[same])

    def moved(self, move: Callable[[Any], Any]) -> Faces:
        """The same pieces with other coordinates; points that were one stay one."""
        return replace(self, shapes=np.asarray(shapely.transform(self.shapes, move), dtype=object))

    def only(self, keep: NDArray[np.bool_]) -> Faces:
        """Some of the pieces."""
        position = np.cumsum(keep) - 1
        kept = keep[self.face]
        return Faces(self.shapes[keep], position[self.face[kept]], self.claim[kept])


def regions(count: int, pairs: Numbers) -> Numbers:
    """Numbers of the connected components of a graph of ``count`` nodes."""
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def cut(shapes: Any, *, lines: Any = None, raster: float = RASTER_M) -> Faces:
    """Cut the ground along all borders of ``shapes`` (and ``lines``).

    All lines are noded together by snap rounding (Hobby 1999, doi:10.1016/S0925-7721(99)00021-8,
    as GEOS has it) and made polygons, so the pieces share their borders point by point.

    Args:
        shapes: Valid polygons or multipolygons in a plane; they may overlap and leave gaps.
        lines: More lines to cut along; where they dangle they cut nothing.
        raster: Coordinates are rounded to it; in units of the plane.

    Returns:
        Every piece that borders enclose, gaps too; what is outside of all is none.
    """
    polygons = np.asarray(shapes, dtype=object)
    if lines is None:
        alone = _alone(polygons, raster)
        if alone is not None:
            return alone
    borders = [shapely.boundary(polygons)]
    if lines is not None:
        borders.append(np.atleast_1d(np.asarray(lines, dtype=object)))
    noded = shapely.union_all(np.concatenate(borders), grid_size=raster)
    pieces = shapely.get_parts(shapely.polygonize([noded]))
    inner = shapely.point_on_surface(pieces)
    claim, face = shapely.STRtree(inner).query(polygons, predicate="intersects")
    order = np.lexsort((claim, face))
    return Faces(np.asarray(pieces, dtype=object), face[order], claim[order])


def _alone(polygons: Shapes, raster: float) -> Faces | None:
    """The piece of the only polygon, if it is one and needs no noding: that takes most time."""
    there = np.flatnonzero(~shapely.is_empty(polygons))
    if len(there) != 1 or shapely.get_type_id(polygons[there[0]]) != 3:
        return None
    (rounded,) = shapely.set_precision(polygons[there], raster, mode="pointwise")
    if shapely.get_num_interior_rings(rounded) or not shapely.is_valid(rounded):
        return None
    first = np.zeros(1, dtype=np.int64)
    return Faces(np.array([rounded], dtype=object), first, there.astype(np.int64))
