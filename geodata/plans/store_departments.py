"""SQL of the nets of departments: rows in, rows out, bound values, no rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from geodata.database.copying import copy_rows
from geodata.plans.tables import department_nets, department_patches, plan_correspondence

Box = tuple[float, float, float, float]


def add_net(connection: sa.Connection, **values: Any) -> Any | None:
    """A new row; None if a net has that name already."""
    return connection.execute(
        insert(department_nets).values(**values).on_conflict_do_nothing().returning(department_nets)
    ).one_or_none()


def add_patches(connection: sa.Connection, columns: Mapping[str, Any]) -> None:
    """The patches of a net."""
    copy_rows(connection, department_patches, columns)


def net(connection: sa.Connection, net_id: int) -> Any | None:
    """One net's row."""
    query = sa.select(department_nets).where(department_nets.c.id == net_id)
    return connection.execute(query).one_or_none()


def nets(connection: sa.Connection) -> Sequence[Any]:
    """All, in the order in which they came."""
    return connection.execute(sa.select(department_nets).order_by(department_nets.c.id)).all()


def remove_net(connection: sa.Connection, net_id: int) -> None:
    """With all its patches."""
    connection.execute(sa.delete(department_nets).where(department_nets.c.id == net_id))


def extent(connection: sa.Connection, plan_id: int) -> Box | None:
    """The box of a draft's ground in its own metres; None if it has none."""
    row = connection.execute(
        sa.text(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) "
            "FROM (SELECT ST_Extent(geom) AS e FROM plan_units WHERE plan_id = :plan) AS b"
        ),
        {"plan": plan_id},
    ).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def near(connection: sa.Connection, box: Box) -> dict[int, int]:
    """How many patches of each net touch a box in WGS 84 degrees."""
    rows = connection.execute(
        sa.select(department_patches.c.net_id, sa.func.count().label("number"))
        .where(department_patches.c.geom.op("&&")(sa.func.ST_MakeEnvelope(*box, 4326)))
        .group_by(department_patches.c.net_id)
    )
    return {row.net_id: row.number for row in rows}


def patches(connection: sa.Connection, net_id: int, box: Box) -> Sequence[Any]:
    """The patches of a net that touch a box in WGS 84 degrees; ``wkb`` in the same."""
    wkb = sa.func.ST_AsBinary(department_patches.c.geom, type_=sa.LargeBinary).label("wkb")
    c = department_patches.c
    return connection.execute(
        sa.select(c.patch, c.code, c.name, wkb)
        .where(c.net_id == net_id)
        .where(c.geom.op("&&")(sa.func.ST_MakeEnvelope(*box, 4326)))
        .order_by(c.patch)
    ).all()


def keep_correspondence(
    connection: sa.Connection, plan_id: int, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Put the table of a plan in the place of the one that it has."""
    connection.execute(
        sa.delete(plan_correspondence).where(plan_correspondence.c.plan_id == plan_id)
    )
    if rows:
        connection.execute(
            sa.insert(plan_correspondence),
            [{**row, "plan_id": plan_id, "number": k} for k, row in enumerate(rows, start=1)],
        )


def correspondence(
    connection: sa.Connection, plan_id: int, net_id: int | None
) -> Sequence[sa.RowMapping]:
    """What is kept of one net, or of the one in force till then."""
    c = plan_correspondence.c
    query = sa.select(plan_correspondence).where(
        c.plan_id == plan_id, c.net_id.is_(None) if net_id is None else c.net_id == net_id
    )
    return connection.execute(query.order_by(c.number)).mappings().all()


def kept_nets(connection: sa.Connection, plan_id: int) -> dict[int, str]:
    """The names of the nets of which something is kept with a plan."""
    c = plan_correspondence.c
    rows = connection.execute(
        sa.select(c.net_id, c.net)
        .where(c.plan_id == plan_id, c.net_id.is_not(None))
        .distinct()
        .order_by(c.net_id)
    )
    return {row.net_id: row.net for row in rows}
