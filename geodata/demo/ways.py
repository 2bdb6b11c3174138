"""The district's streets as rows: noded at every junction and gate, so that one can walk them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.demo.district import District
from geodata.demo.ground import HALF_WIDTH_M, Edge
from geodata.demo.warp import Place

Floats = NDArray[np.float64]
_CLASSES = ("trunk", "primary", "secondary", "tertiary", "residential", "rail", "river")
_NEAR_M = 0.05


def street_rows(
    district: District, built: set[Place]
) -> Iterator[tuple[dict[str, Any], shapely.LineString]]:
    """Columns and line (ground metres) of each piece of street, way, river and railway.

    ``built`` are the places of all districts: of two that touch, one brings the road between.
    """
    gates = _gates_by_edge(district)
    for number, edge in enumerate(district.ground.edges):
        if edge.kind not in _CLASSES or _brought_by_another(district, number, built):
            continue
        for piece in _pieces(edge.xy, gates.get(number, [])):
            yield _row(edge, district.street_names[edge.street]), shapely.LineString(piece)
    for kind, way, block in district.filled.ways:
        compound = district.filled.compound_of[block]
        name = f"{district.compound_names[compound]}内部路" if compound >= 0 else ""
        row = {"name": name if kind == "service" else "", "kind": kind, "oneway": False,
               "bridge": False, "tunnel": False, "extra": {}}  # fmt: skip
        yield row, shapely.LineString(way)


def _row(edge: Edge, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": edge.kind,
        "oneway": False,
        "bridge": edge.bridge,
        "tunnel": False,
        "extra": {"width_m": 2 * HALF_WIDTH_M[edge.kind]},
    }


def _gates_by_edge(district: District) -> dict[int, list[tuple[float, float]]]:
    """Gates lie on the streets round their block: edge → gates."""
    out: dict[int, list[tuple[float, float]]] = {}
    for x, y, block in district.filled.gates:
        point = shapely.Point(x, y)
        around = district.ground.face_edges[block]
        gaps = [shapely.LineString(district.ground.edges[e].xy).distance(point) for e in around]
        nearest = int(np.argmin(gaps))
        if gaps[nearest] < _NEAR_M:
            out.setdefault(around[nearest], []).append((x, y))
    return out


def _pieces(xy: Floats, gates: list[tuple[float, float]]) -> list[Floats]:
    """The line cut at its gates, each gate a vertex of both pieces."""
    line = shapely.LineString(xy)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    marks = sorted((float(line.project(shapely.Point(gate))), gate) for gate in gates)
    pieces = []
    start, first = 0.0, [tuple(xy[0])]
    for at, gate in marks:
        if at - start < 1.0 or along[-1] - at < 1.0:
            continue
        inner = xy[(along > start + 0.01) & (along < at - 0.01)]
        pieces.append(np.array([*first, *map(tuple, inner), gate]))
        start, first = at, [gate]
    inner = xy[along > start + 0.01]
    pieces.append(np.array([*first, *map(tuple, inner)]))
    return pieces


def _brought_by_another(district: District, number: int, built: set[Place]) -> bool:
    """Whether this outer edge belongs to the district west or south of this one."""
    edge = district.ground.edges[number]
    if edge.kind != "trunk":
        return False
    name = district.street_names[edge.street]
    place = district.place
    if name == "环城西路":
        return Place(place.east - 1, place.north) in built
    return name == "环城南路" and Place(place.east, place.north - 1) in built
