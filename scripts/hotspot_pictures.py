"""Take the pictures of docs/hotspots.md from a running system with the demo city.

WANGGE_DEMO_PASSWORD=… make demo            # in one terminal
.venv/bin/python scripts/hotspot_pictures.py http://127.0.0.1:8000 PASSWORD
"""

from __future__ import annotations

import sys

from pictures import DESK, PHONE, keep, launched, signed_in
from playwright.sync_api import Page, sync_playwright

SHOWN = "performance.getEntriesByName('wangge-hotspots-shown').length > 0"
ASKED = "show=hotspots&period=30d&category=property&cell=150"


def opened(page: Page, address: str, state: str) -> None:
    """The command page with the hotspots of ``state`` on it."""
    page.goto("about:blank")
    page.goto(f"{address}/command#{state}")
    page.wait_for_timeout(500)
    for _ in range(300):
        if page.evaluate(SHOWN):
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)


def main(address: str, password: str) -> None:
    """All pictures, in the order of the page."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = signed_in(
            browser, address, "commander", password, viewport=DESK, color_scheme="dark"
        )
        opened(page, address, ASKED)
        keep(page, "hotspots.png")
        page.locator(".hot-row[data-hot=h1]").click()
        page.wait_for_timeout(1500)
        box = page.locator(".command-map").bounding_box()
        if box:
            page.mouse.move(box["x"] + box["width"] / 2 + 12, box["y"] + box["height"] / 2 + 12)
        keep(page, "hotspots-one.png")
        opened(page, address, f"{ASKED}&hot=compound&per=households")
        keep(page, "hotspots-areas.png")
        phone = signed_in(browser, address, "commander", password, viewport=PHONE)
        opened(phone, address, ASKED)
        phone.locator("[data-sheet-button=list]").click()
        keep(phone, "hotspots-phone.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
