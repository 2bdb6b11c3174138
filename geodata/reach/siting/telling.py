"""A siting as people are told of it: names, points, figures; plain JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.reach.coverage.answering import Scene
    from geodata.reach.coverage.homes import Homes
    from geodata.reach.siting.candidates import Candidates
    from geodata.reach.siting.problem import Figures
    from geodata.reach.siting.stored import Moved, Sited

LISTED: Final = 200
"""Places are listed up to so many, those with most people first."""


def report(sited: Sited) -> dict[str, Any]:
    """What came out of a siting."""
    wish, choice, found, given = sited.wish, sited.choice, sited.candidates, sited.given
    places, spots = _of_curve(sited)
    asked = sited.scene.asked
    return {
        "model": wish.model,
        "status": choice.status,
        "gap": choice.gap,
        "objective": choice.objective,
        "bound": choice.bound,
        "minutes": wish.minutes,
        "limit_m": asked.limit_m,
        "walker": asked.walker,
        "weight": wish.weight,
        "kinds": [] if wish.kinds == () else list(asked.kinds),
        "area": wish.area,
        "way": sited.scene.way,
        "candidates": len(given),
        **_figures(choice.figures),
        "chosen": [
            {
                **_candidate(found, row),
                "gain": choice.figures.gains[at],
                "alone": choice.figures.alone[at],
            }
            for at, row in enumerate(choice.chosen)
        ],
        "uncovered": living(sited.scene, choice.figures.uncovered, wish.weight),
        "beyond": living(sited.scene, choice.figures.beyond, wish.weight),
        "unreachable": living(sited.scene, choice.unreachable, wish.weight),
        "apart": {
            "candidates": [
                {**_candidate(given, row), "reason": reason}
                for row, reason in sited.laid.apart[:LISTED]
            ],
            "candidates_in_all": len(sited.laid.apart),
            "homes": living(sited.scene, sited.laid.homes_apart, wish.weight),
        },
        "repeated": list(given.repeated),
        "curve": [
            {
                "count": one.count,
                "covered": one.covered,
                "status": one.status,
                "gap": one.gap,
                "chosen": [spots[row] for row in one.chosen],
            }
            for one in sited.curve
        ],
        "curve_places": places,
        "seconds": round(sited.seconds, 2),
    }


def _candidate(found: Candidates, row: int) -> dict[str, Any]:
    return {
        "code": found.codes[row],
        "name": found.names[row],
        "point": found.points[row].tolist(),
    }


def _of_curve(sited: Sited) -> tuple[list[dict[str, Any]], dict[int, int]]:
    """Each candidate that any point of the curve has, once; and where each is listed."""
    spots: dict[int, int] = {}
    for one in sited.curve:
        for row in one.chosen:
            spots.setdefault(row, len(spots))
    return [_candidate(sited.candidates, row) for row in spots], spots


def moved_told(moved: Moved) -> dict[str, Any]:
    """The figures of places that were moved by hand."""
    reasons = dict(moved.apart)
    return {
        "way": moved.way,
        "limit_m": moved.limit_m,
        **_figures(moved.figures),
        "places": [
            {
                "point": list(point),
                "gain": moved.figures.gains[at],
                "alone": moved.figures.alone[at],
                "apart": reasons.get(at),
            }
            for at, point in enumerate(moved.places)
        ],
    }


def living(scene: Scene, rows: NDArray[Any], weight: Any) -> dict[str, Any]:
    """Who lives at some of the demands: how many in all, and where most of them are."""
    homes = scene.homes
    people = homes.counts[weight][rows]
    level, unit = _units(homes, rows, scene.profile.smallest_level.key)
    table = pd.DataFrame({"level": level, "unit": unit, "people": people, "row": rows})
    sums = table.groupby(["level", "unit"], as_index=False, sort=True).agg(
        people=("people", "sum"), row=("row", "first")
    )
    sums = sums[sums["people"] > 0].sort_values("people", ascending=False, kind="stable")
    places = [_place(homes, *one) for one in sums.head(LISTED).itertuples(index=False, name=None)]
    return {"people": float(people.sum()), "places_in_all": len(sums), "places": places}


def _figures(found: Figures) -> dict[str, Any]:
    return {
        "total": found.total,
        "before": found.before,
        "covered": found.covered,
        "walk_before_m": found.walk_before,
        "walk_m": found.walk,
        "walkers_before": found.walkers_before,
        "walkers": found.walkers,
    }


def _units(
    homes: Homes, rows: NDArray[Any], smallest: str
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """The compound that each home is in, else its area, else its own row."""
    level = np.full(len(rows), "", dtype=object)
    unit = np.asarray(rows, dtype=np.int64).copy()
    for key in (smallest, "compound"):
        member = homes.member[key][rows]
        inside = member >= 0
        level[inside], unit[inside] = key, member[inside]
    return level, unit


def _place(homes: Homes, level: str, unit: int, people: float, row: int) -> dict[str, Any]:
    if level:
        one = homes.units[level].iloc[unit]
        code, name, point = one["code"], one["name"] or "", [float(one["lon"]), float(one["lat"])]
    else:
        code, name = "", ""
        point = shapely.get_coordinates(homes.points[row])[0].tolist()
    return {"level": level, "code": code, "name": name, "point": point, "people": people}
