"""A net proposed for a draft, with the mouse, as a planner does."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from desks import CENTRE, Desk
from playwright.sync_api import expect

from geodata.database.working import run_worker

OFFICE = "371399004"
PHONE, WALL = (390, 844), (3840, 2160)


def opened(page: Any, area: str) -> Desk:
    """A draft of an area, from the net in force."""
    page.click("#drafts-menu > summary")
    page.fill("#draft-area", area)
    page.click(f"[data-area='{area}']")
    page.click(".draft-form [type=submit]")
    expect(page.locator("#draft-panel")).to_be_visible(timeout=60_000)
    page.wait_for_load_state("networkidle")
    return Desk(page, int(re.search(r"draft=(\d+)", page.url).group(1)))


@pytest.fixture
def desk(drafts_live: str, open_page: Any) -> Desk:
    """A draft of a community of three grids."""
    return opened(open_page("/planner", address=drafts_live), CENTRE)


@pytest.fixture
def worker(drafts_database: Any) -> Iterator[Any]:
    """Starts a worker for the jobs that were asked for; gives when they are over."""
    running: list[threading.Thread] = []

    def work() -> None:
        thread = threading.Thread(
            target=run_worker, args=(drafts_database,), kwargs={"wait": False}
        )
        running.append(thread)
        thread.start()

    yield work
    for thread in running:
        thread.join(60)


def ask(page: Any, **values: str) -> None:
    """Fill in the demand and send it."""
    if page.locator("#draft-proposal[open]").count() == 0:
        page.click("#draft-proposal > summary")
    for name, value in values.items():
        place = page.locator(f"#draft-proposal [name={name}]")
        if place.evaluate("(one) => one.tagName") == "SELECT":
            place.select_option(value)
        else:
            place.fill(value)
    with page.expect_response(re.compile(r"/proposal$")) as asked:
        page.click("#draft-proposal [type=submit]")
    assert asked.value.status == 202


LINES = """() => {
  let found = 0;
  wangge.map.eachLayer((layer) => {
    for (const sheet of layer.sheets ?? [])
      if (sheet.key === "draft-proposed") found = sheet.data.shapes[0]?.parts.length ?? 0;
  });
"""


def preview(page: Any) -> int:
    """How many lines of the best net so far are on the map."""
    return page.evaluate(LINES + "  return found; }")


def test_a_proposal_is_watched_stopped_and_the_best_so_far_kept_and_taken_back(
    desk: Desk, worker: Any, artefact: Any
):
    page = desk.page
    before = desk.grids()
    ask(page, seconds="60")
    expect(page.locator(".progress")).to_be_visible()
    worker()
    figures = page.locator("#draft-proposal .proposed dl")
    expect(figures).to_be_visible(timeout=30_000)
    assert preview(page) > 10
    page.screenshot(path=artefact("proposal-under-way"))
    assert desk.grids() == before
    page.click("[data-hold=stop-job]")
    expect(page.locator("[data-hold=keep-best]")).to_be_visible(timeout=3_000)
    assert preview(page) > 10
    assert desk.revision() == 0
    page.screenshot(path=artefact("proposal-stopped"))
    page.click("[data-hold=keep-best]")
    desk.saved(1)
    expect(page.locator("#draft-proposal .done")).to_be_visible()
    assert preview(page) == 0
    sizes = [one["properties"]["households"] for one in desk.grids().values()]
    assert sum(sizes) == sum(one["properties"]["households"] for one in before.values())
    page.locator("[data-tool=undo]").click()
    desk.saved(2)
    assert desk.grids() == before
    expect(page.locator("#draft-proposal .done")).to_have_count(0)


def test_a_stopped_proposal_leaves_the_draft_as_it_was_if_wished(desk: Desk, worker: Any):
    page = desk.page
    before = desk.grids()
    ask(page, seconds="60")
    worker()
    expect(page.locator("#draft-proposal .proposed dl")).to_be_visible(timeout=30_000)
    page.click("[data-hold=stop-job]")
    page.click("[data-hold=leave-best]", timeout=5_000)
    assert preview(page) == 0
    assert (desk.revision(), desk.grids()) == (0, before)


def test_a_net_is_proposed_and_told_in_figures_and_taken_back_by_one_press(
    desk: Desk, worker: Any, artefact: Any
):
    page = desk.page
    before = desk.grids()
    ask(page, keep="1", seed="3")
    worker()
    desk.saved(1)
    told = page.locator("#draft-proposal .proposed")
    expect(told).to_contain_text("达标")
    expect(told).to_contain_text("沿路沿墙边界")
    assert not set(desk.grids()) & set(before)
    page.screenshot(path=artefact("proposal-done"))
    page.keyboard.press("Control+z")
    desk.saved(2)
    assert desk.grids() == before


def test_what_is_in_the_way_is_told_with_what_would_help_and_flown_to(
    desk: Desk, worker: Any, artefact: Any
):
    page = desk.page
    ask(page, low="90", high="100")
    worker()
    desk.saved(1)
    obstacle = page.locator("#draft-proposal .finding-go").first
    expect(obstacle).to_contain_text("上限")
    expect(obstacle.locator(".proposed-help").first).to_be_visible()
    start = page.evaluate("() => wangge.map.getCenter().toString()")
    obstacle.click()
    page.wait_for_function("(was) => wangge.map.getCenter().toString() !== was", arg=start)
    page.screenshot(path=artefact("proposal-in-the-way"))


def test_a_search_is_found_again_when_the_draft_is_opened_anew(desk: Desk, worker: Any):
    page = desk.page
    ask(page, seconds="60")
    page.reload()
    expect(page.locator("#draft-panel")).to_be_visible()
    page.click("#draft-proposal > summary")
    expect(page.locator("[data-hold=stop-job]")).to_be_visible()
    page.click("[data-hold=stop-job]")
    expect(page.locator("#draft-proposal .done")).to_contain_text("草案")
    assert desk.revision() == 0


def test_the_net_of_a_street_office_grows_on_the_map_and_is_kept_as_far_as_it_came(
    drafts_live: str, open_page: Any, worker: Any, artefact: Any
):
    desk = opened(open_page("/planner", address=drafts_live), OFFICE)
    page = desk.page
    before = desk.grids()
    ask(page, seconds="5")
    worker()
    page.wait_for_function(LINES + "  return found > 0 }", timeout=60_000)
    first = preview(page)
    page.wait_for_function(LINES + f"  return found > {first} }}", timeout=60_000)
    page.screenshot(path=artefact("proposal-office"))
    page.click("[data-hold=stop-job]")
    page.click("[data-hold=keep-best]", timeout=10_000)
    desk.saved(1)
    after = desk.grids()
    assert 0 < len(set(before) & set(after)) < len(before)  # what was not reached is as it was
    assert sum(one["properties"]["households"] for one in after.values()) == sum(
        one["properties"]["households"] for one in before.values()
    )
    page.keyboard.press("Control+z")
    desk.saved(2)
    assert desk.grids() == before


def test_the_demand_fits_a_phone_and_a_wall(
    desk: Desk, drafts_live: str, open_page: Any, artefact: Any
):
    desk.page.close()
    for size, theme in ((PHONE, "light"), (WALL, "dark")):
        page = open_page(
            f"/planner#draft={desk.number}", address=drafts_live, size=size, theme=theme
        )
        expect(page.locator("#draft-tools")).to_be_visible(timeout=30_000)
        page.wait_for_load_state("networkidle")
        if size == PHONE:
            page.locator(".sheets .button").last.click()
        summary = page.locator("#draft-proposal > summary")
        summary.scroll_into_view_if_needed()
        summary.click()
        page.locator("#draft-proposal [type=submit]").scroll_into_view_if_needed()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=artefact(f"proposal-{size[0]}x{size[1]}-{theme}"))
        page.close()
