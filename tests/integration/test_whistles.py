"""Departments called to a case by whistle: who may do what, and what becomes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, TOLD, WEI, take

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.cases.clocks import calendar
from geodata.cases.clocks import jobs as clock_jobs
from geodata.cases.incoming.reporting import report
from geodata.cases.steps import store as steps
from geodata.cases.whistles import departments, overdue, whistling
from geodata.cases.whistles.whistling import Act
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound
from geodata.profiles import load_profile

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2090, 1, 1, tzinfo=UTC)


@pytest.fixture
def number(database):
    return report(database, WEI, PROFILE, TOLD).case["id"]


def of(database, name, department, **more):
    """Somebody who acts for a department."""
    user = add_user(database, Actor.terminal(), name, role="worker", password=None, **more)
    with database.begin() as tx:
        tx.connection.execute(
            sa.text("UPDATE users SET department = :d WHERE id = :i"),
            {"d": department, "i": user.id},
        )
    return user.actor()


def blow(database, number, *departments_, by=ANNE):
    wanted = departments_ or ("police", "urban_management", "ecology")
    found = whistling.whistle(database, by, PROFILE, number, wanted, reason="夜间施工，联合整治")
    return {call["department"]: call["id"] for call in found["calls"]}


def do(database, actor, number, call, kind, **more):
    return whistling.act(database, actor, PROFILE, number, call, Act(kind, **more))


def kinds(database, number):
    with database.read() as connection:
        return [one["kind"] for one in steps.entries(connection, number)][1:]


def one(found, call):
    return next(each for each in found["calls"] if each["id"] == call)


def move(database, call, by):
    """As if the call had been made so much earlier."""
    columns = [
        "called_at",
        "answer_due",
        "answered_at",
        "arrive_due",
        "arrived_at",
        "finish_due",
        "due_at",
    ]
    changes = ", ".join(f"{name} = {name} - :by" for name in columns)
    with database.begin() as tx:
        words = f"UPDATE case_calls SET {changes} WHERE id = :id"
        tx.connection.execute(sa.text(words), {"by": by, "id": call})


def test_a_whistle_calls_several_departments_and_each_does_its_part(database, number):
    called = blow(database, number)
    police = of(database, "jing", "police")
    do(database, police, number, called["police"], "answer")
    do(database, police, number, called["police"], "arrive")
    do(database, police, number, called["police"], "finish", reason="已劝停")
    found = do(database, ANNE, number, called["police"], "rate", rating=5, reason="到得快")
    rated = one(found, called["police"])
    assert (rated["state"], rated["rating"], rated["rated_by"]) == ("finished", 5, "Anne")
    assert [clock["state"] for clock in rated["clocks"]] == ["done"] * 3
    assert {each["state"] for each in found["calls"]} == {"called", "finished"}
    assert found["revision"] == 5
    assert kinds(database, number) == [
        "whistled", "call_answered", "call_arrived", "call_finished", "call_rated",
    ]  # fmt: skip
    with database.read() as connection:
        audited = connection.execute(
            sa.text("SELECT action FROM audit WHERE subject = :s ORDER BY id"),
            {"s": f"cases/{number}"},
        ).scalars()
        assert list(audited)[1:] == kinds(database, number)


def test_a_department_acts_for_itself_alone_and_never_rates_itself(database, number):
    called = blow(database, number)
    police = of(database, "jing", "police")
    with pytest.raises(NotAllowed):
        do(database, police, number, called["ecology"], "answer")
    with pytest.raises(NotAllowed):
        do(database, WEI, number, called["police"], "answer")
    do(database, police, number, called["police"], "arrive")
    do(database, police, number, called["police"], "finish")
    for kind, more in (("rate", {"rating": 5}), ("withdraw", {"reason": "x"})):
        with pytest.raises(NotAllowed):
            do(database, police, number, called["police"], kind, **more)
    with pytest.raises(NotAllowed):
        whistling.whistle(database, police, PROFILE, number, ["justice"], reason="x")
    assert whistling.calls_of(database, police, PROFILE, number)["may_whistle"] is False


def test_outside_the_areas_of_duty_nobody_calls_acts_or_reads_reasons(database, number):
    called = blow(database, number)
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO areas (code, name, level, held, geom) SELECT '9', '远', 'community',"
                " '(,)', ST_Multi(ST_MakeEnvelope(0, 0, 1, 1, 4326))"
            )
        )
    away = of(database, "far", "police", areas=["9"])
    with pytest.raises(NotAllowed):
        do(database, away, number, called["police"], "answer")
    found = whistling.calls_of(database, away, PROFILE, number)
    assert {each["reason"] for each in found["calls"]} == {None}
    assert not any(each["may"] for each in found["calls"])
    viewer = Actor(None, "V", "viewer")
    assert one(whistling.calls_of(database, viewer, PROFILE, number), called["police"])["may"] == []
    with pytest.raises(NotAllowed):
        blow(database, number, "justice", by=viewer)
    assert whistling.waiting_calls(database, away, PROFILE)["calls"] == []


def test_a_department_under_way_is_not_called_again_but_later_it_is(database, number):
    called = blow(database, number)
    with pytest.raises(Conflict):
        blow(database, number, "justice", "police")
    assert len(whistling.calls_of(database, ANNE, PROFILE, number)["calls"]) == 3
    do(database, ANNE, number, called["police"], "decline", reason="不归我管")
    again = whistling.whistle(database, ANNE, PROFILE, number, ["police"], reason="再来一次")
    assert [each["whistle_no"] for each in again["calls"]] == [1, 1, 1, 2]


def test_two_who_do_the_same_at_once_do_it_once(database, number):
    call = blow(database, number)["police"]

    def try_it(_k):
        try:
            do(database, ANNE, number, call, "answer")
        except Conflict:
            return False
        return True

    def whistle_it(_k):
        try:
            blow(database, number, "justice")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(try_it, range(6))) == 1
        assert sum(pool.map(whistle_it, range(6))) == 1
    assert kinds(database, number).count("call_answered") == 1
    assert kinds(database, number).count("whistled") == 2


def test_a_case_is_closed_over_running_calls_only_with_a_reason(database, number):
    call = blow(database, number, "police")["police"]
    lin = add_user(database, Actor.terminal(), "lin", role="worker").id
    for kind, revision in (("dispatch", 1), ("accept", 2)):
        take(database, ANNE, number, kind, revision, assignee=lin)
    take(database, ANNE, number, "feed_back", 3, reason="已劝停")
    with pytest.raises(InvalidInput):
        take(database, ANNE, number, "close", 4)
    take(database, ANNE, number, "close", 4, reason="公安未到，已由网格员处置")
    found = whistling.calls_of(database, ANNE, PROFILE, number)
    assert one(found, call)["state"] == "left"
    assert found["may_whistle"] is False
    assert kinds(database, number)[-2:] == ["calls_left", "close"]
    with pytest.raises(Conflict):
        do(database, ANNE, number, call, "answer")
    with pytest.raises(Conflict):
        blow(database, number, "justice")


def test_a_clock_that_ran_out_is_told_once_by_however_many_workers(database, number):
    called = blow(database, number)
    move(database, called["police"], timedelta(minutes=31))
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _k: overdue.raise_late(database, PROFILE), range(4)))
    assert sum(told) == 1
    assert kinds(database, number) == ["whistled", "call_late", "escalate"]
    do(database, ANNE, number, called["police"], "answer")
    assert overdue.raise_late(database, PROFILE) == 0
    move(database, called["police"], timedelta(hours=3))
    assert overdue.raise_late(database, PROFILE) == 1  # the next clock is told of, too
    found = one(whistling.calls_of(database, ANNE, PROFILE, number), called["police"])
    assert [clock["state"] for clock in found["clocks"]] == ["done_late", "late", "waiting"]


def level(database, number):
    with database.read() as connection:
        return steps.columns(connection, number, ["level"])["level"]


def test_a_late_call_sends_its_case_up_once_for_each_clock_of_the_whistle(database, number):
    called = blow(database, number)
    assert level(database, number) is None
    for call in called.values():  # three that do not answer are one trouble
        move(database, call, timedelta(minutes=31))
        overdue.raise_late(database, PROFILE)
    assert level(database, number) == "community"
    assert kinds(database, number).count("escalate") == 1
    do(database, ANNE, number, called["police"], "answer")
    do(database, ANNE, number, called["ecology"], "answer")
    for call in (called["police"], called["ecology"]):
        move(database, call, timedelta(hours=3))
    assert overdue.raise_late(database, PROFILE) == 2
    assert level(database, number) == "street_office"
    with database.read() as connection:
        told = [e["details"] for e in steps.entries(connection, number) if e["kind"] == "escalate"]
    assert [one["level"] for one in told] == ["community", "street_office"]
    assert told[1]["departments"] == ["police", "ecology"]
    again = blow(database, number, "justice")  # another whistle has clocks of its own
    move(database, again["justice"], timedelta(minutes=31))
    overdue.raise_late(database, PROFILE)
    assert level(database, number) == "county"
    do(database, ANNE, number, again["justice"], "answer")
    move(database, again["justice"], timedelta(hours=3))
    assert overdue.raise_late(database, PROFILE) == 1  # above the county there is nobody
    assert kinds(database, number).count("escalate") == 3


def test_a_day_that_the_operator_takes_off_counts_for_departments_too(database, number):
    called = blow(database, number, "police")["police"]
    do(database, ANNE, number, called, "arrive")

    def due():
        found = one(whistling.calls_of(database, ANNE, PROFILE, number), called)
        return found["clocks"][2]["due_at"]

    before = due()
    today = datetime.now(PROFILE.zone).date()
    days = [today + timedelta(days=k) for k in range(30)]
    with database.read() as connection:
        first = next(
            day for day in days[1:] if calendar.workdays(connection, PROFILE).is_worked(day)
        )
    calendar.set_day(database, Actor.terminal(), first, works=False)
    assert due() == before  # until the worker has reckoned anew
    clock_jobs.reckon_open(database, PROFILE)
    moved = due()
    assert moved > before
    later = blow(database, number, "ecology")["ecology"]
    do(database, ANNE, number, later, "arrive")
    found = one(whistling.calls_of(database, ANNE, PROFILE, number), later)
    assert abs(found["clocks"][2]["due_at"] - moved) < timedelta(minutes=1)
    calendar.remove_day(database, Actor.terminal(), first)
    clock_jobs.reckon_open(database, PROFILE)
    assert due() == before


def test_a_call_that_was_late_and_has_time_again_is_told_of_anew(database, number):
    called = blow(database, number, "police")["police"]
    move(database, called, timedelta(minutes=31))
    assert overdue.raise_late(database, PROFILE) == 1
    patient = PROFILE.model_copy(
        update={"whistle": PROFILE.whistle.model_copy(update={"answer_minutes": 45})}
    )
    clock_jobs.reckon_open(database, patient)
    assert overdue.raise_late(database, patient) == 0
    move(database, called, timedelta(minutes=15))
    assert overdue.raise_late(database, patient) == 1


def test_calls_of_a_case_that_a_file_closed_end_without_blame(database, number):
    called = blow(database, number)
    with database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE cases SET state = 'closed', closed_at = now()"))
    move(database, called["police"], timedelta(days=1))
    assert overdue.raise_late(database, PROFILE) == 0
    found = whistling.calls_of(database, ANNE, PROFILE, number)
    assert {each["state"] for each in found["calls"]} == {"left"}


def test_a_department_sees_its_own_running_calls_what_is_due_first_first(database, number):
    other = report(database, WEI, PROFILE, TOLD).case["id"]
    first = blow(database, number)["police"]
    second = blow(database, other)["police"]
    move(database, second, timedelta(minutes=5))
    police = of(database, "jing", "police")
    found = whistling.waiting_calls(database, police, PROFILE)
    assert [each["id"] for each in found["calls"]] == [second, first]
    assert {each["department"] for each in found["calls"]} == {"police"}
    assert len(whistling.waiting_calls(database, ANNE, PROFILE)["calls"]) == 6


def test_the_report_ranks_only_departments_with_enough_calls(database):
    cases = [report(database, WEI, PROFILE, TOLD).case["id"] for _ in range(5)]
    for k, number in enumerate(cases):
        called = blow(database, number, *(["police", "justice"] if k else ["police"]))
        move(database, called["police"], timedelta(minutes=9 * k))
        do(database, ANNE, number, called["police"], "arrive")
        do(database, ANNE, number, called["police"], "finish")
        if k < 2:
            do(database, ANNE, number, called["police"], "rate", rating=4 + k)
    found = departments.report(database, ANNE, PROFILE, since=LONG_AGO, until=LATER)
    police, justice = found.departments
    assert (police.department, police.rank, police.calls) == ("police", 1, 5)
    assert (justice.department, justice.rank, justice.calls) == ("justice", None, 4)
    assert police.answer_median_min == pytest.approx(18, abs=0.5)
    assert police.answer_p90_min == pytest.approx(32.4, abs=0.5)
    assert police.on_time_rate == pytest.approx(4 / 5)  # the one answered after 36 minutes
    assert police.arrival_rate == 1.0
    assert (police.rating, police.rating_smooth) == (4.5, 4.5)
    assert justice.rating is None
    none = departments.report(
        database, ANNE, PROFILE, since=LONG_AGO, until=LONG_AGO + timedelta(days=9)
    )
    assert none.departments == ()


def test_few_ratings_are_drawn_towards_the_mean_of_all():
    row = dict.fromkeys(
        ("cases", "answered", "awaited", "arrived", "judged", "on_time", "finished", "declined",
         "withdrawn", "running"), 9,
    )  # fmt: skip
    rows = [
        row | {"department": "a", "calls": 20, "answer_s": [60, 90], "ratings": 1, "rating_sum": 5},
        row
        | {"department": "b", "calls": 20, "answer_s": [60, 90], "ratings": 19, "rating_sum": 76},
    ]
    for one_ in rows:
        one_["withdrawn"] = 0
    first, second = departments.ranked(rows, min_ranked=5)
    assert (first.department, first.rating, second.rating) == ("a", 5.0, 4.0)
    assert first.rating_smooth == pytest.approx((5 + 5 * 4.05) / 6)
    assert second.rating_smooth == pytest.approx((76 + 5 * 4.05) / 24)


def test_nonsense_is_refused_and_changes_nothing(database, number):
    for departments_, reason, refusal in (
        ([], "x", InvalidInput),
        (["police"], " ", InvalidInput),
        (["police"], "长" * 2_001, InvalidInput),
        (["circus"], "x", NotFound),
    ):
        with pytest.raises(refusal):
            whistling.whistle(database, ANNE, PROFILE, number, departments_, reason=reason)
    with pytest.raises(NotFound):
        whistling.whistle(database, ANNE, PROFILE, number + 1, ["police"], reason="x")
    with pytest.raises(NotFound):
        do(database, ANNE, number, 2**70, "answer")
    assert kinds(database, number) == []


def test_a_city_without_departments_is_not_offered_the_whistle(database, number):
    city = load_profile("linyi").model_copy(update={"departments": ()})
    assert whistling.calls_of(database, ANNE, city, number)["may_whistle"] is False
