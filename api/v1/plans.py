"""Drafts of a net: opened, drawn on, taken back, remarked on, published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.plan_answers import (
    GEOJSON,
    GEOJSON_ANSWER,
    LONGEST,
    answer,
    collection,
    draft_told,
    findings_told,
    grids_of,
    outcome_told,
    polygons_of,
    revision_seen,
    rows_of,
    units_of,
)
from api.v1.plan_bodies import (
    ActionAnswer,
    ActionBody,
    CopyBody,
    Findings,
    History,
    HistoryQuery,
    NewPlan,
    NewRemark,
    Plan,
    PlanComparison,
    PlanFigures,
    Plans,
    PublishedNet,
    Publishing,
    Reader,
    Readers,
    Remarks,
    readable,
)
from geodata.errors import NotFound, RevisionNeeded
from geodata.plans import drafting, opening, publishing, reading, remarking
from geodata.plans.figures import histogram, totals

blueprint = APIBlueprint("plans", __name__, url_prefix="/api/v1/plans", tag="Plans")


# ── drafts ───────────────────────────────────────────────────────────────────────────────────


@blueprint.post("")
@blueprint.input(NewPlan)
@blueprint.output(Plan, status_code=201)
@blueprint.doc(summary="Open a draft", responses=[400, 401, 403, 404])
def open_plan(json_data: NewPlan) -> Response:
    """From the net in force, from compounds, for a proposal, or from polygons of a file."""
    grids = None if json_data.grids is None else polygons_of(json_data.grids)
    draft = opening.open_draft(
        database,
        current_actor(),
        profile,
        name=json_data.name,
        area=json_data.area,
        start=json_data.start,
        grids=grids,
    )
    return answer(draft_told(draft), draft, status=201)


@blueprint.get("")
@blueprint.output(Plans)
@blueprint.doc(summary="The drafts that one may read", responses=[401, 403])
def list_plans() -> Any:
    """Those of one's areas of duty and those that are shared with one."""
    return {"plans": [draft_told(one) for one in reading.drafts(database, current_actor())]}


@blueprint.get("/<int:number>")
@blueprint.output(Plan)
@blueprint.doc(summary="One draft", responses=[401, 403, 404])
def get_plan(number: int) -> Response:
    """Without its net; the ETag is its revision."""
    draft = reading.draft(database, current_actor(), number)
    return answer(draft_told(draft), draft)


@blueprint.get("/<int:number>/units")
@blueprint.doc(summary="The units of a draft", responses=GEOJSON_ANSWER)
def get_units(number: int) -> Response:
    """GeoJSON in WGS 84; `grid` says which grid has each."""
    draft, net = reading.read(database, current_actor(), number)
    return answer(units_of(net), draft, mimetype=GEOJSON)


@blueprint.get("/<int:number>/grids")
@blueprint.doc(summary="The grids of a draft", responses=GEOJSON_ANSWER)
def get_grids(number: int) -> Response:
    """GeoJSON in WGS 84 with what is counted in each."""
    draft, net, figures = reading.grids(database, current_actor(), profile, number)
    return answer(grids_of(net, figures), draft, mimetype=GEOJSON)


@blueprint.get("/<int:number>/findings")
@blueprint.output(Findings)
@blueprint.doc(summary="What is wrong with a draft", responses=[401, 403, 404])
def get_findings(number: int) -> Response:
    """Every rule's findings, the gravest first."""
    draft, found = reading.findings(database, current_actor(), profile, number)
    body = {"revision": draft.revision, "findings": findings_told(found)}
    return answer(body, draft)


@blueprint.get("/<int:number>/figures")
@blueprint.output(PlanFigures)
@blueprint.doc(summary="A draft in figures", responses=[401, 403, 404])
def get_figures(number: int) -> Response:
    """Sums, means and the sizes of its grids against the band."""
    draft, net, figures = reading.grids(database, current_actor(), profile, number)
    band = profile.grid_band
    bars = histogram(figures["households"], low=band.low, high=band.high)
    body = {"revision": draft.revision, "totals": totals(net, figures), "histogram": bars}
    return answer(body, draft)


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
        "moved": collection(found.moved, tuple(moved)),
        "grids": rows_of(found.grids),
        "figures": rows_of(figures),
    }
    return answer(body, draft)


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
    return answer(draft_told(draft), draft, status=201)


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
    return outcome_told(
        drafting.act(database, current_actor(), profile, number, action, revision=revision)
    )


@blueprint.post("/<int:number>/undo")
@blueprint.output(ActionAnswer)
@blueprint.doc(summary="Take back the last step", responses=[400, 401, 403, 404])
def undo(number: int) -> Response:
    """Whoever did it and however long ago; If-Match is checked if it is given."""
    return outcome_told(
        drafting.undo(database, current_actor(), profile, number, revision=revision_seen())
    )


@blueprint.post("/<int:number>/redo")
@blueprint.output(ActionAnswer)
@blueprint.doc(summary="Do again what was taken back", responses=[400, 401, 403, 404])
def redo(number: int) -> Response:
    """Until something else is drawn; If-Match is checked if it is given."""
    return outcome_told(
        drafting.redo(database, current_actor(), profile, number, revision=revision_seen())
    )


# ── publishing ───────────────────────────────────────────────────────────────────────────────


@blueprint.post("/<int:number>/submit")
@blueprint.output(Plan)
@blueprint.doc(summary="Ask for approval", responses=[401, 403, 404])
def submit(number: int) -> Response:
    """Of the draft as it is; whoever draws on it afterwards makes the approval void."""
    draft = publishing.submit(database, current_actor(), number, revision=revision_seen())
    return answer(draft_told(draft), draft)


@blueprint.post("/<int:number>/approve")
@blueprint.output(Plan)
@blueprint.doc(summary="Approve a draft", responses=[401, 403, 404])
def approve(number: int) -> Response:
    """By somebody other than who submitted it."""
    draft = publishing.approve(database, current_actor(), number, revision=revision_seen())
    return answer(draft_told(draft), draft)


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
        "plan": draft_told(done.draft),
        "changed": done.changed,
        "added": done.added,
        "ended": done.ended,
        "unchanged": done.unchanged,
    }
    return answer(body, done.draft)


@blueprint.post("/<int:number>/withdraw")
@blueprint.output(Plan)
@blueprint.doc(summary="Withdraw a published draft", responses=[401, 403, 404])
def withdraw(number: int) -> Response:
    """Before the day from which it would be in force."""
    draft = publishing.withdraw(database, current_actor(), profile, number)
    return answer(draft_told(draft), draft)


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
    remarking.unshare(database, current_actor(), number, readable(user))
    return ""
