"""Proposals for drafts: the computer looks for a net."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.languages import language
from api.serving import database, profile, settings
from api.signing_in import current_actor
from api.v1.jobs import Job, own, shown
from api.v1.plan_answers import revision_seen
from geodata.database import jobs
from geodata.plans import proposing

blueprint = APIBlueprint("proposals", __name__, url_prefix="/api/v1/plans", tag="Plans")


class Demand(BaseModel):
    """What the proposed net shall be."""

    model_config = ConfigDict(extra="forbid")

    low: int | None = Field(
        default=None, ge=1, description="fewest households of a grid; the profile's if not given"
    )
    high: int | None = Field(
        default=None, ge=1, description="most households of a grid; the profile's if not given"
    )
    keep: float = Field(
        default=0.0, ge=0, le=1, description="how much of the draft's present net is to be kept"
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="the same one, the same net")
    seconds: float | None = Field(
        default=None,
        gt=0,
        le=proposing.MOST_SECONDS,
        description="how long better nets are looked for in each community",
    )


class Kept(BaseModel):
    """The draft after it."""

    revision: int


@blueprint.post("/<int:number>/proposal")
@blueprint.input(Demand, location="json")
@blueprint.output(Job, status_code=202)
@blueprint.doc(summary="Propose a net for a draft", responses=[400, 401, 403, 404])
def propose(number: int, json_data: Demand) -> tuple[Job, int, dict[str, str]]:
    """A job looks for it and lays it on the draft as one step; locked grids stay as they are."""
    job = proposing.ask(
        database,
        current_actor(),
        number,
        proposing.Demand(**json_data.model_dump()),
        revision=revision_seen(),
        language=language(),
        profile=settings.profile,
    )
    return shown(jobs.job(database, job)), 202, {"Location": f"/api/v1/jobs/{job}"}


@blueprint.post("/<int:number>/proposal/<int:job>/keep")
@blueprint.output(Kept)
@blueprint.doc(summary="Keep the best net of a stopped proposal", responses=[401, 403, 404])
def keep(number: int, job: int) -> Kept:
    """What it had found when it was stopped is laid on the draft as one step."""
    done = proposing.keep_best(database, current_actor(), profile, number, own(job))
    return Kept(revision=done.draft.revision)
