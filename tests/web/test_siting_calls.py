"""Sitings over HTTP: asked for as a job, figures at once, and nonsense refused in words."""

from __future__ import annotations

import pytest

from geodata.database.working import run_worker

PASSWORD = "demo-password-of-the-tests"


@pytest.fixture(scope="module")
def viewer(demo_app):
    """``viewer(json, status)`` gives the figures of a choice in the demo city."""
    client = demo_app.test_client()
    told = {"username": "viewer", "password": PASSWORD}
    csrf = client.post("/api/v1/login", json=told).get_json()["csrf"]

    def figures(status=200, **said):
        answer = client.post("/api/v1/siting/figures", json=said, headers={"X-CSRF-Token": csrf})
        assert answer.status_code == status, answer.get_data(as_text=True)[:500]
        return answer.get_json()

    figures.client = client
    return figures


def test_figures_follow_a_place_that_is_moved(viewer):
    lacking = viewer.client.get("/api/v1/coverage?minutes=5").get_json()
    place = lacking["uncovered"][0]["point"]
    one = viewer(places=[place], minutes=5)
    assert one["total"] == lacking["households"]
    assert one["before"] == lacking["covered"]
    assert one["covered"] - one["before"] == one["places"][0]["gain"] > 0
    assert one["places"][0]["alone"] == one["places"][0]["gain"]
    assert one["walk_m"] < one["walk_before_m"]
    twice = viewer(places=[place, place], minutes=5)
    assert twice["covered"] == one["covered"]
    assert [at["alone"] for at in twice["places"]] == [0, 0]
    away = viewer(places=[[110.0, 30.0]], minutes=5)
    assert away["covered"] == away["before"]
    assert away["places"][0]["apart"] == "far"
    alone = viewer(places=[place], minutes=5, kinds=[])
    assert alone["before"] == 0


@pytest.mark.parametrize(
    "said",
    [
        {"places": []},
        {"places": [[118.3, 95.0]]},
        {"places": [["a", "b"]]},
        {"places": [[118.3, 35.0]] * 51},
        {"places": [[118.3, 35.0]], "minutes": 0},
        {"places": [[118.3, 35.0]], "walker": "fish"},
        {"places": [[118.3, 35.0]], "kinds": ["castle"]},
        {"places": [[118.3, 35.0]], "weight": "gold"},
        {},
    ],
)
def test_figures_of_nonsense_are_refused_in_words(viewer, said):
    answer = viewer(400, **said)
    assert answer["detail"] or answer["errors"]


def test_an_area_that_is_not_there_is_not_found(viewer):
    assert viewer(404, places=[[118.3, 35.0]], area="nowhere")["detail"]


@pytest.mark.usefixtures("people")
def test_a_siting_is_a_job_of_who_draws_nets(database, sign_in):
    planner = sign_in("planner")
    answer = planner.post("/api/v1/siting", json={"count": 2, "candidates": [[118.3, 35.0]] * 2})
    assert answer.status_code == 202, answer.json
    run_worker(database, wait=False)
    job = planner.get(answer.headers["Location"]).json
    assert job["kind"] == "siting"
    assert job["state"] == "failed"
    assert "没有登记的居民" in job["problem"]["detail"] or "Nobody" in job["problem"]["detail"]
    for role in ("viewer", "worker", "commander"):
        assert sign_in(role).post("/api/v1/siting", json={"count": 2}).status_code == 403
    for said in (
        {"count": 0},
        {"count": -2},
        {"count": 1.5},
        {},
        {"count": 100_000},
        {"model": "cover_all", "count": 2},
        {"count": 2, "minutes": -1},
        {"count": 2, "candidates": []},
        {"count": 2, "candidates": "moons"},
        {"count": 2, "candidates": [[118.3, float("nan")]]},
        {"count": 2, "seconds": 9999},
        {"count": 2, "curve": -1},
    ):
        refused = planner.post("/api/v1/siting", json=said)
        assert refused.status_code == 400, said
        assert refused.json["detail"]
