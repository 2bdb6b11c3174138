"""What is open at an hour, on workdays, Sundays and feasts."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trying import tries

from geodata.profiles import load_profile
from geodata.reach.coverage.hours import is_feast, opening
from geodata.workdays import Workdays

PROFILE = load_profile("linyi")
CITY = PROFILE.working.workdays(PROFILE.zone)


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=PROFILE.zone)


THURSDAY = at(2026, 11, 19, 19)
SUNDAY = at(2026, 11, 22, 19)
NATIONAL_DAY = at(2026, 10, 1, 19)
MADE_UP = at(2026, 10, 10, 19)
"""A Saturday that is worked for the National Day."""


def state(hours: str | None, moment: datetime, workdays: Workdays = CITY) -> str:
    return opening([hours], moment, workdays).states[0]


@pytest.mark.parametrize(
    ("hours", "thursday", "sunday", "feast"),
    [
        ("Mo-Su 08:00-20:00", "open", "open", "open"),
        ("Mo-Su 08:00-20:00; PH off", "open", "open", "closed"),
        ("Mo-Fr 09:00-21:00; PH off", "open", "closed", "closed"),
        ("Mo-Fr 08:30-18:00", "closed", "closed", "closed"),
        ("Su,PH 18:00-20:00", "closed", "open", "open"),
        ("PH 10:00-20:00", "closed", "closed", "open"),
        ("24/7", "open", "open", "open"),
        ("Fr 19:00-21:00", "closed", "closed", "closed"),
    ],
)
def test_hours_hold_by_the_day_and_by_the_feast(hours, thursday, sunday, feast):
    assert state(hours, THURSDAY) == thursday
    assert state(hours, SUNDAY) == sunday
    assert state(hours, NATIONAL_DAY) == feast


def test_a_minute_decides():
    hours = "Mo-Fr 08:30-12:00,13:30-17:30"
    day = [THURSDAY.replace(hour=hour, minute=minute) for hour, minute in ((8, 29), (8, 30))]
    assert [state(hours, one) for one in day] == ["closed", "open"]
    assert state(hours, THURSDAY.replace(hour=12)) == "closed"


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (None, "unstated"),
        ("", "unstated"),
        ("   ", "unstated"),
        ("早八点到晚八点", "unreadable"),
        ("Mo-Fr 25:00-27:00 oder so", "unreadable"),
        ("Mo-Su 08:00-20:00 unknown", "uncertain"),
        ("Mo-Su 08:00-20:00; SH off", "uncertain"),
    ],
)
def test_what_is_not_known_is_told_with_its_reason_and_is_not_open(hours, reason):
    found = opening([hours, "24/7"], THURSDAY, CITY)
    assert found.states == ("unknown", "open")
    assert found.reasons == (reason, "")
    assert found.counting().tolist() == [False, True]
    assert found.counting(unknown_is_open=True).tolist() == [True, True]


def test_a_word_in_a_remark_is_no_holiday():
    assert state('Mo-Su 08:00-20:00 "not on PH or SH"', NATIONAL_DAY) == "open"


def test_a_saturday_worked_for_a_feast_is_no_feast_and_stays_a_saturday():
    found = opening(["Mo-Fr 08:00-20:00", "Sa 18:00-20:00; PH off"], MADE_UP, CITY)
    assert found.states == ("closed", "open")
    assert (found.is_feast, found.is_worked) == (False, True)


def test_the_days_of_the_operator_go_before_the_calendar():
    own = {date(2026, 11, 19): False, date(2026, 10, 1): True}
    city = PROFILE.working.workdays(PROFILE.zone, own=own)
    assert state("Mo-Su 08:00-20:00; PH off", THURSDAY, city) == "closed"
    assert state("Mo-Su 08:00-20:00; PH off", NATIONAL_DAY, city) == "open"


def test_a_night_that_began_on_a_feast_follows_the_feast():
    second = at(2026, 1, 2, 1)
    day_after = at(2026, 1, 4, 1)
    assert is_feast(date(2026, 1, 3), CITY)
    assert not is_feast(date(2026, 1, 4), CITY)
    assert state("PH 20:00-02:00", second) == "open"
    assert state("PH 20:00-02:00", day_after) == "open"
    assert state("PH 20:00-02:00", at(2026, 1, 5, 1)) == "closed"


def test_a_city_without_feasts_has_only_the_operators():
    city = Workdays(zone=PROFILE.zone, holidays="none", own={date(2026, 7, 3): False})
    assert state("Mo-Su 08:00-20:00; PH off", NATIONAL_DAY, city) == "open"
    assert state("Mo-Su 08:00-20:00; PH off", at(2026, 7, 3, 19), city) == "closed"
    assert not is_feast(date(2026, 11, 22), city)


def test_a_year_that_is_not_announced_goes_by_the_law():
    assert is_feast(date(2031, 10, 1), CITY)
    assert not is_feast(date(2031, 10, 12), CITY)


@settings(max_examples=tries(60), deadline=None)
@given(
    hours=st.text(alphabet='MoTuWeThFrSaSuPHSH 0123456789:-,;+off"[]|JanOct周', max_size=40),
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    hour=st.integers(0, 23),
)
def test_whatever_is_written_has_a_state_and_a_reason_where_it_is_unknown(hours, day, hour):
    found = opening([hours], at(day.year, day.month, day.day, hour), CITY)
    assert found.states[0] in {"open", "closed", "unknown"}
    assert (found.states[0] == "unknown") == bool(found.reasons[0])
