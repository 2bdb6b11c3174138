"""Which old patch became which grid: reckoned while a draft is drawn, kept when it is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import convert_geometries, convert_points
from geodata.plans import store_departments
from geodata.plans.agreeing import patches_to_grids

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.plans.net import Net

WORTH: Final = 0.05
"""The share of a patch's ground that is told even where nobody lives on it."""
COLUMNS: Final = (
    "patch_code",
    "patch_name",
    "grid",
    "grid_code",
    "grid_name",
    "households",
    "area_m2",
    "share",
)


def table(
    net: Net, patches: gpd.GeoDataFrame, *, codes: Mapping[int, str] | None = None
) -> list[dict[str, Any]]:
    """The rows of ``COLUMNS`` for one old net; a patch's largest share first.

    Parts of a patch on which nobody lives are told if they are ``WORTH`` of its ground.

    Args:
        net: The new net.
        patches: ``code`` and ``name`` of the old one, polygons in the metres of the net.
        codes: The grids' codes by number, where they are newer than those of the net.
    """
    if not len(patches):
        return []
    shares = patches_to_grids(net, patches)
    first = ~shares["patch"].duplicated()
    ground = shares["area_m2"] / shares.groupby("patch")["area_m2"].transform("sum")
    shares = shares[first | (shares["households"] > 0) | (ground >= WORTH)]
    code, name = net.grids["code"].to_dict() | dict(codes or {}), net.grids["name"].to_dict()
    old = patches[["code", "name"]].to_dict("index")
    rows = []
    for patch, grid, households, area, share in shares[
        ["patch", "grid", "households", "area_m2", "share"]
    ].itertuples(index=False):
        number = None if pd.isna(grid) else int(grid)
        rows.append(
            {
                "patch_code": old[patch]["code"] or None,
                "patch_name": old[patch]["name"] or None,
                "grid": number,
                "grid_code": None if number is None else code.get(number) or None,
                "grid_name": None if number is None else name.get(number) or None,
                "households": int(households),
                "area_m2": round(float(area), 1),
                "share": round(float(share), 6),
            }
        )
    return rows


def keep(
    connection: sa.Connection,
    row: Any,
    net: Net,
    *,
    old: gpd.GeoDataFrame,
    codes: Mapping[int, str],
) -> None:
    """Keep the tables of the net in force till now and of all nets of departments here.

    Args:
        connection: Of the transaction that publishes.
        row: Of the plan.
        net: What is published.
        old: The grids in force till now, in the metres of the net.
        codes: What the grids are called from now on, by number.
    """
    numbered = old.reset_index(drop=True)
    rows = [{"net_id": None, "net": None, **one} for one in table(net, numbered, codes=codes)]
    box = box_of(connection, row)
    here = {} if box is None else store_departments.near(connection, box)
    for one in store_departments.nets(connection):
        if one.id in here and box is not None:
            patches = patches_of(connection, one.id, box, row.srid)
            found = table(net, patches, codes=codes)
            rows += [{"net_id": one.id, "net": one.name, **each} for each in found]
    store_departments.keep_correspondence(connection, row.id, rows)


def box_of(connection: sa.Connection, row: Any) -> store_departments.Box | None:
    """The box of a draft's ground in WGS 84 degrees; None if it has none."""
    box = store_departments.extent(connection, row.id)
    if box is None:
        return None
    west, south, east, north = box
    corners = np.array([[west, south], [east, south], [east, north], [west, north]])
    lon, lat = convert_points(corners[:, 0], corners[:, 1], from_=f"EPSG:{row.srid}", to="wgs84")
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def patches_of(
    connection: sa.Connection, net_id: int, box: store_departments.Box, srid: int
) -> gpd.GeoDataFrame:
    """The patches of a net around a draft, by number, in the draft's metres."""
    rows = store_departments.patches(connection, net_id, box)
    shapes = shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object))
    crs = f"EPSG:{srid}"
    columns = {
        name: np.array([getattr(row, name) for row in rows] + [None], dtype=object)[:-1]
        for name in ("code", "name")
    }
    return gpd.GeoDataFrame(
        columns,
        geometry=np.asarray(convert_geometries(shapes, from_="wgs84", to=crs), dtype=object),
        index=pd.Index([row.patch for row in rows], dtype="int64", name="patch"),
        crs=crs,
    )
