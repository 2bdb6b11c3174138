"""Cases summed by cell for every zoom of the map, kept right by triggers."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
