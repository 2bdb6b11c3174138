"""An address finds its place, or says why not."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_places import city_places
from messy_addresses import write

from geodata.places.addressing import Area, Building, Compound, Index, Street

AREAS = [
    Area("371399", "示范区", "county", None, 118.30, 35.00),
    Area("371399001", "北苑街道", "street_office", "371399", 118.30, 35.05),
    Area("371399002", "老城街道", "street_office", "371399", 118.30, 34.95),
    Area("371399001001", "石桥社区", "community", "371399001", 118.31, 35.05),
    Area("371399001002", "和园社区", "community", "371399001", 118.29, 35.05),
    Area("371399002001", "文庙社区", "community", "371399002", 118.31, 34.95),
]
COMPOUNDS = [
    Compound("K", "康馨新村", "371399001001", 118.311, 35.051, ("建新大院",)),
    Compound("J", "天元嘉园", "371399001002", 118.291, 35.051),
    Compound("T", "天元南区", "371399002001", 118.312, 34.951),
    Compound("A", "阳光小区", "371399001001", 118.313, 35.053),
    Compound("B", "阳光小区", "371399002001", 118.313, 34.953),
]
BUILDINGS = [
    *(Building(f"K-{n}", "K", str(n), 118.311, 35.0510 + n / 1e4, 3, name=f"康馨新村{n}号楼")
      for n in range(1, 13)),
    *(Building(f"J-{n}", "J", str(n), 118.291, 35.0510 + n / 1e4) for n in range(1, 6)),
    *(Building(f"T-{n}", "T", str(n), 118.312, 34.9510 + n / 1e4) for n in range(1, 6)),
    *(Building(f"A-{n}", "A", str(n), 118.313, 35.0530 + n / 1e4) for n in range(1, 4)),
    *(Building(f"B-{n}", "B", str(n), 118.313, 34.9530 + n / 1e4) for n in range(1, 9)),
    Building("H-7", None, "", 118.314, 35.054, street="兰亭路", house="9", area="371399001001"),
]  # fmt: skip
STREETS = [
    Street("S1", "兰亭路", "371399001001", 118.3112, 35.0512),
    Street("S2", "兰亭路", "371399001002", 118.2950, 35.0512),
    Street("S3", "兰亭路", "371399002001", 118.3112, 34.9512),
]  # fmt: skip


@pytest.fixture(scope="module")
def index():
    return Index(areas=AREAS, compounds=COMPOUNDS, buildings=BUILDINGS, streets=STREETS)


def best(index, text):
    [match] = index.match([text])
    return match, match.candidates[0]


def test_a_whole_address_is_surely_its_building(index):
    match, first = best(index, "示范区北苑街道石桥社区康馨新村3号楼2单元")
    assert match.verdict == "sure"
    assert (first.kind, first.code, first.name) == ("building", "K-3", "康馨新村3号楼")
    assert (first.lon, first.lat) == (118.311, pytest.approx(35.0513))
    assert first.score == 1.0
    assert set(first.agree) == {
        "county", "street_office", "community", "compound", "building", "unit",
    }  # fmt: skip
    assert first.missing == first.contradict == ()


@pytest.mark.parametrize(
    "text",
    [
        "康馨新村三号楼", "康欣新村3号楼", "北苑街道康馨新材３栋", "北苑街道康新馨村3#",
        "建新大院3-1-201",
        "3号楼康馨新村（北苑街道办事处）", "石桥居委会康馨心村3号楼",
        "北苑街道北苑街道康馨新村叁号楼",
        "市民来电反映：康馨新村3号楼2单元有人乱停车", "康 馨　新村 3 号楼", "康馨村3号楼2单元",
    ],
)  # fmt: skip
def test_an_address_is_found_in_spite_of_its_mess(index, text):
    match, first = best(index, text)
    assert (match.verdict, first.code) == ("sure", "K-3")


def test_what_is_not_told_is_named_as_missing(index):
    _, first = best(index, "康馨新村")
    assert first.missing == ("community", "street_office", "county", "building")


def test_a_building_that_does_not_exist_gives_its_compound_with_a_lower_score(index):
    match, first = best(index, "康馨新村99号楼")
    assert (first.kind, first.code, first.contradict) == ("compound", "K", ("building",))
    assert match.verdict == "doubtful"
    assert first.score < best(index, "康馨新村")[1].score


def test_a_unit_that_the_building_does_not_have_lowers_the_score(index):
    _, wrong = best(index, "康馨新村3号楼8单元")
    assert (wrong.code, wrong.contradict) == ("K-3", ("unit",))
    assert wrong.score < best(index, "康馨新村3号楼")[1].score


def test_one_name_in_two_street_offices_is_doubtful_with_both(index):
    [match] = index.match(["阳光小区2号楼"])
    assert match.verdict == "doubtful"
    assert {candidate.code for candidate in match.candidates[:2]} == {"A-2", "B-2"}


def test_the_street_office_decides_between_two_of_one_name(index):
    match, first = best(index, "老城街道阳光小区2号楼")
    assert (match.verdict, first.code) == ("sure", "B-2")
    assert match.candidates[1].contradict == ("street_office",)


def test_a_building_that_only_one_of_them_has_decides_as_well(index):
    match, first = best(index, "阳光小区8号楼")
    assert (match.verdict, first.code) == ("sure", "B-8")


def test_a_community_alone_is_doubtful(index):
    match, first = best(index, "北苑街道石桥社区有人乱停车")
    assert (match.verdict, first.kind, first.code) == ("doubtful", "area", "371399001001")


@pytest.mark.parametrize(
    "text", ["", "你好", "停水两天了没人管", "12345", "，。！", "王小明 15400001234"]
)
def test_a_text_without_a_place_gives_none(index, text):
    [match] = index.match([text])
    assert (match.verdict, match.candidates) == ("none", ())


def test_a_wrong_street_office_is_told_and_the_place_is_left_open(index):
    match, first = best(index, "老城街道天元嘉园9号楼")
    assert match.verdict == "doubtful"
    assert "J" in {candidate.compound for candidate in match.candidates}
    assert "street_office" in best(index, "老城街道康馨新村3号楼")[1].contradict
    assert first.score < 0.7


def test_a_street_in_a_community_is_the_piece_that_lies_there(index):
    match, first = best(index, "文庙社区兰亭路33号")
    assert (match.verdict, first.kind, first.code) == ("sure", "street", "S3")
    assert "house" in first.missing


def test_a_long_street_alone_is_doubtful(index):
    match, first = best(index, "兰亭路33号附近")
    assert (match.verdict, first.kind) == ("doubtful", "street")
    assert match.address.near == "附近"


def test_a_mistyped_street_office_is_not_taken_for_a_street():
    street = Street("S", "北苑路", "371399002001", 118.3112, 34.9512)
    match, first = best(
        Index(areas=AREAS, compounds=COMPOUNDS, streets=[street]), "北苑接道望湖名邸"
    )
    assert (match.verdict, first.code) == ("doubtful", "371399001")


def test_a_house_that_is_known_is_its_building(index):
    match, first = best(index, "石桥社区兰亭路9号")
    assert (match.verdict, first.code) == ("sure", "H-7")


def test_a_street_is_not_enough_where_a_building_of_an_unknown_compound_is_told(index):
    match, _ = best(index, "文庙社区兰亭路望湖名邸3号楼")
    assert match.verdict == "doubtful"


def test_the_compound_across_the_road_is_not_the_place(index):
    match, first = best(index, "康馨新村对面的天元嘉园3号楼")
    assert (match.verdict, first.code) == ("sure", "J-3")


def test_an_empty_index_finds_nothing():
    [match] = Index().match(["北苑街道康馨新村3号楼"])
    assert match.verdict == "none"


def test_areas_that_stand_above_each_other_in_a_ring_hang_nothing():
    ring = [Area("1", "甲社区", "a", "2", 0, 0), Area("2", "乙街道", "b", "1", 0, 0)]
    [match] = Index(areas=ring).match(["乙街道甲社区"])
    assert match.verdict == "doubtful"


@given(
    levels=st.lists(st.booleans(), min_size=4, max_size=4),
    more=st.integers(0, 3),
    number=st.integers(1, 12),
)
def test_a_level_more_never_lowers_the_score(levels, more, number):
    words = ("示范区", "北苑街道", "石桥社区", "")
    with_more = [told or spot == more for spot, told in enumerate(levels)]
    low, high = (
        "".join(word for word, told in zip(words, chosen, strict=True) if told) + "康馨新村"
        for chosen in (levels, with_more)
    )
    index = _kept()
    tails = ["", f"{number}号楼", f"{number}号楼2单元"]
    scores = [[best(index, text + tail)[1].score for tail in tails] for text in (low, high)]
    assert scores[0] == sorted(scores[0])
    assert scores[1] == sorted(scores[1])
    assert all(a <= b for a, b in zip(*scores, strict=True))


@cache
def _kept():
    return Index(areas=AREAS, compounds=COMPOUNDS, buildings=BUILDINGS, streets=STREETS)


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(chance):
    texts = [
        "阳光小区2号楼",
        "康欣新材3栋",
        "老城街道兰亭路",
        "天元园1号楼",
        "北苑街道",
        "兰亭路9号",
    ]
    layers = [list(layer) for layer in (AREAS, COMPOUNDS, BUILDINGS, STREETS)]
    for layer in layers:
        chance.shuffle(layer)
    names = ("areas", "compounds", "buildings", "streets")
    mixed = Index(**dict(zip(names, layers, strict=True)))
    assert mixed.match(texts) == _kept().match(texts)


@settings(max_examples=200)
@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                ["北苑", "街道", "石桥社区", "康馨", "新村", "天元", "嘉园", "兰亭路", "3",
                 "号楼", "十二",
                 "单元", "阳光小区", "对面", "，", " ", "\x00", "-", "#", "\ud800", "𠀀", "Ａ"]
            )
        ).map("".join),
    )
)  # fmt: skip
def test_no_text_raises_and_scores_stay_between_nothing_and_one(text):
    [match] = _kept().match([text])
    assert all(0 <= candidate.score <= 1 for candidate in match.candidates)
    assert [c.score for c in match.candidates] == sorted(
        (c.score for c in match.candidates), reverse=True
    )
    assert (match.verdict == "none") == (not match.candidates)


@pytest.mark.parametrize("text", ["康馨新村" * 250_000, "\x00" * 1_000_000, "\ufdfa" * 1_000_000])
def test_a_megabyte_is_matched(index, text):
    index.match([text])


def test_messy_addresses_of_the_demo_city_are_placed_and_placed_rightly():
    places = city_places()
    city = Index(
        areas=places.areas,
        compounds=places.compounds,
        buildings=places.buildings,
        streets=places.streets,
    )
    written = write(places.homes, 1_500, seed=random.Random(3).randrange(10**6))  # noqa: S311
    matches = city.match(one.text for one in written)
    sure = [
        places.same(match.candidates[0].code, one.code)
        for match, one in zip(matches, written, strict=True)
        if match.verdict == "sure"
    ]
    assert len(sure) >= 0.9 * len(written)
    assert sum(sure) >= 0.95 * len(sure)
