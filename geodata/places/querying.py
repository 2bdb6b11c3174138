"""Reading the district as a whole: one record with its past, the summary, layers as frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import sqlalchemy as sa
from shapely import from_wkb
from sqlalchemy.dialects.postgresql import JSONB

from geodata.accounts import require
from geodata.errors import NotFound
from geodata.places.featuring import HIDDEN, Box, place_table
from geodata.places.tables import LAYERS, areas, grids

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile


@dataclass(frozen=True)
class Version:
    """One version of a record; ``held_from`` and ``held_until`` are None where open."""

    held_from: datetime | None
    held_until: datetime | None
    properties: dict[str, Any]
    attribution: str
    area_m2: float
    length_m: float
    point: tuple[float, float]
    """Longitude, latitude of a point on the shape, WGS 84."""
    box: Box


@dataclass(frozen=True)
class Record:
    """One thing with the version that held at a moment, all its versions, and what is around."""

    layer: str
    code: str
    current: Version
    versions: tuple[Version, ...]
    above: tuple[tuple[str, str, str], ...]
    """Layer, code and name of what it lies in, the largest first."""
    inside: dict[str, int]
    """How many compounds, buildings, facilities … lie in it."""


@dataclass(frozen=True)
class GridSizes:
    """How the grids lie against the band: how many, and households of each that states them."""

    count: int
    unknown: int
    below: int
    within: int
    above: int
    households: tuple[int, ...]


@dataclass(frozen=True)
class Summary:
    """The district in figures, at a moment."""

    name: str
    """What the largest area is called, if there is one alone; else empty."""
    counts: dict[str, int]
    levels: dict[str, int]
    households: int | None
    residents: int | None
    grids: GridSizes
    box: Box | None
    sources: tuple[str, ...]
    synthetic: bool
    """Whether what is shown, or part of it, is generated."""
    first_day: datetime | None
    """The earliest moment at which anything changed; None if nothing ever did."""


def at_moment(table: sa.FromClause, at: datetime | None) -> sa.ColumnElement[bool]:
    """The condition for versions that held at a moment, now if absent."""
    moment = sa.func.now() if at is None else sa.literal(at)
    return table.c.held.op("@>", is_comparison=True)(moment)


def frame(
    connection: sa.Connection,
    layer: str,
    columns: Sequence[str],
    *,
    at: datetime | None = None,
    inside: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """A layer as it stood at a moment: these columns and ``geometry``, WGS 84.

    ``inside`` are area codes; a record's own area must be one of them or lie in one. Codes are
    hierarchical, but not everywhere, so the parents are followed.

    Raises:
        NotFound: no such layer.
    """
    table = place_table(layer)
    query = sa.select(
        *[_column(table, name) for name in columns],
        sa.func.ST_AsBinary(table.c.geom).label("geometry"),
    ).where(at_moment(table, at))
    if inside:
        column = table.c.code if layer == "areas" else table.c.get("area_code")
        if column is not None:
            query = query.where(column.in_(_below(inside, at)))
    rows = connection.execute(query.order_by(table.c.code)).all()
    data = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
    shapes = from_wkb([bytes(row[-1]) for row in rows])
    return gpd.GeoDataFrame(data, geometry=shapes, crs=4326)


def last_change(
    connection: sa.Connection, layers: Sequence[str], at: datetime | None
) -> datetime | None:
    """The last change of some layers up to a moment; None if nothing changed since it.

    All of these layers stood at both moments as they stand at the one given back, or stand now:
    what was made of them for one serves for the other.
    """
    if at is None:
        return None
    before, later = [], []
    for layer in layers:
        held = LAYERS[layer].c.held
        for end in (sa.func.lower(held), sa.func.upper(held)):
            before.append(sa.select(sa.func.max(end)).where(end <= at).scalar_subquery())
            later.append(sa.exists(sa.select(1).select_from(LAYERS[layer]).where(end > at)))
    last, is_past = connection.execute(sa.select(sa.func.greatest(*before), sa.or_(*later))).one()
    return (last or at) if is_past else None


def _column(table: sa.Table, name: str) -> sa.ColumnElement[Any]:
    """A column; or ``width_m`` of water, which is kept beside the columns, where it is a number."""
    if name != "width_m":
        return table.c[name]
    is_number = sa.func.jsonb_typeof(table.c.extra[name]) == "number"
    return sa.case((is_number, sa.cast(table.c.extra[name].astext, sa.Double))).label(name)


def _below(codes: Sequence[str], at: datetime | None) -> sa.Select[Any]:
    """The codes of these areas and of all areas in them."""
    base = sa.select(areas.c.code).where(areas.c.code.in_(list(codes))).cte("below", recursive=True)
    child = areas.alias("child")
    tree = base.union(
        sa.select(child.c.code)
        .join(base, child.c.parent_code == base.c.code)
        .where(child.c.held.op("@>")(sa.func.now() if at is None else sa.literal(at)))
    )
    return sa.select(tree.c.code)


def layer_frame(
    database: Database,
    actor: Actor,
    layer: str,
    columns: Sequence[str],
    *,
    at: datetime | None = None,
    inside: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """``frame`` for an actor.

    Raises:
        NotAllowed: the role sees no map.
        NotFound: no such layer.
    """
    require(actor, "see_map")
    with database.read() as connection:
        return frame(connection, layer, columns, at=at, inside=inside)


def record(
    database: Database, actor: Actor, layer: str, code: str, *, at: datetime | None = None
) -> Record:
    """One thing as it stood at a moment (now if absent), with all its versions.

    Raises:
        NotAllowed: the role sees no map.
        NotFound: no such layer, or nothing of that code at that moment.
    """
    require(actor, "see_map")
    table = place_table(layer)
    with database.read() as connection:
        rows = connection.execute(_versions(table, code, at)).mappings().all()
        current = next((row for row in rows if row["is_current"]), None)
        if current is None:
            raise NotFound("There is no %(layer)s %(code)s.", layer=layer, code=code)
        version = _version(table, current)
        return Record(
            layer=layer,
            code=code,
            current=version,
            versions=tuple(_version(table, row) for row in rows),
            above=_above(connection, layer, version, at),
            inside=_inside(connection, layer, code, at),
        )


def _versions(table: sa.Table, code: str, at: datetime | None) -> sa.Select[Any]:
    imports = sa.table("imports", sa.column("id"), sa.column("attribution"))
    point = sa.func.ST_PointOnSurface(table.c.geom)
    geography = sa.func.geography(table.c.geom)
    return (
        sa.select(
            *[column for column in table.c if column.name not in HIDDEN],
            sa.func.lower(table.c.held).label("held_from"),
            sa.func.upper(table.c.held).label("held_until"),
            at_moment(table, at).label("is_current"),
            sa.func.coalesce(imports.c.attribution, "").label("attribution"),
            sa.func.ST_Area(geography).label("area_m2"),
            sa.func.ST_Length(geography).label("length_m"),
            sa.func.ST_X(point).label("lon"),
            sa.func.ST_Y(point).label("lat"),
            sa.func.ST_XMin(table.c.geom).label("west"),
            sa.func.ST_YMin(table.c.geom).label("south"),
            sa.func.ST_XMax(table.c.geom).label("east"),
            sa.func.ST_YMax(table.c.geom).label("north"),
        )
        .outerjoin(imports, imports.c.id == table.c.import_id)
        .where(table.c.code == code)
        .order_by(sa.func.lower(table.c.held).desc().nulls_last())
    )


def _version(table: sa.Table, row: sa.RowMapping) -> Version:
    names = [column.name for column in table.c if column.name not in HIDDEN]
    return Version(
        held_from=row["held_from"],
        held_until=row["held_until"],
        properties={name: row[name] for name in names},
        attribution=row["attribution"],
        area_m2=row["area_m2"],
        length_m=row["length_m"],
        point=(row["lon"], row["lat"]),
        box=(row["west"], row["south"], row["east"], row["north"]),
    )


def _above(
    connection: sa.Connection, layer: str, version: Version, at: datetime | None
) -> tuple[tuple[str, str, str], ...]:
    """What it lies in: its compound, its area and the areas above, the largest first."""
    found: list[tuple[str, str, str]] = []
    compound = version.properties.get("compound_code")
    if compound:
        found.append(("compounds", compound, _name(connection, "compounds", compound, at)))
    parent = version.properties.get("parent_code" if layer == "areas" else "area_code")
    while parent and len(found) < 10:
        row = connection.execute(
            sa.select(areas.c.name, areas.c.parent_code).where(
                areas.c.code == parent, at_moment(areas, at)
            )
        ).one_or_none()
        if row is None:
            break
        found.append(("areas", parent, row.name))
        parent = row.parent_code
    return tuple(reversed(found))


def _name(connection: sa.Connection, layer: str, code: str, at: datetime | None) -> str:
    table = place_table(layer)
    name = connection.scalar(
        sa.select(table.c.name).where(table.c.code == code, at_moment(table, at))
    )
    return str(name or "")


def _inside(
    connection: sa.Connection, layer: str, code: str, at: datetime | None
) -> dict[str, int]:
    """How many of each layer say that they lie in it."""
    if layer == "areas":
        found = {}
        for name in ("grids", "compounds", "buildings", "facilities"):
            table = LAYERS[name]
            found[name] = connection.scalar(
                sa.select(sa.func.count()).where(
                    table.c.area_code.in_(_below([code], at)), at_moment(table, at)
                )
            )
        return {name: int(number or 0) for name, number in found.items()}
    if layer == "compounds":
        table = LAYERS["buildings"]
        number = connection.scalar(
            sa.select(sa.func.count()).where(table.c.compound_code == code, at_moment(table, at))
        )
        return {"buildings": int(number or 0)}
    if layer == "grids":
        mine = sa.select(grids.c.geom).where(grids.c.code == code, at_moment(grids, at))
        found = {}
        for name in ("compounds", "buildings", "facilities"):
            table = LAYERS[name]
            point = sa.func.ST_PointOnSurface(table.c.geom)
            inside = sa.func.ST_Covers(mine.scalar_subquery(), point)
            touching = table.c.geom.op("&&")(mine.scalar_subquery())
            found[name] = connection.scalar(
                sa.select(sa.func.count())
                .select_from(table)
                .where(touching, inside, at_moment(table, at))
            )
        return {name: int(number or 0) for name, number in found.items()}
    return {}


def summary(
    database: Database, actor: Actor, profile: Profile, *, at: datetime | None = None
) -> Summary:
    """The district in figures at a moment, now if absent.

    Households and residents are those that the smallest areas state, else the grids', else the
    compounds', else the buildings'.

    Raises:
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        counts = {
            name: int(
                connection.scalar(sa.select(sa.func.count()).where(at_moment(table, at))) or 0
            )
            for name, table in LAYERS.items()
        }
        levels = _levels(connection, at)
        households, residents = _population(connection, profile, at)
        return Summary(
            name=_district_name(connection, profile, levels, at),
            counts=counts,
            levels=levels,
            households=households,
            residents=residents,
            grids=_grid_sizes(connection, profile, at),
            box=_box(connection, counts, at),
            sources=sources(connection),
            synthetic=_synthetic(connection),
            first_day=_first_day(connection),
        )


def _levels(connection: sa.Connection, at: datetime | None) -> dict[str, int]:
    """How many areas each level has."""
    rows = connection.execute(
        sa.select(areas.c.level, sa.func.count())
        .where(at_moment(areas, at))
        .group_by(areas.c.level)
    )
    return {str(level): int(number) for level, number in rows}


def levels_present(database: Database, profile: Profile) -> list[str]:
    """Keys of the levels that have areas, the largest first; all if there are no areas yet.

    A district that has brought in its communities alone is drawn and named as one of one level.
    """
    with database.read() as connection:
        present = _levels(connection, None)
    keys = profile.keys("levels")
    return [key for key in keys if present.get(key)] or list(keys)


def district_name(database: Database, profile: Profile) -> str:
    """The district's own name, empty if its areas give none; who signs in reads it, too."""
    with database.read() as connection:
        return _district_name(connection, profile, _levels(connection, None), None)


def _district_name(
    connection: sa.Connection, profile: Profile, levels: dict[str, int], at: datetime | None
) -> str:
    """The name of the one area of the largest level that has any."""
    largest = next((key for key in profile.keys("levels") if levels.get(key)), None)
    if largest is None or levels[largest] != 1:
        return ""
    return str(
        connection.scalar(
            sa.select(areas.c.name).where(areas.c.level == largest, at_moment(areas, at))
        )
    )


def _population(
    connection: sa.Connection, profile: Profile, at: datetime | None
) -> tuple[int | None, int | None]:
    found: list[int | None] = []
    for column in ("households", "residents"):
        total: int | None = None
        for name in ("areas", "grids", "compounds", "buildings"):
            table = LAYERS[name]
            query = sa.select(sa.func.sum(table.c[column])).where(at_moment(table, at))
            if name == "areas":
                query = query.where(areas.c.level == profile.smallest_level.key)
            total = connection.scalar(query)
            if total:
                break
        found.append(int(total) if total else None)
    return found[0], found[1]


def _grid_sizes(connection: sa.Connection, profile: Profile, at: datetime | None) -> GridSizes:
    sizes = connection.scalars(sa.select(grids.c.households).where(at_moment(grids, at))).all()
    known = sorted(size for size in sizes if size is not None)
    band = profile.grid_band
    below = sum(size < band.low for size in known)
    above = sum(size > band.high for size in known)
    return GridSizes(
        count=len(sizes),
        unknown=len(sizes) - len(known),
        below=below,
        within=len(known) - below - above,
        above=above,
        households=tuple(known),
    )


def _box(connection: sa.Connection, counts: dict[str, int], at: datetime | None) -> Box | None:
    """West, south, east, north of the first layer that has anything, WGS 84."""
    for name in ("areas", "grids", "compounds", "facilities", "buildings", "streets"):
        if not counts[name]:
            continue
        table = LAYERS[name]
        extent = sa.func.ST_Extent(table.c.geom)
        row = connection.execute(
            sa.select(
                sa.func.ST_XMin(extent),
                sa.func.ST_YMin(extent),
                sa.func.ST_XMax(extent),
                sa.func.ST_YMax(extent),
            ).where(at_moment(table, at))
        ).one()
        return (row[0], row[1], row[2], row[3])
    return None


def sources(connection: sa.Connection) -> tuple[str, ...]:
    """The attribution of every file that brought something, each once, as the maps show it."""
    imports = sa.table("imports", sa.column("attribution"))
    names = connection.scalars(
        sa.select(imports.c.attribution).distinct().where(imports.c.attribution != "")
    )
    return tuple(sorted(names))


def attributions(database: Database, actor: Actor) -> tuple[str, ...]:
    """``sources`` for an actor; raises NotAllowed."""
    require(actor, "see_map")
    with database.read() as connection:
        return sources(connection)


def is_synthetic(database: Database, actor: Actor) -> bool:
    """Whether the district, or part of it, is generated; raises NotAllowed."""
    require(actor, "see_map")
    with database.read() as connection:
        return _synthetic(connection)


def _synthetic(connection: sa.Connection) -> bool:
    imports = sa.table("imports", sa.column("report", JSONB))
    generated = sa.exists(
        sa.select(1).select_from(imports).where(imports.c.report["synthetic"].astext == "true")
    )
    return bool(connection.scalar(sa.select(generated)))


def _first_day(connection: sa.Connection) -> datetime | None:
    """The earliest change of any border or attribute."""
    firsts = [
        sa.select(sa.func.min(sa.func.lower(table.c.held)).label("first"))
        for table in LAYERS.values()
    ]
    every = sa.union_all(*firsts).subquery()
    first: datetime | None = connection.scalar(sa.select(sa.func.min(every.c.first)))
    return first
