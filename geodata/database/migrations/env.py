"""Alembic's entry: the connection comes from ``upgrade``, all steps in its one transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
