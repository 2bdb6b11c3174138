"""What new grids are called until somebody calls them otherwise."""

from __future__ import annotations

import pytest
from kept_drafts import lattice

from geodata.plans.net import Net
from geodata.plans.numbering import (
    from_chinese,
    in_chinese,
    next_name,
    numbered,
    parted_from_compounds,
)

HERE = "371399001001"


def bare(net: Net, *grids: int) -> Net:
    """The net in which these grids have neither name nor code."""
    rows = net.grids.copy()
    rows.loc[list(grids), ["name", "code"]] = None
    return Net(net.units, rows, net.lines, net.next_unit, net.next_grid)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["枣园社区第1网格", "枣园社区第2网格"], "枣园社区第3网格"),
        (["枣园社区第2网格", "枣园社区第9网格", "北门"], "枣园社区第10网格"),
        (["枣园社区第一网格", "枣园社区第十九网格"], "枣园社区第二十网格"),
        (["网格01", "网格02"], "网格03"),
        (["枣园网格", "东关网格"], "枣园社区第1网格"),
        ([], "枣园社区第1网格"),
        # Compounds that have a number are no grids that are counted.
        (["阳光花园2期", "阳光花园3期", "枣园", "北园", "南园"], "枣园社区第1网格"),
        (["Beat 0111", "Beat 0112", "Beat 0113"], "Beat 0114"),
        (["枣园社区第九十九网格", "枣园社区第九十八网格"], "枣园社区第100网格"),
        (["枣园2社区第1网格"], "枣园2社区第2网格"),
        # Most are called one way: one goes on in it.
        (["1号网格", "枣园社区第1网格", "枣园社区第2网格"], "枣园社区第3网格"),
    ],
)
def test_the_next_name_goes_on_where_the_others_end(names, wanted):
    assert next_name(names, "枣园社区") == wanted
    assert next_name([*names, wanted], "枣园社区") not in names


def test_without_any_number_the_words_are_those_of_the_language():
    assert next_name([], "Riverside", "en") == "Riverside grid 1"
    assert next_name([], "", "zh") == "第1网格"


def test_numbers_of_compounds_do_not_count_grids():
    yards = [f"{number}号院" for number in range(1, 9)]
    assert next_name(yards, "枣园社区", compounds=yards) == "枣园社区第1网格"
    assert next_name([*yards, "枣园社区第1网格"], "枣园社区", compounds=yards) == "枣园社区第2网格"
    net = bare(lattice(), 1)
    rows = net.grids.assign(name=net.grids["name"].mask(net.grids.index != 1, None))
    rows.loc[2:, "name"] = yards
    net = Net(net.units, rows, net.lines, net.next_unit, net.next_grid)
    done = numbered(net, [1], names={}, places={HERE: "枣园社区"}, compounds=yards)
    assert done.grids["name"].loc[1] == "枣园社区第1网格"


def test_numerals_are_read_as_they_are_written():
    assert [from_chinese(in_chinese(k)) for k in range(1, 100)] == list(range(1, 100))
    assert in_chinese(10) == "十"
    assert in_chinese(21) == "二十一"
    assert from_chinese("十十") is None


def test_several_new_grids_are_numbered_as_one_reads_a_map():
    net = bare(lattice(), 1, 4, 9)  # south-west, west, north-east of three by three
    done = numbered(net, net.grids.index, names={HERE: {"第30网格"}}, places={})
    assert done.grids["name"].loc[[4, 9, 1]].tolist() == ["第31网格", "第32网格", "第33网格"]
    assert done.grids["name"].loc[[2, 3]].tolist() == ["第2网格", "第3网格"]
    assert net.grids["name"].isna().sum() == 3


def test_what_has_a_code_or_is_not_meant_keeps_what_it_is_called():
    net = bare(lattice(), 5, 6)
    net.grids.loc[5, "code"] = "371399001001005"
    done = numbered(net, [5], names={}, places={})
    assert done is net


def test_a_wish_is_granted_unless_somebody_is_called_so():
    net = bare(lattice(), 5, 6)
    done = numbered(net, [5, 6], names={}, places={}, wishes={5: "老街网格", 6: "第2网格"})
    assert done.grids.at[5, "name"] == "老街网格"
    assert done.grids.at[6, "name"] == "第10网格"


def test_a_grid_of_several_compounds_is_not_called_after_one_of_them():
    net = lattice()
    units = net.units.copy()
    codes = [f"C{unit}" for unit in units.index]
    units["compound"] = codes
    # Grid 1 is one compound whole, grid 2 has four, grid 3 half of one that grid 2 has as well.
    units.loc[units["grid"] == 1, "compound"] = "C1"
    third = units.index[units["grid"] == 3]
    units.loc[third, "compound"] = "shared"
    units.loc[units.index[units["grid"] == 2][0], "compound"] = "shared"
    names = {code: f"{code}小区" for code in units["compound"]}
    rows = net.grids.copy()
    rows["code"] = None
    rows.loc[1, "name"] = "C1小区"
    rows.loc[2, "name"] = names[units.loc[units.index[units["grid"] == 2][1], "compound"]]
    rows.loc[3, "name"] = "shared小区"
    rows.loc[4, "name"] = "东门网格"
    rows.loc[5, ["name", "code"]] = [names[units.loc[units["grid"] == 5, "compound"].iloc[0]], "5"]
    done = parted_from_compounds(
        Net(units, rows, net.lines, net.next_unit, net.next_grid), names
    ).grids["name"]
    assert done[1] == "C1小区"
    assert done[2] == ""
    assert done[3] == ""
    assert done[4] == "东门网格"
    assert done[5] == rows.loc[5, "name"]  # called so today
