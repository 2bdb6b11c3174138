"""Cases that are one trouble: joined, followed, parted; nothing lost, no ring, no deadlock."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.cases import opening, querying, streaming
from geodata.cases.filters import CaseFilter
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.map import rollups
from geodata.cases.steps import stepping
from geodata.cases.steps.stepping import Wanted
from geodata.cases.twins import joining, twinning
from geodata.cases.whistles import whistling
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound, WanggeError
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
ANNE = Actor(None, "Anne", "commander")
AT = datetime.now(UTC) - timedelta(days=2)


def reported(database, k=0, **more):
    told = {"title": "垃圾满溢", "description": "垃圾桶满溢多日未清运，异味明显"} | more
    return report(
        database,
        ANNE,
        PROFILE,
        Report(
            "environment", "snap", lon=118.35 + k * 1e-5, lat=35.05, reporter_name=f"反映人{k}",
            reported_at=AT + timedelta(hours=k), **told,
        ),
    ).case["id"]  # fmt: skip


def row(database, number):
    with database.read() as connection:
        query = sa.text(
            "select state, joined_to, reports, revision, closed_at, joined_state, mx"
            " from cases where id = :n"
        )
        return connection.execute(query, {"n": number}).one()


def revision(database, number):
    return row(database, number).revision


def join(database, leader, *others):
    return joining.join(
        database,
        ANNE,
        PROFILE,
        leader,
        revision(database, leader),
        {other: revision(database, other) for other in others},
    )


def part(database, number):
    return joining.part(database, ANNE, PROFILE, number, revision(database, number))


def take(database, number, kind, **more):
    wanted = Wanted(kind, revision(database, number), **more)
    return stepping.step(database, ANNE, PROFILE, number, wanted).case


def kinds(database, number):
    with database.read() as connection:
        query = sa.text("select kind from case_steps where case_id = :n order by id")
        return list(connection.execute(query, {"n": number}).scalars())


def test_joined_cases_follow_the_one_that_leads_and_end_with_it(database):
    a, b, c = (reported(database, k) for k in range(3))
    take(database, a, "file")
    assert join(database, a, b, c)["reports"] == 3
    assert [row(database, n).state for n in (b, c)] == ["filed", "filed"]
    assert [row(database, n).joined_to for n in (a, b, c)] == [None, a, a]
    take(database, a, "on_spot", reason="已清运")
    assert row(database, b).state == "closed"
    assert row(database, b).closed_at == row(database, a).closed_at
    assert kinds(database, b) == ["reported", "joined", "follow"]
    assert kinds(database, a) == ["reported", "file", "join", "on_spot"]


def test_the_map_shows_the_case_that_leads_and_the_ledger_stays_right(database):
    a, b = reported(database), reported(database, 1)
    join(database, a, b)
    assert row(database, a).mx is not None
    assert row(database, b).mx is None
    with database.begin() as tx:
        assert rollups.is_right(tx.connection)
    part(database, b)
    assert row(database, b).mx is not None
    with database.begin() as tx:
        assert rollups.is_right(tx.connection)


def test_a_step_with_a_joined_case_is_refused_and_the_leader_is_named(database):
    a, b = reported(database), reported(database, 1)
    join(database, a, b)
    with pytest.raises(Conflict) as refused:
        take(database, b, "file")
    assert refused.value.members["leader"] == a
    with pytest.raises(Conflict):
        join(database, b, reported(database, 2))


def test_a_parted_case_has_the_state_back_that_it_had_and_is_not_offered_again(database):
    a, b = reported(database), reported(database, 1)
    assert [one["id"] for one in twinning.kin_of(database, ANNE, PROFILE, a).twins] == [b]
    take(database, b, "file")
    join(database, a, b)
    assert twinning.kin_of(database, ANNE, PROFILE, a).twins == []
    assert [one["id"] for one in twinning.kin_of(database, ANNE, PROFILE, a).members] == [b]
    assert twinning.kin_of(database, ANNE, PROFILE, b).leader == a
    take(database, a, "on_spot", reason="已清运")
    alone = part(database, b)
    assert (alone["state"], alone["joined_to"], alone["closed_at"]) == ("filed", None, None)
    assert row(database, a).reports == 1
    assert twinning.kin_of(database, ANNE, PROFILE, b).twins == []
    with pytest.raises(Conflict):
        part(database, b)


def test_who_joins_a_case_that_leads_others_brings_them_along(database):
    a, b, c = (reported(database, k) for k in range(3))
    join(database, b, c)
    assert join(database, a, b)["reports"] == 3
    assert [row(database, n).joined_to for n in (b, c)] == [a, a]
    assert [row(database, n).reports for n in (b, c)] == [1, 1]


def test_a_case_with_departments_called_to_it_leads_or_is_left_alone(database):
    a, b = reported(database), reported(database, 1)
    department = PROFILE.departments[0].key
    whistling.whistle(database, ANNE, PROFILE, b, [department], reason="来看看")
    with pytest.raises(Conflict, match="Departments are called"):
        join(database, a, b)
    assert join(database, b, a)["reports"] == 2


@pytest.mark.parametrize("others", [{}, {10**12: 0}, {-1: 0}, dict.fromkeys(range(1, 200), 0)])
def test_what_cannot_be_joined_is_refused(database, others):
    a = reported(database)
    with pytest.raises((InvalidInput, NotFound)):
        joining.join(database, ANNE, PROFILE, a, 0, others)
    with pytest.raises(InvalidInput):
        joining.join(database, ANNE, PROFILE, a, 0, {a: 0})


def test_closed_cases_older_revisions_and_others_areas_are_refused(database):
    a, b = reported(database), reported(database, 1)
    with pytest.raises(NotAllowed):
        joining.join(
            database, Actor(None, "W", "worker", frozenset({"371"})), PROFILE, a, 0, {b: 0}
        )
    with pytest.raises(Conflict) as refused:
        joining.join(database, ANNE, PROFILE, a, 0, {b: 7})
    assert refused.value.members["case"]["id"] == b
    take(database, b, "on_spot", reason="好了")
    with pytest.raises(Conflict, match="closed"):
        join(database, a, b)
    assert row(database, a).reports == 1


def _sound(database, numbers):
    """No chain, no ring, every report counted once, every member in its leader's state."""
    rows = {n: row(database, n) for n in numbers}
    for one in rows.values():
        if one.joined_to is not None:
            assert rows[one.joined_to].joined_to is None
            assert rows[one.joined_to].state == one.state
            assert one.joined_state is not None
    leaders = [one for one in rows.values() if one.joined_to is None]
    assert sum(one.reports for one in leaders) == len(numbers)
    with database.read() as connection:
        query = sa.text("select count(*) from case_reporters where case_id = any(:n)")
        assert connection.execute(query, {"n": list(numbers)}).scalar_one() == len(numbers)


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_joining_parting_and_stepping_keeps_every_report_and_makes_no_ring(
    database, seed
):
    chance = random.Random(seed)  # noqa: S311 - no secret
    numbers = [reported(database, k) for k in range(6)]
    done = set()
    for _ in range(30):
        n, other = chance.sample(numbers, 2)
        act = chance.choice(("join", "join", "part", "step"))
        try:
            if act == "join":
                join(database, n, other)
            elif act == "part":
                part(database, n)
            else:
                take(database, n, chance.choice(("file", "on_spot", "reopen")), reason="是")
            done.add(act)
        except Conflict:
            pass
        _sound(database, numbers)
    assert done == {"join", "part", "step"}


def test_many_at_once_neither_wait_for_each_other_for_ever_nor_lose_a_report(database):
    numbers = [reported(database, k) for k in range(5)]

    def work(seed):
        chance = random.Random(seed)  # noqa: S311 - no secret
        told = []
        for _ in range(12):
            n, other = chance.sample(numbers, 2)
            try:
                match chance.choice(("join", "part", "step")):
                    case "join":
                        join(database, n, other)
                    case "part":
                        part(database, n)
                    case _:
                        take(database, n, "file")
            except Conflict as error:
                told.append(str(error))
            except WanggeError as error:  # anything else is a fault
                return [f"{type(error).__name__}: {error}"]
        return told

    with ThreadPoolExecutor(4) as pool:
        for told in pool.map(work, range(4)):
            assert not [one for one in told if ":" in one.split(" ")[0]]
            assert "Somebody else changed the same records just now; try again." not in told
    _sound(database, numbers)


def test_joined_cases_count_once_as_cases_and_each_as_a_report(database):
    a, b, c = (reported(database, k, external_id=f"T{k}") for k in range(3))
    join(database, a, c)
    nobody = CaseFilter()
    found = querying.summary(database, ANNE, PROFILE, nobody)
    assert (found.all_cases, found.reports, found.open) == (2, 3, 2)
    assert {one["id"] for one in querying.list_cases(database, ANNE, PROFILE, nobody).cases} == {
        a,
        b,
    }
    # A ticket is found by its number whatever it was joined to.
    by_number = querying.list_cases(database, ANNE, PROFILE, CaseFilter(words="T2"))
    assert [one["id"] for one in by_number.cases] == [c]
    opened = opening.open_case(database, ANNE, PROFILE, a)
    assert [one["name"] for one in opened["reporters"]] == ["反映人0", "反映人2"]
    told = json.loads(streaming.events(database, 0)[-1].data)
    assert told["case"]["id"] == a
    assert {json.loads(one.data)["case"]["joined_to"] for one in streaming.events(database, 0)} == {
        None,
        a,
    }
