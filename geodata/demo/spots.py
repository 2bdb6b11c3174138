"""Where things are reported: a pool of addresses for each unit, and the city's hotspots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geodata.demo.district import District
from geodata.demo.framing import building_numbers, in_degrees
from geodata.demo.ground import RAILWAY_V
from geodata.demo.warp import OLD_TOWN, RIVER_U, bend, to_degrees

Floats = NDArray[np.float64]
CATEGORIES = ("environment", "property", "noise", "parking", "facilities", "safety", "dispute",
              "other")  # fmt: skip
SHARES = (0.205, 0.215, 0.125, 0.175, 0.115, 0.065, 0.055, 0.045)
_POOL = 160
_INSET_M = 2.0

_BY_TYPE = {
    "commercial": (0.7, 1.5, 1.0, 1.0, 0.7, 0.8, 0.8, 1.0),
    "affordable": (1.1, 1.3, 1.0, 1.2, 1.1, 1.2, 1.2, 1.0),
    "village": (1.6, 0.5, 0.8, 0.8, 1.6, 1.4, 1.3, 0.9),
    "work_unit": (1.4, 1.0, 0.9, 1.3, 1.6, 1.4, 1.1, 1.2),
    "mixed": (1.6, 0.8, 1.3, 1.3, 1.4, 1.4, 1.2, 1.0),
}
_BY_USE = {
    "arcade": (60, 4, 45, 65, 30, 14, 8, 6), "market": (150, 2, 40, 90, 25, 14, 10, 4),
    "mall": (40, 4, 60, 110, 20, 14, 14, 6), "school": (10, 0, 10, 60, 12, 8, 3, 4),
    "kindergarten": (8, 0, 6, 40, 8, 6, 2, 2), "office": (14, 4, 8, 40, 18, 8, 8, 10),
    "hospital": (25, 2, 10, 120, 15, 10, 20, 10), "factory": (30, 2, 30, 18, 20, 24, 14, 4),
    "park": (40, 0, 60, 12, 30, 10, 1, 4), "bank": (30, 0, 40, 10, 18, 10, 0, 2),
    "open": (40, 0, 6, 10, 10, 8, 0, 1),
}  # fmt: skip


@dataclass
class Pool:
    """Addresses in order of their units; those of unit i are ``start[i] : start[i + 1]``."""

    start: NDArray[np.intp]
    lon: Floats
    lat: Floats
    building: NDArray[np.intp]
    compound: NDArray[np.intp]


@dataclass(frozen=True)
class Hotspot:
    """A real hotspot: a share of all cases, in a few units, of one category, in its own time."""

    name: str
    share: float
    category: str
    units: tuple[int, ...]
    hours: tuple[float, ...] | None = None
    weekdays_only: bool = False
    trend: str = "steady"


def make_pool(district: District, rng: Generator) -> Pool:
    """Some 160 places for each unit, all well inside it: at buildings, and in the open."""
    buildings = district.filled.buildings
    by_block: dict[int, list[int]] = {}
    for index, building in enumerate(buildings):
        by_block.setdefault(building.block, []).append(index)
    rooms = in_degrees(
        shapely.buffer(np.array([u.polygon for u in district.units], dtype=object), -_INSET_M)
    )
    parts: list[tuple[Floats, NDArray[np.intp]]] = []
    for unit, room in zip(district.units, rooms, strict=True):
        xy, near = _spots(district, by_block.get(unit.block, []), unit.polygon, rng)
        lon, lat = to_degrees(xy[:, 0], xy[:, 1])
        inside = shapely.contains_xy(room, lon, lat)
        if not inside.any():
            point = room.representative_point()
            lon, lat, near = np.array([point.x]), np.array([point.y]), np.array([-1])
            inside = np.array([True])
        parts.append((np.column_stack([lon, lat])[inside], near[inside]))
    start = np.concatenate([[0], np.cumsum([len(near) for _, near in parts])])
    lonlat = np.concatenate([place for place, _ in parts])
    near = np.concatenate([near for _, near in parts])
    compound = np.array([b.compound for b in buildings])[near]
    compound[near < 0] = -1
    return Pool(start, lonlat[:, 0], lonlat[:, 1], near, compound)


def _spots(
    district: District, members: list[int], polygon: shapely.Polygon, rng: Generator
) -> tuple[Floats, NDArray[np.intp]]:
    """Places at the unit's buildings, more where more live, or anywhere if there are none."""
    if not members:
        low_x, low_y, high_x, high_y = polygon.bounds
        share = rng.random((_POOL * 2, 2))
        return np.array([low_x, low_y]) + share * [high_x - low_x, high_y - low_y], np.full(
            _POOL * 2, -1
        )
    buildings = [district.filled.buildings[i] for i in members]
    weights = np.array([b.households + 0.6 + 4.0 * (b.compound < 0) for b in buildings])
    chosen = rng.choice(len(members), _POOL, p=weights / weights.sum())
    corners = np.stack([b.footprint for b in buildings])[chosen]
    a, b = rng.uniform(-0.02, 1.02, (2, _POOL, 1))
    xy = corners[:, 0] + a * (corners[:, 1] - corners[:, 0]) + b * (corners[:, 3] - corners[:, 0])
    return xy, np.array(members)[chosen]


def unit_weights(district: District, rng: Generator) -> Floats:
    """How much is reported in each unit, by category: (units, categories)."""
    out = np.zeros((len(district.units), len(CATEGORIES)))
    halves = {u.block for u in district.units[len(district.filled.use) :]}
    trouble = rng.lognormal(0.0, 0.55, (len(district.filled.use), 1)) * rng.lognormal(
        0.0, 0.3, (len(district.filled.use), len(CATEGORIES))
    )
    for index, unit in enumerate(district.units):
        number = district.filled.compound_of[unit.block]
        if number >= 0:
            compound = district.filled.compounds[number]
            weights = np.array(_BY_TYPE[compound.type]) * compound.households
            if not compound.managed:
                weights = weights * 1.35
        else:
            weights = np.array(_BY_USE[district.filled.use[unit.block]], dtype=float) * 0.6
        out[index] = weights * trouble[unit.block] * (0.5 if unit.block in halves else 1.0)
    return out


def hotspots(district: District) -> list[Hotspot]:
    """The district's hotspots; each is a story that a command centre should find."""
    old = _near(district, OLD_TOWN[0] + 120, OLD_TOWN[1] - 60)
    school_hours = tuple(
        {7: 8.0, 8: 2.0, 11: 2.0, 16: 16.0, 17: 6.0}.get(hour, 0.15) for hour in range(24)
    )
    morning = tuple([0.1] * 5 + [6.0, 12, 14, 9, 5, 3] + [0.5] * 13)
    night = tuple([9.0, 5, 2] + [0.1] * 15 + [1.0, 3, 8, 14, 18, 16])
    site = _near_use(district, _near(district, RIVER_U + 900, 2300), ("open", "office", "park"), 1)
    handed_over = _compound_like(district, "commercial", 0.86)
    being_mended = _compound_like(district, "work_unit", 0.5)
    market = _near_use(district, old, ("market",), 1)
    night_street = _near_use(district, old, ("arcade", "market"), 3)
    underpass = _near(district, RIVER_U + 500, RAILWAY_V, 3)
    spots = [
        Hotspot("老城夜市噪音", 0.034, "noise", night_street, night, trend="summer"),
        Hotspot("早市占道", 0.028, "environment", market, morning),
        Hotspot("下穿桥积水", 0.012, "facilities", underpass, trend="rain"),
        Hotspot("新建小区交付纠纷", 0.02, "property", handed_over, trend="growing"),
        Hotspot("整治中的老旧小区", 0.026, "environment", being_mended, trend="fading"),
        Hotspot("工地夜间施工", 0.014, "noise", site, night, trend="months"),
    ]
    schools = [i for i, u in enumerate(district.units) if district.filled.use[u.block] == "school"]
    spots += [
        Hotspot(f"学校门口接送拥堵{number + 1}", 0.009, "parking", (unit,), school_hours,
                weekdays_only=True, trend="term")
        for number, unit in enumerate(schools[:: max(1, len(schools) // 4)][:4])
    ]  # fmt: skip
    return [spot for spot in spots if spot.units]


def _near(district: District, u: float, v: float, count: int = 1) -> tuple[int, ...]:
    """The units nearest to a place of the drawing board."""
    u0, v0 = district.place.origin
    x, y = bend(np.array([u0 + u]), np.array([v0 + v]))
    gaps = [unit.polygon.distance(shapely.Point(x[0], y[0])) for unit in district.units]
    return tuple(np.argsort(gaps, kind="stable")[:count].tolist())


def _near_use(
    district: District, near: tuple[int, ...], uses: tuple[str, ...], count: int
) -> tuple[int, ...]:
    middle = district.units[near[0]].polygon
    fits = [i for i, u in enumerate(district.units) if district.filled.use[u.block] in uses]
    fits.sort(key=lambda i: district.units[i].polygon.distance(middle))
    return tuple(fits[:count])


def _compound_like(district: District, type_: str, share: float) -> tuple[int, ...]:
    """A compound of that type, ``share`` of the way through those of its type."""
    fits = [
        i
        for i, u in enumerate(district.units[: len(district.filled.use)])
        if district.filled.compound_of[u.block] >= 0
        and district.filled.compounds[district.filled.compound_of[u.block]].type == type_
    ]
    return (fits[int(len(fits) * share)],) if fits else ()


def addresses(district: District) -> tuple[list[str], list[str]]:
    """The written address of each building, and of each unit where no building is near."""
    filled = district.filled
    numbers = building_numbers(district)
    streets = _street_beside(district)
    by_building = []
    for building, number in zip(filled.buildings, numbers, strict=True):
        face = district.ground.faces[building.block]
        office = district.office_names[face.office]
        if building.compound >= 0:
            end = "号" if building.pattern in {"house", "court"} else "号楼"
            by_building.append(f"{office}{district.compound_names[building.compound]}{number}{end}")
        else:
            by_building.append(f"{office}{streets[building.block]}{number * 2 + 1}号")
    by_unit = []
    for unit in district.units:
        face = district.ground.faces[unit.block]
        name = {"park": "公园", "bank": "滨河绿地"}.get(filled.use[unit.block], "路段")
        by_unit.append(f"{district.office_names[face.office]}{streets[unit.block]}{name}")
    return by_building, by_unit


def _street_beside(district: District) -> list[str]:
    """The name of the largest street round each block."""
    order = ("primary", "secondary", "tertiary", "residential", "trunk")
    out = []
    for around in district.ground.face_edges:
        edges = [district.ground.edges[e] for e in around if district.ground.edges[e].kind in order]
        best = min(edges, key=lambda e: (order.index(e.kind), e.street), default=None)
        out.append("" if best is None else district.street_names[best.street])
    return out
