"""The daily report and the weekly review hold what was, and only what their reader may know."""

from __future__ import annotations

import email
import email.policy
import io
import zipfile
from datetime import date, datetime, timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from test_case_steps import ANNE, PROFILE, TOLD, WEI

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.cases.incoming.reporting import report
from geodata.cases.reviews import deciding
from geodata.cases.reviews.deciding import Decision
from geodata.cases.reviews.reviewing import period, review
from geodata.cases.reviews.sheets import document
from geodata.cases.steps import store as steps
from geodata.cases.whistles import whistling
from geodata.errors import InvalidInput, NotAllowed, NotFound
from geodata.exchange.taking_away import review_file
from geodata.exchange.worker_mails import write_mails

DAY = date(2026, 6, 3)  # a Wednesday
ONE, TWO = "371311001001", "371311002001"


def at(day, hour=9, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PROFILE.zone)


@pytest.fixture
def places(database):
    """Two street offices with a community and a compound each."""
    rows = [
        ("371311", "罗庄区", "county", None, 0, 2),
        ("371311001", "罗庄街道", "street_office", "371311", 0, 1),
        ("371311002", "傅庄街道", "street_office", "371311", 1, 2),
        (ONE, "幸福", "community", "371311001", 0, 1),
        (TWO, "和平", "community", "371311002", 1, 2),
    ]
    with database.begin() as tx:
        for code, name, level, parent, west, east in rows:
            tx.connection.execute(
                sa.text(
                    "INSERT INTO areas (code, name, level, parent_code, held, geom) VALUES (:c,"
                    " :n, :l, :p, '(,)', st_multi(st_makeenvelope(:w, 0, :e, 1, 4326)))"
                ),
                {"c": code, "n": name, "l": level, "p": parent, "w": west, "e": east},
            )
        for code, name, area, households in (("A", "甲小区", ONE, 1000), ("B", "乙小区", TWO, 20)):
            tx.connection.execute(
                sa.text(
                    "INSERT INTO compounds (code, name, type, area_code, households, held, geom)"
                    " VALUES (:c, :n, 'commercial', :a, :h, '(,)',"
                    " st_multi(st_makeenvelope(0, 0, 1, 1, 4326)))"
                ),
                {"c": code, "n": name, "a": area, "h": households},
            )
    return database


def case(database, reported, *, closed=None, due=None, area=ONE, category="noise", **more):
    values = {
        "source": "snap", "category": category, "state": "closed" if closed else "dispatched",
        "reported_at": reported, "closed_at": closed, "due_at": due, "area_code": area,
        "compound_code": "A" if area == ONE else "B", "title": "夜间施工",
        "reporter_name": "张三", "reporter_telephone": "13800000000",
    } | more  # fmt: skip
    with database.begin() as tx:
        return steps.add(tx.connection, values)


def told(found):
    return {
        name: getattr(found, name)
        for name in ("came", "closed", "limited", "on_time", "open", "late")
    }


def test_a_day_begins_and_ends_by_the_city_s_clock(places):
    midnight = at(DAY, 0)
    case(places, midnight - timedelta(seconds=1))
    case(places, midnight, closed=midnight + timedelta(hours=5), due=midnight + timedelta(hours=4))
    case(places, midnight + timedelta(hours=23), due=midnight + timedelta(hours=23, minutes=30))
    case(places, midnight + timedelta(days=1))
    found = review(places, ANNE, PROFILE, kind="daily", day=DAY)
    assert told(found.figures) == {
        "came": 2, "closed": 1, "limited": 1, "on_time": 0, "open": 2, "late": 1,
    }  # fmt: skip
    assert told(found.before)["came"] == 1
    assert found.times == {0: 1, 23: 1}
    assert found.last_year is None


def test_a_week_is_from_monday_to_sunday_and_compared_with_the_one_before_and_of_last_year(places):
    since, until = period("weekly", DAY, PROFILE)
    assert (since.date(), until.date()) == (date(2026, 6, 1), date(2026, 6, 8))
    for day in (since, until - timedelta(seconds=1), since - timedelta(seconds=1)):
        case(places, day)
    case(places, since - timedelta(weeks=52), closed=since - timedelta(weeks=51))
    found = review(places, ANNE, PROFILE, kind="weekly", day=DAY)
    assert (found.figures.came, found.before.came, found.last_year.came) == (2, 1, 1)
    assert found.last_year.open == 1
    assert found.times == {1: 1, 7: 1}


def test_what_was_open_then_is_told_though_it_was_closed_since(places):
    case(places, at(DAY), closed=at(DAY) + timedelta(days=9), due=at(DAY, 12))
    found = review(places, ANNE, PROFILE, kind="daily", day=DAY)
    assert told(found.figures)["open"] == 1
    assert [one["title"] for one in found.late] == ["夜间施工"]


def test_cases_that_were_joined_are_one_and_their_reports_are_told_besides(places):
    leader = case(places, at(DAY), due=at(DAY, 12))
    case(places, at(DAY), due=at(DAY, 12), joined_to=leader)
    case(places, at(DAY), joined_to=leader, closed=at(DAY, 11), due=at(DAY, 12))
    found = review(places, ANNE, PROFILE, kind="daily", day=DAY)
    assert (found.figures.came, found.figures.reports) == (1, 3)
    assert (found.figures.open, found.figures.late, found.figures.closed) == (1, 1, 0)
    assert [one["id"] for one in found.late] == [leader]
    assert sum(found.times.values()) == 1
    assert any(
        "3" in note and "joined" in note for note in document(found, PROFILE, language="en").notes
    )


def test_groups_add_up_to_the_whole_and_places_follow_the_area_asked_for(places):
    case(places, at(DAY), category="noise")
    case(places, at(DAY), category="parking", area=TWO)
    case(places, at(DAY), category="parking", area=None, compound_code=None)
    found = review(places, ANNE, PROFILE, kind="daily", day=DAY)
    for groups in (found.categories, found.sources, found.places):
        assert sum(one.now.came for one in groups) == found.figures.came == 3
    assert {one.key for one in found.places} == {"371311001", "371311002", None}
    inside = review(places, ANNE, PROFILE, kind="daily", day=DAY, area="371311001")
    assert (inside.place_level, inside.figures.came) == ("community", 1)
    with pytest.raises(NotFound):
        review(places, ANNE, PROFILE, kind="daily", day=DAY, area="nowhere")


def test_a_small_compound_does_not_lead_by_one_case(places):
    case(places, at(DAY), area=TWO)
    for k in range(40):
        case(places, at(DAY, k % 24))
    found = review(places, ANNE, PROFILE, kind="daily", day=DAY)
    rates = {one.code: one for one in found.compounds}
    assert rates["B"].raw > rates["A"].raw
    assert rates["B"].smooth < rates["B"].raw


def test_who_has_duty_elsewhere_and_who_only_looks_read_no_more_than_they_may(places):
    case(places, at(DAY), due=at(DAY, 10))
    viewer = Actor(None, "V", "viewer")
    assert [
        one["title"] for one in review(places, viewer, PROFILE, kind="daily", day=DAY).late
    ] == [None]
    other = Actor(None, "O", "worker", frozenset({TWO}))
    found = review(places, other, PROFILE, kind="daily", day=DAY)
    assert (found.figures.came, found.late) == (0, ())
    review(places, ANNE, PROFILE, kind="daily", day=DAY)
    with places.read() as connection:
        read = connection.execute(
            sa.text("SELECT actor FROM audit WHERE action = 'read_personal'")
        ).scalars()
        assert list(read) == ["Anne"]
    with pytest.raises(NotAllowed):
        review_file(places, viewer, PROFILE, "pdf", kind="daily", day=DAY)


@pytest.mark.parametrize("kind", ["daily", "weekly"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_file_holds_what_the_page_holds_and_nobody_who_reported(places, kind, language):
    case(places, at(DAY), due=at(DAY, 10), title="=1+1 <b>")
    name, pdf = review_file(places, ANNE, PROFILE, "pdf", kind=kind, day=DAY, language=language)
    assert pdf.startswith(b"%PDF-")
    assert name.startswith(kind)
    assert b"FontFile2" in pdf  # its type is inside
    _, excel = review_file(places, ANNE, PROFILE, "xlsx", kind=kind, day=DAY, language=language)
    book = openpyxl.load_workbook(io.BytesIO(excel))
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" for cell in cells)
    words = {str(cell.value) for cell in cells}
    assert "=1+1 <b>" in words
    assert not any("张三" in word or "13800000000" in word for word in words)
    tables = document(
        review(places, ANNE, PROFILE, kind=kind, day=DAY), PROFILE, language=language
    ).tables
    assert len(book.sheetnames) == 1 + len(tables)
    shown = {one.title for one in tables} & words
    assert shown == {one.title for one in tables}


def test_a_review_of_a_day_without_a_case_says_so(places):
    told_ = document(review(places, ANNE, PROFILE, kind="weekly", day=DAY), PROFILE, language="zh")
    assert all(not table.rows and table.empty for table in told_.tables)
    assert review_file(places, ANNE, PROFILE, "pdf", kind="weekly", day=DAY)[1]


def test_what_the_meeting_decides_is_kept_with_the_case_and_asked_after_until_it_is_closed(places):
    number = case(places, at(DAY))
    made = Decision(DAY, "联合执法", "综合执法局", date(2026, 6, 10))
    first = deciding.decide(places, ANNE, PROFILE, number, made)
    [found] = review(places, ANNE, PROFILE, kind="weekly", day=DAY).decisions
    assert (found["opinion"], found["responsible"], found["week"]) == (
        "联合执法",
        "综合执法局",
        date(2026, 6, 1),
    )
    later = review(places, ANNE, PROFILE, kind="weekly", day=DAY + timedelta(weeks=3))
    assert [one["id"] for one in later.decisions] == [first]
    earlier = review(places, ANNE, PROFILE, kind="weekly", day=DAY - timedelta(weeks=1))
    assert earlier.decisions == ()
    with places.begin() as tx:
        steps.change(tx.connection, number, {"state": "closed", "closed_at": at(date(2026, 6, 9))})
    assert (
        review(places, ANNE, PROFILE, kind="weekly", day=DAY + timedelta(weeks=3)).decisions == ()
    )
    with places.read() as connection:
        [entry] = steps.entries(connection, number)
    assert (entry["kind"], entry["reason"], entry["details"]["until"]) == (
        "reviewed", "联合执法", "2026-06-10",
    )  # fmt: skip
    deciding.withdraw(places, ANNE, first)
    assert review(places, ANNE, PROFILE, kind="weekly", day=DAY).decisions == ()
    with pytest.raises(NotFound):
        deciding.withdraw(places, ANNE, first)


def test_only_commanders_decide_and_not_without_an_opinion(places):
    number = case(places, at(DAY))
    with pytest.raises(NotAllowed):
        deciding.decide(places, WEI, PROFILE, number, Decision(DAY, "x", "y"))
    for wrong in (
        Decision(DAY, " ", "y"),
        Decision(DAY, "x", ""),
        Decision(DAY, "长" * 1_001, "y"),
        Decision(DAY, "x", "y", date(2026, 5, 31)),
    ):
        with pytest.raises(InvalidInput):
            deciding.decide(places, ANNE, PROFILE, number, wrong)
    away = Actor(None, "O", "commander", frozenset({TWO}))
    with pytest.raises(NotAllowed):
        deciding.decide(places, away, PROFILE, number, Decision(DAY, "x", "y"))


def mails_of(found):
    with zipfile.ZipFile(io.BytesIO(found.content)) as file:
        return {
            name: email.message_from_bytes(file.read(name), policy=email.policy.default)
            for name in file.namelist()
        }


def test_each_worker_gets_the_open_cases_in_hand_and_nobody_s_are_not_lost(places):
    add_user(places, Actor.terminal(), "song", role="worker", areas=[ONE], display_name="宋桂兰")
    named = add_user(places, Actor.terminal(), "li", role="worker", areas=[TWO]).id
    case(places, at(DAY), due=at(DAY, 10), external_id="N-1")
    case(places, at(DAY), external_id="N-2", assignee_id=named)
    case(places, at(DAY), area=None, compound_code=None, external_id="N-3")
    case(places, at(DAY), closed=at(DAY, 11), external_id="N-4")
    found = write_mails(places, ANNE, PROFILE)
    assert (found.mails, found.unassigned) == (3, 1)
    mails = mails_of(found)
    assert set(mails) == {"song.eml", "li.eml", "无人负责.eml"}
    song = mails["song.eml"].get_content()
    assert "N-1" in song
    assert "▲" in song
    assert "夜间施工" in song
    assert "N-2" not in song
    assert "N-2" in mails["li.eml"].get_content()
    assert "N-3" in mails["无人负责.eml"].get_content()
    everything = "".join(mail.get_content() for mail in mails.values())
    assert "N-4" not in everything
    assert "张三" not in everything
    assert "13800000000" not in everything
    assert "宋桂兰" in str(mails["song.eml"]["To"])
    addressed = mails_of(write_mails(places, ANNE, PROFILE, domain="luozhuang.gov.cn"))
    assert "song@luozhuang.gov.cn" in str(addressed["song.eml"]["To"])
    with pytest.raises(InvalidInput):
        write_mails(places, ANNE, PROFILE, domain="x\r\nBcc: a@b")
    with pytest.raises(NotAllowed):
        write_mails(places, Actor(None, "P", "planner"), PROFILE)


def test_the_whistles_of_the_period_are_in_it(places):
    number = report(places, WEI, PROFILE, TOLD).case["id"]
    whistling.whistle(places, ANNE, PROFILE, number, ["police"], reason="x")
    today = datetime.now(PROFILE.zone).date()
    found = review(places, ANNE, PROFILE, kind="daily", day=today)
    assert [one.department for one in found.whistles.departments] == ["police"]
    assert found.as_of <= found.made_at
