"""Take the pictures of docs/planning.md from a running system with the demo city.

WANGGE_DEMO_PASSWORD=… make demo            # in one terminal
.venv/bin/python scripts/draft_pictures.py http://127.0.0.1:8000 PASSWORD

A draft is left behind, which nobody published.
"""

from __future__ import annotations

import sys

from pictures import keep, launched, signed_in
from playwright.sync_api import Page, sync_playwright

SIZE = {"width": 1440, "height": 900}
AREA = "371399004002"
"""A community of three grids."""


def on_screen(page: Page, lng: float, lat: float) -> tuple[float, float]:
    """Where a place is on the page."""
    x, y = page.evaluate(
        """([lng, lat]) => {
          const { x, y } = wangge.map.latLngToContainerPoint([lat, lng]);
          const box = wangge.map.getContainer().getBoundingClientRect();
          return [x + box.x, y + box.y];
        }""",
        [lng, lat],
    )
    return x, y


def largest_grid(page: Page) -> list[float]:
    """West, south, east, north of the open draft's grid with most households."""
    box: list[float] = page.evaluate(
        """async () => {
          const number = new URLSearchParams(location.hash.slice(1)).get("draft");
          const { features } = await (await fetch(`/api/v1/plans/${number}/grids`)).json();
          features.sort((a, b) => b.properties.households - a.properties.households);
          const points = JSON.stringify(features[0].geometry.coordinates)
            .match(/[-\\d.e]+/g).map(Number);
          const x = points.filter((_, i) => i % 2 === 0);
          const y = points.filter((_, i) => i % 2 === 1);
          return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
        }"""
    )
    return box


def opened(page: Page, address: str) -> None:
    """A new draft of a community."""
    page.goto(f"{address}/planner")
    page.wait_for_load_state("networkidle")
    page.click("#drafts-menu > summary")
    page.fill("#draft-area", AREA)
    page.click(f"[data-area='{AREA}']")
    keep(page, "draft-open.png")
    page.click(".draft-form [type=submit]")
    page.wait_for_selector("#draft-panel:not([hidden])")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2500)


def drawn(page: Page) -> None:
    """A line across a grid, and a border dragged into a compound."""
    west, south, east, north = largest_grid(page)
    lng, lat = (west + east) / 2, (south + north) / 2
    page.mouse.click(*on_screen(page, lng, lat))
    page.wait_for_selector(".draft-grid")
    keep(page, "draft.png")
    page.keyboard.press("s")
    page.wait_for_function("() => wangge.map.pm?.globalDrawModeEnabled()")
    start, end = on_screen(page, west - 0.0003, lat), on_screen(page, east + 0.0003, lat)
    page.mouse.move(*start)
    page.mouse.click(*start)
    page.mouse.move(*end, steps=12)
    keep(page, "draft-split.png")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.keyboard.press("r")
    page.wait_for_selector(".border-handle")
    page.wait_for_timeout(500)
    boxes = [one.bounding_box() for one in page.locator(".border-handle").all()]
    x, y = min(
        ((b["x"] + b["width"] / 2, b["y"] + b["height"] / 2) for b in boxes if b),
        key=lambda at: abs(at[0] - 620) + abs(at[1] - 400),
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 78, y + 62, steps=8)  # over the homes beside it
    keep(page, "draft-border.png")
    page.mouse.up()
    page.wait_for_timeout(4000)
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.locator(".findings h3").evaluate("(head) => head.scrollIntoView()")
    keep(page, "draft-findings.png")


def proposed(page: Page) -> None:
    """A proposal, what it changes, and the form for publishing."""
    page.click("#draft-proposal > summary")
    page.click("#draft-proposal [type=submit]")
    page.wait_for_selector("#draft-proposal .done", timeout=120_000)
    page.locator("#draft-proposal .proposed").scroll_into_view_if_needed()
    keep(page, "draft-proposal.png")
    page.click("#draft-proposal > summary")
    page.click("#draft-compare > summary")
    page.wait_for_selector("#draft-compare tbody tr")
    page.click("#draft-publish > summary")
    page.locator("#draft-publish [type=submit]").scroll_into_view_if_needed()
    keep(page, "draft-compare.png")


def main(address: str, password: str) -> None:
    """From a new draft to the day before it is published."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = signed_in(browser, address, "planner", password, viewport=SIZE)
        opened(page, address)
        drawn(page)
        proposed(page)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
