"""Cases: a problem found, from any source, followed until it is fed back and closed.

A case keeps the grid, compound and area that stood when it was reported; a later border never
moves an older case.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from geodata.database.tables import metadata

cases = Table(
    "cases",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("external_id", Text, comment="the number that its source gave it"),
    Column("source", Text, nullable=False, comment="a source key of the profile"),
    Column("category", Text, nullable=False, comment="a category key of the profile"),
    Column("state", Text, nullable=False, comment="a state key of the profile"),
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("reporter_name", Text, comment="personal: masked unless needed, reading logged"),
    Column("reporter_telephone", Text, comment="personal: masked unless needed, reading logged"),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("closed_at", DateTime(timezone=True)),
    Column("area_code", Text, comment="the community of that day"),
    Column("grid_code", Text, comment="the grid of that day"),
    Column("compound_code", Text, comment="the compound of that day"),
    Column("extra", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("import_id", BigInteger, comment="imports.id that brought it"),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False), comment="absent: unplaced"),
    Index(
        "uq_cases_source_external_id",
        "source",
        "external_id",
        unique=True,
        postgresql_where=text("external_id is not null"),
    ),
    Index("ix_cases_reported_at", "reported_at"),
    Index("ix_cases_geom", "geom", postgresql_using="gist"),
    comment="problems found, from any source, until fed back",
)
