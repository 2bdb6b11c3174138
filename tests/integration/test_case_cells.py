"""The ledger of cells, and the tiles that are drawn from it."""

from __future__ import annotations

import gzip
import io
import math
import random
from datetime import UTC, datetime, timedelta
from itertools import product

import pyogrio
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.accounts import Actor
from geodata.cases import crowds, indexing, rollups, tiling
from geodata.cases.tiling import CaseDrawing
from geodata.errors import InvalidInput
from geodata.places.tiling import Tile

CATEGORIES = ("noise", "parking", "other")
SOURCES = ("hotline", "snap")
STATES = ("reported", "closed")
AREAS = ("371311001001", "371311001002")
TERMINAL = Actor.terminal()


def _fill(connection, count, *, seed=1, west=118.30, south=35.00, width=0.1):
    """Random cases within some 10 km, from January to June 2026."""
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


def _read(tile):
    """The features of a vector tile as a list of their properties."""
    if not tile:
        return []
    _, _, _, fields = pyogrio.raw.read(io.BytesIO(tile).getvalue())
    names = list(pyogrio.read_info(tile)["fields"])
    return [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]


def _count(database, where, drawing):
    """How many cases a tile stands for."""
    features = _read(tiling.tile(database, TERMINAL, where, drawing))
    counted = [feature.get("count") for feature in features]
    return sum(1 if one is None or math.isnan(one) else int(one) for one in counted)


def _tiles(zoom, *, west=118.30, south=35.0, width=0.1):
    """The tiles of ``zoom`` over the square that ``_fill`` fills."""
    top, left = _tile_at(zoom, west, south + width)
    bottom, right = _tile_at(zoom, west + width, south)
    return [
        Tile(zoom, row, column)
        for row, column in product(range(top, bottom + 1), range(left, right + 1))
    ]


def _tile_at(zoom, lon, lat):
    side = 1 << zoom
    turned = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((1 - turned) / 2 * side), int((lon + 180) / 360 * side)


@pytest.fixture(scope="module")
def filled(server, empty_template):
    """12,000 cases, for reading only."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            _lay_places(tx.connection)
            _fill(tx.connection, 12_000)
            tx.connection.execute(sa.text("ANALYZE cases"))
            tx.connection.execute(sa.text("ANALYZE case_cells"))
        yield database


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


@pytest.fixture(scope="module")
def crowded(server, empty_template):
    """12,000 cases with tiles that count as crowded at zoom 8 to 17, for reading only."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            _lay_places(tx.connection)
            _fill(tx.connection, 6_000)
            _refine(tx.connection)
            _fill(tx.connection, 6_000, seed=2)  # these come by the triggers
            tx.connection.execute(sa.text("ANALYZE cases"))
            tx.connection.execute(sa.text("ANALYZE case_cells"))
        yield database


@pytest.fixture(scope="module")
def one_crowded_place(server, empty_template):
    """Cases of which most lie in one area, one grid and one compound, for reading only."""
    with server.copy_of(empty_template) as database:
        with database.begin() as tx:
            _lay_places(tx.connection)
            _fill(tx.connection, 3_000)
            tx.connection.execute(
                sa.text(
                    "UPDATE cases SET area_code = :area, grid_code = :area || '001',"
                    " compound_code = :area || 'C001' WHERE id % 3 > 0"
                ),
                {"area": AREAS[0]},
            )
            _refine(tx.connection, crowd_of_place=1_500)
            crowded = tx.connection.execute(sa.text("SELECT kind FROM case_crowded_places"))
            assert set(crowded.scalars()) == {"area", "grid", "compound"}
            _fill(tx.connection, 1_000, seed=2)
        yield database


def _lay_places(connection):
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


def _refine(connection, *, crowd=20, crowd_of_place=100):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowds, "CROWD_OF_PLACE", crowd_of_place)
        patch.setattr(crowds, "CROWD", crowd)
        patch.setattr(crowds, "FAR_CROWD", crowd)
        return crowds.refine(connection)


def _expected(database, drawing):
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


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS.keys())
@pytest.mark.parametrize("zoom", [0, 7, 8, 11, 12, 15])
def test_the_tiles_of_a_zoom_stand_for_every_case_that_is_meant(filled, zoom, drawing, monkeypatch):
    monkeypatch.setattr(tiling, "POINTS", 100)
    assert sum(_count(filled, where, drawing) for where in _tiles(zoom)) == _expected(
        filled, drawing
    )


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS.keys())
@pytest.mark.parametrize("zoom", [8, 11, 12, 13, 14, 16])
def test_crowded_tiles_stand_for_every_case_that_is_meant(crowded, zoom, drawing, monkeypatch):
    monkeypatch.setattr(tiling, "POINTS", 10)
    assert sum(_count(crowded, where, drawing) for where in _tiles(zoom)) == _expected(
        crowded, drawing
    )


@pytest.mark.parametrize("name", [name for name, one in DRAWINGS.items() if one.areas or one.equal])
@pytest.mark.parametrize("zoom", [0, 9, 11, 13, 14, 15, 16])
def test_tiles_of_crowded_places_and_others_stand_for_every_case_that_is_meant(
    one_crowded_place, zoom, name, monkeypatch
):
    monkeypatch.setattr(tiling, "POINTS", 10)
    drawing = DRAWINGS[name]
    assert sum(_count(one_crowded_place, where, drawing) for where in _tiles(zoom)) == _expected(
        one_crowded_place, drawing
    )


def test_the_cells_of_a_crowded_place_are_where_its_cases_are(one_crowded_place, monkeypatch):
    def drawn(*, by_cells):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tiling, "POINTS", 10)
            if not by_cells:
                patch.setattr(tiling.store, "crowded_places", lambda *_: set())
            row, column = _tile_at(13, 118.31, 35.05)
            grid = CaseDrawing(areas=(f"{AREAS[0]}001",))
            tile = tiling.tile(one_crowded_place, TERMINAL, Tile(13, row, column), grid)
        _, _, shapes, _ = pyogrio.raw.read(tile)
        counts = [int(one["count"]) for one in _read(tile)]
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
    assert sorted(int(one["count"]) for one in _read(drawn)) == sorted(one.n for one in expected)


def test_what_is_not_crowded_any_more_is_still_right(database):
    with database.begin() as tx:
        _fill(tx.connection, 2_000)
        assert _refine(tx.connection) > 4
        assert _refine(tx.connection) == 0
        tx.connection.execute(sa.text("DELETE FROM cases WHERE id % 10 > 0"))
        rollups.merge(tx.connection)
        assert rollups.is_right(tx.connection)
    assert sum(_count(database, where, CaseDrawing()) for where in _tiles(14)) == _expected(
        database, CaseDrawing()
    )


def test_crowded_tiles_are_looked_for_when_nobody_writes(database):
    with database.begin() as tx:
        _fill(tx.connection, 500)
    with database.begin() as other:
        _fill(other.connection, 10, seed=2)
        with database.begin() as tx:
            assert _refine(tx.connection) == 0
    with database.begin() as tx:
        assert _refine(tx.connection) > 0
        assert rollups.is_right(tx.connection)


def test_each_night_every_crowded_tile_is_found(database, monkeypatch):
    monkeypatch.setattr(crowds, "CROWD", 50)
    monkeypatch.setattr(crowds, "FAR_CROWD", 50)
    monkeypatch.setattr(crowds, "CROWD_OF_PLACE", 200)
    with database.begin() as tx:
        _fill(tx.connection, 1_000)
    rollups.sum_up(database)
    with database.begin() as tx:
        known = tx.connection.execute(sa.text("SELECT count(*) FROM case_crowds")).scalar_one()
        assert known > 2
        assert crowds.refine(tx.connection) == 0
        assert rollups.is_right(tx.connection)


def test_no_cases_no_crowds(database):
    with database.begin() as tx:
        _fill(tx.connection, 500)
        assert _refine(tx.connection) > 0
        tx.connection.execute(sa.text("TRUNCATE cases"))
        assert tx.connection.execute(sa.text("SELECT count(*) FROM case_crowds")).scalar_one() == 0
        assert _refine(tx.connection) == 0


def test_a_large_load_finds_its_crowds(database, monkeypatch):
    monkeypatch.setattr(crowds, "CROWD", 300)
    monkeypatch.setattr(crowds, "FAR_CROWD", 300)
    with database.begin() as tx:
        with indexing.filled_at_once(tx.connection, rows=60_000):
            _fill(tx.connection, 1_000)
        zooms = tx.connection.execute(sa.text("SELECT DISTINCT zoom FROM case_crowds ORDER BY 1"))
        assert zooms.scalars().all()[0] == 8
        assert rollups.is_right(tx.connection)


def test_few_cases_are_shown_one_by_one_with_their_ids_and_without_their_texts(database):
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO cases (source, category, state, title, reported_at, geom) VALUES"
                " ('snap', 'noise', 'reported', 'secret words', '2026-06-01 08:00+08',"
                "  ST_SetSRID(ST_Point(118.35, 35.05), 4326))"
            )
        )
    row, column = _tile_at(14, 118.35, 35.05)
    tile = tiling.tile(database, TERMINAL, Tile(14, row, column))
    (feature,) = _read(tile)
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
        row, column = _tile_at(zoom, 118.3532, 35.003)
        (feature,) = _read(tiling.tile(database, TERMINAL, Tile(zoom, row, column)))
        assert (feature["count"], feature["category"]) == (3, "noise")


def test_tiles_cannot_be_filtered_by_what_they_do_not_carry():
    with pytest.raises(InvalidInput):
        CaseDrawing(equal={"title; drop table cases": ("x",)})


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["insert", "move", "close", "redate", "delete", "merge", "refine", "place", "nothing"]
        ),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_the_ledger_equals_a_recount_after_any_changes(database, steps):
    with database.begin() as tx:
        connection = tx.connection
        connection.execute(sa.text("TRUNCATE cases"))
        for step, seed in steps:
            _change(connection, step, random.Random(seed))  # noqa: S311 - a test's dice
        assert rollups.is_right(connection)


def _change(connection, step, dice):
    share = dice.random()
    some = f"id % 7 = {dice.randrange(7)}"
    if step == "insert":
        _fill(connection, dice.randrange(1, 400), seed=dice.randrange(1000))
    elif step == "move":
        connection.execute(
            sa.text(
                "UPDATE cases SET geom = CASE WHEN id % 5 = 0 THEN NULL ELSE"
                f" ST_SetSRID(ST_Point(118.3 + :share, 35), 4326) END WHERE {some}"
            ),
            {"share": share},
        )
    elif step == "close":
        connection.execute(sa.text(f"UPDATE cases SET state = 'closed', title = 'x' WHERE {some}"))
    elif step == "redate":
        connection.execute(
            sa.text(f"UPDATE cases SET reported_at = reported_at - interval '9 days' WHERE {some}")
        )
    elif step == "delete":
        connection.execute(sa.text(f"DELETE FROM cases WHERE {some}"))
    elif step == "merge":
        rollups.merge(connection)
    elif step == "refine":
        _refine(connection, crowd=dice.randrange(1, 200), crowd_of_place=dice.randrange(1, 200))
    elif step == "place":
        connection.execute(
            sa.text(
                "UPDATE cases SET area_code = NULL, grid_code = compound_code,"
                f" compound_code = grid_code WHERE {some}"
            )
        )
    else:
        connection.execute(sa.text("UPDATE cases SET title = 'y' WHERE id < 0"))


def test_two_that_report_at_once_neither_wait_nor_lose_a_case(database):
    with database.begin() as first, database.begin() as second:
        second.connection.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
        _fill(first.connection, 200, seed=1)
        _fill(second.connection, 300, seed=2)
    with database.begin() as tx:
        assert rollups.is_right(tx.connection)


def test_merging_leaves_fewer_rows_that_say_the_same(database):
    with database.begin() as tx:
        for seed in range(5):
            _fill(tx.connection, 2_000, seed=seed)
        before = tx.connection.execute(sa.text("SELECT count(*) FROM case_cells")).scalar_one()
        saved = rollups.merge(tx.connection)
        after = tx.connection.execute(sa.text("SELECT count(*) FROM case_cells")).scalar_one()
        assert saved == before - after > 0
        assert rollups.merge(tx.connection) == 0
        assert rollups.is_right(tx.connection)


def test_a_load_at_once_leaves_the_same_indexes_behind(database):
    indexes = sa.text("SELECT indexdef FROM pg_indexes WHERE tablename = 'cases' ORDER BY 1")
    with database.begin() as tx:
        before = tx.connection.execute(indexes).scalars().all()
        with indexing.filled_at_once(tx.connection, rows=60_000):
            assert tx.connection.execute(indexes).scalars().all() != before
            _fill(tx.connection, 1_000)
        assert tx.connection.execute(indexes).scalars().all() == before
        assert rollups.is_right(tx.connection)


def test_a_load_beside_many_cases_keeps_the_indexes_in_use(database):
    indexes = sa.text("SELECT count(*) FROM pg_indexes WHERE tablename = 'cases'")
    with database.begin() as tx:
        _fill(tx.connection, 6_000)
        before = tx.connection.execute(indexes).scalar_one()
        with indexing.filled_at_once(tx.connection, rows=50_000):
            assert tx.connection.execute(indexes).scalar_one() == before


def test_tiles_pack_small(filled):
    tile = tiling.tile(filled, TERMINAL, Tile(9, *_tile_at(9, 118.35, 35.05)))
    assert len(gzip.compress(tile)) < 20_000
