"""Days worked in mainland China, office hours, and what is due after so much of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import feasts
from geodata import workdays as module
from geodata.errors import InvalidInput
from geodata.profiles import load_profile
from geodata.workdays import LAST_YEAR, Season, Workdays, announced_years, statutory_days

LINYI = ZoneInfo("Asia/Shanghai")
CHICAGO = ZoneInfo("America/Chicago")
OFFICE = Workdays(zone=LINYI)
NIGHTS = Workdays(zone=CHICAGO, hours=((0, 150), (165, 300), (1320, 1440)), holidays="none")
"""Shifts that lie on the hour in which Chicago's clocks change."""
SEASONS = Workdays(
    zone=LINYI,
    seasons=(Season(since=(6, 1), until=(9, 30), hours=((510, 720), (870, 1080))),),
    own={date(2026, 7, 4): True, date(2026, 7, 6): False},
)
OFFICES = [OFFICE, NIGHTS, SEASONS]
MICROSECOND = timedelta(microseconds=1)

unhurried = settings(deadline=None)
"""The first call makes the table of its years."""
moments = st.datetimes(
    datetime(2019, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2031, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
spans = st.integers(0, 400 * 3600 * 10**6).map(lambda number: number * MICROSECOND)
offices = st.sampled_from(OFFICES)


def at(text):
    """A moment by the wall clock of Linyi."""
    return datetime.fromisoformat(text).replace(tzinfo=LINYI)


# --- days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"),
     ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
     ("2026-10-01", "2026-10-07")],
)  # fmt: skip
def test_the_holidays_of_2026_are_off_and_end_where_the_notice_says(first, last):
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    off = [begin + timedelta(days=day) for day in range((end - begin).days + 1)]
    assert not any(OFFICE.is_worked(day) for day in off)
    following = end + timedelta(days=1)
    assert OFFICE.is_worked(following)


@pytest.mark.parametrize(
    "day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
)
def test_the_weekend_days_given_for_the_holidays_of_2026_are_worked(day):
    weekend = date.fromisoformat(day)
    assert weekend.weekday() > 4
    assert OFFICE.is_worked(weekend)


def test_2026_has_as_many_days_off_as_the_law_gives():
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    weekdays = sum(day.weekday() < 5 for day in days)
    assert sum(OFFICE.is_worked(day) for day in days) == weekdays - 13


def test_the_law_gives_2027_its_days_off_and_those_for_the_weekend():
    off = statutory_days(2027)
    assert {date(2027, 1, 1), date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15)} <= off
    spring = [date(2027, 2, day) for day in range(5, 11)]  # 除夕 is the 5th, a Friday
    assert [day for day in sorted(off) if day.month == 2] == spring
    october = [date(2027, 10, day) for day in range(1, 6)]
    assert [day for day in sorted(off) if day.month == 10] == october


@pytest.mark.parametrize("year", range(2025, LAST_YEAR + 1))
def test_the_law_gives_thirteen_weekdays_off_in_any_year(year):
    assert sum(day.weekday() < 5 for day in statutory_days(year)) == 13


def test_a_year_not_announced_yet_is_worked_out_and_said_to_be_unsure(monkeypatch):
    monkeypatch.setattr(module, "announced_years", lambda: (2004, 2026))
    office = Workdays(zone=LINYI, own={date(2027, 2, 20): True})
    assert not office.is_worked(date(2027, 2, 8))
    assert office.is_worked(date(2027, 2, 11))
    assert not office.is_worked(date(2027, 10, 9))
    assert not office.is_sure(date(2027, 3, 1))
    assert office.is_sure(date(2027, 2, 20))
    assert office.is_sure(date(2026, 12, 31))
    assert office.unsure_years(at("2026-12-20T09:00"), at("2027-12-31T23:59")) == (2027,)
    assert office.unsure_years(at("2026-12-20T09:00"), at("2026-12-31T23:59")) == ()
    due = office.add_days(at("2026-12-30T10:00"), 2)
    assert due == at("2027-01-04T17:30")


def test_the_year_in_which_we_are_is_announced():
    first, last = announced_years()
    assert first <= 2004
    assert last >= 2026


def test_the_operators_own_day_wins_over_the_notice():
    office = Workdays(zone=LINYI, own={date(2026, 10, 1): True, date(2026, 10, 10): False})
    assert office.is_worked(date(2026, 10, 1))
    assert office.hours_of(date(2026, 10, 1)) == ((510, 720), (810, 1050))
    assert not office.is_worked(date(2026, 10, 10))
    assert office.add_days(at("2026-09-30T09:00"), 1) == at("2026-10-01T17:30")


def test_a_city_without_announced_days_has_weekends_alone():
    office = load_profile("city").working.workdays(CHICAGO)
    assert office.is_worked(date(2026, 10, 1))
    assert not office.is_worked(date(2026, 10, 10))
    assert office.is_sure(date(2040, 1, 1))
    assert office.hours_of(date(2026, 10, 1)) == ((540, 1020),)


def test_a_season_over_new_year_has_its_own_hours():
    winter = Season(since=(11, 1), until=(2, 29), hours=((540, 960),))
    office = Workdays(zone=LINYI, seasons=(winter,))
    assert office.hours_of(date(2026, 12, 31)) == ((540, 960),)
    assert office.hours_of(date(2026, 1, 5)) == ((540, 960),)
    assert office.hours_of(date(2026, 3, 2)) == ((510, 720), (810, 1050))
    assert office.hours_of(date(2026, 10, 31)) == ()


# --- hours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-16T09:00", 2, "2026-11-16T11:00"),
        ("2026-11-16T11:00", 2, "2026-11-16T14:30"),
        ("2026-11-16T12:30", 1, "2026-11-16T14:30"),
        ("2026-11-16T06:00", 1, "2026-11-16T09:30"),
        ("2026-11-16T08:30", 7.5, "2026-11-16T17:30"),
        ("2026-11-20T23:50", 1, "2026-11-23T09:30"),
        ("2026-11-20T16:30", 2, "2026-11-23T09:30"),
        ("2026-02-13T17:00", 2, "2026-02-14T10:00"),
        ("2026-02-14T17:00", 2, "2026-02-24T10:00"),
        ("2026-10-03T15:00", 7.5, "2026-10-08T17:30"),
        ("2026-10-09T17:00", 1, "2026-10-10T09:00"),
    ],
)
def test_hours_run_while_the_office_is_open(start, hours, due):
    found = OFFICE.add_worked(at(start), timedelta(hours=hours))
    assert found == at(due)
    assert found.tzinfo is LINYI
    assert OFFICE.worked_between(at(start), at(due)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-16T09:00", 1, "2026-11-17T17:30"),
        ("2026-11-20T23:50", 1, "2026-11-23T17:30"),
        ("2026-11-19T10:00", 3, "2026-11-24T17:30"),
        ("2026-11-21T10:00", 1, "2026-11-23T17:30"),
        ("2026-02-13T09:00", 1, "2026-02-14T17:30"),
        ("2026-02-13T23:50", 3, "2026-02-25T17:30"),
        ("2026-09-30T16:00", 2, "2026-10-09T17:30"),
        ("2026-10-02T16:00", 3, "2026-10-10T17:30"),
    ],
)
def test_working_days_end_with_the_office_hours_of_the_last(start, days, due):
    assert OFFICE.add_days(at(start), days) == at(due)
    assert OFFICE.worked_days_between(at(start), at(due)) == days


def test_the_day_is_that_of_the_city_and_not_of_utc():
    late_on_friday = datetime(2026, 11, 20, 15, 50, tzinfo=UTC)
    early_on_saturday = datetime(2026, 11, 20, 16, 10, tzinfo=UTC)
    assert OFFICE.day_of(late_on_friday) == date(2026, 11, 20)
    assert OFFICE.worked_days_between(late_on_friday, early_on_saturday) == 0
    assert OFFICE.worked_days_between(early_on_saturday, at("2026-11-23T00:00")) == 1


def test_an_office_that_never_closes_ends_its_days_before_midnight():
    office = Workdays(zone=LINYI, hours=((0, 1440),))
    due = office.add_days(at("2026-11-20T23:50"), 1)
    assert due == at("2026-11-23T23:59:59.999999")
    assert office.add_days(due, 1) == at("2026-11-24T23:59:59.999999")


def test_nights_of_a_changing_clock_are_as_long_as_they_were():
    spring = [datetime(2026, 3, day, 12, tzinfo=CHICAGO) for day in (7, 8)]
    autumn = [datetime(2026, 10, day, 12, tzinfo=CHICAGO) for day in (31,)] + [
        datetime(2026, 11, 1, 12, tzinfo=CHICAGO)
    ]
    own = {date(2026, 3, 7): True, date(2026, 3, 8): True}
    own |= {date(2026, 10, 31): True, date(2026, 11, 1): True}
    whole = Workdays(zone=CHICAGO, hours=((0, 1440),), holidays="none", own=own)
    assert whole.worked_between(*spring) == timedelta(hours=23)
    assert whole.worked_between(*autumn) == timedelta(hours=25)
    due = whole.add_worked(spring[0], timedelta(hours=23))
    assert due == spring[1]


def test_an_office_day_keeps_its_hours_by_the_wall_clock_through_the_year():
    office = load_profile("city").working.workdays(CHICAGO)
    for month in range(1, 13):
        start = datetime(2026, month, 10, 20, tzinfo=CHICAGO)
        due = office.add_days(start, 5)
        assert (due.hour, due.minute) == (17, 0)


# --- whatever the times are ------------------------------------------------------------------


@unhurried
@given(offices, moments, spans, spans)
def test_adding_twice_is_adding_the_sum(office, start, one, other):
    twice = office.add_worked(office.add_worked(start, one), other)
    at_once = office.add_worked(start, one + other)
    assert twice == at_once


@unhurried
@given(offices, moments, st.integers(0, 60), st.integers(0, 60))
def test_adding_days_twice_is_adding_their_sum(office, start, one, other):
    assert office.add_days(office.add_days(start, one), other) == office.add_days(
        start, one + other
    )


@unhurried
@given(offices, moments, spans)
def test_measuring_gives_back_what_was_added(office, start, worked):
    due = office.add_worked(start, worked)
    assert due >= start
    assert office.worked_between(start, due) == worked
    assert office.worked_between(due, start) == -worked
    if worked:
        assert office.worked_between(start, due - MICROSECOND) < worked


@unhurried
@given(offices, moments, st.integers(0, 60))
def test_counting_gives_back_the_days_that_were_added(office, start, days):
    due = office.add_days(start, days)
    assert due >= start
    assert office.worked_days_between(start, due) == days


@unhurried
@given(offices, moments, moments, spans, spans)
def test_later_or_longer_is_never_due_sooner(office, one, other, span, more):
    first, second = sorted((one, other))
    assert office.add_worked(first, span) <= office.add_worked(second, span)
    assert office.add_worked(one, span) <= office.add_worked(one, span + more)
    assert office.add_days(first, 3) <= office.add_days(second, 3)


@unhurried
@given(offices, moments, moments, moments)
def test_what_is_worked_adds_up(office, one, two, three):
    parts = office.worked_between(one, two) + office.worked_between(two, three)
    assert parts == office.worked_between(one, three)
    assert abs(office.worked_between(one, two)) <= abs(two - one)


def by_hand(office, since, until):
    """The worked minutes between two whole minutes, each looked at by itself."""
    minute, count = since, 0
    while minute < until:
        wall = minute.astimezone(office.zone)
        at_minute = wall.hour * 60 + wall.minute
        hours = office.hours_of(wall.date())
        count += any(begin <= at_minute < end for begin, end in hours)
        minute += timedelta(minutes=1)
    return count


@settings(max_examples=25, deadline=None)
@given(moments, st.integers(0, 4 * 1440))
def test_measuring_is_counting_the_minutes(start, minutes):
    since = start.replace(second=0, microsecond=0)
    until = since + timedelta(minutes=minutes)
    for office in (OFFICE, SEASONS):
        assert office.worked_between(since, until) == timedelta(
            minutes=by_hand(office, since, until)
        )


# --- many, and what is refused ---------------------------------------------------------------


@pytest.mark.parametrize("office", OFFICES)
def test_many_at_once_are_as_each_by_itself(office):
    rng = np.random.default_rng(4)
    starts = np.datetime64("2024-01-01", "us") + rng.integers(0, 10**14, 200).astype("m8[us]")
    hours = rng.integers(0, 200, 200)
    days = rng.integers(0, 30, 200)
    by_hours = office.add_worked_all(starts, hours.astype("m8[h]"))
    by_days = office.add_days_all(starts, days)
    spent = office.worked_between_all(starts, by_days)
    for place, number in enumerate(starts.astype("int64")):
        start = module.from_microseconds(int(number))
        one = office.add_worked(start, timedelta(hours=int(hours[place])))
        other = office.add_days(start, int(days[place]))
        assert module.from_microseconds(int(by_hours.astype("int64")[place])) == one
        assert module.from_microseconds(int(by_days.astype("int64")[place])) == other
        assert int(spent.astype("int64")[place]) * MICROSECOND == office.worked_between(
            start, other
        )


def test_what_has_no_time_stays_without():
    starts = np.array(["NaT", "2026-11-20T15:50"], dtype="M8[us]")
    assert list(np.isnat(OFFICE.add_worked_all(starts, np.timedelta64(1, "h")))) == [True, False]
    assert list(np.isnat(OFFICE.add_days_all(starts, 1))) == [True, False]
    assert list(np.isnat(OFFICE.worked_between_all(starts, starts[::-1]))) == [True, True]
    nothing = starts[:1]
    assert np.isnat(OFFICE.add_days_all(nothing, 1)).all()
    assert OFFICE.add_worked_all(starts[:0], np.timedelta64(1, "h")).size == 0


def test_times_without_a_zone_are_refused():
    with pytest.raises(InvalidInput, match="without its zone"):
        OFFICE.add_worked(datetime(2026, 1, 1), timedelta(hours=1))  # noqa: DTZ001


def test_less_than_nothing_is_not_added():
    with pytest.raises(InvalidInput, match="zero or more"):
        OFFICE.add_worked(at("2026-11-16T09:00"), timedelta(hours=-1))
    with pytest.raises(InvalidInput, match="zero or more"):
        OFFICE.add_days(at("2026-11-16T09:00"), -1)


def test_beyond_the_calendar_is_refused_and_not_guessed():
    with pytest.raises(InvalidInput, match="from 1990 to 2099"):
        OFFICE.add_days(at("2026-11-16T09:00"), 30_000)
    with pytest.raises(InvalidInput, match="from 1990 to 2099"):
        OFFICE.add_days(at("0001-01-02T09:00"), 1)
    with pytest.raises(InvalidInput, match="from 1990 to 2099"):
        OFFICE.is_worked(date(2100, 1, 1))
    with pytest.raises(TypeError, match="a day is wanted"):
        OFFICE.is_worked(at("2026-11-16T09:00"))


@pytest.mark.parametrize("hours", [(), ((720, 510),), ((510, 720), (700, 1050)), ((0, 1441),)])
def test_hours_that_cannot_be_worked_are_refused(hours):
    with pytest.raises(ValueError, match="working hours"):
        Workdays(zone=LINYI, hours=hours)


@pytest.mark.parametrize(
    ("day", "announced", "name"),
    [
        (date(2026, 2, 17), True, "Spring Festival"),
        (date(2026, 2, 14), True, "Spring Festival"),  # a Saturday worked for it
        (date(2026, 3, 10), True, ""),
        (date(2015, 9, 3), True, "Victory Day"),
        (date(2027, 10, 1), False, "National Day"),
        (date(2027, 2, 9), False, feasts.IN_PLACE),
        (date(2027, 6, 12), False, ""),
    ],
)
def test_a_day_off_says_for_which_feast_it_is(day, announced, name):
    assert feasts.name_of(day, announced=announced) == name
    assert name in {"", *feasts.NAMES}
