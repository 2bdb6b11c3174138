"""Tickets in files that have an address and no coordinates."""

from __future__ import annotations

import pandas as pd
from incoming import OPERATOR, rows, tickets
from test_placing import ANNE, PROFILE, estates  # noqa: F401 - a fixture

from geodata.cases.whereabouts import placing, unplaced
from geodata.cases.whereabouts.placing import Choice
from geodata.exchange import import_file

ADDRESSES = [
    "盛庄社区康馨新村三号楼",
    "银杏花园",
    "册山社区东头",
    "火星基地",
    "",
    "康馨新村3号楼2单元",
]


def sent(tmp_path, addresses=ADDRESSES, **more):
    count = len(addresses)
    nowhere = {"经度": [None] * count, "纬度": [None] * count} | more
    return tickets(tmp_path / "工单.csv", count, 地址=addresses, **nowhere)


def placed(database):
    return {
        one.external_id: (one.place_state, one.compound_code, one.there)
        for one in rows(
            database,
            "select external_id, place_state, compound_code, geom is not null as there from cases",
        )
    }


def test_rows_without_coordinates_find_their_place_by_their_address(estates, tmp_path):  # noqa: F811
    report = import_file(estates, OPERATOR, "cases", sent(tmp_path))
    assert report.stored
    assert placed(estates) == {
        "T0": ("sure", "K1", True),
        "T1": ("sure", "K2", True),
        "T2": ("doubtful", None, False),
        "T3": ("none", None, False),
        "T4": (None, None, False),
        "T5": ("sure", "K1", True),
    }
    told = [one for one in report.findings.counts if one == "places_of_addresses"]
    assert told
    assert unplaced.count_unplaced(estates, ANNE, PROFILE) == {"all": 3, "doubtful": 1, "none": 2}


def test_coordinates_of_a_row_go_before_its_address(estates, tmp_path):  # noqa: F811
    path = sent(tmp_path, ["银杏花园"], 经度=[118.305], 纬度=[35.015])
    import_file(estates, OPERATOR, "cases", path)
    assert placed(estates) == {"T0": ("given", "K1", True)}


def test_the_same_file_again_changes_nothing_and_leaves_what_a_person_chose(estates, tmp_path):  # noqa: F811
    path = sent(tmp_path)
    import_file(estates, OPERATOR, "cases", path)
    again = import_file(estates, OPERATOR, "cases", path)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 6)
    number, revision = rows(estates, "select id, revision from cases where external_id = 'T3'")[0]
    placing.place(estates, ANNE, PROFILE, number, Choice(revision, kind="compound", code="K2"))
    again = import_file(estates, OPERATOR, "cases", path)
    assert (again.changed, again.unchanged) == (0, 6)
    assert placed(estates)["T3"] == ("chosen", "K2", True)


def test_a_place_that_is_better_known_by_now_is_found_when_the_file_comes_again(
    estates,  # noqa: F811
    tmp_path,
):
    path = sent(tmp_path, ["老粮所大院1号楼", "老粮所大院3号楼"])
    import_file(estates, OPERATOR, "cases", path)
    number, revision = rows(estates, "select id, revision from cases where external_id = 'T0'")[0]
    choice = Choice(revision, kind="compound", code="K1", word="老粮所大院")
    placing.place(estates, ANNE, PROFILE, number, choice)
    again = import_file(estates, OPERATOR, "cases", path)
    assert again.changed == 1
    assert placed(estates)["T1"] == ("sure", "K1", True)


def test_excel_as_it_was_exported_is_placed_too(estates, tmp_path):  # noqa: F811
    frame = pd.read_csv(sent(tmp_path, ["银杏花园"])).drop(columns=["经度", "纬度"])
    frame.to_excel(tmp_path / "工单.xlsx", index=False)
    import_file(estates, OPERATOR, "cases", tmp_path / "工单.xlsx")
    assert placed(estates) == {"T0": ("sure", "K2", True)}
