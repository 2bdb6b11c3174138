"""How soon a draft's findings are there after a step, and how often the whole is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from desks import CENTRE, Desk, draft_of, opened
from playwright.sync_api import expect


@pytest.fixture
def desk(drafts_live: str, open_page: Any) -> Desk:
    page = open_page("/planner", address=drafts_live)
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


def test_the_whole_is_looked_at_soon_after_a_step(desk):
    page = desk.page
    desk.select(1)
    page.keyboard.press("k")
    desk.saved(1)
    with page.expect_response("**/findings", timeout=3_000) as answer:
        pass
    assert answer.value.json()["revision"] == 1


def test_many_steps_are_looked_at_together_and_the_last_of_them_soon(desk):
    """Sixty steps within three seconds, each search taking a third of one."""
    searches, first, last, together = desk.page.evaluate(
        """async () => {
          const { Checking } = await import("wangge/drafting/checking.js");
          const rest = (ms) => new Promise((done) => setTimeout(done, ms));
          const began = [];
          let under = 0, together = 0, steps = 0, seen = 0;
          const checking = new Checking({ async check() {
            began.push(performance.now() - start);
            together = Math.max(together, ++under);
            seen = steps;
            await rest(333);
            under -= 1;
          } });
          const start = performance.now();
          while (steps < 60) { steps += 1; checking.soon(); await rest(50); }
          const end = performance.now() - start;
          await rest(2500);
          return [began.length, began[0], seen === 60 ? began.at(-1) - end : null, together];
        }"""
    )
    assert 2 <= searches <= 5
    assert first < 2_000
    assert last is not None
    assert last < 2_000
    assert together == 1


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
