"""The ledger of cells says what a recount says, whatever happens to the cases."""

from __future__ import annotations

import random

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laid_cases import fill, refine

from geodata.cases.incoming import indexing
from geodata.cases.map import rollups

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
        fill(connection, dice.randrange(1, 400), seed=dice.randrange(1000))
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
        refine(connection, crowd=dice.randrange(1, 200), crowd_of_place=dice.randrange(1, 200))
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
        fill(first.connection, 200, seed=1)
        fill(second.connection, 300, seed=2)
    with database.begin() as tx:
        assert rollups.is_right(tx.connection)


def test_merging_leaves_fewer_rows_that_say_the_same(database):
    with database.begin() as tx:
        for seed in range(5):
            fill(tx.connection, 2_000, seed=seed)
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
            fill(tx.connection, 1_000)
        assert tx.connection.execute(indexes).scalars().all() == before
        assert rollups.is_right(tx.connection)


def test_a_load_beside_many_cases_keeps_the_indexes_in_use(database):
    indexes = sa.text("SELECT count(*) FROM pg_indexes WHERE tablename = 'cases'")
    with database.begin() as tx:
        fill(tx.connection, 6_000)
        before = tx.connection.execute(indexes).scalar_one()
        with indexing.filled_at_once(tx.connection, rows=50_000):
            assert tx.connection.execute(indexes).scalar_one() == before
