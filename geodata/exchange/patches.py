"""What is wrong with the ground of a net in a file: overlaps, gaps, borders that cross themselves.

The polygons and the boundary are cut at each other's borders once; each face then knows who claims
it, and what no polygon or more than one claims is told as a patch of ground.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.exchange.polygons import Polygons, moved
from geodata.plans.coverage import RASTER_M, Faces, cut
from geodata.plans.findings import Patch

_NOISE_M = 5e-6
"""Overlaps and gaps narrower than this come from rounding."""
_HAIR_M = 1e-3
"""Where the net and the boundary come from two files, each was rounded in its own way."""


def faces_of(valid: NDArray[np.object_], fence: Any, raster: float) -> Faces:
    """The polygons, and the boundary as the last if there is one, cut at each other's borders."""
    if fence is None:
        return cut(valid, raster=raster)
    return cut(np.append(valid, fence), raster=raster)


def noded(faces: Faces, count: int) -> NDArray[np.object_]:
    """The polygons out of their pieces: with a point wherever another border meets theirs."""
    order = np.argsort(faces.claim, kind="stable")
    bounds = np.searchsorted(faces.claim[order], np.arange(count + 1))
    pieces = faces.shapes[faces.face[order]]
    return np.array(
        [
            pieces[low] if high - low == 1 else _whole(pieces[low:high])
            for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        ],
        dtype=object,
    )


def patches_of(
    faces: Faces, ids: list[Any], *, fenced: bool
) -> tuple[list[Patch], list[Patch], list[Patch]]:
    """Overlaps by who overlaps, gaps one by one, and what lies outside by whose it is."""
    count = len(ids)
    within = np.zeros(len(faces), dtype=bool)
    within[faces.face[faces.claim == count]] = True
    claims = np.bincount(faces.face[faces.claim < count], minlength=len(faces))
    wide = 2 * faces.areas / np.maximum(shapely.length(faces.shapes), _NOISE_M)
    real = wide > _NOISE_M
    by: dict[tuple[int, ...], list[int]] = {}
    beyond: dict[int, list[int]] = {}
    for face in np.flatnonzero((claims > 1) & real).tolist():
        who = tuple(one for one in faces.claimants(face).tolist() if one < count)
        by.setdefault(who, []).append(face)
    if fenced:
        for face in np.flatnonzero((claims > 0) & ~within & (wide > _HAIR_M)).tolist():
            for one in faces.claimants(face).tolist():
                beyond.setdefault(one, []).append(face)
    overlaps = [
        Patch(tuple(ids[one] for one in who), _joined(faces, some), pieces=len(some))
        for who, some in sorted(by.items())
    ]
    outside = [
        Patch((ids[who],), _joined(faces, some), pieces=len(some))
        for who, some in sorted(beyond.items())
    ]
    return overlaps, _gaps(faces, ids, (claims == 0) & (within | (not fenced))), outside


def _joined(faces: Faces, some: list[int]) -> Any:
    return _whole(faces.shapes[some])


def _whole(pieces: NDArray[np.object_]) -> Any:
    """Pieces as one.

    They were cut in the file's plane. A straight side of it is bent a little in metres, so a piece
    that is narrower than that may lie inside out there, and pieces beside it may overlap.
    """
    try:
        return shapely.coverage_union_all(pieces)
    except shapely.errors.GEOSException:
        sound = pieces[shapely.is_valid(pieces)]
        return shapely.union_all(sound, grid_size=RASTER_M)


def _gaps(faces: Faces, ids: list[Any], free: NDArray[np.bool_]) -> list[Patch]:
    """Each connected piece of free ground with its neighbours, the nearest first."""
    region = faces.joined(np.where(free, 0, 1 + np.arange(len(faces))))
    pairs, length = faces.beside
    both = np.concatenate((pairs, pairs[:, ::-1]))
    metres = np.concatenate((length, length))
    across = free[both[:, 0]] & ~free[both[:, 1]]
    around: dict[int, dict[int, float]] = {}
    for inner, outer, run in zip(
        region[both[across, 0]].tolist(), both[across, 1].tolist(), metres[across].tolist(),
        strict=True,
    ):  # fmt: skip
        for one in faces.claimants(outer).tolist():
            if one < len(ids):
                mine = around.setdefault(inner, {})
                mine[one] = mine.get(one, 0.0) + run
    members: dict[int, list[int]] = {}
    for face in np.flatnonzero(free).tolist():
        members.setdefault(int(region[face]), []).append(face)
    patches = []
    for number, some in members.items():
        ground = _joined(faces, some)
        beside = around.get(number, {})
        rim = float(shapely.length(ground))
        ends_the_net = rim - sum(beside.values()) > _HAIR_M * rim
        if 2 * shapely.area(ground) <= (_HAIR_M if ends_the_net else _NOISE_M) * rim:
            continue
        order = sorted(beside, key=lambda one: (-beside[one], one))
        patches.append(Patch(tuple(ids[one] for one in order), ground))
    return patches


def crossings(
    net: Polygons, sound: NDArray[np.bool_], ids: list[Any], metres: pyproj.CRS
) -> list[tuple[Any, Any]]:
    """Which polygons cross themselves, and where."""
    bad = np.flatnonzero(~sound)
    if not len(bad):
        return []
    places = []
    for reason, shape in zip(
        shapely.is_valid_reason(net.shapes[bad]).tolist(), net.shapes[bad], strict=True
    ):
        _words, _sign, rest = reason.partition("[")
        numbers = rest.rstrip("]").split()
        first = shapely.get_coordinates(shape)[0]
        point = [float(one) for one in numbers[:2]] if len(numbers) >= 2 else first.tolist()
        places.append(shapely.Point(point))
    points = moved(np.array(places, dtype=object), net.system, metres)
    return [(ids[place], point) for place, point in zip(bad.tolist(), points, strict=True)]
