"""Sitings in the demo city: what is chosen is what coverage then counts."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.database import jobs
from geodata.database.working import run_worker
from geodata.errors import Cancelled, InvalidInput, NotAllowed
from geodata.profiles import load_profile
from geodata.reach import covering
from geodata.reach.coverage.asking import Changes
from geodata.reach.coverage.asking import Wish as Reaching
from geodata.reach.siting import jobs as _registered  # noqa: F401
from geodata.reach.siting import stored
from geodata.reach.siting.telling import moved_told, report
from geodata.reach.siting.wishing import Wish

PROFILE = load_profile("linyi")
TERMINAL = Actor.terminal()


@pytest.fixture(scope="module")
def streets(demo_database):
    """The areas of the demo city's street offices, the first to be looked at."""
    found = covering.cover(demo_database, TERMINAL, PROFILE, Reaching(by="street_office"))
    return [row["code"] for row in found.rows.to_dict("records")]


def sited(database, **said):
    return stored.site(database, TERMINAL, PROFILE, Wish(**said))


def counted(database, wish, points, kind):
    """What coverage counts with the places thought there."""
    changes = Changes(added=tuple((lon, lat, kind) for lon, lat in points))
    asked = Reaching(
        minutes=wish.minutes, area=wish.area, way=wish.way, weight=wish.weight, changes=changes
    )
    return covering.cover(database, TERMINAL, PROFILE, asked).total


@pytest.mark.parametrize("way", ["network", "circle"])
def test_what_is_covered_is_what_coverage_counts_with_the_places_there(demo_database, streets, way):
    found = sited(demo_database, count=3, minutes=6.0, area=streets[0], way=way, curve=3)
    told = report(found)
    points = [one["point"] for one in told["chosen"]]
    kind = PROFILE.circle_kinds[0]
    with_them = counted(demo_database, found.wish, points, kind)
    without = counted(demo_database, found.wish, [], kind)
    assert told["way"] == way
    assert told["total"] == pytest.approx(with_them.total)
    assert told["covered"] == pytest.approx(with_them.covered)
    assert told["before"] == pytest.approx(without.covered)
    assert told["covered"] > told["before"]
    assert sum(one["gain"] for one in told["chosen"]) == pytest.approx(
        told["covered"] - told["before"]
    )
    assert told["uncovered"]["people"] == pytest.approx(told["total"] - told["covered"])
    assert [one["count"] for one in told["curve"]] == [0, 1, 2, 3]
    assert told["curve"][0]["covered"] == pytest.approx(told["before"])
    assert told["curve"][-1]["covered"] == pytest.approx(told["covered"])
    for one in told["curve"][1:]:
        spots = [told["curve_places"][at]["point"] for at in one["chosen"]]
        assert len(spots) == one["count"]
        those = stored.moved(demo_database, TERMINAL, PROFILE, found.wish, spots)
        assert those.figures.covered == pytest.approx(one["covered"])
    moved = moved_told(stored.moved(demo_database, TERMINAL, PROFILE, found.wish, points))
    assert moved["covered"] == pytest.approx(told["covered"])
    assert [one["gain"] for one in moved["places"]] == pytest.approx(
        [one["gain"] for one in told["chosen"]]
    )


def test_the_fewest_cover_all_but_those_whom_nobody_reaches(demo_database, streets):
    found = sited(demo_database, model="cover_all", minutes=10.0, area=streets[0])
    told = report(found)
    assert told["status"] == "optimal"
    assert told["uncovered"] == told["unreachable"]
    fewer = sited(
        demo_database, count=max(len(told["chosen"]) - 1, 1), minutes=10.0, area=streets[0]
    )
    assert report(fewer)["covered"] < told["covered"] or len(told["chosen"]) == 1


def test_corners_lie_apart_in_the_area_where_streets_meet(demo_database, streets):
    found = sited(
        demo_database,
        model="walk",
        count=2,
        candidates="corners",
        area=streets[0],
        weight="elderly",
    )
    told = report(found)
    assert len(found.candidates) > 5
    assert told["walk_m"] < told["walk_before_m"] or told["before"] == 0
    assert told["walker"] == "elderly"
    assert any(one["name"] for one in told["chosen"]) or not any(found.candidates.names)
    flat = found.candidates.points * [91_190, 110_940]
    gaps = np.hypot(*(flat[:, None] - flat[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 145


def test_points_given_twice_and_in_the_lake_are_named(demo_database, streets):
    compounds = sited(demo_database, count=1, minutes=6.0, area=streets[0])
    here = tuple(compounds.candidates.points[compounds.choice.chosen[0]].tolist())
    found = sited(
        demo_database,
        count=1,
        minutes=6.0,
        area=streets[0],
        kinds=(),
        candidates=(here, here, (110.0, 30.0)),
    )
    told = report(found)
    assert told["chosen"][0]["point"] == list(here)
    assert told["repeated"] == [1]
    assert told["apart"]["candidates"][0]["point"] == [110.0, 30.0]
    assert told["apart"]["candidates"][0]["reason"] == "far"
    assert told["beyond"]["people"] <= told["uncovered"]["people"]
    assert told["before"] == 0
    with pytest.raises(InvalidInput, match="only 1 of the 2 candidates"):
        sited(demo_database, count=3, kinds=(), candidates=(here, here, (110.0, 30.0)))
    for nonsense in ({"count": 2}, {"count": 2, "model": "walk"}):
        with pytest.raises(InvalidInput, match="streets reach only 1 of the 2"):
            sited(demo_database, kinds=(), candidates=(here, (110.0, 30.0)), **nonsense)
    for model in ("cover", "walk"):
        one = sited(demo_database, count=1, model=model, kinds=(), candidates=((110.0, 30.0), here))
        assert report(one)["chosen"][0]["point"] == list(here)
        assert report(one)["candidates"] == 2
    with pytest.raises(InvalidInput, match="None of the 1 candidates is near a street"):
        sited(demo_database, count=1, kinds=(), candidates=((110.0, 30.0),))


def test_a_gap_that_is_good_enough_ends_the_search_and_is_told_on_the_way(demo_database):
    told = []
    wish = Wish(count=5, minutes=5.0, model="walk", enough=0.9)
    near = stored.site(
        demo_database,
        TERMINAL,
        PROFILE,
        wish,
        near=lambda objective, gap: told.append((objective, gap)),
    )
    best = sited(demo_database, count=5, minutes=5.0, model="walk")
    assert best.choice.status == "optimal"
    assert near.choice.gap <= 0.9
    assert near.choice.objective >= best.choice.objective - 1e-6
    assert near.choice.objective * (1 - near.choice.gap) <= best.choice.objective + 1e-6
    assert told
    assert all(best.choice.objective <= one + 1e-6 and 0 <= gap <= 1 for one, gap in told)
    with pytest.raises(InvalidInput, match="good enough"):
        sited(demo_database, count=1, enough=1.0)


def test_a_stopped_search_shows_its_best_so_far(demo_database):
    shown = []
    stages = []

    def tell(stage, share):
        stages.append((stage, share))
        return stage == "siting_searching"

    with pytest.raises(Cancelled):
        stored.site(
            demo_database,
            TERMINAL,
            PROFILE,
            Wish(count=5, minutes=5.0),
            tell=tell,
            show=shown.append,
        )
    told = report(shown[0])
    assert told["status"] == "gap"
    assert len(told["chosen"]) == 5
    assert [share for _, share in stages] == sorted(share for _, share in stages)
    assert {stage for stage, _ in stages} <= set(stored.STAGES)


def test_a_job_is_recorded_and_its_report_has_the_places(own_demo_database, streets):
    wish = Wish(count=2, minutes=6.0, area=streets[0])
    number = stored.ask(own_demo_database, TERMINAL, PROFILE, wish)
    run_worker(own_demo_database, wait=False)
    job = jobs.job(own_demo_database, number)
    assert job.state == "done", job.problem
    assert len(job.report["chosen"]) == 2
    assert job.report["area"] == streets[0]
    with own_demo_database.read() as connection:
        entry = connection.exec_driver_sql(
            "SELECT subject FROM audit WHERE action = 'siting_asked'"
        ).scalar_one()
    assert entry == f"area:{streets[0]}"


def test_public_rooms_that_stand_empty_are_candidates(own_demo_database, streets):
    wish = Wish(count=1, minutes=6.0, area=streets[0], candidates="rooms")
    with own_demo_database.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE public_rooms SET used_as = 'clinic'")
    with pytest.raises(InvalidInput, match="No public room stands empty"):
        stored.site(own_demo_database, TERMINAL, PROFILE, wish)
    point = report(sited(own_demo_database, count=1, minutes=6.0, area=streets[0]))["chosen"][0]
    east, north = point["point"]
    with own_demo_database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO public_rooms (code, name, handed_m2, handed_on, used_as, geom) VALUES "
                "('R1', 'empty', 200, '2026-01-02', NULL, ST_Point(:east, :north, 4326)), "
                "('R2', 'used', 200, '2026-01-02', 'clinic', ST_Point(:east, :north, 4326)), "
                "('R3', 'far', 200, '2026-01-02', NULL, ST_Point(110, 30, 4326))"
            ),
            {"east": east, "north": north},
        )
    told = report(stored.site(own_demo_database, TERMINAL, PROFILE, wish))
    assert told["candidates"] == 1
    assert told["chosen"][0]["code"] == "R1"
    assert told["chosen"][0]["gain"] == point["gain"]


def test_who_has_areas_of_duty_asks_for_them_alone(demo_database, streets):
    def planner(*areas):
        return Actor(user_id=None, name="p", role="planner", areas=frozenset(areas))

    wish = Wish(count=1, minutes=6.0, area=streets[0])
    stored.site(demo_database, planner(streets[0]), PROFILE, wish)
    with pytest.raises(NotAllowed):
        stored.site(demo_database, planner(streets[1]), PROFILE, wish)
    with pytest.raises(InvalidInput, match="Name the area"):
        stored.site(demo_database, planner(streets[1]), PROFILE, Wish(count=1))
    with pytest.raises(NotAllowed):
        stored.ask(
            demo_database, Actor(user_id=None, name="v", role="viewer"), PROFILE, Wish(count=1)
        )


def test_a_choice_moved_by_hand_is_counted_where_it_stands_now(demo_database):
    found = sited(demo_database, count=4, minutes=6.0)
    points = [found.candidates.points[row].tolist() for row in found.choice.chosen]
    points[0][0] += 0.002
    moved = stored.moved(demo_database, TERMINAL, PROFILE, found.wish, points)
    told = counted(demo_database, found.wish, points, PROFILE.circle_kinds[0])
    assert moved.figures.covered == pytest.approx(told.covered)
    assert moved.figures.covered < found.choice.figures.covered
