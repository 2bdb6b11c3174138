"""Proposals for drafts: asked for as long work, and laid on the draft as one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import record
from geodata.database import jobs
from geodata.errors import Cancelled, InvalidInput
from geodata.plans.drafting import drawable, replace, whole
from geodata.plans.surrounding import seen
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.plans.net import Net
    from geodata.plans.proposal.propose import Obstacle, Proposal
    from geodata.profiles import Profile

KIND: Final = "proposal"
MOST_SECONDS: Final = 60.0
"""The longest search for one community."""

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


def propose_for(
    database: Database,
    actor: Actor,
    profile: Profile,
    plan_id: int,
    demand: Demand,
    *,
    revision: int | None = None,
    tell: Callable[[str, float], bool] = lambda _stage, _share: False,
) -> tuple[Proposal, int]:
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

    Returns:
        The proposal, and the draft's new revision.

    Raises:
        Cancelled: It was stopped.
        StaleRevision: Somebody drew on the draft meanwhile.
    """
    tell("reading", 0.0)
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        around = seen(tx.connection, whole(tx.connection, row), profile)
    stopped = False

    def told(share: float, _net: Net) -> bool:
        nonlocal stopped
        stopped = tell("searching", 0.05 + 0.85 * share)
        return stopped

    from geodata.plans.proposal.propose import propose  # noqa: PLC0415 - takes seconds to load

    found = propose(
        around.net,
        low=profile.grid_band.low if demand.low is None else demand.low,
        high=profile.grid_band.high if demand.high is None else demand.high,
        keep=demand.keep,
        seed=demand.seed,
        seconds=demand.seconds,
        told=told,
    )
    if stopped:
        raise Cancelled("The draft stays as it was: the proposal was stopped.")
    tell("storing", 0.92)
    outcome = replace(
        database,
        actor,
        profile,
        plan_id,
        lambda _before: found.net,
        revision=row.revision,
        kind=KIND,
        objective=found.objective,
        **asdict(demand),
    )
    return found, outcome.draft.revision


def as_told(obstacle: Obstacle, language: str) -> dict[str, Any]:
    """An obstacle as people read it."""
    return {
        "community": obstacle.community,
        "reason": obstacle.reason,
        "detail": translate(obstacle.sentence, language, **obstacle.params),
        "units": obstacle.units,
        "helps": obstacle.helps,
    }


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
