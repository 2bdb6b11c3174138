"""The pages that describe the service: landing page, conformance, collections."""

from __future__ import annotations

from typing import Any, Final

from flask import Response

from api.languages import language
from api.ogc import parameters
from api.ogc.answering import GEOJSON, MVT, OPENAPI, address, document, gettext, link
from api.ogc.layers import LAYERS, Layer, layer
from api.ogc.parameters import CRS84
from api.ogc.schemas import SCHEMA
from api.serving import database, profile
from api.signing_in import current_actor

SPECIFICATIONS: Final = "http://www.opengis.net/spec"
CONFORMS: Final = tuple(
    f"{SPECIFICATIONS}/{name}"
    for name in (
        "ogcapi-common-1/1.0/conf/core",
        "ogcapi-common-1/1.0/conf/landing-page",
        "ogcapi-common-1/1.0/conf/json",
        "ogcapi-common-1/1.0/conf/oas30",
        "ogcapi-common-2/1.0/conf/collections",
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-tiles-1/1.0/conf/core",
        "ogcapi-tiles-1/1.0/conf/tileset",
        "ogcapi-tiles-1/1.0/conf/tilesets-list",
        "ogcapi-tiles-1/1.0/conf/geodata-tilesets",
        "ogcapi-tiles-1/1.0/conf/mvt",
        "ogcapi-tiles-1/1.0/conf/oas30",
    )
)
RELATIONS: Final = "http://www.opengis.net/def/rel/ogc/1.0"
TILESETS: Final = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
SCHEMES: Final = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"


def landing() -> Response:
    """Where everything is."""
    parameters.refuse_unknown(())
    name = getattr(profile.name, language())
    return document(
        {
            "title": f"{gettext('Grid management')} · {name}",
            "description": gettext(
                "Areas, grids, compounds, buildings, facilities, streets and cases "
                "as features and as vector tiles."
            ),
            "links": [
                link(address(), "self", title=gettext("This document")),
                link(address("/api"), "service-desc", media_type=OPENAPI, title=gettext("OpenAPI")),
                link(address("/conformance"), "conformance", title=gettext("Conformance classes")),
                link(address("/collections"), "data", title=gettext("The collections")),
                link(address("/tileMatrixSets"), SCHEMES, title=gettext("Tiling schemes")),
            ],
        }
    )


def conformance() -> Response:
    """Which parts of the standards hold."""
    parameters.refuse_unknown(())
    return document({"conformsTo": CONFORMS})


def collections() -> Response:
    """All layers."""
    parameters.refuse_unknown(())
    actor = current_actor()
    return document(
        {
            "links": [link(address("/collections"), "self", title=gettext("This document"))],
            "collections": [described(one, one.extent(database, actor)) for one in LAYERS.values()],
        }
    )


def collection(name: str) -> Response:
    """One layer."""
    parameters.refuse_unknown(())
    one = layer(name)
    return document(described(one, one.extent(database, current_actor())))


def described(one: Layer, extent: tuple[float, float, float, float] | None) -> dict[str, Any]:
    """A layer as a collection; ``extent`` in WGS 84 degrees."""
    path = f"/collections/{one.name}"
    bbox = list(extent or (-180.0, -90.0, 180.0, 90.0))
    return {
        "id": one.name,
        "title": gettext(one.title),
        "description": gettext(one.description),
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "extent": {
            "spatial": {"bbox": [bbox], "crs": CRS84},
            "temporal": {
                "interval": [[None, None]],
                "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
            },
        },
        "links": [
            link(address(path), "self", title=gettext("This document")),
            link(
                address(f"{path}/items"), "items", media_type=GEOJSON, title=gettext("The features")
            ),
            *_schemas(path),
            link(address(f"{path}/tiles"), TILESETS, title=gettext("The vector tiles")),
            link(
                address(f"{path}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"),
                "item",
                media_type=MVT,
                templated=True,
                title=gettext("A vector tile"),
            ),
        ],
    }


def _schemas(path: str) -> list[dict[str, Any]]:
    """Links to the schemas; GDAL knows the second and the last relation."""
    return [
        link(address(f"{path}/{what}"), relation, media_type=SCHEMA, title=gettext(title))
        for relation, what, title in (
            (f"{RELATIONS}/schema", "schema", _("The properties")),
            ("describedby", "schema/feature", _("A feature as GeoJSON")),
            (f"{RELATIONS}/queryables", "queryables", _("Properties to filter by")),
            ("queryables", "queryables", _("Properties to filter by")),
        )
    ]


def _(message: str) -> str:
    """Mark a sentence for translation; it is translated when it is said."""
    return message
