"""Hotspots and the density of cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Literal

import orjson
from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from api.answers import OPTIONS
from api.serving import database, profile, settings
from api.signing_in import current_actor
from api.v1.cases import Filters
from api.v1.jobs import shown
from geodata.accounts import require
from geodata.cases.hotspots.stored import jobs as spot_jobs
from geodata.database import jobs

blueprint = APIBlueprint("hotspots", __name__, url_prefix="/api/v1", tag="Cases")

PATIENCE: Final = 2.0
"""Seconds that a request may take; what takes longer goes on as a job."""
JSON: dict[int | str, dict[str, Any]] = {
    200: {"description": "the answer", "content": {"application/json": {}}}
}
JSON_OR_JOB: dict[int | str, dict[str, Any]] = JSON | {
    202: {"description": "a job, whose report will be the answer"}
}


class GroundFilters(Filters):
    """Which cases, on what ground."""

    cell: float = Field(250, ge=50, le=5000, description="side of a cell in metres")
    base: Literal["cases", "households"] = Field(
        "cases", description="what cases are held against: as much ground, or households"
    )
    each_report: bool = Field(
        False, description="joined cases as often as they were reported, and not as one"
    )


class HotspotFilters(GroundFilters):
    """Which cases, on what ground, beside how many earlier periods."""

    by: str = Field(
        "cells", max_length=40, description="cells, grid, compound, or the key of a level of areas"
    )
    earlier: int = Field(
        6, ge=0, le=12, description="with how many earlier periods as long the period is compared"
    )
    permutations: int = Field(
        999, ge=99, le=9999, description="how often chance is drawn for each cell"
    )
    clusters: bool = Field(True, description="whether space–time clusters are looked for")
    job: bool = Field(False, description="as a job at once, without trying to answer first")


class HeatFilters(GroundFilters):
    """Which cases, on what ground, how far smoothed."""

    radius: float = Field(500, ge=50, le=20_000, description="radius of the kernel in metres")


@blueprint.get("/hotspots")
@blueprint.input(HotspotFilters, location="query")
@blueprint.doc(summary="Hotspots of cases, with their significance", responses=JSON_OR_JOB)
def get_hotspots(query_data: HotspotFilters) -> Any:
    """Of the last 30 days if no period is given; long ones go on as a job. See docs/hotspots.md."""
    from geodata.cases.hotspots.stored import spotting  # noqa: PLC0415 - compiled loops, seconds to load

    actor = current_actor()
    require(actor, "see_map")
    asked = spotting.Asked(
        wanted=query_data.wanted(),
        by=query_data.by,
        cell=query_data.cell,
        base=query_data.base,
        earlier=query_data.earlier,
        permutations=query_data.permutations,
        each_report=query_data.each_report,
    )
    if not query_data.clusters:
        asked = replace(asked, worlds=0)
    if not query_data.job:
        spotting.get_ready()
        try:
            answer = spotting.get_hotspots(
                database, actor, profile, asked, progress=spotting.within(PATIENCE)
            )
        except spotting.TooSlow:
            pass
        else:
            return _json(answer)
    number = spot_jobs.ask(database, actor, asked, profile=settings.profile)
    return shown(jobs.job(database, number)).model_dump(), 202, _at(number)


@blueprint.get("/heat")
@blueprint.input(HeatFilters, location="query")
@blueprint.doc(summary="Density of cases", responses=JSON)
def get_heat(query_data: HeatFilters) -> Response:
    """Per km², and per 10,000 households; cells as in `/hotspots`."""
    from geodata.cases.hotspots.stored import heating, spotting  # noqa: PLC0415 - compiled loops, seconds to load

    asked = spotting.Asked(
        wanted=query_data.wanted(),
        cell=query_data.cell,
        base=query_data.base,
        each_report=query_data.each_report,
    )
    answer = heating.get_heat(database, current_actor(), profile, asked, radius=query_data.radius)
    return _json(answer)


def _at(number: int) -> dict[str, str]:
    return {"Location": f"/api/v1/jobs/{number}"}


def _json(answer: dict[str, Any]) -> Response:
    response = Response(orjson.dumps(answer, option=OPTIONS), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    return response
