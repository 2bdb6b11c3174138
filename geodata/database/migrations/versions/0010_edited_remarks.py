"""Remarks on drafts that their authors may edit, and who did so when."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
