"""What came in by file, so that each record can say where it is from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from geodata.database.tables import metadata

imports = Table(
    "imports",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("layer", Text, nullable=False),
    Column("filename", Text, nullable=False, comment="as the user called it, no folder"),
    Column("sha256", Text, nullable=False),
    Column("crs", Text, nullable=False, comment="what its coordinates were read as"),
    Column("mapping", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("report", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("attribution", Text, nullable=False, server_default="", comment="shown on the maps"),
    Column("user_id", BigInteger, comment="users.id; absent: from the terminal"),
    comment="files taken in",
)
