"""What one may do with a draft, and with whom it may be shared."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from api.serving import database, profile
from api.signing_in import current_actor
from geodata.plans import permitting, remarking

blueprint = APIBlueprint("plan_rights", __name__, url_prefix="/api/v1/plans", tag="Plans")


class PlanSignature(BaseModel):
    """Who submitted or approved a draft."""

    actor: str
    at: datetime
    revision: int


class PlanRights(BaseModel):
    """What one may do with a draft; whether it can be done now is a matter of its state."""

    draw: bool = Field(description="draw on it, share it, submit it")
    approve: bool = Field(description="false for who submitted it")
    publish: bool = Field(description="publish and withdraw it")
    second_person: bool = Field(description="whether it needs an approval to be published")
    submitted: PlanSignature | None = Field(description="of the draft as it is now")
    approved: PlanSignature | None = Field(description="of the draft as it is now")
    own: bool = Field(description="one submitted it oneself")


class PossibleReader(BaseModel):
    """An account with which a draft may be shared."""

    name: str
    display_name: str
    role: Literal["admin", "planner", "commander", "worker", "viewer"]


class PossibleReaders(BaseModel):
    """By name."""

    users: list[PossibleReader]


@blueprint.get("/<int:number>/rights")
@blueprint.output(PlanRights)
@blueprint.doc(summary="What one may do with a draft", responses=[401, 403, 404])
def get_rights(number: int) -> Any:
    """And who submitted and approved it."""
    return asdict(permitting.rights(database, current_actor(), profile, number))


@blueprint.get("/<int:number>/shares/possible")
@blueprint.output(PossibleReaders)
@blueprint.doc(summary="With whom a draft may be shared", responses=[401, 403, 404])
def get_possible_readers(number: int) -> Any:
    """Accounts that cannot read it by a share yet; for those who may draw on it."""
    found = remarking.possible_readers(database, current_actor(), number)
    return {"users": [asdict(one) for one in found]}
