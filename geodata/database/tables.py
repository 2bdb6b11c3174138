"""The one collection that every room's tables belong to, and what the house itself stores."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

changes = Table(
    "changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("layer", Text, nullable=False),
    Column("code", Text, comment="the record's code; absent when a whole file came in"),
    Column("action", Text, nullable=False, comment="added, changed, ended, loaded"),
    Column("details", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index(None, "layer", "id"),
    comment="the change feed, written in the transaction of the change itself",
)

layer_versions = Table(
    "layer_versions",
    metadata,
    Column("layer", Text, primary_key=True),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    comment="raised as the last statement of each changing transaction; keys every cache",
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("stage", Text, nullable=False, server_default="", comment="what is being done"),
    Column("done", Float, nullable=False, server_default=text("0"), comment="share, 0 to 1"),
    Column("arguments", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("report", JSONB),
    Column("problem", JSONB, comment="kind, message and params of the refusal"),
    Column("cancel_asked", Boolean, nullable=False, server_default=text("false")),
    Column("asked_by", BigInteger, comment="users.id"),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    comment="long work as people see it; the queue itself is procrastinate's",
)
