"""What is asked of a siting by files, and what makes no sense of it."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geodata.errors import InvalidInput
from geodata.reach.siting.problem import check_count, check_enough, check_seconds

MOST_MINUTES = 120.0
MOST_METRES = 100_000.0
MOST_SPEED = 30.0
"""Kilometres an hour; nobody walks faster, and nobody rides faster in a street."""
Model = Literal["cover", "cover_all", "walk"]
MODELS: tuple[Model, ...] = ("cover", "cover_all", "walk")


@dataclass(frozen=True)
class SiteWish:
    """What is asked.

    Attributes:
        demand: A file of where people are: points, or polygons of which a point inside is taken.
        weight: Its column with how many.
        candidates: A file of where places could be.
        count: How many are to be chosen; with ``cover_all`` it does not matter.
        minutes: How long people walk at most; along ``streets``.
        metres: How far people walk at most; along ``streets``, or straight without them.
        streets: A file of streets.
        speed_kmh: How fast people walk, with ``minutes``.
        existing: A file of what stands already.
        model: ``cover`` most weight, ``cover_all`` by the fewest, or the shortest ``walk``.
        curve: Whether the coverage of fewer places is told as well.
        seconds: How long a proof is looked for.
        enough: A gap, as a share, with which no proof is looked for any more.
        crs: Of all files; else what each says.
        demand_layer: Which layer of the file of where people are.
        candidates_layer: Which layer of the file of where places could be.
        streets_layer: Which layer of the file of streets.
        existing_layer: Which layer of the file of what stands already.
    """

    demand: Path
    weight: str
    candidates: Path
    count: int | None = None
    minutes: float | None = None
    metres: float | None = None
    streets: Path | None = None
    speed_kmh: float = 4.5
    existing: Path | None = None
    model: Model = "cover"
    curve: bool = False
    seconds: float = 30.0
    enough: float = 0.0
    crs: str | None = None
    demand_layer: str | None = None
    candidates_layer: str | None = None
    streets_layer: str | None = None
    existing_layer: str | None = None


def check(wish: SiteWish) -> None:
    """Refuse what makes no sense, before any file is read.

    Raises:
        InvalidInput: Neither or both of minutes and metres, minutes without streets, no count, or
            numbers that are none.
    """
    if (wish.minutes is None) == (wish.metres is None):
        raise InvalidInput("Say how far people walk: either --minutes or --metres.")
    if wish.minutes is not None and wish.streets is None:
        raise InvalidInput("With --minutes a file of streets is needed: --streets FILE.")
    for name, value, most in (
        ("--minutes", wish.minutes, MOST_MINUTES),
        ("--metres", wish.metres, MOST_METRES),
        ("--speed", wish.speed_kmh, MOST_SPEED),
    ):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InvalidInput("%(name)s must be a number above 0.", name=name)
        if value is not None and value > most:
            raise InvalidInput("%(name)s can be %(most)s at most.", name=name, most=round(most))
    check_seconds(wish.seconds)
    check_enough(wish.enough)
    if wish.model == "cover_all":
        if wish.count is not None:
            raise InvalidInput("The fewest places are looked for: leave out how many.")
        return
    if wish.count is None:
        raise InvalidInput("Say how many places are to be chosen: --count.")
    check_count(wish.count, sys.maxsize)
