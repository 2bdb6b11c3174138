"""Proposals for drafts over HTTP."""

from __future__ import annotations

import pytest
from kept_drafts import assign, kept, lattice

from geodata.database.working import run_worker

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
    [{"low": 0}, {"low": 5, "high": 2}, {"keep": 2}, {"seconds": 0}, {"seconds": 1e9}, {"x": 1}],
)
def test_a_demand_that_makes_no_sense_is_refused(planner, plan, demand):
    assert planner.post(f"{plan}/proposal", json=demand).status_code in {400, 422}


def test_an_older_revision_is_refused(planner, plan):
    planner.post(f"{plan}/actions", json=assign([3], 1), headers={"If-Match": '"0"'})
    answer = planner.post(f"{plan}/proposal", json={}, headers={"If-Match": '"0"'})
    assert answer.status_code == 412


def test_who_may_not_draw_may_not_ask(sign_in, plan):
    assert sign_in("viewer").post(f"{plan}/proposal", json={}).status_code == 403


def test_an_unknown_draft_is_not_found(planner):
    assert planner.post(f"{PLANS}/999999/proposal", json={}).status_code == 404
