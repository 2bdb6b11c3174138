"""What was written into ``audit`` and ``changes`` stays as it is."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
