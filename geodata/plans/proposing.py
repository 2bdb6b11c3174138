"""Proposals for drafts: asked for as long work, and laid on the draft as one step."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
import shapely

from geodata.accounts import record
from geodata.crs import convert_geometries
from geodata.database import jobs
from geodata.errors import Cancelled, Conflict, InvalidInput, NotFound
from geodata.plans import numbering, store_standing
from geodata.plans.drafting import Outcome, replace
from geodata.plans.drafts import drawable, readable, whole
from geodata.plans.surrounding import seen
from geodata.plans.telling import codes_of, cut_told, obstacle_told
from geodata.profiles import load_profile
from geodata.settings import Settings
from geodata.spreading import ALONE, Hands, cores
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.plans.net import Net
    from geodata.plans.proposal.propose import Best
    from geodata.profiles import Profile

KIND: Final = "proposal"
MOST_SECONDS: Final = 60.0
"""The longest search for one community."""
DECIMALS: Final = 8
"""Of degrees, as the units of drafts are told."""
LONG_SECONDS: Final = 30.0
"""From so long a search on, communities are searched at once; to begin so takes seconds."""
SHOWN_EVERY: Final = 1.0
"""Seconds between two looks at the best net so far."""

STAGES: Final = {
    "reading": _("Reading the draft"),
    "searching": _("Looking for a net"),
    "storing": _("Storing the proposal"),
}
"""What is being done, in the order in which it is."""


@dataclass(frozen=True)
class Demand:
    """What a proposal shall be.

    Attributes:
        low: Least households of a grid; None: the profile's.
        high: Most households of a grid; None: the profile's.
        keep: How much of the net that the draft has now is to be kept, from 0 to 1.
        seed: The same one gives the same net.
        seconds: How long better nets are looked for in each community; None: until all grids lie
            in the band.
    """

    low: int | None = None
    high: int | None = None
    keep: float = 0.0
    seed: int = 0
    seconds: float | None = None


def ask(
    database: Database,
    actor: Actor,
    plan_id: int,
    demand: Demand,
    *,
    revision: int | None = None,
    language: str = "zh",
    profile: str | None = None,
) -> int:
    """Ask for a proposal and get the job's number.

    Raises:
        NotFound: No such draft.
        NotAllowed: The role or the area of duty.
        InvalidInput: A demand that makes no sense.
        StaleRevision: The draft is not at ``revision`` any more.
        Conflict: It is published.
    """
    _refuse_nonsense(demand)
    _band(demand, load_profile(profile or Settings().profile))
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        number = jobs.submit_within(
            tx,
            KIND,
            {"plan": plan_id, "revision": row.revision, "profile": profile, **asdict(demand)},
            actor={"user_id": actor.user_id, "language": language},
            asked_by=actor.user_id,
        )
        record(tx, actor, "proposal_asked", f"plan:{plan_id}", job=number, **asdict(demand))
    return number


@dataclass(frozen=True)
class Laid:
    """A proposal that was laid on a draft: the draft's new revision, and what people are told."""

    revision: int
    objective: dict[str, float | None]
    obstacles: list[dict[str, Any]]
    cuts: list[dict[str, Any]]


def propose_for(
    database: Database,
    actor: Actor,
    profile: Profile,
    plan_id: int,
    demand: Demand,
    *,
    revision: int | None = None,
    tell: Callable[[str, float], bool] = lambda _stage, _share: False,
    show: Callable[[dict[str, Any]], None] = lambda _best: None,
) -> Laid:
    """Propose a net for a draft's units and lay it on the draft as one step.

    The draft is not locked while the search runs; what was drawn meanwhile is not overwritten.

    Args:
        database: Where.
        actor: Who asks.
        profile: The band, and what findings are.
        plan_id: Which draft.
        demand: What the proposal shall be.
        revision: The one that was seen; the newest if not given.
        tell: Told the stage and the share done; true stops it: the draft stays as it was.
        show: Shown the best net so far, see ``Sketch``, once in ``SHOWN_EVERY`` seconds.

    Raises:
        Cancelled: It was stopped; ``keep_best`` lays what was shown last on the draft.
        StaleRevision: Somebody drew on the draft meanwhile.
    """
    tell("reading", 0.0)
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        around = seen(tx.connection, whole(tx.connection, row), profile)
        names = store_standing.names_of(tx.connection, **codes_of(around.net))
    from geodata.plans.proposal.propose import propose  # noqa: PLC0415 - takes seconds to load

    low, high = _band(demand, profile)
    sketch = Sketch(around.net, low, high, row.revision)
    stopped = False
    shown = time.monotonic()

    def told(share: float, best: Callable[[], Best]) -> bool:
        nonlocal stopped, shown
        stopped = tell("searching", 0.05 + 0.85 * share)
        if stopped or time.monotonic() - shown >= SHOWN_EVERY:
            show(sketch.of(best(), share))
            shown = time.monotonic()
        return stopped

    found = propose(
        around.net,
        low=low,
        high=high,
        keep=demand.keep,
        seed=demand.seed,
        seconds=demand.seconds,
        told=told,
        hands=_hands(around.net, demand),
    )
    if stopped:
        raise Cancelled("The draft stays as it was: the proposal was stopped.")
    tell("storing", 0.92)
    outcome = replace(
        database,
        actor,
        profile,
        plan_id,
        lambda _before: numbering.parted_from_compounds(found.net, names),
        revision=row.revision,
        kind=KIND,
        objective=found.objective,
        **asdict(demand),
    )
    language = actor.language or "zh"
    return Laid(
        outcome.draft.revision,
        found.objective,
        [obstacle_told(one, found.net, names, language) for one in found.obstacles],
        [cut_told(one, found.net, names, language, high=high) for one in found.cuts],
    )


def keep_best(
    database: Database, actor: Actor, profile: Profile, plan_id: int, job: jobs.Job
) -> Outcome:
    """Lay the best net that a stopped proposal had shown on the draft, as one step.

    Args:
        database: Where.
        actor: Who wants it; may draw on the draft.
        profile: The band, and what findings are.
        plan_id: Which draft.
        job: The job that was stopped.

    Raises:
        NotFound: The job was no proposal for this draft.
        Conflict: It is not over, was not stopped, or had found nothing yet.
        StaleRevision: The draft was changed since.
    """
    if job.kind != KIND or job.arguments.get("plan") != plan_id:
        raise NotFound("There is no job %(number)s.", number=job.id)
    best = (job.report or {}).get("best") if job.state in {"cancelled", "failed"} else None
    if best is None or not best["parts"]:
        raise Conflict(_("There is no net of this proposal that could be kept."))
    fields = {name: job.arguments[name] for name in Demand.__dataclass_fields__}
    demand = Demand(**fields)
    low, high = _band(demand, profile)
    from geodata.plans.proposal.propose import laid  # noqa: PLC0415 - takes seconds to load

    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        around = seen(connection, whole(connection, row), profile)
        names = store_standing.names_of(connection, **codes_of(around.net))
    parts = [(one["community"], one["parts"]) for one in best["parts"]]

    def made(net: Net) -> Net:
        lined = dataclasses.replace(net, lines=around.net.lines)
        drawn = laid(lined, parts, low=low, high=high, seed=demand.seed)
        return numbering.parted_from_compounds(drawn, names)

    return replace(
        database,
        actor,
        profile,
        plan_id,
        made,
        revision=best["revision"],
        kind=KIND,
        stopped=True,
        **asdict(demand),
    )


class Sketch:
    """What is shown of the best net so far."""

    def __init__(self, today: Net, low: int, high: int, revision: int) -> None:
        self.today, self.low, self.high, self.revision = today, low, high, revision
        self.known = dict(
            zip(today.units.index.tolist(), today.units.geometry.to_numpy(), strict=True)
        )

    def of(self, best: Best, share: float) -> dict[str, Any]:
        """Plain values for the job's report.

        Returns:
            ``revision`` of the draft it is for, ``share`` done, the figures, ``parts``: of each
            community reached the units of each part, and ``drawn``: a FeatureCollection in WGS 84
            of the units that the draft does not have just so; ``gone``: those of it that were cut.
        """
        from geodata.plans.proposal.propose import figures  # noqa: PLC0415 - as above

        return {
            "best": {
                "revision": self.revision,
                "share": share,
                "figures": figures(best.net, self.today, low=self.low, high=self.high),
                "parts": [{"community": name, "parts": parts} for name, parts in best.parts],
                "drawn": self._drawn(best.net),
                "gone": sorted(set(self.known) - set(best.net.units.index.tolist())),
            }
        }

    def _drawn(self, net: Net) -> dict[str, Any]:
        shapes = net.units.geometry.to_numpy()
        numbers = net.units.index.tolist()
        new = [
            k
            for k, number in enumerate(numbers)
            if shapes[k] is not self.known.get(number) and shapes[k] != self.known.get(number)
        ]
        moved = convert_geometries(shapes[new], from_=f"EPSG:{net.units.crs.to_epsg()}", to="wgs84")
        moved = shapely.transform(moved, lambda at: np.round(at, DECIMALS))
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": int(numbers[k]),
                    "geometry": orjson.loads(shapely.to_geojson(shape)),
                    "properties": {},
                }
                for k, shape in zip(new, np.asarray(moved, dtype=object), strict=True)
            ],
        }


def _hands(net: Net, demand: Demand) -> Hands:
    """Who searches: the cluster if there is one, else this process, unless it would take long."""
    scheduler = Settings().scheduler
    if scheduler is not None:
        return Hands(scheduler=scheduler)
    communities = net.units["community"].nunique()
    is_long = communities * (demand.seconds or 0.0) > LONG_SECONDS
    return Hands(processes=cores()) if is_long else ALONE


def _band(demand: Demand, profile: Profile) -> tuple[int, int]:
    low = profile.grid_band.low if demand.low is None else demand.low
    high = profile.grid_band.high if demand.high is None else demand.high
    if low > high:
        raise InvalidInput(_("The band begins above 0 and does not end before it begins."))
    return low, high


def _refuse_nonsense(demand: Demand) -> None:
    low, high = demand.low, demand.high
    if (low is not None and low < 1) or (high is not None and high < 1):
        raise InvalidInput(_("The band begins above 0 and does not end before it begins."))
    if low is not None and high is not None and low > high:
        raise InvalidInput(_("The band begins above 0 and does not end before it begins."))
    if not 0 <= demand.keep <= 1:
        raise InvalidInput(_("How much of today is kept is a share from 0 to 1."))
    if demand.seconds is not None and not 0 < demand.seconds <= MOST_SECONDS:
        raise InvalidInput(
            _("A search lasts more than 0 and at most %(most)s seconds."), most=MOST_SECONDS
        )
