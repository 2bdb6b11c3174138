"""The sheet of an area in the browser: from the map, asked otherwise, printed with its map."""

from __future__ import annotations

from playwright.sync_api import expect

COMMUNITY = "371399001001"


def test_an_area_on_the_map_leads_to_its_sheet_and_that_onto_paper(live, open_page, artefact):
    page = open_page(f"/planner#selected=areas/{COMMUNITY}", address=live)
    page.get_by_role("link", name="服务圈报告").click()
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(page.locator("h1")).to_contain_text("服务圈报告")
    expect(page.locator("#legend li")).to_have_count(3)
    expect(page.locator("#map-told")).to_be_empty()
    page.select_option("select[name=hour]", "19:00")
    page.wait_for_url("**hour=19*")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator(".review-notes")).to_contain_text("19:00开放的设施")
    page.evaluate("globalThis.print = () => (globalThis.printed = document.body.dataset.print)")
    page.click("#print")
    page.wait_for_function("() => globalThis.printed")
    page.emulate_media(media="print")
    expect(page.locator("#asked")).to_be_hidden()
    tile = page.locator(".leaflet-tile").first
    assert tile.evaluate("(one) => getComputedStyle(one).mixBlendMode") == "normal"
    page.screenshot(path=artefact("reach-print"), full_page=True)
    page.emulate_media(media="screen")
    pdf = page.pdf(prefer_css_page_size=True)
    assert 2 <= pdf.count(b"/Type /Page\n") <= 4
    page.evaluate("dispatchEvent(new Event('afterprint'))")


def test_names_do_not_hide_the_map_on_paper(live, open_page):
    """What is drawn while the browser prints has no transparency: the names keep their canvas."""
    page = open_page(f"/reach/{COMMUNITY}", address=live)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    marked = """() => {
      const names = document.querySelector("canvas[aria-hidden]");
      names.dataset.seen = "1";
      dispatchEvent(new Event("beforeprint"));
      const kept = document.querySelector("canvas[aria-hidden]").dataset.seen;
      dispatchEvent(new Event("afterprint"));
      return kept;
    }"""
    assert page.evaluate(marked) == "1"


def test_the_sheet_fits_a_phone(live, open_page, artefact):
    page = open_page(f"/reach/{COMMUNITY}", address=live)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=artefact("reach-phone"), full_page=True)
