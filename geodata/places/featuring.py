"""Reading places as features, a page at a time.

A page is read by key (``id`` of the row, which only grows), never by offset: rows that come in
while somebody reads neither shift nor repeat the pages. Geometries leave as GeoJSON text made by
PostGIS, WGS 84 (CRS84: longitude first), 7 decimals, which is 1 cm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.errors import InvalidInput, NotFound
from geodata.places.tables import LAYERS

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

Box = tuple[float, float, float, float]

HIDDEN: Final = frozenset({"id", "geom", "held", "import_id"})
DECIMALS: Final = 7
COUNTED_COST: Final = 20_000.0
"""Planner's cost up to which matches are counted: some 20 ms of work, 100,000 rows in one index."""
GATHERED_ROWS: Final = 50_000
"""Estimated rows of a box up to which they are gathered by place and then sorted."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which features are asked for; all conditions must hold.

    ``boxes`` are west, south, east, north in WGS 84 degrees, any of which may be touched (two of
    them for a box across the antimeridian). ``at`` is the moment whose version is meant, now if
    absent; with ``since`` or ``until`` it is the newest version that held in the period (both
    inclusive). ``equal`` are properties with the values one of which they must have.
    """

    boxes: tuple[Box, ...] = ()
    at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    equal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limit: int = 100
    after: int | None = None


@dataclass(frozen=True)
class Feature:
    """One feature: its identifier, GeoJSON text of its geometry (or none) and its properties."""

    identifier: str | int
    geometry: str | None
    properties: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Some features, where the next page begins, and how many match if that was cheap to know."""

    features: tuple[Feature, ...]
    after: int | None
    matched: int | None


def properties(layer: str) -> dict[str, sa.types.TypeEngine[Any]]:
    """The names and types of what a feature of ``layer`` tells, in order.

    Raises:
        NotFound: no such layer of places.
    """
    columns = place_table(layer).c
    return {column.name: column.type for column in columns if column.name not in HIDDEN}


def filterable(names: Mapping[str, sa.types.TypeEngine[Any]]) -> frozenset[str]:
    """Those properties that can be filtered by: texts, numbers and truths."""
    return frozenset(name for name, kind in names.items() if type(kind) in _READERS)


def place_table(layer: str) -> sa.Table:
    """The table of ``layer``; raises NotFound."""
    try:
        return LAYERS[layer]
    except KeyError:
        raise NotFound("There is no layer %(layer)s.", layer=layer) from None


def features(database: Database, actor: Actor, layer: str, wanted: Wanted) -> Page:
    """A page of the features of ``layer``.

    Raises:
        NotAllowed: the actor may not see the map.
        NotFound: no such layer of places.
        InvalidInput: a property that the layer does not have, or a value that it cannot have.
    """
    require(actor, "see_map")
    table = place_table(layer)
    query = sa.select(
        table.c.id,
        geojson(table.c.geom),
        *[table.c[name] for name in properties(layer)],
        *_held(table),
    ).where(_holds(table, wanted), *equals(table, properties(layer), wanted.equal))
    with database.read() as connection:
        return read_page(connection, query, table, wanted, _feature)


def feature(
    database: Database, actor: Actor, layer: str, code: str, *, at: datetime | None = None
) -> Feature:
    """The version of one feature that held ``at`` a moment (now if absent).

    Raises:
        NotAllowed: the actor may not see the map.
        NotFound: no such layer, or no such feature at that moment.
    """
    require(actor, "see_map")
    table = place_table(layer)
    query = sa.select(
        table.c.id,
        geojson(table.c.geom),
        *[table.c[name] for name in properties(layer)],
        *_held(table),
    ).where(table.c.code == code, _holds(table, Wanted(at=at)))
    with database.read() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no %(layer)s %(code)s.", layer=layer, code=code)
    return _feature(dict(row))


def extent(database: Database, actor: Actor, layer: str) -> Box | None:
    """West, south, east, north of what ``layer`` holds now, roughly; none when empty."""
    require(actor, "see_map")
    table = place_table(layer)
    with database.read() as connection:
        return estimated_extent(connection, table)


# --- shared with the room of cases ----------------------------------------------------------


def geojson(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """The geometry as GeoJSON text, longitude first, to a centimetre."""
    return sa.func.ST_AsGeoJSON(column, DECIMALS).label("geometry")


def touches(column: sa.ColumnElement[Any], boxes: tuple[Box, ...]) -> sa.ColumnElement[bool]:
    """Whether a geometry in WGS 84 touches one of ``boxes``; the column's index serves it."""
    return sa.or_(
        *[sa.func.ST_Intersects(column, sa.func.ST_MakeEnvelope(*box, 4326)) for box in boxes]
    )


def equals(
    table: sa.Table, names: Mapping[str, Any], equal: Mapping[str, tuple[str, ...]]
) -> list[sa.ColumnElement[bool]]:
    """Conditions for properties that must have one of some values, given as text.

    Raises:
        InvalidInput: a property that is not there, or a value that it cannot have.
    """
    return [table.c[name].in_(values) for name, values in read_values(table, names, equal).items()]


def read_values(
    table: sa.Table, names: Collection[str], equal: Mapping[str, tuple[str, ...]]
) -> dict[str, list[Any]]:
    """The values of properties, given as text, as their columns hold them.

    Raises:
        InvalidInput: a property that is not there, or a value that it cannot have.
    """
    found: dict[str, list[Any]] = {}
    for name, values in equal.items():
        if name not in names:
            raise InvalidInput("There is no property %(name)s to filter by.", name=name)
        read = _READERS.get(type(table.c[name].type))
        if read is None:
            raise InvalidInput("The property %(name)s cannot be filtered by.", name=name)
        try:
            found[name] = [read(value) for value in values]
        except ValueError:
            raise InvalidInput(
                "%(name)s cannot be %(value)s.", name=name, value=", ".join(values)
            ) from None
    return found


def read_page(
    connection: sa.Connection,
    query: sa.Select[Any],
    table: sa.Table,
    wanted: Wanted,
    make: Callable[[dict[str, Any]], Feature],
) -> Page:
    """Run ``query`` for one page in the order of the rows' ids.

    Whether a box is looked up first or the rows are walked in order is left to the number of
    rows that the planner expects: its own choice for ORDER BY with LIMIT errs for rare boxes.
    """
    if wanted.boxes:
        query = query.where(touches(table.c.geom, wanted.boxes))
    rows, cost = _estimate(connection, query)
    matched = _count(connection, query) if cost <= COUNTED_COST else None
    if wanted.after is not None:
        query = query.where(table.c.id > wanted.after)
    order: sa.ColumnElement[Any] = table.c.id
    if wanted.boxes and rows <= GATHERED_ROWS:
        order = table.c.id + 0  # no index serves this, so the box's index does
    found = connection.execute(query.order_by(order).limit(wanted.limit + 1)).mappings().all()
    page = found[: wanted.limit]
    after = page[-1]["id"] if len(found) > wanted.limit else None
    return Page(tuple(make(dict(row)) for row in page), after, matched)


def estimated_extent(connection: sa.Connection, table: sa.Table) -> Box | None:
    """What the spatial index says of its extent, else the exact one; WGS 84 degrees."""
    exists = connection.scalar(sa.select(sa.exists(sa.select(1).where(table.c.geom.is_not(None)))))
    if not exists:
        return None
    estimate = sa.func.ST_EstimatedExtent("public", table.name, "geom")
    box: str | None = connection.scalar(sa.select(sa.cast(estimate, sa.Text)))
    if box is None:
        exact = sa.func.ST_Extent(table.c.geom)
        box = str(connection.scalar(sa.select(sa.cast(exact, sa.Text))))
    numbers = [float(part) for part in box[4:-1].replace(",", " ").split()]
    west, south, east, north = numbers
    return west, south, east, north


def _truth(value: str) -> bool:
    try:
        return {"true": True, "false": False}[value.lower()]
    except KeyError:
        raise ValueError(value) from None


def _whole(value: str) -> int:
    number = int(value)
    if not -(2**31) <= number < 2**31:
        raise ValueError(value)
    return number


def _big(value: str) -> int:
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError(value)
    return number


def _plain(value: str) -> str:
    if "\0" in value:
        raise ValueError(value)
    return value


_READERS: Final[dict[type[Any], Callable[[str], Any]]] = {
    sa.Text: _plain,
    sa.Integer: _whole,
    sa.BigInteger: _big,
    sa.Boolean: _truth,
    sa.Double: float,
}


def _held(table: sa.Table) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    return (
        sa.func.lower(table.c.held).label("held_from"),
        sa.func.upper(table.c.held).label("held_until"),
    )


def _holds(table: sa.Table, wanted: Wanted) -> sa.ColumnElement[bool]:
    if wanted.since is None and wanted.until is None:
        moment = sa.func.now() if wanted.at is None else sa.literal(wanted.at)
        return table.c.held.op("@>")(moment)
    period = sa.func.tstzrange(wanted.since, wanted.until, "[]")
    later = table.alias()
    return sa.and_(
        table.c.held.op("&&")(period),
        ~sa.exists(
            sa.select(1).where(
                later.c.code == table.c.code,
                later.c.held.op("&&")(period),
                later.c.held.op(">>")(table.c.held),
            )
        ),
    )


def _feature(row: dict[str, Any]) -> Feature:
    del row["id"]
    geometry = row.pop("geometry")
    return Feature(row["code"], geometry, row)


def _estimate(connection: sa.Connection, query: sa.Select[Any]) -> tuple[float, float]:
    """How many rows and what cost the planner expects."""
    bare = query.with_only_columns(sa.literal(1), maintain_column_froms=True)
    compiled = bare.compile(connection, compile_kwargs={"render_postcompile": True})
    plan = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {compiled.string}", compiled.construct_params()
    ).scalar_one()[0]["Plan"]
    return plan["Plan Rows"], plan["Total Cost"]


def _count(connection: sa.Connection, query: sa.Select[Any]) -> int:
    bare = query.with_only_columns(sa.literal(1), maintain_column_froms=True).subquery()
    count: int = connection.execute(sa.select(sa.func.count()).select_from(bare)).scalar_one()
    return count
