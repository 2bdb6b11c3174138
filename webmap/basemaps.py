"""Basemaps by configuration. None by default: the layers are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

if TYPE_CHECKING:
    from geodata.settings import Settings

TIANDITU = (
    "https://t{s}.tianditu.gov.cn/%(layer)s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER=%(layer)s&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=%(key)s"
)


def basemaps(settings: Settings) -> list[dict[str, Any]]:
    """The configured basemaps: key, name, parts in drawing order.

    A key of 天地图 belongs to the operator and is told to signed-in browsers only.
    """
    found: list[dict[str, Any]] = []
    if settings.basemap_url:
        part = {"url": settings.basemap_url, "attribution": settings.basemap_attribution}
        found.append({"key": "own", "name": gettext("Basemap"), "parts": [part]})
    if settings.tianditu_key is not None:
        key = settings.tianditu_key.get_secret_value()
        kinds = (
            ("tianditu-vec", gettext("Tianditu map"), ("vec", "cva")),
            ("tianditu-img", gettext("Tianditu imagery"), ("img", "cia")),
        )
        for name, title, layers in kinds:
            parts = [
                {
                    "url": TIANDITU % {"layer": layer, "key": key},
                    "subdomains": "01234567",
                    "attribution": gettext("Tianditu"),
                }
                for layer in layers
            ]
            found.append({"key": name, "name": title, "parts": parts})
    return found
