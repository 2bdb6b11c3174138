"""100,000 incidents in the command centre against 5,000 in Folium's MarkerCluster.

``python bench/points.py [RUNS]`` prints JSON lines. The same browser opens both, several times by
turns, from the click to the first painted points: ours from a running server with 100,000 cases
of the generated city, the peer's from a file that folium wrote. The peer's assets come from npm
(leaflet.markercluster 1.1.0, the version that folium names); everything else is local.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import psycopg
import sqlalchemy as sa
from folium.plugins import MarkerCluster
from playwright.sync_api import Browser, Page, Route, sync_playwright

from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.database.requirements import ensure_extensions
from geodata.demo import load
from geodata.settings import Settings
from webmap import assets
from webmap.elements import IncidentLayer

CASES = 100_000
PEER_MARKERS = 5_000
PASSWORD = "quiet river stone"  # noqa: S105 - of a database that lives for this measurement
NAME = "bench_points"
SIZE = {"width": 1440, "height": 900}
PEER = "leaflet.markercluster@1.1.0"
READY = re.compile(r"is ready: (http://\S+)")

WAIT = """
    (isThere) => new Promise((done, failed) => {
        setTimeout(() => failed(new Error('nothing was painted')), 60000);
        const look = () => (isThere() ? requestAnimationFrame(() => setTimeout(() =>
            done(performance.now()), 0)) : setTimeout(look, 2));
        look();
    })
"""
OURS = "performance.getEntriesByName('wangge-points-painted').length > 0"
THEIRS = "document.querySelectorAll('.marker-cluster').length > 0"


def peer_files(folder: Path) -> dict[str, Path]:
    """The peer's script and styles by their file names."""
    subprocess.run(["npm", "pack", "--silent", PEER], cwd=folder, check=True, capture_output=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    found = {path.name: path for path in (folder / "package/dist").iterdir()}
    leaflet = assets.STATIC / "vendor/leaflet"
    return found | {path.name: path for path in leaflet.iterdir() if path.is_file()}


def offline(page: Page, files: dict[str, Path]) -> None:
    """Answer what folium asks of the web by files of this machine, or not at all."""

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[-1].split("?")[0]
        if route.request.url.startswith("file:"):
            route.continue_()
        elif name in files:
            route.fulfill(path=files[name])
        else:
            route.fulfill(body="")

    page.route("**/*", answer)


def painted(page: Page, address: str, condition: str) -> float:
    """Milliseconds from the start of the navigation to the first points on the screen."""
    page.goto(address, wait_until="commit")
    return float(page.evaluate(f"({WAIT})(() => {condition})"))


@contextmanager
def serving(database: Database, folder: Path) -> Iterator[str]:
    """A server over this database, as an operator runs it; gives its address."""
    environment = os.environ | {
        "WANGGE_DATABASE_URL": database.url,
        "WANGGE_DATA_DIR": str(folder),
        "WANGGE_LANGUAGE": "en",
    }
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--workers", "1"]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=assets.WEBMAP.parent,
    ) as process:
        try:
            for line in process.stdout or ():
                if match := READY.search(line):
                    yield match[1]
                    break
        finally:
            process.terminate()


@contextmanager
def filled(opened: Database) -> Iterator[Database]:
    """A database of its own with the generated city."""
    with psycopg.connect(opened.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
        url = sa.make_url(opened.url).set(database=NAME).render_as_string(hide_password=False)
        try:
            with Database(url) as database:
                ensure_extensions(url)
                upgrade(database)
                load(database, scale=1, seed=2026, cases=CASES, password=PASSWORD)
                yield database
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def frame_of(database: Database) -> gpd.GeoDataFrame:
    """Where the cases are and of what category."""
    query = "select category, geom from cases where geom is not null order by id"
    with database.engine.connect() as connection:
        return gpd.read_postgis(sa.text(query), connection)


def pages(frame: gpd.GeoDataFrame, folder: Path) -> dict[str, str]:
    """Files: the peer's markers, and our element with all incidents."""
    middle = [frame.geometry.y.mean(), frame.geometry.x.mean()]
    few = frame.iloc[:: max(1, len(frame) // PEER_MARKERS)][:PEER_MARKERS]
    peer = folium.Map(middle, zoom_start=13, tiles=None, maxZoom=18)  # it insists on one
    markers = MarkerCluster().add_to(peer)
    for point in few.geometry:
        folium.Marker([point.y, point.x]).add_to(markers)
    peer.save(folder / "peer.html")
    ours = folium.Map(middle, zoom_start=13, tiles=None)
    IncidentLayer(frame).add_to(ours)
    ours.save(folder / "element.html")
    return {name: f"file://{folder}/{name}.html" for name in ("peer", "element")}


def sign_in(browser: Browser, address: str) -> Any:
    """Cookies of a browser in which the demo's commander is signed in."""
    context = browser.new_context()
    answer = context.request.post(
        f"{address}/api/v1/login", data={"username": "commander", "password": PASSWORD}
    )
    if not answer.ok:
        raise RuntimeError(answer.text())
    return context.storage_state()


def measure(database: Database, runs: int, folder: Path) -> list[dict[str, Any]]:
    """Medians of ``runs`` openings of each, by turns, each in a browser context of its own."""
    opened = pages(frame_of(database), folder)
    files = peer_files(folder)
    times: dict[str, list[float]] = {"peer": [], "page": [], "element": []}
    with serving(database, folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        state = sign_in(browser, address)
        for _ in range(runs):
            for name, place in opened.items():
                page = browser.new_context(viewport=SIZE).new_page()
                offline(page, files)
                times[name].append(painted(page, place, OURS if name == "element" else THEIRS))
                page.context.close()
            context = browser.new_context(viewport=SIZE, storage_state=state)
            times["page"].append(painted(context.new_page(), f"{address}/command#period=all", OURS))
            context.close()
        browser.close()
    return [
        row("command centre, 100,000 cases", times["page"], times["peer"]),
        row("IncidentLayer, 100,000 in a folium map", times["element"], times["peer"]),
    ]


def row(name: str, ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """Both medians in seconds and their ratio."""
    return {
        "name": name,
        "seconds": round(statistics.median(ours) / 1000, 3),
        "all": [round(value / 1000, 3) for value in ours],
        "peer": f"MarkerCluster, {PEER_MARKERS:,}",
        "peer_seconds": round(statistics.median(theirs) / 1000, 3),
        "peer_all": [round(value / 1000, 3) for value in theirs],
        "ratio": round(statistics.median(theirs) / statistics.median(ours), 2),
        "wanted": 1.0,
    }


if __name__ == "__main__":
    wanted_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with (
        open_database(Settings()) as cluster,
        filled(cluster) as city,
        tempfile.TemporaryDirectory() as place,
    ):
        for found in measure(city, wanted_runs, Path(place)):
            print(json.dumps(found))
