"""What is answered of a small town: along its streets, round its river, through its gates."""

from __future__ import annotations

from datetime import datetime, time

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told_towns import (
    AREAS,
    LEVELS,
    PROFILE,
    asked_of,
    frame,
    ground,
    house,
    line,
    places,
    point,
    riverside,
    streets,
    town,
)
from trying import tries

from geodata.errors import InvalidInput, NotFound
from geodata.reach.circles import coverage, radius_m
from geodata.reach.coverage.answering import answer
from geodata.reach.coverage.asking import Changes, Wish
from geodata.reach.coverage.standards import EVERYTHING

STATION = "service_station"


def test_a_river_parts_what_a_circle_joins():
    here = riverside(bridge=False)
    found = answer(asked_of(here, places(here, (STATION, 0, -100))))
    assert (found.way, found.coverage.basis) == ("network", "buildings")
    assert (found.total.total, found.total.covered) == (20, 10)
    assert found.differs is not None
    assert (found.differs.only_circle, found.differs.only_network) == (10, 0)
    shares = dict(zip(found.rows["code"], found.rows["share"], strict=True))
    assert shares == {"111": 1.0, "112": 0.0}
    minutes = dict(zip(found.rows["code"], found.rows["minutes"], strict=True))
    assert minutes["111"] == pytest.approx(30 / 72, rel=0.02)
    assert minutes["112"] == pytest.approx((2000 + 200 + 2000 + 30) / 72, rel=0.02)


def test_a_bridge_joins_it_again():
    here = riverside(bridge=True)
    found = answer(asked_of(here, places(here, (STATION, 0, -100))))
    assert found.total.share == 1.0
    assert found.differs is not None
    assert found.differs.only_circle == found.differs.only_network == 0


def test_a_closed_compound_is_left_by_its_gate():
    """The gate is in the south; the station stands close to the northern wall."""
    estate = {
        "code": "c1",
        "area_code": "112",
        "closed": True,
        "geometry": ground(0, 300, 200, 200),
    }
    round_it = line((-200, 100), (200, 100), (200, 500), (-200, 500), (-200, 100))
    gates = gpd.GeoDataFrame(
        {"code": ["g"], "compound_code": ["c1"]}, geometry=[point(0, 200)], crs=4326
    )
    inside = house("b", 0, 380, compound_code="c1")

    def metres(gates):
        here = town(buildings=[inside], compounds=[estate], walked=streets(round_it), gates=gates)
        scene = asked_of(here, places(here, (STATION, 0, 500)), Wish(minutes=60))
        return scene.near((STATION,)).metres[0]

    straight = metres(None)
    through = metres(gates)
    assert straight == pytest.approx(120, abs=5)
    assert through > 700


def test_elderly_people_are_counted_with_their_own_legs():
    here = riverside(bridge=True)
    spots = places(here, (STATION, -500, -100))
    far = Wish(minutes=8, weight="elderly")
    elderly = answer(asked_of(here, spots, far))
    adults = answer(asked_of(here, spots, Wish(minutes=8, weight="elderly", walker="adult")))
    assert (elderly.asked.walker, adults.asked.walker) == ("elderly", "adult")
    assert elderly.total.covered < adults.total.covered
    assert elderly.total.total == adults.total.total == 10


def test_what_cannot_be_joined_is_told_and_counts_as_out_of_reach():
    here = town(
        buildings=[house("near", 0, 20), house("lost", 0, 2500, 7)],
        walked=streets(line((-500, 0), (500, 0))),
    )
    found = answer(asked_of(here, places(here, (STATION, 0, 0), (STATION, 2500, 2500))))
    assert {(one.layer, one.code, one.reason, one.people) for one in found.apart} == {
        ("facilities", "f1", "far", 0.0),
        ("buildings", "lost", "far", 7.0),
    }
    assert (found.total.total, found.total.covered) == (17, 10)


def test_without_streets_it_is_a_circle_and_says_so():
    here = town(buildings=[house("b", 0, 500)])
    found = answer(asked_of(here, places(here, (STATION, 0, 0))))
    assert (found.way, found.total.covered, found.differs, found.apart) == ("circle", 10, None, ())
    assert found.radius_m == pytest.approx(radius_m(15, PROFILE.walking))


def test_a_place_that_is_moved_added_or_taken_away_counts_at_once():
    here = riverside(bridge=False)
    spots = places(here, (STATION, 0, -100), (STATION, 1900, -100))

    def covered(changes):
        found = answer(asked_of(here, spots, Wish(changes=changes)))
        return found.total.covered, found.facilities

    assert covered(Changes()) == (10, 2)
    north = point(0, 100)
    assert covered(Changes(added=((north.x, north.y, ""),))) == (20, 3)
    assert covered(Changes(moved=(("f1", north.x, north.y),))) == (20, 2)
    assert covered(Changes(removed=("f0",))) == (0, 1)
    assert covered(Changes(removed=("f0", "f1"))) == (0, 0)
    assert covered(Changes()) == (10, 2)
    with pytest.raises(NotFound):
        covered(Changes(removed=("nowhere",)))


def test_an_area_counts_its_own_people_only():
    here = riverside(bridge=True)
    spots = places(here, (STATION, 0, -100))
    found = answer(asked_of(here, spots, Wish(area="112", by="building")))
    assert found.total.total == 10
    assert found.rows["code"].tolist() == ["north"]
    known = answer(asked_of(here, spots, Wish(area="112")))
    assert known.rows["code"].tolist() == ["112"]
    with pytest.raises(NotFound):
        asked_of(here, spots, Wish(area="999"))


def test_rows_by_kind_tell_each_kind_alone():
    here = riverside(bridge=False)
    found = answer(
        asked_of(here, places(here, (STATION, 0, -100), ("clinic", 0, 100)), Wish(by="kind"))
    )
    rows = found.rows.set_index("code")
    assert rows.loc[STATION, "covered"] == rows.loc["clinic", "covered"] == 10
    assert rows.loc["canteen", "covered"] == 0
    assert rows["facilities"].sum() == 2
    assert list(rows.index) == list(PROFILE.keys("facility_kinds"))


def test_only_what_is_open_counts_and_unknown_hours_are_told():
    here = riverside(bridge=False)
    spots = places(
        here,
        (STATION, 0, -100, {"hours": "Mo-Fr 08:00-20:00; PH off"}),
        (STATION, 0, 100, {"hours": "问门卫"}),
    )
    now = datetime(2026, 9, 30, 12, 0, tzinfo=PROFILE.zone)

    def covered(day, **more):
        wish = Wish(hour=time(19, 0), day=day, **more)
        return answer(asked_of(here, spots, wish, now=now))

    workday, feast = covered("workday"), covered("feast")
    assert (workday.total.covered, feast.total.covered) == (10, 0)
    assert workday.unknown_hours == (("f1", "place 1", "问门卫", "unreadable"),)
    assert workday.hours is not None
    assert feast.hours is not None
    assert workday.hours.moment.date().isoformat() == "2026-09-30"
    assert feast.hours.moment.date().isoformat() == "2026-10-01"
    assert covered("workday", unknown_is_open=True).total.covered == 20
    assert covered("2026-10-11").total.covered == 0  # a Sunday
    assert covered("").total.covered == 10
    with pytest.raises(InvalidInput):
        covered("2026-13-01")


def test_households_without_a_number_of_elderly_are_told():
    silent = house("silent", 0, 20, 7) | {"elderly": None}
    here = town(buildings=[house("said", 100, 20), silent])
    spots = places(here, (STATION, 0, 0))
    assert answer(asked_of(here, spots, Wish(weight="elderly"))).silent == 7
    assert answer(asked_of(here, spots)).silent == 0


def test_a_wish_that_makes_no_sense_is_refused():
    here = riverside(bridge=True)
    spots = places(here, (STATION, 0, -100))
    for wish in (
        Wish(minutes=0),
        Wish(minutes=float("nan")),
        Wish(walker="bird"),
        Wish(kinds=("castle",)),
        Wish(by="planet"),
        Wish(day="sunday"),
        Wish(changes=Changes(added=((181.0, 0.0, ""),))),
        Wish(changes=Changes(added=((float("nan"), 0.0, ""),))),
        Wish(changes=Changes(added=((118.0, 35.0, "castle"),))),
        Wish(changes=Changes(removed=tuple(map(str, range(51))))),
    ):
        with pytest.raises(InvalidInput):
            asked_of(here, spots, wish)


spot = st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000))


@settings(max_examples=tries(25), deadline=None)
@given(
    built=st.lists(st.tuples(spot, st.integers(1, 50)), min_size=1, max_size=8),
    stations=st.lists(spot, min_size=1, max_size=3),
    minutes=st.sampled_from([3.0, 7.5, 15.0]),
)
def test_a_circle_counts_buildings_as_circles_always_did(built, stations, minutes):
    rows = [
        house(f"b{n}", *where, count, area_code="111" if n % 2 else "112")
        for n, (where, count) in enumerate(built)
    ]
    here = town(buildings=rows)
    spots = places(here, *((STATION, *one) for one in stations))
    found = answer(asked_of(here, spots, Wish(minutes=minutes, way="circle")))
    areas = frame("areas", list(AREAS))
    old = coverage(
        areas[areas["level"] == "community"],
        frame("compounds", []),
        frame("buildings", rows),
        gpd.GeoDataFrame(geometry=list(spots.points), crs=4326),
        radius_m=radius_m(minutes, PROFILE.walking),
    )
    assert found.total.total == old.households
    assert found.total.covered == pytest.approx(old.covered)
    old_shares = old.areas.set_index("code")["covered"]
    new_shares = found.coverage.areas.set_index("code")["covered"]
    assert new_shares.to_dict() == pytest.approx(old_shares.to_dict())


def test_a_circle_over_a_compounds_ground_is_as_it_was_to_a_few_hundredths():
    estate = {"code": "c", "area_code": "112", "households": 100, "geometry": ground(831, 300, 400)}
    here = town(compounds=[estate])
    spots = places(here, (STATION, 0, 300))
    new = answer(asked_of(here, spots, Wish(way="circle")))
    areas = frame("areas", list(AREAS))
    old = coverage(
        areas[areas["level"] == "community"],
        frame("compounds", [estate]),
        frame("buildings", []),
        gpd.GeoDataFrame(geometry=list(spots.points), crs=4326),
        radius_m=radius_m(15, PROFILE.walking),
    )
    assert 0.3 < old.share < 0.7
    assert new.total.share == pytest.approx(old.share, abs=0.06)


@settings(max_examples=tries(15), deadline=None)
@given(
    built=st.lists(st.tuples(spot, st.integers(0, 50)), min_size=1, max_size=6),
    stations=st.lists(spot, min_size=2, max_size=4),
    minutes=st.lists(st.floats(1, 60), min_size=2, max_size=2).map(sorted),
    weight=st.sampled_from(["households", "residents", "elderly"]),
)
def test_coverage_grows_with_minutes_and_places_and_its_sums_agree(
    built, stations, minutes, weight
):
    grid = [line((x, -2000), (x, 2000)) for x in (-2000, 0, 2000)]
    grid += [line((-2000, y), (2000, y)) for y in (-2000, 0, 2000)]
    here = town(
        buildings=[house(f"b{n}", *where, count) for n, (where, count) in enumerate(built)],
        walked=streets(*grid),
    )
    spots = places(here, *((STATION, *one) for one in stations))
    short, long = (
        answer(asked_of(here, spots, Wish(minutes=one, weight=weight))) for one in minutes
    )
    fewer = answer(
        asked_of(here, spots, Wish(minutes=minutes[1], weight=weight, changes=Changes(("f0",))))
    )
    assert short.total.covered <= long.total.covered
    assert fewer.total.covered <= long.total.covered
    for level in ("building", "compound", "grid", *LEVELS):
        found = answer(asked_of(here, spots, Wish(minutes=minutes[1], weight=weight, by=level)))
        whole = found.rows["covered"].sum() + found.elsewhere.covered
        assert whole == pytest.approx(found.total.covered)
        assert found.total.covered == long.total.covered
    assert EVERYTHING not in PROFILE.keys("facility_kinds")
    assert np.isfinite(long.radius_m)
