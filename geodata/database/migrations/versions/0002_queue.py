"""The queue of procrastinate 3.10, as that release ships it (``procrastinate/sql/schema.sql``)."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
