"""OGC API – Tiles 1.0: tilesets, the tiling scheme, and vector tiles."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, request

from api.ogc import parameters
from api.ogc.answering import MVT, address, document, gettext, link
from api.ogc.caching import TileCache
from api.ogc.lane import VERSION
from api.ogc.layers import Layer, layer
from api.ogc.parameters import CRS84
from api.serving import database, profile
from api.signing_in import current_actor, known_version
from geodata.accounts import Actor, require
from geodata.cases.map import tiling as case_tiles
from geodata.cases.map.tiling import FILTERS as CASE_FILTERS
from geodata.cases.map.tiling import CaseDrawing
from geodata.errors import NotFound
from geodata.places import tiling
from geodata.places.tiling import HIGHEST, WORLD, Drawing, Tile

SCHEME: Final = "WebMercatorQuad"
SCHEME_URI: Final = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
TILESET: Final = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
FORM: Final = 2
"""Raised when tiles are drawn differently, so that no cache keeps the older drawing."""

PIXEL: Final = 0.00028
"""Side of the standard's pixel, metres (Two Dimensional Tile Matrix Set, 6.1.1.1)."""

cache = TileCache()


def schemes() -> Response:
    """The tiling schemes: one."""
    parameters.refuse_unknown(())
    one = {
        "id": SCHEME,
        "title": "Google Maps Compatible for the World",
        "uri": SCHEME_URI,
        "links": [link(address(f"/tileMatrixSets/{SCHEME}"), "self")],
    }
    links = [link(address("/tileMatrixSets"), "self")]
    return document({"links": links, "tileMatrixSets": [one]})


def scheme(name: str) -> Response:
    """The definition of WebMercatorQuad, zooms 0 to 22."""
    parameters.refuse_unknown(())
    _known_scheme(name)
    return document(
        {
            "id": SCHEME,
            "title": "Google Maps Compatible for the World",
            "uri": SCHEME_URI,
            "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
            "orderedAxes": ["X", "Y"],
            "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
            "tileMatrices": [_matrix(zoom) for zoom in range(HIGHEST + 1)],
        }
    )


def _matrix(zoom: int) -> dict[str, Any]:
    cell = 2 * WORLD / 256 / (1 << zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell / PIXEL,
        "cellSize": cell,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-WORLD, WORLD],
        "tileWidth": 256,
        "tileHeight": 256,
        "matrixWidth": 1 << zoom,
        "matrixHeight": 1 << zoom,
    }


def tilesets(name: str) -> Response:
    """The tilesets of a layer: one."""
    parameters.refuse_unknown(())
    one = layer(name)
    short = _summary(one)
    return document(
        {
            "links": [link(address(f"/collections/{name}/tiles"), "self")],
            "tilesets": [short],
        }
    )


def tileset(name: str, scheme_name: str) -> Response:
    """The metadata of a layer's tiles: zooms, vector layers, their properties."""
    parameters.refuse_unknown(())
    one = layer(name)
    _known_scheme(scheme_name)
    box = one.extent(database, current_actor()) or (-180.0, -85.0, 180.0, 85.0)
    body = _summary(one)
    body["description"] = gettext(one.description)
    body["version"] = str(database.version(name))
    body["boundingBox"] = {
        "lowerLeft": list(box[:2]),
        "upperRight": list(box[2:]),
        "crs": CRS84,
    }
    body["layers"] = _vector_layers(one)
    return document(body)


def _summary(one: Layer) -> dict[str, Any]:
    path = f"/collections/{one.name}/tiles/{SCHEME}"
    return {
        "title": gettext(one.title),
        "dataType": "vector",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": SCHEME_URI,
        "links": [
            link(address(path), "self"),
            link(address(f"/tileMatrixSets/{SCHEME}"), TILESET),
            link(
                address(f"{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"),
                "item",
                media_type=MVT,
                templated=True,
            ),
        ],
    }


def _vector_layers(one: Layer) -> list[dict[str, Any]]:
    drawn = one.drawn
    columns = one.properties()
    schema = {
        "type": "object",
        "properties": {
            name: {"type": _JSON_TYPES[columns[name].__visit_name__]}
            if name in columns
            else {"type": "integer", "description": gettext(_MADE[name])}
            for name in drawn.properties
        },
    }
    dimension = {"points": 0, "lines": 1, "polygons": 2}[drawn.shape]
    shapes = {
        "id": one.name,
        "dataType": "vector",
        "geometryDimension": dimension,
        "minTileMatrix": str(drawn.zoom),
        "maxTileMatrix": str(HIGHEST),
        "propertiesSchema": schema,
    }
    if dimension < 2:
        return [shapes]
    return [shapes, {**shapes, "id": f"{one.name}_labels", "geometryDimension": 0}]


def _(message: str) -> str:
    """Mark a sentence for translation; it is translated when it is said."""
    return message


_JSON_TYPES: Final = {
    "text": "string",
    "integer": "integer",
    "boolean": "boolean",
    "double": "number",
}
_MADE: Final = {
    "reported": _("When it was reported, in seconds since 1970."),
    "count": _("How many cases a cell stands for; absent on a single case."),
}


def tile(name: str, scheme_name: str, zoom: str, row: str, column: str) -> Response:
    """A vector tile, gzip if the asker takes it; 304 if he has it already."""
    one = layer(name)
    _known_scheme(scheme_name)
    where = Tile(*(_number(text) for text in (zoom, row, column)))
    drawn = one.drawn
    own = {"datetime", "area", *CASE_FILTERS} if one.is_cases else {"at", *drawn.properties}
    parameters.refuse_unknown({"v", *own})
    actor = current_actor()
    require(actor, "see_map")
    drawing = _drawing(one)
    version = known_version(name)
    request.environ[VERSION] = version
    key = _key(one.name, version, where, drawing)
    etag = f'"{key}"'
    headers = {"ETag": etag, "Vary": "Accept-Encoding, Cookie, Authorization"}
    headers["Cache-Control"] = _freshness(version)
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=headers)
    packed = cache.get(key)
    if packed is None:
        packed = gzip.compress(_drawn(actor, name, where, drawing), 3, mtime=0)
        cache.put(key, packed)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(packed, headers=headers, content_type=MVT)
    return Response(gzip.decompress(packed), headers=headers, content_type=MVT)


def _drawing(one: Layer) -> Drawing | CaseDrawing:
    if not one.is_cases:
        equal = parameters.choices(one.drawn.properties)
        return Drawing(at=parameters.at(), equal=equal)
    equal = parameters.choices(CASE_FILTERS)
    since, last = parameters.period()
    until = None if last is None else last + timedelta(microseconds=1)
    areas = parameters.choices(["area"]).get("area", ())
    return CaseDrawing(since=since, until=until, equal=equal, areas=areas)


def _drawn(actor: Actor, name: str, where: Tile, drawing: Drawing | CaseDrawing) -> bytes:
    if isinstance(drawing, CaseDrawing):
        return case_tiles.tile(database, actor, where, drawing)
    return tiling.tile(database, actor, name, where, drawing)


def _freshness(version: int) -> str:
    """Addresses that carry the present version never change; all others are asked again."""
    if request.args.get("v") == str(version):
        return "private, max-age=31536000, immutable"
    return "private, no-cache"


def _key(name: str, version: int, where: Tile, drawing: Drawing | CaseDrawing) -> str:
    """What a tile depends on, as a short text.

    Without ``at`` the day counts, too: a version entered ahead begins to hold without a change.
    """
    today = datetime.now(UTC).astimezone(ZoneInfo(profile.timezone)).date()
    said = f"{FORM}|{name}|{version}|{where}|{today}|{drawing}"
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise NotFound("There is no tile %(text)s.", text=text[:40])
    return int(text)


def _known_scheme(name: str) -> None:
    if name != SCHEME:
        raise NotFound(
            "There is no tiling scheme %(name)s, only %(known)s.", name=name[:100], known=SCHEME
        )
