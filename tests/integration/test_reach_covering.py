"""Coverage asked of a database: kept while nothing changes, true of the day that is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import numpy as np
import pytest
import sqlalchemy as sa
from shapely import LineString, MultiPolygon, Point, box
from sqlalchemy.dialects.postgresql import Range

from geodata.accounts import Actor
from geodata.cases.clocks.calendar import workdays
from geodata.cases.duty.tables import own_days
from geodata.crs import convert_points
from geodata.errors import NotAllowed
from geodata.places.tables import areas, buildings, compounds, facilities, gates, streets
from geodata.profiles import load_profile
from geodata.reach import covering, outlining, warming
from geodata.reach.covering import Wish

PROFILE = load_profile("linyi")
ACTOR = Actor.terminal()
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
LON, LAT = 118.35, 35.05
EAST, NORTH = 1 / 91_190, 1 / 110_940
"""Degrees of a metre here."""


def at(east: float, north: float) -> tuple[float, float]:
    return LON + east * EAST, LAT + north * NORTH


def shape(geometry) -> str:
    return f"SRID=4326;{geometry.wkt}"


def ground(east: float, north: float, side: float) -> str:
    half = side / 2
    corners = (*at(east - half, north - half), *at(east + half, north + half))
    return shape(MultiPolygon([box(*corners)]))


def station(code: str, east: float, north: float, held=None, **more) -> dict:
    return {
        "code": code,
        "kind": "service_station",
        "held": held or Range(None, None),
        "geom": shape(Point(at(east, north))),
        **more,
    }


def add(database, table, *rows) -> None:
    with database.begin() as tx:
        for row in rows:
            tx.connection.execute(sa.insert(table).values(**row))
        tx.changed(table.name, None, "loaded")


@pytest.fixture
def town(database):
    """A street from west to east, a house at either end, a station in the west."""
    ever = Range(None, None)
    add(
        database,
        areas,
        {"code": "3713", "name": "区", "level": "county", "held": ever, "geom": ground(0, 0, 5000)},
        {
            "code": "371301001001", "name": "社区", "level": "community", "parent_code": "3713",
            "held": ever, "geom": ground(0, 0, 4000),
        },
    )  # fmt: skip
    add(
        database,
        buildings,
        *(
            {
                "code": code, "households": 10, "residents": 30, "elderly": 5, "held": ever,
                "geom": ground(east, 20, 20),
            }
            for code, east in (("west", -1500), ("east", 1500))
        ),
    )  # fmt: skip
    add(
        database,
        streets,
        {
            "code": "s", "kind": "residential", "held": ever,
            "geom": shape(LineString([at(-1600, 0), at(1600, 0)])),
        },
    )  # fmt: skip
    add(database, facilities, station("f1", -1500, 0, hours="Mo-Su 08:00-20:00; PH off"))
    return database


def cover(database, wish: Wish | None = None, **more):
    return covering.cover(database, ACTOR, PROFILE, wish, **more)


def test_an_answer_is_kept_until_a_layer_changes(town):
    first = cover(town)
    assert (first.way, first.total.covered) == ("network", 10)
    assert cover(town) is first
    add(town, facilities, station("f2", 1500, 0))
    second = cover(town)
    assert second is not first
    assert (second.total.covered, second.facilities) == (20, 2)


def test_homes_stay_joined_while_only_a_place_moves(town):
    from geodata.reach.coverage.keeping import town_of

    before, _ = town_of(town, PROFILE)
    add(town, facilities, station("f2", 1500, 0))
    after, places = town_of(town, PROFILE)
    assert after is before
    assert len(places.table) == 2
    add(
        town,
        streets,
        {
            "code": "t",
            "kind": "residential",
            "held": Range(None, None),
            "geom": shape(LineString([at(0, 0), at(0, 900)])),
        },
    )
    assert town_of(town, PROFILE)[0] is not before


def test_the_district_of_a_day_is_what_held_then(town):
    add(town, facilities, station("f2", 1500, 0, held=Range(JUNE, None)))
    assert cover(town).total.covered == 20
    assert cover(town, at=datetime(2026, 5, 1, tzinfo=UTC)).total.covered == 10


def test_days_between_two_changes_share_one_town_and_the_last_is_that_of_today(town):
    from geodata.reach.coverage.keeping import town_of

    add(town, facilities, station("f2", 1500, 0, held=Range(JUNE, None)))
    now = town_of(town, PROFILE)
    assert town_of(town, PROFILE, at=JUNE) == now
    assert town_of(town, PROFILE, at=datetime(2026, 7, 1, tzinfo=UTC)) == now
    may = town_of(town, PROFILE, at=datetime(2026, 5, 1, tzinfo=UTC))
    assert may != now
    assert town_of(town, PROFILE, at=datetime(2020, 1, 1, tzinfo=UTC))[0].network is may[0].network


def test_a_wall_with_a_gate_makes_the_way_longer(town):
    """The eastern house comes into an estate whose only gate is far from the station."""
    add(town, facilities, station("f2", 1500, 0))
    open_ = cover(town, Wish(by="building", minutes=5))
    add(
        town,
        compounds,
        {
            "code": "c", "name": "院", "closed": True, "held": Range(None, None),
            "geom": ground(1500, 260, 500),
        },
    )  # fmt: skip
    add(
        town,
        streets,
        {
            "code": "round", "kind": "residential", "held": Range(None, None),
            "geom": shape(LineString([at(1200, 0), at(1200, 560), at(1500, 560)])),
        },
    )  # fmt: skip
    add(
        town,
        gates,
        {
            "code": "g", "compound_code": "c", "held": Range(None, None),
            "geom": shape(Point(at(1500, 510))),
        },
    )  # fmt: skip
    walled = cover(town, Wish(by="building", minutes=5))
    minutes = [
        dict(zip(one.rows["code"], one.rows["minutes"], strict=True))["east"]
        for one in (open_, walled)
    ]
    assert minutes[0] < 1
    assert minutes[1] > (300 + 560 + 300) / 72


def test_the_operators_own_days_decide_what_is_open(town):
    day = date(2027, 3, 10)
    wish = Wish(hour=time(19), day=day.isoformat())
    assert cover(town, wish, calendar=workdays).total.covered == 10
    with town.begin() as tx:
        tx.connection.execute(sa.insert(own_days).values(day=day, works=False, set_by="admin"))
    found = cover(town, wish, calendar=workdays)
    assert found.total.covered == 0
    assert found.hours is not None
    assert found.hours.opening.is_feast


def test_who_sees_no_map_is_told_nothing(town):
    nobody = Actor.stranger()
    for ask in (covering.cover, covering.judged, covering.streets_told):
        with pytest.raises(NotAllowed):
            ask(town, nobody, PROFILE)
    with pytest.raises(NotAllowed):
        covering.sheet_of(town, nobody, PROFILE, "3713")


def test_without_streets_the_network_is_empty_and_coverage_a_circle(database):
    told = covering.streets_told(database, ACTOR, PROFILE)
    assert (told.nodes, told.metres, told.islands) == (0, 0.0, ())
    assert cover(database).way == "circle"
    judged = covering.judged(database, ACTOR, PROFILE)
    assert [one.every.met for one in judged.standards] == [None, None, None]
    assert judged.capacity == ()


def test_a_layer_in_another_system_of_coordinates_than_the_streets_is_named(database):
    lines = [LineString([at(-2000, 800 * i), at(2000, 800 * i)]) for i in range(-2, 3)]
    lines += [LineString([at(800 * i, -2000), at(800 * i, 2000)]) for i in range(-2, 3)]
    add(
        database,
        streets,
        *(
            {"code": f"s{i}", "kind": "residential", "held": Range(None, None), "geom": shape(line)}
            for i, line in enumerate(lines)
        ),
    )
    spots = np.array([line.interpolate(part, normalized=True).coords[0]
                      for line in lines for part in (0.3, 0.6, 0.9)])  # fmt: skip
    for i, (lon, lat) in enumerate(spots):
        point = shape(Point(lon, lat))
        add(database, facilities, {**station(f"f{i}", 0, 0), "geom": point})
    assert covering.streets_told(database, ACTOR, PROFILE).shifted == ()

    moved = np.column_stack(convert_points(*spots.T, from_="wgs84", to="gcj02"))
    for i, (lon, lat) in enumerate(moved):
        with database.begin() as tx:
            point = shape(Point(lon, lat))
            here = sa.update(facilities).where(facilities.c.code == f"f{i}")
            tx.connection.execute(here.values(geom=point))
            tx.changed("facilities", None, "loaded")
    ((layer, found),) = covering.streets_told(database, ACTOR, PROFILE).shifted
    assert (layer, found.places) == ("facilities", "gcj02")
    assert found.off_m == pytest.approx(500, rel=0.5)


def test_what_the_planner_asks_first_is_answered_before_anybody_asks(demo_database, monkeypatch):
    warming.get_city_ready(demo_database, PROFILE)

    def worked(*_args, **_options):
        pytest.fail("it was worked out while somebody waited")

    monkeypatch.setattr(covering, "scene_of", worked)
    monkeypatch.setattr(outlining, "_written", worked)
    for minutes in (5, 15):
        wish = Wish(minutes=minutes, walker="adult", weight="households")
        assert covering.cover(demo_database, ACTOR, PROFILE, wish).total.total > 0
        asked = outlining.AreasWish(minutes=(float(minutes),), walker="adult")
        assert outlining.areas(demo_database, ACTOR, PROFILE, asked)


def test_a_large_or_empty_city_is_read_only_when_somebody_asks(demo_database, monkeypatch):
    monkeypatch.setattr(covering, "cover", lambda *_a, **_k: pytest.fail("it was read"))
    warming.get_city_ready(demo_database, PROFILE, most_streets=10)
