"""A draft drawn on with the mouse, as a planner does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from desks import CENTRE, Desk
from playwright.sync_api import expect
from shapely.geometry import shape

PHONE, WALL = (390, 844), (3840, 2160)


@pytest.fixture
def desk(drafts_live: str, open_page: Any) -> Desk:
    """A draft of a community of three grids, from the net in force."""
    return opened(open_page("/planner", address=drafts_live))


@pytest.fixture
def desk_of_one_s_own(own_live: str, open_page: Any) -> Desk:
    """The same in a city that may be changed."""
    return opened(open_page("/planner", address=own_live))


def opened(page: Any) -> Desk:
    page.click("#drafts-menu > summary")
    page.fill("#draft-area", CENTRE)
    page.click(f"[data-area='{CENTRE}']")
    page.click(".draft-form [type=submit]")
    expect(page.locator("#draft-panel")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    number = int(re.search(r"draft=(\d+)", page.url).group(1))
    return Desk(page, number)


def test_a_draft_is_opened_for_an_area_and_put_away_again(desk):
    page = desk.page
    expect(page.locator("#drafts-name")).to_contain_text("草案")
    expect(page.locator("#draft-band")).to_contain_text(f"/{len(desk.grids())}")
    page.reload()
    expect(page.locator("#draft-panel")).to_be_visible()
    page.click("#draft-panel [data-hold=close]")
    expect(page.locator("#draft-panel")).to_be_hidden()
    expect(page.locator("#summary-panel")).to_be_visible()
    assert "draft=" not in page.url
    page.click("#drafts-menu > summary")
    page.click(f"[data-draft='{desk.number}']")
    expect(page.locator("#draft-panel")).to_be_visible()


def test_a_line_splits_the_selected_grid_and_tells_what_it_would_come_to(desk):
    page = desk.page
    grids = desk.grids()
    number = max(grids, key=lambda one: shape(grids[one]["geometry"]).area)
    desk.select(number)
    outline = shape(grids[number]["geometry"])
    west, _, east, _ = outline.bounds
    height = outline.representative_point().y
    start, end = desk.pixel(west - 0.0003, height), desk.pixel(east + 0.0003, height)
    page.keyboard.press("s")
    expect(page.locator("[data-tool=split]")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => wangge.map.pm?.globalDrawModeEnabled()")
    page.mouse.move(*start)
    page.mouse.click(*start)
    page.mouse.move(*end, steps=12)
    expect(page.locator("#draft-guess")).to_contain_text("户")
    page.mouse.click(*end)
    page.keyboard.press("Enter")
    desk.saved(1)
    assert len(desk.grids()) == len(grids) + 1
    assert sum(one["properties"]["households"] for one in desk.grids().values()) == sum(
        one["properties"]["households"] for one in grids.values()
    )


def test_a_unit_goes_to_the_selected_grid_by_a_click(desk):
    desk.select(2)
    desk.page.keyboard.press("a")
    number, unit = next(
        (key, one) for key, one in desk.units().items() if one["properties"]["grid"] == 3
    )
    desk.click(unit)
    desk.saved(1)
    assert desk.units()[number]["properties"]["grid"] == 2
    shown = int(desk.page.locator("#draft-households").inner_text().replace(",", ""))
    assert shown == desk.grids()[2]["properties"]["households"]


def test_a_box_drawn_over_units_hands_them_over_and_escape_gives_it_up(desk):
    page = desk.page
    desk.select(2)
    page.keyboard.press("a")
    page.click("[data-way=box]")
    units = [one for one in desk.units().values() if one["properties"]["grid"] == 3]
    x, y = desk.middle(units[0])
    page.mouse.move(x - 6, y - 6)
    page.mouse.down()
    page.mouse.move(x + 6, y + 6, steps=4)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert desk.revision() == 0
    west, south, east, north = shape(units[0]["geometry"]).bounds
    (x0, y0), (x1, y1) = desk.pixel(west, north), desk.pixel(east, south)
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=6)
    expect(page.locator("#draft-guess")).to_be_visible()
    page.mouse.up()
    desk.saved(1)
    assert desk.units()[units[0]["id"]]["properties"]["grid"] == 2


def test_neighbours_are_merged_and_the_step_is_taken_back_and_done_again(desk):
    page = desk.page
    before = desk.grids()
    desk.select(1)
    page.keyboard.press("m")
    desk.click(desk.grids()[3])
    desk.saved(1)
    assert set(desk.grids()) == {1, 2}
    page.keyboard.press("Control+z")
    desk.saved(2)
    assert desk.grids() == before
    page.keyboard.press("Control+Shift+z")
    desk.saved(3)
    assert set(desk.grids()) == {1, 2}
    page.click("[data-tool=undo]")
    desk.saved(4)
    assert desk.grids() == before


def test_a_shared_border_is_dragged_and_both_sides_move(desk):
    page = desk.page
    before = desk.grids()
    desk.select(3)
    page.keyboard.press("r")
    expect(page.locator(".border-handle").first).to_be_visible()
    boxes = [one.bounding_box() for one in page.locator(".border-handle").all()]
    inner = max(boxes, key=lambda box: box["x"] if box["y"] < 400 and box["x"] < 850 else 0)
    x, y = inner["x"] + 6, inner["y"] + 6
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 4, y + 16, steps=5)
    page.mouse.up()
    desk.saved(1)
    after = desk.grids()
    moved = [
        number
        for number, one in after.items()
        if one["properties"]["area_m2"] != before[number]["properties"]["area_m2"]
    ]
    assert len(moved) >= 2
    assert sum(one["properties"]["area_m2"] for one in after.values()) == pytest.approx(
        sum(one["properties"]["area_m2"] for one in before.values()), abs=1
    )


def test_the_later_of_two_planners_sees_the_difference_and_does_his_step_again(desk, open_page):
    page = desk.page
    page.context.watched.allowed.add(412)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#draft-panel")).to_be_visible(timeout=30_000)
    other.wait_for_load_state("networkidle")
    there = Desk(other, desk.number)
    there.select(1)
    other.keyboard.press("k")
    there.saved(1)
    desk.select(2)
    page.keyboard.press("k")
    note = page.locator(".conflict")
    expect(note).to_contain_text("锁定")
    assert desk.revision() == 1
    note.get_by_role("button", name="接受对方改动，重做我的").click()
    desk.saved(2)
    grids = desk.grids()
    assert [grids[number]["properties"]["locked"] for number in (1, 2, 3)] == [True, True, False]
    expect(note).to_have_count(0)


def test_a_step_without_a_network_is_kept_until_it_is_sent(desk):
    page = desk.page
    desk.select(2)
    page.context.set_offline(True)
    page.keyboard.press("k")
    expect(page.locator("#draft-saved")).to_contain_text("未保存")
    page.context.set_offline(False)
    assert desk.revision() == 0
    page.locator("#refusals").get_by_role("button", name="重新提交").click()
    desk.saved(1)
    assert desk.grids()[2]["properties"]["locked"]


def test_a_refusal_is_said_in_words_and_the_draft_is_as_it_was(desk):
    page = desk.page
    page.context.watched.allowed.add(400)
    desk.select(2)
    page.keyboard.press("k")
    desk.saved(1)
    page.keyboard.press("Escape")
    desk.select(1)
    page.keyboard.press("m")
    desk.click(desk.grids()[2])
    expect(page.locator("#refusals")).to_contain_text("锁定")
    assert desk.revision() == 1


def test_a_finding_is_flown_to_and_mended_by_one_press(desk):
    page = desk.page
    expect(page.locator("#draft-findings")).to_be_visible(timeout=10_000)
    before = page.locator(".finding").count()
    assert before > 0
    page.locator(".finding-go").first.click()
    expect(page.locator(".draft-grid")).to_be_visible()
    page.locator(".finding-mend").first.click()
    desk.saved(1)


def test_a_draft_is_compared_with_today_published_for_tomorrow_and_withdrawn(desk_of_one_s_own):
    desk = desk_of_one_s_own
    page = desk.page
    page.locator(".finding[data-rule=compound_cut] .finding-mend").click()
    desk.saved(1)
    page.click("#draft-compare > summary")
    expect(page.locator("#draft-compare tbody tr")).to_have_count(1)
    page.click("#draft-publish > summary")
    page.fill("#draft-publish [name=reason]", "秋季调整")
    page.click("#draft-publish [type=submit]")
    withdraw = page.locator("[data-step=withdraw]")
    expect(withdraw).to_be_visible(timeout=15_000)
    assert desk.get()["state"] == "published"
    expect(page.locator("[data-tool=split]")).to_have_count(0)
    withdraw.click()
    expect(page.locator("[data-tool=split]")).to_have_count(1)
    assert desk.get()["state"] == "withdrawn"


def test_a_draft_is_shown_on_a_phone_and_on_a_wall(desk, drafts_live, open_page, artefact):
    desk.page.close()
    for size, theme in ((PHONE, "light"), (WALL, "dark")):
        page = open_page(
            f"/planner#draft={desk.number}", address=drafts_live, size=size, theme=theme
        )
        expect(page.locator("#draft-tools")).to_be_visible(timeout=30_000)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert (page.locator("[data-tool=split]").count() == 1) is (size == WALL)
        page.screenshot(path=artefact(f"draft-{size[0]}x{size[1]}-{theme}"))
        page.close()
