"""Maps outside our pages: in a notebook, and as one file without a network."""

from __future__ import annotations

import re
from functools import partial

import folium
import geopandas as gpd
import pytest
from playwright.sync_api import expect
from shapely import box

from geodata.cases.map.plotting import plot
from webmap import assets, mapfile, sending
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
    page.click("text=存为单个文件")
    expect(page.locator(".save-total b")).to_contain_text("MB")
    with page.expect_download() as waiting:
        page.click("text=保存文件")
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


def saved(page, path):
    """The file that the open dialog saves."""
    with page.expect_download() as waiting:
        page.locator(".save-menu .main").click()
    waiting.value.save_as(path)
    return path


def weighed(page):
    """Megabytes that the dialog says."""
    said = page.locator(".save-total b")
    expect(said).to_contain_text("MB")
    return float(said.inner_text().split()[0])


def test_the_dialog_begins_with_what_is_switched_on_and_says_how_large_it_gets(open_page, tmp_path):
    page = open_page("/planner")
    page.uncheck("[data-layer=buildings]")
    page.click(".save-menu summary")
    expect(page.locator("[data-send=buildings]")).not_to_be_checked()
    expect(page.locator("[data-send=areas]")).to_be_checked()
    expect(page.locator("[data-send=cases]")).not_to_be_checked()
    small = weighed(page)
    page.check("[data-send=buildings]")
    assert weighed(page) > small + 0.5
    page.uncheck("[data-send=buildings]")
    path = saved(page, tmp_path / "small.html")
    assert path.stat().st_size / 1e6 == pytest.approx(small, abs=0.15)
    for key in ("areas", "grids", "compounds", "facilities", "streets", "gates"):
        page.uncheck(f"[data-send={key}]")
    expect(page.locator(".save-menu .main")).to_be_disabled()


def test_cases_go_in_when_asked_as_points_with_their_period(
    open_page, chromium, tmp_path, artefact, monkeypatch
):
    for module in (mapfile, sending):
        monkeypatch.setattr(module, "MOST", 5_000)
    monkeypatch.setattr(mapfile, "plot", partial(plot, most=5_000))
    page = open_page("/planner")
    page.click(".save-menu summary")
    page.check("[data-send=cases]")
    expect(page.locator(".save-note")).to_contain_text("有位置的")
    page.select_option("[data-send=period]", "0")
    expect(page.locator(".save-note")).to_contain_text("超出")
    page.screenshot(path=artefact("map-file-dialog"))
    sent = open_file(chromium, saved(page, tmp_path / "sent.html"))
    wait_until_painted(sent)
    expect(sent.locator(".sheet")).to_contain_text("此处为最新的 5,000 件")
    clusters = "async () => (await wangge.elements.cases).drawn?.count ?? 0"
    assert sent.evaluate(clusters) > 10
    sent.screenshot(path=artefact("map-file-cases"))
    sent.uncheck(".sheet-layers > li:has-text('案件') > label input")
    assert not sent.evaluate("async () => wangge.map.hasLayer(await wangge.elements.cases)")
    assert sent.wrong == []
    sent.context.close()


def test_a_case_in_a_file_says_category_state_and_time(open_page, chromium, tmp_path):
    page = open_page("/planner#map=18/35.05/118.34")
    page.click(".save-menu summary")
    page.check("[data-send=cases]")
    page.select_option("[data-send=period]", "365")
    weighed(page)
    sent = open_file(chromium, saved(page, tmp_path / "sent.html"))
    wait_until_painted(sent)
    at = sent.evaluate(
        """async () => {
          const layer = await wangge.elements.cases;
          const map = wangge.map;
          const { x, y } = layer.cases;
          map.setView(map.unproject([x[0] * 256, y[0] * 256], 0), 18, { animate: false });
          await new Promise((done) => setTimeout(done, 600));
          const { x: left, y: top } = map.latLngToContainerPoint(map.getCenter());
          return [left, top];
        }"""
    )
    sent.mouse.click(*at)
    words = sent.locator(".point-words div").first
    expect(words).to_contain_text("·")
    expect(words).to_contain_text("202")
    expect(sent.locator(".sheet-record")).to_be_hidden()
    assert sent.wrong == []
    sent.context.close()


def test_the_command_centre_sends_its_filtered_cases(open_page, chromium, tmp_path):
    page = open_page("/command#category=noise&period=7d", role="commander")
    page.click(".save-menu summary")
    expect(page.locator("[data-send=cases]")).to_be_checked()
    expect(page.locator(".save-note")).to_contain_text("按本页当前的筛选条件")
    weighed(page)
    shown = page.evaluate(
        """async () => {
          const { board } = await import("wangge/command/opening.js");
          return board.shown.filter((i) => board.cases.x[i] >= 0).length;
        }"""
    )
    sent = open_file(chromium, saved(page, tmp_path / "sent.html"))
    wait_until_painted(sent)
    kinds = sent.evaluate(
        """async () => {
          const { cases, options } = await wangge.elements.cases;
          return [cases.count, [...new Set(cases.category)].map((i) => options.categories[i].key)];
        }"""
    )
    assert kinds == [shown, ["noise"]]
    assert sent.wrong == []
    sent.context.close()


@pytest.mark.parametrize(("path", "role"), [("/planner", "viewer"), ("/command", "worker")])
def test_who_may_not_export_has_no_such_button(open_page, path, role):
    page = open_page(path, role=role)
    expect(page.locator(".save-menu")).to_have_count(0)


def test_a_refusal_is_said_in_the_dialog(open_page):
    page = open_page("/planner")
    page.context.watched.allowed.add(503)
    page.route("**/planner/map.html*", lambda route: route.fulfill(status=503, body="{}"))
    page.click(".save-menu summary")
    weighed(page)
    page.locator(".save-menu .main").click()
    expect(page.locator(".save-menu .refused")).to_be_visible()
    expect(page.locator(".save-menu .main")).to_be_enabled()


@pytest.mark.parametrize(("page_name", "theme"), [("planner", "light"), ("command", "dark")])
def test_the_dialog_fits_a_phone(open_page, artefact, page_name, theme):
    page = open_page(f"/{page_name}", role="commander", size=(390, 844), theme=theme)
    page.click(".save-menu summary")
    weighed(page)
    for part in (".save-menu .menu-body", ".save-menu .main"):
        box = page.locator(part).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 844
    page.screenshot(path=artefact(f"{page_name}-save-phone"))
    with page.expect_download():
        page.locator(".save-menu .main").click()
