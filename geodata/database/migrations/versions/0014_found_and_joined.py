"""Places found for addresses, words taught for places, and cases joined to one."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
