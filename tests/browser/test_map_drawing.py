"""What the canvas draws: water and streets as wide as they are, names where there is room."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import math

import pytest
import sqlalchemy as sa
from command_page import settled, until
from playwright.sync_api import expect
from shapely import MultiPolygon, box
from sqlalchemy.dialects.postgresql import Range

from geodata.accounts import Actor
from geodata.accounts.users import add_user
from geodata.places.tables import areas

WIDEST_RUN = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--map-water");
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  let widest = 0;
  for (const tile of document.querySelectorAll(".leaflet-tile-container canvas")) {
    const { data, width, height } = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height);
    for (let y = 0; y < height; y += 16) {
      for (let x = 0, run = 0; x < width; x++) {
        const i = 4 * (y * width + x);
        run = data[i] === r && data[i + 1] === g && data[i + 2] === b ? run + 1 : 0;
        widest = Math.max(widest, run);
      }
    }
  }
  return widest;
}"""


def names(page) -> int:
    return page.evaluate("wangge.elements.labels.then((labels) => labels.drawn.length)")


@pytest.mark.parametrize("zoom", [14, 15, 16])
def test_the_river_is_as_wide_on_the_map_as_on_the_ground(open_page, zoom):
    page = open_page(f"/planner#layers=streets&map={zoom}/35.06/118.352")
    settled(page)
    pixels = 124 / (156543.034 * math.cos(math.radians(35.06)) / 2**zoom)
    # the river runs aslant, so that a row of pixels crosses it on a longer way
    assert pixels * 0.95 <= page.evaluate(WIDEST_RUN) <= pixels * 2.5


def test_streets_are_named_along_themselves_and_touch_no_other_name(open_page, artefact):
    page = open_page("/planner#layers=labels,streets&map=17/35.062/118.345")
    settled(page)
    boxes = page.evaluate("wangge.elements.labels.then((labels) => labels.drawn)")
    assert len(boxes) > 8
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    page.screenshot(path=artefact("street-names"))
    page.uncheck("[data-layer=streets]")
    page.wait_for_timeout(400)
    assert names(page) == 0


def test_each_community_is_named_once(open_page):
    page = open_page("/planner#layers=areas,labels&map=14/35.06/118.34")
    settled(page)
    said = page.evaluate(
        """async () => {
          const labels = await wangge.elements.labels;
          const said = [];
          const paint = CanvasRenderingContext2D.prototype.fillText;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { said.push(text); return paint.call(this, text, ...rest); };
          await labels._draw();
          CanvasRenderingContext2D.prototype.fillText = paint;
          return said;
        }"""
    )
    assert len(said) > 20
    assert len(said) == len(set(said))


def test_a_moved_pointer_draws_again_only_the_tiles_that_show_it(open_page):
    page = open_page("/planner#layers=areas,compounds&map=16/35.06/118.34")
    settled(page)
    page.evaluate(
        """async () => {
          const { stackOf } = await import("wangge/layers/stack.js");
          const stack = stackOf(wangge.map);
          const draw = stack._draw;
          globalThis.drawn = new Set();
          stack._draw = function (tile, coords) { drawn.add(tile); return draw.call(this, tile, coords); };
        }"""
    )
    tiles = page.evaluate("document.querySelectorAll('.leaflet-tile-container canvas').length")
    for x in range(500, 900, 40):
        page.mouse.move(x, 430)
        page.wait_for_timeout(30)
    assert 0 < page.evaluate("drawn.size") < tiles


@pytest.fixture(params=["city", "linyi"])
def wide_city(database, settings, serve, password, request):
    """A city that has one level of areas, some forty kilometres wide.

    ``city`` knows no other level, ``linyi`` knows larger ones, of which there are none yet.
    """
    from app import create_app

    add_user(database, Actor.terminal(), "planner", role="planner", password=password)
    with database.begin() as tx:
        for number in range(16):
            west, south = 118 + 0.1 * (number % 4), 35 + 0.08 * (number // 4)
            shape = MultiPolygon([box(west, south, west + 0.1, south + 0.08)]).wkt
            row = {"code": f"{number:02}", "name": f"NORTH PARK {number}", "level": "community"}
            tx.connection.execute(
                sa.insert(areas).values(**row, held=Range(None, None), geom=f"SRID=4326;{shape}")
            )
        tx.changed("areas", None, "loaded")
    with serve(
        create_app(settings.model_copy(update={"profile": request.param}), database)
    ) as address:
        yield address


@pytest.mark.parametrize("path", ["/planner", "/command"])
def test_where_there_is_one_level_its_names_are_read_at_the_first_view(open_page, wide_city, path):
    page = open_page(path, address=wide_city)
    settled(page)
    until(page, "() => wangge.elements.labels.then((labels) => labels.drawn.length)", least=16)
    assert names(page) == 16
    shown = page.evaluate("wangge.map.getBounds().toBBoxString()")
    west, south, east, north = map(float, shown.split(","))
    assert west < 118
    assert east > 118.4
    assert south < 35
    assert north > 35.32


def test_a_layer_without_records_has_no_live_switch(open_page, wide_city):
    page = open_page("/planner", address=wide_city)
    settled(page)
    box = page.locator("[data-layer=grids]")
    expect(box).to_be_disabled()
    expect(page.locator("label:has([data-layer=grids])")).to_have_attribute("title", "暂无数据")
    expect(page.locator("[data-layer=areas]")).to_be_enabled()


@pytest.mark.parametrize("path", ["/planner", "/command"])
def test_the_first_view_is_filled_by_the_district_and_the_buttons_go_in_whole_zooms(
    open_page, path
):
    page = open_page(path)
    settled(page)
    shown = page.evaluate(
        """async () => {
          const { box } = await fetch("/api/v1/places/summary").then((r) => r.json());
          const corner = (i, j) => wangge.map.latLngToContainerPoint([box[j], box[i]]);
          const [a, b] = [corner(0, 3), corner(2, 1)];
          const size = wangge.map.getSize();
          return { width: b.x - a.x, height: b.y - a.y, size: [size.x, size.y], a, b };
        }"""
    )
    panels = 680 if path == "/planner" else 56  # pixels beside the map's free part
    wide = shown["width"] / (shown["size"][0] - panels)
    high = shown["height"] / (shown["size"][1] - 100)
    assert 0.95 < max(wide, high) < 1.05
    assert shown["a"]["x"] > 0
    assert shown["b"]["y"] < shown["size"][1]
    assert page.evaluate("wangge.map.getZoom() % 1") != 0
    page.get_by_role("button", name="放大", exact=True).click()
    page.wait_for_function("() => wangge.map.getZoom() % 1 === 0")


def test_a_link_to_a_view_between_whole_zooms_shows_that_view_with_lines_as_wide(open_page):
    """What is drawn at zoom 16 is as wide on the screen as at 16.4, and as sharp."""
    widest = {}
    for zoom in (16, 16.4):
        page = open_page(f"/planner#layers=streets&map={zoom}/35.06/118.352")
        settled(page)
        assert page.evaluate("wangge.map.getZoom()") == zoom
        tile = page.locator("canvas.leaflet-tile").first
        widest[zoom] = tile.evaluate("(tile) => tile.width / tile.getBoundingClientRect().width")
    assert widest == pytest.approx({16: 1.0, 16.4: 1.0}, abs=0.01)
