"""Whether people have near what everybody is to have near, and whether there is room for them."""

from __future__ import annotations

import math
from typing import Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, Field

from api.downloads import EXCEL, download, file_of
from api.languages import language
from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.reach import ApartPlace, HoursTold, apart_told, hours_told, known
from api.v1.reach_asking import ReachQuery
from geodata.cases.clocks.calendar import workdays
from geodata.reach import covering
from geodata.reach.coverage.counting import Sum
from geodata.reach.coverage.homes import WEIGHTS
from geodata.reach.coverage.judging import Held
from geodata.reach.coverage.recording import Sheet, StandardHere
from geodata.reach.coverage.serving import Served
from geodata.reach.coverage.standards import EVERYTHING, Judged

blueprint = APIBlueprint("reach_standards", __name__, url_prefix="/api/v1/coverage", tag="Reach")


class KindMet(BaseModel):
    """One kind of facility against one standard."""

    kind: str
    facilities: int = Field(description="facilities that count")
    total: float
    covered: float
    share: float | None
    met: bool | None = Field(description="null: nobody is known")


class UnitMet(BaseModel):
    """One area, grid or compound against one standard."""

    code: str
    name: str
    total: float
    covered: float = Field(description="who has all kinds")
    share: float | None
    met: bool | None
    shares: dict[str, float | None] = Field(description="who has each kind, of all: 0 to 1")
    lacking: list[str] = Field(description="kinds by which the standard is not met")


class MissingHere(BaseModel):
    """A kind of facility that people lack somewhere."""

    code: str
    name: str
    kind: str
    without: float = Field(description="how many do not have it near")
    total: float
    share: float | None
    point: tuple[float, float]


class StandardMet(BaseModel):
    """What everybody is to have near, held against what they have."""

    key: str
    name: dict[str, str]
    minutes: float | None = Field(description="on foot; null: in the compound itself")
    in_compound: bool = Field(description="compounds are counted, not people")
    demanded: float = Field(description="how many of all are to have it, 0 to 1")
    total: float
    covered: float = Field(description="who has all kinds")
    share: float | None
    met: bool | None
    kinds: list[KindMet]
    units: list[UnitMet]
    missing: list[MissingHere] = Field(description="most people without it first")


class PlaceLoad(BaseModel):
    """What a place can hold against who comes."""

    code: str
    name: str
    capacity: float | None = Field(description="people it can serve; null: not stated")
    people: float = Field(description="who have it nearest")
    over: float | None = Field(description="more than it can serve")
    given: float = Field(description="who get room when places are filled in order of nearness")


class KindLoad(BaseModel):
    """The room in all places of one kind."""

    kind: str
    weight: str = Field(description="who is counted")
    places: int
    stating: int = Field(description="places that state their capacity; others have room for all")
    people: float = Field(description="who lives within reach of one of them")
    overloaded: int
    no_room: float = Field(description="who finds no room")
    rows: list[PlaceLoad]


class StandardsAnswer(BaseModel):
    """The standards of the city, and the room in its places."""

    way: str
    walker: str
    weight: str
    by: str
    area: str
    basis: str
    standards: list[StandardMet]
    capacity: list[KindLoad]
    apart: list[ApartPlace]
    hours: HoursTold | None


class NearestThere(BaseModel):
    """The place to which people without one go."""

    code: str
    name: str
    minutes: float = Field(description="on foot, the median of those who have it nearest")
    inside: bool = Field(description="it stands in the area itself")


class KindInArea(BaseModel):
    """One kind of facility in one area."""

    kind: str
    total: float
    covered: float
    share: float | None
    met: bool | None
    facilities: int = Field(description="how many of them stand in the area")
    nearest: NearestThere | None = Field(description="null: nobody can come to any")


class LackedHere(BaseModel):
    """A kind that a compound lacks."""

    kind: str
    nearest: NearestThere | None = Field(description="null: nobody can come to any")


class CompoundLacks(BaseModel):
    """A compound at least half of whose people lack some kinds."""

    code: str
    name: str
    households: float
    lacked: list[LackedHere]


class StandardInArea(BaseModel):
    """One standard in one area."""

    key: str
    name: dict[str, str]
    minutes: float | None
    in_compound: bool
    demanded: float
    missing: list[str]
    kinds: list[KindInArea]
    compounds: list[CompoundLacks]


class PlaceInArea(BaseModel):
    """A place that stands in the area or serves people of it."""

    code: str
    name: str
    kind: str
    inside: bool = Field(description="it stands in the area itself")
    hours: str
    is_open: bool | None = Field(
        description="at the hour that was asked; null: none was, or it is not known"
    )
    capacity: float | None = Field(description="people it can serve; null: not stated")
    people: float | None = Field(
        description="who have it nearest of its kind within the minutes that were asked; null: it "
        "is not joined to the streets"
    )
    here: float | None = Field(description="of these, who live in the area")
    over: float | None = Field(description="more than it can serve")


class SumInArea(BaseModel):
    """How many of all."""

    total: float
    covered: float
    share: float | None


class BandInArea(BaseModel):
    """Who has a place with a service circle within so many minutes."""

    minutes: float
    households: SumInArea
    residents: SumInArea
    elderly: SumInArea


class AreaSheet(BaseModel):
    """One area on a page."""

    way: str
    walker: str
    weight: str
    basis: str
    code: str
    name: str
    level: str
    above: list[dict[str, str]]
    households: float
    residents: float
    elderly: float
    compounds: int
    buildings: int
    bands: list[BandInArea]
    served: str = Field(description="who is counted as coming to a place")
    facilities: list[PlaceInArea]
    standards: list[StandardInArea]
    apart: list[ApartPlace] = Field(description="what could not be joined to the streets")
    hours: HoursTold | None


@blueprint.get("/standards")
@blueprint.input(ReachQuery, location="query")
@blueprint.output(StandardsAnswer)
@blueprint.doc(summary="What everybody is to have near", responses=[400, 401, 403, 404])
def get_standards(query_data: ReachQuery) -> Any:
    """Each standard by kind and area, what is missing where, and the room in places."""
    found = covering.judged(
        database,
        current_actor(),
        profile,
        query_data.wish(),
        at=query_data.moment(),
        calendar=workdays,
    )
    wish = found.asked.wish
    return {
        "way": found.way,
        "walker": found.asked.walker,
        "weight": wish.weight,
        "by": found.asked.by,
        "area": wish.area,
        "basis": found.basis,
        "standards": [_standard(one) for one in found.standards],
        "capacity": [_load(one) for one in found.capacity],
        "apart": apart_told(found.apart),
        "hours": hours_told(found.hours, found.unknown_hours, unknown_is_open=wish.unknown_is_open),
    }


@blueprint.get("/areas/<code>")
@blueprint.input(ReachQuery, location="query")
@blueprint.output(AreaSheet)
@blueprint.doc(summary="One area on a page", responses=[400, 401, 403, 404])
def get_area_sheet(code: str, query_data: ReachQuery) -> Any:
    """Its figures, what it lacks, and where the nearest of it is."""
    found = covering.sheet_of(
        database,
        current_actor(),
        profile,
        code,
        query_data.wish(),
        at=query_data.moment(),
        calendar=workdays,
    )
    return _sheet(found)


@blueprint.get("/areas/<code>.xlsx")
@blueprint.input(ReachQuery, location="query")
@blueprint.doc(summary="One area as Excel", responses=file_of(EXCEL))
def get_area_file(code: str, query_data: ReachQuery) -> Response:
    """Each table on a sheet of its own. Needs the right to export."""
    from geodata.exchange.reach_excel import reach_file  # noqa: PLC0415 - openpyxl is heavy

    name, content = reach_file(
        database,
        current_actor(),
        profile,
        code,
        query_data.wish(),
        at=query_data.moment(),
        calendar=workdays,
        language=language(),
    )
    return download(name, content, EXCEL)


def _standard(held: Held) -> dict[str, Any]:
    standard, every = held.standard, held.every
    return {
        "key": standard.key,
        "name": standard.name.model_dump(),
        "minutes": standard.minutes,
        "in_compound": standard.in_compound,
        "demanded": standard.share,
        **_sum(every),
        "kinds": [
            {"kind": kind, "facilities": held.facilities[kind], **_sum(one)}
            for kind, one in held.judged.items()
            if kind != EVERYTHING
        ],
        "units": _units(held),
        "missing": [
            {
                **{key: row[key] for key in ("code", "name", "kind", "without", "total")},
                "share": known(row["share"]),
                "point": (row["lon"], row["lat"]),
            }
            for row in held.missing.to_dict("records")
        ],
    }


def _sum(judged: Judged) -> dict[str, Any]:
    one = judged.sum
    return {"total": one.total, "covered": one.covered, "share": one.share, "met": judged.met}


def _units(held: Held) -> list[dict[str, Any]]:
    kinds = [kind for kind in held.judged if kind != EVERYTHING]
    tables = {kind: held.judged[kind].units for kind in kinds}
    found = []
    for row, unit in enumerate(held.every.units.to_dict("records")):
        shares = {kind: known(tables[kind]["share"].iloc[row]) for kind in kinds}
        met = {kind: tables[kind]["met"].iloc[row] for kind in kinds}
        found.append(
            {
                **{key: unit[key] for key in ("code", "name", "total", "covered", "met")},
                "share": known(unit["share"]),
                "shares": shares,
                "lacking": [kind for kind in kinds if met[kind] is not None and not met[kind]],
            }
        )
    return found


def _load(served: Served) -> dict[str, Any]:
    return {
        "kind": served.kind,
        "weight": served.weight,
        "places": len(served.places),
        "stating": served.stating,
        "people": served.people,
        "overloaded": served.overloaded,
        "no_room": served.no_room,
        "rows": [
            {key: _figure(value) for key, value in row.items()}
            for row in served.places.to_dict("records")
        ],
    }


def _figure(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "way": sheet.way,
        "walker": sheet.asked.walker,
        "weight": sheet.asked.wish.weight,
        "basis": sheet.basis,
        "code": sheet.code,
        "name": sheet.name,
        "level": sheet.level,
        "above": [{"code": code, "name": name} for code, name in sheet.above],
        "households": sheet.households,
        "residents": sheet.residents,
        "elderly": sheet.elderly,
        "compounds": sheet.compounds,
        "buildings": sheet.buildings,
        "bands": [
            {
                "minutes": one.minutes,
                **{weight: _figures(getattr(one, weight)) for weight in WEIGHTS},
            }
            for one in sheet.bands
        ],
        "served": sheet.served,
        "facilities": [{**vars(one), "over": one.over} for one in sheet.facilities],
        "standards": [_in_area(one) for one in sheet.standards],
        "apart": apart_told(sheet.apart),
        "hours": hours_told(
            sheet.hours, sheet.unknown_hours, unknown_is_open=sheet.asked.wish.unknown_is_open
        ),
    }


def _figures(one: Sum) -> dict[str, Any]:
    return {"total": one.total, "covered": one.covered, "share": one.share}


def _in_area(here: StandardHere) -> dict[str, Any]:
    standard = here.standard
    return {
        "key": standard.key,
        "name": standard.name.model_dump(),
        "minutes": standard.minutes,
        "in_compound": standard.in_compound,
        "demanded": standard.share,
        "missing": list(here.missing),
        "kinds": [
            {
                "kind": one.kind,
                "total": one.sum.total,
                "covered": one.sum.covered,
                "share": one.sum.share,
                "met": one.met,
                "facilities": one.facilities,
                "nearest": one.nearest and vars(one.nearest),
            }
            for one in here.kinds
        ],
        "compounds": [
            {
                **{key: getattr(one, key) for key in ("code", "name", "households")},
                "lacked": [
                    {"kind": lacked.kind, "nearest": lacked.nearest and vars(lacked.nearest)}
                    for lacked in one.lacked
                ],
            }
            for one in here.compounds
        ],
    }
