"""A case's clock turns yellow, then red; pauses and extensions shift it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.cases.clocks.limits import (
    Limit,
    Pause,
    clock_of,
    moments_of_all,
    remaining,
    state_of_clock,
)
from geodata.errors import InvalidInput
from geodata.workdays import Workdays, from_microseconds

LINYI = ZoneInfo("Asia/Shanghai")
OFFICE = Workdays(zone=LINYI)
HOUR = timedelta(hours=1)
unhurried = settings(deadline=None)
"""The first call makes the table of its years."""
moments = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
limits = st.one_of(
    st.builds(Limit, amount=st.integers(1, 40), unit=st.just("days"), worked=st.booleans()),
    st.builds(Limit, amount=st.floats(0.5, 99), unit=st.just("hours"), worked=st.booleans()),
)
lengths = st.integers(1, 30 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def at(text):
    """A moment by the wall clock of Linyi."""
    return datetime.fromisoformat(text).replace(tzinfo=LINYI)


def clock(amount, unit, start, *, worked=True, **more):
    return clock_of(
        Limit(amount=amount, unit=unit, worked=worked),
        at(start),
        workdays=OFFICE,
        yellow_share=more.pop("yellow_share", 0.8),
        **more,
    )


def test_a_limit_over_a_weekend_skips_it():
    two_hours = clock(2, "hours", "2026-11-20T16:30")
    assert two_hours.due_at == at("2026-11-23T09:30")
    assert two_hours.yellow_at == at("2026-11-23T09:06")


def test_a_report_late_on_friday_begins_on_monday():
    assert clock(2, "hours", "2026-11-20T23:50").due_at == at("2026-11-23T10:30")
    assert clock(1, "days", "2026-11-20T23:50").due_at == at("2026-11-23T17:30")


def test_a_report_before_opening_begins_with_the_office():
    assert clock(4, "hours", "2026-11-16T06:10").due_at == at("2026-11-16T14:00")


def test_a_report_on_a_holiday_begins_after_it():
    assert clock(1, "hours", "2026-02-17T10:00").due_at == at("2026-02-24T09:30")
    assert clock(2, "days", "2026-10-01T10:00").due_at == at("2026-10-09T17:30")


def test_a_make_up_saturday_counts():
    assert clock(1, "days", "2026-10-09T10:00").due_at == at("2026-10-10T17:30")


def test_the_operators_own_day_counts():
    strike = Workdays(zone=LINYI, own={date(2026, 11, 17): False})
    limit = Limit(amount=1, unit="days")
    found = clock_of(limit, at("2026-11-16T10:00"), workdays=strike, yellow_share=0.8)
    assert found.due_at == at("2026-11-18T17:30")


def test_running_time_passes_at_night_and_on_holidays():
    found = clock(24, "hours", "2026-02-16T10:00", worked=False)
    assert found.due_at == at("2026-02-17T10:00")
    assert found.total == timedelta(hours=24)
    assert clock(1.5, "days", "2026-02-16T10:00", worked=False).due_at == at("2026-02-17T22:00")


def test_a_running_day_has_24_hours_when_clocks_change():
    chicago = Workdays(zone=ZoneInfo("America/Chicago"), holidays="none")
    start = datetime(2026, 3, 7, 12, tzinfo=chicago.zone)
    found = clock_of(
        Limit(amount=1, unit="days", worked=False), start, workdays=chicago, yellow_share=0.5
    )
    assert found.due_at == datetime(2026, 3, 8, 13, tzinfo=chicago.zone)


def test_states_follow_one_another():
    found = clock(10, "hours", "2026-11-16T08:30")
    assert found.yellow_at == at("2026-11-17T09:00")
    assert found.due_at == at("2026-11-17T11:00")
    told = [
        state_of_clock(found, at(moment))
        for moment in (
            "2026-11-16T08:30", "2026-11-17T08:59", "2026-11-17T09:00", "2026-11-17T11:00",
            "2026-11-17T11:01",
        )
    ]  # fmt: skip
    assert told == ["ok", "ok", "near", "near", "late"]


def test_what_remains_is_worked_time():
    found = clock(10, "hours", "2026-11-16T08:30")
    assert remaining(found, at("2026-11-16T12:30"), workdays=OFFICE) == 6.5 * HOUR
    assert remaining(found, at("2026-11-16T23:00"), workdays=OFFICE) == 2.5 * HOUR
    assert remaining(found, at("2026-11-17T14:30"), workdays=OFFICE) == -2 * HOUR


def test_who_is_late_after_closing_is_late_though_nothing_was_worked_since():
    found = clock(1, "days", "2026-11-19T10:00")
    assert state_of_clock(found, at("2026-11-21T10:00")) == "late"
    assert remaining(found, at("2026-11-21T10:00"), workdays=OFFICE) == timedelta(0)


def test_a_pause_gives_back_the_worked_time_that_it_took():
    pause = Pause(since=at("2026-11-16T10:00"), until=at("2026-11-17T10:00"))
    found = clock(4, "hours", "2026-11-16T09:00", pauses=[pause])
    assert found.due_at == at("2026-11-17T14:30")
    assert state_of_clock(found, at("2026-11-16T15:00")) == "paused"
    assert remaining(found, at("2026-11-16T15:00"), workdays=OFFICE) == 3 * HOUR
    assert state_of_clock(found, at("2026-11-17T10:00")) == "ok"


def test_a_pause_over_a_holiday_gives_back_only_what_would_have_been_worked():
    pause = Pause(since=at("2026-09-30T15:30"), until=at("2026-10-08T09:30"))
    found = clock(1, "days", "2026-09-30T10:00", pauses=[pause])
    assert found.due_at == at("2026-10-09T11:30")
    idle = Pause(since=at("2026-10-01T00:00"), until=at("2026-10-08T00:00"))
    assert clock(1, "days", "2026-09-30T10:00", pauses=[idle]).due_at == at("2026-10-08T17:30")


def test_a_pause_that_lasts_leaves_the_due_moment_open():
    pause = Pause(since=at("2026-11-16T10:00"))
    found = clock(4, "hours", "2026-11-16T09:00", pauses=[pause])
    assert found.due_at is None
    assert found.yellow_at is None
    assert state_of_clock(found, at("2027-11-16T09:00")) == "paused"
    assert remaining(found, at("2027-11-16T09:00"), workdays=OFFICE) == 3 * HOUR


def test_a_pause_after_yellow_leaves_yellow_where_it_was():
    pause = Pause(since=at("2026-11-17T10:00"))
    found = clock(10, "hours", "2026-11-16T08:30", pauses=[pause])
    assert found.yellow_at == at("2026-11-17T09:00")
    assert found.due_at is None


def test_a_pause_after_the_limit_comes_too_late():
    pause = Pause(since=at("2026-11-16T15:00"))
    found = clock(2, "hours", "2026-11-16T09:00", pauses=[pause])
    assert found.due_at == at("2026-11-16T11:00")
    assert state_of_clock(found, at("2026-11-16T16:00")) == "late"


def test_pauses_that_overlap_count_once():
    pauses = [
        Pause(since=at("2026-11-16T10:30"), until=at("2026-11-16T11:30")),
        Pause(since=at("2026-11-16T10:00"), until=at("2026-11-16T11:00")),
        Pause(since=at("2026-11-13T10:00"), until=at("2026-11-16T08:00")),
    ]
    found = clock(2, "hours", "2026-11-16T09:00", pauses=pauses)
    assert found.pauses == (Pause(since=at("2026-11-16T10:00"), until=at("2026-11-16T11:30")),)
    assert found.due_at == at("2026-11-16T14:00")


def test_an_extension_begins_where_the_limit_ended():
    more = Limit(amount=2, unit="days")
    found = clock(1, "days", "2026-11-19T10:00", extensions=[more])
    assert found.due_at == at("2026-11-24T17:30")
    paused = clock(
        1, "days", "2026-11-19T10:00", extensions=[more],
        pauses=[Pause(since=at("2026-11-23T08:30"), until=at("2026-11-24T08:30"))],
    )  # fmt: skip
    assert paused.due_at == at("2026-11-25T17:30")


@pytest.mark.parametrize("amount", [0, -1, float("nan"), float("inf"), 4000])
def test_a_limit_of_nothing_or_less_or_without_end_is_refused(amount):
    with pytest.raises(InvalidInput, match="time limit"):
        Limit(amount=amount, unit="days")


def test_half_a_working_day_is_refused():
    with pytest.raises(InvalidInput, match="counted whole"):
        Limit(amount=0.5, unit="days")
    assert Limit(amount=0.5, unit="days", worked=False).span == 12 * HOUR


def test_a_pause_that_ends_before_it_begins_is_refused():
    with pytest.raises(InvalidInput, match="exchange"):
        Pause(since=at("2026-11-16T10:00"), until=at("2026-11-16T09:00"))
    with pytest.raises(InvalidInput, match="without its zone"):
        Pause(since=datetime(2026, 11, 16))  # noqa: DTZ001


@pytest.mark.parametrize("worked", [True, False])
def test_a_start_without_a_zone_is_refused(worked):
    with pytest.raises(InvalidInput, match="without its zone"):
        clock_of(
            Limit(amount=1, unit="days", worked=worked),
            datetime(2026, 11, 16),  # noqa: DTZ001
            workdays=OFFICE,
            yellow_share=0.8,
        )


@unhurried
@given(limits, moments, st.floats(0.05, 0.95), lengths, lengths)
def test_a_pause_never_makes_due_sooner_and_gives_back_all_it_took(
    limit, start, share, wait, length
):
    pause = Pause(since=start + wait, until=start + wait + length)
    plain = clock_of(limit, start, workdays=OFFICE, yellow_share=share)
    found = clock_of(limit, start, workdays=OFFICE, yellow_share=share, pauses=[pause])
    assert start <= plain.yellow_at <= plain.due_at <= found.due_at
    assert found.total == plain.total
    assert remaining(found, found.due_at, workdays=OFFICE) == timedelta(0)
    left = remaining(found, pause.since, workdays=OFFICE)
    assert remaining(found, pause.until, workdays=OFFICE) == left


@unhurried
@given(limits, moments, moments, lengths)
def test_what_remains_never_grows(limit, start, now, later):
    found = clock_of(limit, start, workdays=OFFICE, yellow_share=0.8)
    assert remaining(found, now + later, workdays=OFFICE) <= remaining(found, now, workdays=OFFICE)
    state = state_of_clock(found, max(now, start))
    left = remaining(found, max(now, start), workdays=OFFICE)
    assert (state == "late") >= (left < timedelta(0))
    assert (state == "ok") <= (left > timedelta(0))


@unhurried
@given(limits, st.lists(moments, min_size=1, max_size=5), st.floats(0.05, 0.95))
def test_many_cases_are_reckoned_as_each_by_itself(limit, starts, share):
    numbers = [(start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
               for start in starts]  # fmt: skip
    array = np.array([*numbers, -(2**63)], dtype="int64").view("M8[us]")
    yellow, due = moments_of_all(limit, array, workdays=OFFICE, yellow_share=share)
    assert np.isnat(yellow[-1])
    assert np.isnat(due[-1])
    for place, start in enumerate(starts):
        one = clock_of(limit, start, workdays=OFFICE, yellow_share=share)
        assert from_microseconds(int(due.astype("int64")[place])) == one.due_at
        assert from_microseconds(int(yellow.astype("int64")[place])) == one.yellow_at
