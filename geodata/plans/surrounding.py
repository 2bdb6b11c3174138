"""What stands around a draft now: streets and walls that borders may lie on, and stations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import convert_geometries
from geodata.plans import store, store_standing
from geodata.plans.figures import figures, reckoning_of
from geodata.plans.findings import Finding, examine
from geodata.plans.naming_places import has_stations, names_of
from geodata.plans.units import NO_BORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import sqlalchemy as sa

    from geodata.plans.net import Net
    from geodata.profiles import Profile


@dataclass(frozen=True)
class Seen:
    """A net with the lines beside it, stations in its metres, and what compounds are called.

    ``beyond``: of a part of a draft, the rows of its other grids.
    """

    net: Net
    stations: Any
    names: Mapping[str, str] = field(default_factory=dict)
    beyond: pd.DataFrame | None = None

    def findings(self, profile: Profile, grids: Iterable[int] | None = None) -> list[Finding]:
        """What is wrong with it, or with these grids of it."""
        return examine(
            self.net,
            profile=profile,
            stations=self.stations,
            grids=grids,
            no_border=NO_BORDER,
            names=self.names,
            beyond=self.beyond,
        )

    def figures(self, profile: Profile, grids: Iterable[int] | None = None) -> pd.DataFrame:
        """What its grids come to, or these of them."""
        return figures(
            self.net, reckoning=reckoning_of(profile), grids=grids, stations=self.stations
        )


def seen(
    connection: sa.Connection, net: Net, profile: Profile, *, part_of: int | None = None
) -> Seen:
    """The net, or what is loaded of a draft, with what stands around it now."""
    if not len(net.units):
        return Seen(net, np.empty(0, dtype=object))
    crs = f"EPSG:{net.units.crs.to_epsg()}"
    reach_m = profile.radius_m(max(one.minutes for one in profile.service_circles))
    near = _degrees(net.units.total_bounds, crs)
    wide = _degrees(net.units.total_bounds + reach_m * np.array([-1, -1, 1, 1]), crs)
    streets = store_standing.streets_near(connection, near)
    walls = store_standing.walls_near(connection, near)
    kinds = list(profile.circle_kinds)
    stations = store_standing.stations_near(connection, wide, kinds) or None
    if stations is None and has_stations(connection, kinds):
        stations = []
    lines = _metres([row["geom"] for row in (*streets, *walls)], crs)
    frame = pd.DataFrame(
        {
            "kind": [*(row["kind"] or "street" for row in streets), *("wall" for _ in walls)],
            "name": [row["name"] for row in (*streets, *walls)],
        }
    )
    known = gpd.GeoDataFrame(frame, geometry=lines, crs=net.units.crs)
    codes = {*net.units["compound"].dropna(), *net.units["community"]}
    at = None if stations is None else _metres(stations, crs)
    names = names_of(connection, codes)
    return Seen(replace(net, lines=known), at, names, _beyond(connection, net, part_of))


def _beyond(connection: sa.Connection, net: Net, plan_id: int | None) -> pd.DataFrame | None:
    if plan_id is None:
        return None
    rows = store.grids_beyond(connection, plan_id, net.grids.index.tolist())
    columns = ["grid", "code", "name", "community", "worker"]
    return pd.DataFrame(rows, columns=columns, dtype=object).set_index("grid")


def _metres(given: list[Any], crs: str) -> Any:
    shapes = shapely.from_wkb(np.array([bytes(one) for one in given], dtype=object))
    return convert_geometries(np.asarray(shapes, dtype=object), from_="wgs84", to=crs)


def _degrees(bounds: Any, crs: str) -> tuple[float, float, float, float]:
    box = convert_geometries(np.array([shapely.box(*bounds)]), from_=crs, to="wgs84")
    west, south, east, north = (float(value) for value in shapely.total_bounds(box))
    return west, south, east, north
