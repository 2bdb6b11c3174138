"""The generated city, to look around in an empty district."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.languages import language
from api.serving import database, settings
from api.signing_in import current_actor
from api.v1.jobs import Job, shown
from geodata.database import jobs
from geodata.demo.jobs import ask

blueprint = APIBlueprint("demo", __name__, url_prefix="/api/v1", tag="Files")


class Wanted(BaseModel):
    """How the city is to be loaded."""

    model_config = ConfigDict(extra="forbid")

    replace: bool = Field(
        default=False, description="load it anew in the place of a generated city"
    )


@blueprint.post("/demo")
@blueprint.input(Wanted, location="json")
@blueprint.output(Job, status_code=202)
@blueprint.doc(summary="Load the demo city", responses=[400, 401, 403, 409])
def load(json_data: Wanted) -> tuple[Job, int, dict[str, str]]:
    """A job loads it, whole or not at all; for administrators, and no account is added by it.

    While it is being loaded, the answer is the job that does it.
    """
    number = ask(
        database,
        current_actor(),
        replace=json_data.replace,
        language=language(),
        profile=settings.profile,
    )
    return shown(jobs.job(database, number)), 202, {"Location": f"/api/v1/jobs/{number}"}
