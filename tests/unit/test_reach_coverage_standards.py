"""Standards held against a small town, the sheet of one area, and the room in its places."""

from __future__ import annotations

import pytest
from told_towns import (
    PROFILE,
    asked_of,
    ground,
    house,
    line,
    places,
    riverside,
    streets,
    town,
)

from geodata.errors import InvalidInput
from geodata.reach.coverage.asking import Wish
from geodata.reach.coverage.judging import held
from geodata.reach.coverage.recording import sheet
from geodata.reach.coverage.serving import served

STATION = "service_station"


def test_a_standard_is_met_where_all_of_its_kinds_are_near():
    here = riverside(bridge=False)
    kinds = PROFILE.standards[0].kinds
    rows = [(kind, 0, -100) for kind in kinds] + [(kind, 0, 100) for kind in kinds[1:]]
    circle, five, _ = held(asked_of(here, places(here, *rows)))
    every = circle.every
    assert (every.sum.covered, every.sum.total, every.met) == (10, 20, False)
    assert circle.judged["clinic"].met is True
    assert circle.judged[STATION].met is False
    by_area = dict(zip(every.units["code"], every.units["met"], strict=True))
    assert by_area == {"111": True, "112": False}
    missing = circle.missing.to_dict("records")
    assert [(row["code"], row["kind"], row["without"]) for row in missing] == [("112", STATION, 10)]
    assert (five.judged[STATION].sum.covered, five.facilities[STATION]) == (10, 1)


def test_what_is_missing_comes_with_most_people_first():
    here = town(
        buildings=[house("few", 0, -500, 5, area_code="111"), house("many", 0, 500, 90)],
        walked=streets(line((0, -600), (0, 600))),
    )
    circle = held(asked_of(here, places(here)))[0]
    without = circle.missing["without"].tolist()
    assert without == sorted(without, reverse=True)
    assert circle.missing["code"].iloc[0] == "112"
    assert circle.every.sum.covered == 0


def test_a_station_in_each_compound_counts_compounds_and_walls():
    estates = [
        {"code": "c1", "area_code": "111", "households": 40, "geometry": ground(0, -500, 200)},
        {"code": "c2", "area_code": "111", "households": 90, "geometry": ground(500, -500, 200)},
        {"code": "c3", "area_code": "112", "households": 60, "geometry": ground(0, 500, 200)},
    ]
    here = town(compounds=estates, walked=streets(line((0, -600), (0, 600))))
    spots = places(here, (STATION, 0, -500), (STATION, 395, -500))  # just outside of c2
    each = held(asked_of(here, spots))[2]
    assert (each.every.sum.covered, each.every.sum.total) == (1, 3)
    by_area = each.every.units.set_index("code")
    assert by_area["total"].to_dict() == {"111": 2, "112": 1}
    assert by_area["covered"].to_dict() == {"111": 1, "112": 0}
    assert each.missing["code"].tolist() == ["c2", "c3"]
    own = held(asked_of(here, spots, Wish(by="compound", area="111")))[2]
    assert dict(zip(own.every.units["code"], own.every.units["met"], strict=True)) == {
        "c1": True,
        "c2": False,
    }


def test_a_district_of_nobody_is_neither_met_nor_not():
    here = town()
    circle, _, each = held(asked_of(here, places(here)))
    assert circle.every.met is None
    assert circle.every.units["met"].tolist() == [None, None]
    assert each.every.met is None
    assert sheet(asked_of(here, places(here), Wish(area="111"))).standards[0].missing == ()


def test_standards_are_not_told_by_buildings():
    here = town()
    with pytest.raises(InvalidInput):
        held(asked_of(here, places(here), Wish(by="building")))


def test_the_sheet_of_an_area_says_what_is_missing_and_where_the_nearest_is():
    here = riverside(bridge=False)
    spots = places(
        here,
        (STATION, 0, -100, {"area": "111", "hours": "24/7", "capacity": 50}),
        ("clinic", 0, 100, {"area": "112"}),
    )
    found = sheet(asked_of(here, spots, Wish(area="112")))
    assert (found.name, found.level, found.households) == ("北社区", "community", 10)
    assert found.above == (("1", "区"), ("11", "街道"))
    assert [one.kind for one in found.facilities] == ["clinic"]
    circle = found.standards[0]
    kinds = {one.kind: one for one in circle.kinds}
    assert STATION in circle.missing
    assert "clinic" not in circle.missing
    nearest = kinds[STATION].nearest
    assert nearest is not None
    assert (nearest.code, nearest.inside) == ("f0", False)
    assert nearest.minutes == pytest.approx((4200 + 30) / 72, rel=0.02)
    assert kinds["clinic"].nearest is not None
    assert kinds["clinic"].nearest.inside
    assert kinds["canteen"].nearest is None


def test_the_sheet_tells_who_is_within_each_circle_and_who_comes_to_which_place():
    here = riverside(bridge=True)  # 30 residents on either side
    spots = places(
        here,
        (STATION, 0, -100, {"area": "111", "hours": "24/7", "capacity": 50}),
        (STATION, 0, 9_000, {"area": "112"}),
        ("clinic", 0, 100, {"area": "112"}),
    )
    found = sheet(asked_of(here, spots, Wish(area="112", minutes=60)))
    bands = {one.minutes: one.residents for one in found.bands}
    assert bands[15].total == 30
    assert bands[15].covered >= bands[5].covered
    rows = {one.code: one for one in found.facilities}
    station, far, clinic = rows["f0"], rows["f1"], rows["f2"]
    assert (station.inside, station.people, station.here, station.over) == (False, 60, 30, 10)
    assert (far.inside, far.people, far.here, far.over) == (True, None, None, None)
    assert (clinic.inside, clinic.here, clinic.over, clinic.is_open) == (True, 30, None, None)
    assert found.served == "residents"
    assert [(one.layer, one.code) for one in found.apart] == [("facilities", "f1")]
    assert sheet(asked_of(here, spots, Wish(area="111"))).apart == ()


def test_a_compound_that_lacks_something_is_told_the_nearest_of_it():
    here = riverside(bridge=True)
    spots = places(here, ("clinic", 0, -100), ("clinic", 400, -100))
    lacking = sheet(asked_of(here, spots, Wish(area="112"))).standards[0].compounds
    for one in lacking:
        kinds = {lacked.kind: lacked.nearest for lacked in one.lacked}
        assert kinds[STATION] is None
        if "clinic" in kinds:
            assert kinds["clinic"].code in {"f0", "f1"}
            assert kinds["clinic"].minutes > 15


def test_the_room_of_places_is_filled_from_the_nearest_on():
    here = riverside(bridge=True)  # 30 residents on either side
    spots = places(
        here,
        ("clinic", 0, -100, {"capacity": 40}),
        ("clinic", 400, -100, {"capacity": 5}),
        ("canteen", 0, 0),
    )
    (clinic,) = served(asked_of(here, spots), ("clinic", "canteen"))
    assert (clinic.kind, clinic.weight, clinic.people, clinic.no_room) == (
        "clinic",
        "residents",
        60,
        15,
    )
    rows = clinic.places.set_index("code")
    assert rows["people"].to_dict() == {"f0": 60, "f1": 0}
    assert rows["over"].to_dict() == {"f0": 20, "f1": 0}
    assert rows["given"].to_dict() == {"f0": 40, "f1": 5}
    assert (clinic.stating, clinic.overloaded) == (2, 1)
    (flown,) = served(asked_of(here, spots, Wish(way="circle")), ("clinic",))
    assert flown.no_room == 15


def test_a_place_that_states_no_room_takes_all_who_come():
    here = riverside(bridge=True)
    spots = places(here, ("clinic", 0, -100, {"capacity": 1}), ("clinic", 0, 100))
    (clinic,) = served(asked_of(here, spots), ("clinic",))
    assert (clinic.no_room, clinic.stating) == (0, 1)
    assert served(asked_of(here, spots), ("canteen",)) == ()
