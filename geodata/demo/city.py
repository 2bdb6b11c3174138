"""A generated city as tables in WGS 84: what ``generate`` gives and ``load`` stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry.base import BaseGeometry

from geodata.demo.district import District, make_district
from geodata.demo.framing import GRID_WORKER, Codes, give_codes, in_degrees, make_frames
from geodata.demo.nets import weave
from geodata.demo.places import open_places
from geodata.demo.reporting import report_cases
from geodata.demo.warp import spiral
from geodata.errors import InvalidInput
from geodata.profiles import KINDS, Profile, load_profile

DEFAULT_SEED = 2026
DEFAULT_UNTIL = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
"""Midnight of 1 July 2026 in China: where a city ends if nothing else is said."""
CASES_A_DISTRICT = 100_000
LARGEST_SCALE = 99


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
    gates: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    users: tuple[DemoUser, ...]
    districts: list[District] = field(repr=False)
    codes: list[Codes] = field(repr=False)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """The layers by their names, in the order in which they refer to each other."""
        names = ("areas", "grids", "compounds", "buildings", "facilities", "streets", "gates")
        return {name: getattr(self, name) for name in names}

    def cases(self) -> Iterator[dict[str, Any]]:
        """The cases, district by district, at most some 250,000 at once.

        Each chunk maps the columns of the table ``cases`` to whole columns, in spatial order;
        ``geom`` is (n, 2) longitude and latitude, NaN where a case has an address only.
        """
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
    codes = [give_codes(district, net) for district, net, _ in parts]
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
        **make_frames(parts, codes, until),
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


def _users(codes: Codes) -> tuple[DemoUser, ...]:
    """The demo accounts: a planner for the whole, one for a street office, a worker's community."""
    return (
        DemoUser("admin", "admin", "系统管理员", ()),
        DemoUser("planner", "planner", "规划员 沈文涛", ()),
        DemoUser("planner_office", "planner", "街道规划员 吕晓梅", (min(codes.offices),)),
        DemoUser("commander", "commander", "指挥长 高建军", ()),
        DemoUser("worker", "worker", f"网格员 {GRID_WORKER}", (min(codes.communities),)),
        DemoUser("viewer", "viewer", "观察员 许明", ()),
    )
