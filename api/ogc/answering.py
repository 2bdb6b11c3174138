"""How OGC answers are written: JSON by orjson, links with relation and media type."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import orjson
from flask import Response, request

from api.languages import language
from api.ogc.parameters import CRS84
from geodata.words import translate

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
MVT: Final = "application/vnd.mapbox-vector-tile"
OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def document(body: dict[str, Any], *, media_type: str = JSON, kept: str = "no-cache") -> Response:
    """A JSON answer; ``kept`` says whether the asker's own cache may keep it."""
    response = Response(orjson.dumps(body, option=OPTIONS), content_type=media_type)
    response.headers["Cache-Control"] = f"private, {kept}"
    if media_type == GEOJSON:
        response.headers["Content-Crs"] = f"<{CRS84}>"
    return response


def address(path: str = "", **arguments: str) -> str:
    """The absolute address of ``path`` below ``/ogc``."""
    query = f"?{urlencode(arguments)}" if arguments else ""
    return f"{request.root_url}ogc{path}{query}"


def link(
    href: str, rel: str, *, media_type: str = JSON, title: str = "", **more: Any
) -> dict[str, Any]:
    """A link as OGC API – Common describes it."""
    found: dict[str, Any] = {"href": href, "rel": rel, "type": media_type, **more}
    if title:
        found["title"] = title
    return found


def here(**changes: str | None) -> str:
    """The address of this request, with some parameters changed, or left out where None."""
    arguments = {**request.args.to_dict(), **changes}
    kept = {name: value for name, value in arguments.items() if value is not None}
    query = f"?{urlencode(kept)}" if kept else ""
    return f"{request.base_url}{query}"


def gettext(message: str) -> str:
    """The sentence in the language of the request."""
    return translate(message, language())
