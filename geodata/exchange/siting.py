"""Where the next places belong, by files alone; needs no database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from geodata.exchange import site_problem
from geodata.exchange.site_wish import SiteWish, check
from geodata.exchange.spots_in import Spots, read_spots
from geodata.exchange.street_words import (
    Note,
    notes_of_spots,
)
from geodata.reach.siting.problem import (
    Choice,
    Problem,
)

Progress = Callable[[str, float], None]


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


def site_files(
    wish: SiteWish,
    *,
    progress: Progress = lambda _stage, _share: None,
    stop: Callable[[], bool] = lambda: False,
) -> Sited:
    """Choose places by files.

    Args:
        wish: What is asked.
        progress: Told the stage and the share done.
        stop: Asked whether the best so far is good enough.

    Raises:
        NotFound: No such file.
        InvalidInput: A file or the wish makes no sense.
    """
    check(wish)
    started = time.perf_counter()
    progress("reading", 0.0)
    demand = read_spots(wish.demand, declared=wish.crs, layer_name=wish.demand_layer)
    weights, notes = site_problem.weights(demand, wish.weight)
    candidates = read_spots(wish.candidates, declared=wish.crs, layer_name=wish.candidates_layer)
    existing = (
        None
        if wish.existing is None
        else read_spots(wish.existing, declared=wish.crs, layer_name=wish.existing_layer)
    )
    for spots in (demand, candidates, existing):
        notes += [] if spots is None else notes_of_spots(spots)
    notes += site_problem.twice(candidates)
    limit_m = float(wish.metres or 0.0) or float(wish.minutes or 0.0) * wish.speed_kmh / 3.6 * 60.0
    # the shortest walk counts all ways, however long
    reach_m = np.inf if wish.model == "walk" else limit_m
    progress("measuring", 0.2)
    if wish.streets is None:
        problem = site_problem.straight(weights, demand, candidates, existing, reach_m)
    else:
        problem, joined = site_problem.walked(
            wish, weights, demand, candidates, existing, reach_m, notes
        )
        problem, candidates = site_problem.choosable(wish, problem, candidates, joined)
    notes += site_problem.idle(problem, candidates, limit_m)
    progress("choosing", 0.5)
    choice, curve = _choose(problem, wish, limit_m, progress, stop, candidates)
    chosen = _chosen(candidates, choice)
    summary = _summary(wish, demand, candidates, problem, choice, limit_m)
    if curve:
        summary["curve"] = curve
    summary["seconds"] = round(time.perf_counter() - started, 3)
    return Sited(chosen, summary, tuple(notes))


def _choose(
    problem: Problem,
    wish: SiteWish,
    limit_m: float,
    progress: Progress,
    stop: Callable[[], bool],
    candidates: Spots,
) -> tuple[Choice, list[dict[str, Any]]]:
    from geodata.reach.siting.covering import all_covered, most_covered  # noqa: PLC0415
    from geodata.reach.siting.curves import curve  # noqa: PLC0415
    from geodata.reach.siting.medians import shortest_walk  # noqa: PLC0415

    def tell(_stage: str, share: float) -> bool:
        progress("choosing", 0.5 + 0.5 * min(max(share, 0.0), 1.0))
        return stop()

    count = 1 if wish.count is None else wish.count
    how: dict[str, Any] = {
        "limit_m": limit_m,
        "enough": wish.enough,
        "seconds": wish.seconds,
        "tell": tell,
    }
    if wish.model == "cover_all":
        choice = all_covered(problem, **how)
    elif wish.model == "walk":
        choice = shortest_walk(problem, count, **how)
    else:
        choice = most_covered(problem, count, **how)
    if not wish.curve or stop():
        return choice, []
    most = len(choice.chosen)
    points = curve(problem, most, limit_m=limit_m, seconds=wish.seconds, tell=tell)
    return choice, [
        {
            "count": point.count,
            "covered": _plain(point.covered),
            "status": point.status,
            "gap": round(point.gap, 6),
            "rows": candidates.rows[list(point.chosen)].tolist(),
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
