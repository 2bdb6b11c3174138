"""What is sent to the calls about drafts, and what they answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from geodata.errors import InvalidInput

MOST: Final = 100_000


def readable(value: Any) -> Any:
    """The value, if it is no text with a sign that no text has."""
    if isinstance(value, str) and "\x00" in value:
        raise InvalidInput("One of the values is too large, or holds a sign that no text has.")
    return value


class Body(BaseModel):
    """What is sent; nothing else is taken."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        return readable(value)


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
    version: int = Field(description="give it as If-Match to change its words")
    edited_at: datetime | None = Field(description="the last time that its words were changed")
    edited_by: str | None
    own: bool = Field(description="one wrote it oneself, and may change its words")


class RemarkWords(Body):
    """What a remark shall say."""

    words: str = Field(min_length=1, max_length=2_000)


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
