"""What can be reached from a place on foot: the ground within so many minutes."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field

from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.reach_asking import PlacesQuery, changes, hour_of, several
from geodata.cases.clocks.calendar import workdays
from geodata.errors import InvalidInput
from geodata.reach import outlining

blueprint = APIBlueprint("service_areas", __name__, url_prefix="/api/v1", tag="Reach")

_LONG: Final = 4_000
POLYGONS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Polygons", "content": {"application/geo+json": {}}}
}


class AreasQuery(PlacesQuery):
    """Who walks how long from which places."""

    minutes: str = Field(
        "15",
        max_length=120,
        description="minutes on foot, above 0 to 120; several (given again, or parted by commas) "
        "make bands, of which a longer holds a shorter",
    )
    walker: str = Field(
        "", max_length=60, description="who walks: a walker of the profile; absent: its first"
    )
    way: Literal["network", "circle"] = Field(
        "network",
        description="along the streets, or as the crow flies; the answer is circles too where no "
        "street may be walked, and says so in `way`",
    )
    together: Literal["each", "merged", "nearest"] = Field(
        "each",
        description="each place by itself; all as one; or every spot to the place that is nearest "
        "on foot, so that areas do not overlap",
    )
    kind: str = Field(
        "",
        max_length=_LONG,
        description="kinds of facility; may be given several times or parted by commas; absent: "
        "those with a service circle",
    )
    place: str = Field(
        "",
        max_length=_LONG,
        description="codes of facilities, whatever their kind; may be given several times",
    )
    people: bool = Field(
        False,
        description="tell of each area how many households, residents and elderly people live "
        "there; null where the district does not state them",
    )

    def wish(self) -> outlining.AreasWish:
        """The question; raises InvalidInput on what makes no sense."""
        return outlining.AreasWish(
            minutes=tuple(map(_minutes, several("minutes"))) or (15.0,),
            walker=self.walker,
            way=self.way,
            together=self.together,
            kinds=several("kind"),
            places=several("place"),
            hour=hour_of(self.hour),
            day=self.day,
            unknown_is_open=self.unknown == "open",
            changes=changes(),
            people=self.people,
        )


@blueprint.get("/service-areas")
@blueprint.input(AreasQuery, location="query")
@blueprint.doc(
    summary="Service areas as GeoJSON",
    responses=POLYGONS,
)
def get_service_areas(query_data: AreasQuery) -> Response:
    """Of each facility, WGS 84, along the streets; beside it how far the old circle differs.

    `apart` names places that could not be joined to the streets, `remarks` what was done to these,
    `hours` which places are closed at the hour that was asked.
    """
    found = outlining.areas(
        database,
        current_actor(),
        profile,
        query_data.wish(),
        at=query_data.moment(),
        calendar=workdays,
    )
    response = Response(found, mimetype="application/geo+json")
    response.set_etag(hashlib.sha256(found).hexdigest()[:32], weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _minutes(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        raise InvalidInput("%(said)s is no number of minutes.", said=said) from None
