"""The modules of the command centre: clusters, columns, days, density."""
# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import re

import folium
import geopandas as gpd
import numpy as np
import pytest
from command_page import NASTY, PAINTED, until

from geodata.cases.map.columns import pack
from webmap import assets
from webmap.elements import HeatLayer, IncidentLayer

DESK, WALL, PHONE = (1440, 900), (3840, 2160), (390, 844)


def run(page, source, argument=None):
    """What a module's function gives, run in the page."""
    return page.evaluate(source, argument)


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


def test_a_line_that_falls_silent_without_breaking_off_is_given_up_and_taken_up_again(open_page):
    found = run(
        open_page("/command", role="viewer"),
        """async () => {
          const { Feed } = await import("wangge/command/feed.js");
          const later = window.setTimeout, ask = window.fetch;
          window.setTimeout = (what, after) => later(what, after / 200);  // minutes pass in a moment
          const asked = [], said = [], told = [];
          window.fetch = (address, options) => {
            if (!String(address).startsWith("/dead-line")) return ask(address, options);
            asked.push(options.headers["Last-Event-ID"]);
            const words = asked.length === 1 ? 'id: 8\\nevent: case\\ndata: a\\n\\n' : 'id: 8\\nevent: case\\ndata: a\\n\\nid: 9\\nevent: case\\ndata: b\\n\\n';
            const body = new ReadableStream({ start(line) {
              line.enqueue(new TextEncoder().encode(words));  // and then nothing more, for ever
              options.signal.addEventListener("abort", () => line.error(new DOMException("", "AbortError")));
            } });
            return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
          };
          const feed = new Feed({ address: "/dead-line", told: ({ id, data }) => told.push([id, data]), said: (word) => said.push(word) });
          feed.start(7);
          for (let k = 0; k < 100 && asked.length < 3; k++) await new Promise((go) => later(go, 50));
          feed.stop();
          Object.assign(window, { setTimeout: later, fetch: ask });
          return { asked, said, told };
        }""",
    )
    assert found["asked"] == ["7", "8", "9"]
    assert found["said"][:3] == ["live", "lost", "live"]
    assert found["told"] == [[8, "a"], [9, "b"]]


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
