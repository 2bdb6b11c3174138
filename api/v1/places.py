"""The district: its figures, a record with its past, and finding a place by name."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.moments import AtQuery
from geodata.places import querying, searching

blueprint = APIBlueprint("places", __name__, url_prefix="/api/v1/places", tag="Places and records")


class GridSizes(BaseModel):
    """Households per grid against the band of the profile."""

    count: int
    unknown: int = Field(description="grids that state no households")
    below: int
    within: int
    above: int
    low: int
    high: int
    households: list[int] = Field(description="of each grid that states them, ascending")


class DistrictSummary(BaseModel):
    """The district in figures, at a moment."""

    name: str = Field(description="of the largest area, if it is one alone")
    counts: dict[str, int] = Field(description="records of each layer")
    levels: dict[str, int] = Field(description="areas of each level")
    households: int | None
    residents: int | None
    grids: GridSizes
    box: tuple[float, float, float, float] | None = Field(
        description="west, south, east, north in WGS 84 degrees; null: nothing is there"
    )
    sources: list[str] = Field(description="attributions to show")
    synthetic: bool = Field(description="whether the data, or part of them, are generated")
    first_day: datetime | None = Field(description="the earliest change known")


class PlaceVersion(BaseModel):
    """One version of a record and the period in which it held."""

    held_from: datetime | None = Field(description="null: since ever")
    held_until: datetime | None = Field(description="null: until now")
    properties: dict[str, Any]
    attribution: str
    area_m2: float
    length_m: float
    point: tuple[float, float] = Field(description="longitude, latitude of a point on it")
    box: tuple[float, float, float, float]


class PlaceAbove(BaseModel):
    """What something lies in."""

    layer: str
    code: str
    name: str


class PlaceRecord(BaseModel):
    """One thing with all its versions, newest first."""

    layer: str
    code: str
    current: PlaceVersion
    versions: list[PlaceVersion]
    above: list[PlaceAbove] = Field(description="the largest first")
    inside: dict[str, int] = Field(description="how many of each layer lie in it")


class SearchQuery(AtQuery):
    """What is looked for."""

    q: str = Field("", max_length=100, description="part of a name, or the beginning of a code")
    limit: int = Field(12, ge=1, le=50)


class FoundPlace(BaseModel):
    """A place whose name or code fits."""

    layer: str
    code: str
    name: str
    kind: str | None
    area_name: str
    point: tuple[float, float]
    box: tuple[float, float, float, float]


class FoundPlaces(BaseModel):
    """The nearest fits first."""

    places: list[FoundPlace]


@blueprint.get("/summary")
@blueprint.input(AtQuery, location="query")
@blueprint.output(DistrictSummary)
@blueprint.doc(summary="The district in figures", responses=[400, 401, 403])
def get_summary(query_data: AtQuery) -> Any:
    """Records, households, grid sizes, extent and sources."""
    found = querying.summary(database, current_actor(), profile, at=query_data.moment())
    body = asdict(found)
    body["grids"] |= {"low": profile.grid_band.low, "high": profile.grid_band.high}
    return body


@blueprint.get("/search")
@blueprint.input(SearchQuery, location="query")
@blueprint.output(FoundPlaces)
@blueprint.doc(summary="Find a place by name or code", responses=[400, 401, 403])
def search(query_data: SearchQuery) -> Any:
    """Areas, compounds, facilities, grids, streets and buildings."""
    found = searching.search(
        database,
        current_actor(),
        query_data.q,
        at=query_data.moment(),
        limit=query_data.limit,
    )
    return {"places": [asdict(place) for place in found]}


@blueprint.get("/<layer>/<code>")
@blueprint.input(AtQuery, location="query")
@blueprint.output(PlaceRecord)
@blueprint.doc(summary="One record with its past", responses=[400, 401, 403, 404])
def get_place(layer: str, code: str, query_data: AtQuery) -> Any:
    """As it stood at the moment, with every version."""
    found = querying.record(database, current_actor(), layer, code, at=query_data.moment())
    body = asdict(found)
    body["above"] = [
        {"layer": above, "code": code, "name": name} for above, code, name in found.above
    ]
    return body
