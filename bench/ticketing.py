"""A file of 100,000 tickets with 3,000 bad rows: ours against pandas and a bare COPY.

``python bench/ticketing.py [ROWS [BAD]]`` starts a PostGIS of its own and prints JSON lines. Ours
is end to end: each bad row is named with its reason and left out, the others are placed, entered in
the feed and in the audit trail, all indexes are kept. The peer reads the same file with
``pandas.read_csv``, drops what has no time or no place, and copies the rest into a table without
an index. Both count the same rows.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import sqlalchemy as sa
from importing import incidents, lay_ground

from geodata.accounts import Actor
from geodata.database import Database, open_database
from geodata.database.migrations import upgrade
from geodata.exchange import import_file
from geodata.settings import Settings

ROUNDS = 3
COLUMNS = ("工单编号", "来源", "类别", "状态", "上报时间", "地址", "内容", "经度", "纬度")


def tickets(rows: int, bad: int) -> pd.DataFrame:
    """Tickets of which ``bad`` cannot be taken: no time, a time that is none, no place on earth."""
    frame = incidents(rows).astype({"经度": object, "纬度": object})
    which = np.random.default_rng(7).choice(rows, bad, replace=False)
    frame.loc[which[0::3], "上报时间"] = ""
    frame.loc[which[1::3], "上报时间"] = "昨天下午"
    frame.loc[which[2::3], "纬度"] = 135.5
    return frame


def ours(database: Database, path: Path) -> tuple[float, int, int]:
    """Seconds, rows taken, rows refused."""
    with database.begin() as tx:
        tx.connection.execute(sa.text("TRUNCATE cases"))
    start = time.perf_counter()
    report = import_file(database, Actor.terminal(), "cases", path, skip_bad=True)
    return time.perf_counter() - start, report.added, report.refused


def peer(database: Database, path: Path) -> tuple[float, int]:
    """Seconds, rows taken."""
    columns = ", ".join(f'"{name}" text' for name in COLUMNS[:4] + COLUMNS[5:7])
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS peer")
        connection.execute(
            f'CREATE TABLE peer ({columns}, "上报时间" timestamptz, "经度" float8, "纬度" float8)'
        )
        start = time.perf_counter()
        frame = pd.read_csv(path)
        frame["上报时间"] = pd.to_datetime(frame["上报时间"], errors="coerce")
        frame = frame[frame["上报时间"].notna() & frame["纬度"].between(-90, 90)]
        text = io.StringIO()
        frame.to_csv(text, index=False, header=False)
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        with connection.cursor().copy(f"COPY peer ({names}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(text.getvalue())
        return time.perf_counter() - start, len(frame)


def measure(rows: int = 100_000, bad: int = 3_000) -> list[dict[str, Any]]:
    """The best of three rounds of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with open_database(Settings(data_dir=folder / "data", database_url=None)) as database:
            upgrade(database)
            lay_ground(database, folder, 2_000)
            path = folder / "tickets.csv"
            tickets(rows, bad).to_csv(path, index=False)
            rounds = [(*ours(database, path), *peer(database, path)) for _ in range(ROUNDS)]
    mine, taken, refused, _, theirs = min(rounds)
    other = min(one[3] for one in rounds)
    return [
        {
            "name": "tickets of a file with bad rows", "rows": rows, "refused": refused,
            "seconds": round(mine, 2), "peer": "pandas and COPY", "peer_seconds": round(other, 2),
            "ratio": round(other / mine, 2), "a_second": round(taken / mine),
            "same": taken == theirs == rows - bad and refused == bad,
            "load": round(os.getloadavg()[0], 1),
        }
    ]  # fmt: skip


if __name__ == "__main__":
    for line in measure(*map(int, sys.argv[1:])):
        print(json.dumps(line, ensure_ascii=False))
