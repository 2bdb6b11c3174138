"""Maps outside our pages: in a notebook, and as one file without a network."""

from __future__ import annotations

import re

import folium
import geopandas as gpd
import pytest
from playwright.sync_api import expect
from shapely import box

from webmap import assets
from webmap.elements import CompoundLayer, GridLayer, PageMap, ServiceCircles

NASTY = '<img src=x onerror="globalThis.bitten=1"><script>globalThis.bitten=1</script>'

PAINTED = """() => {
  const seen = new Set();
  for (const canvas of document.querySelectorAll(".leaflet-tile-container canvas")) {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) { seen.add(canvas); break; }
  }
  return seen.size;
}"""


def wait_until_painted(page):
    """Ask again and again from outside: the file's own policy forbids a waiting script inside."""
    for _attempt in range(300):
        if page.evaluate(f"({PAINTED})()") > 0:
            return
        page.wait_for_timeout(50)
    pytest.fail("nothing was painted within 15 seconds")


@pytest.fixture
def grids() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "code": ["371399001001001", "371399001001002"],
            "name": [NASTY, "第二网格"],
            "households": [412, 350],
        },
        geometry=[box(118.330, 35.050, 118.340, 35.060), box(118.340, 35.050, 118.350, 35.060)],
        crs=4326,
    )


def open_file(chromium, path, *, leaflet=False):
    """A page on a file with the network off; ``leaflet`` lets a notebook's own Leaflet in."""
    context = chromium.new_context(viewport={"width": 900, "height": 640}, offline=not leaflet)
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda m: page.wrong.append(m.text) if m.type == "error" else None)
    if leaflet:

        def answer(route):
            name = route.request.url.rsplit("/", 1)[-1]
            if name in {"leaflet.js", "leaflet.css"}:
                media = "text/css" if name.endswith("css") else "text/javascript"
                route.fulfill(body=assets.read(f"vendor/leaflet/{name}"), content_type=media)
            else:
                route.fulfill(
                    body="", content_type="text/css" if name.endswith("css") else "text/javascript"
                )

        context.route(re.compile("^https?://"), answer)
    page.goto(path.as_uri())
    return page


def test_our_element_draws_on_a_plain_folium_map(chromium, grids, tmp_path):
    page_map = folium.Map(location=[35.055, 118.34], zoom_start=14, tiles=None)
    page_map.add_child(GridLayer(grids))
    page_map.save(tmp_path / "notebook.html")
    page = open_file(chromium, tmp_path / "notebook.html", leaflet=True)
    wait_until_painted(page)
    assert page.wrong == []
    page.context.close()


def test_a_map_of_ours_opens_from_a_file_without_a_network(chromium, grids, tmp_path):
    page_map = PageMap(bounds=[118.33, 35.05, 118.35, 35.06], attribution=["测试来源"])
    page_map.add_child(CompoundLayer(grids.assign(type="mixed"), colours={"mixed": "#FFAABB"}))
    page_map.add_child(ServiceCircles(grids))
    page_map.save(tmp_path / "map.html")
    page = open_file(chromium, tmp_path / "map.html")
    wait_until_painted(page)
    expect(page.locator(".map-credits")).to_have_text("测试来源")
    expect(page.locator(".map-scale-label")).to_contain_text("m")
    assert page.wrong == []
    page.context.close()


def test_the_district_goes_into_one_file_with_legend_date_and_source(
    open_page, chromium, tmp_path, artefact
):
    page = open_page("/planner#coverage=15")
    with page.expect_download() as waiting:
        page.click("text=存为单个文件")
    path = tmp_path / "sent.html"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename.endswith(".html")
    assert path.stat().st_size < 4_000_000
    sent = open_file(chromium, path)
    wait_until_painted(sent)
    expect(sent.locator(".sheet h1")).to_have_text("示范区")
    expect(sent.locator(".sheet-day")).to_contain_text("截至")
    expect(sent.locator(".sheet-synthetic")).to_have_text("合成数据")
    expect(sent.locator(".map-credits")).to_contain_text("合成数据")
    sent.wait_for_timeout(500)
    sent.screenshot(path=artefact("map-file"))
    sent.mouse.click(450, 330)
    expect(sent.locator(".sheet-record")).to_be_visible()
    sent.uncheck(".sheet-layers input >> nth=0")
    assert sent.wrong == []
    sent.context.close()


def test_a_name_with_markup_is_only_ever_text(chromium, grids, tmp_path):
    from webmap.elements import Labels, Sheet

    page_map = PageMap(bounds=[118.33, 35.05, 118.35, 35.06], attribution=[NASTY])
    page_map.add_child(GridLayer(grids))
    page_map.add_child(Labels(("grids",)))
    page_map.add_child(
        Sheet(
            title=NASTY,
            day="2026-06-01",
            synthetic=False,
            words={
                "levels": {},
                "compound_types": {},
                "compound_colours": {},
                "facility_kinds": {},
            },
        )
    )
    page_map.save(tmp_path / "map.html")
    page = open_file(chromium, tmp_path / "map.html")
    wait_until_painted(page)
    expect(page.locator(".sheet h1")).to_have_text(NASTY)
    page.mouse.click(340, 320)
    expect(page.locator(".sheet-record h2")).to_have_text(NASTY)
    assert page.evaluate("globalThis.bitten") is None
    page.context.close()
