"""The trail of what was done, written in the transaction of the deed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from geodata.accounts import store
from geodata.accounts.permissions import Actor, require

if TYPE_CHECKING:
    from geodata.database import Database, Transaction


def record(tx: Transaction, actor: Actor, action: str, subject: str = "", **details: Any) -> None:
    """Add one entry to the audit trail; it stands or falls with the transaction.

    Args:
        tx: The transaction of the change itself.
        actor: Who did it; the name is kept as it was then.
        action: A short verb: "imported", "signed_in", "read_personal".
        subject: ``layer/code``, or a name.
        details: What else is worth knowing; must be JSON.
    """
    store.add_audit_entry(
        tx.connection,
        user_id=actor.user_id,
        actor=actor.name,
        action=action,
        subject=subject,
        details=details,
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail."""

    id: int
    at: datetime
    actor: str
    user_id: int | None
    action: str
    subject: str
    details: dict[str, Any]
    request_id: str | None


def entries(
    database: Database,
    actor: Actor,
    *,
    before: int | None = None,
    limit: int = 100,
    by: str | None = None,
    action: str | None = None,
    subject: str | None = None,
) -> list[Entry]:
    """The newest entries, for who may see the trail.

    Args:
        database: Where.
        actor: Who asks; needs ``see_audit``.
        before: Only entries with a smaller id: the id of the last one seen.
        limit: How many at most.
        by: Only of this name.
        action: Only of this kind.
        subject: Only about this.
    """
    require(actor, "see_audit")
    with database.read() as connection:
        rows = store.audit_entries(
            connection, before=before, limit=limit, actor=by, action=action, subject=subject
        )
    return [
        Entry(
            id=row.id,
            at=row.at,
            actor=row.actor,
            user_id=row.user_id,
            action=row.action,
            subject=row.subject,
            details=row.details,
            request_id=row.request_id,
        )
        for row in rows
    ]
