"""The clocks of cases: what is stored is what the entries say, whatever was done in which order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_case_steps import ANNE, PROFILE, TOLD, WEI, entries, take

from geodata.accounts import Actor, users
from geodata.cases.clocks import calendar, escalating, reckoning
from geodata.cases.clocks import commands as calendar_commands
from geodata.cases.clocks import jobs as clock_jobs
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.steps import store as steps
from geodata.database.working import run_worker
from geodata.errors import Cancelled, Conflict, InvalidInput, NotAllowed, NotFound
from geodata.profiles.handling import TimeLimit

ROOT = Actor.terminal()


def stored(database, number):
    with database.read() as connection:
        return steps.columns(connection, number, (*reckoning.READ, "revision", "urgent"))


def reckoned(database, number):
    with database.read() as connection:
        row = steps.columns(connection, number, reckoning.READ)
        workdays = calendar.workdays(connection, PROFILE)
        found = steps.entries(connection, number)
    return reckoning.reckon(row, found, profile=PROFILE, workdays=workdays)


def assert_true_to_its_entries(database, number):
    row, said = stored(database, number), reckoned(database, number)
    assert {name: row[name] for name in said} == said


def act(database, actor, number, kind, **more):
    return take(database, actor, number, kind, stored(database, number)["revision"], **more)


@pytest.fixture
def lin(database):
    return users.add_user(database, ROOT, "lin", role="worker").actor()


@pytest.fixture
def number(database):
    return report(database, WEI, PROFILE, TOLD).case["id"]


def test_a_case_is_due_by_its_category_and_leaves_its_state_by_the_limit_of_that(database):
    at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, 10:00 in 临沂
    told = Report("noise", "snap", title="夜", lon=118.3, lat=35.0, reported_at=at)
    number = report(database, WEI, PROFILE, told).case["id"]
    row = stored(database, number)
    assert row["due_at"] == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # Tuesday at closing time
    assert row["warn_at"] < row["due_at"]
    assert row["stage_due_at"] is not None
    assert row["raise_at"] == min(row["due_at"], row["raise_at"])
    assert_true_to_its_entries(database, number)


def test_while_a_clock_stands_nothing_is_due_and_all_of_it_is_given_back(database, number):
    before = stored(database, number)
    assert act(database, ANNE, number, "pause", reason="等住户回家").case["due_at"] is None
    row = stored(database, number)
    assert row["paused_since"] is not None
    assert (row["due_at"], row["warn_at"], row["stage_due_at"], row["raise_at"]) == (None,) * 4
    with pytest.raises(Conflict):
        act(database, ANNE, number, "pause", reason="再等")
    act(database, WEI, number, "resume")
    after = stored(database, number)
    assert after["paused_since"] is None
    assert after["due_at"] >= before["due_at"]
    assert_true_to_its_entries(database, number)


def test_a_worker_asks_for_time_and_a_commander_grants_it_or_not(database, number):
    before = stored(database, number)
    asked = act(database, WEI, number, "extend", amount=2, unit="days", reason="要换配件")
    assert asked.case["asked"] == "extension"
    assert asked.case["due_at"] == before["due_at"]
    with pytest.raises(Conflict):
        act(database, WEI, number, "pause", reason="等")
    with pytest.raises(NotAllowed):
        act(database, WEI, number, "approve")
    refused = act(database, ANNE, number, "turn_down", reason="今天就能办")
    assert refused.case["asked"] is None
    assert refused.case["due_at"] == before["due_at"]
    act(database, WEI, number, "extend", amount=2, unit="days", reason="确实不行")
    granted = act(database, ANNE, number, "approve")
    assert granted.case["due_at"] > before["due_at"]
    assert [kind for kind, *_ in entries(database, number)][1:] == [
        "extension_asked",
        "not_granted",
        "extension_asked",
        "extended",
    ]
    act(database, ANNE, number, "extend", amount=3, unit="hours", reason="再三小时")
    with pytest.raises(Conflict):
        act(database, ANNE, number, "extend", amount=1, unit="hours", reason="第三次")
    with pytest.raises(InvalidInput):
        act(database, ANNE, number, "extend", unit="hours", reason="多久？")
    assert_true_to_its_entries(database, number)


MOVES = [
    ("file", ANNE, {}),
    ("dispatch", ANNE, {}),
    ("accept", WEI, {}),
    ("send_back", WEI, {"reason": "不是我的"}),
    ("feed_back", WEI, {"reason": "好了"}),
    ("close", ANNE, {}),
    ("reopen", ANNE, {"reason": "又来了"}),
    ("pause", WEI, {"reason": "等"}),
    ("pause", ANNE, {"reason": "等"}),
    ("resume", WEI, {}),
    ("extend", WEI, {"reason": "难", "amount": 1, "unit": "days"}),
    ("extend", ANNE, {"reason": "难", "amount": 5, "unit": "hours"}),
    ("approve", ANNE, {}),
    ("turn_down", ANNE, {"reason": "不"}),
    ("urge", ANNE, {"reason": "快"}),
    ("raise", WEI, {"reason": "大事"}),
    ("note", WEI, {"reason": "看过了"}),
]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.lists(st.sampled_from(MOVES), min_size=5, max_size=14))
def test_whatever_is_done_in_which_order_the_stored_moments_are_those_of_the_entries(
    database, lin, order
):
    number = report(database, WEI, PROFILE, TOLD).case["id"]
    before = len(entries(database, number))
    done = 0
    for kind, actor, values in order:
        more = {"assignee": lin.user_id} if kind == "dispatch" else {}
        try:
            act(database, actor, number, kind, **values, **more)
        except Conflict:
            continue
        done += 1
        assert_true_to_its_entries(database, number)
    assert len(entries(database, number)) == before + done
    assert stored(database, number)["revision"] == done


def test_a_case_that_is_opened_again_begins_anew(database, number):
    first = stored(database, number)
    act(database, ANNE, number, "extend", amount=3, unit="days", reason="难")
    act(database, WEI, number, "on_spot", reason="劝停了")
    closed = stored(database, number)
    assert closed["due_at"] > first["due_at"]
    assert (closed["raise_at"], closed["stage_due_at"], closed["warn_at"]) == (None,) * 3
    act(database, ANNE, number, "reopen", reason="又响了")
    again = stored(database, number)
    assert again["due_at"] != closed["due_at"]
    assert_true_to_its_entries(database, number)


def test_the_first_who_takes_a_case_is_responsible_until_it_is_fed_back(database, number, lin):
    other = users.add_user(database, ROOT, "zhao", role="worker").actor()
    act(database, ANNE, number, "dispatch", assignee=lin.user_id)
    assert act(database, lin, number, "accept").case["first_owner_id"] == lin.user_id
    act(database, lin, number, "hand_over", assignee=other.user_id, reason="在我休假时")
    row = act(database, other, number, "note", reason="接手了").case
    assert (row["first_owner_id"], row["assignee_id"]) == (lin.user_id, other.user_id)
    with pytest.raises(NotAllowed):
        act(database, lin, number, "hand_over", assignee=lin.user_id, reason="还给我")
    fed_back = act(database, other, number, "feed_back", reason="好了").case
    assert fed_back["first_owner_id"] is None
    act(database, ANNE, number, "reject", reason="没好")
    assert act(database, other, number, "accept").case["first_owner_id"] == lin.user_id


def test_a_second_opinion_is_asked_and_given_as_entries(database, number, lin):
    act(database, WEI, number, "ask", assignee=lin.user_id, reason="归谁管？")
    with pytest.raises(Conflict):
        act(database, WEI, number, "answer", reason="我来答")
    assert "answer" not in act(database, WEI, number, "note", reason="等").acts
    act(database, lin, number, "answer", reason="归城管")
    with pytest.raises(Conflict):
        act(database, lin, number, "answer", reason="再说一遍")
    assert [kind for kind, *_ in entries(database, number)][-1] == "opinion_given"


def test_a_sudden_case_is_told_above_at_once_and_not_closed_with_its_report(database):
    told = Report("safety", "patrol", title="燃气泄漏", lon=118.35, lat=35.05)
    with pytest.raises(InvalidInput):
        report(database, WEI, PROFILE, told, on_spot="关了阀")
    with database.read() as connection:
        assert connection.scalar(sa.text("select count(*) from cases")) == 0
    number = report(database, WEI, PROFILE, told).case["id"]
    row = stored(database, number)
    assert (row["urgent"], row["level"]) == (True, "street_office")
    assert [kind for kind, *_ in entries(database, number)] == ["reported", "escalate"]
    assert_true_to_its_entries(database, number)


def test_a_minor_case_is_reported_and_closed_in_one_call_or_not_at_all(database):
    taken = report(database, WEI, PROFILE, TOLD, on_spot="当场劝停")
    assert taken.case["state"] == "closed"
    assert [kind for kind, *_ in entries(database, taken.case["id"])] == ["reported", "on_spot"]
    with pytest.raises(NotAllowed):
        report(database, Actor(None, "x", "viewer"), PROFILE, TOLD, on_spot="劝停")


def test_late_cases_go_up_level_by_level_each_once(database):
    old = datetime.now(UTC) - timedelta(days=5)
    told = Report("noise", "snap", title="夜", lon=118.3, lat=35.0, reported_at=old)
    number = report(database, WEI, PROFILE, told).case["id"]
    far = datetime.now(UTC) + timedelta(days=40)
    soon = stored(database, number)["raise_at"] + timedelta(seconds=1)
    assert escalating.raise_late(database, PROFILE, now=soon) >= 1
    assert stored(database, number)["level"] is not None
    escalating.raise_late(database, PROFILE, now=far)
    assert escalating.raise_late(database, PROFILE, now=far) == 0
    with database.read() as connection:
        found = [one for one in steps.entries(connection, number) if one["kind"] == "escalate"]
    assert [one["details"]["level"] for one in found] == ["community", "street_office", "county"]
    assert stored(database, number)["raise_at"] is None
    assert_true_to_its_entries(database, number)


def test_a_case_that_was_closed_or_extended_in_time_is_not_raised(database, number):
    moment = stored(database, number)["raise_at"] + timedelta(seconds=1)
    act(database, ANNE, number, "extend", amount=5, unit="days", reason="难")
    assert escalating.raise_late(database, PROFILE, now=moment) == 0
    act(database, WEI, number, "on_spot", reason="好了")
    far = datetime.now(UTC) + timedelta(days=90)
    assert escalating.raise_late(database, PROFILE, now=far) == 0


def test_a_day_that_the_operator_takes_off_moves_what_is_due(database):
    at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    told = Report("noise", "snap", title="夜", lon=118.3, lat=35.0, reported_at=at)
    number = report(database, WEI, PROFILE, told).case["id"]
    before = stored(database, number)["due_at"]
    monday = date(2026, 11, 23)
    calendar.set_day(database, ROOT, monday, works=False, name="运动会")
    assert clock_jobs.reckon_open(database, PROFILE) == 1
    assert stored(database, number)["due_at"] == before + timedelta(days=1)
    assert_true_to_its_entries(database, number)
    assert clock_jobs.reckon_open(database, PROFILE) == 0
    calendar.remove_day(database, ROOT, monday)
    assert clock_jobs.reckon_open(database, PROFILE) == 1
    assert stored(database, number)["due_at"] == before
    with pytest.raises(NotFound):
        calendar.remove_day(database, ROOT, monday)
    with pytest.raises(NotAllowed):
        calendar.set_day(database, ANNE, monday, works=False)


def _stricter(**limits):
    """The city with other limits in hours for these categories."""
    changed = [
        one.model_copy(update={"limit": TimeLimit(hours=limits[one.key]), "limit_days": None})
        if one.key in limits
        else one
        for one in PROFILE.categories
    ]
    return PROFILE.model_copy(update={"categories": tuple(changed)})


def test_changed_limits_reach_open_cases_by_themselves(database, monkeypatch):
    numbers = [report(database, WEI, PROFILE, TOLD).case["id"] for _ in range(5)]
    act(database, ANNE, numbers[4], "on_spot", reason="好了")
    clock_jobs.reckon_open(database, PROFILE)
    assert clock_jobs.notice_changes(database, PROFILE) == 0
    before = [stored(database, number)["due_at"] for number in numbers]
    strict = _stricter(noise=1)
    assert clock_jobs.notice_changes(database, strict) == 1
    assert clock_jobs.notice_changes(database, strict) == 0  # it is asked for already
    monkeypatch.setattr(clock_jobs, "AT_ONCE", 2)
    monkeypatch.setattr(clock_jobs, "load_profile", lambda _name: strict)
    run_worker(database, wait=False)
    now = [stored(database, number)["due_at"] for number in numbers]
    assert [new < old for new, old in zip(now, before, strict=True)] == [True] * 4 + [False]
    assert clock_jobs.notice_changes(database, strict) == 0
    assert clock_jobs.notice_changes(database, PROFILE) == 1  # and back


def test_a_reckoning_that_is_broken_off_is_asked_for_again(database, number):
    before = stored(database, number)["due_at"]
    with pytest.raises(Cancelled):
        clock_jobs.reckon_open(database, _stricter(noise=1), cancelled=lambda: True)
    assert stored(database, number)["due_at"] == before
    assert clock_jobs.notice_changes(database, _stricter(noise=1)) == 1


def test_the_old_tickets_of_a_file_are_raised_to_nobody_by_a_calendar(database):
    with database.begin() as tx:
        number = tx.connection.scalar(
            sa.text(
                "insert into cases (source, category, state, reported_at, due_at, import_id)"
                " values ('hotline', 'noise', 'reported', :old, :due, 1) returning id"
            ),
            {"old": datetime(2024, 1, 2, tzinfo=UTC), "due": datetime(2024, 1, 9, tzinfo=UTC)},
        )
    clock_jobs.reckon_open(database, PROFILE)
    assert stored(database, number)["warn_at"] is not None
    assert stored(database, number)["due_at"] == datetime(2024, 1, 9, tzinfo=UTC)
    assert escalating.raise_late(database, PROFILE) == 0


def test_a_ticket_of_a_file_whose_stage_ran_out_is_raised_when_all_of_it_does(database):
    due = datetime.now(UTC) + timedelta(days=9)
    with database.begin() as tx:
        number = tx.connection.scalar(
            sa.text(
                "insert into cases (source, category, state, reported_at, due_at, import_id)"
                " values ('hotline', 'noise', 'reported', :old, :due, 1) returning id"
            ),
            {"old": datetime.now(UTC) - timedelta(days=9), "due": due},
        )
    clock_jobs.reckon_open(database, PROFILE)
    row = stored(database, number)
    assert row["stage_due_at"] < datetime.now(UTC) < row["raise_at"] <= due
    assert escalating.raise_late(database, PROFILE) == 0
    assert escalating.raise_late(database, PROFILE, now=due + timedelta(seconds=1)) >= 1


def test_a_year_that_is_not_announced_says_so(database):
    known = calendar.year_of(database, ANNE, PROFILE, 2026)
    assert known["announced"]
    later = calendar.year_of(database, ANNE, PROFILE, 2031)
    assert not later["announced"]
    assert any(one["day"] == "2031-10-01" and not one["works"] for one in later["days"])
    with pytest.raises(InvalidInput):
        calendar.year_of(database, ANNE, PROFILE, 2150)


def test_a_due_time_that_came_with_a_file_holds_and_is_moved_by_a_pause_alone(database):
    due = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
    with database.begin() as tx:
        number = tx.connection.scalar(
            sa.text(
                "insert into cases (source, category, state, reported_at, due_at, import_id)"
                " values ('hotline', 'noise', 'reported', now(), :due, 1) returning id"
            ),
            {"due": due},
        )
    act(database, ANNE, number, "file")
    assert stored(database, number)["due_at"] == due
    act(database, ANNE, number, "pause", reason="等")
    act(database, ANNE, number, "resume")
    assert stored(database, number)["due_at"] > due
    assert stored(database, number)["due_given"] == due
    assert_true_to_its_entries(database, number)


def test_a_state_that_the_profile_no_longer_knows_is_no_dead_end(database, number):
    with database.begin() as tx:
        tx.connection.execute(sa.text("update cases set state = 'waiting_for_rain'"))
    assert reckoning.is_open(PROFILE, "waiting_for_rain")
    assert act(database, ANNE, number, "file").case["state"] == "filed"
    assert_true_to_its_entries(database, number)


def test_the_calendar_is_kept_from_the_terminal(database, settings):
    def run(*words):
        found = CliRunner().invoke(calendar_commands.calendar, words, obj=settings)
        assert found.exit_code == 0, found.output
        return found.output

    run("set", "2027-03-08", "--off", "--name", "运动会")
    assert "2027-03-08" in run("show", "2027")
    assert "运动会" in run("show", "2027")
    run("remove", "2027-03-08")
    assert "2027-03-08" not in run("show", "2027")
    assert "2031" in run("show", "2031").splitlines()[0]
    with database.read() as connection:
        assert connection.scalar(sa.text("select count(*) from jobs")) == 2
