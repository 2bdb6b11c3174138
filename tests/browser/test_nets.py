"""Nets of departments over a draft, as a planner brings them in and makes them one."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Page, expect
from shapely.geometry import mapping, shape

from geodata.crs import convert_geometries
from geodata.database.working import run_worker

CENTRE = "371399004002"
PHONE, WALL = (390, 844), (3840, 2160)


class Desk:
    """A page with a draft open, and what the server has of it."""

    def __init__(self, page: Page, number: int) -> None:
        self.page, self.number = page, number

    def get(self, what: str = "") -> Any:
        return self.page.evaluate(
            "(path) => fetch(path).then((r) => r.json())", f"/api/v1/plans/{self.number}{what}"
        )

    def ground(self) -> Any:
        units = self.get("/units")["features"]
        return shapely.union_all([shape(one["geometry"]) for one in units])


def halves(ground: Any, *, down: bool = False) -> list[Any]:
    """The box around some ground in two."""
    west, south, east, north = ground.buffer(0.001).bounds
    x, y = (west + east) / 2, (south + north) / 2
    if down:
        return [shapely.box(west, south, east, y), shapely.box(west, y, east, north)]
    return [shapely.box(west, south, x, north), shapely.box(x, south, east, north)]


def file_of(folder: Path, name: str, shapes: list[Any]) -> Path:
    path = folder / f"{name}.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"{name}{k}片", "code": f"{k:02d}"},
            "geometry": mapping(one),
        }
        for k, one in enumerate(shapes, start=1)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def desk(own_live: str, open_page: Any) -> Desk:
    """A draft of a community from the net in force, with the nets of departments unfolded."""
    return opened(open_page("/planner", address=own_live))


def opened(page: Page) -> Desk:
    number = page.evaluate(
        """async (area) => {
          const csrf = document.querySelector('meta[name="csrf-token"]').content;
          const answer = await fetch("/api/v1/plans", {
            method: "POST",
            headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
            body: JSON.stringify({ name: "多网合一试点", area, start: "current" }),
          });
          return (await answer.json()).id;
        }""",
        CENTRE,
    )
    page.goto(page.url.split("#")[0] + f"#draft={number}")
    expect(page.locator("#draft-panel")).to_be_visible(timeout=30_000)
    page.click("#draft-nets > summary")
    return Desk(page, number)


def add(page: Page, path: Path, name: str | None = None) -> None:
    """Choose the file with the browser's own chooser and send it."""
    if page.locator("#net-add[open]").count() == 0:
        page.click("#net-add > summary")
    with page.expect_file_chooser() as chooser:
        page.click("#net-add .net-choose .button")
    chooser.value.set_files(path)
    if name is not None:
        page.fill("#net-add input[name=name]", name)
    page.click("#net-add [type=submit]")


def test_nets_are_brought_in_compared_made_one_and_taken_back(
    desk, own_demo_database, tmp_path, artefact
):
    page = desk.page
    expect(page.locator("#draft-nets")).to_contain_text("这里还没有部门网格")
    ground = desk.ground()
    page.click("#net-add > summary")
    page.fill("#net-add textarea[name=note]", "公安分局 2026 年 6 月提供")
    add(page, file_of(tmp_path, "公安", halves(ground)))
    expect(page.locator("#net-add .told")).to_contain_text("已添加“公安”，共 2 个片区")
    expect(page.locator(".net-row")).to_have_count(2)
    expect(page.locator(".net-row").last).to_contain_text("公安分局 2026 年 6 月提供")
    expect(page.locator("#net-add textarea[name=note]")).to_have_value("")
    add(page, file_of(tmp_path, "城管", halves(ground, down=True)))
    expect(page.locator(".net-row")).to_have_count(3)
    expect(page.locator(".net-pair")).to_have_count(3)

    # One pair alone, and all again.
    expect(page.locator("#net-places")).not_to_have_text("(2)")
    page.locator(".net-pair").last.click()
    expect(page.locator("#net-places")).to_have_text("(2)")
    expect(page.locator(".net-pair").last).to_be_focused()
    page.locator(".net-pair").last.click()
    expect(page.locator("#net-places")).not_to_have_text("(2)")

    # Without the draft only the two departments are compared.
    page.click(".net-row[data-net=draft] input")
    expect(page.locator(".net-pair")).to_have_count(1)
    expect(page.locator(".net-pair")).to_contain_text("公安 ↔ 城管")
    expect(page.locator(".net-pair")).to_contain_text(re.compile(r"户（.*%）划分不一致"))
    worst = page.locator(".net-place").first
    expect(worst).to_contain_text("户")
    before = page.evaluate("() => wangge.map.getCenter()")
    worst.click()
    expect(worst).to_have_attribute("aria-current", "true")
    page.wait_for_function("(before) => wangge.map.getCenter().distanceTo(before) > 5", arg=before)
    page.screenshot(path=artefact("nets"))

    page.click("#net-table > summary")
    page.select_option("#net-table select", label="公安")
    expect(page.locator("#net-table tbody")).to_contain_text("第1网格")
    old = desk.get("/units")
    with page.expect_response("**/fit"):
        page.click("#net-fit")
    with ThreadPoolExecutor() as pool:  # the worker has an event loop of its own
        pool.submit(run_worker, own_demo_database, wait=False).result()
    expect(page.locator("#draft-nets [role=status]")).to_contain_text(
        "已合成一张网", timeout=60_000
    )
    in_band = page.locator("#net-fit-in-band")
    expect(in_band).to_contain_text(re.compile(r"(\d+) 个网格中，\1 个的户数在 300～500 户之间"))
    expect(page.locator("#draft-saved")).to_have_text(re.compile(r"^v1 ✓"))
    names = {one["properties"]["name"] for one in desk.get("/grids")["features"]}
    assert any({f"{whose}1片", f"{whose}2片"} <= names for whose in ("公安", "城管"))
    became = page.locator("#net-table tbody td:nth-child(2)").first
    expect(became).to_contain_text(re.compile("(公安|城管)[12]片"))
    page.keyboard.press("Control+z")
    expect(page.locator("#draft-saved")).to_have_text(re.compile(r"^v2 ✓"))
    assert desk.get("/units") == old


def test_the_table_of_old_and_new_is_shown_downloaded_and_printed(desk, tmp_path):
    page = desk.page
    add(page, file_of(tmp_path, "城管", halves(desk.ground())))
    expect(page.locator(".net-row")).to_have_count(2)
    page.click("#net-table > summary")
    page.select_option("#net-table select", label="城管")
    expect(page.locator("#net-table tbody tr").first).to_contain_text("城管1片")
    with page.expect_download() as download:
        page.click("[data-table=download]")
    assert download.value.suggested_filename == "新旧网格对应表-多网合一试点-城管.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = text.splitlines()
    assert rows[0] == "原编号,原名称,网格编号,网格名称,户数,面积（平方米）,占原片区比例"
    assert len(rows) - 1 == len(desk.get("/correspondence?net=1")["rows"])
    page.evaluate("() => { window.print = () => { window.printed = document.body.innerText; }; }")
    page.click("[data-table=print]")
    printed = page.evaluate("() => window.printed")
    assert "新旧网格对应表：城管 → 多网合一试点" in printed
    assert "城管1片" in printed
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("() => document.body.dataset.printOnly ?? null") is None


def test_a_net_in_another_coordinate_system_is_noticed_and_read_again(desk, tmp_path):
    page = desk.page
    page.context.watched.allowed.add(400)
    grids = [shape(one["geometry"]) for one in desk.get("/grids")["features"]]
    shifted = convert_geometries(grids, from_="wgs84", to="gcj02")
    add(page, file_of(tmp_path, "党建", list(shifted)))
    expect(page.locator("#net-add .told")).to_contain_text("GCJ-02")
    page.click("#net-add .told button")
    expect(page.locator("#net-add .told")).to_contain_text("已添加“党建”")
    expect(page.locator(".net-row")).to_have_count(2)
    expect(page.locator(".net-pair")).to_contain_text("高度一致")


def test_a_bad_file_is_refused_beside_the_button_and_a_net_can_be_removed(desk, tmp_path):
    page = desk.page
    page.context.watched.allowed |= {400, 409}
    broken = tmp_path / "坏.geojson"
    broken.write_text("{")
    add(page, broken)
    expect(page.locator("#net-add .refused")).to_contain_text("坏.geojson")
    elsewhere = [shapely.box(100, 20, 101, 21)]
    add(page, file_of(tmp_path, "别处", elsewhere), name="公安")
    expect(page.locator("#net-add .refused")).to_contain_text("与本草案范围没有重叠")
    path = file_of(tmp_path, "公安", halves(desk.ground()))
    add(page, path)
    expect(page.locator(".net-row")).to_have_count(2)
    add(page, path, name="公安")
    expect(page.locator("#net-add .refused")).to_contain_text("已有名为“公安”")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click(".net-row [aria-label='删除“公安”']")
    expect(page.locator(".net-row")).to_have_count(1)
    expect(page.locator("#draft-nets")).to_contain_text("这里还没有部门网格")


@pytest.mark.parametrize(
    ("size", "theme"),
    [(WALL, "dark"), (PHONE, "light")],
)
def test_the_nets_fit_the_screen(own_live, open_page, tmp_path, artefact, size, theme):
    page = open_page("/planner", address=own_live, size=size, theme=theme)
    narrow = size == PHONE
    if narrow:
        page.click("[data-sheet=right]")
    desk = opened(page)
    ground = desk.ground()
    for name, down in (("公安", False), ("城管", True)):
        add(page, file_of(tmp_path, name, halves(ground, down=down)))
        expect(page.locator("#net-add .told")).to_contain_text(f"已添加“{name}”")
    page.click("#net-add > summary")
    expect(page.locator(".net-pair")).to_have_count(3)
    page.locator("#draft-nets > summary").scroll_into_view_if_needed()
    panel = page.locator("#draft-panel")
    assert panel.evaluate("(e) => e.scrollWidth <= e.clientWidth + 1")
    page.wait_for_timeout(800)
    page.screenshot(path=artefact(f"nets-{size[0]}-{theme}"))
