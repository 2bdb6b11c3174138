"""Lists of cases in and out: many tickets at once, and any filtered list as Excel."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.languages import language
from api.problems import of_findings, status_of
from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.case_steps import NewCase
from api.v1.cases import COLUMNS, EXPORT_PAGE, ExportFilters, cell
from api.v1.exports import pieces, room
from geodata.accounts import require
from geodata.cases import querying
from geodata.cases.incoming import reporting
from geodata.errors import WanggeError
from geodata.words import explain

blueprint = APIBlueprint("case_lists", __name__, url_prefix="/api/v1/cases", tag="Cases")

MOST_TICKETS: Final = 1_000
EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET: Final[dict[int | str, Any]] = {200: {"description": "the file", "content": {EXCEL: {}}}}
NUMBERS: Final = {"id": "int64", "lon": "float64", "lat": "float64"}


class Tickets(BaseModel):
    """Tickets of another system, such as the hotline's; each as for reporting one case."""

    model_config = ConfigDict(extra="forbid")

    cases: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_TICKETS)


class TicketResult(BaseModel):
    """What became of one ticket."""

    index: int = Field(description="its place in the list, from 0")
    external_id: str | None = Field(description="the number that its source gave it")
    status: int = Field(description="201: a new case; 200: a known one, brought up to date")
    case: int | None = Field(description="the number of its case; null: refused")
    detail: str | None = Field(description="why it was refused, in the user's language")
    fields: dict[str, list[str]] | None = Field(description="what is wrong with each field")


class TicketResults(BaseModel):
    """What became of each ticket."""

    added: int
    changed: int
    refused: int
    results: list[TicketResult]


@blueprint.post("/batch")
@blueprint.input(Tickets)
@blueprint.output(TicketResults)
@blueprint.doc(summary="Report many cases", responses=[400, 401, 403])
def report_many(json_data: Tickets) -> Any:
    """Each is taken or refused on its own; sent again, known numbers make no second case."""
    actor = current_actor()
    require(actor, "report_case")
    results = [_taken(index, one) for index, one in enumerate(json_data.cases)]
    statuses = [result["status"] for result in results]
    return {
        "added": statuses.count(201),
        "changed": statuses.count(200),
        "refused": sum(status >= 400 for status in statuses),
        "results": results,
    }


def _taken(index: int, ticket: dict[str, Any]) -> dict[str, Any]:
    number = ticket.get("external_id")
    result: dict[str, Any] = {
        "index": index,
        "external_id": number if isinstance(number, str) else None,
        "case": None,
        "detail": None,
        "fields": None,
    }
    try:
        said = NewCase.model_validate(ticket).model_dump()
        on_spot = said.pop("on_spot")
        told = reporting.Report(**said)
        taken = reporting.report(database, current_actor(), profile, told, on_spot=on_spot)
    except ValidationError as error:
        problem = of_findings(error)
        return result | {"status": 400, "detail": problem.detail, "fields": problem.fields}
    except WanggeError as error:
        status = status_of(error)
        if status >= 500:  # what was taken so far is known by its number when it is sent again
            raise
        return result | {"status": status, "detail": explain(error, language())}
    return result | {"status": 201 if taken.is_new else 200, "case": taken.case["id"]}


@blueprint.get("/export.xlsx")
@blueprint.input(ExportFilters, location="query")
@blueprint.doc(
    summary="Cases as Excel",
    responses=_SHEET,
)
def export_excel(query_data: ExportFilters) -> Response:
    """The same rows as CSV has; nothing in them is computed. Needs the right to export."""
    from geodata.exchange.excel_out import write_sheet  # noqa: PLC0415 - seconds to load

    wanted = query_data.wanted(words=query_data.q.strip())
    pages = querying.export_pages(database, current_actor(), profile, wanted, size=EXPORT_PAGE)
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=room()))
    try:
        path = folder / "cases.xlsx"
        write_sheet(path, "cases", COLUMNS, _batches(pages))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    answer = Response(pieces(path), mimetype=EXCEL)
    answer.call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    answer.content_length = path.stat().st_size
    name = f"cases-{datetime.now(profile.zone):%Y%m%d-%H%M}.xlsx"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _batches(pages: Iterator[list[dict[str, Any]]]) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415 - seconds to load

    kinds = {"int64": pa.int64(), "float64": pa.float64()}
    schema = pa.schema(
        [(name, kinds[NUMBERS[name]] if name in NUMBERS else pa.string()) for name in COLUMNS]
    )
    for cases in pages:
        rows = [{name: cell(case[name]) for name in COLUMNS} for case in cases]
        yield pa.RecordBatch.from_pylist(rows, schema=schema)
