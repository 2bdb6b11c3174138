"""A Chinese address comes apart, however it is written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.places.addressing import building_number, read
from geodata.places.addressing.reading import LONGEST, clean, numeral


def test_a_full_address_gives_all_its_parts():
    address = read("临沂市罗庄区盛庄街道办事处石桥社区兰亭路7号康馨新村3号楼2单元5层501室")
    assert (address.county, address.office, address.community) == (
        "罗庄区",
        "盛庄街道",
        "石桥社区",
    )
    assert (address.street, address.house, address.compound) == ("兰亭路", "7", "康馨新村")
    assert (address.building, address.unit, address.floor, address.room) == ("3", "2", "5", "501")


@pytest.mark.parametrize(
    "text",
    [
        "康馨新村12号楼3单元",
        "康馨新村十二号楼三单元",
        "康馨新村拾贰号楼叁单元",
        "康馨新村一十二栋3单元",
        "康馨新村第12幢3单元",
        "康馨新村12＃楼３单元",
        "康馨新村 12 号 楼 3 单 元",
        "康馨新村12#3单元",
        "康馨新村12号3单元",
        "康馨新村12-3单元",
        "康馨新村12楼3单元",
        "康馨新村012号樓03單元",
        "康馨新村１２座三单元",
        "3单元康馨新村12号楼",
        "康馨\u200b新村12号楼\x003单元",
    ],
)
def test_a_building_and_its_unit_are_read_in_every_way_to_write_them(text):
    address = read(text)
    assert (address.building, address.unit) == ("12", "3")


@pytest.mark.parametrize("text", ["康馨新村3-2-501", "康馨新村 3 2 501", "康馨新村３－２－５０１"])
def test_numbers_with_dashes_are_building_unit_and_room(text):
    address = read(text)
    assert address.compound == "康馨新村"
    assert (address.building, address.unit, address.room) == ("3", "2", "501")


def test_two_numbers_with_a_dash_are_building_and_room():
    address = read("康馨新村3-501")
    assert (address.building, address.unit, address.room) == ("3", "", "501")


def test_a_number_after_a_street_is_a_house_and_no_building():
    address = read("北苑街道兰亭路7号附近")
    assert (address.street, address.house, address.building) == ("兰亭路", "7", "")
    assert address.near == "附近"


def test_a_house_in_a_street_and_a_building_in_its_yard_are_told_apart():
    address = read("兰亭路7号院3号楼")
    assert (address.street, address.house, address.building) == ("兰亭路", "7", "3")


def test_numerals_in_names_stay_names():
    assert read("第二纺织厂家属院三号楼").compound == "第二纺织厂家属院"
    assert read("沂蒙春一路12号").street == "沂蒙春一路"


def test_a_southern_part_of_a_compound_is_no_county():
    address = read("天元南区5号楼")
    assert (address.county, address.compound) == ("", "天元南区")


def test_what_the_reporter_says_around_the_address_is_left_out():
    address = read("市民来电反映：家住书香小区二十一栋，5月12号晚8点停电，电话15400001234")
    assert (address.compound, address.building) == ("书香小区", "21")
    assert read("5月12号晚上停电").building == ""


def test_a_repeated_level_is_one():
    address = read("北苑街道北苑街道石桥社区康馨新村3号楼")
    assert (address.office, address.community, address.compound) == (
        "北苑街道",
        "石桥社区",
        "康馨新村",
    )


def test_levels_after_the_building_are_read_as_well():
    address = read("3号楼2单元康馨新村（北苑街道）")
    assert (address.office, address.compound, address.building) == ("北苑街道", "康馨新村", "3")


def test_a_lettered_building_is_a_building():
    assert read("康馨新村Ｂ座5楼").building == "b"
    assert read("康馨新村Ｂ座5楼").floor == "5"


def test_a_buildings_name_gives_its_number():
    assert building_number("康馨新村3号楼") == "3"
    assert building_number("第三建筑公司家属院十号") == "10"
    assert building_number("公园管理房") == ""


@pytest.mark.parametrize(
    ("words", "number"),
    [("十", 10), ("二十", 20), ("二十一", 21), ("一百零五", 105), ("贰拾壹", 21), ("一二", 12),
     ("两百", 200), ("〇", 0)],
)  # fmt: skip
def test_a_numeral_in_words_is_its_number(words, number):
    assert numeral(words) == number


@given(st.text())
def test_any_text_can_be_read_and_reading_again_changes_nothing(text):
    once = clean(text)
    assert read(text).text == once
    assert len(once) <= LONGEST
    assert read(once).building == read(text).building


@given(
    st.lists(
        st.sampled_from(
            list("北苑街道社区路巷村3一二十号楼栋单元室-#,，:.市省（ 门院月日a９\x00附近")
        )
    )
)
def test_any_pieces_of_addresses_can_be_read(pieces):
    read("".join(pieces))


@pytest.mark.parametrize(
    "text",
    ["号" * 1_000_000, "3号楼" * 300_000, "一" * 1_000_000, "\x00" * 1_000_000, "\ufdfa" * 900_000,
     "市" * 1_000_000, "1-" * 500_000, "\ud800\udfff" * 10],
)  # fmt: skip
def test_a_megabyte_is_read_as_fast_as_a_line(text):
    start = time.perf_counter()
    read(text)
    assert time.perf_counter() - start < 2
