"""Who gets a case, who is on duty, who left; many cases at once; what a bad day does to a step."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, TOLD, WEI, entries, take

from geodata.accounts import Actor, users
from geodata.cases.clocks import escalating
from geodata.cases.duty import dispatching, duties, roster
from geodata.cases.duty.duties import Shift
from geodata.cases.incoming.reporting import Report, report
from geodata.cases.steps import stepping
from geodata.cases.steps import store as steps
from geodata.cases.steps.stepping import Wanted
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unavailable
from geodata.profiles import Profile

ROOT = Actor.terminal()
SQUARE = "SRID=4326;MULTIPOLYGON(((118.3 35,118.4 35,118.4 35.1,118.3 35.1,118.3 35)))"
GRID, COMMUNITY, OFFICE = "371311001001001", "371311001001", "371311001"
NOW = datetime.now(UTC)


@pytest.fixture
def city(database):
    """One grid in a community in a street office."""
    with database.begin() as tx:
        for code, level, above in (
            ("371311", "county", None),
            (OFFICE, "street_office", "371311"),
            (COMMUNITY, "community", OFFICE),
        ):
            tx.connection.execute(
                sa.text(
                    "insert into areas (code, name, level, parent_code, held, geom) values"
                    " (:code, :code, :level, :above, tstzrange(null, null), :geom)"
                ),
                {"code": code, "level": level, "above": above, "geom": SQUARE},
            )
        tx.connection.execute(
            sa.text(
                "insert into grids (code, name, area_code, held, geom) values"
                " (:code, :code, :area, tstzrange(null, null), :geom)"
            ),
            {"code": GRID, "area": COMMUNITY, "geom": SQUARE},
        )
    return database


def person(database, name, *areas, role="worker", department=None):
    found = users.add_user(database, ROOT, name, role=role, areas=areas)
    if department:
        users.change_user(database, ROOT, name, department=department)
    return found.id


def new(database, **values):
    told = Report(**{**vars(TOLD), **values})
    return report(database, WEI, PROFILE, told).case["id"]


def proposed(database, number):
    return dispatching.proposal(database, ANNE, PROFILE, number)


def at_once(category="noise", to="worker", **more):
    """The city's profile with a rule that sends such cases at once."""
    said = PROFILE.model_dump(mode="json")
    said["dispatch"] = [{"categories": [category], "to": to, "at_once": True, **more}]
    return Profile.model_validate(said)


def test_a_case_is_proposed_to_the_worker_of_the_smallest_place_with_the_fewest_cases(city):
    office = person(city, "office", OFFICE)
    busy, free = person(city, "busy", COMMUNITY), person(city, "free", COMMUNITY)
    person(city, "far", "371311")
    first = new(city)
    take(city, ANNE, first, "dispatch", 0, assignee=busy)
    found = proposed(city, new(city))
    assert found["to"] == "worker"
    assert found["grid_code"] == GRID
    assert [found["person"]["id"], *(one["id"] for one in found["others"])][:3] == [
        free,
        busy,
        office,
    ]
    assert [one["open_cases"] for one in [found["person"], *found["others"]]][:2] == [0, 1]


def test_who_is_on_duty_for_the_grid_comes_before_the_others_of_the_community(city):
    person(city, "ann", COMMUNITY)
    ben = person(city, "ben", COMMUNITY)
    duties.add(city, ANNE, [Shift(ben, NOW - timedelta(hours=1), NOW + timedelta(hours=8), GRID)])
    found = proposed(city, new(city))
    assert found["person"]["id"] == ben
    assert found["person"]["on_duty"]
    assert found["person"]["duty"] == GRID


def test_where_no_worker_belongs_it_goes_to_who_is_on_duty_and_else_to_nobody(city):
    number = new(city)
    assert proposed(city, number)["person"] is None
    night = person(city, "night")
    off = person(city, "off")
    duties.add(
        city,
        ANNE,
        [
            Shift(night, NOW - timedelta(hours=1), NOW + timedelta(hours=8), None, "夜班"),
            Shift(off, NOW - timedelta(days=2), NOW - timedelta(days=1), COMMUNITY),
        ],
    )
    found = proposed(city, number)
    assert (found["to"], found["person"]["id"]) == ("duty", night)
    users.change_user(city, ROOT, "night", active=False)
    assert proposed(city, number)["person"] is None


def test_rules_send_sudden_ones_to_the_commander_and_some_to_a_department(city):
    housing = person(city, "housing", role="worker", department="housing")
    assert proposed(city, new(city, category="safety"))["to"] == "commander"
    found = proposed(city, new(city, category="facilities"))
    assert (found["to"], found["department"]) == ("department", "housing")
    assert found["person"]["id"] == housing


def test_a_rule_that_says_so_sends_a_case_as_soon_as_it_is_reported(city):
    worker = person(city, "ann", COMMUNITY)
    taken = report(city, WEI, at_once(), TOLD).case
    assert (taken["state"], taken["assignee_id"]) == ("dispatched", worker)
    assert entries(city, taken["id"]) == [
        ("reported", None, "reported"),
        ("dispatch", "reported", "dispatched"),
    ]
    assert taken["stage_due_at"] is not None
    alone = at_once(to="department", department="housing")
    waiting = report(city, WEI, alone, TOLD).case
    assert (waiting["department"], waiting["assignee_id"]) == ("housing", None)


def test_where_nobody_can_get_it_a_case_stays_for_the_commander(city):
    assert report(city, WEI, at_once(), TOLD).case["state"] == "reported"


def test_who_left_gets_nothing_and_their_open_cases_are_listed_for_handing_over(city):
    ann, ben = person(city, "ann", COMMUNITY), person(city, "ben", COMMUNITY)
    number = new(city)
    take(city, ANNE, number, "dispatch", 0, assignee=ann)
    assert dispatching.left_behind(city, ANNE, PROFILE) == []
    users.change_user(city, ROOT, "ann", active=False)
    (left,) = dispatching.left_behind(city, ANNE, PROFILE)
    assert (left["id"], left["why"]) == (number, "inactive")
    assert (
        dispatching.left_behind(city, Actor(None, "Far", "worker", frozenset({"9"})), PROFILE) == []
    )
    with pytest.raises(InvalidInput, match="choose somebody else"):
        take(city, ANNE, number, "dispatch", 1, assignee=ann)
    assert proposed(city, number)["person"]["id"] == ben
    take(city, ANNE, number, "hand_over", 1, assignee=ben, reason="安离岗")
    assert dispatching.left_behind(city, ANNE, PROFILE) == []
    with pytest.raises(InvalidInput):
        take(city, ANNE, number, "dispatch", 2, assignee=2**62)


def test_a_grid_that_was_redrawn_is_looked_for_where_it_is_today(city):
    number = new(city)
    ben = person(city, "ben", COMMUNITY)
    later = "371311001001002"
    with city.begin() as tx:
        tx.connection.execute(
            sa.text("update grids set held = tstzrange(null, now() - interval '1 second')")
        )
        tx.connection.execute(
            sa.text(
                "insert into grids (code, name, area_code, held, geom) values"
                " (:code, 'new', :area, tstzrange(now() - interval '1 second', null), :geom)"
            ),
            {"code": later, "area": COMMUNITY, "geom": SQUARE},
        )
    duties.add(city, ANNE, [Shift(ben, NOW, NOW + timedelta(hours=8), later)])
    found = proposed(city, number)
    assert (found["grid_code"], found["person"]["duty"]) == (later, later)
    with city.read() as connection:
        assert steps.seen(connection, number)["grid_code"] == GRID


def test_the_duty_calendar_tells_who_is_there_from_near_to_far(city):
    ann, ben = person(city, "ann", COMMUNITY), person(city, "ben")
    begin, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    numbers = duties.add(
        city, ANNE, [Shift(ben, begin, end, OFFICE, "带班"), Shift(ann, begin, end, COMMUNITY)]
    )
    assert [one["name"] for one in duties.on_duty(city, ANNE, GRID)] == ["ann", "ben"]
    assert [one["name"] for one in duties.on_duty(city, ANNE, OFFICE)] == ["ben"]
    assert duties.on_duty(city, ANNE, GRID, at=end) == []
    shifts = duties.shifts_of(city, ANNE, NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert {one["id"] for one in shifts} == set(numbers)
    duties.remove(city, ANNE, numbers[0])
    with pytest.raises(NotFound):
        duties.remove(city, ANNE, numbers[0])
    with pytest.raises(Conflict):
        duties.add(city, ANNE, [Shift(ann, begin, end, COMMUNITY)])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"until": NOW - timedelta(days=1)}, InvalidInput),
        ({"since": NOW.replace(tzinfo=None)}, InvalidInput),
        ({"area_code": "999"}, InvalidInput),
        ({"user_id": 10**9}, InvalidInput),
        ({"post": "长" * 41}, InvalidInput),
    ],
)
def test_a_shift_that_makes_no_sense_is_refused_and_none_is_kept(city, change, error):
    ann = person(city, "ann")
    good = Shift(ann, NOW, NOW + timedelta(hours=8), COMMUNITY)
    with pytest.raises(error):
        duties.add(city, ANNE, [good, Shift(**{**vars(good), **change})])
    assert duties.shifts_of(city, ANNE, NOW - timedelta(days=9), NOW + timedelta(days=9)) == []
    with pytest.raises(NotAllowed):
        duties.add(city, WEI, [good])


def test_the_calendar_shows_when_nobody_of_a_place_is_there_and_whether_somebody_above_is(city):
    ann, ben = person(city, "ann", COMMUNITY), person(city, "ben")
    day = datetime(2026, 10, 3, tzinfo=ZoneInfo("Asia/Shanghai"))  # a feast: no office is open
    hour = timedelta(hours=1)
    duties.add(
        city,
        ANNE,
        [
            Shift(ann, day, day + 8 * hour, COMMUNITY),
            Shift(ben, day + 6 * hour, day + 12 * hour, OFFICE),
            Shift(ann, day, day + 24 * hour, GRID),
        ],
    )
    found = roster.roster(city, ANNE, day, day + 24 * hour, profile=PROFILE)
    assert [one["code"] for one in found["places"]] == [None, OFFICE, COMMUNITY]
    assert found["grids"] == 1
    gaps = {
        (gap["area_code"], (gap["since"] - day) / hour, (gap["until"] - day) / hour, gap["above"])
        for gap in found["gaps"]
    }
    assert gaps == {
        (OFFICE, 0, 6, False),
        (OFFICE, 12, 24, False),
        (COMMUNITY, 8, 12, True),
        (COMMUNITY, 12, 24, False),
    }
    whole = {"profile": PROFILE, "grids": True}
    inside = roster.roster(city, ANNE, day, day + 24 * hour, area=COMMUNITY, **whole)
    assert [(one["code"], one["level"]) for one in inside["places"]] == [
        (COMMUNITY, "community"),
        (GRID, "grid"),
    ]
    users.change_user(city, ROOT, "ann", active=False)
    later = roster.roster(city, ANNE, day, day + 24 * hour, area=GRID, **whole)
    assert [gap["above"] for gap in later["gaps"]] == [False, True, False]
    with pytest.raises(NotFound):
        roster.roster(city, ANNE, day, day + hour, area="nowhere", **whole)


def test_a_week_is_copied_by_the_wall_clock_and_what_stands_there_is_not_entered_twice(city):
    berlin = ZoneInfo("Europe/Berlin")
    ann, gone = person(city, "ann", COMMUNITY), person(city, "gone")
    monday = datetime(2026, 10, 19, tzinfo=berlin)  # the clocks change in the night to the 25th
    end = monday + timedelta(days=7)
    morning = monday + timedelta(days=1, hours=8)
    duties.add(
        city,
        ANNE,
        [
            Shift(ann, morning, morning + timedelta(hours=9), COMMUNITY, "带班"),
            Shift(ann, monday, monday + timedelta(days=30), GRID),
            Shift(gone, morning, morning + timedelta(hours=9)),
        ],
    )
    users.change_user(city, ROOT, "gone", active=False)
    done = duties.copy(city, ANNE, monday, end, days=7, zone=berlin)
    assert (len(done["ids"]), done["left"]) == (1, 2)
    (new,) = (
        one
        for one in duties.shifts_of(city, ANNE, end, end + timedelta(days=7))
        if one["id"] in done["ids"]
    )
    assert new["since"].astimezone(berlin).isoformat() == "2026-10-27T08:00:00+01:00"
    assert (new["post"], new["area_code"], new["user_id"]) == ("带班", COMMUNITY, ann)
    assert duties.copy(city, ANNE, monday, end, days=7, zone=berlin) == {"ids": [], "left": 3}


def test_a_shift_is_changed_in_its_place_and_a_commander_keeps_the_own_areas_only(city):
    ann, ben = person(city, "ann", COMMUNITY), person(city, "ben")
    begin, end = NOW, NOW + timedelta(hours=8)
    own, other = duties.add(
        city, ANNE, [Shift(ann, begin, end, GRID), Shift(ann, begin, end, "371311")]
    )
    chief = Actor(None, "Chief", "commander", frozenset({OFFICE}))
    duties.change(city, chief, own, Shift(ben, begin, end, COMMUNITY, "带班"))
    shifts = duties.shifts_of(city, ANNE, begin, end)
    changed = next(one for one in shifts if one["id"] == own)
    assert (changed["name"], changed["post"], changed["area_code"]) == ("ben", "带班", COMMUNITY)
    for number, area in ((other, COMMUNITY), (own, "371311"), (own, None)):
        with pytest.raises(NotAllowed):
            duties.change(city, chief, number, Shift(ben, begin, end, area))
    with pytest.raises(Conflict):
        duties.change(city, ANNE, own, Shift(ann, begin, end, "371311"))
    with pytest.raises(NotFound):
        duties.change(city, ANNE, 10**9, Shift(ann, begin, end))
    midnight = begin - timedelta(hours=1)
    done = duties.copy(city, chief, midnight, end, days=7, zone=UTC)
    assert (len(done["ids"]), done["left"]) == (1, 1)
    assert [one["name"] for one in roster.people(city, chief)] == ["ann", "ben"]


def test_of_many_cases_each_is_done_or_refused_on_its_own(city):
    numbers = [new(city) for _ in range(4)]
    take(city, ANNE, numbers[1], "file", 0)
    take(city, ANNE, numbers[2], "on_spot", 0, reason="好了")
    wanted = [(number, Wanted("file", 0)) for number in [*numbers, 10**9]]
    found = stepping.step_all(city, ANNE, PROFILE, wanted)
    assert [one.error is None for one in found] == [True, False, False, True, False]
    assert isinstance(found[1].error, Conflict)
    assert found[1].error.members["case"]["state"] == "filed"
    assert isinstance(found[4].error, NotFound)
    with pytest.raises(InvalidInput):
        stepping.step_all(city, ANNE, PROFILE, wanted + wanted[:1])
    with pytest.raises(InvalidInput):
        stepping.step_all(city, ANNE, PROFILE, [(k, Wanted("file", 0)) for k in range(1, 502)])


def test_two_workers_at_once_raise_a_late_case_once(city):
    old = NOW - timedelta(days=20)
    numbers = [new(city, reported_at=old) for _ in range(5)]
    far = NOW + timedelta(days=60)
    gate = threading.Barrier(3)

    def work(_k):
        gate.wait()
        return escalating.raise_late(city, PROFILE, now=far)

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 3 * len(numbers)
    for number in numbers:
        assert [kind for kind, *_ in entries(city, number)].count("escalate") == 3


def test_a_server_that_dies_while_it_raises_leaves_nothing_half_and_the_next_one_does_it(
    city, monkeypatch
):
    number = new(city, reported_at=NOW - timedelta(days=20))
    far = NOW + timedelta(days=60)
    enter = steps.enter

    def die(connection, **values):
        enter(connection, **values)
        if values["kind"] == "escalate" and values["details"]["level"] == "street_office":
            pid = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
            with psycopg.connect(city.url.replace("+psycopg", "")) as other:
                other.execute("select pg_terminate_backend(%s, 2000)", [pid])

    with monkeypatch.context() as patch:
        patch.setattr(steps, "enter", die)
        with pytest.raises(Unavailable):
            escalating.raise_late(city, PROFILE, now=far)
    assert entries(city, number) == [("reported", None, "reported")]
    assert escalating.raise_late(city, PROFILE, now=far) == 3


def test_a_connection_that_is_cut_in_the_middle_of_a_step_leaves_nothing_half_done(
    city, monkeypatch
):
    number = new(city)
    with city.read() as connection:
        before = steps.seen(connection, number)
    change = steps.change

    def cut(connection, which, values):
        row = change(connection, which, values)
        pid = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        with psycopg.connect(city.url.replace("+psycopg", "")) as other:
            other.execute("select pg_terminate_backend(%s, 2000)", [pid])
        return row

    with monkeypatch.context() as patch:
        patch.setattr(steps, "change", cut)
        with pytest.raises(Unavailable):
            take(city, ANNE, number, "file", 0)
    with city.read() as connection:
        assert steps.seen(connection, number) == before
    assert len(entries(city, number)) == 1
    assert take(city, ANNE, number, "file", 0).case["state"] == "filed"
