"""Every control can be reached: at twice the size, by keyboard alone, and left again by Escape."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import pytest
from command_page import settled
from playwright.sync_api import expect

PAGES = [
    ("/planner", "planner"),
    ("/command", "commander"),
    ("/import", "planner"),
    ("/account", "planner"),
    ("/users", "admin"),
    ("/login", None),
]
READY = {"/import": "body[data-ready]", "/planner": "body[data-ready]", "/command": "body[data-ready]"}  # fmt: skip
SHEETS = {
    "/planner": ["[data-sheet=layers-panel]", "[data-sheet=right]"],
    "/command": [f"[data-sheet-button={name}]" for name in ("filters", "list", "player", "legend")],
}

CONTROLS = 'button, a[href], input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'

OUT_OF_REACH = """async (controls) => {
  const lost = [];
  for (const one of document.querySelectorAll(controls)) {
    if (one.matches(".skip") || one.disabled || !one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const shown = one.matches("input[type=file]") ? one.closest("label") : one;
    shown.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = shown.getBoundingClientRect();
    const seen = {
      left: Math.max(0, box.left), right: Math.min(innerWidth, box.right), top: Math.max(0, box.top), bottom: Math.min(innerHeight, box.bottom),
    };
    const name = `${one.outerHTML.slice(0, 100)} at ${[box.left, box.top, box.right, box.bottom].map(Math.round)}`;
    if (seen.right - seen.left < Math.min(16, box.width) || seen.bottom - seen.top < Math.min(12, box.height)) {
      lost.push(`outside: ${name}`);
      continue;
    }
    const at = document.elementFromPoint((seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2);
    const label = one.labels?.[0];
    if (!(at && (shown.contains(at) || at.contains(shown) || label?.contains(at)))) lost.push(`under ${at?.outerHTML.slice(0, 60)}: ${name}`);
  }
  return lost;
}"""

FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const shown = one.matches("input[type=file]") ? getComputedStyle(one.closest("label")) : style;
  const all = [...document.querySelectorAll("*")];
  return {
    place: all.indexOf(one),
    name: one.outerHTML.slice(0, 90),
    isSeen: one.matches("input[type=file]") || (box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight),
    isMarked: shown.outlineStyle !== "none" && parseFloat(shown.outlineWidth) >= 1,
    isMain: one.id === "main",
  };
}"""

MISSED = """([controls, places]) => {
  const all = [...document.querySelectorAll("*")];
  const reached = new Set(places);
  const groups = new Set([...reached].map((i) => all[i]).filter((one) => one?.type === "radio").map((one) => one.name));
  return [...document.querySelectorAll(controls)]
    .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => !reached.has(all.indexOf(one)) && !(one.type === "radio" && groups.has(one.name)))
    .map((one) => one.outerHTML.slice(0, 100));
}"""


FEW_ROWS = """() => {
  for (const row of document.querySelectorAll("tbody > tr:nth-child(n + 7)")) row.remove();
}"""
"""A hundred rows of one kind are walked as six are."""


def opened(open_page, path, role, *, query="", **options):
    page = open_page(path + query, role=role, ready=READY.get(path, "main"), **options)
    settled(page)
    page.evaluate(FEW_ROWS)
    return page


@pytest.mark.parametrize(("path", "role"), PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_control_is_in_reach_on_a_phone_and_at_twice_the_size(
    open_page, path, role, language
):
    page = opened(open_page, path, role, query=f"?lang={language}", size=(390, 844))
    every_control_is_in_reach(page, path, role)
    page.set_viewport_size({"width": 720, "height": 450})
    settled(page)
    every_control_is_in_reach(page, path, role)


def every_control_is_in_reach(page, path, role):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(OUT_OF_REACH, CONTROLS) == []
    for sheet in SHEETS.get(path, []):
        page.click(sheet)
        page.wait_for_timeout(250)
        lost = [one for one in page.evaluate(OUT_OF_REACH, CONTROLS) if "under " not in one]
        inside = page.evaluate(
            OUT_OF_REACH,
            ", ".join(
                f":is(.side, .command-left, .command-right, .command-player) {part}"
                for part in CONTROLS.split(", ")
            ),
        )
        assert lost == []
        assert inside == []
        page.click(sheet)
    menu = page.locator(".bar-end details.menu summary.quiet:not(.icon)")
    if role is not None:
        menu.click()
        assert (
            page.evaluate(
                OUT_OF_REACH,
                ".bar-end .menu:not(#drafts-menu):has(> summary:not(.icon)) :is(a, button)",
            )
            == []
        )
        menu.click()


@pytest.mark.parametrize(("path", "role"), PAGES)
def test_the_keyboard_alone_reaches_everything_in_its_order(open_page, path, role):
    page = opened(open_page, path, role)
    page.evaluate("document.activeElement?.blur()")
    page.mouse.move(700, 5)
    walked = []
    for _ in range(3_000):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now is None:
            continue  # the browser's own controls
        if len(walked) > 1 and now["place"] == walked[0]["place"] != walked[-1]["place"]:
            break
        walked.append(now)
    else:
        pytest.fail("the focus never comes to the end of the page")
    assert [one["name"] for one in walked if not one["isSeen"] and "skip" not in one["name"]] == []
    marked = {one["place"] for one in walked if one["isMarked"]}  # a date field has parts
    assert [one["name"] for one in walked if one["place"] not in marked] == []
    places = list(dict.fromkeys(one["place"] for one in walked))
    start = places.index(min(places))
    in_order = places[start:] + places[:start]
    assert in_order == sorted(in_order)
    assert page.evaluate(MISSED, [CONTROLS, places]) == []


def test_the_first_key_leads_past_the_bar(open_page):
    page = opened(open_page, "/planner", "planner")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_escape_closes_what_is_open_on_the_planner(open_page):
    page = opened(open_page, "/planner", "planner")
    summary = page.locator(".bar-end .menu > summary.quiet")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bar-end .menu-body:not(.drafts-body)")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".bar-end .menu-body:not(.drafts-body)")).to_be_hidden()
    expect(summary).to_be_focused()
    page.locator(".print-menu > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".print-menu .menu-body")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".print-menu .menu-body")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("社区")
    expect(page.locator("#search-found")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search-found")).to_be_hidden()
    page.locator(".wangge-map").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#record-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#record-panel")).to_be_hidden()
    page.keyboard.press("l")
    expect(page.locator("#measured")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#measured")).to_be_hidden()


def test_escape_closes_what_is_open_on_the_command_centre(open_page):
    page = opened(open_page, "/command", "commander")
    page.locator(".case-row").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=record] h2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-part=record]")).to_be_hidden()
    own = page.locator(".bar-end .menu:has(> summary.quiet:not(.icon))")
    own.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(own.locator(".menu-body")).to_be_hidden()
    page.keyboard.press("f")
    page.wait_for_selector(":root[data-wall]")
    page.keyboard.press("Escape")
    page.wait_for_selector(":root:not([data-wall])")
