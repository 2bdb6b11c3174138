"""A case from its report to its end, and what is kept of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from geodata.accounts import Actor, users
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.steps import stepping
from geodata.cases.steps import store as steps
from geodata.cases.steps.stepping import Wanted
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
ANNE = Actor(None, "Anne", "commander")
WEI = Actor(None, "Wei", "worker")
TOLD = Report("noise", "snap", title="夜间施工", lon=118.35, lat=35.05)


def entries(database, number):
    with database.read() as connection:
        return [
            (one["kind"], one["from_state"], one["to_state"])
            for one in steps.entries(connection, number)
        ]


def take(database, actor, number, kind, revision, **more):
    return stepping.step(database, actor, PROFILE, number, Wanted(kind, revision, **more))


def test_a_case_goes_from_its_report_to_its_end_and_each_step_is_kept(database):
    number = report(database, WEI, PROFILE, TOLD).case["id"]
    take(database, ANNE, number, "file", 0)
    lin = users.add_user(database, Actor.terminal(), "lin", role="worker").id
    sent = take(database, ANNE, number, "dispatch", 1, assignee=lin)
    assert sent.case["assignee_id"] == lin
    take(database, WEI, number, "accept", 2)
    take(database, WEI, number, "feed_back", 3, reason="已劝停")
    done = take(database, ANNE, number, "close", 4)
    assert done.case["closed_at"] is not None
    assert done.next == ("reopen",)
    assert entries(database, number) == [
        ("reported", None, "reported"),
        ("file", "reported", "filed"),
        ("dispatch", "filed", "dispatched"),
        ("accept", "dispatched", "in_progress"),
        ("feed_back", "in_progress", "fed_back"),
        ("close", "fed_back", "closed"),
    ]
    again = take(database, ANNE, number, "reopen", 5, reason="又响了")
    assert again.case["closed_at"] is None


def test_a_step_that_somebody_else_took_a_moment_earlier_is_refused_with_the_case_as_it_is(
    database,
):
    number = report(database, WEI, PROFILE, TOLD).case["id"]

    def one(_k):
        try:
            return take(database, ANNE, number, "file", 0).case["revision"]
        except Conflict as refusal:
            return refusal.members["case"]["state"]

    with ThreadPoolExecutor(8) as pool:
        found = sorted(map(str, pool.map(one, range(8))))
    assert found == ["1", *["filed"] * 7]
    assert len(entries(database, number)) == 2


def test_a_step_that_the_state_or_the_role_forbids_changes_nothing(database):
    number = report(database, WEI, PROFILE, TOLD).case["id"]
    with pytest.raises(Conflict):
        take(database, ANNE, number, "close", 0)
    with pytest.raises(NotAllowed):
        take(database, WEI, number, "file", 0)
    with pytest.raises(InvalidInput):
        take(database, ANNE, number, "refuse", 0)
    with pytest.raises(InvalidInput):
        take(database, ANNE, number, "dispatch", 0)
    with pytest.raises(NotFound):
        take(database, ANNE, number, "fly", 0)
    with pytest.raises(NotFound):
        take(database, ANNE, number + 1, "file", 0)
    assert entries(database, number) == [("reported", None, "reported")]


def test_nobody_can_edit_what_was_done(database):
    report(database, WEI, PROFILE, TOLD)
    for words in ("UPDATE case_steps SET reason = 'x'", "DELETE FROM case_steps"):
        with pytest.raises(sa.exc.DBAPIError), database.begin() as tx:
            tx.connection.execute(sa.text(words))


def test_the_same_number_of_a_source_is_the_same_case(database):
    told = replace(TOLD, source="hotline", external_id="20261123-1")
    first = report(database, ANNE, PROFILE, told)
    again = report(database, ANNE, PROFILE, replace(told, title="夜间施工，三天了"))
    assert first.is_new
    assert not again.is_new
    assert again.case["id"] == first.case["id"]
    with database.read() as connection:
        title = connection.execute(sa.text("SELECT title FROM cases")).scalar_one()
        reporters = connection.execute(sa.text("SELECT count(*) FROM case_reporters")).scalar_one()
    assert title == "夜间施工，三天了"
    assert reporters == 2


def test_a_place_in_gcj02_is_kept_in_wgs84(database):
    number = report(database, ANNE, PROFILE, replace(TOLD, crs="gcj02")).case["id"]
    with database.read() as connection:
        row = connection.execute(
            sa.text("SELECT st_x(geom) x, st_y(geom) y FROM cases WHERE id = :n"), {"n": number}
        ).one()
    assert row.x == pytest.approx(118.35 - 0.0056, abs=0.0006)
    assert row.y != pytest.approx(35.05, abs=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lon": None, "lat": None},
        {"lat": None},
        {"lon": float("nan")},
        {"lat": 91.0},
        {"reported_at": datetime.now(UTC) + timedelta(days=1)},
        {"reported_at": datetime(2026, 6, 1)},  # noqa: DTZ001 - that is what is wrong
        {"description": "长" * 4_001},
        {"crs": "venus"},
    ],
)
def test_a_report_that_makes_no_sense_is_refused_and_nothing_is_stored(database, wrong):
    with pytest.raises(InvalidInput):
        report(database, ANNE, PROFILE, replace(TOLD, **wrong))
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM cases")).scalar_one() == 0
