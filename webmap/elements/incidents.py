"""Incidents as points: clusters when far, single points when near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from webmap.elements.module_element import ModuleElement

# Okabe and Ito, "Color Universal Design" (2008), for categories that nobody gave a colour.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999")
MOST_CATEGORIES = len(COLOURS)
OTHER = {"key": "other", "name": {"zh": "其他", "en": "Other"}, "color": "#999999"}
PRECISION = 6
"""Decimals of embedded degrees: about 0.1 m."""


def coordinates(frame: gpd.GeoDataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Longitude and latitude (WGS 84 degrees) of a frame of points in any CRS.

    Raises:
        ValueError: the frame has other shapes than points.
    """
    if not frame.geom_type.eq("Point").all():
        raise ValueError("incidents are points: take frame.representative_point() of other shapes")
    placed = frame if frame.crs is None or frame.crs.to_epsg() == 4326 else frame.to_crs(4326)
    return placed.geometry.x.to_numpy().round(PRECISION), placed.geometry.y.to_numpy().round(
        PRECISION
    )


def placed_only(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows that have a place."""
    return frame[frame.geometry.notna() & ~frame.geometry.is_empty]


class IncidentLayer(ModuleElement):
    """Incidents on any Folium map, their data inside the document.

    Colours and shapes stand for categories; a cluster's ring shows its mix. Only coordinates,
    categories and what ``label`` names leave the frame.

    Args:
        frame: Points in any CRS (without one: WGS 84); rows without a place are left out.
        category: The column of categories; the seven most frequent get a colour each, unless
            ``categories`` names them.
        label: A column shown as text when a point is clicked; leave it out where it is personal.
        is_open: A column of truth values: open incidents are filled, the others hollow.
        is_late: A column of truth values: late incidents get a red ring.
        categories: Category → its colour ``#RRGGBB``, or ``{"name", "color"}``; their order is
            that of shapes.
        key: Its name on the page.
        language: ``zh`` or ``en``, for a map without a page of ours.

    Raises:
        ValueError: the frame has other shapes than points.
    """

    module = "wangge/layers/points.js"

    def __init__(
        self,
        frame: gpd.GeoDataFrame,
        *,
        category: str | None = "category",
        label: str | None = None,
        is_open: str | None = None,
        is_late: str | None = None,
        categories: Mapping[str, Any] | None = None,
        key: str = "incidents",
        language: str = "zh",
    ) -> None:
        shown = placed_only(frame)
        lon, lat = coordinates(shown)
        self._bounds = bounds_of(lon, lat)
        column = shown[category] if category in shown else pd.Series("", index=shown.index)
        words, positions = _categories(column.astype(str), categories or {})
        data: dict[str, Any] = {
            "lon": lon.tolist(),
            "lat": lat.tolist(),
            "category": positions.tolist(),
        }
        if label is not None:
            data["label"] = shown[label].fillna("").astype(str).tolist()
        for name, source in (("open", is_open), ("late", is_late)):
            if source is not None:
                data[name] = shown[source].fillna(value=False).astype(bool).astype(int).tolist()
        super().__init__(key, {"categories": words, "data": data}, language=language)

    def _get_self_bounds(self) -> list[list[float | None]]:
        return self._bounds


def _categories(
    column: pd.Series[str], given: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], np.ndarray[Any, Any]]:
    """Up to eight categories and the position of each row's; the rest are one: other."""
    kept = list(given or column.value_counts().index)[: MOST_CATEGORIES - 1]
    words = []
    for place, word in enumerate(kept):
        look = given.get(word, {})
        look = {"color": look} if isinstance(look, str) else look
        words.append({"key": word, "name": word, "color": COLOURS[place], **look})
    places = {word: place for place, word in enumerate(kept)}
    positions = column.map(places).fillna(len(kept)).to_numpy().astype(int)
    if len(column) and positions.max() == len(kept):
        words.append(OTHER)
    return words, positions


def bounds_of(lon: np.ndarray[Any, Any], lat: np.ndarray[Any, Any]) -> list[list[float | None]]:
    """South-west and north-east corner as Folium wants them, latitude first."""
    if not len(lon):
        return [[None, None], [None, None]]
    return [[float(lat.min()), float(lon.min())], [float(lat.max()), float(lon.max())]]
