"""A draft on paper: its own name and grids, light whatever the screen is, without the tools."""

from __future__ import annotations

from desks import begin
from playwright.sync_api import expect


def test_a_draft_is_printed_from_the_dark_with_its_name_and_grids(drafts_live, open_page, artefact):
    page = open_page("/planner", address=drafts_live)
    page.evaluate("localStorage.setItem('wangge-theme-planner', 'dark')")
    page.reload()
    page.wait_for_load_state("networkidle")
    desk = begin(page, name="秋季方案")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.evaluate(
        """() => {
          globalThis.print = () => {
            dispatchEvent(new Event("beforeprint"));
            document.title = "printed";
          };
        }"""
    )
    page.click(".print-menu > summary")
    expect(page.locator(".print-menu input")).to_have_value("秋季方案")
    page.click(".print-menu .button.main")  # it is not under the drawing tools
    expect(page).to_have_title("printed")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    expect(page.locator("#print-head")).to_contain_text("秋季方案")
    expect(page.locator("#print-head")).to_contain_text("草案 v0")
    rows = page.locator("#print-table tbody tr")
    expect(rows).to_have_count(len(desk.grids()))
    expect(rows.first).to_contain_text(desk.grids()[1]["properties"]["name"])
    expect(rows.nth(2)).to_contain_text("▲ 528")
    expect(page.locator("#draft-tools")).to_be_hidden()
    page.screenshot(path=artefact("draft-print-from-dark"), full_page=True)
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.locator("#draft-tools")).to_be_visible()


def test_the_bare_print_of_the_browser_leaves_the_tools_out(drafts_live, open_page):
    page = open_page("/planner", address=drafts_live)
    begin(page)
    page.emulate_media(media="print")
    for place in ("#draft-tools", "#tools", ".bar-middle"):
        expect(page.locator(place)).to_be_hidden()
