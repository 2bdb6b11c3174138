"""Cases: a problem found, from any source, followed until it is fed back and closed.

A case keeps the grid, compound and area that stood when it was reported; a later border never
moves an older case.
"""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
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
    Column(
        "due_given",
        DateTime(timezone=True),
        comment="when its source said that it is due; absent: by the profile",
    ),
    Column(
        "warn_at",
        DateTime(timezone=True),
        comment="from when it is nearly late; absent while its clock stands",
    ),
    Column("stage_due_at", DateTime(timezone=True), comment="by when it should leave its state"),
    Column(
        "stage_warn_at",
        DateTime(timezone=True),
        comment="from when it is nearly late in its state",
    ),
    Column(
        "paused_since",
        DateTime(timezone=True),
        comment="since when its clocks stand still; absent: they run",
    ),
    Column(
        "raise_at",
        DateTime(timezone=True),
        comment="when the next level is told of it; absent: nothing is due",
    ),
    Column("asked", Text, comment="what waits for a yes: pause or extension"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("closed_at", DateTime(timezone=True)),
    Column("area_code", Text, comment="the community of that day"),
    Column("grid_code", Text, comment="the grid of that day"),
    Column("compound_code", Text, comment="the compound of that day"),
    Column("extra", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("import_id", BigInteger, comment="imports.id that brought it"),
    Column(
        "revision",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="one more with each step: who saw an older one is refused",
    ),
    Column("stage_since", DateTime(timezone=True), comment="when it came into its state"),
    Column("assignee_id", BigInteger, comment="users.id of whom it was sent to"),
    Column("first_owner_id", BigInteger, comment="users.id of whom was asked first (首问负责)"),
    Column("department", Text, comment="a department key of the profile"),
    Column("level", Text, comment="the level of areas that it has been raised to"),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    Column("joined_to", BigInteger, comment="the case that it is one with, which leads it"),
    Column("joined_state", Text, comment="the state that it had when it was joined"),
    Column(
        "reports",
        Integer,
        nullable=False,
        server_default=text("1"),
        comment="its own report and those of the cases joined to it",
    ),
    Column(
        "place_state",
        Text,
        CheckConstraint(
            "place_state in ('given', 'sure', 'doubtful', 'none', 'chosen')",
            name="place_state_known",
        ),
        comment="given, sure, doubtful or none from its address, chosen by a person;"
        " absent: never looked for",
    ),
    Column("place_score", REAL, comment="of the place found for its address, 0 to 1"),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False), comment="absent: unplaced"),
    Column(
        "mx",
        Integer,
        Computed(
            "CASE WHEN joined_to IS NULL AND ST_X(geom) IS NOT NULL THEN "
            "least(greatest(floor((ST_X(geom) + 180) / 360 * 1073741824), 0), 1073741823)::integer "
            "END",
            persisted=True,
        ),
        comment="Web Mercator from the west, the world 2^30 wide; absent: not on the map",
    ),
    Column(
        "my",
        Integer,
        Computed(
            "CASE WHEN joined_to IS NULL AND ST_Y(geom) IS NOT NULL THEN "
            "least(greatest(floor((0.5 - ln(tan(pi() / 4 + radians("
            "least(greatest(ST_Y(geom), -85.06), 85.06)) / 2)) / (2 * pi())) * 1073741824), 0), "
            "1073741823)::integer END",
            persisted=True,
        ),
        comment="Web Mercator from the north, the world 2^30 high; absent: not on the map",
    ),
    Index(
        "uq_cases_source_external_id",
        "source",
        "external_id",
        unique=True,
        postgresql_where=text("external_id is not null"),
    ),
    Index(
        "ix_cases_reported_at",
        "reported_at",
        postgresql_include=[
            *("mx", "my", "id", "category", "source", "state", "area_code", "joined_to"),
        ],
    ),
    Index(
        "ix_cases_area_code",
        "area_code",
        "reported_at",
        postgresql_include=["mx", "my", "category", "source", "state", "joined_to"],
    ),
    Index(
        "ix_cases_mercator",
        text("(mx >> 14)"),
        "my",
        postgresql_include=[
            *("mx", "id", "category", "source", "state", "reported_at"),
            *("area_code", "grid_code", "compound_code"),
        ],
    ),
    Index("ix_cases_grid_code", "grid_code"),
    Index("ix_cases_compound_code", "compound_code"),
    Index("ix_cases_closed_at", "closed_at"),
    Index("ix_cases_geom", "geom", postgresql_using="gist"),
    Index("ix_cases_raise_at", "raise_at", postgresql_where=text("raise_at is not null")),
    Index("ix_cases_assignee_id", "assignee_id", postgresql_where=text("assignee_id is not null")),
    Index("ix_cases_asked", "id", postgresql_where=text("asked is not null")),
    Index("ix_cases_joined_to", "joined_to", postgresql_where=text("joined_to is not null")),
    Index(
        "ix_cases_unplaced",
        "reported_at",
        "id",
        postgresql_include=["state", "area_code", "place_state"],
        postgresql_where=text("geom is null and joined_to is null"),
    ),
    comment="problems found, from any source, until fed back",
)

case_steps = Table(
    "case_steps",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", BigInteger, nullable=False, comment="cases.id"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("user_id", BigInteger, comment="users.id; absent: a reporter, a file or the clock"),
    Column("actor", Text, nullable=False, comment="the name as it was then"),
    Column("kind", Text, nullable=False, comment="a step key of the profile, or one of our own"),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("reason", Text, nullable=False, server_default=""),
    Column("details", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index("ix_case_steps_case_id", "case_id", "id"),
    Index("ix_case_steps_at", "at", postgresql_include=["case_id", "to_state"]),
    comment="what was done with a case, who did it and why; a trigger forbids editing it",
)

case_reporters = Table(
    "case_reporters",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", BigInteger, nullable=False, comment="cases.id that it was reported as"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("source", Text, nullable=False),
    Column("name", Text, comment="personal: masked unless needed, reading logged"),
    Column("telephone", Text, comment="personal: masked unless needed, reading logged"),
    Column("email", Text, comment="personal: masked unless needed, reading logged"),
    Column("follow_code", Text, unique=True, comment="by which the reporter follows the case"),
    Column(
        "client_key",
        Text,
        unique=True,
        comment="digest of what the sender made for this report: sent again, it is the same report",
    ),
    Column("forget_at", DateTime(timezone=True), comment="when what is personal is deleted"),
    Index("ix_case_reporters_case_id", "case_id"),
    Index("ix_case_reporters_forget_at", "forget_at"),
    comment="who reported a case; several where cases were joined",
)

case_photos = Table(
    "case_photos",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", BigInteger, nullable=False, comment="cases.id"),
    Column("step_id", BigInteger, comment="case_steps.id of the entry that tells of it"),
    Column("phase", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="SHA-256 of the picture as it is stored"),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("taken_at", DateTime(timezone=True), comment="as the camera wrote it; personal"),
    Column(
        "geom",
        Geometry("POINT", srid=4326, spatial_index=False),
        comment="where the camera said it was; personal",
    ),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("added_by", BigInteger, comment="users.id; absent: a reporter without account"),
    CheckConstraint("phase in ('before', 'after')", name="phase_known"),
    Index("uq_case_photos_case_id", "case_id", "phase", "digest", unique=True),
    Index("ix_case_photos_digest", "digest"),
    comment="photos of cases; the pictures lie in DATA_DIR/photos under their digests",
)

case_calls = Table(
    "case_calls",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", BigInteger, nullable=False, comment="cases.id"),
    Column("whistle_no", Integer, nullable=False, comment="of the case: 1 for its first whistle"),
    Column("department", Text, nullable=False, comment="a department key of the profile"),
    Column("state", Text, nullable=False, server_default="called"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("called_at", DateTime(timezone=True), nullable=False),
    Column("called_by", BigInteger, comment="users.id; absent: the terminal"),
    Column("caller", Text, nullable=False, comment="the name as it was then"),
    Column("answer_due", DateTime(timezone=True), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    Column("answered_by", Text, comment="the name as it was then"),
    Column("arrive_due", DateTime(timezone=True)),
    Column("arrived_at", DateTime(timezone=True)),
    Column("finish_due", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True), comment="finished, declined, withdrawn or left"),
    Column("due_at", DateTime(timezone=True), comment="of the clock that runs; absent: none does"),
    Column("raised_at", DateTime(timezone=True), comment="when that clock was told as late"),
    Column("raised", SmallInteger, nullable=False, server_default=text("0")),
    Column("rating", SmallInteger, comment="1 to 5"),
    Column("remark", Text, nullable=False, server_default=""),
    Column("rated_by", Text, comment="the name as it was then"),
    Column("rated_at", DateTime(timezone=True)),
    CheckConstraint(
        "state in ('called', 'answered', 'arrived', 'finished', 'declined', 'withdrawn', 'left')",
        name="call_state_known",
    ),
    CheckConstraint("rating between 1 and 5", name="rating_in_range"),
    Index(
        "uq_case_calls_running",
        "case_id",
        "department",
        unique=True,
        postgresql_where=text("ended_at is null"),
    ),
    Index("ix_case_calls_case_id", "case_id", "id"),
    Index("ix_case_calls_called_at", "called_at"),
    Index(
        "ix_case_calls_due_at",
        "due_at",
        postgresql_where=text("due_at is not null and raised_at is null"),
    ),
    comment="departments called to a case by whistle (吹哨报到), each with its own clocks",
)

case_decisions = Table(
    "case_decisions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("week", Date, nullable=False, comment="the Monday of the week that was reviewed"),
    Column("case_id", BigInteger, nullable=False, comment="cases.id"),
    Column("opinion", Text, nullable=False, comment="what the meeting decided (会审意见)"),
    Column("responsible", Text, nullable=False, comment="who does it: an office or a person"),
    Column("until", Date, comment="the day by which it is done"),
    Column("decided_by", Text, nullable=False, comment="the name as it was then"),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("withdrawn_at", DateTime(timezone=True)),
    Index("ix_case_decisions_week", "week", "case_id"),
    Index("ix_case_decisions_case_id", "case_id"),
    comment="what weekly reviews decided of cases (民情日报周会审)",
)

case_partings = Table(
    "case_partings",
    metadata,
    Column("low", BigInteger, primary_key=True, autoincrement=False, comment="cases.id"),
    Column("high", BigInteger, primary_key=True, autoincrement=False, comment="cases.id"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("parted_by", Text, nullable=False, comment="the name as it was then"),
    CheckConstraint("low < high", name="in_order"),
    comment="pairs of cases that a person said are not the same trouble; not offered again",
)


def _summed() -> tuple[Column[Any], ...]:
    """What a ledger of cells says of the cases of one kind in one month."""
    return (
        Column(
            "month", Date, nullable=False, comment="of the report, by the clock of Asia/Shanghai"
        ),
        Column("category", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column(
            "n", Integer, nullable=False, comment="cases; negative where an older row is taken back"
        ),
        Column("sum_x", BigInteger, nullable=False, comment="sum of cases.mx"),
        Column("sum_y", BigInteger, nullable=False, comment="sum of cases.my"),
    )


case_cells = Table(
    "case_cells",
    metadata,
    Column(
        "zoom",
        SmallInteger,
        nullable=False,
        comment="of the tile: 0 to 7 for all, from 8 on for those in case_crowds",
    ),
    Column("tile_x", Integer, nullable=False),
    Column("tile_y", Integer, nullable=False),
    Column(
        "cell",
        SmallInteger,
        nullable=False,
        comment="row * 16 + column, from the north-west, to zoom 11;"
        " row * 4 + column from zoom 12 on",
    ),
    *_summed(),
    Index(
        "ix_case_cells_tile",
        "zoom",
        "tile_x",
        "tile_y",
        "month",
        postgresql_include=["cell", "category", "source", "state", "n", "sum_x", "sum_y"],
    ),
    comment="a ledger: what the cases of a cell add up to; rows of one cell and kind are summed",
)

case_crowds = Table(
    "case_crowds",
    metadata,
    Column("zoom", SmallInteger, primary_key=True, autoincrement=False),
    Column("tile_x", Integer, primary_key=True, autoincrement=False),
    Column("tile_y", Integer, primary_key=True, autoincrement=False),
    comment="tiles from zoom 8 on that have so many cases that the ledger has cells for them, too",
)

case_crowded_places = Table(
    "case_crowded_places",
    metadata,
    Column("kind", Text, primary_key=True, comment="area, grid or compound"),
    Column("code", Text, primary_key=True),
    comment="areas, grids and compounds that have so many cases that case_place_cells has cells"
    " for them",
)

case_place_cells = Table(
    "case_place_cells",
    metadata,
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("x", Integer, nullable=False, comment="column of the tile of zoom 18"),
    Column("y", Integer, nullable=False, comment="row of the tile of zoom 18"),
    *_summed(),
    Index(
        "ix_case_place_cells_place",
        "kind",
        "code",
        "month",
        postgresql_include=["x", "y", "category", "source", "state", "n", "sum_x", "sum_y"],
    ),
    comment="a ledger like case_cells: what the cases of a crowded place add up to in each tile"
    " of zoom 18",
)
