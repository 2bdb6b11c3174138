"""The rooms of the generated city are such as the room's own rules allow."""

from __future__ import annotations

import pytest

from geodata.demo.city import generate
from geodata.demo.rooms import rooms_of
from geodata.reach.rooms import room as rules


@pytest.fixture(scope="module")
def city():
    return generate(cases=0)


@pytest.fixture(scope="module")
def rooms(city):
    return rooms_of(city)


def test_the_same_city_has_the_same_rooms(city, rooms):
    assert [one.values for one in rooms_of(city)] == [one.values for one in rooms]
    assert 40 < len(rooms) < 200


def test_every_state_of_a_room_is_there(rooms):
    blank = dict.fromkeys(
        ("planned_m2", "accepted_on", "handed_on", "used_as", "accepted_m2", "handed_m2")
    )
    stages = {rules.stage({**blank, **one.values}) for one in rooms}
    assert stages == {"planned", "accepted", "handed_over", "used"}
    findings = [finding for one in rooms for finding, _ in one.findings]
    assert {"recovered", None} <= {one.get("outcome") for one in findings}
    today = max(one["found_on"] for one in findings)
    assert any(one.get("due_on") and one["due_on"] < today for one in findings)


def test_rooms_go_through_their_steps_as_the_rules_say(city, rooms):
    today = city.until.astimezone(city.profile.zone).date()
    owners = frozenset(one.key for one in city.profile.departments)
    columns = {name for step in rules.STEPS.values() for name in step}
    for one in rooms:
        rules.check_values(one.values, city.profile, today=today)
        state = dict.fromkeys(columns)
        for day, name, values in one.entries:
            assert day <= today
            if name != "enter":
                rules.check_step(rules.Step(name, values), state)
            state |= values
        for finding, course in one.findings:
            assert [day for day, _, _ in course] == sorted(day for day, _, _ in course)
            fault = rules.Fault(finding["kind"], finding["m2"], finding.get("owner"),
                                finding.get("due_on"), finding["found_on"])  # fmt: skip
            rules.check_fault(fault, {**state, **one.values}, owners)
            assert (finding.get("recovered_m2") or 0) <= finding["m2"]


def test_rooms_stand_in_compounds_of_the_city(city, rooms):
    now = city.compounds[city.compounds["ended"].isna()].set_index("code")
    for one in rooms:
        compound = now.loc[one.values["compound_code"]]
        assert compound["area_code"] == one.values["area_code"]
        west, south, east, north = compound.geometry.bounds
        assert west < one.point[0] < east
        assert south < one.point[1] < north
