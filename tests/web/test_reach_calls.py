"""Coverage over HTTP: along the demo city's streets, its standards, and places as they might be."""

from __future__ import annotations

import re

import pytest

PASSWORD = "demo-password-of-the-tests"
LEVELS = ("county", "street_office", "community")


@pytest.fixture(scope="module")
def ask(demo_app):
    """``ask(path, status)`` gives what a viewer of the demo city is answered."""
    client = demo_app.test_client()
    told = {"username": "viewer", "password": PASSWORD}
    assert client.post("/api/v1/login", json=told).status_code == 200

    def asked(path, status=200):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == status, answer.get_data(as_text=True)[:500]
        return answer.get_json()

    return asked


@pytest.fixture(scope="module")
def plain(ask):
    return ask("coverage?minutes=10")


def test_the_streets_reach_fewer_than_the_circle_and_the_difference_is_told(ask, plain):
    circle = ask("coverage?minutes=10&way=circle")
    assert (plain["way"], circle["way"]) == ("network", "circle")
    assert plain["households"] == circle["households"] > 60_000
    assert 0.3 < plain["share"] < circle["share"] < 1
    differs = plain["differs"]
    assert differs == circle["differs"]
    gap = differs["only_circle"] - differs["only_network"]
    assert circle["covered"] - plain["covered"] == pytest.approx(gap)
    assert plain["radius_m"] == pytest.approx(10 * 72 / 1.3)


@pytest.mark.parametrize("by", ["building", "compound", "grid", *LEVELS])
def test_sums_by_any_level_are_the_whole(ask, plain, by):
    found = ask(f"coverage?minutes=10&by={by}")
    for name, whole in (("total", "households"), ("covered", "covered")):
        rows = sum(row[name] for row in found["rows"])
        assert rows + found["elsewhere"][name] == pytest.approx(plain[whole])


def test_an_area_is_counted_alone(ask, plain):
    one = plain["areas"][3]
    found = ask(f"coverage?minutes=10&area={one['code']}&by=compound")
    assert (found["households"], found["covered"]) == (one["households"], one["covered"])
    assert [area["code"] for area in found["areas"]] == [one["code"]]
    assert {row["code"] for row in found["rows"]} >= {row["code"] for row in found["uncovered"]}
    whole = ask("coverage?minutes=10&area=371399&by=county")
    assert whole["rows"][0]["covered"] == plain["covered"]


def test_elderly_people_walk_slower_and_kinds_count_alone(ask):
    elderly = ask("coverage?minutes=10&weight=elderly")
    adults = ask("coverage?minutes=10&weight=elderly&walker=adult")
    assert (elderly["walker"], adults["walker"]) == ("elderly", "adult")
    assert elderly["households"] == adults["households"]
    assert elderly["covered"] < adults["covered"]
    rows = {row["code"]: row for row in ask("coverage?minutes=10&by=kind")["rows"]}
    assert len(rows) == 12
    clinic = ask("coverage?minutes=10&kind=clinic")
    assert clinic["covered"] == rows["clinic"]["covered"]
    both = ask("coverage?minutes=10&kind=clinic&kind=canteen")
    assert both["covered"] == ask("coverage?minutes=10&kind=clinic,canteen")["covered"]
    assert both["covered"] > max(clinic["covered"], rows["canteen"]["covered"])


def test_places_as_they_might_be_count_at_once_and_nothing_is_stored(ask, plain):
    worst = plain["uncovered"][0]
    lon, lat = worst["point"]
    more = ask(f"coverage?minutes=10&added={lon},{lat}")
    assert more["facilities"] == plain["facilities"] + 1
    assert more["covered"] >= plain["covered"] + worst["households"] * 0.5
    assert worst["code"] not in {row["code"] for row in more["uncovered"]}
    fewer = ask("coverage?minutes=10&removed=F371399010,F371399011")
    assert fewer["facilities"] == plain["facilities"] - 2
    assert fewer["covered"] <= plain["covered"]
    moved = ask(f"coverage?minutes=10&moved=F371399010,{lon},{lat}")
    assert moved["facilities"] == plain["facilities"]
    assert moved["covered"] != plain["covered"]
    lake = ask("coverage?minutes=10&added=118.9,35.4")
    assert [one["layer"] for one in lake["apart"]] == ["facilities"]
    assert lake["covered"] == plain["covered"]
    assert ask("coverage?minutes=10") == plain


def test_at_night_fewer_places_are_open_and_feasts_are_known(ask, plain):
    def at(day, hour="19:00", **more):
        query = "".join(f"&{name}={value}" for name, value in more.items())
        return ask(f"coverage?minutes=10&hour={hour}&day={day}{query}")

    workday, feast = at("workday"), at("feast")
    assert plain["hours"] is None
    assert workday["covered"] < plain["covered"]
    assert (workday["hours"]["worked"], feast["hours"]["feast"]) == (True, True)
    morning = ask("coverage?minutes=10&hour=10:00&day=2026-10-01&kind=service_centre")
    assert morning["facilities"] == 0
    school = at("workday", "17:00", kind="after_school")
    assert school["facilities"] == 0
    assert {one["reason"] for one in school["hours"]["unknown"]} == {"uncertain"}
    assert at("workday", "17:00", kind="after_school", unknown="open")["facilities"] == 6


def test_standards_tell_what_is_missing_where_it_is_needed_most(ask):
    found = ask("coverage/standards")
    circle, five, each = found["standards"]
    assert [one["key"] for one in found["standards"]] == ["circle_15", "circle_5", "station_each"]
    assert len(circle["kinds"]) == 12
    assert circle["met"] is False
    shares = {one["kind"]: one["share"] for one in circle["kinds"]}
    assert all(0 < share < 1 for share in shares.values())
    assert circle["share"] <= min(shares.values())
    without = [row["without"] for row in circle["missing"]]
    assert without == sorted(without, reverse=True)
    assert len(circle["units"]) == 49
    assert five["minutes"] == 5
    assert (each["in_compound"], each["total"], each["covered"]) == (True, 220, 25)
    assert len(each["missing"]) == 195
    unit = circle["units"][0]
    lacking = {kind for kind, share in unit["shares"].items() if share < 1}
    assert set(unit["lacking"]) == lacking


def test_standards_hold_at_an_hour_by_area_and_for_places_as_they_might_be(ask):
    whole = ask("coverage/standards?by=county")["standards"][0]
    evening = ask("coverage/standards?by=county&hour=19:00&day=sunday")
    late = evening["standards"][0]
    assert evening["hours"]["moment"].endswith("T19:00+08:00")
    for one, other in zip(whole["kinds"], late["kinds"], strict=True):
        assert other["facilities"] <= one["facilities"]
        assert other["covered"] <= one["covered"]
    assert sum(one["facilities"] for one in late["kinds"]) > 0
    offices = ask("coverage/standards?by=street_office")["standards"][0]["units"]
    assert sum(unit["total"] for unit in offices) == whole["total"]
    lon, lat = 118.3687, 35.0352
    more = ask(f"coverage/standards?by=county&added={lon},{lat},childcare")["standards"][0]
    kinds = {one["kind"]: one for one in more["kinds"]}
    before = {one["kind"]: one for one in whole["kinds"]}
    assert kinds["childcare"]["covered"] > before["childcare"]["covered"]
    assert kinds["clinic"] == before["clinic"]


def test_the_room_of_places_is_held_against_who_comes(ask):
    loads = {one["kind"]: one for one in ask("coverage/standards")["capacity"]}
    assert len(loads) == 12
    station = loads["service_station"]
    assert station["weight"] == "residents"
    assert station["stating"] < station["places"] == len(station["rows"])
    assert 0 < station["no_room"] < station["people"]
    for row in station["rows"]:
        if row["capacity"] is not None:
            assert row["given"] <= row["capacity"] + 1e-6
            assert row["over"] == pytest.approx(max(row["people"] - row["capacity"], 0))
    assert sum(row["people"] for row in station["rows"]) == pytest.approx(station["people"])


def test_a_community_has_a_sheet_of_its_own(ask, plain):
    code = plain["areas"][0]["code"]
    found = ask(f"coverage/areas/{code}")
    assert found["households"] == plain["areas"][0]["households"]
    assert [level["code"] for level in found["above"]] == [code[:6], code[:9]]
    circle = found["standards"][0]
    assert set(circle["missing"]) == {one["kind"] for one in circle["kinds"] if not one["met"]}
    for one in circle["kinds"]:
        assert one["nearest"]["minutes"] > 0
        if one["share"] == 0:
            assert one["nearest"]["minutes"] > 15
    unit = next(
        row for row in ask("coverage/standards")["standards"][0]["units"] if row["code"] == code
    )
    assert unit["shares"] == {one["kind"]: one["share"] for one in circle["kinds"]}


def test_a_sheet_tells_who_comes_and_what_each_compound_has_nearest(ask, plain):
    code = plain["areas"][0]["code"]
    found = ask(f"coverage/areas/{code}?hour=19:00&day=workday")
    assert [band["minutes"] for band in found["bands"]] == [15, 5]
    assert found["hours"]["moment"].endswith("19:00+08:00")
    for place in found["facilities"]:
        assert place["inside"] or place["here"] > 0
        assert place["people"] is None or place["here"] <= place["people"] + 1e-6
        if place["is_open"] is False:
            assert not place["people"]
    lacked = [one for row in found["standards"][0]["compounds"] for one in row["lacked"]]
    assert lacked
    assert all(one["nearest"] is None or one["nearest"]["minutes"] > 0 for one in lacked)


def test_what_became_of_the_streets_is_told(ask):
    found = ask("reach/network")
    assert found["nodes"] > 1000
    assert found["metres"] == pytest.approx(sum(found["largest_islands"]), rel=1e-3)
    assert found["islands"] >= len(found["largest_islands"])
    said = {one["key"]: one["text"] for one in found["remarks"]}
    assert "条道路不可步行" in said["not_walked"]
    assert found["shifted"] == []
    assert len(found["largest_apart"]) == min(found["islands"] - 1, 20)
    for part, metres in zip(found["largest_apart"], found["largest_islands"][1:], strict=False):
        assert part["metres"] == pytest.approx(metres, abs=0.1)
        assert 118 < part["point"][0] < 119


NONSENSE = [
    ("coverage?minutes=0", 400),
    ("coverage?minutes=-5", 400),
    ("coverage?minutes=NaN", 400),
    ("coverage?way=bird", 400),
    ("coverage?walker=bird", 400),
    ("coverage?kind=castle", 400),
    ("coverage?by=planet", 400),
    ("coverage?weight=cats", 400),
    ("coverage?area=nowhere", 404),
    ("coverage?area=%00", 400),
    ("coverage?hour=25:00", 400),
    ("coverage?hour=noon", 400),
    ("coverage?hour=19:00&day=2026-02-30", 400),
    ("coverage?hour=19:00&day=someday", 400),
    ("coverage?day=sunday", 400),
    ("coverage?unknown=maybe", 400),
    ("coverage?removed=nowhere", 404),
    ("coverage?moved=F371399010", 400),
    ("coverage?moved=F371399010,a,b", 400),
    ("coverage?moved=F371399010,NaN,35", 400),
    ("coverage?added=118.3", 400),
    ("coverage?added=1e400,35", 400),
    ("coverage?added=118.3,35.0,castle", 400),
    ("coverage?added=" + ";".join(f"118.{n},35" for n in range(60)), 400),
    ("coverage?colour=red", 400),
    ("coverage/standards?by=building", 400),
    ("coverage/standards?area=nowhere", 404),
    ("coverage/areas/nowhere", 404),
    ("coverage/areas/%00", 404),
    ("reach/network?at=0000-00-00", 400),
]


@pytest.mark.parametrize(("call", "status"), NONSENSE, ids=lambda one: str(one)[:60])
def test_nonsense_is_refused_in_chinese(ask, call, status):
    problem = ask(call, status)
    fields = [words for several in problem.get("fields", {}).values() for words in several]
    for said in (problem["detail"], *fields):
        assert re.search(r"[\u3400-\u9fff]", said)
        assert not re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", said)


@pytest.mark.parametrize(
    "path", ["coverage", "coverage/standards", "coverage/areas/371399", "reach/network"]
)
def test_strangers_are_told_nothing(demo_client, path):
    assert demo_client.get(f"/api/v1/{path}").status_code == 401
