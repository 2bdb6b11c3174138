"""Which cases are offered as one trouble."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from geodata.cases.twins.likeness import Told, likely
from geodata.profiles.twins import Twins

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
BOUNDS = Twins()
CASE = Told(1, "environment", AT, "垃圾满溢", "垃圾桶满溢多日未清运，异味明显", "康馨新村3号楼")


def other(**more):
    told = {"id": 2, "category": "environment", "reported_at": AT + timedelta(hours=5)}
    told |= {"title": "垃圾没人清", "description": "垃圾桶满了几天没人清运，异味大", "metres": 20.0}
    return Told(**(told | more))


def test_the_same_trouble_in_other_words_nearby_is_offered_with_its_reasons():
    (twin,) = likely(CASE, [other()], BOUNDS)
    assert (twin.id, twin.metres, twin.hours, twin.same_category) == (2, 20.0, 5.0, True)
    assert twin.words is not None
    assert twin.words > 0.2
    assert twin.score >= BOUNDS.least


@pytest.mark.parametrize(
    "more",
    [
        {"metres": 61.0},
        {"reported_at": AT - timedelta(hours=73)},
        {"title": "夜间施工", "description": "工地凌晨打桩，无法入睡", "category": "noise"},
        {"title": "电梯停运", "description": "电梯多次停运，老人上下楼困难"},
    ],
)
def test_what_is_far_long_ago_or_of_something_else_is_not_offered(more):
    assert likely(CASE, [other(**more)], BOUNDS) == []


def test_a_case_is_never_its_own_twin_and_at_most_five_are_offered_the_likeliest_first():
    many = [other(id=k, metres=float(k)) for k in range(2, 20)]
    found = likely(CASE, [CASE, *many], BOUNDS)
    assert len(found) == 5
    assert [twin.score for twin in found] == sorted((t.score for t in found), reverse=True)


def test_cases_without_a_place_are_compared_by_their_addresses():
    same = other(metres=None, address="康馨新村3号楼2单元")
    assert [twin.metres for twin in likely(CASE, [same], BOUNDS)] == [None]
    assert likely(CASE, [other(metres=None, address="银杏花园")], BOUNDS) == []


def test_silent_cases_are_offered_only_where_place_time_and_kind_agree():
    silent = Told(1, "parking", AT)
    near = Told(2, "parking", AT, metres=5.0)
    assert [twin.words for twin in likely(silent, [near], BOUNDS)] == [None]
    assert likely(silent, [Told(2, "noise", AT, metres=5.0)], BOUNDS) == []


def test_the_shared_address_alone_makes_no_words_alike():
    long = "示范区老城街道春馨社区康馨新村3号楼2单元门口"
    case = Told(1, "noise", AT, "", f"{long}夜间施工吵闹", long)
    far = Told(2, "noise", AT, "", f"{long}井盖松动异响", long, metres=50.0)
    assert likely(case, [far], BOUNDS) == []
