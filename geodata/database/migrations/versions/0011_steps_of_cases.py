"""What is done with a case, step by step, and who reported it."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
