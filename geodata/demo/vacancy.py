"""Whether there is room for the demo city: it never enters a database that holds anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.cases.tables import (
    case_calls,
    case_decisions,
    case_partings,
    case_photos,
    case_reporters,
    case_steps,
    cases,
)
from geodata.demo.rooms import rooms_taken
from geodata.exchange.tables import imports
from geodata.places.tables import LAYERS
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.database import Database

NOT_GENERATED: Final = _(
    "The layer %(layer)s holds records that were not generated: they are never replaced by the "
    "demo city."
)

TABLES: Final[dict[str, sa.Table]] = {**LAYERS, "cases": cases}
"""All that the city fills."""

OF_CASES: Final = (
    *(case_reporters, case_photos, case_calls, case_decisions, case_partings),
    case_steps,
)
"""What is kept of cases beside them, and goes with them."""


def taken(database: Database) -> tuple[str, bool] | None:
    """What stands in the city's way: a layer, and whether all of it is generated.

    A layer with records that were not generated comes before all others; None: nothing is there.
    """
    with database.read() as connection:
        return taken_in(connection)


def taken_in(connection: sa.Connection) -> tuple[str, bool] | None:
    """``taken`` as a connection sees it."""
    generated = None
    for name, table in TABLES.items():
        if not has_rows(connection, sa.select(1).select_from(table)):
            continue
        if has_rows(connection, sa.select(1).select_from(table).where(_not_generated(table))):
            return name, False
        generated = generated or name
    rooms = rooms_taken(connection)
    if rooms is False:
        return "public_rooms", False
    generated = generated or (None if rooms is None else "public_rooms")
    return None if generated is None else (generated, True)


def has_rows(connection: sa.Connection, query: sa.Select[Any]) -> bool:
    """Whether the query finds anything."""
    return connection.execute(query.limit(1)).first() is not None


def _not_generated(table: sa.Table) -> sa.ColumnElement[bool]:
    generated = sa.select(imports.c.id).where(imports.c.report["synthetic"].astext == "true")
    return sa.or_(table.c.import_id.is_(None), table.c.import_id.not_in(generated))
