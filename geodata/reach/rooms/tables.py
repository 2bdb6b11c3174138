"""Public rooms, what was found wrong with them, and what was done."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geodata.database.tables import metadata


def _metres(name: str, comment: str) -> Column[float]:
    return Column(
        name, Double, CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative"), comment=comment
    )


public_rooms = Table(
    "public_rooms",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("compound_code", Text, comment="the compound that it was built with"),
    Column("area_code", Text, comment="the community that it lies in"),
    Column("address", Text),
    Column("developer", Text, comment="who owes it"),
    Column("planned_use", Text, comment="a facility kind key of the profile"),
    _metres("planned_m2", "as the plan says"),
    Column("planned_on", Date),
    Column("plan_document", Text, comment="where the plan says so"),
    _metres("accepted_m2", "as it was measured when it was accepted"),
    Column("accepted_on", Date),
    _metres("handed_m2", "as it was handed over"),
    Column("handed_on", Date),
    Column("used_as", Text, comment="a facility kind key of the profile; absent: not in use"),
    Column("used_since", Date),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False)),
    Column("extra", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index("ix_public_rooms_compound", "compound_code"),
    comment="rooms for public service that a developer owes with a compound",
)

room_findings = Table(
    "room_findings",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("public_rooms.id"), nullable=False),
    Column(
        "kind", Text, nullable=False, comment="let, sold, occupied, other_use, missing, smaller"
    ),
    _metres("m2", "how much of the room it concerns"),
    Column("found_on", Date, nullable=False),
    Column("owner", Text, comment="the department that sees to it"),
    Column("due_on", Date),
    Column("ordered_on", Date, comment="since when somebody is told to give it back"),
    Column("ended_on", Date),
    Column("outcome", Text, comment="recovered or withdrawn"),
    _metres("recovered_m2", "given back to public use"),
    CheckConstraint("(ended_on is null) = (outcome is null)", name="ended_with_outcome"),
    Index("ix_room_findings_room", "room_id"),
    comment="rooms that are not there or used for something else, until recovered",
)

room_entries = Table(
    "room_entries",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("public_rooms.id"), nullable=False),
    Column("finding_id", BigInteger, ForeignKey("room_findings.id")),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("user_id", BigInteger, comment="users.id; absent: from the terminal"),
    Column("by_name", Text, nullable=False, comment="the name as it was then"),
    Column("step", Text, nullable=False),
    Column("changes", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("note", Text, nullable=False, server_default=""),
    Index("ix_room_entries_room", "room_id", "id"),
    comment="what was done with a room; never edited",
)
