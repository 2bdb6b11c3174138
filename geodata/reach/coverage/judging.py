"""The standards of the profile, held against what people have near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.errors import InvalidInput
from geodata.reach.coverage.answering import asked_units
from geodata.reach.coverage.counting import by_level
from geodata.reach.coverage.homes import NOWHERE, Homes
from geodata.reach.coverage.standards import (
    EVERYTHING,
    Judged,
    judge,
    judge_compounds,
    lacking,
    of_compounds,
)

if TYPE_CHECKING:
    from geodata.profiles.reach import Standard
    from geodata.reach.coverage.answering import Scene
    from geodata.reach.coverage.nearness import Booleans


@dataclass(frozen=True, eq=False)
class Held:
    """One standard held against a town.

    Attributes:
        standard: What is to be near.
        judged: For each kind, and under ``EVERYTHING`` for all of them.
        facilities: For each kind how many count.
        missing: What is missing where: ``code``, ``name``, ``kind``, ``without``, ``total``,
            ``share``, ``lon``, ``lat``; most people without it first. Of a standard for compounds
            these are compounds.
    """

    standard: Standard
    judged: dict[str, Judged]
    facilities: dict[str, int]
    missing: pd.DataFrame

    @property
    def every(self) -> Judged:
        """Who has all kinds."""
        return self.judged[EVERYTHING]


def held(scene: Scene) -> tuple[Held, ...]:
    """Every standard of the profile, by the level that was asked.

    Raises:
        InvalidInput: a level that standards are not told by.
    """
    if scene.asked.by in {"building", "kind"}:
        raise InvalidInput("Standards are told by compounds, grids or areas.")
    homes = scene.homes
    return tuple(
        _in_compounds(scene, homes, one) if one.in_compound else _near(scene, homes, one)
        for one in scene.profile.standards
    )


def near_of(scene: Scene, standard: Standard) -> dict[str, Booleans]:
    """For each kind, which of the homes that are asked for have it near enough."""
    limit = scene.asked.legs.metres(standard.minutes or 0.0)
    found = {}
    for kind in standard.kinds:
        near = scene.near((kind,)).metres <= limit
        found[kind] = near[scene.inside]
    return found


def own_of(scene: Scene, standard: Standard) -> dict[str, Booleans]:
    """For each kind, which compounds have such a place within their own walls."""
    grounds = np.asarray(scene.town.compounds.geometry.array, dtype=object)
    tree = shapely.STRtree(grounds)
    found = {}
    for kind in standard.kinds:
        has = np.zeros(len(grounds), dtype=bool)
        points = scene.places.points[scene.counting((kind,))]
        if len(points) and len(grounds):
            has[tree.query(points, predicate="intersects")[1]] = True
        found[kind] = has
    return found


def _near(scene: Scene, homes: Homes, standard: Standard) -> Held:
    level = scene.asked.by
    judged = judge(
        homes,
        near_of(scene, standard),
        share=standard.share,
        level=level,
        weight=scene.asked.wish.weight,
    )
    kept = asked_units(scene, level)
    judged = {
        kind: Judged(one.sum, one.met, one.units[kept].reset_index(drop=True))
        for kind, one in judged.items()
    }
    return Held(standard, judged, _facilities(scene, standard), lacking(judged))


def _in_compounds(scene: Scene, homes: Homes, standard: Standard) -> Held:
    kept = asked_units(scene, "compound")
    compounds = homes.units["compound"][kept].reset_index(drop=True)
    own = {kind: has[kept] for kind, has in own_of(scene, standard).items()}
    level = scene.asked.by
    if level == "compound":
        units, unit = compounds, np.arange(len(compounds), dtype=np.int32)
    else:
        wanted = asked_units(scene, level)
        units = homes.units[level][wanted].reset_index(drop=True)
        row = np.full(len(wanted) + 1, NOWHERE, dtype=np.int32)
        row[:-1][wanted] = np.arange(wanted.sum(), dtype=np.int32)
        unit = row[of_compounds(scene.town.homes, level)[kept]]
    judged = judge_compounds(compounds, own, unit, units, share=standard.share)
    people, _ = by_level(
        homes, np.ones(len(homes), dtype=bool), "compound", scene.asked.wish.weight
    )
    missing = _compounds_without(compounds, people["total"][kept].to_numpy(dtype=float), own)
    return Held(standard, judged, _facilities(scene, standard), missing)


def _compounds_without(
    compounds: pd.DataFrame, people: np.ndarray, own: Mapping[str, Booleans]
) -> pd.DataFrame:
    """Compounds that lack a kind, those with most people first."""
    tables = [
        compounds[["code", "name", "lon", "lat"]].assign(
            kind=kind, without=people, total=people, share=0.0
        )[~has]
        for kind, has in own.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values(["without", "code", "kind"], ascending=[False, True, True])


def _facilities(scene: Scene, standard: Standard) -> dict[str, int]:
    return {kind: int(scene.counting((kind,)).sum()) for kind in standard.kinds}
