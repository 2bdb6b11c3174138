"""Addresses to places: candidates with a score, what speaks for and against each, a verdict.

Points are WGS 84, longitude first; distances are metres.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from geodata.places.addressing.naming import Names, Told
from geodata.places.addressing.reading import Address, clean, read
from geodata.places.addressing.records import Area, Building, Compound, Street
from geodata.places.addressing.streets import Streets, Stretch
from geodata.places.addressing.weighing import (
    Evidence,
    Verdict,
    area_score,
    compound_score,
    street_score,
    verdict,
)

MOST: Final = 5
_LEAST_LIKE: Final = 0.55
_LEFT: Final = 0.08
_MOST_LEFT: Final = 3
_BESIDE_M: Final = 400.0
"""A compound no farther than this from a street's middle line is beside the street."""
_ELSEWHERE: Final = ("对面", "旁边", "附近", "隔壁", "对过")

Where = Literal["building", "compound", "street", "area"]


@dataclass(frozen=True)
class Candidate:
    """A place that an address can mean.

    ``agree``, ``missing`` and ``contradict`` name parts of the address: the level keys of the
    areas, ``compound``, ``street``, ``house``, ``building``, ``unit``. ``compound`` is the code of
    the compound where the place is one or stands in one. ``like`` is how like the name is.
    """

    kind: Where
    code: str
    name: str
    lon: float
    lat: float
    score: float
    like: float
    compound: str | None
    area: str | None
    agree: tuple[str, ...]
    missing: tuple[str, ...]
    contradict: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """What was read and what it can mean, the best first; ``verdict`` judges the first."""

    address: Address
    verdict: Verdict
    candidates: tuple[Candidate, ...]


class Index:
    """The places that addresses are matched against."""

    def __init__(
        self,
        *,
        areas: Iterable[Area] = (),
        compounds: Iterable[Compound] = (),
        buildings: Iterable[Building] = (),
        streets: Iterable[Street] = (),
    ) -> None:
        """Aliases and old names are in the records. Of one code the last record counts."""
        self._areas = {area.code: area for area in areas}
        self._compounds = {compound.code: compound for compound in compounds}
        self._above = {code: self._chain(code) for code in self._areas}
        self._levels = sorted({area.level for area in self._areas.values()})
        self._buildings: dict[tuple[str, str], Building] = {}
        self._houses: dict[tuple[str, str], list[Building]] = defaultdict(list)
        for building in sorted(buildings, key=lambda building: building.code, reverse=True):
            if building.compound and building.number:
                self._buildings[building.compound, clean(building.number)] = building
            if building.street and building.house:
                self._houses[clean(building.street), clean(building.house)].insert(0, building)
        self._numbered = {compound for compound, _ in self._buildings}
        inside = {clean(c.name) + "内部路" for c in self._compounds.values()}
        self._streets = Streets(
            (s for s in streets if s.name and clean(s.name) not in inside), self._above
        )
        self._names = Names(self._named())

    def match(self, texts: Iterable[str]) -> list[Match]:
        """What each text can mean, in their order."""
        return [self._match(text) for text in texts]

    def _named(self) -> Iterable[tuple[Literal["area", "compound", "street"], str, str]]:
        for area in self._areas.values():
            for name in (area.name, *area.names, *_other_words(area.name)):
                yield "area", name, area.code
        for compound in self._compounds.values():
            for name in (compound.name, *compound.names):
                yield "compound", name, compound.code
        for name in self._streets.names:
            yield "street", name, name

    def _chain(self, code: str) -> tuple[str, ...]:
        """The area itself and those above it; a ring of parents ends where it closes."""
        out: list[str] = []
        while code in self._areas and code not in out:
            out.append(code)
            code = self._areas[code].parent or ""
        return tuple(out)

    def _match(self, text: str) -> Match:
        address = read(text)
        exact = self._names.exact(address.text)
        areas = [told for told in exact if told.kind == "area"]
        streets = [told for told in exact if told.kind == "street"]
        found = self._of_compounds(
            address, [told for told in exact if told.kind == "compound"], areas, streets
        )
        found.sort(key=_rank)
        if not found or found[0].contradict:
            hidden = [(told.start, told.end) for told in (*areas, *streets)]
            near = self._names.near(address.text, hidden, address.at, _LEAST_LIKE)
            near = [_less_like(address, told) for told in near if not _part_of_area(told, near)]
            areas = areas + self._areas_nearly(near, areas)
            streets = streets or _best([told for told in near if told.kind == "street"])
            told_compounds = [told for told in (*exact, *near) if told.kind == "compound"]
            found = self._of_compounds(address, told_compounds, areas, streets)
        found += self._of_streets(address, streets, areas)
        if not found:
            found = self._of_areas(areas)
        found.sort(key=_rank)
        return Match(address, verdict(found), tuple(found[:MOST]))

    def _areas_nearly(self, near: Sequence[Told], known: Sequence[Told]) -> list[Told]:
        """The likeliest area of each level that the text does not tell exactly."""
        levels = {self._areas[code].level for told in known for code in told.places}
        out = []
        for level in self._levels:
            if level not in levels:
                out += _best(
                    [
                        told
                        for told in near
                        if told.kind == "area" and self._areas[told.places[0]].level == level
                    ]
                )
        return [told for told in out if told.like >= 0.6]

    def _of_compounds(
        self,
        address: Address,
        told: Sequence[Told],
        areas: Sequence[Told],
        streets: Sequence[Told],
    ) -> list[Candidate]:
        best: dict[str, tuple[float, Told]] = {}
        owner = _owner(address, told)
        for name in told:
            like = name.like
            if len(told) > 1 and address.text.startswith(_ELSEWHERE, name.end):
                like *= 0.8
            for code in name.places:
                if code not in best or like > best[code][0]:
                    best[code] = like, name
        return [
            self._compound(
                self._compounds[code],
                address,
                Evidence(like, self._around(self._compounds[code].area, areas)),
                streets,
                owns=owner is None or name.start <= owner <= name.end or name.like < 1.0,
            )
            for code, (like, name) in best.items()
        ]

    def _around(
        self, code: str | None, areas: Sequence[Told]
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Levels on which the text's areas hold this place, and on which they do not."""
        above = self._above.get(code or "", ())
        levels = {self._areas[other].level for other in above}
        agree: dict[str, float] = {}
        contradict: dict[str, float] = {}
        for told in areas:
            held = [other for other in told.places if other in above]
            level = self._areas[(held or told.places)[0]].level
            if held:
                agree[level] = max(told.like, agree.get(level, 0.0))
            elif level in levels:
                contradict[level] = max(told.like, contradict.get(level, 0.0))
        return agree, {level: like for level, like in contradict.items() if level not in agree}

    def _compound(
        self,
        compound: Compound,
        address: Address,
        evidence: Evidence,
        streets: Sequence[Told],
        *,
        owns: bool,
    ) -> Candidate:
        building = None
        if address.building and owns and compound.code in self._numbered:
            building = self._buildings.get((compound.code, address.building))
            evidence.hold("building", fits=building is not None)
        if building and address.unit.isdigit() and building.entrances:
            evidence.hold("unit", fits=int(address.unit) <= building.entrances)
        for told in streets:
            if self._streets.distance(told.places[0], compound.lon, compound.lat) <= _BESIDE_M:
                evidence.hold("street", fits=True)
        place = building or compound
        agree, missing, contradict = evidence.parts(
            (*(self._areas[c].level for c in self._above.get(compound.area or "", ())), "building")
        )
        return Candidate(
            kind="building" if building else "compound",
            code=place.code,
            name=_called(building, compound),
            lon=place.lon,
            lat=place.lat,
            score=compound_score(evidence),
            like=evidence.like,
            compound=compound.code,
            area=compound.area,
            agree=("compound", *agree),
            missing=missing,
            contradict=contradict,
        )

    def _of_streets(
        self, address: Address, told: Sequence[Told], areas: Sequence[Told]
    ) -> list[Candidate]:
        inside = [code for area in areas if area.like >= 0.75 for code in area.places]
        out = []
        for name in told:
            street = name.places[0]
            beyond = bool(address.building) and address.at != name.end
            out.append(self._street(self._streets.stretch(street, inside), name, areas, beyond))
            houses = self._houses.get((street, address.house or address.building), ())
            out += [self._house(house, name, areas) for house in houses if not beyond]
        return out

    def _street(
        self,
        stretch: Stretch,
        told: Told,
        areas: Sequence[Told],
        beyond: bool,  # noqa: FBT001 - a building is told that the street is not the whole way to
    ) -> Candidate:
        evidence = Evidence(told.like, self._around(stretch.area, areas))
        if beyond:
            evidence.hold("building", fits=False)
        agree, missing, contradict = evidence.parts((*self._levels, "house"))
        return Candidate(
            kind="street",
            code=stretch.code,
            name=stretch.name,
            lon=stretch.lon,
            lat=stretch.lat,
            score=street_score(evidence, reach_m=stretch.reach_m),
            like=told.like,
            compound=None,
            area=stretch.area,
            agree=("street", *agree),
            missing=missing,
            contradict=contradict,
        )

    def _house(self, house: Building, told: Told, areas: Sequence[Told]) -> Candidate:
        compound = self._compounds.get(house.compound or "")
        area = house.area or (compound.area if compound else None)
        evidence = Evidence(told.like, self._around(area, areas))
        evidence.hold("house", fits=True)
        agree, missing, contradict = evidence.parts(tuple(self._levels))
        return Candidate(
            kind="building",
            code=house.code,
            name=house.name or f"{house.street}{house.house}号",
            lon=house.lon,
            lat=house.lat,
            score=compound_score(evidence),
            like=told.like,
            compound=house.compound,
            area=area,
            agree=("street", *agree),
            missing=missing,
            contradict=contradict,
        )

    def _of_areas(self, areas: Sequence[Told]) -> list[Candidate]:
        out = []
        for told in areas:
            for code in told.places:
                area = self._areas[code]
                evidence = Evidence(told.like, self._around(code, areas))
                agree, _, contradict = evidence.parts(())
                out.append(
                    Candidate(
                        kind="area",
                        code=code,
                        name=area.name,
                        lon=area.lon,
                        lat=area.lat,
                        score=area_score(evidence, depth=len(self._above[code])),
                        like=told.like,
                        compound=None,
                        area=code,
                        agree=agree,
                        missing=("compound", "building"),
                        contradict=contradict,
                    )
                )
        return list({candidate.code: candidate for candidate in out}.values())


def _rank(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.code


def _best(told: list[Told]) -> list[Told]:
    """The likeliest, all of them if several are as like."""
    top = max((name.like for name in told), default=0.0)
    return [name for name in told if name.like >= top - 1e-9]


def _less_like(address: Address, told: Told) -> Told:
    """A name that is nearly right explains less where it leaves signs of its part unexplained."""
    start = address.text.find(address.compound) if address.compound else -1
    end = start + len(address.compound)
    shared = min(end, told.end) - max(start, told.start)
    if told.kind != "compound" or told.like == 1.0 or start < 0 or shared <= 0:
        return told
    left = min(len(address.compound) - shared, _MOST_LEFT)
    return replace(told, like=max(0.0, told.like - _LEFT * left))


def _part_of_area(told: Told, near: Sequence[Told]) -> bool:
    """Whether what is like this name is more like an area's: 金桥接道 is no 金桥路."""
    return told.kind != "area" and any(
        area.kind == "area"
        and area.like > told.like
        and area.start < told.end
        and told.start < area.end
        for area in near
    )


def _owner(address: Address, told: Sequence[Told]) -> int | None:
    """Where the exact name that the building's number belongs to ends; none: it is everybody's."""
    ends = [name.end for name in told if name.like == 1.0 and name.end <= address.at]
    return max(ends, default=None)


def _called(building: Building | None, compound: Compound) -> str:
    if building is None:
        return compound.name
    return building.name or f"{compound.name}{building.number}号楼"


def _other_words(name: str) -> tuple[str, ...]:
    """What else people call such an area."""
    if name.endswith("社区"):
        return name[:-2] + "居委会", name[:-2] + "居委"
    if name.endswith("街道"):
        return name + "办事处", name + "办"
    if name.endswith("村"):
        return name + "委会", name[:-1] + "居委会"
    return ()
