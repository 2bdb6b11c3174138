"""Drafts over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from kept_drafts import assign, kept, lattice

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.profiles import load_profile

pytestmark = pytest.mark.usefixtures("people")
PLANS = "/api/v1/plans"


def day_of_now():
    """The day in the district; asked anew each time, since a run may go past its midnight."""
    return datetime.now(load_profile("linyi").zone).date()


@pytest.fixture
def plan(database):
    return f"{PLANS}/{kept(database, lattice())}"


@pytest.fixture
def planner(sign_in):
    return sign_in("planner")


def act(browser, plan, action, revision=0):
    return browser.post(f"{plan}/actions", json=action, headers={"If-Match": f'"{revision}"'})


def test_a_draft_is_read_with_its_units_and_grids(planner, plan):
    draft = planner.get(plan)
    assert draft.status_code == 200
    assert draft.headers["ETag"] == '"0"'
    assert (draft.json["state"], draft.json["revision"]) == ("draft", 0)
    assert [one["id"] for one in planner.get(PLANS).json["plans"]] == [draft.json["id"]]
    units, grids = planner.get(f"{plan}/units"), planner.get(f"{plan}/grids")
    assert units.mimetype == grids.mimetype == "application/geo+json"
    assert (len(units.json["features"]), len(grids.json["features"])) == (36, 9)
    unit, grid = units.json["features"][0], grids.json["features"][0]
    assert (unit["id"], unit["properties"]["grid"], grid["id"]) == (1, 1, 1)
    assert grid["properties"]["code"] == "371399001001001"
    assert grid["properties"]["worker"] is None
    x, y = unit["geometry"]["coordinates"][0][0]
    assert 116 < x < 118.5
    assert 34 < y < 36


def test_an_action_answers_with_what_changed(planner, plan):
    answer = act(planner, plan, assign([3], 1))
    assert answer.status_code == 200, answer.json
    assert answer.headers["ETag"] == '"1"'
    body = answer.json
    assert body["revision"] == body["plan"]["revision"] == 1
    assert [one["id"] for one in body["grids"]["features"]] == [1, 2]
    assert [one["id"] for one in body["units"]["features"]] == [3]
    assert body["removed_grids"] == []
    assert {one["rule"] for one in body["findings"]} >= {"too_small"}
    assert all({1, 2} & set(one["ids"]) for one in body["findings"] if one["ids"])


def test_a_line_drawn_in_degrees_splits_a_grid(planner, plan):
    grid = planner.get(f"{plan}/grids").json["features"][4]
    ring = grid["geometry"]["coordinates"][0]
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    middle = sum(y for _, y in ring[:4]) / 4 + 0.0003
    line = {"type": "LineString", "coordinates": [[west, middle], [east, middle]]}
    answer = act(planner, plan, {"action": "split", "grid": 5, "line": line})
    assert answer.status_code == 200, answer.json
    sizes = {one["id"]: one["properties"]["households"] for one in answer.json["grids"]["features"]}
    assert {5, 10} <= sizes.keys() <= {4, 5, 6, 10}  # those beside get a point more
    assert len(answer.json["removed_units"]) == 2
    households = sizes[5] + sizes[10]
    assert households == grid["properties"]["households"]
    back = planner.post(f"{plan}/undo")
    assert back.json["revision"] == 2
    assert back.json["removed_grids"] == [10]
    again = planner.post(f"{plan}/redo", headers={"If-Match": '"2"'})
    assert again.json["grids"] == answer.json["grids"]


def test_without_a_revision_nothing_is_drawn(planner, plan):
    answer = planner.post(f"{plan}/actions", json=assign([3], 1))
    assert answer.status_code == 428
    assert answer.json["type"] == "/problems/revision-needed"
    for tag in ("*", '"x"', "-1", '"9', "1" * 40, '"²"'):
        answer = planner.post(f"{plan}/actions", json=assign([3], 1), headers={"If-Match": tag})
        assert answer.status_code in {400, 412}, tag
    assert planner.get(plan).json["revision"] == 0


def test_a_stale_revision_is_answered_with_the_difference(planner, sign_in, plan):
    assert act(planner, plan, assign([3], 1)).status_code == 200
    answer = act(sign_in("admin"), plan, assign([3], 3))
    assert answer.status_code == 412
    problem = answer.json
    assert problem["type"] == "/problems/stale-revision"
    difference = problem["difference"]
    assert (difference["since"], difference["revision"]) == (0, 1)
    assert (difference["grids"], difference["units"]) == ([1, 2], [3])
    assert difference["steps"][0]["actor"] == "planner"
    assert "planner" in problem["detail"]


def test_a_refusal_has_a_reason_and_a_sentence(planner, plan):
    answer = act(planner, plan, {"action": "merge", "grids": [1, 9]})
    assert answer.status_code == 400
    assert answer.json["reason"] == "not_neighbours"
    assert answer.json["detail"]
    assert planner.get(plan).json["revision"] == 0


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"action": "dance"}, "unknown_action"),
        ({"action": "merge", "grids": [1, 999]}, "unknown_grid"),
        ({"action": "assign", "units": [], "grid": 1}, "no_units"),
        ({"action": "assign", "units": [-5], "grid": 1}, "unknown_unit"),
        ({"action": "assign", "units": [2**31], "grid": 1}, "unknown_unit"),
        ({"action": "assign", "units": [1], "grid": 1}, "nothing_changes"),
        ({"action": "split", "line": {"type": "Point", "coordinates": [1, 2]}}, "not_a_line"),
        ({"action": "split", "line": {"type": "LineString", "coordinates": "x"}}, "no_place"),
        ({"action": "split", "line": {}}, "no_place"),
        ({"action": "draw", "polygon": {"type": "Polygon", "coordinates": []}}, None),
        ({"action": "draw"}, "not_a_polygon"),
        ({"action": "drag"}, "not_a_point"),
    ],
)
def test_nonsense_is_refused_with_a_reason(planner, plan, action, reason):
    answer = act(planner, plan, action)
    assert answer.status_code == 400, answer.json
    assert answer.json["reason"]
    assert reason is None or answer.json["reason"] == reason
    assert planner.get(plan).json["revision"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"action": 5},
        {"action": "assign", "units": "all", "grid": 1},
        {"action": "assign", "units": [1], "grid": 0},
        {"action": "assign", "units": [1], "grid": 1e99},
        {"action": "rename", "grid": 1, "name": "\x00"},
        {"action": "rename", "grid": 1, "name": "x" * 101},
        {"action": "lock", "grid": 1, "sql": "'; DROP TABLE plans; --"},
        {"action": "split", "line": "x"},
    ],
)
def test_bodies_that_make_no_sense_are_refused(planner, plan, body):
    assert act(planner, plan, body).status_code == 400
    assert planner.get(plan).json["revision"] == 0


def test_a_line_of_a_million_points_is_refused(planner, plan):
    points = [[117.0 + k * 1e-9, 35.06] for k in range(300_000)]
    line = {"type": "LineString", "coordinates": points}
    answer = act(planner, plan, {"action": "split", "line": line})
    assert answer.status_code in {400, 413}
    assert planner.get(plan).json["revision"] == 0


def test_who_may_do_what(planner, sign_in, database, plan):
    for role in ("commander", "worker", "viewer"):
        browser = sign_in(role)
        for path in ("", "/units", "/grids", "/findings", "/history", "/comments", "/shares"):
            assert browser.get(plan + path).status_code == 403, (role, path)
        assert browser.get(PLANS).json == {"plans": []}
        assert act(browser, plan, assign([3], 1)).status_code == 403
        for verb in ("undo", "redo", "submit", "approve", "withdraw"):
            assert browser.post(f"{plan}/{verb}").status_code == 403, (role, verb)
    add_user(database, Actor.terminal(), "elsewhere", role="planner", password="quiet river stone")
    with database.begin() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE users SET areas = '{371399001002}' WHERE name = 'elsewhere'"
        )
    other = sign_in("elsewhere")
    assert act(other, plan, assign([3], 1)).status_code == 403
    assert other.get(f"{plan}/grids").status_code == 403
    assert other.post(PLANS, json={"name": "x", "area": "371399001001"}).status_code == 403


def test_what_does_not_exist_is_not_found(planner):
    for number in (1, 2**63, 10**30):
        assert planner.get(f"{PLANS}/{number}").status_code == 404
        assert act(planner, f"{PLANS}/{number}", assign([3], 1)).status_code == 404
        assert planner.post(f"{PLANS}/{number}/undo").status_code == 404
    assert planner.post(PLANS, json={"name": "x", "area": "999"}).status_code == 404
    assert planner.post(PLANS, json={"name": "x", "area": "9", "start": "?"}).status_code == 400
    assert planner.post(PLANS, json={"name": "x", "area": "\x00"}).status_code == 400


def test_nothing_to_undo_is_a_conflict(planner, plan):
    assert planner.post(f"{plan}/undo").status_code == 409
    assert planner.post(f"{plan}/redo").status_code == 409


def test_remarks_shares_copies_and_history(planner, sign_in, plan):
    worker = sign_in("worker")
    assert planner.post(f"{plan}/shares", json={"user": "worker"}).json == {"users": ["worker"]}
    remark = {"words": "围墙在这里", "lon": 118.2, "lat": 35.05}
    answer = worker.post(f"{plan}/comments", json=remark)
    assert answer.status_code == 201
    assert answer.json["comments"][0]["words"] == "围墙在这里"
    assert worker.post(f"{plan}/comments", json=remark | {"lon": 181}).status_code == 400
    assert act(worker, plan, assign([3], 1)).status_code == 403
    assert planner.send("DELETE", f"{plan}/shares/worker").status_code == 204
    assert planner.send("DELETE", f"{plan}/shares/worker").status_code == 404
    assert planner.post(f"{plan}/shares", json={"user": "nobody"}).status_code == 404
    assert worker.get(plan).status_code == 403
    act(planner, plan, assign([3], 1))
    copy = planner.post(f"{plan}/copy", json={"name": "副本"})
    assert copy.status_code == 201
    assert copy.json["copied_from"] == planner.get(plan).json["id"]
    assert planner.get(f"{PLANS}/{copy.json['id']}/history").json["steps"] == []
    [step] = planner.get(f"{plan}/history").json["steps"]
    assert (step["actor"], step["kind"], step["action"]) == ("planner", "assign", assign([3], 1))
    assert planner.get(f"{plan}/history?before=1").json["steps"] == []
    assert planner.get(f"{plan}/history?limit=0").status_code == 400


def test_a_draft_is_published_and_withdrawn(planner, sign_in, plan, database):
    with database.begin() as tx:  # these squares are too small for the band; that blocks nothing
        assert tx.connection
    soon = (day_of_now() + timedelta(days=3)).isoformat()
    assert planner.post(f"{plan}/publish", json={"date": soon}).status_code == 400
    yesterday = (day_of_now() - timedelta(days=1)).isoformat()
    body = {"date": yesterday, "reason": "网眼过大"}
    assert planner.post(f"{plan}/publish", json=body).status_code == 400
    answer = planner.post(f"{plan}/publish", json=body | {"date": soon})
    assert answer.status_code == 200, answer.json
    assert len(answer.json["added"]) == 9
    assert answer.json["plan"]["holds_from"] == soon
    assert act(planner, plan, assign([3], 1), 1).status_code == 409
    later = planner.get(f"/ogc/collections/grids/items?at={soon}").json["features"]
    assert len(later) == 9
    assert planner.get("/ogc/collections/grids/items").json["features"] == []
    back = planner.post(f"{plan}/withdraw")
    assert back.status_code == 200
    assert back.json["state"] == "withdrawn"
    assert planner.get(f"/ogc/collections/grids/items?at={soon}").json["features"] == []


def test_what_must_be_mended_blocks_publishing_with_its_findings(planner, plan):
    assert act(planner, plan, assign([36], 1)).status_code == 200
    body = {"date": day_of_now().isoformat(), "reason": "x"}
    answer = planner.post(f"{plan}/publish", json=body)
    assert answer.status_code == 409
    assert answer.json["reason"] == "findings"
    assert {one["rule"] for one in answer.json["findings"]} == {"not_contiguous"}


def test_two_drafts_are_compared_and_one_with_today(planner, plan):
    number = planner.get(plan).json["id"]
    copy = planner.post(f"{plan}/copy", json={"name": "副本"}).json["id"]
    households = planner.get(f"{plan}/units").json["features"][2]["properties"]["households"]
    assert act(planner, plan, assign([3], 1)).status_code == 200
    body = planner.get(f"{plan}/compare/{copy}").json
    assert body["households_moved"] == households
    [moved] = body["moved"]["features"]
    assert (moved["properties"]["before"], moved["properties"]["after"]) == (2, 1)
    assert len(body["grids"]) == 9
    today = planner.get(f"{plan}/compare/today")
    assert today.status_code == 200
    assert today.json["households_moved"] == today.json["households"]  # there was no net
    for other, status in (("0", 404), ("x", 404), ("9" * 40, 404), (str(number), 200)):
        assert planner.get(f"{plan}/compare/{other}").status_code == status
