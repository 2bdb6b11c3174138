"""Vector tiles of cases, exact at every zoom: each case is in one tile, as itself or counted.

A tile with up to ``POINTS`` cases shows each of them. A tile with more shows cells: ``count`` says
how many cases a cell stands for, its point is their mean position, its ``category`` is the most
frequent one. Nothing is left out, and no zoom reads all rows:

- Tiles to zoom 11 take whole months from the ledger ``case_cells``. What a period has more or
  less than whole months, half a month at each end at most, is read from the cases and added or
  taken off, through an index that holds all that is needed.
- Tiles from zoom 12 read their own cases through an index by place that holds all that is needed.
  Where they are too many for that, the ledger's cells of zoom 11 serve.
- An area filter reads the area's cases through the index by area.

There is no buffer: a case on the edge of two tiles is in one of them, so sums over tiles are
right. Free texts and names are never in a tile.
"""

# ruff: noqa: S608 - the conditions are our own words, the values are bound

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from geodata.accounts import require
from geodata.cases import store
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
READ: Final = 400_000
"""Cases of one tile, whatever their kind, beyond which the ledger's coarser cells serve."""
LEDGER: Final = 11
"""The finest zoom that the ledger keeps, in cells of a 16th of a tile."""
CROWDED: Final = 14
"""The last zoom that may be answered from the ledger, in cells of half a tile there."""
CLOCK: Final = ZoneInfo("Asia/Shanghai")
"""The clock whose months the ledger counts in."""
WORLD_BITS: Final = 30


@dataclass(frozen=True, kw_only=True)
class CaseDrawing:
    """Which cases a tile shows.

    ``since`` is inclusive, ``until`` exclusive. ``equal`` are properties with the values one of
    which they must have. ``areas`` are codes of areas of any level, with all below them.
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

    @property
    def by_area(self) -> bool:
        """Whether only cases of some areas are meant, which the ledger does not know."""
        return bool(self.areas) or "area_code" in self.equal


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
    few = plan.few()
    query = plan.singles() if few else plan.cells()
    answer: bytes | None = connection.execute(sa.text(query), plan.values).scalar_one()
    return bytes(answer or b"")


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
            "first": west >> 17,
            "last": (west + side - 1) >> 17,
        }
        self.kinds = self._kinds()
        self.by_ledger = where.zoom <= LEDGER and not drawing.by_area
        if not self.by_ledger and not drawing.by_area and where.zoom <= CROWDED:
            self.by_ledger = self._crowded()

    def few(self) -> bool:
        """Whether the tile's cases can be shown one by one."""
        if self.by_ledger:
            query = (
                "SELECT coalesce(sum(n) FILTER (WHERE meant), 0) AS meant, coalesce(sum(n), 0)"
                f" AS seen FROM ({self._summed()}) AS counted"
            )
            row = self._row(query)
            return bool(row.meant <= POINTS and row.seen <= SEARCHED)
        probe = f"SELECT 1 FROM cases WHERE {self._here()} AND {self._period()} AND {self.kinds}"
        row = self._row(f"SELECT count(*) AS n FROM ({probe} LIMIT {POINTS + 1}) AS seen")
        return bool(row.n <= POINTS)

    def singles(self) -> str:
        """Each case as a point."""
        x, y = self._inside("mx"), self._inside("my")
        return f"""
            SELECT ST_AsMVT(shown, 'cases', {EXTENT}, 'geom', 'id') FROM (
                SELECT id, source, category, state, area_code,
                       extract(epoch FROM reported_at)::bigint AS reported,
                       ST_Point({x}, {y}) AS geom
                FROM cases WHERE {self._here()} AND {self._period()} AND {self.kinds}
                ORDER BY id
            ) AS shown"""

    def cells(self) -> str:
        """Cells with their counts, the mean position and the most frequent category."""
        x = self._inside("round(sum(sum_x) / sum(n))::integer")
        y = self._inside("round(sum(sum_y) / sum(n))::integer")
        counted = self._summed() if self.by_ledger else self._read()
        meant = "WHERE meant" if self.by_ledger else ""
        return f"""
            WITH kinds AS (
                SELECT cell, category, sum(n) AS n, sum(sum_x) AS sum_x, sum(sum_y) AS sum_y
                FROM ({counted}) AS counted {meant} GROUP BY cell, category HAVING sum(n) > 0
            )
            SELECT ST_AsMVT(shown, 'cases', {EXTENT}, 'geom') FROM (
                SELECT sum(n)::integer AS count,
                       (array_agg(category ORDER BY n DESC, category))[1] AS category,
                       ST_Point({x}, {y}) AS geom
                FROM kinds GROUP BY cell ORDER BY cell
            ) AS shown"""

    # --- conditions -----------------------------------------------------------------------

    def _kinds(self) -> str:
        """Conditions on kind and area, for the cases; on kind alone they serve the ledger, too."""
        conditions = []
        for name, values in self.drawing.equal.items():
            conditions.append(f"{name} = ANY(:only_{name})")
            self.values[f"only_{name}"] = list(values)
        if self.drawing.areas:
            below = store.areas_below(self.connection, list(self.drawing.areas))
            conditions.append("area_code = ANY(:areas)")
            self.values["areas"] = sorted(below)
        return " AND ".join(conditions) or "true"

    def _here(self) -> str:
        """Cases in the tile; the index by place serves it from zoom 12 on."""
        return (
            "mx >> 17 BETWEEN :first AND :last AND mx >= :west AND mx < :east"
            " AND my >= :north AND my < :south"
        )

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

    def _read(self) -> str:
        """The tile's own cases, counted."""
        return (
            f"SELECT {self._cell()} AS cell, category, 1 AS n, mx::bigint AS sum_x,"
            f" my::bigint AS sum_y FROM cases"
            f" WHERE {self._here()} AND {self._period()} AND {self.kinds}"
        )

    def _cell(self) -> str:
        bits = self.shift - 4
        if bits < 0:
            return "(((my - :north) << 16) | (mx - :west))"
        return f"((((my - :north) >> {bits}) << 4) | ((mx - :west) >> {bits}))"

    def _summed(self) -> str:
        """Whole months from the ledger and what is left of the period from the cases."""
        begin, end = self._months()
        finer = max(self.where.zoom - LEDGER, 0)
        self.values |= {
            "zoom": min(self.where.zoom, LEDGER),
            "tile_x": self.where.column >> finer,
            "tile_y": self.where.row >> finer,
        }
        parts = []
        if begin is None or end is None or begin < end:
            conditions = ["zoom = :zoom", "tile_x = :tile_x", "tile_y = :tile_y"]
            if finer:
                conditions += self._quarter(finer)
            if begin is not None:
                conditions.append("month >= :begin")
                self.values["begin"] = begin.date()
            if end is not None:
                conditions.append("month < :end")
                self.values["end"] = end.date()
            parts.append(
                f"SELECT cell::integer AS cell, category, n, sum_x, sum_y, {self.kinds} AS meant"
                " FROM case_cells WHERE " + " AND ".join(conditions)
            )
        parts += self._edges(begin, end)
        return " UNION ALL ".join(parts)

    def _quarter(self, finer: int) -> list[str]:
        """The ledger's cells that make up a tile finer than its own."""
        per = 16 >> finer
        column = (self.where.column & ((1 << finer) - 1)) * per
        row = (self.where.row & ((1 << finer) - 1)) * per
        self.values |= {"from_x": column, "to_x": column + per, "from_y": row, "to_y": row + per}
        return [
            "cell & 15 >= :from_x AND cell & 15 < :to_x",
            "cell >> 4 >= :from_y AND cell >> 4 < :to_y",
        ]

    def _months(self) -> tuple[datetime | None, datetime | None]:
        """The begins of months nearest to the ends of the period."""
        since, until = self.drawing.since, self.drawing.until
        return since and _nearest_month(since), until and _nearest_month(until)

    def _edges(self, begin: datetime | None, end: datetime | None) -> list[str]:
        """What the period has more (+) or less (-) than its months, from the cases."""
        since, until = self.drawing.since, self.drawing.until
        if (
            since is not None
            and until is not None
            and begin is not None
            and begin >= (end or begin)
        ):
            spans = [(1, since, until)]
        else:
            spans = []
            if since is not None and begin is not None:
                spans += [(1, since, begin), (-1, begin, since)]
            if until is not None and end is not None:
                spans += [(1, end, until), (-1, until, end)]
        return [
            self._edge(f"edge{number}", sign, start, stop)
            for number, (sign, start, stop) in enumerate(spans)
            if start < stop
        ]

    def _edge(self, name: str, sign: int, start: datetime, stop: datetime) -> str:
        finer = max(self.where.zoom - LEDGER, 0)
        bits = self.shift + finer - 4
        self.values |= {
            f"{name}_start": start,
            f"{name}_stop": stop,
            "ledger_west": self.values["tile_x"] << (self.shift + finer),
            "ledger_north": self.values["tile_y"] << (self.shift + finer),
        }
        return (
            f"SELECT (((my - :ledger_north) >> {bits}) << 4)"
            f" | ((mx - :ledger_west) >> {bits}) AS cell, category, {sign} AS n,"
            f" {sign} * mx::bigint AS sum_x, {sign} * my::bigint AS sum_y,"
            f" {self.kinds} AS meant FROM cases"
            f" WHERE reported_at >= :{name}_start AND reported_at < :{name}_stop AND {self._here()}"
        )

    def _crowded(self) -> bool:
        """Whether the tile holds, of whatever kind, more cases than can be read in time."""
        finer = self.where.zoom - LEDGER
        conditions = " AND ".join(self._quarter(finer))
        self.values |= {
            "zoom": LEDGER,
            "tile_x": self.where.column >> finer,
            "tile_y": self.where.row >> finer,
        }
        query = (
            "SELECT coalesce(sum(n), 0) AS n FROM case_cells WHERE zoom = :zoom"
            f" AND tile_x = :tile_x AND tile_y = :tile_y AND {conditions}"
        )
        return bool(self._row(query).n > READ)

    def _row(self, query: str) -> sa.Row[Any]:
        return self.connection.execute(sa.text(query), self.values).one()


def _nearest_month(moment: datetime) -> datetime:
    """The begin of the month, or of the next one, whichever is nearer."""
    local = moment.astimezone(CLOCK)
    begin = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return begin if local - begin <= following - local else following
