"""The districts as rows: codes by place, shapes in WGS 84, periods of what changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.demo import naming
from geodata.demo.district import District, union
from geodata.demo.nets import RECUT_DAYS, Net, reading_order
from geodata.demo.places import Facility
from geodata.demo.warp import to_degrees
from geodata.demo.ways import street_rows

Parts = list[tuple[District, Net, list[Facility]]]
"""Each district with its net and its facilities."""
GRID_WORKER = "宋桂兰"
"""The grid worker who has a demo account."""


@dataclass(frozen=True)
class Codes:
    """The codes of one district, by the positions that the generator uses."""

    county: str
    offices: list[str]
    communities: list[str]
    grids: list[str]
    compounds: list[str]


def county_code(number: int) -> str:
    """The code of the ``number``-th district: none of them is given to a real county.

    371399 is free in 临沂 (3713); 3799 is no prefecture of 山东 (37), whose last is 3717.
    """
    return "371399" if number == 0 else f"3799{number:02d}"


def give_codes(district: District, net: Net) -> Codes:
    """Codes by place, in the order in which the system gives them."""
    county = county_code(district.number)
    units = district.units
    communities = range(len(district.community_names))
    shapes = [
        union(np.array([u.polygon for u in units if u.community == community]))
        for community in communities
    ]
    centres = [(shape.centroid.x, shape.centroid.y) for shape in shapes]
    offices = range(len(district.office_names))
    members = [[c for c in communities if district.community_office[c] == o] for o in offices]
    office_centres = [
        tuple(np.mean([centres[c] for c in group], axis=0).tolist()) for group in members
    ]
    office_codes = [""] * len(members)
    codes = [""] * len(district.community_names)
    for rank, office in enumerate(reading_order(office_centres)):
        office_codes[office] = f"{county}{rank + 1:03d}"
        group = members[office]
        for place, position in enumerate(reading_order([centres[c] for c in group])):
            codes[group[position]] = f"{office_codes[office]}{place + 1:03d}"
    return Codes(
        county,
        office_codes,
        codes,
        [f"{codes[grid.community]}{grid.number:03d}" for grid in net.grids],
        _compound_codes(district, codes),
    )


def _compound_codes(district: District, communities: list[str]) -> list[str]:
    compounds = district.filled.compounds
    out = [""] * len(compounds)
    for community, code in enumerate(communities):
        group = [i for i, c in enumerate(compounds) if c.community == community]
        points = [(compounds[i].polygon.centroid.x, compounds[i].polygon.centroid.y) for i in group]
        for place, position in enumerate(reading_order(points)):
            out[group[position]] = f"{code}C{place + 1:03d}"
    return out


def in_degrees(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Ground metres to WGS 84; borders that were shared stay shared."""
    return np.asarray(
        shapely.transform(shapes, lambda xy: np.column_stack(to_degrees(xy[:, 0], xy[:, 1])))
    )


def _many(shapes: list[BaseGeometry]) -> NDArray[np.object_]:
    polygons = in_degrees(np.array(shapes, dtype=object))
    return np.array([shapely.multipolygons(shapely.get_parts(p)) for p in polygons], dtype=object)


def _frame(rows: list[dict[str, Any]], shapes: NDArray[np.object_]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame.from_records(rows)
    for column in ("since", "ended"):
        if column not in frame:
            frame[column] = None
        frame[column] = pd.to_datetime(frame[column], utc=True)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


_SIDES = ("大门", "二门", "侧门")


def make_frames(parts: Parts, codes: list[Codes], until: datetime) -> dict[str, gpd.GeoDataFrame]:
    """The layers by name; ``since`` and ``ended`` bound what held when."""
    recut = until - timedelta(days=RECUT_DAYS)
    return {
        "areas": _areas(parts, codes),
        "grids": _grids(parts, codes, recut),
        "compounds": _compounds(parts, codes, until),
        "buildings": _buildings(parts, codes),
        "facilities": _facilities(parts, codes, until),
        "streets": _streets(parts, codes),
        "gates": _gates(parts, codes),
    }


def _areas(parts: Parts, codes: list[Codes]) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry] = []
    for (district, _, _), code in zip(parts, codes, strict=True):
        households = np.zeros(len(code.communities), dtype=int)
        residents = np.zeros(len(code.communities), dtype=int)
        for compound in district.filled.compounds:
            households[compound.community] += compound.households
            residents[compound.community] += compound.residents
        pieces = [
            union(np.array([u.polygon for u in district.units if u.community == c]))
            for c in range(len(code.communities))
        ]
        number = district.number
        name = naming.DISTRICT if number == 0 else f"{naming.DISTRICT}{number + 1}"
        rows.append(_area("county", code.county, None, name, households, residents, slice(None)))
        shapes.append(union(np.array(pieces)))
        for office, office_code in enumerate(code.offices):
            group = np.flatnonzero(np.array(district.community_office) == office)
            title = district.office_names[office]
            rows.append(
                _area(
                    "street_office", office_code, code.county, title, households, residents, group
                )
            )
            shapes.append(union(np.array(pieces, dtype=object)[group]))
        for community, piece in enumerate(pieces):
            parent = code.offices[district.community_office[community]]
            title = district.community_names[community]
            here = np.array([community])
            rows.append(
                _area("community", code.communities[community], parent, title, households,
                      residents, here)
            )  # fmt: skip
            shapes.append(piece)
    return _frame(rows, _many(shapes))


def _area(
    level: str,
    code: str,
    parent: str | None,
    name: str,
    households: NDArray[np.int_],
    residents: NDArray[np.int_],
    members: Any,
) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "level": level,
        "parent_code": parent,
        "households": int(households[members].sum()),
        "residents": int(residents[members].sum()),
    }


def _grids(parts: Parts, codes: list[Codes], recut: datetime) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry] = []
    for (district, net, _), code in zip(parts, codes, strict=True):
        people = _people_of_units(district)
        workers = _workers(district, code)
        for number, grid in enumerate(net.grids):
            area = code.communities[grid.community]
            community = district.community_names[grid.community]
            rows.append(
                {
                    "code": code.grids[number],
                    "name": f"{community}第{grid.number}网格",
                    "area_code": area,
                    "households": int(people[grid.units, 0].sum()),
                    "residents": int(people[grid.units, 1].sum()),
                    "since": None if grid.before else recut,
                    "ended": None if grid.now else recut,
                    "extra": {"worker": workers[code.grids[number]]},
                }
            )
            shapes.append(grid.shape)
    return _frame(rows, _many(shapes))


def _workers(district: District, codes: Codes) -> dict[str, str]:
    """Who answers for each grid, by code: everybody for one, all of other names.

    The first grid of the first community is that of the demo account's grid worker.
    """
    posts = sorted(set(codes.grids))
    drawn = naming.people(district.rng("posts"), 3 * len(posts))
    names = [name for name in dict.fromkeys(drawn) if name != GRID_WORKER]
    if district.number == 0:
        names.insert(0, GRID_WORKER)
    return dict(zip(posts, names, strict=False))


def _people_of_units(district: District) -> NDArray[np.int_]:
    """Households and residents of each unit; where a grid cuts a compound, by its buildings."""
    people = np.zeros((len(district.units), 2), dtype=int)
    halves = {u.block: i for i, u in enumerate(district.units) if i != u.block}
    for building in district.filled.buildings:
        unit = building.block
        if unit in halves:
            point = shapely.Point(building.footprint.mean(axis=0))
            if district.units[halves[unit]].polygon.contains(point):
                unit = halves[unit]
        people[unit] += building.households, building.residents
    return people


def _compounds(parts: Parts, codes: list[Codes], until: datetime) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry] = []
    for (district, _, _), code in zip(parts, codes, strict=True):
        rng = district.rng("history")
        firms = naming.firms()
        taken_over = set(rng.choice(len(district.filled.compounds), 9, replace=False).tolist())
        for number, compound in enumerate(district.filled.compounds):
            row = {
                "code": code.compounds[number],
                "name": district.compound_names[number],
                "area_code": code.communities[compound.community],
                "type": compound.type,
                "closed": compound.closed,
                "property_firm": district.compound_firms[number],
                "households": compound.households,
                "residents": compound.residents,
                "since": None,
                "ended": None,
            }
            if number in taken_over and row["property_firm"]:
                day = until - timedelta(days=int(rng.integers(60, 400)))
                former = None if rng.random() < 0.6 else firms[int(rng.integers(len(firms)))]
                if former != row["property_firm"]:
                    rows.append({**row, "property_firm": former, "ended": day})
                    shapes.append(compound.polygon)
                    row["since"] = day
            rows.append(row)
            shapes.append(compound.polygon)
    return _frame(rows, _many(shapes))


_PUBLIC_NAMES = {
    "school": "学校", "kindergarten": "幼儿园", "office": "办公楼", "hospital": "医院",
    "market": "农贸市场", "mall": "商业广场", "factory": "厂房", "shop": "商铺",
    "public": "公园管理房",
}  # fmt: skip


def building_numbers(district: District) -> list[int]:
    """The number of each building within its compound or block, in reading order, from 1."""
    groups: dict[tuple[int, int], list[int]] = {}
    for index, building in enumerate(district.filled.buildings):
        groups.setdefault((building.block, building.compound), []).append(index)
    out = [0] * len(district.filled.buildings)
    for members in groups.values():
        points = [
            tuple(district.filled.buildings[i].footprint.mean(axis=0).tolist()) for i in members
        ]
        for place, position in enumerate(reading_order(points)):
            out[members[position]] = place + 1
    return out


def _buildings(parts: Parts, codes: list[Codes]) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    rings: list[NDArray[np.float64]] = []
    for (district, _, _), code in zip(parts, codes, strict=True):
        numbers = building_numbers(district)
        for building, number in zip(district.filled.buildings, numbers, strict=True):
            compound = building.compound
            community = code.communities[district.ground.faces[building.block].community]
            if compound >= 0:
                prefix = f"{code.compounds[compound]}-"
                end = "号" if building.pattern in {"house", "court"} else "号楼"
                name = f"{district.compound_names[compound]}{number}{end}"
            else:
                prefix = f"B{community}-{building.block:03d}"
                prefix += "S" if building.use == "shop" else "P"
                name = f"{_PUBLIC_NAMES[building.use]}{number}号"
            rows.append(
                {
                    "code": f"{prefix}{number:03d}",
                    "name": name,
                    "compound_code": code.compounds[compound] if compound >= 0 else None,
                    "area_code": community,
                    "use": building.use,
                    "floors": building.floors,
                    "entrances": building.entrances,
                    "households": building.households,
                    "residents": building.residents,
                    "elderly": building.elderly,
                }
            )
            rings.append(building.footprint)
    polygons = in_degrees(np.asarray(shapely.polygons(np.stack(rings))))
    return _frame(rows, np.asarray(shapely.multipolygons(polygons[:, None])))


def _facilities(parts: Parts, codes: list[Codes], until: datetime) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    points: list[tuple[float, float]] = []
    for (_, _, facilities), code in zip(parts, codes, strict=True):
        for number, facility in enumerate(facilities):
            rows.append(
                {
                    "code": f"F{code.county}{number + 1:03d}",
                    "name": facility.name,
                    "area_code": code.communities[facility.community],
                    "kind": facility.kind,
                    "equipment": facility.equipment,
                    "hours": facility.hours,
                    "address": facility.address,
                    "telephone": facility.telephone,
                    "floor_area_m2": facility.floor_area_m2,
                    "capacity": facility.capacity,
                    "since": None
                    if facility.opened_days is None
                    else until - timedelta(days=facility.opened_days),
                }
            )
            points.append(facility.xy)
    xy = np.array(points)
    return _frame(rows, np.asarray(shapely.points(np.column_stack(to_degrees(xy[:, 0], xy[:, 1])))))


def _streets(parts: Parts, codes: list[Codes]) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    lines: list[shapely.LineString] = []
    built = {district.place for district, _, _ in parts}
    for (district, _, _), code in zip(parts, codes, strict=True):
        for row, line in street_rows(district, built):
            rows.append({"code": f"S{code.county}{len(rows) + 1:06d}", **row})
            lines.append(line)
    return _frame(rows, in_degrees(np.array(lines, dtype=object)))


def _gates(parts: Parts, codes: list[Codes]) -> gpd.GeoDataFrame:
    """Where the ways into each compound pass its border; a way begins on the street outside."""
    rows: list[dict[str, Any]] = []
    points: list[shapely.Point] = []
    seen: Counter[str] = Counter()
    for (district, _, _), code in zip(parts, codes, strict=True):
        filled = district.filled
        borders = [shapely.boundary(compound.polygon) for compound in filled.compounds]
        for x, y, block in filled.gates:
            number = filled.compound_of[block]
            if number < 0:
                continue
            wall = borders[number]
            spot = shapely.line_interpolate_point(
                wall, shapely.line_locate_point(wall, shapely.Point(x, y))
            )
            name = district.compound_names[number]
            mine = seen[code.compounds[number]]
            seen[code.compounds[number]] += 1
            rows.append(
                {
                    "code": f"M{code.compounds[number]}{mine + 1:02d}",
                    "name": f"{name}{_SIDES[min(mine, len(_SIDES) - 1)]}",
                    "area_code": code.communities[filled.compounds[number].community],
                    "compound_code": code.compounds[number],
                }
            )
            points.append(spot)
    return _frame(rows, in_degrees(np.array(points, dtype=object)))
