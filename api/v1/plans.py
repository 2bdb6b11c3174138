"""Drafts of a net: opened, drawn on, taken back, remarked on, published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.answers import OPTIONS
from api.languages import language
from api.serving import database, profile
from api.signing_in import current_actor
from geodata.crs import convert_geometries
from geodata.errors import InvalidInput, NotFound, RevisionNeeded
from geodata.plans import drafting, opening, publishing, reading, remarking
from geodata.plans.drafting import Draft, Outcome
from geodata.plans.figures import histogram, totals
from geodata.plans.keeping import plain
from geodata.plans.net import COUNTED, GRID_COLUMNS, Net

blueprint = APIBlueprint("plans", __name__, url_prefix="/api/v1/plans", tag="Plans")

GEOJSON: Final = "application/geo+json"
GEOJSON_ANSWER: Final[dict[int | str, Any]] = {
    200: {"description": "FeatureCollection", "content": {GEOJSON: {}}}
}
DECIMALS: Final = 8
"""Of degrees: a millimetre."""
MOST: Final = 100_000
LONGEST: Final = 18
"""Digits of a number that is surely none too large."""
ROUNDED: Final = ("area_m2", "perimeter_m", "compactness", "border_on_lines", "workload", "walk_m")


def _text(value: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise InvalidInput("One of the values is too large, or holds a sign that no text has.")
    return value


class Body(BaseModel):
    """What is sent; nothing else is taken."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        return _text(value)


class NewPlan(Body):
    """What a draft begins with."""

    name: str = Field(min_length=1, max_length=100)
    area: str = Field(max_length=40, description="code of a community or of an area above it")
    start: Literal["current", "compounds", "proposal", "file"] = Field(
        "current",
        description="the net in force, a grid for each compound, no grids, or those of `grids`",
    )
    grids: dict[str, Any] | None = Field(
        None, description="GeoJSON FeatureCollection in WGS 84, for `file`; with `name` and `code`"
    )


class Plan(BaseModel):
    """A draft without its net."""

    id: int
    name: str
    area_code: str
    communities: list[str]
    start: str
    copied_from: int | None = Field(description="the draft that it is a copy of")
    state: Literal["draft", "submitted", "approved", "published", "withdrawn"]
    revision: int = Field(description="also the ETag; give it as If-Match with each action")
    can_undo: bool
    can_redo: bool
    made_by: str
    made_at: datetime
    changed_at: datetime
    holds_from: date | None = Field(description="the day from which it is in force")
    reason: str | None = Field(description="why it was published")
    report: dict[str, Any] = Field(description="what became of ground that was laid on units")


class Plans(BaseModel):
    """Drafts, those changed last first."""

    plans: list[Plan]


class ActionBody(Body):
    """An action and what it needs; geometries are GeoJSON in WGS 84."""

    action: str = Field(
        max_length=20,
        description="draw, split, reshape, drag, merge, assign, rename, lock, unlock or remove",
    )
    polygon: dict[str, Any] | None = Field(None, description="for draw")
    line: dict[str, Any] | None = Field(None, description="for split and reshape")
    from_: dict[str, Any] | None = Field(None, alias="from", description="for drag: a point")
    to: dict[str, Any] | None = Field(None, description="for drag: a point")
    grid: int | None = Field(
        None, ge=1, le=2**31 - 1, description="for split, assign, rename, lock, unlock, remove"
    )
    grids: list[int] | None = Field(None, max_length=MOST, description="for merge, split, lock")
    units: list[int] | None = Field(None, max_length=MOST, description="for assign")
    name: str | None = Field(None, max_length=100, description="for rename and draw")
    code: str | None = Field(None, max_length=40, description="for rename")
    worker: str | None = Field(None, max_length=100, description="for rename")
    units_to: Literal["none", "neighbours"] | None = Field(
        None, description="for remove: who gets its ground"
    )


class Finding(BaseModel):
    """A fault of a net; what was measured stands beside these members."""

    model_config = ConfigDict(extra="allow")

    rule: str
    severity: Literal["error", "warning", "note"]
    key: str = Field(description="the same as long as the fault stays")
    where: dict[str, Any] = Field(description="`point` and `box` in WGS 84 degrees")
    ids: list[int] = Field(description="numbers of grids")
    message: str
    mends: list[dict[str, Any]] = Field(description="actions, the best first")


class Findings(BaseModel):
    """All findings, the gravest first."""

    revision: int
    findings: list[Finding]


class PlanFigures(BaseModel):
    """A whole draft in figures."""

    revision: int
    totals: dict[str, Any] = Field(description="null: nothing is known")
    histogram: list[dict[str, Any]] = Field(
        description="bars of households: `from` and `to` included, `grids`, `in_band`"
    )


class PlanComparison(BaseModel):
    """What is different between two nets."""

    revision: int
    households: int
    households_moved: int = Field(description="whose grid is another")
    households_rehanded: int | None = Field(
        description="whose worker is another; null: no worker is known"
    )
    moved: dict[str, Any] = Field(description="FeatureCollection of the ground that changes hands")
    grids: list[dict[str, Any]] = Field(description="each grid of either net")
    figures: list[dict[str, Any]] = Field(description="`before`, `after` and `change` of each")


class ActionAnswer(BaseModel):
    """What changed."""

    revision: int
    plan: Plan
    grids: dict[str, Any] = Field(description="FeatureCollection of the grids that changed")
    removed_grids: list[int]
    units: dict[str, Any] = Field(description="FeatureCollection of the units that changed")
    removed_units: list[int]
    findings: list[Finding] = Field(description="those of the grids that changed")


class HistoryQuery(Body):
    """Which page of the history."""

    before: int | None = Field(None, ge=0, le=2**63 - 1, description="only smaller revisions")
    limit: int = Field(100, ge=1, le=1000)


class PlanStep(BaseModel):
    """One step of the history."""

    revision: int
    at: datetime
    actor: str
    kind: str
    of: int | None = Field(description="the revision of the step that was undone or redone")
    action: dict[str, Any]
    units: list[int]
    grids: list[int]
    stands: bool = Field(description="undo would take it back sooner or later")
    names: dict[str, str | None] = Field(description="of grids made, changed or dissolved")
    households: dict[str, int] = Field(description="what each grid got; below 0: lost")


class History(BaseModel):
    """The newest steps first."""

    steps: list[PlanStep]


class CopyBody(Body):
    """What the copy is called."""

    name: str = Field(min_length=1, max_length=100)


class NewRemark(Body):
    """Words at a place."""

    words: str = Field(min_length=1, max_length=2_000)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)


class PlanRemark(BaseModel):
    """A remark at a place in WGS 84 degrees."""

    id: int
    at: datetime
    actor: str
    revision: int = Field(description="of the draft that was looked at")
    words: str
    lon: float
    lat: float


class Remarks(BaseModel):
    """The oldest first."""

    comments: list[PlanRemark]


class Reader(Body):
    """Who may read a draft."""

    user: str = Field(min_length=1, max_length=40, description="name of an account")


class Readers(BaseModel):
    """Names of those with whom a draft is shared."""

    users: list[str]


class Publishing(Body):
    """When and why."""

    date: date
    reason: str = Field(min_length=1, max_length=1_000)


class PublishedNet(BaseModel):
    """What a publication did, by codes of grids."""

    plan: Plan
    changed: list[str]
    added: list[str]
    ended: list[str]
    unchanged: list[str]


# ── drafts ───────────────────────────────────────────────────────────────────────────────────


@blueprint.post("")
@blueprint.input(NewPlan)
@blueprint.output(Plan, status_code=201)
@blueprint.doc(summary="Open a draft", responses=[400, 401, 403, 404])
def open_plan(json_data: NewPlan) -> Response:
    """From the net in force, from compounds, for a proposal, or from polygons of a file."""
    grids = None if json_data.grids is None else _frame(json_data.grids)
    draft = opening.open_draft(
        database,
        current_actor(),
        profile,
        name=json_data.name,
        area=json_data.area,
        start=json_data.start,
        grids=grids,
    )
    return _answer(_shown(draft), draft, status=201)


@blueprint.get("")
@blueprint.output(Plans)
@blueprint.doc(summary="The drafts that one may read", responses=[401, 403])
def list_plans() -> Any:
    """Those of one's areas of duty and those that are shared with one."""
    return {"plans": [_shown(one) for one in reading.drafts(database, current_actor())]}


@blueprint.get("/<int:number>")
@blueprint.output(Plan)
@blueprint.doc(summary="One draft", responses=[401, 403, 404])
def get_plan(number: int) -> Response:
    """Without its net; the ETag is its revision."""
    draft = reading.draft(database, current_actor(), number)
    return _answer(_shown(draft), draft)


@blueprint.get("/<int:number>/units")
@blueprint.doc(summary="The units of a draft", responses=GEOJSON_ANSWER)
def get_units(number: int) -> Response:
    """GeoJSON in WGS 84; `grid` says which grid has each."""
    draft, net = reading.read(database, current_actor(), number)
    return _answer(_units(net), draft, mimetype=GEOJSON)


@blueprint.get("/<int:number>/grids")
@blueprint.doc(summary="The grids of a draft", responses=GEOJSON_ANSWER)
def get_grids(number: int) -> Response:
    """GeoJSON in WGS 84 with what is counted in each."""
    draft, net, figures = reading.grids(database, current_actor(), profile, number)
    return _answer(_grids(net, figures), draft, mimetype=GEOJSON)


@blueprint.get("/<int:number>/findings")
@blueprint.output(Findings)
@blueprint.doc(summary="What is wrong with a draft", responses=[401, 403, 404])
def get_findings(number: int) -> Response:
    """Every rule's findings, the gravest first."""
    draft, found = reading.findings(database, current_actor(), profile, number)
    body = {"revision": draft.revision, "findings": _told(found)}
    return _answer(body, draft)


@blueprint.get("/<int:number>/figures")
@blueprint.output(PlanFigures)
@blueprint.doc(summary="A draft in figures", responses=[401, 403, 404])
def get_figures(number: int) -> Response:
    """Sums, means and the sizes of its grids against the band."""
    draft, net, figures = reading.grids(database, current_actor(), profile, number)
    band = profile.grid_band
    bars = histogram(figures["households"], low=band.low, high=band.high)
    body = {"revision": draft.revision, "totals": totals(net, figures), "histogram": bars}
    return _answer(body, draft)


@blueprint.get("/<int:number>/compare/<other>")
@blueprint.output(PlanComparison)
@blueprint.doc(summary="Compare two drafts, or one with today", responses=[400, 401, 403, 404])
def compare(number: int, other: str) -> Response:
    """What changes hands from `other` (a draft's number, or `today`) to this draft."""
    if other != "today" and not (other.isascii() and other.isdigit() and len(other) <= LONGEST):
        raise NotFound("There is no draft %(number)s.", number=other[:40])
    draft, found = reading.compare(
        database,
        current_actor(),
        profile,
        number,
        other=None if other == "today" else int(other),
    )
    moved = found.moved.drop(columns="geometry").columns
    figures = found.figures.reset_index(names="figure")
    body = {
        "revision": draft.revision,
        "households": found.households,
        "households_moved": found.households_moved,
        "households_rehanded": found.households_rehanded,
        "moved": _collection(found.moved, tuple(moved)),
        "grids": _rows(found.grids),
        "figures": _rows(figures),
    }
    return _answer(body, draft)


@blueprint.get("/<int:number>/history")
@blueprint.input(HistoryQuery, location="query")
@blueprint.output(History)
@blueprint.doc(summary="Who did what", responses=[400, 401, 403, 404])
def get_history(number: int, query_data: HistoryQuery) -> Any:
    """The newest steps first."""
    steps = reading.history(
        database, current_actor(), number, before=query_data.before, limit=query_data.limit
    )
    return {"steps": [asdict(step) for step in steps]}


@blueprint.post("/<int:number>/copy")
@blueprint.input(CopyBody)
@blueprint.output(Plan, status_code=201)
@blueprint.doc(summary="Copy a draft", responses=[400, 401, 403, 404])
def copy_plan(number: int, json_data: CopyBody) -> Response:
    """The same net, a history of its own."""
    draft = drafting.copy(database, current_actor(), number, name=json_data.name)
    return _answer(_shown(draft), draft, status=201)


# ── changing ─────────────────────────────────────────────────────────────────────────────────


@blueprint.post("/<int:number>/actions")
@blueprint.input(ActionBody)
@blueprint.output(ActionAnswer)
@blueprint.doc(summary="Draw on a draft", responses=[400, 401, 403, 404])
def act(number: int, json_data: ActionBody) -> Response:
    """With `If-Match: "REVISION"`; of an older revision 412 tells the difference."""
    revision = revision_seen()
    if revision is None:
        raise RevisionNeeded("Say which revision you saw, in the header If-Match.")
    action = json_data.model_dump(exclude_none=True, by_alias=True)
    return _changed(
        drafting.act(database, current_actor(), profile, number, action, revision=revision)
    )


@blueprint.post("/<int:number>/undo")
@blueprint.output(ActionAnswer)
@blueprint.doc(summary="Take back the last step", responses=[400, 401, 403, 404])
def undo(number: int) -> Response:
    """Whoever did it and however long ago; If-Match is checked if it is given."""
    return _changed(
        drafting.undo(database, current_actor(), profile, number, revision=revision_seen())
    )


@blueprint.post("/<int:number>/redo")
@blueprint.output(ActionAnswer)
@blueprint.doc(summary="Do again what was taken back", responses=[400, 401, 403, 404])
def redo(number: int) -> Response:
    """Until something else is drawn; If-Match is checked if it is given."""
    return _changed(
        drafting.redo(database, current_actor(), profile, number, revision=revision_seen())
    )


# ── publishing ───────────────────────────────────────────────────────────────────────────────


@blueprint.post("/<int:number>/submit")
@blueprint.output(Plan)
@blueprint.doc(summary="Ask for approval", responses=[401, 403, 404])
def submit(number: int) -> Response:
    """Of the draft as it is; whoever draws on it afterwards makes the approval void."""
    draft = publishing.submit(database, current_actor(), number, revision=revision_seen())
    return _answer(_shown(draft), draft)


@blueprint.post("/<int:number>/approve")
@blueprint.output(Plan)
@blueprint.doc(summary="Approve a draft", responses=[401, 403, 404])
def approve(number: int) -> Response:
    """By somebody other than who submitted it."""
    draft = publishing.approve(database, current_actor(), number, revision=revision_seen())
    return _answer(_shown(draft), draft)


@blueprint.post("/<int:number>/publish")
@blueprint.input(Publishing)
@blueprint.output(PublishedNet)
@blueprint.doc(summary="Put a draft into force", responses=[400, 401, 403, 404])
def publish(number: int, json_data: Publishing) -> Response:
    """From the start of a day on; what stood until then is kept."""
    done = publishing.publish(
        database,
        current_actor(),
        profile,
        number,
        day=json_data.date,
        reason=json_data.reason,
        revision=revision_seen(),
    )
    body = {
        "plan": _shown(done.draft),
        "changed": done.changed,
        "added": done.added,
        "ended": done.ended,
        "unchanged": done.unchanged,
    }
    return _answer(body, done.draft)


@blueprint.post("/<int:number>/withdraw")
@blueprint.output(Plan)
@blueprint.doc(summary="Withdraw a published draft", responses=[401, 403, 404])
def withdraw(number: int) -> Response:
    """Before the day from which it would be in force."""
    draft = publishing.withdraw(database, current_actor(), profile, number)
    return _answer(_shown(draft), draft)


# ── remarks and readers ──────────────────────────────────────────────────────────────────────


@blueprint.get("/<int:number>/comments")
@blueprint.output(Remarks)
@blueprint.doc(summary="Remarks on a draft", responses=[401, 403, 404])
def get_comments(number: int) -> Any:
    """The oldest first."""
    found = remarking.comments(database, current_actor(), number)
    return {"comments": [asdict(one) for one in found]}


@blueprint.post("/<int:number>/comments")
@blueprint.input(NewRemark)
@blueprint.output(Remarks, status_code=201)
@blueprint.doc(summary="Remark on a draft at a place", responses=[400, 401, 403, 404])
def comment(number: int, json_data: NewRemark) -> Any:
    """Whoever may read the draft may."""
    actor = current_actor()
    remarking.comment(
        database, actor, number, json_data.words, lon=json_data.lon, lat=json_data.lat
    )
    return {"comments": [asdict(one) for one in remarking.comments(database, actor, number)]}


@blueprint.get("/<int:number>/shares")
@blueprint.output(Readers)
@blueprint.doc(summary="With whom a draft is shared", responses=[401, 403, 404])
def get_shares(number: int) -> Any:
    """Names of accounts."""
    return {"users": remarking.readers(database, current_actor(), number)}


@blueprint.post("/<int:number>/shares")
@blueprint.input(Reader)
@blueprint.output(Readers, status_code=201)
@blueprint.doc(summary="Share a draft for reading", responses=[400, 401, 403, 404])
def share(number: int, json_data: Reader) -> Any:
    """The other may read it and remark on it, but not change it."""
    actor = current_actor()
    remarking.share(database, actor, number, json_data.user)
    return {"users": remarking.readers(database, actor, number)}


@blueprint.delete("/<int:number>/shares/<user>")
@blueprint.output({}, status_code=204)
@blueprint.doc(summary="Share a draft no longer", responses=[401, 403, 404])
def unshare(number: int, user: str) -> str:
    """With one account."""
    remarking.unshare(database, current_actor(), number, _text(user))
    return ""


# ── how it is written ────────────────────────────────────────────────────────────────────────


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


def _answer(
    body: Any, draft: Draft, *, status: int = 200, mimetype: str = "application/json"
) -> Response:
    """An answer whose ETag is the draft's revision."""
    response = Response(orjson.dumps(body, option=OPTIONS), status=status, mimetype=mimetype)
    response.headers["ETag"] = f'"{draft.revision}"'
    response.headers["Cache-Control"] = "no-cache"
    return response


def _shown(draft: Draft) -> dict[str, Any]:
    shown = asdict(draft)
    del shown["srid"]
    return shown


def _changed(outcome: Outcome) -> Response:
    body = {
        "revision": outcome.draft.revision,
        "plan": _shown(outcome.draft),
        "grids": _grids(outcome.net, outcome.figures),
        "removed_grids": outcome.removed,
        "units": _units(outcome.net, outcome.changed_units),
        "removed_units": outcome.removed_units,
        "findings": _told(outcome.findings),
    }
    return _answer(body, outcome.draft)


def _told(found: Iterable[Any]) -> list[dict[str, Any]]:
    return [one.as_dict(language()) for one in found]


def _units(net: Net, numbers: Iterable[int] | None = None) -> dict[str, Any]:
    units = net.units
    if numbers is not None:
        units = units.loc[units.index.intersection(list(numbers))]
    return _collection(units, ("grid", "kind", "compound", "closed", "community", *COUNTED))


def _grids(net: Net, figures: pd.DataFrame) -> dict[str, Any]:
    """The grids that have figures, with them."""
    borders = net.borders(figures.index)[[*GRID_COLUMNS, "geometry"]]
    rounded = figures.round(dict.fromkeys(ROUNDED, 4))
    columns = (*GRID_COLUMNS, *figures.columns)
    return _collection(borders.join(rounded), columns)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    values = {str(name): plain(frame[name]) for name in frame.columns}
    return [{name: values[name][k] for name in values} for k in range(len(frame))]


def _collection(frame: gpd.GeoDataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
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


def _frame(given: dict[str, Any]) -> gpd.GeoDataFrame:
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
