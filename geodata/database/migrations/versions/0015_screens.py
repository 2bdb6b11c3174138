"""Views of the command centre that other screens follow."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
