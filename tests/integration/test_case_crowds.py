"""Tiles and places with so many cases that their cells are kept beforehand."""

from __future__ import annotations

import pyogrio
import pytest
import sqlalchemy as sa
from laid_cases import (
    AREAS,
    DRAWINGS,
    TERMINAL,
    cases_in,
    features_of,
    fill,
    lay_places,
    meant_by,
    refine,
    tile_at,
    tiles,
)

from geodata.cases.incoming import indexing
from geodata.cases.map import crowds, rollups, tiling
from geodata.cases.map.tiling import CaseDrawing
from geodata.places.tiling import Tile


@pytest.fixture(scope="module")
def crowded(server, empty_template):
    """12,000 cases with tiles that count as crowded at zoom 8 to 17, for reading only."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            lay_places(tx.connection)
            fill(tx.connection, 6_000)
            refine(tx.connection)
            fill(tx.connection, 6_000, seed=2)  # these come by the triggers
            tx.connection.execute(sa.text("ANALYZE cases"))
            tx.connection.execute(sa.text("ANALYZE case_cells"))
        yield database


@pytest.fixture(scope="module")
def one_crowded_place(server, empty_template):
    """Cases of which most lie in one area, one grid and one compound, for reading only."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            lay_places(tx.connection)
            fill(tx.connection, 3_000)
            tx.connection.execute(
                sa.text(
                    "UPDATE cases SET area_code = :area, grid_code = :area || '001',"
                    " compound_code = :area || 'C001' WHERE id % 3 > 0"
                ),
                {"area": AREAS[0]},
            )
            refine(tx.connection, crowd_of_place=1_500)
            crowded = tx.connection.execute(sa.text("SELECT kind FROM case_crowded_places"))
            assert set(crowded.scalars()) == {"area", "grid", "compound"}
            fill(tx.connection, 1_000, seed=2)
        yield database


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS.keys())
@pytest.mark.parametrize("zoom", [8, 11, 12, 13, 14, 16])
def test_crowded_tiles_stand_for_every_case_that_is_meant(crowded, zoom, drawing, monkeypatch):
    monkeypatch.setattr(tiling, "POINTS", 10)
    assert sum(cases_in(crowded, where, drawing) for where in tiles(zoom)) == meant_by(
        crowded, drawing
    )


@pytest.mark.parametrize("name", [name for name, one in DRAWINGS.items() if one.areas or one.equal])
@pytest.mark.parametrize("zoom", [0, 9, 11, 13, 14, 15, 16])
def test_tiles_of_crowded_places_and_others_stand_for_every_case_that_is_meant(
    one_crowded_place, zoom, name, monkeypatch
):
    monkeypatch.setattr(tiling, "POINTS", 10)
    drawing = DRAWINGS[name]
    assert sum(cases_in(one_crowded_place, where, drawing) for where in tiles(zoom)) == meant_by(
        one_crowded_place, drawing
    )


def test_the_cells_of_a_crowded_place_are_where_its_cases_are(one_crowded_place, monkeypatch):
    def drawn(*, by_cells):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tiling, "POINTS", 10)
            if not by_cells:
                patch.setattr(tiling.store, "crowded_places", lambda *_: set())
            row, column = tile_at(13, 118.31, 35.03)
            grid = CaseDrawing(areas=(f"{AREAS[0]}001",))
            tile = tiling.tile(one_crowded_place, TERMINAL, Tile(13, row, column), grid)
        _, _, shapes, _ = pyogrio.raw.read(tile)
        counts = [int(one["count"]) for one in features_of(tile)]
        return sorted(zip(counts, map(bytes, shapes), strict=True))

    assert drawn(by_cells=True) == drawn(by_cells=False)
    assert len(drawn(by_cells=True)) > 30


@pytest.mark.parametrize(("zoom", "bits"), [(8, 4), (9, 4), (11, 4), (12, 2), (14, 2), (16, 2)])
def test_a_crowded_tile_shows_cells_where_its_cases_are(crowded, zoom, bits, monkeypatch):
    monkeypatch.setattr(tiling, "POINTS", 10)
    with crowded.read() as connection:
        tile = connection.execute(
            sa.text(
                "SELECT tile_x, tile_y, sum(n) AS n FROM case_cells WHERE zoom = :zoom"
                " GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 1"
            ),
            {"zoom": zoom},
        ).one()
        side = 30 - zoom - bits
        expected = connection.execute(
            sa.text(
                "SELECT count(*) AS n, avg(mx) AS x, avg(my) AS y FROM cases"
                f" WHERE mx >> {side + bits} = :x AND my >> {side + bits} = :y"
                f" GROUP BY mx >> {side}, my >> {side}"
            ),
            {"x": tile.tile_x, "y": tile.tile_y},
        ).all()
    drawn = tiling.tile(crowded, TERMINAL, Tile(zoom, tile.tile_y, tile.tile_x))
    _, _, shapes, _ = pyogrio.raw.read(drawn)
    assert len(shapes) == len(expected) <= 1 << 2 * bits
    assert sorted(int(one["count"]) for one in features_of(drawn)) == sorted(
        one.n for one in expected
    )


def test_what_is_not_crowded_any_more_is_still_right(database):
    with database.begin() as tx:
        fill(tx.connection, 2_000)
        assert refine(tx.connection) > 4
        assert refine(tx.connection) == 0
        tx.connection.execute(sa.text("DELETE FROM cases WHERE id % 10 > 0"))
        rollups.merge(tx.connection)
        assert rollups.is_right(tx.connection)
    assert sum(cases_in(database, where, CaseDrawing()) for where in tiles(14)) == meant_by(
        database, CaseDrawing()
    )


def test_crowded_tiles_are_looked_for_when_nobody_writes(database):
    with database.begin() as tx:
        fill(tx.connection, 500)
    with database.begin() as other:
        fill(other.connection, 10, seed=2)
        with database.begin() as tx:
            assert refine(tx.connection) == 0
    with database.begin() as tx:
        assert refine(tx.connection) > 0
        assert rollups.is_right(tx.connection)


def test_each_night_every_crowded_tile_is_found(database, monkeypatch):
    monkeypatch.setattr(crowds, "CROWD", 50)
    monkeypatch.setattr(crowds, "FAR_CROWD", 50)
    monkeypatch.setattr(crowds, "CROWD_OF_PLACE", 200)
    with database.begin() as tx:
        fill(tx.connection, 1_000)
    rollups.sum_up(database)
    with database.begin() as tx:
        known = tx.connection.execute(sa.text("SELECT count(*) FROM case_crowds")).scalar_one()
        assert known > 2
        assert crowds.refine(tx.connection) == 0
        assert rollups.is_right(tx.connection)


def test_no_cases_no_crowds(database):
    with database.begin() as tx:
        fill(tx.connection, 500)
        assert refine(tx.connection) > 0
        tx.connection.execute(sa.text("TRUNCATE cases"))
        assert tx.connection.execute(sa.text("SELECT count(*) FROM case_crowds")).scalar_one() == 0
        assert refine(tx.connection) == 0


def test_a_large_load_finds_its_crowds(database, monkeypatch):
    monkeypatch.setattr(crowds, "CROWD", 300)
    monkeypatch.setattr(crowds, "FAR_CROWD", 300)
    with database.begin() as tx:
        with indexing.filled_at_once(tx.connection, rows=60_000):
            fill(tx.connection, 1_000)
        zooms = tx.connection.execute(sa.text("SELECT DISTINCT zoom FROM case_crowds ORDER BY 1"))
        assert zooms.scalars().all()[0] == 8
        assert rollups.is_right(tx.connection)
