"""What is asked of a siting in the city: which model, how many, from what, for whom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from geodata.errors import InvalidInput
from geodata.reach.coverage.asking import Asked, Way, asked
from geodata.reach.coverage.asking import Wish as Reaching
from geodata.reach.coverage.homes import Weight
from geodata.reach.siting.problem import (
    SECONDS,
    check_count,
    check_enough,
    check_seconds,
)

if TYPE_CHECKING:
    from geodata.profiles import Profile

Model = Literal["cover", "cover_all", "walk"]
Source = Literal["rooms", "compounds", "corners"]
Point = tuple[float, float]
MODELS: Final[tuple[Model, ...]] = ("cover", "cover_all", "walk")
SOURCES: Final[tuple[Source, ...]] = ("rooms", "compounds", "corners")
MOST_POINTS: Final = 5_000
MOST_PLACES: Final = 200
MOST_MOVED: Final = 50
MOST_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Wish:
    """One question.

    Attributes:
        model: ``cover``: the most people by ``count`` places; ``cover_all``: everybody who can be
            covered by the fewest; ``walk``: the shortest walk with ``count`` places.
        count: How many places; None for ``cover_all``.
        candidates: ``rooms``, ``compounds``, ``corners``, or points (longitude, latitude, WGS 84).
        minutes: On foot, within which somebody is covered.
        walker: A walker's key of the profile; empty: the first, or for elderly people theirs.
        way: Along streets, or as the crow flies.
        weight: Who is counted.
        kinds: Kinds of facility that serve already; empty: nothing does; None: those with a
            service circle.
        area: The code of an area: only who lives there is counted and only there is looked.
        curve: Up to how many places it is told what each further one covers; 0: not at all.
        seconds: How long a proof is looked for.
        enough: A gap, as a share, with which no proof is looked for any more.
    """

    model: Model = "cover"
    count: int | None = None
    candidates: Source | tuple[Point, ...] = "compounds"
    minutes: float = 15.0
    walker: str = ""
    way: Way = "network"
    weight: Weight = "households"
    kinds: tuple[str, ...] | None = None
    area: str = ""
    curve: int = 0
    seconds: float = SECONDS
    enough: float = 0.0


def reaching(wish: Wish, profile: Profile) -> Asked:
    """How the question is asked of coverage; its kinds are those that serve already.

    Raises:
        InvalidInput: minutes, walker or kinds that make no sense.
    """
    return asked(
        Reaching(
            minutes=wish.minutes,
            walker=wish.walker,
            way=wish.way,
            kinds=wish.kinds or (),
            weight=wish.weight,
            area=wish.area,
        ),
        profile,
    )


def check(wish: Wish, profile: Profile) -> None:
    """Refuse what makes no sense, before anything is read.

    Raises:
        InvalidInput: Anything of it.
    """
    reaching(wish, profile)
    if wish.model not in MODELS:
        raise InvalidInput(
            "%(model)s is no way of choosing places: take one of %(known)s.",
            model=wish.model,
            known=", ".join(MODELS),
        )
    if wish.model == "cover_all":
        if wish.count is not None:
            raise InvalidInput("The fewest places are looked for: leave out how many.")
    else:
        check_count(wish.count, MOST_PLACES)
    if wish.curve:
        check_count(wish.curve, MOST_PLACES)
    check_seconds(wish.seconds)
    if wish.seconds > MOST_SECONDS:
        raise InvalidInput(
            "At most %(most)s seconds can be spent on a proof.", most=int(MOST_SECONDS)
        )
    check_enough(wish.enough)
    _check_candidates(wish.candidates)


def check_points(points: Any) -> tuple[Point, ...]:
    """Points as they may be given; raises InvalidInput on what is none."""
    found = tuple((float(lon), float(lat)) for lon, lat in points)
    for lon, lat in found:
        if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
            raise InvalidInput("A place needs longitude and latitude in degrees, WGS 84.")
    return found


def _check_candidates(candidates: Source | tuple[Point, ...]) -> None:
    if isinstance(candidates, str):
        if candidates not in SOURCES:
            raise InvalidInput(
                "%(said)s is no source of candidates: take one of %(known)s, or give points.",
                said=candidates,
                known=", ".join(SOURCES),
            )
        return
    if not candidates:
        raise InvalidInput("There are no candidates: nothing can be chosen.")
    if len(candidates) > MOST_POINTS:
        raise InvalidInput("At most %(most)s candidates can be given.", most=MOST_POINTS)
    check_points(candidates)
