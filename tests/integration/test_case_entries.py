"""Tickets of a hotline by file: each leaves its entry, and none is lost, doubled or overruled."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa
from incoming import OPERATOR, count_of, rows, table, tickets

from geodata.cases.steps import stepping
from geodata.cases.steps.stepping import Wanted
from geodata.cases.twins import joining
from geodata.exchange import import_file
from geodata.profiles import load_profile

LINYI = load_profile("linyi")
ENTRIES = (
    "SELECT c.external_id, s.kind, s.from_state, s.to_state, s.actor FROM case_steps s"
    " JOIN cases c ON c.id = s.case_id ORDER BY s.id"
)


def test_each_new_case_is_entered_and_each_changed_one_again(database, tmp_path):
    import_file(database, OPERATOR, "cases", tickets(tmp_path / "a.csv", 3))
    assert rows(database, ENTRIES) == [
        (f"T{k}", "reported", None, "in_progress", "terminal") for k in range(3)
    ]
    path = tickets(tmp_path / "b.csv", 4, 状态=["处置中", "已办结", "处置中", "处置中"])
    report = import_file(database, OPERATOR, "cases", path)
    assert (report.added, report.changed, report.unchanged) == (1, 1, 2)
    assert rows(database, ENTRIES)[3:] == [
        ("T1", "reported_again", "in_progress", "closed", "terminal"),
        ("T3", "reported", None, "in_progress", "terminal"),
    ]
    import_file(database, OPERATOR, "cases", path)
    assert count_of(database, "case_steps") == 5
    [(revision, moved)] = rows(
        database, "SELECT revision, stage_since IS NOT NULL FROM cases WHERE external_id = 'T1'"
    )
    assert (revision, moved) == (1, True)
    [(details,)] = rows(database, "SELECT details FROM case_steps ORDER BY id DESC LIMIT 1")
    assert details["import_id"] is not None


def test_a_case_that_came_closed_says_not_when_it_was_in_which_state(database, tmp_path):
    path = tickets(
        tmp_path / "c.csv", 2, 状态=["已办结", "处置中"], 办结时间=["2025-03-02 08:00", None]
    )
    import_file(database, OPERATOR, "cases", path)
    assert [row[3] for row in rows(database, ENTRIES)] == [None, "in_progress"]


def test_a_file_does_not_overrule_who_works_on_a_case(database, tmp_path):
    import_file(
        database, OPERATOR, "cases", tickets(tmp_path / "a.csv", 2, 状态=["待受理", "待受理"])
    )
    [(number,)] = rows(database, "SELECT id FROM cases WHERE external_id = 'T0'")
    stepping.step(database, OPERATOR, LINYI, number, Wanted("file", 0))
    path = tickets(tmp_path / "b.csv", 2, 状态=["已办结", "已办结"], 内容=["新的内容", "新的内容"])
    report = import_file(database, OPERATOR, "cases", path)
    assert report.findings.counts["state_held"] == 1
    assert rows(database, "SELECT state, description FROM cases ORDER BY id") == [
        ("filed", "新的内容"),
        ("closed", "新的内容"),
    ]
    assert sorted(rows(database, ENTRIES)[-2:]) == [
        ("T0", "reported_again", "filed", "filed", "terminal"),
        ("T1", "reported_again", "reported", "closed", "terminal"),
    ]


def test_a_file_does_not_tear_joined_cases_apart(database, tmp_path):
    import_file(database, OPERATOR, "cases", tickets(tmp_path / "a.csv", 2, 状态=["待受理"] * 2))
    (one,), (two,) = rows(database, "SELECT id FROM cases ORDER BY id")
    joining.join(database, OPERATOR, LINYI, one, 0, {two: 0})
    path = tickets(tmp_path / "b.csv", 2, 状态=["处置中", "已办结"])
    report = import_file(database, OPERATOR, "cases", path)
    assert "state_held" in report.findings.counts
    assert rows(database, "SELECT state FROM cases") == [("reported",)] * 2


def test_the_same_number_twice_in_one_file_is_one_case_with_one_entry(database, tmp_path):
    path = tickets(tmp_path / "c.csv", 3, 工单编号=["A", "A", "B"])
    report = import_file(database, OPERATOR, "cases", path)
    assert (report.added, count_of(database, "cases")) == (2, 2)
    assert [row[:2] for row in rows(database, ENTRIES)] == [("A", "reported"), ("B", "reported")]


def test_the_columns_of_a_hotline_map_by_themselves(database, tmp_path):
    path = tmp_path / "工单.xlsx"
    pd.DataFrame(
        {
            "序号": [1, 2],
            "工单编号": ["LY20260601001", "LY20260601002"],
            "受理时间": ["2026/6/1 8:05", "2026-06-01 09:10:11"],
            "诉求类别": ["噪声扰民", "没听说过"],
            "诉求内容": ["夜间施工", "物业不作为"],
            "来电人": ["张某", "李某"],
            "联系电话": ["13800000000", "0539-1234567"],
            "事发地址": ["罗庄街道幸福小区3号楼", "沂河路"],
            "处置单位": ["综合执法局", "住建局"],
            "办理时限": ["2026-06-03 18:00", "2026-06-08"],
            "办理状态": ["处置中", "已办结"],
        }
    ).to_excel(path, index=False)
    report = import_file(database, OPERATOR, "cases", path)
    assert (report.added, report.refused) == (2, 0)
    found = rows(
        database,
        "SELECT external_id, source, category, state, title, description, address, reporter_name,"
        " reporter_telephone, due_at IS NOT NULL, department, extra FROM cases ORDER BY id",
    )
    assert found[0][:6] == ("LY20260601001", "hotline", "noise", "in_progress", "", "夜间施工")
    assert found[0][6:10] == ("罗庄街道幸福小区3号楼", "张某", "13800000000", True)
    assert [row[10] for row in found] == ["urban_management", "housing"]
    assert found[1][2] == "other"
    assert "没听说过" in str(found[1][11])


@pytest.mark.parametrize("count", [2_000])
def test_bad_rows_are_named_one_by_one_and_the_good_ones_taken(database, tmp_path, count):
    frame = pd.DataFrame(
        {
            "工单编号": [f"T{k}" for k in range(count)],
            "受理时间": ["2025-03-01 08:00"] * count,
            "诉求类别": ["停车"] * count,
            "经度": ["118.305"] * count,
            "纬度": ["35.005"] * count,
        }
    )
    bad = list(range(0, count, 33))
    frame.loc[bad[::3], "受理时间"] = "昨天"
    frame.loc[bad[1::3], "受理时间"] = "2099-01-01 00:00"
    frame.loc[bad[2::3], "经度"] = "1183"
    path = tmp_path / "c.csv"
    frame.to_csv(path, index=False)
    whole = import_file(database, OPERATOR, "cases", path)
    assert (whole.stored, whole.refused) == (False, len(bad))
    assert count_of(database, "cases") == count_of(database, "case_steps") == 0
    report = import_file(database, OPERATOR, "cases", path, skip_bad=True)
    assert (report.rows, report.added, report.refused) == (count, count - len(bad), len(bad))
    named = [one.row for one in report.findings if one.weight == "refused"]
    assert sorted(named) == [number + 2 for number in bad][: len(named)]
    assert count_of(database, "case_steps") == count - len(bad)


def test_long_texts_and_strange_places_are_told_and_nothing_is_lost(database, tmp_path):
    path = table(
        tmp_path / "c.csv",
        工单编号=list("ABCD"),
        受理时间=["2025-03-01 08:00"] * 4,
        诉求内容=["长" * 4_000, "很" * 350_000, "海里", "没有类别"],
        诉求类别=["环境", "停车", "噪音", None],
        经度=[118.305, 118.305, 0.0, None],
        纬度=[35.005, 35.005, -40.0, None],
    )
    report = import_file(database, OPERATOR, "cases", path, skip_bad=True)
    kept = dict(
        rows(database, "SELECT external_id, length(description) FROM cases ORDER BY external_id")
    )
    assert report.added + report.refused == report.rows == 4
    assert kept["A"] == 4_000
    assert kept.get("B", 350_000) == 350_000
    assert {"C", "D"} <= set(kept)
    assert rows(database, "SELECT category FROM cases WHERE external_id = 'D'") == [("other",)]


def test_the_generated_city_has_an_entry_for_each_case(own_demo_database):
    with own_demo_database.read() as connection:
        query = sa.text(
            "SELECT count(*), count(DISTINCT s.case_id), (SELECT count(*) FROM cases),"
            " count(*) FILTER (WHERE s.at <> c.reported_at OR s.kind <> 'reported')"
            " FROM case_steps s JOIN cases c ON c.id = s.case_id"
        )
        entries, cases, all_cases, odd = connection.execute(query).one()
        indexes = connection.execute(
            sa.text("SELECT count(*) FROM pg_indexes WHERE tablename = 'case_steps'")
        ).scalar_one()
    assert entries == cases == all_cases > 0
    assert odd == 0
    assert indexes == 3
