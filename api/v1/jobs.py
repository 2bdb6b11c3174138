"""Long work: how far it is, and how to stop it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.languages import language
from api.serving import database
from api.signing_in import current_actor
from geodata.cases.clocks.jobs import STAGES as CLOCK_STAGES
from geodata.cases.hotspots.stored.jobs import STAGES as HOTSPOT_STAGES
from geodata.cases.whereabouts.jobs import STAGES as PLACING_STAGES
from geodata.database import jobs
from geodata.demo.jobs import STAGES as DEMO_STAGES
from geodata.errors import NotFound
from geodata.exchange.findings import STAGES
from geodata.plans.opening import STAGES as OPENING_STAGES
from geodata.plans.proposing import STAGES as PROPOSAL_STAGES
from geodata.plans.uniting import STAGES as FIT_STAGES
from geodata.reach.siting.stored import STAGES as SITING_STAGES
from geodata.words import translate

blueprint = APIBlueprint("jobs", __name__, url_prefix="/api/v1", tag="Jobs")

_STAGES = {
    **STAGES,
    **DEMO_STAGES,
    **PROPOSAL_STAGES,
    **OPENING_STAGES,
    **FIT_STAGES,
    **HOTSPOT_STAGES,
    **CLOCK_STAGES,
    **PLACING_STAGES,
    **SITING_STAGES,
}
PRIVATE = frozenset({"path", "profile", "most_bytes", "keep"})
"""Arguments that are the server's own business."""


class Refusal(BaseModel):
    """Why a job failed."""

    type: str = Field(description="stable: /problems/invalid-input, …")
    detail: str = Field(description="in the user's language")
    params: dict[str, Any]


class Job(BaseModel):
    """A piece of long work."""

    id: int
    kind: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    stage: str = Field(description="what is being done, in the user's language")
    done: float = Field(description="share of all that is done, 0 to 1")
    about: dict[str, Any] = Field(description="what was asked for")
    report: dict[str, Any] | None = Field(description="what came out")
    problem: Refusal | None = Field(description="why it failed")
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Jobs(BaseModel):
    """A list of jobs."""

    jobs: list[Job]


_LARGEST: Final = 2**63 - 1
"""The largest number that the database counts to."""


class Wanted(BaseModel):
    """How many jobs."""

    model_config = ConfigDict(extra="forbid")

    lang: Literal["zh", "en"] | None = Field(default=None, description="language of messages")
    limit: int = Field(default=50, ge=1, le=500)
    all: bool = Field(default=False, description="of all users; for administrators")


def shown(job: jobs.Job) -> Job:
    """A job as its owner sees it: without the server's paths."""
    problem = None
    if job.problem is not None:
        params = job.problem.get("params", {})
        message = str(job.problem["message"])
        problem = Refusal(
            type=f"/problems/{job.problem['kind']}",
            detail=translate(message, language(), **params),
            params=params,
        )
    return Job(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=translate(_STAGES.get(job.stage, job.stage), language()),
        done=min(max(job.done, 0.0), 1.0),
        about={key: value for key, value in job.arguments.items() if key not in PRIVATE},
        report=job.report,
        problem=problem,
        asked_at=job.asked_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def own(number: int) -> jobs.Job:
    """The job, if it is the actor's or the actor is an administrator.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    actor = current_actor()
    if number > _LARGEST:
        raise NotFound("There is no job %(number)s.", number=number)
    job = jobs.job(database, number)
    if job.asked_by != actor.user_id and actor.role != "admin":
        raise NotFound("There is no job %(number)s.", number=number)
    return job


@blueprint.get("/jobs")
@blueprint.input(Wanted, location="query")
@blueprint.output(Jobs)
@blueprint.doc(summary="One's own jobs")
def list_own(query_data: Wanted) -> Jobs:
    """The newest first."""
    actor = current_actor()
    everybody = query_data.all and actor.role == "admin"
    found = jobs.latest(
        database, asked_by=None if everybody else actor.user_id, limit=query_data.limit
    )
    return Jobs(jobs=[shown(job) for job in found])


@blueprint.get("/jobs/<int:number>")
@blueprint.output(Job)
@blueprint.doc(summary="How far a job is")
def look(number: int) -> Job:
    """Its state, stage and share done; at its end the report or the problem."""
    return shown(own(number))


@blueprint.post("/jobs/<int:number>/cancel")
@blueprint.output(Job)
@blueprint.doc(summary="Stop a job")
def cancel(number: int) -> Job:
    """At once if it waits, at its next chance if it runs. Placing keeps what is done by then."""
    return shown(jobs.cancel(database, own(number).id))
