"""Sitings of the city: asked for as long work, and a choice's figures at once."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import record, require
from geodata.database import jobs
from geodata.errors import Cancelled, InvalidInput
from geodata.reach.coverage.answering import Scene, scene
from geodata.reach.coverage.keeping import town_of
from geodata.reach.siting.problem import unheard
from geodata.reach.siting.wishing import MOST_MOVED, Point, Wish, check, check_points, reaching
from geodata.words import sentence as _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile
    from geodata.reach.siting.candidates import Candidates
    from geodata.reach.siting.curves import Point as CurvePoint
    from geodata.reach.siting.laying import Laid
    from geodata.reach.siting.problem import Choice, Figures, Near, Problem

KIND: Final = "siting"
STAGES: Final = {
    "siting_reading": _("Reading homes, streets and candidates"),
    "siting_measuring": _("Measuring the ways"),
    "siting_searching": _("Looking for good places"),
    "siting_bounding": _("Reckoning how good places could be at best"),
    "siting_proving": _("Proving that there are no better places"),
    "siting_curve": _("Reckoning what each further place brings"),
}
"""What is being done, in the order in which it is."""
_SHARES: Final = {
    "reading": (0.0, 0.1),
    "measuring": (0.1, 0.2),
    "searching": (0.2, 0.7),
    "bounding": (0.2, 0.7),
    "proving": (0.2, 0.7),
    "curve": (0.7, 1.0),
}
"""From which share of the whole to which each stage goes."""


@dataclass(frozen=True, eq=False)
class Sited:
    """A siting, and what it was found in.

    Attributes:
        wish: What was asked.
        scene: Who lives where.
        given: All candidates, and
        laid: which of them no street reaches; the
        candidates: are those that can be chosen, as the rows of choice and curve mean them.
        choice: The places.
        curve: What fewer and more of them cover.
        seconds: How long it took.
    """

    wish: Wish
    scene: Scene
    given: Candidates
    laid: Laid
    candidates: Candidates
    choice: Choice
    curve: tuple[CurvePoint, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class Moved:
    """The figures of a choice that was moved by hand.

    Attributes:
        figures: What it brings.
        places: Longitude and latitude of each.
        apart: Rows of the places that no street reaches, and why.
        way: Along the streets, or as the crow flies.
        limit_m: How far people walk.
    """

    figures: Figures
    places: tuple[Point, ...]
    apart: tuple[tuple[int, str], ...]
    way: str
    limit_m: float


def ask(
    database: Database,
    actor: Actor,
    profile: Profile,
    wish: Wish,
    *,
    language: str = "zh",
    profile_name: str | None = None,
) -> int:
    """Ask for a siting and get the job's number.

    Raises:
        NotAllowed: The role, or the area is not one of duty.
        InvalidInput: A wish that makes no sense.
    """
    check(wish, profile)
    with database.begin() as tx:
        _allow(actor, wish, tx.connection)
        number = jobs.submit_within(
            tx,
            KIND,
            {"profile": profile_name, **asdict(wish)},
            actor={"user_id": actor.user_id, "language": language},
            asked_by=actor.user_id,
        )
        about = f"area:{wish.area}" if wish.area else "city"
        told = {key: value for key, value in asdict(wish).items() if key != "candidates"}
        told["candidates"] = wish.candidates if isinstance(wish.candidates, str) else "points"
        record(tx, actor, "siting_asked", about, job=number, **told)
    return number


def site(
    database: Database,
    actor: Actor,
    profile: Profile,
    wish: Wish,
    *,
    tell: Callable[[str, float], bool] = lambda _stage, _share: False,
    show: Callable[[Sited], None] = lambda _so_far: None,
    near: Near = unheard,
) -> Sited:
    """Find places.

    Args:
        database: Where.
        actor: Who asks.
        profile: How people walk, and what serves them.
        wish: What is asked.
        tell: Told the stage and the share done; a true answer stops it.
        show: Shown what there is when it is stopped.
        near: Told how good the best so far is, while it is looked for.

    Raises:
        NotAllowed: The role, or the area is not one of duty.
        InvalidInput: A wish that makes no sense, no candidates, or nothing that could be bettered.
        Cancelled: It was stopped.
    """
    from geodata.reach.siting.candidates import candidates_of  # noqa: PLC0415 - light start
    from geodata.reach.siting.curves import curve  # noqa: PLC0415
    from geodata.reach.siting.laying import WALK_MINUTES, lay  # noqa: PLC0415

    begin = time.monotonic()
    check(wish, profile)
    with database.read() as connection:
        _allow(actor, wish, connection)
    listen = _Listener(tell)
    listen("reading", 0.0)
    found = _scene(database, profile, wish)
    some = candidates_of(database, actor, found, wish.candidates)
    listen("measuring", 0.0)
    longest = max(wish.minutes, WALK_MINUTES) if wish.model == "walk" else wish.minutes
    laid = lay(found, some.points, minutes=longest, is_empty=wish.kinds == ())
    problem = _choosable(wish, laid)
    choice = _choose(wish, problem, found.asked.limit_m, listen, near)
    points: tuple[CurvePoint, ...] = ()
    if wish.curve and not listen.stopped:
        points = curve(
            problem,
            min(wish.curve, problem.candidates),
            limit_m=found.asked.limit_m,
            seconds=wish.seconds,
            tell=lambda _stage, share: listen("curve", share),
        )
    usable = some.only(laid.joined)
    done = Sited(wish, found, some, laid, usable, choice, points, time.monotonic() - begin)
    if listen.stopped:
        show(done)
        raise Cancelled("The search for places was stopped; the best so far is in its report.")
    return done


def moved(
    database: Database, actor: Actor, profile: Profile, wish: Wish, places: Sequence[Point]
) -> Moved:
    """The figures of places that somebody puts down by hand.

    Raises:
        NotAllowed: The role sees no map.
        InvalidInput: No places, too many, or a wish that makes no sense.
    """
    from geodata.reach.siting.figures import figures  # noqa: PLC0415 - light start
    from geodata.reach.siting.laying import WALK_MINUTES, lay  # noqa: PLC0415

    require(actor, "see_map")
    reaching(wish, profile)
    points = check_points(places)
    if not points:
        raise InvalidInput("Name at least one place.")
    if len(points) > MOST_MOVED:
        raise InvalidInput("At most %(most)s places can be moved by hand.", most=MOST_MOVED)
    import numpy as np  # noqa: PLC0415 - light start

    found = _scene(database, profile, wish)
    laid = lay(
        found,
        np.array(points, dtype=float),
        minutes=max(wish.minutes, WALK_MINUTES),
        is_empty=wish.kinds == (),
    )
    limit = found.asked.limit_m
    told = figures(laid.problem, range(len(points)), limit)
    return Moved(told, points, laid.apart, found.way, limit)


def _scene(database: Database, profile: Profile, wish: Wish) -> Scene:
    town, places = town_of(database, profile)
    asked = reaching(wish, profile)
    return scene(town, places, profile, asked, moment=None, workdays=None)


def _choosable(wish: Wish, laid: Laid) -> Problem:
    """The problem of the candidates that can be reached."""
    joined = laid.joined
    if not len(joined):
        raise InvalidInput(
            "None of the %(count)s candidates is near a street that leads to somebody.",
            count=laid.problem.candidates,
        )
    if wish.count is not None and laid.apart and wish.count > len(joined):
        raise InvalidInput(
            "%(count)s places were asked for, but streets reach only %(joined)s of the "
            "%(candidates)s candidates.",
            count=wish.count,
            joined=len(joined),
            candidates=laid.problem.candidates,
        )
    return laid.problem.only(joined) if laid.apart else laid.problem


def _choose(wish: Wish, problem: Problem, limit_m: float, listen: _Listener, near: Near) -> Choice:
    from geodata.reach.siting.covering import all_covered, most_covered  # noqa: PLC0415
    from geodata.reach.siting.medians import shortest_walk  # noqa: PLC0415

    how: dict[str, Any] = {
        "limit_m": limit_m,
        "enough": wish.enough,
        "seconds": wish.seconds,
        "tell": listen,
        "near": near,
    }
    if wish.model == "cover_all":
        return all_covered(problem, **how)
    assert wish.count is not None  # noqa: S101 - was checked
    choose = most_covered if wish.model == "cover" else shortest_walk
    return choose(problem, wish.count, **how)


class _Listener:
    """Makes one progress of the stages' own."""

    def __init__(self, tell: Callable[[str, float], bool]) -> None:
        self._tell = tell
        self.stopped = False

    def __call__(self, stage: str, share: float) -> bool:
        low, high = _SHARES.get(stage, (0.0, 1.0))
        self.stopped = self._tell(f"siting_{stage}", low + (high - low) * share) or self.stopped
        return self.stopped


def _allow(actor: Actor, wish: Wish, connection: Any) -> None:
    """Who draws nets may ask, within the areas of duty."""
    require(actor, "draw_plan")
    if actor.areas and not wish.area:
        raise InvalidInput("Name the area for which places are looked for: one of your duty.")
    if wish.area:
        require(actor, "draw_plan", area_codes=[wish.area], connection=connection)
