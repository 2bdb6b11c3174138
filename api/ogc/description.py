"""The OpenAPI 3.0 description of ``/ogc``, made from what the code takes."""

from __future__ import annotations

from typing import Any, Final

from flask import Response

from api.ogc import parameters
from api.ogc.answering import GEOJSON, JSON, MVT, OPENAPI, address, document, gettext
from api.ogc.layers import LAYERS, Layer
from api.ogc.schemas import SCHEMA, of_kind
from geodata.cases.map.tiling import FILTERS as CASE_FILTERS
from geodata.places.featuring import filterable
from geodata.places.tiling import HIGHEST


def api() -> Response:
    """The whole description."""
    parameters.refuse_unknown(())
    return document(described(), media_type=OPENAPI)


def described() -> dict[str, Any]:
    """The description as a dictionary."""
    paths: dict[str, Any] = {
        "/": _get("landing", "The landing page", {JSON: _OBJECT}),
        "/conformance": _get("conformance", "Conformance classes", {JSON: _OBJECT}),
        "/api": _get("api", "This description", {OPENAPI: _OBJECT}),
        "/collections": _get("collections", "The collections", {JSON: _OBJECT}),
        "/tileMatrixSets": _get("schemes", "Tiling schemes", {JSON: _OBJECT}),
        "/tileMatrixSets/{tileMatrixSetId}": _get(
            "scheme", "A tiling scheme", {JSON: _OBJECT}, [_ref("tileMatrixSetId")]
        ),
    }
    for one in LAYERS.values():
        paths.update(_of_layer(one))
    return {
        "openapi": "3.0.3",
        "info": {
            "title": gettext("Grid management"),
            "version": "1.0",
            "description": gettext(
                "Areas, grids, compounds, buildings, facilities, streets and cases "
                "as features and as vector tiles."
            ),
        },
        "servers": [{"url": address()}],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "parameters": _PARAMETERS,
            "responses": _RESPONSES,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
        },
    }


def _of_layer(one: Layer) -> dict[str, Any]:
    path = f"/collections/{one.name}"
    title = gettext(one.title)
    kinds = one.properties()
    filters = [_query(name, of_kind(kinds[name])) for name in sorted(filterable(kinds))]
    own = ["personal"] if one.is_cases else ["at"]
    when = ["datetime", "area"] if one.is_cases else ["at"]
    schema = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": _feature_schema(one)},
            "links": {"type": "array", "items": _OBJECT},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {
                "type": "integer",
                "minimum": 0,
                "description": "Only where counting is cheap; absent otherwise.",
            },
        },
    }
    shared = [
        _ref(name) for name in ("bbox", "bbox-crs", "crs", "datetime", "limit", "after", *own)
    ]
    tiles = f"{path}/tiles"
    named = CASE_FILTERS if one.is_cases else one.drawn.properties
    drawn = [_query(name, {"type": "string"}) for name in named]
    return {
        path: _get(f"{one.name}_collection", title, {JSON: _OBJECT}),
        **{
            f"{path}/{what}": _get(f"{one.name}_{what.replace('/', '_')}", title, {SCHEMA: _OBJECT})
            for what in ("schema", "schema/feature", "queryables")
        },
        f"{path}/items": _get(f"{one.name}_items", title, {GEOJSON: schema}, [*shared, *filters]),
        f"{path}/items/{{featureId}}": _get(
            f"{one.name}_item",
            title,
            {GEOJSON: _feature_schema(one)},
            [_ref("featureId"), *[_ref(name) for name in own]],
        ),
        tiles: _get(f"{one.name}_tilesets", title, {JSON: _OBJECT}),
        f"{tiles}/{{tileMatrixSetId}}": _get(
            f"{one.name}_tileset", title, {JSON: _OBJECT}, [_ref("tileMatrixSetId")]
        ),
        f"{tiles}/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _get(
            f"{one.name}_tile",
            title,
            {MVT: {"type": "string", "format": "binary"}},
            [
                *[_ref(n) for n in ("tileMatrixSetId", "tileMatrix", "tileRow", "tileCol", "v")],
                *[_ref(name) for name in when],
                *drawn,
            ],
        ),
    }


def _feature_schema(one: Layer) -> dict[str, Any]:
    kinds = one.properties(personal=True)
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer" if one.is_cases else "string"},
            "geometry": {"type": "object", "nullable": True},
            "properties": {
                "type": "object",
                "properties": {
                    name: {**of_kind(kind), "nullable": True} for name, kind in kinds.items()
                },
            },
        },
    }


def _get(
    operation: str,
    summary: str,
    content: dict[str, Any],
    taken: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "200": {
            "description": summary,
            "content": {media: {"schema": schema} for media, schema in content.items()},
        }
    }
    for status, name in (
        ("400", "Invalid"),
        ("401", "Stranger"),
        ("403", "Forbidden"),
        ("404", "Unknown"),
        ("503", "Away"),
    ):
        answers[status] = {"$ref": f"#/components/responses/{name}"}
    if MVT in content:
        answers["304"] = {"description": "The tile is still the one that you have."}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": taken or [],
            "responses": answers,
        }
    }


def _query(name: str, schema: dict[str, Any], text: str = "", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        **({"description": text} if text else {}),
        **more,
    }


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


_OBJECT: Final = {"type": "object"}
_NUMBER: Final = {"type": "integer", "minimum": 0}
_PARAMETERS: Final[dict[str, Any]] = {
    "bbox": _query(
        "bbox",
        {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "West, south, east, north in degrees (CRS84); with heights six numbers. West greater than "
        "east crosses the antimeridian.",
        style="form",
        explode=False,
    ),
    "bbox-crs": _query("bbox-crs", {"type": "string", "enum": [parameters.CRS84]}),
    "crs": _query("crs", {"type": "string", "enum": [parameters.CRS84]}),
    "datetime": _query(
        "datetime",
        {"type": "string"},
        "A moment, a day, or an interval with / between and .. for an open end. Places: the "
        "newest version that held then. Cases: when they were reported.",
        style="form",
        explode=False,
    ),
    "limit": _query(
        "limit",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": parameters.HIGHEST_LIMIT,
            "default": parameters.LIMIT,
        },
        style="form",
        explode=False,
    ),
    "after": _query("after", {"type": "string"}, "From the next link of the page before."),
    "at": _query("at", {"type": "string"}, "A day or moment: the version that held then."),
    "area": _query("area", {"type": "string"}, "Codes of areas of any level, with all below."),
    "personal": _query(
        "personal",
        {"type": "boolean", "default": False},
        "Personal fields and free texts, too; needs the right and is entered in the audit trail.",
    ),
    "v": _query(
        "v", {"type": "integer"}, "The layer's version, for an address that never changes."
    ),
    "featureId": _path("featureId", {"type": "string"}),
    "tileMatrixSetId": _path("tileMatrixSetId", {"type": "string", "enum": ["WebMercatorQuad"]}),
    "tileMatrix": _path("tileMatrix", {**_NUMBER, "maximum": HIGHEST}),
    "tileRow": _path("tileRow", _NUMBER),
    "tileCol": _path("tileCol", _NUMBER),
}
_PROBLEM: Final = {"application/problem+json": {"schema": _OBJECT}}
_RESPONSES: Final = {
    "Invalid": {"description": "A parameter makes no sense.", "content": _PROBLEM},
    "Stranger": {"description": "Sign in first.", "content": _PROBLEM},
    "Forbidden": {"description": "The role may not do this.", "content": _PROBLEM},
    "Unknown": {"description": "There is no such thing.", "content": _PROBLEM},
    "Away": {"description": "The database does not answer.", "content": _PROBLEM},
}
