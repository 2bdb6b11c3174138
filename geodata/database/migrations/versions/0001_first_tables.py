"""The tables that the first release starts with."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
