"""Cases that are one trouble: joined, followed, parted; nothing lost, no ring, no deadlock."""

from __future__ import annotations

import io
import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from geodata.accounts import Actor
from geodata.cases import opening, querying, streaming
from geodata.cases.clocks import calendar, reckoning
from geodata.cases.filters import CaseFilter
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.map import rollups
from geodata.cases.photos import adding
from geodata.cases.photos.keeping import Album
from geodata.cases.photos.reading import read
from geodata.cases.reviews import deciding
from geodata.cases.steps import stepping
from geodata.cases.steps import store as steps
from geodata.cases.steps.stepping import Wanted
from geodata.cases.twins import joining, twinning
from geodata.cases.whereabouts import placing
from geodata.cases.whereabouts.placing import Choice
from geodata.cases.whistles import whistling
from geodata.cases.whistles.whistling import Act
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound, WanggeError
from geodata.profiles import load_profile
from geodata.settings import Settings

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


def _true_to_their_entries(database, numbers):
    """The clocks that are stored are those that the entries say."""
    with database.read() as connection:
        workdays = calendar.workdays(connection, PROFILE)
        for number in numbers:
            case = steps.columns(connection, number, (*reckoning.READ, "stage_since"))
            entries = steps.entries(connection, number)
            said = reckoning.reckon(case, entries, profile=PROFILE, workdays=workdays)
            assert {name: case[name] for name in said} == said
            course = reckoning.course_of(case, entries, profile=PROFILE)
            assert course.stage_since == case["stage_since"]


def _verbs(database, number):
    """All that somebody may do with one case, but joining and parting."""
    seen = revision(database, number)
    now = datetime.now(UTC)

    def wanted(kind, **more):
        return stepping.step(database, ANNE, PROFILE, number, Wanted(kind, seen, **more))

    def called(kind, **more):
        calls = whistling.calls_of(database, ANNE, PROFILE, number)["calls"]
        call = calls[-1]["id"] if calls else 2**40
        return whistling.act(database, ANNE, PROFILE, number, call, Act(kind, **more))

    def whistle():
        return whistling.whistle(database, ANNE, PROFILE, number, ["police"], reason="来看看")

    def place():
        return placing.place(database, ANNE, PROFILE, number, Choice(seen, lon=118.36, lat=35.06))

    def photograph():
        out = io.BytesIO()
        Image.new("RGB", (32, 32), (seen % 256, 9, number % 256)).save(out, "JPEG")
        album = Album(Settings().data_dir, (read(out.getvalue(), zone=PROFILE.zone),))
        return adding.add_photos(database, ANNE, number, phase="before", album=album)

    def decide():
        made = deciding.Decision(now.date(), "尽快办", "李主任")
        return deciding.decide(database, ANNE, PROFILE, number, made)

    return {
        "file": lambda: wanted("file"),
        "on_spot": lambda: wanted("on_spot", reason="已清运"),
        "reopen": lambda: wanted("reopen", reason="又有了"),
        "note": lambda: wanted("note", reason="看过了"),
        "pause": lambda: wanted("pause", reason="等"),
        "resume": lambda: wanted("resume"),
        "extend": lambda: wanted("extend", reason="难", amount=1, unit="days"),
        "raise": lambda: wanted("raise", reason="大事"),
        "whistle": whistle,
        "answer": lambda: called("answer"),
        "finish": lambda: called("finish"),
        "rate": lambda: called("rate", rating=4),
        "place": place,
        "photograph": photograph,
        "decide": decide,
    }


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """Photos of this test go into a folder of its own."""
    monkeypatch.setenv("WANGGE_DATA_DIR", str(tmp_path))


@pytest.mark.usefixtures("at_home")
def test_nothing_is_done_with_a_joined_case_and_its_leader_is_named(database):
    a, b = reported(database), reported(database, 1)
    whistling.whistle(database, ANNE, PROFILE, b, ["police"], reason="来看看")
    _verbs(database, b)["answer"]()
    _verbs(database, b)["finish"]()
    join(database, a, b)
    before = kinds(database, b)
    for name, verb in _verbs(database, b).items():
        with pytest.raises(Conflict) as refused:
            verb()
        assert refused.value.members["leader"] == a, name
    assert kinds(database, b) == before
    with pytest.raises(Conflict):
        join(database, b, reported(database, 2))
    found = whistling.calls_of(database, ANNE, PROFILE, b)
    assert (found["may_whistle"], found["calls"][0]["may"]) == (False, [])


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_verbs_keeps_every_report_and_every_clock_and_makes_no_ring(database, seed):
    chance = random.Random(seed)  # noqa: S311 - no secret
    numbers = [reported(database, k) for k in range(5)]
    done, refused = set(), 0
    for _ in range(90):
        n, other = chance.sample(numbers, 2)
        verbs = _verbs(database, n)
        act = chance.choice(["join"] * 4 + ["part"] * 8 + ["reopen"] * 3 + sorted(verbs))
        leads = row(database, n).joined_to
        try:
            if act == "join":
                join(database, n, other)
            elif act == "part":
                part(database, n)
            else:
                verbs[act]()
                assert leads is None, act
            done.add(act)
        except (Conflict, NotFound):
            refused += 1
        _sound(database, numbers)
        _true_to_their_entries(database, numbers)
    assert {"join", "part"} <= done
    assert refused


def test_a_parted_case_has_its_clocks_from_the_moment_on(database):
    a, b = reported(database), reported(database, 1)
    take(database, a, "file")
    join(database, a, b)
    took = part(database, b)
    assert took["stage_due_at"] is not None
    assert took["stage_since"] > datetime.now(UTC) - timedelta(minutes=1)
    with database.read() as connection:
        assert steps.columns(connection, b, ["raise_at"])["raise_at"] is not None
    _true_to_their_entries(database, [a, b])


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
