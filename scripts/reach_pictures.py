"""Take the pictures of docs/guide.md, docs/reach.md and docs/rooms.md that show reach.

WANGGE_DEMO_PASSWORD=… make demo            # in one terminal
.venv/bin/python scripts/reach_pictures.py http://127.0.0.1:8000 PASSWORD
"""

from __future__ import annotations

import sys

from pictures import DESK, keep, launched, signed_in
from playwright.sync_api import Page, sync_playwright

COMMUNITY = "371399004005"
TALL = {"width": 1080, "height": 1400}


def coverage(page: Page, address: str) -> None:
    """Service areas along the streets, with who is left out."""
    page.goto(f"{address}/planner")
    page.wait_for_selector("body[data-ready]")
    page.get_by_label("步行15分钟").check()
    page.get_by_label("步行5分钟").check()
    page.select_option("#coverage", "15")
    page.get_by_text("沿道路步行").nth(1).wait_for(timeout=120_000)
    page.locator("#coverage-panel .uncovered button").first.wait_for(timeout=120_000)
    page.wait_for_timeout(2000)
    keep(page, "coverage.png")


def siting(page: Page, address: str) -> None:
    """Where the next places belong."""
    page.goto("about:blank")
    page.goto(f"{address}/planner#layers=areas,compounds,facilities,streets,labels")
    page.wait_for_selector("body[data-ready]")
    page.get_by_role("button", name="选址").click()
    panel = page.locator("#siting-panel")
    panel.locator("[name=count]").fill("6")
    panel.locator("[name=minutes]").fill("10")
    panel.get_by_role("button", name="开始选址").click()
    panel.locator(".sited-places li").nth(5).wait_for(timeout=120_000)
    page.wait_for_timeout(2000)
    keep(page, "siting.png")


def main(address: str, password: str) -> None:
    """All of them."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        light = {"viewport": DESK, "color_scheme": "light"}
        page = signed_in(browser, address, "planner", password, **light)
        coverage(page, address)
        siting(page, address)
        page.goto(f"{address}/rooms")
        page.wait_for_load_state("networkidle")
        page.locator("#rooms tbody button").nth(6).click()
        page.wait_for_timeout(1500)
        keep(page, "rooms.png")
        page.set_viewport_size(TALL)
        page.goto(f"{address}/reach/{COMMUNITY}")
        page.wait_for_selector("body[data-ready]")
        page.wait_for_timeout(2500)
        keep(page, "reach-report.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
