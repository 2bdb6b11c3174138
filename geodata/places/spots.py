"""The point that stands for a place, and what a place is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

_SPOT: Final = """
    select t.name, {area} as area, {more} as compound, st_x(p.point) as lon, st_y(p.point) as lat
    from {layer} t, lateral (select {point} as point) p
    where t.code = :code and upper_inf(t.held)
"""
_SURFACE: Final = "st_pointonsurface(t.geom)"
_KINDS: Final = {
    "building": ("buildings", "t.area_code", "t.compound_code", _SURFACE),
    "compound": ("compounds", "t.area_code", "t.code", _SURFACE),
    "facility": ("facilities", "t.area_code", "null", "t.geom"),
    "street": ("streets", "null", "null", "st_lineinterpolatepoint(t.geom, 0.5)"),
    "area": ("areas", "t.code", "null", _SURFACE),
}
KINDS: Final = (*_KINDS, "point")
"""Kinds of places that an address can mean; ``point`` is one that a person taught."""


@dataclass(frozen=True)
class Spot:
    """A place as a point, WGS 84."""

    kind: str
    code: str
    name: str
    area: str | None
    compound: str | None
    lon: float
    lat: float


def spot(connection: sa.Connection, kind: str, code: str) -> Spot | None:
    """The place of that kind and code that stands now; None if there is none."""
    if kind == "point":
        query = (
            "select word as name, null as area, null as compound,"
            " st_x(geom) as lon, st_y(geom) as lat from place_aliases"
            " where cast(id as text) = :code and kind = 'point' and ended_at is null"
        )
    else:
        layer, area, compound, point = _KINDS[kind]
        query = _SPOT.format(layer=layer, area=area, more=compound, point=point)
    row = connection.execute(sa.text(query), {"code": code}).one_or_none()
    if row is None:
        return None
    return Spot(kind, code, row.name, row.area, row.compound, row.lon, row.lat)


def names_of(connection: sa.Connection, places: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What the places of these kinds and codes are called now; a street's code is its name."""
    found = {(kind, code): code for kind, code in places if kind == "street"}
    for kind, (layer, *_) in _KINDS.items():
        codes = sorted(code for one, code in places if one == kind and one != "street")
        if codes:
            query = sa.text(
                f"select code, name from {layer}"  # noqa: S608 - the names are our own
                " where code = any(cast(:codes as text[])) and upper_inf(held)"
            )
            rows = connection.execute(query, {"codes": codes})
            found |= {(kind, row.code): row.name for row in rows}
    return found
