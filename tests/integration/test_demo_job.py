"""The demo city asked for on a page: whole or not at all, and without an account."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.cases.tables import cases
from geodata.database import jobs
from geodata.database.jobs import Work
from geodata.database.working import run_worker
from geodata.demo import city, load
from geodata.demo.jobs import ask, run_demo
from geodata.errors import Cancelled, Conflict, NotAllowed
from geodata.exchange.tables import imports
from geodata.places.tables import LAYERS, areas

pytestmark = pytest.mark.usefixtures("remembered_city")
TABLES = (*LAYERS.values(), cases, imports)


def count(database, table):
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def scalar(database, statement):
    with database.read() as connection:
        return connection.scalar(sa.text(statement))


@pytest.fixture
def admin(database):
    add_user(database, Actor.terminal(), "admin", role="admin", password="kept as it is 1")
    number = scalar(database, "SELECT id FROM users WHERE name = 'admin'")
    return Actor(number, "admin", "admin")


@pytest.fixture
def few_cases(monkeypatch):
    """A city of so many cases only, where their number is not the point."""
    monkeypatch.setattr(city, "CASES_A_DISTRICT", 2_000)
    return 2_000


def accounts(database):
    with database.read() as connection:
        return connection.execute(sa.text("SELECT name, password_hash FROM users")).all()


def test_an_administrator_loads_the_city_and_no_account_is_added_or_changed(
    database, admin, few_cases
):
    before = accounts(database)
    number = ask(database, admin)
    run_worker(database, wait=False)
    job = jobs.job(database, number)
    assert (job.state, job.done) == ("done", 1.0), job.problem
    assert job.report["counts"]["compounds"] == 220
    assert count(database, cases) == job.report["counts"]["cases"] == few_cases
    assert accounts(database) == before
    told = "SELECT string_agg(action || ' by ' || actor, ', ' ORDER BY id) FROM audit"
    assert scalar(database, told).endswith("demo_asked by admin, demo_loaded by admin")


def test_asking_twice_is_one_job(database, admin):
    assert ask(database, admin) == ask(database, admin)
    assert scalar(database, "SELECT count(*) FROM audit WHERE action = 'demo_asked'") == 1


def test_a_district_of_ones_own_is_never_touched(database, admin):
    with database.begin() as tx:
        square = "SRID=4326;MULTIPOLYGON(((118 35, 118.1 35, 118.1 35.1, 118 35)))"
        values = {"code": "371399001001", "name": "真社区", "level": "community", "geom": square}
        tx.connection.execute(sa.insert(areas).values(**values))
    for replace in (False, True):
        with pytest.raises(Conflict, match="areas holds records that were not generated"):
            ask(database, admin, replace=replace)
    assert count(database, areas) == 1
    assert jobs.latest(database) == []


def test_what_came_in_while_the_job_waited_is_not_touched_either(database, admin):
    number = ask(database, admin)
    with database.begin() as tx:
        values = {"source": "hotline", "category": "noise", "state": "reported"}
        tx.connection.execute(sa.insert(cases).values(**values, reported_at=sa.func.now()))
    run_worker(database, wait=False)
    job = jobs.job(database, number)
    assert job.state == "failed"
    assert job.problem["kind"] == "conflict"
    assert count(database, cases) == 1
    assert count(database, areas) == 0


def test_the_demo_city_itself_is_loaded_anew_only_when_asked_so(database, admin, few_cases):
    load(database, cases=50, accounts=False)
    with pytest.raises(Conflict, match="here already"):
        ask(database, admin)
    number = ask(database, admin, replace=True)
    run_worker(database, wait=False)
    assert jobs.job(database, number).state == "done"
    assert count(database, cases) == few_cases


@pytest.mark.usefixtures("few_cases")
@pytest.mark.parametrize("stage", ["generating", "areas", "streets", "cases"])
def test_who_stops_it_finds_nothing_left_behind(database, admin, stage):
    seen = []

    def tell(now, _share):
        seen.append(now)
        return now == stage

    work = Work(database, {"user_id": admin.user_id}, {}, tell=tell, every=0)
    with pytest.raises(Cancelled):
        run_demo(work)
    assert seen[-1] == stage
    assert [count(database, table) for table in TABLES] == [0] * len(TABLES)
    assert scalar(database, "SELECT count(*) FROM audit WHERE action = 'demo_loaded'") == 0
    assert scalar(database, "SELECT count(*) FROM changes") == 0


@pytest.mark.usefixtures("few_cases")
def test_stopped_after_it_is_stored_it_is_all_there(database, admin):
    work = Work(
        database,
        {"user_id": admin.user_id},
        {},
        tell=lambda stage, _share: stage in {"measuring", "done"},
        every=0,
    )
    assert run_demo(work)["counts"]["areas"] == count(database, areas)


def test_a_waiting_job_is_stopped_at_once(database, admin):
    number = ask(database, admin)
    assert jobs.cancel(database, number).state == "cancelled"
    run_worker(database, wait=False)
    assert count(database, areas) == 0
    assert ask(database, admin) != number


@pytest.mark.parametrize("role", ["planner", "commander", "worker", "viewer"])
def test_only_administrators_load_it(database, role):
    with pytest.raises(NotAllowed):
        ask(database, Actor(7, role, role))
    assert jobs.latest(database) == []
