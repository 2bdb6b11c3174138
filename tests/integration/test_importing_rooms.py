"""Ledgers of public rooms: as offices keep them, taken by the same rules as by hand."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import numpy as np
import openpyxl
import pytest
import sqlalchemy as sa
from incoming import OPERATOR, STREET_OFFICE, squares, table, write

from geodata import crs
from geodata.accounts import Actor
from geodata.errors import InvalidInput, NotAllowed, NotFound
from geodata.exchange import import_file, preview
from geodata.profiles import load_profile
from geodata.reach.rooms import reading

PROFILE = load_profile("linyi")
LEDGER = {
    "用房编号": ["A-1", "A-2", "A-3"],
    "用房名称": ["幸福里社区用房", "幸福里养老用房", "安居苑社区用房"],
    "所属小区": ["幸福里", "幸福里", "安居苑"],
    "开发单位": ["临沂置业", "临沂置业", "安居建设"],
    "规划用途": ["驿站", "日间照料", "驿站"],
    "规划面积(㎡)": ["320", "150㎡", "200 平方米"],
    "规划批复日期": ["2021/3/5", "2021年3月5日", "2022.6.1"],
    "批复文号": ["临规〔2021〕12号", "临规〔2021〕12号", ""],
    "验收面积": [318.5, 150, None],
    "验收时间": ["2023-05-01", "2023-05-01", ""],
    "移交面积": [318.5, None, None],
    "移交时间": ["2023-06-20", "", ""],
    "现用途": ["驿站", "", ""],
    "启用日期": ["2023-09-01", "", ""],
    "备注": ["", "消防整改中", ""],
}


@pytest.fixture
def compounds(database, communities, tmp_path):
    """Two compounds, each in a community of its own."""
    path = write(
        tmp_path / "小区.gpkg",
        squares(columns=2, rows=1, side=0.01),
        小区编码=["C1", "C2"],
        小区名称=["幸福里", "安居苑"],
    )
    assert import_file(database, OPERATOR, "compounds", path).stored


def ledger(tmp_path, name="台账.csv", **columns):
    return table(tmp_path / name, **(LEDGER | columns))


def take(database, path, **wish):
    return import_file(database, OPERATOR, "rooms", path, profile=PROFILE, **wish)


def room(database, code):
    return reading.one(database, OPERATOR, PROFILE, code)


def said(report):
    return [one.read("zh") for one in report.findings if one.weight == "refused"]


def test_an_office_ledger_becomes_rooms_with_all_their_steps(database, compounds, tmp_path):
    report = take(database, ledger(tmp_path))
    assert report.stored, said(report)
    assert (report.rows, report.added, report.refused) == (3, 3, 0)

    first = room(database, "A-1")
    assert first["stage"] == "used"
    assert (first["compound_code"], first["area_code"]) == ("C1", f"{STREET_OFFICE}003")
    assert (first["planned_m2"], first["accepted_m2"], first["handed_m2"]) == (320, 318.5, 318.5)
    assert first["planned_on"] == date(2021, 3, 5)
    assert first["used_as"] == "service_station"
    assert [one["step"] for one in first["entries"]] == ["use", "hand_over", "accept", "enter"]
    assert first["entries"][2]["changes"]["accepted_on"] == [None, "2023-05-01"]
    assert first["missing_m2"] == 1.5

    second = room(database, "A-2")
    assert (second["stage"], second["planned_m2"]) == ("accepted", 150)
    assert second["aside"] == {"备注": "消防整改中"}, "nothing that stands in a ledger is lost"
    assert room(database, "A-3")["planned_on"] == date(2022, 6, 1)

    again = take(database, ledger(tmp_path))
    assert (again.unchanged, again.added, again.changed) == (3, 0, 0)
    assert room(database, "A-1")["revision"] == first["revision"]


def test_what_a_later_ledger_says_otherwise_is_a_step_and_blank_says_nothing(
    database, compounds, tmp_path
):
    take(database, ledger(tmp_path))
    later = ledger(
        tmp_path,
        移交面积=[318.5, 149.0, None],
        移交时间=["2023-06-20", "2024-01-10", ""],
        规划批复日期=["", "", ""],
        开发单位=["", "", "安居建设集团"],
        备注=["", "", "更名"],
    )
    report = take(database, later)
    assert (report.changed, report.unchanged, report.added) == (2, 1, 0)
    second = room(database, "A-2")
    assert second["planned_on"] == date(2021, 3, 5)
    assert second["entries"][0]["step"] == "hand_over"
    assert second["entries"][0]["changes"] == {
        "handed_m2": [None, 149.0],
        "handed_on": [None, "2024-01-10"],
    }
    assert second["aside"] == {"备注": "消防整改中"}
    third = room(database, "A-3")
    assert third["entries"][0]["changes"] == {"developer": ["安居建设", "安居建设集团"]}
    assert third["aside"] == {"备注": "更名"}


def test_a_room_that_the_ledger_calls_vacant_is_left_empty(database, compounds, tmp_path):
    take(database, ledger(tmp_path))
    report = take(
        database, ledger(tmp_path, 现用途=["闲置", "空置", "无"], 启用日期=["2023-09-01", "", ""])
    )
    assert (report.changed, report.unchanged) == (1, 2)
    left = room(database, "A-1")
    assert (left["used_as"], left["used_since"], left["stage"]) == (None, None, "handed_over")
    assert left["entries"][0]["step"] == "leave"


def test_lines_that_no_room_can_be_are_refused_each_with_its_reason(database, compounds, tmp_path):
    tomorrow = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011 - a machine's own day
    path = table(
        tmp_path / "坏.csv",
        编码=["B1", "B1", "B2", "B3", "B4", "B5", "B6", "", "B8", "B9"],
        名称=["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"],
        小区=["幸福里", "幸福里", "没有的", *["幸福里"] * 4, "", "幸福里", "幸福里"],
        规划面积=[100, 100, 100, -5, 100, 100, 999_999, 100, 100, 100],
        规划日期=["2024-05-01"] * 8 + [tomorrow, "2024-05-01"],
        验收面积=["", "", "", "", 90, "", "", "", "", ""],
        移交面积=["", "", "", "", "", 90, "", "", "", 90],
        移交日期=["", "", "", "", "", "2024-06-01", "", "", "", "2024-06-01"],
        验收日期=["", "", "", "", "", "", "", "", "", "2024-04-01"],
    )
    report = take(database, path)
    assert not report.stored
    assert reading.rooms(database, OPERATOR, PROFILE).rooms == [], "whole or not at all"
    assert said(report) == [
        "用房B1在前面的行里已经出现过。",
        "没有叫“没有的”的小区，请写小区编码。",
        "-5.0平方米不是用房面积：应为0至100,000平方米。",
        "这一行没有写明验收日期。",
        "用房须先验收，再移交。",
        "999999.0平方米不是用房面积：应为0至100,000平方米。",
        "这一行要有用房编码，或者用房名称和所属小区。",
        f"{tomorrow}还没有到。",
        "这一行没有写明验收面积（平方米）。",
    ]
    assert [one.row for one in report.findings if one.weight == "refused"] == [*range(3, 12)]

    kept = take(database, path, skip_bad=True)
    assert (kept.stored, kept.added, kept.refused) == (True, 1, 9)
    tried = take(database, ledger(tmp_path), dry_run=True)
    assert (tried.added, tried.stored) == (3, False)
    assert len(reading.rooms(database, OPERATOR, PROFILE).rooms) == 1


def test_rooms_without_codes_are_known_by_name_and_compound(database, compounds, tmp_path):
    nameless = {name: column for name, column in LEDGER.items() if name != "用房编号"}
    path = table(tmp_path / "无编码.csv", **nameless)
    assert take(database, path).added == 3
    codes = [one["code"] for one in reading.rooms(database, OPERATOR, PROFILE).rooms]
    assert codes == ["C1-G1", "C1-G2", "C2-G1"]
    assert take(database, path).unchanged == 3
    twice = table(
        tmp_path / "两次.csv", 名称=["新", "新"], 小区=["幸福里", "幸福里"], 规划面积=[10, 20]
    )
    assert said(take(database, twice)) == ["用房C1-G3在前面的行里已经出现过。"]


def test_compounds_of_one_name_must_be_told_apart(database, compounds, tmp_path):
    path = write(
        tmp_path / "又一个.gpkg", squares(west=118.4)[:1], 小区编码=["C3"], 小区名称=["幸福里"]
    )
    assert import_file(database, OPERATOR, "compounds", path).stored
    report = take(database, ledger(tmp_path))
    assert said(report) == ["有2个小区都叫“幸福里”，请写明小区编码。"] * 2
    assert take(database, ledger(tmp_path, 小区编码=["C1", "C3", "C2"])).added == 3
    assert room(database, "A-2")["compound_code"] == "C3"
    assert said(take(database, ledger(tmp_path, 小区编码=["C1", "C9", "C2"]))) == [
        "没有编码为C9的小区。"
    ]


def test_places_may_be_gcj02_and_a_room_may_lie_outside_every_compound(
    database, compounds, tmp_path
):
    spots = np.array([118.305, 118.315]), np.array([35.015, 35.2])
    lon, lat = crs.convert_points(*spots, from_="wgs84", to="gcj02")
    path = table(tmp_path / "坐标.csv", 编码=["P1", "P2"], 规划面积=[80, 90], 经度=lon, 纬度=lat)
    report = take(database, path, crs="gcj02")
    assert (report.added, report.unplaced) == (2, 1)
    inside = room(database, "P1")
    assert (inside["lon"], inside["lat"]) == pytest.approx((118.305, 35.015), abs=2e-6)
    assert inside["area_code"] == f"{STREET_OFFICE}001"
    assert room(database, "P2")["area_code"] is None
    assert take(database, path, crs="gcj02").unchanged == 2


def test_an_excel_sheet_is_looked_at_first(database, compounds, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["序号", *LEDGER])
    for k, row in enumerate(zip(*LEDGER.values(), strict=True)):
        sheet.append([k + 1, *row])
    path = tmp_path / "台账.xlsx"
    book.save(path)
    seen = preview(database, OPERATOR, "rooms", path)
    fields = {one["name"]: one["field"] for one in seen.columns}
    assert fields["规划面积(㎡)"] == "planned_m2"
    assert fields["规划批复日期"] == "planned_on"
    assert fields["现用途"] == "used_as"
    assert fields["所属小区"] == "compound"
    assert fields["备注"] is None
    assert seen.features["features"] == []
    assert seen.rows == 3
    assert take(database, path).added == 3


def test_who_may_not_keep_rooms_here_takes_in_none(database, compounds, tmp_path):
    path = ledger(tmp_path)
    worker = Actor(user_id=7, name="网格员", role="worker", areas=frozenset())
    with pytest.raises(NotAllowed):
        import_file(database, worker, "rooms", path, profile=PROFILE)
    narrow = Actor(
        user_id=8, name="规划员", role="planner", areas=frozenset({f"{STREET_OFFICE}003"})
    )
    with pytest.raises(NotAllowed):
        import_file(database, narrow, "rooms", path, profile=PROFILE)
    assert reading.rooms(database, OPERATOR, PROFILE).rooms == []
    mine = table(tmp_path / "我的.csv", 编码=["M1"], 小区=["幸福里"], 规划面积=[50])
    assert import_file(database, narrow, "rooms", mine, profile=PROFILE).added == 1
    assert room(database, "M1")["entries"][0]["by_name"] == "规划员"


def test_what_a_ledger_cannot_mean_is_refused_whole(database, compounds, tmp_path):
    for wish in ({"replace": True}, {"since": date(2024, 1, 1)}):
        with pytest.raises(InvalidInput, match="ledger"):
            take(database, ledger(tmp_path), **wish)
    with pytest.raises(NotFound):
        import_file(database, OPERATOR, "ledgers", ledger(tmp_path))
    empty = tmp_path / "空.csv"
    empty.write_text("编码,名称\n", encoding="utf-8")
    with pytest.raises(InvalidInput):
        take(database, empty)


def test_a_ledger_waits_for_who_is_writing_and_heeds_what_he_left(database, compounds, tmp_path):
    take(database, ledger(tmp_path))
    reports = []
    thread = threading.Thread(target=lambda: reports.append(take(database, ledger(tmp_path))))
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "update public_rooms set handed_m2 = 149, handed_on = '2024-01-10',"
                " developer = '别家' where code = 'A-2'"
            )
        )
        thread.start()
        thread.join(1.0)
        assert thread.is_alive()
    thread.join(20)
    assert (reports[0].changed, reports[0].unchanged) == (1, 2)
    found = room(database, "A-2")
    assert found["handed_m2"] == 149, "blank in a ledger takes nothing back"
    assert found["entries"][0]["changes"] == {"developer": ["别家", "临沂置业"]}
