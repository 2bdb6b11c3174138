"""One case opened, with all that is known of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from api.looking import Looking
from api.serving import database, profile
from geodata.cases import opening

blueprint = APIBlueprint("case_records", __name__, url_prefix="/api/v1/cases", tag="Cases")


class Entry(BaseModel):
    """Something that was done with a case; nobody can edit it."""

    id: int
    at: datetime
    actor: str = Field(description="who did it, by the name of that day")
    kind: str = Field(description="a step key of the profile, or one of the system's own")
    from_state: str | None
    to_state: str | None
    reason: str | None = Field(description="null where the reader may not see texts")
    details: dict[str, Any]


class NearCase(BaseModel):
    """A case of about that place and those days."""

    id: int
    category: str
    state: str
    reported_at: datetime
    metres: float


class Person(BaseModel):
    """A worker to whom the case may go."""

    id: int
    name: str
    display_name: str
    telephone: str | None = Field(description="of duty; null for viewers")
    duty: str | None = Field(description="the place of duty that the case lies in, if one")
    elsewhere: bool = Field(description="on duty, but not there")


class Reporter(BaseModel):
    """Who reported it; null where the reader may not see it."""

    at: datetime
    source: str
    name: str | None
    telephone: str | None
    email: str | None


class OpenedCase(BaseModel):
    """A case with all that is known of it, and what its reader may do with it."""

    case: dict[str, Any] = Field(description="its fields; texts are null where not permitted")
    personal: bool = Field(description="whether texts are given")
    steps: list[Entry] = Field(description="what was done with it, the first first")
    names: dict[int, str] = Field(description="what the users named by number are called")
    reporters: list[Reporter]
    near: list[NearCase] = Field(description="within 150 m and 7 days, the nearest first")
    people: list[Person] = Field(description="workers on duty there, the nearest duty first")
    running_calls: int = Field(description="departments called that have not finished")
    next: list[str] = Field(description="step keys that the reader may take now")
    acts: list[str] = Field(description="what is there in every state and may be done now")
    may_handle: bool


@blueprint.get("/<int:number>/record")
@blueprint.input(Looking, location="query")
@blueprint.output(OpenedCase)
@blueprint.doc(summary="One case with all that is known of it", responses=[400, 401, 403, 404])
def open_case(number: int, query_data: Looking) -> Any:
    """Its steps, who is in charge, what is near and what may be done; reading it is audited."""
    return opening.open_case(database, query_data.actor(), profile, number)
