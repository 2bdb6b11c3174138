"""Publishing in the browser: what keeps a draft from it, and what every open page then shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from desks import Desk, draft_of, opened
from playwright.sync_api import Page, expect

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.profiles import load_profile


@pytest.fixture
def desk(own_live: str, open_page: Any) -> Desk:
    page = open_page("/planner", address=own_live)
    return opened(page, draft_of(page))


def publish(page: Page, *, date: str | None = None) -> None:
    if page.locator("#draft-publish[open]").count() == 0:
        page.click("#draft-publish > summary")
    if date:
        page.fill("#draft-publish [name=date]", date)
    page.fill("#draft-publish [name=reason]", "秋季调整")
    page.click("#draft-publish [type=submit]")


def today() -> str:
    return datetime.now(load_profile("linyi").zone).date().isoformat()


def test_what_keeps_a_draft_from_being_published_is_one_press_away(desk, artefact):
    page = desk.page
    found = desk.get("/findings")["findings"]
    blocking = [one for one in found if one["severity"] == "error"]
    assert 0 < len(blocking) < len(found)
    page.context.watched.allowed.add(409)
    publish(page)
    expect(page.locator("#draft-publish .refused")).to_contain_text(f"{len(blocking)} 个问题")
    expect(page.locator("#draft-blocking")).to_be_focused()
    page.keyboard.press("Enter")
    first = page.locator(".finding-go").first
    expect(first).to_be_focused()
    expect(first).to_be_in_viewport()
    expect(page.locator(".finding")).to_have_count(len(blocking))
    page.screenshot(path=artefact("draft-blocking"))
    page.locator(".finding-mend").first.click()
    desk.saved(1)
    expect(page.locator(".finding")).to_have_count(0)
    expect(page.locator(".findings-only")).to_contain_text("已全部解决")
    page.click("[data-hold=findings-all]")
    rest = len(desk.get("/findings")["findings"])
    expect(page.locator(".finding")).to_have_count(rest)
    publish(page)
    expect(page.locator("#draft-published")).to_be_visible(timeout=20_000)


def test_on_a_phone_the_page_stays_where_it_is_while_one_is_led_to_the_findings(
    desk, open_page, own_live
):
    page = open_page(f"/planner#draft={desk.number}", address=own_live, size=(390, 844))
    page.click("[data-sheet=right]")
    page.context.watched.allowed.add(409)
    publish(page)
    page.click("#draft-blocking")
    expect(page.locator(".finding-go").first).to_be_focused()
    expect(page.locator(".finding-go").first).to_be_in_viewport()
    assert page.evaluate("document.querySelector('.bar').getBoundingClientRect().top") == 0
    foot = page.evaluate(
        "innerHeight - document.querySelector('.sheets').getBoundingClientRect().bottom"
    )
    assert foot == pytest.approx(0, abs=1)
    low = page.evaluate(
        """() => [...document.querySelectorAll(
             "#draft-panel button, #draft-panel summary, .sheets button")]
          .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
          .map((one) => one.textContent)"""
    )
    assert low == []


def test_what_is_published_is_the_net_on_every_open_page(
    desk, open_page, own_live, own_demo_database, password
):
    page = desk.page
    add_user(own_demo_database, Actor.terminal(), "reviewer", role="planner", password=password)
    other = open_page("/planner", role="reviewer", address=own_live)
    there = opened(other, desk.number)
    expect(other.locator("[data-tool=split]")).to_have_count(1)
    desk.select(1)
    page.keyboard.press("m")
    desk.click(desk.grids()[3])
    desk.saved(1)
    expect(other.locator(".followed")).to_contain_text("他人已改动", timeout=20_000)
    other.get_by_role("button", name="载入最新内容").click()
    expect(other.locator("#draft-saved")).to_contain_text("v1 ✓")
    expect(other.locator(".followed")).to_have_count(0)

    publish(page, date=today())
    expect(page.locator("#draft-published")).to_be_visible(timeout=20_000)
    expect(page.locator(".draft-head")).to_contain_text("已发布")
    expect(other.locator(".followed")).to_contain_text("已发布", timeout=20_000)
    expect(other.locator(".draft-head")).to_contain_text("已发布")
    expect(other.locator("[data-tool=split]")).to_have_count(0)
    for one in (page, other):
        one.click("[data-hold=close]")
        expect(one.locator("#summary-panel")).to_contain_text("/161", timeout=20_000)
    assert there.get()["state"] == "published"
