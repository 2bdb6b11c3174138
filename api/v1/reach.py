"""The households within a walk of a place."""

from __future__ import annotations

import math
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.moments import AtQuery
from geodata.reach import covering

blueprint = APIBlueprint("reach", __name__, url_prefix="/api/v1", tag="Reach")


class ReachQuery(AtQuery):
    """How long people walk."""

    minutes: float = Field(
        15,
        gt=0,
        le=covering.LONGEST_MINUTES,
        allow_inf_nan=False,
        description="minutes on foot",
    )


class AreaCoverage(BaseModel):
    """Households of one community within reach."""

    code: str
    name: str
    households: float
    covered: float
    share: float | None = Field(description="covered of all, 0 to 1; null: no households known")


class UncoveredCompound(BaseModel):
    """A compound of whose households less than half are within reach."""

    code: str
    name: str
    area_code: str | None
    area_name: str
    households: float
    share: float
    point: tuple[float, float]


class CoverageAnswer(BaseModel):
    """Households within a service circle."""

    minutes: float
    radius_m: float
    facilities: int = Field(description="facilities that count")
    basis: str = Field(
        description="where households are taken to live: buildings, compounds, areas"
    )
    households: float
    covered: float
    share: float | None
    compounds: int = Field(description="compounds in all")
    areas: list[AreaCoverage]
    uncovered: list[UncoveredCompound] = Field(description="the largest first")


@blueprint.get("/coverage")
@blueprint.input(ReachQuery, location="query")
@blueprint.output(CoverageAnswer)
@blueprint.doc(summary="Households within a service circle", responses=[400, 401, 403])
def get_coverage(query_data: ReachQuery) -> Any:
    """By community, and the compounds outside."""
    found = covering.cover(
        database,
        current_actor(),
        profile,
        minutes=query_data.minutes,
        at=query_data.moment(),
    )
    covered = found.coverage
    outside = covered.uncovered()
    return {
        "minutes": found.minutes,
        "radius_m": found.radius_m,
        "facilities": found.facilities,
        "basis": covered.basis,
        "households": covered.households,
        "covered": covered.covered,
        "share": covered.share,
        "compounds": len(covered.compounds),
        "areas": [
            {**row, "share": None if math.isnan(row["share"]) else row["share"]}
            for row in covered.areas.to_dict("records")
        ],
        "uncovered": [
            {
                "code": row.code,
                "name": row.name,
                "area_code": row.area_code,
                "area_name": found.area_names.get(row.area_code, ""),
                "households": row.households,
                "share": row.share,
                "point": (row.geometry.x, row.geometry.y),
            }
            for row in outside.itertuples(index=False)
        ],
    }
