"""SQL of the accounts: bound values, no rules."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, text

from geodata.accounts import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The table ``areas`` belongs to the room above; only its codes and parents are asked for here.
_AREAS_INSIDE = text(
    """
    WITH RECURSIVE above(code, ancestor) AS (
        SELECT code, parent_code FROM areas WHERE code = ANY(:codes) AND upper_inf(held)
        UNION
        SELECT above.code, areas.parent_code
        FROM above JOIN areas ON areas.code = above.ancestor AND upper_inf(areas.held)
    )
    SELECT DISTINCT code FROM above WHERE ancestor = ANY(:of)
    """
)


def areas_inside(
    connection: Connection, codes: Collection[str], *, of: Collection[str]
) -> set[str]:
    """Those of ``codes`` that lie inside one of ``of``, at any depth, as the areas stand now."""
    if not codes:
        return set()
    rows = connection.execute(_AREAS_INSIDE, {"codes": list(codes), "of": list(of)})
    return {row.code for row in rows}


def add_audit_entry(connection: Connection, **entry: Any) -> None:
    """One more line of the audit trail."""
    connection.execute(insert(tables.audit).values(**entry))
