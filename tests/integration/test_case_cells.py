"""The tiles of cases that are drawn from the ledger of cells."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from laid_cases import (
    DRAWINGS,
    TERMINAL,
    cases_in,
    features_of,
    fill,
    lay_places,
    meant_by,
    tile_at,
    tiles,
)

from geodata.cases.map import tiling
from geodata.cases.map.tiling import CaseDrawing
from geodata.errors import InvalidInput
from geodata.places.tiling import Tile


@pytest.fixture(scope="module")
def filled(server, empty_template):
    """12,000 cases, for reading only."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            lay_places(tx.connection)
            fill(tx.connection, 12_000)
            tx.connection.execute(sa.text("ANALYZE cases"))
            tx.connection.execute(sa.text("ANALYZE case_cells"))
        yield database


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS.keys())
@pytest.mark.parametrize("zoom", [0, 7, 8, 11, 12, 15])
def test_the_tiles_of_a_zoom_stand_for_every_case_that_is_meant(filled, zoom, drawing, monkeypatch):
    monkeypatch.setattr(tiling, "POINTS", 100)
    assert sum(cases_in(filled, where, drawing) for where in tiles(zoom)) == meant_by(
        filled, drawing
    )


def test_few_cases_are_shown_one_by_one_with_their_ids_and_without_their_texts(database):
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO cases (source, category, state, title, reported_at, geom) VALUES"
                " ('snap', 'noise', 'reported', 'secret words', '2026-06-01 08:00+08',"
                "  ST_SetSRID(ST_Point(118.35, 35.05), 4326))"
            )
        )
    row, column = tile_at(14, 118.35, 35.05)
    tile = tiling.tile(database, TERMINAL, Tile(14, row, column))
    (feature,) = features_of(tile)
    assert feature["category"] == "noise"
    assert feature["reported"] == int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
    assert b"secret" not in tile


def test_a_cell_has_its_most_frequent_category_at_the_mean_position(database, monkeypatch):
    monkeypatch.setattr(tiling, "POINTS", 2)
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO cases (source, category, state, reported_at, geom)"
                " SELECT 'snap', category, 'reported', now(),"
                " ST_SetSRID(ST_Point(lon, 35.003), 4326)"
                " FROM (VALUES ('noise', 118.3531), ('noise', 118.3532), ('other', 118.3533))"
                " AS v (category, lon)"
            )
        )
    for zoom in (5, 11, 12):
        row, column = tile_at(zoom, 118.3532, 35.003)
        (feature,) = features_of(tiling.tile(database, TERMINAL, Tile(zoom, row, column)))
        assert (feature["count"], feature["category"]) == (3, "noise")


def test_tiles_cannot_be_filtered_by_what_they_do_not_carry():
    with pytest.raises(InvalidInput):
        CaseDrawing(equal={"title; drop table cases": ("x",)})


def test_tiles_pack_small(filled):
    tile = tiling.tile(filled, TERMINAL, Tile(10, *tile_at(10, 118.31, 35.03)))
    assert len(gzip.compress(tile)) < 20_000
