"""Where the next places belong, by files alone; needs no database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from geodata.crs import local_crs
from geodata.errors import InvalidInput
from geodata.exchange.spots_in import Spots, read_spots
from geodata.exchange.street_words import (
    Note,
    apart_note,
    notes_of_network,
    notes_of_spots,
    shift_note,
)
from geodata.exchange.streets_in import read_streets
from geodata.reach.siting.problem import Choice, Problem
from geodata.words import sentence as _

Model = Literal["cover", "cover_all", "walk"]
MODELS: tuple[Model, ...] = ("cover", "cover_all", "walk")
Progress = Callable[[str, float], None]


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
        crs: Of all files; else what each says.
        demand_layer: Which layer of the file of where people are.
        candidates_layer: Which layer of the file of where places could be.
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
    crs: str | None = None
    demand_layer: str | None = None
    candidates_layer: str | None = None


@dataclass(frozen=True, eq=False)
class Sited:
    """What was found.

    Attributes:
        chosen: The places with all columns of their file, ``place`` from 1 on, ``adds`` (weight
            newly covered) and ``covered``; points, WGS 84.
        summary: All of it as plain data, as ``--json`` prints it.
        notes: What is worth knowing: sentences and their values.
    """

    chosen: gpd.GeoDataFrame
    summary: dict[str, Any]
    notes: tuple[Note, ...]


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
    for name, value in (
        ("--minutes", wish.minutes),
        ("--metres", wish.metres),
        ("--speed", wish.speed_kmh),
    ):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InvalidInput("%(name)s must be a number above 0.", name=name)
    if wish.model != "cover_all" and wish.count is None:
        raise InvalidInput("Say how many places are to be chosen: --count.")


def site_files(wish: SiteWish, *, progress: Progress = lambda _stage, _share: None) -> Sited:
    """Choose places by files.

    Raises:
        NotFound: No such file.
        InvalidInput: A file or the wish makes no sense.
    """
    check(wish)
    started = time.perf_counter()
    progress("reading", 0.0)
    demand = read_spots(wish.demand, declared=wish.crs, layer_name=wish.demand_layer)
    weights, notes = _weights(demand, wish.weight)
    candidates = read_spots(wish.candidates, declared=wish.crs, layer_name=wish.candidates_layer)
    existing = None if wish.existing is None else read_spots(wish.existing, declared=wish.crs)
    for spots in (demand, candidates, existing):
        notes += [] if spots is None else notes_of_spots(spots)
    notes += _twice(candidates)
    limit_m = float(wish.metres or 0.0) or float(wish.minutes or 0.0) * wish.speed_kmh / 3.6 * 60.0
    # the shortest walk counts all ways, however long
    reach_m = np.inf if wish.model == "walk" else limit_m
    progress("measuring", 0.2)
    if wish.streets is None:
        problem = _straight(weights, demand, candidates, existing, reach_m)
    else:
        problem = _walked(wish, weights, demand, candidates, existing, reach_m, notes)
    progress("choosing", 0.5)
    choice, curve = _choose(problem, wish, limit_m, progress)
    chosen = _chosen(candidates, choice)
    summary = _summary(wish, demand, candidates, problem, choice, limit_m)
    if curve:
        summary["curve"] = curve
    summary["seconds"] = round(time.perf_counter() - started, 3)
    return Sited(chosen, summary, tuple(notes))


def _weights(demand: Spots, column: str) -> tuple[NDArray[np.float64], list[Note]]:
    """How many are where; what is no number counts as nobody, and is told."""
    if column not in demand.frame:
        raise InvalidInput(
            "The file has no column %(column)s; it has %(known)s.",
            column=column,
            known=", ".join(map(str, demand.frame.columns.drop("geometry")[:40])),
        )
    numbers = pd.to_numeric(demand.frame[column], errors="coerce")
    numbers = numbers.replace([np.inf, -np.inf], np.nan)
    unknown = numbers.isna()
    if unknown.all():
        raise InvalidInput("The column %(column)s holds no numbers.", column=column)
    if (numbers < 0).any():
        row = int(demand.rows[int(np.flatnonzero((numbers < 0).to_numpy())[0])])
        raise InvalidInput("Weights cannot be negative, as in row %(row)s.", row=row)
    notes: list[Note] = []
    if unknown.any():
        words = _("%(count)s rows have no number in %(column)s; they count as nobody.")
        notes.append((words, {"count": int(unknown.sum()), "column": column}))
    return numbers.fillna(0.0).to_numpy(dtype=float), notes


def _twice(spots: Spots) -> list[Note]:
    xy = np.column_stack([spots.frame.geometry.x, spots.frame.geometry.y])
    count = len(xy) - len(np.unique(xy, axis=0))
    if not count:
        return []
    words = _("%(file)s: %(count)s candidates lie where another one lies.")
    return [(words, {"file": spots.filename, "count": count})]


def _straight(
    weights: NDArray[np.float64],
    demand: Spots,
    candidates: Spots,
    existing: Spots | None,
    limit_m: float,
) -> Problem:
    from geodata.reach.siting.costs import straight  # noqa: PLC0415 - scipy

    plane = _plane([demand, candidates] + ([] if existing is None else [existing]))
    people, places = _xy(demand, plane), _xy(candidates, plane)
    ways = straight(people, places, limit_m)
    standing = None
    if existing is not None:
        near = straight(people, _xy(existing, plane), limit_m)
        standing = np.full(len(people), np.inf)
        np.minimum.at(standing, near.demand, near.metres)
    return Problem.of(
        weights,
        ways.demand,
        ways.candidate,
        ways.metres,
        candidates=len(candidates),
        standing=standing,
    )


def _walked(
    wish: SiteWish,
    weights: NDArray[np.float64],
    demand: Spots,
    candidates: Spots,
    existing: Spots | None,
    limit_m: float,
    notes: list[Note],
) -> Problem:
    from geodata.reach.areas.searching import nearest, nearest_at  # noqa: PLC0415 - numba
    from geodata.reach.networks.building import build  # noqa: PLC0415
    from geodata.reach.networks.joining import join  # noqa: PLC0415
    from geodata.reach.siting.costs import walked  # noqa: PLC0415

    streets = read_streets(wish.streets or Path(), declared=wish.crs)
    network = build(streets.frame)
    notes += [*streets.notes, *notes_of_network(network)]
    graph = network.graph()
    notes += shift_note(network, candidates)
    people, places = join(network, demand.frame), join(network, candidates.frame)
    for spots, joints in ((demand, people), (candidates, places)):
        notes += apart_note(spots, joints)
    ways = walked(network, graph, people, places, limit_m, count=len(candidates))
    standing = None
    if existing is not None:
        there = join(network, existing.frame)
        notes += apart_note(existing, there)
        found = nearest(graph, network, there)
        standing = nearest_at(
            graph, network, found, people, sources=there, count=len(demand)
        ).metres
    return Problem.of(
        weights,
        ways.demand,
        ways.candidate,
        ways.metres,
        candidates=len(candidates),
        standing=standing,
    )


def _choose(
    problem: Problem, wish: SiteWish, limit_m: float, progress: Progress
) -> tuple[Choice, list[dict[str, Any]]]:
    from geodata.reach.siting.covering import all_covered, most_covered  # noqa: PLC0415
    from geodata.reach.siting.curves import curve  # noqa: PLC0415
    from geodata.reach.siting.medians import shortest_walk  # noqa: PLC0415

    def tell(_stage: str, share: float) -> bool:
        progress("choosing", 0.5 + 0.5 * min(max(share, 0.0), 1.0))
        return False

    count = 1 if wish.count is None else wish.count
    if wish.model == "cover_all":
        choice = all_covered(problem, limit_m=limit_m, seconds=wish.seconds, tell=tell)
    elif wish.model == "walk":
        choice = shortest_walk(problem, count, limit_m=limit_m, seconds=wish.seconds, tell=tell)
    else:
        choice = most_covered(problem, count, limit_m=limit_m, seconds=wish.seconds, tell=tell)
    if not wish.curve:
        return choice, []
    points = curve(problem, len(choice.chosen), limit_m=limit_m, seconds=wish.seconds)
    return choice, [
        {
            "count": point.count,
            "covered": _plain(point.covered),
            "status": point.status,
            "gap": round(point.gap, 6),
        }
        for point in points
    ]


def _chosen(candidates: Spots, choice: Choice) -> gpd.GeoDataFrame:
    rows = list(choice.chosen)
    frame = candidates.frame.iloc[rows].reset_index(drop=True)
    frame.insert(0, "place", np.arange(1, len(rows) + 1))
    frame["adds"] = np.asarray(choice.figures.gains, dtype=float)
    return frame


def _summary(
    wish: SiteWish,
    demand: Spots,
    candidates: Spots,
    problem: Problem,
    choice: Choice,
    limit_m: float,
) -> dict[str, Any]:
    figures = choice.figures
    points = candidates.frame.geometry
    left = problem.weights[choice.unreachable]
    return {
        "model": wish.model,
        "chosen": [
            {
                "place": number,
                "row": int(candidates.rows[row]),
                "name": candidates.names[row],
                "lon": round(float(points.iloc[row].x), 7),
                "lat": round(float(points.iloc[row].y), 7),
                "adds": _plain(gain),
            }
            for number, (row, gain) in enumerate(
                zip(choice.chosen, figures.gains, strict=True), start=1
            )
        ],
        "covered": _plain(figures.covered),
        "before": _plain(figures.before),
        "total": _plain(figures.total),
        "share": round(figures.covered / figures.total, 6),
        "walk_m": round(figures.walk, 1),
        "metres": round(limit_m, 1),
        "along": "straight" if wish.streets is None else "streets",
        "status": choice.status,
        "gap": round(choice.gap, 6),
        "objective": _plain(choice.objective),
        "bound": _plain(choice.bound),
        "unreachable": {
            "weight": _plain(float(left.sum())),
            "rows": demand.rows[choice.unreachable].tolist(),
        },
    }


def _plain(value: float) -> float | int:
    """Whole numbers as such."""
    rounded = round(float(value), 3)
    return int(rounded) if rounded.is_integer() else rounded


def _plane(spots: list[Spots]) -> pyproj.CRS:
    bounds = np.array([one.frame.total_bounds for one in spots])
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    return local_crs((west + east) / 2, (south + north) / 2)


def _xy(spots: Spots, plane: pyproj.CRS) -> NDArray[np.float64]:
    points = spots.frame.geometry.to_crs(plane)
    return np.column_stack([points.x, points.y])
