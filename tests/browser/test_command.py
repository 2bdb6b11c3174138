"""The command centre as a commander uses it, in a real browser over the demo city."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import re
import statistics
from datetime import UTC, datetime

import folium
import geopandas as gpd
import numpy as np
import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from api.ogc import tiles as ogc_tiles
from geodata.cases import tiling
from geodata.cases.columns import pack
from geodata.cases.querying import CasePoints
from webmap import assets
from webmap.elements import HeatLayer, IncidentLayer

DESK, WALL, PHONE = (1440, 900), (3840, 2160), (390, 844)
NASTY = '<img src=x onerror="globalThis.bitten=1"><script>globalThis.bitten=1</script>'

PAINTED = """(selector) => {
  const canvas = document.querySelector(selector ?? "canvas.wangge-surface");
  if (!canvas || !canvas.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted++;
  return painted;
}"""


def until(page, function, *, least=500) -> None:
    """Wait until a function in the page gives ``least`` (a policy forbids the page's own polls)."""
    for _ in range(150):
        if page.evaluate(function) >= least:
            return
        page.wait_for_timeout(200)
    pytest.fail(f"it never came: {function}")


def number(locator) -> int:
    """The number that an element shows."""
    return int(re.sub(r"\D", "", locator.inner_text()))


def listed(page) -> int:
    """How many cases the list says it has."""
    page.wait_for_timeout(120)
    return number(page.locator("[data-part=list] h2"))


def add_case(database, **values) -> int:
    row = {
        "source": "snap", "category": "noise", "state": "reported", "title": "夜间施工",
        "reported_at": datetime.now(UTC), "geom": "SRID=4326;POINT(118.35 35.05)", **values,
    }  # fmt: skip
    names, bound = ", ".join(row), ", ".join(f":{name}" for name in row)
    with database.begin() as tx:
        found = tx.connection.execute(
            text(f"insert into cases ({names}) values ({bound}) returning id"), row
        ).scalar_one()
        tx.changed("cases", str(found), "added")
    return int(found)


# --- how it looks -----------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, WALL, PHONE], ids=["desk", "wall", "phone"])
def test_the_page_shows_points_and_fits_its_screen(open_page, artefact, size, theme):
    page = open_page("/command", role="commander", size=size, theme=theme)
    until(page, PAINTED)
    page.wait_for_load_state("networkidle")
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
    page.wait_for_load_state("networkidle")
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
    page.wait_for_timeout(2500)
    assert slider.get_attribute("aria-valuetext") != first
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
    assert page.get_by_text("导出 CSV").count() == 0


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


def test_more_cases_than_fit_are_said_and_not_hidden(open_page, demo_app):
    kept = demo_app.extensions.get("wangge-case-points")
    demo_app.extensions["wangge-case-points"] = CasePoints(limit=2_000)
    try:
        page = open_page("/command#period=all", role="commander")
        notice = page.locator("[data-part=notice]")
        expect(notice).to_contain_text("100,000")
        whole = notice.get_by_role("button", name="全部案件按汇总显示")
        expect(whole).to_have_attribute("aria-pressed", "true")
        expect(notice).to_contain_text("汇总")
        until(page, PAINTED)
        with page.expect_request(lambda request: "category=noise" in request.url) as asked:
            page.locator(".bar-row[data-key=noise]").click()
        assert "/ogc/collections/cases/tiles/" in asked.value.url
        whole.click()
        expect(whole).to_have_attribute("aria-pressed", "false")
        page.locator("[data-period=today]").click()
        expect(notice).to_be_hidden()
    finally:
        demo_app.extensions["wangge-case-points"] = kept or CasePoints()


LONELY = """
    SELECT c.id, c.category, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat FROM cases c
    WHERE c.reported_at < (SELECT reported_at FROM cases ORDER BY reported_at DESC OFFSET 3000 LIMIT 1)
      AND c.closed_at IS NOT NULL AND c.geom IS NOT NULL
      AND NOT EXISTS (SELECT FROM cases o WHERE o.id <> c.id AND ST_DWithin(o.geom, c.geom, 0.0004))
    ORDER BY c.id LIMIT 1
"""


def with_few_points(app):
    """The application as if it had more cases than it sends as points; gives what to undo."""
    kept = app.extensions.get("wangge-case-points")
    app.extensions["wangge-case-points"] = CasePoints(limit=2_000)
    return lambda: app.extensions.update({"wangge-case-points": kept or CasePoints()})


@pytest.mark.parametrize("by_place", [False, True], ids=["by its number", "by its place"])
def test_a_single_case_among_totals_opens_its_record(
    open_page, demo_app, demo_database, by_place, monkeypatch
):
    with demo_database.read() as connection:
        case = connection.execute(text(LONELY)).one()
    undo = with_few_points(demo_app)
    if by_place:
        # Every tile in cells: what stands alone has no number of its own.
        monkeypatch.setattr(tiling, "POINTS", 0)
        monkeypatch.setattr(ogc_tiles, "FORM", ogc_tiles.FORM + 1000)
    try:
        page = open_page(f"/command#period=all&map=18/{case.lat}/{case.lon}", role="commander")
        until(page, PAINTED, least=50)
        box = page.locator(".leaflet-container").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        record = page.locator("[data-part=record]")
        expect(record).to_contain_text(f"#{case.id}")
        assert f"case={case.id}" in page.url
        expect(record.locator(".record-steps")).to_contain_text("上报")
        expect(record.locator("dl.facts").first).to_be_visible()
        expect(record.get_by_role("button", name="定位")).to_be_visible()
    finally:
        undo()


def test_totals_are_of_the_chosen_grid_or_compound(open_page, demo_app, demo_database):
    with demo_database.read() as connection:
        grid = connection.execute(
            text("SELECT grid_code FROM cases GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        ).scalar_one()
    undo = with_few_points(demo_app)
    try:
        page = open_page("/command#period=all", role="commander")
        until(page, PAINTED)
        whole = page.evaluate(PAINTED)
        with page.expect_request(lambda request: f"area={grid}" in request.url) as asked:
            page.evaluate(f"location.hash = '#period=all&area={grid}'")
        assert "/ogc/collections/cases/tiles/" in asked.value.url
        assert asked.value.response().ok
        page.wait_for_timeout(1_000)
        assert 0 < page.evaluate(PAINTED) < whole / 2
    finally:
        undo()


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


# --- modules ----------------------------------------------------------------------------------


def run(page, source, argument=None):
    """What a module's function gives, run in the page."""
    return page.evaluate(source, argument)


def test_100_000_cases_are_filtered_within_30_ms(open_page):
    page = open_page("/command#period=all", role="viewer")
    times = page.evaluate(
        """async () => {
          const found = [];
          for (let i = 0; i < 15; i++) {
            const button = document.querySelector(`.bar-row[data-key=${i % 2 ? "noise" : "parking"}]`);
            const began = performance.now();
            button.click();
            found.push(performance.now() - began);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          }
          return found;
        }"""
    )
    assert statistics.median(times) < 30, times


def test_no_point_is_lost_or_counted_twice_in_clusters(open_page):
    page = open_page("/command", role="viewer")
    found = run(
        page,
        """async () => {
          const { cluster, members } = await import("wangge/layers/clusters.js");
          let seed = 7;
          const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
          const n = 20000;
          const points = { x: Float64Array.from({ length: n }, chance), y: Float64Array.from({ length: n }, chance) };
          const kinds = Uint8Array.from({ length: n }, () => Math.floor(chance() * 4));
          const shown = Uint32Array.from(points.x.keys());
          const got = cluster(points, shown, { kinds, kindCount: 4, unit: 1000, radius: 40, box: { west: 0, north: 0, east: 1, south: 1 }, marked: (i) => i % 10 === 0 });
          const sum = (values) => values.reduce((a, b) => a + b, 0);
          let least = Infinity;
          for (let a = 0; a < got.count; a++) least = Math.min(least, members(points, shown, got, a).length - got.size[a]);
          return { count: got.count, sizes: sum(got.size), mix: sum(got.mix), marks: sum(got.marks), least };
        }""",
    )
    assert found["sizes"] == found["mix"] == 20_000
    assert found["marks"] == 2_000
    assert found["least"] == 0
    assert 200 < found["count"] < 2_000


def test_drawn_clusters_never_lie_over_each_other(open_page):
    page = open_page("/command", role="viewer")
    found = run(
        page,
        """async () => {
          const { cluster } = await import("wangge/layers/clusters.js");
          const { drawnRadius } = await import("wangge/layers/points.js");
          let seed = 11;
          const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
          const n = 20000;
          const spots = Array.from({ length: 40 }, () => [0.8 + chance() * 0.002, 0.4 + chance() * 0.001, chance() ** 3 * 4e-4]);
          const place = () => spots[Math.floor(chance() * 40)];
          const points = { x: new Float64Array(n), y: new Float64Array(n) };
          for (let i = 0; i < n; i++) {
            const [x, y, wide] = place();
            points.x[i] = x + (chance() + chance() - 1) * wide;
            points.y[i] = y + (chance() + chance() - 1) * wide;
          }
          const kinds = new Uint8Array(n);
          const shown = Uint32Array.from(points.x.keys());
          const got = [];
          for (let zoom = 4; zoom <= 20; zoom++) for (const scale of [1, 2]) {
            const unit = 256 * 2 ** zoom;
            const near = zoom >= 16;
            const [middleX, middleY] = spots[zoom % 40];
            const half = [1000 / unit, 600 / unit];
            const box = { west: middleX - half[0], east: middleX + half[0], north: middleY - half[1], south: middleY + half[1] };
            const radiusOf = (size) => drawnRadius(size, { near, scale });
            const all = cluster(points, shown, { kinds, kindCount: 2, unit, radius: (near ? 9 : 50) * scale, box });
            const { x, y, size, count, owner } = cluster(points, shown, { kinds, kindCount: 2, unit, radius: (near ? 9 : 50) * scale, box, radiusOf });
            let most = 0;
            for (let a = 0; a < count; a++) for (let b = 0; b < a; b++) {
              if (size[a] === 1 && size[b] === 1) continue;
              most = Math.max(most, radiusOf(size[a]) + radiusOf(size[b]) - Math.hypot(x[a] - x[b], y[a] - y[b]) * unit);
            }
            const sum = (values) => values.reduce((one, other) => one + other, 0);
            got.push({ zoom, scale, most, lost: sum(all.size) - sum(size), wrong: owner.some((one) => one >= count), count });
          }
          return got;
        }""",
    )
    assert max(one["most"] for one in found) < 2.01, found
    assert not any(one["lost"] or one["wrong"] for one in found)
    assert max(one["count"] for one in found) > 20


def test_the_browser_reads_columns_as_python_wrote_them(open_page):
    page = open_page("/command", role="viewer")
    count = 5
    columns = {
        "id": np.arange(1, count + 1, dtype="<u4"),
        "lon": np.array([1183000000, -(2**31), 0, 1800000000, -1800000000], "<i4"),
        "lat": np.array([350500000, -(2**31), 0, 850000000, -850000000], "<i4"),
        **{name: np.arange(count, dtype="<i4") * 60 for name in ("reported", "due", "closed")},
        **{name: np.array([0, 1, 255, 0, 1], "<u1") for name in ("category", "source", "state")},
        **{name: np.array([0, 65535, 1, 1, 0], "<u2") for name in ("area", "grid", "compound")},
    }
    keys = {
        name: ["a", "b"] for name in ("category", "source", "state", "area", "grid", "compound")
    }
    changed = {name: values[:2].copy() for name, values in columns.items()}
    changed["id"] = np.array([2, 9], "<u4")
    changed["area"] = np.array([0, 1], "<u2")
    later = {**keys, "area": ["new", "b"]}
    head = {"versions": {}, "as_of": "2026-06-01T00:00:00Z", "total": 6}
    found = run(
        page,
        """async ([one, two]) => {
          const { decode, merge, newestFirst } = await import("wangge/command/columns.js");
          const cases = decode(Uint8Array.from(one).buffer);
          const merged = merge(cases, decode(Uint8Array.from(two).buffer));
          return { x: [...cases.x].map((v) => (Number.isNaN(v) ? null : v)), area: [...cases.area], order: [...newestFirst(cases)],
            ids: [...merged.id], areas: [...merged.area].map((i) => merged.dictionaries.area[i] ?? null) };
        }""",
        [
            list(pack(columns, {**head, "dictionaries": keys})),
            list(pack(changed, {**head, "dictionaries": later})),
        ],
    )
    assert found["x"] == pytest.approx([118.3 / 360 + 0.5, None, 0.5, 1.0, 0.0])
    assert found["area"] == [0, -1, 1, 1, 0]
    assert found["order"] == [4, 3, 2, 1, 0]
    assert found["ids"] == [1, 2, 3, 4, 5, 9]
    assert found["areas"] == ["a", "new", "b", "b", "a", "b"]


def test_days_begin_at_the_citys_midnight_whatever_the_browser_thinks(open_page):
    page = open_page("/command", role="viewer")
    found = run(
        page,
        """async () => {
          const { Calendar } = await import("wangge/command/calendar.js");
          const berlin = new Calendar("Europe/Berlin");
          const shanghai = new Calendar("Asia/Shanghai");
          const at = (text) => Date.parse(text) / 60000;
          const day = berlin.parse("2026-10-25");
          return {
            length: berlin.start(day + 1) - berlin.start(day),
            iso: shanghai.iso(shanghai.day(at("2026-05-31T16:00:00Z"))),
            hour: shanghai.hour(at("2026-05-31T16:00:00Z")),
            before: berlin.hour(at("2026-10-25T00:30:00Z")), after: berlin.hour(at("2026-10-25T01:30:00Z")),
            nothing: shanghai.parse("2026-6-1"),
          };
        }""",
    )
    assert found["length"] == 25 * 60
    assert (found["iso"], found["hour"]) == ("2026-06-01", 0)
    assert (found["before"], found["after"]) == (2, 2)
    assert found["nothing"] != found["nothing"]  # NaN


def test_density_keeps_every_case_and_its_unit(open_page):
    page = open_page("/command", role="viewer")
    total = run(
        page,
        """async () => {
          const { density } = await import("wangge/layers/heat.js");
          const points = { x: Float64Array.of(0.5, 0.51), y: Float64Array.of(0.5, 0.5) };
          const frame = { width: 800, height: 600, unit: 4000, west: 1600, north: 1700 };
          return density(points, Uint32Array.of(0, 1), frame, 20).values.reduce((a, b) => a + b, 0);
        }""",
    )
    assert total == pytest.approx(2, abs=1e-3)


# --- in a notebook ----------------------------------------------------------------------------


def test_incidents_and_density_draw_on_a_plain_folium_map(chromium, tmp_path):
    random = np.random.default_rng(3)
    points = gpd.points_from_xy(random.normal(118.35, 0.01, 500), random.normal(35.05, 0.01, 500))
    frame = gpd.GeoDataFrame({"kind": [NASTY, "停车秩序"] * 250}, geometry=points, crs=4326)
    drawn = folium.Map(location=[35.05, 118.35], zoom_start=14, tiles=None)
    HeatLayer(frame.to_crs(4548), radius_m=400).add_to(drawn)
    IncidentLayer(frame, category="kind", label="kind").add_to(drawn)
    drawn.save(tmp_path / "notebook.html")
    context = chromium.new_context(viewport={"width": 900, "height": 640})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def answer(route):
        name = route.request.url.rsplit("/", 1)[-1]
        local = name in {"leaflet.js", "leaflet.css"}
        route.fulfill(body=assets.read(f"vendor/leaflet/{name}") if local else "")

    context.route(re.compile(r"^https?://"), answer)
    page.goto((tmp_path / "notebook.html").as_uri())
    until(page, "() => 1000 * (document.querySelectorAll('canvas.wangge-surface').length - 1)")
    until(page, PAINTED)
    assert wrong == []
    assert page.evaluate("globalThis.bitten") is None
    context.close()


# --- that everybody can read it ----------------------------------------------------------------

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
@pytest.mark.parametrize("state", ["", "show=places&level=grid", "show=heat"])
def test_all_text_stands_out_from_its_ground(open_page, theme, state):
    page = open_page(f"/command#{state}", role="commander", theme=theme)
    page.wait_for_load_state("networkidle")
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
