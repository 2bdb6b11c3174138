"""A draft opened from what stands: the ground of communities cut, and what its grids begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.accounts import require
from geodata.crs import convert_points
from geodata.errors import Cancelled, InvalidInput, NotFound
from geodata.plans import laying, store_standing, units
from geodata.plans.drafting import keep_draft
from geodata.plans.drafts import Draft, checked_name
from geodata.plans.net import Net
from geodata.words import sentence as _

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

Tell = Callable[[str, float], bool]
"""Told the stage and the share done; answers whether to stop."""
STAGES: Final = {
    "mending": _("Mending the polygons"),
    "cutting": _("Cutting the ground"),
    "laying": _("Laying the net on the draft"),
    "keeping": _("Keeping the draft"),
}
"""What is done with a file after reading it."""
STARTS: Final = ("current", "compounds", "proposal", "file")
CHANGES_TOLD: Final = 200
"""Changes to a net that is laid on units that the draft's report tells, the largest."""
WGS84: Final = "EPSG:4326"


def open_draft(  # noqa: PLR0913 - what a form asks
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    name: str,
    area: str,
    start: str,
    grids: gpd.GeoDataFrame | None = None,
    told: Mapping[str, Any] | None = None,
    tell: Tell = lambda _stage, _share: False,
) -> Draft:
    """Open a draft of an area's net.

    Args:
        database: Where.
        actor: Whose draft; the area must be in the areas of duty.
        profile: Which level grids belong to.
        name: What people call it.
        area: The code of a community or of an area above it.
        start: ``current``: the net in force. ``compounds``: each compound a grid. ``proposal``:
            no grid, for a proposal to fill. ``file``: the polygons of ``grids``.
        grids: Polygons of any CRS with ``name``, ``code`` and ``worker`` where known; codes that
            no grid has here are dropped.
        told: What the report tells besides, as JSON.
        tell: Told the stage and the share done; true stops it, and nothing is kept.

    Raises:
        NotFound: no such area.
        NotAllowed: the role or the area of duty.
        InvalidInput: no such start, no community inside, or no ground to cut.
        Cancelled: it was stopped.
    """
    require(actor, "draw_plan")
    checked_name(name)
    if start not in STARTS or (start == "file") != (grids is not None):
        raise InvalidInput("A draft starts from one of: %(starts)s.", starts=", ".join(STARTS))
    going_on(tell, "cutting", 0.0)
    with database.read() as connection:
        require(actor, "draw_plan", area_codes=[area], connection=connection)
        communities = _communities(connection, profile, area)
        net, base = _cut(connection, communities)
        standing = store_standing.standing(connection, "grids", communities)
    going_on(tell, "laying", 0.4)
    report: dict[str, Any] = {}
    if start == "current" and standing:
        net, report = _assigned(net, standing_grids(standing))
    elif grids is not None and len(grids):
        net, report = _assigned(net, _own_codes(grids, standing))
    elif start == "compounds":
        net = _a_grid_for_each_compound(net, base)
    going_on(tell, "keeping", 0.8)
    with database.begin() as tx:
        return keep_draft(
            tx,
            actor,
            net,
            name=name,
            area_code=area,
            communities=communities,
            start=start,
            base={row["code"]: row["id"] for row in standing},
            report=report | dict(told or {}),
        )


def going_on(tell: Tell, stage: str, share: float) -> None:
    """Tell how far it is; raises Cancelled if it is to stop."""
    if tell(stage, share):
        raise Cancelled("Stopped; nothing was kept.")


def _communities(connection: sa.Connection, profile: Profile, area: str) -> list[str]:
    if "\0" in area or not store_standing.is_area(connection, area):
        raise NotFound("There is no area %(code)s.", code=area)
    found = store_standing.communities_inside(connection, area, profile.smallest_level.key)
    if not found:
        raise InvalidInput(
            "There is no community in %(code)s: import its communities first.", code=area
        )
    return found


def _cut(connection: sa.Connection, communities: list[str]) -> tuple[Net, dict[str, str]]:
    """The ground of communities, and the names of compounds by code."""
    ground = _frame(store_standing.communities_with_borders(connection, communities))
    compounds = _frame(store_standing.standing(connection, "compounds", communities))
    west, south, east, north = (float(value) for value in ground.total_bounds)
    streets = _frame(store_standing.streets_near(connection, (west, south, east, north)))
    streets["width_m"] = pd.to_numeric(streets["width_m"], errors="coerce")
    buildings = _homes(store_standing.standing(connection, "buildings", communities))
    names = dict(zip(compounds["code"], compounds["name"], strict=True))
    return units.build(ground, compounds, streets, buildings=buildings), names


def _homes(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Buildings with what is counted of them."""
    for row in rows:
        extra = row["extra"] or {}
        row["rented"] = extra.get("rented")
        row["shops"] = extra.get("shops", int(row["use"] == "shop"))
        row["buildings"] = 1
    return _frame(rows)


def _frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    shapes = shapely.from_wkb(np.array([bytes(row["geom"]) for row in rows], dtype=object))
    names = [name for name in rows[0] if name != "geom"] if rows else [*_EMPTY]
    columns = {name: [row[name] for row in rows] for name in names}
    return gpd.GeoDataFrame(columns, geometry=np.asarray(shapes, dtype=object), crs=WGS84)


_EMPTY: Final = ("code", "name", "kind", "closed", "households", "residents", "width_m")


def standing_grids(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Grids in force, rows of ``store_standing.standing``, as ``laying.assign`` takes them."""
    frame = _frame(rows)
    frame["worker"] = [(row["extra"] or {}).get("worker") for row in rows]
    return frame


def _own_codes(grids: gpd.GeoDataFrame, standing: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Polygons with a code only where a grid has it here, and none twice."""
    if "code" not in grids:
        return grids
    known = {row["code"] for row in standing}
    kept = grids["code"].isin(known) & ~grids["code"].duplicated()
    codes = np.where(kept, grids["code"].to_numpy(dtype=object), None)
    return grids.assign(code=codes)


def _assigned(net: Net, grids: gpd.GeoDataFrame) -> tuple[Net, dict[str, Any]]:
    """The net with these grids, and what of their ground is another's on whole units."""
    drawn, changes = laying.assign(net, grids)
    told = changes[:CHANGES_TOLD]
    places = np.array([[one.x, one.y] for one in told], dtype=float).reshape(-1, 2)
    crs = f"EPSG:{net.units.crs.to_epsg()}"
    lon, lat = convert_points(places[:, 0], places[:, 1], from_=crs, to="wgs84")
    laid = [
        {
            "was": one.was,
            "now": one.now,
            "area_m2": round(one.area_m2, 1),
            "point": [round(float(x), 7), round(float(y), 7)],
        }
        for one, x, y in zip(told, lon, lat, strict=True)
    ]
    return drawn, {"laid": laid, "laid_m2": round(sum(one.area_m2 for one in changes), 1)}


def _a_grid_for_each_compound(net: Net, names: dict[str, str]) -> Net:
    """Each compound alone (a closed, mature one stands alone); other ground in no grid."""
    own = net.units[net.units["compound"].notna()]
    keys = own.groupby(["community", "compound"], sort=True).ngroup() + 1
    changed = net.units.copy()
    changed.loc[own.index, "grid"] = keys.astype("Int64")
    first = own.assign(grid=keys).drop_duplicates("grid").sort_values("grid")
    rows = pd.DataFrame(
        {
            "code": None,
            "name": [names.get(code) or code for code in first["compound"]],
            "community": first["community"].to_numpy(),
            "locked": False,
            "worker": None,
        },
        index=pd.Index(first["grid"], dtype="int64", name="grid"),
    )
    return replace(net, units=changed, grids=rows, next_grid=len(rows) + 1)
