"""Where cases crowd: tiles and places with more cases than can be read in time for a tile.

Finer cells than those of ``case_cells`` to zoom 7 would hardly sum anything, save where cases
crowd. ``refine`` finds such tiles (from zoom 8 on) and places (areas, grids and compounds),
enters them in ``case_crowds`` and ``case_crowded_places`` and gives them cells; triggers keep
these right from then on, as they do the ledger's others. A city of a hundred thousand cases has
none, and pays nothing for it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from geodata.cases.tables import case_crowds

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

CROWD: Final = 100_000
"""Cases of a tile beyond which it gets cells, 4 x 4."""
FAR_CROWD: Final = 500_000
"""Cases of a tile of zoom 8 to 11 beyond which it gets cells, 16 x 16, and tiles in it may be
crowded, too. Of fewer, hardly two would be of one cell, month and kind."""
CROWD_OF_PLACE: Final = 50_000
"""Cases of a place beyond which it gets cells; a street office has many places."""
NEAREST: Final = 7
"""The last zoom whose tiles all have cells."""
FAR: Final = 11
"""The last zoom whose tiles' cells are 16 x 16; of those nearer they are 4 x 4."""
FINEST: Final = 22
"""The last zoom that has tiles."""
PLACE_ZOOM: Final = 18
"""The zoom whose tiles are the cells of a place."""
SAMPLED: Final = 500_000
"""Cases from which on a sample tells which places to count."""


def refine(connection: Connection, *, most: int | None = None) -> int:
    """Enter tiles and places that became crowded, up to ``most``; once entered they stay.

    Writers wait for it until the end of the transaction, some seconds for a million cases of a
    tile. It waits for nobody: while others write it does nothing, and finds the same the next
    time.

    Returns:
        How many were entered.
    """
    entered = _refine_tiles(connection, most)
    if most is None or entered < most:
        entered += _refine_places(connection, None if most is None else most - entered)
    return entered


def _refine_tiles(connection: Connection, most: int | None) -> int:
    entered = 0
    for zooms in _FOUND_TOGETHER:
        found = [(zoom, x, y) for zoom in zooms for x, y in _crowded_tiles(connection, zoom)]
        found = found if most is None else found[: most - entered]
        if found and not entered and not _alone(connection):
            return 0
        for zoom, x, y in found:
            values = {"zoom": zoom, "x": x, "y": y}
            connection.execute(sa.text(_ENTER_TILE), values)
            connection.execute(sa.text("SELECT case_crowds_fill(:zoom, :x, :y)"), values)
        entered += len(found)
        if entered == most or not (found or _has_crowds(connection, zooms)):
            break
    return entered


def _crowded_tiles(connection: Connection, zoom: int) -> list[tuple[int, int]]:
    """Columns and rows of the tiles that are not entered; they are the cells of a zoom before."""
    bits = 4 if zoom <= FAR + 4 else 2
    least = FAR_CROWD if zoom <= FAR else CROWD
    values = {"zoom": zoom, "above": zoom - bits, "bits": bits, "least": least}
    return [(tile.x, tile.y) for tile in connection.execute(sa.text(_CROWDED_TILES), values)]


def _refine_places(connection: Connection, most: int | None) -> int:
    total = connection.execute(
        sa.text("SELECT coalesce(sum(n), 0) FROM case_cells WHERE zoom = 0")
    ).scalar_one()
    if total <= CROWD_OF_PLACE:
        return 0
    share = 1.0 if total < SAMPLED else 0.02
    counted = {"percent": share * 100, "least": CROWD_OF_PLACE * share}
    found = connection.execute(sa.text(_CROWDED_PLACES), counted).all()
    found = found if most is None else found[:most]
    if found and not _alone(connection):
        return 0
    for place in found:
        values = {"kind": place.kind, "code": place.code}
        connection.execute(sa.text(_ENTER_PLACE), values)
        connection.execute(sa.text("SELECT case_places_fill(:kind, :code)"), values)
    return len(found)


def _alone(connection: Connection) -> bool:
    """Lock the cases against other writers, if there are none."""
    with suppress(OperationalError), connection.begin_nested():
        connection.execute(sa.text("LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE NOWAIT"))
        return True
    return False


def _has_crowds(connection: Connection, zooms: Collection[int]) -> bool:
    query = sa.select(sa.exists().where(case_crowds.c.zoom.in_(zooms)))
    return bool(connection.execute(query).scalar_one())


_FOUND_TOGETHER: Final = ((11, 10, 9, 8), (15, 14, 13, 12), (17, 16), (19, 18), (21, 20), (22,))
"""Zooms whose tiles are cells of those before; the nearest first, for it helps to fill the next."""
_CROWDED_TILES: Final = """
    SELECT x, y FROM (
        SELECT (tile_x << :bits) + (cell & (1 << :bits) - 1) AS x,
               (tile_y << :bits) + (cell >> :bits) AS y
        FROM case_cells WHERE zoom = :above
        GROUP BY tile_x, tile_y, cell HAVING sum(n) > :least
    ) AS counted
    WHERE NOT EXISTS (
        SELECT FROM case_crowds AS known
        WHERE known.zoom = :zoom AND known.tile_x = counted.x AND known.tile_y = counted.y
    )
"""
_ENTER_TILE: Final = "INSERT INTO case_crowds (zoom, tile_x, tile_y) VALUES (:zoom, :x, :y)"
_CROWDED_PLACES: Final = """
    SELECT kind, code FROM (
        SELECT CASE WHEN area_code IS NOT NULL THEN 'area'
                    WHEN grid_code IS NOT NULL THEN 'grid' ELSE 'compound' END AS kind,
               coalesce(area_code, grid_code, compound_code) AS code
        FROM cases TABLESAMPLE SYSTEM (:percent) WHERE mx IS NOT NULL
        GROUP BY GROUPING SETS ((area_code), (grid_code), (compound_code))
        HAVING count(*) > :least
    ) AS counted
    WHERE code IS NOT NULL AND NOT EXISTS (
        SELECT FROM case_crowded_places AS known
        WHERE known.kind = counted.kind AND known.code = counted.code
    )
"""
_ENTER_PLACE: Final = "INSERT INTO case_crowded_places (kind, code) VALUES (:kind, :code)"
