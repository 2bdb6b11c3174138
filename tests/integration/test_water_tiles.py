"""Water is drawn as wide as it is."""

from __future__ import annotations

import math

import pyogrio
import pytest
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.places.tiling import Tile, tile

ZOOM = 14
LON, LAT = 118.35, 35.05


def tile_at(lon: float, lat: float) -> Tile:
    n = 1 << ZOOM
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return Tile(ZOOM, row, int((lon + 180) / 360 * n))


@pytest.fixture
def streets(database):
    """A river of 120 m, one of unknown width and a bridge street, all from west to east."""
    with database.begin() as tx:
        for code, kind, extra, lat in (
            ("bridge", "primary", '{"width_m": 30}', LAT),
            ("river", "river", '{"width_m": 120}', LAT),
            ("brook", "river", '{"width_m": "broad"}', LAT + 0.003),
        ):
            tx.connection.execute(
                sa.text(
                    "INSERT INTO streets (code, kind, extra, held, geom) VALUES (:code, :kind,"
                    " :extra, '(,)', ST_SetSRID(ST_MakeLine(ST_Point(:west, :lat),"
                    " ST_Point(:east, :lat)), 4326))"
                ),
                {
                    "code": code,
                    "kind": kind,
                    "extra": extra,
                    "lat": lat,
                    "west": LON - 0.1,
                    "east": LON + 0.1,
                },
            )
    return database


def shapes(database, tmp_path, lat=LAT):
    path = tmp_path / "tile.mvt"
    path.write_bytes(tile(database, Actor.terminal(), "streets", tile_at(LON, lat)))
    return pyogrio.read_dataframe(path).set_index("code")


def test_a_river_of_known_width_is_ground_of_that_width(streets, tmp_path):
    found = shapes(streets, tmp_path)

    assert found.geometry["river"].geom_type == "Polygon"
    _, south, _, north = found.geometry["river"].bounds
    units_per_metre = 4096 / (40_075_016.69 / 2**ZOOM * math.cos(math.radians(LAT)))
    assert (north - south) / units_per_metre == pytest.approx(120, rel=0.03)


def test_a_street_stays_a_line_and_lies_on_the_water(streets, tmp_path):
    found = shapes(streets, tmp_path)

    assert found.geometry["bridge"].geom_type == "LineString"
    assert list(found.index).index("river") < list(found.index).index("bridge")


def test_water_of_unknown_width_stays_a_line(streets, tmp_path):
    assert shapes(streets, tmp_path, LAT + 0.003).geometry["brook"].geom_type == "LineString"


def test_a_tile_shows_the_bank_of_a_river_whose_middle_lies_outside(streets, tmp_path):
    here = tile_at(LON, LAT)
    *_, north = here.degrees()
    with streets.begin() as tx:
        tx.connection.execute(
            sa.text("UPDATE streets SET geom = ST_Translate(geom, 0, :d) WHERE code = 'river'"),
            {"d": north + 50 / 111_000 - LAT},
        )
    found = shapes(streets, tmp_path)

    assert "river" in found.index


def test_each_street_says_how_wide_it_is_if_that_is_known(streets, tmp_path):
    found = shapes(streets, tmp_path)

    assert found.width_m["bridge"] == 30
    brook = shapes(streets, tmp_path, LAT + 0.003)
    assert "width_m" not in brook or brook.width_m.isna()["brook"]
