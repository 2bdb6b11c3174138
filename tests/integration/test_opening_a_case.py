"""What somebody sees who opens a case: by role, by area, with what stands round it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, TOLD, WEI, take

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.cases.incoming.reporting import report
from geodata.cases.opening import open_case
from geodata.errors import NotFound

VIEWER = Actor(None, "Guest", "viewer")
NAMED = replace(TOLD, reporter_name="王女士", reporter_telephone="13900000000")


def new(database, **values):
    return report(database, WEI, PROFILE, replace(NAMED, **values)).case["id"]


def readings(database, number):
    query = sa.text(
        "select count(*) from audit where action = 'read_personal' and subject = :subject"
    )
    with database.read() as connection:
        return connection.execute(query, {"subject": f"cases/{number}"}).scalar_one()


def test_who_is_on_duty_sees_texts_reasons_and_reporters_and_the_reading_is_kept(database):
    number = new(database)
    take(database, ANNE, number, "on_spot", 0, reason="打电话给王女士核实，已停工")
    found = open_case(database, ANNE, PROFILE, number)
    assert found["personal"]
    assert found["case"]["title"] == "夜间施工"
    assert [one["telephone"] for one in found["reporters"]] == ["13900000000"]
    assert [(one["kind"], one["actor"]) for one in found["steps"]] == [
        ("reported", "Wei"),
        ("on_spot", "Anne"),
    ]
    assert found["next"] == ["reopen"]
    assert readings(database, number) == 1


@pytest.mark.parametrize(
    "stranger", [VIEWER, Actor(None, "Far", "worker", frozenset({"999999"}))], ids=["role", "area"]
)
def test_who_is_not_sees_that_it_was_done_but_not_a_word(database, stranger):
    number = new(database)
    take(database, ANNE, number, "on_spot", 0, reason="打电话给王女士核实，已停工")
    found = open_case(database, stranger, PROFILE, number)
    assert "王女士" not in repr(found)
    assert "13900000000" not in repr(found)
    assert "夜间施工" not in repr(found)
    assert [one["kind"] for one in found["steps"]] == ["reported", "on_spot"]
    assert found["next"] == []
    assert len(found["reporters"]) == 1
    assert readings(database, number) == 0


def test_near_cases_are_those_of_the_place_and_the_days_the_nearest_first(database):
    number = new(database)
    hundred = new(database, lon=118.35, lat=35.05 + 100 / 111_195)
    fifty = new(database, lon=118.35 + 50 / 91_030, lat=35.05)
    new(database, lon=118.35, lat=35.05 + 160 / 111_195)
    new(database, lon=118.351, lat=35.05, reported_at=datetime.now(UTC) - timedelta(days=8))
    found = open_case(database, ANNE, PROFILE, number)["near"]
    assert [one["id"] for one in found] == [fifty, hundred]
    assert [one["metres"] for one in found] == pytest.approx([50, 100], abs=1)


def test_a_case_without_a_place_has_none_near(database):
    number = new(database, lon=None, lat=None, address="盛庄街道幸福小区")
    assert open_case(database, ANNE, PROFILE, number)["near"] == []


def test_whom_it_may_go_to_begins_with_the_smallest_duty_and_telephones_are_for_colleagues(
    database,
):
    number = new(database)
    root = Actor.terminal()
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "insert into areas (code, name, level, parent_code, held, geom)"
                " values ('371300', '示范区', 'county', null, tstzrange(null, null), :geom),"
                " ('371300001', '盛庄', 'street_office', '371300', tstzrange(null, null), :geom)"
            ),
            {"geom": "SRID=4326;MULTIPOLYGON(((118 35,119 35,119 36,118 36,118 35)))"},
        )
        tx.connection.execute(
            sa.text("update cases set area_code = '371300001', grid_code = '371300001001'")
        )
    for name, areas in (
        ("county", ["371300"]), ("grid", ["371300001001"]), ("far", ["999"]), ("free", []),
        ("street", ["371300001"]),
    ):  # fmt: skip
        known = {"areas": areas} if areas in ([], ["371300"], ["371300001"]) else {}
        user = add_user(database, root, name, role="worker", **known)
        with database.begin() as tx:
            tx.connection.execute(
                sa.text("update users set areas = :areas, telephone = '0539-1' where id = :id"),
                {"areas": areas, "id": user.id},
            )
    people = open_case(database, ANNE, PROFILE, number)["people"]
    assert [one["name"] for one in people] == ["grid", "street", "county", "free", "far"]
    assert [one["duty"] for one in people[:4]] == ["371300001001", "371300001", "371300", None]
    assert [one["elsewhere"] for one in people] == [False, False, False, False, True]
    assert people[0]["telephone"] == "0539-1"
    seen = open_case(database, VIEWER, PROFILE, number)["people"]
    assert {one["telephone"] for one in seen} == {None}


@pytest.mark.parametrize("number", [-1, 0, 10**30, 404])
def test_a_number_that_no_case_has_is_said(database, number):
    with pytest.raises(NotFound):
        open_case(database, ANNE, PROFILE, number)
