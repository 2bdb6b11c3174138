"""What the reach of service places looks like: circles, and the share of households covered."""

from __future__ import annotations

from typing import Any

import geopandas as gpd

from webmap.elements.module_element import ModuleElement
from webmap.elements.places import Source, embedded


class ServiceCircles(ModuleElement):
    """Service circles as one shape with one line around.

    Args:
        circles: Polygons, as ``geodata.reach.circles.service_circles`` gives them; None for
            circles that the page loads.
        key: Its name on the page.
        strong: Drawn with the stronger line, for the inner of two circles.
        visible: Whether it is drawn at once.
        language: ``zh`` or ``en``.
    """

    module = "wangge/layers/circles.js"

    def __init__(
        self,
        circles: gpd.GeoDataFrame | None = None,
        *,
        key: str = "circles",
        strong: bool = False,
        visible: bool = True,
        language: str = "zh",
    ) -> None:
        options: dict[str, Any] = {"strong": strong, "visible": visible}
        if circles is not None:
            options["data"] = embedded(circles, ("code", "name", "kind", "radius_m"))
        super().__init__(key, options, language=language)


class CoverageChoropleth(ModuleElement):
    """Areas filled by a figure in five classes of one hue.

    Args:
        source: Areas with the figure to embed, or an address of vector tiles; then the page gives
            the figures.
        column: The column that holds the figure.
        classing: ``jenks`` or ``quantiles``.
        level: Only areas of this level.
        key: Its name on the page.
        visible: Whether it is drawn at once.
        language: ``zh`` or ``en``.
    """

    module = "wangge/layers/choropleth.js"

    def __init__(
        self,
        source: Source,
        *,
        column: str = "share",
        classing: str = "jenks",
        level: str | None = None,
        key: str = "choropleth",
        visible: bool = True,
        language: str = "zh",
    ) -> None:
        options: dict[str, Any] = {
            "property": column,
            "classing": classing,
            "level": level,
            "visible": visible,
        }
        if isinstance(source, str):
            options["tiles"] = source
        else:
            options["data"] = embedded(source, ("code", "name", "level", column))
        super().__init__(key, options, language=language)
