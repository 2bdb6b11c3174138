"""A generated city as tables in WGS 84: what ``generate`` gives and ``load`` stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.demo import naming
from geodata.demo.district import District, make_district, union
from geodata.demo.nets import Net, reading_order, weave
from geodata.demo.places import Facility, open_places
from geodata.demo.warp import spiral, to_degrees
from geodata.demo.ways import street_rows
from geodata.errors import InvalidInput
from geodata.profiles import KINDS, Profile, load_profile

DEFAULT_SEED = 2026
DEFAULT_UNTIL = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
"""Midnight of 1 July 2026 in China: where a city ends if nothing else is said."""
CASES_A_DISTRICT = 100_000
MONTHS = 18
LARGEST_SCALE = 99
RECUT_DAYS = 183
"""So many days before its end the city's net of grids was changed."""


@dataclass(frozen=True)
class Fault:
    """A fault planted in the net: its rule, the codes involved, and where (WGS 84)."""

    kind: str
    grids: tuple[str, ...]
    compounds: tuple[str, ...]
    where: BaseGeometry


@dataclass(frozen=True)
class DemoUser:
    """A demo account: its name is its role's."""

    name: str
    role: str
    display_name: str
    areas: tuple[str, ...]


@dataclass(frozen=True)
class Codes:
    """The codes of one district, by the positions that the generator uses."""

    county: str
    offices: list[str]
    communities: list[str]
    grids: list[str]
    compounds: list[str]


@dataclass(frozen=True)
class City:
    """The whole city. Frames are in EPSG:4326; ``since`` and ``ended`` bound what held when.

    Cases are many and come in chunks: see ``cases``.
    """

    scale: int
    seed: int
    until: datetime
    case_count: int
    profile: Profile
    areas: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    users: tuple[DemoUser, ...]
    districts: list[District] = field(repr=False)
    codes: list[Codes] = field(repr=False)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """The six layers by their names, in the order in which they refer to each other."""
        names = ("areas", "grids", "compounds", "buildings", "facilities", "streets")
        return {name: getattr(self, name) for name in names}

    def cases(self) -> Iterator[dict[str, Any]]:
        """The cases, district by district, at most some 250,000 at once.

        Each chunk maps the columns of the table ``cases`` to whole columns, in spatial order;
        ``geom`` is (n, 2) longitude and latitude, NaN where a case has an address only.
        """
        from geodata.demo.reporting import report_cases  # noqa: PLC0415 - not needed for the map

        share = np.full(len(self.districts), self.case_count // len(self.districts))
        share[: self.case_count % len(self.districts)] += 1
        for district, codes, count in zip(self.districts, self.codes, share.tolist(), strict=True):
            yield from report_cases(district, codes, count, until=self.until, profile=self.profile)


def generate(
    *,
    scale: int = 1,
    seed: int = DEFAULT_SEED,
    until: datetime = DEFAULT_UNTIL,
    cases: int | None = None,
    profile: Profile | None = None,
) -> City:
    """Generate a city of ``scale`` districts, each of 49 communities and 220 compounds.

    The same ``scale``, ``seed``, ``until`` and ``cases`` give the same city to the byte. ``until``
    is the city's "now": the 18 months of cases end there. ``cases`` is their number in all,
    100,000 a district if not given.

    Raises InvalidInput for a scale or number of cases that cannot be.
    """
    if not 1 <= scale <= LARGEST_SCALE:
        raise InvalidInput(
            "The scale %(scale)s cannot be: give a whole number from 1 to %(largest)s.",
            scale=scale,
            largest=LARGEST_SCALE,
        )
    if cases is not None and cases < 0:
        raise InvalidInput("The number of cases cannot be negative.")
    profile = profile or load_profile("linyi")
    _check_words(profile)
    band = (profile.grid_band.low, profile.grid_band.high)
    equipment = profile.keys("equipment")
    until = until.astimezone(UTC)
    parts = []
    places = spiral(scale)
    for number, place in enumerate(places):
        district = make_district(number, place, seed, band=band)
        net = weave(district)
        parts.append((district, net, open_places(district, equipment)))
    codes = [_codes(district, net) for district, net, _ in parts]
    recut = until - timedelta(days=RECUT_DAYS)
    frames = _frames(parts, codes, recut, until)
    return City(
        scale=scale,
        seed=seed,
        until=until,
        case_count=CASES_A_DISTRICT * scale if cases is None else cases,
        profile=profile,
        faults=tuple(
            Fault(
                fault.kind,
                tuple(code.grids[grid] for grid in fault.grids),
                () if fault.compound is None else (code.compounds[fault.compound],),
                in_degrees(np.array([fault.where], dtype=object))[0],
            )
            for (_, net, _), code in zip(parts, codes, strict=True)
            for fault in net.faults
        ),
        users=_users(codes[0]),
        districts=[district for district, _, _ in parts],
        codes=codes,
        **frames,
    )


def _check_words(profile: Profile) -> None:
    """Refuse a profile that does not know the words in which the demo city speaks."""
    own = load_profile("linyi")
    for kind in KINDS:
        unknown = sorted(set(own.keys(kind)) - set(profile.keys(kind)))
        if unknown:
            raise InvalidInput(
                "The demo city speaks the words of the profile linyi; this profile lacks "
                "%(words)s among its %(kind)s. Set WANGGE_PROFILE=linyi for the demo.",
                words=", ".join(unknown),
                kind=kind,
            )


def county_code(number: int) -> str:
    """The code of the ``number``-th district: none of them is given to a real county.

    371399 is free in 临沂 (3713); 3799 is no prefecture of 山东 (37), whose last is 3717.
    """
    return "371399" if number == 0 else f"3799{number:02d}"


def _codes(district: District, net: Net) -> Codes:
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


_Parts = list[tuple[District, Net, list[Facility]]]


def _frames(
    parts: _Parts, codes: list[Codes], recut: datetime, until: datetime
) -> dict[str, gpd.GeoDataFrame]:
    return {
        "areas": _areas(parts, codes),
        "grids": _grids(parts, codes, recut),
        "compounds": _compounds(parts, codes, until),
        "buildings": _buildings(parts, codes),
        "facilities": _facilities(parts, codes, until),
        "streets": _streets(parts, codes),
    }


def _areas(parts: _Parts, codes: list[Codes]) -> gpd.GeoDataFrame:
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


def _grids(parts: _Parts, codes: list[Codes], recut: datetime) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry] = []
    for (district, net, _), code in zip(parts, codes, strict=True):
        people = _people_of_units(district)
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
                }
            )
            shapes.append(grid.shape)
    return _frame(rows, _many(shapes))


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


def _compounds(parts: _Parts, codes: list[Codes], until: datetime) -> gpd.GeoDataFrame:
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


def _buildings(parts: _Parts, codes: list[Codes]) -> gpd.GeoDataFrame:
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


def _facilities(parts: _Parts, codes: list[Codes], until: datetime) -> gpd.GeoDataFrame:
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
                    "since": None
                    if facility.opened_days is None
                    else until - timedelta(days=facility.opened_days),
                }
            )
            points.append(facility.xy)
    xy = np.array(points)
    return _frame(rows, np.asarray(shapely.points(np.column_stack(to_degrees(xy[:, 0], xy[:, 1])))))


def _streets(parts: _Parts, codes: list[Codes]) -> gpd.GeoDataFrame:
    rows: list[dict[str, Any]] = []
    lines: list[shapely.LineString] = []
    built = {district.place for district, _, _ in parts}
    for (district, _, _), code in zip(parts, codes, strict=True):
        for row, line in street_rows(district, built):
            rows.append({"code": f"S{code.county}{len(rows) + 1:06d}", **row})
            lines.append(line)
    return _frame(rows, in_degrees(np.array(lines, dtype=object)))


def _users(codes: Codes) -> tuple[DemoUser, ...]:
    """The demo accounts: a planner for the whole, one for a street office, a worker's community."""
    return (
        DemoUser("admin", "admin", "系统管理员", ()),
        DemoUser("planner", "planner", "规划员 沈文涛", ()),
        DemoUser("planner_office", "planner", "街道规划员 吕晓梅", (min(codes.offices),)),
        DemoUser("commander", "commander", "指挥长 高建军", ()),
        DemoUser("worker", "worker", "网格员 宋桂兰", (min(codes.communities),)),
        DemoUser("viewer", "viewer", "观察员 许明", ()),
    )
