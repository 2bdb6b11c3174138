"""Which cases are meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from geodata.cases.filters import CaseFilter, box, hours, moment
from geodata.errors import InvalidInput

SHANGHAI = "Asia/Shanghai"


def test_a_day_begins_and_ends_at_local_midnight() -> None:
    assert moment("2026-06-01", SHANGHAI) == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert moment("2026-06-01", SHANGHAI, end=True) == datetime(2026, 6, 1, 16, tzinfo=UTC)


def test_a_day_has_25_hours_where_the_clocks_go_back() -> None:
    first = moment("2026-10-25", "Europe/Berlin")
    last = moment("2026-10-25", "Europe/Berlin", end=True)
    assert (last.astimezone(UTC) - first.astimezone(UTC)).total_seconds() == 25 * 3600


def test_a_time_keeps_its_zone_and_a_bare_one_is_local() -> None:
    eight = datetime(2026, 6, 1, tzinfo=UTC)
    assert moment("2026-06-01T00:00:00Z", SHANGHAI) == eight
    assert moment("2026-06-01T08:00:00", SHANGHAI) == eight
    assert moment("2026-06-01T08:00:00+08:00", SHANGHAI) == eight
    assert moment("2026-06-01T08:00:00 08:00", SHANGHAI) == eight  # a plus that a URL ate


@pytest.mark.parametrize(
    "text", ["", "today", "2026-13-01", "2026-02-30", "1", "0001-01-01T00:00:00+14:00", "١٢٣٤"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        moment(text, SHANGHAI)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    later, sooner = moment("2026-06-02", SHANGHAI), moment("2026-06-01", SHANGHAI)
    with pytest.raises(InvalidInput):
        CaseFilter(since=later, until=sooner)


def test_a_box_is_west_south_east_north() -> None:
    assert box("118.3,35,118.4,35.1") == (118.3, 35.0, 118.4, 35.1)


@pytest.mark.parametrize(
    "text", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "2,1,1,2", "0,0,nan,1", "0,0,inf,1", "0,0,181,1"]
)
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        box(text)


def test_hours_are_a_first_and_a_last() -> None:
    assert hours("8-11") == (8, 11)
    assert hours("23-23") == (23, 23)


@pytest.mark.parametrize("text", ["8", "11-8", "8-24", "-1-3", "a-b", "²-3", "8-9-10"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        hours(text)
