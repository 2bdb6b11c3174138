"""The ground for somebody who reports something: streets, names, and where a place lies.

Without an account one sees what hangs in any street: names of streets, compounds and areas. Figures
and people stay out of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from geodata.accounts import require
from geodata.errors import InvalidInput, NotFound
from geodata.places.tiling import Drawing, Tile, drawn_tile

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

LAYERS: Final = ("areas", "compounds", "buildings", "streets")
STREET_METRES: Final = 80.0
"""A place this near to a street is on it."""


@dataclass(frozen=True)
class Spot:
    """What a place lies in and on; empty where it lies in none.

    ``inside`` says whether any area of the city holds it.
    """

    area: str
    grid: str
    compound: str
    building: str
    street: str
    inside: bool


_SPOT: Final = sa.text(
    """
    with spot as (select st_setsrid(st_point(:lon, :lat), 4326) as geom)
    select
      (select name from areas a, spot where a.held @> now() and a.level = :level
         and st_intersects(a.geom, spot.geom) order by code limit 1) as area,
      (select name from grids g, spot where g.held @> now()
         and st_intersects(g.geom, spot.geom) order by code limit 1) as grid,
      (select name from compounds k, spot where k.held @> now()
         and st_intersects(k.geom, spot.geom) order by code limit 1) as compound,
      (select name from buildings b, spot where b.held @> now()
         and st_intersects(b.geom, spot.geom) order by code limit 1) as building,
      (select name from streets s, spot where s.held @> now() and s.name <> ''
         and s.geom && st_expand(spot.geom, :degrees)
         and st_distancesphere(st_closestpoint(s.geom, spot.geom), spot.geom) <= :metres
         order by st_distancesphere(st_closestpoint(s.geom, spot.geom), spot.geom) limit 1
      ) as street,
      exists (select from areas a, spot where a.held @> now()
         and st_intersects(a.geom, spot.geom)) as inside
    """
)


def spot(database: Database, actor: Actor, lon: float, lat: float, *, level: str) -> Spot:
    """What a place in WGS 84 lies in now; ``level`` is that of the areas that are named.

    Raises:
        NotAllowed: the role may not report.
        InvalidInput: no place of this world.
    """
    require(actor, "report_case")
    if not (math.isfinite(lon) and math.isfinite(lat)) or abs(lon) > 180 or abs(lat) > 90:
        raise InvalidInput("The place lies outside the world: give degrees.")
    values = {"lon": lon, "lat": lat, "level": level, "metres": STREET_METRES}
    values["degrees"] = STREET_METRES / 80_000 / max(0.01, math.cos(math.radians(lat)))
    with database.read() as connection:
        row = connection.execute(_SPOT, values).mappings().one()
    named = {name: row[name] or "" for name in ("area", "grid", "compound", "building", "street")}
    return Spot(**named, inside=bool(row["inside"]))


def check_layer(layer: str) -> None:
    """Refuse what is no layer of the ground; raises NotFound."""
    if layer not in LAYERS:
        raise NotFound("There is no layer %(layer)s.", layer=layer[:40])


def ground_tile(database: Database, actor: Actor, layer: str, where: Tile) -> bytes:
    """One vector tile of streets, buildings, compounds or areas with their names alone.

    Raises:
        NotAllowed: the role may not report.
        NotFound: no such layer of the ground.
    """
    require(actor, "report_case")
    check_layer(layer)
    return drawn_tile(database, layer, where, Drawing(), bare=True)
