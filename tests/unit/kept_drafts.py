"""A draft of square units for the tests of drafting and publishing."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.plans import drafting
from geodata.plans.net import COUNTED, Net

ANNE = Actor(user_id=None, name="anne", role="planner")
BERT = Actor(user_id=None, name="bert", role="planner")
SIDE = 6
STEP_M = 100.0
WEST, SOUTH = 500_000.0, 3_880_000.0


def lattice(side: int = SIDE, *, block: int = 2) -> Net:
    """Side × side square units; grids of block × block of them."""
    rows, shapes = [], []
    per_row = side // block
    for k in range(side * side):
        i, j = k % side, k // side
        x, y = WEST + i * STEP_M, SOUTH + j * STEP_M
        shapes.append(shapely.box(x, y, x + STEP_M, y + STEP_M))
        counts = dict.fromkeys(COUNTED, 10 + k % 7) | {"cases": None}
        homes = [[x + 20.0, y + 30.125, *(10 + k % 7 for _ in COUNTED)]]
        rows.append(
            {
                "grid": (j // block) * per_row + i // block + 1,
                "kind": "compound" if k % 3 else "block",
                "compound": f"371399001001C{k:03d}" if k % 3 else None,
                "closed": k % 3 == 1,
                "community": "371399001001",
                **counts,
                "homes": homes if k % 2 else [],
            }
        )
    frame = pd.DataFrame(rows, index=pd.RangeIndex(1, side * side + 1, name="unit"))
    for name in ("grid", *COUNTED):
        frame[name] = frame[name].astype("Int64")
    units = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4548")
    count = per_row * per_row
    grids = pd.DataFrame(
        {
            "code": [f"371399001001{k:03d}" for k in range(1, count + 1)],
            "name": [f"第{k}网格" for k in range(1, count + 1)],
            "community": "371399001001",
            "locked": False,
            "worker": [None if k % 2 else f"网格员{k}" for k in range(1, count + 1)],
        },
        index=pd.RangeIndex(1, count + 1, name="grid"),
    )
    return Net(units, grids, None, side * side + 1, count + 1)


def kept(database, net, actor=ANNE):
    with database.begin() as tx:
        return drafting.keep_draft(
            tx,
            actor,
            net,
            name="九月调整",
            area_code="371399001001",
            communities=["371399001001"],
            start="current",
            base={},
        ).id


def bytes_of(database, plan):
    """All units and grids of a draft, as they lie in the tables."""
    with database.read() as connection:
        return [
            connection.execute(
                sa.text(f"SELECT {name}::text FROM {name} WHERE plan_id = :plan ORDER BY 1"),
                {"plan": plan},
            )
            .scalars()
            .all()
            for name in ("plan_units", "plan_grids")
        ]


def assign(units, grid):
    return {"action": "assign", "units": units, "grid": grid}
