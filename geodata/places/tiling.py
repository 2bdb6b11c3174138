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
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.errors import InvalidInput, NotFound
from geodata.places.featuring import equals, place_table

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

EXTENT: Final = 4096
BUFFER: Final = 64
HIGHEST: Final = 22
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
}

STREETS_FROM: Final[dict[int, tuple[str, ...]]] = {
    8: ("motorway", "trunk", "primary", "river", "railway", "rail", "water"),
    10: ("motorway_link", "trunk_link", "primary_link", "secondary", "stream", "canal"),
    12: ("secondary_link", "tertiary", "tertiary_link"),
    13: ("residential", "unclassified", "living_street", "pedestrian", "road"),
}
"""Zoom from which a class of streets is drawn; all others from ``STREETS_REST`` on."""
STREETS_REST: Final = 14


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
    drawing = drawing or Drawing()
    place_table(layer)
    drawn = DRAWN[layer]
    if where.zoom < drawn.zoom:
        return b""
    statement = _STATEMENTS[drawn.shape](layer, where, drawing)
    with database.read() as connection:
        answer: bytes | None = connection.execute(statement).scalar_one()
    return bytes(answer or b"")


def _polygons(layer: str, where: Tile, drawing: Drawing) -> sa.Select[Any]:
    shown = _shown(layer, where, drawing, _simplified(place_table(layer).c.geom, where))
    shapes = _clipped(shown, where).subquery("shapes")
    names = DRAWN[layer].properties
    label = sa.func.ST_PointOnSurface(shown.c.geom)
    within = sa.select(*[shown.c[name] for name in names], shown.c.id, label.label("geom"))
    point = within.where(sa.func.ST_Area(shown.c.geom) > 0).cte("point")
    west, south, east, north = where.metres
    x, y = sa.func.ST_X(point.c.geom), sa.func.ST_Y(point.c.geom)
    inside = sa.select(point).where(x >= west, x < east, y > south, y <= north).cte("inside")
    labels = _clipped(inside, where).subquery("labels")
    return sa.select(_mvt(shapes, layer).op("||")(_mvt(labels, f"{layer}_labels")))


def _lines(layer: str, where: Tile, drawing: Drawing) -> sa.Select[Any]:
    shown = _shown(layer, where, drawing, _simplified(place_table(layer).c.geom, where))
    return sa.select(_mvt(_clipped(shown, where).subquery("shapes"), layer))


def _points(layer: str, where: Tile, drawing: Drawing) -> sa.Select[Any]:
    projected = sa.func.ST_Transform(place_table(layer).c.geom, 3857)
    shown = _shown(layer, where, drawing, projected)
    names = DRAWN[layer].properties
    many = sa.select(sa.func.count() > POINTS).select_from(shown).scalar_subquery()
    single = _clipped(sa.select(shown).where(~many).cte("single"), where).subquery("singles")
    west, south, east, _ = where.metres
    size = (east - west) / (1 << CELLS)
    x, y = sa.func.ST_X(shown.c.geom), sa.func.ST_Y(shown.c.geom)
    cell = (sa.func.floor((x - west) / size), sa.func.floor((y - south) / size))
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
    cells = _clipped(summed, where).subquery("cells")
    return sa.select(_mvt(single, layer).op("||")(_mvt(cells, layer)))


_STATEMENTS: Final = {"polygons": _polygons, "lines": _lines, "points": _points}


def _shown(layer: str, where: Tile, drawing: Drawing, geometry: sa.ColumnElement[Any]) -> sa.CTE:
    """What of ``layer`` the tile shows, in Web Mercator."""
    table = place_table(layer)
    drawn = DRAWN[layer]
    moment = sa.func.now() if drawing.at is None else sa.literal(drawing.at)
    box = sa.func.ST_MakeEnvelope(*where.degrees(margin=BUFFER / EXTENT), 4326)
    columns = {name: table.c[name].type for name in drawn.properties}
    conditions = [
        table.c.geom.op("&&")(box),
        table.c.held.op("@>")(moment),
        *equals(table, columns, drawing.equal),
    ]
    if layer == "streets" and where.zoom < STREETS_REST:
        kinds = [kind for zoom, some in STREETS_FROM.items() if zoom <= where.zoom for kind in some]
        conditions.append(table.c.kind.in_(kinds))
    return (
        sa.select(*[table.c[name] for name in drawn.properties], table.c.id, geometry.label("geom"))
        .where(*conditions)
        .cte("shown")
    )


def _simplified(column: sa.ColumnElement[Any], where: Tile) -> sa.ColumnElement[Any]:
    """In Web Mercator, without the corners that a quarter of a screen pixel hides.

    Simplified in degrees first, whole: so few corners need projecting, and neighbouring tiles
    agree. A degree of latitude is longer on the map than one of longitude, hence the cosine.
    """
    if where.zoom >= 17:
        return sa.func.ST_Transform(column, 3857)
    _, south, _, north = where.degrees()
    shrink = math.cos(math.radians(min(abs(south + north) / 2, 80.0)))
    tolerance = 360.0 / (1 << where.zoom) / 256 / 4 * shrink
    return sa.func.ST_Transform(sa.func.ST_Simplify(column, tolerance), 3857)


def _clipped(shown: sa.CTE, where: Tile) -> sa.Select[Any]:
    """The rows with geometry in the tile's own whole coordinates, where any is left."""
    bounds = sa.func.ST_MakeEnvelope(*where.metres, 3857)
    cut = sa.func.ST_AsMVTGeom(shown.c.geom, bounds, EXTENT, BUFFER, True)
    names = [column for column in shown.c if column.name != "geom"]
    rows = sa.select(*names, cut.label("geom")).cte()
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


def known_filter(layer: str, name: str) -> None:
    """Raise InvalidInput unless tiles of ``layer`` can be filtered by ``name``."""
    if name not in DRAWN[layer].properties:
        raise InvalidInput("There is no property %(name)s to filter by.", name=name)
