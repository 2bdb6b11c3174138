"""Files to import, and what an import leaves, for the tests of importing."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.places.tables import LAYERS

OPERATOR = Actor.terminal()
STREET_OFFICE = "371311001"
RECORDS = ("cases", "case_cells", "case_steps", "imports", "changes", "layer_versions")


def squares(west=118.3, south=35.0, columns=2, rows=2, side=0.01):
    return [
        shapely.box(
            west + c * side, south + r * side, west + (c + 1) * side, south + (r + 1) * side
        )
        for r in reversed(range(rows))
        for c in range(columns)
    ]


def write(path, shapes, **columns):
    gpd.GeoDataFrame(columns or None, geometry=shapes, crs="EPSG:4326").to_file(path)
    return path


def table(path, **columns):
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def rows(database, query, **values):
    with database.read() as connection:
        return connection.execute(sa.text(query), values).all()


def everything(database):
    """All that an import could change, but for the audit trail."""
    with database.read() as connection:
        return {
            name: connection.execute(sa.text(f"SELECT * FROM {name} ORDER BY 1")).all()
            for name in [*LAYERS, *RECORDS]
        }


def count_of(database, name):
    return rows(database, f"SELECT count(*) FROM {name}")[0][0]


def tickets(path, count=6, **columns):
    content = {
        "工单编号": [f"T{k}" for k in range(count)],
        "来源": ["12345热线"] * count,
        "类别": ["噪音扰民"] * count,
        "状态": ["处置中"] * count,
        "上报时间": ["2025-03-01 08:00"] * count,
        "内容": [f"反映第{k}号问题" for k in range(count)],
        "经度": [118.305] * count,
        "纬度": [35.005] * count,
    } | columns
    return table(path, **content)
