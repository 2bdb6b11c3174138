"""Hotspots and the density of the stored cases: set-based, and kept until the data change."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.accounts import Actor, require
from geodata.cases import store
from geodata.cases.filters import CaseFilter
from geodata.cases.hotspots import gi_star, scan
from geodata.cases.hotspots.cells import Grid, area_neighbours, count_on_grid, grid_neighbours
from geodata.cases.hotspots.finding import Found, Study, find
from geodata.cases.hotspots.listing import Wording, cluster_rows, hotspot_rows
from geodata.cases.hotspots.stored import bases as spots
from geodata.cases.hotspots.stored.ground import WORLD, Ground
from geodata.cases.hotspots.telling import why_not
from geodata.cases.querying import check
from geodata.errors import Cancelled, InvalidInput, NotFound
from geodata.places import locating
from geodata.places.locating import locate
from geodata.places.querying import frame
from geodata.words import LANGUAGES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.database import Database
    from geodata.profiles import Profile

Base = Literal["cases", "households"]
Progress = Callable[[str, float], None]

DAYS: Final = 30
"""Of the period, if none is asked for."""
LAYERS: Final = ("cases", "areas", "grids", "compounds", "buildings")
MOST_CELLS: Final = 100_000
KEPT: Final = 12
WORLDS_AT_ONCE: Final = 99
"""Worlds that a flare-up is held against while somebody waits."""
LEAST_CELL, MOST_CELL = 50, 5_000
_MOST_CATEGORIES: Final = 254
NEAR_COMPOUNDS: Final = 400.0
"""Metres between the middles of compounds that are neighbours."""


@dataclass(frozen=True)
class Asked:
    """What is asked of the stored cases.

    ``wanted`` are conditions; its period is the one looked at (the last 30 days if it has none),
    and so many ``earlier`` ones of the same length are compared with it. ``by`` is ``cells``,
    ``grid``, ``compound`` or the key of a level of areas. Cases that were joined count as the one
    that leads them, with ``each_report`` as often as it was reported.
    """

    wanted: CaseFilter = field(default_factory=CaseFilter)
    by: str = "cells"
    cell: float = 250.0
    base: Base = "cases"
    earlier: int = 6
    permutations: int = 999
    worlds: int = WORLDS_AT_ONCE
    each_report: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not LEAST_CELL <= self.cell <= MOST_CELL:
            raise InvalidInput(
                "The side of a cell must be between %(least)s and %(most)s metres.",
                least=LEAST_CELL,
                most=MOST_CELL,
            )

    def at(self, now: datetime) -> Asked:
        """With a period that ends now at the latest, to the next full hour."""
        until = min(self.wanted.until or now, now)
        if until == now:
            until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        since = self.wanted.since or until - timedelta(days=DAYS)
        if since >= until:
            raise InvalidInput(
                "The period lies in the future: nothing has been reported in it yet."
            )
        return replace(self, wanted=replace(self.wanted, since=since, until=until))

    def known(self, first: datetime | None) -> Asked:
        """Without earlier periods of which nothing is known, for cases begin at ``first`` only."""
        since, until = self.wanted.since, self.wanted.until
        if first is None or since is None or until is None:
            return self
        return replace(self, earlier=max(0, min(self.earlier, (since - first) // (until - since))))

    @property
    def limits(self) -> list[datetime]:
        """Limits of the periods, earliest first, of an ``Asked.at``."""
        since, until = self.wanted.since, self.wanted.until
        if since is None or until is None:
            raise ValueError(self)
        length = until - since
        return [since - length * k for k in range(self.earlier, 0, -1)] + [since, until]


class _Kept:
    """The last few answers, each for the versions of the layers that it was made of."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Any, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Any, threading.Lock] = {}

    def get(self, key: Any, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer, made once however many ask for it."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
            alone = self._making.setdefault(key, threading.Lock())
        with alone:
            with self._lock:
                if key in self._answers:
                    return self._answers[key]
            try:
                answer = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._answers[key] = answer
                while len(self._answers) > KEPT:
                    self._answers.popitem(last=False)
            return answer


kept = _Kept()


def get_hotspots(
    database: Database,
    actor: Actor,
    profile: Profile,
    asked: Asked,
    *,
    progress: Progress = lambda _stage, _share: None,
) -> dict[str, Any]:
    """Hotspots, clusters and the figures of every cell; what ``/api/v1/hotspots`` answers.

    ``progress`` hears stages and the share done, and may raise to stop.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: kinds that nobody uses, cells too small for the ground, no period.
        NotFound: an area or a level that is not there.
    """
    require(actor, "see_map")
    asked = asked.at(datetime.now(UTC))
    versions = tuple(sorted(database.versions(list(LAYERS)).items()))
    key = (database.url, versions, asked, profile.timezone)

    def make() -> dict[str, Any]:
        began = time.monotonic()
        progress("reading_cases", 0.0)
        with database.read() as connection:
            known = asked.known(store.first_reported(connection))
            work = _read(connection, profile, known)
        found = find(
            work.study,
            permutations=asked.permutations,
            worlds=asked.worlds,
            progress=progress,
        )
        answer = _answer(work, found, known, profile)
        return answer | {"seconds": round(time.monotonic() - began, 2)}

    return kept.get(key, make)


@dataclass(frozen=True)
class _Work:
    """The study, and how its cells are called and drawn."""

    study: Study
    ground: Ground
    codes: list[Any]
    labels: list[str] | None
    names: spots.Names
    cells: dict[str, Any]
    categories: tuple[str, ...]


def _read(connection: Connection, profile: Profile, asked: Asked) -> _Work:
    if asked.by not in {"cells", "grid", "compound", *(level.key for level in profile.levels)}:
        raise NotFound("The city has no level %(level)s.", level=asked.by)
    check(connection, asked.wanted, profile)
    ground = spots.ground_of(connection)
    limits = asked.limits
    found, categories = read_period(connection, profile, asked, ground)
    period = found.period
    names = spots.read_names(connection, ground, level=profile.smallest_level.key, at=limits[-1])
    make = _on_cells if asked.by == "cells" else _on_areas
    shapes, near, place, codes, labels, households, cells = make(
        connection, profile, asked, ground, found
    )
    held = (place >= 0) & (period >= 0) & (period < len(limits) - 1)
    flat = (period[held] * len(shapes) + place[held]) * len(categories) + found.kind[held]
    kinds = np.bincount(flat, minlength=(len(limits) - 1) * len(shapes) * len(categories))
    table = kinds.reshape(len(limits) - 1, len(shapes), len(categories)).astype(np.int64)
    study = Study(shapes, near, near, table, categories, households, is_ground=asked.by == "cells")
    return _Work(study, ground, codes, labels, names, cells, categories)


def read_period(
    connection: Connection, profile: Profile, asked: Asked, ground: Ground
) -> tuple[spots.CasePlaces, tuple[str, ...]]:
    """The cases of all periods of an ``Asked.at``, and the categories that they count by."""
    wanted = replace(asked.wanted, since=asked.limits[0])
    where, values = store.conditions(
        wanted,
        open_states=profile.open_states,
        timezone=profile.timezone,
        now=datetime.now(UTC),
    )
    used = store.words_used(connection, "category")
    categories = tuple(dict.fromkeys((*profile.keys("categories"), *used)))[:_MOST_CATEGORIES]
    categories = (*categories, "")  # of all the rest
    found = spots.read_cases(
        connection,
        where,
        values,
        ground,
        categories=categories,
        limits=asked.limits,
        each_report=asked.each_report,
    )
    return found, categories


def _on_cells(
    connection: Connection, _profile: Profile, asked: Asked, ground: Ground, found: Any
) -> tuple[Any, ...]:
    grid = Grid(asked.cell)
    cells = grid.around(count_on_grid(found.x, found.y, grid).cells)
    households = None
    if asked.base == "households":
        homes = spots.read_homes(connection, ground, at=asked.limits[-1], side=asked.cell)
        if not asked.wanted.areas and asked.wanted.box is None:
            lived_in = grid.ids(homes.x, homes.y)
            cells = np.union1d(cells, np.unique(lived_in[lived_in >= 0]))
        households = homes.on(grid, cells)
    if len(cells) > MOST_CELLS:
        raise InvalidInput(
            "Cells of %(size)s metres are too small for so large an area; take larger ones.",
            size=asked.cell,
        )
    place = count_on_grid(found.x, found.y, grid, study=cells).cell_of
    column, row = grid.columns_rows(cells)
    side = asked.cell / ground.unit / WORLD
    drawn = {"side": side, "column": column.tolist(), "row": row.tolist()}
    near = grid_neighbours(cells, grid)
    return grid.boxes(cells), near, place, cells.tolist(), None, households, drawn


def _on_areas(
    connection: Connection, _profile: Profile, asked: Asked, ground: Ground, found: Any
) -> tuple[Any, ...]:
    at = asked.limits[-1]
    layer = {"grid": "grids", "compound": "compounds"}.get(asked.by, "areas")
    columns = ("code", "name", "level") if layer == "areas" else ("code", "name")
    places = frame(connection, layer, columns, at=at)
    if layer == "areas":
        places = places[places["level"] == asked.by]
    shapes = shapely.make_valid(ground.from_degrees(places.geometry.to_numpy()))
    place = locate(found.x, found.y, shapes)
    households = None
    if asked.base == "households":
        by: Any = asked.by if asked.by in {"grid", "compound"} else "area"
        known = {row["code"]: row["households"] for row in store.bases(connection, by=by, at=at)}
        households = np.array([known.get(code) or np.nan for code in places["code"]], dtype=float)
    # Compounds seldom touch: a street lies between them.
    near = area_neighbours(shapes, band=NEAR_COMPOUNDS if asked.by == "compound" else None)
    codes = places["code"].tolist()
    inside = shapely.point_on_surface(shapes)
    world = WORLD * ground.unit
    drawn = {
        "code": codes,
        "x": (shapely.get_x(inside) / world).round(9).tolist(),
        "y": (-shapely.get_y(inside) / world).round(9).tolist(),
    }
    return shapes, near, place, codes, places["name"].fillna("").tolist(), households, drawn


def _answer(work: _Work, found: Found, asked: Asked, profile: Profile) -> dict[str, Any]:
    study, zone = work.study, ZoneInfo(profile.timezone)
    middles = shapely.centroid(study.shapes)
    x, y = shapely.get_x(middles), shapely.get_y(middles)
    counts = found.counts[-1].astype(float)

    def place(cells: NDArray[np.int64], language: str) -> str:
        if work.labels is None:
            return work.names.of(x[cells], y[cells], counts[cells], language)
        ranked = sorted(cells.tolist(), key=lambda cell: -counts[cell])
        told = [work.labels[cell] for cell in ranked[:3] if work.labels[cell]]
        return (", " if language == "en" else "、").join(told) + ("…" if len(ranked) > 3 else "")

    def category(key: Any, language: str) -> str:
        known = profile.key_of("categories", str(key))
        return profile.category(known).name.read(language) if known else str(key)

    starts = [limit.astimezone(zone).date() for limit in asked.limits[:-1]]
    words = Wording(work.ground.to_degrees, place, category, starts, work.codes)
    return {
        "by": asked.by,
        "base": asked.base,
        "each_report": asked.each_report,
        "cell": asked.cell,
        "since": asked.limits[-2].isoformat(),
        "until": asked.limits[-1].isoformat(),
        "earlier": asked.earlier,
        "starts": [day.isoformat() for day in starts],
        "permutations": asked.permutations,
        "cases": int(counts.sum()),
        "tested": found.tested,
        "reason": found.reason,
        "why": {lang: why_not(found.reason, lang) for lang in LANGUAGES} if found.reason else None,
        "hotspots": hotspot_rows(found, words),
        "clusters": cluster_rows(found, words),
        "cells": work.cells | _figures(found),
    }


def _figures(found: Found) -> dict[str, list[Any]]:
    """Each cell's figures as columns; what is no number is null."""
    star = found.star
    hotspot = np.zeros(len(star.z), dtype=np.int64)
    for rank, spot in enumerate(found.spots, start=1):
        hotspot[spot.hotspot.cells] = rank
    columns: dict[str, Any] = {
        "cases": found.counts[-1].tolist(),
        "z": star.z.round(3).tolist(),
        "p": star.p.round(6).tolist(),
        "p_adjusted": star.corrected.round(6).tolist(),
        "class": star.classes.astype(int).tolist(),
        "alone": found.alone.astype(int).tolist(),
        "trend": found.trends.tolist(),
        "hotspot": hotspot.tolist(),
    }
    if found.rates is not None and found.study.households is not None:
        columns["households"] = nullable(found.study.households.round())
        columns["rate"] = nullable(found.rates.smooth.round(2))
        columns["raw_rate"] = nullable(found.rates.raw.round(2))
    return columns


def nullable(values: NDArray[np.float64]) -> list[float | None]:
    """NaN as null."""
    return [value if value == value else None for value in values.tolist()]  # noqa: PLR0124 - NaN


@cache
def get_ready() -> None:
    """Load the compiled loops, which takes the first time in a process what an answer takes."""
    gi_star.get_ready()
    scan.get_ready()
    locating.get_ready()


class TooSlow(Cancelled):
    """It would take longer than a request may; ask for it as long work."""

    kind = "too-slow"


def within(seconds: float) -> Progress:
    """A ``progress`` that gives up once so many seconds are over."""
    end = time.monotonic() + seconds

    def tell(_stage: str, _share: float) -> None:
        if time.monotonic() > end:
            raise TooSlow("It takes longer than usual and goes on as a job.")

    return tell
