"""Tiles of the cases of one area, grid or compound, over HTTP."""

from __future__ import annotations

import pyogrio
import pytest
from sqlalchemy import text

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import add_user

AREA, OTHER = "371311001001", "371311001002"
SHAPE = "ST_GeomFromText('MULTIPOLYGON(((118 35, 119 35, 119 36, 118 35)))', 4326)"


@pytest.fixture
def tile(database, client):
    """What asks for the tile of the world: how many cases it shows."""
    with database.begin() as tx:
        for code, level, parent in (
            ("371311001", "street_office", None),
            (AREA, "community", "371311001"),
        ):
            tx.connection.execute(
                text(
                    "INSERT INTO areas (code, name, level, parent_code, held, geom)"
                    f" VALUES (:code, '', :level, :parent, '(,)', {SHAPE})"
                ),
                {"code": code, "level": level, "parent": parent},
            )
        tx.connection.execute(
            text(
                "INSERT INTO grids (code, name, area_code, held, geom)"
                f" VALUES (:area || '001', '', :area, '(,)', {SHAPE})"
            ),
            {"area": AREA},
        )
        tx.connection.execute(
            text(
                "INSERT INTO compounds (code, name, area_code, type, held, geom)"
                f" VALUES (:area || 'C001', '', :area, 'mixed', '(,)', {SHAPE})"
            ),
            {"area": AREA},
        )
        for area, grid, compound in (
            (AREA, f"{AREA}001", f"{AREA}C001"),
            (AREA, f"{AREA}001", None),
            (AREA, f"{AREA}002", None),
            (OTHER, None, f"{AREA}C001"),
            (None, None, None),
        ):
            tx.connection.execute(
                text(
                    "INSERT INTO cases (source, category, state, reported_at, area_code,"
                    " grid_code, compound_code, geom) VALUES ('snap', 'noise', 'reported', now(),"
                    " :area, :grid, :compound, ST_SetSRID(ST_Point(118.5, 35.2), 4326))"
                ),
                {"area": area, "grid": grid, "compound": compound},
            )
        tx.changed("cases", None, "loaded")
    user = add_user(database, Actor.terminal(), "reader", role="viewer", password=None)
    token = make_token(database, Actor.terminal(), user_id=user.id)[1]

    def counted(query):
        answer = client.get(
            f"/ogc/collections/cases/tiles/WebMercatorQuad/0/0/0?{query}",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200
        data = answer.get_data()
        return len(pyogrio.raw.read(data)[2]) if data else 0

    return counted


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 5),
        (f"area={AREA}", 3),
        ("area=371311001", 3),
        (f"area={AREA}001", 2),
        (f"area={AREA}C001", 2),
        (f"area={AREA}001,{AREA}C001", 3),
        (f"area={AREA}C001&area_code={AREA}", 1),
        (f"area={AREA}001&category=parking", 0),
        ("area=nowhere", 0),
    ],
)
def test_a_tile_shows_the_cases_of_an_area_a_grid_or_a_compound(tile, query, count):
    assert tile(query) == count
