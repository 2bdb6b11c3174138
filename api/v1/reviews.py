"""Figures that people take away: the daily report, the weekly review, mails of open cases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.downloads import EXCEL, download, file_of
from api.languages import language
from api.serving import database, profile
from api.signing_in import current_actor
from geodata.cases.reviews import deciding, reviewing
from geodata.cases.reviews.sheets import document
from geodata.errors import InvalidInput
from geodata.exchange import taking_away, worker_mails

blueprint = APIBlueprint("reviews", __name__, url_prefix="/api/v1", tag="Reviews")

PDF: Final = "application/pdf"
ZIP: Final = "application/zip"


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        if isinstance(value, str) and any(ord(sign) < 32 for sign in value):
            raise ValueError("contains a character that no code has")
        return value


class ReviewQuery(_Plain):
    """Which review."""

    kind: Literal["daily", "weekly"] = "daily"
    day: str = Field(
        "", max_length=10, description="a day, or a day of the week; absent: yesterday"
    )
    area: str = Field(
        "", max_length=40, description="code of an area, with all inside; absent: all"
    )
    lang: Literal["zh", "en", ""] = Field("", description="language of the words")

    def wanted(self) -> dict[str, Any]:
        """The same for the verbs; raises InvalidInput."""
        return {"kind": self.kind, "day": _day(self.day), "area": self.area or None}


class MailQuery(_Plain):
    """Whose mails."""

    area: str = Field(
        "", max_length=40, description="code of an area, with all inside; absent: all"
    )
    domain: str = Field("", max_length=200, description="of the workers' addresses; absent: none")
    lang: Literal["zh", "en", ""] = Field("", description="language of the words")


class NewDecision(BaseModel):
    """What a weekly review decided of a case."""

    model_config = ConfigDict(extra="forbid")

    day: date = Field(description="a day of the week that is reviewed")
    opinion: str = Field(min_length=1, max_length=1_000, description="what is to be done")
    responsible: str = Field(min_length=1, max_length=100, description="an office or a person")
    until: date | None = Field(None, description="by which day it is done")


class Headline(BaseModel):
    """One of the large figures."""

    key: str
    name: str
    kind: str
    value: float | None
    before: float | None = Field(description="of the day or week before")
    last_year: float | None = Field(description="a year ago; null: no cases then")


class ReviewColumn(BaseModel):
    """A column of a table."""

    name: str
    kind: str


class ReviewTable(BaseModel):
    """A table with what its figures rest on."""

    key: str
    title: str
    note: str
    columns: list[ReviewColumn]
    rows: list[list[Any]] = Field(description="values in the order of the columns")


class ReviewAnswer(BaseModel):
    """A review in words and tables, as its page, its PDF and its Excel file have it."""

    title: str
    subtitle: str
    notes: list[str]
    since: datetime
    until: datetime
    as_of: datetime
    headlines: list[Headline]
    times: dict[int, int] = Field(description="cases by local hour, or by day of the week from 1")
    tables: list[ReviewTable]


@blueprint.get("/reviews")
@blueprint.input(ReviewQuery, location="query")
@blueprint.output(ReviewAnswer)
@blueprint.doc(summary="The report of a day or week", responses=[400, 401, 403, 404])
def get_review(query_data: ReviewQuery) -> Any:
    """Within the reader's areas of duty; nobody who reported is in it."""
    found = reviewing.review(database, current_actor(), profile, **query_data.wanted())
    told = document(found, profile, language=language())
    return {
        "title": told.title,
        "subtitle": told.subtitle,
        "notes": told.notes,
        "since": found.since,
        "until": found.until,
        "as_of": found.as_of,
        "headlines": [vars(one) for one in told.headlines],
        "times": dict(found.times),
        "tables": [
            {
                "key": table.key,
                "title": table.title,
                "note": table.note,
                "columns": [{"name": one.name, "kind": one.kind} for one in table.columns],
                "rows": [list(row) for row in table.rows],
            }
            for table in told.tables
        ],
    }


@blueprint.get("/reviews/report.pdf")
@blueprint.input(ReviewQuery, location="query")
@blueprint.doc(summary="The report of a day or week as PDF", responses=file_of(PDF))
def get_pdf(query_data: ReviewQuery) -> Response:
    """A4, its typeface inside. Needs the right to export."""
    return _sent(query_data, "pdf", PDF)


@blueprint.get("/reviews/report.xlsx")
@blueprint.input(ReviewQuery, location="query")
@blueprint.doc(summary="The report of a day or week as Excel", responses=file_of(EXCEL))
def get_excel(query_data: ReviewQuery) -> Response:
    """Each table on a sheet of its own. Needs the right to export."""
    return _sent(query_data, "xlsx", EXCEL)


@blueprint.get("/reviews/mails.zip")
@blueprint.input(MailQuery, location="query")
@blueprint.doc(summary="Open cases of each worker as mails in files", responses=file_of(ZIP))
def get_mails(query_data: MailQuery) -> Response:
    """One .eml for each worker, one for cases without a worker. Nothing is sent."""
    mails = worker_mails.write_mails(
        database,
        current_actor(),
        profile,
        areas=(query_data.area,) if query_data.area else (),
        domain=query_data.domain,
        language=language(),
    )
    return download(f"mails-{datetime.now(profile.zone):%Y%m%d-%H%M}.zip", mails.content, ZIP)


@blueprint.post("/cases/<int:number>/decisions")
@blueprint.input(NewDecision)
@blueprint.doc(
    summary="Enter what a weekly review decided of a case", responses=[400, 401, 403, 404]
)
def decide(number: int, json_data: NewDecision) -> tuple[dict[str, int], int]:
    """Kept among the steps of the case; for commanders."""
    made = deciding.Decision(**json_data.model_dump())
    return {"id": deciding.decide(database, current_actor(), profile, number, made)}, 201


@blueprint.delete("/decisions/<int:number>")
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Withdraw a decision of a review", responses=[401, 403, 404])
def withdraw(number: int) -> str:
    """The entry of it stays among the steps of the case."""
    deciding.withdraw(database, current_actor(), number)
    return ""


def _day(text: str) -> date:
    if not text:
        return reviewing.last_day(profile)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "%(text)s is no date. Write 2026-06-01 or 2026-06-01T08:30:00+08:00.", text=text
        ) from None


def _sent(query: ReviewQuery, form: taking_away.Form, media_type: str) -> Response:
    name, content = taking_away.review_file(
        database, current_actor(), profile, form, language=language(), **query.wanted()
    )
    return download(name, content, media_type)
