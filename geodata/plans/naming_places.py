"""What the places around a draft are called, and whether stations are known at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from geodata.places.tables import areas, compounds, facilities

if TYPE_CHECKING:
    from collections.abc import Iterable


def names_of(connection: sa.Connection, codes: Iterable[str]) -> dict[str, str]:
    """The names of current compounds and areas by code, of those that have one."""
    wanted = sa.any_(sa.literal(sorted(set(codes)), sa.ARRAY(sa.Text)))
    found: dict[str, str] = {}
    for table in (areas, compounds):
        rows = connection.execute(
            sa.select(table.c.code, table.c.name)
            .where(table.c.code == wanted)
            .where(table.c.held.op("@>")(sa.func.now()))
        )
        found |= {row.code: row.name for row in rows if row.name}
    return found


def has_stations(connection: sa.Connection, kinds: list[str]) -> bool:
    """Whether any current facility of these kinds is known, wherever it is."""
    query = (
        sa.select(sa.literal(1))
        .where(facilities.c.kind == sa.any_(sa.literal(kinds, sa.ARRAY(sa.Text))))
        .where(facilities.c.held.op("@>")(sa.func.now()))
        .limit(1)
    )
    return connection.execute(query).first() is not None
