"""Reading cases from a real PostGIS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from geodata.accounts import Actor
from geodata.cases import querying
from geodata.cases.counting import as_row, count_cases
from geodata.cases.filters import CaseFilter
from geodata.cases.map.columns import NONE, unpack
from geodata.cases.querying import CasePoints, export_pages, get_case, list_cases, summary
from geodata.errors import InvalidInput, NotAllowed, NotFound
from geodata.profiles import Profile, load_profile

if TYPE_CHECKING:
    from geodata.database import Database

TERMINAL = Actor.terminal()
VIEWER = Actor(2, "viewer", "viewer")
WORKER = Actor(3, "worker", "worker", areas=frozenset({"371399001"}))
PLACES = """
    insert into areas(code, name, level, parent_code, households, held, geom) values
      ('371399', '示范区', 'county', null, null, tstzrange(null, null), :far),
      ('371399001', '一街道', 'street_office', '371399', null, tstzrange(null, null), :far),
      ('371399002', '二街道', 'street_office', '371399', null, tstzrange(null, null), :far),
      ('371399001001', '甲社区', 'community', '371399001', 2000, tstzrange(null, null), :one),
      ('371399002001', '乙社区', 'community', '371399002', 50, tstzrange(null, null), :two);
    insert into grids(code, name, area_code, households, held, geom) values
      ('371399001001001', '甲一', '371399001001', 400, tstzrange(null, null), :one);
"""
ONE = "SRID=4326;MULTIPOLYGON(((118.3 35,118.4 35,118.4 35.1,118.3 35.1,118.3 35)))"
TWO = "SRID=4326;MULTIPOLYGON(((118.4 35,118.5 35,118.5 35.1,118.4 35.1,118.4 35)))"
FAR = "SRID=4326;MULTIPOLYGON(((118.3 35,118.5 35,118.5 35.1,118.3 35.1,118.3 35)))"
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("linyi")


@pytest.fixture
def places(database: Database) -> Database:
    with database.begin() as tx:
        for statement in PLACES.split(";")[:-1]:
            bound = {"one": ONE, "two": TWO, "far": FAR}
            named = {name: value for name, value in bound.items() if f":{name}" in statement}
            tx.connection.execute(text(statement), named)
        for layer in ("areas", "grids"):
            tx.changed(layer, action="loaded")
    return database


def report(database: Database, **values: Any) -> int:
    """Add a case; gives its number."""
    row = {
        "source": "hotline",
        "category": "noise",
        "state": "closed",
        "title": "夜间施工",
        "description": "",
        "address": "",
        "reporter_name": "王某",
        "reported_at": NOON,
        "due_at": None,
        "closed_at": None,
        "updated_at": datetime.now(UTC),
        "area_code": "371399001001",
        "grid_code": None,
        "external_id": None,
        "geom": "SRID=4326;POINT(118.35 35.05)",
        **values,
    }
    names = ", ".join(row)
    bound = ", ".join(f":{name}" for name in row)
    with database.begin() as tx:
        number = tx.connection.execute(
            text(f"insert into cases ({names}) values ({bound}) returning id"), row
        ).scalar_one()
        tx.changed("cases", str(number), "added")
    return int(number)


def audited(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with database.read() as connection:
        rows = connection.execute(text("select action, subject, details from audit order by id"))
        return [tuple(row) for row in rows]


def test_a_page_goes_on_where_the_last_one_ended(places: Database, profile: Profile) -> None:
    same_time = [report(places) for _ in range(3)]
    older = report(places, reported_at=NOON - timedelta(hours=1))
    first = list_cases(places, VIEWER, profile, CaseFilter(), limit=2)
    rest = list_cases(places, VIEWER, profile, CaseFilter(), after=first.after, limit=10)
    assert [case["id"] for case in first.cases + rest.cases] == [*reversed(same_time), older]
    assert rest.after is None


def test_filters_must_all_hold(places: Database, profile: Profile) -> None:
    wanted = report(places, category="parking", state="in_progress", source="snap")
    report(places, category="parking", state="closed", source="snap")
    report(places, category="noise", state="in_progress", source="snap")
    found = list_cases(
        places,
        VIEWER,
        profile,
        CaseFilter(categories=("parking", "dispute"), sources=("snap",), is_open=True),
    )
    assert [case["id"] for case in found.cases] == [wanted]


def test_an_area_means_everything_below_it(places: Database, profile: Profile) -> None:
    inside = report(places)
    report(places, area_code="371399002001")
    report(places, area_code=None)
    for code in ("371399001", "371399001001"):
        found = list_cases(places, VIEWER, profile, CaseFilter(areas=(code,)))
        assert [case["id"] for case in found.cases] == [inside]


def test_an_area_that_never_was_is_not_found(places: Database, profile: Profile) -> None:
    with pytest.raises(NotFound, match="371399009"):
        list_cases(places, VIEWER, profile, CaseFilter(areas=("371399009",)))


def test_a_kind_that_the_city_does_not_have_is_refused(places: Database, profile: Profile) -> None:
    with pytest.raises(InvalidInput, match="'; drop table cases"):
        list_cases(places, VIEWER, profile, CaseFilter(categories=("'; drop table cases",)))


def test_hours_are_hours_of_the_city(places: Database, profile: Profile) -> None:
    noon = report(places)
    report(places, reported_at=NOON + timedelta(hours=8))  # 20:00
    found = list_cases(places, VIEWER, profile, CaseFilter(hours=(12, 12)))
    assert [case["id"] for case in found.cases] == [noon]


def test_a_viewer_reads_no_texts_and_finds_none(places: Database, profile: Profile) -> None:
    number = report(places, title="张三家漏水", address="幸福路 1 号", external_id="12345-7")
    page = list_cases(places, VIEWER, profile, CaseFilter())
    assert "张三家漏水" not in str(page)
    assert list_cases(places, VIEWER, profile, CaseFilter(words="漏水")).cases == []
    assert len(list_cases(places, VIEWER, profile, CaseFilter(words="12345-7")).cases) == 1
    case = get_case(places, VIEWER, number)
    assert case["personal"] is False
    assert not {"张三家漏水", "王某", "幸福路 1 号"} & set(map(str, case.values()))
    assert audited(places) == []


def test_a_worker_reads_texts_only_in_the_area_of_duty(places: Database, profile: Profile) -> None:
    near = report(places, title="近处")
    far = report(places, title="远处", area_code="371399002001")
    nowhere = report(places, title="无处", area_code=None)
    titles = {
        case["id"]: case["title"]
        for case in list_cases(places, WORKER, profile, CaseFilter()).cases
    }
    assert titles == {near: "近处", far: None, nowhere: None}
    found = list_cases(places, WORKER, profile, CaseFilter(words="处"))
    assert [case["id"] for case in found.cases] == [near]
    assert get_case(places, WORKER, near)["reporter_name"] == "王某"
    assert get_case(places, WORKER, far)["reporter_name"] is None


def test_every_reading_of_personal_data_is_in_the_audit_trail(
    places: Database, profile: Profile
) -> None:
    number = report(places)
    list_cases(places, WORKER, profile, CaseFilter(words="夜间"))
    get_case(places, WORKER, number)
    actions = audited(places)
    assert [(action, subject) for action, subject, _ in actions] == [
        ("read_personal", "cases"),
        ("read_personal", f"cases/{number}"),
    ]
    assert actions[0][2]["ids"] == [number]
    assert actions[0][2]["asked"] == {"words": "夜间"}


@pytest.mark.parametrize("words", ["%", "_", "\\", "'; drop table cases; --", "夜%施工"])
def test_signs_of_sql_are_only_letters_in_a_search(
    places: Database, profile: Profile, words: str
) -> None:
    report(places)
    assert list_cases(places, TERMINAL, profile, CaseFilter(words=words)).cases == []


def test_a_case_that_is_none_is_not_found(places: Database) -> None:
    for number in (0, 12, 2**70):
        with pytest.raises(NotFound):
            get_case(places, TERMINAL, number)


def test_an_export_needs_its_right_and_leaves_a_trace(places: Database, profile: Profile) -> None:
    numbers = [report(places) for _ in range(5)]
    with pytest.raises(NotAllowed):
        export_pages(places, VIEWER, profile, CaseFilter(), size=2)
    planner = Actor(9, "planner", "planner")
    pages = list(export_pages(places, planner, profile, CaseFilter(), size=2))
    assert [case["id"] for page in pages for case in page] == numbers[::-1]
    assert {case["title"] for page in pages for case in page} == {None}
    assert [action for action, _, _ in audited(places)] == ["exported"]


# --- columns ----------------------------------------------------------------------------------


def test_columns_hold_what_the_list_holds(places: Database, profile: Profile) -> None:
    due = NOON + timedelta(days=3)
    number = report(places, due_at=due, grid_code="371399001001001", state="in_progress")
    header, columns = unpack(CasePoints().read(places, VIEWER, profile, CaseFilter()).plain)
    keys = header["dictionaries"]
    assert header["count"] == header["total"] == 1
    assert header["since"] is None
    assert columns["id"][0] == number
    assert columns["lon"][0] / 1e7 == pytest.approx(118.35)
    assert columns["lat"][0] / 1e7 == pytest.approx(35.05)
    assert columns["reported"][0] * 60 == NOON.timestamp()
    assert columns["due"][0] * 60 == due.timestamp()
    assert columns["closed"][0] == NONE
    assert keys["category"][columns["category"][0]] == "noise"
    assert keys["state"][columns["state"][0]] == "in_progress"
    assert keys["area"][columns["area"][0]] == "371399001001"
    assert keys["grid"][columns["grid"][0]] == "371399001001001"
    assert columns["compound"][0] == 255
    assert header["places"]["grid"]["households"] == [400]


def test_columns_hold_no_personal_data(places: Database, profile: Profile) -> None:
    report(places, title="机密标题", address="机密地址", reporter_telephone="13800000000")
    plain = CasePoints().read(places, TERMINAL, profile, CaseFilter()).plain
    assert "机密".encode() not in plain
    assert b"13800000000" not in plain
    assert "王某".encode() not in plain


def test_a_case_without_a_place_is_counted_and_not_drawn(
    places: Database, profile: Profile
) -> None:
    report(places, geom=None, area_code=None)
    header, columns = unpack(CasePoints().read(places, VIEWER, profile, CaseFilter()).plain)
    assert header["count"] == 1
    assert columns["lon"][0] == columns["lat"][0] == NONE


def test_a_category_unknown_to_the_profile_keeps_its_own_word(
    places: Database, profile: Profile
) -> None:
    report(places, category="THEFT")
    header, columns = unpack(CasePoints().read(places, VIEWER, profile, CaseFilter()).plain)
    assert header["dictionaries"]["category"][columns["category"][0]] == "THEFT"


def test_a_word_that_only_the_cases_know_can_be_asked_for(
    places: Database, profile: Profile
) -> None:
    report(places, category="THEFT")
    report(places, category="parking")
    found = list_cases(places, VIEWER, profile, CaseFilter(categories=("THEFT",)))
    assert [case["category"] for case in found.cases] == ["THEFT"]
    with pytest.raises(InvalidInput, match="nobody"):
        list_cases(places, VIEWER, profile, CaseFilter(categories=("nobody",)))


def test_too_many_cases_are_never_cut_silently(places: Database, profile: Profile) -> None:
    for hours in range(6):
        report(places, reported_at=NOON - timedelta(hours=hours // 2))
    header, columns = unpack(CasePoints(limit=3).read(places, VIEWER, profile, CaseFilter()).plain)
    # The pair at noon is whole; of the pair an hour earlier, one would have to be left out.
    assert header["total"] == 6
    assert header["count"] == 2
    assert datetime.fromisoformat(header["since"]) == NOON - timedelta(hours=1)
    assert (columns["reported"] * 60 > (NOON - timedelta(hours=1)).timestamp()).all()


def test_only_what_changed_is_asked_for_again(places: Database, profile: Profile) -> None:
    report(places)
    points = CasePoints()
    header, _ = unpack(points.read(places, VIEWER, profile, CaseFilter()).plain)
    second = report(places, category="parking")
    since = datetime.fromisoformat(header["as_of"])
    changed, columns = unpack(
        points.read(places, VIEWER, profile, CaseFilter(), updated_after=since).plain
    )
    assert columns["id"].tolist() == [second]
    assert changed["total"] == 2
    assert changed["versions"]["cases"] > header["versions"]["cases"]


def test_a_change_shows_although_answers_are_kept(places: Database, profile: Profile) -> None:
    points = CasePoints()
    before = querying.version(places, CaseFilter())
    assert unpack(points.read(places, VIEWER, profile, CaseFilter()).plain)[0]["count"] == 0
    report(places)
    assert unpack(points.read(places, VIEWER, profile, CaseFilter()).plain)[0]["count"] == 1
    assert querying.version(places, CaseFilter()) != before


# --- counts and figures -----------------------------------------------------------------------


def test_counts_per_place_are_those_of_the_columns(places: Database, profile: Profile) -> None:
    for area in ["371399001001"] * 3 + ["371399002001"] + [None]:
        report(places, area_code=area)
    counts = count_cases(places, WORKER, profile, CaseFilter(), by="area")
    header, columns = unpack(CasePoints().read(places, VIEWER, profile, CaseFilter()).plain)
    codes = header["dictionaries"]["area"]
    for row in counts.rows:
        below = {code for code in codes if code.startswith(row.place.code)}
        drawn = [codes[at] in below for at in columns["area"] if at < len(codes)]
        assert row.count == sum(drawn), row.place.code
    assert counts.elsewhere == 1
    found = {row["code"]: row for row in map(as_row, counts.rows)}
    assert found["371399001001"]["rate"] == 15.0
    assert found["371399002001"]["small_base"] is True
    assert found["371399"]["households"] == 2050


def test_a_grid_that_ended_has_no_row_but_its_cases_are_said(
    places: Database, profile: Profile
) -> None:
    report(places, grid_code="371399001001001")
    report(places, grid_code="371399001001099")
    counts = count_cases(places, WORKER, profile, CaseFilter(), by="grid")
    assert [(row.place.code, row.count) for row in counts.rows] == [("371399001001001", 1)]
    assert counts.elsewhere == 1


def test_the_figures_of_the_day(places: Database, profile: Profile) -> None:
    now = datetime.now(UTC)
    report(places, reported_at=now - timedelta(seconds=1), state="reported")
    report(
        places,
        reported_at=now - timedelta(days=9),
        due_at=now - timedelta(days=1),
        state="in_progress",
    )
    for late in (timedelta(hours=-1), timedelta(hours=1), timedelta(hours=-2)):
        due = now - timedelta(days=2)
        report(places, reported_at=now - timedelta(days=8), due_at=due, closed_at=due + late)
    report(places, reported_at=now - timedelta(days=8), closed_at=now - timedelta(days=1))
    found = summary(places, WORKER, profile, CaseFilter())
    assert (found.all_cases, found.open, found.overdue) == (6, 2, 1)
    assert (found.closed, found.on_time) == (3, 2)
    assert found.today == (1 if (now - timedelta(seconds=1)) >= found.today_since else 0)
