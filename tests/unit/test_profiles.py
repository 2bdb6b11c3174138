"""A city's profile is read whole or refused with file, key and mend."""

from __future__ import annotations

from datetime import date

import pytest

from geodata.errors import InvalidProfile, NotFound
from geodata.profiles import SHIPPED, Profile, load_profile
from geodata.profiles.loading import _FOLDER

OKABE_ITO = {
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#000000",
}  # fmt: skip
GREY = "#999999"


@pytest.fixture
def linyi():
    return load_profile("linyi")


def changed(tmp_path, old, new):
    """A copy of the shipped profile with one passage changed."""
    text = (_FOLDER / "linyi.toml").read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_profile_loads(name):
    profile = load_profile(name)
    assert profile.first_state in profile.open_states
    assert profile.circle_kinds


def test_linyi_has_what_the_documents_name(linyi):
    assert linyi.keys("levels") == ("county", "street_office", "community")
    assert len(linyi.compound_types) == 5
    assert len(linyi.facility_kinds) == 12
    assert len(linyi.equipment) == 12
    assert linyi.keys("states") == (
        "reported", "filed", "dispatched", "in_progress", "fed_back", "closed",
    )  # fmt: skip
    assert linyi.open_states == linyi.keys("states")[:-1]
    assert [circle.minutes for circle in linyi.service_circles] == [15, 5]
    assert (linyi.grid_band.low, linyi.grid_band.high) == (300, 500)


@pytest.mark.parametrize("name", SHIPPED)
def test_categories_have_colours_that_colour_blind_eyes_tell_apart(name):
    colours = list(load_profile(name).colors("categories").values())
    assert set(colours) <= OKABE_ITO | {GREY}
    assert len(set(colours)) == len(colours)


@pytest.mark.parametrize(
    ("word", "key"),
    [("noise", "noise"), ("噪音扰民", "noise"), (" Noise ", "noise"), ("噪声", "noise"),
     ("违停", "parking"), ("天气", None)],
)  # fmt: skip
def test_a_category_is_found_by_any_of_its_names(linyi, word, key):
    assert linyi.key_of("categories", word) == key


def test_names_come_in_the_language_asked_for(linyi):
    assert linyi.names("sources", "zh")["hotline"] == "12345热线"
    assert linyi.names("sources", "en")["hotline"] == "12345 hotline"
    assert linyi.category("parking").name.read("zh") == "停车秩序"


def test_an_unknown_key_says_which_are_known(linyi):
    with pytest.raises(NotFound, match=r"weather.*environment"):
        linyi.category("weather")


def test_fifteen_minutes_are_831_metres_as_the_crow_flies(linyi):
    assert linyi.radius_m(15) == pytest.approx(15 * 60 * 1.2 / 1.3)
    assert round(linyi.radius_m(15)) == 831


def test_a_profile_cannot_be_changed(linyi):
    with pytest.raises(ValueError, match="frozen"):
        linyi.timezone = "UTC"


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(InvalidProfile, match=r"atlantis.*city, linyi"):
        load_profile("atlantis")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('timezone = "Asia/Shanghai"', "", r"mine\.toml lacks timezone: add it"),
        ("speed_m_per_s = 1.2", "speed = 1.2", r"walking\.speed_m_per_s|walking\.speed"),
        ("detour_factor = 1.3", "detour_factor = 0.3", r"walking\.detour_factor.*greater"),
        ('color = "#009E73"', 'color = "green"', r"categories\[1\]\.color.*pattern"),
        ("low = 300", "low = 900", r"grid_band.*exchange them"),
        ("low = 300", "low = 0", r"grid_band\.low.*greater"),
        ("rented = 0.5", "rented = -0.5", r"plans\.workload\.rented.*greater"),
        ('"08:30-12:00"', '"8.30-12"', r"working\.hours.*08:30-12:00"),
        ('"08:30-12:00"', '"14:30-12:00"', r"working\.hours.*from morning to night"),
        ("yellow_share = 0.8", "yellow_share = 80", r"working\.yellow_share.*less than 1"),
        ('holidays = "china"', 'holidays = "Mars"', r"working\.holidays.*china"),
        ("Asia/Shanghai", "Asia/Linyi", r"timezone.*IANA"),
        ('key = "noise"', 'key = "parking"', r"categories has parking twice"),
        ("levels = [6, 3, 3]", "levels = [6, 3]", r"differ in length"),
        ("[walking]", "[walking", r"is not TOML"),
    ],
)
def test_a_faulty_profile_names_file_key_and_mend(tmp_path, old, new, says):
    with pytest.raises(InvalidProfile, match=says) as caught:
        load_profile(changed(tmp_path, old, new))
    assert "mine.toml" in str(caught.value)


SEASON = """yellow_share = 0.8
[[working.seasons]]
since = "06-01"
until = "%s"
hours = ["08:30-12:00", "14:30-18:00"]
"""


def test_summer_has_its_own_office_hours(tmp_path):
    path = changed(tmp_path, "yellow_share = 0.8", SEASON % "09-30")
    profile = load_profile(path)
    office = profile.working.workdays(profile.zone, own={date(2026, 7, 4): True})
    assert office.hours_of(date(2026, 7, 4)) == ((510, 720), (870, 1080))
    assert office.hours_of(date(2026, 11, 16)) == ((510, 720), (810, 1050))
    written = profile.model_dump(mode="json")
    assert written["working"]["hours"] == ["08:30-12:00", "13:30-17:30"]
    assert written["working"]["seasons"][0]["until"] == "09-30"
    assert Profile.model_validate(written) == profile


def test_a_season_ends_on_a_day_of_the_year(tmp_path):
    with pytest.raises(InvalidProfile, match=r"seasons.*until.*like 06-01"):
        load_profile(changed(tmp_path, "yellow_share = 0.8", SEASON % "09-31"))


def test_a_profile_without_office_hours_has_the_usual_ones():
    plain = load_profile("linyi").model_dump(exclude={"working"}, mode="json")
    assert Profile.model_validate(plain).working.hours == ((510, 720), (810, 1050))


def test_a_misspelt_key_is_answered_with_the_likely_one(tmp_path):
    path = changed(tmp_path, "limit = { days = 3 }", "limit_day = 3")
    with pytest.raises(
        InvalidProfile, match=r"categories\[1\]\.limit_day.*did you mean limit_days"
    ):
        load_profile(path)


def test_more_categories_than_eyes_can_tell_apart_are_counted_in_plain_words(tmp_path):
    one = '[[categories]]\nkey = "kind_%d"\nname = { zh = "类", en = "kind" }\ncolor = "#999999"\n'
    path = changed(
        tmp_path, "[[categories]]", "".join(one % k for k in range(9)) + "[[categories]]"
    )
    with pytest.raises(InvalidProfile, match=r"17 entries at categories: from \d+ to 9 are"):
        load_profile(path)


def test_a_file_that_is_not_utf8_says_so(tmp_path):
    path = tmp_path / "gbk.toml"
    path.write_bytes("[name]\nzh = '临沂'".encode("gbk"))
    with pytest.raises(InvalidProfile, match="UTF-8"):
        load_profile(path)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(InvalidProfile, match="No such file"):
        load_profile(tmp_path / "none.toml")
