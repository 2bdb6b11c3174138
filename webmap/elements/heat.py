"""Density of incidents as bands of one hue."""

from __future__ import annotations

import geopandas as gpd

from webmap.elements.incidents import bounds_of, coordinates, placed_only
from webmap.elements.module_element import ModuleElement


class HeatLayer(ModuleElement):
    """Density of points in cases per km², the same at every zoom, on any Folium map.

    Args:
        frame: Points in any CRS (without one: WGS 84); rows without a place are left out.
        radius_m: Radius of the kernel in metres: two standard deviations.
        key: Its name on the page.
        language: ``zh`` or ``en``, for a map without a page of ours.

    Raises:
        ValueError: the frame has other shapes than points, or a radius that is not positive.
    """

    module = "wangge/layers/heat.js"

    def __init__(
        self,
        frame: gpd.GeoDataFrame,
        *,
        radius_m: float = 300.0,
        key: str = "heat",
        language: str = "zh",
    ) -> None:
        if not radius_m > 0:
            raise ValueError("radius_m is a length in metres above zero")
        lon, lat = coordinates(placed_only(frame))
        self._bounds = bounds_of(lon, lat)
        data = {"lon": lon.tolist(), "lat": lat.tolist()}
        super().__init__(key, {"metres": radius_m, "data": data}, language=language)

    def _get_self_bounds(self) -> list[list[float | None]]:
        return self._bounds
