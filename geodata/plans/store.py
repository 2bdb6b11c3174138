"""SQL of the drafts: rows in, rows out, bound values, no rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import orjson
import sqlalchemy as sa

from geodata.places.tables import areas, buildings, compounds, facilities, grids, streets
from geodata.plans.net import COUNTED
from geodata.plans.tables import (
    plan_comments,
    plan_grids,
    plan_shares,
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


# ── remarks and readers ──────────────────────────────────────────────────────────────────────


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


# ── what stands around ───────────────────────────────────────────────────────────────────────


def communities_inside(connection: sa.Connection, code: str, level: str) -> list[str]:
    """The codes of the smallest areas that lie in an area, or its own; empty: no such area."""
    rows = connection.execute(
        sa.text(
            "WITH RECURSIVE inside(code, level) AS ("
            "  SELECT code, level FROM areas WHERE code = :code AND held @> now()"
            "  UNION SELECT a.code, a.level FROM areas a JOIN inside i ON a.parent_code = i.code"
            "  WHERE a.held @> now())"
            " SELECT code FROM inside WHERE level = :level ORDER BY code"
        ),
        {"code": code, "level": level},
    )
    return list(rows.scalars())


def is_area(connection: sa.Connection, code: str) -> bool:
    """Whether an area has this code now."""
    query = sa.select(areas.c.id).where(areas.c.code == code, areas.c.held.op("@>")(sa.func.now()))
    return connection.execute(query).first() is not None


LAYERS: Final = {
    "grids": (
        grids,
        grids.c.area_code,
        ("id", "code", "name", "area_code", "households", "residents", "extra"),
    ),
    "compounds": (
        compounds,
        compounds.c.area_code,
        ("code", "name", "type", "closed", "area_code", "households", "residents"),
    ),
    "buildings": (
        buildings,
        buildings.c.area_code,
        (
            "code",
            "use",
            "area_code",
            "compound_code",
            "households",
            "residents",
            "elderly",
            "extra",
        ),
    ),
}


def standing(connection: sa.Connection, layer: str, communities: list[str]) -> list[Row]:
    """Current places of communities by code, with ``geom`` as WKB in WGS 84."""
    table, of, names = LAYERS[layer]
    wkb = sa.func.ST_AsBinary(table.c.geom, type_=sa.LargeBinary).label("geom")
    rows = connection.execute(
        sa.select(*(table.c[name] for name in names), wkb)
        .where(of == sa.any_(sa.literal(communities, sa.ARRAY(sa.Text))))
        .where(table.c.held.op("@>")(sa.func.now()))
        .order_by(table.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def communities_with_borders(connection: sa.Connection, codes: list[str]) -> list[Row]:
    """Current areas of these codes; ``geom`` as WKB in WGS 84."""
    wkb = sa.func.ST_AsBinary(areas.c.geom, type_=sa.LargeBinary).label("geom")
    rows = connection.execute(
        sa.select(areas.c.code, areas.c.name, wkb)
        .where(areas.c.code == sa.any_(sa.literal(codes, sa.ARRAY(sa.Text))))
        .where(areas.c.held.op("@>")(sa.func.now()))
        .order_by(areas.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def names_of(connection: sa.Connection, *, compound: list[str], area: list[str]) -> dict[str, str]:
    """What current places are called, by code."""
    found: dict[str, str] = {}
    for table, codes in ((compounds, compound), (areas, area)):
        rows = connection.execute(
            sa.select(table.c.code, table.c.name)
            .where(table.c.code == sa.any_(sa.literal(codes, sa.ARRAY(sa.Text))))
            .where(table.c.held.op("@>")(sa.func.now()))
        )
        found |= {row.code: row.name for row in rows if row.name}
    return found


def streets_near(connection: sa.Connection, box: tuple[float, float, float, float]) -> list[Row]:
    """Current streets that touch a box in WGS 84 degrees; ``geom`` as WKB in the same."""
    wanted = sa.func.ST_MakeEnvelope(*box, 4326)
    wkb = sa.func.ST_AsBinary(streets.c.geom, type_=sa.LargeBinary)
    width = streets.c.extra.op("->>")("width_m")
    rows = connection.execute(
        sa.select(streets.c.name, streets.c.kind, width.label("width_m"), wkb.label("geom"))
        .where(streets.c.geom.op("&&")(wanted))
        .where(streets.c.held.op("@>")(sa.func.now()))
        .order_by(streets.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def walls_near(connection: sa.Connection, box: tuple[float, float, float, float]) -> list[Row]:
    """The borders of current compounds that touch a box in WGS 84 degrees: name, ``geom``."""
    wanted = sa.func.ST_MakeEnvelope(*box, 4326)
    wkb = sa.func.ST_AsBinary(sa.func.ST_Boundary(compounds.c.geom), type_=sa.LargeBinary)
    rows = connection.execute(
        sa.select(compounds.c.code.label("name"), wkb.label("geom"))
        .where(compounds.c.geom.op("&&")(wanted))
        .where(compounds.c.held.op("@>")(sa.func.now()))
        .order_by(compounds.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def stations_near(
    connection: sa.Connection, box: tuple[float, float, float, float], kinds: list[str]
) -> list[bytes]:
    """Current facilities of some kinds in a box in WGS 84 degrees, as WKB."""
    wanted = sa.func.ST_MakeEnvelope(*box, 4326)
    wkb = sa.func.ST_AsBinary(facilities.c.geom, type_=sa.LargeBinary)
    rows = connection.execute(
        sa.select(wkb)
        .where(facilities.c.geom.op("&&")(wanted))
        .where(facilities.c.kind == sa.any_(sa.literal(kinds, sa.ARRAY(sa.Text))))
        .where(facilities.c.held.op("@>")(sa.func.now()))
        .order_by(facilities.c.code)
    )
    return list(rows.scalars())


# ── versions of grids ────────────────────────────────────────────────────────────────────────


def last_versions(connection: sa.Connection, communities: list[str]) -> dict[str, Any]:
    """The version of each grid of communities that has no end, and since when, by code."""
    rows = connection.execute(
        sa.select(grids.c.code, grids.c.id, sa.func.lower(grids.c.held).label("since"))
        .where(grids.c.area_code == sa.any_(sa.literal(communities, sa.ARRAY(sa.Text))))
        .where(sa.func.upper_inf(grids.c.held))
    )
    return {row.code: row for row in rows}


def close_versions(connection: sa.Connection, numbers: list[int], at: Any) -> None:
    """Let versions of grids end."""
    connection.execute(
        sa.text("UPDATE grids SET held = tstzrange(lower(held), :at) WHERE id = ANY(:numbers)"),
        {"numbers": numbers, "at": at},
    )


def opened_versions(connection: sa.Connection, codes: list[str], at: Any) -> list[int]:
    """The numbers of the versions of these codes that begin then."""
    rows = connection.execute(
        sa.text(
            "SELECT id FROM grids WHERE code = ANY(:codes) AND lower(held) = :at "
            "AND upper_inf(held) ORDER BY id"
        ),
        {"codes": list(codes), "at": at},
    )
    return list(rows.scalars())


def take_back_versions(
    connection: sa.Connection, opened: list[int], closed: list[int], at: Any
) -> bool:
    """Let versions that have not begun be gone, and those before them go on; False: impossible."""
    gone = connection.execute(
        sa.text("DELETE FROM grids WHERE id = ANY(:numbers) AND upper_inf(held)"),
        {"numbers": opened},
    ).rowcount
    again = connection.execute(
        sa.text(
            "UPDATE grids SET held = tstzrange(lower(held), NULL) "
            "WHERE id = ANY(:numbers) AND upper(held) = :at"
        ),
        {"numbers": closed, "at": at},
    ).rowcount
    return gone == len(opened) and again == len(closed)


def codes_ever_given(connection: sa.Connection) -> set[str]:
    """Codes that publications gave, those withdrawn too."""
    rows = connection.execute(
        sa.text(
            "SELECT jsonb_array_elements_text(action -> 'new') FROM plan_steps "
            "WHERE kind = 'publish'"
        )
    )
    return set(rows.scalars())


def codes_begun(connection: sa.Connection) -> list[str]:
    """Codes of the published nets whose versions began within the last day."""
    rows = connection.execute(
        sa.text(
            "SELECT DISTINCT jsonb_array_elements_text(p.published -> 'new'"
            "  || (p.published -> 'changed') || (p.published -> 'ended')) AS code "
            "FROM plans p WHERE p.state = 'published' "
            "AND p.holds_from BETWEEN current_date - 2 AND current_date + 2 AND EXISTS ("
            "  SELECT 1 FROM grids g WHERE g.id IN ("
            "    SELECT jsonb_array_elements_text(p.published -> 'opened')::bigint)"
            "  AND lower(g.held) > now() - interval '1 day' AND lower(g.held) <= now()) "
            "ORDER BY code"
        )
    )
    return list(rows.scalars())
