"""SQL of the drafts: rows in, rows out, bound values, no rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import orjson
import sqlalchemy as sa

from geodata.plans.net import COUNTED
from geodata.plans.tables import (
    plan_grids,
    plan_steps,
    plan_units,
    plans,
)

Row = dict[str, Any]

UNIT: Final = {
    "unit": "integer",
    "grid": "integer",
    "kind": "text",
    "compound": "text",
    "closed": "boolean",
    "community": "text",
    **dict.fromkeys(COUNTED, "integer"),
    "homes": "jsonb",
    "geom": "geometry",
}
GRID: Final = {
    "grid": "integer",
    "code": "text",
    "name": "text",
    "community": "text",
    "locked": "boolean",
    "worker": "text",
}
ROWS_AT_ONCE: Final = 5_000


def _writing(table: str, columns: dict[str, str], key: str) -> sa.TextClause:
    """A statement that puts JSON rows into a table, new or in the place of old ones."""
    names = ", ".join(columns)
    kinds = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    return sa.text(
        f"INSERT INTO {table} (plan_id, {names}) "  # noqa: S608 - our own words
        f"SELECT :plan, {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({kinds}) "
        f"ON CONFLICT (plan_id, {key}) DO UPDATE SET {changed}"
    )


def _reading(table: str, columns: dict[str, str]) -> str:
    names = ", ".join("geom::text AS geom" if name == "geom" else name for name in columns)
    return f"SELECT {names} FROM {table} WHERE plan_id = :plan"  # noqa: S608 - our own words


_WRITE_UNITS: Final = _writing("plan_units", UNIT, "unit")
_WRITE_GRIDS: Final = _writing("plan_grids", GRID, "grid")
_ALL_UNITS: Final = sa.text(f"{_reading('plan_units', UNIT)} ORDER BY unit")
_ALL_GRIDS: Final = sa.text(f"{_reading('plan_grids', GRID)} ORDER BY grid")
_SOME_GRIDS: Final = sa.text(f"{_reading('plan_grids', GRID)} AND grid = ANY(:grids) ORDER BY grid")
_SOME_UNITS: Final = sa.text(
    f"{_reading('plan_units', UNIT)} AND grid = ANY(:grids) "
    f"UNION ALL {_reading('plan_units', UNIT)} AND grid IS NULL AND unit = ANY(:units) "
    "ORDER BY unit"
)
_NAMED: Final = """
    SELECT unit, grid FROM plan_units WHERE plan_id = :plan AND grid = ANY(:grids)
    UNION SELECT unit, grid FROM plan_units WHERE plan_id = :plan AND unit = ANY(:units)
"""
_TOUCHED: Final = """
    UNION SELECT unit, grid FROM plan_units
    WHERE plan_id = :plan AND geom && CAST(:shape AS geometry)
      AND ST_Intersects(geom, CAST(:shape AS geometry))
"""
_BESIDE: Final = sa.text(
    """
    WITH concerned AS MATERIALIZED (
        SELECT geom FROM plan_units WHERE plan_id = :plan AND grid = ANY(:grids)
        UNION ALL
        SELECT geom FROM plan_units
        WHERE plan_id = :plan AND grid IS NULL AND unit = ANY(:units)
    )
    SELECT DISTINCT beside.unit, beside.grid
    FROM concerned CROSS JOIN LATERAL (
        SELECT unit, grid FROM plan_units AS n
        WHERE n.plan_id = :plan AND n.geom && concerned.geom
          AND ST_Intersects(n.geom, concerned.geom)
    ) AS beside
    """
)


# ── drafts ───────────────────────────────────────────────────────────────────────────────────


def add_plan(connection: sa.Connection, **values: Any) -> Any:
    """A new row."""
    return connection.execute(sa.insert(plans).values(**values).returning(plans)).one()


def plan(connection: sa.Connection, plan_id: int, *, lock: bool = False) -> Any | None:
    """A draft's row; ``lock``: nobody else changes it until the transaction ends."""
    query = sa.select(plans).where(plans.c.id == plan_id)
    return connection.execute(query.with_for_update() if lock else query).one_or_none()


def change_plan(connection: sa.Connection, plan_id: int, **values: Any) -> Any:
    """Change some columns; gives the row."""
    return connection.execute(
        sa.update(plans)
        .where(plans.c.id == plan_id)
        .values(changed_at=sa.func.clock_timestamp(), **values)
        .returning(plans)
    ).one()


def all_plans(connection: sa.Connection, *, limit: int) -> Sequence[Any]:
    """The drafts that were changed last come first."""
    return connection.execute(
        sa.select(plans).order_by(plans.c.changed_at.desc(), plans.c.id.desc()).limit(limit)
    ).all()


def copy_rows_of(connection: sa.Connection, plan_id: int, new: int) -> None:
    """Units and grids of a draft for another one."""
    for table in (plan_units, plan_grids):
        names = [column.name for column in table.c if column.name != "plan_id"]
        connection.execute(
            sa.insert(table).from_select(
                ["plan_id", *names],
                sa.select(sa.literal(new), *(table.c[name] for name in names)).where(
                    table.c.plan_id == plan_id
                ),
            )
        )


# ── units and grids ──────────────────────────────────────────────────────────────────────────


def units(connection: sa.Connection, plan_id: int) -> list[Row]:
    """All units by number."""
    return [dict(row) for row in connection.execute(_ALL_UNITS, {"plan": plan_id}).mappings()]


def grids_of(connection: sa.Connection, plan_id: int) -> list[Row]:
    """All grids by number."""
    return [dict(row) for row in connection.execute(_ALL_GRIDS, {"plan": plan_id}).mappings()]


def part(
    connection: sa.Connection,
    plan_id: int,
    *,
    named_grids: Collection[int],
    named_units: Collection[int],
    shape: str | None,
) -> tuple[list[Row], list[Row]]:
    """Units and grids of the grids that are named or touched, and of those beside them.

    Ground that has no grid comes unit by unit.

    Args:
        connection: Of the transaction.
        plan_id: Which draft.
        named_grids: Numbers of grids.
        named_units: Numbers of units.
        shape: Hexadecimal EWKB in the draft's metres; units that touch it are concerned.
    """
    values: Row = {
        "plan": plan_id,
        "grids": list(named_grids),
        "units": list(named_units),
        "shape": shape,
    }
    if shape is None:
        del values["shape"]
    core = sa.text(_NAMED + (_TOUCHED if shape is not None else ""))
    concerned = _split(connection.execute(core, values).all())
    concerned["grids"] = sorted({*concerned["grids"], *named_grids})
    beside = _split(connection.execute(_BESIDE, {"plan": plan_id, **concerned}).all())
    found = {
        "plan": plan_id,
        "grids": sorted({*concerned["grids"], *beside["grids"]}),
        "units": sorted({*concerned["units"], *beside["units"]}),
    }
    return (
        [dict(row) for row in connection.execute(_SOME_UNITS, found).mappings()],
        [dict(row) for row in connection.execute(_SOME_GRIDS, found).mappings()],
    )


def _split(rows: Sequence[Any]) -> dict[str, list[int]]:
    """The grids, and the units that have none."""
    return {
        "grids": sorted({row.grid for row in rows if row.grid is not None}),
        "units": sorted(row.unit for row in rows if row.grid is None),
    }


def write(
    connection: sa.Connection,
    plan_id: int,
    rows: dict[str, list[Row]],
    *,
    gone: dict[str, list[int]] | None = None,
) -> None:
    """Put units and grids in the place of those with their numbers; take away what is gone."""
    for name, statement in (("units", _WRITE_UNITS), ("grids", _WRITE_GRIDS)):
        several = rows.get(name, [])
        for start in range(0, len(several), ROWS_AT_ONCE):
            text = orjson.dumps(several[start : start + ROWS_AT_ONCE]).decode()
            connection.execute(statement, {"plan": plan_id, "rows": text})
    for table, key, numbers in (
        (plan_units, plan_units.c.unit, (gone or {}).get("units")),
        (plan_grids, plan_grids.c.grid, (gone or {}).get("grids")),
    ):
        if numbers:
            connection.execute(
                sa.delete(table).where(table.c.plan_id == plan_id, key == sa.any_(_ints(numbers)))
            )


def _ints(numbers: Collection[int]) -> Any:
    return sa.literal(list(numbers), sa.ARRAY(sa.Integer))


def names_of_grids(connection: sa.Connection, plan_id: int) -> list[Any]:
    """Name and community of the grids of a draft that have a name."""
    return [
        *connection.execute(
            sa.select(plan_grids.c.name, plan_grids.c.community).where(
                plan_grids.c.plan_id == plan_id, plan_grids.c.name != ""
            )
        )
    ]


def grids_beyond(connection: sa.Connection, plan_id: int, loaded: Collection[int]) -> list[Any]:
    """Rows of a draft's other grids than these: grid, code, name, community, worker."""
    shown = [plan_grids.c[name] for name in ("grid", "code", "name", "community", "worker")]
    return [
        *connection.execute(
            sa.select(*shown)
            .where(plan_grids.c.plan_id == plan_id)
            .where(sa.not_(plan_grids.c.grid == sa.any_(_ints(loaded))))
            .order_by(plan_grids.c.grid)
        )
    ]


# ── steps ────────────────────────────────────────────────────────────────────────────────────


def add_step(connection: sa.Connection, **values: Any) -> None:
    """One more entry of the history."""
    connection.execute(sa.insert(plan_steps).values(**values))


def step(connection: sa.Connection, plan_id: int, revision: int) -> Any:
    """The step that led to a revision."""
    return connection.execute(
        sa.select(plan_steps).where(
            plan_steps.c.plan_id == plan_id, plan_steps.c.revision == revision
        )
    ).one()


def steps(
    connection: sa.Connection,
    plan_id: int,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[Any]:
    """The newest steps first, without the rows that they changed."""
    shown = [c for c in plan_steps.c if c.name not in {"before", "after"}]
    query = sa.select(*shown).where(plan_steps.c.plan_id == plan_id)
    if after is not None:
        query = query.where(plan_steps.c.revision > after)
    if before is not None:
        query = query.where(plan_steps.c.revision < before)
    return connection.execute(query.order_by(plan_steps.c.revision.desc()).limit(limit)).all()
