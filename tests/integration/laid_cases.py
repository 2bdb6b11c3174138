"""Random cases and the places they lie in, for the tests of the ledger and its tiles."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, timedelta
from itertools import product

import pyogrio
import pytest
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.cases.map import crowds, tiling
from geodata.cases.map.tiling import CaseDrawing
from geodata.places.tiling import Tile

CATEGORIES = ("noise", "parking", "other")
SOURCES = ("hotline", "snap")
STATES = ("reported", "closed")
AREAS = ("371311001001", "371311001002")
TERMINAL = Actor.terminal()
WIDTH = 0.05
"""How wide the square is in which the cases lie, in degrees: some hundred tiles of zoom 16."""
MARCH = datetime(2026, 2, 28, 16, tzinfo=UTC)
DRAWINGS = {
    "all": CaseDrawing(),
    "one category": CaseDrawing(equal={"category": ("noise",)}),
    "two kinds": CaseDrawing(equal={"source": ("snap",), "state": ("closed", "reported")}),
    "whole months": CaseDrawing(since=MARCH, until=MARCH + timedelta(days=31)),
    "late in one month to early in another": CaseDrawing(
        since=datetime(2026, 2, 20, 7, 5, tzinfo=UTC), until=datetime(2026, 5, 3, tzinfo=UTC)
    ),
    "early in one month to late in another": CaseDrawing(
        since=datetime(2026, 2, 3, tzinfo=UTC), until=datetime(2026, 4, 29, 3, tzinfo=UTC)
    ),
    "some days": CaseDrawing(
        since=datetime(2026, 3, 14, tzinfo=UTC), until=datetime(2026, 3, 16, tzinfo=UTC)
    ),
    "some days over a month's end": CaseDrawing(
        since=datetime(2026, 3, 25, tzinfo=UTC), until=datetime(2026, 4, 5, tzinfo=UTC)
    ),
    "open begin": CaseDrawing(until=datetime(2026, 3, 20, tzinfo=UTC)),
    "open end": CaseDrawing(since=datetime(2026, 3, 20, tzinfo=UTC)),
    "one area": CaseDrawing(equal={"area_code": (AREAS[0],)}),
    "a street office": CaseDrawing(areas=("371311001",)),
    "a community in broken months": CaseDrawing(
        areas=(AREAS[0],),
        since=datetime(2026, 2, 3, tzinfo=UTC),
        until=datetime(2026, 4, 29, 3, tzinfo=UTC),
    ),
    "a grid": CaseDrawing(areas=(f"{AREAS[0]}001",), equal={"category": ("noise",)}),
    "two grids and a compound": CaseDrawing(
        areas=(f"{AREAS[0]}000", f"{AREAS[0]}001", f"{AREAS[1]}C002")
    ),
    "compounds over some days": CaseDrawing(
        areas=(f"{AREAS[0]}C001", f"{AREAS[1]}C003"),
        since=datetime(2026, 3, 25, tzinfo=UTC),
        until=datetime(2026, 4, 5, tzinfo=UTC),
    ),
    "a compound of an area it is not in": CaseDrawing(
        areas=(f"{AREAS[0]}C001",), equal={"area_code": (AREAS[1],)}
    ),
    "nothing": CaseDrawing(equal={"category": ("nothing like it",)}),
}


def fill(connection, count, *, seed=1, west=118.30, south=35.00, width=WIDTH):
    """Random cases within some 5 km, from January to June 2026."""
    connection.execute(sa.text("SELECT setseed(:seed)"), {"seed": seed / 1000})
    connection.execute(
        sa.text(
            """
            INSERT INTO cases (source, category, state, reported_at, area_code, grid_code,
                               compound_code, geom)
            SELECT source, category, state, reported_at, area_code,
                   area_code || lpad((i % 3)::text, 3, '0'),
                   CASE WHEN i % 4 > 0 THEN area_code || 'C00' || i % 4 END, geom
            FROM (SELECT i, (CAST(:sources AS text[]))[1 + floor(random() * 2)::int] AS source,
                   (CAST(:categories AS text[]))[1 + floor(random() * random() * 3)::int]
                       AS category,
                   (CAST(:states AS text[]))[1 + floor(random() * 2)::int] AS state,
                   timestamptz '2026-01-01 00:00+08' + random() * interval '181 days'
                       AS reported_at,
                   (CAST(:areas AS text[]))[1 + floor(random() * 2)::int] AS area_code,
                   CASE WHEN i % 50 > 0 THEN ST_SetSRID(ST_Point(
                       :west + random() * random() * :width, :south + random() * :width), 4326)
                   END AS geom
            FROM generate_series(1, :count) AS i) AS drawn
            """
        ),
        {
            "sources": list(SOURCES),
            "categories": list(CATEGORIES),
            "states": list(STATES),
            "areas": list(AREAS),
            "count": count,
            "west": west,
            "south": south,
            "width": width,
        },
    )


def lay_places(connection):
    """A street office with the areas, their grids and compounds; where they lie is no matter."""
    shape = "ST_GeomFromText('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))', 4326)"
    areas = [
        ("371311001", "street_office", None),
        *((code, "community", "371311001") for code in AREAS),
    ]
    for code, level, parent in areas:
        connection.execute(
            sa.text(
                "INSERT INTO areas (code, name, level, parent_code, held, geom)"
                f" VALUES (:code, :code, :level, :parent, '(,)', {shape})"
            ),
            {"code": code, "level": level, "parent": parent},
        )
    for area, number in product(AREAS, range(4)):
        connection.execute(
            sa.text(
                "INSERT INTO grids (code, name, area_code, held, geom)"
                f" VALUES (:grid, '', :area, '(,)', {shape})"
            ),
            {"grid": f"{area}{number:03}", "area": area},
        )
        connection.execute(
            sa.text(
                "INSERT INTO compounds (code, name, area_code, type, held, geom)"
                f" VALUES (:compound, '', :area, 'mixed', '(,)', {shape})"
            ),
            {"compound": f"{area}C{number:03}", "area": area},
        )


def refine(connection, *, crowd=20, crowd_of_place=100):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowds, "CROWD_OF_PLACE", crowd_of_place)
        patch.setattr(crowds, "CROWD", crowd)
        patch.setattr(crowds, "FAR_CROWD", crowd)
        return crowds.refine(connection)


def tiles(zoom, *, west=118.30, south=35.0, width=WIDTH):
    """The tiles of ``zoom`` over the square that ``fill`` fills."""
    top, left = tile_at(zoom, west, south + width)
    bottom, right = tile_at(zoom, west + width, south)
    return [
        Tile(zoom, row, column)
        for row, column in product(range(top, bottom + 1), range(left, right + 1))
    ]


def tile_at(zoom, lon, lat):
    side = 1 << zoom
    turned = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((1 - turned) / 2 * side), int((lon + 180) / 360 * side)


def features_of(tile):
    """The features of a vector tile as a list of their properties."""
    if not tile:
        return []
    _, _, _, fields = pyogrio.raw.read(io.BytesIO(tile).getvalue())
    names = list(pyogrio.read_info(tile)["fields"])
    return [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]


def cases_in(database, where, drawing):
    """How many cases a tile stands for."""
    features = features_of(tiling.tile(database, TERMINAL, where, drawing))
    counted = [feature.get("count") for feature in features]
    return sum(1 if one is None or math.isnan(one) else int(one) for one in counted)


def meant_by(database, drawing):
    """How many placed cases are meant, by a plain question."""
    conditions = ["geom IS NOT NULL"]
    values = {}
    for name, wanted in drawing.equal.items():
        conditions.append(f"{name} = ANY(:{name})")
        values[name] = list(wanted)
    if drawing.areas:
        conditions.append(
            "(area_code IN (SELECT code FROM areas WHERE code = ANY(:places)"
            " OR parent_code = ANY(:places))"
            " OR grid_code = ANY(:places) OR compound_code = ANY(:places))"
        )
        values["places"] = list(drawing.areas)
    if drawing.since:
        conditions.append("reported_at >= :since")
        values["since"] = drawing.since
    if drawing.until:
        conditions.append("reported_at < :until")
        values["until"] = drawing.until
    with database.read() as connection:
        query = f"SELECT count(*) FROM cases WHERE {' AND '.join(conditions)}"
        return connection.execute(sa.text(query), values).scalar_one()
