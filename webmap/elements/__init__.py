"""Folium elements of ours: what an analyst puts on a map, and what our pages are made of.

Each element names an ES module of ``webmap/static/js`` and the options it is given. On a
``PageMap`` (or any map in a ``LocalFigure``) the assets are our own files; on a plain
``folium.Map`` the element brings its modules inside the document, so that a notebook needs no
server of ours. An element takes a GeoDataFrame (any CRS), which is embedded as GeoJSON in WGS 84,
or the address of vector tiles.
"""

from __future__ import annotations

from webmap.elements.ground import Basemap, Labels
from webmap.elements.heat import HeatLayer
from webmap.elements.incidents import IncidentLayer
from webmap.elements.module_element import ModuleElement
from webmap.elements.page_map import PageMap
from webmap.elements.places import (
    AreaLayer,
    BuildingLayer,
    CompoundLayer,
    FacilityLayer,
    GateLayer,
    GridLayer,
    PlaceLayer,
    StreetLayer,
)
from webmap.elements.reach import CoverageChoropleth, ServiceCircles
from webmap.elements.sheet import Sheet

__all__ = [
    "AreaLayer",
    "Basemap",
    "BuildingLayer",
    "CompoundLayer",
    "CoverageChoropleth",
    "FacilityLayer",
    "GateLayer",
    "GridLayer",
    "HeatLayer",
    "IncidentLayer",
    "Labels",
    "ModuleElement",
    "PageMap",
    "PlaceLayer",
    "ServiceCircles",
    "Sheet",
    "StreetLayer",
]
