"""What somebody may do with a draft, and who has signed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geodata.accounts import require
from geodata.errors import NotAllowed
from geodata.plans import store_people
from geodata.plans.drafts import readable

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile


@dataclass(frozen=True)
class Signature:
    """Who did it, and when."""

    actor: str
    at: datetime
    revision: int


@dataclass(frozen=True)
class Rights:
    """What one may do with a draft.

    Attributes:
        draw: Draw on it, share it, submit it.
        approve: Approve it; False for who submitted it.
        publish: Publish it and withdraw it.
        second_person: Whether it needs an approval before it is published.
        submitted: Who submitted it as it is now.
        approved: Who approved it as it is now.
        own: Whether one submitted it oneself.
    """

    draw: bool
    approve: bool
    publish: bool
    second_person: bool
    submitted: Signature | None
    approved: Signature | None
    own: bool


def rights(database: Database, actor: Actor, profile: Profile, plan_id: int) -> Rights:
    """What the actor may do with a draft; its state is not looked at but for the signatures.

    Raises:
        NotFound: no such draft.
        NotAllowed: it is not theirs to read.
    """
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        may = {
            name: _may(connection, actor, name, row.area_code)
            for name in ("draw_plan", "approve_plan", "publish_plan")
        }
        signed = {one.kind: one for one in store_people.signatures(connection, plan_id)}
    if row.state in {"draft", "withdrawn"}:
        signed = {}
    own = (
        row.state == "submitted" and actor.user_id is not None and row.submitted_by == actor.user_id
    )
    return Rights(
        draw=may["draw_plan"],
        approve=may["approve_plan"] and not own,
        publish=may["publish_plan"],
        second_person=profile.plans.second_person,
        submitted=_signature(signed.get("submit")),
        approved=None if row.state == "submitted" else _signature(signed.get("approve")),
        own=own,
    )


def reads_any(database: Database, actor: Actor) -> bool:
    """Whether there may be a draft that the actor may read."""
    if actor.may("draw_plan"):
        return True
    with database.read() as connection:
        return bool(store_people.shared_with(connection, actor.user_id))


def _may(connection: sa.Connection, actor: Actor, permission: str, area_code: str) -> bool:
    try:
        require(actor, permission, area_codes=[area_code], connection=connection)
    except NotAllowed:
        return False
    return True


def _signature(step: Any) -> Signature | None:
    return None if step is None else Signature(step.actor, step.at, step.revision)
