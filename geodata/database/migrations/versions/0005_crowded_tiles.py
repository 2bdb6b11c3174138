"""Cells of crowded tiles at every zoom; cases found by a narrower column, by grid and compound."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
