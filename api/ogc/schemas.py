"""What properties a layer's features have, and which of them are filters, as JSON Schema.

``/schema`` and ``/queryables`` follow the draft of OGC API – Features, Part 5: the properties of a
feature, whatever the format. ``/schema/feature`` describes the GeoJSON that ``/items`` gives; GDAL
takes its fields' types from there instead of guessing them from the first page.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Response

from api.ogc import parameters
from api.ogc.answering import address, document, gettext
from api.ogc.layers import Layer, layer
from geodata.places.featuring import filterable

SCHEMA: Final = "application/schema+json"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
TYPES: Final[dict[str, dict[str, Any]]] = {
    "integer": {"type": "integer"},
    "big_integer": {"type": "integer", "format": "int64"},
    "boolean": {"type": "boolean"},
    "double": {"type": "number"},
    "datetime": {"type": "string", "format": "date-time"},
    "ARRAY": {"type": "array", "items": {"type": "string"}},
    "JSONB": {"type": "object"},
}
_SHAPES: Final = {
    "points": "geometry-point",
    "lines": "geometry-multilinestring",
    "polygons": "geometry-multipolygon",
}
_HELD: Final = {"held_from": TYPES["datetime"], "held_until": TYPES["datetime"]}


def schema(name: str) -> Response:
    """The properties of a layer's features."""
    parameters.refuse_unknown(())
    one = layer(name)
    properties: dict[str, Any] = {
        **told(one),
        "geometry": _geometry(one),
    }
    properties["id" if one.is_cases else "code"]["x-ogc-role"] = "id"
    return _document(f"/collections/{name}/schema", one, properties)


def queryables(name: str) -> Response:
    """The properties that can be filtered by: ``name=value`` in the address of the features."""
    parameters.refuse_unknown(())
    one = layer(name)
    kinds = one.properties()
    some = {name: of_kind(kinds[name]) for name in kinds if name in filterable(kinds)}
    return _document(f"/collections/{name}/queryables", one, some, additionalProperties=False)


def feature(name: str) -> Response:
    """A feature of the layer as GeoJSON."""
    parameters.refuse_unknown(())
    one = layer(name)
    properties = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "integer" if one.is_cases else "string"},
        "geometry": {"type": "object"},
        "properties": {"type": "object", "properties": told(one)},
    }
    required = ["type", "id", "geometry", "properties"]
    return _document(f"/collections/{name}/schema/feature", one, properties, required=required)


def told(one: Layer) -> dict[str, Any]:
    """What a feature tells without the right to personal fields."""
    said = {name: of_kind(kind) for name, kind in one.properties().items()}
    return said if one.is_cases else {**said, **_HELD}


def of_kind(kind: Any) -> dict[str, Any]:
    """A column's type in JSON Schema."""
    return {**TYPES.get(kind.__visit_name__, {"type": "string"})}


def _geometry(one: Layer) -> dict[str, str]:
    return {"x-ogc-role": "primary-geometry", "format": _SHAPES[one.drawn.shape]}


def _document(path: str, one: Layer, properties: dict[str, Any], **more: Any) -> Response:
    body = {
        "$schema": DIALECT,
        "$id": address(path),
        "title": gettext(one.title),
        "description": gettext(one.description),
        "type": "object",
        "properties": properties,
        **more,
    }
    return document(body, media_type=SCHEMA)
