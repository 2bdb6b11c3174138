"""Two nets compared on a page that can be printed."""

from __future__ import annotations

from typing import Any

import pytest
from desks import Desk, draft_of, opened
from playwright.sync_api import expect

PHONE, WALL = (390, 844), (3840, 2160)


@pytest.fixture
def desk(drafts_live: str, open_page: Any) -> Desk:
    """A draft in which two of three grids are one."""
    page = open_page("/planner", address=drafts_live)
    desk = opened(page, draft_of(page, name="合并<b>方案</b>"))
    desk.select(1)
    page.keyboard.press("m")
    desk.click(desk.grids()[3])
    desk.saved(1)
    return desk


def test_a_draft_is_compared_with_today_on_paper(desk, artefact):
    page = desk.page
    page.click("#draft-compare > summary")
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="打开可打印的比较页").click()
    paper = opening.value
    paper.wait_for_selector("body[data-ready]", timeout=30_000)
    expect(paper.locator("#title")).to_have_text("“合并<b>方案</b>”与“现行网格”比较")
    moved = paper.locator("#moved tbody tr")
    expect(moved).to_have_count(1)
    expect(moved.first).to_contain_text("528")
    grids = paper.locator("#grids tbody tr")
    expect(grids).to_have_count(3)
    expect(paper.locator("#grids")).to_contain_text("+528")
    expect(paper.locator(".is-gone")).to_have_count(1)
    expect(paper.locator(".moved-number")).to_have_count(1)
    expect(paper.locator("#figures")).to_contain_text("−1")
    paper.wait_for_load_state("networkidle")
    paper.screenshot(path=artefact("compare"), full_page=True)
    paper.evaluate("globalThis.print = () => (globalThis.printed = document.body.dataset.print)")
    paper.click("#print")
    paper.wait_for_function("() => globalThis.printed")
    assert paper.evaluate("printed") == "a4-tall"
    paper.emulate_media(media="print")
    assert paper.locator(".bar").is_hidden()
    expect(paper.locator(".paper")).to_contain_text("合成数据")
    paper.locator(".paper").screenshot(path=artefact("compare-paper"))
    paper.emulate_media(media="screen")
    pdf = paper.pdf(path=artefact("compare").with_suffix(".pdf"), format="A4")
    assert pdf.startswith(b"%PDF")
    paper.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(paper.locator(".paper-tools")).to_be_visible()
    paper.click("#back")
    expect(paper.locator("#draft-panel")).to_be_visible(timeout=30_000)


def test_the_grid_workers_whose_households_change_stand_on_the_paper(desk, drafts_live, artefact):
    """The worker of the dissolved grid has none left, the other has them all."""
    page = desk.page
    grids = desk.grids()
    kept = grids[1]["properties"]
    before = draft_of(page, name="不动")
    old = Desk(page, before).grids()
    lost = old[3]["properties"]["worker"]
    assert kept["worker"] != lost
    for other in ("today", str(before)):
        page.goto(f"{drafts_live}/planner/compare/{desk.number}/{other}")
        page.wait_for_selector("body[data-ready]", timeout=30_000)
        rows = page.locator("#workers tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.filter(has_text=kept["worker"])).to_contain_text("+528")
        expect(rows.filter(has_text=lost)).to_contain_text("−528")
        expect(rows.last.locator("td").last).to_be_empty()
        expect(page.locator("#moved tbody tr")).to_contain_text(kept["worker"])
        expect(page.locator("#changes")).to_contain_text("更换网格员的户数528")
    page.screenshot(path=artefact("compare-workers"), full_page=True)


def test_two_drafts_are_compared_and_a_stranger_is_refused_in_words(desk, open_page, drafts_live):
    page = desk.page
    other = draft_of(page, name="另一方案")
    page.goto(f"{drafts_live}/planner/compare/{desk.number}/{other}")
    expect(page.locator("#title")).to_contain_text("另一方案")
    expect(page.locator("#legend")).to_contain_text("调整前边界")
    viewer = open_page("/planner", role="viewer", address=drafts_live)
    viewer.context.watched.allowed.add(403)
    viewer.goto(f"{drafts_live}/planner/compare/{desk.number}/today")
    expect(viewer.locator("#refused")).to_contain_text("未共享")


def test_the_comparison_fits_a_phone_and_a_wall(desk, drafts_live, open_page, artefact):
    desk.page.close()
    for size, theme in ((PHONE, "light"), (WALL, "dark")):
        page = open_page(f"/planner/compare/{desk.number}/today", address=drafts_live, size=size)
        page.evaluate("(theme) => localStorage.setItem('wangge-theme-compare', theme)", theme)
        page.reload()
        page.wait_for_selector("body[data-ready]")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=artefact(f"compare-{size[0]}-{theme}"))
        page.close()
