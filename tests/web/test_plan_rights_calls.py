"""What surrounds a draft over HTTP: who may do what, readers, remarks, what each step changed."""

from __future__ import annotations

import pytest
from kept_drafts import assign, kept, lattice

pytestmark = pytest.mark.usefixtures("people")
PLANS = "/api/v1/plans"


@pytest.fixture
def plan(database):
    return f"{PLANS}/{kept(database, lattice())}"


def act(browser, plan, action, revision=0):
    return browser.post(f"{plan}/actions", json=action, headers={"If-Match": f'"{revision}"'})


def test_a_reader_may_look_and_remark_and_nothing_else(sign_in, plan):
    planner, viewer = sign_in("planner"), sign_in("viewer")
    assert viewer.get(f"{plan}/rights").status_code == 403
    assert planner.post(f"{plan}/shares", json={"user": "viewer"}).status_code == 201
    rights = viewer.get(f"{plan}/rights").json
    assert (rights["draw"], rights["approve"], rights["publish"]) == (False, False, False)
    assert act(viewer, plan, assign([3], 1)).status_code == 403
    assert viewer.post(f"{plan}/undo").status_code == 403
    assert viewer.post(f"{plan}/submit").status_code == 403
    assert viewer.post(f"{plan}/shares", json={"user": "worker"}).status_code == 403
    remark = {"words": "<script>bitten=1</script>", "lon": 118.3, "lat": 35.1}
    answer = viewer.post(f"{plan}/comments", json=remark)
    assert answer.status_code == 201
    assert [one["actor"] for one in planner.get(f"{plan}/comments").json["comments"]] == ["viewer"]
    assert planner.send("DELETE", f"{plan}/shares/viewer").status_code == 204
    assert viewer.get(plan).status_code == 403
    assert viewer.get(f"{plan}/comments").status_code == 403


def test_those_are_offered_as_readers_who_are_none_yet(sign_in, plan):
    planner = sign_in("planner")
    offered = planner.get(f"{plan}/shares/possible").json["users"]
    assert [one["name"] for one in offered] == ["admin", "commander", "viewer", "worker"]
    assert set(offered[0]) == {"name", "display_name", "role"}
    planner.post(f"{plan}/shares", json={"user": "viewer"})
    left = planner.get(f"{plan}/shares/possible").json["users"]
    assert [one["name"] for one in left] == ["admin", "commander", "worker"]
    assert sign_in("viewer").get(f"{plan}/shares/possible").status_code == 403


def test_who_submitted_a_draft_may_not_approve_it(sign_in, plan):
    planner, admin = sign_in("planner"), sign_in("admin")
    before = planner.get(f"{plan}/rights").json
    assert (before["approve"], before["submitted"], before["own"]) == (True, None, False)
    assert planner.post(f"{plan}/submit").status_code == 200
    own, other = planner.get(f"{plan}/rights").json, admin.get(f"{plan}/rights").json
    assert (own["own"], own["approve"], own["submitted"]["actor"]) == (True, False, "planner")
    assert (other["own"], other["approve"], other["approved"]) == (False, True, None)
    refused = planner.post(f"{plan}/approve")
    assert refused.status_code == 403
    assert refused.json["detail"]
    assert admin.post(f"{plan}/approve").status_code == 200
    signed = planner.get(f"{plan}/rights").json
    assert (signed["submitted"]["actor"], signed["approved"]["actor"]) == ("planner", "admin")
    assert act(planner, plan, assign([3], 1), revision=2).status_code == 200
    void = planner.get(f"{plan}/rights").json
    assert (void["submitted"], void["approved"]) == (None, None)


def test_the_history_tells_what_each_step_changed_and_whether_it_stands(sign_in, plan):
    planner = sign_in("planner")
    sizes = {
        one["id"]: one["properties"]["households"]
        for one in planner.get(f"{plan}/grids").json["features"]
    }
    act(planner, plan, assign([3], 1))
    act(planner, plan, {"action": "merge", "grids": [1, 2]}, revision=1)
    planner.post(f"{plan}/undo")
    undo, merge, assigned = planner.get(f"{plan}/history").json["steps"]
    assert (undo["stands"], merge["stands"], assigned["stands"]) == (False, False, True)
    moved = assigned["households"]["1"]
    assert moved > 0
    assert assigned["households"] == {"1": moved, "2": -moved}
    assert merge["names"] == {"2": "第2网格"}
    assert merge["households"] == {"1": sizes[2] - moved, "2": moved - sizes[2]}
    assert undo["households"] == {"1": moved - sizes[2], "2": sizes[2] - moved}
    planner.post(f"{plan}/redo")
    stands = {
        one["revision"]: one["stands"] for one in planner.get(f"{plan}/history").json["steps"]
    }
    assert stands == {1: True, 2: True, 3: False, 4: False}
    only = planner.get(f"{plan}/history?limit=1&before=2").json["steps"]
    assert [(one["revision"], one["stands"]) for one in only] == [(1, True)]
