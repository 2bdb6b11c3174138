"""Vector tiles: ours, drawn and kept, against tipg on the same PostGIS; and tiles of many cases.

``python bench/tiles.py [--cases N] [--requests N]`` prints JSON lines. Both servers run on
loopback with two processes, are asked for the same tiles of the same layer by the same client,
one after the other, for a bounded number of requests. tipg goes into a Python environment of its
own, ``DATA_DIR/bench-tipg``, made here (about 100 MB). ``--cases 10000000`` fills a database of
its own (some 6 GB, 5 minutes) and measures the slowest tile of each zoom.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import math
import os
import shutil
import socket
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
from geodata.cases import tiling
from geodata.cases.tiling import CaseDrawing
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.places.tiling import Tile
from geodata.settings import Settings

WEST, SOUTH, EAST, NORTH = 118.30, 34.95, 118.42, 35.07
CLIENTS = 8
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


def against_tipg(database: Database, folder: Path, count: int) -> None:
    """Rates of both and their ratios."""
    user = add_user(database, Actor.terminal(), "bench", role="viewer")
    token = make_token(database, Actor.terminal(), user_id=user.id)[1]
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    places = tiles()
    port = free_port()
    ours = [f"/ogc/collections/compounds/tiles/WebMercatorQuad/{z}/{r}/{c}" for z, r, c in places]
    # Each address once asks for a tile that nobody asked for before: at is in the key.
    fresh = [
        f"{path}?at=2026-{1 + turn // 28:02d}-{1 + turn % 28:02d}"
        for turn in range(300)
        for path in ours
    ][:count]
    command = [
        *(
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--factory",
            "app:from_environment",
        ),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "2"),
        *("--blocking-threads", "4", "--no-ws", "--http", "1", "--log-level", "error"),
    ]
    environment = {"WANGGE_DATABASE_URL": database.url, "WANGGE_DATA_DIR": str(folder)}
    with server(command, port, environment):
        time.sleep(6)
        rate(port, ours, headers, len(ours) * 4)
        drawn = rate(port, fresh, headers, len(fresh))
        kept = rate(port, ours, headers, count * 10)
    port = free_port()
    theirs = [
        f"/collections/public.compounds/tiles/WebMercatorQuad/{z}/{c}/{r}" for z, r, c in places
    ]
    python = tipg_python(folder)
    command = [
        *(str(python), "-m", "uvicorn", "tipg.main:app", "--port", str(port)),
        *("--workers", "2", "--log-level", "error"),
    ]
    peer = {"DATABASE_URL": tipg_address(database.url), "TIPG_DB_SCHEMAS": '["public"]'}
    with server(command, port, peer):
        time.sleep(6)
        rate(port, theirs, {"Accept-Encoding": "gzip"}, 100)
        tipg = rate(port, theirs, {"Accept-Encoding": "gzip"}, count)
    figures = {"unit": "tiles a second", "peer": round(tipg)}
    print(
        json.dumps(
            {"name": "tiles drawn", "ours": round(drawn), **figures}
            | {"ratio": round(drawn / tipg, 2), "wanted": 3}
        )
    )
    print(
        json.dumps(
            {"name": "tiles kept", "ours": round(kept), **figures}
            | {"ratio": round(kept / tipg, 2), "wanted": 10}
        )
    )


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
DRAWINGS = {
    "all": CaseDrawing(),
    "one category": CaseDrawing(equal={"category": ("noise",)}),
    "a week": CaseDrawing(
        since=datetime(2026, 10, 5, tzinfo=CHINA), until=datetime(2026, 10, 12, tzinfo=CHINA)
    ),
    "broken months, one state": CaseDrawing(
        since=datetime(2025, 8, 14, tzinfo=CHINA),
        until=datetime(2026, 10, 16, tzinfo=CHINA),
        equal={"state": ("closed",)},
    ),
}


def of_many_cases(database: Database, count: int) -> None:
    """The slowest tile of each zoom, by filter."""
    from geodata.cases import rollups  # noqa: PLC0415

    began = time.perf_counter()
    with database.begin() as tx, rollups.filled_at_once(tx.connection, rows=count):
        tx.connection.execute(sa.text(FILL_CASES), {"count": count})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE cases"))
        connection.execute(sa.text("VACUUM ANALYZE case_cells"))
        rows = connection.execute(
            sa.text(
                "SELECT (my >> (30 - z))::int AS r, (mx >> (30 - z))::int AS c, z, n FROM ("
                " SELECT DISTINCT ON (z) z, (array_agg(my))[1] AS my, (array_agg(mx))[1] AS mx,"
                " count(*) AS n FROM cases TABLESAMPLE SYSTEM (1), generate_series(0, 18) AS z"
                " GROUP BY z, mx >> (30 - z), my >> (30 - z) ORDER BY z, n DESC) AS busiest"
            )
        ).all()
    filled = time.perf_counter() - began
    for name, drawing in DRAWINGS.items():
        slowest, at_zoom = 0.0, 0
        for row in rows:
            where = Tile(row.z, row.r, row.c)
            seconds = best_of_two(
                lambda where=where, drawing=drawing: tiling.tile(
                    database, Actor.terminal(), where, drawing
                )
            )
            if seconds > slowest:
                slowest, at_zoom = seconds, row.z
        print(
            json.dumps(
                {"name": f"slowest tile of {count:,} cases, {name}", "zoom": at_zoom}
                | {"value": round(slowest, 3), "limit": 0.5, "unit": "s"}
                | {"filled_in_s": round(filled)}
            )
        )


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
        if wanted.only != "tipg":
            with scratch(database, "bench_cases") as own:
                of_many_cases(own, wanted.cases)


if __name__ == "__main__":
    main()
