"""SQL of the accounts: bound values, no rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from sqlalchemy import delete, func, insert, select, text, update

from geodata.accounts.tables import attempts, audit, sessions, tokens, users

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database

# The table ``areas`` belongs to the room above; only its codes and parents are asked for here.
_AREAS_INSIDE = text(
    """
    WITH RECURSIVE above(code, ancestor) AS (
        SELECT code, parent_code FROM areas WHERE code = ANY(:codes) AND upper_inf(held)
        UNION
        SELECT above.code, areas.parent_code
        FROM above JOIN areas ON areas.code = above.ancestor AND upper_inf(areas.held)
    )
    SELECT DISTINCT code FROM above WHERE ancestor = ANY(:of)
    """
)
_KNOWN_AREAS = text("SELECT DISTINCT code FROM areas WHERE code = ANY(:codes)")

# A window that is over starts anew, in the same statement, so that two processes cannot both
# believe to be the first.
_COUNT = text(
    """
    INSERT INTO attempts AS a (key, count, expires_at)
    VALUES (:key, greatest(:amount, 0), clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN a.expires_at <= clock_timestamp() THEN greatest(:amount, 0)
                     ELSE greatest(a.count + :amount, 0) END,
        expires_at = CASE WHEN a.expires_at <= clock_timestamp() THEN excluded.expires_at
                          ELSE a.expires_at END
    RETURNING count
    """
)

_USER = [column for column in users.c if column.name != "password_hash"]

# Asked with every request, hence in the driver's own words and with the layers' versions, so that
# a map's tile needs one question before it is drawn or found.
_WHO: LiteralString = """
    u.id, u.name, u.display_name, u.role, u.areas, u.language, u.active, u.created_at,
    u.department,
    (SELECT coalesce(jsonb_object_agg(layer, version), '{}') FROM layer_versions) AS versions
"""
_OF_SESSION: LiteralString = f"""
    SELECT {_WHO}, s.content, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.key = %s AND s.expires_at > now() AND u.active
"""  # noqa: S608 - our own words
_OF_TOKEN: LiteralString = f"""
    SELECT {_WHO}, t.id AS token_id,
           coalesce(t.last_used_at < now() - interval '1 minute', true) AS stale
    FROM tokens t JOIN users u ON u.id = t.user_id
    WHERE t.sha256 = %s AND t.revoked_at IS NULL AND coalesce(t.expires_at > now(), true)
      AND u.active
"""  # noqa: S608 - our own words


# ── areas of duty ────────────────────────────────────────────────────────────────────────────


def areas_inside(
    connection: Connection, codes: Collection[str], *, of: Collection[str]
) -> set[str]:
    """Those of ``codes`` that lie inside one of ``of``, at any depth, as the areas stand now."""
    if not codes:
        return set()
    rows = connection.execute(_AREAS_INSIDE, {"codes": list(codes), "of": list(of)})
    return {row.code for row in rows}


def known_areas(connection: Connection, codes: Collection[str]) -> set[str]:
    """Those of ``codes`` that some area has or had."""
    if not codes:
        return set()
    return {row.code for row in connection.execute(_KNOWN_AREAS, {"codes": list(codes)})}


# ── users ────────────────────────────────────────────────────────────────────────────────────


def add_user(connection: Connection, **values: Any) -> Any:
    """A new row; raises IntegrityError if the name is taken."""
    return connection.execute(insert(users).values(**values).returning(*_USER)).one()


def change_user(connection: Connection, user_id: int, **values: Any) -> Any:
    """Change some columns."""
    return connection.execute(
        update(users).where(users.c.id == user_id).values(**values).returning(*_USER)
    ).one()


def user_by_name(connection: Connection, name: str) -> Any | None:
    """With the digest of the password."""
    if "\0" in name:
        return None
    return connection.execute(
        select(users).where(func.lower(users.c.name) == func.lower(name))
    ).one_or_none()


def user_by_id(connection: Connection, user_id: int) -> Any | None:
    """With the digest of the password."""
    return connection.execute(select(users).where(users.c.id == user_id)).one_or_none()


def all_users(connection: Connection) -> Sequence[Any]:
    """By name."""
    return connection.execute(select(*_USER).order_by(func.lower(users.c.name))).all()


def other_admins(connection: Connection, user_id: int) -> int:
    """How many other active administrators there are, locked until the end of the transaction."""
    rows = connection.execute(
        select(users.c.id)
        .where(users.c.role == "admin", users.c.active)
        .order_by(users.c.id)
        .with_for_update()
    )
    return sum(row.id != user_id for row in rows)


# ── tokens ───────────────────────────────────────────────────────────────────────────────────


def add_token(connection: Connection, **values: Any) -> Any:
    """A new row."""
    return connection.execute(insert(tokens).values(**values).returning(tokens)).one()


def tokens_of(connection: Connection, user_id: int) -> Sequence[Any]:
    """Those not revoked, newest first."""
    return connection.execute(
        select(tokens)
        .where(tokens.c.user_id == user_id, tokens.c.revoked_at.is_(None))
        .order_by(tokens.c.id.desc())
    ).all()


def revoke_token(connection: Connection, token_id: int, *, user_id: int | None) -> bool:
    """Whether there was such a token that held."""
    result = connection.execute(
        update(tokens)
        .where(tokens.c.id == token_id, tokens.c.user_id == user_id, tokens.c.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    return result.rowcount > 0


def user_by_token(database: Database, sha256: bytes) -> Any | None:
    """The active user of a token that holds; ``stale``: its last use was not noted lately."""
    rows = database.ask(_OF_TOKEN, [sha256])
    return rows[0] if rows else None


def token_used(connection: Connection, token_id: int) -> None:
    """Note the use of a token."""
    connection.execute(
        update(tokens).where(tokens.c.id == token_id).values(last_used_at=func.now())
    )


# ── sessions ─────────────────────────────────────────────────────────────────────────────────


def session(database: Database, key: str) -> Any | None:
    """A session that holds, with its active user and the layers' versions."""
    rows = database.ask(_OF_SESSION, [key])
    return rows[0] if rows else None


def add_session(connection: Connection, **values: Any) -> None:
    """A new row."""
    connection.execute(insert(sessions).values(**values))


def keep_session(connection: Connection, key: str, *, content: bytes, expires_at: datetime) -> None:
    """New content and end, if the session is still there."""
    connection.execute(
        update(sessions).where(sessions.c.key == key).values(content=content, expires_at=expires_at)
    )


def end_session(connection: Connection, key: str) -> bool:
    """Whether it was there."""
    return connection.execute(delete(sessions).where(sessions.c.key == key)).rowcount > 0


def end_sessions(connection: Connection, user_id: int, *, but: str | None = None) -> None:
    """All sessions of a user, but the one with this key."""
    connection.execute(
        delete(sessions).where(sessions.c.user_id == user_id, sessions.c.key != (but or ""))
    )


def sweep(connection: Connection) -> int:
    """Throw away what is over; gives how many rows."""
    return sum(
        connection.execute(delete(table).where(table.c.expires_at <= func.now())).rowcount
        for table in (sessions, attempts)
    )


# ── the throttle's counters ──────────────────────────────────────────────────────────────────


def count_attempt(connection: Connection, key: str, *, amount: int, seconds: int) -> int:
    """The new count of the open window."""
    row = connection.execute(_COUNT, {"key": key, "amount": amount, "seconds": seconds}).one()
    return int(row[0])


def attempts_of(connection: Connection, key: str) -> tuple[int, float]:
    """The count of the open window and when it closes (seconds since 1970)."""
    row = connection.execute(
        select(attempts.c.count, func.extract("epoch", attempts.c.expires_at)).where(
            attempts.c.key == key, attempts.c.expires_at > func.clock_timestamp()
        )
    ).one_or_none()
    return (0, 0.0) if row is None else (int(row[0]), float(row[1]))


def forget_attempts(connection: Connection, key: str | None = None) -> int:
    """One counter or all."""
    statement = delete(attempts)
    if key is not None:
        statement = statement.where(attempts.c.key == key)
    return connection.execute(statement).rowcount


# ── the audit trail ──────────────────────────────────────────────────────────────────────────


def add_audit_entry(connection: Connection, **entry: Any) -> None:
    """One more line of the audit trail."""
    connection.execute(insert(audit).values(**entry))


def audit_entries(
    connection: Connection,
    *,
    before: int | None,
    limit: int,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
) -> Sequence[Any]:
    """The newest entries with a smaller id than ``before``."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit.c.id < before)
    if actor is not None:
        statement = statement.where(audit.c.actor == actor)
    if action is not None:
        statement = statement.where(audit.c.action == action)
    if subject is not None:
        statement = statement.where(audit.c.subject == subject)
    return connection.execute(statement).all()
