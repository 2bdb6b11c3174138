"""Drafts of a net, with their steps, which stay as they are."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
