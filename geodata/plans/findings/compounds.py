"""What the rules of compounds have in common: who has how much of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely

from geodata.plans.findings.subject import Subject


@dataclass(frozen=True)
class Held:
    """A compound and who has it.

    Attributes:
        code: The compound's.
        closed: Whether it may not be cut.
        shares: Grid → share of its ground, the largest first; only those that count.
        free: The share that no grid has.
        households: In all; None: unknown.
        area_m2: In all.
        ground: Its shape, or the shapes of its units.
        units: In a plan, the units of each grid.
    """

    code: str
    closed: bool
    shares: dict[Any, float]
    free: float
    households: int | None
    area_m2: float
    ground: Any
    units: dict[Any, tuple[int, ...]]


def held(subject: Subject) -> Iterator[Held]:
    """Every compound, by code."""
    if subject.holdings is None:
        return
    for code, rows in subject.holdings.groupby("compound", sort=True):
        total = float(rows["area_m2"].sum())
        known = rows["households"].sum(min_count=1)
        lived = 0 if pd.isna(known) else int(known)
        taken = rows[rows["grid"].notna()]
        shares: dict[Any, float] = {}
        units: dict[Any, tuple[int, ...]] = {}
        for grid, part in taken.groupby("grid"):
            share = float(part["area_m2"].sum()) / total if total else 0.0
            homes = part["households"].sum(min_count=1)
            inhabited = subject.net is not None and lived > 0 and not pd.isna(homes) and homes > 0
            if share > subject.limits.share or inhabited:
                shares[grid] = share
                units[grid] = tuple(part.index.tolist())
        yield Held(
            str(code),
            bool(rows["closed"].iloc[0]),
            dict(sorted(shares.items(), key=lambda it: -it[1])),
            1 - float(taken["area_m2"].sum()) / total if total else 1.0,
            None if pd.isna(known) else int(known),
            total,
            shapely.union_all(rows.geometry.to_numpy()),
            units,
        )


def whole_to(subject: Subject, one: Held) -> tuple[dict[str, Any], ...]:
    """Actions that give all of a compound to each of the grids that have part of it."""
    grids = list(one.shares)
    if subject.net is None:
        return tuple({"action": "give", "compound": one.code, "to": grid} for grid in grids)
    return tuple(
        {
            "action": "assign",
            "units": sorted(u for other in grids if other != grid for u in one.units[other]),
            "grid": grid,
        }
        for grid in grids
    )
