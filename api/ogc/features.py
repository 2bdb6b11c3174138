"""OGC API – Features 1.0: a page of features, or one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import orjson
from flask import Response

from api.ogc import parameters
from api.ogc.answering import GEOJSON, address, document, gettext, here, link
from api.ogc.layers import layer
from api.serving import database
from api.signing_in import current_actor
from geodata.errors import InvalidInput
from geodata.places.featuring import Feature, Wanted, filterable

COMMON: Final = frozenset({"bbox", "bbox-crs", "crs", "datetime", "limit", "after"})


def items(name: str) -> Response:
    """A page of features of the layer ``name``, with a link to the next."""
    one = layer(name)
    filters = filterable(one.properties())
    own = frozenset({"personal"}) if one.is_cases else frozenset({"at"})
    parameters.refuse_unknown(COMMON | own | filters)
    since, until = parameters.period()
    moment = parameters.at()
    if moment is not None and (since is not None or until is not None):
        raise InvalidInput("Give either at or datetime, not both.")
    wanted = Wanted(
        boxes=parameters.boxes(),
        at=moment,
        since=since,
        until=until,
        equal=parameters.choices(filters),
        limit=parameters.limit(),
        after=parameters.after(),
    )
    personal = parameters.truth("personal")
    page = one.page(database, current_actor(), wanted, personal=personal)
    links = [
        link(here(), "self", media_type=GEOJSON, title=gettext("This page")),
        link(address(f"/collections/{name}"), "collection", title=gettext("The collection")),
    ]
    if page.after is not None:
        following = here(after=parameters.cursor(page.after))
        links.append(link(following, "next", media_type=GEOJSON, title=gettext("The next page")))
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC),
        "numberReturned": len(page.features),
        "links": links,
        "features": [written(feature) for feature in page.features],
    }
    if page.matched is not None:
        body["numberMatched"] = page.matched
    return document(body, media_type=GEOJSON, kept="no-store" if personal else "no-cache")


def item(name: str, identifier: str) -> Response:
    """One feature of the layer ``name``."""
    one = layer(name)
    parameters.refuse_unknown({"personal"} if one.is_cases else {"at"})
    personal = parameters.truth("personal")
    feature = one.one(database, current_actor(), identifier, at=parameters.at(), personal=personal)
    body = written(feature)
    body["links"] = [
        link(here(), "self", media_type=GEOJSON, title=gettext("This feature")),
        link(address(f"/collections/{name}"), "collection", title=gettext("The collection")),
    ]
    return document(body, media_type=GEOJSON, kept="no-store" if personal else "no-cache")


def written(feature: Feature) -> dict[str, Any]:
    """A feature as GeoJSON; the geometry goes in as PostGIS wrote it."""
    geometry = None if feature.geometry is None else orjson.Fragment(feature.geometry)
    return {
        "type": "Feature",
        "id": feature.identifier,
        "geometry": geometry,
        "properties": feature.properties,
    }
