"""The clocks of cases, the operator's own days, who is on duty, workers' telephones."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
