"""When the operator works and who is on duty."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
    text,
)

from geodata.database.tables import metadata

own_days = Table(
    "own_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("works", Boolean, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("set_by", Text, nullable=False, comment="the name as it was then"),
    Column("set_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="days that the operator says are worked or not; they outdo every other calendar",
)

clock_rules = Table(
    "clock_rules",
    metadata,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    Column(
        "digest",
        Text,
        nullable=False,
        comment="of limits, states, levels and the calendar's notices",
    ),
    Column("reckoned_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("only_one", name="only_one"),
    comment="by which rules all open cases were last reckoned; one row",
)

duty = Table(
    "duty",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("area_code", Text, comment="an area or grid; absent: everywhere"),
    Column(
        "post",
        Text,
        nullable=False,
        server_default="",
        comment="as what, such as leader or grid worker",
    ),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("set_by", Text, nullable=False, comment="the name as it was then"),
    Column("set_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("since < until", name="in_order"),
    Index("ix_duty_until", "until", "since"),
    Index(
        "uq_duty_user_id", "user_id", text("coalesce(area_code, ''::text)"), "since", unique=True
    ),
    comment="who is on duty, when and for which area (值班表)",
)
