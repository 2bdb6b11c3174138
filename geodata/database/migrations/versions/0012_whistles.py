"""Departments called to a case by whistle, and what weekly reviews decide."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
