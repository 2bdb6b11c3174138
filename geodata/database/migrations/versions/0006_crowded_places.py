"""Cells of places with many cases, for tiles of one area, grid or compound."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
