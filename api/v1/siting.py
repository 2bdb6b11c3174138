"""Where the next places belong."""

from __future__ import annotations

from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from api.languages import language
from api.serving import database, profile, settings
from api.signing_in import current_actor
from api.v1.jobs import Job, shown
from geodata.database import jobs
from geodata.reach.coverage.asking import LONGEST_MINUTES
from geodata.reach.siting import stored, wishing
from geodata.reach.siting.telling import moved_told

blueprint = APIBlueprint("siting", __name__, url_prefix="/api/v1", tag="Reach")

Degrees = tuple[float, float]


class Asked(BaseModel):
    """Who walks how far, who is counted, and what serves already."""

    model_config = ConfigDict(extra="forbid")

    minutes: float = Field(
        15, gt=0, le=LONGEST_MINUTES, allow_inf_nan=False, description="minutes on foot"
    )
    walker: str = Field(
        "",
        max_length=60,
        description="who walks: a walker of the profile; absent: its first, or for elderly "
        "people theirs",
    )
    way: Literal["network", "circle"] = Field(
        "network", description="along the streets, or as the crow flies"
    )
    weight: Literal["households", "residents", "elderly"] = Field(
        "households", description="who is counted"
    )
    kinds: list[str] | None = Field(
        None,
        max_length=100,
        description="kinds of facility that serve already; absent: those with a service circle; "
        "empty: none does",
    )
    area: str = Field("", max_length=40, description="code of an area: only who lives there")

    def common(self) -> dict[str, Any]:
        """What is the same in both questions."""
        return {
            "minutes": self.minutes,
            "walker": self.walker,
            "way": self.way,
            "weight": self.weight,
            "kinds": None if self.kinds is None else tuple(dict.fromkeys(self.kinds)),
            "area": self.area,
        }


class Siting(Asked):
    """How places are chosen, and from what."""

    model: Literal["cover", "cover_all", "walk"] = Field(
        "cover",
        description="cover: most people by so many places; cover_all: everybody who can be covered "
        "by the fewest; walk: the shortest walk with so many places",
    )
    count: int | None = Field(None, description="how many places; absent with cover_all")
    candidates: Literal["rooms", "compounds", "corners"] | list[Degrees] = Field(
        "compounds", description="where places could be, or points: [lon, lat]"
    )
    curve: int = Field(
        0, ge=0, le=wishing.MOST_PLACES, description="tell what up to so many places cover at best"
    )
    seconds: float = Field(
        30.0,
        ge=0,
        le=wishing.MOST_SECONDS,
        allow_inf_nan=False,
        description="how long a proof is looked for",
    )
    enough: float = Field(
        0.0,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="a gap, as a share, that is good enough: no proof is looked for any more; "
        "0: proven, if the time is enough",
    )

    def wish(self) -> wishing.Wish:
        """The question."""
        said = self.candidates
        return wishing.Wish(
            model=self.model,
            count=self.count,
            candidates=said if isinstance(said, str) else tuple(said),
            curve=self.curve,
            seconds=self.seconds,
            enough=self.enough,
            **self.common(),
        )


class ByHand(Asked):
    """Places as somebody puts them down."""

    places: list[Degrees] = Field(description="[lon, lat] of each place")


class PlaceFigures(BaseModel):
    """What one place brings."""

    point: Degrees
    gain: float = Field(description="people newly covered who are nearest to it")
    alone: float = Field(description="people who would be lost without it")
    apart: str | None = Field(
        description="why no street reaches it: far, island, walled, nowhere; null: one does"
    )


class SitingFigures(BaseModel):
    """What places bring together."""

    way: Literal["network", "circle"]
    limit_m: float = Field(description="how far people walk, metres")
    total: float = Field(description="everybody who is counted")
    before: float = Field(description="covered by what stands already")
    covered: float = Field(description="covered with these places")
    walk_before_m: float = Field(description="metres that all who reach a place walk together now")
    walk_m: float = Field(description="the same with these places")
    walkers_before: float = Field(description="people who reach a place now, however far")
    walkers: float = Field(description="people who reach a place with these, within an hour")
    places: list[PlaceFigures]


@blueprint.post("/siting")
@blueprint.input(Siting, location="json")
@blueprint.output(Job, status_code=202)
@blueprint.doc(summary="Find where the next places belong", responses=[400, 401, 403])
def post_siting(json_data: Siting) -> tuple[Job, int, dict[str, str]]:
    """A job chooses them; its report says who is covered, what is proven, and what is left over.

    A job that is stopped keeps the best so far in its report, with its gap.
    """
    job = stored.ask(
        database,
        current_actor(),
        profile,
        json_data.wish(),
        language=language(),
        profile_name=settings.profile,
    )
    return shown(jobs.job(database, job)), 202, {"Location": f"/api/v1/jobs/{job}"}


@blueprint.post("/siting/figures")
@blueprint.input(ByHand, location="json")
@blueprint.output(SitingFigures)
@blueprint.doc(summary="What places bring that are moved by hand", responses=[400, 401, 403, 404])
def post_siting_figures(json_data: ByHand) -> Any:
    """Answers at once; nothing is stored."""
    wish = wishing.Wish(**json_data.common())
    return moved_told(stored.moved(database, current_actor(), profile, wish, json_data.places))
