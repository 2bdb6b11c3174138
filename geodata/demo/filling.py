"""What each block of the ground is for, and what stands on it.

Patches (the later grids) come first: each gets a number of households, then its blocks get uses,
its compounds a type that suits the place, and floors are set so that the homes fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geodata.demo.ground import HALF_WIDTH_M, RAILWAY_V, Face, Ground
from geodata.demo.households import AT_LAST, Building, Compound, move_in, set_floors
from geodata.demo.standing import PATTERNS, Standing, set_out
from geodata.demo.warp import LENGTH_U, LENGTH_V, OLD_TOWN, RIVER_U, Place, heading

PAVEMENT_M = 2.5
SHOP_DEPTH_M = 11.0

_TYPES = ("commercial", "affordable", "village", "work_unit", "mixed")
_TYPE_WEIGHTS = {
    "old": (0.14, 0.06, 0.02, 0.44, 0.34),
    "new": (0.72, 0.14, 0.05, 0.03, 0.06),
    "rim": (0.32, 0.22, 0.32, 0.08, 0.06),
    "works": (0.12, 0.26, 0.20, 0.34, 0.08),
    "city": (0.44, 0.12, 0.06, 0.22, 0.16),
}
_CLOSED = {"commercial": 0.96, "affordable": 0.75, "village": 0.1, "work_unit": 0.6, "mixed": 0.2}
_MANAGED = {"commercial": 0.97, "affordable": 0.72, "village": 0.12, "work_unit": 0.5, "mixed": 0.4}
_USES = ("school", "kindergarten", "office", "market", "mall", "factory", "park", "arcade",
         "hospital", "open")  # fmt: skip
_USE_WEIGHTS = {
    "old": (0.13, 0.05, 0.15, 0.13, 0.07, 0.0, 0.08, 0.28, 0.02, 0.02),
    "new": (0.14, 0.06, 0.25, 0.05, 0.12, 0.0, 0.14, 0.09, 0.02, 0.06),
    "rim": (0.08, 0.04, 0.10, 0.09, 0.02, 0.18, 0.10, 0.12, 0.01, 0.22),
    "works": (0.04, 0.03, 0.10, 0.10, 0.0, 0.52, 0.05, 0.06, 0.0, 0.08),
    "city": (0.15, 0.06, 0.20, 0.09, 0.07, 0.02, 0.12, 0.17, 0.02, 0.04),
}
_BUILT_UP = {"old": 1.0, "new": 1.1, "rim": 0.72, "works": 0.8, "city": 1.0}
"""The lower, the sooner a further block of a patch there is lived in."""
_LEAST_ROOM_M2 = 12_500.0
"""Compounds of a patch together have at least this much ground, if there is as much."""


@dataclass
class Filled:
    """The ground with everything on it."""

    ground: Ground
    inner: list[shapely.Polygon]
    zone: list[str]
    use: list[str]
    compound_of: list[int]
    compounds: list[Compound] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    ways: list[tuple[str, NDArray[np.float64], int]] = field(default_factory=list)
    gates: list[tuple[float, float, int]] = field(default_factory=list)
    parks: list[tuple[int, shapely.Polygon]] = field(default_factory=list)


def fill(ground: Ground, rng: Generator, *, compounds: int, low: int, high: int) -> Filled:
    """Give every block its use and build on it; every patch ends with low…high households."""
    inner = _inner(ground)
    zone = [zone_of(ground.place, face) for face in ground.faces]
    filled = Filled(ground, inner, zone, ["open"] * len(inner), [-1] * len(inner))
    patches = _patches(ground)
    chosen = _residential(filled, patches, compounds, rng)
    for patch, blocks in enumerate(patches):
        target = int(np.clip(rng.normal((low + high) / 2 - 8, 42), low + 15, high - 15))
        _settle(filled, [b for b in blocks if b in chosen], target, (low, high), rng, patch)
    _public(filled, chosen, rng)
    return filled


def _inner(ground: Ground) -> list[shapely.Polygon]:
    """Each face without its streets and their pavements."""
    lines = [shapely.LineString(edge.xy) for edge in ground.edges]
    widths = [HALF_WIDTH_M[edge.kind] + PAVEMENT_M for edge in ground.edges]
    streets = shapely.buffer(np.array(lines, dtype=object), widths, quad_segs=4)
    inner = []
    for polygon, around in zip(ground.polygons, ground.face_edges, strict=True):
        left = polygon.difference(shapely.union_all(streets[around]))
        if left.geom_type == "MultiPolygon":
            left = max(left.geoms, key=lambda part: part.area)
        inner.append(left.simplify(0.4) if left.geom_type == "Polygon" else shapely.Polygon())
    return inner


def _shares(weights: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.asarray(weights, dtype=float)
    return np.asarray(total / total.sum())


def zone_of(place: Place, face: Face) -> str:
    """What kind of quarter a face lies in: old, new, rim, works (south of the railway) or city."""
    u, v = face.middle
    u, v = u - place.origin[0], v - place.origin[1]
    if np.hypot((u - OLD_TOWN[0]) / 830, (v - OLD_TOWN[1]) / 680) < 1:
        return "old"
    if v < RAILWAY_V:
        return "works"
    if min(u, LENGTH_U - u) < 380 or LENGTH_V - v < 330:
        return "rim"
    return "new" if u > RIVER_U and v > 900 else "city"


def _patches(ground: Ground) -> list[list[int]]:
    count = 1 + max(face.patch for face in ground.faces)
    patches: list[list[int]] = [[] for _ in range(count)]
    for index, face in enumerate(ground.faces):
        if face.kind == "land":
            patches[face.patch].append(index)
    return patches


def _residential(filled: Filled, patches: list[list[int]], wanted: int, rng: Generator) -> set[int]:
    """Which blocks are lived in: at least one of each patch, the roomiest ones, ``wanted``."""
    chosen: set[int] = set()
    # what is left 10 m from the edge: narrow blocks have little room, however long they are
    roomy = shapely.area(shapely.buffer(np.array(filled.inner, dtype=object), -10.0)).tolist()
    for blocks in patches:
        room = 0.0
        for block in sorted(blocks, key=lambda b: -roomy[b]):
            if not room or (room < _LEAST_ROOM_M2 and roomy[block] > 1500):
                chosen.add(block)
                room += roomy[block]
    area = {p: sum(filled.inner[b].area for b in bs if b in chosen) for p, bs in enumerate(patches)}
    spare = [
        (
            area[p] * float(rng.uniform(0.75, 1.3)) * _BUILT_UP[filled.zone[b]]
            - 0.3 * filled.inner[b].area,
            b,
            p,
        )
        for p, bs in enumerate(patches)
        for b in bs
        if b not in chosen and roomy[b] > 4500
    ]
    spare.sort()
    for _, block, _ in spare[: max(0, wanted - len(chosen))]:
        chosen.add(block)
    return chosen


def _pattern(type_: str, density: float, rng: Generator) -> tuple[tuple[str, float], ...]:
    """What stands in a compound of that type with so many homes a hectare."""
    if type_ == "village":
        slabs = float(np.clip((density - 50) / 95, 0.0, 0.8))
        low = ("slab", slabs) if density < 120 else ("mid", slabs)
        return (("house", 1.0),) if slabs < 0.1 else (low, ("house", 1.0))
    if type_ == "mixed" and density < 100:
        courts = float(np.clip(0.75 - density / 160, 0.15, 0.6))
        return (("court", courts), ("slab", 1.0))
    if type_ == "commercial":
        if density > 150 or rng.random() < 0.45:
            return (("mid", 0.3), ("tower", 1.0)) if rng.random() < 0.5 else (("tower", 1.0),)
        return (("mid", 1.0),) if rng.random() < 0.7 else (("slab", 0.5), ("mid", 1.0))
    if density > 185:
        return (("tower", 1.0),)
    return (("mid", 1.0),) if density > 140 else (("slab", 1.0),)


def _settle(
    filled: Filled,
    blocks: list[int],
    target: int,
    band: tuple[int, int],
    rng: Generator,
    patch: int,
) -> None:
    """Build the compounds of one patch so that ``target`` households live in it."""
    hectares = sum(filled.inner[b].area for b in blocks) / 1e4
    density = target / hectares
    first = len(filled.compounds)
    for block in blocks:
        zone = filled.zone[block]
        weights = np.array(_TYPE_WEIGHTS[zone])
        if density > 150:
            weights[2] = 0
        type_ = str(rng.choice(_TYPES, p=_shares(weights)))
        _compound(filled, block, patch, type_, density, rng)
    homes = set_floors(filled.buildings, first, target, band)
    if homes < band[0] + 6:
        for index in range(first, len(filled.compounds)):
            filled.buildings = [b for b in filled.buildings if b.compound != index]
            filled.compounds[index].type = "commercial"
            filled.compounds[index].closed = filled.compounds[index].managed = True
            _rise(filled, index, rng)
        homes = set_floors(filled.buildings, first, target, band)
    move_in(filled.buildings, filled.compounds, first, min(target, homes), rng)


def _compound(
    filled: Filled, block: int, patch: int, type_: str, density: float, rng: Generator
) -> None:
    face = filled.ground.faces[block]
    index = len(filled.compounds)
    room, shops = _front(filled, block, rng)
    filled.compounds.append(
        Compound(
            block,
            patch,
            face.community,
            face.office,
            type_,
            bool(rng.random() < _CLOSED[type_]),
            bool(rng.random() < _MANAGED[type_]),
            room,
        )
    )
    filled.use[block] = "compound"
    filled.compound_of[block] = index
    standing = set_out(
        room.buffer(-4.0, join_style="mitre"),
        heading(*face.middle),
        _pattern(type_, density, rng),
        rng,
        street_polygon=filled.ground.polygons[block],
        gates=2 if rng.random() < 0.7 else 1,
    )
    _raise(filled, standing, block, index, rng)
    for shop in _beside_the_way(shops, standing):
        filled.buildings.append(
            Building(shop, "shop", "arcade", block, -1, int(rng.integers(1, 4)), 1, 0.0)
        )
    filled.ways += [(kind, way, block) for kind, way in standing.ways]
    filled.gates += [(x, y, block) for x, y in standing.gates]
    if not standing.footprints:
        _rise(filled, index, rng)


def _rise(filled: Filled, index: int, rng: Generator) -> None:
    """Build a compound again, with whatever holds most homes: its ground is too small."""
    compound = filled.compounds[index]
    filled.ways = [way for way in filled.ways if way[2] != compound.block]
    filled.gates = [gate for gate in filled.gates if gate[2] != compound.block]
    tries = [
        set_out(
            compound.polygon.buffer(-4.0, join_style="mitre"),
            heading(*filled.ground.faces[compound.block].middle),
            ((name, 1.0),),
            rng,
            street_polygon=filled.ground.polygons[compound.block],
        )
        for name in ("tower", "mid", "slab", "court")
    ]
    standing = max(tries, key=_most_homes)
    _raise(filled, standing, compound.block, index, rng)
    filled.ways += [(kind, way, compound.block) for kind, way in standing.ways]
    filled.gates += [(x, y, compound.block) for x, y in standing.gates]


def _beside_the_way(shops: list[NDArray[np.float64]], standing: Standing) -> list[Any]:
    """The shops that leave the ways into the compound free."""
    ways = [shapely.LineString(way) for kind, way in standing.ways if kind == "service"]
    if not shops or not ways:
        return shops
    open_ways = shapely.union_all(ways).buffer(2.5)
    return [shop for shop in shops if not open_ways.intersects(shapely.Polygon(shop))]


def _most_homes(standing: Standing) -> float:
    """How many homes there are when every building is as high as it may be."""
    homes = 0.0
    for length, name in zip(standing.lengths, standing.patterns, strict=True):
        entrances = max(1, round(length / PATTERNS[name].unit_m))
        homes += entrances * PATTERNS[name].homes_a_floor * AT_LAST[name]
    return homes


def _raise(filled: Filled, standing: Standing, block: int, compound: int, rng: Generator) -> None:
    for footprint, length, name in zip(
        standing.footprints, standing.lengths, standing.patterns, strict=True
    ):
        pattern = PATTERNS[name]
        filled.buildings.append(
            Building(
                footprint,
                pattern.use,
                name,
                block,
                compound,
                int(rng.integers(pattern.floors[0], pattern.floors[1] + 1)),
                max(1, round(length / pattern.unit_m)),
                pattern.homes_a_floor if pattern.use == "residential" else 0.0,
            )
        )


def _front(
    filled: Filled, block: int, rng: Generator
) -> tuple[shapely.Polygon, list[NDArray[np.float64]]]:
    """The compound's ground, and the shops between it and the busier streets."""
    room = filled.inner[block]
    ground = filled.ground
    shops: list[NDArray[np.float64]] = []
    taken: list[shapely.Polygon] = []
    sides = 0
    for number in ground.face_edges[block]:
        edge = ground.edges[number]
        if edge.kind not in {"primary", "secondary", "tertiary"} or rng.random() > 0.5:
            continue
        line = shapely.LineString(edge.xy)
        if line.length < 90 or sides == 2:
            continue
        away = HALF_WIDTH_M[edge.kind] + PAVEMENT_M
        strip = line.buffer(away + SHOP_DEPTH_M + 3.0, cap_style="flat")
        left = room.difference(strip)
        roomy = left.area > 0.72 * filled.inner[block].area
        if not isinstance(left, shapely.Polygon) or not roomy:
            continue
        room = left
        sides += 1
        row = _shops(line, away + 0.8, filled.inner[block], taken, rng)
        shops += [np.asarray(shop.exterior.coords)[:4] for shop in row]
        taken += row
    smooth = room.buffer(-0.5).buffer(0.5, join_style="mitre").simplify(0.3)
    return (smooth if isinstance(smooth, shapely.Polygon) else room), shops


def _shops(
    line: shapely.LineString,
    away: float,
    inside: shapely.Polygon,
    taken: list[shapely.Polygon],
    rng: Generator,
) -> list[shapely.Polygon]:
    middle = inside.centroid
    row: list[shapely.Polygon] = []
    at = 16.0
    while at < line.length - 34:
        long = float(rng.uniform(18, 38))
        a = np.array(line.interpolate(at).coords[0])
        b = np.array(line.interpolate(min(at + long, line.length)).coords[0])
        along = (b - a) / max(np.hypot(*(b - a)), 1e-9)
        side = np.array([-along[1], along[0]])
        if (np.array([middle.x, middle.y]) - a) @ side < 0:
            side = -side
        near, far = side * (away + 0.6), side * (away + SHOP_DEPTH_M)
        shop = shapely.Polygon(np.round([a + near, b + near, b + far, a + far], 3))
        if inside.contains(shop) and not any(shop.distance(other) < 1 for other in (*taken, *row)):
            row.append(shop)
        at += long + float(rng.choice([1.5, 1.5, 3.0, 14.0]))
    return row


def _public(filled: Filled, chosen: set[int], rng: Generator) -> None:
    """Schools, offices, markets, works and parks on the blocks that nobody lives in."""
    for block, face in enumerate(filled.ground.faces):
        if block in chosen:
            continue
        if face.kind == "bank":
            filled.use[block] = "bank"
            continue
        use = str(rng.choice(_USES, p=_shares(_USE_WEIGHTS[filled.zone[block]])))
        if filled.inner[block].area < 9000 and use in {"hospital", "mall", "school", "factory"}:
            use = "arcade"
        filled.use[block] = use
        if use == "park":
            filled.parks.append((block, filled.inner[block]))
        if use == "open":
            continue
        name = {"park": "pavilion"}.get(use, use)
        room = filled.inner[block].buffer(-6.0, join_style="mitre")
        if room.geom_type != "Polygon" or room.is_empty:
            continue
        if use in {"school", "kindergarten"}:
            room = _half(room, heading(*face.middle))
        standing = set_out(
            room,
            heading(*face.middle),
            ((name, 1.0),),
            rng,
            street_polygon=filled.ground.polygons[block],
            paths=use == "park",
        )
        _raise(filled, standing, block, -1, rng)
        filled.ways += [
            ("footway" if use == "park" else kind, way, block) for kind, way in standing.ways
        ]
        filled.gates += [(x, y, block) for x, y in standing.gates]


def _half(room: shapely.Polygon, angle: float) -> shapely.Polygon:
    """The northern part of the ground: the southern one is the playground."""
    centre = room.centroid
    away = np.array([-np.sin(angle), np.cos(angle)])
    along = np.array([np.cos(angle), np.sin(angle)])
    middle = np.array([centre.x, centre.y])
    corners = [middle - along * 900, middle + along * 900,
               middle + along * 900 + away * 900, middle - along * 900 + away * 900]  # fmt: skip
    half = room.intersection(shapely.Polygon(corners))
    return half if isinstance(half, shapely.Polygon) else room
