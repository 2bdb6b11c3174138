"""Cases coming in, and what is done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.serving import database, profile
from api.signing_in import current_actor
from geodata.cases import reporting, stepping, twinning

blueprint = APIBlueprint("case_steps", __name__, url_prefix="/api/v1/cases", tag="Cases")


class NewCase(BaseModel):
    """What somebody tells of a problem."""

    model_config = ConfigDict(extra="forbid")

    category: str = Field(min_length=1, max_length=40)
    source: str = Field(min_length=1, max_length=40)
    title: str = Field("", max_length=200)
    description: str = Field("", max_length=4_000)
    lon: float | None = Field(None, description="degrees, in the system that `crs` names")
    lat: float | None = None
    crs: str = Field("wgs84", max_length=20, description="wgs84, gcj02 or bd09")
    address: str = Field("", max_length=300)
    external_id: str | None = Field(None, max_length=100, description="the source's own number")
    reported_at: datetime | None = Field(None, description="with its zone; absent: now")
    reporter_name: str | None = Field(None, max_length=100)
    reporter_telephone: str | None = Field(None, max_length=40)


class StepBody(BaseModel):
    """A step, and the revision of the case that was looked at."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(min_length=1, max_length=40, description="a step key of the profile")
    revision: int = Field(ge=0)
    reason: str = Field("", max_length=2_000)
    assignee: int | None = Field(None, ge=1, description="the user whom it goes to")


@blueprint.post("")
@blueprint.input(NewCase)
@blueprint.doc(summary="Report a case", responses=[400, 401, 403])
def report_case(json_data: NewCase) -> tuple[dict[str, Any], int]:
    """As a new case, or as news of the one that its source gave the same number.

    `twins` are open cases that are likely the same trouble.
    """
    told = reporting.Report(**json_data.model_dump())
    taken = reporting.report(database, current_actor(), profile, told)
    answer = {"case": taken.case, "is_new": taken.is_new, "follow_code": taken.follow_code}
    answer["twins"] = twinning.offered(database, profile, taken.case["id"])
    return answer, 201 if taken.is_new else 200


@blueprint.post("/<int:number>/actions")
@blueprint.input(StepBody)
@blueprint.doc(summary="Take a step with a case", responses=[400, 401, 403, 404, 409])
def take_step(number: int, json_data: StepBody) -> dict[str, Any]:
    """409 with the case as it is now if somebody was faster or its state forbids the step."""
    wanted = stepping.Wanted(
        json_data.action, json_data.revision, json_data.reason, json_data.assignee
    )
    done = stepping.step(database, current_actor(), profile, number, wanted)
    return {"case": done.case, "next": list(done.next), "wants_photo": done.wants_photo}
