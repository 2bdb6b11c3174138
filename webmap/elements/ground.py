"""What lies under and over the layers: a basemap, and names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webmap.elements.module_element import ModuleElement


class Labels(ModuleElement):
    """Names of what the layers show, with a halo, never over each other.

    Args:
        layers: Layers that are named.
        levels: Keys of the levels of areas, the largest first.
        visible: Whether names are drawn at once.
        language: ``zh`` or ``en``.
    """

    module = "wangge/layers/labels.js"

    def __init__(
        self,
        layers: Sequence[str] = ("areas", "compounds", "grids", "facilities", "streets"),
        *,
        levels: Sequence[str] = ("county", "street_office", "community"),
        visible: bool = True,
        language: str = "zh",
    ) -> None:
        options = {"layers": list(layers), "levels": list(levels), "visible": visible}
        super().__init__("labels", options, language=language)


class Basemap(ModuleElement):
    """A basemap of the operator's choice: the only thing on a map that comes from elsewhere.

    Args:
        key: Its name on the page.
        parts: Layers drawn in order, each ``{"url", "subdomains", "attribution"}``.
        visible: Whether it is drawn at once.
        language: ``zh`` or ``en``.
    """

    module = "wangge/layers/basemap.js"

    def __init__(
        self,
        key: str,
        parts: Sequence[dict[str, Any]],
        *,
        visible: bool = False,
        language: str = "zh",
    ) -> None:
        super().__init__(key, {"parts": list(parts), "visible": visible}, language=language)
