"""A department's call from the whistle to its end, whatever is done in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.cases.whistles import calls
from geodata.errors import Conflict, InvalidInput
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
OFFICE = PROFILE.working.workdays(PROFILE.zone)
MONDAY = datetime(2026, 6, 1, 10, 0, tzinfo=PROFILE.zone)
ACTS = calls.DEPARTMENT_ACTS + calls.WHISTLER_ACTS
EMPTY = dict.fromkeys(
    ("answered_at", "arrive_due", "arrived_at", "finish_due", "finished_at", "ended_at", "rating",
     "raised_at", "answered_by")
)  # fmt: skip


def called(at=MONDAY):
    return EMPTY | calls.begun(at, profile=PROFILE, workdays=OFFICE)


def done(call, act, at, **more):
    more = {"by": "Wei", "reason": "说明", "rating": 4} | more
    return call | calls.after(call, act, at, profile=PROFILE, workdays=OFFICE, **more)


def states(call, now):
    found = calls.clocks(call, now, profile=PROFILE, workdays=OFFICE)
    return {one["key"]: one["state"] for one in found}


def test_each_clock_begins_where_the_one_before_it_was_met():
    call = called()
    assert call["due_at"] == call["answer_due"] == MONDAY + timedelta(minutes=30)
    call = done(call, "answer", MONDAY + timedelta(minutes=10))
    assert call["due_at"] == call["arrive_due"] == MONDAY + timedelta(minutes=130)
    call = done(call, "arrive", MONDAY + timedelta(hours=1))
    # 24 worked hours of 7.5 a day from Monday 11:00: 5 are left of the day, then two and a half.
    assert call["due_at"] == call["finish_due"] == datetime(2026, 6, 4, 14, tzinfo=PROFILE.zone)
    call = done(call, "finish", MONDAY + timedelta(days=1))
    assert (call["state"], call["due_at"]) == ("finished", None)
    assert set(states(call, MONDAY + timedelta(days=9)).values()) == {"done"}


def test_a_clock_is_yellow_before_it_is_red_and_stays_red_when_met_late():
    call = called()
    assert states(call, MONDAY + timedelta(minutes=20))["answer"] == "ok"
    assert states(call, MONDAY + timedelta(minutes=25))["answer"] == "near"
    assert states(call, MONDAY + timedelta(minutes=31))["answer"] == "late"
    call = done(call, "answer", MONDAY + timedelta(minutes=31))
    found = states(call, MONDAY + timedelta(minutes=32))
    assert found == {"answer": "done_late", "arrive": "ok", "finish": "waiting"}


def test_who_comes_without_a_word_has_answered_by_coming():
    call = done(called(), "arrive", MONDAY + timedelta(minutes=20))
    assert call["answered_at"] == call["arrived_at"] == MONDAY + timedelta(minutes=20)
    assert call["answered_by"] == "Wei"


def test_to_decline_is_an_answer_and_to_be_let_go_is_none():
    assert done(called(), "decline", MONDAY)["answered_at"] == MONDAY
    assert done(called(), "withdraw", MONDAY)["answered_at"] is None


@pytest.mark.parametrize("act", ["decline", "withdraw"])
def test_nobody_is_let_off_without_a_reason(act):
    with pytest.raises(InvalidInput):
        done(called(), act, MONDAY, reason="  ")


@pytest.mark.parametrize("rating", [None, 0, 6])
def test_a_rating_is_from_one_to_five(rating):
    call = done(done(called(), "arrive", MONDAY), "finish", MONDAY)
    with pytest.raises(InvalidInput):
        done(call, "rate", MONDAY, rating=rating)
    rated = done(call, "rate", MONDAY, rating=5)
    with pytest.raises(Conflict):
        done(rated, "rate", MONDAY, rating=1)


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(-5, 20_000)), max_size=12))
def test_whatever_is_done_in_whatever_order_a_call_stays_in_order(orders):
    call, now = called(), MONDAY
    for act, minutes in orders:
        now += timedelta(minutes=minutes)  # servers' clocks may differ by a little
        before = dict(call)
        try:
            call = done(call, act, now)
        except Conflict:
            assert act not in calls.permitted(before)
            assert call == before
            continue
        assert act in calls.permitted(before)
        moments = [call["called_at"], call["answered_at"], call["arrived_at"], call["finished_at"]]
        given_ = [moment for moment in moments if moment is not None]
        assert given_ == sorted(given_)
        running = calls.running_clock(call)
        assert (running is None) == (call["ended_at"] is not None) == (call["due_at"] is None)
        if running is not None:
            assert call["due_at"] == call[f"{running}_due"] > before["called_at"]
        assert (call["rating"] is None) or call["state"] in {"finished", "left"}
        seen = states(call, now)
        counting = [state for state in seen.values() if state in {"ok", "near", "late"}]
        assert len(counting) == (0 if running is None else 1)
    if call["ended_at"] is not None:
        assert set(calls.permitted(call)) <= {"rate"}


def test_a_call_of_an_unknown_kind_is_refused():
    with pytest.raises(InvalidInput):
        done(called(), "dance", datetime.now(UTC))
