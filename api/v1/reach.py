"""Who lives within a walk of a place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from api.languages import language
from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.moments import AtQuery
from api.v1.reach_asking import ReachQuery
from geodata.cases.clocks.calendar import workdays
from geodata.exchange.street_words import Note, note_of_remark, note_of_shift
from geodata.reach import covering
from geodata.words import sentence as _
from geodata.words import translate

ISLANDS: Final = 20
_LAYERS: Final = {
    "facilities": _("Facilities"),
    "buildings": _("Buildings"),
    "compounds": _("Compounds"),
}

blueprint = APIBlueprint("reach", __name__, url_prefix="/api/v1", tag="Reach")


class AreaCoverage(BaseModel):
    """Who lives within reach in one community."""

    code: str
    name: str
    households: float = Field(description="all who are counted: households, or the weight asked")
    covered: float
    share: float | None = Field(description="covered of all, 0 to 1; null: nobody is known")


class UncoveredCompound(BaseModel):
    """A compound of whose people less than half are within reach."""

    code: str
    name: str
    area_code: str | None
    area_name: str
    households: float
    share: float
    point: tuple[float, float]


class CoverageRow(BaseModel):
    """One building, compound, grid, area or kind of facility."""

    code: str
    name: str
    total: float
    covered: float
    share: float | None
    minutes: float | None = Field(
        None, description="to the nearest place from its nearest home; null: none is reached"
    )
    facilities: int | None = Field(None, description="of a kind: how many count")
    point: tuple[float, float] | None = Field(None, description="lon, lat of a point inside")


class Elsewhere(BaseModel):
    """Who lives in none of the rows; with them the sums are the whole."""

    total: float
    covered: float


class WayDiffers(BaseModel):
    """Who is within reach by one way of counting alone."""

    only_circle: float
    only_network: float


class ApartPlace(BaseModel):
    """What could not be joined to the streets; it counts as out of reach."""

    layer: str
    code: str
    name: str
    reason: str = Field(description="far, island, walled, nowhere")
    households: float


class UnknownHours(BaseModel):
    """A place whose hours are not known."""

    code: str
    name: str
    hours: str
    reason: str = Field(description="unstated, unreadable, uncertain")


class HoursTold(BaseModel):
    """At which moment places must be open, and whose hours are not known."""

    moment: str
    feast: bool = Field(description="the day is a public holiday")
    worked: bool = Field(description="the day is worked; some weekend days are, for a feast")
    unknown_counts_as: str = Field(description="open or closed")
    unknown: list[UnknownHours]


class CoverageAnswer(BaseModel):
    """Who lives within reach."""

    minutes: float
    way: str = Field(description="network, or circle: also where no street may be walked")
    walker: str
    weight: str
    kinds: list[str]
    by: str
    radius_m: float = Field(description="of the circle that the same minutes would make")
    facilities: int = Field(description="facilities that count")
    basis: str = Field(
        description="where households are taken to live: buildings, compounds, areas"
    )
    households: float = Field(description="all who are counted: households, or the weight asked")
    covered: float
    share: float | None
    unstated: float = Field(
        description="households where it is not said how many of those who are counted live there"
    )
    compounds: int = Field(description="compounds in all")
    areas: list[AreaCoverage]
    uncovered: list[UncoveredCompound] = Field(description="the largest first")
    rows: list[CoverageRow]
    elsewhere: Elsewhere
    differs: WayDiffers | None = Field(description="null: no street may be walked")
    apart: list[ApartPlace] = Field(description="what could not be joined to the streets")
    hours: HoursTold | None = Field(description="null: opening hours were not asked for")
    remarks: list[dict[str, Any]] = Field(description="what was said of the streets")


class PartApart(BaseModel):
    """Streets that lead to no others."""

    metres: float
    point: tuple[float, float]


class LayerShifted(BaseModel):
    """A layer that would lie much nearer to the streets in another system of coordinates."""

    layer: str
    off_m: float
    text: str


class NetworkTold(BaseModel):
    """The streets as they can be walked."""

    nodes: int
    edges: int
    metres: float = Field(description="of all edges together")
    islands: int = Field(description="connected parts")
    largest_islands: list[float] = Field(description="metres of the first parts, longest first")
    largest_apart: list[PartApart] = Field(
        description="the largest parts that are joined to no other, longest first"
    )
    apart: list[ApartPlace] = Field(description="what could not be joined to the streets")
    shifted: list[LayerShifted] = Field(
        description="layers that lie beside the streets as GCJ-02 and WGS 84 do"
    )
    remarks: list[dict[str, Any]] = Field(
        description="what was said of the streets; `text` says it in words"
    )


@blueprint.get("/coverage")
@blueprint.input(ReachQuery, location="query")
@blueprint.output(CoverageAnswer)
@blueprint.doc(summary="Who lives within a walk of a place", responses=[400, 401, 403, 404])
def get_coverage(query_data: ReachQuery) -> Any:
    """By community or whatever is asked, and the compounds outside."""
    found = covering.cover(
        database,
        current_actor(),
        profile,
        query_data.wish(),
        at=query_data.moment(),
        calendar=workdays,
    )
    covered, asked = found.coverage, found.asked
    return {
        "minutes": found.minutes,
        "way": found.way,
        "walker": asked.walker,
        "weight": asked.wish.weight,
        "kinds": list(asked.kinds),
        "by": asked.by,
        "radius_m": found.radius_m,
        "facilities": found.facilities,
        "basis": covered.basis,
        "households": covered.households,
        "covered": covered.covered,
        "share": covered.share,
        "unstated": found.silent,
        "compounds": len(covered.compounds),
        "areas": [
            {**row, "share": known(row["share"])} for row in covered.areas.to_dict("records")
        ],
        "uncovered": _uncovered(found),
        "rows": [_row(row) for row in found.rows.to_dict("records")],
        "elsewhere": {"total": found.elsewhere.total, "covered": found.elsewhere.covered},
        "differs": found.differs
        and {
            "only_circle": found.differs.only_circle,
            "only_network": found.differs.only_network,
        },
        "apart": apart_told(found.apart),
        "hours": hours_told(
            found.hours, found.unknown_hours, unknown_is_open=asked.wish.unknown_is_open
        ),
        "remarks": list(found.remarks),
    }


@blueprint.get("/reach/network")
@blueprint.input(AtQuery, location="query")
@blueprint.output(NetworkTold)
@blueprint.doc(summary="What became of the streets", responses=[400, 401, 403])
def get_network(query_data: AtQuery) -> Any:
    """How many there are that can be walked, and what could not be joined to them."""
    found = covering.streets_told(database, current_actor(), profile, at=query_data.moment())
    return {
        "nodes": found.nodes,
        "edges": found.edges,
        "metres": found.metres,
        "islands": len(found.islands),
        "largest_islands": list(found.islands[:ISLANDS]),
        "largest_apart": [
            {"metres": metres, "point": (lon, lat)} for metres, lon, lat in found.largest
        ],
        "apart": apart_told(found.apart),
        "shifted": [
            {
                "layer": layer,
                "off_m": one.off_m,
                "text": _said(note_of_shift(one, translate(_LAYERS[layer], language()))),
            }
            for layer, one in found.shifted
        ],
        "remarks": [
            {**remark, "text": " ".join(map(_said, note_of_remark(remark)))}
            for remark in found.remarks
        ],
    }


def _said(note: Note) -> str:
    words, params = note
    return translate(words, language(), **params)


def known(value: float) -> float | None:
    """A figure; None where there is none."""
    return value if math.isfinite(value) else None


def apart_told(apart: tuple[Any, ...]) -> list[dict[str, Any]]:
    """What could not be joined to the streets."""
    return [
        {
            "layer": one.layer,
            "code": one.code,
            "name": one.name,
            "reason": one.reason,
            "households": one.people,
        }
        for one in apart
    ]


def hours_told(
    hours: Any, unknown: tuple[tuple[str, str, str, str], ...], *, unknown_is_open: bool
) -> dict[str, Any] | None:
    """At which moment places must be open."""
    if hours is None:
        return None
    return {
        "moment": hours.moment.isoformat(timespec="minutes"),
        "feast": hours.opening.is_feast,
        "worked": hours.opening.is_worked,
        "unknown_counts_as": "open" if unknown_is_open else "closed",
        "unknown": [
            dict(zip(("code", "name", "hours", "reason"), one, strict=True)) for one in unknown
        ],
    }


def _uncovered(found: covering.Reach) -> list[dict[str, Any]]:
    return [
        {
            "code": row.code,
            "name": row.name,
            "area_code": row.area_code,
            "area_name": found.area_names.get(row.area_code, ""),
            "households": row.households,
            "share": row.share,
            "point": (row.geometry.x, row.geometry.y),
        }
        for row in found.coverage.uncovered().itertuples(index=False)
    ]


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {key: row[key] for key in ("code", "name", "total", "covered")}
    told["share"] = known(row["share"])
    if "facilities" in row:
        return {**told, "facilities": row["facilities"]}
    return {**told, "minutes": known(round(row["minutes"], 2)), "point": (row["lon"], row["lat"])}
