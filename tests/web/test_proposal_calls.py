"""Proposals for drafts over HTTP."""

from __future__ import annotations

import threading
import time

import pytest
import shapely
import sqlalchemy as sa
from kept_drafts import assign, kept, lattice

from geodata.database.working import run_worker
from geodata.plans.net import COUNTED

pytestmark = pytest.mark.usefixtures("people")
PLANS = "/api/v1/plans"


@pytest.fixture
def plan(database):
    return f"{PLANS}/{kept(database, lattice())}"


@pytest.fixture
def planner(sign_in):
    return sign_in("planner")


def proposed(database, planner, plan, **demand):
    """The report of a proposal that was asked for and made."""
    answer = planner.post(f"{plan}/proposal", json=demand)
    assert answer.status_code == 202, answer.json
    run_worker(database, wait=False)
    return planner.get(answer.headers["Location"]).json


def test_a_proposal_is_one_step_that_can_be_taken_back(database, planner, plan):
    before = planner.get(f"{plan}/units").json
    households = sum(one["properties"]["households"] for one in before["features"])
    band = {"low": households // 7, "high": households // 4}
    job = proposed(database, planner, plan, **band)
    assert job["state"] == "done", job
    assert job["report"]["obstacles"] == []
    objective = job["report"]["objective"]
    assert objective["in_band"] == objective["grids"]
    grids = planner.get(f"{plan}/grids").json["features"]
    sizes = [one["properties"]["households"] for one in grids]
    assert len(sizes) == objective["grids"]
    assert band["low"] <= min(sizes)
    assert max(sizes) <= band["high"]
    assert planner.get(plan).json["revision"] == job["report"]["revision"] == 1
    undone = planner.post(f"{plan}/undo", headers={"If-Match": '"1"'})
    assert undone.status_code == 200, undone.json
    assert planner.get(f"{plan}/units").json == before


def test_what_cannot_be_is_told_in_words_and_a_net_proposed(database, planner, plan):
    job = proposed(database, planner, plan, low=1, high=2)
    assert job["state"] == "done", job
    (first, *_) = job["report"]["obstacles"]
    assert first["reason"] in {"one_building", "no_buildings"}
    assert "上限" in first["detail"]
    assert any(str(first["helps"]["high"]) in way for way in first["help"])
    assert first["helps"]["high"] > 2


def test_what_was_drawn_meanwhile_is_not_overwritten(database, planner, plan):
    answer = planner.post(f"{plan}/proposal", json={})
    drawn = planner.post(f"{plan}/actions", json=assign([3], 1), headers={"If-Match": '"0"'})
    assert drawn.status_code == 200
    run_worker(database, wait=False)
    job = planner.get(answer.headers["Location"]).json
    assert job["state"] == "failed"
    assert planner.get(plan).json["revision"] == 1


@pytest.mark.parametrize(
    "demand",
    [
        {"low": 0},
        {"low": -300},
        {"high": -1},
        {"low": 5, "high": 2},
        {"low": 501},
        {"high": 299},
        {"low": 1e99},
        {"seed": -1},
        {"keep": -0.1},
        {"keep": 2},
        {"seconds": 0},
        {"seconds": 1e9},
        {"x": 1},
    ],
)
def test_a_demand_that_makes_no_sense_is_refused(planner, plan, demand):
    answer = planner.post(f"{plan}/proposal", json=demand)
    assert answer.status_code in {400, 422}
    assert planner.get("/api/v1/jobs").json["jobs"] == []


def test_an_older_revision_is_refused(planner, plan):
    planner.post(f"{plan}/actions", json=assign([3], 1), headers={"If-Match": '"0"'})
    answer = planner.post(f"{plan}/proposal", json={}, headers={"If-Match": '"0"'})
    assert answer.status_code == 412


def test_who_may_not_draw_may_not_ask(sign_in, plan):
    assert sign_in("viewer").post(f"{plan}/proposal", json={}).status_code == 403


def test_an_unknown_draft_is_not_found(planner):
    assert planner.post(f"{PLANS}/999999/proposal", json={}).status_code == 404


def test_a_planner_of_another_area_may_not_ask(database, sign_in, plan):
    with database.begin() as tx:
        tx.connection.execute(
            sa.text("UPDATE users SET areas = '{371399009}' WHERE name = 'planner'")
        )
    assert sign_in("planner").post(f"{plan}/proposal", json={}).status_code == 403


def test_nothing_is_proposed_for_a_published_draft(database, planner, plan):
    with database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE plans SET state = 'published'"))
    assert planner.post(f"{plan}/proposal", json={}).status_code == 409


def until(true, seconds=20):
    """What is true at last."""
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.fixture
def stopped(database, planner, plan):
    """The address of a job that was stopped when it had found a net."""
    answer = planner.post(f"{plan}/proposal", json={"low": 60, "high": 150, "seconds": 60})
    address = answer.headers["Location"]
    worker = threading.Thread(target=run_worker, args=(database,), kwargs={"wait": False})
    worker.start()
    best = until(lambda: (planner.get(address).json["report"] or {}).get("best"))
    assert best["figures"]["in_band"] == best["figures"]["grids"]
    assert planner.post(f"{address}/cancel").status_code == 200
    start = time.monotonic()
    assert until(lambda: planner.get(address).json["state"] == "cancelled", 10)
    assert time.monotonic() - start < 3  # a second, on a machine that does other things too
    worker.join()
    return address


def keep(planner, plan, address):
    return planner.post(f"{plan}/proposal/{address.rsplit('/', 1)[-1]}/keep", json={})


def test_the_best_net_of_a_stopped_search_is_laid_on_the_draft_if_wished(planner, plan, stopped):
    before = planner.get(f"{plan}/units").json
    assert planner.get(plan).json["revision"] == 0
    best = planner.get(stopped).json["report"]["best"]
    kept_now = keep(planner, plan, stopped)
    assert (kept_now.status_code, kept_now.json["revision"]) == (200, 1)
    grids = planner.get(f"{plan}/grids").json["features"]
    assert len(grids) == best["figures"]["grids"]
    assert all(60 <= one["properties"]["households"] <= 150 for one in grids)
    assert keep(planner, plan, stopped).status_code == 412
    assert planner.post(f"{plan}/undo").status_code == 200
    assert planner.get(f"{plan}/units").json == before


def test_it_is_not_laid_over_what_was_drawn_since(planner, plan, stopped):
    drawn = planner.post(f"{plan}/actions", json=assign([3], 1), headers={"If-Match": '"0"'})
    assert drawn.status_code == 200
    assert keep(planner, plan, stopped).status_code == 412


def test_who_may_not_draw_may_not_keep_it_nor_is_it_kept_twice_elsewhere(
    database, sign_in, planner, plan, stopped
):
    assert keep(sign_in("viewer"), plan, stopped).status_code in {403, 404}
    other = f"{PLANS}/{kept(database, lattice())}"
    assert keep(planner, other, stopped).status_code == 404
    assert keep(planner, plan, "/999999").status_code == 404


def test_a_proposal_that_was_laid_leaves_nothing_to_keep(database, planner, plan):
    job = proposed(database, planner, plan, low=60, high=150)
    assert job["state"] == "done"
    assert keep(planner, plan, f"/{job['id']}").status_code == 409


def test_the_same_seed_gives_the_same_net(database, planner):
    found = []
    for _turn in range(2):
        plan = f"{PLANS}/{kept(database, lattice())}"
        proposed(database, planner, plan, low=60, high=150, seed=7)
        units = planner.get(f"{plan}/units").json["features"]
        found.append([one["properties"]["grid"] for one in units])
    assert found[0] == found[1]


def test_a_compound_heavier_than_the_band_is_cut_and_called_by_its_code(database, planner):
    net = lattice()
    west, south = shapely.get_coordinates(net.units.geometry[2]).min(axis=0)
    spots = [
        [west + x, south + y, *[30] * len(COUNTED)]
        for x in (20.0, 50.0, 80.0)
        for y in (20.0, 80.0)
    ]
    net.units["homes"] = [spots if k == 2 else homes for k, homes in net.units["homes"].items()]
    net.units.loc[2, ["households", "residents"]] = 180
    plan = f"{PLANS}/{kept(database, net)}"
    before = planner.get(f"{plan}/units").json["features"]
    job = proposed(database, planner, plan, low=60, high=100)
    assert job["report"]["obstacles"] == [], job
    (cut,) = job["report"]["cuts"]
    assert cut["households"] == 180
    assert "180" in cut["detail"]
    assert "楼栋" in cut["detail"]
    assert net.units["compound"][2] in cut["detail"]
    after = planner.get(f"{plan}/units").json["features"]
    assert {2} == {one["id"] for one in before} - {one["id"] for one in after}
    assert set(cut["units"]) == {one["id"] for one in after} - {one["id"] for one in before}
    for name in ("households", "residents", "elderly"):
        assert sum(one["properties"][name] for one in after) == sum(
            one["properties"][name] for one in before
        )
