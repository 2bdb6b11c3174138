"""The map of our pages: a ``folium.Map`` with nothing from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import folium
from folium.template import Template

from webmap.elements.module_element import BOOT
from webmap.figure import LocalFigure, as_json

SOMEWHERE = (35.06, 118.34)
"""Latitude and longitude of a map that is given nothing to show: Linyi."""


class PageMap(folium.Map):
    """A Leaflet map drawn on canvas: no tiles, a scale in metres, attribution of its sources.

    Args:
        figure: The document it stands in; a new inline one if left out, so that ``save`` writes a
            self-contained file.
        bounds: West, south, east, north in degrees (WGS 84): what is shown first.
        view: Zoom (perhaps between whole ones), latitude, longitude of what is shown first instead.
        attribution: One entry for each source of what is shown.
        approval: The map's 审图号, if it has one.
        remember: Begin with the view that the address bar holds.
        inset: Left, top, right, bottom pixels that panels of the page cover.
        kwargs: Options of Leaflet's map.

    On a ``patient`` map all elements wait until the page calls ``wangge.begin()``: for a page whose
    own layer comes first.
    """

    default_js = [("leaflet", "static:vendor/leaflet/leaflet.js")]  # noqa: RUF012 - Folium's form
    default_css = [  # noqa: RUF012
        ("leaflet_css", "static:vendor/leaflet/leaflet.css"),
        ("wangge_tokens", "static:css/tokens.css"),
        ("wangge_map", "static:css/map.css"),
    ]

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="wangge-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            {{ this.boot }}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                center: {{ this.location|tojson }},
                ...{{ this.options|tojavascript }}
            });
            wangge.map = {{ this.get_name() }};
            {% if this.patient %}
            wangge.begun = new Promise((done) => (wangge.begin = done));
            {% endif %}
            wangge.elements.furniture = {% if this.patient %}wangge.begun.then(() =>
                import("wangge/layers/furniture.js")){% else -%}
                import("wangge/layers/furniture.js"){% endif %}
                .then((module) => module.add({{ this.get_name() }}, {{ this.furniture_json }}));
        {% endmacro %}
        """
    )
    boot = BOOT

    def __init__(
        self,
        *,
        figure: LocalFigure | None = None,
        bounds: Sequence[float] | None = None,
        view: Sequence[float] | None = None,
        attribution: Sequence[str] = (),
        approval: str = "",
        remember: bool = False,
        inset: Sequence[int] = (12, 12, 12, 12),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            location=SOMEWHERE,
            zoom_start=13,
            tiles=None,
            prefer_canvas=True,
            zoom_control=False,
            attribution_control=False,
            max_zoom=20,
            min_zoom=3,
            zoom_snap=1,
            wheel_px_per_zoom_level=90,
            **kwargs,
        )
        self._name = "Map"
        self.patient = False
        self.furniture: dict[str, Any] = {
            "bounds": list(bounds) if bounds is not None else None,
            "view": list(view) if view is not None else None,
            "attribution": list(attribution),
            "approval": approval,
            "remember": remember,
            "inset": list(inset),
        }
        (figure or LocalFigure()).add_child(self)

    @property
    def furniture_json(self) -> str:
        """Bounds, attribution and approval as a JavaScript literal."""
        return as_json(self.furniture)

    def render(self, **kwargs: Any) -> str:
        """Ask the document for what the map itself needs, then write it."""
        figure = self.get_root()
        if isinstance(figure, LocalFigure):
            figure.use("wangge/layers/furniture.js")
            figure.patient = self.patient
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        return ""
