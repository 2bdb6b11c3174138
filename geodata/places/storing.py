"""Versions of places written set by set: what changed closes its old version and opens a new one.

Rows that are the same as their current version are left alone, so the same file twice changes
nothing. What a file does not say is kept from the version before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import TSTZRANGE

from geodata.database.copying import Same, copy_rows
from geodata.errors import Conflict
from geodata.places.tables import LAYERS

_OWN = frozenset({"id", "held", "import_id"})


@dataclass(frozen=True, slots=True)
class Stored:
    """How many features came, changed, stayed and ended."""

    added: int
    changed: int
    unchanged: int
    ended: int


def is_empty(connection: sa.Connection, layer: str) -> bool:
    """Whether the layer never had a feature."""
    return connection.execute(sa.select(LAYERS[layer].c.id).limit(1)).first() is None


def lock(connection: sa.Connection, layer: str) -> None:
    """Let nobody else write to the layer until the transaction ends; reading goes on."""
    connection.execute(sa.text(f"LOCK TABLE {LAYERS[layer].name} IN SHARE ROW EXCLUSIVE MODE"))


def all_codes(connection: sa.Connection, layer: str) -> set[str]:
    """Every code that the layer ever used."""
    return set(connection.execute(sa.select(LAYERS[layer].c.code).distinct()).scalars())


def store_versions(
    connection: sa.Connection,
    layer: str,
    columns: Mapping[str, Any],
    *,
    since: datetime | None = None,
    worked_out: Collection[str] = (),
    import_id: int | None = None,
    replace: bool = False,
) -> Stored:
    """Bring features into a layer; each code may come once.

    Args:
        connection: Of the transaction; ``lock`` was called on it.
        layer: One of ``places.tables.LAYERS``.
        columns: ``code``, ``geom`` and what else is known, each a column for ``copy_rows``.
            Columns that are left out keep their current value.
        since: From when this holds. Absent: since ever if the layer was empty, else from now.
        worked_out: Columns that were found by location and not said: alone they change nothing.
        import_id: Of the ``imports`` row that brings them.
        replace: Whether current features that are not among these end.

    Raises:
        Conflict: ``since`` lies before the beginning of a version that would have to change.
    """
    table = LAYERS[layer]
    first = is_empty(connection, layer)
    incoming = _incoming(connection, table, columns)
    connection.execute(sa.text("ANALYZE incoming"))
    says = [name for name in columns if name != "code"]
    matched = _matched(connection, table, incoming, [n for n in says if n not in worked_out])
    if since is not None:
        _refuse_backdating(connection, table, incoming, matched, since)
    start: Any = sa.func.now() if since is None else sa.literal(since, sa.DateTime(timezone=True))
    period = sa.func.tstzrange(None if first and since is None else start, None, type_=TSTZRANGE)
    changed = _change(connection, table, incoming, matched, says, (start, period), import_id)
    added = connection.execute(
        sa.insert(table).from_select(
            ["code", *says, "held", "import_id"],
            sa.select(
                incoming.c.code,
                *(incoming.c[name] for name in says),
                period,
                sa.literal(import_id, sa.BigInteger),
            ).where(~sa.exists().where(matched.c.code == incoming.c.code)),
        ),
        execution_options={"preserve_rowcount": True},
    ).rowcount
    ended = 0
    if replace:
        ended = connection.execute(
            sa.update(table)
            .where(sa.func.upper_inf(table.c.held))
            .where(~sa.exists().where(incoming.c.code == table.c.code))
            .values(held=sa.func.tstzrange(sa.func.lower(table.c.held), start))
        ).rowcount
    total = connection.execute(sa.select(sa.func.count()).select_from(incoming)).scalar_one()
    for one in (matched, incoming):
        connection.execute(sa.text(f"DROP TABLE {one.name}"))
    return Stored(added, changed, total - added - changed, ended)


def _incoming(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Any]) -> sa.Table:
    """A temporary table with the same types, filled."""
    made = sa.Table(
        "incoming",
        sa.MetaData(),
        *(sa.Column(name, _type(table.c[name])) for name in columns),
        prefixes=["TEMPORARY"],
    )
    connection.execute(sa.text("DROP TABLE IF EXISTS incoming"))
    made.create(connection)
    if not all(isinstance(one, Same) for one in columns.values()):
        copy_rows(connection, made, columns)
    connection.execute(sa.text("CREATE UNIQUE INDEX ON incoming (code)"))
    return made


def _type(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, Geometry):
        return Geometry(column.type.geometry_type, srid=column.type.srid, spatial_index=False)
    return column.type


def _matched(
    connection: sa.Connection, table: sa.Table, incoming: sa.Table, compared: list[str]
) -> sa.Table:
    """Current versions of incoming codes, and whether they differ, as a temporary table."""
    differs = sa.or_(sa.false(), *(_differs(table.c[n], incoming.c[n]) for n in compared))
    query = (
        sa.select(table.c.id, table.c.code, table.c.held, differs.label("differs"))
        .join(incoming, incoming.c.code == table.c.code)
        .where(sa.func.upper_inf(table.c.held))
    )
    found = sa.Table(
        "matched",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger),
        sa.Column("code", sa.Text),
        sa.Column("held", TSTZRANGE),
        sa.Column("differs", sa.Boolean),
        prefixes=["TEMPORARY"],
    )
    connection.execute(sa.text("DROP TABLE IF EXISTS matched"))
    found.create(connection)
    connection.execute(sa.insert(found).from_select(["id", "code", "held", "differs"], query))
    return found


def _differs(now: sa.Column[Any], then: sa.Column[Any]) -> sa.ColumnElement[bool]:
    if isinstance(now.type, Geometry):
        same = sa.func.ST_AsEWKB(now, type_=sa.LargeBinary)
        return same.is_distinct_from(sa.func.ST_AsEWKB(then, type_=sa.LargeBinary))
    return now.is_distinct_from(then)


def _refuse_backdating(
    connection: sa.Connection,
    table: sa.Table,
    incoming: sa.Table,
    matched: sa.Table,
    since: datetime,
) -> None:
    late = (
        sa.select(matched.c.code)
        .where(matched.c.differs)
        .where(sa.func.lower(matched.c.held) >= since)
        .union(
            sa.select(table.c.code)
            .join(incoming, incoming.c.code == table.c.code)
            .where(~sa.func.upper_inf(table.c.held))
            .where(sa.func.upper(table.c.held) > since)
        )
        .limit(20)
    )
    codes = sorted(connection.execute(late).scalars())
    if codes:
        raise Conflict(
            "Since %(since)s these have changed already: %(codes)s. Name a later day.",
            since=since.date().isoformat(),
            codes=", ".join(codes),
        )


def _change(
    connection: sa.Connection,
    table: sa.Table,
    incoming: sa.Table,
    matched: sa.Table,
    says: list[str],
    when: tuple[Any, Any],
    import_id: int | None,
) -> int:
    """Close the old versions of what differs, then open the new ones; gives their number."""
    start, period = when
    closed = connection.execute(
        sa.update(table)
        .where(table.c.id == matched.c.id)
        .where(matched.c.differs)
        .values(held=sa.func.tstzrange(sa.func.lower(table.c.held), start))
    ).rowcount
    if not closed:
        return 0
    kept = [c.name for c in table.c if c.name not in {*says, *_OWN, "code"}]
    connection.execute(
        sa.insert(table).from_select(
            ["code", *says, *kept, "held", "import_id"],
            sa.select(
                incoming.c.code,
                *(incoming.c[name] for name in says),
                *(table.c[name] for name in kept),
                period,
                sa.literal(import_id, sa.BigInteger),
            )
            .select_from(incoming)
            .join(matched, sa.and_(matched.c.code == incoming.c.code, matched.c.differs))
            .join(table, table.c.id == matched.c.id),
        )
    )
    return closed
