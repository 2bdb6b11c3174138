"""How drafts, their nets and their findings are written, and how a revision is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from flask import Response, request

from api.answers import OPTIONS
from api.languages import language
from geodata.crs import convert_geometries
from geodata.errors import InvalidInput
from geodata.plans.drafting import Outcome
from geodata.plans.drafts import Draft
from geodata.plans.keeping import plain
from geodata.plans.net import COUNTED, GRID_COLUMNS, Net

GEOJSON: Final = "application/geo+json"
GEOJSON_ANSWER: Final[dict[int | str, Any]] = {
    200: {"description": "FeatureCollection", "content": {GEOJSON: {}}}
}
DECIMALS: Final = 8
"""Of degrees: a millimetre."""
LONGEST: Final = 18
"""Digits of a number that is surely none too large."""
ROUNDED: Final = ("area_m2", "perimeter_m", "compactness", "border_on_lines", "workload", "walk_m")


def revision_seen() -> int | None:
    """The revision of the header If-Match; None if there is no such header.

    Raises:
        InvalidInput: it names none.
    """
    given = request.headers.get("If-Match")
    if given is None:
        return None
    bare = given.strip().removeprefix("W/").strip('"')
    if not (bare.isascii() and bare.isdigit() and len(bare) <= LONGEST):
        raise InvalidInput('If-Match names one revision, such as "12".')
    return int(bare)


def answer(
    body: Any, draft: Draft, *, status: int = 200, mimetype: str = "application/json"
) -> Response:
    """An answer whose ETag is the draft's revision."""
    response = Response(orjson.dumps(body, option=OPTIONS), status=status, mimetype=mimetype)
    response.headers["ETag"] = f'"{draft.revision}"'
    response.headers["Cache-Control"] = "no-cache"
    return response


def draft_told(draft: Draft) -> dict[str, Any]:
    """A draft without its net."""
    shown = asdict(draft)
    del shown["srid"]
    return shown


def outcome_told(outcome: Outcome) -> Response:
    """What a step changed, with its grids and units as GeoJSON."""
    body = {
        "revision": outcome.draft.revision,
        "plan": draft_told(outcome.draft),
        "grids": grids_of(outcome.net, outcome.figures),
        "removed_grids": outcome.removed,
        "units": units_of(outcome.net, outcome.changed_units),
        "removed_units": outcome.removed_units,
        "findings": findings_told(outcome.findings),
    }
    return answer(body, outcome.draft)


def findings_told(found: Iterable[Any]) -> list[dict[str, Any]]:
    """Findings in the language of who asks."""
    return [one.as_dict(language()) for one in found]


def units_of(net: Net, numbers: Iterable[int] | None = None) -> dict[str, Any]:
    """All units, or those of these numbers, as GeoJSON."""
    units = net.units
    if numbers is not None:
        units = units.loc[units.index.intersection(list(numbers))]
    return collection(units, ("grid", "kind", "compound", "closed", "community", *COUNTED))


def grids_of(net: Net, figures: pd.DataFrame) -> dict[str, Any]:
    """The grids that have figures, with them."""
    borders = net.borders(figures.index)[[*GRID_COLUMNS, "geometry"]]
    rounded = figures.round(dict.fromkeys(ROUNDED, 4))
    columns = (*GRID_COLUMNS, *figures.columns)
    return collection(borders.join(rounded), columns)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as plain rows."""
    values = {str(name): plain(frame[name]) for name in frame.columns}
    return [{name: values[name][k] for name in values} for k in range(len(frame))]


def collection(frame: gpd.GeoDataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    """Rows as GeoJSON features in WGS 84, their index as id."""
    shapes = convert_geometries(
        frame.geometry.to_numpy(), from_=f"EPSG:{frame.crs.to_epsg()}", to="wgs84"
    )
    shapes = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    texts: list[str] = shapely.to_geojson(shapes).tolist() if len(shapes) else []
    values = {name: plain(frame[name]) for name in columns}
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": int(number),
                "geometry": orjson.Fragment(texts[k]),
                "properties": {name: values[name][k] for name in columns},
            }
            for k, number in enumerate(frame.index)
        ],
    }


def polygons_of(given: dict[str, Any]) -> gpd.GeoDataFrame:
    """Polygons of a GeoJSON FeatureCollection; raises InvalidInput."""
    try:
        frame = gpd.GeoDataFrame.from_features(given["features"], crs="EPSG:4326")
        points = shapely.get_coordinates(frame.geometry.to_numpy())
        polygons = shapely.get_dimensions(frame.geometry.to_numpy()) == 2
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.GEOSException):
        raise _no_polygons() from None
    if not len(frame) or not polygons.all() or not (np.abs(points) <= (180.0, 90.0)).all():
        raise _no_polygons()
    return frame


def _no_polygons() -> InvalidInput:
    return InvalidInput("Give the grids as a GeoJSON FeatureCollection of polygons in WGS 84.")
