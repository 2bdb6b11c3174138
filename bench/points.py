"""100,000 incidents in the command centre against 5,000 in Folium's MarkerCluster.

``python bench/points.py [RUNS]`` prints JSON lines. One server answers all pages over HTTP: the
command centre over 100,000 cases of the generated city, and below ``/peer/`` the documents that
folium wrote, with the files they ask for. A fresh browser context opens each by turns; the time is
that from the navigation to the frame in which the points are painted. ``warm`` is the second
visit in the same context. The peer's assets come from npm (leaflet.markercluster 1.1.0, the
version that folium names); everything is local and answered the same way, packed and cacheable.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import psycopg
import sqlalchemy as sa
from folium.plugins import MarkerCluster
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import app
from api.server import run_server
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.database.requirements import ensure_extensions
from geodata.demo import load
from geodata.processes import free_port
from geodata.settings import Settings
from webmap import assets
from webmap.elements import IncidentLayer
from webmap.files import Files

CASES = 100_000
PEER_MARKERS = 5_000
PASSWORD = "quiet river stone"  # noqa: S105 - of a database that lives for this measurement
NAME = "bench_points"
SIZE = {"width": 1440, "height": 900}
PEER = "leaflet.markercluster@1.1.0"
PEERS = "/peer/"
FOLDER = "BENCH_POINTS_FOLDER"
LINK = re.compile(
    r"""<(?:script|link)[^>]*?(?:src|href)="(?P<address>https?://[^"]+)"[^>]*?>(?:</script>)?"""
)

WAIT = """
    (isThere) => new Promise((done, failed) => {
        setTimeout(() => failed(new Error('nothing was painted')), 60000);
        const look = () => (isThere() ? requestAnimationFrame(() => setTimeout(() =>
            done(performance.now()), 0)) : setTimeout(look, 2));
        look();
    })
"""
FILTERED = """async () => {
    const found = [];
    for (let i = 0; i < 21; i++) {
        const button = document.querySelector(`.bar-row[data-key=${i % 2 ? "noise" : "parking"}]`);
        const began = performance.now();
        button.click();
        found.push(performance.now() - began);
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
    return found;
}"""
OURS = "performance.getEntriesByName('wangge-points-painted').length > 0"
THEIRS = "document.querySelectorAll('.marker-cluster').length > 0"


def peer_files(folder: Path) -> list[str]:
    """The files that folium's documents ask for, put into ``folder``; gives their names."""
    subprocess.run(["npm", "pack", "--silent", PEER], cwd=folder, check=True, capture_output=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    places = [folder / "package/dist", assets.STATIC / "vendor/leaflet"]
    files = [path for place in places for path in place.iterdir() if path.is_file()]
    for path in files:
        shutil.copy(path, folder / path.name)
    return [path.name for path in files]


def localise(document: Path, files: list[str]) -> None:
    """Let a document of folium's ask for the files of its own folder, and for no others."""

    def replace(match: re.Match[str]) -> str:
        name = match["address"].rsplit("/", 1)[-1]
        if name not in files:
            return ""
        return match[0].replace(match["address"], f"{PEERS}{name}")

    text = document.read_text()
    document.write_text(LINK.sub(replace, text))


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
        FOLDER: str(folder),
    }
    port = free_port("127.0.0.1", 0)
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, __file__, "--serve", str(port)]
    root = assets.WEBMAP.parent
    environment["PYTHONPATH"] = f"{root}{os.pathsep}{root / 'bench'}"
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/readyz"):
                    break
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def application() -> Files:
    """The application as an operator runs it, and beside it folium's documents."""
    return Files(app.from_environment(), Path(os.environ[FOLDER]), prefix=PEERS)


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
    files = peer_files(folder)
    for name in ("peer", "element"):
        localise(folder / f"{name}.html", files)
    return {name: f"{PEERS}{name}.html" for name in ("peer", "element")}


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
    """Medians of ``runs`` first and second visits of each, by turns."""
    places = pages(frame_of(database), folder)
    places["page"] = "/command#period=all"
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in places}
    with serving(database, folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        state = sign_in(browser, address)
        for run in range(runs + 1):
            for name, place in places.items():
                context = browser.new_context(viewport=SIZE, storage_state=state)
                condition = THEIRS if name == "peer" else OURS
                found = [visit(context, address + place, condition) for _ in range(2)]
                if run:  # the first round wakes the server
                    times[name].append((found[0], found[1]))
                context.close()
        context = browser.new_context(viewport=SIZE, storage_state=state)
        page = context.new_page()
        painted(page, address + places["page"], OURS)
        page.wait_for_selector("body[data-ready]")
        filtered = statistics.median(page.evaluate(FILTERED))
        browser.close()
    rows: list[dict[str, Any]] = [
        {"name": "a filter over 100,000 cases", "value": round(filtered, 1), "unit": "ms"}
        | {"limit": 30}
    ]
    for name, title in (
        ("page", "command centre, 100,000 cases"),
        ("element", "IncidentLayer, 100,000 in a folium map"),
    ):
        for turn, kind in enumerate(("cold", "warm")):
            ours = [both[turn] for both in times[name]]
            theirs = [both[turn] for both in times["peer"]]
            rows.append(row(f"{title}, {kind}", ours, theirs))
    return rows


def visit(context: BrowserContext, address: str, condition: str) -> float:
    """One opening in a page of its own, milliseconds."""
    page = context.new_page()
    took = painted(page, address, condition)
    page.close()
    return took


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
    if "--serve" in sys.argv:
        run_server("points:application", host="127.0.0.1", port=int(sys.argv[-1]), workers=1)
        raise SystemExit
    wanted_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with (
        open_database(Settings()) as cluster,
        filled(cluster) as city,
        tempfile.TemporaryDirectory() as place,
    ):
        for found in measure(city, wanted_runs, Path(place)):
            print(json.dumps(found))
