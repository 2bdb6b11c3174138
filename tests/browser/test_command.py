"""The command centre as a commander uses it, in a real browser over the demo city."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import re

import pytest
from command_page import NASTY, PAINTED, add_case, listed, number, settled, until
from playwright.sync_api import expect
from sqlalchemy import text

DESK, WALL, PHONE = (1440, 900), (3840, 2160), (390, 844)

# --- how it looks -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "theme"),
    [(DESK, "dark"), (DESK, "light"), (WALL, "dark"), (PHONE, "light")],
    ids=["dark", "light", "wall", "phone"],
)
def test_the_page_shows_points_and_fits_its_screen(open_page, artefact, size, theme):
    page = open_page("/command", role="commander", size=size, theme=theme)
    until(page, PAINTED)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.screenshot(path=artefact(f"command-{size[0]}x{size[1]}-{theme}"))


@pytest.mark.parametrize(
    ("name", "state"),
    [("density", "show=heat&period=all"), ("places", "show=places&level=grid"), ("wall", "wall=1")],
)
def test_density_places_and_the_wall_are_a_link_away(open_page, artefact, name, state):
    size = WALL if name == "wall" else DESK
    page = open_page(f"/command#{state}", role="commander", size=size)
    settled(page)
    if name == "places":
        expect(page.locator(".rank-row").first).to_be_visible()
        expect(page.locator(".legend-classes li")).to_have_count(6)
    else:
        until(page, PAINTED)
    expect(page.locator("[data-part=switches]")).to_be_visible(visible=name != "wall")
    page.screenshot(path=artefact(f"command-{name}"))


def test_the_wall_is_entered_and_left_by_a_key(open_page):
    page = open_page("/command", role="commander")
    before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.keyboard.press("f")
    page.wait_for_selector(":root[data-wall]")
    until(page, "parseFloat(getComputedStyle(document.body).fontSize)", least=before + 1)
    assert "wall=1" in page.url
    page.keyboard.press("f")
    page.wait_for_selector(":root:not([data-wall])")
    assert "wall" not in page.url


def test_a_phone_opens_one_panel_at_a_time(open_page):
    page = open_page("/command", role="commander", size=PHONE)
    expect(page.locator(".command-right")).to_be_hidden()
    page.get_by_role("button", name="列表").click()
    expect(page.locator(".case-row").first).to_be_visible()
    page.get_by_role("button", name="筛选", exact=True).click()
    expect(page.locator(".command-right")).to_be_hidden()
    expect(page.locator(".bar-row").first).to_be_visible()


def test_the_page_is_english_by_one_click(open_page):
    page = open_page("/command", role="commander")
    expect(page.locator("[data-part=filters] h2")).to_have_text("筛选")
    page.click("[data-language]")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("[data-part=filters] h2")).to_have_text("Filters")


# --- what it counts ---------------------------------------------------------------------------


def test_the_figures_are_those_of_the_server(open_page, live):
    page = open_page("/command", role="commander")
    before = page.request.get(f"{live}/api/v1/cases/summary").json()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    values = page.locator(".figure b").all_inner_texts()
    after = page.request.get(f"{live}/api/v1/cases/summary").json()
    today, still_open, overdue = (int(value.replace(",", "")) for value in values[:3])
    assert (today, still_open) == (after["today"], after["open"])
    # a limit may run out while the page opens
    assert before["overdue"] <= overdue <= after["overdue"]
    assert float(values[3].rstrip("%")) == pytest.approx(after["on_time_rate"] * 100, abs=0.06)


@pytest.mark.parametrize(("level", "by"), [("community", "area"), ("street_office", "area"), ("grid", "grid")])  # fmt: skip
def test_places_count_the_same_in_the_browser_and_on_the_server(open_page, live, level, by):
    page = open_page(f"/command#period=all&show=places&measure=rate&level={level}", role="viewer")
    query = f"by={by}" + (f"&level={level}" if by == "area" else "")
    said = page.request.get(f"{live}/api/v1/cases/counts?{query}").json()["places"]
    expect(page.locator(".rank-row")).to_have_count(len(said))
    rates = [
        float(value.replace(",", "")) for value in page.locator(".rank-value").all_inner_texts()
    ]
    details = page.locator(".rank-detail").all_inner_texts()
    counts = [
        [int(word.replace(",", "")) for word in re.findall(r"[\d,]+", line)] for line in details
    ]
    assert rates == pytest.approx([row["rate"] for row in said], abs=0.051)
    assert sorted(counts) == sorted([row["count"], row["households"]] for row in said)


def test_a_filter_reaches_list_and_address_and_survives_a_reload(open_page):
    page = open_page("/command#period=all", role="commander")
    everything = listed(page)
    noise = page.locator(".bar-row[data-key=noise]")
    expected = number(noise.locator(".bar-value"))
    noise.click()
    expect(noise).to_have_attribute("aria-pressed", "true")
    assert 0 < listed(page) <= expected < everything
    page.wait_for_url(re.compile("category=noise"))
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator(".bar-row[data-key=noise]")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="清除筛选").click()
    assert listed(page) == everything


def test_a_chart_keeps_its_own_bars_when_it_filters(open_page):
    page = open_page("/command#period=all", role="commander")
    before = page.locator(".bar-row[data-key=parking] .bar-value").inner_text()
    page.locator(".bar-row[data-key=noise]").click()
    assert page.locator(".bar-row[data-key=parking] .bar-value").inner_text() == before


def test_the_view_of_the_map_filters_the_list(open_page):
    page = open_page("/command#period=all", role="commander")
    everything = listed(page)
    page.evaluate(
        "globalThis.wangge.map.setZoom(globalThis.wangge.map.getZoom() + 3, { animate: false })"
    )
    assert 0 < listed(page) < everything


def test_an_area_is_found_by_name_and_filters(open_page, live):
    page = open_page("/command#period=all", role="commander")
    place = page.request.get(f"{live}/api/v1/cases/counts?by=area&level=community").json()[
        "places"
    ][0]
    page.get_by_placeholder("查找区域、网格或小区").fill(place["name"])
    page.locator(f".tree-name[data-key='{place['code']}']").click()
    assert page.locator(".chip").inner_text().startswith(place["name"])
    shown = page.locator(".player-said b")
    expect(shown).to_have_text(f"{place['count']:,}")


def test_hours_are_brushed_by_keyboard(open_page):
    page = open_page("/command#period=all", role="commander")
    everything = listed(page)
    page.locator(".hours-box").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url(re.compile("hours=8-9"))
    assert 0 < listed(page) < everything
    page.keyboard.press("Escape")
    assert listed(page) == everything


# --- the player -------------------------------------------------------------------------------


def test_the_window_is_moved_by_keys_and_the_list_follows(open_page):
    page = open_page("/command#period=7d", role="commander")
    everything = listed(page)
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    first = slider.get_attribute("aria-valuetext")
    assert 0 < listed(page) < everything
    page.keyboard.press("PageDown")
    assert slider.get_attribute("aria-valuetext") != first
    page.keyboard.press("Escape")
    assert listed(page) == everything


def test_a_week_is_played_and_paused(open_page):
    page = open_page("/command", role="commander")
    page.get_by_role("button", name="放一周").click()
    slider = page.get_by_role("slider")
    first = slider.get_attribute("aria-valuetext")
    expect(slider).not_to_have_attribute("aria-valuetext", first)
    page.get_by_role("button", name="暂停").click()
    still = slider.get_attribute("aria-valuetext")
    page.wait_for_timeout(1300)
    assert slider.get_attribute("aria-valuetext") == still


# --- one case ---------------------------------------------------------------------------------


def test_a_case_is_opened_and_closed_by_keys(open_page):
    page = open_page("/command", role="commander")
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    record = page.locator("[data-part=record]")
    expect(record).to_contain_text("标题")
    opened = page.locator(".case-row.is-selected").get_attribute("data-case")
    assert f"case={opened}" in page.url
    page.keyboard.press("Escape")
    expect(record).to_be_hidden()


def test_a_link_opens_its_case_and_a_viewer_reads_no_title(open_page, demo_database):
    with demo_database.read() as connection:
        row = connection.execute(
            text("select id, title from cases where title <> '' order by reported_at desc limit 1")
        ).one()
    page = open_page(f"/command#case={row.id}", role="viewer")
    record = page.locator("[data-part=record]")
    expect(record).to_contain_text("只对本辖区有权限的人员显示")
    assert row.title not in page.content()
    assert page.locator(".export-menu").count() == 0


LONE_POINT = """async () => {
  const { map, points } = await import("wangge/command/opening.js");
  const { x, y, size, count } = points.drawn;
  const places = Array.from({ length: count }, (_, k) => map.latLngToContainerPoint(map.unproject([x[k] * 256, y[k] * 256], 0)));
  const middle = map.getSize().divideBy(2);
  const isLone = (k) => size[k] === 1 && places.every((other, n) => n === k || other.distanceTo(places[k]) > 30);
  const lone = [...places.keys()].filter(isLone).sort((a, b) => middle.distanceTo(places[a]) - middle.distanceTo(places[b]));
  const box = map.getContainer().getBoundingClientRect();
  return [box.left + places[lone[0]].x, box.top + places[lone[0]].y];
}"""


def test_a_click_on_the_map_opens_a_single_case(open_page):
    page = open_page("/command", role="commander")
    page.locator(".case-row").first.click()
    page.wait_for_timeout(300)
    page.keyboard.press("Escape")
    expect(page.locator("[data-part=record]")).to_be_hidden()
    page.mouse.click(*page.evaluate(LONE_POINT))
    expect(page.locator("[data-part=record] h2")).to_be_visible()
    assert "case=" in page.url


# --- what goes wrong --------------------------------------------------------------------------


def test_markup_in_any_text_stays_text(open_page, own_live, own_demo_database):
    number_ = add_case(
        own_demo_database, category=NASTY, source=NASTY, state=NASTY, title=NASTY,
        description=NASTY, address=NASTY, reporter_name=NASTY,
    )  # fmt: skip
    with own_demo_database.begin() as tx:
        tx.connection.execute(text("update areas set name = :nasty"), {"nasty": NASTY})
        tx.changed("areas", action="loaded")
    page = open_page(f"/command#case={number_}", role="commander", address=own_live)
    expect(page.locator("[data-part=record]")).to_contain_text("<script>")
    page.locator("[data-part=switches] button", has_text="分区").click()
    page.wait_for_timeout(400)
    assert page.evaluate("globalThis.bitten") is None
    assert page.locator("img[src=x]").count() == 0


def test_a_new_case_appears_and_the_view_stays(open_page, own_live, own_demo_database):
    page = open_page("/command", role="commander", address=own_live)
    before, view = listed(page), page.evaluate("globalThis.wangge.map.getBounds().toBBoxString()")
    found = add_case(own_demo_database, category="dispute")
    expect(page.locator(f".case-row[data-case='{found}']")).to_be_visible(timeout=25_000)
    assert listed(page) == before + 1
    assert page.evaluate("globalThis.wangge.map.getBounds().toBBoxString()") == view


def test_a_silent_server_is_said_and_asked_again(open_page):
    page = open_page("/command", role="commander", ready=None)
    page.context.watched.allowed.add(503)
    page.context.route(
        "**/api/v1/cases/points*", lambda route: route.fulfill(status=503, body="{}")
    )
    page.reload()
    retry = page.locator("[data-part=notice]").get_by_role("button", name="重试")
    expect(retry).to_be_visible()
    page.context.unroute("**/api/v1/cases/points*")
    retry.click()
    expect(page.locator(".case-row").first).to_be_visible()
    expect(page.locator("[data-part=notice]")).to_be_hidden()


def test_no_case_at_all_is_said(open_page):
    page = open_page("/command#period=2001-01-01..2001-01-02", role="commander")
    expect(page.locator("[data-part=list] .empty")).to_contain_text("没有符合条件的案件")
    page.locator("[data-part=list] .empty button").click()
    expect(page.locator(".case-row").first).to_be_visible()


CONTRAST = """() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (upper, lower) => [0, 1, 2].map((i) => upper[i] * upper[3] + lower[i] * (1 - upper[3]));
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    if (!text || element.closest("svg, canvas, option, [hidden], .skip") || element.disabled || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const below = ground(element);
    const ink = over(rgba(getComputedStyle(element).color), below);
    const [low, high] = [light(ink), light(below)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    found.push([Math.round(ratio * 100) / 100, text.slice(0, 20), element.className?.toString() ?? ""]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_all_text_stands_out_from_its_ground(open_page, theme):
    page = open_page("/command", role="commander", theme=theme)
    for state in ("", "show=places&level=grid", "show=heat"):
        page.evaluate("(state) => { location.hash = state; }", state)
        settled(page)
        measured = page.evaluate(CONTRAST)
        assert len(measured) > 60
        assert [one for one in measured if one[0] < 4.5] == []


def test_at_twice_the_size_everything_is_still_there(open_page):
    page = open_page("/command", role="commander", size=(720, 450))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="列表").click()
    expect(page.locator(".case-row").first).to_be_visible()
    page.get_by_role("button", name="筛选", exact=True).click()
    expect(page.locator("[data-period=today]")).to_be_visible()


def test_printing_gives_the_map_its_legend_and_the_list(open_page):
    page = open_page("/command", role="commander")
    page.emulate_media(media="print")
    for part in (".wangge-map", "[data-part=legend]", ".case-row >> nth=0"):
        expect(page.locator(part)).to_be_visible()
    expect(page.locator("[data-part=legend] li").first).to_be_visible()
    for part in ("filters", "player", "switches"):
        expect(page.locator(f"[data-part={part}]")).to_be_hidden()


def test_the_page_can_be_used_while_the_cases_are_still_on_their_way(open_page):
    page = open_page("/command", role="commander", ready=None)
    held = []
    page.route("**/api/v1/cases/points*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright refuses methods of built-in types
    page.reload(wait_until="domcontentloaded")
    zoom_in = page.get_by_role("button", name="放大", exact=True)
    zoom_in.click()
    page.wait_for_timeout(1500)  # what follows a move of the map has happened
    zoom_in.click()
    page.wait_for_timeout(500)
    for route in held:
        route.continue_()
    page.unroute("**/api/v1/cases/points*")
    page.wait_for_selector("body[data-ready]", timeout=30_000)
