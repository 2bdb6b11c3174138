"""Drafts of a net: units, grids, every step, who may read, and what people remark.

A draft is a list of units with the grid of each. What was done to it stands in ``plan_steps``,
whose rows nobody can edit: each carries the rows that it changed as they were before and after,
so that taking a step back needs no inverse of it.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geodata.database.tables import metadata
from geodata.plans.net import COUNTED

STATES = ("draft", "submitted", "approved", "published", "withdrawn")

plans = Table(
    "plans",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("area_code", Text, nullable=False, comment="the area whose net is drawn"),
    Column("communities", ARRAY(Text), nullable=False, comment="areas.code of those inside"),
    Column("start", Text, nullable=False, comment="current, compounds, proposal, file or copy"),
    Column("copied_from", BigInteger, comment="plans.id"),
    Column(
        "state",
        Text,
        CheckConstraint(
            f"state IN ({', '.join(repr(one) for one in STATES)})",
            name="state_known",
        ),
        nullable=False,
        server_default="draft",
    ),
    Column("srid", Integer, nullable=False, comment="EPSG of the metres it is drawn in"),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("undoable", BigInteger, comment="revision of the step that undo takes back"),
    Column("redoable", BigInteger, comment="revision of the undo that redo takes back"),
    Column("next_unit", Integer, nullable=False, comment="never used before in this draft"),
    Column("next_grid", Integer, nullable=False, comment="never used before in this draft"),
    Column("base", JSONB, nullable=False, comment="code → grids.id of what stood at its start"),
    Column("report", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("made_by", BigInteger, comment="users.id"),
    Column("made_by_name", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("submitted_by", BigInteger, comment="users.id"),
    Column("submitted_revision", BigInteger, comment="the revision that is to be approved"),
    Column("approved_by", BigInteger, comment="users.id, another than submitted_by"),
    Column("holds_from", Date, comment="the day from which it is in force"),
    Column("reason", Text, comment="why it was published"),
    Column("published", JSONB, comment="grids.id closed and opened, to withdraw it"),
    Index("ix_plans_area_code", "area_code"),
    comment="drafts of a net",
)

plan_units = Table(
    "plan_units",
    metadata,
    Column("plan_id", BigInteger, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("unit", Integer, primary_key=True, autoincrement=False),
    Column("grid", Integer, comment="plan_grids.grid; absent: in no grid"),
    Column("kind", Text, nullable=False, comment="compound, block, water or rest"),
    Column("compound", Text, comment="compounds.code"),
    Column("closed", Boolean, nullable=False, comment="a compound that is never cut"),
    Column("community", Text, nullable=False, comment="areas.code"),
    *(Column(name, Integer) for name in COUNTED),
    Column("homes", JSONB, nullable=False, comment="[x, y, counts…] of each building"),
    Column(
        "geom",
        Geometry("POLYGON", srid=-1, spatial_index=False),
        nullable=False,
        comment="in the metres of plans.srid",
    ),
    Index("ix_plan_units_grid", "plan_id", "grid"),
    Index("ix_plan_units_geom", "plan_id", "geom", postgresql_using="gist"),
    comment="the ground of a draft, cut; together a coverage",
)

plan_grids = Table(
    "plan_grids",
    metadata,
    Column("plan_id", BigInteger, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("grid", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, comment="grids.code; absent: a new one"),
    Column("name", Text, nullable=False, server_default=""),
    Column("community", Text, comment="areas.code"),
    Column("locked", Boolean, nullable=False, server_default=text("false")),
    Column("worker", Text, comment="who answers for it"),
    comment="the grids of a draft; their borders are those of their units",
)

plan_steps = Table(
    "plan_steps",
    metadata,
    Column("plan_id", BigInteger, primary_key=True, comment="plans.id"),
    Column(
        "revision",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="of the draft after this step",
    ),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("user_id", BigInteger, comment="users.id"),
    Column("actor", Text, nullable=False, comment="the name as it was then"),
    Column("kind", Text, nullable=False, comment="the action, or undo, redo, proposal"),
    Column("of", BigInteger, comment="revision of the step that was taken back or done again"),
    Column("below", BigInteger, comment="what lay under it to be undone, or redone for an undo"),
    Column("action", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("units", ARRAY(Integer), nullable=False, comment="that changed, came or went"),
    Column("grids", ARRAY(Integer), nullable=False, comment="that changed, came or went"),
    Column("before", JSONB, nullable=False, comment="the rows as they were"),
    Column("after", JSONB, nullable=False, comment="the rows as they became"),
    Index("ix_plan_steps_publish", "plan_id", postgresql_where=text("kind = 'publish'")),
    comment="what was done to drafts; rows are never edited",
)

plan_comments = Table(
    "plan_comments",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("plan_id", BigInteger, ForeignKey("plans.id", ondelete="CASCADE"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("user_id", BigInteger, comment="users.id"),
    Column("actor", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, comment="of the draft that was looked at"),
    Column("words", Text, nullable=False),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
    Column(
        "version",
        Integer,
        nullable=False,
        server_default=text("1"),
        comment="one more whenever its words are changed",
    ),
    Column("edited_at", DateTime(timezone=True), comment="the last time"),
    Column("edited_by", Text, comment="the name as it was then"),
    Index("ix_plan_comments_plan_id", "plan_id", "id"),
    comment="remarks at a place of a draft",
)

plan_shares = Table(
    "plan_shares",
    metadata,
    Column("plan_id", BigInteger, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False, comment="users.id"),
    Column("shared_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("shared_by", Text, nullable=False),
    comment="who else may read a draft and remark on it",
)

department_nets = Table(
    "department_nets",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True, comment="of the department"),
    Column("filename", Text, nullable=False, comment="of the file that it came in"),
    Column("attribution", Text, nullable=False, server_default="", comment="whose data it is"),
    Column("note", Text, nullable=False, server_default=""),
    Column("patches", Integer, nullable=False, comment="how many it has"),
    Column("made_by", BigInteger, comment="users.id"),
    Column("made_by_name", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="nets of other departments over the same place",
)

department_patches = Table(
    "department_patches",
    metadata,
    Column(
        "net_id",
        BigInteger,
        ForeignKey("department_nets.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("patch", Integer, primary_key=True, autoincrement=False, comment="as in the file"),
    Column("code", Text),
    Column("name", Text),
    Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
    Index("ix_department_patches_geom", "geom", postgresql_using="gist"),
    comment="what a department calls a grid; they may overlap and leave holes",
)

plan_correspondence = Table(
    "plan_correspondence",
    metadata,
    Column("plan_id", BigInteger, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("net_id", BigInteger, comment="department_nets.id; absent: the net in force till then"),
    Column("net", Text, comment="its name, which stays when the net is removed"),
    Column("patch_code", Text),
    Column("patch_name", Text),
    Column("grid", Integer, comment="plan_grids.grid; absent: in no grid"),
    Column("grid_code", Text),
    Column("grid_name", Text),
    Column("households", BigInteger, nullable=False),
    Column("area_m2", Float, nullable=False),
    Column("share", Float, nullable=False, comment="of the patch's households, or of its ground"),
    comment="which old patch became which grid, as it was when the plan was published",
)
