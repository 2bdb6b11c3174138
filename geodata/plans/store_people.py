"""SQL about the people around a draft: who signed it, who may read it, who did what to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa


def signatures(connection: sa.Connection, plan_id: int) -> Sequence[Any]:
    """The last submission and the last approval: kind, actor, at, revision."""
    return connection.execute(
        sa.text(
            "SELECT DISTINCT ON (kind) kind, actor, at, revision FROM plan_steps "
            "WHERE plan_id = :plan AND kind IN ('submit', 'approve') "
            "ORDER BY kind, revision DESC"
        ),
        {"plan": plan_id},
    ).all()


def accounts(connection: sa.Connection) -> Sequence[Any]:
    """Accounts that can sign in: id, name, display_name, role; by name."""
    return connection.execute(
        sa.text("SELECT id, name, display_name, role FROM users WHERE active ORDER BY lower(name)")
    ).all()


def standing_steps(connection: sa.Connection, plan_id: int, *, least: int) -> set[int]:
    """Revisions, from ``least`` on, of the steps that undo would take back one after the other."""
    rows = connection.execute(
        sa.text(
            "WITH RECURSIVE chain(revision, below) AS ("
            "  SELECT s.revision, s.below FROM plans p JOIN plan_steps s"
            "    ON s.plan_id = p.id AND s.revision = p.undoable WHERE p.id = :plan"
            "  UNION ALL SELECT s.revision, s.below FROM chain c JOIN plan_steps s"
            "    ON s.plan_id = :plan AND s.revision = c.below WHERE c.revision > :least)"
            " SELECT revision FROM chain WHERE revision >= :least"
        ),
        {"plan": plan_id, "least": least},
    )
    return set(rows.scalars())


def changes_of_steps(
    connection: sa.Connection, plan_id: int, *, least: int, most: int
) -> dict[int, Any]:
    """What steps changed, by revision: ``names`` of grids, and ``households`` that each got."""
    rows = connection.execute(
        sa.text(
            "SELECT s.revision,"
            " (SELECT jsonb_object_agg(g ->> 'grid', coalesce(nullif(g ->> 'name', ''),"
            "    g ->> 'code')) FROM jsonb_array_elements("
            "    (s.before -> 'grids') || (s.after -> 'grids')) g) AS names,"
            " (SELECT jsonb_object_agg(grid, change) FROM ("
            "    SELECT grid, sum(households) AS change FROM ("
            "      SELECT u ->> 'grid' AS grid, (u ->> 'households')::integer AS households"
            "      FROM jsonb_array_elements(s.after -> 'units') u"
            "      UNION ALL SELECT u ->> 'grid', -(u ->> 'households')::integer"
            "      FROM jsonb_array_elements(s.before -> 'units') u) each"
            "    WHERE grid IS NOT NULL AND households IS NOT NULL GROUP BY grid) sums"
            "  WHERE change <> 0) AS households"
            " FROM plan_steps s"
            " WHERE s.plan_id = :plan AND s.revision BETWEEN :least AND :most"
        ),
        {"plan": plan_id, "least": least, "most": most},
    )
    return {row.revision: row for row in rows}
