"""Hotspots on the command page, as a commander uses them."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import re

import pytest
from command_page import listed, until
from playwright.sync_api import expect

from api.v1 import hotspots

DESK, WALL, PHONE = (1440, 900), (3840, 2160), (390, 844)
ASKED = "show=hotspots&category=property&period=30d&cell=150"
SHOWN = "performance.getEntriesByName('wangge-hotspots-shown').length"
RED = """() => {
  const canvas = document.querySelector(".leaflet-command-cases-pane canvas");
  if (!canvas || !canvas.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 60 && data[i] > 1.5 * data[i + 2]) painted++;
  return painted;
}"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine nothing becomes a job: no worker runs beside these pages."""
    monkeypatch.setattr(hotspots, "PATIENCE", 600.0)


def open_hotspots(open_page, *, state=ASKED, **options):
    page = open_page(f"/command#{state}", role="commander", **options)
    until(page, SHOWN, least=1)
    return page


@pytest.mark.parametrize(
    ("size", "theme"),
    [(DESK, "light"), (DESK, "dark"), (WALL, "dark"), (PHONE, "light")],
    ids=["light", "dark", "wall", "phone"],
)
def test_a_hotspot_is_told_in_words_and_drawn_in_red(open_page, artefact, size, theme):
    page = open_hotspots(open_page, size=size, theme=theme)
    if size == PHONE:
        page.locator("[data-sheet-button=list]").click()
    first = page.locator(".hot-row").first
    expect(first).to_be_visible()
    expect(first.locator(".hot-words")).to_have_text(re.compile("共 [0-9,]+ 件.*不超过 [0-9]+ 处"))
    expect(first.locator(".hot-figures")).to_have_text(re.compile("p 值 "))
    until(page, RED, least=200)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=artefact(f"hotspots-{size[0]}x{size[1]}-{theme}"))


def test_a_click_goes_to_the_hotspot_and_lists_its_cases(open_page):
    page = open_hotspots(open_page)
    before = page.url
    row = page.locator(".hot-row[data-hot=h1]")
    cases = int(re.search(r"共 ([0-9]+) 件", row.locator(".hot-words").inner_text())[1])
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    for _ in range(50):
        if page.url != before:
            break
        page.wait_for_timeout(100)
    assert page.url != before
    assert listed(page) == cases
    page.get_by_role("button", name="点位").click()
    expect(page.locator("[data-part=hotspots]")).to_be_hidden()
    expect(page.locator("[data-part=list]")).to_be_visible()
    assert "cell=" not in page.url


def test_what_is_tested_on_what_and_beside_what_can_be_changed_and_is_in_the_link(open_page):
    page = open_hotspots(open_page)
    with page.expect_response(re.compile("/api/v1/hotspots.*by=community")):
        page.get_by_label("统计范围").select_option("community")
    expect(page.get_by_label("方格边长")).to_have_count(0)
    with page.expect_response(re.compile("base=households")):
        page.get_by_label("衡量方式").select_option("households")
    with page.expect_response(re.compile("earlier=0")):
        page.get_by_label("对比时段").select_option("0")
    expect(page.locator(".hot-trend")).to_have_count(0)
    for part in ("hot=community", "per=households", "earlier=0"):
        assert part in page.url
    expect(page.locator("[data-part=legend]")).to_contain_text("按户数衡量")
    with page.expect_response(re.compile("category=parking")):
        page.locator(".bar-row[data-key=property]").click()
        page.locator(".bar-row[data-key=parking]").click()


def test_a_cell_tells_its_figures_under_the_pointer(open_page):
    page = open_hotspots(open_page)
    page.locator(".hot-row[data-hot=h1]").click()
    page.wait_for_timeout(1200)
    box = page.locator(".command-map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 9, box["y"] + box["height"] / 2 + 9)
    expect(page.locator(".hot-tip")).to_contain_text(re.compile("p 值 .*校正后"))


def test_too_few_cases_say_so_and_what_can_be_done(open_page):
    page = open_hotspots(open_page, state="show=hotspots&period=30d&category=other&hours=3-3")
    expect(page.locator(".hot-body")).to_contain_text("不足 20 件")
