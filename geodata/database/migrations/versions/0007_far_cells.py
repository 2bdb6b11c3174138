"""Cells of zoom 8 to 11 only where cases crowd."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
