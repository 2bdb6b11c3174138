"""Signing in and out, and the sessions between: kept here, named by a digest of the cookie."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geodata.accounts import passwords, store
from geodata.accounts.audit import record
from geodata.accounts.permissions import Actor
from geodata.accounts.throttling import Throttle
from geodata.accounts.users import User, from_row
from geodata.errors import TooManyAttempts, WrongPassword

if TYPE_CHECKING:
    from geodata.database import Database

IDLE: Final = timedelta(hours=12)
"""A session that nobody uses ends after this time."""
LONGEST: Final = timedelta(days=7)
"""A session ends after this time, used or not."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds: whose, its content, and when it ends if it stays idle.

    ``versions``: of the layers that ever changed, read in the same instant.
    """

    user: User
    content: bytes
    expires_at: datetime
    versions: Mapping[str, int]


def key(identifier: str) -> str:
    """Under what the session is stored; the identifier itself is only in the cookie."""
    return hashlib.sha256(identifier.encode()).hexdigest()


def sign_in(database: Database, name: str, password: str, *, address: str) -> User:
    """Check a name and a password.

    The work is the same for a known and an unknown name.

    Args:
        database: Where.
        name: As typed.
        password: As typed.
        address: Where the request comes from, for the throttle.

    Raises:
        TooManyAttempts: By the limits of ``throttling``; the password was not looked at.
        WrongPassword: They do not belong together, or the account is switched off.
    """
    name = unicodedata.normalize("NFKC", name).strip()  # as stored; ａ of a Chinese keyboard is a
    throttle = Throttle(database, name=name, address=address)
    stranger = Actor(user_id=None, name=name.replace("\0", "")[:40], role="viewer")
    try:
        throttle.count()
    except TooManyAttempts:
        if throttle.just_closed:  # once a window: the trail must not be a way to fill the disk
            with database.begin() as tx:
                record(tx, stranger, "sign_in_throttled", address=throttle.address)
        raise
    with database.read() as connection:
        row = store.user_by_name(connection, name)
    if not passwords.fits(password, None if row is None else row.password_hash) or not (
        row is not None and row.active
    ):
        with database.begin() as tx:
            record(tx, stranger, "sign_in_failed", address=throttle.address)
        raise WrongPassword("The name or the password is not right.")
    throttle.forgive()
    user = from_row(row)
    with database.begin() as tx:
        if passwords.is_outdated(row.password_hash):
            store.change_user(tx.connection, user.id, password_hash=passwords.digest(password))
        store.sweep(tx.connection)
        record(tx, user.actor(), "signed_in", address=throttle.address)
    return user


def open_session(database: Database, identifier: str) -> Session | None:
    """The session of a cookie, if it holds and its user is active."""
    row = store.session(database, key(identifier))
    if row is None:
        return None
    return Session(from_row(row), row.content, row.expires_at, row.versions)


def start_session(
    database: Database,
    identifier: str,
    *,
    user_id: int,
    content: bytes,
    now: datetime | None = None,
) -> None:
    """Keep a new session."""
    with database.begin() as tx:
        store.add_session(
            tx.connection,
            key=key(identifier),
            user_id=user_id,
            content=content,
            expires_at=(now or datetime.now(UTC)) + IDLE,
        )


def keep_session(database: Database, identifier: str, *, started: datetime, content: bytes) -> None:
    """Keep a session's new content and let it live on; one that was ended stays ended."""
    expires = min(datetime.now(UTC) + IDLE, started + LONGEST)
    with database.begin() as tx:
        store.keep_session(tx.connection, key(identifier), content=content, expires_at=expires)


def forget_expired(database: Database) -> int:
    """Delete sessions and counters of tries whose time is over; gives how many."""
    with database.begin() as tx:
        return store.sweep(tx.connection)


def end_session(database: Database, identifier: str, *, actor: Actor | None = None) -> None:
    """End a session; with an actor, as a sign-out."""
    with database.begin() as tx:
        ended = store.end_session(tx.connection, key(identifier))
        if ended and actor is not None:
            record(tx, actor, "signed_out")
