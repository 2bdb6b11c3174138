"""What everybody is to have near, held against what they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.reach.coverage.counting import Sum, by_level, whole
from geodata.reach.coverage.homes import NOWHERE, Homes, Weight

Booleans = NDArray[np.bool_]
EVERYTHING = ""
"""The key under which it is told who has all kinds of a standard."""
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Judged:
    """A standard for one kind of facility, or for all its kinds together.

    Attributes:
        sum: Who has it, of all.
        met: Whether enough have it; None where nobody is known.
        units: By the level that was asked: ``code``, ``name``, ``total``, ``covered``, ``share``,
            ``met`` (None where nobody is known).
    """

    sum: Sum
    met: bool | None
    units: pd.DataFrame


def judge(
    homes: Homes,
    within: Mapping[str, Booleans],
    *,
    share: float,
    level: str,
    weight: Weight = "households",
) -> dict[str, Judged]:
    """Each kind of a standard, and under ``EVERYTHING`` who has all of them.

    Args:
        homes: Where people live; those who count.
        within: For each kind (n) whether a home has it near.
        share: How many of all are to have it, 0…1.
        level: By what the units are.
        weight: Who is counted.
    """
    every = np.all(list(within.values()), axis=0)
    found = {}
    for kind, near in [*within.items(), (EVERYTHING, every)]:
        table, _ = by_level(homes, near, level, weight)
        table["met"] = [_met(value, share) for value in table["share"]]
        everybody = whole(homes, near, weight)
        met = None if everybody.share is None else _met(everybody.share, share)
        found[kind] = Judged(everybody, met, table)
    return found


def judge_compounds(
    compounds: pd.DataFrame,
    has: Mapping[str, Booleans],
    area: NDArray[np.int32],
    areas: pd.DataFrame,
    *,
    share: float,
) -> dict[str, Judged]:
    """The same where each compound is to have a place of its own: compounds are counted.

    Args:
        compounds: What there is of them.
        has: For each kind, whether a compound has it within its walls.
        area: Which row of ``areas`` each compound lies in; -1: none.
        areas: The units by which it is told.
        share: How many of all are to have it, 0…1.
    """
    every = np.all(list(has.values()), axis=0)
    total = np.bincount(area + 1, minlength=len(areas) + 1)[1:].astype(float)
    found = {}
    for kind, own in [*has.items(), (EVERYTHING, every)]:
        covered = np.bincount(area + 1, weights=own, minlength=len(areas) + 1)[1:]
        part = np.divide(covered, total, out=np.full(len(areas), np.nan), where=total > 0)
        table = areas.assign(total=total, covered=covered, share=part)
        table["met"] = [_met(value, share) for value in part]
        everything = Sum(float(len(compounds)), float(own.sum()))
        met = None if everything.share is None else _met(everything.share, share)
        found[kind] = Judged(everything, met, table)
    return found


def lacking(judged: Mapping[str, Judged]) -> pd.DataFrame:
    """What is missing where: unit and kind, those with most people without it first.

    ``code``, ``name``, ``kind``, ``without``, ``total`` and ``share`` of those who have it.
    """
    tables = [
        one.units.assign(kind=kind, without=one.units["total"] - one.units["covered"])
        for kind, one in judged.items()
        if kind != EVERYTHING
    ]
    columns = ["code", "name", "kind", "without", "total", "share", "lon", "lat"]
    if not tables:
        return pd.DataFrame(columns=columns)
    table = pd.concat(tables, ignore_index=True)[columns]
    table = table[table["without"] > ROUNDING]
    return table.sort_values(["without", "code", "kind"], ascending=[False, True, True])


def of_compounds(homes: Homes, level: str) -> NDArray[np.int32]:
    """(compounds) the unit of a level in which most homes of each lie; -1 where none is known."""
    compound, unit = homes.member["compound"], homes.member[level]
    found = np.full(len(homes.units["compound"]), NOWHERE, dtype=np.int32)
    known = (compound != NOWHERE) & (unit != NOWHERE)
    if known.any():
        pairs = pd.DataFrame({"compound": compound[known], "unit": unit[known]})
        most = pairs.value_counts().reset_index().drop_duplicates("compound")
        found[most["compound"].to_numpy()] = most["unit"].to_numpy()
    return found


def _met(value: float, share: float) -> bool | None:
    return None if np.isnan(value) else bool(value >= share - ROUNDING)
