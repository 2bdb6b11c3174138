"""Users, their tokens and sessions, what they did, and how often they tried."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geodata.database.tables import metadata

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, comment="what is typed to sign in"),
    Column("display_name", Text, nullable=False, server_default=""),
    Column("password_hash", Text, comment="argon2id; absent: cannot sign in by password"),
    Column("role", Text, nullable=False),
    Column(
        "areas",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'::text[]"),
        comment="area codes of duty; empty: everywhere",
    ),
    Column("language", Text, comment="zh or en; absent: the system's"),
    Column("department", Text, comment="a department key of the profile for which it acts"),
    Column("telephone", Text, comment="of duty: colleagues see it"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint(
        "role in ('admin', 'planner', 'commander', 'worker', 'viewer')", name="role_known"
    ),
    comment="accounts",
)
Index("uq_users_name", func.lower(users.c.name), unique=True)

tokens = Table(
    "tokens",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("sha256", LargeBinary, nullable=False, unique=True, comment="never the token itself"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    comment="API tokens",
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", Text, primary_key=True, comment="a digest of the cookie's identifier"),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE")),
    Column("content", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    comment="server-side sessions",
)

attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True, comment="what is limited, hashed"),
    Column("count", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    comment="counters of the login throttle, shared by all server processes",
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("user_id", BigInteger, comment="users.id; absent: the terminal or a stranger"),
    Column("actor", Text, nullable=False, comment="the user's name at that time"),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default="", comment="layer/code, or a name"),
    Column("details", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("request_id", Text),
    Index(None, "subject"),
    Index(None, "user_id", "id"),
    comment="every change and every reading of personal data; a trigger forbids editing it",
)

screens = Table(
    "screens",
    metadata,
    Column(
        "code", Text, primary_key=True, comment="six digits that are typed at a screen to follow"
    ),
    Column(
        "user_id",
        BigInteger,
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column(
        "view",
        JSONB,
        nullable=False,
        server_default=text("'{}'::jsonb"),
        comment="the part of the address after #: map, filters, open case",
    ),
    Column(
        "version",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="one more with each view",
    ),
    Column("begun_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column(
        "seen_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.now(),
        comment="when its leader was last heard of",
    ),
    comment="what an operator looks at, for the screens that follow; nothing personal",
)
