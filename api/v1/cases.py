"""Cases: the list, one record, columns for maps, counts per place and the figures of the day."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal

from apiflask import APIBlueprint
from flask import Response, current_app, request, stream_with_context
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.serving import database, profile
from api.signing_in import current_actor
from geodata.accounts import require
from geodata.cases import counting, querying
from geodata.cases.filters import CaseFilter, box, hours, moment
from geodata.errors import InvalidInput, NotFound

blueprint = APIBlueprint("cases", __name__, url_prefix="/api/v1/cases", tag="Cases")

POINTS_TYPE: Final = "application/vnd.wangge.case-columns"
EXPORT_PAGE: Final = 2_000
# A cell that begins with one of these is a formula to a spreadsheet.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _binary(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "the file", "content": {media_type: {}}}}


class Filters(BaseModel):
    """Which cases are meant; several values are parted by commas."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    category: str = Field("", description="category keys, parted by commas")
    source: str = Field("", description="source keys, parted by commas")
    state: str = Field("", description="state keys, parted by commas")
    open: bool | None = Field(None, description="only open cases, or only closed ones")
    overdue: bool | None = Field(None, description="only open cases past their time, or the others")
    area: str = Field(
        "", description="codes of areas (with all inside), grids or compounds, parted by commas"
    )
    since: str = Field("", alias="from", description="first day, or first moment (ISO 8601)")
    until: str = Field("", alias="to", description="last day (included), or first moment after")
    bbox: str = Field("", description="west,south,east,north in WGS 84 degrees")
    hours: str = Field("", description="local hours of the day, such as 8-11", max_length=5)
    lang: Literal["zh", "en", ""] = Field("", description="language of messages")

    @field_validator("*", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        if isinstance(value, str) and "\x00" in value:
            raise InvalidInput("One of the values is too large, or holds a sign that no text has.")
        return value

    def wanted(self, **more: Any) -> CaseFilter:
        """The conditions; raises InvalidInput on what makes no sense."""
        return CaseFilter(
            categories=_several(self.category),
            sources=_several(self.source),
            states=_several(self.state),
            is_open=self.open,
            overdue=self.overdue,
            areas=_several(self.area),
            since=moment(self.since, profile.timezone) if self.since else None,
            until=moment(self.until, profile.timezone, end=True) if self.until else None,
            box=box(self.bbox) if self.bbox else None,
            hours=hours(self.hours) if self.hours else None,
            **more,
        )


class ListFilters(Filters):
    """Which cases, and which page of them."""

    q: str = Field("", max_length=200, description="words in number, title, description, address")
    limit: int = Field(100, ge=1, le=1000, description="cases on one page")
    after: str | None = Field(None, max_length=60, description="`next` of the page before")


class ExportFilters(Filters):
    """Which cases."""

    q: str = Field("", max_length=200, description="words in number, title, description, address")


class PointFilters(Filters):
    """Which cases, and since when they must have changed."""

    updated_after: str = Field("", description="only cases changed since this moment (ISO 8601)")


class CountFilters(Filters):
    """Which cases, counted by what."""

    by: counting.By = Field("area", description="kind of place")
    level: str = Field("", max_length=40, description="only areas of this level")
    at: str = Field("", description="places and households of this day or moment; absent: now")
    min_households: int = Field(
        counting.MIN_HOUSEHOLDS, ge=0, le=10_000_000, description="fewer: marked as small base"
    )


class Case(BaseModel):
    """One case. Texts are null where the reader may not see them (`personal` is false)."""

    id: int
    external_id: str | None = Field(description="the number that its source gave it")
    source: str
    category: str
    state: str
    reported_at: datetime
    due_at: datetime | None
    updated_at: datetime
    closed_at: datetime | None
    area_code: str | None = Field(description="the community of that day")
    grid_code: str | None = Field(description="the grid of that day")
    compound_code: str | None = Field(description="the compound of that day")
    lon: float | None = Field(description="WGS 84 degrees; null: not placed")
    lat: float | None
    personal: bool = Field(description="whether texts are given")
    title: str | None
    description: str | None
    address: str | None


class CaseRecord(Case):
    """One case with everything known of it."""

    area_name: str | None
    grid_name: str | None
    compound_name: str | None
    reporter_name: str | None
    reporter_telephone: str | None
    extra: dict[str, Any]


class CaseList(BaseModel):
    """Cases, newest first."""

    cases: list[Case]
    next: str | None = Field(description="give it as `after` to get the next page; null: the end")


class PlaceCount(BaseModel):
    """Cases of one place."""

    code: str
    name: str
    level: str
    parent: str | None
    count: int | None = Field(description="null: so few that they are hidden from the reader")
    households: int | None = Field(description="base of the rate; null: unknown")
    rate: float | None = Field(description="cases per 10,000 households (万户比)")
    small_base: bool = Field(description="fewer households than min_households")


class PlaceCounts(BaseModel):
    """Cases of each place, by the place of the day when they were reported."""

    by: counting.By
    at: datetime = Field(description="places and households are those of this moment")
    since: datetime | None
    until: datetime | None
    min_households: int
    elsewhere: int | None = Field(
        description="cases that lie in none of these places; null: so few that they are hidden"
    )
    places: list[PlaceCount] = Field(description="highest rate first, small bases after all others")


class Summary(BaseModel):
    """The figures of the day; null: so few that they are hidden from the reader."""

    now: datetime
    today_since: datetime = Field(description="today counts from this local midnight")
    month_since: datetime = Field(description="closed and on_time count from here")
    all_cases: int | None = Field(description="cases that are one count once")
    reports: int | None = Field(description="each of them counts")
    today: int | None
    open: int | None
    overdue: int | None = Field(description="open and past their time")
    closed: int | None = Field(description="closed since month_since, with a time limit")
    on_time: int | None = Field(description="of these, closed within it")
    on_time_rate: float | None = Field(description="on_time / closed")


def points() -> querying.CasePoints:
    """This process's packed answers."""
    kept: querying.CasePoints = current_app.extensions.setdefault(
        "wangge-case-points", querying.CasePoints()
    )
    return kept


@blueprint.get("")
@blueprint.input(ListFilters, location="query")
@blueprint.output(CaseList)
@blueprint.doc(summary="List cases", responses=[400, 401, 403, 404])
def list_cases(query_data: ListFilters) -> Any:
    """Newest first, page by page."""
    page = querying.list_cases(
        database,
        current_actor(),
        profile,
        query_data.wanted(words=query_data.q.strip()),
        after=query_data.after,
        limit=query_data.limit,
    )
    return {"cases": page.cases, "next": page.after}


@blueprint.get("/<int:number>")
@blueprint.output(CaseRecord)
@blueprint.doc(summary="One case", responses=[401, 403, 404])
def get_case(number: int) -> Any:
    """With texts and reporter where permitted; that reading is entered in the audit trail."""
    return querying.get_case(database, current_actor(), number)


@blueprint.get("/points")
@blueprint.input(PointFilters, location="query")
@blueprint.doc(
    summary="Cases as binary columns",
    responses=_binary(POINTS_TYPE),
)
def get_points(query_data: PointFilters) -> Response:
    """Compact columns for maps; without personal data. Layout: docs/case-columns.md."""
    actor = current_actor()
    require(actor, "see_map")
    wanted = query_data.wanted()
    since = moment(query_data.updated_after, profile.timezone) if query_data.updated_after else None
    tag = querying.version(database, wanted, updated_after=since)
    if request.if_none_match.contains_weak(tag):
        return _tagged(Response(status=304), tag)
    answer = points().read(database, actor, profile, wanted, updated_after=since)
    response = Response(answer.plain, mimetype=POINTS_TYPE)
    if request.accept_encodings["gzip"] > 0:
        response = Response(answer.gzipped, mimetype=POINTS_TYPE)
        response.headers["Content-Encoding"] = "gzip"
    return _tagged(response, tag)


@blueprint.get("/counts")
@blueprint.input(CountFilters, location="query")
@blueprint.output(PlaceCounts)
@blueprint.doc(summary="Cases per place and per 10,000 households", responses=[400, 401, 403, 404])
def get_counts(query_data: CountFilters) -> Any:
    """Highest rate first; places with a small base come after all others."""
    wanted = query_data.wanted()
    if query_data.level and query_data.level not in {level.key for level in profile.levels}:
        raise NotFound("The city has no level %(level)s.", level=query_data.level)
    counts = counting.count_cases(
        database,
        current_actor(),
        profile,
        wanted,
        by=query_data.by,
        at=moment(query_data.at, profile.timezone, end=True) if query_data.at else None,
        min_households=query_data.min_households,
    )
    rows = [counting.as_row(row) for row in counting.ranked(counts.rows)]
    return {
        "by": counts.by,
        "at": counts.at,
        "since": wanted.since,
        "until": wanted.until,
        "min_households": counts.min_households,
        "elsewhere": counts.elsewhere,
        "places": [row for row in rows if query_data.level in {"", row["level"]}],
    }


@blueprint.get("/summary")
@blueprint.input(Filters, location="query")
@blueprint.output(Summary)
@blueprint.doc(summary="The figures of the day", responses=[400, 401, 403, 404])
def get_summary(query_data: Filters) -> Any:
    """Today's, open, overdue and closed cases."""
    found = querying.summary(database, current_actor(), profile, query_data.wanted())
    rate = None
    if found.on_time is not None and found.closed:
        rate = found.on_time / found.closed
    return {**found.__dict__, "on_time_rate": rate}


@blueprint.get("/export.csv")
@blueprint.input(ExportFilters, location="query")
@blueprint.doc(
    summary="Cases as CSV",
    responses=_binary("text/csv"),
)
def export(query_data: ExportFilters) -> Response:
    """All cases meant, newest first; texts only where permitted. Needs the right to export."""
    actor = current_actor()
    wanted = query_data.wanted(words=query_data.q.strip())
    pages = querying.export_pages(database, actor, profile, wanted, size=EXPORT_PAGE)
    name = f"cases-{datetime.now(profile.zone):%Y%m%d-%H%M}.csv"
    return Response(
        stream_with_context(_csv(pages)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


COLUMNS: Final = (
    *("id", "external_id", "reported_at", "category", "source", "state", "due_at", "closed_at"),
    *("area_code", "grid_code", "compound_code", "lon", "lat", "title", "description", "address"),
)


def _csv(pages: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    yield "\ufeff" + _lines([COLUMNS])
    for cases in pages:
        yield _lines([[cell(case[name]) for name in COLUMNS] for case in cases])


def _lines(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, datetime):
        return value.astimezone(profile.zone).isoformat(timespec="minutes")
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _several(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding, Cookie, Authorization"
    return response
