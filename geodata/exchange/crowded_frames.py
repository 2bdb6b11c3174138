"""Hotspots of cases in a GeoDataFrame: what ``wangge cases hotspots`` does, for notebooks."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.errors import InvalidInput
from geodata.exchange.crowding import Areas, Cases, Told, Wish, households_of, tell
from geodata.profiles import Profile, load_profile


def hotspots_of_frame(
    cases: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    households: str | None = None,
    names: str | None = None,
    time_column: str | None = None,
    category: str | None = None,
    profile: Profile | None = None,
    **wish: Any,
) -> Told:
    """Where cases crowd together.

    Args:
        cases: Points of any coordinate system that it names.
        areas: Polygons to count on; else square cells.
        households: Their column with households, as the base.
        names: Their column with names.
        time_column: When a case was reported; times without a zone are the city's.
        category: What a case is about.
        profile: The city's words and zone; absent: the shipped one.
        **wish: ``cell``, ``since``, ``until``, ``earlier``, ``permutations``, ``worlds``, ``seed``
            as of ``crowding.Wish``.

    Returns:
        ``hotspots`` and ``clusters`` as records, ``cells`` as a GeoDataFrame.

    Raises:
        InvalidInput: No case has a place, a frame names no coordinate system, or a column is not
            there.
    """
    profile = profile or load_profile("linyi")
    for frame, columns in ((cases, (time_column, category)), (areas, (households, names))):
        if frame is None:
            continue
        if frame.crs is None:
            raise InvalidInput("The frame does not name its coordinate system; use set_crs.")
        for column in columns:
            if column is not None and column not in frame.columns:
                raise InvalidInput(
                    "The file has no column %(column)s; it has %(known)s.",
                    column=column,
                    known=", ".join(map(str, frame.columns[:40])),
                )
    notes: list[tuple[str, dict[str, Any]]] = []
    placed = cases[(cases.geom_type == "Point") & ~cases.geometry.is_empty]
    if placed.empty:
        raise InvalidInput("No case of the frame has a place.")
    points = placed.geometry.to_crs(WGS84)
    kinds = placed[category].fillna("other") if category else pd.Series("other", placed.index)
    found = Cases(
        points.x.to_numpy(),
        points.y.to_numpy(),
        None if time_column is None else _instants(placed[time_column], profile),
        kinds.astype(str).to_numpy(dtype=object),
    )
    given = None
    if areas is not None:
        polygons = areas

        def given(system: Any) -> Areas:
            return Areas(
                np.asarray(shapely.make_valid(polygons.geometry.to_crs(system).to_numpy())),
                polygons.index.tolist(),
                [None] * len(polygons) if names is None else polygons[names].astype(str).tolist(),
                households_of(pd.DataFrame(polygons), households, notes),
            )

    return tell(found, Wish(**wish), given, notes, profile=profile)


def _instants(times: pd.Series[Any], profile: Profile) -> Any:
    moments = pd.to_datetime(times)
    if moments.dt.tz is None:
        moments = moments.dt.tz_localize(profile.timezone, ambiguous="NaT", nonexistent="NaT")
    return moments.dt.tz_convert(UTC).dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
