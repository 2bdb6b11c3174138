"""How soon a draft's findings are there after a step, and how often the whole is looked at."""

from __future__ import annotations

import time
from typing import Any

import pytest
from desks import CENTRE, Desk, draft_of, opened
from playwright.sync_api import expect


@pytest.fixture
def desk(own_live: str, open_page: Any) -> Desk:
    page = open_page("/planner", address=own_live)
    return opened(page, draft_of(page, area=CENTRE))


def rename(page: Any, name: str) -> None:
    page.keyboard.press("n")
    page.fill(".draft-title input", name)
    page.keyboard.press("Enter")


def test_a_name_given_twice_is_told_by_the_step_itself(desk):
    """Before the whole was looked at: its answer is held up."""
    page = desk.page
    grids = desk.grids()
    page.route("**/findings", lambda _route: None)
    desk.select(1)
    rename(page, grids[3]["properties"]["name"])
    desk.saved(1)
    expect(page.locator("[data-rule=duplicate_name]")).to_be_visible(timeout=2_000)
    page.unroute("**/findings")


def test_the_whole_is_looked_at_soon_and_not_for_each_of_many_steps(desk):
    page = desk.page
    asked: list[float] = []
    page.on(
        "request",
        lambda one: asked.append(time.monotonic()) if one.url.endswith("/findings") else None,
    )
    desk.select(1)
    for _ in range(10):
        page.keyboard.press("k")
        page.wait_for_timeout(150)
    desk.saved(10)
    last = time.monotonic()
    with page.expect_response("**/findings", timeout=3_000) as answer:
        pass
    assert answer.value.json()["revision"] == 10
    page.wait_for_timeout(2_000)
    assert 1 <= len(asked) <= 4
    assert asked[-1] - last < 2.0


def test_mends_that_name_what_is_gone_are_gone(desk):
    """Of findings that the step's own answer does not tell of, until the whole was looked at."""
    mends = desk.page.evaluate(
        """async (number) => {
          const { Draft } = await import("wangge/drafting/draft.js");
          const draft = await Draft.open(number);
          const far = { rule: "too_small", key: "far", ids: [3], severity: "warning",
            where: { point: [0, 0], box: [0, 0, 0, 0] }, message: "",
            mends: [{ action: "merge", grids: [3, 1] }, { action: "lock", grids: [3] }] };
          draft.findings = [far];
          await draft.act({ action: "lock", grids: [1] });
          return draft.findings.find(({ key }) => key === "far").mends;
        }""",
        desk.number,
    )
    assert mends == [{"action": "lock", "grids": [3]}]
