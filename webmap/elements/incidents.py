"""Incidents as points: clusters when far, single points when near."""

from __future__ import annotations

import base64
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
NO_TIME = np.iinfo(np.int32).min
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
        state: A column of states, said when a point is clicked.
        time: A column of moments (with a time zone), said when a point is clicked.
        categories: Category → its colour ``#RRGGBB``, or ``{"name", "color"}``; their order is
            that of shapes.
        states: State → what it is called.
        timezone: In which times are said; the reader's own if left out.
        key: Its name on the page.
        language: ``zh`` or ``en``, for a map without a page of ours.

    Raises:
        ValueError: the frame has other shapes than points.
    """

    module = "wangge/layers/points.js"

    def __init__(  # noqa: PLR0913 - options by keyword
        self,
        frame: gpd.GeoDataFrame,
        *,
        category: str | None = "category",
        label: str | None = None,
        is_open: str | None = None,
        is_late: str | None = None,
        state: str | None = None,
        time: str | None = None,
        categories: Mapping[str, Any] | None = None,
        states: Mapping[str, Any] | None = None,
        timezone: str | None = None,
        key: str = "incidents",
        language: str = "zh",
    ) -> None:
        shown = placed_only(frame)
        lon, lat = coordinates(shown)
        self._bounds = bounds_of(lon, lat)
        column = shown[category] if category in shown else pd.Series("", index=shown.index)
        words, positions = _categories(column.astype(str), categories or {})
        data: dict[str, Any] = {
            "count": len(shown),
            "lon": packed(np.rint(lon * 10**PRECISION), "<i4"),
            "lat": packed(np.rint(lat * 10**PRECISION), "<i4"),
            "category": packed(positions, "<u1"),
        }
        options: dict[str, Any] = {"categories": words, "data": data}
        if label is not None:
            data["label"] = shown[label].fillna("").astype(str).tolist()
        for name, source in (("open", is_open), ("late", is_late)):
            if source is not None:
                data[name] = packed(shown[source].fillna(value=False).astype(bool), "<u1")
        if state is not None:
            data["state"], options["states"] = _states(shown[state].astype(str), states or {})
        if time is not None:
            data["time"] = packed(_minutes(shown[time]), "<i4")
            options["timezone"] = timezone
        super().__init__(key, options, language=language)

    def _get_self_bounds(self) -> list[list[float | None]]:
        return self._bounds


def packed(values: Any, kind: str) -> str:
    """A column of numbers as base64 of its little-endian bytes: half as long as JSON."""
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode()


def _minutes(column: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Whole minutes since 1970-01-01 UTC; the lowest int32 where there is no time."""
    moments = pd.to_datetime(column, utc=True)
    since = (moments - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(minutes=1)
    return since.fillna(NO_TIME).to_numpy().astype(np.int64)


def _states(column: pd.Series[str], names: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Positions of the states that occur, and what these are called."""
    positions, used = pd.factorize(column, sort=True)
    return packed(positions, "<u2"), [names.get(key, key) for key in used]


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
