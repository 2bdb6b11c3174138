"""Nets of other departments, and which of their patches became which grid."""

from __future__ import annotations

from geodata.database.migrations import run_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(__file__)
