"""Buildings set out in rows, as Chinese compounds have them: facing south, evenly apart.

All in ground metres. A pattern is a handful of numbers; one function sets it out inside any
polygon, with a way in from the street and paths between the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
import shapely.affinity
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pattern:
    """How buildings of one sort stand: metres, floors, homes."""

    use: str
    depth: float
    pitch: float
    lengths: tuple[float, float]
    gap: float
    floors: tuple[int, int]
    unit_m: float = 16.0
    homes_a_floor: float = 2.0
    jitter: float = 0.0
    chain: int = 0
    """After so many buildings of a row a wider gap lets a lane through; 0: never."""


PATTERNS = {
    "slab": Pattern("residential", 12.5, 33.0, (36.0, 66.0), 9.0, (5, 6)),
    "mid": Pattern("residential", 13.5, 40.0, (34.0, 62.0), 13.0, (7, 11)),
    "tower": Pattern("residential", 17.0, 58.0, (27.0, 40.0), 24.0, (15, 27), 34.0, 4.0, 5.0),
    "house": Pattern("residential", 9.5, 15.5, (9.0, 11.5), 1.2, (2, 3), 99.0, 0.5, 0.5, 7),
    "court": Pattern("residential", 9.0, 17.0, (13.0, 22.0), 2.5, (1, 3), 11.0, 1.0, 0.6, 4),
    "school": Pattern("school", 13.0, 36.0, (40.0, 62.0), 14.0, (4, 5)),
    "kindergarten": Pattern("kindergarten", 15.0, 42.0, (28.0, 40.0), 14.0, (2, 3)),
    "office": Pattern("office", 19.0, 52.0, (30.0, 56.0), 22.0, (4, 16), jitter=3.0),
    "hospital": Pattern("hospital", 20.0, 44.0, (50.0, 78.0), 18.0, (5, 14)),
    "market": Pattern("market", 30.0, 44.0, (40.0, 74.0), 14.0, (1, 2)),
    "mall": Pattern("mall", 52.0, 84.0, (66.0, 105.0), 26.0, (4, 6)),
    "factory": Pattern("factory", 27.0, 42.0, (44.0, 96.0), 16.0, (1, 2)),
    "arcade": Pattern("shop", 14.0, 30.0, (24.0, 46.0), 6.0, (2, 4)),
    "pavilion": Pattern("public", 9.0, 90.0, (9.0, 14.0), 110.0, (1, 1), jitter=12.0),
}


@dataclass
class Standing:
    """What stands inside one polygon: footprints, and the ways between them."""

    footprints: list[Floats] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    ways: list[tuple[str, Floats]] = field(default_factory=list)
    gates: list[tuple[float, float]] = field(default_factory=list)


def set_out(
    inside: shapely.Polygon,
    angle: float,
    patterns: tuple[tuple[str, float], ...],
    rng: Generator,
    *,
    street_polygon: shapely.Polygon | None = None,
    gates: int = 2,
    paths: bool = True,
) -> Standing:
    """Set rows of buildings out in ``inside``, their fronts along ``angle`` (radians from east).

    ``patterns`` are taken from the south, each up to its share of the height (the last share is
    1.0). With ``street_polygon`` (whose outline is the middle of the streets around) a way leads
    in from up to ``gates`` sides.
    """
    centre = inside.centroid
    turned = shapely.affinity.rotate(inside, -angle, origin=centre, use_radians=True)
    turned = shapely.affinity.translate(turned, -centre.x, -centre.y)
    shapely.prepare(turned)
    _, low_y, _, high_y = turned.bounds
    spine = _spine(turned, rng) if street_polygon is not None else None
    standing = Standing()
    crossings: list[tuple[float, float, float]] = []
    y = low_y + 3.0
    share_end = 0
    row = 0
    while y < high_y - 8.0:
        while (
            share_end < len(patterns) - 1
            and (y - low_y) / (high_y - low_y) > patterns[share_end][1]
        ):
            share_end += 1
        pattern = PATTERNS[patterns[share_end][0]]
        spans = _free(turned, y, y + pattern.depth)
        boxes = [
            box
            for a, b in _without(spans, spine, 4.0 if pattern.depth > 10 else 2.6)
            for box in _fill(a, b, y, pattern, rng)
        ]
        _keep(turned, boxes, patterns[share_end][0], standing)
        if paths and spine is not None and row % 2 == 0:
            lane = y + pattern.depth + (pattern.pitch - pattern.depth) / 2
            crossings += [(lane, a, b) for a, b in _free(turned, lane - 2, lane + 2)]
        y += pattern.pitch
        row += 1
    if spine is not None and street_polygon is not None:
        outside = shapely.affinity.rotate(street_polygon, -angle, origin=centre, use_radians=True)
        outside = shapely.affinity.translate(outside, -centre.x, -centre.y)
        _ways(outside, spine, crossings, gates, standing)
    _turn_back(standing, angle, centre.x, centre.y)
    return standing


def _spine(turned: shapely.Polygon, rng: Generator) -> float:
    low, high = turned.bounds[0], turned.bounds[2]
    return float(low + (high - low) * rng.uniform(0.42, 0.58))


def _free(turned: shapely.Polygon, low: float, high: float) -> list[tuple[float, float]]:
    """The spans of x in which the whole strip low…high lies inside, for nearly convex shapes."""
    left, _, right, _ = turned.bounds
    spans = []
    for y in (low, (low + high) / 2, high):
        part = turned.intersection(shapely.LineString([(left - 1, y), (right + 1, y)]))
        if part.is_empty or part.length < 1:
            return []
        spans.append((part.bounds[0], part.bounds[2]))
    a, b = max(s[0] for s in spans), min(s[1] for s in spans)
    return [(a + 1.0, b - 1.0)] if b - a > 6 else []


def _without(
    spans: list[tuple[float, float]], spine: float | None, half: float
) -> list[tuple[float, float]]:
    if spine is None:
        return spans
    out = []
    for a, b in spans:
        if a < spine < b:
            out += [(a, spine - half), (spine + half, b)]
        else:
            out.append((a, b))
    return out


def _fill(
    a: float, b: float, y: float, pattern: Pattern, rng: Generator
) -> list[tuple[float, float, float, float]]:
    """Boxes (x, y, length, depth) of one row between ``a`` and ``b``, spread evenly."""
    lengths: list[float] = []
    used = 0.0
    while True:
        length = float(rng.uniform(*pattern.lengths))
        if pattern.unit_m < 90:
            length = max(1, round(length / pattern.unit_m)) * pattern.unit_m
        lane = 5.0 if pattern.chain and lengths and len(lengths) % pattern.chain == 0 else 0.0
        step = (pattern.gap if lengths else 0.0) + lane
        if used + step + length > b - a:
            rest = b - a - used - step
            if not lengths and rest > pattern.lengths[0] * 0.6:
                lengths.append(rest)
                used += rest
            break
        lengths.append(length)
        used += step + length
    if not lengths:
        return []
    loose = (b - a - used) / (len(lengths) + 1)
    tight = min(loose, 3.0) if pattern.unit_m > 90 else loose
    x = a + (tight if pattern.unit_m <= 90 else float(rng.uniform(0, max(loose, 0.01))))
    boxes = []
    for index, length in enumerate(lengths):
        boxes.append((x, y + float(rng.uniform(0, pattern.jitter)), length, pattern.depth))
        lane = 5.0 if pattern.chain and (index + 1) % pattern.chain == 0 else 0.0
        x += length + pattern.gap + lane + (tight if pattern.unit_m <= 90 else 0.0)
    return boxes


def _keep(
    turned: shapely.Polygon,
    boxes: list[tuple[float, float, float, float]],
    pattern: str,
    standing: Standing,
) -> None:
    if not boxes:
        return
    x, y, length, depth = np.array(boxes).T
    shapes = shapely.box(x, y, x + length, y + depth)
    for box, good in zip(boxes, shapely.contains_properly(turned, shapes), strict=True):
        if good:
            left, low, long, deep = box
            standing.footprints.append(
                np.array(
                    [
                        [left, low],
                        [left + long, low],
                        [left + long, low + deep],
                        [left, low + deep],
                    ]
                )
            )
            standing.lengths.append(long)
            standing.patterns.append(pattern)


def _ways(
    outside: shapely.Polygon,
    spine: float,
    crossings: list[tuple[float, float, float]],
    gates: int,
    standing: Standing,
) -> None:
    _, low, _, high = outside.bounds
    part = outside.intersection(shapely.LineString([(spine, low - 1), (spine, high + 1)]))
    if part.is_empty or part.geom_type != "LineString":
        return
    south, north = part.bounds[1], part.bounds[3]
    stops = sorted({south, north, *(lane for lane, a, b in crossings if a < spine < b)})
    inner = stops[1:-1]
    if not inner:
        return
    stops = stops if gates > 1 else stops[:-1]
    for a, b in pairwise(stops):
        standing.ways.append(("service", np.array([[spine, a], [spine, b]])))
    standing.gates.append((spine, south))
    if gates > 1:
        standing.gates.append((spine, north))
    for lane, a, b in crossings:
        if a < spine < b:
            standing.ways.append(("footway", np.array([[spine, lane], [a + 2, lane]])))
            standing.ways.append(("footway", np.array([[spine, lane], [b - 2, lane]])))


def _turn_back(standing: Standing, angle: float, x: float, y: float) -> None:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([x, y])
    standing.footprints = [np.round(f @ turn + middle, 3) for f in standing.footprints]
    standing.ways = [(kind, np.round(way @ turn + middle, 3)) for kind, way in standing.ways]
    standing.gates = [
        (float(p[0]), float(p[1]))
        for p in (np.round(np.array(gate) @ turn + middle, 3) for gate in standing.gates)
    ]
