"""Vector tiles of places: Mapbox Vector Tiles made by PostGIS.

Tiles are those of WebMercatorQuad (EPSG:3857): zoom, column ``x`` from the west and row ``y``
from the north. Shapes are simplified to a quarter of a screen pixel of their zoom. Polygons come
with a second layer ``{layer}_labels`` of one point each, inside the polygon, in the one tile that
contains it.

Nothing is dropped silently: a layer has a zoom from which it is drawn (``DRAWN``), streets have
one for each class (``STREETS_FROM``), and points too many for a tile are summed into cells that
say how many they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg

from geodata.accounts import require
from geodata.errors import NotFound
from geodata.places.featuring import place_table, read_values

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

EXTENT: Final = 4096
BUFFER: Final = 64
HIGHEST: Final = 22
WHOLE: Final = 17
"""From this zoom on shapes are not simplified."""
POINTS: Final = 4_000
"""Points in one tile beyond which they are summed into cells."""
CELLS: Final = 6
"""A tile is cut into 2⁶ × 2⁶ cells when its points are summed."""

WORLD: Final = 20037508.342789244
"""Half the width of the Web Mercator square, metres."""


@dataclass(frozen=True)
class Drawn:
    """How a layer is drawn in tiles: from which zoom, and which properties it carries."""

    zoom: int
    properties: tuple[str, ...]
    shape: str


DRAWN: Final[dict[str, Drawn]] = {
    "areas": Drawn(
        0, ("code", "name", "level", "parent_code", "households", "residents"), "polygons"
    ),
    "grids": Drawn(9, ("code", "name", "area_code", "households", "residents"), "polygons"),
    "compounds": Drawn(
        9, ("code", "name", "area_code", "type", "closed", "households", "residents"), "polygons"
    ),
    "buildings": Drawn(
        13, ("code", "name", "compound_code", "use", "floors", "households"), "polygons"
    ),
    "facilities": Drawn(0, ("code", "name", "area_code", "kind"), "points"),
    "streets": Drawn(8, ("code", "name", "kind"), "lines"),
    "gates": Drawn(14, ("code", "name", "compound_code"), "points"),
}

BARE: Final = frozenset({"code", "name", "level", "kind", "type"})
"""What tiles tell of a thing to who may only find his way: no figures."""

STREETS_FROM: Final[dict[int, tuple[str, ...]]] = {
    8: ("motorway", "trunk", "primary", "river", "railway", "rail", "water"),
    10: ("motorway_link", "trunk_link", "primary_link", "secondary", "stream", "canal"),
    12: ("secondary_link", "tertiary", "tertiary_link"),
    13: ("residential", "unclassified", "living_street", "pedestrian", "road"),
}
"""Zoom from which a class of streets is drawn; all others from ``STREETS_REST`` on."""
STREETS_REST: Final = 14
WATER: Final = ("river", "stream", "canal", "water", "drain")
WIDEST_WATER_M: Final = 600.0
"""Water whose ``width_m`` is known (``extra``) is drawn as wide as it is, up to this."""


@dataclass(frozen=True, order=True)
class Tile:
    """A tile of WebMercatorQuad.

    Raises:
        NotFound: the zoom has no such tile.
    """

    zoom: int
    row: int
    column: int

    def __post_init__(self) -> None:
        """Refuse tiles that the zoom does not have."""
        if not 0 <= self.zoom <= HIGHEST:
            raise NotFound(
                "There is no zoom %(zoom)s; zooms go from 0 to %(highest)s.",
                zoom=self.zoom,
                highest=HIGHEST,
            )
        side = 1 << self.zoom
        if not (0 <= self.row < side and 0 <= self.column < side):
            raise NotFound(
                "Zoom %(zoom)s has no tile in row %(row)s, column %(column)s.",
                zoom=self.zoom,
                row=self.row,
                column=self.column,
            )

    @property
    def metres(self) -> tuple[float, float, float, float]:
        """West, south, east, north in Web Mercator (EPSG:3857) metres."""
        size = 2 * WORLD / (1 << self.zoom)
        west = -WORLD + self.column * size
        north = WORLD - self.row * size
        return west, north - size, west + size, north

    def degrees(self, *, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in WGS 84 degrees; ``margin`` in sides of the tile."""
        west, south, east, north = self.metres
        out = margin * (east - west)
        return (
            max(-180.0, _longitude(west - out)),
            _latitude(max(-WORLD, south - out)),
            min(180.0, _longitude(east + out)),
            _latitude(min(WORLD, north + out)),
        )


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Which version of which places a tile shows."""

    at: datetime | None = None
    equal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def tile(
    database: Database, actor: Actor, layer: str, where: Tile, drawing: Drawing | None = None
) -> bytes:
    """One vector tile of ``layer``, empty bytes if nothing is there.

    Raises:
        NotAllowed: the actor may not see the map.
        NotFound: no such layer of places.
        InvalidInput: a property that tiles of the layer do not carry.
    """
    require(actor, "see_map")
    return drawn_tile(database, layer, where, drawing or Drawing())


def drawn_tile(
    database: Database, layer: str, where: Tile, drawing: Drawing, *, bare: bool = False
) -> bytes:
    """The tile itself, for verbs that have asked who may see it; ``bare``: with ``BARE`` only."""
    place_table(layer)
    drawn = DRAWN[layer]
    if where.zoom < drawn.zoom:
        return b""
    table = place_table(layer)
    equal = read_values(table, drawn.properties, drawing.equal)
    form = _Form(
        layer,
        simplified=where.zoom < WHOLE,
        at=drawing.at is not None,
        equal=tuple(sorted(equal)),
        kinds=layer == "streets" and where.zoom < STREETS_REST,
        bare=bare,
    )
    sql, fixed = _sql(form)
    values = {**fixed, **_values(where), "at": drawing.at}
    values |= {f"only_{name}": some for name, some in equal.items()}
    values["kinds"] = [
        kind for zoom, some in STREETS_FROM.items() if zoom <= where.zoom for kind in some
    ]
    ((answer,),) = database.ask(sql, {name: values[name] for name in fixed})
    return bytes(answer or b"")


@dataclass(frozen=True)
class _Form:
    """What the text of a tile's statement depends on; all else is bound."""

    layer: str
    simplified: bool
    at: bool
    equal: tuple[str, ...]
    kinds: bool
    bare: bool

    @property
    def properties(self) -> tuple[str, ...]:
        """What the tile tells of each thing."""
        carried = DRAWN[self.layer].properties
        return tuple(name for name in carried if name in BARE) if self.bare else carried


@cache
def _sql(form: _Form) -> tuple[str, dict[str, Any]]:
    """The statement's text, made once, and its parameters with what is fixed of them."""
    statement = _STATEMENTS[DRAWN[form.layer].shape](form)
    compiled = statement.compile(dialect=psycopg.dialect())  # type: ignore[no-untyped-call]
    return compiled.string, dict(compiled.params)


def _values(where: Tile) -> dict[str, Any]:
    """The tile's box in metres and, with its margin, in degrees; the tolerance in degrees.

    A quarter of a screen pixel. A degree of latitude is longer on the map than one of longitude,
    hence the cosine.
    """
    west, south, east, north = where.metres
    left, bottom, right, top = where.degrees(margin=BUFFER / EXTENT)
    shrink = math.cos(math.radians(min(abs(bottom + top) / 2, 80.0)))
    return {
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "left": left,
        "bottom": bottom,
        "right": right,
        "top": top,
        "tolerance": 360.0 / (1 << where.zoom) / 256 / 4 * shrink,
        "cell": (east - west) / (1 << CELLS),
    }


def _bound(name: str) -> sa.BindParameter[float]:
    return sa.bindparam(name, type_=sa.Double())


def _polygons(form: _Form) -> sa.Select[Any]:
    shown = _shown(form, _projected(form))
    shapes = _clipped(shown).subquery("shapes")
    names = form.properties
    label = sa.func.ST_PointOnSurface(shown.c.geom)
    within = sa.select(*[shown.c[name] for name in names], shown.c.id, label.label("geom"))
    point = within.where(sa.func.ST_Area(shown.c.geom) > 0).cte("point")
    x, y = sa.func.ST_X(point.c.geom), sa.func.ST_Y(point.c.geom)
    inside = (
        sa.select(point)
        .where(x >= _bound("west"), x < _bound("east"), y > _bound("south"), y <= _bound("north"))
        .cte("inside")
    )
    labels = _clipped(inside).subquery("labels")
    return sa.select(_mvt(shapes, form.layer).op("||")(_mvt(labels, f"{form.layer}_labels")))


def _lines(form: _Form) -> sa.Select[Any]:
    """Streets as lines; water of known width as ground, and first, so that bridges lie on it."""
    table = place_table(form.layer)
    known = sa.func.jsonb_typeof(table.c.extra["width_m"]) == "number"
    width = sa.case((known, sa.cast(table.c.extra["width_m"].astext, sa.Double)))
    is_water = table.c.kind == sa.any_(sa.literal(list(WATER), sa.ARRAY(sa.Text)))
    is_ground = sa.func.coalesce(is_water & (width > 0), sa.false())
    line = _projected(form)
    # Web Mercator stretches a metre by 1 / cos(latitude)
    latitude = sa.func.radians(sa.func.ST_Y(sa.func.ST_StartPoint(table.c.geom)))
    half = sa.func.least(width, WIDEST_WATER_M) / 2 / sa.func.cos(latitude)
    ground = sa.func.ST_Buffer(line, half, "quad_segs=4")
    shown = _shown(
        form,
        sa.case((is_ground, ground), else_=line),
        width.label("width_m"),
        reach_degrees=WIDEST_WATER_M / 2 / 80_000,
    )
    shapes = _clipped(shown)
    ordered = shapes.order_by(sa.func.ST_Dimension(shapes.selected_columns["geom"]).desc())
    return sa.select(_mvt(ordered.subquery("shapes"), form.layer))


def _points(form: _Form) -> sa.Select[Any]:
    shown = _shown(form, sa.func.ST_Transform(place_table(form.layer).c.geom, 3857))
    names = form.properties
    many = sa.select(sa.func.count() > POINTS).select_from(shown).scalar_subquery()
    single = _clipped(sa.select(shown).where(~many).cte("single")).subquery("singles")
    x, y = sa.func.ST_X(shown.c.geom), sa.func.ST_Y(shown.c.geom)
    cell = (
        sa.func.floor((x - _bound("west")) / _bound("cell")),
        sa.func.floor((y - _bound("south")) / _bound("cell")),
    )
    middle = sa.func.ST_SetSRID(sa.func.ST_Point(sa.func.avg(x), sa.func.avg(y)), 3857)
    summed = (
        sa.select(
            sa.func.min(shown.c.id).label("id"),
            *[
                sa.case(
                    (sa.func.count(shown.c[name].distinct()) == 1, sa.func.min(shown.c[name]))
                ).label(name)
                for name in names
                if name not in {"code", "name"}
            ],
            sa.func.count().label("count"),
            middle.label("geom"),
        )
        .where(many)
        .group_by(*cell)
        .cte("summed")
    )
    cells = _clipped(summed).subquery("cells")
    return sa.select(_mvt(single, form.layer).op("||")(_mvt(cells, form.layer)))


_STATEMENTS: Final = {"polygons": _polygons, "lines": _lines, "points": _points}


def _shown(
    form: _Form,
    geometry: sa.ColumnElement[Any],
    *more: sa.ColumnElement[Any],
    reach_degrees: float = 0.0,
) -> sa.CTE:
    """What of the layer the tile shows, in Web Mercator.

    ``more`` are columns besides the layer's own; what ends within ``reach_degrees`` of the tile is
    looked at, too.
    """
    table = place_table(form.layer)
    moment = sa.bindparam("at", type_=sa.DateTime(timezone=True)) if form.at else sa.func.now()
    box = sa.func.ST_MakeEnvelope(*map(_bound, ("left", "bottom", "right", "top")), 4326)
    if reach_degrees:
        box = sa.func.ST_Expand(box, reach_degrees)
    conditions: list[sa.ColumnElement[bool]] = [
        table.c.geom.bool_op("&&")(box),
        table.c.held.bool_op("@>")(moment),
    ]
    for name in form.equal:
        some = sa.bindparam(f"only_{name}", type_=sa.ARRAY(table.c[name].type))
        conditions.append(table.c[name] == sa.any_(some))
    if form.kinds:
        conditions.append(table.c.kind == sa.any_(sa.bindparam("kinds", type_=sa.ARRAY(sa.Text))))
    names = form.properties
    return (
        sa.select(*[table.c[name] for name in names], *more, table.c.id, geometry.label("geom"))
        .where(*conditions)
        .cte("shown")
    )


def _projected(form: _Form) -> sa.ColumnElement[Any]:
    """In Web Mercator, without the corners that a quarter of a screen pixel hides.

    Simplified in degrees first, whole: so few corners need projecting, and neighbouring tiles
    agree.
    """
    column: sa.ColumnElement[Any] = place_table(form.layer).c.geom
    if form.simplified:
        column = sa.func.ST_Simplify(column, _bound("tolerance"))
    projected: sa.ColumnElement[Any] = sa.func.ST_Transform(column, 3857)
    return projected


def _clipped(shown: sa.CTE) -> sa.Select[Any]:
    """The rows with geometry in the tile's own whole coordinates, where any is left."""
    bounds = sa.func.ST_MakeEnvelope(*map(_bound, ("west", "south", "east", "north")), 3857)
    cut = sa.func.ST_AsMVTGeom(shown.c.geom, bounds, EXTENT, BUFFER, True)
    names = [column for column in shown.c if column.name != "geom"]
    rows = sa.select(*names, cut.label("geom")).cte(f"cut_{shown.name}")
    return sa.select(rows).where(rows.c.geom.is_not(None))


def _mvt(rows: sa.Subquery, layer: str) -> sa.ScalarSelect[Any]:
    packed = sa.func.ST_AsMVT(
        sa.text(rows.name), sa.literal(layer), EXTENT, sa.literal("geom"), sa.literal("id")
    )
    return sa.select(packed).select_from(rows).scalar_subquery()


def _longitude(x: float) -> float:
    return x / WORLD * 180.0


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y / WORLD * math.pi)))
