"""Cases that wait for a place, what their addresses can mean, and the words that people taught."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from api.languages import language
from api.serving import database, profile
from api.signing_in import current_actor
from api.v1.jobs import Job, shown
from geodata.cases.whereabouts import jobs as placing_jobs
from geodata.cases.whereabouts import placing, unplaced
from geodata.database import jobs
from geodata.places import aliases

blueprint = APIBlueprint("case_places", __name__, url_prefix="/api/v1", tag="Cases")


class QueueQuery(BaseModel):
    """Which of the cases that wait."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["doubtful", "none"] | None = Field(
        None, description="doubtful: there are candidates; none: the address says nothing"
    )
    after: str | None = Field(None, max_length=64, description="next of the page before")
    limit: int = Field(50, ge=1, le=500)
    lang: Literal["zh", "en", ""] = Field("", description="language of messages")


class LanguageQuery(BaseModel):
    """In which language."""

    model_config = ConfigDict(extra="forbid")

    lang: Literal["zh", "en", ""] = Field("", description="language of messages")


class Waiting(BaseModel):
    """How many open cases wait for a place."""

    all: int
    doubtful: int = Field(description="their addresses have candidates")
    none: int = Field(description="their addresses say nothing")


class QueuedCase(BaseModel):
    """A case without a place; its words are personal, and reading them is audited."""

    id: int
    external_id: str | None
    source: str
    category: str
    state: str
    reported_at: datetime
    due_at: datetime | None
    area_code: str | None = Field(description="the community, where the address leaves no other")
    revision: int
    address: str
    title: str
    place_state: Literal["doubtful", "none"]
    place_score: float | None


class QueueAnswer(BaseModel):
    """Cases that wait for a place, newest first."""

    cases: list[QueuedCase]
    counts: Waiting
    next: str | None = Field(description="give it as `after` for the next page")


class PlaceCandidate(BaseModel):
    """A place that an address can mean."""

    kind: Literal["building", "compound", "facility", "point", "street", "area"]
    code: str
    name: str
    lon: float
    lat: float
    score: float = Field(description="0 to 1")
    like: float = Field(description="how like the name is, 0 to 1")
    compound: str | None
    area: str | None
    agree: list[str]
    missing: list[str]
    contradict: list[str]
    reason: str = Field(description="the same in words")


class PlaceCandidates(BaseModel):
    """What the address of a case can mean, the likeliest first."""

    case: dict[str, Any]
    verdict: Literal["sure", "doubtful", "none"]
    read: dict[str, str] = Field(description="the parts that were recognised, as they are compared")
    word: str = Field(description="what names the place in the address: proposed for teaching")
    candidates: list[PlaceCandidate]


class PlaceBody(BaseModel):
    """One of the candidates by kind and code, or a point on the map."""

    model_config = ConfigDict(extra="forbid")

    revision: int = Field(ge=0)
    kind: str | None = Field(None, max_length=20)
    code: str | None = Field(None, max_length=100)
    lon: float | None = Field(None, description="degrees, in the system that `crs` names")
    lat: float | None = None
    crs: str = Field("wgs84", max_length=20, description="wgs84, gcj02 or bd09")
    teach: str = Field("", max_length=300, description="what people call the place; kept for next")


class PlacedCase(BaseModel):
    """The case with its place, and what the taught word settles."""

    case: dict[str, Any]
    alias: int | None = Field(description="the number of the taught word")
    same: list[int] = Field(description="waiting cases that the word places")
    others: list[str] = Field(description="other places that the word can mean")


class AliasesQuery(BaseModel):
    """Which taught words."""

    model_config = ConfigDict(extra="forbid")

    ended: bool = Field(False, description="also those that count no more")
    lang: Literal["zh", "en", ""] = Field("", description="language of messages")


class TaughtWord(BaseModel):
    """A word that somebody taught for a place."""

    id: int
    word: str
    kind: Literal["area", "compound", "facility", "street", "point"]
    code: str | None = Field(description="null: a mere point of the map")
    name: str = Field(description="what the place is called now")
    taught_by: str
    taught_at: datetime
    case_id: int | None
    ended_at: datetime | None
    ended_by: str | None
    others: int = Field(description="how many other places the word is taught for")


class TaughtWords(BaseModel):
    """Taught words, the newest first."""

    aliases: list[TaughtWord]


class NewWord(BaseModel):
    """What people call a place; a building's word is its compound's."""

    model_config = ConfigDict(extra="forbid")

    word: str = Field(min_length=1, max_length=300)
    kind: Literal["area", "compound", "building", "facility", "street"]
    code: str = Field(min_length=1, max_length=100)


class KeptWord(BaseModel):
    """The word that is taught now."""

    id: int
    others: int = Field(description="how many other places the word is taught for")


class SettledCases(BaseModel):
    """The cases that were placed."""

    cases: list[int]


@blueprint.get("/cases/unplaced/count")
@blueprint.input(LanguageQuery, location="query")
@blueprint.output(Waiting)
@blueprint.doc(summary="How many open cases wait for a place", responses=[401, 403])
def count_unplaced(query_data: LanguageQuery) -> Any:  # noqa: ARG001 - the language is read
    """Those of the reader's areas of duty."""
    return unplaced.count_unplaced(database, current_actor(), profile)


@blueprint.get("/cases/unplaced")
@blueprint.input(QueueQuery, location="query")
@blueprint.output(QueueAnswer)
@blueprint.doc(summary="Open cases that wait for a place", responses=[400, 401, 403])
def list_unplaced(query_data: QueueQuery) -> Any:
    """With their addresses; reading them is audited."""
    found = unplaced.unplaced(
        database,
        current_actor(),
        profile,
        state=query_data.state,
        after=query_data.after,
        limit=query_data.limit,
    )
    return {"cases": found.cases, "counts": found.counts, "next": found.after}


@blueprint.post("/cases/unplaced/place")
@blueprint.output(Job, status_code=202)
@blueprint.doc(summary="Place all waiting cases by their addresses", responses=[401, 403])
def place_all() -> Any:
    """As a job: sure ones get their place, closed cases too; doubtful ones wait in the queue.

    Its report counts them: `looked`, `placed`, `doubtful`, `none`, of `whole`. Stopped, it keeps
    what is done by then.
    """
    number = placing_jobs.ask(database, current_actor())
    return shown(jobs.job(database, number)), 202, {"Location": f"/api/v1/jobs/{number}"}


@blueprint.get("/cases/<int:number>/candidates")
@blueprint.input(LanguageQuery, location="query")
@blueprint.output(PlaceCandidates)
@blueprint.doc(summary="What the address of a case can mean", responses=[401, 403, 404])
def list_candidates(number: int, query_data: LanguageQuery) -> Any:  # noqa: ARG001
    """With score and reason; also of a case that has a place."""
    found = unplaced.meanings(database, current_actor(), profile, number)
    candidates = [one | {"reason": _reason(one)} for one in found.candidates]
    return {
        "case": found.case,
        "verdict": found.verdict,
        "read": found.read,
        "word": found.word,
        "candidates": candidates,
    }


@blueprint.post("/cases/<int:number>/place")
@blueprint.input(PlaceBody)
@blueprint.output(PlacedCase)
@blueprint.doc(summary="Give a case its place", responses=[400, 401, 403, 404, 409])
def place_case(number: int, json_data: PlaceBody) -> Any:
    """One of its candidates or a point; `teach` keeps the word for the next ticket."""
    choice = placing.Choice(
        json_data.revision,
        kind=json_data.kind,
        code=json_data.code,
        lon=json_data.lon,
        lat=json_data.lat,
        crs=json_data.crs,
        word=json_data.teach.strip(),
    )
    done = placing.place(database, current_actor(), profile, number, choice)
    return {
        "case": done.case,
        "alias": done.alias,
        "same": list(done.same),
        "others": list(done.others),
    }


@blueprint.get("/aliases")
@blueprint.input(AliasesQuery, location="query")
@blueprint.output(TaughtWords)
@blueprint.doc(summary="Words that people taught for places", responses=[401, 403])
def list_aliases(query_data: AliasesQuery) -> Any:
    """The newest first, at most 2,000."""
    found = aliases.aliases(database, current_actor(), ended=query_data.ended)
    return {"aliases": [asdict(one) for one in found]}


@blueprint.post("/aliases")
@blueprint.input(NewWord)
@blueprint.output(KeptWord, status_code=201)
@blueprint.doc(summary="Teach a word by hand", responses=[400, 401, 403, 404])
def add_alias(json_data: NewWord) -> Any:
    """For a place within the areas of duty; what is known already is not entered twice."""
    number, others = aliases.add(
        database, current_actor(), json_data.word, kind=json_data.kind, code=json_data.code
    )
    return {"id": number, "others": others}, 201


@blueprint.delete("/aliases/<int:number>")
@blueprint.doc(summary="Let a taught word count no more", responses=[401, 403, 404])
def end_alias(number: int) -> tuple[str, int]:
    """It stays in the list of ended words; cases keep their places."""
    aliases.end_alias(database, current_actor(), number)
    return "", 204


@blueprint.post("/aliases/<int:number>/settle")
@blueprint.output(SettledCases)
@blueprint.doc(summary="Place the cases that a taught word settles", responses=[401, 403, 404])
def settle_alias(number: int) -> Any:
    """Each gets an entry of its own; those outside the areas of duty are left."""
    return {"cases": placing.settle(database, current_actor(), profile, number)}


def _reason(candidate: dict[str, Any]) -> str:
    """What speaks for and against a candidate, as people say it."""
    parts = []
    if candidate["like"] < 1:
        share = f"{100 * candidate['like']:.0f}"
        parts.append(_("name nearly the same (%(share)s %%)", share=share))
    for told, words in (
        (candidate["agree"], _("agrees: %(parts)s")),
        (candidate["contradict"], _("disagrees: %(parts)s")),
        (candidate["missing"], _("not told: %(parts)s")),
    ):
        if told:
            parts.append(words % {"parts": _(", ").join(_part(one) for one in told)})
    return str(_("; ").join(parts))


def _part(key: str) -> str:
    """A part of an address by its name."""
    names = profile.names("levels", language()) | {
        "compound": _("compound"),
        "street": _("street"),
        "house": _("house number"),
        "building": _("building number"),
        "unit": _("entrance"),
    }
    return str(names.get(key, key))
