"""The whistle: departments called to a case, what they do, and how they come in a period."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal

from apiflask import APIBlueprint
from flask import Response
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.languages import language
from api.looking import Looking
from api.serving import database, profile
from api.signing_in import current_actor
from geodata.cases.filters import moment
from geodata.cases.whistles import departments, whistling

blueprint = APIBlueprint("whistles", __name__, url_prefix="/api/v1", tag="Whistles")

PERIOD_DAYS: Final = 30
CSV_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "the file", "content": {"text/csv": {}}}
}


class NewWhistle(BaseModel):
    """Which departments are called, and why."""

    model_config = ConfigDict(extra="forbid")

    departments: list[str] = Field(min_length=1, max_length=50, description="department keys")
    reason: str = Field(min_length=1, max_length=2_000)


class CallAct(BaseModel):
    """What is done with a call."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["answer", "arrive", "finish", "decline", "withdraw", "rate"]
    reason: str = Field("", max_length=2_000, description="why, or the remark of a rating")
    rating: int | None = Field(None, ge=1, le=5)


class Clock(BaseModel):
    """One clock of a call."""

    key: Literal["answer", "arrive", "finish"]
    since: datetime | None
    due_at: datetime | None
    met_at: datetime | None
    state: Literal["waiting", "ok", "near", "late", "done", "done_late", "none"]


class Call(BaseModel):
    """A department called to a case. Reason and remark are null where they may not be read."""

    id: int
    case_id: int
    whistle_no: int = Field(description="which whistle of this case")
    department: str
    state: Literal["called", "answered", "arrived", "finished", "declined", "withdrawn", "left"]
    reason: str | None
    called_at: datetime
    caller: str
    ended_at: datetime | None
    clocks: list[Clock]
    raised: int = Field(description="how many of its clocks were told as late")
    rating: int | None
    remark: str | None
    rated_by: str | None
    rated_at: datetime | None
    may: list[str] = Field(description="what this user may do with it now")


class Calls(BaseModel):
    """The calls of a case."""

    now: datetime
    revision: int = Field(description="of the case")
    calls: list[Call]
    may_whistle: bool = Field(description="whether this user may call departments now")
    suited: list[str] = Field(description="departments of the case's category")


class WaitingCall(Call):
    """A running call with what everybody may see of its case."""

    category: str
    area_code: str | None
    compound_code: str | None
    case_state: str


class WaitingCalls(BaseModel):
    """Running calls, what is due first first."""

    now: datetime
    calls: list[WaitingCall]
    department: str | None = Field(description="whose calls these are; null: all departments'")
    most: int = Field(description="no more than so many are listed")


class _Plain(BaseModel):
    @field_validator("*", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        if isinstance(value, str) and any(ord(sign) < 32 for sign in value):
            raise ValueError("contains a character that no code has")
        return value


class WaitingQuery(_Plain):
    """Which running calls."""

    model_config = ConfigDict(extra="forbid")

    department: str | None = Field(None, max_length=40)
    area: str = Field("", max_length=2_000, description="codes of areas, with all inside")
    lang: Literal["zh", "en", ""] = Field("", description="language of messages")


class ReportQuery(_Plain):
    """Which period, and where."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: str = Field("", alias="from", max_length=64, description="first day or moment")
    until: str = Field("", alias="to", max_length=64, description="last day, or first moment after")
    area: str = Field("", max_length=2_000, description="codes of areas, with all inside")
    lang: Literal["zh", "en", ""] = Field("", description="language of messages")

    def read(self) -> departments.DepartmentReport:
        """The report; without a period that of the last 30 days, today included."""
        today = datetime.combine(datetime.now(profile.zone).date(), time(), profile.zone)
        until = today + timedelta(days=1)
        if self.until:
            until = moment(self.until, profile.timezone, end=True)
        since = until - timedelta(days=PERIOD_DAYS)
        if self.since:
            since = moment(self.since, profile.timezone)
        return departments.report(
            database, current_actor(), profile, since=since, until=until, areas=_codes(self.area)
        )


class DepartmentRecord(BaseModel):
    """What the calls of one department come to; rates are shares, times are minutes."""

    department: str
    rank: int | None = Field(description="null: fewer calls than `min_ranked`")
    calls: int
    cases: int
    answered: int
    answer_median_min: float | None
    answer_p90_min: float | None
    awaited: int = Field(description="somebody came, or by now should have come")
    arrived: int
    arrival_rate: float | None
    judged: int = Field(description="ended by the department itself, or with a clock run out")
    on_time: int
    on_time_rate: float | None
    finished: int
    declined: int
    withdrawn: int
    running: int
    ratings: int
    rating: float | None
    rating_smooth: float | None = Field(description="drawn towards the mean of all departments")


class DepartmentReport(BaseModel):
    """Departments called in a period, the ranked first."""

    since: datetime
    until: datetime
    now: datetime
    min_ranked: int
    departments: list[DepartmentRecord]


@blueprint.get("/cases/<int:number>/calls")
@blueprint.input(Looking, location="query")
@blueprint.output(Calls)
@blueprint.doc(summary="Departments called to a case", responses=[400, 401, 403, 404])
def get_calls(number: int, query_data: Looking) -> Any:
    """With their clocks, and what this user may do with each."""
    return whistling.calls_of(database, query_data.actor(), profile, number)


@blueprint.post("/cases/<int:number>/calls")
@blueprint.input(NewWhistle)
@blueprint.output(Calls, status_code=201)
@blueprint.doc(summary="Whistle for departments", responses=[400, 401, 403, 404, 409])
def whistle(number: int, json_data: NewWhistle) -> Any:
    """409 if the case is closed, or one of them is already called and has not ended."""
    return whistling.whistle(
        database,
        current_actor(),
        profile,
        number,
        json_data.departments,
        reason=json_data.reason,
    )


@blueprint.post("/cases/<int:number>/calls/<int:call>/actions")
@blueprint.input(CallAct)
@blueprint.output(Calls)
@blueprint.doc(summary="Answer a call, arrive, finish, rate", responses=[400, 401, 403, 404, 409])
def act(number: int, call: int, json_data: CallAct) -> Any:
    """For who acts for the department; to withdraw and to rate is for who called."""
    done = whistling.Act(json_data.action, json_data.reason, json_data.rating)
    return whistling.act(database, current_actor(), profile, number, call, done)


@blueprint.get("/whistles")
@blueprint.input(WaitingQuery, location="query")
@blueprint.output(WaitingCalls)
@blueprint.doc(summary="Running calls", responses=[400, 401, 403, 404])
def get_waiting(query_data: WaitingQuery) -> Any:
    """Who acts for a department sees its own; what is due first comes first."""
    return whistling.waiting_calls(
        database,
        current_actor(),
        profile,
        department=query_data.department,
        areas=_codes(query_data.area),
    )


@blueprint.get("/whistles/report")
@blueprint.input(ReportQuery, location="query")
@blueprint.output(DepartmentReport)
@blueprint.doc(summary="How departments came", responses=[400, 401, 403, 404])
def get_report(query_data: ReportQuery) -> Any:
    """Ranked from a minimum of calls on; the others stand apart, without a rank."""
    found = query_data.read()
    return {**vars(found), "departments": [_row(one) for one in found.departments]}


@blueprint.get("/whistles/report.csv")
@blueprint.input(ReportQuery, location="query")
@blueprint.doc(
    summary="How departments came, as CSV",
    responses=CSV_FILE,
)
def export_report(query_data: ReportQuery) -> Response:
    """The same with headings in the reader's language; periods stand in the file's name."""
    found = query_data.read()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_headings())
    names = profile.names("departments", language())
    for one in found.departments:
        row = _row(one)
        row["department"] = names.get(one.department, one.department)
        writer.writerow(_cell(row[name]) for name in _COLUMNS)
    first = found.since.astimezone(profile.zone)
    last = (found.until - timedelta(microseconds=1)).astimezone(profile.zone)
    name = f"whistles-{first:%Y%m%d}-{last:%Y%m%d}.csv"
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


_COLUMNS = (
    *("rank", "department", "calls", "cases", "answered", "answer_median_min", "answer_p90_min"),
    *("awaited", "arrived", "arrival_rate", "judged", "on_time", "on_time_rate", "finished"),
    *("declined", "withdrawn", "running", "ratings", "rating", "rating_smooth"),
)


def _headings() -> list[str]:
    return [
        _("Rank"),
        _("Department"),
        _("Calls"),
        _("Cases"),
        _("Answered"),
        _("Median time to answer, minutes"),
        _("90% answered within, minutes"),
        _("Expected on the spot"),
        _("Came"),
        _("Share that came"),
        _("Judged"),
        _("In time"),
        _("On-time rate"),
        _("Finished"),
        _("Declined"),
        _("Withdrawn"),
        _("Under way"),
        _("Ratings"),
        _("Mean rating, 1 to 5"),
        _("Mean rating, smoothed"),
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return "" if value is None else value


def _row(one: departments.Record) -> dict[str, Any]:
    return asdict(one) | {"arrival_rate": one.arrival_rate, "on_time_rate": one.on_time_rate}


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
