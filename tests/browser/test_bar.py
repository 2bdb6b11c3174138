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
