"""Clocks of cases that come in files: by the file's word, else by the city's limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, take

from geodata.cases.clocks import escalating
from geodata.cases.steps import store as steps
from geodata.exchange.importing import import_file

NOW = datetime.now(UTC)


def brought(database, folder, head, *rows):
    path = folder / "cases.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    import_file(database, ANNE, "cases", path, profile=PROFILE)
    with database.read() as connection:
        query = sa.text("select * from cases order by external_id")
        return [dict(row) for row in connection.execute(query).mappings()]


def test_without_a_word_of_the_file_the_citys_limits_hold_and_a_known_case_keeps_its_own(
    database, tmp_path
):
    head = "external_id,category,state,reported_at,title"
    at = NOW.isoformat()
    rows = [f"1,noise,reported,{at},夜", f"2,noise,closed,{at},夜"]
    one, two = brought(database, tmp_path, head, *rows)
    assert one["due_at"] > one["warn_at"] > NOW
    assert one["raise_at"] == one["due_at"]
    assert (two["due_at"], two["raise_at"]) == (None, None)
    longer = take(database, ANNE, one["id"], "extend", 0, amount=3, unit="days", reason="难").case
    again, _ = brought(database, tmp_path, head, f"1,noise,reported,{at},夜里")
    assert again["title"] == "夜里"
    assert again["due_at"] == longer["due_at"] > one["due_at"]


def test_a_case_of_a_file_is_raised_when_its_time_comes_but_not_if_it_was_late_already(
    database, tmp_path
):
    head = "external_id,category,state,reported_at,due_at,title"
    at, soon = (NOW - timedelta(days=3)).isoformat(), NOW + timedelta(hours=30)
    past = (NOW - timedelta(days=1)).isoformat()
    late, fresh = brought(
        database,
        tmp_path,
        head,
        f"1,noise,reported,{at},{past},旧",
        f"2,noise,reported,{at},{soon.isoformat()},新",
    )
    assert late["raise_at"] is None
    assert fresh["raise_at"] == fresh["due_at"] == soon
    assert escalating.raise_late(database, PROFILE, now=soon - timedelta(minutes=1)) == 0
    assert escalating.raise_late(database, PROFILE, now=soon + timedelta(minutes=1)) >= 1
    with database.read() as connection:
        kinds = [one["kind"] for one in steps.entries(connection, fresh["id"])]
        still = steps.columns(connection, fresh["id"], ["due_at"])
    assert "escalate" in kinds
    assert still["due_at"] == soon
