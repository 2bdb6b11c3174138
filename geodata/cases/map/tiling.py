"""Vector tiles of cases, exact at every zoom: each case is in one tile, as itself or counted.

A tile with up to ``POINTS`` cases shows each of them. A tile with more shows cells: ``count`` says
how many cases a cell stands for, its point is their mean position, its ``category`` is the most
frequent one. Nothing is left out, and no zoom reads all rows:

- Tiles to zoom 7 take whole months from the ledger ``case_cells``. What a period has more or
  less than whole months, half a month at each end at most, is read from the cases and added or
  taken off, through an index that holds all that is needed.
- Tiles from zoom 8 read their own cases through an index by place that holds all that is needed.
  Where they are too many for that, the ledger has cells for them, too: a 16th of a tile wide to
  zoom 11, a 4th from zoom 12 on.
- Cases of some areas, grids or compounds are read through the indexes by these. Places with too
  many cases for that have cells in ``case_place_cells``, which serve to zoom 16.

There is no buffer: a case on the edge of two tiles is in one of them, so sums over tiles are
right. Free texts and names are never in a tile.
"""

# ruff: noqa: S608 - the conditions are our own words, the values are bound

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.cases import store
from geodata.cases.map.crowds import FAR, NEAREST, PLACE_ZOOM
from geodata.cases.months import months_of
from geodata.errors import InvalidInput
from geodata.places.tiling import EXTENT, Drawn, Tile

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

DRAWN: Final = Drawn(0, ("source", "category", "state", "area_code", "reported", "count"), "points")
FILTERS: Final = ("category", "source", "state", "area_code")

POINTS: Final = 2_000
"""Cases in one tile beyond which they are counted in cells."""
SEARCHED: Final = 200_000
"""Cases of a tile and period, whatever their kind, up to which single ones are looked for."""
WORLD_BITS: Final = 30
COLUMN_BITS: Final = 14
"""The index by place has columns 2 to this power wide: a tile of zoom 16 lies in one."""
MANY_COLUMNS: Final = 256
"""More columns than these are looked into one by one only where few cases are looked for."""


@dataclass(frozen=True, kw_only=True)
class CaseDrawing:
    """Which cases a tile shows.

    ``since`` is inclusive, ``until`` exclusive. ``equal`` are properties with the values one of
    which they must have. ``areas`` are codes of areas of any level, with all below them, of grids
    and of compounds: a case is meant if it lies in one of them.
    """

    since: datetime | None = None
    until: datetime | None = None
    equal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    areas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse properties that cannot be filtered by."""
        for name in self.equal:
            if name not in FILTERS:
                raise InvalidInput("There is no property %(name)s to filter by.", name=name)


def tile(
    database: Database, actor: Actor, where: Tile, drawing: CaseDrawing | None = None
) -> bytes:
    """One vector tile of cases, empty bytes if nothing is there.

    Raises:
        NotAllowed: the actor may not see the map.
    """
    require(actor, "see_map")
    drawing = drawing or CaseDrawing()
    with database.read() as connection:
        return draw(connection, where, drawing)


def draw(connection: sa.Connection, where: Tile, drawing: CaseDrawing) -> bytes:
    """The tile on an open connection."""
    plan = _Plan(connection, where, drawing)
    return plan.by_ledger() if plan.has_cells else plan.by_cases()


class _Plan:
    """The statements of one tile and their bound values."""

    def __init__(self, connection: sa.Connection, where: Tile, drawing: CaseDrawing) -> None:
        self.connection = connection
        self.where = where
        self.drawing = drawing
        self.shift = WORLD_BITS - where.zoom
        west, north = where.column << self.shift, where.row << self.shift
        side = 1 << self.shift
        self.values: dict[str, Any] = {
            "west": west,
            "north": north,
            "east": west + side,
            "south": north + side,
        }
        few_columns = side >> COLUMN_BITS <= MANY_COLUMNS
        self._look(west, north, west + side, north + side, one_by_one=few_columns)
        self.kinds = self._kinds()
        self.places = ""
        """Condition on the place of a case; then which of these have cells, and which have not."""
        self.crowded_places = self.other_places = ""
        self.per_tile = 4 if where.zoom <= FAR else 2
        """Bits of the number of the ledger's cells along a side of the tile."""
        if drawing.areas or "area_code" in drawing.equal:
            self.has_cells = self._take_places()
        else:
            self.has_cells = where.zoom <= NEAREST or self._is_crowded()

    def by_ledger(self) -> bytes:
        """The tile from the ledger's cells; from the cases where these are few."""
        across = (1 << self.per_tile) - 1
        cells = f"""
            WITH kinds AS MATERIALIZED (
                SELECT cell, category, meant, sum(n) AS n, sum(sum_x) AS sum_x, sum(sum_y) AS sum_y
                FROM ({self._summed()}) AS counted GROUP BY cell, category, meant
            )
            SELECT (SELECT coalesce(sum(n) FILTER (WHERE meant), 0) FROM kinds) AS meant,
                   (SELECT coalesce(sum(n), 0) FROM kinds) AS seen, box.*,
                   ({self._cells("kinds WHERE meant AND n > 0")}) AS tile
            FROM (
                SELECT min(cell & {across}) AS west, max(cell & {across}) AS east,
                       min(cell >> {self.per_tile}) AS north, max(cell >> {self.per_tile}) AS south
                FROM kinds WHERE meant AND n > 0
            ) AS box"""
        row = self._row(cells)
        # Far away, all of a crowded place is in one cell, with many cases of others round it.
        is_near = not self.crowded_places or self.where.zoom > FAR
        if is_near and 0 < row.meant <= POINTS and row.seen <= SEARCHED:
            self._look_within(row.west, row.north, row.east, row.south)
            return bytes(self._row(self._singles(POINTS)).tile or b"")
        return bytes(row.tile or b"")

    def by_cases(self) -> bytes:
        """The tile from its cases."""
        row = self._row(self._singles(POINTS + 1))
        if row.n <= POINTS:
            return bytes(row.tile or b"")
        cells = f"""
            WITH kinds AS (
                SELECT {self._cell()} AS cell, category, count(*) AS n,
                       sum(mx::bigint) AS sum_x, sum(my::bigint) AS sum_y
                FROM cases WHERE {self._here()} AND {self._meant()}
                GROUP BY 1, 2
            )
            SELECT ({self._cells("kinds")}) AS tile"""
        return bytes(self._row(cells).tile or b"")

    def _singles(self, most: int) -> str:
        """``n`` cases and, if they are not more than ``POINTS``, each as a point."""
        x, y = self._inside("mx"), self._inside("my")
        return f"""
            WITH found AS MATERIALIZED (
                SELECT id, source, category, state, area_code, reported_at, mx, my
                FROM cases WHERE {self._here()} AND {self._meant()} LIMIT {most}
            ), counted AS (SELECT count(*) AS n FROM found)
            SELECT n, CASE WHEN n <= {POINTS} THEN (
                SELECT ST_AsMVT(shown, 'cases', {EXTENT}, 'geom', 'id') FROM (
                    SELECT id, source, category, state, area_code,
                           extract(epoch FROM reported_at)::bigint AS reported,
                           ST_Point({x}, {y}) AS geom
                    FROM found ORDER BY id
                ) AS shown
            ) END AS tile FROM counted"""

    def _cells(self, kinds: str) -> str:
        """Cells with their counts, the mean position and the most frequent category."""
        x = self._inside("round(sum(sum_x) / sum(n))::integer")
        y = self._inside("round(sum(sum_y) / sum(n))::integer")
        return f"""
            SELECT ST_AsMVT(shown, 'cases', {EXTENT}, 'geom') FROM (
                SELECT sum(n)::integer AS count,
                       (array_agg(category ORDER BY n DESC, category))[1] AS category,
                       ST_Point({x}, {y}) AS geom
                FROM {kinds} GROUP BY cell ORDER BY cell
            ) AS shown"""

    # --- conditions -----------------------------------------------------------------------

    def _kinds(self) -> str:
        """Conditions on what the ledgers know of a case."""
        conditions = []
        for name, values in self.drawing.equal.items():
            if name != "area_code":
                conditions.append(f"{name} = ANY(:only_{name})")
                self.values[f"only_{name}"] = list(values)
        return " AND ".join(conditions) or "true"

    def _take_places(self) -> bool:
        """Take the conditions on places; gives whether cells of crowded ones serve."""
        codes = store.place_codes(self.connection, self.drawing.areas)
        only = self.drawing.equal.get("area_code")
        if only is not None and not codes:
            codes, only = {"area": list(only)}, None
        self.values |= {f"{kind}_codes": chosen for kind, chosen in codes.items()}
        self.places = " OR ".join(f"{kind}_code = ANY(:{kind}_codes)" for kind in codes)
        self.places = f"({self.places})"
        if only is not None:
            self.places += " AND area_code = ANY(:only_area_code)"
            self.values["only_area_code"] = list(only)
        if len(codes) > 1 or only is not None or self.where.zoom > PLACE_ZOOM - 2:
            return False
        ((kind, chosen),) = codes.items()
        crowded = store.crowded_places(self.connection, kind, chosen)
        others = store.places_with_cases(self.connection, kind, sorted(set(chosen) - crowded))
        self.values |= {
            "place_kind": kind,
            "crowded_places": sorted(crowded),
            "other_places": others,
        }
        self.crowded_places = f"{kind}_code = ANY(:crowded_places)"
        self.other_places = f"{kind}_code = ANY(:other_places)" if others else ""
        self.per_tile = min(4, PLACE_ZOOM - self.where.zoom)
        return bool(crowded)

    def _look_within(self, west: int, north: int, east: int, south: int) -> None:
        """Look for single cases only in the cells from the first to the last that have some."""
        side = self.shift - self.per_tile
        self._look(
            self.values["west"] + (west << side),
            self.values["north"] + (north << side),
            self.values["west"] + (east + 1 << side),
            self.values["north"] + (south + 1 << side),
            one_by_one=self.where.zoom > 0,
        )

    def _look(self, west: int, north: int, east: int, south: int, *, one_by_one: bool) -> None:
        """Where to look for cases, and in which columns of the index by place."""
        self.values |= {"in_west": west, "in_north": north, "in_east": east, "in_south": south}
        self.has_columns = one_by_one
        first, last = west >> COLUMN_BITS, (east - 1) >> COLUMN_BITS
        if one_by_one:
            self.values["columns"] = list(range(first, last + 1))
        else:
            self.values |= {"first": first, "last": last}

    def _here(self) -> str:
        """Cases in the tile; the index by place serves it."""
        columns = "= ANY(:columns)" if self.has_columns else "BETWEEN :first AND :last"
        return (
            f"mx >> {COLUMN_BITS} {columns} AND mx >= :in_west AND mx < :in_east"
            " AND my >= :in_north AND my < :in_south"
        )

    def _meant(self) -> str:
        conditions = [self._period(), self.kinds]
        return " AND ".join(conditions + [self.places] * bool(self.places))

    def _period(self) -> str:
        conditions = []
        if self.drawing.since is not None:
            conditions.append("reported_at >= :since")
            self.values["since"] = self.drawing.since
        if self.drawing.until is not None:
            conditions.append("reported_at < :until")
            self.values["until"] = self.drawing.until
        return " AND ".join(conditions) or "true"

    def _inside(self, position: str) -> str:
        """A position in the world as one in the tile, 0 to 4095."""
        start = ":west" if "mx" in position or "sum_x" in position else ":north"
        bits = self.shift - 12
        way = f">> {bits}" if bits >= 0 else f"<< {-bits}"
        return f"(({position} - {start}) {way})"

    # --- sources of counts ------------------------------------------------------------------

    def _cell(self) -> str:
        bits = self.shift - 4
        if bits < 0:
            return "(((my - :north) << 16) | (mx - :west))"
        return f"((((my - :north) >> {bits}) << 4) | ((mx - :west) >> {bits}))"

    def _summed(self) -> str:
        """Whole months from the ledger and what is left of the period from the cases."""
        months = months_of(self.drawing.since, self.drawing.until)
        conditions = []
        if months.begin is not None:
            conditions.append("month >= :begin")
            self.values["begin"] = months.begin.date()
        if months.end is not None:
            conditions.append("month < :end")
            self.values["end"] = months.end.date()
        parts = []
        if not months.is_empty:
            ledger = self._ledger_of_places() if self.crowded_places else self._ledger_of_tiles()
            parts.append(" AND ".join([ledger, *conditions]))
        parts += [self._edge(f"edge{number}", *edge) for number, edge in enumerate(months.edges)]
        if self.other_places:
            parts.append(
                f"{self._counted(1)} FROM cases WHERE {self.other_places}"
                f" AND {self._period()} AND {self._here()}"
            )
        return " UNION ALL ".join(parts)

    def _ledger_of_tiles(self) -> str:
        self.values |= self._named()
        return (
            f"SELECT cell::integer AS cell, category, n, sum_x, sum_y, {self.kinds} AS meant"
            " FROM case_cells WHERE zoom = :zoom AND tile_x = :tile_x AND tile_y = :tile_y"
        )

    def _ledger_of_places(self) -> str:
        """The tile's part of the cells of crowded places, as cells of the tile."""
        bits = PLACE_ZOOM - self.where.zoom - self.per_tile
        small = WORLD_BITS - PLACE_ZOOM
        return (
            f"SELECT (((y - (:north >> {small})) >> {bits}) << {self.per_tile})"
            f" | ((x - (:west >> {small})) >> {bits}) AS cell, category, n, sum_x, sum_y,"
            f" {self.kinds} AS meant FROM case_place_cells"
            " WHERE kind = :place_kind AND code = ANY(:crowded_places)"
            f" AND x >= :west >> {small} AND x < :east >> {small}"
            f" AND y >= :north >> {small} AND y < :south >> {small}"
        )

    def _edge(self, name: str, sign: int, start: datetime, stop: datetime) -> str:
        self.values |= {f"{name}_start": start, f"{name}_stop": stop}
        return (
            f"{self._counted(sign)} FROM cases WHERE {self.crowded_places or 'true'}"
            f" AND reported_at >= :{name}_start AND reported_at < :{name}_stop AND {self._here()}"
        )

    def _counted(self, sign: int) -> str:
        """The cases themselves, as the ledgers have them."""
        bits = self.shift - self.per_tile
        return (
            f"SELECT (((my - :north) >> {bits}) << {self.per_tile})"
            f" | ((mx - :west) >> {bits}) AS cell, category, {sign} AS n,"
            f" {sign} * mx::bigint AS sum_x, {sign} * my::bigint AS sum_y, {self.kinds} AS meant"
        )

    def _is_crowded(self) -> bool:
        """Whether the ledger has cells for a tile of this zoom."""
        query = (
            "SELECT EXISTS (SELECT FROM case_crowds"
            " WHERE zoom = :zoom AND tile_x = :tile_x AND tile_y = :tile_y) AS known"
        )
        self.values |= self._named()
        return bool(self._row(query).known)

    def _named(self) -> dict[str, int]:
        return {"zoom": self.where.zoom, "tile_x": self.where.column, "tile_y": self.where.row}

    def _row(self, query: str) -> sa.Row[Any]:
        return self.connection.execute(sa.text(query), self.values).one()
