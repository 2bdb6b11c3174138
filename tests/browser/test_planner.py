"""The planner's page as a planner uses it."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

DESK, WALL, PHONE = (1440, 900), (3840, 2160), (390, 844)


def settled(page) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_function("async () => Boolean((await wangge.elements.labels).drawn)")
    page.wait_for_timeout(300)


def colours_on_map(page) -> int:
    """How many different colours the map's tiles show."""
    return page.evaluate(
        """() => {
          const seen = new Set();
          for (const tile of document.querySelectorAll(".leaflet-tile-container canvas")) {
            const { data } = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height);
            for (let i = 0; i < data.length; i += 4 * 97) if (data[i + 3] > 200) seen.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
          }
          return seen.size;
        }"""
    )


@pytest.mark.parametrize(
    ("size", "theme"),
    [(DESK, "light"), (DESK, "dark"), (WALL, "dark"), (PHONE, "light")],
    ids=["light", "dark", "wall", "phone"],
)
def test_the_district_is_drawn_from_our_own_layers_alone(open_page, artefact, size, theme):
    page = open_page("/planner", size=size, theme=theme)
    settled(page)
    assert colours_on_map(page) > 8
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=artefact(f"planner-{size[0]}x{size[1]}-{theme}"))


def test_the_page_is_chinese_and_english_by_one_click(open_page):
    page = open_page("/planner")
    expect(page.locator("#layers-panel h2")).to_have_text("图层")
    page.click("[data-language]")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#layers-panel h2")).to_have_text("Layers")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_everything_says_that_the_city_is_synthetic(open_page):
    page = open_page("/planner")
    expect(page.locator(".bar .badge")).to_have_text("合成数据")
    expect(page.locator(".map-credits")).to_contain_text("合成数据")


def test_a_compound_is_found_by_name_with_the_keyboard_and_shows_its_record(open_page, artefact):
    page = open_page("/planner")
    name = page.evaluate(
        "fetch('/ogc/collections/compounds/items?limit=1').then((r) => r.json()).then((c) => c.features[0].properties.name)"
    )
    page.keyboard.press("/")
    page.keyboard.type(name)
    expect(page.locator("#search-found li").first).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(page.locator(".record-title")).to_have_text(name)
    expect(page.locator("#record-panel .fields")).to_contain_text("物业公司")
    assert re.search(r"selected=compounds/\d+", page.url)
    settled(page)
    page.screenshot(path=artefact("planner-record"))
    page.keyboard.press("Escape")


def test_a_click_selects_what_lies_there_and_a_second_click_what_lies_below(open_page):
    page = open_page("/planner#layers=areas,grids,compounds")
    settled(page)
    point = page.evaluate(
        """async () => {
          const found = await fetch("/ogc/collections/compounds/items?limit=40").then((r) => r.json());
          const record = await fetch("/api/v1/places/compounds/" + found.features[30].properties.code).then((r) => r.json());
          const { x, y } = wangge.map.latLngToContainerPoint([record.current.point[1], record.current.point[0]]);
          const box = wangge.map.getContainer().getBoundingClientRect();
          return [x + box.left, y + box.top];
        }"""
    )
    page.mouse.click(*point)
    expect(page.locator("#record-panel .badge").first).to_have_text("网格")
    page.mouse.click(*point)
    expect(page.locator("#record-panel .badge").first).to_have_text("小区")
    page.mouse.click(*point)
    expect(page.locator("#record-panel .badge").first).to_have_text("行政区划")


def test_coverage_names_the_compounds_outside_and_flies_to_one(open_page, artefact):
    page = open_page("/planner#coverage=5&layers=areas,compounds,facilities,labels,circle-5")
    settled(page)
    expect(page.locator("#coverage-panel .figure")).to_contain_text("%")
    rows = page.locator(".uncovered .uncovered-row")
    told = int(page.locator("#coverage-panel .badge-late").inner_text().split("/")[0])
    assert rows.count() == told > 0
    bounds = page.locator(".legend-classes li:not(:has(.swatch-outside))").all_inner_texts()
    assert 2 <= len(bounds) <= 7
    assert all("%" in text for text in bounds)
    page.screenshot(path=artefact("planner-coverage"))
    before = page.evaluate("wangge.map.getCenter().toString()")
    name = rows.first.locator(".uncovered-name").inner_text().split("\n")[0]
    rows.first.click()
    expect(page.locator(".record-title")).to_have_text(name)
    assert page.evaluate("wangge.map.getCenter().toString()") != before


def test_the_uncovered_list_filters_and_sorts(open_page):
    page = open_page("/planner#coverage=5")
    rows = page.locator(".uncovered .uncovered-row")
    expect(rows.first).to_be_visible()
    households = [
        int(re.sub(r"\D", "", text))
        for text in page.locator(".uncovered .uncovered-row > :nth-child(2)").all_inner_texts()
    ]
    assert households == sorted(households, reverse=True)
    last = rows.last.locator(".uncovered-name").inner_text().split("\n")[0]
    page.fill("#coverage-panel input[type=search]", last)
    assert 0 < rows.count() < len(households)


def test_a_link_brings_back_view_layers_and_selection(open_page):
    page = open_page("/planner#layers=areas,streets&map=16/35.06200/118.34100")
    settled(page)
    assert page.evaluate("wangge.map.getZoom()") == 16
    assert not page.locator("[data-layer=compounds]").is_checked()
    page.check("[data-layer=grids]")
    assert "grids" in page.url


def test_a_link_within_the_page_changes_what_is_shown(open_page):
    page = open_page("/planner")
    page.goto(page.url.split("#")[0] + "#coverage=5&layers=areas")
    expect(page.locator("#coverage-panel .figure")).to_be_visible()
    expect(page.locator("[data-layer=compounds]")).not_to_be_checked()
    page.go_back()
    expect(page.locator("#coverage-panel")).to_be_hidden()
    expect(page.locator("[data-layer=compounds]")).to_be_checked()


def test_the_district_of_another_day_is_shown_and_left_again(open_page):
    page = open_page("/planner")
    page.fill("#at", "2024-06-01")
    page.locator("#at").dispatch_event("change")
    expect(page.locator("#at-note")).to_contain_text("2024")
    assert "at=2024-06-01" in page.url
    settled(page)
    page.click("#at-note button")
    expect(page.locator("#at-note")).to_be_hidden()
    assert "at=" not in page.url


def test_distance_is_measured_along_the_ellipsoid(open_page):
    from pyproj import Geod

    page = open_page("/planner")
    page.keyboard.press("l")
    page.mouse.click(600, 400)
    page.mouse.click(900, 600)
    page.keyboard.press("Enter")
    ends = page.evaluate(
        """() => {
          const box = wangge.map.getContainer().getBoundingClientRect();
          return [[600, 400], [900, 600]].map(([x, y]) => wangge.map.containerPointToLatLng([x - box.left, y - box.top]));
        }"""
    )
    _, _, metres = Geod(ellps="WGS84").inv(
        ends[0]["lng"], ends[0]["lat"], ends[1]["lng"], ends[1]["lat"]
    )
    text = page.locator("[data-measured]").inner_text()
    shown = float(text.split()[0].replace(",", "")) * (1000 if "km" in text else 1)
    assert shown == pytest.approx(metres, rel=0.005)
    page.keyboard.press("Escape")
    expect(page.locator("#measured")).to_be_hidden()


def test_lengths_and_areas_of_the_browser_are_those_of_pyproj(open_page):
    from pyproj import Geod

    page = open_page("/planner")
    ring = [[118.3, 35.0], [118.36, 35.01], [118.35, 35.06], [118.29, 35.04]]
    found = page.evaluate(
        """async (ring) => {
          const { area, length } = await import("wangge/core/geodesy.js");
          return [length(ring), area(ring)];
        }""",
        ring,
    )
    geod = Geod(ellps="WGS84")
    lon, lat = zip(*ring, strict=True)
    assert found[0] == pytest.approx(geod.line_length(lon, lat), rel=1e-9)
    assert found[1] == pytest.approx(abs(geod.polygon_area_perimeter(lon, lat)[0]), rel=5e-5)


def test_names_on_the_map_never_touch(open_page):
    page = open_page("/planner#map=16/35.06/118.34")
    settled(page)
    boxes = page.evaluate("wangge.elements.labels.then((labels) => labels.drawn)")
    assert len(boxes) > 5
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_the_print_has_map_legend_and_table(open_page, artefact, tmp_path):
    page = open_page("/planner#coverage=15")
    settled(page)
    page.evaluate("globalThis.print = () => { document.title = 'printed'; }")
    page.click(".print-menu summary")
    page.click(".print-menu .button.main")
    expect(page).to_have_title("printed")
    assert page.locator("#print-table tbody tr").count() == 49
    assert page.locator("#print-legend li").count() > 3
    page.emulate_media(media="print")
    pdf = page.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True)
    assert len(pdf) > 20_000
    page.screenshot(path=artefact("planner-print"), full_page=True)


def test_a_page_at_200_percent_still_works(open_page):
    page = open_page("/planner", size=(720, 450))
    expect(page.locator(".sheets")).to_be_visible()
    page.click("[data-sheet=layers-panel]")
    expect(page.locator("[data-layer=grids]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_control_has_a_name(open_page):
    page = open_page("/planner#coverage=5")
    settled(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a[href], summary")]
          .filter((e) => e.checkVisibility() && !(e.getAttribute("aria-label") || e.title || e.textContent.trim() || e.labels?.length || e.placeholder))
          .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_the_colours_of_text_have_enough_contrast(open_page):
    for theme in ("light", "dark"):
        page = open_page("/planner", theme=theme)
        ratios = page.evaluate(
            """() => {
              const style = getComputedStyle(document.documentElement);
              const canvas = new OffscreenCanvas(1, 1).getContext("2d");
              const rgb = (name) => { canvas.fillStyle = style.getPropertyValue(name); canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
              const light = (name) => { const [r, g, b] = rgb(name).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
              const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
              return Object.fromEntries(["--text", "--text-quiet", "--accent-text", "--good", "--near", "--late"].flatMap((t) => ["--surface", "--surface-sunken"].map((s) => [t + " on " + s, ratio(t, s)])));
            }"""
        )
        weak = {name: ratio for name, ratio in ratios.items() if ratio < 4.5}
        assert not weak, json.dumps({theme: weak})
