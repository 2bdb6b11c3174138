"""Hotspots of the stored cases: the same values as the arrays give, kept until the data change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.cases.filters import CaseFilter
from geodata.cases.hotspots.cells import Grid, grid_neighbours
from geodata.cases.hotspots.gi_star import gi_star
from geodata.cases.hotspots.stored import heating, spotting
from geodata.cases.hotspots.stored import jobs as spot_jobs
from geodata.cases.hotspots.stored.bases import ground_of
from geodata.cases.hotspots.stored.spotting import Asked
from geodata.cases.tables import cases
from geodata.database import jobs
from geodata.database.copying import copy_rows
from geodata.errors import Cancelled, InvalidInput, NotFound
from geodata.profiles import load_profile

TERMINAL = Actor.terminal()
PROFILE = load_profile("linyi")
LON, LAT = 118.30, 35.05
CROWD = (118.3105, 35.0575)
UNTIL = datetime(2026, 6, 30, tzinfo=UTC)
JUNE = CaseFilter(since=UNTIL - timedelta(days=30), until=UNTIL)
ASKED = Asked(wanted=JUNE, worlds=99)
STEP = 0.004
"""Degrees of a community's side: eight by eight of them."""


def lay(database) -> None:
    """4,000 cases over five months, a crowd about noise in June, and communities with homes."""
    random = np.random.default_rng(7)
    ground = np.array((LON, LAT)) + random.uniform(-4 * STEP, 4 * STEP, (4000, 2))
    crowd = np.array(CROWD) + random.normal(0, 0.0012, (150, 2))
    places = np.concatenate((ground, crowd))
    ago = np.concatenate((random.uniform(0, 150, 4000), random.uniform(0, 30, 150)))
    kinds = random.choice(["noise", "parking", "environment"], len(places))
    kinds[4000:4120] = "noise"
    with database.begin() as tx:
        copy_rows(
            tx.connection,
            cases,
            {
                "source": np.array(["snap"] * len(places), dtype=object),
                "category": kinds.astype(object),
                "state": np.array(["closed"] * len(places), dtype=object),
                "reported_at": np.datetime64(UNTIL.replace(tzinfo=None), "us")
                - (ago * 86_400_000_000).astype("timedelta64[us]"),
                "geom": places,
            },
        )
        for i in range(8):
            for j in range(8):
                west, south = LON + (i - 4) * STEP, LAT + (j - 4) * STEP
                tx.connection.execute(
                    sa.text(
                        "INSERT INTO areas (code, name, level, households, held, geom) VALUES"
                        " (:code, :name, 'community', :homes, '(,)',"
                        "  ST_Multi(ST_MakeEnvelope(:w, :s, :e, :n, 4326)))"
                    ),
                    {
                        "code": f"37131100{i}{j:03}",
                        "name": f"第{i}{j}社区",
                        "homes": 0 if i == j == 0 else 400,
                        "w": west,
                        "s": south,
                        "e": west + STEP,
                        "n": south + STEP,
                    },
                )
        tx.changed("cases", "all", "added")
        tx.changed("areas", "all", "added")


@pytest.fixture(scope="module")
def laid(server, empty_template):
    """For reading only."""
    with server.copy_of(empty_template) as database:
        lay(database)
        yield database


def ask(database, asked=ASKED, **changes):
    return spotting.get_hotspots(database, TERMINAL, PROFILE, replace(asked, **changes))


def within(row, lon, lat, degrees=0.004):
    return abs(row["lon"] - lon) < degrees and abs(row["lat"] - lat) < degrees


def test_the_crowd_is_the_first_hotspot_with_name_trend_and_category(laid):
    answer = ask(laid)
    first = answer["hotspots"][0]
    assert within(first, *CROWD)
    assert first["confidence"] == 99
    assert first["trend"] == "new"
    assert first["place"]["zh"].endswith("社区")
    assert first["categories"][0]["name"] == {"zh": "噪音扰民", "en": "noise"}
    assert first["cases"] == sum(
        answer["cells"]["cases"][i]
        for i, number in enumerate(answer["cells"]["hotspot"])
        if number == 1
    )
    assert shapely.geometry.shape(first["geometry"]).covers(shapely.Point(CROWD))
    assert within(answer["clusters"][0], *CROWD, degrees=0.006)


def test_every_case_of_the_period_is_counted_in_its_cell_and_gi_star_is_that_of_the_arrays(laid):
    answer = ask(laid)
    cells = answer["cells"]
    with laid.read() as connection:
        stored = connection.execute(
            sa.text(
                "SELECT mx, my FROM cases WHERE reported_at >= :since AND reported_at < :until"
            ),
            {"since": JUNE.since, "until": JUNE.until},
        ).all()
    side = cells["side"] * 2**30
    told = dict(zip(zip(cells["column"], cells["row"], strict=True), cells["cases"], strict=True))
    counted: dict[tuple[int, int], int] = {}
    for mx, my in stored:
        key = (int((mx + 0.5) // side), int(-(my + 0.5) // side))
        counted[key] = counted.get(key, 0) + 1
    assert {key: number for key, number in told.items() if number} == counted
    assert answer["cases"] == len(stored)

    grid = Grid(1.0)
    ids = grid.ids(np.array(cells["column"]) + 0.5, np.array(cells["row"]) + 0.5)
    star = gi_star(np.array(cells["cases"]), grid_neighbours(ids, grid))
    assert star.z == pytest.approx(np.array(cells["z"]), abs=6e-4)
    assert (star.classes == cells["class"]).all()
    assert star.corrected == pytest.approx(np.array(cells["p_adjusted"]), abs=1e-6)


def test_filters_choose_the_cases(laid):
    parking = ask(laid, wanted=replace(JUNE, categories=("parking",)))
    noise = ask(laid, wanted=replace(JUNE, categories=("noise",)))
    assert parking["cases"] + noise["cases"] < ask(laid)["cases"]
    assert not [row for row in parking["hotspots"] if within(row, *CROWD)]
    assert within(noise["hotspots"][0], *CROWD)
    one = ask(laid, wanted=replace(JUNE, areas=("371311004004",)))
    assert (one["cases"], one["reason"]) == (0, "too_few_cases")  # none of them knows its area


def test_areas_are_tested_with_their_households_and_those_without_take_no_part(laid):
    answer = ask(laid, by="community", base="households")
    assert len(answer["cells"]["code"]) == 64
    assert answer["tested"] == 63
    assert sum(answer["cells"]["cases"]) == answer["cases"]
    empty = answer["cells"]["code"].index("371311000000")
    assert answer["cells"]["households"][empty] is None
    assert answer["cells"]["rate"][empty] is None
    assert answer["cells"]["x"][empty] * 360 - 180 == pytest.approx(LON - 3.5 * STEP, abs=1e-5)
    raw = [rate for rate in answer["cells"]["raw_rate"] if rate is not None]
    smooth = [rate for rate in answer["cells"]["rate"] if rate is not None]
    assert np.std(smooth) < np.std(raw)


def test_households_of_areas_lie_on_the_cells_inside_them(laid):
    answer = ask(laid, base="households")
    households = [number or 0 for number in answer["cells"]["households"]]
    assert sum(households) == pytest.approx(63 * 400, rel=0.01)
    assert within(answer["hotspots"][0], *CROWD)


def test_without_homes_there_is_no_base_and_it_says_so(laid):
    answer = ask(laid, by="grid")
    assert (answer["hotspots"], answer["reason"]) == ([], "too_few_cases")
    assert "不足 20 件" in answer["why"]["zh"]


def test_the_answer_is_kept_until_a_case_comes(server, empty_template, monkeypatch):
    with server.copy_of(empty_template) as database:
        lay(database)
        first = ask(database)
        monkeypatch.setattr(spotting, "find", None)  # whoever reckons again, fails
        assert ask(database) is first
        with database.begin() as tx:
            tx.changed("cases", "1", "changed")
        with pytest.raises(TypeError):
            ask(database)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"by": "nothing"}, NotFound, "no level nothing"),
        ({"wanted": CaseFilter(categories=("nothing",))}, InvalidInput, "nothing is not among"),
        ({"wanted": CaseFilter(areas=("99",))}, NotFound, "never was"),
        ({"wanted": CaseFilter(since=datetime(2126, 1, 1, tzinfo=UTC))}, InvalidInput, "future"),
    ],
)
def test_what_makes_no_sense_is_refused(laid, changes, error, words):
    with pytest.raises(error, match=words):
        ask(laid, **changes)


def test_what_takes_too_long_is_stopped(laid):
    with pytest.raises(spotting.TooSlow):
        spotting.get_hotspots(
            laid,
            TERMINAL,
            PROFILE,
            replace(ASKED, permutations=998),
            progress=spotting.within(0.0),
        )


def test_a_job_gives_the_same_answer_and_can_be_stopped(laid):
    asked = replace(ASKED, cell=500.0)
    number = spot_jobs.ask(laid, TERMINAL, asked, profile="linyi")
    job = jobs.job(laid, number)
    heard: list[tuple[str, float]] = []

    def tell(stage: str, share: float) -> bool:
        heard.append((stage, share))
        return False

    work = jobs.Work(laid, {}, job.arguments, tell=tell, every=0)
    report = spot_jobs.run_hotspots(work)
    assert report == ask(laid, asked)
    assert {stage for stage, _ in heard} == set(spot_jobs.STAGES)
    assert [share for _, share in heard] == sorted(share for _, share in heard)

    stopped = jobs.Work(laid, {}, {**job.arguments, "cell": 300}, tell=lambda *_: True, every=0)
    with pytest.raises(Cancelled):
        spot_jobs.run_hotspots(stopped)


def test_the_density_is_highest_in_the_crowd_and_sums_to_the_cases(laid):
    answer = heating.get_heat(laid, TERMINAL, PROFILE, ASKED, radius=500)
    cells = answer["cells"]
    highest = int(np.argmax(cells["per_km2"]))
    lon = (cells["column"][highest] + 0.5) * cells["side"] * 360 - 180
    assert lon == pytest.approx(CROWD[0], abs=0.004)
    assert sum(cells["cases"]) == answer["cases"]
    assert sum(cells["per_km2"]) * 0.25**2 == pytest.approx(answer["cases"], rel=0.02)
    rates = heating.get_heat(laid, TERMINAL, PROFILE, replace(ASKED, base="households"), radius=500)
    known = [rate for rate in rates["cells"]["per_households"] if rate is not None]
    assert np.median(known) == pytest.approx(answer["cases"] / (63 * 400) * 10_000, rel=0.3)
    with pytest.raises(InvalidInput, match="at least the side"):
        heating.get_heat(laid, TERMINAL, PROFILE, ASKED, radius=200)


def test_a_city_without_areas_has_the_ground_of_its_cases(server, empty_template):
    with server.copy_of(empty_template) as database:
        with database.read() as connection:
            assert ground_of(connection).latitude == 35.0
        lay(database)
        with database.begin() as tx:
            tx.connection.execute(sa.text("DELETE FROM areas"))
            tx.connection.execute(
                sa.text(
                    "UPDATE cases SET geom = ST_Translate(geom, 0, 12.3) WHERE geom IS NOT NULL"
                )
            )
        with database.read() as connection:
            assert ground_of(connection).latitude == 47.5
        first = ask(database)["hotspots"][0]
        assert within(first, CROWD[0], CROWD[1] + 12.3)


def test_periods_before_the_first_case_are_not_taken_for_quiet_ones(laid):
    april = CaseFilter(since=UNTIL - timedelta(days=90), until=UNTIL - timedelta(days=60))
    answer = ask(laid, wanted=april)
    assert answer["earlier"] == 1  # the cases begin 150 days ago, a little less than two periods
    assert len(answer["starts"]) == 2
    assert all(len(row["earlier"]) == 1 for row in answer["hotspots"])
    assert ask(laid, wanted=replace(april, since=UNTIL - timedelta(days=140)))["earlier"] == 0


def test_joined_cases_count_as_one_or_as_often_as_they_were_reported(server, empty_template):
    with server.copy_of(empty_template) as database:
        lay(database)
        crowd = "reported_at >= :since and st_dwithin(geom, st_point(:x, :y, 4326), 0.0005)"
        bound = {"since": JUNE.since, "x": CROWD[0], "y": CROWD[1]}
        with database.begin() as tx:
            first, *others = tx.connection.execute(
                sa.text(f"select id from cases where {crowd} order by id limit 5"),
                bound,
            ).scalars()
            tx.connection.execute(
                sa.update(cases).where(cases.c.id.in_(others)).values(joined_to=first)
            )
            tx.connection.execute(sa.update(cases).where(cases.c.id == first).values(reports=5))
            tx.changed("cases", "all", "changed")
        troubles = ask(database, worlds=0)
        reports = ask(database, worlds=0, each_report=True)
        assert reports["cases"] == troubles["cases"] + 4
        assert (troubles["each_report"], reports["each_report"]) == (False, True)
        more = np.array(reports["cells"]["cases"]) - np.array(troubles["cells"]["cases"])
        assert sorted(set(more.tolist())) == [0, 4]
        wanted = replace(ASKED, each_report=True)
        heat = heating.get_heat(database, TERMINAL, PROFILE, wanted, radius=500)
        assert heat["cases"] == reports["cases"]
