"""The audit trail, for who may read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.serving import database
from api.signing_in import current_actor
from geodata.accounts import audit

blueprint = APIBlueprint("audit", __name__, url_prefix="/api/v1", tag="Audit")


class Wanted(BaseModel):
    """Which entries."""

    model_config = ConfigDict(extra="forbid")

    lang: Literal["zh", "en"] | None = Field(default=None, description="language of messages")
    before: int | None = Field(default=None, ge=1, description="`next` of the answer before")
    limit: int = Field(default=100, ge=1, le=1000)
    actor: str | None = Field(default=None, max_length=80, description="only by this name")
    action: str | None = Field(default=None, max_length=80, description="only of this kind")
    subject: str | None = Field(default=None, max_length=200, description="only about this")


class Entry(BaseModel):
    """Who did what to what, when, in which request."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor: str
    user_id: int | None = Field(description="absent: the terminal or a stranger")
    action: str
    subject: str
    details: dict[str, Any]
    request_id: str | None


class Entries(BaseModel):
    """A page of the trail, newest first."""

    entries: list[Entry]
    next: int | None = Field(description="goes into `before` for the next page; null: no more")


@blueprint.get("/audit")
@blueprint.input(Wanted, location="query")
@blueprint.output(Entries)
@blueprint.doc(summary="Read the audit trail")
def read(query_data: Wanted) -> Entries:
    """For administrators."""
    found = audit.entries(
        database,
        current_actor(),
        before=query_data.before,
        limit=query_data.limit,
        by=query_data.actor,
        action=query_data.action,
        subject=query_data.subject,
    )
    full = len(found) == query_data.limit
    return Entries(
        entries=[Entry.model_validate(entry) for entry in found],
        next=found[-1].id if full else None,
    )
