"""By which rules the clocks of open cases were last reckoned."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
