"""Public rooms: planned, accepted, handed over, used, misused and recovered."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
