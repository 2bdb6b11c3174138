"""Every tool of the workbench in the hand: real moves of the mouse, and what comes of them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from desks import Desk, begin
from playwright.sync_api import expect
from shapely import coverage_is_valid, line_merge, union_all
from shapely.geometry import LineString, Point, shape

OFFICE = "371399004"
"""A street office: several communities, and corners where three grids meet."""


@pytest.fixture
def desk(drafts_live: str, open_page: Any) -> Desk:
    """A draft of a community of three grids."""
    return begin(open_page("/planner", address=drafts_live))


@pytest.fixture
def office(drafts_live: str, open_page: Any) -> Desk:
    """A draft of a street office."""
    return begin(open_page("/planner", address=drafts_live), area=OFFICE)


def shapes(desk: Desk) -> dict[int, Any]:
    return {number: shape(one["geometry"]) for number, one in desk.grids().items()}


def lines(desk: Desk) -> int:
    """How many dashed lines lie on the map."""
    return desk.page.evaluate(
        "Object.values(wangge.map._layers).filter((one) => one._latlngs && one.options.dashArray"
        " && one.getLatLngs().flat(2).length > 1).length"
    )


def look(desk: Desk, lng: float, lat: float, zoom: int) -> None:
    """Go there."""
    desk.page.evaluate(
        "([x, y, z]) => { wangge.map.setView([y, x], z, {animate: false}); }", [lng, lat, zoom]
    )
    desk.page.wait_for_load_state("networkidle")


def households(desk: Desk) -> int:
    return sum(one["properties"]["households"] or 0 for one in desk.units().values())


def corners(desk: Desk, geometry: Any) -> list[tuple[float, float]]:
    return [desk.pixel(x, y) for x, y in geometry.exterior.coords[:-1]]


def is_whole(desk: Desk, before: dict[int, Any]) -> bool:
    """Nothing overlaps, nothing is lost."""
    units = [shape(one["geometry"]) for one in desk.units().values()]
    same = union_all(units).symmetric_difference(union_all(list(before.values())))
    return bool(coverage_is_valid(units, gap_width=0)) and same.area < 1e-9


def test_a_polygon_in_the_middle_of_a_grid_leaves_a_ring_and_another_crosses_both(desk):
    page = desk.page
    before = shapes(desk)
    people = households(desk)
    large = max(before, key=lambda number: before[number].area)
    x, y = desk.middle(desk.grids()[large])
    page.keyboard.press("d")
    desk.draw((x - 26, y - 20), (x + 26, y - 20), (x + 26, y + 20), (x - 26, y + 20))
    desk.saved(1)
    first = shapes(desk)
    (island,) = set(first) - set(before)
    assert page.locator("[data-tool=choose]").get_attribute("aria-pressed") == "true"
    assert len(first[large].interiors) == 1 or first[large].touches(first[island])
    assert is_whole(desk, before)
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    desk.draw((x - 8, y - 5), (x + 60, y - 5), (x + 60, y + 8), (x - 8, y + 8))
    desk.saved(2)
    second = shapes(desk)
    assert len(set(second) - set(first)) == 1
    assert second[island].area < first[island].area
    assert second[large].area < first[large].area
    assert is_whole(desk, before)
    assert households(desk) == people


def test_a_polygon_that_crosses_itself_is_refused_in_words_and_stays_to_be_seen(desk):
    page = desk.page
    page.context.watched.allowed.add(400)
    x, y = desk.middle(desk.grids()[1])
    page.keyboard.press("d")
    desk.draw((x - 30, y - 20), (x + 30, y + 20), (x + 30, y - 20), (x - 30, y + 20))
    expect(page.locator("#refusals")).to_contain_text("相交")
    assert desk.revision() == 0
    expect(page.locator("[data-tool=draw]")).to_have_attribute("aria-pressed", "true")
    assert lines(desk) == 1
    page.keyboard.press("Escape")
    expect(page.locator("[data-tool=choose]")).to_have_attribute("aria-pressed", "true")


def test_a_line_across_all_grids_splits_each_that_it_crosses(desk):
    page = desk.page
    before = shapes(desk)
    west, south, east, north = union_all(list(before.values())).bounds
    height = south + (north - south) * 0.52
    crossed = [
        number
        for number, one in before.items()
        if LineString([(west - 1, height), (east + 1, height)]).intersection(one).length > 1e-4
    ]
    assert len(crossed) > 1
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    start, end = desk.pixel(west - 0.0004, height), desk.pixel(east + 0.0004, height)
    desk.draw(start, ((start[0] + end[0]) / 2, start[1] + 1), end)
    desk.saved(1)
    after = shapes(desk)
    assert len(after) >= len(before) + len(crossed)
    assert is_whole(desk, before)


def test_a_line_from_border_to_border_becomes_the_border(desk):
    page = desk.page
    before = shapes(desk)
    one, other = max(
        ((a, b) for a in before for b in before if a < b),
        key=lambda pair: before[pair[0]].intersection(before[pair[1]]).length,
    )
    parts = line_merge(before[one].intersection(before[other]))
    border = max(getattr(parts, "geoms", [parts]), key=lambda part: part.length)
    ends = [border.interpolate(share, normalized=True) for share in (0.25, 0.75)]
    (ax, ay), (bx, by) = (desk.pixel(end.x, end.y) for end in ends)
    long = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    off = ((ay - by) / long * 26, (bx - ax) / long * 26)
    bent = [(ax + (bx - ax) * k + off[0], ay + (by - ay) * k + off[1]) for k in (0.3, 0.7)]
    points = [(ax, ay), *bent, (bx, by)]
    page.keyboard.press("r")
    desk.draw(*points)
    desk.saved(1)
    after = shapes(desk)
    assert set(after) == set(before)
    changed = [number for number in before if not after[number].equals(before[number])]
    assert len(changed) >= 2
    assert is_whole(desk, before)


def test_a_corner_of_three_grids_is_dragged_and_all_three_follow(office):
    desk, page = office, office.page
    before = shapes(desk)
    found: dict[tuple[float, float], set[int]] = {}
    for number, one in before.items():
        for ring in [one.exterior, *one.interiors]:
            for point in ring.coords[:-1]:
                found.setdefault(point, set()).add(number)
    whole = union_all(list(before.values()))
    three = [
        (point, grids)
        for point, grids in found.items()
        if len(grids) == 3 and whole.boundary.distance(Point(point)) > 0.001
    ]
    assert three
    (lng, lat), grids = three[0]
    look(desk, lng, lat, 17)
    number = min(grids)
    inside = before[number].intersection(Point(lng, lat).buffer(0.0006)).representative_point()
    page.mouse.click(*desk.pixel(inside.x, inside.y))
    expect(page.locator(".draft-grid")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator(".border-handle").first).to_be_visible()
    x, y = desk.pixel(lng, lat)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5, y + 4, steps=3)
    assert lines(desk) >= 3  # a thread along each border
    page.mouse.move(x + 9, y + 7, steps=4)
    page.mouse.up()
    desk.saved(1)
    after = shapes(desk)
    moved = {one for one in before if not after[one].equals(before[one])}
    assert grids <= moved
    assert is_whole(desk, before)


def test_a_brush_and_a_lasso_hand_over_what_they_touch(desk):
    page = desk.page
    before = shapes(desk)
    desk.select(2)
    page.keyboard.press("a")
    page.keyboard.press("2")
    expect(page.locator("[data-way=brush]")).to_have_attribute("aria-pressed", "true")
    units = {n: one for n, one in desk.units().items() if one["properties"]["grid"] == 3}
    first, second, *_ = units
    page.mouse.move(*desk.middle(units[first]))
    page.mouse.down()
    page.mouse.move(*desk.middle(units[second]), steps=8)
    expect(page.locator("#draft-guess")).to_contain_text("户")
    page.mouse.up()
    desk.saved(1)
    now = desk.units()
    assert now[first]["properties"]["grid"] == now[second]["properties"]["grid"] == 2
    page.keyboard.press("Control+z")
    desk.saved(2)
    page.keyboard.press("4")
    x, y = desk.middle(units[first])
    page.mouse.move(x - 9, y - 9)
    page.mouse.down()
    for at in ((x + 9, y - 9), (x + 9, y + 9), (x - 9, y + 9)):
        page.mouse.move(*at, steps=4)
    west, south, east, north = shape(units[first]["geometry"]).bounds
    for at in ((west, south), (west, north), (east, north), (east, south), (west, south)):
        page.mouse.move(*desk.pixel(*at), steps=3)
    page.mouse.up()
    desk.saved(3)
    assert desk.units()[first]["properties"]["grid"] == 2
    assert is_whole(desk, before)


def test_grids_that_do_not_adjoin_are_not_merged_and_the_map_shows_nothing_else(office):
    desk, page = office, office.page
    page.context.watched.allowed.add(400)
    before = shapes(desk)
    one, other = next(
        (a, b) for a in before for b in before if a < b and before[a].distance(before[b]) > 0.002
    )
    desk.select(one)
    page.keyboard.press("m")
    desk.click(desk.grids()[other])
    expect(page.locator("#refusals")).to_contain_text("相邻")
    assert desk.revision() == 0
    expect(page.locator("#draft-band")).to_contain_text(f"/{len(before)}")


def test_a_name_is_text_whatever_it_holds_and_a_check_does_not_take_it_away(desk):
    page = desk.page
    nasty = "<script>globalThis.bitten=1</script>一号"
    desk.select(1)
    page.keyboard.press("n")
    field = page.locator(".draft-grid .draft-title input")
    expect(field).to_be_focused()
    page.keyboard.type("半个名", delay=10)
    page.evaluate("() => dispatchEvent(new Event('resize'))")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(page.locator(".draft-grid")).to_be_visible()
    page.keyboard.press("k")  # a check of the whole follows after a while
    desk.saved(1)
    page.keyboard.press("k")
    desk.saved(2)
    page.keyboard.press("n")
    field.fill(nasty)
    with page.expect_response("**/findings"):
        pass
    page.wait_for_timeout(200)
    expect(field).to_have_value(nasty)
    page.keyboard.press("Enter")
    desk.saved(3)
    expect(page.locator(".draft-grid .draft-title h3")).to_have_text(nasty)
    assert desk.grids()[1]["properties"]["name"] == nasty
    assert page.evaluate("globalThis.bitten") is None


def test_a_locked_grid_is_not_drawn_on(desk):
    page = desk.page
    page.context.watched.allowed.add(400)
    before = desk.grids()
    desk.select(1)
    page.keyboard.press("k")
    desk.saved(1)
    page.keyboard.press("n")
    expect(page.locator(".draft-grid .draft-title input")).to_have_count(0)
    x, y = desk.middle(before[1])
    page.keyboard.press("d")
    desk.draw((x - 20, y - 20), (x + 20, y - 20), (x + 20, y + 20))
    expect(page.locator("#refusals")).to_contain_text("锁定")
    expect(page.locator("#refusals")).to_contain_text("先解锁")
    assert desk.revision() == 1
    after = desk.grids()
    assert all(after[n]["geometry"] == before[n]["geometry"] for n in before)


def test_two_quick_steps_are_saved_one_after_the_other(desk):
    page = desk.page
    before = desk.grids()
    desk.select(1)
    page.keyboard.press("k")
    page.keyboard.press("k")
    desk.saved(2)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    desk.saved(4)
    assert desk.grids() == before
    page.keyboard.press("Control+y")
    desk.saved(5)
    assert desk.grids()[1]["properties"]["locked"]


def test_what_a_step_comes_to_is_seen_before_the_server_has_answered(desk):
    page = desk.page
    held: list[Any] = []
    for path in ("**/actions", "**/undo"):
        page.route(path, lambda route: held.append(route))  # noqa: PLW0108
    desk.select(1)
    then = page.locator("#draft-households").inner_text()
    page.keyboard.press("m")
    desk.click(desk.grids()[3])
    expect(page.locator("#draft-households")).not_to_have_text(then)
    seen = page.locator("#draft-households").inner_text()
    expect(page.locator("#draft-band")).to_contain_text("/2")
    assert len(held) == 1
    assert desk.revision() == 0
    held.pop().continue_()
    desk.saved(1)
    expect(page.locator("#draft-households")).to_have_text(seen)
    page.keyboard.press("Control+z")
    expect(page.locator("#draft-households")).to_have_text(then)
    assert desk.revision() == 1
    held.pop().continue_()
    desk.saved(2)


def test_what_was_seen_too_early_is_taken_back_when_it_is_not_saved(desk):
    page = desk.page
    page.context.watched.allowed.add(500)
    page.context.watched.allowed.add(503)
    desk.select(1)
    then = page.locator("#draft-households").inner_text()
    page.route("**/actions", lambda route: route.fulfill(status=503, json={"detail": "暂停服务"}))
    page.keyboard.press("m")
    desk.click(desk.grids()[3])
    expect(page.locator("#draft-saved")).to_contain_text("未保存")
    expect(page.locator("#draft-households")).to_have_text(then)
    expect(page.locator("#draft-band")).to_contain_text("/3")
    page.unroute("**/actions")
    page.locator("#refusals").get_by_role("button", name="重新提交").click()
    desk.saved(1)
    expect(page.locator("#draft-band")).to_contain_text("/2")


def longest_side(desk: Desk, number: int) -> LineString:
    ring = shape(desk.grids()[number]["geometry"]).exterior
    return max((LineString(side) for side in pairwise(ring.coords)), key=lambda side: side.length)


def beside(desk: Desk, side: LineString) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle of a side on the screen, and the way away from it, one pixel."""
    middle = side.interpolate(0.5, normalized=True)
    (ax, ay), (bx, by) = (desk.pixel(*point) for point in side.coords)
    long = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    return desk.pixel(middle.x, middle.y), ((ay - by) / long, (bx - ax) / long)


def prove_snapped(desk: Desk, x: float, y: float) -> None:
    mark = desk.page.locator(".sketch-snap")
    expect(mark).to_be_visible()
    box = mark.bounding_box()
    assert abs(box["x"] + box["width"] / 2 - x) + abs(box["y"] + box["height"] / 2 - y) < 6


def test_a_line_snaps_to_the_border_beside_it_and_says_where(desk):
    page = desk.page
    desk.select(1)
    page.keyboard.press("s")
    desk.drawing()
    (x, y), (across, down) = beside(desk, longest_side(desk, 1))
    page.mouse.move(x + across * 21, y + down * 21, steps=3)
    page.mouse.move(x + across * 7, y + down * 7, steps=3)
    prove_snapped(desk, x, y)


def test_a_line_snaps_to_borders_before_the_streets_are_here(desk):
    page = desk.page
    desk.select(1)
    page.evaluate(
        """async () => {
          const { stackOf } = await import("wangge/layers/stack.js");
          const never = () => new Promise(() => {});
          for (const sheet of stackOf(wangge.map).sheets) sheet.tileAt = never;
        }"""
    )
    page.keyboard.press("s")
    desk.drawing()
    (x, y), (across, down) = beside(desk, longest_side(desk, 1))
    page.mouse.move(x + across * 21, y + down * 21, steps=3)
    page.mouse.move(x + across * 7, y + down * 7, steps=3)
    prove_snapped(desk, x, y)


def test_without_a_mouse_one_selects_splits_merges_and_takes_back(desk):
    page = desk.page
    grids = desk.grids()
    number = max(grids, key=lambda one: shape(grids[one]["geometry"]).area)
    middle = shape(grids[number]["geometry"]).representative_point()
    look(desk, middle.x, middle.y, 16)
    page.evaluate("wangge.map.getContainer().focus()")
    page.keyboard.press("Enter")
    expect(page.locator(".draft-grid")).to_be_visible()
    name = page.locator(".draft-grid .draft-title h3").inner_text()
    page.keyboard.press("k")
    desk.saved(1)
    page.keyboard.press("k")
    desk.saved(2)
    page.keyboard.press("s")
    desk.drawing()
    outline = shape(grids[number]["geometry"])
    west, _, east, _ = outline.bounds
    for lng in (west - 0.0004, east + 0.0004):
        look(desk, lng, middle.y, 16)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    desk.saved(3)
    assert len(desk.grids()) == len(grids) + 1
    expect(page.locator(".draft-grid .draft-title h3")).to_have_text(name)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    desk.saved(4)
    assert len(desk.grids()) == len(grids)


def test_measuring_and_drawing_give_way_to_each_other_and_keep_the_selection(desk):
    page = desk.page
    desk.select(1)
    page.keyboard.press("s")
    desk.drawing()
    page.keyboard.press("l")
    expect(page.locator("[data-tool=split]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#measured")).to_be_visible()
    assert not page.evaluate("wangge.map.pm.globalDrawModeEnabled()")
    x, y = desk.middle(desk.grids()[2])
    page.mouse.click(x, y)
    page.mouse.click(x + 40, y)
    assert desk.revision() == 0
    page.keyboard.press("Escape")
    expect(page.locator("#measured")).to_be_hidden()
    expect(page.locator(".draft-grid")).to_be_visible()  # the grid is still selected
    page.keyboard.press("p")
    expect(page.locator("#measured")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#measured")).to_be_hidden()
    desk.drawing()
    expect(page.locator("#tools [aria-pressed=true]")).to_have_count(0)
    page.click("#tools button >> nth=0")
    expect(page.locator("[data-tool=reshape]")).to_have_attribute("aria-pressed", "false")


def test_the_switch_of_the_grids_hides_all_but_the_selected_one(desk):
    page = desk.page
    desk.select(1)
    shown = """() => {
      const stack = Object.values(wangge.map._layers).find((one) => one.sheets);
      const { style, data } = stack.sheets.find(({ key }) => key === "draft-grids");
      return data.shapes.filter(({ props }) => style(props, { zoom: 16 })).map(({ code }) => code);
    }"""
    assert sorted(page.evaluate(shown)) == [1, 2, 3]
    page.click("[data-layer=grids]")
    assert page.evaluate(shown) == [1]
    desk.click(desk.grids()[2])
    assert page.evaluate(shown) == [2]
    page.click("[data-layer=grids]")
    assert sorted(page.evaluate(shown)) == [1, 2, 3]


def test_a_line_is_drawn_below_the_words_that_tell_how(desk):
    page = desk.page
    grids = desk.grids()
    number = max(grids, key=lambda one: shape(grids[one]["geometry"]).area)
    outline = shape(grids[number]["geometry"])
    _, south, _, north = outline.bounds
    across = outline.representative_point().x
    desk.select(number)
    page.keyboard.press("s")
    desk.drawing()
    words = page.locator("#draft-told")
    box = words.bounding_box()
    here = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate(
        "([lng, lat, x, y]) => {"
        " const map = wangge.map, box = map.getContainer().getBoundingClientRect();"
        " map.panBy(map.latLngToContainerPoint([lat, lng]).subtract([x - box.x, y - box.y]),"
        " { animate: false }); }",
        [across, south - 0.0004, *here],
    )
    page.wait_for_load_state("networkidle")
    page.mouse.move(*here, steps=4)
    expect(words).to_have_class(re.compile(r"\baside\b"))
    page.mouse.click(*here)
    end = desk.pixel(across, north + 0.0004)
    page.mouse.move(*end, steps=4)
    page.mouse.click(*end)
    expect(words).not_to_have_class(re.compile(r"\baside\b"))
    page.keyboard.press("Enter")
    desk.saved(1)
    assert len(desk.grids()) == len(grids) + 1
