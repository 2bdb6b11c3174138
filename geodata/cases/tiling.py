"""Vector tiles of cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.places.tiling import BUFFER, EXTENT, Drawn, Tile

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

DRAWN: Final = Drawn(0, ("source", "category", "state", "area_code"), "points")


@dataclass(frozen=True, kw_only=True)
class CaseDrawing:
    """Which cases a tile shows; ``since`` inclusive, ``until`` exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    equal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def tile(
    database: Database, actor: Actor, where: Tile, drawing: CaseDrawing | None = None
) -> bytes:
    """One vector tile of cases, empty bytes if nothing is there."""
    require(actor, "see_map")
    drawing = drawing or CaseDrawing()
    conditions = ["geom && box"]
    values: dict[str, object] = {}
    for name, choices in drawing.equal.items():
        conditions.append(f"{name} = any(:{name})")
        values[name] = list(choices)
    if drawing.since is not None:
        conditions.append("reported_at >= :since")
        values["since"] = drawing.since
    if drawing.until is not None:
        conditions.append("reported_at < :until")
        values["until"] = drawing.until
    west, south, east, north = where.metres
    values |= {"west": west, "south": south, "east": east, "north": north}
    box = where.degrees(margin=BUFFER / EXTENT)
    values |= {"w": box[0], "s": box[1], "e": box[2], "n": box[3]}
    query = f"""
        WITH t AS (SELECT ST_MakeEnvelope(:west, :south, :east, :north, 3857) AS tile,
                          ST_MakeEnvelope(:w, :s, :e, :n, 4326) AS box),
        r AS (SELECT id, source, category, state, area_code,
                     extract(epoch FROM reported_at)::bigint AS reported,
                     ST_AsMVTGeom(ST_Transform(geom, 3857), tile, {EXTENT}, {BUFFER}, true) AS geom
              FROM cases, t WHERE {" AND ".join(conditions)})
        SELECT ST_AsMVT(r, 'cases', {EXTENT}, 'geom', 'id') FROM r WHERE geom IS NOT NULL
    """  # noqa: S608 - names come from DRAWN, values are bound
    with database.read() as connection:
        answer = connection.execute(sa.text(query), values).scalar_one()
    return bytes(answer or b"")
