"""Nets of other departments over the same place: brought in, compared, fitted."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from flask import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api import uploads
from api.answers import OPTIONS
from api.languages import language
from api.serving import database, settings
from api.signing_in import current_actor
from api.v1.jobs import Job, shown
from api.v1.plan_answers import GEOJSON, GEOJSON_ANSWER, revision_seen
from api.v1.plan_bodies import Body
from geodata.crs import convert_geometries, title
from geodata.database import jobs
from geodata.plans import departments
from geodata.plans.departments import Compared
from geodata.words import sentence as _
from geodata.words import translate

blueprint = APIBlueprint("nets", __name__, url_prefix="/api/v1", tag="Nets of departments")

DECIMALS: Final = 7
"""Of degrees: a centimetre."""
THIN_M: Final = 10.0
"""Ground where nobody lives and that is thinner is what two ways of drawing one border leave."""
MOST_SHOWN: Final = 500
MOST_KEYS: Final = 200
"""Characters of a list of nets."""


class NewNet(BaseModel):
    """A file with the net of a department."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="polygons in any file GDAL reads")
    name: str = Field(min_length=1, max_length=60, description="of the department")
    crs: str | None = Field(
        default=None, max_length=40, description="gcj02, bd09, wgs84, EPSG:n; absent: the file's"
    )
    layer_name: str | None = Field(
        default=None, max_length=200, description="layer, sheet or file inside an archive"
    )
    attribution: str = Field(default="", max_length=500, description="whose data it is")
    note: str = Field(default="", max_length=500)
    plan: int | None = Field(
        default=None, ge=1, le=2**63 - 1, description="a draft on whose ground it must lie"
    )

    @field_validator("crs", "layer_name", "plan", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        return None if value == "" else value


class Net(BaseModel):
    """A net of a department."""

    id: int
    name: str
    filename: str
    attribution: str
    note: str
    patches: int
    made_by: str
    made_at: datetime
    removable: bool = Field(description="whether one may remove it oneself")
    here: int | None = Field(description="patches around the draft that was asked for")


class NetAdded(BaseModel):
    """A net that came in, and how it was read."""

    net: Net
    crs: str = Field(description="how its coordinates were read")
    skipped: int = Field(description="rows without a polygon")
    mended: int = Field(description="broken polygons that were mended")
    hint: dict[str, Any] | None = Field(
        description="coordinates that would fit better to what stands here: `crs`, and how many "
        "metres the net lies off, `before_m` and `after_m`"
    )


class Nets(BaseModel):
    """In the order in which they came."""

    nets: list[Net]


class ChosenNets(Body):
    """Which nets are compared."""

    lang: Literal["zh", "en"] | None = Field(default=None, description="language of messages")
    nets: str = Field(
        max_length=MOST_KEYS, description="numbers of nets, and `draft`, parted by commas"
    )


class FitBody(Body):
    """Which nets are to be one."""

    nets: list[str] = Field(
        min_length=2,
        max_length=departments.MOST_NETS,
        description="numbers of nets, and `draft`",
    )
    band: bool = Field(
        default=True, description="whether the grids' households shall lie in the profile's band"
    )


class PatchesQuery(Body):
    """In which form."""

    lang: Literal["zh", "en"] | None = Field(default=None, description="language of messages")
    form: Literal["patches", "borders"] = Field(
        default="patches", description="polygons, or lines that are each there once"
    )


class NetAgreement(BaseModel):
    """How far nets agree on a draft's ground."""

    revision: int
    households: int = Field(description="of the whole draft")
    nets: list[dict[str, Any]] = Field(description="`key`, `name`, `patches` of each")
    pairs: list[dict[str, Any]] = Field(
        description="`one`, `other`, `index` (adjusted Rand index; null: nobody lives there), and "
        "`households`, `area_m2` and `places` of what they disagree on"
    )
    best: str = Field(description="the net that agrees best with all others")
    disagreements: dict[str, Any] = Field(
        description="FeatureCollection of the ground that nets disagree on, most households first"
    )
    left_out: int = Field(description="further places with fewer households")


class CorrespondenceQuery(Body):
    """Of which old net."""

    lang: Literal["zh", "en"] | None = Field(default=None, description="language of messages")
    net: int | None = Field(
        default=None, ge=1, le=2**63 - 1, description="absent: the net in force before the plan"
    )
    format: Literal["json", "csv"] = Field(default="json")


class NetCorrespondence(BaseModel):
    """Which old patch became which grid."""

    revision: int
    net: str | None = Field(description="its name; null: the net in force before the plan")
    kept: bool = Field(description="as it was when the plan was published")
    rows: list[dict[str, Any]]


# ── nets ─────────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/nets")
@blueprint.output(Nets)
@blueprint.doc(summary="The nets of departments", responses=[401, 403])
def list_nets() -> Any:
    """All that were brought in, for who may draw."""
    return {"nets": [asdict(one) for one in departments.every(database, current_actor())]}


@blueprint.post("/nets")
@blueprint.input(NewNet, location="form_and_files")
@blueprint.output(NetAdded, status_code=201)
@blueprint.doc(summary="Bring in the net of a department", responses=[400, 401, 403, 404])
def add_net(form_and_files_data: NewNet) -> Any:
    """A file of polygons, whole or not at all; broken ones are mended, other rows left out."""
    from geodata.exchange import nets_in  # noqa: PLC0415 - seconds to load

    form = form_and_files_data
    actor = current_actor()
    filename = uploads.filename(form.file.filename)
    path = uploads.keep(form.file, actor)
    try:
        done = nets_in.add_net(
            database,
            actor,
            path,
            name=form.name,
            filename=filename,
            crs=form.crs,
            layer_name=form.layer_name,
            attribution=form.attribution,
            note=form.note,
            plan_id=form.plan,
            most_bytes=uploads.most_bytes(),
        )
    finally:
        path.unlink(missing_ok=True)
    return {
        "net": asdict(done.net),
        "crs": title(done.crs),
        "skipped": done.skipped,
        "mended": done.mended,
        "hint": done.hint,
    }


@blueprint.delete("/nets/<int:number>")
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Remove the net of a department", responses=[401, 403, 404])
def remove_net(number: int) -> str:
    """One's own; administrators any. What is kept with published plans stays."""
    departments.remove(database, current_actor(), number)
    return ""


# ── nets over a draft ────────────────────────────────────────────────────────────────────────


@blueprint.get("/plans/<int:number>/nets")
@blueprint.output(Nets)
@blueprint.doc(summary="The nets of departments around a draft", responses=[401, 403, 404])
def list_around(number: int) -> Any:
    """Those with a patch there; `here` says how many."""
    _draft, found = departments.around(database, current_actor(), number)
    return {"nets": [asdict(one) for one in found]}


@blueprint.get("/plans/<int:number>/nets/<int:net>")
@blueprint.input(PatchesQuery, location="query")
@blueprint.doc(summary="The patches of a net around a draft", responses=GEOJSON_ANSWER)
def get_patches(number: int, net: int, query_data: PatchesQuery) -> Response:
    """GeoJSON in WGS 84."""
    _draft, found = departments.patches(database, current_actor(), number, net)
    if query_data.form == "borders":
        lines = _degrees(departments.borders(found))
        features = [_feature(k, shape, {}) for k, shape in enumerate(lines, start=1)]
        return _answer({"type": "FeatureCollection", "features": features}, mimetype=GEOJSON)
    shapes = _degrees(found)
    features = [
        _feature(int(patch), shapes[k], {"code": code, "name": name})
        for k, (patch, code, name) in enumerate(
            zip(found.index, found["code"], found["name"], strict=True)
        )
    ]
    return _answer({"type": "FeatureCollection", "features": features}, mimetype=GEOJSON)


@blueprint.get("/plans/<int:number>/agreement")
@blueprint.input(ChosenNets, location="query")
@blueprint.output(NetAgreement)
@blueprint.doc(summary="How far nets agree on a draft's ground", responses=[400, 401, 403, 404])
def get_agreement(number: int, query_data: ChosenNets) -> Response:
    """A measure for each pair, and the places where they disagree."""
    keys = [key.strip() for key in query_data.nets.split(",") if key.strip()]
    found = departments.agreement(database, current_actor(), number, keys)
    return _answer(_agreement(found))


@blueprint.post("/plans/<int:number>/fit")
@blueprint.input(FitBody)
@blueprint.output(Job, status_code=202)
@blueprint.doc(summary="Draw the net that fits several best", responses=[400, 401, 403, 404])
def fit(number: int, json_data: FitBody) -> tuple[Job, int, dict[str, str]]:
    """A job lays it on the draft as one step; locked grids stay as they are."""
    from geodata.plans import uniting  # noqa: PLC0415 - seconds to load

    job = uniting.ask(
        database,
        current_actor(),
        number,
        json_data.nets,
        band=json_data.band,
        revision=revision_seen(),
        language=language(),
        profile=settings.profile,
    )
    return shown(jobs.job(database, job)), 202, {"Location": f"/api/v1/jobs/{job}"}


@blueprint.get("/plans/<int:number>/correspondence")
@blueprint.input(CorrespondenceQuery, location="query")
@blueprint.output(NetCorrespondence)
@blueprint.doc(summary="Which old patch became which grid", responses=[400, 401, 403, 404])
def get_correspondence(number: int, query_data: CorrespondenceQuery) -> Response:
    """With households and the share of each patch; of a published plan as it was then."""
    found = departments.correspondence(database, current_actor(), number, query_data.net)
    if query_data.format == "csv":
        return _csv(found.rows, f"correspondence-{number}-{query_data.net or 'before'}.csv")
    body = {
        "revision": found.draft.revision,
        "net": found.net,
        "kept": found.kept,
        "rows": found.rows,
    }
    return _answer(body)


# ── how it is written ────────────────────────────────────────────────────────────────────────


def _agreement(found: Compared) -> dict[str, Any]:
    keys = list(found.names)
    places = found.found.disagreements
    index = found.found.index
    pairs = []
    for k, one in enumerate(keys):
        for other in keys[k + 1 :]:
            mine = places[(places["one"] == one) & (places["other"] == other)]
            value: Any = index.loc[one, other]
            pairs.append(
                {
                    "one": one,
                    "other": other,
                    "index": None if np.isnan(value) else round(float(value), 4),
                    "households": int(mine["households"].fillna(0).sum()),
                    "area_m2": round(float(mine["area_m2"].sum()), 1),
                    "places": int(_real(mine).sum()),
                }
            )
    shown_places = places[_real(places)]
    worst = shown_places.head(MOST_SHOWN)
    return {
        "revision": found.draft.revision,
        "households": found.households,
        "nets": [
            {"key": key, "name": found.names[key], "patches": len(found.patches[key])}
            for key in keys
        ],
        "pairs": pairs,
        "best": found.found.best,
        "disagreements": _places(found, worst),
        "left_out": len(shown_places) - len(worst),
    }


def _real(places: gpd.GeoDataFrame) -> Any:
    """Which places are more than two ways of drawing one border."""
    width = 2 * places["area_m2"].to_numpy() / np.maximum(places.length.to_numpy(), 1e-9)
    return (places["households"].fillna(0) > 0).to_numpy() | (width >= THIN_M)


def _places(found: Compared, worst: gpd.GeoDataFrame) -> dict[str, Any]:
    shapes = _degrees(worst)
    boxes = np.round(shapely.bounds(shapes), DECIMALS).reshape(-1, 4)
    middles = _middles(shapes)
    features = []
    for k, row in enumerate(worst.drop(columns="geometry").to_dict("records")):
        told = {"one": row["one"], "other": row["other"]}
        for side in ("one", "other"):
            patch = row[f"patch_{side}"]
            table = found.patches[row[side]]
            told |= {
                f"patch_{side}": None if patch is None else int(patch),
                f"code_{side}": None if patch is None else table.loc[patch, "code"] or None,
                f"name_{side}": None if patch is None else table.loc[patch, "name"] or None,
            }
        for name in ("households", "residents"):
            told[name] = None if pd.isna(row[name]) else int(row[name])
        told["area_m2"] = round(float(row["area_m2"]), 1)
        told |= {"point": middles[k], "box": boxes[k].tolist()}
        features.append(_feature(k + 1, shapes[k], told))
    return {"type": "FeatureCollection", "features": features}


def _middles(shapes: Any) -> list[list[float]]:
    """A point inside each shape."""
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    middles: list[list[float]] = np.round(points, DECIMALS).tolist()
    return middles


def _degrees(frame: gpd.GeoDataFrame) -> Any:
    shapes = convert_geometries(
        frame.geometry.to_numpy(), from_=f"EPSG:{frame.crs.to_epsg()}", to="wgs84"
    )
    return shapely.transform(shapes, lambda points: np.round(points, DECIMALS))


def _feature(number: int, shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": number,
        "geometry": orjson.Fragment(shapely.to_geojson(shape)),
        "properties": properties,
    }


def _answer(body: Any, *, mimetype: str = "application/json") -> Response:
    response = Response(orjson.dumps(body, option=OPTIONS), mimetype=mimetype)
    response.headers["Cache-Control"] = "no-cache"
    return response


HEADINGS: Final = {
    "patch_code": _("Old code"),
    "patch_name": _("Old name"),
    "grid_code": _("Grid code"),
    "grid_name": _("Grid name"),
    "households": _("Households"),
    "area_m2": _("Ground, m²"),
    "share": _("Share of the old one"),
}


def _csv(rows: list[dict[str, Any]], filename: str) -> Response:
    """The table for a spreadsheet: UTF-8 with its mark, nothing that computes."""
    from geodata.exchange.tables_out import harmless  # noqa: PLC0415 - seconds to load

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([translate(words, language()) for words in HEADINGS.values()])
    for row in rows:
        writer.writerow(
            [harmless(value) if isinstance(value := row[name], str) else value for name in HEADINGS]
        )
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={filename}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
