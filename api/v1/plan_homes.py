"""Where the households of a draft live, for what a line drawn on it would come to."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from api.serving import database
from api.signing_in import current_actor
from api.v1.plan_answers import DECIMALS, answer
from geodata.crs import convert_points
from geodata.plans import reading

if TYPE_CHECKING:
    from flask import Response

    from geodata.plans.net import Net

blueprint = APIBlueprint("plan_homes", __name__, url_prefix="/api/v1/plans", tag="Plans")

Home = tuple[float, float, int]


class PlanHomes(BaseModel):
    """Buildings with households, by the number of the unit."""

    revision: int
    homes: dict[str, list[Home]] = Field(description="lon, lat (WGS 84) and households of each")


@blueprint.get("/<int:number>/homes")
@blueprint.output(PlanHomes)
@blueprint.doc(summary="Where the households of a draft live", responses=[401, 403, 404])
def get_homes(number: int) -> Response:
    """A unit that is cut shares its households by these; one without any shares them by area."""
    draft, net = reading.read(database, current_actor(), number)
    return answer({"revision": draft.revision, "homes": homes_of(net)}, draft)


def homes_of(net: Net) -> dict[str, list[Home]]:
    """The buildings in which somebody lives, by the number of their unit, as text."""
    lived = [
        [home for home in homes if _households(home) > 0] for homes in net.units["homes"].tolist()
    ]
    each = list(chain.from_iterable(lived))
    if not each:
        return {}
    lon, lat = convert_points(
        np.array([home[0] for home in each], dtype=float),
        np.array([home[1] for home in each], dtype=float),
        from_=f"EPSG:{net.units.crs.to_epsg()}",
        to="wgs84",
    )
    told = zip(lon.round(DECIMALS).tolist(), lat.round(DECIMALS).tolist(), each, strict=True)
    placed = ((x, y, _households(home)) for x, y, home in told)
    return {
        str(unit): [next(placed) for _home in homes]
        for unit, homes in zip(net.units.index.tolist(), lived, strict=True)
        if homes
    }


def _households(home: list[float | None]) -> int:
    count = home[2] if len(home) > 2 else None
    return 0 if count is None or np.isnan(count) else int(count)
