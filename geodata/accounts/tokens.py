"""API tokens: 256 random bits, shown once, kept only as a digest."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import store
from geodata.accounts.audit import record
from geodata.accounts.users import from_row as user_from_row
from geodata.errors import InvalidInput, NotFound, SignInNeeded

if TYPE_CHECKING:
    from geodata.accounts.permissions import Actor
    from geodata.database import Database

PREFIX: Final = "wg_"
LONGEST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner sees it in the list."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _from_row(row: Any) -> Token:
    return Token(row.id, row.name, row.created_at, row.expires_at, row.last_used_at)


def make_token(
    database: Database,
    actor: Actor,
    *,
    name: str = "",
    days: int | None = None,
    user_id: int | None = None,
) -> tuple[Token, str]:
    """A new token for the actor: its record and the secret, which is not to be had again.

    Args:
        database: Where.
        actor: Who makes it; needs no permission for an own one.
        name: What it is for.
        days: How long it holds; absent: until it is revoked.
        user_id: Whose token, if not the actor's own; only for the terminal.
    """
    owner = actor.user_id if user_id is None else user_id
    if owner is None or (user_id not in {None, actor.user_id} and actor.user_id is not None):
        raise InvalidInput("A token belongs to a user; name one.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput("A token holds from 1 to %(days)s days.", days=LONGEST_DAYS)
    secret = PREFIX + secrets.token_urlsafe(32)
    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with database.begin() as tx:
        row = store.add_token(
            tx.connection,
            user_id=owner,
            name=name.strip()[:80],
            sha256=_digest(secret),
            expires_at=expires,
        )
        record(tx, actor, "token_made", f"tokens/{row.id}", name=row.name, user_id=owner)
    return _from_row(row), secret


def list_tokens(database: Database, actor: Actor) -> list[Token]:
    """The actor's tokens that are not revoked, newest first."""
    if actor.user_id is None:
        return []
    with database.read() as connection:
        return [_from_row(row) for row in store.tokens_of(connection, actor.user_id)]


def revoke_token(database: Database, actor: Actor, token_id: int) -> None:
    """Make one of the actor's tokens useless, at once; raises NotFound."""
    with database.begin() as tx:
        if not store.revoke_token(tx.connection, token_id, user_id=actor.user_id):
            raise NotFound("There is no token %(id)s among yours.", id=token_id)
        record(tx, actor, "token_revoked", f"tokens/{token_id}")


def actor_of_token(database: Database, secret: str) -> Actor:
    """Whose token this is; raises SignInNeeded as ``open_token`` does."""
    return open_token(database, secret)[0]


def open_token(database: Database, secret: str) -> tuple[Actor, Mapping[str, int]]:
    """Whose token this is, and the versions of the layers that ever changed, in one read.

    Raises:
        SignInNeeded: It is unknown, expired or revoked, or its user is switched off.
    """
    row = None
    if secret.startswith(PREFIX):
        row = store.user_by_token(database, _digest(secret))
    if row is None:
        raise SignInNeeded("This token is unknown, expired or revoked.")
    if row.stale:
        with database.begin() as tx:
            store.token_used(tx.connection, row.token_id)
    return user_from_row(row).actor(), row.versions
