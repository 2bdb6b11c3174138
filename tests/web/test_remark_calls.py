"""Remarks over HTTP: who may write one anew, and against which version."""

from __future__ import annotations

from datetime import datetime

import pytest
from kept_drafts import kept, lattice

pytestmark = pytest.mark.usefixtures("people")
PLANS = "/api/v1/plans"
HERE = {"lon": 118.3, "lat": 35.1}


@pytest.fixture
def plan(database):
    return f"{PLANS}/{kept(database, lattice())}"


def remark(browser, plan, words="围墙在这里"):
    answer = browser.post(f"{plan}/comments", json={"words": words, **HERE})
    assert answer.status_code == 201
    return answer.json["comments"][-1]


def edit(browser, plan, number, words, version=None):
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    path = f"{plan}/comments/{number}"
    return browser.send("PATCH", path, json={"words": words}, headers=headers)


def test_the_author_writes_a_remark_anew_and_it_says_who_did_so_when(sign_in, plan):
    planner, admin = sign_in("planner"), sign_in("admin")
    one = remark(planner, plan)
    assert (one["version"], one["edited_at"], one["edited_by"], one["own"]) == (1, None, None, True)
    answer = edit(planner, plan, one["id"], "  围墙已经拆了 ", version=1)
    assert answer.status_code == 200
    [now] = answer.json["comments"]
    assert (now["words"], now["version"], now["edited_by"]) == ("围墙已经拆了", 2, "planner")
    assert datetime.fromisoformat(now["edited_at"]) >= datetime.fromisoformat(one["at"])
    kept_as_they_were = ("id", "at", "actor", "revision", "lon", "lat")
    assert [now[name] for name in kept_as_they_were] == [one[name] for name in kept_as_they_were]
    [seen] = admin.get(f"{plan}/comments").json["comments"]
    assert (seen["words"], seen["own"]) == ("围墙已经拆了", False)
    actions = [one["action"] for one in admin.get("/api/v1/audit").json["entries"]]
    assert actions.count("edited_remark") == 1


def test_words_that_stay_the_same_are_no_edit(sign_in, plan):
    planner = sign_in("planner")
    one = remark(planner, plan)
    [now] = edit(planner, plan, one["id"], one["words"], version=1).json["comments"]
    assert (now["version"], now["edited_at"]) == (1, None)


def test_nobody_else_writes_a_remark_anew_however_high(sign_in, plan):
    planner, admin, viewer = sign_in("planner"), sign_in("admin"), sign_in("viewer")
    planner.post(f"{plan}/shares", json={"user": "viewer"})
    theirs, own = remark(planner, plan), remark(viewer, plan, "由谁负责？")
    for other, number in ((admin, theirs), (viewer, theirs), (planner, own)):
        assert edit(other, plan, number["id"], "改", version=1).status_code == 403
    assert edit(viewer, plan, own["id"], "由谁负责？物业？", version=1).status_code == 200
    planner.send("DELETE", f"{plan}/shares/viewer")
    assert edit(viewer, plan, own["id"], "再改", version=2).status_code == 403
    said = [one["words"] for one in planner.get(f"{plan}/comments").json["comments"]]
    assert said == ["围墙在这里", "由谁负责？物业？"]


def test_of_two_edits_of_one_version_the_later_is_told_what_it_says_now(sign_in, plan):
    planner = sign_in("planner")
    number = remark(planner, plan)["id"]
    assert edit(planner, plan, number, "甲").status_code == 428
    assert edit(planner, plan, number, "甲", version=1).status_code == 200
    late = edit(planner, plan, number, "乙", version=1)
    assert late.status_code == 412
    assert late.json["remark"] == {"words": "甲", "version": 2}
    assert edit(planner, plan, number, "乙", version=2).json["comments"][0]["words"] == "乙"


def test_what_is_no_remark_of_this_draft_is_not_found(sign_in, database, plan):
    planner = sign_in("planner")
    number = remark(planner, plan)["id"]
    other = f"{PLANS}/{kept(database, lattice())}"
    for path, one in ((other, number), (plan, number + 1), (plan, 10**30), (plan, 0)):
        assert edit(planner, path, one, "改", version=1).status_code == 404
    for words in ("", "   ", "长" * 2001):
        assert edit(planner, plan, number, words, version=1).status_code == 400
