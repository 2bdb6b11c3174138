"""The demo city as records for the matching of addresses, and its places as truth."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from messy_addresses import Home

from geodata.demo import generate
from geodata.places.addressing import Area, Building, Compound, Street

_OLD_FIRST = tuple("永红新光东风建军向群工农长征卫东立新爱民")


@dataclass
class Places:
    """Records, and homes whose code is that of a building, a compound or a street's name."""

    areas: list[Area]
    compounds: list[Compound]
    buildings: list[Building]
    streets: list[Street]
    homes: list[Home]

    def same(self, found: str, meant: str) -> bool:
        """Whether the place found is the one that was meant."""
        if meant.startswith("street:"):
            _, name, office = meant.split(":")
            area = self.street_areas.get(found)
            return area is not None and area[0] == name and (area[1] or "").startswith(office)
        return found == meant

    @cached_property
    def street_areas(self) -> dict[str, tuple[str, str | None]]:
        """Name and area of each piece of street."""
        return {street.code: (street.name, street.area) for street in self.streets}


def city_places(*, seed: int = 2026, doubles: bool = False) -> Places:
    """A generated district; a fifth of its compounds have an old name as well.

    With ``doubles`` a fifth of them bear the name of one in another street office.
    """
    city = generate(seed=seed, cases=0)
    chance = random.Random(seed)  # noqa: S311 - no secret
    areas = city.areas[city.areas.ended.isna()]
    names = dict(zip(areas.code, areas.name, strict=True))
    area_records = [
        Area(code, name, level, parent if isinstance(parent, str) else None, x, y)
        for code, name, level, parent, (x, y) in zip(
            areas.code, areas.name, areas.level, areas.parent_code, _points(areas), strict=True
        )
    ]
    now = city.compounds[city.compounds.ended.isna()]
    compounds = [
        Compound(code, name, area, x, y, _old_names(name, chance))
        for code, name, area, (x, y) in zip(
            now.code, now.name, now.area_code, _points(now), strict=True
        )
    ]
    if doubles:
        compounds = _doubled(compounds, chance)
    by_code = {compound.code: compound for compound in compounds}
    buildings, homes = [], []
    standing = city.buildings[city.buildings.ended.isna()]
    for code, name, compound, area, entrances, (x, y) in zip(
        standing.code, standing.name, standing.compound_code, standing.area_code,
        standing.entrances, _points(standing), strict=True,
    ):  # fmt: skip
        told = re.search(r"(\d+)(号楼?)$", name)
        held = by_code.get(compound) if isinstance(compound, str) else None
        number = told.group(1) if told and held else ""
        buildings.append(
            Building(code, held.code if held else None, number, x, y, int(entrances or 0) or None,
                     area=area)
        )  # fmt: skip
        if held and told:
            homes.append(
                Home(code, _above(held.area, names), held.name, held.names, int(number),
                     int(entrances or 0) if told.group(2) == "号楼" else 0, told.group(2))
            )  # fmt: skip
    streets = _streets(city, area_records)
    homes = homes * 2 + [
        Home(c.code, _above(c.area, names), c.name, c.names) for c in compounds for _ in range(3)
    ]
    homes += _street_homes(streets, names, len(homes) // 25, chance)
    return Places(area_records, compounds, buildings, streets, homes)


def _doubled(compounds: list[Compound], chance: random.Random) -> list[Compound]:
    out = list(compounds)
    spots = chance.sample(range(len(out)), len(out) // 5)
    for spot, other in zip(spots[::2], spots[1::2], strict=False):
        if (out[spot].area or "")[:9] != (out[other].area or "")[:9]:
            out[other] = replace(out[other], name=out[spot].name)
    return out


def _street_homes(
    streets: list[Street], names: dict[str, str], count: int, chance: random.Random
) -> list[Home]:
    named = [s for s in streets if s.area and re.search("[路街巷]$|胡同$", s.name)
             and not s.name.endswith("内部路")]  # fmt: skip
    out = []
    for street in chance.choices(named, k=count):
        assert street.area
        out.append(
            Home(f"street:{street.name}:{street.area[:9]}", _above(street.area, names),
                 street=street.name)
        )  # fmt: skip
    return out


def _streets(city: object, areas: list[Area]) -> list[Street]:
    frame = city.streets[city.streets.ended.isna()]
    frame = frame[frame.name != ""]
    communities = city.areas[city.areas.level == "community"]
    middles = shapely.line_interpolate_point(frame.geometry.to_numpy(), 0.5, normalized=True)
    tree = shapely.STRtree(communities.geometry.to_numpy())
    point, area = tree.query(middles, predicate="intersects")
    home = np.full(len(frame), -1)
    home[point] = area
    codes = communities.code.tolist()
    return [
        Street(code, name, codes[h] if h >= 0 else None, x, y)
        for code, name, h, x, y in zip(
            frame.code, frame.name, home.tolist(), shapely.get_x(middles).tolist(),
            shapely.get_y(middles).tolist(), strict=True,
        )
    ]  # fmt: skip


def _above(code: str, names: dict[str, str]) -> tuple[str, str, str]:
    return names[code[:6]], names[code[:9]], names[code[:12]]


def _old_names(name: str, chance: random.Random) -> tuple[str, ...]:
    if chance.random() > 0.2:
        return ()
    end = chance.choice(("大院", "宿舍", "新村", "职工家属区", "公房"))
    return ("".join(chance.sample(_OLD_FIRST, 2)) + end,)


def _points(frame: object) -> list[tuple[float, float]]:
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    return list(zip(shapely.get_x(points).tolist(), shapely.get_y(points).tolist(), strict=True))
