"""Gates of compounds, how many people a place can serve, and where one may walk."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
