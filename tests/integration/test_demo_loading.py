"""The generated city in PostGIS: whole, marked, and what PostGIS sees in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from geodata.accounts import Actor, users
from geodata.cases.incoming import indexing
from geodata.cases.reviews import deciding
from geodata.cases.tables import (
    case_calls,
    case_decisions,
    case_partings,
    case_photos,
    case_reporters,
    case_steps,
    cases,
)
from geodata.cases.twins import joining
from geodata.cases.whistles import whistling
from geodata.demo import load, loading
from geodata.errors import Cancelled, Conflict, InvalidInput, NotAllowed
from geodata.exchange.tables import imports
from geodata.places.tables import LAYERS, areas
from geodata.profiles import load_profile

pytestmark = pytest.mark.usefixtures("remembered_city")
PASSWORD = "a-password-for-the-demo"
UNTIL = datetime(2026, 6, 30, 16, tzinfo=UTC)


def count(database, table, *conditions):
    query = sa.select(sa.func.count()).select_from(table).where(*conditions)
    with database.read() as connection:
        return connection.execute(query).scalar_one()


def scalar(database, statement):
    with database.read() as connection:
        return connection.execute(sa.text(statement)).scalar_one()


def test_every_layer_is_stored_and_marked_as_synthetic(demo_database):
    for name, table in {**LAYERS, "cases": cases}.items():
        rows = count(demo_database, table)
        assert rows > 0, name
        assert count(demo_database, table, table.c.extra["synthetic"].astext == "true") == rows
        assert demo_database.version(name) > 0
    assert count(demo_database, imports, imports.c.report["synthetic"].astext == "true") == 8
    assert count(demo_database, imports, imports.c.attribution.contains("合成数据")) == 8


def test_postgis_agrees_with_the_grid_that_each_case_names(demo_database):
    # the planted overlap leaves two answers there: the named one must be among them
    wrong = scalar(
        demo_database,
        """
        SELECT count(*) FROM cases c WHERE c.geom IS NOT NULL AND c.grid_code IS NOT NULL
        AND NOT EXISTS (SELECT FROM grids g WHERE g.code = c.grid_code
            AND g.held @> c.reported_at AND ST_Covers(g.geom, c.geom))
        """,
    )
    assert wrong == 0
    lost = scalar(
        demo_database,
        """
        SELECT count(*) FROM cases c WHERE c.geom IS NOT NULL AND c.grid_code IS NULL
        AND EXISTS (SELECT FROM grids g
            WHERE g.held @> c.reported_at AND ST_Covers(g.geom, c.geom))
        """,
    )
    assert lost == 0


def test_postgis_finds_every_geometry_valid_and_simple(demo_database):
    for name in LAYERS:
        bad = scalar(demo_database, f"SELECT count(*) FROM {name} WHERE NOT ST_IsValid(geom)")
        assert bad == 0, name


LOADED = "(SELECT (report ->> 'until')::timestamptz FROM imports WHERE layer = 'grids')"


def test_three_grids_were_divided_half_a_year_before(demo_database):
    now = scalar(demo_database, f"SELECT count(*) FROM grids WHERE held @> {LOADED}")
    then = scalar(
        demo_database,
        f"SELECT count(*) FROM grids WHERE held @> {LOADED} - interval '300 days'",
    )
    assert now == then + 3


def test_the_command_centre_has_a_today(demo_database):
    newest = scalar(demo_database, f"SELECT {LOADED} - max(reported_at) FROM cases")
    assert 0 < newest.total_seconds() < 12 * 3600
    waiting = count(demo_database, cases, cases.c.state != "closed")
    assert waiting > 0.004 * count(demo_database, cases)


def test_the_demo_accounts_are_those_of_the_roles(demo_database):
    found = {user.name: user for user in users.list_users(demo_database, Actor.terminal())}
    assert {"admin", "planner", "commander", "worker", "viewer"} <= set(found)
    for role in ("admin", "planner", "commander", "worker", "viewer"):
        assert found[role].role == role
    assert len(found["worker"].areas) == 1
    assert found["planner"].areas == ()
    assert len(found["planner_office"].areas[0]) == 9


def test_it_is_told_in_the_change_feed_and_the_audit_trail(demo_database):
    told = scalar(demo_database, "SELECT count(*) FROM changes WHERE action = 'loaded'")
    assert told == 8
    assert scalar(demo_database, "SELECT count(*) FROM audit WHERE action = 'demo_loaded'") == 1


def test_a_second_load_is_refused_and_a_replacement_allowed(database):
    load(database, cases=500, until=UNTIL, password=PASSWORD)
    with pytest.raises(Conflict, match="not empty"):
        load(database, cases=500, until=UNTIL, password=PASSWORD)
    work_on_two(database)
    again = load(database, cases=700, seed=3, until=UNTIL, password=PASSWORD, replace=True)
    assert again.counts["cases"] == 700
    assert again.counts["compounds"] == 220, "former versions do not count"
    assert count(database, cases) == 700
    assert count(database, areas) == 58
    assert count(database, imports) == 8
    assert count(database, case_steps) == 700, "entries of cases that are gone"
    for table in (case_reporters, case_photos, case_calls, case_decisions, case_partings):
        assert count(database, table) == 0, table.name
    with pytest.raises(sa.exc.ProgrammingError), database.begin() as tx:
        tx.connection.execute(sa.delete(case_steps))


def work_on_two(database):
    """Somebody works on two cases of the generated city: joined, parted, whistled for."""
    profile = load_profile("linyi")
    anne = Actor(None, "Anne", "commander")
    with database.read() as connection:
        query = sa.select(cases.c.id).where(cases.c.closed_at.is_(None)).limit(2)
        one, two = connection.execute(query).scalars()
    joining.join(database, anne, profile, one, 0, {two: 0})
    joining.part(database, anne, profile, two, 1)
    whistling.whistle(database, anne, profile, one, ["police"], reason="来看看")
    made = deciding.Decision(UNTIL.date(), "尽快办", "李主任")
    deciding.decide(database, anne, profile, one, made)
    with database.begin() as tx:
        tx.connection.execute(sa.insert(case_reporters).values(case_id=one, source="snap"))


def test_the_demo_never_replaces_what_was_not_generated(database):
    load(database, cases=100, until=UNTIL, password=PASSWORD)
    with database.begin() as tx:
        tx.connection.execute(
            sa.insert(cases).values(
                source="hotline", category="noise", state="reported", reported_at=UNTIL
            )
        )
    with pytest.raises(Conflict, match="not generated"):
        load(database, cases=100, until=UNTIL, password=PASSWORD, replace=True)
    assert count(database, cases) == 101


def test_a_load_that_is_stopped_leaves_nothing(database):
    def stop(stage, _share):
        if stage == "cases":
            raise Cancelled("Stopped; nothing was kept.")

    with pytest.raises(Cancelled):
        load(database, cases=1000, until=UNTIL, password=PASSWORD, progress=stop)
    for table in (*LAYERS.values(), cases, imports):
        assert count(database, table) == 0
    assert users.list_users(database, Actor.terminal()) == []


def test_many_cases_get_their_indexes_back(database, monkeypatch):
    monkeypatch.setattr(indexing, "MANY", 4_000)
    monkeypatch.setattr(loading, "_MANY_CASES", 4_000)
    stages = set()
    before = scalar(database, "SELECT count(*) FROM pg_indexes WHERE tablename = 'cases'")
    load(
        database,
        cases=4_000,
        until=UNTIL,
        password=PASSWORD,
        progress=lambda stage, _share: stages.add(stage),
    )
    after = scalar(database, "SELECT count(*) FROM pg_indexes WHERE tablename = 'cases'")
    assert after == before
    assert "indexing" in stages
    assert count(database, cases) == 4_000


def test_a_weak_password_is_refused_before_anything_is_done(database):
    with pytest.raises(InvalidInput):
        load(database, password="short")
    assert count(database, areas) == 0


def test_a_viewer_cannot_load_the_demo(database):
    with pytest.raises(NotAllowed):
        load(database, password=PASSWORD, actor=Actor(1, "viewer", "viewer"))


@pytest.fixture
def at_the_terminal(settings):
    """Run ``wangge …`` in this process; gives exit code and what it printed."""
    from click.testing import CliRunner

    import app

    def run(*words):
        given = {
            "WANGGE_DATABASE_URL": settings.database_url.get_secret_value(),
            "WANGGE_DATA_DIR": str(settings.data_dir),
            "WANGGE_DEMO_PASSWORD": None,
            "WANGGE_LANGUAGE": "zh",
        }
        return CliRunner().invoke(app.main, words, env=given)

    return run


def test_the_terminal_says_what_was_made_and_how_to_sign_in(at_the_terminal, database):
    done = at_the_terminal("demo", "load", "--cases", "300", "--until", "2026-07-01")
    assert done.exit_code == 0, done.output
    said = done.output.replace("\n", "")
    assert "300" in said
    assert "合成数据" in said
    password = said.split("（只显示这一次）：")[1].split()[0]
    with database.read() as connection:
        from geodata.accounts import passwords

        stored = connection.execute(
            sa.text("SELECT password_hash FROM users WHERE name = 'planner'")
        ).scalar_one()
        newest = connection.execute(sa.text("SELECT max(reported_at) FROM cases")).scalar_one()
    assert passwords.fits(password, stored)
    assert newest < UNTIL

    again = at_the_terminal("demo", "load")
    assert again.exit_code == 1
    assert "--replace" in again.output
    assert "Traceback" not in again.output


@pytest.mark.parametrize("wrong", [("--scale", "0"), ("--scale", "1000"), ("--cases", "-5")])
def test_the_terminal_refuses_what_cannot_be(at_the_terminal, wrong):
    assert at_the_terminal("demo", "load", *wrong).exit_code == 2


def test_each_grid_has_a_worker_with_a_telephone_who_cannot_sign_in(demo_database):
    workers = sa.text(
        "SELECT g.code, g.area_code, g.extra->>'worker' AS worker, u.* FROM grids g"
        " LEFT JOIN duty d ON d.area_code = g.code LEFT JOIN users u ON u.id = d.user_id"
        " WHERE upper_inf(g.held)"
    )
    with demo_database.read() as connection:
        found = connection.execute(workers).mappings().all()
    assert len(found) > 150
    assert len({one["id"] for one in found}) == len(found)
    for one in found:
        assert one["display_name"] == f"网格员 {one['worker']}"
        assert one["telephone"].startswith("0539-000")
        assert one["areas"] == [one["area_code"]]
        assert one["password_hash"] is None or one["name"] == "worker"


def test_somebody_is_on_duty_in_every_street_office_tonight(demo_database):
    tonight = sa.text(
        "SELECT count(DISTINCT d.area_code) FROM duty d JOIN areas a ON a.code = d.area_code"
        f" WHERE a.level = 'street_office' AND d.since < {LOADED} + interval '1 day'"
    )
    with demo_database.read() as connection:
        assert connection.scalar(tonight) == count(
            demo_database, areas, areas.c.level == "street_office"
        )
