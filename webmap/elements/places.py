"""The layers of a district: areas, grids, compounds, buildings, facilities, streets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import geopandas as gpd
import orjson
from shapely import set_precision

from webmap.elements.module_element import ModuleElement

Source: TypeAlias = "gpd.GeoDataFrame | str"

DEGREES_PRECISION = 1e-6
"""Coordinates of embedded layers are written to about 0.1 m."""


def embedded(
    frame: gpd.GeoDataFrame, columns: Sequence[str], *, tolerance_m: float = 0.0
) -> dict[str, Any]:
    """A GeoDataFrame as GeoJSON in WGS 84 with these columns only, if it has them.

    Args:
        frame: Any CRS; without one it is taken as WGS 84.
        columns: What may leave; everything else stays out of the document.
        tolerance_m: Simplify shapes by so many metres, shared borders kept shared.
    """
    kept = [name for name in columns if name in frame.columns]
    shown = frame[[*kept, frame.geometry.name]]
    if shown.crs is None:
        shown = shown.set_crs(4326)
    elif shown.crs.to_epsg() != 4326:
        shown = shown.to_crs(4326)
    shown = shown[shown.geometry.notna() & ~shown.geometry.is_empty]
    if tolerance_m and len(shown):
        degrees = tolerance_m / 111_320
        if set(shown.geom_type) <= {"Polygon", "MultiPolygon"}:
            shown = shown.set_geometry(shown.geometry.simplify_coverage(degrees))
        else:
            shown = shown.set_geometry(shown.geometry.simplify(degrees))
    shown = shown.set_geometry(
        set_precision(shown.geometry.values, DEGREES_PRECISION, mode="pointwise")
    )
    collection: dict[str, Any] = orjson.loads(shown.to_json(drop_id=True))
    collection.pop("crs", None)
    for feature in collection["features"]:
        known = feature["properties"].items()
        feature["properties"] = {name: value for name, value in known if value not in (None, "")}
    return collection


class PlaceLayer(ModuleElement):
    """One layer of the district, drawn on canvas.

    Args:
        source: A GeoDataFrame to embed, or an address of vector tiles with ``{z}`` ``{row}``
            ``{col}``.
        key: Its name on the page; the layer's own if left out.
        visible: Whether it is drawn at once.
        tolerance_m: Embedded shapes are simplified by so many metres.
        language: ``zh`` or ``en``, for a map without a page of ours.
        options: What the module takes besides (``order``, ``minZoom``, ``pickable``).
    """

    module = "wangge/layers/places.js"
    layer = ""
    columns: tuple[str, ...] = ("code", "name")

    def __init__(
        self,
        source: Source,
        *,
        key: str | None = None,
        visible: bool = True,
        tolerance_m: float = 0.0,
        language: str = "zh",
        **options: Any,
    ) -> None:
        drawn: dict[str, Any] = {"layer": self.layer, "visible": visible, **options}
        self._bounds: list[float] | None = None
        if isinstance(source, str):
            drawn["tiles"] = source
        else:
            drawn["data"] = embedded(source, self.columns, tolerance_m=tolerance_m)
            if len(source):
                shown = source if source.crs is None else source.to_crs(4326)
                self._bounds = [float(value) for value in shown.total_bounds]
        super().__init__(key or self.layer, drawn, language=language)

    def _get_self_bounds(self) -> list[list[float | None]]:
        if self._bounds is None:
            return [[None, None], [None, None]]
        west, south, east, north = self._bounds
        return [[south, west], [north, east]]


class AreaLayer(PlaceLayer):
    """Areas in levels; ``levels`` are the keys of the levels, the largest first."""

    layer = "areas"
    columns = ("code", "name", "level", "parent_code", "households", "residents")

    def __init__(self, source: Source, *, levels: Sequence[str] = (), **options: Any) -> None:
        if levels:
            options["levels"] = list(levels)
        super().__init__(source, **options)


class GridLayer(PlaceLayer):
    """Grids."""

    layer = "grids"
    columns = ("code", "name", "area_code", "households", "residents")


class CompoundLayer(PlaceLayer):
    """Compounds, filled by type; ``colours`` is type key → colour."""

    layer = "compounds"
    columns = (
        "code",
        "name",
        "area_code",
        "type",
        "closed",
        "property_firm",
        "households",
        "residents",
    )

    def __init__(
        self, source: Source, *, colours: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(source, colours=dict(colours or {}), **options)


class BuildingLayer(PlaceLayer):
    """Buildings."""

    layer = "buildings"
    columns = ("code", "name", "compound_code", "use", "floors", "households")


class FacilityLayer(PlaceLayer):
    """Facilities; ``circles`` are the kinds that count as stations."""

    layer = "facilities"
    columns = ("code", "name", "area_code", "kind", "hours", "address")

    def __init__(self, source: Source, *, circles: Sequence[str] = (), **options: Any) -> None:
        super().__init__(source, circles=list(circles), **options)


class GateLayer(PlaceLayer):
    """Gates of closed compounds."""

    layer = "gates"
    columns = ("code", "name", "compound_code")


class StreetLayer(PlaceLayer):
    """Streets, ways on foot, rivers and railways by kind."""

    layer = "streets"
    columns = ("code", "name", "kind", "oneway", "bridge", "tunnel", "width_m")
