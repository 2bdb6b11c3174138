"""OGC API – Features and OGC API – Tiles at ``/ogc``.

Everything the maps draw and what QGIS, GDAL and OWSLib read. Coordinates are CRS84 (WGS 84,
longitude first). A request with a word or value that we do not know is refused, never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Flask

from api.ogc import description, features, lane, schemas, service, tiles

if TYPE_CHECKING:
    from geodata.database import Database

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")

_LAYER = "/collections/<name>"
_TILES = f"{_LAYER}/tiles"

for _rule, _view in (
    ("", service.landing),
    ("/", service.landing),
    ("/conformance", service.conformance),
    ("/api", description.api),
    ("/collections", service.collections),
    (_LAYER, service.collection),
    (f"{_LAYER}/schema", schemas.schema),
    (f"{_LAYER}/schema/feature", schemas.feature),
    (f"{_LAYER}/queryables", schemas.queryables),
    (f"{_LAYER}/items", features.items),
    (f"{_LAYER}/items/<path:identifier>", features.item),
    ("/tileMatrixSets", tiles.schemes),
    ("/tileMatrixSets/<name>", tiles.scheme),
    (_TILES, tiles.tilesets),
    (f"{_TILES}/<scheme_name>", tiles.tileset),
    (f"{_TILES}/<scheme_name>/<zoom>/<row>/<column>", tiles.tile),
):
    blueprint.add_url_rule(_rule, f"{_view.__name__}{(_rule == '/' and '_slash') or ''}", _view)


def join(app: Flask, database: Database) -> None:
    """Answer ``/ogc``."""
    app.register_blueprint(blueprint)
    lane.join(app, database)
