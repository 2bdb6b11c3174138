"""Who comes how far from a place on foot: the ground within so many minutes."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.moments import AtQuery
from geodata.reach import covering

blueprint = APIBlueprint("service_areas", __name__, url_prefix="/api/v1", tag="Reach")

POLYGONS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Polygons", "content": {"application/geo+json": {}}}
}


class AreasQuery(AtQuery):
    """How long people walk."""

    minutes: float = Field(
        15,
        gt=0,
        le=covering.LONGEST_MINUTES,
        allow_inf_nan=False,
        description="minutes on foot",
    )


@blueprint.get("/service-areas")
@blueprint.input(AreasQuery, location="query")
@blueprint.doc(
    summary="Service circles as GeoJSON",
    responses=POLYGONS,
)
def get_service_areas(query_data: AreasQuery) -> Response:
    """One polygon round each facility that counts, WGS 84."""
    found = covering.circles(
        database,
        current_actor(),
        profile,
        minutes=query_data.minutes,
        at=query_data.moment(),
    )
    return Response(found.to_json(drop_id=True), mimetype="application/geo+json")
