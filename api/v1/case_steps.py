"""Cases coming in, and what is done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.languages import language
from api.problems import status_of
from api.serving import database, profile
from api.signing_in import current_actor
from geodata.cases.incoming import reporting
from geodata.cases.steps import stepping
from geodata.cases.twins import twinning
from geodata.words import explain

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
    urgent: bool = Field(default=False, description="sudden: the level above is told at once")
    on_spot: str | None = Field(
        None,
        min_length=1,
        max_length=2_000,
        description="what was done about it on the spot: the case is closed in the same call",
    )


class StepBody(BaseModel):
    """A step, and the revision of the case that was looked at."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(
        min_length=1,
        max_length=40,
        description="a step key of the profile, or what is there in every state: note, urge, "
        "pause, resume, extend, approve, turn_down, hand_over, ask, answer, raise",
    )
    revision: int = Field(ge=0)
    reason: str = Field("", max_length=2_000)
    assignee: int | None = Field(None, ge=1, description="the user whom it goes to")
    amount: float | None = Field(None, gt=0, le=3_660, description="of an extension")
    unit: Literal["hours", "days"] | None = Field(None, description="worked ones")
    public: bool = Field(default=False, description="whether a note is for the public")


class OneCase(BaseModel):
    """A case, and the revision of it that was looked at."""

    model_config = ConfigDict(extra="forbid")

    id: int = Field(ge=1)
    revision: int = Field(ge=0)


class StepsBody(BaseModel):
    """One step for several cases."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(min_length=1, max_length=40, description="as for one case")
    cases: list[OneCase] = Field(min_length=1, max_length=stepping.AT_ONCE)
    reason: str = Field("", max_length=2_000)
    assignee: int | None = Field(None, ge=1, description="the user whom it goes to")


@blueprint.post("")
@blueprint.input(NewCase)
@blueprint.doc(summary="Report a case", responses=[400, 401, 403])
def report_case(json_data: NewCase) -> tuple[dict[str, Any], int]:
    """As a new case, or as news of the one that its source gave the same number.

    `twins` are open cases that are likely the same trouble.
    """
    said = json_data.model_dump()
    on_spot = said.pop("on_spot")
    told = reporting.Report(**said)
    taken = reporting.report(database, current_actor(), profile, told, on_spot=on_spot)
    answer = {"case": taken.case, "is_new": taken.is_new, "follow_code": taken.follow_code}
    answer["twins"] = twinning.offered(database, profile, taken.case["id"])
    return answer, 201 if taken.is_new else 200


class StepsDone(BaseModel):
    """How many were done, and of each whether and why not."""

    done: int
    results: list[dict[str, Any]]


@blueprint.post("/<int:number>/actions")
@blueprint.input(StepBody)
@blueprint.doc(summary="Take a step with a case", responses=[400, 401, 403, 404, 409])
def take_step(number: int, json_data: StepBody) -> dict[str, Any]:
    """409 with the case as it is now if somebody was faster or its state forbids the step."""
    said = json_data.model_dump()
    wanted = stepping.Wanted(said.pop("action"), **said)
    done = stepping.step(database, current_actor(), profile, number, wanted)
    return {
        "case": done.case,
        "next": list(done.next),
        "acts": list(done.acts),
        "wants_photo": done.wants_photo,
    }


@blueprint.post("/actions")
@blueprint.input(StepsBody)
@blueprint.output(StepsDone)
@blueprint.doc(summary="Take a step with several cases", responses=[400, 401, 403])
def take_steps(json_data: StepsBody) -> dict[str, Any]:
    """Each is done or refused on its own; `results` says for each which, and why not.

    A refused one comes with `status`, `detail` and, where somebody was faster, the case as it is.
    """
    said = json_data
    wanted = [
        (one.id, stepping.Wanted(said.action, one.revision, said.reason, said.assignee))
        for one in said.cases
    ]
    found = stepping.step_all(database, current_actor(), profile, wanted)
    results = [_told(one) for one in found]
    return {"done": sum(one["done"] for one in results), "results": results}


def _told(one: stepping.Outcome) -> dict[str, Any]:
    if one.error is None:
        return {"id": one.number, "done": True, "case": one.case}
    return {
        "id": one.number,
        "done": False,
        "status": status_of(one.error),
        "detail": explain(one.error, language()),
        "case": one.error.members.get("case"),
    }
