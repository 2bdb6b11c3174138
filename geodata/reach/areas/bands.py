"""Areas of several minutes round several places: each by itself, as one, or by the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.reach.areas import discs, outlines
from geodata.reach.areas.manner import Manner, Walks
from geodata.reach.areas.outlines import Outlines
from geodata.reach.areas.searching import Reached, nearest, reach
from geodata.reach.networks.network import Floats, Walker

Together = Literal["each", "merged", "nearest"]
TOGETHER: Final = ("each", "merged", "nearest")


def bands(
    walks: Walks,
    minutes: Sequence[float],
    *,
    walker: Walker,
    count: int,
    together: Together = "each",
    detour_factor: float = 1.3,
    manner: Manner | None = None,
) -> gpd.GeoDataFrame:
    """What can be reached on foot in so many minutes.

    Args:
        walks: From where, on what.
        minutes: Of each band; a longer one holds a shorter.
        walker: Who walks.
        count: How many places there are.
        together: ``each`` place by itself; ``nearest``: every spot goes to the place that is
            nearest on foot, so that areas do not overlap; ``merged``: all as one.
        detour_factor: How much longer a way is taken to be than the crow's, for the old circle.
        manner: How outlines are drawn.

    Returns:
        By place and minutes: ``place`` (its row; -1 merged), ``minutes``, ``area_m2``,
        ``circle_area_m2``, ``differs`` (symmetric difference of area and circle by their union,
        0…1; NaN without points), ``streets_m``, ``nodes``; empty where nothing is reached. The
        circle beside areas by the nearest place is cut where another is nearer as the crow flies,
        and beside merged areas all circles are one. In the CRS of the network.
    """
    manner = manner or Manner()
    limits = [walker.metres(each) for each in minutes]
    cell = manner.cell(max(limits))
    found: Any = (
        reach(walks.graph, walks.network, walks.joints, max(limits), count=count)
        if together == "each"
        else nearest(walks.graph, walks.network, walks.joints, max(limits))
    )
    rows = []
    for band, limit in zip(minutes, limits, strict=True):
        radius = limit / detour_factor
        told: dict[str, Any] = {"manner": manner, "cell_m": cell}
        if together == "each":
            drawn = outlines.each(walks, found, limit, radius_m=radius, **told)
        elif together == "nearest":
            drawn = outlines.by_nearest(walks, found, limit, count=count, **told)
        else:
            drawn = outlines.merged(walks, found, limit, **told)
        table = _table(drawn, *_beside(walks, drawn, radius, together))
        table.insert(0, "place", -1 if together == "merged" else np.arange(len(table)))
        table["nodes"] = _nodes(found, limit, count, merged=together == "merged")
        rows.append(table.assign(minutes=band))
    whole = pd.concat(rows).sort_values(["place", "minutes"], kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=walks.network.crs)


def _beside(
    walks: Walks, drawn: Outlines, radius: float, together: Together
) -> tuple[Floats | float, Floats]:
    """The area of the circle beside each outline, and how much of it is in the outline."""
    if walks.points is None:
        return np.pi * radius**2, np.full(len(drawn.shapes), np.nan)
    if together == "each":
        return np.pi * radius**2, drawn.shared_m2
    if together == "merged":
        circles = np.array([discs.merged_discs(walks.points, radius)], dtype=object)
    else:
        circles = discs.nearest_discs(walks.points, radius)
    shared = shapely.area(shapely.intersection(drawn.shapes, circles))
    return np.asarray(shapely.area(circles)), np.asarray(shared)


def _table(drawn: Outlines, circle: Floats | float, shared: Floats) -> pd.DataFrame:
    area = np.asarray(shapely.area(drawn.shapes), dtype=float)
    shared = np.minimum(shared, np.minimum(area, circle))
    whole = area + circle - shared
    differs = 1.0 - np.divide(shared, whole, out=np.ones_like(whole), where=whole > 0)
    return pd.DataFrame(
        {
            "geometry": drawn.shapes,
            "area_m2": area,
            "circle_area_m2": circle,
            "differs": differs,
            "streets_m": drawn.streets_m,
        }
    )


def _nodes(found: Any, limit: float, count: int, *, merged: bool) -> NDArray[np.int64] | int:
    """How many nodes of the network are reached."""
    metres: Floats = found.metres
    if merged:
        return int((metres <= limit).sum())
    if isinstance(found, Reached):
        owner = np.repeat(np.arange(count), np.diff(found.first))
    else:
        owner = found.place
    return np.bincount(owner[metres <= limit], minlength=count)
