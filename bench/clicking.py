"""A draft of 1,000 grids drawn on with the mouse: how long until the map shows what was clicked.

``python bench/clicking.py [ROUNDS]`` prints JSON lines. The lattice of ``drafting.py`` is laid over
the generated city, whose streets, compounds and buildings are drawn below it; Chromium clicks and
types as a planner does. ``shown`` is the time from the last event of the gesture (as the browser
stamps it) to the frame after a tile of the map has other pixels than before (of a new name: after
the panel has it); ``settled`` that to the frame after the server's figures stand on the map and
beside it. Both are measured with all grids in view (zoom 14) and with some forty (zoom 16). The
load of the machine is printed beside.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import drafting
import numpy as np
import points
import psycopg
import shapely
import sqlalchemy as sa
from playwright.sync_api import Page, sync_playwright

from geodata.accounts import Actor
from geodata.crs import convert_geometries
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.database.requirements import ensure_extensions
from geodata.demo import load
from geodata.plans.drafting import keep_draft
from geodata.plans.net import Net
from geodata.settings import Settings

NAME = "bench_clicking"
LIMIT_MS = 200.0
ROUNDS = 8
SIZE = {"width": 1440, "height": 900}
HALF = drafting.SIDE // 2

WATCH = """
async () => {
  const { stackOf } = await import("wangge/layers/stack.js");
  const stack = stackOf(wangge.map);
  const prints = new WeakMap();
  const print = (tile) => {
    const { data } = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height);
    const words = new Uint32Array(data.buffer);
    let sum = 0;
    for (let i = 0; i < words.length; i++) sum = (Math.imul(sum, 31) + words[i]) | 0;
    return sum;
  };
  const watch = globalThis.watched = { began: 0, shown: 0, last: 0, painted: 0, saved: "" };
  const framed = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = then;
    port1.postMessage(0);
  });
  const paint = stack._paint;
  stack._paint = function (tile, coords) {
    paint.call(this, tile, coords);
    watch.painted += 1;
    const now = print(tile);
    if (prints.get(tile) === now) return;
    prints.set(tile, now);
    framed(() => {
      watch.last = performance.now();
      watch.shown ||= watch.last;
    });
  };
  for (const kind of ["click", "keydown", "pointerup"]) {
    addEventListener(kind, (event) => {
      Object.assign(watch, { began: event.timeStamp, shown: 0, last: 0 });
    }, true);
  }
  const told = () => {
    watch.saved = document.getElementById("draft-saved")?.textContent ?? "";
    const title = document.querySelector(".draft-grid .draft-title h3")?.textContent;
    framed(() => {
      watch.told = performance.now();
      if (title && title === watch.title) watch.shown ||= watch.told;
    });
  };
  new MutationObserver(told).observe(document.getElementById("draft-panel"), {
    childList: true, subtree: true, characterData: true,
  });
}
"""
"""Says of each gesture when it ended, and when other pixels and other figures were there."""


class Desk:
    """The page with the draft, and where things are on it."""

    def __init__(self, page: Page, net: Net) -> None:
        self.page, self.net = page, net
        self.took: dict[str, list[tuple[float, float]]] = {}

    def corner(self, column: float, row: float) -> tuple[float, float]:
        """The pixel of a place counted in grids from the lower left corner of the lattice."""
        west, south, east, north = self.net.units.total_bounds
        at = shapely.Point(
            west + (east - west) * column / HALF, south + (north - south) * row / HALF
        )
        (moved,) = convert_geometries([at], from_=f"EPSG:{drafting.SRID}", to="wgs84")
        x, y = self.page.evaluate(
            "([x, y]) => { const p = wangge.map.latLngToContainerPoint([y, x]);"
            " const b = wangge.map.getContainer().getBoundingClientRect();"
            " return [p.x + b.x, p.y + b.y]; }",
            [moved.x, moved.y],
        )
        return x, y

    def look(self, column: float, row: float, zoom: int) -> None:
        """Go there and wait until the map is at rest."""
        x, y = self.corner(column, row)
        self.page.evaluate(
            "([x, y, z]) => { const b = wangge.map.getContainer().getBoundingClientRect();"
            " wangge.map.setView("
            "wangge.map.containerPointToLatLng([x - b.x, y - b.y]), z, {animate: false}); }",
            [x, y, zoom],
        )
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(600)

    def is_free(self, column: float, row: float) -> bool:
        """Whether the map is to be seen there and all around, under no tool or panel."""
        around = [(-0.5, 0.5), (1.5, 0.5), (0.5, -0.5), (0.5, 2.0)]
        return all(
            self.page.evaluate(
                "([x, y]) => wangge.map.getContainer().contains(document.elementFromPoint(x, y))"
                " && !document.elementFromPoint(x, y).closest('.leaflet-control')",
                list(self.corner(column + right, row + up)),
            )
            for right, up in around
        )

    def move(self, column: float, row: float) -> None:
        """The mouse, and time for what it hovers over to be painted."""
        self.page.mouse.move(*self.corner(column, row))
        self.page.wait_for_timeout(250)

    def click(self, column: float, row: float) -> None:
        """Move there, then click."""
        self.move(column, row)
        self.page.mouse.click(*self.corner(column, row))

    def timed(
        self, name: str, gesture: Callable[[], None], *, saves: bool = True, title: str = ""
    ) -> None:
        """Do a gesture whose last event is the one that counts; ``title``: what is then to read."""
        self.page.evaluate("(title) => (watched.title = title)", title)
        before = self.page.evaluate("document.getElementById('draft-saved').textContent")
        revision = int(before.split()[0].removeprefix("v"))
        gesture()
        wanted = f"v{revision + 1} ✓" if saves else f"v{revision} ✓"
        self.page.wait_for_function(
            "(wanted) => watched.saved.startsWith(wanted) && watched.shown > 0", arg=wanted
        )
        self.page.wait_for_timeout(120)
        began, shown, last, told = self.page.evaluate(
            "[watched.began, watched.shown, watched.last, watched.told]"
        )
        self.took.setdefault(name, []).append((shown - began, max(last, told) - began))
        self.page.wait_for_timeout(1500)  # the whole is checked again meanwhile


def round_at(desk: Desk, column: int, row: int, zoom: int) -> None:
    """What a planner does around one grid."""
    page, key = desk.page, desk.page.keyboard.press
    if zoom > 14:
        desk.look(column + 0.5, row + 0.5, zoom)
    key("Escape")
    desk.move(column + 0.5, row + 0.5)
    desk.timed("select", lambda: desk.click(column + 0.5, row + 0.5), saves=False)
    desk.timed("lock", lambda: key("k"))
    desk.timed("unlock", lambda: key("k"))
    key("n")
    name = f"{column}排{row}列"
    page.fill(".draft-grid .draft-title input", name)
    desk.timed("rename", lambda: key("Enter"), title=name)
    key("a")
    desk.move(column + 1.25, row + 0.25)
    desk.timed("hand over", lambda: desk.click(column + 1.25, row + 0.25))
    desk.timed("undo", lambda: key("Control+z"))
    desk.timed("redo", lambda: key("Control+Shift+z"))
    desk.timed("undo", lambda: key("Control+z"))
    key("Escape")
    key("s")
    page.wait_for_function("() => wangge.map.pm?.globalDrawModeEnabled()")
    page.wait_for_timeout(300)
    desk.click(column - 0.2, row + 0.45)
    desk.click(column + 1.2, row + 0.55)
    desk.timed("split", lambda: key("Enter"))
    key("Escape")
    desk.timed("undo", lambda: key("Control+z"))
    key("m")
    desk.move(column + 0.5, row + 1.5)
    desk.timed("merge", lambda: desk.click(column + 0.5, row + 1.5))
    key("Escape")


@contextmanager
def filled(opened: Database) -> Iterator[tuple[Database, int, Net]]:
    """A database of its own with the generated city and a draft over it."""
    with psycopg.connect(opened.url, autocommit=True) as connection, ExitStack() as stack:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
        stack.callback(connection.execute, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        url = sa.make_url(opened.url).set(database=NAME).render_as_string(hide_password=False)
        database = stack.enter_context(Database(url))
        ensure_extensions(url)
        upgrade(database)
        load(database, scale=1, seed=2026, password=points.PASSWORD)
        net = over_the_city(database)
        with database.begin() as tx:
            draft = keep_draft(
                tx,
                Actor.terminal(),
                net,
                name="bench",
                area_code=county(database),
                communities=["371399001001"],
                start="current",
                base={},
            )
        yield database, draft.id, net


def county(database: Database) -> str:
    """The code of the whole district."""
    with database.engine.connect() as connection:
        query = "SELECT code FROM areas WHERE level = 'county'"
        return str(connection.execute(sa.text(query)).scalar_one())


def over_the_city(database: Database) -> Net:
    """The lattice of ``drafting.py`` with its middle in the middle of the city."""
    net = drafting.net()
    with database.engine.connect() as connection:
        query = "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_Centroid(ST_Extent(geom)) c FROM areas) a"
        lon, lat = connection.execute(sa.text(query)).one()
    middle = convert_geometries(
        [shapely.Point(lon, lat)], from_="wgs84", to=f"EPSG:{drafting.SRID}"
    )[0]
    west, south, east, north = net.units.total_bounds
    by = np.round([middle.x - (west + east) / 2, middle.y - (south + north) / 2], 0)
    units = net.units.copy()
    units["homes"] = [[[x + by[0], y + by[1], *rest] for x, y, *rest in one] for one in units.homes]
    units = units.set_geometry(
        shapely.transform(units.geometry.to_numpy(), lambda xy: np.round(xy + by, 4)),
        crs=units.crs,
    )
    return replace(net, units=units)


def measure(rounds_of: int) -> list[dict[str, Any]]:
    """A row for each gesture and zoom, and one for all of them."""
    found = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = stack.enter_context(open_database(Settings()))
        database, number, net = stack.enter_context(filled(cluster))
        address = stack.enter_context(points.serving(database, folder))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
        answer = context.request.post(
            f"{address}/api/v1/login", data={"username": "admin", "password": points.PASSWORD}
        )
        if not answer.ok:
            raise RuntimeError(answer.text())
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/planner#draft={number}")
        page.wait_for_selector("#draft-findings")
        page.evaluate(f"({WATCH})()")
        places = [
            (column, row) for column in range(4, HALF - 4, 3) for row in range(4, HALF - 4, 3)
        ]
        np.random.default_rng(7).shuffle(places)
        for zoom in (14, 16):
            desk = Desk(page, net)
            desk.look(HALF / 2, HALF / 2, zoom)
            for number in range(rounds_of + 1):
                column, row = places.pop()
                while zoom == 14 and not desk.is_free(column, row):
                    column, row = places.pop()
                round_at(desk, column, row, zoom)
                if number == 0:  # what is compiled and kept at first
                    desk.took.clear()
            found.extend(rows(desk.took, zoom))
        browser.close()
    return found


def rows(took: dict[str, list[tuple[float, float]]], zoom: int) -> list[dict[str, Any]]:
    """Percentiles in milliseconds."""
    everything = [one for several in took.values() for one in several]
    load_1 = round(os.getloadavg()[0], 1)
    found = []
    for name, several in {**took, "all": everything}.items():
        shown, settled = np.array(several).T
        row = {"name": f"zoom {zoom}, {name}, shown, 95 of 100", "value": _share(shown, 95)}
        row |= {"limit": LIMIT_MS, "unit": "ms", "times": len(several)}
        row |= {"shown_p50_ms": _share(shown, 50)}
        row |= {"settled_p50_ms": _share(settled, 50), "settled_p95_ms": _share(settled, 95)}
        found.append({**row, "load": load_1})
    return found


def _share(several: Any, percent: float) -> float:
    return round(float(np.percentile(several, percent)), 1)


if __name__ == "__main__":
    for line in measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS):
        print(json.dumps(line, ensure_ascii=False))
