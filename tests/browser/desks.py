"""A page with a draft open, for the tests of drafting in the browser."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect
from shapely.geometry import shape

CENTRE = "371399004002"
"""A community of three grids."""


class Desk:
    """A page with a draft open, and what the server has of it."""

    def __init__(self, page: Page, number: int) -> None:
        self.page, self.number = page, number

    def get(self, what: str = "") -> Any:
        return self.page.evaluate(
            "(path) => fetch(path).then((r) => r.json())", f"/api/v1/plans/{self.number}{what}"
        )

    def revision(self) -> int:
        return self.get()["revision"]

    def grids(self) -> dict[int, Any]:
        return {one["id"]: one for one in self.get("/grids")["features"]}

    def units(self) -> dict[int, Any]:
        return {one["id"]: one for one in self.get("/units")["features"]}

    def pixel(self, lng: float, lat: float) -> tuple[float, float]:
        x, y = self.page.evaluate(
            """([lng, lat]) => {
              const { x, y } = wangge.map.latLngToContainerPoint([lat, lng]);
              const box = wangge.map.getContainer().getBoundingClientRect();
              return [x + box.x, y + box.y];
            }""",
            [lng, lat],
        )
        return x, y

    def middle(self, feature: Any) -> tuple[float, float]:
        point = shape(feature["geometry"]).representative_point()
        return self.pixel(point.x, point.y)

    def click(self, feature: Any) -> None:
        self.page.mouse.move(*self.middle(feature))
        self.page.mouse.click(*self.middle(feature))

    def select(self, number: int) -> None:
        self.click(self.grids()[number])
        expect(self.page.locator(".draft-grid")).to_be_visible()

    def saved(self, revision: int) -> None:
        expect(self.page.locator("#draft-saved")).to_have_text(
            re.compile(rf"^v{revision} ✓"), timeout=10_000
        )

    def drawing(self) -> None:
        """Wait until lines can be drawn."""
        self.page.wait_for_function("() => wangge.map.pm?.globalDrawModeEnabled()")

    def draw(self, *points: tuple[float, float]) -> None:
        """Click points of the screen one after the other, as a hand does, and end with Enter."""
        self.drawing()
        for point in points:
            self.page.mouse.move(*point, steps=4)
            self.page.mouse.click(*point)
        self.page.keyboard.press("Enter")


def begin(page: Page, *, area: str = CENTRE, name: str = "试画", start: str = "current") -> Desk:
    """A draft made by the page's user over HTTP, and opened."""
    made = page.evaluate(
        """async (body) => {
          const csrf = document.querySelector('meta[name="csrf-token"]').content;
          const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
          const sent = { method: "POST", headers, body: JSON.stringify(body) };
          return (await fetch("/api/v1/plans", sent)).json();
        }""",
        {"name": name, "area": area, "start": start},
    )
    page.evaluate("(number) => (location.hash = `draft=${number}`)", made["id"])
    expect(page.locator("#draft-panel")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    return Desk(page, made["id"])


def draft_of(page: Page, *, name: str = "秋季方案", area: str = CENTRE) -> int:
    """A draft made by the page's user over HTTP."""
    answer = page.evaluate(
        """async ([name, area]) => {
          const csrf = document.querySelector('meta[name="csrf-token"]').content;
          const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
          const body = JSON.stringify({ name, area, start: "current" });
          return (await fetch("/api/v1/plans", { method: "POST", headers, body })).json();
        }""",
        [name, area],
    )
    return answer["id"]


def opened(page: Page, number: int) -> Desk:
    """The page with the draft open."""
    page.evaluate("(number) => (location.hash = `draft=${number}`)", number)
    expect(page.locator("#draft-panel")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    return Desk(page, number)
