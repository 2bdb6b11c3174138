"""What surrounds a draft in the browser: readers, remarks, approval, history, two planners."""

from __future__ import annotations

import re
from typing import Any

import pytest
from desks import Desk, draft_of, opened
from playwright.sync_api import expect

NASTY = "<script>globalThis.bitten=1</script><b>这里</b>的围墙已拆"


@pytest.fixture
def desk(drafts_live: str, open_page: Any) -> Desk:
    page = open_page("/planner", address=drafts_live)
    return opened(page, draft_of(page))


def remark(desk: Desk, feature: Any, words: str) -> None:
    """Take the tool, click the place, write."""
    page = desk.page
    page.click("[data-tool=remark]")
    desk.click(feature)
    page.fill(".remark-form textarea", words)
    page.click(".remark-form [type=submit]")
    expect(page.locator(".remark-form")).to_have_count(0)


def test_a_remark_is_made_at_a_place_and_is_text_whatever_is_written(desk, artefact):
    page = desk.page
    grids = desk.grids()
    remark(desk, grids[1], NASTY)
    remark(desk, grids[3], "由谁负责？")
    expect(page.locator(".remark-pin")).to_have_count(2)
    expect(page.locator("#draft-remarks")).to_have_text("(2)")
    assert page.evaluate("globalThis.bitten") is None
    assert page.locator(".draft-grid").count() == 0  # the click was the remark's alone
    page.click("summary:has(#draft-remarks)")
    rows = page.locator("[data-remark]")
    expect(rows.first).to_contain_text(NASTY)
    expect(rows.first).to_contain_text("planner")
    page.reload()
    expect(page.locator(".remark-pin")).to_have_count(2)
    page.click("summary:has(#draft-remarks)")
    before = page.url
    rows.nth(1).click()
    expect(page.locator(".leaflet-popup")).to_contain_text("由谁负责？")
    page.wait_for_function("(url) => location.href !== url", arg=before)
    page.screenshot(path=artefact("draft-remarks"))


def test_a_remark_is_written_anew_by_who_wrote_it_and_says_so(
    desk, open_page, drafts_live, artefact
):
    page = desk.page
    remark(desk, desk.grids()[1], "由谁负责？")
    page.click("summary:has(#draft-remarks)")
    page.click(".remark-row .remark-change")
    words = page.locator(".remark-form textarea")
    expect(words).to_have_value("由谁负责？")
    expect(words).to_be_focused()
    page.keyboard.press("Escape")
    expect(words).to_have_count(0)
    page.click(".remark-row .remark-change")
    expect(words).to_be_focused()
    words.fill("由物业负责")
    page.click(".remark-form [type=submit]")
    expect(words).to_have_count(0)
    row = page.locator("[data-remark]")
    expect(row).to_contain_text("由物业负责")
    expect(row).to_contain_text("修改")
    expect(page.locator(".remark-pin")).to_have_count(1)
    page.screenshot(path=artefact("draft-remark-changed"))

    # A second window of the same author, with the words as they were before.
    page.click(".remark-row .remark-change")
    page.evaluate(
        """async (path) => {
          const { comments: [one] } = await fetch(path).then((r) => r.json());
          const csrf = document.querySelector('meta[name="csrf-token"]').content;
          const sent = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
          const headers = { ...sent, "If-Match": `"${one.version}"` };
          const body = JSON.stringify({ words: "由街道负责" });
          await fetch(`${path}/${one.id}`, { method: "PATCH", headers, body });
        }""",
        f"/api/v1/plans/{desk.number}/comments",
    )
    page.context.watched.allowed.add(412)
    words.fill("由社区负责")
    page.click(".remark-form [type=submit]")
    expect(page.locator(".remark-form .told")).to_contain_text("由街道负责")
    expect(words).to_have_value("由社区负责")
    page.click(".remark-form [type=submit]")
    expect(row).to_contain_text("由社区负责")

    other = open_page("/planner", role="admin", address=drafts_live)
    there = opened(other, desk.number)
    there.page.click("summary:has(#draft-remarks)")
    expect(there.page.locator("[data-remark]")).to_contain_text("由社区负责")
    expect(there.page.locator(".remark-change")).to_have_count(0)


def test_words_begun_are_given_up_by_escape_only_while_there_are_none(desk):
    page = desk.page
    page.keyboard.press("c")
    desk.click(desk.grids()[1])
    expect(page.locator(".remark-form textarea")).to_be_focused()
    page.keyboard.type("还没写完")
    page.keyboard.press("Escape")
    expect(page.locator(".remark-form textarea")).to_have_value("还没写完")
    page.fill(".remark-form textarea", "")
    page.keyboard.press("Escape")
    expect(page.locator(".remark-form")).to_have_count(0)
    expect(page.locator(".remark-pin")).to_have_count(0)
    assert desk.get("/comments")["comments"] == []


def test_a_draft_is_shared_read_remarked_on_and_shared_no_longer(desk, open_page, drafts_live):
    page = desk.page
    page.click("#draft-sharing > summary")
    page.select_option("#draft-sharing select", "viewer")
    page.click("#draft-sharing [type=submit]")
    expect(page.locator("[data-unshare=viewer]")).to_be_visible()
    expect(page.locator("#draft-sharing option[value=viewer]")).to_have_count(0)

    reading = open_page("/planner", role="viewer", address=drafts_live)
    reading.click("#drafts-menu > summary")
    expect(reading.locator("#drafts-menu form")).to_have_count(0)
    reading.click(f"[data-draft='{desk.number}']")
    expect(reading.locator("#draft-panel")).to_be_visible()
    expect(reading.locator("[data-tool]")).to_have_count(1)
    expect(reading.locator("#draft-tools")).to_contain_text("只读")
    assert reading.locator("#draft-sharing, #draft-publish, #draft-propose").count() == 0
    there = Desk(reading, desk.number)
    there.select(1)
    expect(reading.locator(".draft-title button")).to_have_count(0)
    expect(reading.locator(".finding-mend")).to_have_count(0)
    reading.keyboard.press("k")
    remark(there, there.grids()[2], "此处应与第3网格合并")
    assert there.revision() == 0

    expect(page.locator(".remark-pin")).to_have_count(0)
    page.click("summary:has(#draft-remarks)")
    expect(page.locator(".remark-pin")).to_have_count(1)
    page.click("[data-unshare=viewer]")
    expect(page.locator("[data-unshare]")).to_have_count(0)
    reading.context.watched.allowed.add(403)
    reading.reload()
    expect(reading.locator("#refusals")).to_contain_text("未共享")
    expect(reading.locator("#draft-panel")).to_be_hidden()


def test_the_history_tells_who_did_what_and_leads_back_after_a_reload(desk):
    page = desk.page
    before = desk.grids()
    desk.select(1)
    page.keyboard.press("k")
    desk.saved(1)
    page.keyboard.press("k")
    desk.saved(2)
    page.keyboard.press("m")
    desk.click(desk.grids()[3])
    desk.saved(3)
    page.reload()
    expect(page.locator("#draft-panel")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.click("#draft-history > summary")
    steps = page.locator("#draft-history .step")
    expect(steps).to_have_count(3)
    expect(steps.first).to_contain_text("planner 合并")
    expect(steps.first).to_contain_text(re.compile(r"\+\d+ ?户"))
    page.click("#draft-history [data-back='1']")
    desk.saved(5)
    expect(steps).to_have_count(5)
    assert desk.grids()[1]["properties"]["locked"]
    assert len(desk.grids()) == len(before)
    page.click("#draft-history [data-back='0']")
    desk.saved(6)
    assert desk.grids() == before
    page.keyboard.press("Control+Shift+z")
    desk.saved(7)
    assert desk.grids()[1]["properties"]["locked"]
