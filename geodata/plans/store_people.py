"""SQL about the people around a draft: who signed it, who may read it, who said and did what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from geodata.plans.tables import plan_comments, plan_shares


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


def add_comment(connection: sa.Connection, *, lon: float, lat: float, **values: Any) -> int:
    """A remark at a place in WGS 84 degrees; gives its number."""
    point = sa.func.ST_SetSRID(sa.func.ST_Point(lon, lat), 4326)
    number: int = connection.execute(
        sa.insert(plan_comments).values(geom=point, **values).returning(plan_comments.c.id)
    ).scalar_one()
    return number


def comments(connection: sa.Connection, plan_id: int) -> Sequence[Any]:
    """The oldest first."""
    shown = [c for c in plan_comments.c if c.name != "geom"]
    x, y = sa.func.ST_X(plan_comments.c.geom), sa.func.ST_Y(plan_comments.c.geom)
    return connection.execute(
        sa.select(*shown, x.label("lon"), y.label("lat"))
        .where(plan_comments.c.plan_id == plan_id)
        .order_by(plan_comments.c.id)
    ).all()


def locked_comment(connection: sa.Connection, plan_id: int, number: int) -> Any:
    """A remark on a draft, locked until the transaction ends; None if there is none."""
    shown = [c for c in plan_comments.c if c.name != "geom"]
    return connection.execute(
        sa.select(*shown)
        .where(plan_comments.c.plan_id == plan_id, plan_comments.c.id == number)
        .with_for_update()
    ).first()


def edit_comment(connection: sa.Connection, number: int, words: str, *, by: str) -> int:
    """Other words for a remark; gives its new version."""
    version: int = connection.execute(
        sa.update(plan_comments)
        .where(plan_comments.c.id == number)
        .values(
            words=words,
            version=plan_comments.c.version + 1,
            edited_at=sa.func.now(),
            edited_by=by,
        )
        .returning(plan_comments.c.version)
    ).scalar_one()
    return version


def share(connection: sa.Connection, plan_id: int, user_id: int, by: str) -> None:
    """Let a user read the draft."""
    connection.execute(
        sa.text(
            "INSERT INTO plan_shares (plan_id, user_id, shared_by) VALUES (:plan, :user, :by) "
            "ON CONFLICT DO NOTHING"
        ),
        {"plan": plan_id, "user": user_id, "by": by},
    )


def unshare(connection: sa.Connection, plan_id: int, user_id: int) -> bool:
    """Whether the user could read it by a share."""
    done = connection.execute(
        sa.delete(plan_shares).where(
            plan_shares.c.plan_id == plan_id, plan_shares.c.user_id == user_id
        )
    )
    return done.rowcount > 0


def is_shared(connection: sa.Connection, plan_id: int, user_id: int | None) -> bool:
    """Whether a user may read the draft by a share."""
    query = sa.select(plan_shares.c.plan_id).where(
        plan_shares.c.plan_id == plan_id, plan_shares.c.user_id == user_id
    )
    return user_id is not None and connection.execute(query).first() is not None


def shared_with(connection: sa.Connection, user_id: int | None) -> set[int]:
    """The drafts that a user may read by a share."""
    query = sa.select(plan_shares.c.plan_id).where(plan_shares.c.user_id == user_id)
    return set() if user_id is None else set(connection.execute(query).scalars())


def readers(connection: sa.Connection, plan_id: int) -> Sequence[Any]:
    """Who may read by a share, by name."""
    return connection.execute(
        sa.text(
            "SELECT u.name, s.shared_at, s.shared_by FROM plan_shares s "
            "JOIN users u ON u.id = s.user_id WHERE s.plan_id = :plan ORDER BY u.name"
        ),
        {"plan": plan_id},
    ).all()
