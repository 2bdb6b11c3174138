"""The bar at the top of a page stays what it is, whatever is open below it."""

from __future__ import annotations

from typing import Any

from desks import begin


def test_the_bar_of_the_planner_keeps_its_height_with_and_without_a_draft(
    own_live: str, open_page: Any
) -> None:
    page = open_page("/planner", address=own_live)
    bar = page.locator("header.bar")

    before = bar.bounding_box()
    begin(page)

    assert before["height"] >= 40
    assert bar.bounding_box() == before


def test_pages_for_which_the_bar_has_no_room_stand_in_the_menu(open_page: Any) -> None:
    page = open_page("/command", role="admin", size=(1100, 720))
    held, cut = page.locator(".bar-pages"), page.locator(".menu-pages a")

    assert held.evaluate("bar => bar.scrollWidth > bar.clientWidth")
    figures = page.locator(".figures").bounding_box()
    assert figures["x"] >= held.bounding_box()["x"] + held.bounding_box()["width"]
    page.locator(".bar details.menu > summary").last.click()
    assert cut.last.is_visible()
    page.set_viewport_size({"width": 2400, "height": 900})
    cut.last.wait_for(state="hidden")
