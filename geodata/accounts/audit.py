"""The trail of what was done, written in the transaction of the deed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from geodata.accounts import store

if TYPE_CHECKING:
    from geodata.accounts.permissions import Actor
    from geodata.database import Transaction


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
