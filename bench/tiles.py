"""Vector tiles: ours, drawn and kept, against tipg on the same PostGIS; and tiles of many cases.

``python bench/tiles.py [--cases N] [--requests N]`` prints JSON lines. Both servers run on
loopback with two processes and are asked for the same tiles of the same layer by the same client,
by turns, for a bounded number of requests. tipg goes into a Python environment of its
own, ``DATA_DIR/bench-tipg``, made here (about 100 MB). ``--cases 10000000`` fills a database of
its own (some 6 GB, 5 minutes) and measures the slowest tile of each zoom; ``--existing`` measures
those of the database that is there, for example after ``wangge demo load --cases 10000000``.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import math
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
import venv
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.accounts.tokens import make_token
from geodata.accounts.users import add_user
from geodata.cases.map import tiling
from geodata.cases.map.tiling import CaseDrawing
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.places.tiling import Tile
from geodata.settings import Settings

WEST, SOUTH, EAST, NORTH = 118.30, 34.95, 118.42, 35.07
CLIENTS = 8
ROUNDS = 5
CHINA = timezone(timedelta(hours=8))


def fill_places(connection: sa.Connection) -> None:
    """2,700 hexagonal compounds of 24 corners with some attributes."""
    connection.execute(
        sa.text(
            """
            INSERT INTO compounds (code, name, area_code, type, closed, households, residents,
                                   held, geom)
            SELECT '371311' || lpad(row_number() OVER ()::text, 6, '0'), '小区' || i || '-' || j,
                   '371311001001', 'mixed', true, 300, 900, '(,)',
                   ST_Multi(ST_Segmentize(ST_Transform(ST_SetSRID(geom, 3857), 4326), 0.0004))
            FROM ST_HexagonGrid(180, ST_Transform(
                ST_MakeEnvelope(:west, :south, :east, :north, 4326), 3857))
            """
        ),
        {"west": WEST, "south": SOUTH, "east": EAST, "north": NORTH},
    )


def tile_at(zoom: int, lon: float, lat: float) -> tuple[int, int]:
    """Row and column."""
    side = 1 << zoom
    turned = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((1 - turned) / 2 * side), int((lon + 180) / 360 * side)


def tiles() -> list[tuple[int, int, int]]:
    """The tiles of zooms 13 to 15 over the middle of the district: what a map asks for."""
    found = []
    for zoom in (13, 14, 15):
        top, left = tile_at(zoom, WEST + 0.03, NORTH - 0.03)
        bottom, right = tile_at(zoom, EAST - 0.03, SOUTH + 0.03)
        found += [
            (zoom, row, column)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]
    return found


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def server(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """A server while it is needed; it and its children end with it."""
    log = subprocess.DEVNULL if not os.environ.get("BENCH_LOG") else None
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                message = f"{command[0]} ended with {process.returncode}"
                raise RuntimeError(message)
            time.sleep(0.1)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait(5)


def rate(
    port: int, paths: list[str], headers: dict[str, str], count: int, seconds: float = 20
) -> float:
    """Answers a second, from ``CLIENTS`` threads that keep their connections."""
    done = [0] * CLIENTS
    end = time.perf_counter() + seconds
    failures: list[str] = []

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for turn in range(count // CLIENTS):
            connection.request(
                "GET", paths[(turn * CLIENTS + number) % len(paths)], headers=headers
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status not in {200, 204}:
                failures.append(f"{answer.status} {paths[turn % len(paths)]}")
                return
            done[number] += 1
            if time.perf_counter() > end:
                return
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return sum(done) / (time.perf_counter() - start)


def tipg_python(folder: Path) -> Path:
    """The Python of an environment with tipg, made if it is not there."""
    home = folder / "bench-tipg"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"making {home} for tipg", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "tipg", "uvicorn"], check=True)
        (home / "ready").touch()
    return python


def tipg_address(url: str) -> str:
    """The database's address as tipg takes it: the folder of a socket as the host."""
    parts = sa.make_url(url)
    host = urllib.parse.quote(str(parts.host or parts.query.get("host", "")), safe="")
    port = parts.port or parts.query.get("port") or 5432
    secret = urllib.parse.quote(str(parts.password or "none"), safe="")
    return f"postgresql://{parts.username}:{secret}@{host}:{port}/{parts.database}"


def our_server(port: int) -> list[str]:
    """The command that serves the application as ``wangge serve`` does, without its worker."""
    code = (
        "from api.server import run_server;"
        f"run_server('app:from_environment', host='127.0.0.1', port={port}, workers=2)"
    )
    return [sys.executable, "-c", code]


def tipg_server(port: int, folder: Path) -> list[str]:
    """The command that serves tipg."""
    options = ["--port", str(port), "--workers", "2", "--log-level", "error"]
    return [str(tipg_python(folder)), "-m", "uvicorn", "tipg.main:app", *options]


def against_tipg(database: Database, folder: Path, count: int) -> None:
    """Rates of both by turns, ``ROUNDS`` times, and the median of the rounds' ratios."""
    user = add_user(database, Actor.terminal(), "bench", role="viewer")
    token = make_token(database, Actor.terminal(), user_id=user.id)[1]
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    places = tiles()
    ours = [f"/ogc/collections/compounds/tiles/WebMercatorQuad/{z}/{r}/{c}" for z, r, c in places]
    theirs = [
        f"/collections/public.compounds/tiles/WebMercatorQuad/{z}/{c}/{r}" for z, r, c in places
    ]
    # Each address once asks for a tile that nobody asked for before: at is in the key.
    fresh = iter(
        f"{path}?at={2000 + turn // 336}-{1 + turn // 28 % 12:02d}-{1 + turn % 28:02d}"
        for turn in range(9_000)
        for path in ours
    )
    own, peer = free_port(), free_port()
    environment = {"WANGGE_DATABASE_URL": database.url, "WANGGE_DATA_DIR": str(folder)}
    theirs_environment = {
        "DATABASE_URL": tipg_address(database.url),
        "TIPG_DB_SCHEMAS": '["public"]',
    }
    rounds: list[tuple[float, float, float]] = []
    with (
        server(our_server(own), own, environment),
        server(tipg_server(peer, folder), peer, theirs_environment),
    ):
        time.sleep(8)
        rate(own, ours, headers, len(ours) * 4)
        rate(peer, theirs, {"Accept-Encoding": "gzip"}, 100)
        for _ in range(ROUNDS):
            drawn = rate(own, list(itertools.islice(fresh, count)), headers, count)
            tipg = rate(peer, theirs, {"Accept-Encoding": "gzip"}, count // 2)
            kept = rate(own, ours, headers, count * 4)
            rounds.append((drawn, tipg, kept))
    tell("tiles drawn", [(drawn, tipg) for drawn, tipg, _ in rounds], wanted=3)
    tell("tiles kept", [(kept, tipg) for _, tipg, kept in rounds], wanted=10)


def tell(name: str, rounds: list[tuple[float, float]], *, wanted: float) -> None:
    """One line: the medians of the rounds."""
    line = {
        "name": name,
        "unit": "tiles a second",
        "ours": round(statistics.median(own for own, _ in rounds)),
        "peer": round(statistics.median(peer for _, peer in rounds)),
        "ratio": round(statistics.median(own / peer for own, peer in rounds), 2),
        "ratios": [round(own / peer, 2) for own, peer in rounds],
        "wanted": wanted,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(line), flush=True)


FILL_CASES = """
    INSERT INTO cases (external_id, source, category, state, title, reported_at, area_code, geom)
    WITH spots AS MATERIALIZED (
        SELECT array_agg(118.2 + random() * 0.33) AS lon, array_agg(34.9 + random() * 0.27) AS lat
        FROM generate_series(1, 300)
    ),
    drawn AS (
        SELECT i, random() AS t, random() AS a, random() AS b, random() AS c, random() AS d,
               random() * 0.33 AS x, random() * 0.27 AS y,
               (random() * random() * 299)::int + 1 AS k,
               0.006 * sqrt(-2 * ln(1 - random())) AS m, random() * 2 * pi() AS turn
        FROM generate_series(1, :count) AS i
    )
    SELECT 'B' || i,
           (ARRAY['hotline','hotline','hotline','snap','snap','patrol','visit','rider'])
               [1 + floor(a * 8)::int],
           (ARRAY['environment','environment','property','noise','parking','facilities','safety',
                  'other'])[1 + floor(b * 8)::int],
           CASE WHEN t < 0.95 THEN 'closed' ELSE 'in_progress' END, '噪音扰民',
           timestamptz '2025-05-22 00:00+08' + t * interval '548 days',
           '3713110' || lpad(floor(x * 100)::text, 2, '0') || lpad(floor(y * 100)::text, 3, '0'),
           ST_SetSRID(CASE WHEN c < 0.4 THEN ST_Point(118.2 + x, 34.9 + y)
               ELSE ST_Point(lon[k] + m * cos(turn), lat[k] + m * sin(turn)) END, 4326)
    FROM drawn, spots
"""
OPEN = ("reported", "filed", "dispatched", "in_progress")
BROKEN: dict[str, Any] = {
    "since": datetime(2025, 8, 14, tzinfo=CHINA),
    "until": datetime(2026, 10, 16, tzinfo=CHINA),
}
"""From the middle of a month to the middle of another: the ledger has whole months only."""
DRAWINGS = {
    "all": CaseDrawing(),
    "one category": CaseDrawing(equal={"category": ("noise",)}),
    "open": CaseDrawing(equal={"state": OPEN}),
    "rare": CaseDrawing(equal={"state": ("filed", "in_progress"), "category": ("safety",)}),
    "a week": CaseDrawing(
        since=datetime(2026, 10, 5, tzinfo=CHINA), until=datetime(2026, 10, 12, tzinfo=CHINA)
    ),
    "broken months": CaseDrawing(**BROKEN),
    "broken months, open": CaseDrawing(**BROKEN, equal={"state": OPEN}),
    "broken months, one category": CaseDrawing(**BROKEN, equal={"category": ("noise",)}),
}


def of_places(connection: sa.Connection) -> dict[str, CaseDrawing]:
    """Drawings of the fullest area, grid and compound, and of all that is under the first area."""
    found = {}
    for kind in ("area", "grid", "compound"):
        code = connection.scalar(
            sa.text(
                f"SELECT {kind}_code FROM cases WHERE {kind}_code IS NOT NULL"
                " GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
            )
        )
        if code is not None:
            found[f"fullest {kind}"] = CaseDrawing(areas=(code,))
            found[f"fullest {kind}, broken months, one category"] = CaseDrawing(
                areas=(code,), **BROKEN, equal={"category": ("noise",)}
            )
    for level in ("street_office", "county"):
        code = connection.scalar(
            sa.text("SELECT code FROM areas WHERE level = :level ORDER BY code LIMIT 1"),
            {"level": level},
        )
        if code is not None:
            found[level.replace("_", " ")] = CaseDrawing(areas=(code,))
            found[f"{level.replace('_', ' ')}, open"] = CaseDrawing(
                areas=(code,), equal={"state": OPEN}
            )
    return found


def fill_cases(database: Database, count: int) -> None:
    """``count`` cases of 548 days, most of them around 300 spots."""
    from geodata.cases.incoming import indexing  # noqa: PLC0415

    began = time.perf_counter()
    with database.begin() as tx, indexing.filled_at_once(tx.connection, rows=count):
        tx.connection.execute(sa.text(FILL_CASES), {"count": count})
    print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)


BUSIEST = """
    SELECT z, r, c FROM (
        SELECT z, (mx >> (30 - z))::int AS c, (my >> (30 - z))::int AS r,
               row_number() OVER (PARTITION BY z ORDER BY count(*) DESC) AS place
        FROM cases TABLESAMPLE SYSTEM (1), generate_series(0, 20) AS z
        WHERE mx IS NOT NULL GROUP BY z, mx >> (30 - z), my >> (30 - z)
    ) AS ranked WHERE place <= 3 ORDER BY z, place
"""


def of_cases(database: Database) -> None:
    """The slowest of the three fullest tiles of each zoom: without a filter, then with each.

    The last line is the slowest tile of all, and of which zoom and filter it is.
    """
    for table in ("cases", "case_cells", "case_place_cells"):  # as autovacuum does in its time
        with database.single() as connection:
            connection.execute(sa.text(f"VACUUM (ANALYZE) {table}"))
    with database.read() as connection:
        count = connection.scalar(sa.text("SELECT count(*) FROM cases"))
        rows = connection.execute(sa.text(BUSIEST)).all()
        drawings = DRAWINGS | of_places(connection)
    worst: dict[str, dict[int, float]] = {}
    for name, drawing in drawings.items():
        by_zoom: dict[int, float] = {}
        for row in rows:
            where = Tile(row.z, row.r, row.c)
            seconds = best_of_two(
                lambda where=where, drawing=drawing: tiling.tile(
                    database, Actor.terminal(), where, drawing
                )
            )
            by_zoom[row.z] = max(seconds, by_zoom.get(row.z, 0))
        worst[name] = by_zoom
        slowest = max(by_zoom, key=by_zoom.__getitem__)
        line = {
            "name": f"slowest tile of {count:,} cases, {name}",
            "zoom": slowest,
            "value": round(by_zoom[slowest], 3),
            "limit": 0.5,
            "unit": "s",
            "by_zoom": {zoom: round(seconds, 3) for zoom, seconds in by_zoom.items()},
            "load": round(os.getloadavg()[0], 1),
        }
        print(json.dumps(line), flush=True)
    seconds, zoom, name = max((s, z, n) for n, times in worst.items() for z, s in times.items())
    line = {
        "name": f"slowest tile of {count:,} cases, with any filter",
        "filter": name,
        "zoom": zoom,
        "value": round(seconds, 3),
        "limit": 0.5,
        "unit": "s",
        "by_zoom": {z: round(max(times[z] for times in worst.values()), 3) for z in by_zoom},
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(line), flush=True)


def best_of_two(work: Callable[[], Any]) -> float:
    """Seconds of the faster of two runs: other work on the machine is not ours."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


@contextlib.contextmanager
def scratch(database: Database, name: str) -> Iterator[Database]:
    """A database beside the given one, migrated, gone afterwards."""
    from geodata.database.requirements import ensure_extensions  # noqa: PLC0415

    admin = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.execute(sa.text(f"CREATE DATABASE {name}"))
        url = sa.make_url(database.url).set(database=name).render_as_string(hide_password=False)
        ensure_extensions(url)
        with Database(url, pool_size=4) as made:
            upgrade(made)
            yield made
    finally:
        admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=3_000)
    parser.add_argument("--existing", action="store_true", help="the cases that are there")
    parser.add_argument("--only", choices=["tipg", "cases"])
    wanted = parser.parse_args()
    settings = Settings()
    with open_database(settings) as database:
        if wanted.only != "cases":
            with scratch(database, "bench_tiles") as own:
                with own.begin() as tx:
                    fill_places(tx.connection)
                    tx.changed("compounds", None, "loaded")
                    tx.connection.execute(sa.text("ANALYZE compounds"))
                against_tipg(own, settings.data_dir.absolute(), wanted.requests)
        if wanted.only != "tipg" and wanted.existing:
            of_cases(database)
        elif wanted.only != "tipg":
            with scratch(database, "bench_cases") as own:
                fill_cases(own, wanted.cases)
                of_cases(own)


if __name__ == "__main__":
    main()
