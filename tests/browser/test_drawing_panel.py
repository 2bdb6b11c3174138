"""What stands beside the map while one draws: figures of a grid and of all, findings, mends."""

from __future__ import annotations

import re
from typing import Any

import pytest
from desks import Desk, begin
from playwright.sync_api import expect

OFFICE = "371399004"
PHONE = (390, 844)


@pytest.fixture
def office(drafts_live: str, open_page: Any) -> Desk:
    """A draft of a street office."""
    return begin(open_page("/planner", address=drafts_live), area=OFFICE)


def rows(desk: Desk, place: str) -> dict[str, str]:
    """Names and values of a list of figures."""
    names = desk.page.locator(f"{place} dl.fields dt").all_inner_texts()
    values = desk.page.locator(f"{place} dl.fields dd").all_inner_texts()
    return dict(zip(names, values, strict=True))


def number(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text))


def test_all_grids_together_are_what_the_server_makes_of_them(office):
    desk = office
    expect(desk.page.locator("#draft-whole")).to_have_attribute("open", "")
    shown = rows(desk, "#draft-whole")
    total = desk.get("/figures")["totals"]
    for name, key in (
        ("网格", "grids"),
        ("户数", "households"),
        ("人口", "residents"),
        ("老年人", "elderly"),
        ("楼栋", "buildings"),
        ("小区", "compounds"),
    ):
        assert number(shown[name]) == total[key], name
    assert number(shown["紧凑度"]) == pytest.approx(total["compactness"], abs=0.006)
    assert number(shown["沿路沿墙边界"]) == pytest.approx(100 * total["border_on_lines"], abs=0.06)
    assert number(shown["工作量"]) == pytest.approx(total["workload"], abs=0.5)
    assert number(shown["最远步行"]) == pytest.approx(total["walk_m"], abs=1)
    assert str(total["workers"]) in shown["所需人员"]


def test_a_grid_has_its_figures_and_a_step_changes_those_of_all(office):
    desk, page = office, office.page
    grid = max(desk.grids().values(), key=lambda one: one["properties"]["households"])
    desk.select(grid["id"])
    expect(page.locator("#draft-whole")).not_to_have_attribute("open", "")
    shown = rows(desk, ".draft-grid")
    assert shown["编码"] == grid["properties"]["code"]
    assert number(shown["楼栋"]) == grid["properties"]["buildings"]
    page.click("#draft-whole > summary")
    before = rows(desk, "#draft-whole")
    page.click("[data-hold=remove]")
    desk.saved(1)
    expect(page.locator("#draft-whole dd").first).not_to_have_text(before["网格"])
    after = rows(desk, "#draft-whole")
    assert number(after["网格"]) == number(before["网格"]) - 1
    assert number(after["户数"]) == number(before["户数"])


def test_a_mend_says_what_it_will_do_and_the_weights_are_counted(office):
    desk, page = office, office.page
    found = desk.get("/findings")["findings"]
    expect(page.locator("#draft-findings")).to_have_text(f"({len(found)})")
    errors = sum(one["severity"] == "error" for one in found)
    assert f"● {errors} " in page.locator(".findings-weight").inner_text() + " "
    mend = page.locator(".finding-mend").first
    assert re.search("划给|合并|一分为二", mend.get_attribute("title"))
    first = page.locator(".finding").first.inner_text()
    page.locator(".finding-go").first.click()
    expect(page.locator(".draft-grid")).to_be_visible()
    mend.click()
    desk.saved(1)
    expect(page.locator(".finding").first).not_to_have_text(first)


def test_on_a_phone_the_draft_is_read_in_a_sheet(office, drafts_live, open_page, artefact):
    page = open_page(f"/planner#draft={office.number}", address=drafts_live, size=PHONE)
    expect(page.locator("[data-sheet=right]")).to_have_text("草案", timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.click("[data-sheet=right]")
    expect(page.locator("#draft-whole")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=artefact("draft-panel-phone"))
