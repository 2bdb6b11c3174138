"""SQL about published nets: which codes they gave and ended, and what comes into force later."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa


def codes_ended(connection: sa.Connection, codes: Collection[str]) -> set[str]:
    """Those of these codes whose grids a published net ended."""
    rows = connection.execute(
        sa.text(
            "SELECT code FROM plans p, jsonb_array_elements_text(p.published -> 'ended') AS code"
            " WHERE p.state = 'published' AND code = ANY(:codes)"
        ),
        {"codes": list(codes)},
    )
    return set(rows.scalars())


def days_to_come(
    connection: sa.Connection, start: datetime, communities: Collection[str] | None
) -> list[tuple[date, str]]:
    """Days from a moment on on which nets come into force, with their names, the first first.

    Args:
        connection: Where.
        start: The moment.
        communities: Only nets of these; None: of all.
    """
    rows = connection.execute(
        sa.text(
            "SELECT p.holds_from, p.name FROM plans p WHERE p.state = 'published'"
            " AND (CAST(:communities AS text[]) IS NULL"
            "      OR p.communities && CAST(:communities AS text[]))"
            " AND EXISTS (SELECT FROM grids g WHERE lower(g.held) >= :start"
            "   AND g.code IN (SELECT jsonb_array_elements_text("
            "     (p.published -> 'new') || (p.published -> 'changed')))"
            "   UNION ALL SELECT FROM grids g WHERE upper(g.held) > :start"
            "   AND g.code IN (SELECT jsonb_array_elements_text(p.published -> 'ended')))"
            " ORDER BY p.holds_from, p.id"
        ),
        {"start": start, "communities": None if communities is None else list(communities)},
    )
    return [(row[0], row[1]) for row in rows]


def grids_of_published(
    connection: sa.Connection, box: tuple[float, float, float, float], without: Collection[str]
) -> list[Any]:
    """``code`` and ``wkb`` of last versions that a published net made, around a WGS 84 box."""
    return list(
        connection.execute(
            sa.text(
                "SELECT g.code, ST_AsBinary(g.geom) AS wkb FROM grids g"
                " WHERE upper_inf(g.held) AND g.geom && ST_MakeEnvelope(:w, :s, :e, :n, 4326)"
                " AND NOT g.code = ANY(:without) AND g.import_id IS NULL"
                " AND g.code IN (SELECT jsonb_array_elements_text("
                "   (p.published -> 'new') || (p.published -> 'changed'))"
                "   FROM plans p WHERE p.state = 'published')"
                " ORDER BY g.code"
            ),
            {**dict(zip("wsen", box, strict=True)), "without": list(without)},
        )
    )
