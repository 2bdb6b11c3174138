"""Public rooms: plan against fact, steps, findings."""

from __future__ import annotations

from datetime import date
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.serving import database, profile
from api.signing_in import current_actor
from geodata.reach.rooms import keeping, reading
from geodata.reach.rooms.room import Fault, Step

blueprint = APIBlueprint("rooms", __name__, url_prefix="/api/v1", tag="Rooms")


class RoomsQuery(BaseModel):
    """Of which area, and by which level figures are told."""

    area: str | None = Field(None, max_length=40, description="with all that lies in it")
    by: str | None = Field(None, max_length=40, description="a level; absent: the smallest")


class Said(BaseModel):
    """What can be said of a room; only what is given is taken."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    compound_code: str | None = Field(None, max_length=40)
    address: str | None = None
    developer: str | None = None
    planned_use: str | None = Field(None, description="a facility kind")
    planned_m2: float | None = None
    planned_on: date | None = None
    plan_document: str | None = None
    accepted_m2: float | None = None
    accepted_on: date | None = None
    handed_m2: float | None = None
    handed_on: date | None = None
    used_as: str | None = Field(None, description="a facility kind")
    used_since: date | None = None
    department: str | None = Field(None, max_length=80, description="who checked")
    result: str | None = Field(
        None, description="of a check: as_planned, smaller, missing, other_use"
    )
    measured_m2: float | None = None
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)


class NewRoom(BaseModel):
    """A room as its plan has it."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=200)
    values: Said = Field(default_factory=Said)


class RoomStep(BaseModel):
    """A step of a room, and the revision that its author saw."""

    model_config = ConfigDict(extra="forbid")

    step: str = Field(description="amend, plan, accept, hand_over, use, leave, check")
    values: Said = Field(default_factory=Said)
    note: str = ""
    revision: int | None = Field(None, ge=1)


class NewFinding(BaseModel):
    """Something wrong with a room."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(description="let, sold, occupied, other_use, missing, smaller")
    m2: float | None = None
    owner: str | None = Field(None, max_length=80, description="the department that sees to it")
    due_on: date | None = None
    found_on: date | None = None
    note: str = ""


class FindingStep(BaseModel):
    """What becomes of a finding."""

    model_config = ConfigDict(extra="forbid")

    step: str = Field(description="order, recover, withdraw")
    owner: str | None = Field(None, max_length=80)
    due_on: date | None = None
    recovered_m2: float | None = None
    note: str = ""


class RoomsAnswer(BaseModel):
    """Rooms, and figures of all of them, by area and by compound; areas in m²."""

    rooms: list[dict[str, Any]]
    figures: dict[str, Any]
    by_area: list[dict[str, Any]]
    by_compound: list[dict[str, Any]]
    level: str


class RoomAnswer(BaseModel):
    """A room as it stands."""

    model_config = ConfigDict(extra="allow")

    code: str
    name: str
    revision: int


class FindingNumber(BaseModel):
    """The number of a finding."""

    id: int


class FindingAnswer(BaseModel):
    """A finding as it stands."""

    model_config = ConfigDict(extra="allow")

    id: int
    kind: str


@blueprint.get("/rooms")
@blueprint.input(RoomsQuery, location="query")
@blueprint.output(RoomsAnswer)
@blueprint.doc(summary="Public rooms, plan against fact", responses=[400, 401, 403, 404])
def get_rooms(query_data: RoomsQuery) -> dict[str, Any]:
    """`rooms`, and `figures` of all, `by_area` and `by_compound`; areas in m²."""
    found = reading.rooms(
        database, current_actor(), profile, area=query_data.area, by=query_data.by
    )
    return {
        "rooms": found.rooms,
        "figures": found.figures,
        "by_area": found.by_area,
        "by_compound": found.by_compound,
        "level": found.level,
    }


@blueprint.post("/rooms")
@blueprint.input(NewRoom)
@blueprint.output(RoomAnswer, status_code=201)
@blueprint.doc(summary="Enter a public room", responses=[400, 401, 403, 409])
def post_room(json_data: NewRoom) -> dict[str, Any]:
    """As its plan has it."""
    given = json_data.values.model_dump(exclude_unset=True)
    return keeping.enter(database, current_actor(), profile, json_data.code, given)


@blueprint.get("/rooms/<code>")
@blueprint.output(RoomAnswer)
@blueprint.doc(summary="A public room with all that was done", responses=[401, 403, 404])
def get_room(code: str) -> dict[str, Any]:
    """`findings`, `entries`, the newest first, and what you `may` do."""
    return reading.one(database, current_actor(), profile, code)


@blueprint.post("/rooms/<code>/steps")
@blueprint.input(RoomStep)
@blueprint.output(RoomAnswer)
@blueprint.doc(summary="Take a room through a step", responses=[400, 401, 403, 404, 409])
def post_room_step(code: str, json_data: RoomStep) -> dict[str, Any]:
    """Planned, accepted, handed over, put to use, left empty, checked, amended."""
    asked = json_data
    step = Step(asked.step, asked.values.model_dump(exclude_unset=True), asked.note)
    return keeping.step(database, current_actor(), profile, code, step, revision=asked.revision)


@blueprint.post("/rooms/<code>/findings")
@blueprint.input(NewFinding)
@blueprint.output(FindingNumber, status_code=201)
@blueprint.doc(summary="Tell that something is wrong with a room", responses=[400, 401, 403, 404])
def post_room_finding(code: str, json_data: NewFinding) -> dict[str, Any]:
    """Misused, not there, or smaller than planned."""
    fault = Fault(**json_data.model_dump())
    return {"id": keeping.find(database, current_actor(), profile, code, fault)}


@blueprint.post("/rooms/findings/<int:number>/steps")
@blueprint.input(FindingStep)
@blueprint.output(FindingAnswer)
@blueprint.doc(summary="What becomes of a finding", responses=[400, 401, 403, 404, 409])
def post_finding_step(number: int, json_data: FindingStep) -> dict[str, Any]:
    """Ordered back with a department and a day, recovered, or withdrawn with a reason."""
    asked = json_data
    values = asked.model_dump(exclude_unset=True, exclude={"step", "note"})
    return keeping.follow(
        database, current_actor(), profile, number, asked.step, values, note=asked.note
    )
