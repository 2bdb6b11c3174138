"""Binary COPY: what goes in comes out, whatever the kind of column and of value."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, Range

from geodata.database.copying import COMPILED_FROM, Same, copy_rows
from geodata.database.encoding import encode
from geodata.errors import Cancelled, InvalidInput, Unavailable

table = sa.Table(
    "everything",
    sa.MetaData(),
    sa.Column("n", sa.BigInteger),
    sa.Column("small", sa.Integer),
    sa.Column("real", sa.Double),
    sa.Column("flag", sa.Boolean),
    sa.Column("word", sa.Text),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("day", sa.Date),
    sa.Column("extra", JSONB),
    sa.Column("list", ARRAY(sa.Text)),
    sa.Column("held", TSTZRANGE),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("geom", Geometry(srid=4326, spatial_index=False)),
)


@pytest.fixture
def into(database):
    """Copies columns into a fresh table and gives back what it then holds."""
    with database.begin() as tx:
        table.create(tx.connection)

    def copy(**columns):
        with database.begin() as tx:
            copy_rows(tx.connection, table, columns)
        wanted = [
            sa.func.ST_AsText(table.c.geom) if name == "geom" else table.c[name] for name in columns
        ]
        with database.read() as connection:
            return [tuple(row) for row in connection.execute(sa.select(*wanted))]

    return copy


def _column(values):
    """Rows of one column."""
    return [(value,) for value in values]


NOON = dt.datetime(2026, 6, 1, 4, 0, 0, 123456, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("name", "values", "stored"),
    [
        ("n", np.array([1, -(2**62)]), [1, -(2**62)]),
        ("n", [2**53 + 1, None], [2**53 + 1, None]),
        ("n", pd.array([3, None], dtype="Int64"), [3, None]),
        ("n", pa.array([2**53 + 1, 4]), [2**53 + 1, 4]),
        ("small", np.array([1.0, np.nan]), [1, None]),
        ("small", np.array([7], dtype=np.uint8), [7]),
        ("real", np.array([1.5, np.nan], dtype=np.float32), [1.5, None]),
        ("real", [1, None, 2.5], [1.0, None, 2.5]),
        ("flag", np.array([True, False]), [True, False]),
        ("flag", [True, None], [True, None]),
        ("word", ["网格", "", None, "a\tb\n\\"], ["网格", "", None, "a\tb\n\\"]),
        ("word", pd.Series(["x", np.nan]), ["x", None]),
        ("word", np.array(["abc", "d"]), ["abc", "d"]),
        ("word", pa.chunked_array([["a"], [None, "b"]]), ["a", None, "b"]),
        ("at", [NOON, None], [NOON, None]),
        ("at", np.array(["2026-06-01T04:00:00.123456", "NaT"], "M8[ns]"), [NOON, None]),
        ("at", pd.Series([pd.Timestamp(NOON).tz_convert("Asia/Shanghai")]), [NOON]),
        ("at", np.array(["1969-12-31"], "M8[D]"), [dt.datetime(1969, 12, 31, tzinfo=dt.UTC)]),
        ("day", [dt.date(1999, 12, 31), None], [dt.date(1999, 12, 31), None]),
        (
            "extra",
            [{"名": [1, None]}, None, b'{"a": 1}', []],
            [{"名": [1, None]}, None, {"a": 1}, []],
        ),
        ("list", [["床", "x,{}"], [], None], [["床", "x,{}"], [], None]),
        ("held", [Range(NOON, None), None], [Range(NOON, None), None]),
        ("held", [(None, NOON)], [Range(None, NOON, bounds="()")]),
        ("held", [Range(NOON, NOON, bounds="[]")], [Range(NOON, NOON, bounds="[]")]),
        ("raw", [b"\0\xff", None], [b"\0\xff", None]),
    ],
)
def test_a_column_comes_out_as_it_went_in(into, name, values, stored):
    assert into(**{name: values}) == _column(stored)


def test_geometries_of_every_kind_come_out_as_they_went_in(into):
    shapes = [
        shapely.Point(118.3, 35.1),
        shapely.Polygon([(0, 0), (1, 0), (1, 1)], holes=[]),
        shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
        shapely.GeometryCollection(),
        None,
    ]
    assert into(geom=shapes) == [
        ("POINT(118.3 35.1)",),
        ("POLYGON((0 0,1 0,1 1,0 0))",),
        ("MULTILINESTRING((0 0,1 1),(2 2,3 3))",),
        ("GEOMETRYCOLLECTION EMPTY",),
        (None,),
    ]


def test_points_may_come_as_longitudes_and_latitudes(into):
    rows = into(geom=np.array([[118.3, 35.1], [np.nan, 35.0]]), n=np.array([1, 2]))
    assert rows == [("POINT(118.3 35.1)", 1), (None, 2)]


def test_points_with_heights_lose_them(into):
    assert into(geom=shapely.points([[1, 2, 3]])) == [("POINT(1 2)",)]


def test_a_geometry_may_come_as_ewkb(into):
    raw = shapely.to_wkb(shapely.set_srid(shapely.Point(1, 2), 4326), include_srid=True)
    assert into(geom=[raw, None]) == [("POINT(1 2)",), (None,)]


def test_the_compiled_way_and_the_plain_way_store_the_same(into, database):
    count = COMPILED_FROM + 3
    columns = {
        "n": np.arange(count),
        "word": [None if n % 3 == 0 else "字" * (n % 7) for n in range(count)],
        "extra": Same({"a": 1}),
        "geom": np.column_stack((np.linspace(0, 1, count), np.linspace(1, 2, count))),
    }
    compiled = into(**columns)
    with database.begin() as tx:
        tx.connection.execute(sa.delete(table))
    with database.begin() as tx:
        for start in range(0, count, 500):
            part = {
                name: column if isinstance(column, Same) else column[start : start + 500]
                for name, column in columns.items()
            }
            copy_rows(tx.connection, table, part)
    with database.read() as connection:
        geometry = sa.func.ST_AsText(table.c.geom)
        query = sa.select(table.c.n, table.c.word, table.c.extra, geometry).order_by(table.c.n)
        assert [tuple(row) for row in connection.execute(query)] == sorted(compiled)
    assert len(compiled) == count


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.floats(allow_nan=False),
        ),
        min_size=1,
    )
)
def test_any_text_and_any_number_survives(into_any, rows):
    words, numbers, reals = zip(*rows, strict=True)
    assert into_any(word=words, n=numbers, real=reals) == rows


@pytest.fixture
def into_any(into, database):
    def copy(**columns):
        with database.begin() as tx:
            tx.connection.execute(sa.text("TRUNCATE everything"))
        return into(**columns)

    return copy


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("small", np.array([2**31])),
        ("small", np.array([1.5])),
        ("small", ["many"]),
        ("n", np.array([np.inf])),
        ("flag", ["yes"]),
        ("word", ["a\0b"]),
        ("word", [7]),
        ("at", ["yesterday, or so"]),
        ("extra", [object()]),
        ("geom", np.array([[np.inf, 0.0]])),
        ("geom", ["POINT(1 2)"]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_column(name, values):
    with pytest.raises(InvalidInput) as refused:
        encode(table.c[name], values, len(values))
    assert refused.value.params["column"] == name


def test_columns_of_different_length_are_refused(into):
    with pytest.raises(InvalidInput, match="differ in length: n 2, word 1"):
        into(n=[1, 2], word=["x"])


def test_no_row_is_stored_of_a_copy_that_was_cancelled(database, into, monkeypatch):
    monkeypatch.setattr("geodata.database.copying.ROWS_AT_ONCE", 10)
    seen = []
    with pytest.raises(Cancelled), database.begin() as tx:
        copy_rows(
            tx.connection,
            table,
            {"n": np.arange(100)},
            progress=lambda done, total: seen.append((done, total)),
            cancelled=lambda: len(seen) == 3,
        )
    assert seen == [(10, 100), (20, 100), (30, 100)]
    assert into(n=[1]) == [(1,)]


def test_no_row_is_stored_of_a_copy_with_a_bad_value_in_its_last_part(database, into, monkeypatch):
    monkeypatch.setattr("geodata.database.copying.ROWS_AT_ONCE", 10)
    values = np.append(np.arange(29), 2**40)
    with pytest.raises(InvalidInput), database.begin() as tx:
        copy_rows(tx.connection, table, {"small": values})
    assert into(n=[1]) == [(1,)]


def test_a_database_that_goes_away_during_a_copy_is_unavailable(
    database, into, server, monkeypatch
):
    monkeypatch.setattr("geodata.database.copying.ROWS_AT_ONCE", 10)

    def end_all(_done, _total):
        server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            f"'{database.engine.url.database}'"
        )

    with pytest.raises(Unavailable), database.begin() as tx:
        copy_rows(tx.connection, table, {"n": np.arange(10_000)}, progress=end_all)
    assert into(n=[1]) == [(1,)]
