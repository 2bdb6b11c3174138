"""Photos of cases, and by what a report sent twice is known."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
