"""Cases that are likely one trouble: offered, joined, parted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.looking import Looking
from api.serving import database, profile
from api.signing_in import current_actor
from geodata.cases.twins import joining, twinning
from geodata.errors import InvalidInput

blueprint = APIBlueprint("case_twins", __name__, url_prefix="/api/v1/cases", tag="Cases")


class TwinCase(BaseModel):
    """A case that is likely the same trouble."""

    id: int
    source: str
    state: str
    category: str
    reported_at: datetime
    title: str | None = Field(description="null where the reader may not see texts")
    revision: int
    reports: int = Field(description="its own report and those of the cases joined to it")
    score: float = Field(description="0 to 1")
    metres: float | None = Field(description="how far away; null where one has no place")
    hours: float = Field(description="how long apart they were reported")
    same_category: bool
    words: float | None = Field(description="how like the words are, 0 to 1; null: none are told")


class JoinedCase(BaseModel):
    """A case that is joined to another."""

    id: int
    source: str
    category: str
    reported_at: datetime
    revision: int
    joined_state: str | None = Field(description="the state that it gets back when it is parted")


class KinAnswer(BaseModel):
    """What is one with a case, or likely is."""

    revision: int = Field(description="of the case")
    leader: int | None = Field(description="the case that it is joined to")
    members: list[JoinedCase] = Field(description="the cases joined to it")
    twins: list[TwinCase] = Field(description="likely the same trouble, the likeliest first")
    may_join: bool = Field(description="whether this user may join and part here")


class JoinBody(BaseModel):
    """Which cases are the same trouble, each with the revision that was looked at."""

    model_config = ConfigDict(extra="forbid")

    revision: int = Field(ge=0, description="of the case that leads")
    ids: list[int] = Field(min_length=1, max_length=joining.MOST)
    revisions: list[int] = Field(description="of these cases, in their order")

    @model_validator(mode="after")
    def _as_many(self) -> JoinBody:
        if len(self.ids) != len(self.revisions):
            raise InvalidInput("Give as many revisions as cases.")
        return self


class PartBody(BaseModel):
    """The revision of the case that was looked at."""

    model_config = ConfigDict(extra="forbid")

    revision: int = Field(ge=0)


class CaseNow(BaseModel):
    """A case as it is now."""

    case: dict[str, Any]


@blueprint.get("/<int:number>/twins")
@blueprint.input(Looking, location="query")
@blueprint.output(KinAnswer)
@blueprint.doc(summary="Cases that are likely the same trouble", responses=[400, 401, 403, 404])
def list_twins(number: int, query_data: Looking) -> Any:
    """Open cases near in place and time; pairs that were parted are not offered again."""
    return vars(twinning.kin_of(database, query_data.actor(), profile, number))


@blueprint.post("/<int:number>/join")
@blueprint.input(JoinBody)
@blueprint.output(CaseNow)
@blueprint.doc(summary="Join cases to one", responses=[400, 401, 403, 404, 409])
def join_cases(number: int, json_data: JoinBody) -> dict[str, Any]:
    """This case leads; the others keep their reporters, follow its state and end with it."""
    others = dict(zip(json_data.ids, json_data.revisions, strict=True))
    case = joining.join(database, current_actor(), profile, number, json_data.revision, others)
    return {"case": case}


@blueprint.post("/<int:number>/part")
@blueprint.input(PartBody)
@blueprint.output(CaseNow)
@blueprint.doc(summary="Part a case from its leader", responses=[400, 401, 403, 404, 409])
def part_case(number: int, json_data: PartBody) -> dict[str, Any]:
    """It gets back the state that it had when it was joined."""
    case = joining.part(database, current_actor(), profile, number, json_data.revision)
    return {"case": case}
