"""The COPY step alone: a million cases, against a bare ``GeoDataFrame.to_postgis``.

``python bench/copying.py [ROWS]`` prints one JSON object. It needs the database that
``WANGGE_DATABASE_URL`` or ``WANGGE_DATA_DIR`` name; ``make bench`` gives it one of its own.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from geodata.cases.tables import cases
from geodata.database import Database, open_database
from geodata.database.copying import Same, copy_rows
from geodata.settings import Settings


def rows(count: int) -> dict[str, Any]:
    """Columns of cases as an import has them after reading and checking."""
    random = np.random.default_rng(5)
    words = np.array(
        ["楼道堆放杂物", "夜间施工噪音", "路灯不亮", "占道停车", "井盖破损"], dtype=object
    )
    began = np.datetime64("2025-01-01T00:00:00")
    codes = np.array([f"3713110010{n:02d}" for n in range(49)], dtype=object)
    area = random.integers(0, 49, count)
    return {
        "external_id": np.array([f"LZ{n:09d}" for n in range(count)], dtype=object),
        "source": random.choice(np.array(["hotline", "snap", "patrol"], dtype=object), count),
        "category": random.choice(np.array(["noise", "parking", "safety"], dtype=object), count),
        "state": random.choice(np.array(["reported", "closed"], dtype=object), count),
        "title": random.choice(words, count),
        "address": np.array([f"幸福路{n % 500}号" for n in range(count)], dtype=object),
        "reported_at": began + random.integers(0, 47_000_000, count).astype("timedelta64[s]"),
        "area_code": codes[area],
        "geom": np.column_stack(
            (random.uniform(118.2, 118.4, count), random.uniform(34.9, 35.1, count))
        ),
    }


def bare_table(name: str) -> sa.Table:
    """The cases' columns without indexes and keys: both sides write the same."""
    table = sa.Table(name, sa.MetaData())
    for column in cases.columns:
        if column.name != "id":
            table.append_column(sa.Column(column.name, column.type))
    return table


def measure(count: int, database: Database) -> dict[str, Any]:
    """Seconds of both and their ratio."""
    columns = rows(count)
    shaped = columns | {"extra": Same({})}
    ours = bare_table("bench_ours")
    with database.begin() as tx:  # compiled, or its cache read
        tx.connection.execute(sa.text("DROP TABLE IF EXISTS bench_ours, bench_peer"))
        ours.create(tx.connection)
        copy_rows(tx.connection, ours, {name: c[:5000] for name, c in columns.items()})
        tx.connection.execute(sa.text("TRUNCATE bench_ours"))
    start = time.perf_counter()
    with database.begin() as tx:
        copy_rows(tx.connection, ours, shaped)
    seconds = time.perf_counter() - start

    geometry = gpd.points_from_xy(*columns["geom"].T, crs="EPSG:4326")
    plain = {name: column for name, column in columns.items() if name != "geom"}
    frame = gpd.GeoDataFrame(pd.DataFrame(plain).assign(extra="{}"), geometry=geometry)
    start = time.perf_counter()
    frame.to_postgis("bench_peer", database.engine, dtype={"extra": JSONB}, index=False)
    peer_seconds = time.perf_counter() - start
    with database.read() as connection:
        agreeing = connection.scalar(
            sa.text(
                "SELECT count(*) FROM bench_ours o JOIN bench_peer p USING (external_id) "
                "WHERE o.title = p.title AND ST_Equals(o.geom, p.geometry) "
                "AND o.reported_at AT TIME ZONE 'UTC' = p.reported_at"
            )
        )
    with database.begin() as tx:
        tx.connection.execute(sa.text("DROP TABLE bench_ours, bench_peer"))
    return {
        "name": "binary COPY of cases",
        "rows": count,
        "seconds": round(seconds, 3),
        "rows_per_second": round(count / seconds),
        "peer": "GeoDataFrame.to_postgis",
        "peer_seconds": round(peer_seconds, 3),
        "ratio": round(peer_seconds / seconds, 1),
        "wanted": 4.0,
        "same": agreeing == count,
    }


if __name__ == "__main__":
    with open_database(Settings()) as opened:
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
        print(json.dumps(measure(wanted, opened)))
